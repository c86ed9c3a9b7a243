// Which geometry a drive should report and which translation its BIOS should use, so that what is
// already on the disk is found again: from the user, the image's header, the partition table, a FAT
// boot sector, or the size, in that order of trust. Headers lie often enough (tools copy a disk's
// contents and write a header of their own) that each candidate is tested against the disk's own
// partition table.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "storage/block_device.h"
#include "storage/geometry.h"

namespace storage {

struct GeometryRequest {
  std::filesystem::path file;  // for messages
  std::optional<Geometry> chs = {};
  std::optional<Translation> translation = {};
};

struct GeometryChoice {
  Geometry ata;  // IDENTIFY and CMOS 1Bh-2Ch; more than 16383 cylinders only when the header or
                 // user says so
  Translation translation = Translation::none;  // CMOS 39h/3Ah
  Geometry logical;                             // what INT 13h will show
  std::string source;                           // "partition table"
  std::vector<std::string> warnings;

  // "65/16/63 from the partition table, translation none"
  std::string summary() const;
};

// Reads at most five sectors. Throws ImageError when the user's geometry is impossible.
GeometryChoice choose_geometry(BlockDevice& device, const GeometryRequest& request);

// A header's geometry that a drive can report and that covers the image reasonably.
bool usable(const Geometry& header, std::uint64_t total_sectors);

// "65/16/63"
std::string to_text(const Geometry& geometry);

}  // namespace storage
