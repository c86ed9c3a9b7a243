// Where the clusters of a growable image are, and in which order what changes gets to the disk.
#include <algorithm>
#include <string>
#include <utility>

#include "storage/file_io.h"
#include "storage/growable_image.h"

namespace storage {

namespace {

constexpr std::uint64_t kLeastIndexGrowth = 16;  // units: 64 KiB
constexpr std::size_t kWordsAtOnce = 1024;
constexpr std::size_t kReadBytes = 64 * 1024;
constexpr std::uint64_t kCommitTime = 5'000'000'000;  // the guest's nanoseconds

}  // namespace

IoStatus GrowableImage::count_words(Tally& tally) const {
  counts_.clear();
  tally = {};
  const IoStatus status =
      for_words(0, head_.logical_clusters(), [&](std::uint64_t, std::span<const Le32> words) {
        for (const std::uint32_t word : words) {
          if (word == kNoCluster) continue;
          if (valid(word)) {
            if (word != kZeroCluster) counts_.add(word);
          } else {
            ++(word == kZeroCluster ? tally.stray_zero : tally.out_of_range);
          }
        }
        return true;
      });
  counted_ = status == IoStatus::ok;
  return status;
}

IoStatus GrowableImage::is_uniform(std::uint32_t cluster, std::optional<std::uint8_t>& byte) {
  byte.reset();
  buffer_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(kReadBytes, cluster_bytes_)));
  std::optional<std::uint8_t> first;
  for (std::uint64_t done = 0; done < cluster_bytes_; done += buffer_.size()) {
    const IoStatus status = data_->read_at(data_at(cluster) + done, buffer_);
    if (status != IoStatus::ok) return status;
    if (!first) first = buffer_[0];
    if (!std::ranges::all_of(buffer_, [&](std::uint8_t one) { return one == *first; })) {
      return IoStatus::ok;
    }
  }
  byte = first;
  return IoStatus::ok;
}

IoStatus GrowableImage::verify_shared(Tally& tally) {
  for (auto shared = counts_.next_shared(0); shared;
       shared = counts_.next_shared(std::uint64_t{*shared} + 1)) {
    std::optional<std::uint8_t> byte;
    const IoStatus status = is_uniform(*shared, byte);
    if (status != IoStatus::ok) return status;
    if (!byte) {
      ++tally.cross_linked;
    } else if (bytes_[*byte].cluster == kNoCluster) {
      know_byte(*byte, *shared);
    }
  }
  return IoStatus::ok;
}

IoStatus GrowableImage::begin_changing() {
  if (ready_) return IoStatus::ok;
  IoStatus status = IoStatus::ok;
  if (!verified_) {
    Tally tally;
    status = count_words(tally);
    if (status == IoStatus::ok) status = verify_shared(tally);
    if (status != IoStatus::ok) return status;
    // What is wrong must not become worse; check tells what it is, and repairs it.
    if (tally.out_of_range + tally.stray_zero + tally.cross_linked != 0) return IoStatus::corrupt;
    verified_ = true;
  }
  status = mark_open();
  if (status == IoStatus::ok) status = give_back_free();
  if (status == IoStatus::ok) status = clear_past_end();
  ready_ = status == IoStatus::ok;
  return status;
}

IoStatus GrowableImage::mark_open() {
  if (changing_) return IoStatus::ok;
  GrowableHeader next = head_;
  next.state = 1;
  next.compatible = next.compatible & ~std::uint64_t{kHasCounters};
  next.written = static_cast<std::uint64_t>(ids_->unix_time());
  if (!keep_id_) next.content_id = ids_->random64();
  const IoStatus status = store_header(next);
  changing_ = status == IoStatus::ok;
  // The mark may be on disk all the same; a later session takes it off.
  if (!changing_) broken_ = true;
  return status;
}

