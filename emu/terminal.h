// The guest's text screen drawn in a terminal, and the terminal's keys given to the guest: the
// front end of machines without a display. Where standard output is no terminal it prints the final
// screen once.
#pragma once

#include <atomic>

#include "emu/session.h"

namespace emu {

// Ctrl-] ends the run.
Verdict run_terminal(Machine& machine, const RunOptions& options,
                     const std::atomic<bool>& interrupted);

}  // namespace emu
