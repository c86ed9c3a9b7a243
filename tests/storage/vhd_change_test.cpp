// Whole VHDs changed: resized, compacted, split, and cut off meanwhile.
#include "tests/catch.hpp"
#include "tests/storage/crash_script.h"
#include "tests/storage/vhd_images.h"

using Catch::Matchers::Contains;
using storage::IoStatus;
using storage::kSectorSize;
using storage::OpenMode;
using support::read_some;
using support::Sectors;
using support::sectors_of;
using support::VhdHost;

namespace {

constexpr std::uint64_t kBlock = 8;  // sectors: 4 KiB

storage::Options small_blocks(const std::string& kind) {
  if (kind == "fixed") return {{"subformat", "fixed"}};
  if (kind == "split") {
    return {{"subformat", "split"}, {"block_size", "4K"}, {"extent_size", "16K"}};
  }
  return {{"block_size", "4K"}};
}

// Sectors of all kinds: data, zeroes, discarded, with gaps among the blocks.
Sectors make_disk(VhdHost& host, const std::string& name, std::uint64_t sectors,
                  const storage::Options& options) {
  host.create(name, sectors, options);
  const auto image = host.open(name);
  Sectors model(static_cast<std::size_t>(sectors * kSectorSize));
  std::mt19937 random(11);
  const auto put = [&](std::uint64_t lba, std::uint64_t count, bool zero) {
    Sectors bytes = zero ? sectors_of(0, count) : support::random_bytes(random, count * 512);
    REQUIRE((zero ? image.device->write_zeroes(lba, count) : image.device->write(lba, bytes)) ==
            IoStatus::ok);
    std::ranges::copy(bytes, model.begin() + static_cast<std::ptrdiff_t>(lba * 512));
  };
  for (std::uint64_t lba = sectors - 3; lba > 12; lba -= 11) put(lba, 3, false);
  put(4 * kBlock, 5 * kBlock, true);
  put(sectors - 1, 1, false);
  REQUIRE(image.device->close() == IoStatus::ok);
  return model;
}

std::string content_trouble(VhdHost& host, const std::string& name, const Sectors& model) {
  const auto image = host.open(name, OpenMode::read_only);
  const std::uint64_t total = image.device->sector_count();
  if (total * 512 != model.size()) return "its size is " + std::to_string(total);
  return read_some(*image.device, 0, static_cast<std::size_t>(total)) == model ? "" : "differs";
}

void require_content(VhdHost& host, const std::string& name, const Sectors& model) {
  const std::string trouble = content_trouble(host, name, model);
  if (!trouble.empty()) FAIL(trouble);
  CHECK(host.check(name).errors == 0);
}

}  // namespace

TEST_CASE("vhd: grows and shrinks without another sector changing", "[storage][vhd]") {
  VhdHost host;
  const std::string kind = GENERATE("dynamic", "fixed", "split");
  Sectors model = make_disk(host, "disk.vhd", 203, small_blocks(kind));
  for (const std::uint64_t sectors : {205U, 1999U, 400U, 401U, 90000U, 77U, 300U}) {
    INFO(kind << " to " << sectors);
    {
      const auto image = host.open("disk.vhd");
      const std::uint64_t before = image.device->sector_count();
      if (sectors < before) {
        CHECK_THROWS_WITH(image.image->resize(sectors, false, {}), Contains("--shrink"));
      }
      image.image->resize(sectors, true, {});
      model.resize(sectors * 512);
      // The image in hand shows it at once, and can be written.
      CHECK(image.device->sector_count() == sectors);
      CHECK(read_some(*image.device, 0, sectors) == model);
      const Sectors mark = sectors_of(static_cast<std::uint8_t>(sectors), 2);
      CHECK(image.device->write(sectors - 2, mark) == IoStatus::ok);
      std::ranges::copy(mark, model.end() - 1024);
      REQUIRE(image.device->close() == IoStatus::ok);
    }
    require_content(host, "disk.vhd", model);
    CHECK(host.check("disk.vhd").leaks == 0);
  }
}

TEST_CASE("vhd: a differencing disk keeps its parent's size", "[storage][vhd]") {
  VhdHost host;
  host.create("base.vhd", 100);
  host.create_child("base.vhd", "child.vhd");
  const auto image = host.open("child.vhd");
  CHECK_THROWS_WITH(image.image->resize(200, true, {}), Contains("as large as its parent"));
}

TEST_CASE("vhd: a resize that is cut off leaves the old disk or the new one", "[storage][vhd]") {
  const std::string kind = GENERATE("dynamic", "fixed");
  const std::uint64_t to = GENERATE(205U, 1999U, 77U);
  VhdHost host;
  const Sectors before = make_disk(host, "disk.vhd", 203, small_blocks(kind));
  Sectors after = before;
  after.resize(to * 512);
  support::replay_operation(
      *host.host, support::crash_effort(),
      [&] {
        const auto image = host.open("disk.vhd");
        image.image->resize(to, true, {});
        REQUIRE(image.device->close() == IoStatus::ok);
      },
      [&](const support::CrashState& state) {
        VhdHost left;
        left.host = state.host;
        left.repair("disk.vhd");
        const std::string trouble = content_trouble(left, "disk.vhd", before);
        if (!trouble.empty()) require_content(left, "disk.vhd", after);
        CHECK(left.check("disk.vhd").errors == 0);
        CHECK(left.refusal("disk.vhd", OpenMode::read_write) == "opened");
      });
}

