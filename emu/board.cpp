#include "emu/board.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "bios/roms.h"
#include "emu/cmos_setup.h"
#include "emu/cpu_state.h"
#include "emu/linear_memory.h"
#include "emu/run_options.h"
#include "storage/image_error.h"

namespace emu {

namespace {

using devices::Delegate;
using devices::PicInput;

constexpr std::uint32_t kVideoRomFirst = 0xC0000;
constexpr std::uint32_t kOneMib = 1U << 20;
constexpr std::uint32_t kA20Bit = 1U << 20;
constexpr std::size_t kLargestLowRom = 128U << 10;  // E0000h..FFFFFh
constexpr RomSizes kSystemRomSizes{64U << 10, 256U << 10, 64U << 10};
constexpr RomSizes kVideoRomSizes{2048, 64U << 10, 512};

std::string hex(unsigned value) {
  std::array<char, 8> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, 16).ptr;
  return {digits.data(), end};
}

// A ROM's size in whole pages: the rest of the last page reads as an empty socket.
std::vector<std::uint8_t> whole_pages(std::span<const std::uint8_t> rom) {
  std::vector<std::uint8_t> pages(rom.begin(), rom.end());
  pages.resize((rom.size() + cpu::kPageSize - 1) / cpu::kPageSize * cpu::kPageSize, 0xFF);
  return pages;
}

DriveTap::Writes writes_of(bool discard) {
  return discard ? DriveTap::Writes::discard : DriveTap::Writes::through;
}

std::uint16_t first_word(std::span<const std::uint8_t> bytes) {
  return bytes.size() < 2 ? std::uint16_t{0} : static_cast<std::uint16_t>(bytes[0] | bytes[1] << 8);
}

// The top of the processor's address space, where RESET begins.
std::uint32_t top_of_memory(cpu::Model model) {
  switch (model) {
    case cpu::Model::i8086:
    case cpu::Model::i80186:
      return kOneMib;
    case cpu::Model::i80286:
      return 1U << 24;
    case cpu::Model::i80386:
    case cpu::Model::i80486:
    case cpu::Model::pentium:
      return 0;  // 4 GiB
  }
  return 0;
}

// Which unit is on the board; only what fits the processor's bus.
cpu::Fpu coprocessor_of(const Config& config) {
  const cpu::Fpu unit = config.fpu.value_or(default_fpu(config.cpu));
  const auto fits = [&] {
    switch (unit) {
      case cpu::Fpu::none:
        return true;
      case cpu::Fpu::i8087:
        return config.cpu <= cpu::Model::i80186;
      case cpu::Fpu::i80287:
        return config.cpu == cpu::Model::i80286 || config.cpu == cpu::Model::i80386;
      case cpu::Fpu::i80387:
        return config.cpu == cpu::Model::i80386;
      case cpu::Fpu::i80486:
        return config.cpu > cpu::Model::i80386;
    }
    return false;
  };
  if (!fits()) {
    throw UsageError(
        "this fpu does not fit this cpu: the 8087 belongs to the 8086 and 186, the 287 to the 286 "
        "and 386, the 387 to the 386, and a 486 has its own");
  }
  return unit;
}

}  // namespace

