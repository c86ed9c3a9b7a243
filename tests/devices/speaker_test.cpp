// What comes out of the speaker, measured: single frequencies by their Fourier sums, written here.
#include "devices/speaker.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>
#include <random>
#include <vector>

#include "tests/catch.hpp"
#include "tests/devices/port_rig.h"

using namespace devices;

namespace {

using Samples = std::vector<std::int16_t>;

struct Board : PortRig {
  explicit Board(bool listening = true)
      : pit(scheduler), system(pit), speaker(scheduler, pit, system) {
    pit.claim_ports(ports);
    system.claim_ports(ports);
    system.reset();
    if (listening) speaker.listen(SampleSink::to<&Board::hear>(*this));
  }
  void hear(std::span<const std::int16_t> more) {
    samples.insert(samples.end(), more.begin(), more.end());
  }
  // Mode 0, 2 or 3 of counter 2, low byte only or both.
  void program(int mode, int count) {
    out(0x43, 0xB0 | mode << 1);
    out(0x42, count & 0xFF);
    out(0x42, count >> 8);
  }
  void tone(int divisor) {
    program(3, divisor);
    out(0x61, 3);
  }
  void until(Nanoseconds time) { scheduler.advance_to(time); }
  void wait(Nanoseconds time) { until(scheduler.now() + time); }
  // What sounds during the next `time`.
  Samples record(Nanoseconds time) {
    speaker.run();
    samples.clear();
    wait(time);
    speaker.run();
    return samples;
  }
  std::vector<std::uint8_t> state() {
    Archive archive = Archive::saver();
    scheduler.serialize(archive);
    pit.serialize(archive);
    system.serialize(archive);
    return {archive.saved().begin(), archive.saved().end()};
  }

  Scheduler scheduler;
  Pit pit;
  SystemPort system;
  Speaker speaker;
  Samples samples;
};

// The amplitude of a sine of this frequency; a Blackman-Harris window keeps others 90 dB away.
double amplitude(const Samples& samples, double hertz) {
  std::complex<double> sum = 0;
  double weights = 0;
  const std::complex<double> turn =
      std::polar(1.0, -2 * std::numbers::pi * hertz / static_cast<double>(kSampleRate));
  std::complex<double> phase = 1;
  for (std::size_t i = 0; i < samples.size(); ++i, phase *= turn) {
    const double x =
        2 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(samples.size());
    const double weight =
        0.35875 - 0.48829 * std::cos(x) + 0.14128 * std::cos(2 * x) - 0.01168 * std::cos(3 * x);
    sum += weight * samples[i] * phase;
    weights += weight;
  }
  return 2 * std::abs(sum) / weights;
}

double decibels(double ratio) {
  return 20 * std::log10(ratio);
}

int loudest(const Samples& samples) {
  int most = 0;
  for (const int sample : samples) most = std::max(most, std::abs(sample));
  return most;
}

// Where a frequency appears among samples.
double mirrored(double hertz) {
  const double rest = std::fmod(hertz, kSampleRate);
  return std::min(rest, kSampleRate - rest);
}

// Pulses as long as a sine of M times half the full swing says at their beginnings: the amplitude
// of that sine (n = 1) and of the harmonics that such pulses have by nature; Bessel functions, as
// in any book on pulse width modulation. `ratio` of sine to carrier.
double pulse_width_harmonic(int n, double ratio, double m) {
  const double x = n * std::numbers::pi * ratio;
  return BandLimitedSteps::kFull * std::cyl_bessel_j(n, x * m) / x;
}

constexpr double kFull = BandLimitedSteps::kFull;
// Longer than any level's decay.
constexpr Nanoseconds kSettled = 300 * kMillisecond;

}  // namespace

TEST_CASE("speaker: the timer at 1193 gives a tone of 1000 Hz", "[devices][speaker]") {
  Board b;
  b.tone(1193);
  b.wait(kSettled);
  const Samples heard = b.record(kSecond);
  REQUIRE(heard.size() == kSampleRate);
  int rises = 0;
  for (std::size_t i = 1; i < heard.size(); ++i) rises += heard[i - 1] < 0 && heard[i] >= 0 ? 1 : 0;
  REQUIRE(std::abs(rises - 1000) <= 1);
  // A square wave: its sine is 4/pi of the swing to one side, the third harmonic a third of that.
  const double first = amplitude(heard, 1193182.0 / 1193);
  REQUIRE(first == Approx(kFull / 2 * 4 / std::numbers::pi).epsilon(0.002));
  REQUIRE(amplitude(heard, 3 * 1193182.0 / 1193) == Approx(first / 3).epsilon(0.01));
  REQUIRE(b.speaker.tone().value() == Approx(1000.15).epsilon(0.0001));
}

