// One whole PC: the only place that knows the complete board. Composes the processor, the chips and
// the images; runs in slices of virtual time; changes only through commands given between slices.
// Two machines can live in one process; nothing here is shared.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "cpu/cpu.h"
#include "devices/ata_log.h"
#include "devices/byte_sink.h"
#include "devices/sample_sink.h"
#include "devices/scan_codes.h"
#include "devices/scheduler.h"
#include "devices/video_text.h"
#include "emu/breakpoint.h"
#include "emu/config.h"
#include "emu/execution_log.h"
#include "emu/host_folder.h"

namespace emu {

class DriveTap;
struct MachineState;
enum class ChainChange : std::uint8_t;

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

// What else comes from outside; see Machine::on_input.
struct InsertInput {
  DriveConfig drive;
  std::string digest;  // of the medium's content
};
struct EjectInput {
  DriveSlot slot;
};
struct SerialPeer {
  std::size_t port;  // 0 COM1, 1 COM2
};
struct SerialInput {
  std::size_t port;
  std::vector<std::uint8_t> bytes;
};
struct HostInput {
  using What = std::variant<KeyCommand, MouseCommand, ResetCommand, InsertInput, EjectInput,
                            SerialPeer, SerialInput>;
  std::uint64_t at;  // Machine::instruction_times()
  What what;
};

enum class StopReason : std::uint8_t {
  deadline,        // the time asked for has passed
  guest_exit,      // a value was written to the exit port
  guest_shutdown,  // "Shutdown" was written to port 8900h
  triple_fault,
  dead_halt,   // HLT that nothing can wake
  breakpoint,  // breakpoints_hit() says which
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

struct FolderChanges {
  std::string folder;
  HostFolder::Changes changes;
};

struct DriveActivity {
  DriveSlot slot;
  std::string file;
  std::uint64_t sectors_read = 0, sectors_written = 0;
};

class Board;
class Rehearsal;

class Machine {
 public:
  // Opens every image and ROM: storage::ImageError, RomError or UsageError, each naming the file.
  // `warn` takes one line a time: geometry doubts and the like; may be empty.
  explicit Machine(const Config& config, const std::function<void(const std::string&)>& warn = {});
  ~Machine();
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  StopReason run_until(devices::Nanoseconds deadline);
  // So many instruction times, whether the processor runs or waits in HLT.
  StopReason run_instructions(std::uint64_t count);
  void apply(const Command& command);

  devices::Nanoseconds now() const;
  std::uint32_t mips() const;
  std::uint64_t instructions() const;  // retired since power-on; idle time does not count
  // Instructions, and as many as would have fitted while the processor slept: the machine's clock.
  std::uint64_t instruction_times() const;
  std::optional<std::uint8_t> guest_exit() const;

  // The beginning of an instruction time, and the first that begins at or after a moment.
  devices::Nanoseconds time_of(std::uint64_t instruction_time) const;
  std::uint64_t instruction_time_at(devices::Nanoseconds time) const;

  // Hears of everything that is done to the machine from outside, before it is done.
  std::function<void(const HostInput&)> on_input;
  // Hears of the rest, after it: a debugger's hand on registers, memory or ports, a state loaded.
  std::function<void()> on_interference;

  // The keyboard and the BIOS ring can take one more keystroke without losing it.
  bool keyboard_ready() const;

  const cpu::Cpu& processor() const;
  const cpu::Memory& memory() const;
  devices::TextScreen text_screen() const;
  std::vector<std::u32string> screen_rows() const;  // the same, as Unicode
  std::uint64_t screen_generation() const;          // moves whenever the picture may have changed
  Picture picture() const;
  std::vector<DriveActivity> activity() const;

  // ---- for scripts and debuggers; between slices, like apply() ----

  // Stops before the instruction (exec, int) or right after the access (port, disk, memory). While
  // a breakpoint on instructions exists the processor runs in single steps; one on memory slows
  // down accesses to its pages only.
  unsigned add_breakpoint(Breakpoint breakpoint);
  void remove_breakpoint(unsigned id);
  const std::vector<unsigned>& breakpoints_hit() const;
  const std::optional<MemoryHit>& memory_hit() const;  // of the same stop

