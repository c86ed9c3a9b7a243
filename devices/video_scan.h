// The CRTC's way down the screen, the same for text and graphics: which address and row scan count
// each scan line begins with. Start address, preset row scan, double scan, byte and pel panning,
// split screen. [VGA] IBM PS/2 Hardware Interface Technical Reference, CRT controller. Not
// implemented: changes in the middle of a frame, interlace.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "devices/video_frame.h"
#include "devices/video_registers.h"

namespace devices {

inline constexpr unsigned kAddressCounterMask = 0xFFFF;

struct ScanLine {
  unsigned address = 0;  // address counter at the left edge
  unsigned row = 0;      // row scan counter
  unsigned shift = 0;    // dots by which the picture is moved to the left
  bool operator==(const ScanLine&) const = default;
};

class ScanWalker {
 public:
  explicit ScanWalker(const VgaRegisters& registers);
  ScanLine next();  // from the top of the screen downwards

 private:
  void advance();

  const VgaRegisters& registers_;
  ScanLine line_;
  unsigned y_ = 0;         // line to come
  unsigned repeated_ = 0;  // how often line_ was shown
  unsigned repeats_;
};

// Sizes `frame` for the registers' picture and fills it by calling paint(ScanLine, dots) for each
// scan line that differs from the one above; `dots` is one character wider than the screen, for
// panning.
template <class Paint>
void scan_frame(const VgaRegisters& registers, unsigned character_width, Frame& frame,
                Paint paint) {
  const unsigned stretch = registers.half_dot_clock() ? 2 : 1;
  const unsigned dots = registers.columns() * character_width;
  frame.width = dots * stretch;
  frame.height = registers.displayed_lines();
  frame.pixels.resize(std::size_t{frame.width} * frame.height);
  std::vector<std::uint32_t> line(dots + character_width);
  ScanWalker walker(registers);
  ScanLine shown;
  for (unsigned y = 0; y < frame.height; ++y) {
    const auto row = std::span(frame.pixels).subspan(std::size_t{y} * frame.width, frame.width);
    const ScanLine scan = walker.next();
    if (y > 0 && scan == shown) {
      std::ranges::copy(
          std::span(frame.pixels).subspan(std::size_t{y - 1} * frame.width, frame.width),
          row.begin());
      continue;
    }
    shown = scan;
    paint(scan, std::span(line));
    if (stretch == 1) {
      std::ranges::copy(std::span(line).subspan(scan.shift, dots), row.begin());
    } else {
      for (std::size_t x = 0; x < dots; ++x) row[x * 2] = row[x * 2 + 1] = line[x + scan.shift];
    }
  }
}

// The same size, one colour: what a card with its screen off sends.
void fill_frame(const VgaRegisters& registers, unsigned character_width, std::uint32_t color,
                Frame& frame);

}  // namespace devices
