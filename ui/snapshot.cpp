#include "ui/snapshot.h"

#include <algorithm>
#include <filesystem>

#include "emu/board.h"
#include "storage/image.h"

namespace ui {

namespace {

using Names = std::array<std::string_view, 8>;

// clang-format off
constexpr Names kAtaStatus = {"BSY", "DRDY", "DF", "DSC", "DRQ", "CORR", "IDX", "ERR"};
constexpr Names kAtaStatusMeanings = {
    "busy: the drive owns its registers", "device ready: takes commands", "device fault",
    "seek complete", "data request: a block is waiting to be moved", "corrected data (obsolete)",
    "index (obsolete)", "error: the error register says which"};
constexpr Names kAtaError = {"BBK", "UNC", "MC", "IDNF", "MCR", "ABRT", "TKONF", "AMNF"};
constexpr Names kAtaErrorMeanings = {
    "bad block mark", "uncorrectable data", "medium changed", "sector ID not found: no such address",
    "medium change requested", "command aborted", "track 0 not found", "address mark not found"};
constexpr Names kAtaDevice = {"1", "LBA", "1", "DEV", "HS3", "HS2", "HS1", "HS0"};
constexpr Names kAtaDeviceMeanings = {
    "always 1", "addresses are LBA, not CHS", "always 1", "drive 1 is selected",
    "head, or LBA bit 27", "head, or LBA bit 26", "head, or LBA bit 25", "head, or LBA bit 24"};
constexpr Names kLineControl = {"DLAB", "BRK", "STICK", "EPS", "PEN", "STB", "WLS1", "WLS0"};
constexpr Names kLineControlMeanings = {
    "divisor latch access", "send break", "stick parity", "even parity", "parity enable",
    "two stop bits", "word length, high bit", "word length, low bit"};
constexpr Names kModemControl = {"", "", "", "LOOP", "OUT2", "OUT1", "RTS", "DTR"};
constexpr Names kModemControlMeanings = {"", "", "", "loopback", "opens the IRQ driver",
                                         "auxiliary output", "request to send", "data terminal ready"};
constexpr Names kDmaMode = {"MOD1", "MOD0", "DOWN", "AUTO", "TRA1", "TRA0", "CH1", "CH0"};
constexpr Names kDmaModeMeanings = {
    "transfer mode: demand, single, block, cascade", "transfer mode, low bit",
    "addresses count down", "starts over at terminal count",
    "verify, write memory, read memory", "direction, low bit", "channel", "channel"};
constexpr Names kRtcA = {"UIP", "DV2", "DV1", "DV0", "RS3", "RS2", "RS1", "RS0"};
constexpr Names kRtcB = {"SET", "PIE", "AIE", "UIE", "SQWE", "DM", "24H", "DSE"};
constexpr Names kRtcBMeanings = {
    "updates are held", "periodic interrupt", "alarm interrupt", "update-ended interrupt",
    "square wave", "binary, not BCD", "24 hours", "daylight saving"};
constexpr Names kVgaMisc = {"VSP", "HSP", "PAGE", "", "CS1", "CS0", "ERAM", "IOS"};
constexpr Names kVgaMiscMeanings = {"vertical sync polarity", "horizontal sync polarity", "odd page", "",
                                    "clock select, high bit", "clock select, low bit",
                                    "memory enabled", "ports at 3Dxh, not 3Bxh"};
// clang-format on

ChipRegister reg(std::string name, std::uint32_t value, unsigned digits = 2) {
  ChipRegister out;
  out.name = std::move(name);
  out.value = value;
  out.digits = digits;
  return out;
}

ChipRegister bits(std::string name, std::uint8_t value, const Names& names, const Names& meanings) {
  ChipRegister out = reg(std::move(name), value);
  out.bits = names;
  out.meanings = meanings;
  return out;
}

Chip ata_chip(const emu::Board& board, unsigned channel, unsigned unit) {
  const devices::AtaDrive& drive = board.ata[channel].drive(unit);
  Chip chip;
  chip.name = "ATA ide" + std::to_string(channel) + "." + std::to_string(unit);
  chip.state = drive.busy() ? "busy" : "idle";
  const auto r = [&](std::uint16_t offset) { return drive.read_register(offset); };
  chip.registers.push_back(bits("status", drive.status(), kAtaStatus, kAtaStatusMeanings));
  chip.registers.push_back(bits("error", r(1), kAtaError, kAtaErrorMeanings));
  chip.registers.push_back(bits("device", r(6), kAtaDevice, kAtaDeviceMeanings));
  const std::uint32_t lba = (r(6) & 15U) << 24 | static_cast<std::uint32_t>(r(5)) << 16 |
                            static_cast<std::uint32_t>(r(4)) << 8 | r(3);
  ChipRegister address = reg("LBA", lba, 7);
  address.note = "= " + std::to_string(lba);
  chip.registers.push_back(address);
  chip.registers.push_back(reg("count", r(2)));
  ChipRegister command = reg("command", drive.opcode());
  command.note = std::string(devices::AtaDrive::command_name(drive.opcode()));
  chip.registers.push_back(command);
  return chip;
}

void add_chips(const emu::Board& board, std::vector<Chip>& out) {
  for (unsigned channel = 0; channel < 2; ++channel) {
    for (unsigned unit = 0; unit < 2; ++unit) {
      if (board.ata[channel].drive(unit).present()) out.push_back(ata_chip(board, channel, unit));
    }
  }
  Chip floppy;
  floppy.name = "FDC 82077AA";
  constexpr std::array<const char*, 4> activities = {"idle", "seeking", "reading", "writing"};
  for (unsigned unit = 0; unit < 2; ++unit) {
    const devices::FloppyDrive& drive = board.floppy.drive(unit);
    if (!drive.present()) continue;
    const auto activity = static_cast<std::size_t>(board.floppy.activity(unit));
    ChipRegister row = reg("fd" + std::to_string(unit) + " track", drive.position());
    row.note = std::string(activities[activity]) + (drive.motor() ? ", motor on" : ", motor off") +
               (drive.has_medium() ? "" : ", empty");
    floppy.registers.push_back(row);
    if (activity != 0) floppy.state = activities[activity];
  }
  if (floppy.state.empty()) floppy.state = "idle";
  out.push_back(floppy);

  Chip dma{"DMA 8237A", "", {}};
  for (unsigned i = 0; i < 8; ++i) {
    if (i == 4) continue;  // the cascade
    const devices::DmaChannel& channel = board.dma.channel(i);
    if (channel.masked() && channel.mode() == 0) continue;
    const std::string name = "ch " + std::to_string(i);
    dma.registers.push_back(bits(name + " mode", channel.mode(), kDmaMode, kDmaModeMeanings));
    ChipRegister address = reg(
        name + " address", static_cast<std::uint32_t>(channel.page()) << 16 | channel.address(), 6);
    address.note = channel.masked() ? "masked" : "open";
    dma.registers.push_back(address);
    dma.registers.push_back(reg(name + " count", channel.count(), 4));
  }
  if (dma.registers.empty()) dma.state = "all channels masked";
  out.push_back(dma);

  Chip rtc{"RTC MC146818", "", {}};
  ChipRegister time = reg("time", 0);
  const auto bcd = [&](std::size_t index) {
    const std::uint8_t value = board.cmos.ram(index);
    return std::string{static_cast<char>('0' + value / 16), static_cast<char>('0' + value % 16)};
  };
  time.digits = 0;
  time.note =
      bcd(0x32) + bcd(9) + "-" + bcd(8) + "-" + bcd(7) + " " + bcd(4) + ":" + bcd(2) + ":" + bcd(0);
  rtc.registers.push_back(time);
  rtc.registers.push_back(bits("A", board.cmos.ram(0x0A), kRtcA, {}));
  rtc.registers.push_back(bits("B", board.cmos.ram(0x0B), kRtcB, kRtcBMeanings));
  rtc.registers.push_back(reg("0F shutdown", board.cmos.ram(0x0F)));
  out.push_back(rtc);

  for (std::size_t i = 0; i < board.serial.size(); ++i) {
    const devices::SerialPort& port = board.serial[i];
    Chip chip{"COM" + std::to_string(i + 1) + " 16550A", "", {}};
    ChipRegister divisor = reg("divisor", port.divisor(), 4);
    constexpr unsigned clock = 115200;
    if (port.divisor() != 0) divisor.note = std::to_string(clock / port.divisor()) + " Bd";
    chip.registers.push_back(divisor);
    chip.registers.push_back(bits("LCR", port.line_control(), kLineControl, kLineControlMeanings));
    chip.registers.push_back(
        bits("MCR", port.modem_control(), kModemControl, kModemControlMeanings));
    out.push_back(chip);
  }

  const devices::VgaRegisters& vga = board.video.registers();
  Chip video{"VGA", "", {}};
  video.registers.push_back(bits("misc output", vga.misc, kVgaMisc, kVgaMiscMeanings));
  const auto pair = [&](std::size_t high) {
    return static_cast<std::uint32_t>(vga.crtc[high]) << 8 | vga.crtc[high + 1];
  };
  video.registers.push_back(reg("start address", pair(0x0C), 4));
  video.registers.push_back(reg("cursor address", pair(0x0E), 4));
  video.registers.push_back(reg("memory mode", vga.sequencer[4]));
  video.registers.push_back(reg("map mask", vga.sequencer[2]));
  video.registers.push_back(reg("graphics mode", vga.graphics[5]));
  video.registers.push_back(reg("DAC mask", vga.pel_mask));
  out.push_back(video);
}

std::string file_name(const std::string& path) {
  return std::filesystem::path(path).filename().string();
}

std::uint64_t cluster_bytes_of(storage::Image* image) {
  // The smallest in the chain: what one layer has as one cluster may be several of another's.
  std::uint64_t smallest = 0;
  for (; image != nullptr; image = image->parent()) {
    const std::uint64_t bytes = image->info().cluster_bytes;
    if (bytes != 0 && (smallest == 0 || bytes < smallest)) smallest = bytes;
  }
  return smallest;
}

// In clusters of the map. Unset: too many pieces to go through while the machine waits.
std::optional<std::uint64_t> clusters_of(const storage::Image& image, const DriveView& drive) {
  constexpr int most_pieces = 300'000;
  const std::uint64_t end = std::min(drive.sectors, image.sector_count());
  const std::uint64_t spc = drive.cluster_sectors;
  std::uint64_t clusters = 0;
  std::uint64_t counted = 0;  // clusters below this one
  int pieces = 0;
  for (std::uint64_t lba = 0; lba < end;) {
    if (++pieces > most_pieces) return std::nullopt;
    const storage::Extent extent = image.extent_at(lba);
    const std::uint64_t stop = std::min(lba + std::max<std::uint64_t>(extent.sector_count, 1), end);
    const bool data = extent.state == storage::ClusterState::data ||
                      extent.state == storage::ClusterState::shared;
    if (data && extent.layer == 0) {
      const std::uint64_t first = std::max(lba / spc, counted);
      const std::uint64_t last = (stop + spc - 1) / spc;
      clusters += last - std::min(first, last);
      counted = std::max(counted, last);
    }
    lba = stop;
  }
  return clusters;
}

void add_layers(emu::DriveTap& tap, DriveView& out) {
  if (tap.discards()) {
    LayerView memory;
    memory.name = "in memory";
    memory.detail = "dropped at power off";
    memory.writable = memory.memory = true;
    out.layers.push_back(memory);
  }
  bool top = !tap.discards() && !tap.read_only();
  storage::Image* image = tap.chain();
  if (image == nullptr) {
    LayerView built_in;
    built_in.name = file_name(out.file);
    built_in.detail = "built in";
    out.layers.push_back(built_in);
  }
  for (; image != nullptr; image = image->parent(), top = false) {
    const storage::ImageInfo info = image->info();
    LayerView layer;
    layer.name = info.files.empty() ? file_name(out.file) : info.files[0].path.filename().string();
    layer.detail = info.subformat;
    for (const auto& [name, value] : info.ids) {
      layer.detail += (layer.detail.empty() ? "" : ", ") + name + " " + value;
      break;
    }
    layer.host_bytes = info.host_bytes();
    layer.writable = top;
    if (!out.layers.empty()) layer.holds = clusters_of(*image, out);
    out.layers.push_back(layer);
  }
}

}  // namespace

std::optional<std::uint64_t> hidden_copies(std::span<const LayerView> layers,
                                           const storage::LayerCounts& shown) {
  // The map counts the deepest layers together.
  if (layers.size() < 2 || layers.size() > shown.size()) return std::nullopt;
  std::uint64_t hidden = 0;
  for (std::size_t i = 1; i < layers.size(); ++i) {
    if (!layers[i].holds) return std::nullopt;
    // Half a cluster may be shown by one layer and half by the next: the map has it once.
    hidden += *layers[i].holds - std::min(*layers[i].holds, shown[i]);
  }
  return hidden;
}

const char* mode_word(emu::DriveMode mode) {
  switch (mode) {
    case emu::DriveMode::rw:
      return "read-write";
    case emu::DriveMode::ro:
      return "read-only";
    case emu::DriveMode::discard:
      return "discard";
    case emu::DriveMode::overlay:
      return "overlay";
  }
  return "";
}

std::string DriveView::short_name() const {
  if (!loaded) return "empty";
  return file_name(file);
}

const DriveView* Snapshot::drive(emu::DriveSlot slot) const {
  for (const DriveView& view : drives) {
    if (view.slot == slot) return &view;
  }
  return nullptr;
}

void describe_drives(emu::Machine& machine, const emu::Config& config,
                     std::vector<DriveView>& out) {
  out.clear();
  for (std::size_t i = 0; i < emu::kDriveSlotCount; ++i) {
    const auto slot = static_cast<emu::DriveSlot>(i);
    if (!machine.has_drive(slot)) continue;
    DriveView view;
    view.slot = slot;
    for (const emu::DriveConfig& drive : config.drives) {
      if (drive.slot == slot) view.mode = drive.mode;
    }
    for (const emu::DriveActivity& activity : machine.activity()) {
      if (activity.slot == slot) view.file = activity.file;
    }
    if (emu::DriveTap* tap = machine.tap(slot)) {
      view.loaded = true;
      view.medium = tap->medium();
      view.image_file = tap->chain() != nullptr;
      view.sectors = tap->sector_count();
      view.geometry = tap->geometry();
      if (!emu::is_floppy(slot)) {
        const unsigned unit =
            static_cast<unsigned>(i) - static_cast<unsigned>(emu::DriveSlot::ide0_0);
        view.geometry = machine.board().ata[unit / 2].drive(unit % 2).geometry();
      }
      view.cluster_sectors =
          storage::map_cluster_sectors(view.sectors, cluster_bytes_of(tap->chain()));
      add_layers(*tap, view);
    }
    out.push_back(std::move(view));
  }
}

namespace {

// A filter that little passes must not hold up the machine: only so many entries are looked at.
void take_logs(const emu::Machine& machine, const Wants& wants, Snapshot& out) {
  constexpr std::size_t shown = 400;
  constexpr std::size_t looked_at = 4000;
  if (const emu::InstructionTrace* trace = machine.trace()) {
    out.trace.on = true;
    out.trace.total = trace->total();
    if (wants.trace) {
      const emu::Disassembler disassembler;
      out.trace.lines = emu::latest_lines(*trace, disassembler, *wants.trace, shown, looked_at);
    }
  }
  if (const emu::PortLog* log = machine.port_log()) {
    out.ports.on = true;
    out.ports.total = log->total();
    if (wants.ports) out.ports.lines = emu::latest_lines(*log, *wants.ports, shown, looked_at);
  }
}

}  // namespace

void take_snapshot(const emu::Machine& machine, const Wants& wants, Snapshot& out) {
  const emu::Board& board = machine.board();
  out.now = machine.now();
  out.instructions = machine.instructions();
  out.mips = board.mips();
  out.cpu = board.processor.model();
  out.ram_bytes = board.memory.ram_size();
  out.registers = board.processor.registers();
  out.text = machine.text_screen();
  const std::span<const std::uint32_t> runs = board.processor.recent_runs();
  out.recent_runs.assign(runs.begin(), runs.end());
  take_logs(machine, wants, out);
  for (const std::uint32_t number : wants.pages) {
    MemoryPages::Page bytes{};
    board.memory.peek(number * MemoryPages::kPage, bytes);
    out.memory.put(number, bytes);
  }
  const auto both = [](std::uint8_t low, std::uint8_t high) {
    return static_cast<std::uint16_t>(low | high << 8);
  };
  out.pic.requests = both(board.pic.master().requests(), board.pic.slave().requests());
  out.pic.services = both(board.pic.master().in_service(), board.pic.slave().in_service());
  out.pic.mask = both(board.pic.master().mask(), board.pic.slave().mask());
  for (unsigned i = 0; i < 3; ++i) {
    const devices::PitCounter counter = board.pit.counter_now(i);
    out.pit[i] = {counter.mode(), counter.reload(), counter.count_value(), counter.out(),
                  counter.gate()};
  }
  if (wants.chips) add_chips(board, out.chips);
  for (DriveView& view : out.drives) {
    for (const emu::DriveActivity& activity : machine.activity()) {
      if (activity.slot != view.slot) continue;
      view.sectors_read = activity.sectors_read;
      view.sectors_written = activity.sectors_written;
    }
    view.log = machine.ata_log(view.slot);
  }
}

}  // namespace ui
