// Which geometry a disk gets: the worked examples of the geometry notes, and partition tables as
// DOS, MINIX and Linux wrote them.
#include "storage/geometry_choice.h"

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "storage/image_error.h"
#include "storage/memory_device.h"
#include "storage/partition_table.h"
#include "tests/catch.hpp"

using Catch::Matchers::Contains;
using storage::Chs;
using storage::Fit;
using storage::Geometry;
using storage::GeometryChoice;
using storage::Translation;

namespace {

// A disk whose first sectors a test writes.
class Disk {
 public:
  explicit Disk(std::uint64_t total, Geometry header = {}) : device_({}, total, header) {}

  // A partition between two LBAs, its C/H/S as a partitioner under `shape` writes them.
  Disk& partition(std::uint32_t heads, std::uint32_t sectors, std::uint64_t first,
                  std::uint64_t last, std::uint8_t type = 6) {
    const Geometry shape{1024, heads, sectors};
    std::uint8_t* entry = sector_.data() + 0x1BE + 16 * entries_++;
    entry[0] = 0x80;
    put_chs(entry + 1, clipped(shape, first));
    entry[4] = type;
    put_chs(entry + 5, clipped(shape, last));
    put32(entry + 8, first);
    put32(entry + 12, last - first + 1);
    sector_[510] = 0x55;
    sector_[511] = 0xAA;
    return *this;
  }

  Disk& boot_sector(std::uint64_t lba, std::uint16_t sectors, std::uint16_t heads) {
    std::array<std::uint8_t, 512> boot{};
    boot[0] = 0xEB;
    boot[1] = 0x3C;
    boot[2] = 0x90;
    boot[0x0C] = 2;  // 512 bytes a sector
    boot[0x0D] = 4;
    boot[0x0E] = 1;
    boot[0x10] = 2;
    boot[0x18] = static_cast<std::uint8_t>(sectors);
    boot[0x1A] = static_cast<std::uint8_t>(heads);
    boot[510] = 0x55;
    boot[511] = 0xAA;
    for (std::size_t i = 0x1BE; i < 510; ++i) boot[i] = 0x41;  // code, no partition table
    if (lba == 0) {
      sector_ = boot;
    } else {
      REQUIRE(device_.write(lba, boot) == storage::IoStatus::ok);
    }
    return *this;
  }

  GeometryChoice choose(std::optional<Geometry> chs = {},
                        std::optional<Translation> translation = {}) {
    REQUIRE(device_.write(0, sector_) == storage::IoStatus::ok);
    return storage::choose_geometry(device_, {"test.img", chs, translation});
  }

 private:
  static Chs clipped(const Geometry& shape, std::uint64_t lba) {
    const Chs chs = lba_to_chs(shape, lba);
    if (chs.cylinder <= 1023) return chs;
    return {1023, shape.heads - 1, shape.sectors_per_track};
  }
  static void put_chs(std::uint8_t* to, const Chs& chs) {
    to[0] = static_cast<std::uint8_t>(chs.head);
    to[1] = static_cast<std::uint8_t>(chs.sector | (chs.cylinder >> 2 & 0xC0));
    to[2] = static_cast<std::uint8_t>(chs.cylinder);
  }
  static void put32(std::uint8_t* to, std::uint64_t value) {
    for (int i = 0; i < 4; ++i) to[i] = static_cast<std::uint8_t>(value >> (8 * i));
  }

  storage::MemoryDevice device_;
  std::array<std::uint8_t, 512> sector_{};
  std::size_t entries_ = 0;
};

void check(const GeometryChoice& choice, const Geometry& ata, Translation translation) {
  CAPTURE(choice.summary());
  REQUIRE(to_text(choice.ata) == to_text(ata));
  REQUIRE(name_of(choice.translation) == name_of(translation));
}

}  // namespace

TEST_CASE("choice (a): a header that fits its partition table is taken", "[storage][geometry]") {
  Disk disk(81920, {963, 5, 17});
  disk.partition(5, 17, 17, 963 * 85 - 1);
  const auto choice = disk.choose();
  check(choice, {963, 5, 17}, Translation::none);
  REQUIRE(choice.warnings.empty());
  REQUIRE(choice.summary() == "963/5/17 from the image's header, translation none");
}

TEST_CASE("choice (b): a header that its partition table contradicts is not",
          "[storage][geometry]") {
  Disk disk(712 * 4 * 17, {712, 4, 17});
  disk.partition(16, 63, 63, 48 * 1008 - 1);
  check(disk.choose(), {48, 16, 63}, Translation::none);
}

