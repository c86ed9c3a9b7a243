// A parent's names in a differencing VHD: the name in the header (UTF-16, big-endian) and the
// locators (relative and absolute, UTF-16, little-endian), to and from names on this host.
//
// [VHD1]  "Dynamic Disk Header Format", "Parent Locator Entry"
// Not implemented: Wi2r and Wi2k (8-bit, deprecated), "Mac " (alias records); MacX is read.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "storage/directory.h"
#include "storage/image.h"
#include "storage/vhd_format.h"

namespace storage {

inline constexpr std::uint32_t kMaxVhdLocator = 4096;  // bytes of a name that is followed

struct VhdNames {
  std::string relative;  // W2ru, as it stands there: ".\base.vhd"
  std::string header;    // "base.vhd" or "C:\disks\base.vhd"
  std::string absolute;  // W2ku
  std::string url;       // MacX

  // As names on this host, in the order in which they are tried; no name twice.
  std::vector<std::string> candidates() const;
};

// Damaged locators are left out.
VhdNames read_vhd_names(File& file, const VhdHeader& header);

// The header's part about a parent, and the bytes of its locators, which will lie at `at`.
struct VhdParentFields {
  VhdHeader header;
  std::vector<std::uint8_t> locators;  // whole sectors
};
// Throws ImageError when the name cannot be recorded.
VhdParentFields vhd_parent_fields(const Place& child, VhdHeader header, const ParentRef& parent,
                                  std::uint64_t at);
// The same without a parent.
VhdHeader without_parent(VhdHeader header);

// Ill-formed input comes through as what it is (surrogates alone) or throws (bytes).
std::string utf8_from_utf16(std::span<const char16_t> units);
std::u16string utf16_from_utf8(const std::filesystem::path& file, std::string_view text);

}  // namespace storage
