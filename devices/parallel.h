// A parallel printer port (SPP with the PS/2's direction bit) and a printer that is as fast as the
// handshake.
//
// [AT-TR]  IBM Serial/Parallel Adapter: data, status and control registers
// [1284]   compatibility mode: strobe, busy, acknowledge
//
// A byte is taken at the rise of the strobe bit; busy lasts kBusyTime, then comes the acknowledge
// pulse whose end raises the IRQ. The request stays up until the status is read, the next byte is
// strobed, or the IRQ is disabled, as the PS/2's status latch does. Without a sink there is no
// printer: busy, selected by pull-up. Not implemented: EPP, ECP, nibble mode from the printer's
// side.
#pragma once

#include <cstdint>
#include <string>

#include "devices/archive.h"
#include "devices/byte_sink.h"
#include "devices/io_ports.h"
#include "devices/line.h"
#include "devices/scheduler.h"

namespace devices {

class ParallelPort final : public PortDevice {
 public:
  // `name` ("lpt1") distinguishes the events of several ports.
  ParallelPort(Scheduler& scheduler, std::string name, std::uint16_t base);

  void reset();
  void claim_ports(IoPorts& ports);  // base .. base + 2

  Line irq;
  ByteSink printer;

  std::uint8_t in8(std::uint16_t port) override;
  void out8(std::uint16_t port, std::uint8_t value) override;
  void serialize(Archive& archive);

 private:
  enum class Handshake : std::uint8_t { idle, busy, acknowledge };

  static constexpr Nanoseconds kBusyTime = 5 * kMicrosecond;
  static constexpr Nanoseconds kAcknowledgeTime = 5 * kMicrosecond;

  std::uint8_t read_status();
  void write_control(std::uint8_t value);
  void next_step();

  Scheduler& scheduler_;
  const std::string name_;
  const std::string event_name_;
  const std::uint16_t base_;
  Event handshake_event_;
  Handshake handshake_ = Handshake::idle;
  std::uint8_t data_ = 0;
  std::uint8_t control_ = 0;
};

}  // namespace devices
