#include "emu/script_machine.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "emu/digest.h"
#include "emu/drive_tap.h"
#include "emu/post_mortem.h"
#include "emu/run_options.h"
#include "emu/session.h"
#include "emu/watched_run.h"

namespace emu {

namespace {

using devices::kMillisecond;
using devices::kSecond;
using devices::Nanoseconds;

// How often a script may act. Slices end on multiples of it, so that how long one took changes
// nothing for the next.
constexpr Nanoseconds kSlice = kMillisecond / 2;
constexpr Nanoseconds kTypingPatience = 60 * kSecond;
constexpr std::size_t kEventsKept = 10000;
constexpr std::size_t kConsoleKept = 4U << 20;

Nanoseconds later(Nanoseconds now, Nanoseconds delay) {
  return delay > devices::kNever - now ? devices::kNever : now + delay;
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else {
      out += c;
    }
  }
  return out + "\"";
}

}  // namespace

std::string seconds_text(Nanoseconds time) {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%.6g s",
                static_cast<double>(time) / static_cast<double>(kSecond));
  return text.data();
}

void ScriptLimits::check_host() const {
  if (interrupted != nullptr && *interrupted) throw ScriptError(kExitInterrupted, "interrupted");
  if (wall && std::chrono::steady_clock::now() >= *wall) {
    throw ScriptError(kExitWallTimeout, "the test's host time (wall_timeout) is used up");
  }
}

void Console::put(std::uint8_t byte) {
  if (received.size() >= kConsoleKept) {
    const std::size_t half = received.size() / 2;
    received.erase(0, half);
    consumed -= std::min(consumed, half);
  }
  received.push_back(static_cast<char>(byte));
}

ScriptMachine::ScriptMachine(const Config& config, ScriptLimits limits,
                             const std::function<void(const std::string&)>& warn)
    : limits_(limits), warn_(warn), machine_(std::make_unique<Machine>(config, warn)) {
  note("power on");
}

Machine& ScriptMachine::machine() {
  if (!machine_) throw ScriptError(kExitExpectation, "the machine is switched off");
  return *machine_;
}

void ScriptMachine::note(const std::string& text) {
  if (!machine_) return;
  std::array<char, 32> time{};
  std::snprintf(time.data(), time.size(), "%14.6f  ",
                static_cast<double>(machine_->now()) / static_cast<double>(kSecond));
  events_.push_back(time.data() + text);
  if (events_.size() > kEventsKept) events_.pop_front();
}

void ScriptMachine::look() {
  follow_screen(*machine_, watch_);
}

// What waits to go in, as far as the guest can take it now.
void ScriptMachine::feed() {
  typist_.feed(*machine_);
  for (const std::size_t port : {0U, 1U}) {
    std::deque<std::uint8_t>& waiting = consoles_[port].to_send;
    if (waiting.empty()) continue;
    const std::vector<std::uint8_t> bytes(waiting.begin(), waiting.end());
    const std::size_t taken = machine_->feed_serial(port, bytes);
    waiting.erase(waiting.begin(), waiting.begin() + static_cast<std::ptrdiff_t>(taken));
  }
}

void ScriptMachine::check_limits() const {
  limits_.check_host();
  if (machine_->now() >= limits_.guest) {
    throw ScriptError(kExitGuestTimeout, "the test's guest time (timeout = " +
                                             seconds_text(limits_.guest) + ") is used up");
  }
}

// The next multiple of a slice; while the guest waits, the first one that can show something new.
Nanoseconds ScriptMachine::slice_end(Pace pace) const {
  const Nanoseconds next = (machine_->now() / kSlice + 1) * kSlice;
  if (pace == Pace::often || !typist_.done()) return next;
  // A screen that was put off has to be looked at again soon.
  if (watch_.behind(machine_->screen_generation())) return next;
  const Nanoseconds quiet = machine_->quiet_until();
  if (quiet == devices::kNever) return devices::kNever;
  return std::max(next, (quiet + kSlice - 1) / kSlice * kSlice);
}

void ScriptMachine::hit_breakpoints() {
  const std::vector<unsigned> hits = machine_->breakpoints_hit();
  for (const unsigned id : hits) {
    const auto row = breakpoints_.find(id);
    if (row == breakpoints_.end()) continue;
    const std::function<void()> call = row->second;  // it may remove itself
    call();
  }
}

