#include "storage/table_cache.h"

#include <algorithm>
#include <utility>

namespace storage {

TableCache::TableCache(File& file, std::size_t pages)
    : file_(file), limit_(std::max<std::size_t>(pages, 1)) {}

std::uint32_t TableCache::slot_of(std::uint64_t number) const {
  if (number < direct_.size()) return direct_[static_cast<std::size_t>(number)];
  if (number < kDirectPages) return kNowhere;
  const auto known = far_.find(number);
  return known == far_.end() ? kNowhere : known->second;
}

void TableCache::set_slot(std::uint64_t number, std::uint32_t slot) {
  if (number >= kDirectPages) {
    if (slot == kNowhere) {
      far_.erase(number);
    } else {
      far_[number] = slot;
    }
    return;
  }
  const auto place = static_cast<std::size_t>(number);
  if (place >= direct_.size()) direct_.resize(place + 1, kNowhere);
  direct_[place] = slot;
}

// The second-chance clock: about as good as the exact order of use, and a hit costs one store.
std::size_t TableCache::take_slot() {
  if (pages_.size() < limit_) {
    pages_.emplace_back();
    bytes_.resize(pages_.size() * kPageBytes);
    return pages_.size() - 1;
  }
  while (std::exchange(pages_[hand_].used, false)) hand_ = (hand_ + 1) % pages_.size();
  const std::size_t index = std::exchange(hand_, (hand_ + 1) % pages_.size());
  // A page that could not be read is in no list.
  if (slot_of(pages_[index].number) == index) set_slot(pages_[index].number, kNowhere);
  return index;
}

IoStatus TableCache::fill(std::size_t index, std::uint64_t number) {
  const std::uint64_t start = number * kPageBytes;
  const std::uint64_t file_size = file_.size();
  if (start >= file_size) return IoStatus::host_error;
  const auto size =
      static_cast<std::size_t>(std::min<std::uint64_t>(kPageBytes, file_size - start));
  const IoStatus status = file_.read_at(start, bytes_of(index).first(size));
  if (status == IoStatus::ok) pages_[index].size = size;
  return status;
}

IoStatus TableCache::page_at(std::uint64_t number, std::size_t& index) {
  if (const std::uint32_t known = slot_of(number); known != kNowhere) {
    index = known;
    pages_[index].used = true;
    return IoStatus::ok;
  }
  const std::size_t slot = take_slot();
  pages_[slot] = {};
  const IoStatus status = fill(slot, number);
  if (status != IoStatus::ok) return status;  // its slot is taken over in its turn
  pages_[slot].number = number;
  pages_[slot].used = true;
  set_slot(number, static_cast<std::uint32_t>(slot));
  index = slot;
  return status;
}

IoStatus TableCache::view(std::uint64_t offset, std::span<const std::uint8_t>& bytes) {
  std::size_t index = 0;
  const auto skip = static_cast<std::size_t>(offset % kPageBytes);
  if (const IoStatus status = page_at(offset / kPageBytes, index); status != IoStatus::ok) {
    return status;
  }
  if (skip >= pages_[index].size) {
    // The file may have grown since.
    if (const IoStatus status = fill(index, offset / kPageBytes); status != IoStatus::ok) {
      return status;
    }
    if (skip >= pages_[index].size) return IoStatus::host_error;
  }
  bytes = bytes_of(index).first(pages_[index].size).subspan(skip);
  return IoStatus::ok;
}

IoStatus TableCache::read(std::uint64_t offset, std::span<std::uint8_t> bytes) {
  bool grown = false;
  while (!bytes.empty()) {
    std::span<const std::uint8_t> found;
    if (const IoStatus status = view(offset, found); status != IoStatus::ok) return status;
    const std::size_t count = std::min(found.size(), bytes.size());
    std::copy_n(found.begin(), count, bytes.begin());
    offset += count;
    bytes = bytes.subspan(count);
    // A short page followed by more bytes: read again from where it ends, once.
    if (!bytes.empty() && offset % kPageBytes != 0 && std::exchange(grown, true)) {
      return IoStatus::host_error;
    }
  }
  return IoStatus::ok;
}

IoStatus TableCache::write(std::uint64_t offset, std::span<const std::uint8_t> bytes) {
  const IoStatus status = file_.write_at(offset, bytes);
  while (!bytes.empty()) {
    const auto skip = static_cast<std::size_t>(offset % kPageBytes);
    const std::size_t count = std::min(bytes.size(), kPageBytes - skip);
    if (const std::uint32_t index = slot_of(offset / kPageBytes); index != kNowhere) {
      if (status == IoStatus::ok && skip <= pages_[index].size) {
        std::copy_n(bytes.begin(), count, bytes_of(index).subspan(skip).begin());
        pages_[index].size = std::max(pages_[index].size, skip + count);
      } else {
        // A failed write may have reached the file in part; only the file knows.
        pages_[index].size = 0;
      }
    }
    offset += count;
    bytes = bytes.subspan(count);
  }
  return status;
}

void TableCache::forget() {
  pages_.clear();
  bytes_.clear();
  direct_.clear();
  far_.clear();
  hand_ = 0;
}

}  // namespace storage
