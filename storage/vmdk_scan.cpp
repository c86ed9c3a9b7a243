#include "storage/vmdk_scan.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "storage/layer.h"

namespace storage {

namespace {

// One bit a unit: 64 MiB of them.
constexpr std::uint64_t kMaxUnits = std::uint64_t{1} << 29;

}  // namespace

void VmdkTableScan::error(std::uint64_t& counter, std::string line) {
  ++counter;
  if (report_ != nullptr && lines_.size() <= CheckReport::kMaxLines) {
    lines_.push_back(std::move(line));
  }
}

void VmdkTableScan::reset() {
  used_.assign(static_cast<std::size_t>(extent_.sectors_ / unit_ + 1), false);
  metadata_.clear();
  parted_.clear();
  settled_.clear();
  lines_.clear();
  finer_unit_ = 0;
  bad_ = shared_ = broken_tables_ = unsettled_ = 0;
  allocated_ = fragments_ = last_end_ = leaks_ = tail_leaks_ = end_ = 0;
}

IoStatus VmdkTableScan::run() {
  unit_ = shape_.grain;
  for (;;) {
    // Also when the grains lie at odd places: then a unit is what their places have in common.
    if (extent_.sectors_ / unit_ >= kMaxUnits) return IoStatus::corrupt;
    reset();
    if (const IoStatus status = pass(); status != IoStatus::ok) return status;
    if (finer_unit_ == 0) break;
    unit_ = finer_unit_;
  }
  for (const Parted& parted : parted_) settle(parted);
  count_leaks();
  if (report_ != nullptr) {
    for (std::string& line : lines_) report_->say(std::move(line));
    report_->errors += hard_errors() + parted();
    report_->leaks += leaks_;
    report_->clusters += shape_.grains();
    report_->allocated += allocated_;
    report_->fragmented += fragments_ == 0 ? 0 : fragments_ - 1;
    report_->end_offset = std::max(report_->end_offset, end_ * kSectorSize);
  }
  return IoStatus::ok;
}

IoStatus VmdkTableScan::pass() {
  note_metadata(0, shape_.esx ? sizeof(CowdHeader) / kSectorSize : 1);
  if (shape_.descriptor_at != 0) note_metadata(shape_.descriptor_at, shape_.descriptor_size);
  for (const std::uint64_t directory : shape_.directories) {
    note_metadata(directory, shape_.directory_sectors());
  }
  for (std::uint64_t table = 0; table < shape_.tables; ++table) note_table(table);
  check_metadata();
  for (std::uint64_t table = 0; table < shape_.tables; ++table) {
    if (const IoStatus status = scan_table(table); status != IoStatus::ok) return status;
    if (finer_unit_ != 0) break;
  }
  return IoStatus::ok;
}

void VmdkTableScan::note_metadata(std::uint64_t sector, std::uint64_t count) {
  metadata_.emplace_back(sector, count);
  end_ = std::max(end_, sector + count);
}

void VmdkTableScan::note_table(std::uint64_t table) {
  std::uint64_t absent = 0;
  for (const auto& directory : extent_.directories_) {
    const std::uint32_t sector = directory[static_cast<std::size_t>(table)];
    if (sector == 0) {
      ++absent;
    } else if (!extent_.table_fits(sector)) {
      error(broken_tables_, "grain table " + std::to_string(table) + " lies outside the file (" +
                                std::to_string(sector) + ")");
      if (!extent_.table_fits(extent_.table_at(table))) ++bad_;  // and so does its copy
    } else {
      note_metadata(sector, shape_.table_sectors());
    }
  }
  if (absent != 0 && absent != extent_.directories_.size()) {
    error(broken_tables_, "grain table " + std::to_string(table) + " is missing in one directory");
  }
}

void VmdkTableScan::check_metadata() {
  std::ranges::sort(metadata_);
  std::uint64_t end = 0;
  for (const auto& [sector, count] : metadata_) {
    if (sector < end) {
      error(broken_tables_,
            "tables, directories or descriptor overlap at sector " + std::to_string(sector));
    }
    end = std::max(end, sector + count);
    mark_units(sector, count);
  }
}

// Whether none of them had been marked.
bool VmdkTableScan::mark_units(std::uint64_t sector, std::uint64_t count) {
  bool fresh = true;
  const std::uint64_t end =
      std::min<std::uint64_t>((sector + count + unit_ - 1) / unit_, used_.size());
  for (std::uint64_t unit = sector / unit_; unit < end; ++unit) {
    const auto index = static_cast<std::size_t>(unit);
    fresh = fresh && !used_[index];
    used_[index] = true;
  }
  return fresh;
}

// Tables of a new image are one long hole: asked for once.
bool VmdkTableScan::in_hole(std::uint64_t sector) {
  const std::uint64_t begin = sector * kSectorSize;
  const std::uint64_t end = begin + std::uint64_t{shape_.entries} * 4;
  for (const auto& [hole_begin, hole_end] : holes_) {
    if (begin >= hole_begin && end <= hole_end) return true;
  }
  const FileRun run = extent_.file_->run_at(begin);
  if (run.data || run.end < end) return false;
  holes_[next_hole_++ % holes_.size()] = {begin, run.end};
  return true;
}

IoStatus VmdkTableScan::read_table(std::uint64_t sector, std::vector<Le32>& entries) {
  entries.resize(shape_.entries);
  return extent_.file_->read_at(
      sector * kSectorSize,
      {reinterpret_cast<std::uint8_t*>(entries.data()), entries.size() * sizeof(Le32)});
}

IoStatus VmdkTableScan::scan_table(std::uint64_t table) {
  const std::uint64_t sector = extent_.table_at(table);
  if (!extent_.table_fits(sector)) return IoStatus::ok;  // none, or told already
  std::uint64_t copy = sector;
  if (extent_.directories_.size() == 2) {
    copy = extent_.directories_[1][static_cast<std::size_t>(table)];
    if (!extent_.table_fits(copy)) copy = sector;
  }
  if (in_hole(sector) && in_hole(copy)) return IoStatus::ok;
  IoStatus status = read_table(sector, first_);
  if (status == IoStatus::ok && copy != sector) status = read_table(copy, second_);
  if (status != IoStatus::ok) return status;
  const bool same = copy == sector ||
                    std::memcmp(first_.data(), second_.data(), first_.size() * sizeof(Le32)) == 0;
  const std::uint64_t base = table * shape_.entries;
  const std::uint64_t count = std::min<std::uint64_t>(shape_.entries, shape_.grains() - base);
  for (std::size_t i = 0; i < count; ++i) {
    if (same || first_[i] == second_[i]) {
      if (first_[i] != 0) judge(base + i, first_[i]);
    } else if (parted_.size() < kMaxParted) {
      parted_.push_back({base + i, first_[i], second_[i]});
    } else {
      error(unsettled_, "the copies of grain " + std::to_string(base + i) + "'s entry differ");
    }
    if (finer_unit_ != 0) break;
  }
  return IoStatus::ok;
}

bool VmdkTableScan::usable(std::uint64_t grain, std::uint32_t entry) const {
  return extent_.state_of(grain, entry).state == VmdkSparseExtent::Run::State::data;
}

// Whether nobody else has the place.
bool VmdkTableScan::take(std::uint64_t grain, std::uint32_t entry) {
  if (entry % unit_ != 0) {
    finer_unit_ = std::uint64_t{1} << std::countr_zero(entry);
    return true;
  }
  end_ = std::max(end_, entry + shape_.grain);
  ++allocated_;
  if (entry != last_end_) ++fragments_;
  last_end_ = entry + shape_.grain;
  return mark_units(
      entry, shape_.grain_size(grain) < shape_.grain && entry + shape_.grain > extent_.sectors_
                 ? shape_.grain_size(grain)
                 : shape_.grain);
}

void VmdkTableScan::judge(std::uint64_t grain, std::uint32_t entry) {
  if (entry == kZeroGrain && shape_.zero_grains) return;
  if (!usable(grain, entry)) {
    error(bad_, "grain " + std::to_string(grain) + " leads outside the file (sector " +
                    std::to_string(entry) + ")");
  } else if (!take(grain, entry)) {
    error(shared_, "grain " + std::to_string(grain) +
                       " lies where something else lies too (sector " + std::to_string(entry) +
                       ")");
  }
}

void VmdkTableScan::settle(const Parted& parted) {
  std::optional<std::uint32_t> choice;
  for (const std::uint32_t entry : {parted.first, parted.second}) {
    if (choice || entry == 0) continue;
    if (entry == kZeroGrain && shape_.zero_grains) {
      choice = entry;
    } else if (usable(parted.grain, entry) && entry % unit_ == 0) {
      const std::uint64_t unit = entry / unit_;
      bool free = true;
      for (std::uint64_t i = 0; i < shape_.grain / unit_ && unit + i < used_.size(); ++i) {
        free = free && !used_[static_cast<std::size_t>(unit + i)];
      }
      if (!free) continue;
      take(parted.grain, entry);
      choice = entry;
    }
  }
  // One side says "nothing", the other names a place that is somebody else's or does not exist:
  // nothing was ever there.
  const bool one_empty = parted.first == 0 || parted.second == 0;
  if (!choice && one_empty) choice = 0;
  const std::string text = "the copies of grain " + std::to_string(parted.grain) +
                           "'s entry differ (" + std::to_string(parted.first) + " and " +
                           std::to_string(parted.second) + ")";
  if (choice) {
    settled_.emplace_back(parted.grain, *choice);
    if (report_ != nullptr && lines_.size() <= CheckReport::kMaxLines) lines_.push_back(text);
  } else {
    error(unsettled_, text);
  }
}

void VmdkTableScan::count_leaks() {
  const std::uint64_t first = (shape_.overhead + unit_ - 1) / unit_;
  const std::uint64_t units = extent_.sectors_ / unit_;
  for (std::uint64_t unit = first; unit < units; ++unit) {
    if (used_[static_cast<std::size_t>(unit)]) continue;
    ++leaks_;
    if (unit * unit_ >= end_) ++tail_leaks_;
  }
  if (leaks_ != 0 && report_ != nullptr) {
    lines_.push_back(std::to_string(leaks_) + " places of " + std::to_string(unit_) +
                     " sectors belong to nothing");
  }
}

IoStatus VmdkTableScan::mend() {
  for (const auto& [grain, entry] : settled_) {
    const Le32 word(entry);
    if (const IoStatus status = extent_.store_entries(grain, {&word, 1}); status != IoStatus::ok) {
      return status;
    }
  }
  return IoStatus::ok;
}

}  // namespace storage
