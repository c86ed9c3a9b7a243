#include "storage/layer.h"

#include <algorithm>
#include <cstring>

namespace storage {

IoStatus read_parent(BlockDevice* parent, std::uint64_t lba, std::span<std::uint8_t> sectors) {
  std::uint64_t there = 0;
  if (parent != nullptr && lba < parent->sector_count()) {
    there = std::min<std::uint64_t>(parent->sector_count() - lba, sectors.size() / kSectorSize);
  }
  const auto inside = static_cast<std::size_t>(there * kSectorSize);
  std::ranges::fill(sectors.subspan(inside), std::uint8_t{0});
  return there == 0 ? IoStatus::ok : parent->read(lba, sectors.first(inside));
}

Extent parent_extent(const BlockDevice* parent, std::uint64_t lba, std::uint64_t count) {
  if (parent == nullptr || lba >= parent->sector_count()) {
    return {.first_sector = lba, .sector_count = count};
  }
  Extent below = parent->extent_at(lba);
  below.sector_count = std::min(below.sector_count, count);
  // Nobody has it: that is this image's own affair, as qemu-img's map sees it.
  if (below.state != ClusterState::unallocated) {
    below.layer = static_cast<std::uint8_t>(below.layer + 1);
  }
  return below;
}

bool all_zero(std::span<const std::uint8_t> bytes) {
  // Comparing with itself one byte on runs at memcmp's speed, vectors and all.
  if (bytes.empty()) return true;
  return bytes[0] == 0 && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

}  // namespace storage
