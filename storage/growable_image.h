// A growable image: an index of words, one per logical cluster, in one file and the clusters that
// they name in another. Internal to the driver.
//
// Invariants:
// (1) A free cluster reads as zeroes, durably: new ones lie in a chunk that was synced, freed ones
//     are zeroed (a hole where the host can) and synced before they are free.
// (2) A word is written only when the cluster it names is whole on the host: for logical clusters
//     that showed zeroes at once, by (1); for all others after a sync of the cluster file.
// (3) A cluster is free only after the words that named it are on disk changed.
// (4) A cluster is written in place only while exactly one word names it, on disk as in memory.
// (5) Words beyond the initialised units of the index are "unallocated", whatever the file holds.
// (6) The mark "open for writing" is durable before the first change, and goes as the last write.
// (7) A cluster that several words name is one repeated byte.
// Memory changes after the host calls succeeded; where a failed call leaves the disk in doubt, a
// cluster is counted too often rather than too seldom, and so never reused.
#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <unordered_set>
#include <vector>

#include "storage/format.h"
#include "storage/growable_counts.h"
#include "storage/growable_header.h"
#include "storage/table_cache.h"

namespace storage {

class GrowableImage final : public Image {
 public:
  // `for_check`: the image stays as it is until it is told to change. Throws ImageError.
  GrowableImage(const ImageContext& context, const OpenOptions& options, bool for_check);
  ~GrowableImage() override;

  std::uint64_t sector_count() const override { return head_.sectors; }
  Geometry geometry() const override { return head_.geometry(); }
  bool read_only() const override { return !writable_; }
  Extent extent_at(std::uint64_t lba) const override;
  bool tick(std::uint64_t guest_nanoseconds) override;
  FatFree fat_free() const override;
  std::uint64_t discard_sectors() const override { return spc_; }
  ImageInfo info() const override;
  Image* parent() override { return parent_.get(); }
  void resize(std::uint64_t sectors, bool drop_data, const Progress& progress) override;
  void compact(const Progress& progress) override;
  void link_uniform(const Progress& progress) override;
  void set_parent(const ParentRef* parent) override;
  void finish_commit(bool empty, const Progress& progress) override;

  void check(CheckReport& report, const CheckOptions& options);
  std::uint64_t content_id() const { return head_.content_id; }
  std::uint32_t content_check() const { return static_cast<std::uint32_t>(content_id()); }

 protected:
  IoStatus do_read(std::uint64_t lba, std::span<std::uint8_t> sectors) override;
  IoStatus do_write(std::uint64_t lba, std::span<const std::uint8_t> sectors) override;
  IoStatus do_flush() override;
  IoStatus do_discard(std::uint64_t lba, std::uint64_t count) override;
  IoStatus do_write_zeroes(std::uint64_t lba, std::uint64_t count) override;
  IoStatus do_close() override;

 private:
  // A word that will change when the clusters that the change names are on the host.
  struct Change {
    std::uint64_t logical = 0;
    std::uint32_t before = kNoCluster;
    std::uint32_t after = kNoCluster;
  };
  // What one request changes; its words are written together at its end.
  struct Batch {
    std::vector<Change> changes;
    bool barrier = false;  // (2): the clusters must be synced first
  };
  // One piece of a request: whole sectors inside one cluster.
  struct Piece {
    std::uint64_t logical = 0;
    std::uint64_t skip = 0;   // sectors
    std::uint64_t count = 0;  // sectors
  };
  // What is wrong with the index.
  struct Tally {
    std::uint64_t out_of_range = 0;  // words that name no cluster of the file
    std::uint64_t stray_zero = 0;    // FFFFFFFE without a parent
    std::uint64_t beyond_end = 0;    // words past the disk's end that are not FFFFFFFF
    std::uint64_t cross_linked = 0;  // clusters of several words that are no repeated byte
  };

