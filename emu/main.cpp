// platter: reads the command line, builds the machine, gives it to a front end. The outermost catch
// is here: one line on stderr, and the exit code says what kind of trouble it was.
#include <algorithm>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "emu/command_line.h"
#include "emu/completion_command.h"
#include "emu/config_command.h"
#include "emu/exec_command.h"
#include "emu/gdb_server.h"
#include "emu/image_process.h"
#include "emu/map_log.h"
#include "emu/post_mortem.h"
#include "emu/record_to_lua.h"
#include "emu/recording.h"
#include "emu/replay.h"
#include "emu/session.h"
#include "emu/terminal.h"
#include "emu/test_command.h"
#include "emu/wav_file.h"
#include "emu/window_program.h"
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
  if (!options.steps.empty() || !options.gdb.empty()) return Front::headless;
#if defined(PLATTER_HAS_UI) || defined(PLATTER_WINDOW_PROGRAM)
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

// The recorded inputs, then the steps that were asked for, screenshots mostly.
int replay(Machine& machine, const RunOptions& options, const Recording& recording) {
  Verdict verdict = Replay(machine, recording).run({}, {}, interrupt_flag());
  if (!options.steps.empty()) {
    const Verdict steps = run_steps(machine, options, interrupt_flag());
    if (verdict.exit_code == kExitOk && steps.exit_code != kExitOk) verdict = steps;
  }
  if (!options.save_state.empty()) machine.save_state(options.save_state);
  report(machine, verdict);
  if (options.json) print_json_summary(std::cout, machine, verdict);
  return verdict.exit_code;
}

