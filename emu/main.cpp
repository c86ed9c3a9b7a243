// platter: reads the command line, builds the machine, gives it to a front end. The outermost catch
// is here: one line on stderr, and the exit code says what kind of trouble it was.
#include <algorithm>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <span>
#include <string>
#include <vector>

#include "emu/command_line.h"
#include "emu/exec_command.h"
#include "emu/image_process.h"
#include "emu/post_mortem.h"
#include "emu/session.h"
#include "emu/terminal.h"
#include "emu/test_command.h"
#include "storage/image_error.h"
#ifdef PLATTER_HAS_UI
#include "ui/window.h"
#endif

namespace {

using namespace emu;
using image_tool::install_signal_handlers;
using image_tool::interrupt_flag;

Front choose_front(const RunOptions& options) {
  if (options.front != Front::automatic) return options.front;
  if (!options.steps.empty()) return Front::headless;
#ifdef PLATTER_HAS_UI
  const bool have_display =
      std::getenv("DISPLAY") != nullptr || std::getenv("WAYLAND_DISPLAY") != nullptr;
  if (have_display) return Front::window;
#endif
  return Front::terminal;
}

void say(const std::string& line) {
  std::cerr << "platter: " << line << "\n";
}

void report(const Machine& machine, const Verdict& verdict) {
  if (verdict.message.empty()) return;
  say(verdict.message);
  if (verdict.exit_code == kExitInterrupted) return;
  std::cerr << "The screen was:\n" << screen_text(machine);
  if (verdict.exit_code != kExitExpectation) {
    std::cerr << describe_registers(machine.processor().registers())
              << describe_recent_code(machine.processor(), machine.memory());
  }
}

int run(RunOptions options) {
  const Front front = choose_front(options);
  if (front == Front::window) {
    if (!options.rtc_given) options.config.rtc = parse_rtc("host");
  }
  install_signal_handlers();
  if (options.exec) return run_exec(std::move(options), interrupt_flag());
  Machine machine(options.config, say);
  if (!options.load_state.empty()) machine.load_state(options.load_state);
  Verdict verdict;
  switch (front) {
    case Front::window:
#ifdef PLATTER_HAS_UI
      verdict = ui::run_window(machine, options, interrupt_flag());
      break;
#else
      throw UsageError("this build has no window; use --headless or --terminal");
#endif
    case Front::terminal:
      verdict = run_terminal(machine, options, interrupt_flag());
      break;
    case Front::headless:
    case Front::automatic:
      verdict = run_steps(machine, options, interrupt_flag());
      break;
  }
  if (!options.save_state.empty()) machine.save_state(options.save_state);
  const bool folders_good = report_folders(machine.copy_back_folders());
  const std::string flush_error = machine.flush_disks();
  report(machine, verdict);
  if (options.json) print_json_summary(std::cout, machine, verdict);
  if (!flush_error.empty()) {
    say(flush_error);
    return kExitHostError;
  }
  return folders_good ? verdict.exit_code : kExitHostError;
}

int dispatch(std::span<const std::string> arguments) {
  if (!arguments.empty() && arguments[0] == "image")
    return image_tool::run_image_process(arguments.subspan(1));
  if (!arguments.empty() && arguments.front() == "test") {
    install_signal_handlers();
    return run_test_command(arguments.subspan(1), interrupt_flag());
  }
  auto parsed = parse_command_line(arguments);
  if (const Message* message = std::get_if<Message>(&parsed)) {
    std::cout << message->text;
    return message->exit_code;
  }
  return run(std::get<RunOptions>(std::move(parsed)));
}

// Codes of a failing --exec must not look like an errorlevel.
int failure_code(std::span<const std::string> arguments, int code) {
  const bool exec = std::ranges::any_of(arguments, [](const std::string& word) {
    return word == "--exec" || word.starts_with("--exec=");
  });
  return exec ? kExecMachineFailure + code : code;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  try {
    return dispatch(arguments);
  } catch (const UsageError& error) {
    say(error.what());
    return failure_code(arguments, kExitUsage);
  } catch (const std::exception& error) {
    say(error.what());
    return failure_code(arguments, kExitHostError);
  }
}
