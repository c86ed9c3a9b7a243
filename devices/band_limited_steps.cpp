#include "devices/band_limited_steps.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <utility>

namespace devices {

namespace {

// The kernel is kept for kPhases places between two samples; between these, straight lines: within
// 2^-16 of the true one.
constexpr unsigned kPhaseBits = 8;
constexpr unsigned kLineBits = 12;
constexpr unsigned kTapBits = 20;  // the taps of a phase add up to 1.0 exactly: no level drifts
constexpr std::size_t kPhases = std::size_t{1} << kPhaseBits;
constexpr std::size_t kTaps = 2 * BandLimitedSteps::kDelay;
constexpr double kCutoff = 22000.0 / kSampleRate;
constexpr unsigned kLeakBits = 9;  // kSampleRate / (2 pi 2^9) = 15 Hz
constexpr unsigned kSumBits = kTapBits + kLineBits;

using Phase = std::array<std::int32_t, kTaps>;
using Kernel = std::array<Phase, kPhases + 1>;

// `at` in samples from the middle.
double windowed_sinc(double at) {
  constexpr double half = BandLimitedSteps::kDelay;
  constexpr double pi = std::numbers::pi;
  if (std::abs(at) >= half) return 0;
  const double window = 0.42 + 0.5 * std::cos(pi * at / half) + 0.08 * std::cos(2 * pi * at / half);
  const double x = 2 * pi * kCutoff * at;
  return window * (x == 0 ? 1 : std::sin(x) / x);
}

// Taps are differences of neighbouring samples of the low-passed step: integrals over one sample.
Kernel make_kernel() {
  constexpr double grid = kPhases;
  std::array<double, kTaps * kPhases + 1> integral{};
  for (std::size_t i = 1; i < integral.size(); ++i) {
    const double middle = (static_cast<double>(i) - 0.5) / grid - BandLimitedSteps::kDelay;
    integral[i] = integral[i - 1] + windowed_sinc(middle) / grid;
  }
  const auto up_to = [&](std::ptrdiff_t place) {
    constexpr std::ptrdiff_t last = kTaps * kPhases;
    return integral[static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(place, 0, last))];
  };
  constexpr std::ptrdiff_t half = kPhases / 2;
  const double unit = (1 << kTapBits) / integral.back();
  Kernel kernel{};
  for (std::size_t phase = 0; phase <= kPhases; ++phase) {
    Phase& row = kernel[phase];
    for (std::size_t i = 0; i < kTaps; ++i) {
      const auto place =
          static_cast<std::ptrdiff_t>(i * kPhases) - static_cast<std::ptrdiff_t>(phase);
      row[i] = static_cast<std::int32_t>(
          std::lround((up_to(place + half) - up_to(place - half)) * unit));
    }
    row[kTaps / 2] += (1 << kTapBits) - std::accumulate(row.begin(), row.end(), 0);
  }
  return kernel;
}

const Kernel& kernel() {
  static const Kernel made = make_kernel();
  return made;
}

std::uint64_t sample_at(Nanoseconds time) {
  return scale(time, kSampleRate, kSecond);
}

// What is left of the sample in 2^-(kPhaseBits + kLineBits).
std::uint64_t fraction_at(Nanoseconds time) {
  return (time % kSecond * kSampleRate % kSecond << (kPhaseBits + kLineBits)) / kSecond;
}

}  // namespace

void BandLimitedSteps::restart(Nanoseconds time, std::int32_t level) {
  next_ = sample_at(time);
  steps_ = {};
  level_ = level;
}

void BandLimitedSteps::set_level(Nanoseconds time, std::int32_t level, const SampleSink& sink) {
  if (level == level_) return;
  run_to(time, sink);
  const std::int64_t jump = level - level_;
  level_ = level;
  const std::uint64_t fraction = fraction_at(time);
  const auto line = static_cast<std::int64_t>(fraction & ((1U << kLineBits) - 1));
  const Phase& before = kernel()[fraction >> kLineBits];
  const Phase& after = kernel()[(fraction >> kLineBits) + 1];
  for (std::size_t i = 0; i < kTaps; ++i) {
    const std::int64_t tap = before[i] * ((std::int64_t{1} << kLineBits) - line) + after[i] * line;
    steps_[(next_ + i) % kTaps] += jump * tap;
  }
}

void BandLimitedSteps::run_to(Nanoseconds time, const SampleSink& sink) {
  std::array<std::int16_t, 512> samples;
  const std::uint64_t end = sample_at(time);
  while (next_ < end) {
    const std::size_t count = std::min<std::uint64_t>(end - next_, samples.size());
    for (std::size_t i = 0; i < count; ++i, ++next_) {
      sum_ += std::exchange(steps_[next_ % kTaps], 0);
      const std::int64_t rounded = (sum_ + (std::int64_t{1} << (kSumBits - 1))) >> kSumBits;
      samples[i] = static_cast<std::int16_t>(std::clamp<std::int64_t>(rounded, -32768, 32767));
      sum_ -= sum_ >> kLeakBits;
    }
    sink(std::span(samples).first(count));
  }
}

}  // namespace devices
