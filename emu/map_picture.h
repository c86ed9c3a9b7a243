// The map of an image as a picture: cells row by row, each a stretch of the disk, coloured by what
// most of it is and as bright as the part of it that takes host space. Colours: docs/window.md.
#pragma once

#include <cstdint>
#include <vector>

#include "storage/block_device.h"

namespace emu {

struct MapPicture {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::uint64_t sectors_per_cell = 0;
  std::vector<std::uint8_t> rgba;
};

// `cluster_sectors`: a cell is that many, or a power of two times as many. Layers above the image's
// own are not known here: 0 is the image.
MapPicture draw_map(const storage::BlockDevice& device, std::uint64_t cluster_sectors);

}  // namespace emu
