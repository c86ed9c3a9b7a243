#include "storage/fat_watch.h"

#include <algorithm>
#include <array>
#include <utility>

namespace storage {

namespace {

constexpr std::uint64_t kQuietTime = 3'000'000'000;  // the guest's nanoseconds
constexpr std::array<std::string_view, 3> kModes = {"off", "at-close", "live"};

}  // namespace

std::optional<FatFree> parse_fat_free(std::string_view word) {
  const auto found = std::ranges::find(kModes, word);
  if (found == kModes.end()) return std::nullopt;
  return static_cast<FatFree>(found - kModes.begin());
}

std::string_view name_of(FatFree mode) {
  return kModes[static_cast<std::size_t>(mode)];
}

FatWatch::FatWatch(std::unique_ptr<BlockDevice> image, FatFree mode)
    : image_(std::move(image)), mode_(mode) {
  image_->observe(this);
  look();
}

FatWatch::~FatWatch() {
  static_cast<void>(close());
}

// What partition tables and boot sectors say now. A volume that is as it was keeps what is known of
// it, so that a format which writes its boot sector last is not forgotten.
void FatWatch::look() {
  const auto read = [this](std::uint64_t lba, std::span<std::uint8_t> sectors) {
    return image_->read(lba, sectors);
  };
  const FatDisk disk = look_for_fat(image_->sector_count(), read);
  std::vector<FatTables> volumes;
  for (const FatShape& shape : disk.volumes) {
    const auto known = std::ranges::find(volumes_, shape, &FatTables::shape);
    if (known != volumes_.end()) {
      volumes.push_back(std::move(*known));
      volumes_.erase(known);
      continue;
    }
    std::vector<std::uint8_t> fats(
        static_cast<std::size_t>((shape.fat_end() - shape.fat_first) * kSectorSize));
    if (image_->read(shape.fat_first, fats) != IoStatus::ok) continue;
    volumes.emplace_back(shape, std::move(fats));
  }
  volumes_ = std::move(volumes);
  tables_ = disk.tables;
}

bool FatWatch::decides(std::uint64_t lba, std::uint64_t count) const {
  const auto table = std::ranges::lower_bound(tables_, lba);
  return table != tables_.end() && *table < lba + count;
}

void FatWatch::changed(std::uint64_t lba, std::uint64_t count,
                       std::span<const std::uint8_t> sectors) {
  for (FatTables& volume : volumes_) {
    const FatShape& shape = volume.shape();
    const std::uint64_t begin = std::max(lba, shape.fat_first);
    const std::uint64_t end = std::min(lba + count, shape.fat_end());
    if (begin < end) {
      const auto length = static_cast<std::size_t>((end - begin) * kSectorSize);
      bool moved = false;
      if (!sectors.empty()) {
        moved = volume.fats_written(
            begin, sectors.subspan(static_cast<std::size_t>((begin - lba) * kSectorSize), length));
      } else {
        std::vector<std::uint8_t> now(length);
        if (image_->read(begin, now) == IoStatus::ok) moved = volume.fats_written(begin, now);
      }
      fats_moved_ = fats_moved_ || moved;
      if (moved) quiet_from_.reset();
    }
    volume.data_written(lba, count);  // last: a request may reach from the FATs into the clusters
  }
  if (decides(lba, count)) look();
}

IoStatus FatWatch::do_read(std::uint64_t lba, std::span<std::uint8_t> sectors) {
  return image_->read(lba, sectors);
}

IoStatus FatWatch::do_write(std::uint64_t lba, std::span<const std::uint8_t> sectors) {
  const IoStatus status = image_->write(lba, sectors);
  // Of a write that failed nobody knows what is there.
  const bool known = status == IoStatus::ok;
  changed(lba, sectors.size() / kSectorSize, known ? sectors : std::span<const std::uint8_t>());
  return status;
}

IoStatus FatWatch::do_write_zeroes(std::uint64_t lba, std::uint64_t count) {
  const IoStatus status = image_->write_zeroes(lba, count);
  changed(lba, count, {});
  return status;
}

IoStatus FatWatch::do_discard(std::uint64_t lba, std::uint64_t count) {
  const IoStatus status = image_->discard(lba, count);
  changed(lba, count, {});
  return status;
}

IoStatus FatWatch::do_flush() {
  const IoStatus status = image_->flush();
  if (status != IoStatus::ok || mode_ != FatFree::live || !anything_fresh()) return status;
  // A failure to give space back is no failure of the flush.
  static_cast<void>(release());
  return IoStatus::ok;
}

bool FatWatch::tick(std::uint64_t guest_nanoseconds) {
  if (mode_ == FatFree::live && anything_fresh()) {
    const bool restart = fats_moved_ || !quiet_from_ || guest_nanoseconds < *quiet_from_;
    if (restart) {
      quiet_from_ = guest_nanoseconds;
    } else if (guest_nanoseconds - *quiet_from_ >= kQuietTime) {
      if (image_->flush() == IoStatus::ok) static_cast<void>(release());
    }
  }
  fats_moved_ = false;
  const bool below = image_->tick(guest_nanoseconds);
  return below || (mode_ == FatFree::live && anything_fresh());
}

IoStatus FatWatch::do_close() {
  if (mode_ != FatFree::off && anything_fresh() && image_->flush() == IoStatus::ok) {
    static_cast<void>(release());
  }
  return image_->close();
}

bool FatWatch::anything_fresh() const {
  return std::ranges::any_of(volumes_, &FatTables::any_fresh);
}

// Whether every sector lies in a cluster that nobody owns.
bool FatWatch::may_release(std::uint64_t first, std::uint64_t end) const {
  while (first < end) {
    const auto volume = std::ranges::find_if(volumes_, [&](const FatTables& one) {
      return first >= one.shape().data_first && first < one.shape().data_end();
    });
    if (volume == volumes_.end() || !volume->trusted()) return false;
    const FatShape& shape = volume->shape();
    const auto cluster =
        static_cast<std::uint32_t>((first - shape.data_first) / shape.cluster_sectors + 2);
    if (!volume->candidate(cluster)) return false;
    first = shape.sector_of(cluster) + shape.cluster_sectors;
  }
  return true;
}

// The image's clusters (or the host's blocks) around the fresh ones.
std::vector<FatWatch::Range> FatWatch::releasable(const FatTables& volume,
                                                  const std::vector<std::uint32_t>& fresh) const {
  const std::uint64_t unit = std::max<std::uint64_t>(image_->discard_sectors(), 1);
  std::vector<Range> ranges;
  for (const std::uint32_t cluster : fresh) {
    if (!volume.candidate(cluster)) continue;
    const std::uint64_t first = volume.shape().sector_of(cluster);
    const std::uint64_t end = first + volume.shape().cluster_sectors;
    for (std::uint64_t at = first / unit * unit; at < end; at += unit) {
      const std::uint64_t stop = std::min(at + unit, sector_count());
      if (!may_release(at, stop)) continue;
      if (!ranges.empty() && ranges.back().end >= at && ranges.back().first <= at) {
        ranges.back().end = std::max(ranges.back().end, stop);
      } else {
        ranges.push_back({at, stop});
      }
    }
  }
  return ranges;
}

// The image has been flushed: the FATs that say "free" are on the host's disk.
IoStatus FatWatch::release() {
  bool any = false;
  for (FatTables& volume : volumes_) {
    if (!volume.any_fresh() || !volume.trusted()) continue;
    std::vector<std::uint32_t> fresh = volume.take_fresh();
    std::ranges::sort(fresh);
    for (const Range& range : releasable(volume, fresh)) {
      const IoStatus status = image_->discard(range.first, range.end - range.first);
      if (status != IoStatus::ok) {
        volume.put_back(std::move(fresh));
        return status;
      }
      sectors_released_ += range.end - range.first;
      // Not every image says so itself.
      notify(AllocationEvent::Kind::freed,
             {.first_sector = range.first, .sector_count = range.end - range.first});
      any = true;
    }
  }
  return any ? image_->flush() : IoStatus::ok;
}

}  // namespace storage
