// A VGA with Bochs' linear modes as its board sees it: ports 3B4h-3DAh, 1CEh and 1CFh, the window
// at A0000h, linear memory at E0000000h. Register values live in video_registers.h and
// video_dispi.h, memory access in video_memory.h, pictures in video_text.h, video_graphics.h and
// video_dispi.h. [VGA] IBM PS/2 Hardware Interface Technical Reference, Video Subsystem. Not
// implemented: 3C3h beyond storing it, the feature connector.
#pragma once

#include <cstdint>

#include "cpu/memory.h"
#include "devices/archive.h"
#include "devices/io_ports.h"
#include "devices/scheduler.h"
#include "devices/video_dispi.h"
#include "devices/video_frame.h"
#include "devices/video_memory.h"
#include "devices/video_registers.h"
#include "devices/video_text.h"

namespace devices {

class Video final : public PortDevice, public cpu::MmioDevice {
 public:
  static constexpr std::uint32_t kDefaultMemory = 4U << 20;

  // memory_bytes: a power of two from 256 KiB to 16 MiB.
  explicit Video(const Scheduler& scheduler, std::uint32_t memory_bytes = kDefaultMemory);

  void claim_ports(IoPorts& ports);
  void map_memory(cpu::Memory& memory) { memory_.connect(memory, *this); }
  void reset();

  std::uint8_t in8(std::uint16_t port) override;
  void out8(std::uint16_t port, std::uint8_t value) override;
  std::uint16_t in16(std::uint16_t port) override;
  void out16(std::uint16_t port, std::uint16_t value) override;
  std::uint8_t read8(std::uint32_t address) override { return memory_.read(address); }
  void write8(std::uint32_t address, std::uint8_t value) override { memory_.write(address, value); }

  std::uint8_t peek8(std::uint32_t address) const override { return memory_.peek(address); }

  // What is on the screen. The picture is the same as long as generation() and blink_phase() are.
  // Not const: they collect what the processor stored without the card being asked.
  TextScreen text_screen();
  void render(Frame& frame);
  std::uint64_t generation() { return generation_ + memory_.generation(); }
  unsigned blink_phase() const;

  const VgaRegisters& registers() const { return registers_; }
  const Dispi& dispi() const { return dispi_; }
  const VideoMemory& memory() const { return memory_; }

  void serialize(Archive& archive);

 private:
  void registers_changed();
  void write_attribute(std::uint8_t value);
  void write_crtc(std::uint8_t value);
  void write_dac(std::uint8_t value);
  std::uint8_t read_dac();
  void write_dispi(std::uint16_t value);

  const Scheduler& scheduler_;
  VgaRegisters registers_;
  Dispi dispi_;
  VideoMemory memory_;
  VideoTiming timing_;
  std::uint64_t generation_ = 0;
};

}  // namespace devices
