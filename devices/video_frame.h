// A picture as the monitor shows it, one pixel a dot clock and scan line: a low resolution mode has
// each of its pixels twice or more. No border.
#pragma once

#include <cstdint>
#include <vector>

namespace devices {

struct Frame {
  unsigned width = 0, height = 0;
  std::vector<std::uint32_t> pixels;  // 0xAABBGGRR: in memory R, G, B, A
};

}  // namespace devices
