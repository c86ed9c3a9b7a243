#include "storage/growable_counts.h"

#include <algorithm>
#include <cassert>

namespace storage {

std::uint32_t& ClusterCounts::at(std::uint32_t cluster) {
  const std::size_t page = cluster / kPage;
  if (page >= pages_.size()) pages_.resize(page + 1);
  if (!pages_[page]) pages_[page] = std::make_unique<Page>();
  return (*pages_[page])[cluster % kPage];
}

std::uint32_t ClusterCounts::add(std::uint32_t cluster) {
  std::uint32_t& entry = at(cluster);
  if ((entry & kCount) == 0) ++used_;
  // An index has at most FFFFFFFEh words; a count that would not fit stays, and so does the
  // cluster.
  if ((entry & kCount) != kCount) ++entry;
  return entry & kCount;
}

std::uint32_t ClusterCounts::drop(std::uint32_t cluster) {
  std::uint32_t& entry = at(cluster);
  assert((entry & kCount) != 0);
  if ((entry & kCount) == kCount) return kCount;
  --entry;
  if ((entry & kCount) == 0) --used_;
  return entry & kCount;
}

void ClusterCounts::unmark(std::uint32_t cluster, std::uint32_t mark) {
  std::uint32_t& entry = at(cluster);
  entry &= ~mark;
  if (entry == 0) lowest_ = std::min<std::uint64_t>(lowest_, cluster);
}

ClusterCounts::Run ClusterCounts::find_free(std::uint64_t most, std::uint64_t end) {
  while (lowest_ < end && entry(static_cast<std::uint32_t>(lowest_)) != 0) ++lowest_;
  Run run{static_cast<std::uint32_t>(std::min(lowest_, end)), 0};
  while (run.count < most && std::uint64_t{run.first} + run.count < end &&
         entry(run.first + run.count) == 0) {
    ++run.count;
  }
  return run;
}

ClusterCounts::Run ClusterCounts::next_unnamed(std::uint64_t cluster, std::uint64_t end) const {
  const auto page_of = [&](std::uint64_t number) -> const Page* {
    const auto page = static_cast<std::size_t>(number / kPage);
    return page < pages_.size() ? pages_[page].get() : nullptr;
  };
  while (cluster < end && count(static_cast<std::uint32_t>(cluster)) != 0) ++cluster;
  std::uint64_t last = cluster;
  while (last < end) {
    if (page_of(last) == nullptr) {
      last = std::min(end, (last / kPage + 1) * kPage);
    } else if (count(static_cast<std::uint32_t>(last)) == 0) {
      ++last;
    } else {
      break;
    }
  }
  return {static_cast<std::uint32_t>(cluster), static_cast<std::uint32_t>(last - cluster)};
}

std::optional<std::uint32_t> ClusterCounts::next_shared(std::uint64_t cluster) const {
  for (std::uint64_t page = cluster / kPage; page < pages_.size(); ++page) {
    const auto& entries = pages_[static_cast<std::size_t>(page)];
    if (entries) {
      for (std::uint64_t i = cluster % kPage; i < kPage; ++i) {
        if (((*entries)[static_cast<std::size_t>(i)] & kCount) > 1) {
          return static_cast<std::uint32_t>(page * kPage + i);
        }
      }
    }
    cluster = 0;
  }
  return std::nullopt;
}

std::uint64_t ClusterCounts::end() const {
  for (std::size_t page = pages_.size(); page-- != 0;) {
    if (!pages_[page]) continue;
    for (std::size_t i = kPage; i-- != 0;) {
      if ((*pages_[page])[i] != 0) return page * kPage + i + 1;
    }
  }
  return 0;
}

void ClusterCounts::clear() {
  pages_.clear();
  used_ = 0;
  lowest_ = 0;
}

}  // namespace storage
