// Samples on their way from the machine's thread to the host's audio thread. Guest time follows the
// host's clock and the sound card has one of its own: the queue is read a little faster or slower
// (half a percent at most) so that it stays about kWanted full. Where the guest stops, runs at
// another speed, or comes too late, the sound ends: without a click, and begins again when half of
// the queue is there. Nothing of this is seen by the guest.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>

namespace ui {

class SoundQueue {
 public:
  static constexpr std::size_t kWanted = 2400;    // 50 ms
  static constexpr std::size_t kCapacity = 4800;  // 100 ms

  // The machine's thread.
  void push(std::span<const std::int16_t> samples);
  // The audio thread: fills all of `out`.
  void pull(std::span<std::int16_t> out);
  // Anybody. 0 to 100, by ear: the amplitude goes with the square.
  void set_volume(int percent);

 private:
  std::int16_t at(std::size_t index) const { return ring_[(first_ + index) % kCapacity]; }
  void break_off();

  std::mutex mutex_;
  std::array<std::int16_t, kCapacity> ring_{};
  std::size_t first_ = 0, count_ = 0;
  std::atomic<float> volume_ = 0;
  // The audio thread only, under the lock.
  bool playing_ = false;
  double place_ = 0;  // between at(0) and at(1)
  float fade_ = 0;    // 0 to 1 within 5 ms of a beginning
  float rest_ = 0;    // of what was broken off, dying away
  float heard_ = 0;   // the last sample, before the volume
  float loudness_ = 0;
};

}  // namespace ui
