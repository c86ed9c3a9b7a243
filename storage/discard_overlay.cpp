#include "storage/discard_overlay.h"

#include <algorithm>
#include <utility>

namespace storage {

DiscardOverlay::DiscardOverlay(std::unique_ptr<BlockDevice> base) : base_(std::move(base)) {}

Extent DiscardOverlay::extent_at(std::uint64_t lba) const {
  if (lba >= sector_count()) return {.first_sector = lba};
  const std::uint64_t end = written_.run_end(lba, sector_count());
  if (written_.find(lba) != nullptr) {
    return {.first_sector = lba, .sector_count = end - lba, .state = ClusterState::data};
  }
  Extent below = base_->extent_at(lba);
  const std::uint64_t below_end = below.first_sector + below.sector_count;
  if (below.first_sector < lba) {
    if (below.host_offset != 0) below.host_offset += (lba - below.first_sector) * kSectorSize;
    below.first_sector = lba;
  }
  below.sector_count = std::min(below_end, end) - below.first_sector;
  below.layer = static_cast<std::uint8_t>(below.layer + 1);
  return below;
}

IoStatus DiscardOverlay::do_read(std::uint64_t lba, std::span<std::uint8_t> sectors) {
  const std::uint64_t limit = lba + sectors.size() / kSectorSize;
  while (lba < limit) {
    const std::uint64_t end = written_.run_end(lba, limit);
    const auto run = sectors.first(static_cast<std::size_t>((end - lba) * kSectorSize));
    if (written_.find(lba) == nullptr) {
      if (const IoStatus status = base_->read(lba, run); status != IoStatus::ok) return status;
    } else {
      for (std::uint64_t i = 0; i < end - lba; ++i) {
        std::copy_n(written_.find(lba + i), kSectorSize,
                    run.begin() + static_cast<std::ptrdiff_t>(i * kSectorSize));
      }
    }
    sectors = sectors.subspan(run.size());
    lba = end;
  }
  return IoStatus::ok;
}

IoStatus DiscardOverlay::do_write(std::uint64_t lba, std::span<const std::uint8_t> sectors) {
  return written_.store(lba, sectors);
}

}  // namespace storage
