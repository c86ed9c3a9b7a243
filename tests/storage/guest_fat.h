// A guest's DOS and its write-back cache, as far as a disk sees them: files come, grow, change and
// go; sectors of FATs, folders and data reach the disk in any order, or not at all when the power
// goes. Knows, for every sector of the volume, whether its content may ever be lost.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <random>
#include <vector>

#include "storage/block_device.h"

namespace support {

struct FatLayout {
  unsigned bits = 12;
  std::uint64_t first = 63;  // the boot sector
  std::uint32_t reserved = 1;
  std::uint32_t copies = 2;
  std::uint32_t root_entries = 64;
  std::uint32_t cluster_sectors = 2;
  std::uint32_t clusters = 100;

  std::uint32_t fat_sectors() const { return ((clusters + 2) * bits / 8 + 512) / 512; }
  std::uint64_t fat_first() const { return first + reserved; }
  std::uint64_t root_first() const { return fat_first() + copies * fat_sectors(); }
  std::uint64_t data_first() const { return root_first() + root_entries * 32 / 512; }
  std::uint64_t sectors() const { return data_first() - first + clusters * cluster_sectors; }
  std::uint64_t sector_of(std::uint32_t cluster) const {
    return data_first() + std::uint64_t{cluster - 2} * cluster_sectors;
  }
  std::vector<std::uint8_t> boot_sector() const;
};

// A master boot record with such primary partitions.
std::vector<std::uint8_t> partition_sector(const std::vector<FatLayout>& volumes);

class GuestFat {
 public:
  using Sector = std::vector<std::uint8_t>;
  // `write` puts one sector on the disk; false: the power is gone.
  using Write = std::function<bool(std::uint64_t lba, const Sector& bytes)>;

  GuestFat(FatLayout layout, Write write, std::uint32_t seed);

  // A random operation; false when the power went.
  bool step();
  bool format();  // quick
  bool flush();   // everything in the cache, in any order
  // What a reboot finds: one of the FAT copies is believed and written over the others.
  bool reboot(const std::function<Sector(std::uint64_t lba)>& read);

  // Whether the disk must hold the sector as it was written last.
  bool must_keep(std::uint64_t lba) const;
  const FatLayout& layout() const { return layout_; }

  bool create_file(std::uint32_t clusters);
  bool delete_file(std::size_t number);
  // Data in a cluster that nobody owns: disk tools, boot managers.
  bool write_unowned();
  std::size_t files() const { return files_.size(); }
  const std::vector<std::uint32_t>& chain(std::size_t number) const { return files_[number]; }

 private:
  std::uint32_t get(const std::vector<std::uint8_t>& fat, std::uint32_t cluster) const;
  void set(std::uint32_t cluster, std::uint32_t value);
  void cache_fat(std::uint32_t cluster);
  void cache_root();
  bool put_data(std::uint32_t cluster);
  bool append(std::size_t number, std::uint32_t clusters);
  bool overwrite(std::size_t number);
  bool write_back(std::size_t count);
  bool put(std::uint64_t lba, const Sector& bytes);
  bool free_on_disk(std::uint32_t cluster) const;
  void note(std::uint32_t cluster);
  std::uint32_t end_mark() const { return bits_mask() & 0x0FFFFFFF; }
  std::uint32_t bits_mask() const { return layout_.bits == 12 ? 0xFFF : 0xFFFF; }
  Sector random_sector();

  FatLayout layout_;
  Write write_;
  std::mt19937 random_;
  std::vector<std::uint8_t> fat_;                     // as the guest has it in memory
  std::vector<std::vector<std::uint8_t>> disk_fats_;  // as the disk has them
  std::vector<std::vector<std::uint32_t>> files_;
  std::map<std::uint64_t, Sector> cache_;  // not on the disk yet
  std::vector<bool> keep_;                 // by sector of the data area
  std::vector<bool> free_;                 // in memory and in all copies
};

}  // namespace support
