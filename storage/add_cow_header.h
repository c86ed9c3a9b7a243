// The header of an add-cow file, of both generations. The older one ("ADD_COW" and FFh, version 1)
// has clusters of 64 KiB and says of its backing file no more than whether it is raw; the later one
// ("ACOW") states cluster size and formats. Names stand in the header, anywhere after its fields.
//
// [v10]  Dong Xu Wang, "add-cow file format", patch series version 10, 13 June 2012
// [v20]  docs/specs/add-cow.txt of the author's later series, versions 18 to 20, 2013
// Not implemented: versions 11 to 17, which have the older magic and other fields; they are told by
// what lies where version 10 has nothing, and refused.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "storage/file.h"

namespace storage {

struct AddCowHeader {
  bool older = false;                         // version 10
  std::string backing = {};                   // empty: none
  std::optional<std::string> backing_format;  // none recorded
  std::string image = {};                     // a raw file
  std::uint64_t cluster = 128;                // sectors
  bool whole = false;  // all is in the image file: neither backing file nor bitmap count

  // Where the bitmap begins.
  std::uint64_t bytes() const;
  // Of the bitmap of a disk of so many sectors, with the later generation's padding.
  std::uint64_t bitmap_bytes(std::uint64_t sectors) const;
  std::uint64_t clusters(std::uint64_t sectors) const { return (sectors + cluster - 1) / cluster; }
};

inline constexpr std::uint64_t kAddCowHeaderBytes = 4096;  // at least
inline constexpr std::uint32_t kAddCowMaxClusterBits = 21;

// Throws ImageError.
AddCowHeader read_add_cow_header(File& file);
// All of it, magic first. Throws ImageError naming `file` when the names do not fit.
std::vector<std::uint8_t> add_cow_bytes(const std::filesystem::path& file,
                                        const AddCowHeader& header);
// Sets the later generation's flag for `whole`, durably. Throws ImageError.
void store_add_cow_whole(File& file);

}  // namespace storage
