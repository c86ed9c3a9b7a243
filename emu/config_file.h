// Machine files: TOML with the sections [machine] and [[drive]]. Unknown keys are refused; file
// names in it are relative to the file.
#pragma once

#include <map>
#include <string>

#include "emu/config.h"

namespace emu {

struct ConfigFile {
  Config config;
  std::map<std::string, std::string> origins;  // of each key of [machine]: "machine.toml:3"
};

// Throws UsageError naming file, line and key.
ConfigFile read_config_file(const std::string& path);
// The same from a text; `name` is for messages, file names are relative to `folder`.
ConfigFile read_config_text(const std::string& text, const std::string& name,
                            const std::string& folder);

}  // namespace emu
