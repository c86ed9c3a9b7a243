// The last commands of one ATA drive, for people: what was asked, when, and how it ended. Not part
// of the drive's state.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "devices/scheduler.h"

namespace devices {

struct AtaLogEntry {
  Nanoseconds began = 0;
  Nanoseconds ended = 0;  // 0: still at work, or cut off by the next command
  std::uint8_t opcode = 0;
  std::uint8_t features = 0, count = 0;  // as the host wrote them
  std::uint8_t sector = 0, cylinder_low = 0, cylinder_high = 0, device = 0;
  std::uint8_t status = 0, error = 0;  // at the end
};

class AtaLog {
 public:
  static constexpr std::size_t kSize = 64;

  void begin(const AtaLogEntry& entry) { entries_[begun_++ % kSize] = entry; }
  void end(Nanoseconds now, std::uint8_t status, std::uint8_t error) {
    if (begun_ == 0) return;
    AtaLogEntry& last = entries_[(begun_ - 1) % kSize];
    if (last.ended != 0) return;
    last.ended = now;
    last.status = status;
    last.error = error;
  }

  // The drive is at an earlier moment again: what it did after that has not happened.
  void forget_after(Nanoseconds now) {
    while (begun_ != 0 && entries_[(begun_ - 1) % kSize].began > now) --begun_;
    if (begun_ == 0) return;
    AtaLogEntry& last = entries_[(begun_ - 1) % kSize];
    if (last.ended > now) last.ended = 0;
  }

  // Oldest first.
  std::vector<AtaLogEntry> entries() const {
    std::vector<AtaLogEntry> all;
    for (std::size_t i = begun_ < kSize ? 0 : begun_ - kSize; i < begun_; ++i) {
      all.push_back(entries_[i % kSize]);
    }
    return all;
  }

 private:
  std::array<AtaLogEntry, kSize> entries_{};
  std::size_t begun_ = 0;
};

}  // namespace devices
