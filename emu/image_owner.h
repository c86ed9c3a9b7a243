// Which file of a FAT volume a sector belongs to, for all volumes on a disk.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "storage/block_device.h"

namespace emu::image_tool {

// A stretch of sectors with one owner. The path is "1:/DOS/FORMAT.COM" (partition 1), "1:FAT" for
// a volume's own tables, "MBR", or empty.
struct OwnedRun {
  std::string path;
  std::uint64_t count = 0;
};

class OwnerIndex {
 public:
  // Reads every folder of every FAT volume there is; what cannot be read owns nothing.
  explicit OwnerIndex(storage::BlockDevice& device);

  // Who owns the sector, and how many of the next `count` do so, too.
  OwnedRun at(std::uint64_t lba, std::uint64_t count) const;

 private:
  struct Run {
    std::uint64_t end;
    std::string path;
  };
  std::map<std::uint64_t, Run> runs_;  // by their first sector; they do not overlap
};

}  // namespace emu::image_tool
