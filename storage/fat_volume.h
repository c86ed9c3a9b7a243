// Files in a FAT12, FAT16 or FAT32 volume on any block device, without booting: list, read, write,
// remove, make folders, and tell whose a sector is. Everything read from the disk is untrusted:
// chains may be circular, sizes wrong, clusters out of range; FatError says so.
//
// [FAT]  Microsoft Extensible Firmware Initiative FAT32 File System Specification, version 1.03
// Not implemented: volume creation (see fat_format.h), renaming; long names are read but not
// written (a name that is no 8.3 name is refused); exFAT.
//
// Order of writing: clusters of the new content, then the FAT, then the directory entry, so that a
// cut leaves lost clusters at worst. FAT copies are all written.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "storage/block_device.h"

namespace storage {

class FatError final : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct FatTime {
  std::uint16_t date = 0x0021;  // 1980-01-01
  std::uint16_t time = 0;
  bool operator==(const FatTime&) const = default;
};

struct FatEntry {
  std::string name;        // the long one when there is one, in UTF-8
  std::string short_name;  // "AUTOEXEC.BAT"
  std::uint8_t attributes = 0;
  std::uint32_t first_cluster = 0;
  std::uint32_t size = 0;
  FatTime written;

  bool folder() const { return (attributes & 0x10) != 0; }
  bool operator==(const FatEntry&) const = default;
};

// A FAT volume on a disk: partition 0 is a disk without partition table.
struct FatLocation {
  unsigned partition = 0;
  std::uint64_t first_lba = 0;
  std::uint64_t sector_count = 0;
};

// Sectors of the disk that follow one another.
struct FatRun {
  std::uint64_t first_lba = 0;
  std::uint64_t sector_count = 0;
  bool operator==(const FatRun&) const = default;
};

// Where a file or a folder is. A path that leads nowhere has no entry and no content, but sectors
// whose change may make it lead somewhere.
struct FatPlace {
  std::optional<FatEntry> entry;
  std::vector<FatRun> content;  // in the file's order
  std::vector<FatRun> told_by;  // boot sector, FATs, and the folders on the way
  bool operator==(const FatPlace&) const = default;
};

// The volumes of a disk: primary partitions and drives in extended ones, in the order in which DOS
// counts within the tables. Looks only at partition tables and boot sectors.
std::vector<FatLocation> find_fat_volumes(BlockDevice& device);

class FatVolume {
 public:
  // Throws FatError when there is no FAT volume.
  FatVolume(BlockDevice& device, const FatLocation& where);

  unsigned bits() const { return bits_; }  // 12, 16, 32
  std::uint32_t cluster_bytes() const { return sectors_per_cluster_ * kFatSector; }
  std::uint64_t free_bytes() const;

  // Paths are "/DOS/FORMAT.COM"; also with backslashes; names in any case. All throw FatError.
  std::vector<FatEntry> list(std::string_view path) const;
  // The folder itself, or the file. The root has no entry but is a folder.
  FatEntry find(std::string_view path) const;
  // Throws nothing but for a name that is missing: damage leads nowhere.
  FatPlace place_of(std::string_view path) const;
  std::vector<std::uint8_t> read(std::string_view path) const;
  // Replaces the file that is there.
  void write(std::string_view path, std::span<const std::uint8_t> bytes, const FatTime& when);
  void make_folder(std::string_view path, const FatTime& when);
  // A file, or an empty folder.
  void remove(std::string_view path);
  // Read-only, hidden, system and archive, as in FatEntry; a folder stays one.
  void set_attributes(std::string_view path, std::uint8_t attributes);

  // Calls `visit(first_lba, count, path)` for the volume's tables ("FAT") and for every run of
  // clusters of every file and folder, in directory order. Damaged chains are left out.
  using Visit = std::function<void(std::uint64_t, std::uint64_t, const std::string&)>;
  void visit_owners(const Visit& visit) const;

  // Where a cluster begins, counted from the volume's boot sector; clusters are numbered from 2, as
  // directory entries do, and one that the volume does not have lies behind its end.
  std::uint64_t lba_of(std::uint32_t cluster) const;

 private:
  static constexpr std::uint32_t kFatSector = 512;

  // Where a directory entry of 32 bytes is.
  struct Slot {
    std::uint64_t lba = 0;
    std::size_t offset = 0;
  };
  struct Found {
    FatEntry entry;
    std::vector<Slot> slots;  // long name parts first, the entry itself last
  };
  struct Folder {
    std::uint32_t first_cluster = 0;  // 0: the fixed root of FAT12 and FAT16
  };
  struct Parent {
    Folder folder;
    std::string name;
  };

  std::uint32_t next(std::uint32_t cluster) const;
  bool is_cluster(std::uint32_t cluster) const { return cluster >= 2 && cluster < last_cluster_; }
  std::vector<std::uint32_t> chain(std::uint32_t first) const;
  std::vector<std::uint64_t> folder_sectors(const Folder& folder) const;
  void load(std::uint64_t lba, std::span<std::uint8_t> bytes) const;
  void store(std::uint64_t lba, std::span<const std::uint8_t> bytes);

  // False from `visit` ends the walk.
  void walk_folder(const Folder& folder, const std::function<bool(const Found&)>& visit) const;
  std::optional<Found> look_up(const Folder& folder, std::string_view name) const;
  Folder folder_at(std::span<const std::string> parts) const;
  Parent parent_of(std::string_view path) const;
  void visit_folder(const Folder& folder, const std::string& path, const Visit& visit,
                    std::vector<bool>& seen, unsigned depth) const;
  void visit_chain(std::uint32_t first, const std::string& path, const Visit& visit,
                   std::vector<bool>& seen) const;

  void set_next(std::uint32_t cluster, std::uint32_t value);
  void write_fat();
  std::vector<std::uint32_t> allocate(std::size_t count);
  void release(std::uint32_t first);
  Slot free_slot(const Folder& folder);
  void write_entry(const Slot& slot, std::span<const std::uint8_t> entry);
  void write_clusters(std::span<const std::uint32_t> clusters, std::span<const std::uint8_t> bytes);

  BlockDevice& device_;
  FatLocation where_;
  unsigned bits_ = 0;
  std::uint32_t sectors_per_cluster_ = 0;
  std::uint32_t fat_count_ = 0, fat_sectors_ = 0;
  std::uint64_t fat_lba_ = 0, root_lba_ = 0, data_lba_ = 0;
  std::uint32_t root_sectors_ = 0, root_cluster_ = 0;
  std::uint32_t last_cluster_ = 0;  // one past it
  std::uint32_t info_sector_ = 0;   // FAT32's FSInfo, 0: none
  std::vector<std::uint8_t> fat_;   // the first copy
  std::vector<bool> dirty_;         // sectors of it
};

}  // namespace storage