  // Records the latest so many instructions, which then run in single steps, or accesses to ports;
  // 0: no more. nullptr: nothing is recorded.
  void trace_instructions(std::size_t most);
  const InstructionTrace* trace() const;
  void log_ports(std::size_t most);
  const PortLog* port_log() const;

  // Floppies: throws storage::ImageError, and UsageError when there is no such drive.
  void insert(const DriveConfig& drive, const std::function<void(const std::string&)>& warn = {});
  void eject(DriveSlot slot);
  // Between slices, and unseen by the guest. `drive` is how it was opened, and how it is open then.
  // Throws ImageError or storage::Cancelled: see drive_chain.h.
  std::string change_chain(ChainChange change, DriveConfig& drive,
                           const std::function<void(const std::string&)>& warn = {},
                           const storage::Progress& progress = {});
  DriveTap* tap(DriveSlot slot);  // nullptr: no such drive, or nothing in it
  const DriveTap* tap(DriveSlot slot) const;
  bool has_drive(DriveSlot slot) const;
  devices::Nanoseconds last_disk_access() const;
  bool disks_busy() const;  // a controller works, or a floppy's motor runs

  // Until then the guest waits, in HLT or in a loop that polls, and nothing will be different;
  // now() when it does not wait.
  devices::Nanoseconds quiet_until() const;
  // Whether the guest polls the keyboard (INT 16h, INT 28h, DOS's input status) within the next
  // `instructions`, which are run.
  bool polls_for_input(std::uint64_t instructions);

  // The far ends of COM1, COM2 and port E9h; a serial peer shows that it is switched on.
  void listen_serial(std::size_t port, devices::ByteSink sink);
  void listen_debug_port(devices::ByteSink sink);
  // The speaker from now on, up to the end of each run; SampleSink() ends it. The guest cannot
  // tell.
  void listen_speaker(const devices::SampleSink& sink);
  std::optional<double> tone() const;  // Hz, of what sounds just now
  // Somebody is at the other end, whoever listens.
  void connect_serial_peer(std::size_t port);
  std::size_t feed_serial(std::size_t port, std::span<const std::uint8_t> bytes);
  std::uint8_t read_port(std::uint16_t port);  // as the guest would, side effects included

  // For observers of chips: the debugger's panels. Nothing of it changes but between slices.
  const Board& board() const { return *board_; }
  // As long as the object lives, see rehearsal.h.
  std::unique_ptr<Rehearsal> rehearse(bool breakpoints_stop = false);
  // A debugger's hand.
  void set_registers(const cpu::Registers& registers);
  void write_memory(std::uint32_t physical, std::span<const std::uint8_t> bytes);

  // A moment to come back to; see machine_state.h for what both may throw.
  // What is the same in `like` is shared with it.
  MachineState capture(const MachineState* like = nullptr);
  void restore(const MachineState& state);
  bool can_restore(const MachineState& state) const;
  void save_state(const std::string& file);
  void load_state(const std::string& file);
  std::vector<devices::AtaLogEntry> ata_log(DriveSlot slot) const;  // empty for floppies

  // The machine runs no more: everything the guest was told is safe, made so, what waits above the
  // images too. The first failure as text, empty when all is well.
  std::string flush_disks();
  // What the guest changed on disks made from folders, copied back into these (mode rw only).
  std::vector<FolderChanges> copy_back_folders();
  // SHA-256 of what a guest would read from a drive; empty when nothing is in it.
  std::string medium_digest(DriveSlot slot);
  std::vector<DriveReport> drives();
  // SHA-256 over processor, memory and every chip: equal for equal runs.
  std::string hash();

 private:
  void tell(HostInput::What what);
  void interfered() {
    if (on_interference) on_interference();
  }

  std::unique_ptr<Board> board_;
};

}  // namespace emu
