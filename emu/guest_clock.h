// Instructions to nanoseconds and back. A slot is the time of one instruction, run or slept
// through: the guest's time is a count of slots and nothing else.
#pragma once

#include <cstdint>

#include "devices/scheduler.h"

namespace emu {

class GuestClock {
 public:
  // `mips` instructions are one microsecond; 1 to 1000.
  explicit GuestClock(std::uint32_t mips)
      : mips_(mips), whole_(devices::kMicrosecond % mips == 0 ? devices::kMicrosecond / mips : 0) {}

  std::uint32_t mips() const { return mips_; }

  devices::Nanoseconds time_at(std::uint64_t slot) const {
    return whole_ != 0 ? slot * whole_ : devices::scale(slot, devices::kMicrosecond, mips_);
  }
  // The first slot that starts at or after `time`.
  std::uint64_t slot_at(devices::Nanoseconds time) const {
    const std::uint64_t slot = devices::scale(time, mips_, devices::kMicrosecond);
    return time_at(slot) < time ? slot + 1 : slot;
  }

 private:
  std::uint32_t mips_;
  // Nanoseconds of a slot where that is a whole number, as it is at most speeds: each access to a
  // port asks for the time, and a division takes as long as the rest of it.
  devices::Nanoseconds whole_;
};

}  // namespace emu
