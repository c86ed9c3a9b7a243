// Sector bitmaps: bit 7 of byte 0 is a block's first sector. The bitmaps needed last are kept, a
// bounded number of them, and of every block whether all its bits were seen set: then its bitmap
// is not needed again.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "storage/file.h"

namespace storage {

// The run of equal bits from `first` on, at most `limit` long.
struct BitRun {
  bool set = false;
  std::uint64_t count = 0;
};
BitRun bit_run(std::span<const std::uint8_t> bitmap, std::uint64_t first, std::uint64_t limit);
void change_bits(std::span<std::uint8_t> bitmap, std::uint64_t first, std::uint64_t count,
                 bool set);

class VhdBitmaps {
 public:
  static constexpr std::size_t kBudget = std::size_t{2} << 20;  // bytes of bitmaps

  VhdBitmaps(File& file, std::uint64_t blocks, std::uint64_t block_sectors,
             std::uint64_t bitmap_sectors);

  // All bits of the block are known to be set.
  bool full(std::uint64_t block) const { return full_[static_cast<std::size_t>(block)]; }
  // The bitmap of a block whose place begins at that byte. Valid until the next call.
  IoStatus view(std::uint64_t block, std::uint64_t place, std::span<const std::uint8_t>& bitmap);
  // Writes what changes to the file first.
  IoStatus change(std::uint64_t block, std::uint64_t place, std::uint64_t first,
                  std::uint64_t count, bool set);
  // All bits, for a block that is new.
  IoStatus fill(std::uint64_t block, std::uint64_t place);
  void forget(std::uint64_t block);

 private:
  static constexpr std::uint64_t kNone = ~std::uint64_t{0};
  std::size_t slot_of(std::uint64_t block) const {
    return static_cast<std::size_t>(block % owners_.size());
  }
  std::span<std::uint8_t> bytes_of(std::size_t slot) {
    return std::span(bytes_).subspan(slot * bitmap_bytes_, bitmap_bytes_);
  }

  File& file_;
  std::uint64_t block_sectors_;
  std::size_t bitmap_bytes_;
  std::vector<std::uint64_t> owners_;  // by slot: whose bitmap it is
  std::vector<std::uint8_t> bytes_;
  std::vector<bool> full_;
};

}  // namespace storage
