#include "storage/vmdk_extent.h"

#include <algorithm>

namespace storage {

bool VmdkFlatExtent::inside(std::uint64_t lba, std::uint64_t count) const {
  return place_of(lba + count) <= file_->size();
}

IoStatus VmdkFlatExtent::read(std::uint64_t lba, std::span<std::uint8_t> sectors) {
  return file_->read_at(place_of(lba), sectors);  // beyond the file's end: an error
}

IoStatus VmdkFlatExtent::write(std::uint64_t lba, std::span<const std::uint8_t> sectors) {
  if (!writable_) return IoStatus::read_only;
  // A file that is too short is never extended silently.
  if (!inside(lba, sectors.size() / kSectorSize)) return IoStatus::host_error;
  dirty_ = true;
  return file_->write_at(place_of(lba), sectors);
}

IoStatus VmdkFlatExtent::write_zeroes(std::uint64_t lba, std::uint64_t count) {
  if (!writable_) return IoStatus::read_only;
  if (!inside(lba, count)) return IoStatus::host_error;
  dirty_ = true;
  return file_->zero(place_of(lba), count * kSectorSize);
}

IoStatus VmdkFlatExtent::discard(std::uint64_t lba, std::uint64_t count) {
  return writable_ ? write_zeroes(lba, count) : IoStatus::ok;
}

IoStatus VmdkFlatExtent::flush() {
  if (!dirty_) return IoStatus::ok;
  const IoStatus status = file_->sync();
  if (status == IoStatus::ok) dirty_ = false;
  return status;
}

Extent VmdkFlatExtent::extent_at(std::uint64_t lba, std::uint64_t limit) const {
  Extent extent{.first_sector = lba, .sector_count = limit};
  const std::uint64_t start = place_of(lba);
  if (start + kSectorSize > file_->size()) {
    extent.state = ClusterState::corrupt;
    return extent;
  }
  const FileRun run = file_->run_at(start);
  const std::uint64_t size = std::min(run.end, file_->size()) - start;
  // A sector that is hole in its first part only is data; so is a short last run of data.
  const std::uint64_t whole = size / kSectorSize;
  const bool data = run.data || whole == 0;
  const std::uint64_t count = data ? (size + kSectorSize - 1) / kSectorSize : whole;
  extent.sector_count = std::min(std::max<std::uint64_t>(count, 1), limit);
  extent.state = data ? ClusterState::data : ClusterState::unallocated;
  extent.host_offset = data ? start : 0;
  return extent;
}

IoStatus VmdkZeroExtent::read(std::uint64_t, std::span<std::uint8_t> sectors) {
  std::ranges::fill(sectors, std::uint8_t{0});
  return IoStatus::ok;
}

Extent VmdkZeroExtent::extent_at(std::uint64_t lba, std::uint64_t limit) const {
  return {.first_sector = lba, .sector_count = limit, .state = ClusterState::zero};
}

Extent VmdkClosedExtent::extent_at(std::uint64_t lba, std::uint64_t limit) const {
  return {.first_sector = lba, .sector_count = limit, .state = ClusterState::corrupt};
}

}  // namespace storage
