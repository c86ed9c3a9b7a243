// COWD disks of every kind through the battery that every format passes.
#include "tests/storage/battery.h"

namespace {

using storage::Options;

std::vector<support::BatteryRow> rows() {
  const auto row = [](std::string name, Options options) {
    support::BatteryRow made;
    made.name = "cowd " + std::move(name);
    made.format = &storage::kCowdFormat;
    made.extension = ".dsk";
    made.create = std::move(options);
    made.operations = 25000;
    made.crash_sectors = 512;
    made.max_sectors = (std::uint64_t{1} << 32) - 1;
    made.parents = true;
    made.resizes = true;
    made.compacts = true;
    return made;
  };
  std::vector<support::BatteryRow> all;
  all.push_back(row("single, 4K", {{"grain_size", "4K"}}));
  all.push_back(row("single", {}));
  all.push_back(row("vmware3", {{"subformat", "vmware3"}, {"extent_size", "1T"}}));
  all.back().max_sectors = std::uint64_t{1} << 31;
  all.push_back(row("vmware3, a chain of files",
                    {{"subformat", "vmware3"}, {"extent_size", "192K"}, {"grain_size", "4K"}}));
  all.back().parents = false;
  all.back().resizes = false;
  all.back().max_sectors = 2;
  all.push_back(row("esx", {{"subformat", "esx"}}));
  all.back().operations = 5000;  // vmdk_battery_test.cpp has it at length
  all.back().resizes = all.back().compacts = false;
  all.back().max_sectors = 2048 * 2048 + 1;
  return all;
}

std::vector<support::BatteryRow> chain_rows() {
  support::BatteryRow row;
  row.name = "cowd vmware3, 2047 MiB a file";
  row.format = &storage::kCowdFormat;
  row.extension = ".dsk";
  row.create = {{"subformat", "vmware3"}};
  row.max_sectors = 268435457;  // 129 GiB: 66 files
  return {row};
}

}  // namespace

TEST_CASE("cowd: passes the battery", "[storage][cowd][battery]") {
  const auto part = GENERATE(from_range(support::battery_parts()));
  const auto row = GENERATE(from_range(rows()));
  support::run(part, row);
}

TEST_CASE("cowd: chains of files pass the battery's sizes", "[storage][cowd][battery]") {
  const auto row = GENERATE(from_range(chain_rows()));
  for (const support::BatteryPart& part : support::battery_parts()) {
    if (part.name == "sizes" || part.name == "edges") support::run(part, row);
  }
}