// platter record-to-lua FILE [drives]
int write_script(std::span<const std::string> arguments) {
  if (arguments.empty() || arguments.front().starts_with("-")) {
    std::cout << "platter record-to-lua RECORDING [drives as for platter run]\n"
                 "Prints a test script with the recording's machine and keys, and the texts that "
                 "stood at "
                 "the cursor to wait for.\n"
                 "Example: platter record-to-lua session.rec > session.lua\n";
    return arguments.empty() || arguments.front() != "--help" ? kExitUsage : kExitOk;
  }
  std::vector<std::string> words = {"--replay"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  const auto parsed = parse_command_line(words);
  const RunOptions& options = std::get<RunOptions>(parsed);
  install_signal_handlers();
  const Recording recording = read_recording(options.replay);
  Machine machine(replay_config(recording, options.config.drives), say);
  record_to_lua(std::cout, std::filesystem::path(options.replay).filename().string(), recording,
                machine, interrupt_flag());
  return kExitOk;
}

int cannot_write(const std::string& file) {
  say(file + ": cannot be written");
  return kExitHostError;
}

// What is left to do when a front end is through with its machine.
int finish(Machine& machine, const RunOptions& options, const Verdict& verdict) {
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

void refuse_what_does_not_go(const RunOptions& options, Front front) {
  if (front == Front::terminal && options.history)
    throw UsageError("--history is for the window and --gdb; there is no display for a window");
  if (front == Front::window && !options.map_log.empty())
    throw UsageError("--map-log does not go with the window");
  if (front == Front::window && !options.wav.empty())
    throw UsageError("--wav does not go with the window; use --headless or --terminal");
  if (!options.replay.empty() && front != Front::headless && options.front != Front::automatic)
    throw UsageError("--replay runs headless");
}

// `made` is null where the window begins with its start page.
int run_window(std::unique_ptr<Machine> made, const RunOptions& options) {
#ifdef PLATTER_HAS_UI
  std::optional<Recorder> recorder;
  if (!options.record.empty()) recorder.emplace(options.record, *made, options.config);
  ui::WindowResult result = ui::run_window(std::move(made), options, interrupt_flag(), [&] {
    if (recorder) recorder->finish();
    recorder.reset();
  });
  return result.machine ? finish(*result.machine, options, result.verdict)
                        : result.verdict.exit_code;
#else
  static_cast<void>(made);
  static_cast<void>(options);
  throw UsageError("this build has no window; use --headless or --terminal");
#endif
}

Verdict run_without_window(Machine& machine, const RunOptions& options, Front front) {
  if (front == Front::terminal) return run_terminal(machine, options, interrupt_flag());
  if (!options.gdb.empty())
    return run_gdb_server(machine, options.gdb, options.history, interrupt_flag());
  return run_steps(machine, options, interrupt_flag());
}

// What is captured beside the run, and what becomes of the disks at its end.
int run_captured(Machine& machine, const RunOptions& options, Front front) {
  std::optional<WavFile> wav;
  if (!options.wav.empty()) wav.emplace(options.wav, machine);
  std::optional<Recorder> recorder;
  if (!options.record.empty()) recorder.emplace(options.record, machine, options.config);
  std::optional<MapLog> map_log;
  if (!options.map_log.empty()) map_log.emplace(options.map_log, machine);
  const Verdict verdict = run_without_window(machine, options, front);
  if (recorder) recorder->finish();
  const bool sound_written = !wav || wav->finish();
  const bool log_written = !map_log || map_log->finish();
  map_log.reset();
  if (!log_written) return cannot_write(options.map_log);
  const int code = finish(machine, options, verdict);
  return sound_written ? code : cannot_write(options.wav);
}

int run_replay(RunOptions& options) {
  const Recording recording = read_recording(options.replay);
  options.config = replay_config(recording, options.config.drives);
  Machine machine(options.config, say);
  if (!options.load_state.empty()) machine.load_state(options.load_state);
  std::optional<WavFile> wav;
  if (!options.wav.empty()) wav.emplace(options.wav, machine);
  const int code = replay(machine, options, recording);
  return wav && !wav->finish() ? cannot_write(options.wav) : code;
}

// Without a word on the command line a window begins with its start page.
int run(RunOptions options, std::span<const std::string> arguments) {
  const Front front = choose_front(options);
#ifdef PLATTER_WINDOW_PROGRAM
  if (front == Front::window) become_program(PLATTER_WINDOW_PROGRAM, arguments);
#endif
  if (front == Front::window && !options.rtc_given) options.config.rtc = parse_rtc("host");
  refuse_what_does_not_go(options, front);
  install_signal_handlers();
  if (options.exec) return run_exec(std::move(options), interrupt_flag());
  if (!options.replay.empty()) return run_replay(options);
  std::unique_ptr<Machine> made;
  if (front != Front::window || !arguments.empty()) {
    made = std::make_unique<Machine>(options.config, say);
    if (!options.load_state.empty()) made->load_state(options.load_state);
  }
  if (front == Front::window) return run_window(std::move(made), options);
  return run_captured(*made, options, front);
}

int dispatch(std::span<const std::string> arguments) {
  // A verb of the image tool like any other, at hand without its name.
  if (!arguments.empty() && arguments[0] == "create-disk")
    return image_tool::run_image_process(arguments);
  if (!arguments.empty() && arguments[0] == "image")
    return image_tool::run_image_process(arguments.subspan(1));
  if (!arguments.empty() && arguments.front() == "record-to-lua") {
    return write_script(arguments.subspan(1));
  }
  if (!arguments.empty() && arguments.front() == "completion") {
    return run_completion_command(arguments.subspan(1));
  }
  if (!arguments.empty() && arguments.front() == "config") {
    return run_config_command(arguments.subspan(1));
  }
  if (!arguments.empty() && arguments.front() == "test") {
    install_signal_handlers();
    return run_test_command(arguments.subspan(1), interrupt_flag());
  }
  auto parsed = parse_command_line(arguments);
  if (const Message* message = std::get_if<Message>(&parsed)) {
    std::cout << message->text;
    return message->exit_code;
  }
  return run(std::get<RunOptions>(std::move(parsed)), arguments);
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
