// Disk geometry: cylinders, heads, sectors per track, and what BIOSes make of it.
#pragma once

#include <cstdint>

namespace storage {

// C/H/S as counts. All zero: the image states none.
struct Geometry {
  std::uint32_t cylinders = 0;
  std::uint32_t heads = 0;
  std::uint32_t sectors_per_track = 0;

  bool known() const { return cylinders != 0 && heads != 0 && sectors_per_track != 0; }
  std::uint64_t sector_count() const {
    return std::uint64_t{cylinders} * heads * sectors_per_track;
  }
  bool operator==(const Geometry&) const = default;
};

}  // namespace storage
