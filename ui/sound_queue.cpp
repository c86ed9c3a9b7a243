#include "ui/sound_queue.h"

#include <algorithm>
#include <cmath>

namespace ui {

namespace {

constexpr double kMostCorrection = 0.005;
constexpr float kFadeStep = 1.0F / 240;  // 5 ms
constexpr float kDying = 1 - 1.0F / 64;  // down by 60 dB in 9 ms
constexpr float kFollow = 1.0F / 256;    // how the volume approaches what it was set to

}  // namespace

void SoundQueue::set_volume(int percent) {
  const float part = static_cast<float>(std::clamp(percent, 0, 100)) / 100;
  volume_ = part * part;
}

void SoundQueue::push(std::span<const std::int16_t> samples) {
  const std::lock_guard lock(mutex_);
  if (count_ + samples.size() > kCapacity) {
    // Nobody reads, or far too slowly: the newest is what counts.
    break_off();
    const std::size_t keep =
        samples.size() < kWanted ? std::min(count_, kWanted - samples.size()) : 0;
    first_ = (first_ + count_ - keep) % kCapacity;
    count_ = keep;
    if (samples.size() > kWanted) samples = samples.last(kWanted);
  }
  for (const std::int16_t sample : samples) ring_[(first_ + count_++) % kCapacity] = sample;
}

// What was heard last dies away under what comes.
void SoundQueue::break_off() {
  playing_ = false;
  rest_ = heard_;
  fade_ = 0;
}

void SoundQueue::pull(std::span<std::int16_t> out) {
  const std::lock_guard lock(mutex_);
  if (!playing_ && count_ >= kWanted) playing_ = true;
  const double off = (static_cast<double>(count_) - kWanted) / kWanted;
  const double pace = 1 + std::clamp(off * kMostCorrection, -kMostCorrection, kMostCorrection);
  for (std::int16_t& sample : out) {
    if (playing_ && count_ < 2) break_off();
    float value = 0;
    if (playing_) {
      const auto between = static_cast<float>(place_);
      fade_ = std::min(1.0F, fade_ + kFadeStep);
      value =
          fade_ * (static_cast<float>(at(0)) * (1 - between) + static_cast<float>(at(1)) * between);
      place_ += pace;
      const auto steps = std::min(static_cast<std::size_t>(place_), count_ - 1);
      place_ -= static_cast<double>(steps);
      first_ = (first_ + steps) % kCapacity;
      count_ -= steps;
    }
    rest_ *= kDying;
    heard_ = value + rest_;
    loudness_ += (volume_ - loudness_) * kFollow;
    sample =
        static_cast<std::int16_t>(std::lround(std::clamp(heard_ * loudness_, -32768.0F, 32767.0F)));
  }
}

}  // namespace ui
