// A serial port of a PC: the 16550A UART with its IRQ buffer. Characters take their time on the
// wire by the programmed rate and frame; the other end is a sink for what comes out and a queue for
// what goes in.
//
// [16550]  National Semiconductor PC16550D data sheet
// [AT-TR]  IBM Serial/Parallel Adapter: OUT2 opens the IRQ driver
//
// The other end never overruns the receiver: it waits until there is room, which is what a perfect
// flow control would do; overruns exist in loopback only. Not implemented: parity and framing
// errors on the wire, break other than in loopback (BI shows when the character comes in, not when
// it reaches the top of the FIFO), DMA signalling (the bit is stored nowhere), the 16550's receiver
// clock input.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "devices/archive.h"
#include "devices/byte_queue.h"
#include "devices/byte_sink.h"
#include "devices/io_ports.h"
#include "devices/line.h"
#include "devices/scheduler.h"

namespace devices {

class SerialPort final : public PortDevice {
 public:
  struct ModemLines {
    bool clear_to_send = false;
    bool data_set_ready = false;
    bool ring = false;
    bool carrier_detect = false;
  };
  // What a peer that is switched on shows.
  static constexpr ModemLines kPeerReady{true, true, false, true};

  // `name` ("com1") distinguishes the events of several ports.
  SerialPort(Scheduler& scheduler, std::string name, std::uint16_t base);

  // The MR pin. What the peer has sent and not delivered yet stays on its side.
  void reset();
  void claim_ports(IoPorts& ports);  // base .. base + 7

  Line irq;

  // The other end of the cable. feed() takes what fits and returns how much that was.
  ByteSink transmitted;
  std::size_t feed(std::span<const std::uint8_t> bytes);
  std::size_t room() const { return wire_.room(); }
  void set_modem_lines(const ModemLines& lines);

  std::uint16_t divisor() const { return divisor_; }
  std::uint8_t line_control() const { return line_control_; }
  std::uint8_t modem_control() const { return modem_control_; }

  std::uint8_t in8(std::uint16_t port) override;
  void out8(std::uint16_t port, std::uint8_t value) override;
  void serialize(Archive& archive);

 private:
  static constexpr std::size_t kFifoSize = 16;
  static constexpr std::size_t kWireSize = 4096;

  bool divisor_selected() const;
  bool loopback() const;
  std::size_t depth() const { return fifo_enabled_ ? kFifoSize : 1; }
  std::uint8_t data_mask() const;
  Nanoseconds character_time() const;

  std::uint8_t read_data();
  std::uint8_t read_interrupt_id();
  std::uint8_t read_line_status();
  std::uint8_t read_modem_status();
  void write_data(std::uint8_t value);
  void write_interrupt_enable(std::uint8_t value);
  void write_fifo_control(std::uint8_t value);
  void write_line_control(std::uint8_t value);
  void write_modem_control(std::uint8_t value);

  void start_transmitter();
  void character_sent();
  void receive(std::uint8_t value);
  void start_receiver();
  void character_arrived();
  void restart_timeout();
  void reader_is_late();

  std::uint8_t line_status() const;
  std::uint8_t modem_inputs() const;
  void follow_modem_inputs();
  std::uint8_t interrupt_id() const;
  void update_irq();

  Scheduler& scheduler_;
  const std::string name_;
  const std::string transmit_name_;
  const std::string receive_name_;
  const std::string timeout_name_;
  const std::uint16_t base_;
  Event transmit_event_;
  Event receive_event_;
  Event timeout_event_;

  ByteQueue<kFifoSize> received_;
  ByteQueue<kFifoSize> waiting_;  // THR or transmitter FIFO
  ByteQueue<kWireSize> wire_;     // on the peer's side
  std::uint16_t divisor_ = 12;
  std::uint8_t interrupt_enable_ = 0;
  std::uint8_t line_control_ = 0;
  std::uint8_t modem_control_ = 0;
  std::uint8_t modem_status_ = 0;  // bits 7-4 the inputs last seen, 3-0 changes
  std::uint8_t errors_ = 0;        // OE and BI of the line status
  std::uint8_t scratch_ = 0;
  std::uint8_t trigger_ = 1;
  std::uint8_t last_received_ = 0;
  std::uint8_t shifting_ = 0;
  std::uint8_t peer_lines_ = 0;  // as in bits 7-4 of the modem status
  bool transmitting_ = false;
  bool fifo_enabled_ = false;
  bool holding_empty_pending_ = false;
  bool timeout_pending_ = false;
};

}  // namespace devices