// A disk that was made smaller, cut off in the middle of it: its words past the end mean nothing,
// and must not when it grows again. They are not counted, and somebody else may have their
// clusters.
IoStatus GrowableImage::clear_past_end() {
  IoStatus status = for_words(head_.logical_clusters(), words_,
                              [&](std::uint64_t logical, std::span<const Le32> words) {
                                for (const std::uint32_t word : words) {
                                  if (word != kNoCluster) {
                                    if (word < file_clusters_) name(word);
                                    batch_.changes.push_back({logical, word, kNoCluster});
                                  }
                                  ++logical;
                                }
                                return true;
                              });
  if (status == IoStatus::ok) status = apply(batch_);
  batch_.changes.clear();
  return status;
}

// What an earlier session, cut off, has written beyond what words name, and what it freed.
IoStatus GrowableImage::give_back_free() {
  IoStatus status = cut_tail();
  bool free = false;
  ClusterCounts::Run run = counts_.next_unnamed(0, file_clusters_);
  for (; status == IoStatus::ok && run.count != 0;
       run = counts_.next_unnamed(std::uint64_t{run.first} + run.count, file_clusters_)) {
    free = true;
    const std::uint64_t end = data_at(std::uint64_t{run.first} + run.count);
    for (std::uint64_t at = data_at(run.first); at < end && status == IoStatus::ok;) {
      const FileRun piece = data_->run_at(at);
      const std::uint64_t stop = std::min(end, piece.end);
      if (piece.data) status = data_->zero(at, stop - at);
      at = stop;
    }
  }
  if (free && status == IoStatus::ok) status = data_->sync();
  return status;
}

IoStatus GrowableImage::cut_tail() {
  const std::uint64_t end = counts_.end();
  const IoStatus status =
      data_->size() == data_at(end) ? IoStatus::ok : data_->resize(data_at(end));
  if (status == IoStatus::ok) file_clusters_ = end;
  return status;
}

IoStatus GrowableImage::grow_data() {
  const std::uint64_t most = std::min(file_clusters_ + head_.chunk, kMaxClusters);
  if (most == file_clusters_) return IoStatus::no_space;
  std::uint64_t grown = most;
  IoStatus status = data_->reserve(data_at(grown));
  if (status == IoStatus::no_space && grown > file_clusters_ + 1) {
    grown = file_clusters_ + 1;
    status = data_->reserve(data_at(grown));
  }
  if (status == IoStatus::ok) status = sync_data();  // (1)
  if (status == IoStatus::ok) file_clusters_ = grown;
  return status;
}

// The lowest free clusters, as many as lie together.
IoStatus GrowableImage::take(std::uint64_t most, ClusterCounts::Run& run) {
  run = counts_.find_free(most, file_clusters_);
  if (run.count != 0) return IoStatus::ok;
  IoStatus status = grow_data();
  if (status == IoStatus::no_space && stale_.size() + freed_.size() != 0) {
    // What was freed and not yet given back may help.
    status = commit();
    if (status == IoStatus::ok) status = IoStatus::no_space;
  }
  run = counts_.find_free(most, file_clusters_);
  return run.count != 0 ? IoStatus::ok : status;
}

IoStatus GrowableImage::grow_index(std::uint64_t logical) {
  if (logical < words_) return IoStatus::ok;
  const std::uint64_t units = words_ / kUnitWords;
  const std::uint64_t wanted =
      std::min(std::max(logical / kUnitWords + 1, units + kLeastIndexGrowth), head_.all_units());
  const std::vector<std::uint8_t> none(
      static_cast<std::size_t>(std::min(wanted - units, kLeastIndexGrowth) * kIndexUnit), 0xFF);
  IoStatus status = IoStatus::ok;
  for (std::uint64_t at = units; at < wanted && status == IoStatus::ok;) {
    const std::uint64_t now = std::min<std::uint64_t>(wanted - at, none.size() / kIndexUnit);
    status = cache_->write(index_offset_ + at * kIndexUnit,
                           std::span(none).first(static_cast<std::size_t>(now * kIndexUnit)));
    at += now;
  }
  if (status == IoStatus::ok) status = sync_index();
  if (status != IoStatus::ok) return status;
  GrowableHeader next = head_;
  next.units = static_cast<std::uint32_t>(wanted);
  status = store_header(next);
  if (status == IoStatus::ok) words_ = wanted * kUnitWords;
  return status;
}

