// VMDKs of every subformat through the battery that every format passes.
#include "tests/storage/battery.h"

namespace {

using storage::Options;

std::vector<support::BatteryRow> rows() {
  const auto row = [](std::string name, Options options) {
    support::BatteryRow made;
    made.name = "vmdk " + std::move(name);
    made.format = &storage::kVmdkFormat;
    made.extension = ".vmdk";
    made.create = std::move(options);
    made.operations = 13000;
    made.resizes = made.compacts = true;
    return made;
  };
  std::vector<support::BatteryRow> all;
  all.push_back(row("monolithicSparse", {{"grain_size", "4K"}}));
  all.back().parents = true;
  all.push_back(row("monolithicSparse, 64K", {}));
  all.back().brief = true;
  all.back().parents = true;
  all.push_back(
      row("monolithicSparse, grains of zeroes", {{"grain_size", "4K"}, {"zeroed_grain", "on"}}));
  all.back().parents = true;
  all.push_back(row("monolithicFlat", {{"subformat", "monolithicFlat"}}));
  // Split where the battery has many parts; the limits of size at the usual place, below.
  all.push_back(
      row("twoGbMaxExtentSparse",
          {{"subformat", "twoGbMaxExtentSparse"}, {"grain_size", "4K"}, {"extent_size", "192K"}}));
  all.back().parents = true;
  all.back().max_sectors = 2;
  all.push_back(
      row("twoGbMaxExtentFlat", {{"subformat", "twoGbMaxExtentFlat"}, {"extent_size", "192K"}}));
  all.back().max_sectors = 2;
  all.push_back(row("vmfs", {{"subformat", "vmfs"}}));
  all.back().brief = true;
  all.push_back(row("vmfsSparse", {{"subformat", "vmfsSparse"}}));
  all.back().parents = true;
  all.back().max_sectors = (std::uint64_t{1} << 32) - 1;
  return all;
}

std::vector<support::BatteryRow> split_rows() {
  std::vector<support::BatteryRow> all;
  for (const std::string subformat : {"twoGbMaxExtentSparse", "twoGbMaxExtentFlat"}) {
    support::BatteryRow& row = all.emplace_back();
    row.name = "vmdk " + subformat + ", 2047 MiB";
    row.format = &storage::kVmdkFormat;
    row.extension = ".vmdk";
    row.create = {{"subformat", subformat}};
    row.max_sectors = 268435457;  // 129 GiB: 64 extents and more
  }
  return all;
}

}  // namespace

TEST_CASE("vmdk: passes the battery", "[storage][vmdk][battery]") {
  const auto part = GENERATE(from_range(support::battery_parts()));
  const auto row = GENERATE(from_range(rows()));
  support::run(part, row);
}

TEST_CASE("vmdk: split disks pass the battery's sizes", "[storage][vmdk][battery]") {
  const auto row = GENERATE(from_range(split_rows()));
  for (const support::BatteryPart& part : support::battery_parts()) {
    if (part.name == "sizes" || part.name == "edges") support::run(part, row);
  }
}