TEST_CASE("choice (c): 128 heads in the partition table of 2 GiB mean LBA assist",
          "[storage][geometry]") {
  const bool header = GENERATE(true, false);
  Disk disk(4194304, header ? Geometry{4161, 16, 63} : Geometry{});
  disk.partition(128, 63, 63, 520 * 128 * 63 - 1);
  const auto choice = disk.choose();
  check(choice, {4161, 16, 63}, Translation::lba);
  REQUIRE(choice.logical == Geometry{520, 128, 63});
}

TEST_CASE("choice (d): where shift and LBA assist differ in cylinders, the automatic rule decides",
          "[storage][geometry]") {
  // 2600 cylinders halve to 650 of 64 heads; by capacity the drive has 653.
  constexpr std::uint64_t kTotal = 2620 * 1008;
  Disk disk(kTotal, {2600, 16, 63});
  disk.partition(64, 63, 63, 600 * 64 * 63 - 1);
  const auto choice = disk.choose();
  check(choice, {2600, 16, 63}, Translation::large);
  REQUIRE(choice.logical == Geometry{650, 64, 63});
}

TEST_CASE("choice (e): a blank disk goes by its header", "[storage][geometry]") {
  Disk disk(81920, {963, 5, 17});
  check(disk.choose(), {963, 5, 17}, Translation::none);
}

TEST_CASE("choice (f): 8 GiB stop at 16383 cylinders and need LBA assist", "[storage][geometry]") {
  Disk disk(16777216);
  const auto choice = disk.choose();
  check(choice, {16383, 16, 63}, Translation::lba);
  REQUIRE(choice.logical == Geometry{1024, 255, 63});
  Disk used(16777216);
  used.partition(255, 63, 63, 1044 * 255 * 63 - 1);
  check(used.choose(), {16383, 16, 63}, Translation::lba);
}

TEST_CASE("choice: disks as their makers left them", "[storage][geometry]") {
  SECTION("FreeDOS, FAT16 from 0/1/1 to 64/15/63") {
    Disk disk(65520);
    disk.partition(16, 63, 63, 65519);
    check(disk.choose(), {65, 16, 63}, Translation::none);
  }
  SECTION("MINIX, whose partition begins at LBA 1") {
    Disk disk(131072);
    disk.partition(16, 63, 1, 131039, 0x81);
    check(disk.choose(), {130, 16, 63}, Translation::none);
  }
  SECTION("Linux 0.11, 38 sectors a track, two partitions, the first at LBA 2") {
    Disk disk(249280);
    disk.partition(16, 38, 2, 124031, 0x81).partition(16, 38, 124032, 248063, 0x81);
    check(disk.choose(), {410, 16, 38}, Translation::none);
  }
}

TEST_CASE("choice: a disk partitioned without translation keeps none though it is large",
          "[storage][geometry]") {
  Disk disk(4194304);
  disk.partition(16, 63, 63, 1000 * 1008 - 1);
  const auto choice = disk.choose();
  check(choice, {4161, 16, 63}, Translation::none);
  REQUIRE(choice.logical == Geometry{1024, 16, 63});
}

TEST_CASE("choice: 240 heads are the revised translation", "[storage][geometry]") {
  Disk disk(15482880);
  disk.partition(240, 63, 63, 1000 * 240 * 63 - 1);
  check(disk.choose(), {15360, 16, 63}, Translation::revised);
}

TEST_CASE("choice: track lengths other than 63 carry over to the drive", "[storage][geometry]") {
  // 2 MiB cylinders of 128 heads and 32 sectors.
  Disk disk(1000 * 128 * 32);
  disk.partition(128, 32, 32, 900 * 128 * 32 - 1);
  const auto choice = disk.choose();
  check(choice, {8000, 16, 32}, Translation::large);
  REQUIRE(choice.logical == Geometry{1000, 128, 32});
}

TEST_CASE("choice: an unpartitioned FAT disk goes by its boot sector", "[storage][geometry]") {
  Disk disk(20 * 1024 * 2);
  disk.boot_sector(0, 17, 4);
  const auto choice = disk.choose();
  check(choice, {602, 4, 17}, Translation::none);
  REQUIRE(choice.source == "the FAT boot sector");
}

TEST_CASE("choice: a boot sector decides where the partition table is silent",
          "[storage][geometry]") {
  // Both ends beyond cylinder 1022: no address in the table proves anything.
  Disk disk(4194304);
  disk.partition(128, 63, 1100ULL * 1008 * 3, 1100ULL * 1008 * 3 + 9999);
  disk.boot_sector(1100ULL * 1008 * 3, 63, 128);
  check(disk.choose(), {4161, 16, 63}, Translation::lba);
}