Board::Board(const Config& config, DriveBay drives)
    : clock_(config.mips != 0 ? config.mips : default_mips(config.cpu)),
      on_triple_fault_(config.on_triple_fault),
      skip_idle_(config.skip_idle),
      memory(config.ram_bytes),
      processor(config.cpu, memory, *this, config.engine, coprocessor_of(config)),
      pit(scheduler),
      dma(memory),
      cmos(scheduler),
      keyboard(scheduler),
      system_port(pit),
      speaker(scheduler, pit, system_port),
      video(scheduler),
      floppy(scheduler),
      ata{devices::AtaChannel(scheduler, "ata0", devices::kPrimaryAta),
          devices::AtaChannel(scheduler, "ata1", devices::kSecondaryAta)},
      serial{devices::SerialPort(scheduler, "com1", 0x3F8),
             devices::SerialPort(scheduler, "com2", 0x2F8)},
      parallel(scheduler, "lpt1", 0x378),
      debug_port(
          {.console = true, .messages = false, .shutdown = true, .exit_port = config.exit_port}),
      idle_loop_(processor, memory, [this] { return touched_outside(); }),
      disk_tick_(scheduler, "disks.tick",
                 devices::Delegate<void()>::to<&Board::tick_disks>(*this)) {
  connect_wires();
  claim_ports();
  claim_debug_port(config);
  map_memory(config);
  connect_outputs(config);
  insert_drives(config, std::move(drives));
  reset();
}

void Board::connect_wires() {
  pic.intr().connect<&cpu::Cpu::set_intr>(processor);
  pit.out0.connect<&PicInput::set>(pic.input(0));
  keyboard.keyboard_irq.connect<&PicInput::set>(pic.input(1));
  serial[1].irq.connect<&PicInput::set>(pic.input(3));
  serial[0].irq.connect<&PicInput::set>(pic.input(4));
  floppy.irq.connect<&PicInput::set>(pic.input(6));
  parallel.irq.connect<&PicInput::set>(pic.input(7));
  cmos.irq.connect<&PicInput::set>(pic.input(8));
  keyboard.mouse_irq.connect<&PicInput::set>(pic.input(12));
  system_port.irq13.connect<&PicInput::set>(pic.input(13));
  system_port.ignore_error.connect<&cpu::Cpu::set_ignore_coprocessor_error>(processor);
  ata[0].irq.connect<&PicInput::set>(pic.input(14));
  ata[1].irq.connect<&PicInput::set>(pic.input(15));

  // One A20 flag: whoever writes it last decides.
  keyboard.a20_write = Delegate<void(bool)>::to<&devices::SystemPort::set_a20>(system_port);
  system_port.a20.connect<&Board::set_a20>(*this);
  keyboard.reset_pulse = Delegate<void()>::to<&Board::request_reset>(*this);
  system_port.reset_pulse = Delegate<void()>::to<&Board::request_reset>(*this);

  constexpr unsigned floppy_channel = 2;
  floppy.dma.connect(dma.channel(floppy_channel));
  floppy.ata_drive_address =
      Delegate<std::uint8_t()>::to<&devices::AtaChannel::drive_address>(ata[0]);
  debug_port.exit = Delegate<void(std::uint8_t)>::to<&Board::on_exit>(*this);
  debug_port.shutdown = Delegate<void()>::to<&Board::on_shutdown>(*this);
}

void Board::claim_ports() {
  pic.claim_ports(ports);
  pit.claim_ports(ports);
  dma.claim_ports(ports);
  cmos.claim_ports(ports);
  keyboard.claim_ports(ports);
  system_port.claim_ports(ports);
  video.claim_ports(ports);
  floppy.claim_ports(ports);
  for (devices::AtaChannel& channel : ata) channel.claim_ports(ports);
  for (devices::SerialPort& port : serial) port.claim_ports(ports);
  parallel.claim_ports(ports);
}

// The exit port's place is the user's choice: an occupied one is a mistake of theirs, not of ours.
void Board::claim_debug_port(const Config& config) {
  if (config.exit_port && ports.claimed(*config.exit_port)) {
    throw UsageError("exit-port " + hex(*config.exit_port) + "h belongs to a chip of this board");
  }
  debug_port.claim_ports(ports);
}