  // growable_image.cpp: opening and reading
  void open_pair(const ImageContext& context, const OpenOptions& options);
  void open_bare(const ImageContext& context, const OpenOptions& options);
  void open_parent(const ImageContext& context, const OpenOptions& options);
  bool reads_zero(std::uint32_t word) const {
    return word == kZeroCluster || (word == kNoCluster && !has_parent());
  }
  bool has_parent() const { return parent_ != nullptr || parent_missing_; }
  bool names_cluster(std::uint32_t word) const { return word < kMaxClusters; }
  bool valid(std::uint32_t word) const {
    return word == kNoCluster ||
           (word == kZeroCluster ? head_.has_parent_words() : word < file_clusters_);
  }
  IoStatus word_at(std::uint64_t logical, std::uint32_t& word) const;
  // Calls `visit(first, words)` for pieces of the index that has words, from `logical` up to `end`,
  // until it answers false.
  template <class Visit>
  IoStatus for_words(std::uint64_t logical, std::uint64_t end, Visit visit) const;
  std::uint64_t data_at(std::uint64_t cluster) const {
    return data_offset_ + cluster * cluster_bytes_;
  }
  std::uint64_t index_at(std::uint64_t logical) const { return index_offset_ + logical * 4; }
  std::uint64_t cluster_sectors(std::uint64_t logical) const {  // less for the last one
    return std::min<std::uint64_t>(spc_, head_.sectors - logical * spc_);
  }
  IoStatus read_below(std::uint64_t lba, std::span<std::uint8_t> sectors) const;

  // growable_write.cpp: one request
  IoStatus write_some(std::uint64_t lba, std::span<const std::uint8_t> in, Batch& batch,
                      std::uint64_t& done);
  Piece piece_at(std::uint64_t lba, std::uint64_t count) const;
  IoStatus write_in_place(Piece piece, std::span<const std::uint8_t> in, std::uint32_t word,
                          std::uint64_t& done);
  IoStatus write_new(Piece piece, std::span<const std::uint8_t> in, std::uint32_t word,
                     Batch& batch, std::uint64_t& done);
  IoStatus write_uniform(const Piece& piece, std::span<const std::uint8_t> in, std::uint32_t word,
                         Batch& batch, bool& handled);
  IoStatus link_or_make(const Piece& piece, std::span<const std::uint8_t> in, std::uint32_t word,
                        Batch& batch);
  IoStatus unlink(const Piece& piece, std::span<const std::uint8_t> in, std::uint32_t word,
                  Batch& batch);
  IoStatus rest_is(const Piece& piece, std::uint32_t word, std::uint8_t byte, bool& same);
  IoStatus fill(std::uint64_t lba, std::uint64_t count, std::uint64_t host_offset);
  void zero_whole(std::uint64_t logical, std::uint32_t word, Batch& batch);
  enum class Edges : std::uint8_t { leave, write };
  IoStatus clear_range(std::uint64_t lba, std::uint64_t count, Edges edges);
  IoStatus finish(IoStatus status);  // ends what batch_ holds

  // growable_alloc.cpp: clusters, words and their order on disk
  IoStatus count_words(Tally& tally) const;  // builds counts_
  IoStatus verify_shared(Tally& tally);      // (7), and fills the table of repeated bytes
  IoStatus is_uniform(std::uint32_t cluster, std::optional<std::uint8_t>& byte);
  IoStatus begin_changing();
  IoStatus mark_open();
  IoStatus clear_past_end();
  IoStatus give_back_free();  // makes (1) true at the start of a session
  IoStatus take(std::uint64_t most, ClusterCounts::Run& run);
  IoStatus grow_data();
  IoStatus grow_index(std::uint64_t logical);
  IoStatus apply(Batch& batch);
  IoStatus store_words(std::span<const Change> changes);
  void name(std::uint32_t cluster) { counts_.add(cluster); }
  void unname(std::uint32_t cluster);
  void spoil(std::uint32_t cluster);  // was taken and perhaps written, but never named
  void know_byte(std::uint8_t byte, std::uint32_t cluster);
  void forget_byte(std::uint32_t cluster);
  void tell(const Change& change);
  IoStatus sync_data();
  IoStatus sync_index();
  IoStatus commit();
  IoStatus release_freed();
  IoStatus cut_tail();
  IoStatus store_header(GrowableHeader next);
  void require(IoStatus status, std::string_view what) const;  // throws

  // growable_change.cpp
  void grow(std::uint64_t sectors);
  void shrink(std::uint64_t sectors, bool drop_data);
  void sweep(bool link, const Progress& progress);  // every cluster is looked at
  void move_down(const Progress& progress);
  // Writes the words of [first, end) for which `new_word(logical, word)` answers another one.
  template <class NewWord>
  void rewrite_words(std::uint64_t first, std::uint64_t end, NewWord new_word);

