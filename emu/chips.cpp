#include "emu/chips.h"

#include <utility>

#include "emu/board.h"

namespace emu {

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
constexpr Names kKeyboardStatus = {"PERR", "TO", "AUXB", "INH", "A2", "SYS", "IBF", "OBF"};
constexpr Names kKeyboardStatusMeanings = {
    "parity error of the line", "time-out of the line", "the byte in the output buffer is the mouse's",
    "0: the key lock is turned", "the last write was a command, to port 64h",
    "self-test passed", "input buffer full: the controller has not read it",
    "output buffer full: a byte waits at port 60h"};
constexpr Names kKeyboardCommand = {"", "XLAT", "DISM", "DISK", "", "SYS", "INTM", "INTK"};
constexpr Names kKeyboardCommandMeanings = {
    "", "scan codes are translated to set 1", "mouse disabled", "keyboard disabled", "",
    "what SYS of the status shows", "IRQ 12 for the mouse's bytes", "IRQ 1 for the keyboard's bytes"};
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

Chip ata_chip(const Board& board, unsigned channel, unsigned unit) {
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

}  // namespace

std::vector<Chip> chips_of(const Board& board) {
  std::vector<Chip> out;
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

  Chip keyboard{"8042 keyboard", "", {}};
  keyboard.registers.push_back(
      bits("status", board.keyboard.status(), kKeyboardStatus, kKeyboardStatusMeanings));
  keyboard.registers.push_back(
      bits("command", board.keyboard.command_byte(), kKeyboardCommand, kKeyboardCommandMeanings));
  out.push_back(keyboard);

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
  return out;
}

std::vector<Chip> timing_chips_of(const Board& board) {
  std::vector<Chip> out;
  const auto pic = [&](const char* name, const devices::Pic& chip) {
    out.push_back(
        {name,
         "",
         {reg("IRR", chip.requests()), reg("ISR", chip.in_service()), reg("IMR", chip.mask())}});
  };
  pic("PIC 8259A master", board.pic.master());
  pic("PIC 8259A slave", board.pic.slave());
  Chip pit{"PIT 8254", "", {}};
  for (unsigned i = 0; i < 3; ++i) {
    const devices::PitCounter counter = board.pit.counter_now(i);
    const std::string name = "counter " + std::to_string(i);
    pit.registers.push_back(reg(name + " mode", counter.mode(), 1));
    pit.registers.push_back(reg(name + " reload", counter.reload() & 0xFFFF, 4));
    pit.registers.push_back(reg(name + " count", counter.count_value(), 4));
    pit.registers.push_back(reg(name + " out", counter.out() ? 1 : 0, 1));
    pit.registers.push_back(reg(name + " gate", counter.gate() ? 1 : 0, 1));
  }
  out.push_back(pit);
  return out;
}

}  // namespace emu
