// What every format and subformat must pass, whatever is behind it. A driver's test names its rows
// and runs every part over each (tests/storage/raw_battery_test.cpp shows how):
//
//   TEST_CASE("raw: passes the battery", "[storage][raw][battery]") {
//     const auto& part = GENERATE(from_range(support::battery_parts()));
//     const auto& row = GENERATE(from_range(rows()));
//     support::run(part, row);
//   }
//
// PLATTER_FULL=1 in the environment runs it at length; PLATTER_BATTERY=part picks one part.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "storage/block_device.h"
#include "storage/format.h"
#include "tests/catch.hpp"
#include "tests/support/memory_host.h"

namespace support {

using Bytes = std::vector<std::uint8_t>;

struct BatteryRow {
  std::string name;  // "vmdk twoGbMaxExtentSparse"
  const storage::FormatDriver* format = nullptr;
  std::string extension;         // ".vmdk"
  storage::Options create = {};  // what `-o` says
  storage::Options open = {};    // FormatDriver::open_options
  // Before create: other files that it needs (add-cow's image file).
  std::function<void(MemoryHost&, const std::string& file, std::uint64_t sectors)> prepare = {};
  // Instead of FormatDriver::create, for what only other products make.
  std::function<void(MemoryHost&, const std::string& file, std::uint64_t sectors)> make = {};
  // Of the disk that the random operations work on. For faults and crashes it is a quarter of it:
  // choose small clusters in `create` if the format lets you, so that a few megabytes have many.
  std::uint64_t sectors = 8192;
  std::uint64_t crash_sectors = 1024;
  std::uint64_t max_sectors = std::uint64_t{1} << 32;
  // The disk that is made when so many sectors are asked for (geometry that rounds).
  std::function<std::uint64_t(std::uint64_t)> rounded = {};
  std::size_t operations = 100000;  // random ones in CI; at least 10^5 over all rows of a format
  bool parents = false;             // chains of this very row
  bool writable = true;
  bool checked = true;   // has FormatDriver::check with repair
  bool resizes = false;  // Image::resize, both ways
  bool compacts = false;
  bool brief = false;  // crashes and faults in full runs only: another row is like it there
};

struct BatteryPart {
  std::string_view name;
  void (*run)(const BatteryRow&);
};
// "edges", "read-only", "sizes", "random", "create-crash", "crash", "faults", "change",
// "change-crash", "change-faults", "chain", "chain-crash", "chain-faults".
const std::vector<BatteryPart>& battery_parts();
// Leaves out parts that the row cannot take.
void run(const BatteryPart& part, const BatteryRow& row);

bool full_run();  // PLATTER_FULL=1

// Building stones, for tests of a driver's own.
std::shared_ptr<MemoryHost> make_image(const BatteryRow& row, const std::string& file,
                                       std::uint64_t sectors);
void add_child(const BatteryRow& row, MemoryHost& host, const std::string& parent,
               const std::string& child);
storage::OpenedImage open_row(const BatteryRow& row, MemoryHost& host, const std::string& file,
                              storage::OpenOptions options = {});
// Fails the test unless check reports no error; leaks only when allowed.
void require_clean(const BatteryRow& row, MemoryHost& host, const std::string& file,
                   bool leaks_allowed = false);

Bytes random_bytes(std::mt19937& random, std::size_t count);

// A device behaves as the plain array `model`, whatever is written where; its extents cover it.
void compare_with_array(storage::BlockDevice& device, Bytes model, std::uint32_t seed);

}  // namespace support
