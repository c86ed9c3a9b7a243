// A VGA as its board sees it: the ports 3B4h-3DAh and the window at A0000h. Register values live in
// video_registers.h, memory access in video_memory.h, pictures in video_text.h and
// video_graphics.h. [VGA] IBM PS/2 Hardware Interface Technical Reference, Video Subsystem. Not
// implemented: 3C3h beyond storing it, the feature connector, DISPI (1CEh/1CFh stay unclaimed,
// which reads as absent).
#pragma once

#include <cstdint>

#include "cpu/memory.h"
#include "devices/archive.h"
#include "devices/io_ports.h"
#include "devices/scheduler.h"
#include "devices/video_frame.h"
#include "devices/video_memory.h"
#include "devices/video_registers.h"
#include "devices/video_text.h"

namespace devices {

class Video final : public PortDevice, public cpu::MmioDevice {
 public:
  static constexpr std::uint32_t kWindowFirst = 0xA0000;
  static constexpr std::uint32_t kWindowSize = 0x20000;

  explicit Video(const Scheduler& scheduler);

  void claim_ports(IoPorts& ports);
  void reset();

  std::uint8_t in8(std::uint16_t port) override;
  void out8(std::uint16_t port, std::uint8_t value) override;
  std::uint8_t read8(std::uint32_t address) override { return memory_.read(address); }
  void write8(std::uint32_t address, std::uint8_t value) override { memory_.write(address, value); }

  // What is on the screen. The picture is the same as long as generation() and blink_phase() are.
  TextScreen text_screen() const { return read_text(registers_, memory_); }
  void render(Frame& frame) const;
  std::uint64_t generation() const { return generation_ + memory_.generation(); }
  unsigned blink_phase() const;

  const VgaRegisters& registers() const { return registers_; }
  const VideoMemory& memory() const { return memory_; }

  void serialize(Archive& archive);

 private:
  void registers_changed();
  void write_attribute(std::uint8_t value);
  void write_crtc(std::uint8_t value);
  void write_dac(std::uint8_t value);
  std::uint8_t read_dac();

  const Scheduler& scheduler_;
  VgaRegisters registers_;
  VideoMemory memory_;
  VideoTiming timing_;
  std::uint64_t generation_ = 0;
};

}  // namespace devices
