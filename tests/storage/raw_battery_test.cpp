// Raw images through the battery that every format passes.
#include "tests/storage/battery.h"

namespace {

std::vector<support::BatteryRow> rows() {
  support::BatteryRow row;
  row.name = "raw";
  row.format = &storage::kRawFormat;
  row.extension = ".img";
  row.resizes = row.compacts = true;
  return {row};
}

}  // namespace

TEST_CASE("raw: passes the battery", "[storage][raw][battery]") {
  const auto part = GENERATE(from_range(support::battery_parts()));
  const auto row = GENERATE(from_range(rows()));
  support::run(part, row);
}
