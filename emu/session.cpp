#include "emu/session.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <thread>

#include "emu/digest.h"
#include "emu/png.h"
#include "emu/post_mortem.h"
#include "emu/typist.h"
#include "emu/utf8.h"
#include "emu/watched_run.h"

namespace emu {

namespace {

using devices::kMillisecond;
using devices::kSecond;
using devices::Nanoseconds;

// How often a text is looked for while it is awaited.
constexpr Nanoseconds kWatchInterval = kMillisecond / 2;
constexpr Nanoseconds kIdleInterval = 10 * kMillisecond;

std::string seconds(Nanoseconds time) {
  const std::string text = std::to_string(static_cast<double>(time) / static_cast<double>(kSecond));
  return text.substr(0, text.find('.') + 3) + " s";
}

class Session {
 public:
  Session(Machine& machine, const RunOptions& options, const std::atomic<bool>& interrupted)
      : machine_(machine), options_(options), interrupted_(interrupted) {}

  Verdict run() {
    std::size_t done = 0;
    while (!verdict_ && done < options_.steps.size()) {
      watched_ = std::ranges::find(options_.steps.begin() + static_cast<std::ptrdiff_t>(done),
                                   options_.steps.end(), Step::Kind::until,
                                   &Step::kind) != options_.steps.end();
      perform(options_.steps[done]);
      if (!verdict_) ++done;
    }
    if (!verdict_ && options_.steps.empty()) advance([] { return false; }, kIdleInterval, "");
    if (!verdict_) return {"done", kExitOk, ""};
    // The run failed; captures that were still to come show the state it failed in.
    for (; done < options_.steps.size(); ++done) capture(options_.steps[done]);
    return *verdict_;
  }

 private:
  void perform(const Step& step) {
    switch (step.kind) {
      case Step::Kind::until:
        return wait_for(step.text);
      case Step::Kind::type:
        return type([&] { typist_.type(step.text); }, step.text);
      case Step::Kind::key:
        return type([&] { typist_.chord(step.text); }, step.text);
      case Step::Kind::run_for: {
        const Nanoseconds end = machine_.now() + step.duration;
        return advance([&] { return machine_.now() >= end; }, kIdleInterval, "", end);
      }
      case Step::Kind::screenshot:
      case Step::Kind::screen_text:
        return capture(step);
    }
  }

  void capture(const Step& step) {
    if (step.kind == Step::Kind::screenshot) save_screenshot(machine_, step.text);
    if (step.kind == Step::Kind::screen_text) save_screen_text(machine_, step.text);
  }

  void wait_for(const std::string& text) {
    const std::u32string wanted = from_utf8(text);
    advance([&] { return watch_.find(wanted); }, kWatchInterval, "waiting for \"" + text + "\"");
  }

  template <class Push>
  void type(Push push, const std::string& text) {
    push();
    advance(
        [&] {
          typist_.feed(machine_);
          return typist_.done();
        },
        kWatchInterval, "typing \"" + text + "\"");
  }

  // Runs in slices until `done` says so, the guest stops or a limit is reached.
  template <class Done>
  void advance(Done done, Nanoseconds slice, const std::string& what,
               Nanoseconds end = devices::kNever) {
    look();
    while (!done()) {
      const Nanoseconds limit = options_.timeout != 0 ? began_ + options_.timeout : devices::kNever;
      const Nanoseconds deadline = std::min({machine_.now() + slice, limit, end});
      const StopReason stop =
          watched_ ? run_watched(machine_, watch_, deadline) : machine_.run_until(deadline);
      look();
      if (stop != StopReason::deadline) {
        watch_.show();
        if (done()) return;
        return stopped(stop, what);
      }
      if (interrupted_) {
        verdict_ = {"interrupted", kExitInterrupted,
                    "interrupted after " + seconds(machine_.now())};
        return;
      }
      if (machine_.now() >= limit) {
        // Without steps the limit is the wish to stop there.
        verdict_ = {"timeout", kExitGuestTimeout,
                    "timed out after " + seconds(machine_.now()) + " of guest time" +
                        (what.empty() ? "" : " " + what)};
        return;
      }
      if (wall_expired()) {
        verdict_ = {"wall-timeout", kExitWallTimeout,
                    "host time limit reached after " + seconds(machine_.now()) + " of guest time" +
                        (what.empty() ? "" : " " + what)};
        return;
      }
      pace();
    }
  }