  // growable_check.cpp
  void check_files(CheckReport& report) const;
  void check_words(CheckReport& report, Tally& tally) const;
  void check_shared(CheckReport& report, Tally& tally);
  void check_counters(CheckReport& report) const;
  void repair(CheckReport& report, const CheckOptions& options);
  void drop_bad_words();
  void separate(std::uint32_t shared);

  Place place_;
  std::shared_ptr<IdSource> ids_;
  bool writable_ = false;
  bool keep_id_ = false;  // a commit's target
  bool links_ = true;
  bool bare_ = false;  // the original description's two arrays without a header
  bool for_check_ = false;
  std::unique_ptr<File> index_;
  std::unique_ptr<File> data_;
  GrowableHeader head_{};
  std::size_t slot_ = 0;
  bool other_slot_valid_ = true;
  std::unique_ptr<Image> parent_;
  bool parent_missing_ = false;

  std::uint64_t spc_ = 0;
  std::uint64_t cluster_bytes_ = 0;
  std::uint64_t index_offset_ = 0;
  std::uint64_t data_offset_ = 0;
  std::uint64_t words_ = 0;          // of the index; what lies beyond is unallocated
  std::uint64_t file_clusters_ = 0;  // whole ones in the cluster file
  mutable std::unique_ptr<TableCache> cache_;

  mutable ClusterCounts counts_;
  mutable bool counted_ = false;
  bool verified_ = false;
  bool changing_ = false;  // (6)
  bool ready_ = false;     // (1)
  bool broken_ = false;    // a host call failed where it leaves doubt: no clean end
  bool data_dirty_ = false;
  bool index_dirty_ = false;
  // Clusters marked kStale: a durable word may still name them ...
  std::vector<std::uint32_t> stale_;
  // ... or not any more, and nobody does: they wait to become zeroes.
  std::vector<std::uint32_t> freed_;
  struct KnownByte {
    std::uint32_t cluster = kNoCluster;
    bool durable = false;
  };
  std::array<KnownByte, 256> bytes_{};
  std::optional<std::uint64_t> dirty_since_;  // guest time of the first tick after a commit
  std::unordered_set<std::uint64_t> probed_;  // since the last commit
  Batch batch_;                               // kept for its memory
  std::vector<std::uint8_t> buffer_;
};

template <class Visit>
IoStatus GrowableImage::for_words(std::uint64_t logical, std::uint64_t end, Visit visit) const {
  end = std::min(end, words_);
  while (logical < end) {
    std::span<const std::uint8_t> bytes;
    const IoStatus status = cache_->view(index_at(logical), bytes);
    if (status != IoStatus::ok) return status;
    const std::uint64_t count = std::min<std::uint64_t>(bytes.size() / sizeof(Le32), end - logical);
    if (count == 0) return IoStatus::corrupt;
    const std::span words(reinterpret_cast<const Le32*>(bytes.data()),
                          static_cast<std::size_t>(count));
    if (!visit(logical, words)) break;
    logical += count;
  }
  return IoStatus::ok;
}

// New words must name clusters that are counted already.
template <class NewWord>
void GrowableImage::rewrite_words(std::uint64_t first, std::uint64_t end, NewWord new_word) {
  constexpr std::uint64_t kAtOnce = 1024;
  std::vector<std::uint32_t> words;
  end = std::min(end, words_);
  for (; first < end; first += words.size()) {
    words.clear();
    require(for_words(first, std::min(end, first + kAtOnce),
                      [&](std::uint64_t, std::span<const Le32> found) {
                        words.insert(words.end(), found.begin(), found.end());
                        return true;
                      }),
            "read");
    for (std::size_t i = 0; i < words.size(); ++i) {
      const std::uint32_t after = new_word(first + i, words[i]);
      if (after != words[i]) batch_.changes.push_back({first + i, words[i], after});
    }
    require(apply(batch_), "changed");
  }
}

// growable_create.cpp
void create_growable(const ImageContext& context, const CreateOptions& options);
std::uint64_t measure_growable(const CreateOptions& options, std::uint64_t data_bytes);
std::span<const OptionSpec> growable_create_options();
std::span<const OptionSpec> growable_open_options();
// "disk.gix" -> "disk.gdt"
std::string growable_data_name(std::string_view index_name);
// Puts a parent, or none, into a header. Throws ImageError.
void record_parent(const std::filesystem::path& file, GrowableHeader& header,
                   const ParentRef* parent);

}  // namespace storage
