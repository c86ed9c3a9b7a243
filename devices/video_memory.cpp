#include "devices/video_memory.h"

#include <algorithm>
#include <bit>

namespace devices {

namespace {

constexpr std::size_t kPlaneBytes = 0x10000;

// Bit n of a plane nibble -> FFh in byte n.
constexpr std::uint32_t spread(unsigned nibble) {
  std::uint32_t result = 0;
  for (unsigned n = 0; n < 4; ++n) result |= (nibble >> n & 1U) * (0xFFU << n * 8);
  return result;
}

constexpr std::uint32_t repeat(std::uint8_t byte) {
  return byte * 0x01010101U;
}

struct Window {
  std::uint32_t first, size;
};
constexpr std::array<Window, 4> kWindows{{
    // graphics controller 6 bits 3-2
    {0xA0000, 0x20000},
    {0xA0000, 0x10000},
    {0xB0000, 0x08000},
    {0xB8000, 0x08000},
}};

}  // namespace

VideoMemory::VideoMemory() : cells_(kPlaneBytes) {}

void VideoMemory::configure(const VgaRegisters& registers) {
  const auto& gc = registers.graphics;
  const auto& sequencer = registers.sequencer;

  const Window& window = kWindows[gc[6] >> 2 & 3];
  window_first_ = window.first;
  window_size_ = (registers.misc & 0x02) != 0 ? window.size : 0;

  const bool chained = (sequencer[4] & 0x08) != 0;
  const bool write_odd_even = (sequencer[4] & 0x04) == 0;
  const bool read_odd_even = (gc[5] & 0x10) != 0;
  using enum Addressing;
  write_addressing_ = chained ? chain4 : write_odd_even ? odd_even : planar;
  read_addressing_ = chained ? chain4 : read_odd_even ? odd_even : planar;

  read_plane_ = gc[4] & 3;
  read_compares_ = (gc[5] & 0x08) != 0;
  write_mode_ = gc[5] & 3;
  rotate_ = gc[3] & 7;
  function_ = gc[3] >> 3 & 3;
  bit_mask_ = gc[8];
  plane_mask_ = spread(sequencer[2]);
  set_reset_ = spread(gc[0]);
  set_reset_enable_ = spread(gc[1]);
  color_compare_ = spread(gc[2]);
  color_care_ = spread(gc[7]);

  plain_text_ = write_addressing_ == odd_even && read_addressing_ == odd_even &&
                (gc[5] & 0x0B) == 0 && gc[3] == 0 && bit_mask_ == 0xFF && (gc[1] & 3) == 0 &&
                (gc[4] & 2) == 0 && (sequencer[2] & 0x0F) == 3;
}

std::uint8_t VideoMemory::read_planes(std::uint32_t offset) {
  unsigned plane_number = read_plane_;
  if (read_addressing_ == Addressing::odd_even) {
    plane_number = (plane_number & 2U) | (offset & 1U);
    offset &= ~1U;
  } else if (read_addressing_ == Addressing::chain4) {
    plane_number = offset & 3;
    offset &= ~3U;
  }
  latch_ = planes(offset);
  if (!read_compares_) return static_cast<std::uint8_t>(latch_ >> plane_number * 8);
  const std::uint32_t differs = (latch_ ^ color_compare_) & color_care_;
  const std::uint32_t any = differs | differs >> 8 | differs >> 16 | differs >> 24;
  return static_cast<std::uint8_t>(~any);
}

// Logical operation with the latches: 0 none, 1 AND, 2 OR, 3 XOR.
std::uint32_t VideoMemory::combine(std::uint32_t data) const {
  switch (function_) {
    case 1:
      return data & latch_;
    case 2:
      return data | latch_;
    case 3:
      return data ^ latch_;
    default:
      return data;
  }
}

void VideoMemory::write_planes(std::uint32_t offset, std::uint8_t value) {
  std::uint32_t enabled = plane_mask_;
  if (write_addressing_ == Addressing::odd_even) {
    enabled &= (offset & 1) != 0 ? 0xFF00FF00U : 0x00FF00FFU;
    offset &= ~1U;
  } else if (write_addressing_ == Addressing::chain4) {
    enabled &= 0xFFU << (offset & 3) * 8;
    offset &= ~3U;
  }

  std::uint8_t bits = bit_mask_;
  std::uint32_t data = 0;
  switch (write_mode_) {
    case 0:
      data = repeat(std::rotr(value, rotate_));
      data = (data & ~set_reset_enable_) | (set_reset_ & set_reset_enable_);
      break;
    case 1:
      merge(offset, latch_, enabled);
      return;
    case 2:
      data = spread(value);
      break;
    default:  // 3: the processor's byte is one more bit mask, the data is set/reset
      bits &= std::rotr(value, rotate_);
      data = set_reset_;
      break;
  }
  const std::uint32_t mask = repeat(bits);
  merge(offset, (combine(data) & mask) | (latch_ & ~mask), enabled);
}

void VideoMemory::clear() {
  std::ranges::fill(cells_, 0U);
  latch_ = 0;
  ++generation_;
}

void VideoMemory::serialize(Archive& archive) {
  archive.tag("vga.memory", 1);
  for (std::uint32_t& cell : cells_) archive(cell);
  archive(latch_);
  ++generation_;
}

}  // namespace devices
