#include "storage/sector_map.h"

#include <algorithm>
#include <new>

namespace storage {

const std::uint8_t* SectorMap::find(std::uint64_t lba) const {
  const auto group = groups_.find(lba / kGroup);
  if (group == groups_.end()) return nullptr;
  const std::uint64_t place = lba % kGroup;
  if ((group->second.present >> place & 1) == 0) return nullptr;
  return group->second.bytes.data() + place * kSectorSize;
}

IoStatus SectorMap::store(std::uint64_t lba, std::span<const std::uint8_t> sectors) {
  for (; !sectors.empty(); sectors = sectors.subspan(kSectorSize), ++lba) {
    try {
      Group& group = groups_[lba / kGroup];
      const std::uint64_t place = lba % kGroup;
      std::copy_n(sectors.begin(), kSectorSize, group.bytes.data() + place * kSectorSize);
      group.present = static_cast<std::uint8_t>(group.present | 1U << place);
    } catch (const std::bad_alloc&) {
      return IoStatus::no_space;
    }
  }
  return IoStatus::ok;
}

std::uint64_t SectorMap::run_end(std::uint64_t lba, std::uint64_t limit) const {
  const bool stored = find(lba) != nullptr;
  while (lba < limit) {
    const std::uint64_t number = lba / kGroup;
    const auto group = groups_.lower_bound(number);
    if (group == groups_.end() || group->first != number) {
      if (stored) return lba;
      // Nothing until the next group at least.
      if (group == groups_.end()) return limit;
      lba = group->first * kGroup;
      continue;
    }
    for (std::uint64_t place = lba % kGroup; place < kGroup; ++place, ++lba) {
      if ((group->second.present >> place & 1) != (stored ? 1 : 0)) return std::min(lba, limit);
    }
  }
  return limit;
}

void SectorMap::lay_over(const SectorMap& upper) {
  for (const auto& [number, from] : upper.groups_) {
    Group& to = groups_[number];
    for (std::size_t place = 0; place < kGroup; ++place) {
      if ((from.present >> place & 1) == 0) continue;
      std::copy_n(from.bytes.data() + place * kSectorSize, kSectorSize,
                  to.bytes.data() + place * kSectorSize);
    }
    to.present |= from.present;
  }
}

}  // namespace storage
