#include "emu/terminal.h"

#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <thread>

#include "devices/scan_codes.h"
#include "devices/video_cp437.h"
#include "emu/typist.h"

namespace emu {

namespace {

using devices::kMillisecond;
using devices::kSecond;

constexpr devices::Nanoseconds kFrame = 33 * kMillisecond;
constexpr char kQuit = 0x1D;  // Ctrl-]

// Raw keyboard input and the alternate screen for as long as this lives.
class RawTerminal {
 public:
  RawTerminal() {
    tcgetattr(STDIN_FILENO, &saved_);
    termios raw = saved_;
    cfmakeraw(&raw);
    raw.c_lflag |= ISIG;  // Ctrl-C still ends the program
    raw.c_oflag |= OPOST;
    tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    std::cout << "\x1b[?1049h\x1b[2J" << std::flush;
  }
  ~RawTerminal() {
    std::cout << "\x1b[0m\x1b[?25h\x1b[?1049l" << std::flush;
    tcsetattr(STDIN_FILENO, TCSANOW, &saved_);
  }
  RawTerminal(const RawTerminal&) = delete;
  RawTerminal& operator=(const RawTerminal&) = delete;

 private:
  termios saved_{};
};

std::string waiting_input() {
  std::string input;
  pollfd waiting{STDIN_FILENO, POLLIN, 0};
  while (poll(&waiting, 1, 0) > 0 && (waiting.revents & POLLIN) != 0) {
    std::array<char, 64> bytes{};
    const ssize_t count = read(STDIN_FILENO, bytes.data(), bytes.size());
    if (count <= 0) break;
    input.append(bytes.data(), static_cast<std::size_t>(count));
  }
  return input;
}

// Escape sequences of the keys a DOS user needs, as xterm and the Linux console send them.
const std::map<std::string, std::string, std::less<>>& sequences() {
  static const std::map<std::string, std::string, std::less<>> table = {
      {"\x1b[A", "up"},      {"\x1b[B", "down"},  {"\x1b[C", "right"},   {"\x1b[D", "left"},
      {"\x1b[H", "home"},    {"\x1b[F", "end"},   {"\x1b[1~", "home"},   {"\x1b[4~", "end"},
      {"\x1b[2~", "insert"}, {"\x1b[3~", "del"},  {"\x1b[5~", "pageup"}, {"\x1b[6~", "pagedown"},
      {"\x1bOP", "f1"},      {"\x1bOQ", "f2"},    {"\x1bOR", "f3"},      {"\x1bOS", "f4"},
      {"\x1b[15~", "f5"},    {"\x1b[17~", "f6"},  {"\x1b[18~", "f7"},    {"\x1b[19~", "f8"},
      {"\x1b[20~", "f9"},    {"\x1b[21~", "f10"}, {"\x1b[23~", "f11"},   {"\x1b[24~", "f12"},
  };
  return table;
}

// The sixteen colours of a text attribute as SGR codes: blue and red change places on the way.
std::string sgr(std::uint8_t attribute) {
  constexpr std::array<int, 8> ansi = {0, 4, 2, 6, 1, 5, 3, 7};
  const int foreground = ansi[attribute & 7] + ((attribute & 8) != 0 ? 90 : 30);
  const int background = ansi[attribute >> 4 & 7] + 40;
  return "\x1b[" + std::to_string(foreground) + ";" + std::to_string(background) + "m";
}

std::string coloured(const devices::TextScreen& screen) {
  std::string out;
  for (unsigned y = 0; y < screen.rows; ++y) {
    int attribute = -1;
    for (unsigned x = 0; x < screen.columns; ++x) {
      const devices::TextCell& cell = screen.cells[y * screen.columns + x];
      if (cell.attribute != attribute) out += sgr(cell.attribute);
      attribute = cell.attribute;
      devices::append_utf8(out, devices::cp437_to_unicode(cell.character));
    }
    out += "\x1b[0m\x1b[K\r\n";
  }
  return out;
}

class TerminalFront {
 public:
  TerminalFront(Machine& machine, const RunOptions& options, const std::atomic<bool>& interrupted)
      : machine_(machine),
        speed_(options.speed_given ? options.speed : 1.0),
        interrupted_(interrupted) {}

