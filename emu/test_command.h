// `platter test SCRIPT.lua...`: chooses the tests, spreads them over threads, reports.
#pragma once

#include <atomic>
#include <span>
#include <string>

namespace emu {

// `arguments` without the program's name and the verb. Returns the exit code; throws UsageError.
int run_test_command(std::span<const std::string> arguments, const std::atomic<bool>& interrupted);

}  // namespace emu