void Board::map_memory(const Config& config) {
  const auto map = [&](std::uint32_t first, std::span<const std::uint8_t> rom) {
    for (const std::uint8_t byte : rom) rom_digest_ = (rom_digest_ ^ byte) * 0x100000001B3;
    if (config.shadow_rom) {
      memory.map_shadow(first, rom);
    } else {
      memory.map_rom(first, rom);
    }
  };
  video.map_memory(memory);

  const std::vector<std::uint8_t> video_rom =
      config.vgabios.empty() ? whole_pages(bios::video_rom())
                             : whole_pages(read_rom(config.vgabios, kVideoRomSizes));
  map(kVideoRomFirst, video_rom);

  const std::vector<std::uint8_t> system_rom = config.bios.empty()
                                                   ? whole_pages(bios::system_rom())
                                                   : read_rom(config.bios, kSystemRomSizes);
  const std::span<const std::uint8_t> low =
      std::span(system_rom).last(std::min(system_rom.size(), kLargestLowRom));
  map(kOneMib - static_cast<std::uint32_t>(low.size()), low);
  const std::uint32_t top = top_of_memory(config.cpu);
  if (top == kOneMib) return;
  // Address bit 20 may be forced to 0 when the processor comes out of reset: both places answer.
  const std::uint32_t high = top - static_cast<std::uint32_t>(low.size());
  memory.map_rom(high, low);
  memory.map_rom(high & ~kA20Bit, low);
}

void Board::connect_outputs(const Config& config) {
  const auto sink = [&](const std::string& where) {
    sinks_.push_back(std::make_unique<HostSink>(where));
    return devices::ByteSink::to<&HostSink::put>(*sinks_.back());
  };
  for (std::size_t i = 0; i < serial.size(); ++i) {
    if (config.serial[i].empty()) continue;
    serial[i].transmitted = sink(config.serial[i]);
    serial[i].set_modem_lines(devices::SerialPort::kPeerReady);
  }
  if (!config.parallel.empty()) parallel.printer = sink(config.parallel);
  if (!config.debugcon.empty()) debug_port.console = sink(config.debugcon);
}

void Board::insert_drives(const Config& config, DriveBay drives) {
  CmosFacts facts;
  facts.ram_bytes = config.ram_bytes;
  facts.boot = config.boot;
  facts.coprocessor = processor.fpu() != cpu::Fpu::none;
  for (OpenedFloppy& opened : drives.floppies) {
    const auto unit = static_cast<unsigned>(opened.slot);
    floppy.set_drive_type(unit, opened.format.drive);
    floppies_.push_back({opened.slot, "", nullptr});
    // The Bochs ROM takes this nibble for the medium; ours looks at the medium itself.
    facts.floppy_types[unit] = config.bios.empty() ? static_cast<std::uint8_t>(opened.format.drive)
                                                   : opened.format.cmos_type;
    if (opened.image) insert_floppy(std::move(opened));
  }
  disks_ = std::move(drives.disks);
  for (OpenedDisk& disk : disks_) {
    const std::size_t unit =
        static_cast<std::size_t>(disk.slot) - static_cast<std::size_t>(DriveSlot::ide0_0);
    facts.disks[unit] =
        CmosDisk{disk.geometry.ata, static_cast<std::uint8_t>(disk.geometry.translation)};
    auto tap = std::make_unique<DriveTap>(std::move(disk.image), writes_of(disk.discard));
    tap->set_chain(disk.chain);
    watch_drive(disk.slot, tap.get());
    disk.image = std::move(tap);
    ata[unit / 2].attach(
        static_cast<unsigned>(unit % 2),
        {*disk.image, disk.geometry.ata, "PLATTER-" + std::to_string(unit), "Platter ATA disk"});
  }
  const std::array<std::uint8_t, 128> contents = cmos_contents(facts);
  for (std::size_t i = 0x10; i <= 0x3F; ++i) cmos.set_ram(i, contents[i]);
  cmos.set_time(config.rtc);
}

bool Board::has_floppy_drive(DriveSlot slot) const {
  return std::ranges::any_of(floppies_, [&](const Floppy& drive) { return drive.slot == slot; });
}

