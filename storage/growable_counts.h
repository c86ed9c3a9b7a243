// How often each physical cluster of a growable image is named, and which ones are free. Kept in
// pages, so that a file that is all hole takes no memory. Internal to the driver.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace storage {

class ClusterCounts {
 public:
  // An entry is a count and two marks. An entry of 0 is a free cluster: nobody names it, nobody
  // did since its zeroes became durable.
  static constexpr std::uint32_t kStale = 0x80000000;    // a durable word may still name it
  static constexpr std::uint32_t kUniform = 0x40000000;  // known to be one repeated byte
  static constexpr std::uint32_t kCount = 0x3FFFFFFF;

  struct Run {
    std::uint32_t first = 0;
    std::uint32_t count = 0;
  };

  std::uint32_t entry(std::uint32_t cluster) const {
    const std::size_t page = cluster / kPage;
    return page < pages_.size() && pages_[page] ? (*pages_[page])[cluster % kPage] : 0;
  }
  std::uint32_t count(std::uint32_t cluster) const { return entry(cluster) & kCount; }

  // Answers the new count.
  std::uint32_t add(std::uint32_t cluster);
  std::uint32_t drop(std::uint32_t cluster);
  void mark(std::uint32_t cluster, std::uint32_t mark) { at(cluster) |= mark; }
  void unmark(std::uint32_t cluster, std::uint32_t mark);

  // The lowest free clusters below `end` that lie together, at most `most`; none: count 0.
  Run find_free(std::uint64_t most, std::uint64_t end);
  // From `cluster` on, the next run of clusters below `end` that nobody names; count 0: none.
  Run next_unnamed(std::uint64_t cluster, std::uint64_t end) const;
  // From `cluster` on, the next one that is named more than once.
  std::optional<std::uint32_t> next_shared(std::uint64_t cluster) const;
  // One more than the highest cluster with an entry.
  std::uint64_t end() const;
  std::uint64_t used() const { return used_; }  // clusters with a count
  void clear();

 private:
  static constexpr std::size_t kPage = 4096;  // 16 KiB
  using Page = std::array<std::uint32_t, kPage>;

  std::uint32_t& at(std::uint32_t cluster);

  std::vector<std::unique_ptr<Page>> pages_;
  std::uint64_t used_ = 0;
  std::uint64_t lowest_ = 0;  // nothing below is free
};

}  // namespace storage
