// Sectors kept in memory over something else: remembers what was written and nothing more. Eight
// sectors share one allocation, so that clusters of DOS and pages of others cost one each.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>

#include "storage/block_device.h"

namespace storage {

class SectorMap {
 public:
  // nullptr when the sector was never written.
  const std::uint8_t* find(std::uint64_t lba) const;
  // no_space when the host has no memory left; sectors before that one are stored.
  IoStatus store(std::uint64_t lba, std::span<const std::uint8_t> sectors);
  // The end of the run of sectors from `lba` on that are alike, stored or not; at most `limit`.
  std::uint64_t run_end(std::uint64_t lba, std::uint64_t limit) const;
  // Everything that `upper` has, in place of what is here. Throws std::bad_alloc.
  void lay_over(const SectorMap& upper);

 private:
  static constexpr std::uint64_t kGroup = 8;
  struct Group {
    std::uint8_t present = 0;  // bit n: sector n is here
    std::array<std::uint8_t, kGroup * kSectorSize> bytes;
  };
  std::map<std::uint64_t, Group> groups_;  // by lba / kGroup; ordered, for run_end
};

}  // namespace storage
