#include "tests/support/sparse_bytes.h"

#include <algorithm>
#include <functional>
#include <string_view>

namespace support {

SparseBytes::Page& SparseBytes::writable(std::uint64_t number) {
  std::shared_ptr<Page>& page = pages_[number];
  if (!page) {
    page = std::make_shared<Page>();
  } else if (page.use_count() != 1) {
    page = std::make_shared<Page>(*page);
  }
  return *page;
}

void SparseBytes::resize(std::uint64_t size) {
  if (size < size_) {
    pages_.erase(pages_.lower_bound((size + kPage - 1) / kPage), pages_.end());
    if (size % kPage != 0 && pages_.contains(size / kPage)) {
      Page& last = writable(size / kPage);
      std::fill(last.begin() + static_cast<std::ptrdiff_t>(size % kPage), last.end(),
                std::uint8_t{0});
    }
  }
  size_ = size;
}

void SparseBytes::read(std::uint64_t offset, std::span<std::uint8_t> bytes) const {
  while (!bytes.empty()) {
    const auto skip = static_cast<std::size_t>(offset % kPage);
    const std::size_t count = std::min<std::size_t>(bytes.size(), kPage - skip);
    const auto page = pages_.find(offset / kPage);
    if (page == pages_.end()) {
      std::fill_n(bytes.begin(), count, std::uint8_t{0});
    } else {
      std::copy_n(page->second->begin() + static_cast<std::ptrdiff_t>(skip), count, bytes.begin());
    }
    offset += count;
    bytes = bytes.subspan(count);
  }
}

void SparseBytes::write(std::uint64_t offset, std::span<const std::uint8_t> bytes) {
  size_ = std::max(size_, offset + bytes.size());
  while (!bytes.empty()) {
    const auto skip = static_cast<std::size_t>(offset % kPage);
    const std::size_t count = std::min<std::size_t>(bytes.size(), kPage - skip);
    std::copy_n(bytes.begin(), count,
                writable(offset / kPage).begin() + static_cast<std::ptrdiff_t>(skip));
    offset += count;
    bytes = bytes.subspan(count);
  }
}

void SparseBytes::zero(std::uint64_t offset, std::uint64_t length) {
  const std::uint64_t end = std::min(offset + length, size_);
  while (offset < end) {
    const std::uint64_t skip = offset % kPage;
    const std::uint64_t count = std::min(end - offset, kPage - skip);
    if (count == kPage) {
      // Whole pages at once: the range may be terabytes of hole.
      const std::uint64_t last = end / kPage;
      pages_.erase(pages_.lower_bound(offset / kPage), pages_.lower_bound(last));
      offset = last * kPage;
      continue;
    }
    if (pages_.contains(offset / kPage)) {
      std::fill_n(writable(offset / kPage).begin() + static_cast<std::ptrdiff_t>(skip), count,
                  std::uint8_t{0});
    }
    offset += count;
  }
}

storage::FileRun SparseBytes::run_at(std::uint64_t offset) const {
  auto page = pages_.lower_bound(offset / kPage);
  if (page == pages_.end()) return {.data = false, .end = size_};
  if (page->first > offset / kPage) return {.data = false, .end = page->first * kPage};
  std::uint64_t next = page->first;
  while (page != pages_.end() && page->first == next) {
    ++page;
    ++next;
  }
  return {.data = true, .end = std::min(next * kPage, size_)};
}

std::vector<std::uint8_t> SparseBytes::all() const {
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(size_));
  read(0, bytes);
  return bytes;
}

std::uint64_t SparseBytes::digest() const {
  std::uint64_t sum = mixed(0, size_);
  for (const auto& [number, page] : pages_) {
    const std::string_view bytes(reinterpret_cast<const char*>(page->data()), page->size());
    sum = mixed(mixed(sum, number), std::hash<std::string_view>{}(bytes));
  }
  return sum;
}

bool SparseBytes::operator==(const SparseBytes& other) const {
  if (size_ != other.size_) return false;
  const auto differs = [](const SparseBytes& left, const SparseBytes& right) {
    return std::ranges::any_of(left.pages_, [&](const auto& entry) {
      const auto twin = right.pages_.find(entry.first);
      if (twin == right.pages_.end()) return *entry.second != Page{};
      return entry.second != twin->second && *entry.second != *twin->second;
    });
  };
  return !differs(*this, other) && !differs(other, *this);
}

}  // namespace support
