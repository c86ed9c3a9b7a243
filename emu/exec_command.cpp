#include "emu/exec_command.h"

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <string_view>
#include <utility>

#include "bios/roms.h"
#include "emu/file_kind.h"
#include "emu/post_mortem.h"
#include "emu/script_machine.h"
#include "emu/session.h"
#include "emu/utf8.h"

namespace emu {

namespace {

namespace fs = std::filesystem;
using devices::kMillisecond;
using devices::kSecond;

constexpr std::uint16_t kExitPort = 0xF4;  // as bios/dos_exit has it
constexpr const char* kPrivateFolder = "PLATTER.RUN";
constexpr std::size_t kLongestCommand = 120;  // DOS takes 127 characters with Enter
constexpr devices::Nanoseconds kBootTime = 120 * kSecond;

std::vector<std::uint8_t> bytes_of(std::string_view text) {
  return {text.begin(), text.end()};
}

char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

std::string upper_text(std::string text) {
  std::ranges::transform(text, text.begin(), upper);
  return text;
}

// Whether the command is a batch file of the folder: only CALL comes back from one.
bool is_batch(const ExecOptions& exec) {
  std::string word = upper_text(exec.command.substr(0, exec.command.find(' ')));
  std::ranges::replace(word, '\\', '/');
  if (word.ends_with(".BAT")) return true;
  const std::string name = word.substr(word.rfind('/') + 1);
  bool batch = false;
  bool program = false;
  std::error_code error;
  for (fs::directory_iterator it(exec.folder, error), end; !error && it != end;
       it.increment(error)) {
    const std::string file = upper_text(it->path().filename().string());
    batch = batch || file == name + ".BAT";
    program = program || file == name + ".COM" || file == name + ".EXE";
  }
  return batch && !program;
}

// IF ERRORLEVEL means "or more", hence from the top down. EXIT does not return.
std::string batch_file(const ExecOptions& exec, char drive) {
  const std::string folder = std::string(1, drive) + ":\\" + kPrivateFolder + "\\";
  std::string text = "@ECHO OFF\r\n";
  text += std::string(1, drive) + ":\r\nCD \\\r\n";
  text += folder + "ZERO\r\n";  // AUTOEXEC.BAT may have left an errorlevel
  text += (is_batch(exec) ? "CALL " : "") + exec.command + "\r\n";
  for (int level = 255; level > 0; --level) {
    const std::string number = std::to_string(level);
    text += "IF ERRORLEVEL " + number + " " + folder + "EXIT " + number + "\r\n";
  }
  return text + folder + "EXIT 0\r\n";
}

bool taken(const Config& config, DriveSlot slot) {
  return std::ranges::any_of(config.drives,
                             [&](const DriveConfig& drive) { return drive.slot == slot; });
}

DriveSlot free_disk(const Config& config) {
  for (auto i = static_cast<std::size_t>(DriveSlot::ide0_0); i < kDriveSlotCount; ++i) {
    if (!taken(config, static_cast<DriveSlot>(i))) return static_cast<DriveSlot>(i);
  }
  throw UsageError("--exec: no drive is left for --dir");
}

void add_dos(Config& config, const std::string& file) {
  DriveConfig dos;
  const bool floppy = kind_of_file(file) == FileKind::floppy;
  dos.slot = floppy ? DriveSlot::fd0 : DriveSlot::ide0_0;
  if (taken(config, dos.slot)) {
    throw UsageError(std::string("--dos: ") + slot_name(dos.slot) + " has an image already");
  }
  dos.file = file;
  dos.mode = DriveMode::discard;
  config.drives.push_back(std::move(dos));
  config.boot = floppy ? "a" : "c";
}

// Puts the folder's disk behind the others. The drive letter that DOS gives it: with one partition
// a disk, letters follow the disks.
char add_folder(Config& config, const ExecOptions& exec) {
  DriveConfig disk;
  disk.slot = free_disk(config);
  disk.file = exec.folder;
  const auto before = std::ranges::count_if(config.drives, [&](const DriveConfig& drive) {
    return !is_floppy(drive.slot) && drive.slot < disk.slot;
  });
  const char letter = static_cast<char>('C' + before);
  const auto exit_program = bios::dos_exit();
  constexpr std::array<std::uint8_t, 2> int_20h = {0xCD, 0x20};  // ends with errorlevel 0
  disk.extra = {{kPrivateFolder, "RUN.BAT", bytes_of(batch_file(exec, letter))},
                {kPrivateFolder, "EXIT.COM", {exit_program.begin(), exit_program.end()}},
                {kPrivateFolder, "ZERO.COM", {int_20h.begin(), int_20h.end()}}};
  config.drives.push_back(std::move(disk));
  return letter;
}

void check(const RunOptions& options) {
  const ExecOptions& exec = *options.exec;
  if (exec.folder.empty()) throw UsageError("--exec needs --dir FOLDER, where the program is");
  std::error_code error;
  if (!fs::is_directory(exec.folder, error)) {
    throw UsageError("--dir '" + exec.folder + "' is no folder");
  }
  if (exec.dos.empty() && options.config.drives.empty()) {
    throw UsageError("--exec needs --dos IMAGE: a floppy or hard disk that boots DOS");
  }
  const bool plain = std::ranges::all_of(
      exec.command, [](char c) { return static_cast<unsigned char>(c) >= 0x20; });
  if (!plain || exec.command.empty() || exec.command.size() > kLongestCommand) {
    throw UsageError("--exec: a DOS command has 1 to " + std::to_string(kLongestCommand) +
                     " printable characters");
  }
  if (options.config.exit_port) throw UsageError("--exec has its own --exit-port");
}

// What the guest shows from the command on, row by row as rows leave the screen.
class Output {
 public:
  explicit Output(bool keep) : keep_(keep) {}