  Verdict run() {
    const RawTerminal raw;
    while (!interrupted_) {
      const StopReason stop = machine_.run_until(machine_.now() + kFrame);
      draw();
      if (stop != StopReason::deadline) return verdict(stop);
      if (!take_input()) return {"done", kExitOk, ""};
      pace();
    }
    return {"interrupted", kExitInterrupted, "interrupted"};
  }

 private:
  static Verdict verdict(StopReason stop) {
    if (stop == StopReason::triple_fault) return {"triple-fault", kExitGuestDied, "triple fault"};
    if (stop == StopReason::dead_halt) {
      return {"dead-halt", kExitOk, "the guest halted for good (HLT with interrupts off)"};
    }
    return {"guest-exit", kExitOk, ""};
  }

  // Holds the guest to --speed. At full speed a guest that only waits is held to real time: whoever
  // waits for a key gains nothing from hurry, and the host gets its processor back.
  void pace() {
    const bool waits = machine_.quiet_until() > machine_.now();
    if (speed_ <= 0 && !waits) {
      paced_from_ = machine_.now();
      host_from_ = std::chrono::steady_clock::now();
      return;
    }
    const double factor = speed_ > 0 ? speed_ : 1.0;
    const std::chrono::duration<double> due(static_cast<double>(machine_.now() - paced_from_) /
                                            static_cast<double>(kSecond) / factor);
    std::this_thread::sleep_until(
        host_from_ + std::chrono::duration_cast<std::chrono::steady_clock::duration>(due));
  }

  bool take_input() {
    typist_.feed(machine_);
    const std::string input = waiting_input();
    for (std::size_t i = 0; i < input.size();) {
      if (input[i] == kQuit) return false;
      i += take_key(std::string_view(input).substr(i));
    }
    return true;
  }

  // Returns how many bytes made the key.
  std::size_t take_key(std::string_view input) {
    for (const auto& [bytes, name] : sequences()) {
      if (!input.starts_with(bytes)) continue;
      typist_.chord(name);
      return bytes.size();
    }
    const char c = input.front();
    const bool named = c == 0x7F || c == '\r' || c == '\n' || c == '\t' || c == '\x1B';
    // What no key of the guest's keyboard produces cannot be pressed.
    if (!named && !devices::keystroke_for(c)) return 1;
    typist_.type(c == 0x7F ? "\\b" : c == '\\' ? "\\\\" : std::string(1, c));
    return 1;
  }

  void draw() {
    if (seen_ == machine_.screen_generation()) return;
    seen_ = machine_.screen_generation();
    std::string out = "\x1b[?25l\x1b[H" + coloured(machine_.text_screen());
    out += "\x1b[K\x1b[7m Platter  Ctrl-] quits \x1b[0m\x1b[J";
    std::cout << out << std::flush;
  }

  Machine& machine_;
  double speed_;
  const std::atomic<bool>& interrupted_;
  Typist typist_;
  std::optional<std::uint64_t> seen_;
  devices::Nanoseconds paced_from_ = machine_.now();  // not 0 when a state was loaded
  std::chrono::steady_clock::time_point host_from_ = std::chrono::steady_clock::now();
};

// Not a terminal: nobody watches and nobody types. Run until the guest has nothing left to do for a
// while, show what it came to, and end.
Verdict run_unwatched(Machine& machine, const std::atomic<bool>& interrupted) {
  constexpr devices::Nanoseconds settle = 2 * kSecond;
  constexpr devices::Nanoseconds limit = 60 * kSecond;
  std::uint64_t generation = machine.screen_generation();
  devices::Nanoseconds changed_at = machine.now();
  while (!interrupted && machine.now() < limit && machine.now() - changed_at < settle) {
    const StopReason stop = machine.run_until(machine.now() + 100 * kMillisecond);
    if (stop == StopReason::triple_fault) return {"triple-fault", kExitGuestDied, "triple fault"};
    if (stop != StopReason::deadline) break;
    if (machine.screen_generation() == generation) continue;
    generation = machine.screen_generation();
    changed_at = machine.now();
  }
  std::cout << screen_text(machine) << std::flush;
  return {"done", kExitOk, ""};
}

}  // namespace

Verdict run_terminal(Machine& machine, const RunOptions& options,
                     const std::atomic<bool>& interrupted) {
  if (isatty(STDIN_FILENO) == 0 || isatty(STDOUT_FILENO) == 0) {
    return run_unwatched(machine, interrupted);
  }
  return TerminalFront(machine, options, interrupted).run();
}

}  // namespace emu