void Board::insert_floppy(OpenedFloppy opened) {
  for (Floppy& drive : floppies_) {
    if (drive.slot != opened.slot) continue;
    drive.file = opened.file;
    drive.image = std::make_shared<DriveTap>(std::move(opened.image), writes_of(opened.discard));
    drive.image->set_chain(opened.chain);
    watch_drive(drive.slot, drive.image.get());
    floppy.insert(static_cast<unsigned>(drive.slot), drive.image, opened.format);
  }
}

void Board::eject_floppy(DriveSlot slot) {
  for (Floppy& drive : floppies_) {
    if (drive.slot != slot) continue;
    taps_[static_cast<std::size_t>(slot)] = nullptr;
    floppy.eject(static_cast<unsigned>(slot));
    drive.image.reset();
    drive.file.clear();
  }
}

void Board::image_changed(DriveSlot slot, const std::string& file) {
  for (Floppy& drive : floppies_) {
    if (drive.slot == slot) drive.file = file;
  }
  for (OpenedDisk& disk : disks_) {
    if (disk.slot == slot) disk.file = file;
  }
  tap(slot)->set_medium(++media_);
}

void Board::watch_drive(DriveSlot slot, DriveTap* tap) {
  taps_[static_cast<std::size_t>(slot)] = tap;
  tap->set_medium(++media_);
  tap->on_access = [this, slot, tap](const DriveAccess& access) {
    last_disk_access_ = scheduler.now();
    if (access.write && !disk_tick_.pending() && tap->tick(last_disk_access_)) {
      scheduler.schedule(disk_tick_, devices::kSecond);
    }
    if (storage::AllocationWatch* map = tap->map_watch(); map != nullptr && !alone_) {
      map->accessed(last_disk_access_, access.write, access.lba, access.count,
                    access.status != storage::IoStatus::ok);
    }
    breakpoints.disk(taps_, slot, access, processor);
  };
}

void Board::tick_disks() {
  bool again = false;
  for (DriveTap* tap : taps_) again = (tap != nullptr && tap->tick(scheduler.now())) || again;
  if (again) scheduler.schedule(disk_tick_, devices::kSecond);
}

void Board::reset() {
  pic.reset();
  pit.reset();
  dma.reset();
  cmos.reset();
  keyboard.reset();
  system_port.reset();
  video.reset();
  floppy.reset();
  for (devices::AtaChannel& channel : ata) channel.reset();
  for (devices::SerialPort& port : serial) port.reset();
  parallel.reset();
  debug_port.reset();
  processor.reset();
  reset_requested_ = false;
  shutdown_requested_ = false;
  guest_exit.reset();
}

void Board::move_mouse(const MouseCommand& command) {
  devices::Mouse& mouse = keyboard.mouse();
  mouse.move(command.dx, command.dy, command.wheel);
  const unsigned buttons =
      (command.left ? 1U : 0U) | (command.right ? 2U : 0U) | (command.middle ? 4U : 0U);
  mouse.set_buttons(static_cast<std::uint8_t>(buttons));
}

std::vector<DriveActivity> Board::activity() const {
  std::vector<DriveActivity> all;
  for (const Floppy& drive : floppies_) {
    const devices::FloppyDrive& unit = floppy.drive(static_cast<unsigned>(drive.slot));
    all.push_back({drive.slot, drive.file, unit.sectors_read(), unit.sectors_written()});
  }
  for (const OpenedDisk& disk : disks_) {
    const std::size_t unit =
        static_cast<std::size_t>(disk.slot) - static_cast<std::size_t>(DriveSlot::ide0_0);
    const devices::AtaCounters& counters =
        ata[unit / 2].drive(static_cast<unsigned>(unit % 2)).counters();
    all.push_back({disk.slot, disk.file, counters.sectors_read, counters.sectors_written});
  }
  return all;
}

