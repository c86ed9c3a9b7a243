#include "devices/video_text.h"

#include <algorithm>
#include <array>
#include <span>

#include "devices/video_cp437.h"
#include "devices/video_scan.h"

namespace devices {

namespace {

struct CursorShape {
  bool enabled;
  unsigned first, last, address;  // scan lines of the cell, both shown
};

CursorShape cursor_shape(const VgaRegisters& registers) {
  const unsigned first = registers.crtc[0x0A] & 0x1FU;
  const unsigned last = registers.crtc[0x0B] & 0x1FU;
  const unsigned skew = registers.crtc[0x0B] >> 5 & 3U;
  const bool enabled =
      (registers.crtc[0x0A] & 0x20) == 0 && first <= last && first < registers.character_height();
  return {enabled, first, last, (registers.cursor_address() + skew) & kAddressCounterMask};
}

// Paints one scan line of one row of text; holds what stays the same for a frame.
class LinePainter {
 public:
  LinePainter(const VgaRegisters& registers, const VideoMemory& memory, unsigned blink_phase)
      : registers_(registers),
        memory_(memory),
        width_(registers.character_width()),
        line_graphics_((registers.attribute[0x10] & 0x04) != 0),
        blink_(registers.blink_enabled()),
        blink_hidden_((blink_phase & 2) != 0),
        underline_(registers.crtc[0x14] & 0x1FU),
        cursor_(cursor_shape(registers)) {
    cursor_.enabled = cursor_.enabled && (blink_phase & 1) == 0;
    for (unsigned i = 0; i < colors_.size(); ++i) colors_[i] = registers.color(i);
    // [VGA] character map select: A for attribute bit 3 set, B for clear; three bits each, in 16
    // KiB steps with the top bit adding 8 KiB.
    const unsigned select = registers.sequencer[3];
    font_[0] = (select & 3U) << 14 | (select >> 4 & 1U) << 13;
    font_[1] = (select >> 2 & 3U) << 14 | (select >> 5 & 1U) << 13;
  }

  void paint(unsigned address, unsigned scan_line, std::span<std::uint32_t> pixels) const {
    for (std::size_t x = 0; x < pixels.size();
         x += width_, address = (address + 1) & kAddressCounterMask) {
      const std::uint32_t cell = memory_.planes(registers_.plane_offset(address));
      const unsigned character = cell & 0xFF;
      const unsigned attribute = cell >> 8 & 0xFF;
      const unsigned background = blink_ ? attribute >> 4 & 7U : attribute >> 4;
      unsigned glyph = memory_.plane(2, font_[attribute >> 3 & 1] + character * 32 + scan_line);
      glyph <<= 1;  // nine dots: the last is blank but for the line-drawing characters
      if (line_graphics_ && (character & 0xE0) == 0xC0) glyph |= glyph >> 1 & 1;
      if (scan_line == underline_ && (attribute & 0x77) == 0x01) glyph = 0x1FF;
      if (blink_ && blink_hidden_ && (attribute & 0x80) != 0) glyph = 0;
      if (cursor_.enabled && address == cursor_.address && scan_line >= cursor_.first &&
          scan_line <= cursor_.last) {
        glyph = 0x1FF;
      }
      const std::array<std::uint32_t, 2> pair{colors_[background], colors_[attribute & 0x0F]};
      for (unsigned dot = 0; dot < width_; ++dot) pixels[x + dot] = pair[glyph >> (8 - dot) & 1];
    }
  }

 private:
  const VgaRegisters& registers_;
  const VideoMemory& memory_;
  unsigned width_;
  bool line_graphics_, blink_, blink_hidden_;
  unsigned underline_;
  CursorShape cursor_;
  std::array<std::uint32_t, 16> colors_{};
  std::array<unsigned, 2> font_{};
};

}  // namespace

std::string TextScreen::line(unsigned row) const {
  std::string result;
  std::size_t end = 0;  // of the last character that shows
  for (unsigned column = 0; column < columns && row < rows; ++column) {
    const char32_t character =
        cp437_to_unicode(cells[std::size_t{row} * columns + column].character);
    append_utf8(result, character);
    if (character != U' ') end = result.size();
  }
  result.resize(end);
  return result;
}

std::string TextScreen::text() const {
  std::string result;
  for (unsigned row = 0; row < rows; ++row) result += line(row) + '\n';
  return result;
}

TextScreen read_text(const VgaRegisters& registers, const VideoMemory& memory) {
  TextScreen screen;
  if (registers.graphics_mode()) return screen;
  const unsigned lines = registers.displayed_lines() / (registers.double_scan() ? 2 : 1);
  screen.columns = registers.columns();
  screen.rows = std::max(lines / registers.character_height(), 1U);
  screen.cells.reserve(std::size_t{screen.columns} * screen.rows);
  const CursorShape cursor = cursor_shape(registers);
  for (unsigned row = 0; row < screen.rows; ++row) {
    for (unsigned column = 0; column < screen.columns; ++column) {
      const unsigned address =
          (registers.start_address() + row * registers.row_pitch() + column) & kAddressCounterMask;
      const std::uint32_t cell = memory.planes(registers.plane_offset(address));
      screen.cells.push_back(
          {static_cast<std::uint8_t>(cell), static_cast<std::uint8_t>(cell >> 8)});
      if (address == cursor.address && !screen.cursor_visible) {
        screen.cursor_x = column;
        screen.cursor_y = row;
        screen.cursor_visible = cursor.enabled;
      }
    }
  }
  return screen;
}

void render_text(const VgaRegisters& registers, const VideoMemory& memory, unsigned blink_phase,
                 Frame& frame) {
  const LinePainter painter(registers, memory, blink_phase);
  scan_frame(registers, registers.character_width(), frame,
             [&](const ScanLine& line, std::span<std::uint32_t> dots) {
               painter.paint(line.address, line.row, dots);
             });
}

}  // namespace devices