ScriptMachine::Outcome ScriptMachine::advance(Nanoseconds within, const std::function<bool()>& done,
                                              Pace pace) {
  machine();
  if (std::exchange(advancing_, true)) {
    throw ScriptError(kExitExpectation,
                      "the machine is running already: functions given to brk and wait may look "
                      "at it, not run it");
  }
  struct Leave {
    bool& flag;
    ~Leave() { flag = false; }
  };
  const Leave leave{advancing_};
  const Nanoseconds end = later(machine_->now(), within);
  look();
  while (!done()) {
    if (machine_->now() >= end) return Outcome::timeout;
    check_limits();
    feed();
    follow_history();
    stop_ = run_watched(*machine_, watch_, std::min({slice_end(pace), end, limits_.guest}));
    follow_history();
    look();
    if (stop_ == StopReason::breakpoint) {
      hit_breakpoints();
    } else if (stop_ != StopReason::deadline) {
      watch_.show();
      return done() ? Outcome::done : Outcome::stopped;
    }
  }
  return Outcome::done;
}

std::string ScriptMachine::describe_stop() const {
  switch (stop_) {
    case StopReason::guest_exit:
      return "the guest wrote " + std::to_string(machine_->guest_exit().value_or(0)) +
             " to the exit port";
    case StopReason::guest_shutdown:
      return "the guest switched the machine off";
    case StopReason::triple_fault:
      return "the guest died of a triple fault";
    case StopReason::dead_halt:
      return "the guest halted with interrupts off";
    case StopReason::deadline:
    case StopReason::breakpoint:
      break;
  }
  return "the guest runs";
}

void ScriptMachine::require(Nanoseconds within, const std::string& what,
                            const std::function<bool()>& done, Pace pace) {
  const Nanoseconds began = machine().now();
  switch (advance(within, done, pace)) {
    case Outcome::done:
      return;
    case Outcome::timeout:
      throw ScriptError(kExitExpectation, "no " + what + " within " + seconds_text(within) +
                                              " of guest time (from " + seconds_text(began) + ")");
    case Outcome::stopped: {
      const bool died = stop_ == StopReason::triple_fault || stop_ == StopReason::dead_halt;
      std::string text = describe_stop() + " while the test waited for " + what;
      if (died) {
        text += "\n" + describe_registers(machine_->processor().registers()) +
                describe_recent_code(machine_->processor(), machine_->memory());
      }
      throw ScriptError(died ? kExitGuestDied : kExitExpectation, text);
    }
  }
}

ScriptMachine::Outcome ScriptMachine::run_for(Nanoseconds time) {
  const Nanoseconds end = later(machine().now(), time);
  return advance(time, [&] { return machine_->now() >= end; });
}

// Asked between slices. An interrupt handler may be at work just then, so a guest gets a
// millisecond's worth of instructions to come back to its waiting.
bool ScriptMachine::idle() {
  if (machine_->disks_busy()) return false;
  if (machine_->quiet_until() > machine_->now()) return true;
  constexpr std::uint64_t patience = 20'000;
  return machine_->polls_for_input(patience);
}

void ScriptMachine::wait_idle(Nanoseconds within, Nanoseconds still) {
  constexpr Nanoseconds sample = 5 * kMillisecond;
  std::optional<Nanoseconds> since;
  Nanoseconds next_sample = machine().now();
  require(
      within, "idle guest",
      [&] {
        const Nanoseconds now = machine_->now();
        if (now < next_sample) return false;
        next_sample = now + sample;
        if (!idle()) {
          since.reset();
          return false;
        }
        since = std::max(since.value_or(now), machine_->last_disk_access());
        return now - *since >= still;
      },
      Pace::often);
  note("idle");
}

void ScriptMachine::step(std::uint64_t instructions) {
  must_not_run("step");
  Machine& running = machine();
  follow_history();
  stop_ = running.run_instructions(instructions);
  follow_history();
  look();
  if (stop_ == StopReason::breakpoint) hit_breakpoints();
}

ScreenWatch::Match ScriptMachine::expect(std::span<const ScreenWatch::Finder> finders,
                                         Nanoseconds within, const std::string& what) {
  std::optional<ScreenWatch::Match> match;
  std::optional<std::uint64_t> searched;
  machine();
  note("wait for " + what);
  require(within, what, [&] {
    if (searched == watch_.generation()) return false;
    searched = watch_.generation();
    match = watch_.find_any(finders);
    return match.has_value();
  });
  note("saw " + what);
  return *match;
}

template <class Push>
void ScriptMachine::press(Push push, const std::string& what) {
  machine();
  note(what);
  push();
  require(kTypingPatience, "room for the keys of " + what + " in the guest's keyboard buffer",
          [&] { return typist_.done(); });
}

void ScriptMachine::type(std::string_view text) {
  press([&] { typist_.type_plain(text); }, "type " + quoted(text));
}

void ScriptMachine::chord(std::string_view text) {
  press([&] { typist_.chord(text); }, "key " + std::string(text));
}

void ScriptMachine::mouse(const MouseCommand& command) {
  note("mouse " + std::to_string(command.dx) + " " + std::to_string(command.dy));
  machine().apply(command);
}

void ScriptMachine::reset() {
  machine().apply(ResetCommand{});
  note("reset");
}

