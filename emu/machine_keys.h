// The keys of a machine, in one table: machine files, t:machine{} of scripts, PLATTER_* variables,
// recordings and `platter config show` all speak them. Values are texts as on the command line.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "emu/config.h"

namespace emu {

using KeySetter = std::function<void(const std::string& value)>;
using KeySetters = std::map<std::string, KeySetter>;
// Where a file name in a value is looked for.
using ResolveFile = std::function<std::string(const std::string&)>;

// Each setter throws UsageError naming the value and what is allowed. The config outlives them.
KeySetters machine_key_setters(Config& config, const ResolveFile& resolve);
KeySetters drive_key_setters(DriveConfig& drive, bool& have_bus, const ResolveFile& resolve);

// "unknown key 'x' in [machine]; did you mean 'y'?"
std::string unknown_key(const std::string& key, const std::string& where, const KeySetters& known);

struct KeyValue {
  std::string key, value;
  bool bare = false;  // a number or true/false in TOML
};
// What the setters would have to be given for this config; keys that say nothing are left out.
std::vector<KeyValue> machine_key_values(const Config& config);
std::vector<KeyValue> drive_key_values(const DriveConfig& drive);
// key = "value", as TOML and Lua have it alike.
std::string key_line(const KeyValue& value);

}  // namespace emu
