// Everything `platter run` was asked to do: the machine, and what to do with it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "emu/config.h"

namespace emu {

// Wrong words on the command line or in a machine file; the text is one line. Exit code 2.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// One ordered action of a headless run.
struct Step {
  enum class Kind : std::uint8_t { until, type, key, run_for, screenshot, screen_text };
  Kind kind;
  std::string text;            // what to wait for, type or press; the file of a capture
  std::uint64_t duration = 0;  // run_for, in nanoseconds of guest time
};

// A DOS program to run, see exec_command.h.
struct ExecOptions {
  std::string command;
  std::string folder;
  std::string dos;  // image; empty: one of the drives boots
};

enum class Front : std::uint8_t { automatic, window, terminal, headless };

// Where a machine's key got its value: "machine.toml:3", "PLATTER_CPU", "--cpu"; not in it: the
// default.
using Origins = std::map<std::string, std::string>;

struct RunOptions {
  Config config;
  Origins origins;
  Front front = Front::automatic;
  std::vector<Step> steps;
  std::optional<ExecOptions> exec;
  std::uint64_t timeout = 0;       // guest nanoseconds, 0: none
  std::uint64_t wall_timeout = 0;  // host nanoseconds, 0: none
  double speed = 0;                // guest seconds per host second; 0: as fast as it goes
  bool speed_given = false;
  bool rtc_given = false;
  bool json = false;
  std::string gdb;                     // where a GDB stub listens, ":1234"; empty: nowhere
  bool history = false;                // kept from the start, for going back
  std::string load_state, save_state;  // files; empty: none
  std::string record, replay;
  std::string map_log, wav;  // files; empty: none
};

}  // namespace emu
