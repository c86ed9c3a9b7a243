// The VGA's 256 KiB as the processor sees it at A0000h-BFFFFh: four planes of 64 KiB, map modes,
// odd/even and chain-4 addressing, read modes 0-1, write modes 0-3, latches. [VGA] IBM PS/2
// Hardware Interface Technical Reference, graphics controller; [FreeVGA] "Accessing the memory".
// Not implemented: the odd/even page bit (3C2h bit 5; page 0 always).
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "devices/archive.h"
#include "devices/video_registers.h"

namespace devices {

class VideoMemory {
 public:
  VideoMemory();

  // Takes over what the registers say about access; to be called after each change of one.
  void configure(const VgaRegisters& registers);

  std::uint8_t read(std::uint32_t address) {
    const std::uint32_t offset = address - window_first_;
    if (offset >= window_size_) return 0xFF;
    if (!plain_text_) return read_planes(offset);
    latch_ = cells_[offset & 0xFFFE];
    return static_cast<std::uint8_t>(latch_ >> (offset & 1) * 8);
  }

  void write(std::uint32_t address, std::uint8_t value) {
    const std::uint32_t offset = address - window_first_;
    if (offset >= window_size_) return;
    if (!plain_text_) return write_planes(offset, value);
    const unsigned shift = (offset & 1) * 8;
    merge(offset & 0xFFFE, std::uint32_t{value} << shift, 0xFFU << shift);
  }

  // For the renderer: byte `offset` of a plane; of all four, plane 0 lowest.
  std::uint8_t plane(unsigned number, unsigned offset) const {
    return static_cast<std::uint8_t>(cells_[offset & 0xFFFF] >> (number & 3) * 8);
  }
  std::uint32_t planes(unsigned offset) const { return cells_[offset & 0xFFFF]; }

  std::uint64_t generation() const { return generation_; }  // grows when a byte changes

  void clear();
  void serialize(Archive& archive);

 private:
  std::uint8_t read_planes(std::uint32_t offset);
  void write_planes(std::uint32_t offset, std::uint8_t value);
  std::uint32_t combine(std::uint32_t data) const;

  void merge(std::uint32_t offset, std::uint32_t data, std::uint32_t mask) {
    std::uint32_t& cell = cells_[offset & 0xFFFF];
    const std::uint32_t result = (cell & ~mask) | (data & mask);
    generation_ += result != cell;
    cell = result;
  }

  std::vector<std::uint32_t> cells_;  // [offset in plane]: the four planes' bytes, plane 0 lowest
  std::uint32_t latch_ = 0;
  std::uint64_t generation_ = 0;

  // From the registers; masks hold a byte per plane.
  enum class Addressing : std::uint8_t { planar, odd_even, chain4 };
  std::uint32_t window_first_ = 0, window_size_ = 0;
  bool plain_text_ = false;  // odd/even, write mode 0 with nothing masked: what text modes run in
  Addressing read_addressing_ = Addressing::planar, write_addressing_ = Addressing::planar;
  std::uint8_t read_plane_ = 0, write_mode_ = 0, rotate_ = 0, function_ = 0, bit_mask_ = 0xFF;
  bool read_compares_ = false;
  std::uint32_t plane_mask_ = 0, set_reset_ = 0, set_reset_enable_ = 0;
  std::uint32_t color_compare_ = 0, color_care_ = 0;
};

}  // namespace devices