void Board::serialize(devices::Archive& archive) {
  archive.tag("board", 1);
  scheduler.serialize(archive);
  std::uint64_t retired = instructions();
  archive(retired);
  archive(idle_slots_);
  archive(last_disk_access_);
  archive(reset_requested_);
  archive(shutdown_requested_);
  bool exited = guest_exit.has_value();
  std::uint8_t exit_value = guest_exit.value_or(0);
  archive(exited);
  archive(exit_value);
  if (archive.loading()) guest_exit = exited ? std::optional(exit_value) : std::nullopt;
  cpu::Registers registers = processor.registers();
  emu::serialize(archive, registers);
  if (archive.loading()) processor.set_registers(registers);
  cpu::X87State x87 = processor.x87();
  emu::serialize(archive, x87);
  if (archive.loading()) processor.set_x87(x87);
  archive(pic);
  archive(pit);
  archive(dma);
  archive(cmos);
  archive(keyboard);
  archive(system_port);
  archive(video);
  archive(floppy);
  archive(ata);
  archive(serial);
  archive(parallel);
  archive(debug_port);
  if (archive.loading()) {
    instruction_base_ = retired - processor.instructions();
    quiet_ = false;
    next_look_ = 0;
    look_distance_ = 0;
    // Wires tell nobody while loading: the far ends that keep no state of their own are told here.
    processor.set_intr(pic.intr().level());
    set_a20(system_port.a20.level());
    processor.set_ignore_coprocessor_error(system_port.ignore_error.level());
    speaker.restart();
  }
}

void Board::serialize_memory(devices::Archive& archive) {
  archive.tag("memory", 1);
  std::vector<std::uint8_t> ram(memory.ram().begin(), memory.ram().end());
  archive.bytes(ram);
  if (archive.loading()) memory.load_ram(ram);
  serialize_shadow(archive);
}

void Board::serialize_shadow(devices::Archive& archive) {
  // Shadow RAM lies in the ROM areas only, and is there or not by configuration.
  for (std::uint32_t address = kVideoRomFirst; address < kOneMib; address += cpu::kPageSize) {
    const cpu::Page& page = memory.page(address);
    if (!page.own || !page.writable) continue;
    std::array<std::uint8_t, cpu::kPageSize> bytes = *page.own;
    archive.bytes(bytes);
    if (archive.loading()) memory.write_physical(address, bytes);
  }
}

// ---- time ----

StopReason Board::run_until(devices::Nanoseconds deadline) {
  const StopReason stop = run_to(deadline);
  speaker.run();
  return stop;
}

StopReason Board::run_to(devices::Nanoseconds deadline) {
  breakpoints.clear_hits();
  if (single_steps()) disturb();
  while (scheduler.now() < deadline) {
    if (const auto stop = settle_processor()) return *stop;
    run_deadline_ = std::min(deadline, scheduler.next_deadline());
    const bool event_due = scheduler.next_deadline() <= deadline;
    run_slots(clock_.slot_at(run_deadline_));
    sync_time();
    if (event_due) quiet_ = false;
    if (breakpoints.any_hit()) return StopReason::breakpoint;
    if (guest_exit) return StopReason::guest_exit;
    if (std::exchange(shutdown_requested_, false)) return StopReason::guest_shutdown;
  }
  return StopReason::deadline;
}

StopReason Board::run_instructions(std::uint64_t count) {
  return run_until(clock_.time_at(slots() + count));
}

// What has to happen before the processor can go on, or why it cannot.
std::optional<StopReason> Board::settle_processor() {
  if (std::exchange(reset_requested_, false)) processor.reset();
  switch (processor.activity()) {
    case cpu::Activity::running:
      return std::nullopt;
    case cpu::Activity::halted: {
      constexpr std::uint32_t interrupt_flag = 0x200;
      const bool deaf = (processor.registers().eflags & interrupt_flag) == 0;
      return deaf ? std::optional(StopReason::dead_halt) : std::nullopt;
    }
    case cpu::Activity::shutdown:
      if (!may_reset_after_shutdown()) return StopReason::triple_fault;
      processor.reset();
      return std::nullopt;
  }
  return std::nullopt;
}

