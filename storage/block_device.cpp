#include "storage/block_device.h"

#include <algorithm>
#include <array>
#include <cassert>

namespace storage {

std::string_view name_of(ClusterState state) {
  switch (state) {
    case ClusterState::unallocated:
      return "unallocated";
    case ClusterState::zero:
      return "zero";
    case ClusterState::data:
      return "data";
    case ClusterState::shared:
      return "linked";
    case ClusterState::parent:
      return "parent";
    case ClusterState::freed:
      return "freed";
    case ClusterState::metadata:
      return "metadata";
    case ClusterState::corrupt:
      return "corrupt";
  }
  return "unknown";
}

bool BlockDevice::in_range(std::uint64_t lba, std::uint64_t count) const {
  const std::uint64_t total = sector_count();
  return lba <= total && count <= total - lba;
}

IoStatus BlockDevice::read(std::uint64_t lba, std::span<std::uint8_t> sectors) {
  assert(sectors.size() % kSectorSize == 0);
  if (!in_range(lba, sectors.size() / kSectorSize)) return IoStatus::out_of_range;
  return do_read(lba, sectors);
}

IoStatus BlockDevice::write(std::uint64_t lba, std::span<const std::uint8_t> sectors) {
  assert(sectors.size() % kSectorSize == 0);
  if (!in_range(lba, sectors.size() / kSectorSize)) return IoStatus::out_of_range;
  if (read_only()) return IoStatus::read_only;
  return do_write(lba, sectors);
}

IoStatus BlockDevice::flush() {
  return do_flush();
}

IoStatus BlockDevice::discard(std::uint64_t lba, std::uint64_t count) {
  if (!in_range(lba, count)) return IoStatus::out_of_range;
  if (read_only()) return IoStatus::read_only;
  return do_discard(lba, count);
}

IoStatus BlockDevice::do_discard(std::uint64_t, std::uint64_t) {
  return IoStatus::ok;
}

IoStatus BlockDevice::write_zeroes(std::uint64_t lba, std::uint64_t count) {
  if (!in_range(lba, count)) return IoStatus::out_of_range;
  if (read_only()) return IoStatus::read_only;
  return do_write_zeroes(lba, count);
}

IoStatus BlockDevice::do_write_zeroes(std::uint64_t lba, std::uint64_t count) {
  static constexpr std::array<std::uint8_t, std::size_t{64} * 1024> kZeroes{};
  while (count != 0) {
    const std::uint64_t sectors = std::min<std::uint64_t>(count, kZeroes.size() / kSectorSize);
    const auto bytes = static_cast<std::size_t>(sectors * kSectorSize);
    const IoStatus status = do_write(lba, std::span(kZeroes).first(bytes));
    if (status != IoStatus::ok) return status;
    lba += sectors;
    count -= sectors;
  }
  return IoStatus::ok;
}

IoStatus BlockDevice::close() {
  if (closed_) return IoStatus::ok;
  closed_ = true;
  return do_close();
}

}  // namespace storage