void ScriptMachine::insert(const DriveConfig& drive) {
  machine().insert(drive, warn_);
  note(std::string("insert ") + slot_name(drive.slot) + " " + drive.file);
}

void ScriptMachine::eject(DriveSlot slot) {
  if (DriveTap* tap = machine().tap(slot);
      tap != nullptr && is_floppy(slot) && tap->close() != storage::IoStatus::ok) {
    throw ScriptError(kExitHostError,
                      std::string("the last writes to ") + slot_name(slot) + " failed");
  }
  machine().eject(slot);
  note(std::string("eject ") + slot_name(slot));
}

Console& ScriptMachine::console(ConsoleId id) {
  const auto index = static_cast<std::size_t>(id);
  Console& console = consoles_[index];
  if (!std::exchange(listening_[index], true)) {
    const auto sink = devices::ByteSink::to<&Console::put>(console);
    if (id == ConsoleId::debug_port) {
      machine().listen_debug_port(sink);
    } else {
      machine().listen_serial(index, sink);
    }
  }
  return console;
}

void ScriptMachine::send(ConsoleId id, std::string_view bytes, Nanoseconds within) {
  Console& line = console(id);
  line.to_send.insert(line.to_send.end(), bytes.begin(), bytes.end());
  note("send " + quoted(bytes));
  require(within, "room on the serial line for " + quoted(bytes),
          [&] { return line.to_send.empty(); });
}

unsigned ScriptMachine::add_breakpoint(const std::string& text, std::function<void()> hit) {
  const unsigned id = machine().add_breakpoint(parse_breakpoint(text));
  breakpoints_[id] = std::move(hit);
  return id;
}

void ScriptMachine::remove_breakpoint(unsigned id) {
  machine().remove_breakpoint(id);
  breakpoints_.erase(id);
}

void ScriptMachine::must_not_run(const char* what) const {
  if (!advancing_) return;
  throw ScriptError(kExitExpectation,
                    std::string("functions given to brk and wait cannot ") + what);
}

ScriptMachine::Saved ScriptMachine::save() {
  must_not_run("save the machine");
  note("save");
  return {machine().capture(), watch_, consoles_};
}

void ScriptMachine::restore(const Saved& saved) {
  must_not_run("restore the machine");
  machine().restore(saved.state);
  watch_ = saved.watch;
  consoles_ = saved.consoles;
  watch_.forget_generation();
  note("restore");
}

void ScriptMachine::save_state(const std::string& file) {
  must_not_run("save the machine");
  machine().save_state(file);
  note("save state " + file);
}

void ScriptMachine::load_state(const std::string& file) {
  must_not_run("load a state");
  machine().load_state(file);
  watch_ = {};
  watch_.forget_generation();
  note("load state " + file);
}

void ScriptMachine::keep_history(bool on) {
  must_not_run("keep a history");
  note(on ? "history on" : "history off");
  if (on == history_.has_value()) return;
  if (on) {
    history_.emplace(machine());
    return;
  }
  const std::string failure = history_->finish();
  history_.reset();
  if (!failure.empty()) throw ScriptError(kExitHostError, failure);
}

bool ScriptMachine::step_back(std::uint64_t steps) {
  must_not_run("step back");
  machine();
  if (!history_) throw UsageError("no history is kept: m:history(true) comes first");
  bool there = true;
  for (; there && steps != 0; --steps) {
    limits_.check_host();
    there = history_->step_back() == History::Outcome::there;
  }
  history_->forget_future();
  watch_.forget_generation();
  look();
  note("step back");
  return there;
}

std::string ScriptMachine::hash() {
  Machine& running = machine();
  Digest digest;
  const auto add = [&](std::string_view text) {
    digest.add({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  };
  add(running.hash());
  for (std::size_t i = 0; i < kDriveSlotCount; ++i) {
    const auto slot = static_cast<DriveSlot>(i);
    const DriveTap* tap = running.tap(slot);
    if (tap != nullptr) add(slot_name(slot) + std::to_string(tap->write_digest()));
  }
  return digest.hex();
}

ScriptMachine::Figures ScriptMachine::figures() {
  if (final_figures_) return *final_figures_;
  return {machine().instructions(), machine().now(), hash()};
}

void ScriptMachine::power_off() {
  if (!machine_) return;
  note("power off");
  final_figures_ = figures();
  history_.reset();
  std::string failure;
  for (std::size_t i = 0; i < kDriveSlotCount; ++i) {
    DriveTap* tap = machine_->tap(static_cast<DriveSlot>(i));
    if (tap != nullptr && tap->close() != storage::IoStatus::ok && failure.empty()) {
      failure = std::string("the last writes to ") + kDriveSlotNames[i] + " failed";
    }
  }
  machine_.reset();
  breakpoints_.clear();
  if (!failure.empty()) throw ScriptError(kExitHostError, failure);
}

}  // namespace emu
