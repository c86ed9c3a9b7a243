// What a drive tells of itself: the 256 words of IDENTIFY DEVICE.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "storage/block_device.h"
#include "storage/geometry.h"

namespace devices {

struct AtaIdentity {
  storage::Geometry geometry;  // as at power-on
  storage::Geometry current;   // as INITIALIZE DEVICE PARAMETERS left it
  std::uint64_t sector_count = 0;
  std::uint8_t multiple = 0;
  bool write_cache = false;
  std::string serial;
  std::string model;
};

using AtaSector = std::array<std::uint8_t, storage::kSectorSize>;

AtaSector identify_sector(const AtaIdentity& identity);

}  // namespace devices