// A 286 leaves protected mode by a triple fault, with its return code in CMOS 0Fh: that is no
// accident.
bool Board::may_reset_after_shutdown() {
  constexpr std::size_t shutdown_code = 0x0F;
  return on_triple_fault_ == OnTripleFault::reset || cmos.ram(shutdown_code) != 0;
}

// Something happened that the loop in run_until() has to deal with before the next instruction.
bool Board::attention_wanted() const {
  return scheduler.next_deadline() < run_deadline_ || breakpoints.any_hit() || reset_requested_ ||
         guest_exit || shutdown_requested_;
}

std::uint64_t Board::touched_outside() {
  return outside_accesses_ + video.generation();
}

bool Board::disks_busy() const {
  for (const Floppy& drive : floppies_) {
    const auto unit = static_cast<unsigned>(drive.slot);
    if (floppy.lamp(unit) || floppy.activity(unit) != devices::FloppyController::Activity::idle) {
      return true;
    }
  }
  return std::ranges::any_of(ata,
                             [](const devices::AtaChannel& channel) { return channel.busy(); });
}

// Leaves out whole rounds of the loop the guest is known to be in. Counted as retired: the guest
// cannot tell, nor can whoever counts instructions.
bool Board::skip_rounds(std::uint64_t target) {
  if (!quiet_ || loop_length_ == 0) return false;
  instruction_base_ += (target - slots()) / loop_length_ * loop_length_;
  return true;
}

void Board::run_slots(std::uint64_t target) {
  if (target <= slots()) return;
  if (single_steps()) return run_watched(target);
  // What a look finds holds until the next event; it costs about as much as this many
  // instructions.
  constexpr std::uint64_t worth_a_look = 16 * IdleLoop::kLongest;
  constexpr std::uint64_t smallest_budget = 1024;
  const std::uint64_t event_slot = clock_.slot_at(scheduler.next_deadline());
  constexpr std::uint64_t shortest_distance = 512;
  constexpr std::uint64_t longest_distance = 8U << 20;
  skip_rounds(target);
  while (slots() < target) {
    const std::uint64_t now = slots();
    const bool may_look = skip_idle_ && !quiet_ && target - now >= smallest_budget &&
                          event_slot > now && event_slot - now >= worth_a_look;
    if (may_look && now >= next_look_) {
      const auto length = idle_loop_.find(target - now);
      quiet_ = length.has_value();
      loop_length_ = length.value_or(0);
      look_distance_ = quiet_ ? shortest_distance
                              : std::clamp(look_distance_ * 2, shortest_distance, longest_distance);
      next_look_ = slots() + look_distance_;
      if (attention_wanted()) return;
      skip_rounds(target);
      continue;
    }
    const std::uint64_t asked = (may_look ? std::min(target, next_look_) : target) - now;
    const std::uint64_t retired = processor.run(asked);
    // Nothing retired in HLT means that no interrupt is waiting either: sleep until something is
    // due.
    if (retired == 0 && processor.activity() == cpu::Activity::halted) {
      idle_slots_ += target - now;
      quiet_ = true;
      loop_length_ = 0;
      return;
    }
    if (retired < asked || attention_wanted()) return;
  }
}

// The same with a look at every instruction before it runs. Ends where run_slots() would end, and
// at a breakpoint.
void Board::run_watched(std::uint64_t target) {
  while (slots() < target) {
    if (breakpoints.watches_instructions()) breakpoints.instruction(processor, memory);
    if (breakpoints.any_hit()) return;
    if ((trace_ ? run_traced() : processor.run(1)) == 0) {
      if (processor.activity() == cpu::Activity::halted) idle_slots_ += target - slots();
      return;
    }
    if (processor.activity() == cpu::Activity::shutdown || attention_wanted()) return;
  }
}