TEST_CASE("choice: an unusable header is ignored with a warning", "[storage][geometry]") {
  Disk disk(131072, {65535, 16, 255});
  const auto choice = disk.choose();
  check(choice, {130, 16, 63}, Translation::none);
  REQUIRE(choice.warnings.size() == 1);
  REQUIRE_THAT(choice.warnings.front(), Contains("65535/16/255"));
}

TEST_CASE("choice: a partition table that fits nothing is said so", "[storage][geometry]") {
  Disk disk(131072);
  disk.partition(7, 13, 13,
                 7 * 13 * 100 - 5);  // ends inside a cylinder: the shape cannot be read off
  const auto choice = disk.choose();
  check(choice, {130, 16, 63}, Translation::none);
  REQUIRE(choice.warnings.size() == 1);
}

TEST_CASE("choice: the user wins, and is warned when the disk disagrees", "[storage][geometry]") {
  Disk disk(65520);
  disk.partition(16, 63, 63, 65519);
  const auto same = disk.choose(Geometry{65, 16, 63});
  check(same, {65, 16, 63}, Translation::none);
  REQUIRE(same.warnings.empty());
  const auto other = disk.choose(Geometry{900, 4, 17});
  check(other, {900, 4, 17}, Translation::none);
  REQUIRE(other.warnings.size() == 1);
  check(disk.choose({}, Translation::lba), {65, 16, 63}, Translation::lba);
}

TEST_CASE("choice: the user's impossible geometry is refused by field", "[storage][geometry]") {
  Disk disk(65520);
  using storage::ImageError;
  REQUIRE_THROWS_WITH(disk.choose(Geometry{65, 17, 63}),
                      "test.img: cannot have this geometry (heads = 17, allowed 1..16)");
  REQUIRE_THROWS_AS(disk.choose(Geometry{0, 16, 63}), ImageError);
  REQUIRE_THROWS_AS(disk.choose(Geometry{65, 16, 64}), ImageError);
  REQUIRE_THROWS_AS(disk.choose(Geometry{65536, 1, 1}), ImageError);
  REQUIRE_THROWS_WITH(disk.choose(Geometry{66, 16, 63}), Contains("needs 66528 sectors"));
}

TEST_CASE("partition table: code and noise are not taken for one", "[storage][geometry]") {
  std::vector<std::uint8_t> sector(512, 0);
  REQUIRE(storage::parse_partition_table(sector).empty());
  sector[510] = 0x55;
  sector[511] = 0xAA;
  REQUIRE(storage::parse_partition_table(sector).empty());
  std::fill(sector.begin() + 0x1BE, sector.begin() + 510, std::uint8_t{0x4D});
  REQUIRE(storage::parse_partition_table(sector).empty());
  REQUIRE(storage::fit_of({}, {65, 16, 63}) == Fit::unknown);
}

TEST_CASE("choice: no disk contents can break it", "[storage][geometry]") {
  std::uint32_t state = 12345;
  const auto next = [&state] { return state = state * 1664525 + 1013904223; };
  for (int round = 0; round < 3000; ++round) {
    std::array<std::uint8_t, 512> sector{};
    for (std::size_t i = 0x1BE; i < 0x1FE; ++i) sector[i] = static_cast<std::uint8_t>(next() >> 24);
    for (std::size_t i = 0; i < 4; ++i) sector[0x1BE + 16 * i] &= 0x80;
    for (std::size_t i = 0; i < 0x20; ++i) sector[i] = static_cast<std::uint8_t>(next() >> 26);
    sector[510] = 0x55;
    sector[511] = 0xAA;
    const std::uint64_t total = 1 + next() % 5000000;
    const Geometry header{next() % 3 == 0 ? 0 : next() >> 14, next() >> 27, next() >> 26};
    storage::MemoryDevice device(sector, total, header);
    const auto choice =
        storage::choose_geometry(device, {.file = "noise", .chs = {}, .translation = {}});
    REQUIRE(choice.ata.known());
    REQUIRE(choice.ata.heads <= 16);
    REQUIRE(choice.ata.sectors_per_track <= 63);
    REQUIRE(choice.ata.sector_count() <= total);
    REQUIRE(choice.logical.cylinders <= 1024);
    REQUIRE(choice.logical.heads <= 255);
  }
}
