// The layers that keep sectors in memory: SectorMap, DiscardOverlay, MemoryDevice.
#include <memory>
#include <random>
#include <vector>

#include "storage/discard_overlay.h"
#include "storage/memory_device.h"
#include "tests/catch.hpp"
#include "tests/storage/battery.h"
#include "tests/support/faulty_device.h"

using storage::ClusterState;
using storage::IoStatus;
using storage::kSectorSize;
using storage::MemoryDevice;
using support::Bytes;
using support::compare_with_array;
using support::random_bytes;

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
