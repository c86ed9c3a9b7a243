// The clock and the battery-backed memory of an AT: an MC146818 with 128 bytes of RAM behind ports
// 70h/71h. The date it starts from is configuration; from there on it counts virtual seconds.
//
// [146818] Motorola ADI-856, MC146818 Real-Time Clock plus RAM
//
// The century at 32h (and at 37h, the PS/2 place) is RAM to the original chip; here the year's
// carry goes on into it, as on the later parts with a century byte. An interrupt flag that nobody
// waits for is worked out when register C is read, so an idle clock costs one event a second. Not
// implemented: square wave output and daylight saving (bits are stored), time bases other than
// 32768 Hz (the chain stands still).
#pragma once

#include <array>
#include <cstdint>

#include "devices/archive.h"
#include "devices/io_ports.h"
#include "devices/line.h"
#include "devices/scheduler.h"

namespace devices {

struct DateTime {
  unsigned year = 1994;
  unsigned month = 1;
  unsigned day = 1;
  unsigned hour = 0;
  unsigned minute = 0;
  unsigned second = 0;
};

class Cmos final : public PortDevice {
 public:
  static constexpr std::size_t kSize = 128;

  explicit Cmos(Scheduler& scheduler);

  // The RESET pin: interrupts off. Time, date and RAM are on the battery.
  void reset();
  void claim_ports(IoPorts& ports);  // 70-71

  Line irq;  // IRQ 8

  // For whoever fills in the configuration; clock registers are reached through ports and set_time.
  std::uint8_t ram(std::size_t index) const { return ram_[index % kSize]; }
  void set_ram(std::size_t index, std::uint8_t value) { ram_[index % kSize] = value; }
  void update_checksum();  // 2Eh/2Fh: sum of 10h..2Dh
  void set_time(const DateTime& time);

  bool nmi_masked() const { return nmi_masked_; }

  std::uint8_t in8(std::uint16_t port) override;
  void out8(std::uint16_t port, std::uint8_t value) override;
  void serialize(Archive& archive);

 private:
  std::uint8_t read_register();
  void write_register(std::uint8_t value);
  std::uint8_t take_flags();
  bool running() const;
  bool setting() const;
  bool update_in_progress() const;

  Nanoseconds chain_time() const;        // now, counted from an instant at which a second began
  std::uint64_t periodic_ticks() const;  // periods of the selected rate that have passed
  std::uint32_t period() const;          // in 32768 Hz clocks; 0: off
  void note_periodic();
  void restart_chain();
  void schedule_periodic();

  void second_passed();
  void periodic_tick();
  void advance_clock();
  bool carry(std::size_t index, unsigned first, unsigned last);
  bool advance_hour();
  void advance_century();
  bool alarm_matches() const;
  void raise(std::uint8_t flags);
  void update_irq();

  unsigned decode(std::uint8_t value) const;
  std::uint8_t encode(unsigned value) const;

  Scheduler& scheduler_;
  Event second_event_;
  Event periodic_event_;
  std::array<std::uint8_t, kSize> ram_{};
  std::uint8_t index_ = 0;
  bool nmi_masked_ = false;
  Nanoseconds phase_ = 0;            // where in a virtual second this clock's seconds begin
  std::uint64_t seen_periodic_ = 0;  // periodic_ticks() up to which PF has been accounted for
};

}  // namespace devices
