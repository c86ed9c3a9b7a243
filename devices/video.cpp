#include "devices/video.h"

#include <array>

#include "devices/video_graphics.h"
#include "devices/video_scan.h"

namespace devices {

namespace {

// Bits that exist in each register, [VGA]; 0 = no such register, reads as 0.
// clang-format off
constexpr std::array<std::uint8_t, 8> kSequencerBits{0x03, 0x3D, 0x0F, 0x3F, 0x0E};
constexpr std::array<std::uint8_t, 16> kGraphicsBits{
    0x0F, 0x0F, 0x0F, 0x1F, 0x03, 0x7B, 0x0F, 0x0F, 0xFF};
constexpr std::array<std::uint8_t, 32> kAttributeBits{
    0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F,
    0xEF, 0xFF, 0x3F, 0x0F, 0x0F};
constexpr std::array<std::uint8_t, 32> kCrtcBits{
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F, 0xFF, 0x3F, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF,
    0xFF, 0xFF, 0xFF, 0xFF, 0x7F, 0xFF, 0xFF, 0xEF, 0xFF};
// clang-format on

enum Port : std::uint16_t {
  kDispiIndex = 0x1CE,  // words both, at neighbouring addresses
  kDispiData = 0x1CF,
  kAttribute = 0x3C0,
  kAttributeRead = 0x3C1,
  kMiscWrite = 0x3C2,  // read: input status 0
  kEnable = 0x3C3,
  kSequencerIndex = 0x3C4,
  kSequencerData = 0x3C5,
  kPelMask = 0x3C6,
  kDacReadIndex = 0x3C7,  // read: DAC state
  kDacWriteIndex = 0x3C8,
  kDacData = 0x3C9,
  kFeatureRead = 0x3CA,
  kMiscRead = 0x3CC,
  kGraphicsIndex = 0x3CE,
  kGraphicsData = 0x3CF,
  // By misc bit 0 at 3Bxh or 3Dxh:
  kCrtcIndex = 0x3D4,
  kCrtcData = 0x3D5,
  kStatus1 = 0x3DA  // write: feature control
};

constexpr std::uint16_t kMonoToColor = 0x20;  // 3B4h + 20h = 3D4h
constexpr std::uint8_t kProtectCrtc = 0x80;   // CRTC 11h: 00h-07h read-only

// A port of the 3Bxh/3Dxh group that the card does not answer at present?
bool decoded(std::uint16_t port, bool color) {
  if (port < 0x3B0) return false;  // DISPI
  if (port < 0x3C0) return !color;
  return port < 0x3D0 || color;
}

std::uint16_t common(std::uint16_t port) {
  return port < 0x3C0 ? static_cast<std::uint16_t>(port + kMonoToColor) : port;
}

}  // namespace

Video::Video(const Scheduler& scheduler, std::uint32_t memory_bytes)
    : scheduler_(scheduler), dispi_(memory_bytes), memory_(memory_bytes), timing_(registers_) {
  reset();
}

void Video::claim_ports(IoPorts& ports) {
  ports.claim(*this, "VGA CRTC (mono)", 0x3B4, 0x3B5);
  ports.claim(*this, "VGA status (mono)", 0x3BA, 0x3BA);
  ports.claim(*this, "VGA", 0x3C0, 0x3CF);
  ports.claim(*this, "VGA CRTC", kCrtcIndex, kCrtcData);
  ports.claim(*this, "VGA status", kStatus1, kStatus1);
  ports.claim(*this, "DISPI", kDispiIndex, kDispiData, PortWidth::word);
}

// Registers are undefined at power-on until the video ROM sets a mode; all zero is a dark screen.
void Video::reset() {
  registers_ = VgaRegisters{};
  dispi_.reset();
  registers_changed();
  memory_.clear();
}

unsigned Video::blink_phase() const {
  // The cursor changes every 8 frames, characters every 16.
  return static_cast<unsigned>(timing_.frame_number(scheduler_.now()) >> 3 & 3);
}

TextScreen Video::text_screen() {
  if (dispi_.enabled()) return {};
  memory_.settle();
  return read_text(registers_, memory_);
}

void Video::render(Frame& frame) {
  memory_.settle();
  if (dispi_.enabled()) {
    render_dispi(dispi_, registers_, memory_, frame);
  } else if (!registers_.screen_on()) {
    const unsigned width = registers_.graphics_mode() ? 8 : registers_.character_width();
    fill_frame(registers_, width, registers_.dac_color(registers_.attribute[0x11]), frame);
  } else if (registers_.graphics_mode()) {
    render_graphics(registers_, memory_, blink_phase(), frame);
  } else {
    render_text(registers_, memory_, blink_phase(), frame);
  }
}

void Video::registers_changed() {
  memory_.configure(registers_, dispi_);
  timing_ = VideoTiming(registers_);
  ++generation_;
}

// DISPI is made of words; a byte of it means nothing.
std::uint16_t Video::in16(std::uint16_t port) {
  return port == kDispiIndex ? dispi_.index() : dispi_.read();
}

void Video::out16(std::uint16_t port, std::uint16_t value) {
  if (port == kDispiIndex) {
    dispi_.set_index(value);
  } else {
    write_dispi(value);
  }
}

void Video::write_dispi(std::uint16_t value) {
  const Dispi::Change change = dispi_.write(value);
  if (change == Dispi::Change::none) return;
  if (dispi_.eight_bit_dac() != registers_.dac_wide) {
    registers_.dac_wide = dispi_.eight_bit_dac();
    for (std::uint8_t& level : registers_.dac) {
      level = static_cast<std::uint8_t>(registers_.dac_wide ? level << 2 : level >> 2);
    }
  }
  registers_changed();
  if (change == Dispi::Change::mode_cleared) memory_.clear();
}

std::uint8_t Video::in8(std::uint16_t port) {
  VgaRegisters& r = registers_;
  if (!decoded(port, r.color_ports())) return 0xFF;
  switch (common(port)) {
    case kAttribute:
      return r.attribute_index;
    case kAttributeRead:
      return r.attribute[r.attribute_index & 0x1F];
    case kMiscWrite:
      return 0x10;  // sense bit: a monitor loads the DAC's outputs
    case kEnable:
      return r.enable;
    case kSequencerIndex:
      return r.sequencer_index;
    case kSequencerData:
      return r.sequencer[r.sequencer_index];
    case kPelMask:
      return r.pel_mask;
    case kDacReadIndex:
      return r.dac_reading ? 0x03 : 0x00;
    case kDacWriteIndex:
      return r.dac_write_index;
    case kDacData:
      return read_dac();
    case kFeatureRead:
      return r.feature;
    case kMiscRead:
      return r.misc;
    case kGraphicsIndex:
      return r.graphics_index;
    case kGraphicsData:
      return r.graphics[r.graphics_index];
    case kCrtcIndex:
      return r.crtc_index;
    case kCrtcData:
      return r.crtc_index < r.crtc.size() ? r.crtc[r.crtc_index] : 0;
    case kStatus1:
      r.attribute_data_next = false;
      return timing_.input_status(scheduler_.now());
    default:
      return 0xFF;
  }
}

void Video::out8(std::uint16_t port, std::uint8_t value) {
  VgaRegisters& r = registers_;
  if (!decoded(port, r.color_ports())) return;
  switch (common(port)) {
    case kAttribute:
      return write_attribute(value);
    case kMiscWrite:
      r.misc = value & 0xEF;
      return registers_changed();
    case kEnable:
      r.enable = value & 0x01;
      return;
    case kSequencerIndex:
      r.sequencer_index = value & 0x07;
      return;
    case kSequencerData:
      r.sequencer[r.sequencer_index] = value & kSequencerBits[r.sequencer_index];
      return registers_changed();
    case kPelMask:
      r.pel_mask = value;
      ++generation_;
      return;
    case kDacReadIndex:
      r.dac_read_index = value;
      r.dac_component = 0;
      r.dac_reading = true;
      return;
    case kDacWriteIndex:
      r.dac_write_index = value;
      r.dac_component = 0;
      r.dac_reading = false;
      return;
    case kDacData:
      return write_dac(value);
    case kGraphicsIndex:
      r.graphics_index = value & 0x0F;
      return;
    case kGraphicsData:
      r.graphics[r.graphics_index] = value & kGraphicsBits[r.graphics_index];
      return registers_changed();
    case kCrtcIndex:
      r.crtc_index = value & 0x3F;
      return;
    case kCrtcData:
      return write_crtc(value);
    case kStatus1:
      r.feature = value & 0x03;
      return;
    default:
      return;
  }
}

void Video::write_attribute(std::uint8_t value) {
  VgaRegisters& r = registers_;
  if (r.attribute_data_next) {
    const std::uint8_t index = r.attribute_index & 0x1F;
    r.attribute[index] = value & kAttributeBits[index];
  } else {
    r.attribute_index = value & 0x3F;
  }
  r.attribute_data_next = !r.attribute_data_next;
  ++generation_;
}

void Video::write_crtc(std::uint8_t value) {
  VgaRegisters& r = registers_;
  const std::size_t index = r.crtc_index;
  if (index >= r.crtc.size()) return;
  if (index <= 0x07 && (r.crtc[0x11] & kProtectCrtc) != 0) {
    // Of the protected ones only bit 8 of line compare stays writable.
    if (index != 0x07) return;
    value = static_cast<std::uint8_t>((r.crtc[0x07] & 0xEF) | (value & 0x10));
  }
  r.crtc[index] = value & kCrtcBits[index];
  registers_changed();
}

void Video::write_dac(std::uint8_t value) {
  VgaRegisters& r = registers_;
  r.dac[r.dac_write_index * std::size_t{3} + r.dac_component] = r.dac_wide ? value : value & 0x3F;
  if (++r.dac_component == 3) {
    r.dac_component = 0;
    ++r.dac_write_index;
  }
  ++generation_;
}

std::uint8_t Video::read_dac() {
  VgaRegisters& r = registers_;
  const std::uint8_t value = r.dac[r.dac_read_index * std::size_t{3} + r.dac_component];
  if (++r.dac_component == 3) {
    r.dac_component = 0;
    ++r.dac_read_index;
  }
  return value;
}

void Video::serialize(Archive& archive) {
  archive.tag("vga", 2);
  archive(registers_);
  archive(dispi_);
  archive(memory_);
  if (archive.loading()) registers_changed();
}

}  // namespace devices
