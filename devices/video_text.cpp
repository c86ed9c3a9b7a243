#include "devices/video_text.h"

#include <algorithm>
#include <array>
#include <span>

#include "devices/video_cp437.h"

namespace devices {

namespace {

constexpr unsigned kAddressMask = 0xFFFF;  // the CRTC's address counter

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
  return {enabled, first, last, (registers.cursor_address() + skew) & kAddressMask};
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
         x += width_, address = (address + 1) & kAddressMask) {
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

// Pel panning in dots; in nine-dot modes 8 means none, [VGA] attribute controller 13h.
unsigned panning(const VgaRegisters& registers) {
  const unsigned value = registers.attribute[0x13] & 0x0FU;
  if (registers.character_width() == 8) return value & 7;
  return value >= 8 ? 0 : value + 1;
}

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
          (registers.start_address() + row * registers.row_pitch() + column) & kAddressMask;
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
  const unsigned dots = registers.columns() * registers.character_width();
  const unsigned stretch =
      registers.half_dot_clock() ? 2 : 1;  // every frame is as wide as its dot clock
  frame.width = dots * stretch;
  frame.height = registers.displayed_lines();
  frame.pixels.resize(std::size_t{frame.width} * frame.height);
  if (!registers.screen_on() || registers.graphics_mode()) {
    std::ranges::fill(frame.pixels, registers.dac_color(registers.attribute[0x11]));
    return;
  }

  const LinePainter painter(registers, memory, blink_phase);
  std::vector<std::uint32_t> line(dots + registers.character_width());  // one cell more for panning
  const unsigned last_scan_line = registers.character_height() - 1;
  const unsigned repeat_mask = registers.double_scan() ? 1 : 0;
  unsigned address = registers.start_address() + (registers.crtc[0x08] >> 5 & 3U);
  unsigned scan_line = registers.crtc[0x08] & 0x1FU;
  unsigned shift = panning(registers);
  unsigned painted = 0;  // lines since the frame or the split began

  for (unsigned y = 0; y < frame.height; ++y, ++painted) {
    if (y > 0 && (painted & repeat_mask) == 0) {
      if (scan_line >= last_scan_line) {
        scan_line = 0;
        address += registers.row_pitch();
      } else {
        ++scan_line;
      }
    }
    if (y == registers.line_compare() + 1) {  // split screen: from here on the text at address 0
      address = 0;
      scan_line = 0;
      painted = 0;
      if ((registers.attribute[0x10] & 0x20) != 0) shift = 0;
    }
    painter.paint(address & kAddressMask, scan_line & 0x1FU, line);
    const auto row = std::span(frame.pixels).subspan(std::size_t{y} * frame.width, frame.width);
    for (unsigned x = 0; x < frame.width; ++x) row[x] = line[x / stretch + shift];
  }
}

}  // namespace devices
