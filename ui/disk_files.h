// The files of a disk as panels show them: the tree of every FAT volume, and who owns which
// sectors. Built once in a while by the thread that runs the machine; a plain value afterwards.
// Deleted files are there as far as their directory entries still name them: where they began, and
// where they would have ended in one piece. Not here: what was in deleted folders, and content.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "storage/allocation_map.h"
#include "storage/block_device.h"

namespace ui {

struct DiskFiles {
  static constexpr std::uint32_t kNobody = 0xFFFFFFFF;

  struct Node {
    std::string name;
    std::string path;  // "C:\DOS\FORMAT.COM"
    bool folder = false;
    storage::MapMark mark = storage::MapMark::none;  // file system's own: tables, folders
    std::uint64_t size = 0;                          // bytes; of a folder the sum
    std::uint64_t sectors = 0;                       // on the disk
    std::uint32_t clusters = 0;                      // of the volume
    std::uint32_t runs = 0;
    std::vector<std::uint32_t> children;
    std::uint32_t parent = kNobody;
    bool deleted = false;         // owns nothing; the three below tell what its entry names
    bool overwritten = false;     // some of that belongs to others now
    std::uint64_t first_lba = 0;  // 0: no cluster
    std::uint64_t last_lba = 0;   // if it was in one piece
  };
  // A stretch of sectors with one owner; sorted, apart from each other.
  struct Run {
    std::uint64_t lba = 0, count = 0;
    std::uint32_t node = kNobody;
    std::uint64_t offset = 0;  // bytes into the file
  };
  struct Volume {
    std::uint64_t first_lba = 0, sectors = 0;
    unsigned partition = 0;  // as `platter image fat` counts; 0: the whole disk
    unsigned bits = 0;
    std::uint32_t cluster_bytes = 0;
    std::uint32_t root = 0;  // its node
    std::string letter;      // "C:"
  };

  std::vector<Volume> volumes;
  std::vector<Node> nodes;
  std::vector<Run> runs;

  const Run* owner_of(std::uint64_t lba) const;
  // Those that touch the sectors.
  std::span<const Run> runs_in(std::uint64_t lba, std::uint64_t count) const;
  const Volume* volume_of(std::uint64_t lba) const;
  bool inside_volume(std::uint64_t lba) const { return volume_of(lba) != nullptr; }
  std::size_t files() const;
  // In a person's words: "boot sector of C:", "directory C:\\DATA", the path of a file; "" when
  // nothing is known of the disk.
  std::string what_is_at(std::uint64_t lba, std::uint64_t count) const;
  // A file or folder by its path in its volume, "/DOS/FORMAT.COM"; nothing for what the file system
  // has for itself, and for roots.
  struct Place {
    unsigned partition = 0;
    std::string path;
  };
  std::optional<Place> place_of(std::uint32_t node) const;

  // The file system's own clusters, as letters.
  void mark(storage::AllocationMap& map) const;
};

// What is no FAT volume has no files. Damaged volumes show what can be read.
DiskFiles read_disk_files(storage::BlockDevice& device, bool floppy);

}  // namespace ui
