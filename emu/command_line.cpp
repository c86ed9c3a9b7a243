#include "emu/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "emu/config_file.h"
#include "emu/file_kind.h"
#include "emu/machine_keys.h"
#include "emu/nearest.h"
#include "emu/option_words.h"
#include "emu/units.h"

namespace emu {

namespace {

constexpr const char* kVersion = "platter 0.1.0";

constexpr const char* kFooter =
    R"(Other verbs: platter test, image, config, record-to-lua, completion; each has --help.

Ordered steps run in the order given, headless:
  platter run dos.img --headless --until 'A:\>' --type 'dir\n' --until 'bytes free'
  --type knows \n (Enter) \t \e (Esc) \\ \xNN; --key takes right, f10, ctrl-alt-del, shift-a.

Files: a floppy image by its size (160K 180K 320K 360K 720K 1.2M 1.44M 1.68M 2.88M), else a hard disk;
NAME.toml is a machine file; a folder becomes a hard disk with its files, and gets changed ones back. Without
any file the built-in demo disk boots.

Exit codes: 0 done, 1 an expectation failed, 2 usage, 3 guest time-out, 4 the guest died (triple fault, HLT
with interrupts off), 5 image or host I/O error, 6 wall time-out, 130 interrupted. With --exit-port the guest's
value v gives 2v+1. With --exec: the program's errorlevel, or 200 + n when the machine failed with n.)";

// What CLI11 collects; turned into RunOptions afterwards, with our own messages.
struct Words {
  std::vector<std::string> files;
  std::map<DriveSlot, std::string> drive_files;
  std::vector<std::string> drives;
  std::vector<std::string> floppy_a, floppy_b;
  std::string cpu, fpu, ram, mips, boot, bios, vgabios, rtc, engine, exit_port, triple_fault, speed;
  std::string serial, serial2, parallel, debugcon, timeout, wall_timeout, output;
  std::string load_state, save_state, gdb, map_log, wav;
  std::string exec, dir, dos, record, replay;
  std::vector<std::string> until, type, key, run_for, screenshot, screen_text;
  std::array<std::string, kDriveSlotCount> by_slot;
  bool headless = false, window = false, terminal = false, shadow_rom = false, history = false;
};

struct StepOption {
  CLI::Option* option;
  const std::vector<std::string>* values;
  Step::Kind kind;
  std::size_t used = 0;
};

std::uint64_t duration(const char* option, const std::string& text) {
  const auto value = parse_duration(text);
  if (!value)
    throw UsageError(std::string(option) + " '" + text + "' must be a time such as 60s or 500ms");
  return *value;
}

std::vector<Step> ordered_steps(const CLI::App& app, std::vector<StepOption>& options) {
  std::vector<Step> steps;
  for (const CLI::Option* seen : app.parse_order()) {
    for (StepOption& option : options) {
      if (option.option != seen) continue;
      Step step{option.kind, option.values->at(option.used++), 0};
      if (step.kind == Step::Kind::run_for) step.duration = duration("--for", step.text);
      steps.push_back(std::move(step));
    }
  }
  return steps;
}

double parse_speed(const std::string& text) {
  if (text == "max") return 0;
  std::string number = text;
  if (number.ends_with('x')) number.pop_back();
  double factor = 0;
  char* end = nullptr;
  factor = std::strtod(number.c_str(), &end);
  if (number.empty() || *end != '\0' || !(factor >= 0.01 && factor <= 1000)) {
    throw UsageError("speed '" + text + "' must be max or a factor such as 1x or 0.5x");
  }
  return factor;
}

void add_drive(Config& config, DriveConfig drive) {
  for (const DriveConfig& other : config.drives) {
    if (other.slot == drive.slot) {
      throw UsageError("two drives on " + std::string(slot_name(drive.slot)) + ": '" + other.file +
                       "' and '" + drive.file + "'");
    }
  }
  config.drives.push_back(std::move(drive));
}

bool slot_taken(const Config& config, DriveSlot slot) {
  return std::ranges::any_of(config.drives,
                             [&](const DriveConfig& drive) { return drive.slot == slot; });
}

// A file without a slot goes to the first free drive of its kind.
void add_file(Config& config, const std::string& file) {
  const FileKind kind = kind_of_file(file);
  const auto first = kind == FileKind::floppy ? DriveSlot::fd0 : DriveSlot::ide0_0;
  const auto last = kind == FileKind::floppy ? DriveSlot::fd1 : DriveSlot::ide1_1;
  for (auto i = static_cast<std::size_t>(first); i <= static_cast<std::size_t>(last); ++i) {
    const auto slot = static_cast<DriveSlot>(i);
    if (slot_taken(config, slot)) continue;
    DriveConfig drive;
    drive.slot = slot;
    drive.file = file;
    config.drives.push_back(std::move(drive));
    return;
  }
  throw UsageError("'" + file + "': no drive is left for it");
}

// Settings in layers: a machine file, then PLATTER_* variables, then the command line. Remembers
// where each one came from.
class Settings {
 public:
  explicit Settings(const Words& words) : words_(words) {
    for (const std::string& file : words.files) {
      if (file.ends_with(".toml")) read(file);
    }
    constexpr const char* usual = "platter.toml";
    if (!has_file_ && std::filesystem::exists(usual)) read(usual);
    take_environment();
    take_words();
  }