TEST_CASE("speaker: a square wave of 9 kHz has its harmonics' mirror images below -75 dB",
          "[devices][speaker]") {
  Board b;
  b.tone(132);
  b.wait(kSettled);
  const Samples heard = b.record(kSecond);
  constexpr double tone = 1193182.0 / 132;
  const double first = amplitude(heard, tone);
  REQUIRE(first == Approx(kFull / 2 * 4 / std::numbers::pi).epsilon(0.005));
  for (int harmonic = 3; harmonic < 60; harmonic += 2) {
    INFO("harmonic " << harmonic << " at " << mirrored(harmonic * tone));
    REQUIRE(decibels(amplitude(heard, mirrored(harmonic * tone)) / first) < -75);
  }
}

TEST_CASE("speaker: a tone up to 8 kHz adds nothing below its own frequency, whatever its divisor",
          "[devices][speaker]") {
  const int divisor = GENERATE(149, 199, 271, 397);
  Board b;
  b.tone(divisor);
  b.wait(kSettled);
  const Samples heard = b.record(kSecond / 4);
  const double tone = 1193182.0 / divisor;
  const double first = amplitude(heard, tone);
  for (double hertz = 100; hertz < tone - 100; hertz += 60) {
    INFO(hertz << " Hz beside " << tone);
    REQUIRE(decibels(amplitude(heard, hertz) / first) < -70);
  }
}

TEST_CASE("speaker: a timer parked above what can be heard is silence and makes no event",
          "[devices][speaker]") {
  const int divisor = GENERATE(1, 2, 3, 10, 18, 40);
  const int mode = GENERATE(2, 3);
  Board b;
  b.program(mode, divisor);
  b.out(0x61, 3);
  b.wait(kSettled);
  REQUIRE(loudest(b.record(kSecond)) == 0);
  REQUIRE(b.scheduler.next_deadline() == kNever);
  REQUIRE_FALSE(b.speaker.tone());
}

TEST_CASE("speaker: speech by one-shots of the timer, 18 kHz carrier: a sine of 1 kHz comes back",
          "[devices][speaker]") {
  Board b;
  b.out(0x43, 0x90);  // low byte only, mode 0: OUT is low for so many clocks
  b.out(0x61, 3);
  constexpr std::uint64_t carrier = 18000;
  constexpr double clocks = static_cast<double>(kPitFrequency) / carrier;
  const auto play = [&](std::uint64_t from, std::uint64_t to) {
    for (std::uint64_t i = from; i < to; ++i) {
      b.until(scale(i, kSecond, carrier));
      const double sine = std::sin(2 * std::numbers::pi * 1000 * static_cast<double>(i) / carrier);
      b.out(0x42, static_cast<int>(std::lround(clocks * (0.5 - 0.4 * sine))));
    }
  };
  play(1, carrier / 2);
  b.speaker.run();
  b.samples.clear();
  play(carrier / 2, carrier);
  b.speaker.run();
  const double sine = amplitude(b.samples, 1000);
  REQUIRE(sine == Approx(0.4 * kFull).epsilon(0.01));
  for (int n = 1; n < 8; ++n) {
    INFO("harmonic " << n);  // one count in 66 is as fine as these pulses are
    REQUIRE(amplitude(b.samples, 1000.0 * n) ==
            Approx(pulse_width_harmonic(n, 1000.0 / carrier, 0.8)).margin(0.004 * kFull));
  }
  for (double hertz = 500; hertz < 9000; hertz += 1000) {
    INFO(hertz);
    REQUIRE(decibels(amplitude(b.samples, hertz) / sine) < -70);
  }
}

TEST_CASE("speaker: speech by the data bit alone, 16 kHz carrier: a sine of 1 kHz comes back",
          "[devices][speaker]") {
  Board b;  // OUT rests high
  constexpr std::uint64_t carrier = 16000;
  for (std::uint64_t i = 1; i < carrier / 2; ++i) {
    const double sine = std::sin(2 * std::numbers::pi * 1000 * static_cast<double>(i) / carrier);
    const Nanoseconds start = scale(i, kSecond, carrier);
    b.until(start);
    b.out(0x61, 2);
    b.until(start + static_cast<Nanoseconds>(kSecond / carrier * (0.5 + 0.4 * sine)));
    b.out(0x61, 0);
    if (i == carrier / 4) {
      b.speaker.run();
      b.samples.clear();
    }
  }
  b.speaker.run();
  const double sine = amplitude(b.samples, 1000);
  REQUIRE(sine == Approx(0.4 * kFull).epsilon(0.005));
  for (int n = 1; n < 8; ++n) {
    INFO("harmonic " << n);
    REQUIRE(amplitude(b.samples, 1000.0 * n) ==
            Approx(pulse_width_harmonic(n, 1000.0 / carrier, 0.8)).margin(0.0005 * kFull));
  }
  for (double hertz = 500; hertz < 8000; hertz += 1000) {
    INFO(hertz);
    REQUIRE(decibels(amplitude(b.samples, hertz) / sine) < -70);
  }
}

