// platter: reads the command line, builds the machine, gives it to a front end. The outermost catch
// is here: one line on stderr, and the exit code says what kind of trouble it was.
#include <unistd.h>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "emu/command_line.h"
#include "emu/gdb_server.h"
#include "emu/image_command.h"
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

// Signal handlers can reach nothing but statics; set once, read by the front ends.
std::atomic<bool>& interrupt_flag() {
  static std::atomic<bool> flag = false;
  return flag;
}

void install_signal_handlers() {
  struct sigaction action {};
  action.sa_handler = [](int) {
    // A second Ctrl-C gets its usual meaning back: nobody is locked in by a front end that hangs.
    if (interrupt_flag().exchange(true)) std::_Exit(kExitInterrupted);
  };
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

Front choose_front(const RunOptions& options) {
  if (options.front != Front::automatic) return options.front;
  if (!options.steps.empty() || !options.gdb.empty()) return Front::headless;
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

// What is left to do when a front end is through with its machine.
int finish(Machine& machine, const RunOptions& options, const Verdict& verdict) {
  if (!options.save_state.empty()) machine.save_state(options.save_state);
  const std::string flush_error = machine.flush_disks();
  report(machine, verdict);
  if (options.json) print_json_summary(std::cout, machine, verdict);
  if (!flush_error.empty()) {
    say(flush_error);
    return kExitHostError;
  }
  return verdict.exit_code;
}

// `bare`: no word on the command line; a window begins with its start page then.
int run(RunOptions options, bool bare) {
  const Front front = choose_front(options);
  if (front == Front::window) {
    if (!options.rtc_given) options.config.rtc = parse_rtc("host");
  }
  install_signal_handlers();
  std::unique_ptr<Machine> made;
  if (front != Front::window || !bare) {
    made = std::make_unique<Machine>(options.config, say);
    if (!options.load_state.empty()) made->load_state(options.load_state);
  }
#ifdef PLATTER_HAS_UI
  if (front == Front::window) {
    ui::WindowResult result = ui::run_window(std::move(made), options, interrupt_flag());
    return result.machine ? finish(*result.machine, options, result.verdict)
                          : result.verdict.exit_code;
  }
#endif
  Machine& machine = *made;
  Verdict verdict;
  switch (front) {
    case Front::window:
      throw UsageError("this build has no window; use --headless or --terminal");
    case Front::terminal:
      verdict = run_terminal(machine, options, interrupt_flag());
      break;
    case Front::headless:
    case Front::automatic:
      verdict = options.gdb.empty() ? run_steps(machine, options, interrupt_flag())
                                    : run_gdb_server(machine, options.gdb, interrupt_flag());
      break;
  }
  return finish(machine, options, verdict);
}

int run_image(std::span<const std::string> words) {
  install_signal_handlers();
  return image_tool::run_image_command(words,
                                       {.in = std::cin,
                                        .out = std::cout,
                                        .err = std::cerr,
                                        .interrupted = [] { return interrupt_flag().load(); },
                                        .terminal = isatty(STDERR_FILENO) == 1});
}

int dispatch(std::span<const std::string> arguments) {
  if (!arguments.empty() && arguments[0] == "image") return run_image(arguments.subspan(1));
  if (!arguments.empty() && arguments.front() == "test") {
    install_signal_handlers();
    return run_test_command(arguments.subspan(1), interrupt_flag());
  }
  auto parsed = parse_command_line(arguments);
  if (const Message* message = std::get_if<Message>(&parsed)) {
    std::cout << message->text;
    return message->exit_code;
  }
  return run(std::get<RunOptions>(std::move(parsed)), arguments.empty());
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  try {
    return dispatch(arguments);
  } catch (const UsageError& error) {
    say(error.what());
    return kExitUsage;
  } catch (const std::exception& error) {
    say(error.what());
    return kExitHostError;
  }
}
