// The 8042 keyboard controller of an AT/PS2 board with its keyboard and mouse: ports 60h and 64h,
// IRQ 1 and IRQ 12, A20 and the processor reset that hang on its output port. [8042]    IBM AT
// Technical Reference, "Keyboard controller" [PS2]     IBM PS/2 Hardware Interface Technical
// Reference, "Keyboard and auxiliary device controller" The controller answers its own commands at
// once and needs 100 us for a byte from a device. Not implemented: password commands beyond "none
// installed" (A4h), timeouts and parity errors on the cables, the lock switch (always open), A20
// glitches of F0h-FFh pulses (only the reset pin is pulsed).
#pragma once

#include <array>
#include <cstdint>

#include "devices/archive.h"
#include "devices/byte_queue.h"
#include "devices/delegate.h"
#include "devices/io_ports.h"
#include "devices/keyboard.h"
#include "devices/line.h"
#include "devices/mouse.h"
#include "devices/scheduler.h"

namespace devices {

class KeyboardController final : public PortDevice {
 public:
  explicit KeyboardController(Scheduler& scheduler);

  void claim_ports(IoPorts& ports);
  void reset();  // power-on; a processor reset does not reach this chip

  std::uint8_t in8(std::uint16_t port) override;
  void out8(std::uint16_t port, std::uint8_t value) override;

  // Wires out.
  Line keyboard_irq;  // IRQ 1
  Line mouse_irq;     // IRQ 12
  // Every write of the A20 bit, changed or not: the board's one A20 flag belongs to its last writer
  // (port 92h is the other one).
  Delegate<void(bool)> a20_write;
  Delegate<void()> reset_pulse;  // the processor's reset pin
  // Wire in: the board's A20 flag, shown by D0h.
  void set_a20_level(bool level) { a20_level_ = level; }

  Keyboard& keyboard() { return keyboard_; }
  const Keyboard& keyboard() const { return keyboard_; }
  Mouse& mouse() { return mouse_; }
  const Mouse& mouse() const { return mouse_; }

  // May a typist press the next chord without losing a byte of it?
  bool can_accept() const {
    return !output_full_ && keyboard_enabled() && keyboard_.accepting() && !serial_.pending();
  }
  std::uint8_t command_byte() const { return ram_[0]; }
  std::uint8_t status() const;

  void serialize(Archive& archive);

 private:
  bool keyboard_enabled() const;
  bool mouse_enabled() const;
  bool keyboard_ready() const;
  bool mouse_ready() const;
  void set_command_byte(std::uint8_t value);
  void command(std::uint8_t value);
  void data(std::uint8_t value);
  void answer(std::uint8_t value);
  void fill_output(std::uint8_t value, bool from_mouse);
  std::uint8_t read_data();
  std::uint8_t output_port() const;
  void write_output_port(std::uint8_t value);
  void write_a20(bool level);
  void update_irqs();
  void on_device_data();
  void on_serial();

  Scheduler& scheduler_;
  Event serial_;
  Keyboard keyboard_;
  Mouse mouse_;

  std::array<std::uint8_t, 32> ram_{};  // [0] = command byte
  ByteQueue<16> answers_;               // the controller's own, waiting for the output buffer
  std::uint8_t output_ = 0;
  std::uint8_t pending_command_ = 0;  // waits for its byte at 60h; 0 = none
  std::uint8_t polled_nibble_ = 0;    // C1h or C2h while status bits 7-4 show the input port
  std::uint8_t output_latch_ = 0;     // output port bits that lead nowhere
  bool output_full_ = false;
  bool output_from_mouse_ = false;
  bool last_write_was_command_ = true;
  bool release_prefix_ = false;  // the translation has swallowed an F0h
  bool a20_level_ = false;
};

}  // namespace devices
