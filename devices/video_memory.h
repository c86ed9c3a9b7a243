// The video memory as the processor sees it. Through the window at A0000h-BFFFFh: the VGA's four
// planes of 64 KiB with map modes, odd/even and chain-4 addressing, read modes 0-1, write modes
// 0-3, latches; or a bank of DISPI's linear modes, which lie whole at E0000000h. [VGA] IBM PS/2
// Hardware Interface Technical Reference, graphics controller; [FreeVGA] "Accessing the memory".
// Where an access is a plain load or store (text, chain 4, linear modes) pages of the window are
// handed to the processor once they are used a lot; what it stores there is seen by page only, when
// somebody looks. Not implemented: the odd/even page bit (3C2h bit 5; page 0 always). Where an
// access is a plain load the latches stay as they are, through the chip as through pages handed
// out: which of both it is must not show.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "cpu/memory.h"
#include "devices/archive.h"
#include "devices/video_dispi.h"
#include "devices/video_registers.h"

namespace devices {

class VideoMemory {
 public:
  static constexpr std::uint32_t kWindowFirst = 0xA0000;
  static constexpr std::uint32_t kWindowSize = 0x20000;

  // bytes: a multiple of 256 KiB.
  explicit VideoMemory(std::uint32_t bytes);

  // Maps the window for `device`, and from then on pages of this memory in it and at
  // Dispi::kLinearFirst as they come and go.
  void connect(cpu::Memory& memory, cpu::MmioDevice& device);

  // Takes over what the registers say about access; to be called after each change of one.
  void configure(const VgaRegisters& registers, const Dispi& dispi);

  std::uint8_t read(std::uint32_t address) {
    const std::uint32_t offset = address - window_.first;
    if (offset >= window_.size) return 0xFF;
    return window_.plain == Plain::no ? read_planes(offset) : read_plain(offset);
  }
  void write(std::uint32_t address, std::uint8_t value) {
    const std::uint32_t offset = address - window_.first;
    if (offset >= window_.size) return;
    window_.plain == Plain::no ? write_planes(offset, value) : write_plain(offset, value);
  }

  std::uint8_t peek(std::uint32_t address) const;  // as read, with no effect on the latches

  // For the renderers, who call settle() first: it brings in what went through handed-out pages.
  void settle();
  // Byte `offset` of a VGA plane; of all four, plane 0 lowest; the same anywhere in memory; memory
  // in linear order.
  std::uint8_t plane(unsigned number, unsigned offset) const {
    return static_cast<std::uint8_t>(planes(offset) >> (number & 3) * 8);
  }
  std::uint32_t planes(unsigned offset) const { return cells_[offset & 0xFFFF]; }
  std::uint32_t cell(std::uint32_t offset) const { return cells_[offset & (cells_.size() - 1)]; }
  std::span<const std::uint8_t> bytes() const { return {first_byte(), cells_.size() * 4}; }

  std::uint64_t generation();  // grows when memory may have changed

  void clear();
  void serialize(Archive& archive);

 private:
  // What one address of the window is when nothing happens on the way.
  enum class Plain : std::uint8_t {
    no,
    text,    // even: plane 0, odd: plane 1 of the same offset
    chain4,  // planes 0-3 of every fourth offset
    bank     // a byte of linear memory
  };
  struct Window {
    std::uint32_t first = 0, size = 0;
    Plain plain = Plain::no;
    std::uint32_t base = 0;  // Plain::bank: byte; else cell of offset 0
    bool operator==(const Window&) const = default;
  };

  Window window_of(const VgaRegisters& registers, const Dispi& dispi) const;
  void move_window(const Window& window);
  void map_linear(bool wanted);
  struct PlaneByte {
    std::uint32_t offset;
    unsigned plane;
  };
  PlaneByte addressed(std::uint32_t offset) const;
  std::uint8_t value_read(std::uint32_t cell, unsigned plane) const;
  std::uint8_t read_planes(std::uint32_t offset);
  void write_planes(std::uint32_t offset, std::uint8_t value);
  std::uint32_t combine(std::uint32_t data) const;
  const std::uint8_t* plain_byte(std::uint32_t offset) const;
  std::uint8_t* plain_byte(std::uint32_t offset) {
    return const_cast<std::uint8_t*>(std::as_const(*this).plain_byte(offset));
  }
  std::uint8_t read_plain(std::uint32_t offset);
  void write_plain(std::uint32_t offset, std::uint8_t value);
  void count_access();
  void hand_out();
  void take_back();
  void gather();
  void scatter();
  bool take_written();

  // A cell's bytes in linear memory are its planes, lowest first: so on the hosts we run on.
  std::uint8_t* first_byte() { return reinterpret_cast<std::uint8_t*>(cells_.data()); }
  const std::uint8_t* first_byte() const {
    return reinterpret_cast<const std::uint8_t*>(cells_.data());
  }

  void merge(std::uint32_t offset, std::uint32_t data, std::uint32_t mask) {
    std::uint32_t& cell = cells_[window_.base + (offset & 0xFFFF)];
    const std::uint32_t result = (cell & ~mask) | (data & mask);
    generation_ += result != cell;
    cell = result;
  }

  std::vector<std::uint32_t> cells_;  // [offset in plane]: the four planes' bytes, plane 0 lowest
  std::uint32_t latch_ = 0;
  std::uint64_t generation_ = 0;

  cpu::Memory* memory_ = nullptr;
  cpu::MmioDevice* device_ = nullptr;
  Window window_;
  bool handed_out_ = false;  // the window's pages are the processor's own business
  bool unsettled_ = false;   // view_ is ahead of cells_
  bool linear_mapped_ = false;
  unsigned accesses_left_ = 0;  // until the window is handed out
  std::vector<std::uint8_t>
      view_;  // what text and chain 4 hand out; cells_ are brought up to it by settle()

  // From the registers; masks hold a byte per plane.
  enum class Addressing : std::uint8_t { planar, odd_even, chain4 };
  Addressing read_addressing_ = Addressing::planar, write_addressing_ = Addressing::planar;
  std::uint8_t read_plane_ = 0, write_mode_ = 0, rotate_ = 0, function_ = 0, bit_mask_ = 0xFF;
  bool read_compares_ = false;
  std::uint32_t plane_mask_ = 0, set_reset_ = 0, set_reset_enable_ = 0;
  std::uint32_t color_compare_ = 0, color_care_ = 0;
};

}  // namespace devices
