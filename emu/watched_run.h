// A machine that runs under the eyes of a ScreenWatch: looks often enough that no row of text is
// missed, however fast the machine.
#pragma once

#include <algorithm>

#include "emu/machine.h"
#include "emu/screen_scroll.h"
#include "emu/screen_watch.h"

namespace emu {

inline void follow_screen(const Machine& machine, ScreenWatch& watch) {
  watch.follow(machine.screen_generation(), machine.mips(), [&] { return machine.screen_rows(); });
}

// As Machine::run_until. follow_screen() is left to the caller, at moments that are the same in
// every run.
inline StopReason run_watched(Machine& machine, ScreenWatch& watch, devices::Nanoseconds deadline) {
  constexpr devices::Nanoseconds per_instruction = 1000;  // at one MIPS
  const devices::Nanoseconds step = kLookInstructions * per_instruction / machine.mips();
  while (true) {
    const devices::Nanoseconds now = machine.now();
    const devices::Nanoseconds next = std::max(machine.quiet_until(), now + step);
    if (next >= deadline) return machine.run_until(deadline);
    const StopReason stop = machine.run_until(next);
    if (stop != StopReason::deadline) return stop;
    watch.glance(machine.screen_generation(), [&] { return machine.screen_rows(); });
  }
}

}  // namespace emu
