// platter config show|check: what a command line and its machine files come to, and where from.
#pragma once

#include <span>
#include <string>

namespace emu {

// Returns the exit code; throws UsageError for what is wrong with the settings.
int run_config_command(std::span<const std::string> arguments);

}  // namespace emu
