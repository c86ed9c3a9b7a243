// Growable images through the battery that every format passes.
#include "tests/storage/battery.h"

namespace {

std::vector<support::BatteryRow> rows() {
  const auto row = [](std::string name, storage::Options options) {
    support::BatteryRow made;
    made.name = "growable " + std::move(name);
    made.format = &storage::kGrowableFormat;
    made.extension = ".gix";
    made.create = std::move(options);
    made.operations = 25000;
    made.parents = made.resizes = made.compacts = true;
    return made;
  };
  std::vector<support::BatteryRow> all;
  all.push_back(row("4K", {{"growth", "16"}}));
  // An index for all of a large disk is large: 1 GiB of disk takes 1 MiB.
  all.back().max_sectors = 8388609;
  all.push_back(row("512 bytes", {{"cluster_size", "512"}, {"growth", "1"}}));
  all.back().max_sectors = 1048577;
  all.push_back(row("64K", {{"cluster_size", "64K"}, {"growth", "3"}}));
  all.back().max_sectors = 33554433;
  all.push_back(row("2M", {{"cluster_size", "2M"}, {"growth", "1"}}));
  return all;
}

}  // namespace

TEST_CASE("growable: passes the battery", "[storage][growable][battery]") {
  const auto part = GENERATE(from_range(support::battery_parts()));
  const auto row = GENERATE(from_range(rows()));
  support::run(part, row);
}
