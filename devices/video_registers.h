// The VGA's register file as plain values, and what follows from it without looking at memory:
// timing, text geometry, colours. Ports fill it (video.cpp), the memory path and the renderer read
// it. [VGA] IBM PS/2 Hardware Interface Technical Reference, Video Subsystem; [FreeVGA] FreeVGA
// project notes. Not implemented: light pen, CRTC registers above 18h, the retrace interrupt (IRQ 2
// is not wired on AT boards).
#pragma once

#include <array>
#include <cstdint>

#include "devices/archive.h"
#include "devices/scheduler.h"

namespace devices {

struct VgaRegisters {
  std::uint8_t misc = 0;     // 3C2h, read at 3CCh
  std::uint8_t feature = 0;  // 3xAh, read at 3CAh
  std::uint8_t enable = 1;   // 3C3h

  std::uint8_t sequencer_index = 0, graphics_index = 0, crtc_index = 0;
  std::array<std::uint8_t, 8> sequencer{};
  std::array<std::uint8_t, 16> graphics{};
  std::array<std::uint8_t, 32> crtc{};

  std::uint8_t attribute_index = 0;  // bits 0-4, and bit 5 = palette address source: screen on
  bool attribute_data_next = false;  // the flip-flop behind 3C0h
  std::array<std::uint8_t, 32> attribute{};

  std::uint8_t pel_mask = 0xFF;
  std::uint8_t dac_read_index = 0, dac_write_index = 0;
  std::uint8_t dac_component = 0;  // 0 red, 1 green, 2 blue
  bool dac_reading = false;
  std::array<std::uint8_t, 768> dac{};  // 6 bits each, 8 with dac_wide
  bool dac_wide = false;                // DISPI's 8-bit DAC

  bool color_ports() const { return (misc & 0x01) != 0; }  // CRTC at 3D4h, else 3B4h
  bool graphics_mode() const { return (graphics[6] & 0x01) != 0; }
  bool screen_on() const { return (attribute_index & 0x20) != 0 && (sequencer[1] & 0x20) == 0; }
  bool blink_enabled() const { return (attribute[0x10] & 0x08) != 0; }
  unsigned character_width() const { return (sequencer[1] & 0x01) != 0 ? 8 : 9; }
  unsigned character_height() const { return (crtc[0x09] & 0x1FU) + 1; }
  bool half_dot_clock() const { return (sequencer[1] & 0x08) != 0; }
  bool double_scan() const { return (crtc[0x09] & 0x80) != 0; }
  unsigned columns() const { return crtc[0x01] + 1U; }
  unsigned displayed_lines() const { return vertical_count(0x12, 1, 6) + 1; }
  unsigned line_compare() const {
    return crtc[0x18] | (crtc[0x07] & 0x10U) << 4 | (crtc[0x09] & 0x40U) << 3;
  }
  unsigned start_address() const { return crtc[0x0C] * 256U + crtc[0x0D]; }
  unsigned cursor_address() const { return crtc[0x0E] * 256U + crtc[0x0F]; }
  unsigned row_pitch() const { return crtc[0x13] * 2U; }  // in address counter steps

  // CRTC address counter -> offset in a plane, [FreeVGA] CRTC 14h and 17h: byte, word or doubleword
  // mode; the counter's top bits come round to the bottom, in word mode MA15 or MA13.
  unsigned plane_offset(unsigned counter) const {
    counter &= 0xFFFF;
    if ((crtc[0x14] & 0x40) != 0) return (counter << 2 | counter >> 14) & 0xFFFF;
    if ((crtc[0x17] & 0x40) != 0) return counter;
    const unsigned wrap = (crtc[0x17] & 0x20) != 0 ? counter >> 15 : counter >> 13 & 1;
    return (counter << 1 | wrap) & 0xFFFF;
  }
  // Graphics may put row scan bits in place of address bits 13 and 14: the CGA's and MDA's banks of
  // lines.
  unsigned graphics_offset(unsigned counter, unsigned row) const {
    unsigned offset = plane_offset(counter);
    if ((crtc[0x17] & 0x01) == 0) offset = (offset & ~0x2000U) | (row & 1) << 13;
    if ((crtc[0x17] & 0x02) == 0) offset = (offset & ~0x4000U) | (row >> 1 & 1) << 14;
    return offset;
  }

  // A ten-bit vertical count: low byte in `index`, bits 8 and 9 in the overflow register.
  unsigned vertical_count(std::size_t index, unsigned bit8, unsigned bit9) const {
    const unsigned high = crtc[0x07];
    return crtc[index] | (high >> bit8 & 1) << 8 | (high >> bit9 & 1) << 9;
  }

  // Four-bit attribute -> 0xAABBGGRR through colour plane enable, palette, colour select, mask and
  // DAC; palette_color without the first of these.
  std::uint32_t color(unsigned attribute_bits) const {
    return palette_color(attribute_bits & attribute[0x12]);
  }
  std::uint32_t palette_color(unsigned attribute_bits) const;
  std::uint32_t dac_color(unsigned index) const;

  void serialize(Archive& archive);
};

// Where the beam is at a given time; recomputed only when a register changes.
class VideoTiming {
 public:
  explicit VideoTiming(const VgaRegisters& registers);

  std::uint8_t input_status(
      Nanoseconds now) const;  // 3xAh: bit 0 not displaying, bit 3 vertical retrace
  std::uint64_t frame_number(Nanoseconds now) const { return dots(now) / frame_dots_; }

 private:
  std::uint64_t dots(Nanoseconds now) const { return scale(now, dot_clock_hz_, kSecond); }

  std::uint32_t dot_clock_hz_;
  std::uint64_t line_dots_, frame_dots_;
  unsigned displayed_dots_, displayed_lines_, retrace_first_, retrace_lines_;
};

}  // namespace devices
