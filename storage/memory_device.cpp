#include "storage/memory_device.h"

#include <algorithm>

namespace storage {

MemoryDevice::MemoryDevice(std::span<const std::uint8_t> head, std::uint64_t sectors,
                           Geometry geometry, bool read_only)
    : head_(head), sectors_(sectors), geometry_(geometry), read_only_(read_only) {}

Extent MemoryDevice::extent_at(std::uint64_t lba) const {
  if (lba >= sectors_) return {.first_sector = lba};
  const std::uint64_t end = written_.run_end(lba, sectors_);
  const std::uint64_t head_end = (head_.size() + kSectorSize - 1) / kSectorSize;
  if (written_.find(lba) != nullptr) {
    return {.first_sector = lba, .sector_count = end - lba, .state = ClusterState::data};
  }
  if (lba < head_end) {
    return {.first_sector = lba,
            .sector_count = std::min(end, head_end) - lba,
            .state = ClusterState::data};
  }
  return {.first_sector = lba, .sector_count = end - lba, .state = ClusterState::unallocated};
}

IoStatus MemoryDevice::do_read(std::uint64_t lba, std::span<std::uint8_t> sectors) {
  for (; !sectors.empty(); sectors = sectors.subspan(kSectorSize), ++lba) {
    if (const std::uint8_t* written = written_.find(lba)) {
      std::copy_n(written, kSectorSize, sectors.begin());
    } else {
      read_head(lba, sectors.first(kSectorSize));
    }
  }
  return IoStatus::ok;
}

IoStatus MemoryDevice::do_write(std::uint64_t lba, std::span<const std::uint8_t> sectors) {
  return written_.store(lba, sectors);
}

void MemoryDevice::read_head(std::uint64_t lba, std::span<std::uint8_t> sector) const {
  std::ranges::fill(sector, std::uint8_t{0});
  if (lba >= (head_.size() + kSectorSize - 1) / kSectorSize) return;
  const auto rest = head_.subspan(static_cast<std::size_t>(lba * kSectorSize));
  std::ranges::copy(rest.first(std::min(rest.size(), kSectorSize)), sector.begin());
}

}  // namespace storage
