#include "devices/video_registers.h"

namespace devices {

std::uint32_t VgaRegisters::dac_color(unsigned index) const {
  const std::size_t entry = (index & pel_mask) * std::size_t{3};
  const auto level = [this](std::size_t component) {
    if (dac_wide) return std::uint32_t{dac[component]};
    const std::uint32_t six_bits = dac[component] & 0x3FU;
    return six_bits << 2 | six_bits >> 4;
  };
  return 0xFF000000U | level(entry + 2) << 16 | level(entry + 1) << 8 | level(entry);
}

std::uint32_t VgaRegisters::palette_color(unsigned attribute_bits) const {
  const unsigned palette = attribute[attribute_bits & 0x0FU];
  const unsigned select = attribute[0x14];
  const bool select_5_4 = (attribute[0x10] & 0x80) != 0;  // color select replaces palette bits 5-4
  const unsigned low = select_5_4 ? (palette & 0x0FU) | (select & 0x03U) << 4 : palette & 0x3FU;
  return dac_color(low | (select & 0x0CU) << 4);
}

void VgaRegisters::serialize(Archive& archive) {
  archive.tag("vga.registers", 2);
  archive(misc), archive(feature), archive(enable);
  archive(sequencer_index), archive(graphics_index), archive(crtc_index);
  archive(sequencer), archive(graphics), archive(crtc);
  archive(attribute_index), archive(attribute_data_next), archive(attribute);
  archive(pel_mask), archive(dac_read_index), archive(dac_write_index);
  archive(dac_component), archive(dac_reading), archive(dac), archive(dac_wide);
  if (archive.loading()) {
    sequencer_index &= 0x07;
    graphics_index &= 0x0F;
    crtc_index &= 0x3F;
    attribute_index &= 0x3F;
    dac_component = static_cast<std::uint8_t>(dac_component % 3);
  }
}

VideoTiming::VideoTiming(const VgaRegisters& registers) {
  // [VGA] clock select 0 and 1; 2 and 3 are the feature connector, which has nothing plugged in.
  constexpr std::uint32_t kClock640 = 25'175'000;
  constexpr std::uint32_t kClock720 = 28'322'000;
  const std::uint32_t clock = (registers.misc & 0x0C) == 0x04 ? kClock720 : kClock640;
  dot_clock_hz_ = registers.half_dot_clock() ? clock / 2 : clock;

  const unsigned width = registers.character_width();
  const unsigned line_factor = (registers.crtc[0x17] & 0x04) != 0 ? 2 : 1;  // vertical counter / 2
  line_dots_ = (registers.crtc[0x00] + 5U) * std::uint64_t{width};
  frame_dots_ =
      (registers.vertical_count(0x06, 0, 5) + 2U) * std::uint64_t{line_factor} * line_dots_;
  displayed_dots_ = registers.columns() * width;
  displayed_lines_ = registers.displayed_lines() * line_factor;
  const unsigned retrace_start = registers.vertical_count(0x10, 2, 7);
  const unsigned length = (registers.crtc[0x11] - retrace_start) & 0x0FU;  // ends when 4 bits match
  retrace_first_ = retrace_start * line_factor;
  retrace_lines_ = (length == 0 ? 16 : length) * line_factor;
}

std::uint8_t VideoTiming::input_status(Nanoseconds now) const {
  const std::uint64_t position = dots(now) % frame_dots_;
  const std::uint64_t line = position / line_dots_;
  if (line >= displayed_lines_) {
    const bool retrace = line >= retrace_first_ && line < retrace_first_ + retrace_lines_;
    return retrace ? 0x09 : 0x01;
  }
  return position % line_dots_ >= displayed_dots_ ? 0x01 : 0x00;
}

}  // namespace devices
