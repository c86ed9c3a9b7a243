#include "emu/machine.h"

#include <algorithm>
#include <array>
#include <utility>

#include "devices/video_cp437.h"
#include "emu/board.h"
#include "emu/digest.h"
#include "emu/drive_chain.h"
#include "emu/drive_tap.h"
#include "emu/machine_state.h"
#include "emu/rehearsal.h"
#include "emu/run_options.h"
#include "storage/image_error.h"

namespace emu {

namespace {

// The BIOS keyboard ring, [hardware] BDA 1Ah-3Dh: offsets from segment 40h.
constexpr std::uint32_t kRingHead = 0x41A;
constexpr std::uint32_t kRingTail = 0x41C;
constexpr unsigned kRingFirst = 0x1E;
constexpr unsigned kRingEnd = 0x3E;

unsigned peek_word(const cpu::Memory& memory, std::uint32_t address) {
  std::array<std::uint8_t, 2> bytes{};
  memory.peek(address, bytes);
  return bytes[0] | static_cast<unsigned>(bytes[1]) << 8;
}

// Half the ring must be free. A guest that keeps no ring there (values out of range) only has the
// keyboard's own buffer.
bool bios_ring_has_room(const cpu::Memory& memory) {
  const unsigned head = peek_word(memory, kRingHead);
  const unsigned tail = peek_word(memory, kRingTail);
  const auto inside = [](unsigned offset) {
    return offset >= kRingFirst && offset < kRingEnd && offset % 2 == 0;
  };
  if (!inside(head) || !inside(tail)) return true;
  const unsigned used = (tail - head + (kRingEnd - kRingFirst)) % (kRingEnd - kRingFirst);
  return used <= (kRingEnd - kRingFirst) / 2;
}

// INT 16h for a key or its status, INT 28h, or INT 21h AH=0Bh comes next. [RBIL] 16/00-01,
// 16/10-11, 21/0B, 28
bool asks_for_input(const cpu::Registers& registers, const cpu::Memory& memory) {
  constexpr std::uint8_t int_opcode = 0xCD;
  std::array<std::uint8_t, 2> code{};
  memory.peek(registers.segments[cpu::kCs].base + registers.eip, code);
  if (code[0] != int_opcode) return false;
  const unsigned function = registers.general[cpu::kEax] >> 8 & 0xFF;
  switch (code[1]) {
    case 0x16:
      return (function & 0xEF) <= 1;
    case 0x28:
      return true;
    case 0x21:
      return function == 0x0B;
    default:
      return false;
  }
}

void apply_key(Board& board, const KeyCommand& command) {
  if (command.down) {
    board.keyboard.keyboard().press(command.key);
  } else {
    board.keyboard.keyboard().release(command.key);
  }
}

}  // namespace

Machine::Machine(const Config& config, const WarnLine& warn)
    : board_(std::make_unique<Board>(config, open_drives(config.drives, warn, config.rtc))) {}

Machine::~Machine() = default;

StopReason Machine::run_until(devices::Nanoseconds deadline) {
  return board_->run_until(deadline);
}

StopReason Machine::run_instructions(std::uint64_t count) {
  return board_->run_instructions(count);
}

void Machine::tell(HostInput::What what) {
  if (on_input) on_input({instruction_times(), std::move(what)});
}

void Machine::apply(const Command& command) {
  std::visit([this](const auto& input) { tell(input); }, command);
  board_->disturb();
  if (const auto* key = std::get_if<KeyCommand>(&command)) {
    apply_key(*board_, *key);
  } else if (const auto* mouse = std::get_if<MouseCommand>(&command)) {
    board_->move_mouse(*mouse);
  } else {
    board_->reset();
  }
}

devices::Nanoseconds Machine::now() const {
  return board_->scheduler.now();
}
std::uint32_t Machine::mips() const {
  return board_->mips();
}
std::uint64_t Machine::instructions() const {
  return board_->instructions();
}
std::uint64_t Machine::instruction_times() const {
  return board_->slots();
}
devices::Nanoseconds Machine::time_of(std::uint64_t instruction_time) const {
  return board_->clock().time_at(instruction_time);
}
std::uint64_t Machine::instruction_time_at(devices::Nanoseconds time) const {
  return board_->clock().slot_at(time);
}
std::optional<std::uint8_t> Machine::guest_exit() const {
  return board_->guest_exit;
}

bool Machine::keyboard_ready() const {
  return board_->keyboard.can_accept() && bios_ring_has_room(board_->memory);
}

const cpu::Cpu& Machine::processor() const {
  return board_->processor;
}
const cpu::Memory& Machine::memory() const {
  return board_->memory;
}
devices::TextScreen Machine::text_screen() const {
  return board_->video.text_screen();
}

std::vector<std::u32string> Machine::screen_rows() const {
  const devices::TextScreen screen = text_screen();
  std::vector<std::u32string> rows(screen.rows);
  for (std::size_t i = 0; i < screen.cells.size(); ++i) {
    rows[i / screen.columns] += devices::cp437_to_unicode(screen.cells[i].character);
  }
  return rows;
}

std::uint64_t Machine::screen_generation() const {
  return board_->video.generation() * 4 + board_->video.blink_phase();
}

Picture Machine::picture() const {
  devices::Frame frame;
  board_->video.render(frame);
  Picture picture{frame.width, frame.height, {}};
  picture.rgba.reserve(frame.pixels.size() * 4);
  for (const std::uint32_t pixel : frame.pixels) {
    for (unsigned shift = 0; shift < 32; shift += 8) {
      picture.rgba.push_back(static_cast<std::uint8_t>(pixel >> shift));
    }
  }
  return picture;
}

std::vector<DriveActivity> Machine::activity() const {
  return board_->activity();
}

unsigned Machine::add_breakpoint(Breakpoint breakpoint) {
  const unsigned id = board_->breakpoints.add(std::move(breakpoint));
  board_->breakpoints_changed();
  return id;
}
void Machine::remove_breakpoint(unsigned id) {
  board_->breakpoints.remove(id);
  board_->breakpoints_changed();
}
const std::vector<unsigned>& Machine::breakpoints_hit() const {
  return board_->breakpoints.hits();
}
const std::optional<MemoryHit>& Machine::memory_hit() const {
  return board_->breakpoints.memory_hit();
}

void Machine::trace_instructions(std::size_t most) {
  board_->trace_instructions(most);
}
const InstructionTrace* Machine::trace() const {
  return board_->trace();
}
void Machine::log_ports(std::size_t most) {
  board_->log_ports(most);
}
const PortLog* Machine::port_log() const {
  return board_->port_log();
}

void Machine::insert(const DriveConfig& drive, const WarnLine& warn) {
  if (!is_floppy(drive.slot)) {
    throw UsageError(std::string(slot_name(drive.slot)) + " is a hard disk: only floppies change");
  }
  if (!board_->has_floppy_drive(drive.slot)) {
    throw UsageError(std::string("this machine has no drive ") + slot_name(drive.slot));
  }
  DriveBay bay = open_drives({drive}, warn);
  board_->disturb();
  board_->eject_floppy(drive.slot);
  board_->insert_floppy(std::move(bay.floppies.front()));
  if (on_input) tell(InsertInput{drive, medium_digest(drive.slot)});
}

void Machine::eject(DriveSlot slot) {
  if (!is_floppy(slot)) {
    throw UsageError(std::string(slot_name(slot)) + " is a hard disk: only floppies change");
  }
  tell(EjectInput{slot});
  board_->disturb();
  board_->eject_floppy(slot);
}

std::string Machine::change_chain(ChainChange change, DriveConfig& drive, const WarnLine& warn,
                                  const storage::Progress& progress) {
  DriveTap* tap = board_->tap(drive.slot);
  if (tap == nullptr) throw UsageError(std::string(slot_name(drive.slot)) + " is empty");
  DriveConfig now = drive;
  for (const DriveActivity& activity : board_->activity()) {
    if (activity.slot == drive.slot) now.file = activity.file;
  }
  // An overlay is a file of its own by now.
  if (now.mode == DriveMode::overlay) {
    now.mode = DriveMode::rw;
    now.format.clear();
    now.truncate = false;
  }
  const ChainChanged changed = emu::change_chain(*tap, change, now, warn, progress);
  board_->image_changed(drive.slot, changed.file);
  if (now.file != changed.file) now.format.clear();
  now.file = changed.file;
  drive = now;
  return changed.said;
}

DriveTap* Machine::tap(DriveSlot slot) {
  return board_->tap(slot);
}
const DriveTap* Machine::tap(DriveSlot slot) const {
  return board_->tap(slot);
}
bool Machine::has_drive(DriveSlot slot) const {
  return is_floppy(slot) ? board_->has_floppy_drive(slot) : board_->tap(slot) != nullptr;
}
devices::Nanoseconds Machine::last_disk_access() const {
  return board_->last_disk_access();
}

bool Machine::disks_busy() const {
  return board_->disks_busy();
}
devices::Nanoseconds Machine::quiet_until() const {
  return board_->quiet_until();
}

bool Machine::polls_for_input(std::uint64_t instructions) {
  for (std::uint64_t i = 0; i < instructions; ++i) {
    if (asks_for_input(board_->processor.registers(), board_->memory)) return true;
    if (board_->run_instructions(1) != StopReason::deadline) return false;
  }
  return false;
}

void Machine::listen_serial(std::size_t port, devices::ByteSink sink) {
  connect_serial_peer(port);
  board_->serial[port % board_->serial.size()].transmitted = sink;
}
void Machine::connect_serial_peer(std::size_t port) {
  tell(SerialPeer{port});
  board_->disturb();
  board_->serial[port % board_->serial.size()].set_modem_lines(devices::SerialPort::kPeerReady);
}
void Machine::listen_debug_port(devices::ByteSink sink) {
  board_->debug_port.console = sink;
}
void Machine::listen_speaker(const devices::SampleSink& sink) {
  board_->speaker.listen(sink);
}
std::optional<double> Machine::tone() const {
  return board_->speaker.tone();
}
std::size_t Machine::feed_serial(std::size_t port, std::span<const std::uint8_t> bytes) {
  board_->disturb();
  const std::size_t taken = board_->serial[port % board_->serial.size()].feed(bytes);
  if (taken != 0 && on_input) {
    const auto part = bytes.first(taken);
    tell(SerialInput{port, {part.begin(), part.end()}});
  }
  return taken;
}
std::uint8_t Machine::read_port(std::uint16_t port) {
  board_->disturb();
  const std::uint8_t value = board_->ports.in8(port);
  interfered();
  return value;
}

void Machine::set_registers(const cpu::Registers& registers) {
  board_->disturb();
  board_->processor.set_registers(registers);
  interfered();
}
void Machine::write_memory(std::uint32_t physical, std::span<const std::uint8_t> bytes) {
  board_->disturb();
  board_->memory.write_physical(physical, bytes);
  interfered();
}

std::unique_ptr<Rehearsal> Machine::rehearse(bool breakpoints_stop) {
  return std::make_unique<Rehearsal>(*board_, breakpoints_stop);
}

MachineState Machine::capture(const MachineState* like) {
  return capture_state(*board_, like);
}
void Machine::restore(const MachineState& state) {
  restore_state(*board_, state);
  interfered();
}
bool Machine::can_restore(const MachineState& state) const {
  return why_not_restorable(*board_, state).empty();
}
void Machine::save_state(const std::string& file) {
  write_state(*board_, file);
}
void Machine::load_state(const std::string& file) {
  read_state(*board_, file);
  interfered();
}

std::vector<devices::AtaLogEntry> Machine::ata_log(DriveSlot slot) const {
  if (is_floppy(slot)) return {};
  const auto unit = static_cast<unsigned>(slot) - static_cast<unsigned>(DriveSlot::ide0_0);
  return board_->ata[unit / 2].drive(unit % 2).log().entries();
}

std::string Machine::flush_disks() {
  std::string failure;
  board_->for_each_image([&](DriveSlot slot, const std::string& file, storage::BlockDevice&) {
    if (board_->tap(slot)->commit() == storage::IoStatus::ok || !failure.empty()) return;
    failure = file + ": the last writes to " + slot_name(slot) + " could not be made safe";
  });
  return failure;
}

std::vector<FolderChanges> Machine::copy_back_folders() {
  std::vector<FolderChanges> all;
  board_->for_each_disk([&](OpenedDisk& disk) {
    if (disk.copy_back) {
      all.push_back({disk.folder->root().string(), disk.folder->copy_back(*disk.image)});
    }
  });
  return all;
}

std::string Machine::medium_digest(DriveSlot slot) {
  DriveTap* tap = board_->tap(slot);
  if (tap == nullptr) return "";
  constexpr std::uint64_t sectors_at_once = 2048;
  std::vector<std::uint8_t> buffer(sectors_at_once * storage::kSectorSize);
  Digest digest;
  for (std::uint64_t lba = 0; lba < tap->sector_count(); lba += sectors_at_once) {
    const std::uint64_t count = std::min(sectors_at_once, tap->sector_count() - lba);
    const auto part =
        std::span(buffer).first(static_cast<std::size_t>(count) * storage::kSectorSize);
    if (tap->peek(lba, part) != storage::IoStatus::ok) std::ranges::fill(part, std::uint8_t{0});
    digest.add(part);
  }
  return digest.hex();
}

std::vector<DriveReport> Machine::drives() {
  std::vector<DriveReport> reports;
  const std::vector<DriveActivity> counts = activity();
  board_->for_each_image([&](DriveSlot slot, const std::string& file, storage::BlockDevice& image) {
    DriveReport report{slot, file, "", 0, 0};
    constexpr std::uint64_t sectors_at_once = 2048;
    std::vector<std::uint8_t> buffer(sectors_at_once * storage::kSectorSize);
    Digest digest;
    for (std::uint64_t lba = 0; lba < image.sector_count(); lba += sectors_at_once) {
      const std::uint64_t count = std::min(sectors_at_once, image.sector_count() - lba);
      const auto part = std::span(buffer).first(count * storage::kSectorSize);
      if (image.read(lba, part) != storage::IoStatus::ok) {
        throw storage::ImageError(file, lba * storage::kSectorSize, "cannot be read");
      }
      digest.add(part);
    }
    report.sha256 = digest.hex();
    for (const DriveActivity& count : counts) {
      if (count.slot != slot) continue;
      report.sectors_read = count.sectors_read;
      report.sectors_written = count.sectors_written;
    }
    reports.push_back(std::move(report));
  });
  return reports;
}

std::string Machine::hash() {
  devices::Archive archive = devices::Archive::saver();
  board_->serialize(archive);
  Digest digest;
  digest.add(archive.saved());
  digest.add(board_->memory.ram());
  return digest.hex();
}

}  // namespace emu
