// The layers that keep sectors in memory: SectorMap, DiscardOverlay, MemoryDevice.
#include <memory>
#include <random>
#include <vector>

#include "storage/discard_overlay.h"
#include "storage/memory_device.h"
#include "tests/catch.hpp"
#include "tests/support/faulty_device.h"

using storage::ClusterState;
using storage::IoStatus;
using storage::kSectorSize;
using storage::MemoryDevice;

namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes random_bytes(std::mt19937& random, std::size_t count) {
  Bytes bytes(count);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

// A device must behave as the plain array does, whatever is written where.
void compare_with_array(storage::BlockDevice& device, Bytes model, std::uint32_t seed) {
  std::mt19937 random(seed);
  const std::uint64_t total = device.sector_count();
  for (int step = 0; step < 400; ++step) {
    const std::uint64_t lba = random() % total;
    const std::uint64_t count = 1 + random() % std::min<std::uint64_t>(30, total - lba);
    const auto place = static_cast<std::ptrdiff_t>(lba * kSectorSize);
    if (random() % 2 == 0) {
      const Bytes data = random_bytes(random, count * kSectorSize);
      REQUIRE(device.write(lba, data) == IoStatus::ok);
      std::copy(data.begin(), data.end(), model.begin() + place);
    } else {
      Bytes found(count * kSectorSize);
      REQUIRE(device.read(lba, found) == IoStatus::ok);
      REQUIRE(std::equal(found.begin(), found.end(), model.begin() + place));
    }
  }
  for (std::uint64_t lba = 0; lba < total;) {
    const storage::Extent extent = device.extent_at(lba);
    REQUIRE(extent.first_sector == lba);
    REQUIRE(extent.sector_count >= 1);
    lba += extent.sector_count;
    REQUIRE(lba <= total);
  }
}

}  // namespace

TEST_CASE("memory device: head bytes first, zeroes after, writes on top", "[storage][memory]") {
  std::mt19937 random(1);
  const Bytes head = random_bytes(random, 5 * kSectorSize + 100);
  Bytes model = head;
  model.resize(203 * kSectorSize);
  MemoryDevice device(head, 203);
  Bytes all(203 * kSectorSize, 0xEE);
  REQUIRE(device.read(0, all) == IoStatus::ok);
  REQUIRE(all == model);
  REQUIRE(device.extent_at(2).sector_count == 4);
  REQUIRE(device.extent_at(6).state == ClusterState::unallocated);
  compare_with_array(device, model, 2);
  REQUIRE(head != Bytes(head.size()));  // const, and still ours
}

TEST_CASE("memory device: read-only and geometry as given", "[storage][memory]") {
  MemoryDevice device({}, 16 * 63, {1, 16, 63}, true);
  REQUIRE(device.geometry() == storage::Geometry{1, 16, 63});
  REQUIRE(device.write(0, Bytes(kSectorSize)) == IoStatus::read_only);
}

TEST_CASE("memory device: a head longer than the disk is cut", "[storage][memory]") {
  const Bytes head(10 * kSectorSize, 7);
  MemoryDevice device(head, 3);
  Bytes sector(kSectorSize);
  REQUIRE(device.read(2, sector) == IoStatus::ok);
  REQUIRE(device.read(3, sector) == IoStatus::out_of_range);
  REQUIRE(device.extent_at(0).sector_count == 3);
}

TEST_CASE("discard overlay: behaves as an array and never writes below", "[storage][discard]") {
  std::mt19937 random(3);
  const Bytes head = random_bytes(random, 90 * kSectorSize);
  Bytes model = head;
  model.resize(157 * kSectorSize);
  auto base = std::make_unique<MemoryDevice>(head, 157, storage::Geometry{}, true);
  storage::DiscardOverlay overlay(std::move(base));
  compare_with_array(overlay, model, GENERATE(4U, 5U, 6U));
}

TEST_CASE("discard overlay: tells its own sectors from those below", "[storage][discard]") {
  storage::DiscardOverlay overlay(
      std::make_unique<MemoryDevice>(std::span<const std::uint8_t>(), 100));
  REQUIRE(overlay.write(10, Bytes(12 * kSectorSize, 1)) == IoStatus::ok);
  const auto before = overlay.extent_at(3);
  REQUIRE(before.sector_count == 7);
  REQUIRE(before.layer == 1);
  const auto own = overlay.extent_at(12);
  REQUIRE(own.sector_count == 10);
  REQUIRE(own.state == ClusterState::data);
  REQUIRE(own.layer == 0);
  REQUIRE(overlay.extent_at(22).sector_count == 78);
}

TEST_CASE("discard overlay: a bad sector below is covered by writing it", "[storage][discard]") {
  auto base = std::make_unique<support::FaultyDevice>(10);
  base->bad_reads[4] = IoStatus::host_error;
  storage::DiscardOverlay overlay(std::move(base));
  Bytes three(3 * kSectorSize);
  REQUIRE(overlay.read(3, three) == IoStatus::host_error);
  REQUIRE(overlay.write(4, Bytes(kSectorSize, 9)) == IoStatus::ok);
  REQUIRE(overlay.read(3, three) == IoStatus::ok);
  REQUIRE(three[kSectorSize] == 9);
}