// Writes the words of a batch, and only then counts.
IoStatus GrowableImage::apply(Batch& batch) {
  auto& changes = batch.changes;
  IoStatus status = IoStatus::ok;
  std::uint64_t last = 0;
  for (const Change& change : changes) last = std::max(last, change.logical);
  if (!changes.empty()) status = grow_index(last);
  if (status == IoStatus::ok && batch.barrier) status = sync_data();  // (2)
  std::size_t done = 0;
  while (status == IoStatus::ok && done < changes.size()) {
    std::size_t end = done + 1;
    while (end < changes.size() && end - done < kWordsAtOnce &&
           changes[end].logical == changes[end - 1].logical + 1) {
      ++end;
    }
    const auto group = std::span(changes).subspan(done, end - done);
    status = store_words(group);
    done = end;  // in doubt when that failed: both old and new clusters stay counted
    if (status != IoStatus::ok) break;
    for (const Change& change : group) {
      if (names_cluster(change.before) && counts_.count(change.before) != 0) unname(change.before);
      tell(change);
    }
  }
  for (const Change& change : std::span(changes).subspan(done)) {
    if (names_cluster(change.after)) unname(change.after);
  }
  changes.clear();
  batch.barrier = false;
  return status;
}

IoStatus GrowableImage::store_words(std::span<const Change> changes) {
  std::array<Le32, kWordsAtOnce> words;
  for (std::size_t i = 0; i < changes.size(); ++i) words[i] = changes[i].after;
  index_dirty_ = true;
  const IoStatus status = cache_->write(
      index_at(changes.front().logical),
      {reinterpret_cast<const std::uint8_t*>(words.data()), changes.size() * sizeof(Le32)});
  if (status != IoStatus::ok) broken_ = true;
  return status;
}

void GrowableImage::unname(std::uint32_t cluster) {
  if (counts_.drop(cluster) == 0) forget_byte(cluster);
  if ((counts_.entry(cluster) & ClusterCounts::kStale) != 0) return;
  counts_.mark(cluster, ClusterCounts::kStale);
  stale_.push_back(cluster);
}

void GrowableImage::spoil(std::uint32_t cluster) {
  counts_.mark(cluster, ClusterCounts::kStale);
  freed_.push_back(cluster);
}

void GrowableImage::know_byte(std::uint8_t byte, std::uint32_t cluster) {
  forget_byte(cluster);
  bytes_[byte] = {cluster, false};
  counts_.mark(cluster, ClusterCounts::kUniform);
}

void GrowableImage::forget_byte(std::uint32_t cluster) {
  if ((counts_.entry(cluster) & ClusterCounts::kUniform) == 0) return;
  counts_.unmark(cluster, ClusterCounts::kUniform);
  const auto known = std::ranges::find(bytes_, cluster, &KnownByte::cluster);
  if (known != bytes_.end()) *known = {};
}

void GrowableImage::tell(const Change& change) {
  const std::uint64_t first = change.logical * spc_;
  if (first >= head_.sectors) return;
  Extent extent{.first_sector = first, .sector_count = cluster_sectors(change.logical)};
  using Kind = AllocationEvent::Kind;
  if (!names_cluster(change.after)) {
    extent.state = change.after == kZeroCluster ? ClusterState::zero : ClusterState::unallocated;
    notify(names_cluster(change.before) ? Kind::freed : Kind::allocated, extent);
    return;
  }
  extent.host_offset = data_at(change.after);
  extent.file = 1;
  const bool shared = counts_.count(change.after) > 1;
  extent.state = shared ? ClusterState::shared : ClusterState::data;
  const bool was_shared = names_cluster(change.before) && counts_.count(change.before) != 0;
  notify(shared ? Kind::linked : was_shared ? Kind::unlinked : Kind::allocated, extent);
}

