// A new sparse extent, written front to back: tables in place, grains in ascending order, the
// header last.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "storage/cowd_header.h"
#include "storage/file.h"
#include "storage/geometry.h"
#include "storage/vmdk_shape.h"

namespace storage {

struct VmdkSparseSpec {
  bool esx = false;
  std::uint64_t capacity = 0;
  std::uint64_t grain = 128;
  bool zero_grains = false;
  std::string descriptor = {};          // embedded; empty: none
  std::uint32_t entries = kEsxEntries;  // of a table; esx only
  std::optional<CowdHeader> like = {};  // esx: what else the header says
};

class VmdkSparseBuilder {
 public:
  // The file is empty. All of these throw ImageError.
  VmdkSparseBuilder(File& file, VmdkSparseSpec spec);

  // Takes a place for the grain, ascending; the caller writes there (byte offset). What he leaves
  // out is zero.
  std::uint64_t add(std::uint64_t grain);
  void add_zero(std::uint64_t grain);
  // Everything durable, then the header.
  void finish();

  // Sectors that an extent takes without any grain.
  static std::uint64_t overhead(const VmdkSparseSpec& spec);

 private:
  struct Layout {
    std::uint64_t tables;
    std::uint64_t descriptor_sectors;
    std::uint64_t redundant;  // directories
    std::uint64_t directory;
    std::uint64_t overhead;
  };
  static Layout layout_of(const VmdkSparseSpec& spec);
  void open_table(std::uint64_t table);
  void close_table();
  void write_words(std::uint64_t sector, const std::vector<Le32>& words);
  void write_hosted_header();
  void write_esx_header();

  File& file_;
  VmdkSparseSpec spec_;
  Layout layout_;
  std::uint32_t entries_;
  std::uint64_t next_;           // sector
  std::vector<Le32> directory_;  // esx: filled as branches come
  std::vector<Le32> table_;
  std::optional<std::uint64_t> open_table_;
};

}  // namespace storage