  void begin(const ScreenWatch& watch) {
    next_ = watch.scrolled();
    open_ = true;
  }

  void follow(const ScreenWatch& watch) {
    const std::uint64_t first = watch.scrolled() - watch.kept();
    next_ = std::max(next_, first);
    for (; next_ < watch.scrolled(); ++next_) {
      row(watch.row(static_cast<std::size_t>(next_ - first)));
    }
  }

  // The screen as it stands is the last of it. Only the first call does something.
  void end(const ScreenWatch& watch) {
    if (!std::exchange(open_, false)) return;
    follow(watch);
    for (std::size_t i = watch.kept(); i < watch.rows(); ++i) row(watch.row(i));
    if (!keep_) std::cout << std::flush;
  }

  const std::string& first_line() const { return first_line_; }
  const std::string& text() const { return text_; }

 private:
  // Rows that stood there before are no output; empty ones only count between others.
  void row(const ScreenWatch::View& view) {
    std::u32string text(view.text);
    const std::size_t last = text.find_last_not_of(U" \0");
    text.resize(last == std::u32string::npos ? 0 : last + 1);
    started_ = started_ || (view.fresh && !text.empty());
    if (!started_) return;
    if (text.empty()) {
      ++blank_;
      return;
    }
    const std::string line = std::string(blank_, '\n') + to_utf8(text) + "\n";
    blank_ = 0;
    if (first_line_.empty()) first_line_ = to_utf8(text);
    if (keep_) {
      text_ += line;
    } else {
      std::cout << line;
    }
  }

  bool keep_;
  bool open_ = false;
  bool started_ = false;
  std::size_t blank_ = 0;
  std::uint64_t next_ = 0;
  std::string first_line_, text_;
};

class ExecRun {
 public:
  ExecRun(ScriptMachine& machine, const ExecOptions& exec, char drive, bool keep_output)
      : machine_(machine), exec_(exec), drive_(drive), output_(keep_output) {}

  // The errorlevel. Throws ScriptError.
  int run() {
    reach_prompt();
    const std::string command = std::string(1, drive_) + ":\\" + kPrivateFolder + "\\RUN";
    machine_.type(command);
    const ScreenWatch::Finder typed = ScreenWatch::text_finder(from_utf8(command));
    machine_.expect({&typed, 1}, 10 * kSecond, "echo of " + command);
    output_.begin(machine_.watch());
    machine_.type("\n");
    while (machine_.advance(500 * kMillisecond, [&] { return ended(); }) ==
           ScriptMachine::Outcome::timeout) {
      if (at_prompt() && machine_.idle()) {
        throw ScriptError(kExitExpectation,
                          "DOS waits at a prompt, but '" + exec_.command + "' has not ended");
      }
    }
    if (!machine_.machine().guest_exit()) {
      machine_.require(0, "end of '" + exec_.command + "'", [&] { return ended(); });
    }
    output_.end(machine_.watch());
    return found();
  }

  // What was printed until it failed.
  void give_up() { output_.end(machine_.watch()); }
  const Output& output() const { return output_; }

 private:
  bool ended() {
    output_.follow(machine_.watch());
    return machine_.machine().guest_exit().has_value();
  }

