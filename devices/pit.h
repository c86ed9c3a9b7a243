// The 8254 interval timer of an AT: three counters at 1.193182 MHz. Counts are computed from the
// virtual time when somebody looks; an event exists only for the edges of OUT0, which interrupts.
//
// [8254]  Intel 231164, 8254 Programmable Interval Timer
//
// A count takes effect with the clock pulse after its write, as on the chip; pulse k is the first
// nanosecond at which k clocks have passed since power-on, so nothing drifts. Open: count 1 in
// modes 2 and 3 is illegal; taken as OUT stuck high, reloading with every clock. Not exact: OUT0
// programmed faster than kFastestPeriod shows one pulse in several, so that no guest can drown the
// machine in events. Counters and status stay exact.
#pragma once

#include <array>
#include <cstdint>

#include "devices/archive.h"
#include "devices/io_ports.h"
#include "devices/line.h"
#include "devices/scheduler.h"

namespace devices {

inline constexpr std::uint64_t kPitFrequency = 1193182;

// First nanosecond at which so many clocks have passed since power-on.
constexpr Nanoseconds pit_clock_time(std::uint64_t clocks) {
  const std::uint64_t rest = clocks % kPitFrequency * kSecond;
  return clocks / kPitFrequency * kSecond + (rest + kPitFrequency - 1) / kPitFrequency;
}

// One counter. It is told how many clocks have passed, and knows when its output may change next.
class PitCounter {
 public:
  static constexpr std::uint64_t kNoChange = ~std::uint64_t{0};

  void reset(bool gate);

  void write_control(std::uint8_t control);
  void write_count(std::uint8_t value);
  std::uint8_t read();
  void latch_count();
  void latch_status();
  void set_gate(bool level);

  void advance(std::uint64_t clocks);
  // Clocks until the first one that does more than count down; kNoChange: until told otherwise.
  std::uint64_t clocks_to_change() const;
  // The period of a running square or pulse wave, 0 for everything else.
  std::uint32_t steady_period() const;
  // Clocks until OUT rises next; only for a steady period.
  std::uint64_t clocks_to_rise() const;

  bool out() const { return out_; }
  bool gate() const { return gate_; }
  unsigned mode() const;
  std::uint32_t reload() const { return count_register_; }
  std::uint16_t count_value() const;  // as a read shows it

  void serialize(Archive& archive);

 private:
  std::uint32_t modulus() const { return bcd() ? 10000 : 65536; }
  bool bcd() const { return (control_ & 1) != 0; }
  unsigned access() const { return control_ >> 4 & 3; }
  bool periodic() const { return mode() == 2 || mode() == 3; }
  bool triggered_by_gate() const { return mode() == 1 || mode() == 5; }
  bool counting() const;
  void commit_count(std::uint16_t value);
  void clock();
  void load();
  void count_down(std::uint64_t clocks);

  std::uint8_t control_ = 0;            // RW, mode, BCD as written
  std::uint32_t count_register_ = 0;    // CR: 1..65536
  std::uint32_t counting_element_ = 0;  // CE: 0..65536
  std::uint32_t period_ = 0;            // the count in force in modes 2 and 3
  std::uint16_t count_latch_ = 0;
  std::uint8_t status_latch_ = 0;
  std::uint8_t first_byte_ = 0;
  std::uint8_t latched_bytes_ = 0;  // bit 0 LSB, bit 1 MSB of count_latch_ not yet read
  bool status_latched_ = false;
  bool read_msb_next_ = false;
  bool write_msb_next_ = false;
  bool gate_ = true;
  bool out_ = true;
  bool written_ = false;       // a count has come since the control word
  bool null_count_ = true;     // and is not yet in CE
  bool load_pending_ = false;  // the next clock loads CE
  bool running_ = false;       // CE has been loaded since the control word
  bool halted_ = false;        // mode 0 between the bytes of a new count
  bool strobe_armed_ = false;  // modes 0, 1, 4, 5: the end of this count has not come yet
};

class Pit final : public PortDevice {
 public:
  explicit Pit(Scheduler& scheduler);

  void reset();
  void claim_ports(IoPorts& ports);  // 40-43

  Line out0;  // to IRQ 0
  // Called after OUT2's course was changed by a write or its gate; it makes no events, see
  // counter_now().
  Delegate<void()> counter2_changed;

  void set_gate2(bool level);
  bool output(unsigned counter);  // at this instant
  std::uint64_t clocks() const;   // since power-on
  // Those of the last access or output(): the same as long as no time goes by.
  std::uint64_t last_clocks() const { return synced_; }

  const PitCounter& counter(unsigned index) const { return counters_[index % 3]; }
  // The same as it stands at this instant: whoever goes on from one change to the next sees the
  // edges of OUT.
  PitCounter counter_now(unsigned index) const;

  std::uint8_t in8(std::uint16_t port) override;
  void out8(std::uint16_t port, std::uint8_t value) override;
  void serialize(Archive& archive);

 private:
  static constexpr std::uint32_t kFastestPeriod = 16;  // clocks: 74.6 kHz

  // Between two clocks nothing changes: a loop that polls port 61h asks far more often than that.
  void sync() {
    if (scheduler_.now() >= next_clock_) advance_to(clocks());
  }
  void advance_to(std::uint64_t clock);
  void stand_at(std::uint64_t clock);
  void changed(unsigned index);
  void out0_edge();
  void follow_out0();  // the line takes OUT's level, the event its next change
  void read_back(std::uint8_t command);

  Scheduler& scheduler_;
  Event out0_event_;
  std::array<PitCounter, 3> counters_;
  std::uint64_t synced_ = 0;    // clocks up to which the counters stand
  Nanoseconds next_clock_ = 0;  // when the one after that comes
  bool skipped_fall_ = false;   // the pending event stands for a fall and a rise
};

}  // namespace devices
