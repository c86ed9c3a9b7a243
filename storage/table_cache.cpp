#include "storage/table_cache.h"

#include <algorithm>
#include <utility>

namespace storage {

TableCache::TableCache(File& file, std::size_t pages)
    : file_(file), limit_(std::max<std::size_t>(pages, 1)) {}

void TableCache::unlink(std::size_t index) {
  const Page& page = pages_[index];
  (page.newer == kNone ? newest_ : pages_[page.newer].older) = page.older;
  (page.older == kNone ? oldest_ : pages_[page.older].newer) = page.newer;
}

void TableCache::link_newest(std::size_t index) {
  Page& page = pages_[index];
  page.newer = kNone;
  page.older = newest_;
  if (newest_ != kNone) pages_[newest_].newer = index;
  newest_ = index;
  if (oldest_ == kNone) oldest_ = index;
}

std::size_t TableCache::take_slot() {
  if (pages_.size() < limit_) {
    pages_.emplace_back();
    bytes_.resize(pages_.size() * kPageBytes);
  } else {
    const std::size_t index = oldest_;
    unlink(index);
    index_.erase(pages_[index].number);
    link_newest(index);
    return index;
  }
  link_newest(pages_.size() - 1);
  return pages_.size() - 1;
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
  if (newest_ != kNone && pages_[newest_].number == number && pages_[newest_].size != 0) {
    index = newest_;
    return IoStatus::ok;
  }
  if (const auto known = index_.find(number); known != index_.end()) {
    index = known->second;
    unlink(index);
    link_newest(index);
    return IoStatus::ok;
  }
  index = take_slot();
  pages_[index].number = number;
  pages_[index].size = 0;
  const IoStatus status = fill(index, number);
  if (status == IoStatus::ok) {
    index_[number] = index;
  } else {
    // Not in the index, so never found again; its slot is taken over in its turn.
    pages_[index].number = ~std::uint64_t{0};
  }
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
    if (const auto known = index_.find(offset / kPageBytes); known != index_.end()) {
      const std::size_t index = known->second;
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
  index_.clear();
  newest_ = oldest_ = kNone;
}

}  // namespace storage