  // DOS leaves the errorlevel as it was when there is no such program: not a success.
  int found() const {
    const int errorlevel = *machine_.machine().guest_exit();
    const std::string line = upper_text(output_.first_line());
    if (errorlevel == 0 && line.starts_with("BAD COMMAND OR FILE")) {
      throw ScriptError(kExitExpectation, "DOS does not know '" + exec_.command + "'");
    }
    return errorlevel;
  }

  std::u32string cursor_row() const {
    const devices::TextScreen screen = machine_.machine().text_screen();
    const std::vector<std::u32string> rows = machine_.machine().screen_rows();
    if (screen.cursor_y >= rows.size()) return {};
    return rows[screen.cursor_y].substr(0, screen.cursor_x);
  }

  // "C:\DOS>", "A>"
  bool at_prompt() const {
    const std::u32string row = cursor_row();
    if (row.size() < 2 || row.back() != U'>') return false;
    return row[0] >= U'A' && row[0] <= U'Z' && (row.size() == 2 || row[1] == U':');
  }

  // DOS without AUTOEXEC.BAT asks for the date and the time.
  bool asks_for_date() const {
    const std::string row = upper_text(to_utf8(cursor_row()));
    return row.starts_with("ENTER NEW DATE") || row.starts_with("ENTER NEW TIME");
  }

  void reach_prompt() {
    const devices::Nanoseconds limit = machine_.machine().now() + kBootTime;
    while (machine_.machine().now() < limit) {
      machine_.wait_idle(limit - machine_.machine().now(), 100 * kMillisecond);
      if (at_prompt()) return;
      if (asks_for_date()) machine_.type("\n");
      machine_.run_for(500 * kMillisecond);
    }
    throw ScriptError(kExitExpectation, "DOS did not come to a prompt such as A:\\> within " +
                                            seconds_text(kBootTime) + " of guest time");
  }

  ScriptMachine& machine_;
  const ExecOptions& exec_;
  char drive_;
  Output output_;
};

void say(const std::string& line) {
  std::cerr << "platter: " << line << "\n";
}

std::string listed(const std::vector<std::string>& names) {
  constexpr std::size_t most = 8;
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), most); ++i) {
    text += (i == 0 ? "" : ", ") + names[i];
  }
  return text +
         (names.size() > most ? " and " + std::to_string(names.size() - most) + " more" : "");
}

}  // namespace

bool report_folders(const std::vector<FolderChanges>& folders) {
  bool good = true;
  for (const FolderChanges& folder : folders) {
    const HostFolder::Changes& changes = folder.changes;
    const std::string place = "'" + folder.folder + "'";
    if (!changes.written.empty()) say("copied back to " + place + ": " + listed(changes.written));
    if (!changes.removed.empty()) {
      say("gone in the guest, kept in " + place + ": " + listed(changes.removed));
    }
    for (const std::string& line : changes.failures)
      say("not copied back to " + place + ": " + line);
    good = good && changes.failures.empty();
  }
  return good;
}

int run_exec(RunOptions options, const std::atomic<bool>& interrupted) {
  check(options);
  Config& config = options.config;
  const ExecOptions& exec = *options.exec;
  if (!exec.dos.empty()) add_dos(config, exec.dos);
  const char drive = add_folder(config, exec);
  config.exit_port = kExitPort;

  ScriptLimits limits;
  limits.guest = options.timeout != 0 ? options.timeout : devices::kNever;
  if (options.wall_timeout != 0) {
    limits.wall = std::chrono::steady_clock::now() + std::chrono::nanoseconds(options.wall_timeout);
  }
  limits.interrupted = &interrupted;
  ScriptMachine machine(config, limits, say);
  ExecRun run(machine, exec, drive, options.json);
  Verdict verdict;
  ExecOutcome outcome;
  try {
    outcome.errorlevel = run.run();
    verdict = {"exec", *outcome.errorlevel, ""};
  } catch (const ScriptError& error) {
    run.give_up();
    const bool stopped = error.exit_code() == kExitInterrupted;
    verdict = {"exec-failed",
               stopped ? error.exit_code() : kExecMachineFailure + error.exit_code(),
               error.what(),
               {}};
    say(error.what());
    if (!stopped) std::cerr << "The screen was:\n" << screen_text(machine.machine());
  }
  outcome.output = run.output().text();
  outcome.folders = machine.machine().copy_back_folders();
  if (!report_folders(outcome.folders)) verdict.exit_code = kExecMachineFailure + kExitHostError;
  verdict.exec = std::move(outcome);
  if (!options.save_state.empty()) machine.machine().save_state(options.save_state);
  if (options.json) print_json_summary(std::cout, machine.machine(), verdict);
  return verdict.exit_code;
}

}  // namespace emu
