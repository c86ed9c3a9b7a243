// One whole PC: the only place that knows the complete board. Composes the processor, the chips and
// the images; runs in slices of virtual time; changes only through commands given between slices.
// Two machines can live in one process; nothing here is shared.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "cpu/cpu.h"
#include "devices/scan_codes.h"
#include "devices/scheduler.h"
#include "devices/video_text.h"
#include "emu/config.h"

namespace emu {

struct KeyCommand {
  devices::Key key;
  bool down;
};
struct MouseCommand {
  int dx = 0, dy = 0, wheel = 0;  // dy grows downwards, as screens count
  bool left = false, middle = false, right = false;
};
struct ResetCommand {};  // the button on the case
using Command = std::variant<KeyCommand, MouseCommand, ResetCommand>;

enum class StopReason : std::uint8_t {
  deadline,        // the time asked for has passed
  guest_exit,      // a value was written to the exit port
  guest_shutdown,  // "Shutdown" was written to port 8900h
  triple_fault,
  dead_halt,  // HLT that nothing can wake
};

struct Picture {
  std::uint32_t width = 0, height = 0;
  std::vector<std::uint8_t> rgba;
};

struct DriveReport {
  DriveSlot slot;
  std::string file;
  std::string sha256;  // of the content the guest sees
  std::uint64_t sectors_read = 0, sectors_written = 0;
};

struct DriveActivity {
  DriveSlot slot;
  std::string file;
  std::uint64_t sectors_read = 0, sectors_written = 0;
};

class Board;

class Machine {
 public:
  // Opens every image and ROM: storage::ImageError, RomError or UsageError, each naming the file.
  // `warn` takes one line a time: geometry doubts and the like; may be empty.
  explicit Machine(const Config& config, const std::function<void(const std::string&)>& warn = {});
  ~Machine();
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  StopReason run_until(devices::Nanoseconds deadline);
  void apply(const Command& command);

  devices::Nanoseconds now() const;
  std::uint64_t instructions() const;  // retired since power-on; idle time does not count
  std::optional<std::uint8_t> guest_exit() const;

  // The keyboard and the BIOS ring can take one more keystroke without losing it.
  bool keyboard_ready() const;

  const cpu::Cpu& processor() const;
  const cpu::Memory& memory() const;
  devices::TextScreen text_screen() const;
  std::vector<std::u32string> screen_rows() const;  // the same, as Unicode
  std::uint64_t screen_generation() const;          // moves whenever the picture may have changed
  Picture picture() const;
  std::vector<DriveActivity> activity() const;

  // Everything the guest was told is safe, made so; the first failure as text, empty when all is
  // well.
  std::string flush_disks();
  std::vector<DriveReport> drives();
  // SHA-256 over processor, memory and every chip: equal for equal runs.
  std::string hash();

 private:
  std::unique_ptr<Board> board_;
};

}  // namespace emu
