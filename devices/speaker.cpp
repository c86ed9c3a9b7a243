#include "devices/speaker.h"

namespace devices {

Speaker::Speaker(const Scheduler& scheduler, Pit& pit, SystemPort& port)
    : scheduler_(scheduler), pit_(pit), port_(port) {
  pit.counter2_changed = Delegate<void()>::to<&Speaker::change>(*this);
  port.speaker_data_changed = Delegate<void()>::to<&Speaker::change>(*this);
}

void Speaker::listen(const SampleSink& sink) {
  run();
  sink_ = sink;
  steps_ = {};
  restart();
}

void Speaker::restart() {
  if (!sink_) return;
  take();
  steps_.restart(scheduler_.now(), level());
}

void Speaker::take() {
  counter_ = pit_.counter_now(2);
  clock_ = pit_.clocks();
  data_ = port_.speaker_data();
}

// The guest has just done it; until now everything was as it had been.
void Speaker::change() {
  if (!sink_) return;
  run();
  take();
  steps_.set_level(scheduler_.now(), level(), sink_);
}

void Speaker::run() {
  if (!sink_) return;
  const std::uint64_t end = pit_.clocks();
  while (data_ && !too_fast()) {
    const std::uint64_t change = counter_.clocks_to_change();
    if (change > end - clock_) break;
    counter_.advance(change);
    clock_ += change;
    steps_.set_level(pit_clock_time(clock_), level(), sink_);
  }
  counter_.advance(end - clock_);
  clock_ = end;
  steps_.run_to(scheduler_.now(), sink_);
}

bool Speaker::too_fast() const {
  const std::uint32_t period = counter_.steady_period();
  return period != 0 && period < kShortestPeriod;
}

std::int32_t Speaker::level() const {
  constexpr std::int32_t full = BandLimitedSteps::kFull;
  if (!data_) return 0;
  if (!too_fast()) return counter_.out() ? full : 0;
  const auto period = static_cast<std::int32_t>(counter_.steady_period());
  const std::int32_t high = counter_.mode() == 2 ? period - 1 : (period + 1) / 2;
  return full * high / period;
}

std::optional<double> Speaker::tone() const {
  const PitCounter counter = pit_.counter_now(2);
  const bool wave = (counter.mode() == 2 || counter.mode() == 3) && counter.gate() &&
                    counter.clocks_to_change() != PitCounter::kNoChange;
  if (!wave || !port_.speaker_data() || counter.reload() < kShortestPeriod) return std::nullopt;
  return static_cast<double>(kPitFrequency) / counter.reload();
}

}  // namespace devices
