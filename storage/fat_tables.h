// The FAT volumes of a disk as somebody sees them who only watches the writes go by: where each
// volume's tables and clusters lie, and what its FATs say now. Reads partition tables and boot
// sectors when asked; after that it is told what is written.
//
// [FAT]  Microsoft FAT32 File System Specification, version 1.03
// [MBR]  partition_table.h; logical drives in extended partitions
// Not watched: volumes whose boot sector leaves any doubt, FATs of more than 64 MiB.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "storage/block_device.h"

namespace storage {

// What a boot sector says of its volume. Sectors are the disk's.
struct FatShape {
  std::uint64_t first = 0;  // the boot sector
  std::uint64_t sectors = 0;
  std::uint64_t fat_first = 0;  // of the first copy that counts
  std::uint64_t fat_sectors = 0;
  std::uint64_t data_first = 0;
  std::uint32_t cluster_sectors = 0;
  std::uint32_t clusters = 0;  // numbers 2 .. clusters + 1
  unsigned copies = 0;         // of the FAT, one behind the other
  unsigned bits = 0;           // 12, 16, 32
  std::uint8_t media = 0;

  std::uint64_t end() const { return first + sectors; }
  std::uint64_t fat_end() const { return fat_first + fat_sectors * copies; }
  std::uint64_t data_end() const { return data_first + std::uint64_t{clusters} * cluster_sectors; }
  std::uint64_t sector_of(std::uint32_t cluster) const {
    return data_first + std::uint64_t{cluster - 2} * cluster_sectors;
  }
  bool operator==(const FatShape&) const = default;
};

// A volume and its FATs. Clusters whose entry has become 0 in all copies are candidates until
// somebody takes them or writes there.
class FatTables {
 public:
  FatTables(FatShape shape, std::vector<std::uint8_t> fats);

  const FatShape& shape() const { return shape_; }
  // The FATs begin as FATs do. Before a format has come to its end they may not.
  bool trusted() const;
  std::uint32_t entry(unsigned copy, std::uint32_t cluster) const;
  bool candidate(std::uint32_t cluster) const { return candidate_[cluster]; }

  // Sectors of the FATs, the disk's, as they are now. True: an entry has changed.
  bool fats_written(std::uint64_t lba, std::span<const std::uint8_t> sectors);
  // [lba, lba + count) was written: whatever FATs say, somebody's data may be there.
  void data_written(std::uint64_t lba, std::uint64_t count);

  // Clusters that became candidates since the last call; some may not be any more.
  std::vector<std::uint32_t> take_fresh() { return std::exchange(fresh_, {}); }
  void put_back(std::vector<std::uint32_t> fresh);
  bool any_fresh() const { return !fresh_.empty(); }

 private:
  bool zero_anywhere(std::uint32_t cluster) const;
  bool zero_everywhere(std::uint32_t cluster) const;
  void entry_changed(std::uint32_t cluster, bool was_free);

  FatShape shape_;
  std::vector<std::uint8_t> fats_;  // all copies
  std::vector<bool> candidate_;
  // Written while not all copies said that it is taken: DOS writes data before the FAT that claims
  // it, so until it was claimed, and freed again, it is no candidate.
  std::vector<bool> written_;
  std::vector<std::uint32_t> fresh_;
};

struct FatDisk {
  std::vector<FatShape> volumes;
  std::vector<std::uint64_t> tables;  // sectors that decide what volumes there are, ascending
};

using SectorReader = std::function<IoStatus(std::uint64_t lba, std::span<std::uint8_t> sectors)>;

// What partition tables and boot sectors say now.
FatDisk look_for_fat(std::uint64_t disk_sectors, const SectorReader& read);

}  // namespace storage