  Config& config() { return config_; }
  const Origins& origins() const { return origins_; }
  // Whether a file or an option says what the machine is; what the environment says is a default.
  bool asked_for() const {
    return std::ranges::any_of(origins_,
                               [](const auto& one) { return !one.second.starts_with("PLATTER_"); });
  }

 private:
  void read(const std::string& file) {
    ConfigFile read = read_config_file(file);
    config_ = std::move(read.config);
    origins_ = std::move(read.origins);
    has_file_ = true;
  }

  KeySetters setters() {
    return machine_key_setters(config_, [](const std::string& file) { return file; });
  }

  void take_environment() {
    for (const auto& [key, setter] : setters()) {
      std::string name = "PLATTER_" + key;
      std::ranges::transform(name, name.begin(),
                             [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
      const char* value = std::getenv(name.c_str());
      if (value == nullptr || *value == '\0') continue;
      try {
        setter(value);
      } catch (const UsageError& error) {
        throw UsageError(name + ": " + error.what());
      }
      origins_[key] = name;
    }
  }

  void take_words() {
    const KeySetters known = setters();
    const auto take = [&](const char* key, const char* option, const std::string& value) {
      if (value.empty()) return;
      known.at(key)(value);
      origins_[key] = option;
    };
    take("cpu", "--cpu", words_.cpu);
    take("fpu", "--fpu", words_.fpu);
    take("ram", "--ram", words_.ram);
    take("mips", "--mips", words_.mips);
    take("boot", "--boot", words_.boot);
    take("bios", "--bios", words_.bios);
    take("vgabios", "--vgabios", words_.vgabios);
    take("rtc", "--rtc", words_.rtc);
    take("serial", "--serial", words_.serial);
    take("serial2", "--serial2", words_.serial2);
    take("parallel", "--parallel", words_.parallel);
    take("debugcon", "--debugcon", words_.debugcon);
    take("shadow_rom", "--shadow-rom", words_.shadow_rom ? "on" : "");
    take("engine", "--engine", words_.engine);
    take("on_triple_fault", "--on-triple-fault", words_.triple_fault);
    take("exit_port", "--exit-port", words_.exit_port);
  }

  const Words& words_;
  Config config_;
  Origins origins_;
  bool has_file_ = false;
};

std::vector<std::string> image_files(const Words& words) {
  std::vector<std::string> images;
  std::ranges::copy_if(words.files, std::back_inserter(images),
                       [](const std::string& file) { return !file.ends_with(".toml"); });
  return images;
}

void add_drives(Config& config, const Words& words) {
  for (const std::string& text : words.drives) add_drive(config, parse_drive(text));
  for (std::size_t i = 0; i < kDriveSlotCount; ++i) {
    if (words.by_slot[i].empty()) continue;
    DriveConfig drive;
    drive.slot = static_cast<DriveSlot>(i);
    drive.file = words.by_slot[i];
    add_drive(config, std::move(drive));
  }
  for (const std::string& file : image_files(words)) add_file(config, file);
}

void complete(Config& config, const Words& words) {
  if (config.drives.empty() && words.exec.empty()) {
    DriveConfig demo;
    demo.slot = DriveSlot::ide0_0;
    demo.demo = true;
    demo.mode = DriveMode::discard;
    config.drives.push_back(demo);
  }
}

Front front_of(const Words& words) {
  if (words.headless) return Front::headless;
  if (words.terminal) return Front::terminal;
  if (words.window) return Front::window;
  return Front::automatic;
}

[[noreturn]] void refuse_unknown(const CLI::App& app) {
  for (std::string word : app.remaining()) {
    word = word.substr(0, word.find('='));
    if (!word.starts_with("-")) continue;
    throw UsageError("unknown option '" + word + "'" +
                     did_you_mean(word, option_words(app), "; see platter --help"));
  }
  throw UsageError("unexpected '" + app.remaining().front() + "'; see platter --help");
}

// ---- options by their groups in --help ----

void add_drive_options(CLI::App& app, Words& words) {
  app.add_option("FILE", words.files, "Disk and floppy images, or a machine file");
  const char* drives = "Drives";
  for (std::size_t i = 0; i < kDriveSlotCount; ++i) {
    constexpr std::array names = {"--fda", "--fdb", "--hda", "--hdb", "--hdc", "--hdd"};
    app.add_option(names[i], words.by_slot[i], "Image in " + std::string(kDriveSlotNames[i]))
        ->type_name("FILE")
        ->group(drives);
  }
  app.add_option("--drive", words.drives,
                 "bus=ide0.0,file=F[,mode=rw|ro|discard|overlay][,chs=C/H/"
                 "S][,format=raw][,truncate=on][,fat-free=off|at-close|live]")
      ->type_name("KEYS")
      ->allow_extra_args(false)
      ->group(drives);
  app.add_option("--boot", words.boot, "Boot order: a floppy, c hard disk (default ac)")
      ->group(drives);
}

void add_machine_options(CLI::App& app, Words& words) {
  const char* machine = "Machine";
  app.add_option("--cpu", words.cpu, "8086, 186, 286, 386, 486 or pentium (default 386)")
      ->group(machine);
  app.add_option("--engine", words.engine, "cached or step: same results, step decodes every time")
      ->check(CLI::IsMember({"cached", "step"}))
      ->group(machine);
  app.add_option("--fpu", words.fpu,
                 "none, 8087, 287, 387 or 486 (default none up to the 386, then 486)")
      ->group(machine);
  app.add_option("--ram", words.ram, "640K to 64M (default 4M)")->group(machine);
  app.add_option("--mips", words.mips,
                 "Instructions per guest microsecond (default 8086 1, 186 2, 286 5, 386 20, 486 "
                 "50, pentium 100)")
      ->group(machine);
  app.add_option("--bios", words.bios, "System ROM file instead of ours")->group(machine);
  app.add_option("--vgabios", words.vgabios, "Video ROM file instead of ours")->group(machine);
  app.add_flag("--shadow-rom", words.shadow_rom,
               "Let the guest write the ROM areas (SeaBIOS needs it)")
      ->group(machine);
  app.add_option("--rtc", words.rtc,
                 "'YYYY-MM-DD HH:MM' or host (default 1994-01-01 00:00; in a window: host)")
      ->group(machine);
  app.add_option("--on-triple-fault", words.triple_fault, "stop or reset (default stop)")
      ->check(CLI::IsMember({"stop", "reset"}))
      ->group(machine);
}

void add_output_options(CLI::App& app, Words& words) {
  const char* ports = "Outputs";
  app.add_option("--serial", words.serial, "COM1: stdio or file:F")->group(ports);
  app.add_option("--serial2", words.serial2, "COM2: stdio or file:F")->group(ports);
  app.add_option("--parallel", words.parallel, "LPT1: file:F")->group(ports);
  app.add_option("--debugcon", words.debugcon, "What the guest writes to port E9h: stdio or a file")
      ->group(ports);
  app.add_option("--exit-port", words.exit_port, "Port whose write ends the run (off by default)")
      ->group(ports);
  app.add_option("--wav", words.wav, "The PC speaker's sound as a WAV file; headless or --terminal")
      ->type_name("FILE")
      ->group(ports);
  app.add_option("--output", words.output, "human or json: the summary at the end")
      ->check(CLI::IsMember({"human", "json"}))
      ->group(ports);
}

void add_running_options(CLI::App& app, Words& words) {
  const char* running = "Running";
  app.add_flag("--headless", words.headless, "No window; run the steps, then end")->group(running);
  app.add_flag("--window", words.window,
               "A window: the default where there is a display and no step")
      ->group(running);
  app.add_flag("--terminal", words.terminal, "Draw the screen in this terminal")->group(running);
  app.add_option("--speed", words.speed,
                 "max, or 1x, 2x, 0.5x: pacing only (window 1x, headless max)")
      ->group(running);
  app.add_option("--timeout", words.timeout,
                 "Guest time all steps may take (default 60s with steps)")
      ->group(running);
  app.add_option("--wall-timeout", words.wall_timeout, "Host time the run may take")
      ->group(running);
  app.add_option("--record", words.record, "Write every input with its instruction to this file")
      ->type_name("FILE")
      ->group(running);
  app.add_option("--replay", words.replay,
                 "Run a recording again and compare the end; drives given here replace its images")
      ->type_name("FILE")
      ->group(running);
  app.add_option("--gdb", words.gdb, "Wait at reset for gdb: `target remote :1234`; no window")
      ->type_name("[HOST]:PORT")
      ->group(running);
  app.add_flag("--history", words.history,
               "Keep what is needed to go back, in the window or gdb; disk writes wait in memory")
      ->group(running);
  app.add_option("--load-state", words.load_state, "Go on from a saved state of the same machine")
      ->type_name("FILE")
      ->group(running);
  app.add_option("--save-state", words.save_state, "Save the machine's state at the end")
      ->type_name("FILE")
      ->group(running);
  app.add_option("--map-log", words.map_log,
                 "What happens to the disks' clusters, a JSON object a line")
      ->type_name("FILE")
      ->group(running);
}

void add_exec_options(CLI::App& app, Words& words) {
  const char* exec = "One DOS program";
  app.add_option("--exec", words.exec,
                 "Run this DOS command in --dir, headless, and end with its errorlevel")
      ->type_name("'PROG ARGS'")
      ->group(exec);
  app.add_option("--dir", words.dir, "Folder that becomes a disk; changed files are copied back")
      ->type_name("FOLDER")
      ->group(exec);
  app.add_option("--dos", words.dos, "Floppy or disk image that boots DOS; it stays as it is")
      ->type_name("FILE")
      ->group(exec);
}

std::vector<StepOption> add_step_options(CLI::App& app, Words& words) {
  const char* steps = "Steps, in the order given";
  std::vector<StepOption> step_options;
  const auto add_step = [&](const char* name, std::vector<std::string>& values, Step::Kind kind,
                            const char* help) {
    CLI::Option* option = app.add_option(name, values, help)->allow_extra_args(false)->group(steps);
    step_options.push_back({option, &values, kind});
  };
  add_step("--until", words.until, Step::Kind::until, "Wait for new text on the screen");
  add_step("--type", words.type, Step::Kind::type, "Type text");
  add_step("--key", words.key, Step::Kind::key, "Press a key or chord");
  add_step("--for", words.run_for, Step::Kind::run_for, "Run for this much guest time");
  add_step("--screenshot", words.screenshot, Step::Kind::screenshot, "Save the screen as PNG");
  add_step("--screen-text", words.screen_text, Step::Kind::screen_text,
           "Save the screen as text (- for standard output)");
  return step_options;
}

// ---- what does not go together ----

void refuse_conflicts(const Words& words, bool steps) {
  if (steps && (words.window || words.terminal))
    throw UsageError("steps such as --until run headless; leave out --window and --terminal");
  if (words.exec.empty() && (!words.dir.empty() || !words.dos.empty()))
    throw UsageError("--dir and --dos belong to --exec 'PROG ARGS'");
  if (!words.exec.empty()) {
    if (steps || words.window || words.terminal)
      throw UsageError("--exec runs headless and takes no steps such as --until");
    if (!words.record.empty()) throw UsageError("--record and --exec do not go together");
    if (!words.wav.empty()) throw UsageError("--wav and --exec do not go together");
  }
  if (!words.gdb.empty() && (steps || words.window || words.terminal))
    throw UsageError("--gdb runs the machine for gdb alone; leave out steps, --window, --terminal");
  const bool nobody_goes_back = !words.record.empty() || !words.replay.empty() ||
                                !words.exec.empty() || steps || words.terminal ||
                                (words.headless && words.gdb.empty());
  if (words.history && nobody_goes_back) {
    throw UsageError(
        "--history is for the window and --gdb; it does not go with steps, --headless, --terminal, "
        "--exec, --record or --replay");
  }
}

// Guest time; 0: without end.
std::uint64_t timeout_of(const Words& words, bool steps) {
  constexpr std::uint64_t with_steps = 60'000'000'000;
  constexpr std::uint64_t with_exec = 600'000'000'000;
  if (!words.timeout.empty()) return duration("--timeout", words.timeout);
  if (!words.exec.empty()) return with_exec;
  return steps ? with_steps : 0;
}

// The words that asked for help or the version instead.
std::optional<Message> parse(CLI::App& app, std::span<const std::string> arguments) {
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
  if (!reversed.empty() && reversed.back() == "run") reversed.pop_back();
  try {
    app.parse(reversed);
  } catch (const CLI::CallForHelp&) {
    return Message{app.help(), 0};
  } catch (const CLI::CallForVersion&) {
    return Message{std::string(kVersion) + "\n", 0};
  } catch (const CLI::ParseError& error) {
    throw UsageError(error.what());
  }
  if (app.remaining_size() != 0) refuse_unknown(app);
  return std::nullopt;
}

// The machine, from files named in the words, too.
void configure(RunOptions& options, const Words& words) {
  Settings settings(words);
  add_drives(settings.config(), words);
  if (words.replay.empty()) {
    complete(settings.config(), words);
  } else if (settings.asked_for() || !words.record.empty() || !words.exec.empty()) {
    throw UsageError(
        "--replay brings its own machine: only drives, captures and --timeout go with it");
  }
  options.config = settings.config();
  options.origins = settings.origins();
  options.rtc_given = options.origins.contains("rtc");
}

}  // namespace

std::variant<RunOptions, Message> parse_command_line(std::span<const std::string> arguments) {
  Words words;
  CLI::App app{"Platter, a PC emulator with its disk at heart", "platter [run]"};
  app.footer(kFooter);
  app.allow_extras();
  app.set_version_flag("--version", kVersion);
  add_drive_options(app, words);
  add_machine_options(app, words);
  add_output_options(app, words);
  add_running_options(app, words);
  add_exec_options(app, words);
  std::vector<StepOption> step_options = add_step_options(app, words);
  if (auto message = parse(app, arguments)) return *std::move(message);

  RunOptions options;
  configure(options, words);
  options.front = front_of(words);
  options.steps = ordered_steps(app, step_options);
  refuse_conflicts(words, !options.steps.empty());
  options.record = words.record;
  options.replay = words.replay;
  options.json = words.output == "json";
  if (!words.exec.empty()) options.exec = ExecOptions{words.exec, words.dir, words.dos};
  options.gdb = words.gdb;
  options.history = words.history;
  options.load_state = words.load_state;
  options.save_state = words.save_state;
  options.map_log = words.map_log;
  options.wav = words.wav;
  if (!words.speed.empty()) {
    options.speed = parse_speed(words.speed);
    options.speed_given = true;
  }
  options.timeout = timeout_of(words, !options.steps.empty());
  if (!words.wall_timeout.empty())
    options.wall_timeout = duration("--wall-timeout", words.wall_timeout);
  return options;
}

}  // namespace emu
