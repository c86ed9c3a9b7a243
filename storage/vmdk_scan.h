// All tables of a sparse extent at one go: what is named, by whom, and what nobody names.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "storage/image.h"
#include "storage/vmdk_sparse.h"

namespace storage {

class VmdkTableScan {
 public:
  // `report`, where there is one, gets the sentences and the counts.
  VmdkTableScan(VmdkSparseExtent& extent, CheckReport* report)
      : extent_(extent), shape_(extent.shape_), report_(report) {}

  IoStatus run();
  // Lets the copies of the tables agree again where run() found out how.
  IoStatus mend();

  // What mend() cannot put right.
  std::uint64_t hard_errors() const { return bad_ + shared_ + broken_tables_ + unsettled_; }
  std::uint64_t bad() const { return bad_ + unsettled_; }
  // Wrong in a way that making the file anew puts right.
  std::uint64_t rebuildable() const { return shared_ + broken_tables_; }
  std::uint64_t parted() const { return settled_.size(); }
  std::uint64_t leaks() const { return leaks_; }
  std::uint64_t tail_leaks() const { return tail_leaks_; }
  std::uint64_t end() const { return end_; }  // the first sector beyond all that is named

 private:
  struct Parted {
    std::uint64_t grain;
    std::uint32_t first;
    std::uint32_t second;
  };
  static constexpr std::size_t kMaxParted = 1 << 20;

  IoStatus pass();
  void reset();
  void note_metadata(std::uint64_t sector, std::uint64_t count);
  void check_metadata();
  void note_table(std::uint64_t table);
  bool in_hole(std::uint64_t sector);
  IoStatus read_table(std::uint64_t sector, std::vector<Le32>& entries);
  IoStatus scan_table(std::uint64_t table);
  bool usable(std::uint64_t grain, std::uint32_t entry) const;
  bool take(std::uint64_t grain, std::uint32_t entry);
  void judge(std::uint64_t grain, std::uint32_t entry);
  void settle(const Parted& parted);
  void count_leaks();
  bool mark_units(std::uint64_t sector, std::uint64_t count);
  void error(std::uint64_t& counter, std::string line);

  VmdkSparseExtent& extent_;
  const VmdkShape& shape_;
  CheckReport* report_;
  std::uint64_t unit_ = 1;        // sectors per bit
  std::uint64_t finer_unit_ = 0;  // what would fit a grain found at an odd place
  std::vector<bool> used_;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> metadata_;
  std::vector<Le32> first_;
  std::vector<Le32> second_;
  std::vector<Parted> parted_;
  std::vector<std::pair<std::uint64_t, std::uint32_t>> settled_;
  std::vector<std::string> lines_;
  std::array<std::pair<std::uint64_t, std::uint64_t>, 2> holes_ = {};  // bytes; one per copy
  std::size_t next_hole_ = 0;
  std::uint64_t bad_ = 0;
  std::uint64_t shared_ = 0;
  std::uint64_t broken_tables_ = 0;
  std::uint64_t unsettled_ = 0;
  std::uint64_t allocated_ = 0;
  std::uint64_t fragments_ = 0;
  std::uint64_t last_end_ = 0;
  std::uint64_t leaks_ = 0;
  std::uint64_t tail_leaks_ = 0;
  std::uint64_t end_ = 0;
};

}  // namespace storage
