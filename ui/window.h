// One SDL window with the guest's screen: keyboard and mouse go in, the picture comes out. The
// debugger and the allocation map are not here yet.
#pragma once

#include <atomic>

#include "emu/session.h"

namespace ui {

// Runs the machine until the window closes, the guest stops or `interrupted` is set. Host key:
// right Ctrl. Throws std::runtime_error when SDL cannot open a window.
emu::Verdict run_window(emu::Machine& machine, const emu::RunOptions& options,
                        const std::atomic<bool>& interrupted);

}  // namespace ui
