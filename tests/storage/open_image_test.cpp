// Opening and creating by name.

#include "storage/file_io.h"
#include "storage/format.h"
#include "tests/catch.hpp"
#include "tests/support/memory_host.h"
#include "tests/support/temp_dir.h"

using Catch::Matchers::Contains;
using storage::IoStatus;
using storage::OpenMode;

TEST_CASE("open: a raw image is created, opened and resized", "[storage][open]") {
  const support::TempDir dir;
  const auto path = dir.path() / "disk.img";
  const storage::Place place = storage::PosixDirectory::place_of(path, {});
  storage::CreateOptions options;
  options.sectors = 100;
  storage::create_image(place, storage::kRawFormat, options, {});
  REQUIRE(std::filesystem::file_size(path) == 51200);
  REQUIRE_THROWS_WITH(storage::create_image(place, storage::kRawFormat, options, {}),
                      Contains("exists already"));
  options.existing = storage::Existing::replace;
  storage::create_image(place, storage::kRawFormat, options, {});
  {
    const auto image = storage::open_image(path, {});
    REQUIRE_THROWS_AS(image.image->resize(50, false, {}), storage::ImageError);
    image.image->resize(200, false, {});
    REQUIRE(image.device->sector_count() == 200);
    REQUIRE(image.image->info().files.at(0).size == 102400);
    REQUIRE_THROWS_WITH(image.image->set_parent(nullptr), Contains("cannot be given a parent"));
  }
  options.options.set("subformat", "x");
  REQUIRE_THROWS_WITH(storage::create_image(place, storage::kRawFormat, options, {}),
                      Contains("unknown option (option = subformat, known none)"));
  REQUIRE_THROWS_WITH(storage::open_image(path, {.options = {{"a", "b"}}}),
                      Contains("unknown option (option = a"));
}

TEST_CASE("open: what cannot be shared is not opened for writing", "[storage][open]") {
  const support::TempDir dir;
  const auto path = dir.sparse("disk.img", 4096);
  const auto writer = storage::open_image(path, {});
  std::string warned;
  const auto warn = [&](std::string_view line) { warned = line; };
  REQUIRE_THROWS_WITH(storage::open_image(path, {.mode = OpenMode::read_only}),
                      Contains("has it open for writing"));
  const auto reader =
      storage::open_image(path, {.mode = OpenMode::read_only, .warn = warn, .force_share = true});
  REQUIRE_THAT(warned, Contains("is read without a lock"));
  REQUIRE_THROWS_AS(storage::open_image(path, {.force_share = true}), storage::ImageError);
}

TEST_CASE("compact: zeroes of a raw image become holes", "[storage][raw]") {
  const auto host = support::MemoryHost::make();
  host->put("disk.img", std::vector<std::uint8_t>(1 << 20, 0));
  const auto image = storage::open_image(host->place("disk.img"), {.format = "raw"});
  const std::vector<std::uint8_t> data(512, 9);
  REQUIRE(image.device->write(1000, data) == IoStatus::ok);
  REQUIRE(host->bytes("disk.img").allocated_bytes() == 1 << 20);
  image.image->compact({});
  REQUIRE(host->bytes("disk.img").allocated_bytes() == 64 * 1024);
  std::vector<std::uint8_t> back(512);
  REQUIRE(image.device->read(1000, back) == IoStatus::ok);
  REQUIRE(back == data);
}
