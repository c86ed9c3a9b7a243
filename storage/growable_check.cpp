// Checks a growable image, and repairs it when told to.
#include <algorithm>
#include <string>
#include <utility>

#include "storage/file_io.h"
#include "storage/growable_image.h"

namespace storage {

namespace {

std::string name_of(const File& file) {
  return printable(file.path().native(), 120);
}

}  // namespace

void GrowableImage::check(CheckReport& report, const CheckOptions& options) {
  Tally tally;
  check_files(report);
  check_words(report, tally);
  check_shared(report, tally);
  check_counters(report);
  options.progress.report(1, 1);
  if (options.repair != CheckOptions::Repair::none) repair(report, options);
}

void GrowableImage::check_files(CheckReport& report) const {
  report.clusters = head_.logical_clusters();
  report.end_offset = data_->size();
  if (!other_slot_valid_) {
    const std::string line = "header slot " + std::to_string(1 - slot_) + " is damaged";
    // Cut off while it was written, the other one counts: that is what there are two for.
    head_.state == 0 ? report.error(line) : report.say(line);
  }
  if (head_.state != 0) report.say("the image was not closed cleanly");
  const std::uint64_t size = index_->size();
  const std::uint64_t needed = index_at(words_);
  if (!bare_ && words_ != 0 && size < needed) {
    report.error(name_of(*index_) + " is " + std::to_string(needed - size) + " bytes too short");
  }
  if (size > index_offset_ && (size - index_offset_) % sizeof(Le32) != 0) {
    report.say(name_of(*index_) + " ends with a part of a word, which is ignored");
  }
  if (data_->size() > data_at(0) && (data_->size() - data_at(0)) % cluster_bytes_ != 0) {
    report.say(name_of(*data_) + " ends with a part of a cluster, which is ignored");
  }
}

void GrowableImage::check_words(CheckReport& report, Tally& tally) const {
  tally = {};
  counts_.clear();
  const std::uint64_t clusters = head_.logical_clusters();
  std::uint32_t expected = kNoCluster;
  const IoStatus status =
      for_words(0, words_, [&](std::uint64_t logical, std::span<const Le32> words) {
        for (const std::uint32_t word : words) {
          const std::uint64_t here = logical++;
          if (word == kNoCluster) continue;
          const auto place = [&] {
            return "logical cluster " + std::to_string(here) + " (word = " + std::to_string(word) +
                   ")";
          };
          if (here >= clusters) {
            ++tally.beyond_end;
            report.error(place() + " lies past the end of the disk");
          } else if (!valid(word)) {
            ++(word == kZeroCluster ? tally.stray_zero : tally.out_of_range);
            report.error(place() + (word == kZeroCluster
                                        ? " hides a parent that there is not"
                                        : " names no cluster of the file (clusters = " +
                                              std::to_string(file_clusters_) + ")"));
          } else if (word != kZeroCluster) {
            counts_.add(word);
            ++report.allocated;
            if (word != expected && expected != kNoCluster) ++report.fragmented;
            expected = word + 1;
          }
        }
        return true;
      });
  counted_ = status == IoStatus::ok;
  if (status != IoStatus::ok) {
    report.error("the index cannot be read: " + std::string(describe(status)));
  }
}

void GrowableImage::check_shared(CheckReport& report, Tally& tally) {
  for (auto shared = counts_.next_shared(0); shared;
       shared = counts_.next_shared(std::uint64_t{*shared} + 1)) {
    std::optional<std::uint8_t> byte;
    const IoStatus status = is_uniform(*shared, byte);
    if (status == IoStatus::ok && byte) continue;
    ++tally.cross_linked;
    const std::string many =
        std::to_string(counts_.count(*shared)) + " words name cluster " + std::to_string(*shared);
    report.error(
        many + (status == IoStatus::ok ? ", which is no repeated byte" : ", which cannot be read"));
  }
}

void GrowableImage::check_counters(CheckReport& report) const {
  if (bare_) return;
  const std::uint64_t used = counts_.used();
  const std::uint64_t free = file_clusters_ - std::min(used, file_clusters_);
  const auto lost = [&](std::uint64_t count) {
    report.leak(count, std::to_string(count) + " clusters of the file are named by nobody");
  };
  if (head_.state != 0 || (head_.compatible & kHasCounters) == 0) {
    if (free != 0) lost(free);
    return;
  }
  if (head_.used != used) {
    report.error("the header counts " + std::to_string(head_.used) +
                 " clusters in use, there are " + std::to_string(used));
  }
  if (free > head_.free) lost(free - head_.free);
}

void GrowableImage::repair(CheckReport& report, const CheckOptions& options) {
  const bool all = options.repair == CheckOptions::Repair::all;
  if (report.errors != 0 && !all) return;
  if (report.errors + report.leaks == 0 && head_.state == 0) return;
  require(mark_open(), "repaired");
  const std::uint64_t words_end = std::min<std::uint64_t>(
      words_, index_->size() < index_offset_ ? 0 : (index_->size() - index_offset_) / 4);
  if (words_end < words_) {
    if (!options.drop_data) return;  // the rest may be found yet
    GrowableHeader next = head_;
    next.units = static_cast<std::uint32_t>(words_end / kUnitWords);
    require(store_header(next), "repaired");
    words_ = next.units * kUnitWords;
    cache_->forget();
  }
  Tally tally;
  require(count_words(tally), "read");
  if (tally.out_of_range != 0 && !options.drop_data) return;
  drop_bad_words();
  require(count_words(tally), "read");
  stale_.clear();
  for (auto shared = counts_.next_shared(0); shared;
       shared = counts_.next_shared(std::uint64_t{*shared} + 1)) {
    std::optional<std::uint8_t> byte;
    require(is_uniform(*shared, byte), "read");
    if (!byte) separate(*shared);
  }
  require(commit(), "repaired");
  require(begin_changing(), "repaired");
  other_slot_valid_ = true;
  report.errors_fixed = report.errors;
  report.leaks_fixed = report.leaks;
}

// Words that mean nothing become "unallocated". Nothing is counted yet.
void GrowableImage::drop_bad_words() {
  const std::uint64_t clusters = head_.logical_clusters();
  counts_.clear();
  rewrite_words(0, words_, [&](std::uint64_t logical, std::uint32_t word) {
    const bool good = logical < clusters && valid(word);
    if (!good && names_cluster(word)) name(word);  // so that it can be taken back
    return good ? word : kNoCluster;
  });
  stale_.clear();
}

// Everybody but the first gets a copy of his own.
void GrowableImage::separate(std::uint32_t shared) {
  std::vector<std::uint8_t> content(static_cast<std::size_t>(cluster_bytes_));
  require(data_->read_at(data_at(shared), content), "read");
  bool first = true;
  rewrite_words(0, head_.logical_clusters(), [&](std::uint64_t, std::uint32_t word) {
    if (word != shared || std::exchange(first, false)) return word;
    // Behind all else: what lies before is not given back yet.
    const std::uint64_t place = std::max(file_clusters_, counts_.end());
    require(data_->resize(data_at(place + 1)), "repaired");
    require(data_->write_at(data_at(place), content), "repaired");
    file_clusters_ = place + 1;
    name(static_cast<std::uint32_t>(place));
    data_dirty_ = true;
    batch_.barrier = true;
    return static_cast<std::uint32_t>(place);
  });
}

}  // namespace storage