IoStatus GrowableImage::sync_data() {
  if (!data_dirty_ && data_->size() == data_at(file_clusters_)) return IoStatus::ok;
  const IoStatus status = data_->sync();
  if (status != IoStatus::ok) {
    broken_ = true;
    return status;
  }
  data_dirty_ = false;
  for (KnownByte& known : bytes_) known.durable = known.cluster != kNoCluster;
  return IoStatus::ok;
}

// What words said before is gone from the disk now.
IoStatus GrowableImage::sync_index() {
  const IoStatus status = index_->sync();
  if (status != IoStatus::ok) {
    broken_ = true;
    return status;
  }
  index_dirty_ = false;
  for (const std::uint32_t cluster : stale_) {
    if (counts_.count(cluster) == 0) {
      freed_.push_back(cluster);
    } else {
      counts_.unmark(cluster, ClusterCounts::kStale);
    }
  }
  stale_.clear();
  return IoStatus::ok;
}

IoStatus GrowableImage::store_header(GrowableHeader next) {
  next.sequence = head_.sequence + 1;
  next.seal();
  const std::size_t slot = 1 - slot_;
  IoStatus status = index_->write_at(slot * sizeof next, bytes_of_struct(next));
  if (status == IoStatus::ok) status = sync_index();
  if (status != IoStatus::ok) {
    broken_ = true;
    other_slot_valid_ = false;
    return status;
  }
  head_ = next;
  slot_ = slot;
  return IoStatus::ok;
}

// Clusters that nobody names any more become zeroes, holes where the host can, and free.
IoStatus GrowableImage::release_freed() {
  if (freed_.empty()) return IoStatus::ok;
  std::ranges::sort(freed_);
  IoStatus status = IoStatus::ok;
  for (std::size_t begin = 0; begin < freed_.size() && status == IoStatus::ok;) {
    std::size_t end = begin + 1;
    while (end < freed_.size() && freed_[end] == freed_[end - 1] + 1) ++end;
    status = data_->zero(data_at(freed_[begin]), (end - begin) * cluster_bytes_);
    begin = end;
  }
  if (status == IoStatus::ok) status = data_->sync();
  if (status != IoStatus::ok) return status;  // they wait for the next time
  for (const std::uint32_t cluster : freed_) counts_.unmark(cluster, ClusterCounts::kStale);
  freed_.clear();
  return IoStatus::ok;
}

IoStatus GrowableImage::commit() {
  IoStatus status = sync_data();
  if (status == IoStatus::ok && index_dirty_) status = sync_index();
  if (status == IoStatus::ok) status = release_freed();
  probed_.clear();
  return status;
}

IoStatus GrowableImage::do_flush() {
  return writable_ && changing_ ? commit() : IoStatus::ok;
}

bool GrowableImage::tick(std::uint64_t guest_nanoseconds) {
  const auto dirty = [this] {
    return data_dirty_ || index_dirty_ || !stale_.empty() || !freed_.empty();
  };
  if (!dirty()) {
    dirty_since_.reset();
  } else if (!dirty_since_ || guest_nanoseconds < *dirty_since_) {
    dirty_since_ = guest_nanoseconds;
  } else if (guest_nanoseconds - *dirty_since_ >= kCommitTime) {
    dirty_since_.reset();
    // A failure shows at the guest's next flush, or at the end.
    if (do_flush() != IoStatus::ok) return false;
  }
  return dirty();
}

IoStatus GrowableImage::do_close() {
  if (!writable_ || !changing_) return IoStatus::ok;
  IoStatus status = commit();
  if (status != IoStatus::ok || broken_) return status;
  status = cut_tail();
  if (status == IoStatus::ok) status = data_->sync();
  if (status != IoStatus::ok) return status;
  GrowableHeader next = head_;
  next.state = 0;
  next.compatible = next.compatible | kHasCounters;
  const std::uint64_t clusters = file_clusters_;
  next.clusters = clusters;
  next.used = counts_.used();
  next.free = clusters - counts_.used();
  next.next_free = counts_.find_free(1, clusters).first;
  next.written = static_cast<std::uint64_t>(ids_->unix_time());
  status = store_header(next);
  changing_ = ready_ = status != IoStatus::ok;
  return status;
}

}  // namespace storage
