// A sparse extent that can be written: grains behind one or two sets of tables, hosted or ESX.
//
// Invariants:
// (1) A table entry is written only when its grain is whole on the host: for a grain whose sectors
//     showed zeroes before, and that lies where the file is durably zero, at once; for a grain that
//     hides its parent's data, after a sync.
// (2) A table is durably zero before a directory names it.
// (3) Both sets of tables change together, the first one first. Where a crash parts them, the
//     first is believed if it names a grain that is there and that nobody else has.
// (4) What tables name lies below next_; a failure never makes a place be used twice.
// (5) The unclean mark is durable before any table changes, and goes only when all is durable.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "storage/cowd_header.h"
#include "storage/table_cache.h"
#include "storage/vmdk_extent.h"
#include "storage/vmdk_shape.h"

namespace storage {

class VmdkSparseBuilder;

class VmdkSparseExtent final : public VmdkExtent {
 public:
  // A stretch of the extent in one state.
  struct Run {
    enum class State : std::uint8_t { none, zero, data, bad };
    State state = State::none;
    std::uint64_t sectors = 0;
    std::uint64_t host_offset = 0;  // data only

    bool operator==(const Run&) const = default;
  };

  // Throws ImageError.
  VmdkSparseExtent(Place place, std::unique_ptr<File> file, VmdkShape shape, VmdkBelow below,
                   bool writable);

  File* file() const override { return file_.get(); }
  const VmdkShape& shape() const { return shape_; }
  const Place& place() const { return place_; }
  bool writable() const override { return writable_; }
  // Opened for writing with an unclean mark: puts in order what a crash leaves. Throws ImageError
  // when that is not enough.
  void recover(const WarningSink& warn);

  IoStatus read(std::uint64_t lba, std::span<std::uint8_t> sectors) override;
  IoStatus write(std::uint64_t lba, std::span<const std::uint8_t> sectors) override;
  IoStatus write_zeroes(std::uint64_t lba, std::uint64_t count) override;
  IoStatus discard(std::uint64_t lba, std::uint64_t count) override;
  IoStatus flush() override;
  IoStatus close() override;
  Extent extent_at(std::uint64_t lba, std::uint64_t limit) const override;

  // Sets the unclean mark, durably, before anything changes. A COWD header counts the sessions that
  // changed its content when told to.
  IoStatus begin_session(bool new_generation);
  // Changes one sector of a COWD header, durably. Throws ImageError.
  void change_cowd_header(std::size_t sector, const std::function<void(CowdHeader&)>& change);

  // Checks the tables, and repairs them when told to. Throws ImageError.
  void check(CheckReport& report, const CheckOptions& options);
  // Makes the file anew, in order and without gaps, and puts it in the old one's place. Throws
  // ImageError or Cancelled; the old file stays then.
  struct Rebuild {
    bool empty = false;           // no grains at all
    bool drop_zeroes = false;     // grains of zeroes need no place
    bool drop_bad = false;        // entries that lead nowhere
    std::string descriptor = {};  // the embedded one
  };
  void rebuild(const Rebuild& how, const Progress& progress);
  // So many sectors; the new ones hold zeroes, or what the parent has there. Throws ImageError.
  void grow(std::uint64_t capacity);
  // So many sectors; the others are dropped. Throws ImageError.
  void cut(std::uint64_t capacity);
  // Writes the embedded descriptor so that every crash leaves one, the old or the new; no_space: it
  // does not fit in its place.
  IoStatus rewrite_descriptor(std::string_view text);

 private:
  friend class VmdkTableScan;

  void load_directories();
  // Where the copy's table is; 0: none, and so all its grains are unallocated. An entry that leads
  // nowhere is answered by the other copy's.
  std::uint64_t table_at(std::uint64_t table) const;
  bool table_fits(std::uint64_t sector) const;
  IoStatus entry_at(std::uint64_t grain, std::uint32_t& entry) const;
  Run state_of(std::uint64_t grain, std::uint32_t entry) const;
  // The longest run from there on, at most `limit` sectors.
  IoStatus run_at(std::uint64_t lba, std::uint64_t limit, Run& run) const;

  IoStatus begin_writing();   // the first write of a session looks at the tables
  IoStatus begin_changing();  // the first change of a table sets the mark
  IoStatus mark(bool unclean, bool new_generation);
  IoStatus reserve(std::uint64_t sectors);
  IoStatus make_table(std::uint64_t table);
  IoStatus store_entries(std::uint64_t first_grain, std::span<const Le32> entries);
  IoStatus write_new(std::uint64_t lba, std::span<const std::uint8_t> in, bool over_zero);
  IoStatus write_fill(std::uint64_t lba, std::uint64_t count, std::uint64_t host_sector);
  IoStatus zero_new(std::uint64_t lba, std::uint64_t count);
  IoStatus zero_run(std::uint64_t lba, const Run& run);
  IoStatus name_grains(std::uint64_t first_grain, std::uint64_t count, std::uint64_t sector);
  std::uint64_t aligned(std::uint64_t sector) const {
    return (sector + shape_.grain - 1) / shape_.grain * shape_.grain;
  }
  std::string embedded_descriptor() const;
  VmdkShape reread_shape();
  void copy_grains(File& draft, VmdkSparseBuilder& builder, const Rebuild& how,
                   const Progress& progress);
  void copy_grain(File& draft, VmdkSparseBuilder& builder, const Rebuild& how, std::uint64_t grain,
                  std::uint64_t from, std::span<std::uint8_t> buffer);
  void update_header(const std::function<void(VmdkHeader&)>& change);
  void clear_beyond_end();
  void grow_directories(VmdkShape& larger);

  Place place_;
  std::unique_ptr<File> file_;
  VmdkShape shape_;
  VmdkBelow below_;
  bool writable_;
  std::unique_ptr<TableCache> cache_;
  std::vector<std::vector<std::uint32_t>> directories_;
  std::uint64_t sectors_ = 0;    // of the file
  std::uint64_t next_ = 0;       // the next grain's place; 0: not known yet
  std::uint64_t fresh_end_ = 0;  // from next_ up to here the file is durably zero
  std::uint64_t chunk_ = 0;      // how much the file grew last
  bool spoiled_ = false;         // behind next_ there may be more than zeroes
  bool marked_ = false;
  bool raised_ = false;  // esx: the generation is this session's own
  bool broken_ = false;  // a change failed: the mark must stay
  bool dirty_ = false;
  std::vector<std::uint8_t> fill_;  // a part of a grain
};

}  // namespace storage
