// VHDs of every subformat through the battery that every format passes.
#include "tests/storage/battery.h"

namespace {

using storage::Options;

constexpr std::uint64_t kMostSectors = 0xFF000000;

std::vector<support::BatteryRow> rows() {
  const auto row = [](std::string name, Options options, bool parents) {
    support::BatteryRow made;
    made.name = "vhd " + std::move(name);
    made.format = &storage::kVhdFormat;
    made.extension = ".vhd";
    made.create = std::move(options);
    made.max_sectors = 16514065;  // small blocks do not reach further
    made.operations = 20000;
    made.parents = parents;
    made.resizes = true;
    made.compacts = true;
    return made;
  };
  std::vector<support::BatteryRow> all;
  all.push_back(row("dynamic, 4K", {{"block_size", "4K"}}, true));
  all.push_back(row("dynamic, 64K", {{"block_size", "64K"}}, true));
  all.back().max_sectors = kMostSectors;
  all.push_back(row("dynamic", {}, true));
  all.back().max_sectors = kMostSectors;
  all.push_back(row("fixed", {{"subformat", "fixed"}}, false));
  all.back().max_sectors = kMostSectors;
  // Split where the battery has many parts.
  all.push_back(
      row("split", {{"subformat", "split"}, {"block_size", "8K"}, {"extent_size", "160K"}}, true));
  all.back().max_sectors = 2;
  all.back().sectors = 4096;
  return all;
}

}  // namespace

TEST_CASE("vhd: passes the battery", "[storage][vhd][battery]") {
  const auto part = GENERATE(from_range(support::battery_parts()));
  const auto row = GENERATE(from_range(rows()));
  support::run(part, row);
}

TEST_CASE("vhd: split disks pass the battery's sizes", "[storage][vhd][battery]") {
  support::BatteryRow row;
  row.name = "vhd split, 2 GiB";
  row.format = &storage::kVhdFormat;
  row.extension = ".vhd";
  row.create = {{"subformat", "split"}};
  row.max_sectors = kMostSectors;
  for (const support::BatteryPart& part : support::battery_parts()) {
    if (part.name == "sizes" || part.name == "edges") support::run(part, row);
  }
}
