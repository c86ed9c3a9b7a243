// What an AT board keeps in a few latches of its own: port B (61h), port A of the PS/2 (92h), the
// POST code and the spare latches of the page register chip (80h, 84h-86h, 88h, 8Ch-8Eh), the
// coprocessor's IRQ 13 latch (F0h, F1h), and the A20 flag.
//
// [AT-TR]  IBM AT Technical Reference, section 1: system board I/O
// [PS2-TR] IBM PS/2 Hardware Interface Technical Reference: system control port A
//
// A20 is one flag and belongs to its last writer, port 92h or the keyboard controller. It is on at
// power-on, as the 8042's output port comes up all ones. Not implemented: parity and I/O channel
// check (bits 6 and 7 of 61h read 0, their enables are stored), the watchdog, lock and disk light
// bits of 92h.
#pragma once

#include <array>
#include <cstdint>

#include "devices/archive.h"
#include "devices/delegate.h"
#include "devices/io_ports.h"
#include "devices/line.h"
#include "devices/pit.h"

namespace devices {

class SystemPort final : public PortDevice {
 public:
  explicit SystemPort(Pit& pit);

  // Power-on and the reset button, once the lines are connected (A20 rises); a processor reset
  // leaves these latches alone.
  void reset();
  void claim_ports(IoPorts& ports);

  Line a20;
  Line irq13;  // coprocessor error
  // IGNNE#: up from a write to F0h while there is an error until the error goes.
  Line ignore_error;
  Delegate<void()> reset_pulse;           // the processor's reset pin
  Delegate<void()> speaker_data_changed;  // bit 1 of port B was written

  // For every writer of the A20 flag.
  void set_a20(bool level) { a20.set(level); }
  // The coprocessor's ERROR pin; its rise is latched until F0h or F1h is written.
  void set_coprocessor_error(bool level);
  // Lets OUT of timer channel 2 through to the cone.
  bool speaker_data() const { return (port_b_ & kSpeakerData) != 0; }
  std::uint8_t post_code() const { return latches_[0]; }

  std::uint8_t in8(std::uint16_t port) override;
  void out8(std::uint16_t port, std::uint8_t value) override;
  void serialize(Archive& archive);

 private:
  std::uint8_t read_port_b();
  void write_port_b(std::uint8_t value);

  static constexpr std::uint8_t kSpeakerData = 0x02;

  Pit& pit_;
  std::uint8_t port_b_ = 0;                 // bits 0-3 as written
  std::array<std::uint8_t, 16> latches_{};  // by the low digit of the port
  bool coprocessor_error_ = false;
};

}  // namespace devices
