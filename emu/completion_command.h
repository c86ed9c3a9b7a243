// platter completion bash|zsh|fish: a script for the shell. It asks the program's own --help for
// the options at hand, and so knows whatever the program knows.
#pragma once

#include <span>
#include <string>

namespace emu {

// Returns the exit code. Throws UsageError.
int run_completion_command(std::span<const std::string> arguments);

}  // namespace emu
