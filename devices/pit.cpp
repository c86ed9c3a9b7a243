#include "devices/pit.h"

#include <algorithm>

namespace devices {

namespace {
// [8254] "Control Word Format", "Read-Back Command"
constexpr std::uint8_t kReadBackNoCount = 0x20;
constexpr std::uint8_t kReadBackNoStatus = 0x10;
constexpr unsigned kAccessLsb = 1;
constexpr unsigned kAccessMsb = 2;
constexpr std::uint8_t kLsb = 1;
constexpr std::uint8_t kMsb = 2;

// Digits above 9 count as what they are, and the sum wraps.
constexpr std::uint32_t from_bcd(std::uint32_t value) {
  return ((value >> 12) * 1000 + (value >> 8 & 15) * 100 + (value >> 4 & 15) * 10 + (value & 15)) %
         10000;
}
constexpr std::uint32_t to_bcd(std::uint32_t value) {
  return (value / 1000 % 10) << 12 | (value / 100 % 10) << 8 | (value / 10 % 10) << 4 | value % 10;
}
}  // namespace

// Power-on state is undefined; ours is an idle square wave generator with OUT high.
void PitCounter::reset(bool gate) {
  *this = PitCounter();
  control_ = 0x36;
  gate_ = gate;
}

// 110 and 111 mean 2 and 3.
unsigned PitCounter::mode() const {
  const unsigned mode = control_ >> 1 & 7;
  return mode > 5 ? mode - 4 : mode;
}

void PitCounter::write_control(std::uint8_t control) {
  control_ = control & 0x3F;
  out_ = mode() != 0;
  latched_bytes_ = 0;
  status_latched_ = read_msb_next_ = write_msb_next_ = false;
  written_ = load_pending_ = running_ = halted_ = strobe_armed_ = false;
  null_count_ = true;
}

void PitCounter::write_count(std::uint8_t value) {
  switch (access()) {
    case kAccessLsb:
      commit_count(value);
      break;
    case kAccessMsb:
      commit_count(static_cast<std::uint16_t>(value << 8));
      break;
    default:
      if (!write_msb_next_) {
        write_msb_next_ = true;
        first_byte_ = value;
        if (mode() ==
            0) {  // [8254] "Mode 0": the first byte disables counting, OUT goes low at once
          halted_ = true;
          out_ = false;
        }
      } else {
        write_msb_next_ = false;
        commit_count(static_cast<std::uint16_t>(value << 8 | first_byte_));
      }
      break;
  }
}

void PitCounter::commit_count(std::uint16_t value) {
  const std::uint32_t count = bcd() ? from_bcd(value) : value;
  count_register_ = count == 0 ? modulus() : count;
  null_count_ = true;
  // Gate-triggered modes wait for the gate; a running wave takes the count at its next reload.
  if (!triggered_by_gate() && !(periodic() && written_)) load_pending_ = true;
  written_ = true;
  if (mode() == 0) {
    halted_ = false;
    out_ = false;
  }
}

std::uint16_t PitCounter::count_value() const {
  return static_cast<std::uint16_t>(bcd() ? to_bcd(counting_element_) : counting_element_);
}

std::uint8_t PitCounter::read() {
  if (status_latched_) {
    status_latched_ = false;
    return status_latch_;
  }
  bool msb = access() == kAccessMsb;
  if (access() > kAccessMsb) {
    msb = read_msb_next_;
    read_msb_next_ = !read_msb_next_;
  }
  const std::uint8_t byte = msb ? kMsb : kLsb;
  const std::uint16_t value = (latched_bytes_ & byte) != 0 ? count_latch_ : count_value();
  latched_bytes_ = static_cast<std::uint8_t>(latched_bytes_ & ~byte);
  return static_cast<std::uint8_t>(msb ? value >> 8 : value);
}

void PitCounter::latch_count() {
  if (latched_bytes_ != 0) return;
  count_latch_ = count_value();
  latched_bytes_ = access() == kAccessLsb ? kLsb : access() == kAccessMsb ? kMsb : kLsb | kMsb;
}

void PitCounter::latch_status() {
  if (status_latched_) return;
  status_latched_ = true;
  status_latch_ =
      static_cast<std::uint8_t>((out_ ? 0x80 : 0) | (null_count_ ? 0x40 : 0) | control_);
}

// [8254] "Gate": a level in modes 0 and 4, a latched rising edge in 1 and 5, both in 2 and 3.
void PitCounter::set_gate(bool level) {
  if (level == gate_) return;
  gate_ = level;
  if (level) {
    if (written_ && (periodic() || triggered_by_gate())) load_pending_ = true;
  } else if (periodic()) {
    out_ = true;
  }
}

bool PitCounter::counting() const {
  return running_ && !halted_ && (gate_ || triggered_by_gate());
}

std::uint64_t PitCounter::clocks_to_change() const {
  if (load_pending_) return 1;
  if ((mode() == 4 || mode() == 5) && !out_) return 1;  // the strobe ends
  if (!counting()) return kNoChange;
  if (periodic() && period_ == 1) return null_count_ ? 1 : kNoChange;
  const std::uint64_t count = counting_element_;
  switch (mode()) {
    case 2:
      return count > 1 ? count - 1 : 1;
    case 3:
      if ((count & 1) == 0) return count / 2;
      return out_ ? (count + 1) / 2 : (count - 1) / 2;
    default:
      return strobe_armed_ ? count : kNoChange;
  }
}

std::uint32_t PitCounter::steady_period() const {
  return periodic() && counting() && !load_pending_ && !null_count_ && period_ > 1 ? period_ : 0;
}

std::uint64_t PitCounter::clocks_to_rise() const {
  const std::uint64_t change = clocks_to_change();
  if (!out_) return change;
  return change + (mode() == 2 ? 1 : period_ / 2);
}

// One clock with all that may happen at it.
void PitCounter::clock() {
  if ((mode() == 4 || mode() == 5) && !out_) out_ = true;
  if (load_pending_) return load();
  if (!counting()) return;
  if (mode() == 2) {
    if (counting_element_ <= 1) return load();
    if (--counting_element_ == 1) out_ = false;
  } else if (mode() == 3) {
    const std::uint32_t step = (counting_element_ & 1) == 0 ? 2 : out_ ? 1 : 3;
    if (counting_element_ > step) {
      counting_element_ -= step;
    } else {
      const bool next = !out_ || period_ == 1;
      load();
      out_ = next || period_ == 1;
    }
  } else {
    count_down(1);
    if (counting_element_ == 0 && strobe_armed_) {
      strobe_armed_ = false;
      out_ = mode() < 2;
    }
  }
}

void PitCounter::load() {
  counting_element_ = period_ = count_register_;
  load_pending_ = null_count_ = false;
  running_ = true;
  strobe_armed_ = !periodic();
  if (mode() == 1) out_ = false;
  if (periodic()) out_ = true;
}

// Clocks at which nothing else happens.
void PitCounter::count_down(std::uint64_t clocks) {
  if (clocks == 0) return;
  if (mode() == 3) {
    if ((counting_element_ & 1) != 0) {
      counting_element_ -= out_ ? 1 : 3;
      --clocks;
    }
    counting_element_ -= static_cast<std::uint32_t>(2 * clocks);
    return;
  }
  const auto step = static_cast<std::uint32_t>(clocks % modulus());
  counting_element_ = (counting_element_ + modulus() - step) % modulus();
}

void PitCounter::advance(std::uint64_t clocks) {
  while (clocks > 0) {
    if (const std::uint32_t period = steady_period(); period != 0 && clocks >= period) {
      clocks %= period;
      continue;
    }
    const std::uint64_t change = clocks_to_change();
    if (change > clocks) {
      const bool idle = !counting() || (periodic() && period_ == 1);
      if (!idle) count_down(clocks);
      return;
    }
    count_down(change - 1);
    clock();
    clocks -= change;
  }
}

void PitCounter::serialize(Archive& archive) {
  archive(control_);
  archive(count_register_);
  archive(counting_element_);
  archive(period_);
  archive(count_latch_);
  archive(status_latch_);
  archive(first_byte_);
  archive(latched_bytes_);
  archive(status_latched_);
  archive(read_msb_next_);
  archive(write_msb_next_);
  archive(gate_);
  archive(out_);
  archive(written_);
  archive(null_count_);
  archive(load_pending_);
  archive(running_);
  archive(halted_);
  archive(strobe_armed_);
  if (!archive.loading()) return;
  control_ &= 0x3F;
  // What the arithmetic above relies on.
  const std::uint32_t count = counting_element_;
  const bool wave_ok = period_ <= modulus() && count >= 1 && count <= period_ &&
                       (mode() == 2 || (count & 1) == 0 || count == period_);
  const bool ok =
      count <= 65536 && (!running_ || count <= modulus()) &&
      (!(written_ || load_pending_) || (count_register_ >= 1 && count_register_ <= modulus())) &&
      (!strobe_armed_ || count >= 1) && (!running_ || !periodic() || wave_ok);
  if (!ok) throw ArchiveError("state: 8254 count out of range");
}

Pit::Pit(Scheduler& scheduler)
    : scheduler_(scheduler),
      out0_event_(scheduler, "pit.out0", Delegate<void()>::to<&Pit::out0_edge>(*this)) {
  reset();
}

void Pit::reset() {
  stand_at(clocks());
  for (PitCounter& counter : counters_) counter.reset(true);
  counters_[2].reset(false);
  changed(0);
  changed(2);
}

void Pit::claim_ports(IoPorts& ports) {
  ports.claim(*this, "8254", 0x40, 0x43);
}

std::uint64_t Pit::clocks() const {
  return scale(scheduler_.now(), kPitFrequency, kSecond);
}

void Pit::advance_to(std::uint64_t clock) {
  for (PitCounter& counter : counters_) counter.advance(clock - synced_);
  stand_at(clock);
}

void Pit::stand_at(std::uint64_t clock) {
  synced_ = clock;
  next_clock_ = pit_clock_time(clock + 1);
}

PitCounter Pit::counter_now(unsigned index) const {
  PitCounter counter = counters_[index % 3];
  counter.advance(clocks() - synced_);
  return counter;
}

void Pit::changed(unsigned index) {
  if (index == 0) follow_out0();
  if (index == 2 && counter2_changed) counter2_changed();
}

void Pit::follow_out0() {
  const PitCounter& counter = counters_[0];
  out0.set(counter.out());
  std::uint64_t next = counter.clocks_to_change();
  skipped_fall_ = false;
  if (const std::uint32_t period = counter.steady_period();
      period != 0 && period < kFastestPeriod) {
    next = counter.clocks_to_rise() + std::uint64_t{kFastestPeriod / period} * period;
    skipped_fall_ = true;
  }
  if (next == PitCounter::kNoChange) {
    scheduler_.cancel(out0_event_);
  } else {
    scheduler_.schedule_at(out0_event_, pit_clock_time(synced_ + next));
  }
}

void Pit::out0_edge() {
  sync();
  if (skipped_fall_) out0.set(false);
  follow_out0();
}

void Pit::set_gate2(bool level) {
  sync();
  counters_[2].set_gate(level);
  changed(2);
}

bool Pit::output(unsigned counter) {
  sync();
  return counters_[counter % 3].out();
}

std::uint8_t Pit::in8(std::uint16_t port) {
  if ((port & 3) == 3) return 0xFF;
  sync();
  return counters_[port & 3].read();
}

void Pit::out8(std::uint16_t port, std::uint8_t value) {
  sync();
  unsigned index = port & 3;
  if (index < 3) {
    counters_[index].write_count(value);
    return changed(index);
  }
  index = value >> 6;
  if (index == 3) return read_back(value);
  if ((value & 0x30) == 0) return counters_[index].latch_count();
  counters_[index].write_control(value);
  changed(index);
}

void Pit::read_back(std::uint8_t command) {
  for (unsigned index = 0; index < 3; ++index) {
    if ((command & 2u << index) == 0) continue;
    if ((command & kReadBackNoCount) == 0) counters_[index].latch_count();
    if ((command & kReadBackNoStatus) == 0) counters_[index].latch_status();
  }
}

void Pit::serialize(Archive& archive) {
  archive.tag("8254", 2);
  archive(out0);
  for (PitCounter& counter : counters_) archive(counter);
  archive(synced_);
  archive(skipped_fall_);
  if (!archive.loading()) return;
  if (synced_ > clocks()) throw ArchiveError("state: 8254 ahead of time");
  stand_at(synced_);
}

}  // namespace devices
