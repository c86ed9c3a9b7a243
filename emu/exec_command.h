// platter run --exec 'PROG ARGS' --dir FOLDER --dos IMAGE: one DOS program as if it were one of the
// host's. The DOS boots unmodified, from an image that stays as it is; the folder is its next hard
// disk. At the prompt a batch file is started that runs the program there and reports DOS's
// errorlevel through the exit port. What the program prints comes out here, what it changed in the
// folder is copied back, and the errorlevel is the exit code.
#pragma once

#include <atomic>

#include "emu/run_options.h"

namespace emu {

// Failures of the machine, not of the program, in the range that programs seldom use: 200 +
// ExitCode.
inline constexpr int kExecMachineFailure = 200;

// Returns the exit code. Throws what Machine's constructor throws.
int run_exec(RunOptions options, const std::atomic<bool>& interrupted);

}  // namespace emu
