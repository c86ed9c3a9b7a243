// The SDL window around the desk: events, pacing of pictures, which machine runs. Host key: right
// Ctrl.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "emu/session.h"

namespace ui {

struct WindowResult {
  emu::Verdict verdict;
  std::unique_ptr<emu::Machine> machine;  // the one that ran last; null: none did
};

// Runs until the window closes, the guest ends the run or `interrupted` is set. Without a machine
// the start page shows. `machine_ends` is called when `machine` has run for the last time and is
// still there. Throws std::runtime_error when SDL cannot open a window.
WindowResult run_window(std::unique_ptr<emu::Machine> machine, const emu::RunOptions& options,
                        const std::atomic<bool>& interrupted, std::function<void()> machine_ends);

}  // namespace ui
