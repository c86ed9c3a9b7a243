// Machine files (TOML): the same settings as the command line, kept beside the images.
#pragma once

#include <string>

#include "emu/config.h"

namespace emu {

// Paths inside are relative to the file. Unknown keys are refused with the nearest known one.
// Throws UsageError.
Config read_config_file(const std::string& path);

}  // namespace emu