void Board::trace_instructions(std::size_t most) {
  trace_.reset();
  if (most != 0) trace_.emplace(most);
}

void Board::log_ports(std::size_t most) {
  port_log_.reset();
  if (most != 0) port_log_.emplace(most);
}

Board::Audience Board::dismiss_audience(bool breakpoints_too) {
  alone_ = true;
  Audience audience;
  if (breakpoints_too) {
    audience.breakpoints = std::exchange(breakpoints, {});
    breakpoints_changed();
  }
  audience.trace = std::exchange(trace_, std::nullopt);
  audience.port_log = std::exchange(port_log_, std::nullopt);
  // The guest may see whether somebody is there.
  const auto silence = [this](devices::ByteSink& sink) {
    const devices::ByteSink old = sink;
    if (old) sink = devices::ByteSink::to<&Board::swallow>(*this);
    return old;
  };
  for (std::size_t n = 0; n < serial.size(); ++n)
    audience.serial[n] = silence(serial[n].transmitted);
  audience.printer = silence(parallel.printer);
  audience.console = silence(debug_port.console);
  audience.speaker = speaker.listener();
  if (audience.speaker) speaker.listen({});
  return audience;
}

void Board::seat_audience(Audience audience) {
  alone_ = false;
  if (audience.breakpoints) breakpoints = std::move(*audience.breakpoints);
  breakpoints_changed();
  trace_ = std::move(audience.trace);
  port_log_ = std::move(audience.port_log);
  if (trace_) {
    trace_->drop_newest(
        [this](const ExecutedInstruction& entry) { return entry.number >= instructions(); });
  }
  if (port_log_) {
    port_log_->drop_newest(
        [this](const PortAccess& access) { return access.time >= scheduler.now(); });
  }
  for (std::size_t n = 0; n < serial.size(); ++n) serial[n].transmitted = audience.serial[n];
  parallel.printer = audience.printer;
  debug_port.console = audience.console;
  if (audience.speaker) speaker.listen(audience.speaker);
}

// One instruction and its record. An interrupt costs nothing and comes first: where the instruction
// really was, the processor's own list of run starts says.
std::uint64_t Board::run_traced() {
  const cpu::Registers before = processor.registers();
  ExecutedInstruction entry;
  entry.number = instructions();
  entry.time = clock_.time_at(slots());
  entry.cs = before.segments[cpu::kCs].selector;
  entry.eip = wide_code(before) ? before.eip : before.eip & 0xFFFF;
  entry.linear = before.segments[cpu::kCs].base + before.eip;
  entry.wide = wide_code(before);
  entry.general = before.general;
  for (std::size_t n = 0; n < entry.segments.size(); ++n)
    entry.segments[n] = before.segments[n].selector;
  entry.eflags = before.eflags;
  peek_linear(before, memory, entry.linear, entry.bytes);
  const std::uint64_t retired = processor.run(1);
  const auto runs = processor.recent_runs();
  if (retired == 0 || runs.empty()) return retired;
  if (runs.back() != entry.linear) {
    const cpu::Registers after = processor.registers();
    const cpu::Registers::Segment& code = after.segments[cpu::kCs];
    entry.interrupt = true;
    entry.linear = runs.back();
    entry.cs = code.selector;
    entry.eip = entry.linear - code.base;
    entry.wide = wide_code(after);
    peek_linear(after, memory, entry.linear, entry.bytes);
  }
  trace_->push(entry);
  return retired;
}

// ---- the bus ----

// Brings virtual time up to the instruction, and makes the processor stop after it when something
// has become due before the run's end.
template <class Access>
auto Board::port_access(std::uint16_t port, bool write, Access access) {
  struct AfterAccess {
    Board& board;
    ~AfterAccess() {
      if (board.scheduler.next_deadline() < board.run_deadline_ || board.breakpoints.any_hit()) {
        board.processor.request_exit();
      }
    }
  };
  sync_time();
  ++outside_accesses_;
  if (breakpoints.watches_ports()) breakpoints.port(port, write, processor);
  const AfterAccess after{*this};
  return access();
}

