#include "emu/file_watch.h"

#include <algorithm>
#include <utility>

#include "storage/fat_tables.h"

namespace emu {

namespace {

constexpr unsigned kLastPrimary = 4;

bool touches(std::span<const storage::FatRun> runs, const DriveAccess& access) {
  return std::ranges::any_of(runs, [&](const storage::FatRun& run) {
    return access.lba < run.first_lba + run.sector_count &&
           access.lba + access.count > run.first_lba;
  });
}

bool touches(const std::vector<std::uint64_t>& sectors, const DriveAccess& access) {
  const auto at = std::ranges::lower_bound(sectors, access.lba);
  return at != sectors.end() && *at < access.lba + access.count;
}

}  // namespace

// A letter from C: on may be on any hard disk.
bool FileWatch::concerns(DriveSlot slot) const {
  return name_.letter != 0 ? !is_floppy(slot) : slot == name_.slot;
}

FileWatch::Medium FileWatch::medium_in(Taps taps, DriveSlot slot) {
  const DriveTap* tap = taps[static_cast<std::size_t>(slot)];
  return tap != nullptr ? Medium{tap->medium(), tap->contents()} : Medium{};
}

// DOS gives letters to the first primary partition of every disk, then to all logical drives, then
// to the primary partitions that are left (MS-DOS 5 and later, and FreeDOS).
std::optional<FileWatch::Volume> FileWatch::find_volume(Taps taps) const {
  std::vector<Volume> first, logical, more;
  for (std::size_t i = 0; i < kDriveSlotCount; ++i) {
    const auto slot = static_cast<DriveSlot>(i);
    if (!concerns(slot) || taps[i] == nullptr) continue;
    QuietView view(*taps[i]);
    bool primary = false;
    for (const storage::FatLocation& where : storage::find_fat_volumes(view)) {
      if (name_.letter == 0) {
        if (!name_.partition || *name_.partition == where.partition) return Volume{slot, where};
      } else if (where.partition > kLastPrimary) {
        logical.push_back({slot, where});
      } else {
        (std::exchange(primary, true) ? more : first).push_back({slot, where});
      }
    }
  }
  if (name_.letter == 0) return std::nullopt;
  first.insert(first.end(), logical.begin(), logical.end());
  first.insert(first.end(), more.begin(), more.end());
  const auto index = static_cast<std::size_t>(name_.letter - 'C');
  return index < first.size() ? std::optional(first[index]) : std::nullopt;
}

void FileWatch::look(Taps taps) {
  for (std::size_t i = 0; i < kDriveSlotCount; ++i) {
    const auto slot = static_cast<DriveSlot>(i);
    tables_[i].clear();
    media_[i] = medium_in(taps, slot);
    if (!concerns(slot) || taps[i] == nullptr) continue;
    tables_[i] =
        storage::look_for_fat(taps[i]->sector_count(), [&](std::uint64_t lba,
                                                           std::span<std::uint8_t> sectors) {
          return taps[i]->peek(lba, sectors);
        }).tables;
  }
  volume_ = find_volume(taps);
  look_again(taps);
}

void FileWatch::look_again(Taps taps) {
  place_ = {};
  if (!volume_) return;
  QuietView view(*taps[static_cast<std::size_t>(volume_->slot)]);
  try {
    place_ = storage::FatVolume(view, volume_->where).place_of(name_.path);
  } catch (const storage::FatError&) {
    // No volume any more.
  }
}

FileWatch::Touched FileWatch::touched(Taps taps, DriveSlot slot, const DriveAccess& access) {
  if (!concerns(slot)) return {};
  const auto index = static_cast<std::size_t>(slot);
  if (media_[index] != medium_in(taps, slot)) look(taps);
  const bool here = volume_ && volume_->slot == slot;
  if (!access.write) return {here && touches(place_.content, access), false};
  bool written = here && touches(place_.content, access);
  const bool tables = touches(tables_[index], access);
  if (tables || (here && touches(place_.told_by, access))) {
    const storage::FatPlace before = std::exchange(place_, {});
    if (tables) {
      look(taps);
    } else {
      look_again(taps);
    }
    written = written || before.entry != place_.entry || before.content != place_.content;
  }
  return {false, written};
}

}  // namespace emu