TEST_CASE("speaker: a level that is held decays to silence, both ways", "[devices][speaker]") {
  Board b;
  const Samples up = (b.out(0x61, 2), b.record(kSettled));
  REQUIRE(loudest(up) > BandLimitedSteps::kFull * 9 / 10);
  REQUIRE(loudest(up) < BandLimitedSteps::kFull * 12 / 10);
  REQUIRE(loudest(b.record(kSecond)) == 0);
  b.out(0x61, 0);
  const Samples down = b.record(kSettled);
  REQUIRE(*std::ranges::min_element(down) < -BandLimitedSteps::kFull * 9 / 10);
  REQUIRE(loudest(b.record(kSecond)) == 0);
}

TEST_CASE("speaker: no tone without the gate, without the data bit, or from a one-shot",
          "[devices][speaker]") {
  Board b;
  b.tone(1193);
  REQUIRE(b.speaker.tone());
  b.out(0x61, 1);
  REQUIRE_FALSE(b.speaker.tone());
  b.out(0x61, 2);
  REQUIRE_FALSE(b.speaker.tone());
  b.wait(kSettled);
  REQUIRE(loudest(b.record(100 * kMillisecond)) == 0);
  b.out(0x61, 3);
  b.program(0, 1193);
  REQUIRE_FALSE(b.speaker.tone());
}

TEST_CASE("speaker: the samples are the same in whatever slices time passes",
          "[devices][speaker]") {
  const unsigned seed = GENERATE(range(1u, 9u));
  // The same programs on two boards, one of which is looked at all the time.
  std::mt19937 random(seed);
  std::mt19937 looks(seed + 100);
  Board whole;
  Board sliced;
  for (int step = 0; step < 300; ++step) {
    const Nanoseconds at = whole.scheduler.now() + 1 + random() % (3 * kMillisecond);
    whole.until(at);
    while (sliced.scheduler.now() < at) {
      sliced.until(std::min<Nanoseconds>(at, sliced.scheduler.now() + 1 + looks() % 200'000));
      if (looks() % 2 == 0) sliced.speaker.run();
    }
    const auto mode = static_cast<int>(random() % 6);
    const auto count = static_cast<int>(random() % 5 == 0 ? random() % 60 : random() % 3000);
    const auto gates = static_cast<int>(random() % 4);
    const bool program = random() % 2 == 0;
    for (Board* b : {&whole, &sliced}) {
      if (program) b->program(mode, count);
      b->out(0x61, gates);
    }
  }
  whole.speaker.run();
  sliced.speaker.run();
  REQUIRE(loudest(whole.samples) > 4000);
  REQUIRE(whole.samples == sliced.samples);
  REQUIRE(whole.samples.size() == scale(whole.scheduler.now(), kSampleRate, kSecond));
}

TEST_CASE("speaker: a listener leaves the board's state as it is", "[devices][speaker]") {
  Board heard;
  Board alone(false);
  for (int i = 1; i < 200; ++i) {
    for (Board* b : {&heard, &alone}) {
      b->program(i % 6, 40 + i * 7);
      b->out(0x61, i % 4);
      b->wait(777'777);
    }
    heard.speaker.run();
  }
  REQUIRE(heard.state() == alone.state());
  REQUIRE(alone.samples.empty());
}

TEST_CASE("speaker: a state loaded in the middle of a tone goes on with it", "[devices][speaker]") {
  Board a;
  a.tone(1193);
  a.wait(333 * kMillisecond);
  const std::vector<std::uint8_t> saved = a.state();
  Board b;
  b.wait(kSecond);
  b.speaker.run();
  Archive loader = Archive::loader(saved);
  b.scheduler.serialize(loader);
  b.pit.serialize(loader);
  b.system.serialize(loader);
  b.speaker.restart();
  a.wait(kSettled);
  b.wait(kSettled);
  REQUIRE(b.record(kSecond / 2) == a.record(kSecond / 2));
  REQUIRE(loudest(b.samples) > 8000);
}
