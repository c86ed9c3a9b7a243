// The PC speaker as samples: the cone follows OUT of timer channel 2 while bit 1 of port 61h (data)
// is set, and rests at 0 while it is not. Bit 0 gates the timer. Programs play tones with the timer
// and speech by one-shots of it or by toggling the data bit; both are the same level here.
//
// [AT-TR]  IBM AT Technical Reference, section 1: speaker interface
//
// Nothing happens while nobody listens. With a listener, the wave is worked out when the guest
// touches timer or port and at the end of each run, from a copy of the counter: there are no
// events, and neither the machine's state nor its course knows of the listener. A wave that no ear
// and no sample can follow stands for its mean: a timer that a program has parked at a few clocks
// is silent, and costs nothing. Not modelled: the cone's own frequency response, its case, the
// amplifier's time constant.
#pragma once

#include <cstdint>
#include <optional>

#include "devices/band_limited_steps.h"
#include "devices/pit.h"
#include "devices/sample_sink.h"
#include "devices/scheduler.h"
#include "devices/system_port.h"

namespace devices {

class Speaker {
 public:
  // Hears of every change from pit and port.
  Speaker(const Scheduler& scheduler, Pit& pit, SystemPort& port);

  // Samples from now on; SampleSink() ends it.
  void listen(const SampleSink& sink);
  const SampleSink& listener() const { return sink_; }
  // The samples up to now.
  void run();
  // The machine is another one, or at another time: a state was loaded.
  void restart();

  // The frequency that sounds just now, in Hz: of a square or pulse wave that can be heard.
  std::optional<double> tone() const;

 private:
  // Clocks: 23.9 kHz, below half the sample rate.
  static constexpr std::uint32_t kShortestPeriod = 2 * kPitFrequency / kSampleRate + 1;

  void change();
  void take();
  bool too_fast() const;
  std::int32_t level() const;

  const Scheduler& scheduler_;
  const Pit& pit_;
  const SystemPort& port_;
  SampleSink sink_;
  BandLimitedSteps steps_;
  // As of the last change, run on to clock_; meaningless while nobody listens.
  PitCounter counter_;
  std::uint64_t clock_ = 0;
  bool data_ = false;
};

}  // namespace devices
