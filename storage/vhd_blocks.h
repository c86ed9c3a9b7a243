// The blocks of a dynamic or differencing VHD: the BAT, sector bitmaps, and where new blocks go.
//
// Invariants, on top of (1) and (2) in vhd_frame.h:
// (3) A BAT entry names a block only whose place is durably zero and nobody else's. Until then the
//     file ends further up: a footer at the new end, a sync, then bitmap, data and entry in any
//     order. Whichever of them a crash keeps, a sector shows what it showed before or what was
//     written: in a differencing disk the bits of a new block are all 0, its parent's sectors.
// (4) A bit is set only after a sync of its sector's data; but in a disk without parent, where
//     zeroes are under a bit that is 0, it shows the same either way and needs none. (So a new
//     block has all its bits from the start.)
// (5) A place that was given up is taken again only after a sync that came after its entry went.
// (6) What memory knows of BAT, bitmaps, free places and the footer changes after the host's calls
//     have succeeded. A place where one failed is not used again.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "storage/block_device.h"
#include "storage/image.h"
#include "storage/layer.h"
#include "storage/table_cache.h"
#include "storage/vhd_bitmaps.h"
#include "storage/vhd_frame.h"
#include "storage/vhd_scan.h"

namespace storage {

struct VhdBelow {
  BlockDevice* parent = nullptr;
  bool missing = false;  // there is a parent, but it is not open

  bool exists() const { return parent != nullptr || missing; }
};

class VhdBlocks {
 public:
  VhdBlocks(VhdFrame& frame, const VhdTable& table, VhdBelow below);

  const VhdTable& table() const { return table_; }
  IoStatus read(std::uint64_t lba, std::span<std::uint8_t> sectors);
  IoStatus write(std::uint64_t lba, std::span<const std::uint8_t> sectors);
  IoStatus write_zeroes(std::uint64_t lba, std::uint64_t count);
  IoStatus cover_with_zeroes(std::uint64_t lba, std::uint64_t count);  // Image::cover_with_zeroes
  IoStatus discard(std::uint64_t lba, std::uint64_t count);
  IoStatus flush();
  // Gives back what the file was grown by in advance.
  IoStatus close();
  Extent extent_at(std::uint64_t lba) const;

  // Told of every run of sectors that got a place or lost it.
  std::function<void(AllocationEvent::Kind, const Extent&)> on_event;

  // For changes of the whole image; vhd_change.cpp. All throw ImageError or Cancelled.
  void compact(const Progress& progress);
  // Durable zeroes behind all else, for headers and tables; answers the sector.
  std::uint64_t take_sectors(std::uint64_t count);
  // So that a disk of another size does not show what lies in its last block beyond the end.
  void clear_beyond_end();
  void drop_from(std::uint64_t block);  // it and those behind it are no longer the disk's
  void drop_all();
  // Zeroes where bits are 0: readers that know no bitmaps see them in a disk without parent.
  void clean_beneath();
  void set_entries(std::uint64_t first, std::uint64_t count, std::uint32_t value);
  IoStatus trim();

 private:
  // A stretch of one block.
  struct Piece {
    std::uint64_t block = 0;
    std::uint64_t first = 0;  // sector in the block
    std::uint64_t count = 0;
  };
  // A stretch of sectors in one state.
  struct Run {
    enum class State : std::uint8_t { none, data, bad };
    State state = State::none;
    std::uint64_t sectors = 0;
    std::uint64_t host_offset = 0;
  };
  // Calls `visit(piece, sectors before it)` for every block in turn, while it answers ok.
  template <class Visit>
  IoStatus for_each_piece(std::uint64_t lba, std::uint64_t count, Visit visit) const;

  bool fits(std::uint32_t entry) const;
  std::uint64_t place_of(std::uint32_t entry) const { return entry * std::uint64_t{kSectorSize}; }
  std::uint64_t data_at(std::uint32_t entry, std::uint64_t sector) const {
    return (entry + table_.bitmap_sectors() + sector) * std::uint64_t{kSectorSize};
  }
  IoStatus entry_of(std::uint64_t block, std::uint32_t& entry) const;
  IoStatus store_entry(std::uint64_t block, std::uint32_t entry);
  // Sets `run` for the piece's beginning.
  IoStatus run_in(const Piece& piece, Run& run) const;
  std::uint64_t unallocated_from(std::uint64_t block, std::uint64_t limit) const;
  IoStatus all_set(const Piece& piece, std::uint32_t entry, bool& set) const;
  // Whether the bits may be set without a sync in between.
  IoStatus bits_are_free(const Piece& piece, std::uint32_t entry, bool& free);

  IoStatus begin_writing();  // the first write of a session looks at the whole table
  IoStatus take_gap();
  IoStatus take_place(std::uint32_t& sector);
  IoStatus grow(std::uint64_t sectors);  // of one place
  std::uint64_t aligned(std::uint64_t sector) const;
  IoStatus write_new(const Piece& piece, std::span<const std::uint8_t> bytes);
  IoStatus write_piece(const Piece& piece, std::span<const std::uint8_t> bytes, bool& bits_due);
  IoStatus set_bits(const Piece& piece);
  IoStatus show(std::uint64_t lba, std::uint64_t count);
  bool parent_shows_nothing(const Piece& piece) const;
  IoStatus hide(std::uint64_t lba, std::uint64_t count, bool spare);
  IoStatus hide_piece(const Piece& piece, bool spare, bool& bits_due);
  IoStatus clear_piece(const Piece& piece);
  IoStatus free_block(std::uint64_t block, std::uint32_t entry);
  void tell(AllocationEvent::Kind kind, const Piece& piece, std::uint32_t entry) const;

  // compact()
  void free_empty_blocks(const Progress& progress);
  bool holds_nothing(const VhdPlace& place, std::vector<std::uint8_t>& buffer);
  void move_blocks_down(const Progress& progress);
  void copy_block(std::uint32_t from, std::uint32_t to, std::vector<std::uint8_t>& buffer);

  VhdFrame& frame_;
  File& file_;
  VhdTable table_;
  VhdBelow below_;
  std::array<VhdStretch, 3> reserved_;  // where no block can be
  mutable TableCache bat_;
  mutable VhdBitmaps bitmaps_;
  bool ready_ = false;               // begin_writing() has been here
  std::uint64_t next_ = 0;           // from here to the footer the file is durably zero, sectors
  std::uint64_t places_grown_ = 0;   // by how much the file grew last
  std::uint64_t kept_end_ = 0;       // bytes of unknown use reach up to here
  std::vector<std::uint32_t> free_;  // places that may be taken
  std::vector<std::uint32_t> given_up_;  // since the last sync
  std::vector<VhdStretch> gaps_;         // of earlier sessions, not looked at yet
  bool dirty_ = true;                    // a session before this one may not have come to its sync
  bool changed_size_ = false;            // the file may be longer than it must be
};

// Stretches of zeroes become holes; whether there was nothing else. Throws ImageError.
bool make_holes(File& file, std::uint64_t begin, std::uint64_t end,
                std::vector<std::uint8_t>& buffer);

}  // namespace storage
