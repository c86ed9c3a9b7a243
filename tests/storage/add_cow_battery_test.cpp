// add-cow disks of both generations through the battery that every format passes.
#include "tests/storage/battery.h"

namespace {

using storage::Options;

// A disk over a raw backing file of zeroes, so that all that is written has to be copied and all
// that is dropped shows through.
void put_raw_backing(support::MemoryHost& host, const std::string& name, std::uint64_t sectors) {
  host.put(name, {});
  host.bytes(name).resize(sectors * storage::kSectorSize);
}

std::vector<support::BatteryRow> rows() {
  const auto row = [](std::string name, Options options) {
    support::BatteryRow made;
    made.name = "add-cow " + std::move(name);
    made.format = &storage::kAddCowFormat;
    made.extension = ".add-cow";
    made.create = std::move(options);
    made.operations = 20000;
    made.resizes = true;
    made.compacts = true;
    return made;
  };
  const auto over_raw = [&](std::string name, Options options) {
    support::BatteryRow made = row(std::move(name), std::move(options));
    made.make = [create = made.create](support::MemoryHost& host, const std::string& file,
                                       std::uint64_t sectors) {
      put_raw_backing(host, "base.img", sectors);
      const auto base = storage::open_image(
          host.place("base.img"), {.mode = storage::OpenMode::read_only, .format = "raw"});
      storage::CreateOptions making;
      making.sectors = sectors;
      making.options = create;
      making.parent = storage::ParentRef{
          .image = base.image, .name = "base.img", .format = "raw", .path = "/images/base.img"};
      storage::create_image(host.place(file), storage::kAddCowFormat, making,
                            {.ids = std::make_shared<storage::SeededIds>(7)});
    };
    return made;
  };
  std::vector<support::BatteryRow> all;
  all.push_back(row("acow, 4K", {{"cluster_size", "4K"}}));
  all.back().parents = true;
  all.push_back(row("acow", {}));
  all.back().parents = true;
  all.push_back(row("v1", {{"subformat", "v1"}}));
  all.push_back(over_raw("acow, 4K over raw", {{"cluster_size", "4K"}}));
  all.push_back(over_raw("v1 over raw", {{"subformat", "v1"}}));
  return all;
}

}  // namespace

TEST_CASE("add-cow: passes the battery", "[storage][add-cow][battery]") {
  const auto part = GENERATE(from_range(support::battery_parts()));
  const auto row = GENERATE(from_range(rows()));
  support::run(part, row);
}
