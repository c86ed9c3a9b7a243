// A headless run: the ordered steps, the time limits, and the verdict. Knows no window; draws
// nothing.
#pragma once

#include <atomic>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>

#include "emu/machine.h"
#include "emu/run_options.h"

namespace emu {

// Exit codes of `platter run`, as --help lists them.
enum ExitCode : int {
  kExitOk = 0,
  kExitExpectation = 1,
  kExitUsage = 2,
  kExitGuestTimeout = 3,
  kExitGuestDied = 4,
  kExitHostError = 5,
  kExitWallTimeout = 6,
  kExitInterrupted = 130,
};

// Of --exec.
struct ExecOutcome {
  std::optional<int> errorlevel;  // nothing: the program did not come to its end
  std::string output;             // what it printed, when that was kept
  std::vector<FolderChanges> folders;
};

struct Verdict {
  std::string stop;  // one word for the JSON: "done", "timeout", "triple-fault", ...
  int exit_code = kExitOk;
  std::string message;  // one line for people; empty when all went well
  std::optional<ExecOutcome> exec{};
};

// Says on standard error what came back into which folder; false when something did not.
bool report_folders(const std::vector<FolderChanges>& folders);

// Runs the steps on `machine`. `interrupted` is set by a signal handler.
Verdict run_steps(Machine& machine, const RunOptions& options,
                  const std::atomic<bool>& interrupted);

// The one-object summary of --output json.
void print_json_summary(std::ostream& out, Machine& machine, const Verdict& verdict);

// The screen as UTF-8 lines without trailing blanks.
std::string screen_text(const Machine& machine);
void save_screen_text(const Machine& machine, const std::string& path);  // "-": standard output
void save_screenshot(const Machine& machine, const std::string& path);

}  // namespace emu