// Notes an access that was made, when somebody keeps a log; the value again.
template <class T>
T Board::logged(std::uint16_t port, bool write, T value, std::size_t count) {
  if (!port_log_ || count == 0) return value;
  port_log_->push({scheduler.now(), port, write, sizeof(T), static_cast<std::uint32_t>(count),
                   value, processor.registers().segments[cpu::kCs].selector,
                   processor.current_eip()});
  return value;
}

std::uint8_t Board::in8(std::uint16_t port) {
  return logged(port, false, port_access(port, false, [&] { return ports.in8(port); }));
}
std::uint16_t Board::in16(std::uint16_t port) {
  return logged(port, false, port_access(port, false, [&] { return ports.in16(port); }));
}
std::uint32_t Board::in32(std::uint16_t port) {
  return logged(port, false, port_access(port, false, [&] { return ports.in32(port); }));
}
void Board::out8(std::uint16_t port, std::uint8_t value) {
  port_access(port, true, [&] { ports.out8(port, value); });
  logged(port, true, value);
}
void Board::out16(std::uint16_t port, std::uint16_t value) {
  port_access(port, true, [&] { ports.out16(port, value); });
  logged(port, true, value);
}
void Board::out32(std::uint16_t port, std::uint32_t value) {
  port_access(port, true, [&] { ports.out32(port, value); });
  logged(port, true, value);
}
std::size_t Board::in_words(std::uint16_t port, std::span<std::uint8_t> bytes) {
  const std::size_t words = port_access(port, false, [&] { return ports.in_words(port, bytes); });
  logged(port, false, first_word(bytes), words);
  return words;
}
std::size_t Board::out_words(std::uint16_t port, std::span<const std::uint8_t> bytes) {
  const std::size_t words = port_access(port, true, [&] { return ports.out_words(port, bytes); });
  logged(port, true, first_word(bytes), words);
  return words;
}

void Board::breakpoints_changed() {
  disturb();
  breakpoints.find_files(taps_);
  processor.watch_accesses(breakpoints.watches_memory() ? this : nullptr);
}

bool Board::wants_page(std::uint32_t linear, std::uint32_t physical) const {
  return breakpoints.watches_page(linear, physical);
}

// A loop that is looked at may not run on beyond the hit: it counts as a touch from outside.
void Board::accessed(const cpu::MemoryAccess& access) {
  if (!breakpoints.memory(access, processor)) return;
  ++outside_accesses_;
  processor.request_exit();
}

std::uint8_t Board::acknowledge_interrupt() {
  sync_time();
  ++outside_accesses_;
  return pic.acknowledge();
}

// One clock per slot: the time stamp counter runs at the stated speed, in HLT too.
std::uint64_t Board::time_stamp() {
  ++outside_accesses_;
  return slots();
}

// The 8087's error is an NMI, as on the PC; later units have IRQ 13 of the AT.
void Board::coprocessor_error(bool level) {
  sync_time();
  disturb();
  if (processor.fpu() != cpu::Fpu::i8087) {
    system_port.set_coprocessor_error(level);
  } else if (level && !cmos.nmi_masked()) {
    processor.raise_nmi();
  }
}

// ---- wires that end in the machine ----

void Board::set_a20(bool level) {
  memory.set_a20(level);
  keyboard.set_a20_level(level);
}

void Board::request_reset() {
  reset_requested_ = true;
  processor.request_exit();
}

void Board::on_exit(std::uint8_t value) {
  guest_exit = value;
  processor.request_exit();
}

void Board::on_shutdown() {
  shutdown_requested_ = true;
  processor.request_exit();
}

}  // namespace emu
