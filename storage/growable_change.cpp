// Operations on a whole growable image: resize, compact, link, another parent, the end of a commit.
#include <algorithm>
#include <string>
#include <utility>

#include "storage/file_io.h"
#include "storage/growable_image.h"
#include "storage/layer.h"

namespace storage {

namespace {

constexpr std::uint64_t kReportEvery = 256;  // clusters

}  // namespace

void GrowableImage::resize(std::uint64_t sectors, bool drop_data, const Progress&) {
  if (!writable_) cannot("resized");
  const std::uint64_t most = std::min(kMaxGrowableSectors, kMaxClusters * spc_);
  if (sectors == 0 || sectors > most) {
    throw ImageError(place_.path(), "cannot be resized so (sectors = " + std::to_string(sectors) +
                                        ", allowed 1 to " + std::to_string(most) + ")");
  }
  require(begin_changing(), "changed");
  require(commit(), "made durable");
  if (sectors > head_.sectors) {
    grow(sectors);
  } else if (sectors < head_.sectors) {
    shrink(sectors, drop_data);
  }
}

// What lies beyond the old end must be nothing before the disk reaches there.
void GrowableImage::grow(std::uint64_t sectors) {
  if (parent_missing_) cannot("resized without its parent");
  const std::uint64_t old_sectors = head_.sectors;
  const std::uint64_t inside = old_sectors % spc_;
  const std::uint64_t last = old_sectors / spc_;
  std::uint32_t word = kNoCluster;
  GrowableHeader next = head_;
  next.sectors = sectors;
  if (head_.geometry().known()) {
    const std::uint64_t track = std::uint64_t{head_.heads} * head_.track_sectors;
    next.cylinders = static_cast<std::uint32_t>(
        std::clamp<std::uint64_t>(sectors / track, 1, kMaxIdentifyCylinders));
  }
  const bool hides = parent_ && parent_->sector_count() > old_sectors;
  if (inside != 0) {
    require(word_at(last, word), "read");
    if (names_cluster(word) || (hides && word == kNoCluster)) {
      // A place of its own, with zeroes behind the old end.
      std::vector<std::uint8_t> first(kSectorSize);
      const std::uint64_t lba = last * spc_;
      require(read(lba, first), "read");
      const Piece piece{.logical = last, .skip = 0, .count = 1};
      std::uint64_t done = 0;
      if (names_cluster(word) && counts_.count(word) > 1) {
        require(finish(unlink(piece, first, word, batch_)), "changed");
      } else if (!names_cluster(word)) {
        require(finish(write_new(piece, first, word, batch_, done)), "changed");
      }
      require(word_at(last, word), "read");
      data_dirty_ = true;
      require(data_->zero(data_at(word) + inside * kSectorSize, (spc_ - inside) * kSectorSize),
              "cleared");
      forget_byte(word);
    }
  }
  const std::uint64_t first = head_.logical_clusters();
  require(commit(), "made durable");
  if (hides) {
    // Sizes first in memory only: words beyond the end are ignored until the header says more.
    const GrowableHeader before = head_;
    const std::uint64_t hidden = (std::min(sectors, parent_->sector_count()) + spc_ - 1) / spc_;
    head_.sectors = sectors;
    const IoStatus status = hidden > first ? grow_index(hidden - 1) : IoStatus::ok;
    if (status != IoStatus::ok) head_.sectors = before.sectors;
    require(status, "made larger");
    rewrite_words(first, hidden, [](std::uint64_t, std::uint32_t) { return kZeroCluster; });
    require(commit(), "made durable");
    next.units = head_.units;
  }
  require(store_header(next), "made larger");
}

void GrowableImage::shrink(std::uint64_t sectors, bool drop_data) {
  GrowableHeader next = head_;
  next.sectors = sectors;
  const std::uint64_t first = next.logical_clusters();
  const std::uint64_t end = head_.logical_clusters();
  if (!drop_data) {
    bool used = false;
    require(for_words(first, end,
                      [&](std::uint64_t, std::span<const Le32> words) {
                        used = std::ranges::any_of(
                            words, [](std::uint32_t word) { return word != kNoCluster; });
                        return !used;
                      }),
            "read");
    if (used) {
      throw ImageError(place_.path(), "cannot be made smaller without saying so (--shrink)");
    }
  }
  if (head_.geometry().known()) {
    const std::uint64_t track = std::uint64_t{head_.heads} * head_.track_sectors;
    next.cylinders = static_cast<std::uint32_t>(std::max<std::uint64_t>(sectors / track, 1));
  }
  next.units = static_cast<std::uint32_t>(std::min<std::uint64_t>(next.units, next.all_units()));
  // Words beyond the end are ignored from here on; what they name is freed after them.
  require(store_header(next), "made smaller");
  rewrite_words(first, end, [](std::uint64_t, std::uint32_t) { return kNoCluster; });
  words_ = next.units * kUnitWords;
  require(commit(), "made durable");
  require(cut_tail(), "made smaller");
}

void GrowableImage::compact(const Progress& progress) {
  if (!writable_) cannot("compacted");
  require(begin_changing(), "changed");
  require(commit(), "made durable");
  sweep(false, progress);
  move_down(progress);
}

void GrowableImage::link_uniform(const Progress& progress) {
  if (!writable_) cannot("made to share clusters");
  require(begin_changing(), "changed");
  require(commit(), "made durable");
  sweep(true, progress);
}

// Every cluster is read once: zeroes need no place, and repeated bytes one for all.
void GrowableImage::sweep(bool link, const Progress& progress) {
  const std::uint64_t clusters = std::min(words_, head_.logical_clusters());
  for (std::uint64_t logical = 0; logical < clusters; ++logical) {
    if (logical % kReportEvery == 0) progress.report(logical, clusters);
    std::uint32_t word = kNoCluster;
    require(word_at(logical, word), "read");
    const bool known = names_cluster(word) && (counts_.entry(word) & ClusterCounts::kUniform) != 0;
    if (!names_cluster(word) || counts_.count(word) > 1 || known) continue;
    std::optional<std::uint8_t> byte;
    require(is_uniform(word, byte), "read");
    if (!byte) continue;
    if (*byte == 0) {
      zero_whole(logical, word, batch_);
    } else if (link && cluster_sectors(logical) == spc_) {
      if (bytes_[*byte].cluster == kNoCluster) {
        know_byte(*byte, word);
      } else {
        buffer_.assign(static_cast<std::size_t>(cluster_bytes_), *byte);
        const std::vector<std::uint8_t> whole = buffer_;
        require(link_or_make({.logical = logical, .skip = 0, .count = spc_}, whole, word, batch_),
                "linked");
      }
    }
    if (batch_.changes.size() >= kReportEvery) require(apply(batch_), "changed");
  }
  require(finish(IoStatus::ok), "changed");
  require(commit(), "made durable");
  progress.report(clusters, clusters);
}

// The clusters at the end of the file move to free places before them. All targets are free and
// all sources beyond them, so one copy, one sync and one pass over the words do it; a cut leaves
// only clusters that nobody names.
void GrowableImage::move_down(const Progress& progress) {
  const std::uint64_t used = counts_.used();
  const std::uint64_t end = counts_.end();
  const auto named = [&](std::uint64_t cluster) {
    return counts_.count(static_cast<std::uint32_t>(cluster)) != 0;
  };
  std::vector<std::uint32_t> places(static_cast<std::size_t>(end - std::min(used, end)),
                                    kNoCluster);
  std::vector<std::uint8_t> cluster(static_cast<std::size_t>(cluster_bytes_));
  std::uint64_t target = 0;
  for (std::uint64_t source = used; source < end; ++source) {
    if ((source - used) % kReportEvery == 0) progress.report(source - used, end - used);
    if (!named(source)) continue;
    while (target < used && counts_.entry(static_cast<std::uint32_t>(target)) != 0) ++target;
    if (target >= used) break;
    require(data_->read_at(data_at(source), cluster), "read");
    data_dirty_ = true;
    require(data_->write_at(data_at(target), cluster), "written");
    places[static_cast<std::size_t>(source - used)] = static_cast<std::uint32_t>(target++);
  }
  require(sync_data(), "made durable");
  rewrite_words(0, head_.logical_clusters(), [&](std::uint64_t, std::uint32_t word) {
    if (!names_cluster(word) || word < used || word >= end) return word;
    const std::uint32_t place = places[static_cast<std::size_t>(word - used)];
    if (place == kNoCluster) return word;
    name(place);
    return place;
  });
  require(commit(), "made durable");
  require(cut_tail(), "cut");
  require(data_->sync(), "made durable");
  Tally tally;
  require(verify_shared(tally), "read");
  if (end > used) progress.report(end - used, end - used);
}

void GrowableImage::set_parent(const ParentRef* parent) {
  if (!writable_) cannot("given a parent");
  require(begin_changing(), "changed");
  require(commit(), "made durable");
  GrowableHeader next = head_;
  next.compatible = next.compatible & ~std::uint64_t{kHasPromisedParent};
  next.promised_check = 0;
  record_parent(place_.path(), next, parent);
  // Without a parent the words "zero" still stand in the index: the feature goes when they have.
  if (parent == nullptr) next.incompatible = head_.incompatible;
  require(store_header(next), "given a parent");
  if (parent != nullptr) return;
  parent_.reset();
  parent_missing_ = false;
  rewrite_words(0, head_.logical_clusters(), [](std::uint64_t, std::uint32_t word) {
    return word == kZeroCluster ? kNoCluster : word;
  });
  require(commit(), "made durable");
  next = head_;
  next.incompatible = next.incompatible & ~std::uint64_t{kHasParent};
  require(store_header(next), "given a parent");
}

// The child carries the parent's next id while the parent takes it on: whichever of the two the
// parent has after a crash, the child accepts it.
void GrowableImage::finish_commit(bool empty, const Progress&) {
  auto* const parent = dynamic_cast<GrowableImage*>(parent_.get());
  if (parent == nullptr || !writable_) cannot("committed");
  keep_id_ = true;  // what it shows stays the same, and its own children with it
  require(begin_changing(), "changed");
  require(commit(), "made durable");
  require(parent->begin_changing(), "committed");
  const std::uint64_t promised = ids_->random64();
  GrowableHeader next = head_;
  next.compatible = next.compatible | kHasPromisedParent;
  next.promised_check = static_cast<std::uint32_t>(promised);
  require(store_header(next), "committed");
  GrowableHeader above = parent->head_;
  above.content_id = promised;
  parent->require(parent->store_header(above), "changed");
  next = head_;
  next.compatible = next.compatible & ~std::uint64_t{kHasPromisedParent};
  next.parent_check = static_cast<std::uint32_t>(promised);
  next.promised_check = 0;
  // (5): no word counts any more.
  if (empty) next.units = 0;
  require(store_header(next), "committed");
  if (!empty) return;
  words_ = 0;
  counts_.clear();
  bytes_ = {};
  stale_.clear();
  freed_.clear();
  batch_.changes.clear();
  cache_->forget();
  require(index_->resize(index_offset_), "emptied");
  require(cut_tail(), "emptied");
}

}  // namespace storage
