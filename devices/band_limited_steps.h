// A level that jumps at any nanosecond, as samples without aliases.
//
// Every jump is a step that has gone through an ideal low pass: a windowed sinc (Blackman, 64 taps,
// pass band to 20 kHz, -74 dB from 24 kHz on) laid where the jump was, between two samples. Chosen
// over integrating the level in oversampled boxes: a silent speaker costs an addition a sample and
// a jump 64 multiplications, where boxes cost a decimating filter all the time; and the stop band
// does not depend on how fine the boxes are. Then a high pass at 15 Hz, so that a held level is
// silence.
//
// All in integers, and a sample is a function of the jumps alone: the same for whatever slices they
// came in. Sample n stands for the time n / kSampleRate, kDelay samples late.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "devices/sample_sink.h"
#include "devices/scheduler.h"

namespace devices {

class BandLimitedSteps {
 public:
  static constexpr std::int32_t kFull = 1 << 14;  // a level; a square wave of it swings by half
  static constexpr std::uint64_t kDelay = 32;

  // Begins anew at `time`, with this level held since ever.
  void restart(Nanoseconds time, std::int32_t level);
  // The level from `time` on: not before the last restart() and run_to(). 0 to kFull.
  void set_level(Nanoseconds time, std::int32_t level, const SampleSink& sink);
  // Hands on every sample that no later step can change.
  void run_to(Nanoseconds time, const SampleSink& sink);

 private:
  static constexpr std::size_t kTaps = 2 * kDelay;

  std::array<std::int64_t, kTaps> steps_{};  // of sample n at n modulo kTaps, n from next_ on
  std::uint64_t next_ = 0;                   // sample
  std::int32_t level_ = 0;
  std::int64_t sum_ = 0;  // of the steps so far, less what leaked: 2^32 to a unit of the samples
};

}  // namespace devices
