// All of a VHD's block table at one go: which places in the file are taken, by whom, and which
// entries cannot be right.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "storage/image.h"
#include "storage/vhd_frame.h"

namespace storage {

struct VhdPlace {
  std::uint32_t sector = 0;  // of the file, where the bitmap begins
  std::uint32_t block = 0;
};

// Sectors of the file, `end` not among them.
struct VhdStretch {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

class VhdScan {
 public:
  // Throws nothing; `report`, where there is one, gets the sentences and the counts.
  static IoStatus run(const VhdFrame& frame, const VhdTable& table, CheckReport* report,
                      VhdScan& result);

  const std::vector<VhdPlace>& places() const { return places_; }  // the good ones, ascending
  // The entries that lead nowhere, or where another block is.
  const std::vector<std::uint32_t>& bad() const { return bad_; }
  // What lies between the blocks, headers and tables and belongs to none of them, ascending.
  std::vector<VhdStretch> gaps(const VhdFrame& frame, const VhdTable& table) const;
  // Sector after everything that is named.
  std::uint64_t end() const { return end_; }
  // Sector where blocks may begin: after headers, table and locators that lie in front of them.
  std::uint64_t first() const { return first_; }

 private:
  std::vector<VhdPlace> places_;
  std::vector<std::uint32_t> bad_;
  std::uint64_t end_ = 0;
  std::uint64_t first_ = 0;
};

// How far from `from` on the file reads as zeroes, up to `to` (bytes).
IoStatus zeroes_until(File& file, std::uint64_t from, std::uint64_t to, std::uint64_t& end);

}  // namespace storage
