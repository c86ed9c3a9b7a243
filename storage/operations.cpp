#include "storage/operations.h"

#include <algorithm>
#include <string>
#include <vector>

#include "storage/layer.h"

namespace storage {

namespace {

constexpr std::uint64_t kChunkSectors = 128;

std::filesystem::path file_of(const Image& image) {
  const ImageInfo facts = image.info();
  return facts.files.empty() ? std::filesystem::path("image") : facts.files.front().path;
}

void require(const Image& image, std::uint64_t lba, IoStatus status) {
  if (status == IoStatus::ok) return;
  throw ImageError(file_of(image),
                   "sector " + std::to_string(lba) + ": " + std::string(describe(status)));
}

bool own(const Extent& extent) {
  return extent.layer == 0 &&
         (extent.state == ClusterState::data || extent.state == ClusterState::shared ||
          extent.state == ClusterState::zero);
}

Extent readable_extent(const Image& image, std::uint64_t lba) {
  const Extent extent = image.extent_at(lba);
  if (extent.state == ClusterState::corrupt) require(image, lba, IoStatus::corrupt);
  return extent;
}

// Calls `visit(lba, count)` for [first, first + count) in pieces of kChunkSectors, aligned.
template <class Visit>
void in_chunks(std::uint64_t first, std::uint64_t count, Visit visit) {
  while (count != 0) {
    const std::uint64_t step = std::min(count, kChunkSectors - first % kChunkSectors);
    visit(first, step);
    first += step;
    count -= step;
  }
}

}  // namespace

void commit_image(Image& child, bool empty, const Progress& progress) {
  Image* const parent = child.parent();
  if (parent == nullptr) throw ImageError(file_of(child), "has no parent to be committed to");
  const std::uint64_t total = child.sector_count();
  if (parent->sector_count() < total) parent->resize(total, false, {});
  std::vector<std::uint8_t> buffer(kChunkSectors * kSectorSize);
  for (std::uint64_t lba = 0; lba < total;) {
    progress.report(lba, total);
    const Extent extent = readable_extent(child, lba);
    if (own(extent) && extent.state == ClusterState::zero) {
      require(*parent, lba, parent->write_zeroes(lba, extent.sector_count));
    } else if (own(extent)) {
      in_chunks(lba, extent.sector_count, [&](std::uint64_t first, std::uint64_t count) {
        progress.report(first, total);
        const auto bytes = std::span(buffer).first(static_cast<std::size_t>(count * kSectorSize));
        require(child, first, child.read(first, bytes));
        require(*parent, first, parent->write(first, bytes));
      });
    }
    lba += extent.sector_count;
  }
  require(*parent, 0, parent->flush());
  child.finish_commit(empty, progress);
  progress.report(total, total);
}

void rebase_image(Image& child, const ParentRef* parent, const Progress& progress) {
  Image* const other = parent == nullptr ? nullptr : parent->image;
  const std::uint64_t total = child.sector_count();
  std::vector<std::uint8_t> old_bytes(kChunkSectors * kSectorSize);
  std::vector<std::uint8_t> new_bytes(kChunkSectors * kSectorSize);
  const auto copy_where_different = [&](std::uint64_t first, std::uint64_t count) {
    progress.report(first, total);
    const auto length = static_cast<std::size_t>(count * kSectorSize);
    const auto before = std::span(old_bytes).first(length);
    const auto after = std::span(new_bytes).first(length);
    require(child, first, child.read(first, before));
    require(child, first, read_parent(other, first, after));
    if (std::ranges::equal(before, after)) return;
    // Without a parent there is nothing that zeroes need to hide yet.
    const bool zeroes = child.parent() != nullptr && all_zero(before);
    require(child, first,
            zeroes ? child.cover_with_zeroes(first, count) : child.write(first, before));
  };
  for (std::uint64_t lba = 0; lba < total;) {
    progress.report(lba, total);
    const Extent extent = readable_extent(child, lba);
    std::uint64_t count = extent.sector_count;
    if (!own(extent)) {
      const Extent there = parent_extent(other, lba, count);
      count = there.sector_count;
      const bool nothing =
          extent.state == ClusterState::unallocated && there.state == ClusterState::unallocated;
      if (!nothing) in_chunks(lba, count, copy_where_different);
    }
    lba += count;
  }
  require(child, 0, child.flush());
  child.set_parent(parent);
  progress.report(total, total);
}

}  // namespace storage
