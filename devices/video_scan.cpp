#include "devices/video_scan.h"

#include <algorithm>

namespace devices {

namespace {

// Pel panning in dots; in nine-dot modes 8 means none, [VGA] attribute controller 13h.
unsigned panning(const VgaRegisters& registers) {
  const unsigned value = registers.attribute[0x13] & 0x0FU;
  if (registers.graphics_mode() || registers.character_width() == 8) return value & 7;
  return value >= 8 ? 0 : value + 1;
}

}  // namespace

ScanWalker::ScanWalker(const VgaRegisters& registers)
    : registers_(registers),
      line_{(registers.start_address() + (registers.crtc[0x08] >> 5 & 3U)) & kAddressCounterMask,
            registers.crtc[0x08] & 0x1FU, panning(registers)},
      repeats_(registers.double_scan() ? 2 : 1) {}

ScanLine ScanWalker::next() {
  if (y_ > 0) advance();
  ++y_;
  return line_;
}

void ScanWalker::advance() {
  if (++repeated_ == repeats_) {
    repeated_ = 0;
    if (line_.row == registers_.character_height() - 1) {
      line_.row = 0;
      line_.address = (line_.address + registers_.row_pitch()) & kAddressCounterMask;
    } else {
      line_.row = (line_.row + 1) & 0x1F;
    }
  }
  if (y_ == registers_.line_compare() + 1) {  // split screen: from here on what lies at address 0
    line_.address = 0;
    line_.row = 0;
    repeated_ = 0;
    if ((registers_.attribute[0x10] & 0x20) != 0) line_.shift = 0;
  }
}

void fill_frame(const VgaRegisters& registers, unsigned character_width, std::uint32_t color,
                Frame& frame) {
  frame.width = registers.columns() * character_width * (registers.half_dot_clock() ? 2 : 1);
  frame.height = registers.displayed_lines();
  frame.pixels.assign(std::size_t{frame.width} * frame.height, color);
}

}  // namespace devices