  void stopped(StopReason stop, const std::string& what) {
    const std::string where = what.empty() ? "" : " while " + what;
    switch (stop) {
      case StopReason::guest_exit: {
        const int value = machine_.guest_exit().value_or(0);
        verdict_ = {"guest-exit", 2 * value + 1, ""};
        return;
      }
      case StopReason::guest_shutdown:
        if (what.empty()) {
          verdict_ = {"guest-shutdown", kExitOk, ""};
        } else {
          verdict_ = {"guest-shutdown", kExitExpectation, "the guest shut down" + where};
        }
        return;
      case StopReason::triple_fault:
        verdict_ = {"triple-fault", kExitGuestDied, "triple fault" + where};
        return;
      case StopReason::dead_halt:
        verdict_ = {"dead-halt", kExitGuestDied, "HLT with interrupts off" + where};
        return;
      case StopReason::deadline:
      case StopReason::breakpoint:  // headless runs set none
        return;
    }
  }

  void look() {
    if (watched_) follow_screen(machine_, watch_);
  }

  bool wall_expired() const {
    if (options_.wall_timeout == 0) return false;
    const auto spent = std::chrono::steady_clock::now() - host_start_;
    return std::chrono::duration_cast<std::chrono::nanoseconds>(spent).count() >=
           static_cast<std::int64_t>(options_.wall_timeout);
  }

  // --speed holds the guest back to a multiple of host time; the guest cannot tell.
  void pace() const {
    if (options_.speed <= 0) return;
    const std::chrono::duration<double> due(static_cast<double>(machine_.now() - began_) /
                                            static_cast<double>(kSecond) / options_.speed);
    std::this_thread::sleep_until(
        host_start_ + std::chrono::duration_cast<std::chrono::steady_clock::duration>(due));
  }

  Machine& machine_;
  const RunOptions& options_;
  const std::atomic<bool>& interrupted_;
  ScreenWatch watch_;
  bool watched_ = false;  // a step still to come reads it
  Typist typist_;
  std::optional<Verdict> verdict_;
  const Nanoseconds began_ = machine_.now();  // not 0 when a state was loaded
  std::chrono::steady_clock::time_point host_start_ = std::chrono::steady_clock::now();
};

void check_written(const std::ostream& stream, const std::string& path) {
  if (!stream) throw std::system_error(errno != 0 ? errno : EIO, std::generic_category(), path);
}

}  // namespace

Verdict run_steps(Machine& machine, const RunOptions& options,
                  const std::atomic<bool>& interrupted) {
  return Session(machine, options, interrupted).run();
}

std::string screen_text(const Machine& machine) {
  std::string text;
  for (std::u32string row : machine.screen_rows()) {
    const std::size_t last = row.find_last_not_of(U" \0");
    row.resize(last == std::u32string::npos ? 0 : last + 1);
    text += to_utf8(row) + "\n";
  }
  return text;
}

void save_screen_text(const Machine& machine, const std::string& path) {
  if (path == "-") {
    std::cout << screen_text(machine) << std::flush;
    return;
  }
  errno = 0;
  std::ofstream file(path);
  check_written(file, path);
  file << screen_text(machine) << std::flush;
  check_written(file, path);
}

void save_screenshot(const Machine& machine, const std::string& path) {
  const Picture picture = machine.picture();
  write_png(path, picture.width, picture.height, picture.rgba);
}

void print_json_summary(std::ostream& out, Machine& machine, const Verdict& verdict) {
  Digest digest;
  const std::string screen = screen_text(machine);
  digest.add({reinterpret_cast<const std::uint8_t*>(screen.data()), screen.size()});

  nlohmann::ordered_json summary;
  summary["stop"] = verdict.stop;
  summary["exit_code"] = verdict.exit_code;
  summary["guest_exit"] = nullptr;
  if (machine.guest_exit()) summary["guest_exit"] = *machine.guest_exit();
  summary["instructions"] = machine.instructions();
  summary["guest_seconds"] = static_cast<double>(machine.now()) / static_cast<double>(kSecond);
  summary["screen_sha256"] = digest.hex();
  summary["machine_hash"] = machine.hash();
  if (verdict.exec) {
    summary["errorlevel"] = nullptr;
    if (verdict.exec->errorlevel) summary["errorlevel"] = *verdict.exec->errorlevel;
    summary["output"] = verdict.exec->output;
    for (const FolderChanges& folder : verdict.exec->folders) {
      summary["folders"][folder.folder] = {{"written", folder.changes.written},
                                           {"removed", folder.changes.removed},
                                           {"failed", folder.changes.failures}};
    }
  }
  auto& disks = summary["disks"] = nlohmann::ordered_json::object();
  for (const DriveReport& drive : machine.drives()) {
    disks[slot_name(drive.slot)] = {{"file", drive.file},
                                    {"sha256", drive.sha256},
                                    {"sectors_read", drive.sectors_read},
                                    {"sectors_written", drive.sectors_written}};
  }
  if (!verdict.message.empty()) summary["message"] = verdict.message;
  out << summary.dump(2) << "\n";
}

}  // namespace emu
