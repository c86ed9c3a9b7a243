// The way of the sound from guest time to a sound card with a clock of its own, without a card.
#include "ui/sound_queue.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "tests/catch.hpp"

namespace {

using ui::SoundQueue;
using Samples = std::vector<std::int16_t>;

Samples sine(std::size_t from, std::size_t count) {
  Samples samples(count);
  for (std::size_t i = 0; i < count; ++i) {
    const double turns = static_cast<double>(from + i) * 1000 / 48000;
    samples[i] = static_cast<std::int16_t>(8000 * std::sin(2 * std::numbers::pi * turns));
  }
  return samples;
}

Samples pull(SoundQueue& queue, std::size_t count) {
  Samples samples(count, 1234);
  queue.pull(samples);
  return samples;
}

int largest_jump(const Samples& samples) {
  int most = 0;
  for (std::size_t i = 1; i < samples.size(); ++i) {
    most = std::max(most, std::abs(samples[i] - samples[i - 1]));
  }
  return most;
}

bool silent(const Samples& samples) {
  return std::ranges::all_of(samples, [](std::int16_t sample) { return sample == 0; });
}

// Until the volume is what it was set to.
void settle(SoundQueue& queue, int volume) {
  queue.set_volume(volume);
  pull(queue, 8192);
}

}  // namespace

TEST_CASE("sound queue: nothing sounds before half of it is there, then what was pushed does",
          "[ui][sound]") {
  SoundQueue queue;
  settle(queue, 100);
  queue.push(sine(0, SoundQueue::kWanted - 1));
  REQUIRE(silent(pull(queue, 512)));
  queue.push(sine(SoundQueue::kWanted - 1, 1));
  const Samples heard = pull(queue, 2000);
  const Samples played = sine(0, 2000);
  REQUIRE(std::abs(heard[0]) < 100);  // it fades in
  for (std::size_t i = 400; i < 1500; ++i) REQUIRE(std::abs(heard[i] - played[i]) < 1100);
  REQUIRE(*std::ranges::max_element(heard) > 7900);
}

TEST_CASE("sound queue: a machine that stops, and one that goes on, make no click", "[ui][sound]") {
  SoundQueue queue;
  settle(queue, 100);
  const int smooth = largest_jump(sine(0, 1000)) * 12 / 10;
  Samples heard;
  std::size_t at = 0;
  for (int round = 0; round < 20; ++round) {
    const std::size_t more = SoundQueue::kWanted + 37 * static_cast<std::size_t>(round);
    queue.push(sine(at, more));
    at += more + 13;  // the guest goes on elsewhere
    const Samples part = pull(queue, 4096);
    heard.insert(heard.end(), part.begin(), part.end());
    REQUIRE(silent({part.end() - 256, part.end()}));
  }
  REQUIRE(*std::ranges::max_element(heard) > 7900);
  REQUIRE(largest_jump(heard) < smooth);
}

TEST_CASE("sound queue: a card three in a thousand too fast or too slow is always supplied",
          "[ui][sound]") {
  const double card = GENERATE(0.997, 0.9999, 1.0001, 1.003);
  SoundQueue queue;
  settle(queue, 100);
  const Samples slice(96, 8000);  // 2 ms
  double due = 0;
  int broken = 0;
  for (int i = 0; i < 10'000; ++i) {
    queue.push(slice);
    due += 96 * card;
    if (due < 512) continue;
    due -= 512;
    const Samples heard = pull(queue, 512);
    if (i > 200 && !std::ranges::all_of(heard, [](int sample) { return sample == 8000; })) ++broken;
  }
  REQUIRE(broken == 0);
}

TEST_CASE("sound queue: unread, it keeps the newest and no more than its size", "[ui][sound]") {
  SoundQueue queue;
  settle(queue, 100);
  for (int i = 0; i < 1000; ++i) queue.push(Samples(96, 100));
  queue.push(Samples(SoundQueue::kCapacity * 3, 7000));
  const Samples heard = pull(queue, 2 * SoundQueue::kCapacity);
  const auto newest = std::ranges::count(heard, 7000);
  REQUIRE(newest > static_cast<std::ptrdiff_t>(SoundQueue::kWanted) * 8 / 10);
  REQUIRE(newest <= static_cast<std::ptrdiff_t>(SoundQueue::kWanted));
  REQUIRE(heard.back() == 0);
}

TEST_CASE("sound queue: the volume goes by ear, and 0 is silence", "[ui][sound]") {
  SoundQueue queue;
  settle(queue, 50);
  queue.push(Samples(SoundQueue::kWanted, 8000));
  Samples heard = pull(queue, 2000);
  REQUIRE(heard[1500] == 2000);
  settle(queue, 0);
  queue.push(Samples(SoundQueue::kWanted, 8000));
  heard = pull(queue, 2000);
  REQUIRE(silent(heard));
}
