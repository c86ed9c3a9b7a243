// A drive's allocation map follows the drive: what its events built is what a new scan would see.
#include <random>

#include "emu/drive_tap.h"
#include "storage/allocation_history.h"
#include "storage/memory_device.h"
#include "tests/catch.hpp"

namespace {

using namespace storage;

class MapOfDrive {
 public:
  MapOfDrive(emu::DriveTap& tap, std::uint32_t spc)
      : tap_(tap), spc_(spc), history_(tap.sector_count(), spc) {
    tap.on_access = [this](const emu::DriveAccess& access) {
      tap_.map_watch()->accessed(++now_, access.write, access.lba, access.count,
                                 access.status != IoStatus::ok);
    };
    tap.start_map(
        spc, [this](const MapEvent& event) { history_.record(event); }, 0);
  }

  bool equals_a_scan() {
    tap_.settle_map(++now_);
    AllocationMap fresh(tap_.sector_count(), spc_);
    AllocationWatch(
        tap_.sector_count(), spc_, [this](std::uint64_t lba) { return tap_.shown_extent_at(lba); },
        [&](const MapEvent& event) {
          fresh.set(event.lba / spc_, (event.count + spc_ - 1) / spc_, event.after.state(),
                    event.after.layer());
        })
        .scan(0);
    for (std::uint64_t i = 0; i < fresh.clusters(); ++i) {
      if (!(fresh.cell(i) == history_.map().cell(i))) return false;
    }
    return fresh.counts() == history_.map().counts();
  }

 private:
  emu::DriveTap& tap_;
  std::uint32_t spc_;
  AllocationHistory history_;
  std::uint64_t now_ = 0;
};

}  // namespace

TEST_CASE("drive map: requests, snapshots, reverts and commits leave it equal to a new scan",
          "[emu][map]") {
  const auto writes = GENERATE(emu::DriveTap::Writes::through, emu::DriveTap::Writes::discard);
  constexpr std::uint64_t sectors = 3000;
  static const std::vector<std::uint8_t> head(20 * kSectorSize, 0x11);
  emu::DriveTap tap(std::make_unique<MemoryDevice>(head, sectors), writes);
  MapOfDrive map(tap, 8);
  REQUIRE(map.equals_a_scan());
  std::mt19937 random(5);
  const std::vector<std::uint8_t> bytes(64 * kSectorSize, 0x5A);
  for (int round = 0; round < 200; ++round) {
    const std::uint64_t count = 1 + random() % 64;
    const std::uint64_t lba = random() % (sectors - count);
    REQUIRE(tap.write(lba, std::span(bytes).first(count * kSectorSize)) == IoStatus::ok);
    if (round % 23 == 5) tap.snapshot("here");
    if (round % 23 == 20) tap.revert("here");
    if (round % 50 == 49) REQUIRE(tap.commit() == IoStatus::ok);
    REQUIRE(map.equals_a_scan());
  }
}
