// One machine as a script drives it: advances guest time until something is the case, watches the
// screen's transcript, types with flow control, listens to serial lines, calls back at breakpoints.
// Everything is measured in guest time. The host clock appears in one place only, the wall limit,
// which ends a test and never changes what it sees.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "emu/history.h"
#include "emu/machine.h"
#include "emu/machine_state.h"
#include "emu/screen_watch.h"
#include "emu/typist.h"

namespace emu {

// Why a test ends before its end: one line or more for people, and the exit code of its kind.
class ScriptError : public std::runtime_error {
 public:
  ScriptError(int exit_code, const std::string& text)
      : std::runtime_error(text), exit_code_(exit_code) {}
  int exit_code() const { return exit_code_; }

 private:
  int exit_code_;
};

struct ScriptLimits {
  devices::Nanoseconds guest = devices::kNever;  // of each machine, from its power-on
  std::optional<std::chrono::steady_clock::time_point> wall;
  const std::atomic<bool>* interrupted = nullptr;

  // Throws ScriptError.
  void check_host() const;
};

// The far end of a serial line, or of port E9h: what the guest sent, and what it is being sent.
struct Console {
  std::string received;
  std::size_t consumed = 0;  // up to the end of the last match
  std::deque<std::uint8_t> to_send;

  void put(std::uint8_t byte);
};
enum class ConsoleId : std::uint8_t { com1, com2, debug_port };
inline constexpr std::size_t kConsoleCount = 3;

class ScriptMachine {
 public:
  enum class Outcome : std::uint8_t { done, timeout, stopped };

  ScriptMachine(const Config& config, ScriptLimits limits,
                const std::function<void(const std::string&)>& warn);

  bool on() const { return machine_ != nullptr; }
  Machine& machine();  // throws ScriptError when it was switched off
  const ScreenWatch& watch() const { return watch_; }

  // Runs until `done` says so. It is asked first, and again after every slice, breakpoint and stop.
  // `pace`: often asks every half millisecond; seldom skips the times in which the guest only
  // waits, for questions whose answer cannot change then.
  enum class Pace : std::uint8_t { often, seldom };
  Outcome advance(devices::Nanoseconds within, const std::function<bool()>& done,
                  Pace pace = Pace::seldom);
  // The same, but all that is not `done` becomes a ScriptError: "no prompt within 3 s".
  void require(devices::Nanoseconds within, const std::string& what,
               const std::function<bool()>& done, Pace pace = Pace::seldom);
  Outcome run_for(devices::Nanoseconds time);
  void step(std::uint64_t instructions);
  // Whether the guest only waits just now; runs it a little to find out.
  bool idle();
  // Until the guest only waits (HLT, or polls the keyboard) and no disk does anything, for
  // `still` in a row.
  void wait_idle(devices::Nanoseconds within, devices::Nanoseconds still);

  ScreenWatch::Match expect(std::span<const ScreenWatch::Finder> finders,
                            devices::Nanoseconds within, const std::string& what);
  void type(std::string_view text);
  void chord(std::string_view text);
  void mouse(const MouseCommand& command);
  void reset();
  void insert(const DriveConfig& drive);
  void eject(DriveSlot slot);

  Console& console(ConsoleId id);  // listens from the first call on
  void send(ConsoleId id, std::string_view bytes, devices::Nanoseconds within);

  unsigned add_breakpoint(const std::string& text, std::function<void()> hit);
  void remove_breakpoint(unsigned id);

  // The machine with what the test knows of it: transcript, consoles.
  struct Saved {
    MachineState state;
    ScreenWatch watch;
    std::array<Console, kConsoleCount> consoles;
  };
  Saved save();
  void restore(const Saved& saved);
  void save_state(const std::string& file);
  void load_state(const std::string& file);

  // Keeps what is needed to go back, or ends that.
  void keep_history(bool on);
  // False: there was less than that to go back. What came after is forgotten.
  bool step_back(std::uint64_t steps);

  // Flushes the disks, keeps the figures, and lets the machine go. Throws ScriptError when a disk
  // does not take its last writes. A second call does nothing.
  void power_off();

  struct Figures {
    std::uint64_t instructions = 0;
    devices::Nanoseconds guest_time = 0;
    std::string hash;  // of the machine and of everything its drives were given to write
  };
  Figures figures();
  std::string hash();

  // What happened, with guest times: for the artifacts.
  const std::deque<std::string>& events() const { return events_; }
  void note(const std::string& text);
  std::string describe_stop() const;

 private:
  void look();
  void follow_history() {
    if (history_) history_->look();
  }
  void feed();
  void check_limits() const;
  void must_not_run(const char* what) const;
  void hit_breakpoints();
  devices::Nanoseconds slice_end(Pace pace) const;
  template <class Push>
  void press(Push push, const std::string& what);

  ScriptLimits limits_;
  std::function<void(const std::string&)> warn_;
  std::array<Console, kConsoleCount> consoles_;
  std::array<bool, kConsoleCount> listening_{};
  std::unique_ptr<Machine> machine_;
  std::optional<History> history_;
  ScreenWatch watch_;
  Typist typist_;
  std::map<unsigned, std::function<void()>> breakpoints_;
  StopReason stop_ = StopReason::deadline;
  bool advancing_ = false;
  std::deque<std::string> events_;
  std::optional<Figures> final_figures_;
};

// "1.25 s"
std::string seconds_text(devices::Nanoseconds time);

}  // namespace emu