TEST_CASE("vhd: compact gives back what is empty and moves the rest together", "[storage][vhd]") {
  VhdHost host;
  const std::string kind = GENERATE("dynamic", "split");
  const Sectors model = make_disk(host, "disk.vhd", 403, small_blocks(kind));
  {
    // A block of zeroes that were written one by one.
    const auto image = host.open("disk.vhd");
    REQUIRE(image.device->write(0, sectors_of(0, kBlock)) == IoStatus::ok);
    REQUIRE(image.device->close() == IoStatus::ok);
  }
  const auto host_bytes = [&] { return host.open("disk.vhd").image->info().files; };
  const std::size_t files_before = host_bytes().size();
  {
    const auto image = host.open("disk.vhd");
    image.image->compact({});
    CHECK(image.device->write(1, sectors_of(0)) == IoStatus::ok);  // it can still be written
    CHECK(image.device->write_zeroes(1, 1) == IoStatus::ok);
    REQUIRE(image.device->close() == IoStatus::ok);
  }
  require_content(host, "disk.vhd", model);
  if (kind == "split") CHECK(host_bytes().size() <= files_before);
  // Places of 16 sectors, and only those that are needed.
  const std::uint64_t allocated = host.check("disk.vhd").allocated;
  CHECK(host.check("disk.vhd").end_offset <= (8 + allocated * 16 + 128) * 512);
}

TEST_CASE("vhd: a compact that is cut off changes nothing that is seen", "[storage][vhd]") {
  VhdHost host;
  const Sectors model = make_disk(host, "disk.vhd", 403, small_blocks("dynamic"));
  support::replay_operation(
      *host.host, support::crash_effort(),
      [&] {
        const auto image = host.open("disk.vhd");
        image.image->compact({});
        REQUIRE(image.device->close() == IoStatus::ok);
      },
      [&](const support::CrashState& state) {
        VhdHost left;
        left.host = state.host;
        left.repair("disk.vhd");
        const std::string trouble = content_trouble(left, "disk.vhd", model);
        if (!trouble.empty()) FAIL(trouble);
        CHECK(left.check("disk.vhd").errors == 0);
      });
}

TEST_CASE("vhd: freed blocks are taken again, so that the file stays small", "[storage][vhd]") {
  VhdHost host;
  host.create("disk.vhd", 4096, {{"block_size", "64K"}});
  const auto image = host.open("disk.vhd");
  for (int round = 0; round < 200; ++round) {
    REQUIRE(image.device->write(0, sectors_of(0x11, 256)) == IoStatus::ok);
    REQUIRE(image.device->discard(0, 256) == IoStatus::ok);
  }
  REQUIRE(image.device->close() == IoStatus::ok);
  CHECK(host.size("disk.vhd") < 4096);  // bytes: headers, table, footer
}

TEST_CASE("vhd: bits and blocks that are discarded show zeroes", "[storage][vhd]") {
  VhdHost host;
  host.create("disk.vhd", 4096, {{"block_size", "64K"}});
  const auto image = host.open("disk.vhd");
  REQUIRE(image.device->write(0, sectors_of(0x11, 256)) == IoStatus::ok);
  REQUIRE(image.device->discard(3, 5) == IoStatus::ok);
  CHECK(image.device->extent_at(3).sector_count == 5);
  CHECK(image.device->extent_at(3).state == storage::ClusterState::unallocated);
  CHECK(image.device->extent_at(8).state == storage::ClusterState::data);
  REQUIRE(image.device->write(4, sectors_of(0x22)) == IoStatus::ok);
  CHECK(read_some(*image.device, 3) == sectors_of(0));
  CHECK(read_some(*image.device, 4) == sectors_of(0x22));
  REQUIRE(image.device->discard(0, 100) == IoStatus::ok);
  REQUIRE(image.device->discard(100, 28) == IoStatus::ok);  // the rest of the block
  CHECK(image.device->extent_at(0).sector_count == 128);
}

TEST_CASE("vhd: parts are one file, in any spelling, and none may be missing", "[storage][vhd]") {
  VhdHost host;
  const Sectors model = make_disk(host, "disk.vhd", 203, small_blocks("split"));
  REQUIRE(host.host->has("disk.v02"));
  const storage::ImageInfo info = host.open("disk.vhd", OpenMode::read_only).image->info();
  CHECK(info.subformat == "dynamic, split");
  CHECK(info.files.size() > 2);
  for (const std::string part : {"disk.vhd", "disk.v01"}) CHECK(host.size(part) == 16384);
  host.host->put("disk.V02", host.host->bytes("disk.v02").all());
  REQUIRE(host.host->root()->remove("disk.v02") == IoStatus::ok);
  require_content(host, "disk.vhd", model);
  REQUIRE(host.host->root()->remove("disk.V02") == IoStatus::ok);
  CHECK_THAT(host.refusal("disk.vhd"), Contains("has lost a part (disk.v02"));
}

TEST_CASE("vhd: a child may have been rebased from parts onto parts", "[storage][vhd]") {
  VhdHost host;
  const Sectors model = make_disk(host, "base.vhd", 203, small_blocks("split"));
  host.create_child("base.vhd", "child.vhd", {{"subformat", "split"}, {"extent_size", "16K"}});
  {
    const auto image = host.open("child.vhd");
    CHECK(image.image->info().subformat == "differencing, split");
    CHECK(image.image->info().cluster_bytes == 4096);  // its parent's
    REQUIRE(image.device->write(100, sectors_of(0x77, 60)) == IoStatus::ok);
    REQUIRE(image.device->close() == IoStatus::ok);
  }
  Sectors shown = model;
  std::fill_n(shown.begin() + 100 * 512, 60 * 512, std::uint8_t{0x77});
  require_content(host, "child.vhd", shown);
}
