// Virtual time and what is due in it. Time is nanoseconds since power-on, moved only by the machine
// as the CPU retires instructions; the host clock never enters. An Event is a named member of the
// chip that owns it: what is pending is {name, deadline, sequence}, plain data that a save state
// can hold.
#pragma once

#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include "devices/archive.h"
#include "devices/delegate.h"

namespace devices {

using Nanoseconds = std::uint64_t;
inline constexpr Nanoseconds kMicrosecond = 1000;
inline constexpr Nanoseconds kMillisecond = 1000 * kMicrosecond;
inline constexpr Nanoseconds kSecond = 1000 * kMillisecond;
inline constexpr Nanoseconds kNever = std::numeric_limits<Nanoseconds>::max();

// value * numerator / denominator without overflow for any time this machine can reach; both
// factors below 2^32.
constexpr std::uint64_t scale(std::uint64_t value, std::uint64_t numerator,
                              std::uint64_t denominator) {
  return value / denominator * numerator + value % denominator * numerator / denominator;
}

class Scheduler;

class Event {
 public:
  // `name` must outlive the event and be unique on the board: "pit.channel0", "ata0.command".
  Event(Scheduler& scheduler, std::string_view name, Delegate<void()> action);
  ~Event();
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  bool pending() const { return deadline_ != kNever; }
  Nanoseconds deadline() const { return deadline_; }
  std::string_view name() const { return name_; }

 private:
  friend class Scheduler;
  Scheduler& scheduler_;
  std::string_view name_;
  Delegate<void()> action_;
  Nanoseconds deadline_ = kNever;
  std::uint64_t sequence_ = 0;
};

class Scheduler {
 public:
  Nanoseconds now() const { return now_; }
  Nanoseconds next_deadline() const { return next_deadline_; }  // kNever when nothing is pending

  // Replaces an earlier deadline of the same event. Events due at one instant fire in the order in
  // which they were scheduled.
  void schedule(Event& event, Nanoseconds delay) { schedule_at(event, now_ + delay); }
  void schedule_at(Event& event, Nanoseconds deadline);
  void cancel(Event& event);

  // Moves time forward to `time` (never back) and fires what falls due on the way, each with now()
  // standing at its own deadline. Not to be called from an event.
  void advance_to(Nanoseconds time);

  void serialize(Archive& archive);

 private:
  friend class Event;
  void find_next();

  Nanoseconds now_ = 0;
  Nanoseconds next_deadline_ = kNever;
  std::uint64_t next_sequence_ = 0;
  std::vector<Event*> events_;  // registration order, the same on every run
  Event* next_ = nullptr;
};

}  // namespace devices
