// Bochs' display interface: linear modes beyond the VGA behind an index and a data word at 1CEh and
// 1CFh, with a window of one bank at A0000h and all memory at E0000000h. [DISPI] Bochs, "VBE
// Display API", and the driver side of vgabios. Not implemented: DDC and the other indexes above
// 0Ah, separate banks for reading and writing.
#pragma once

#include <cstdint>
#include <span>

#include "devices/archive.h"
#include "devices/video_frame.h"
#include "devices/video_registers.h"

namespace devices {

class VideoMemory;

class Dispi {
 public:
  static constexpr std::uint32_t kLinearFirst = 0xE0000000;

  explicit Dispi(std::uint32_t memory_bytes) : memory_bytes_(memory_bytes) {}
  void reset();

  enum class Change : std::uint8_t {
    none,
    registers,
    mode,
    mode_cleared
  };  // last: memory is to be zero
  std::uint16_t index() const { return index_; }
  void set_index(std::uint16_t index) { index_ = index; }
  std::uint16_t read() const;
  Change write(std::uint16_t value);

  bool enabled() const { return (enable_ & kEnabled) != 0; }
  bool planar() const { return bits_ == 4; }  // memory as the VGA's planes, else linear
  bool linear_window() const { return enabled() && !planar() && (enable_ & kLinearWindow) != 0; }
  bool eight_bit_dac() const { return enabled() && (enable_ & kEightBitDac) != 0; }
  unsigned bank() const { return bank_; }  // of 64 KiB, of each plane in a planar mode

  unsigned width() const { return width_; }
  unsigned height() const { return height_; }
  unsigned bits() const { return bits_; }

  void serialize(Archive& archive);

 private:
  friend class DispiPainter;
  enum Enable : std::uint16_t {
    kEnabled = 0x01,
    kCapabilities = 0x02,  // reads of resolution and depth give the largest
    kEightBitDac = 0x20,
    kLinearWindow = 0x40,
    kKeepMemory = 0x80
  };
  Change write_enable(std::uint16_t value);
  void start_mode();
  void set_virtual_width(unsigned width);
  std::uint32_t pitch() const;  // bytes, of a plane in a planar mode
  std::uint32_t banks() const;

  std::uint32_t memory_bytes_;
  std::uint16_t index_ = 0, id_ = 0, enable_ = 0;
  std::uint16_t width_ = 640, height_ = 480, bits_ = 8;
  std::uint16_t bank_ = 0, virtual_width_ = 640, virtual_height_ = 480, x_ = 0, y_ = 0;
};

void render_dispi(const Dispi& dispi, const VgaRegisters& registers, const VideoMemory& memory,
                  Frame& frame);

}  // namespace devices
