#include "emu/disassembler.h"

#include <Zydis/Zydis.h>

#include <algorithm>
#include <string_view>

#include "cpu/registers.h"

namespace emu {

struct Disassembler::Parts {
  ZydisDecoder narrow{}, wide{};
  ZydisFormatter formatter{};
};

Disassembler::Disassembler() : parts_(std::make_unique<Parts>()) {
  ZydisDecoderInit(&parts_->narrow, ZYDIS_MACHINE_MODE_REAL_16, ZYDIS_STACK_WIDTH_16);
  ZydisDecoderInit(&parts_->wide, ZYDIS_MACHINE_MODE_LEGACY_32, ZYDIS_STACK_WIDTH_32);
  ZydisFormatter& formatter = parts_->formatter;
  ZydisFormatterInit(&formatter, ZYDIS_FORMATTER_STYLE_INTEL);
  ZydisFormatterSetProperty(&formatter, ZYDIS_FORMATTER_PROP_HEX_PREFIX, 0);
  ZydisFormatterSetProperty(&formatter, ZYDIS_FORMATTER_PROP_HEX_SUFFIX,
                            reinterpret_cast<ZyanUPointer>("h"));
  ZydisFormatterSetProperty(&formatter, ZYDIS_FORMATTER_PROP_ADDR_PADDING_ABSOLUTE,
                            static_cast<ZyanUPointer>(ZYDIS_PADDING_DISABLED));
  ZydisFormatterSetProperty(&formatter, ZYDIS_FORMATTER_PROP_DISP_PADDING,
                            static_cast<ZyanUPointer>(ZYDIS_PADDING_DISABLED));
}

Disassembler::~Disassembler() = default;

namespace {

// Both number general registers as the instruction's fields do.
std::optional<cpu::RegisterIndex> general_register(ZydisRegister name) {
  if (name == ZYDIS_REGISTER_NONE) return std::nullopt;
  return static_cast<cpu::RegisterIndex>(ZydisRegisterGetId(name));
}

MemoryOperand memory_of(const ZydisDecodedOperand& operand, const ZydisDecodedInstruction& insn) {
  MemoryOperand out;
  out.segment = static_cast<cpu::SegmentIndex>(ZydisRegisterGetId(operand.mem.segment));
  out.base = general_register(operand.mem.base);
  out.index = general_register(operand.mem.index);
  out.scale = std::max<std::uint8_t>(operand.mem.scale, 1);
  out.displacement = static_cast<std::uint32_t>(operand.mem.disp.value);
  out.wide = insn.address_width == 32;
  out.size = operand.mem.type == ZYDIS_MEMOP_TYPE_MEM ? operand.size / 8U : 0U;
  return out;
}

}  // namespace

Instruction Disassembler::decode(std::span<const std::uint8_t> bytes, std::uint32_t offset,
                                 bool wide) const {
  Instruction out;
  std::copy_n(bytes.begin(), std::min(bytes.size(), out.bytes.size()), out.bytes.begin());
  ZydisDecodedInstruction insn;
  std::array<ZydisDecodedOperand, ZYDIS_MAX_OPERAND_COUNT> operands;
  const ZydisDecoder& decoder = wide ? parts_->wide : parts_->narrow;
  const ZyanStatus status =
      ZydisDecoderDecodeFull(&decoder, bytes.data(), bytes.size(), &insn, operands.data());
  if (!ZYAN_SUCCESS(status)) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    out.mnemonic = "db";
    out.operands = {'0', digits[out.bytes[0] >> 4], digits[out.bytes[0] & 15], 'h'};
    return out;
  }
  out.valid = true;
  out.length = insn.length;
  std::array<char, 128> text{};
  ZydisFormatterFormatInstruction(&parts_->formatter, &insn, operands.data(),
                                  insn.operand_count_visible, text.data(), text.size(), offset,
                                  nullptr);
  std::string line = text.data();
  std::size_t space = line.find(' ');
  while (space != std::string::npos) {  // prefixes belong to the name
    const std::string_view word = std::string_view(line).substr(0, space);
    const bool prefix = word.ends_with("rep") || word.ends_with("repe") ||
                        word.ends_with("repne") || word.ends_with("lock") || word.ends_with("repz");
    if (!prefix) break;
    space = line.find(' ', space + 1);
  }
  out.mnemonic = line.substr(0, space);
  if (space != std::string::npos) out.operands = line.substr(space + 1);
  switch (insn.meta.category) {
    case ZYDIS_CATEGORY_CALL:
    case ZYDIS_CATEGORY_INTERRUPT:
      out.call = true;
      break;
    case ZYDIS_CATEGORY_RET:
      out.returns = true;
      break;
    case ZYDIS_CATEGORY_COND_BR:
    case ZYDIS_CATEGORY_UNCOND_BR:
      out.jump = true;
      break;
    default:
      break;
  }
  const bool loop = insn.mnemonic == ZYDIS_MNEMONIC_LOOP || insn.mnemonic == ZYDIS_MNEMONIC_LOOPE ||
                    insn.mnemonic == ZYDIS_MNEMONIC_LOOPNE;
  constexpr ZydisInstructionAttributes rep =
      ZYDIS_ATTRIB_HAS_REP | ZYDIS_ATTRIB_HAS_REPE | ZYDIS_ATTRIB_HAS_REPNE;
  out.repeats = loop || (insn.attributes & rep) != 0;
  for (std::size_t i = 0; i < insn.operand_count_visible; ++i) {
    const ZydisDecodedOperand& operand = operands[i];
    if (operand.type == ZYDIS_OPERAND_TYPE_MEMORY) out.memory = memory_of(operand, insn);
    if (operand.type != ZYDIS_OPERAND_TYPE_IMMEDIATE) continue;
    if (operand.imm.is_relative) {
      std::uint32_t target = offset + insn.length + static_cast<std::uint32_t>(operand.imm.value.s);
      if (insn.operand_width == 16) target &= 0xFFFF;
      out.target = target;
    } else {
      out.immediate = static_cast<std::uint32_t>(operand.imm.value.u);
    }
  }
  return out;
}

std::uint32_t MemoryOperand::offset(const cpu::Registers& registers) const {
  std::uint32_t sum = displacement;
  if (base) sum += registers.general[*base];
  if (index) sum += registers.general[*index] * scale;
  return wide ? sum : sum & 0xFFFF;
}

bool wide_code(const cpu::Registers& registers) {
  return (registers.segments[cpu::kCs].access & cpu::kAccessBig) != 0;
}
bool wide_stack(const cpu::Registers& registers) {
  return (registers.segments[cpu::kSs].access & cpu::kAccessBig) != 0;
}

namespace {

struct PortRow {
  std::uint16_t first, last;
  std::string_view name;
};
// clang-format off
constexpr PortRow kPorts[] = {
    {0x000, 0x007, "DMA 1 address, count"}, {0x008, 0x008, "DMA 1 command"},
    {0x00A, 0x00A, "DMA 1 mask"}, {0x00B, 0x00B, "DMA 1 mode"}, {0x00C, 0x00C, "DMA 1 flip-flop"},
    {0x020, 0x020, "PIC 1 command"}, {0x021, 0x021, "PIC 1 mask"},
    {0x040, 0x040, "PIT channel 0"}, {0x041, 0x041, "PIT channel 1"},
    {0x042, 0x042, "PIT channel 2"}, {0x043, 0x043, "PIT control"},
    {0x060, 0x060, "keyboard data"}, {0x061, 0x061, "system port B"},
    {0x064, 0x064, "keyboard command"}, {0x070, 0x070, "CMOS index"}, {0x071, 0x071, "CMOS data"},
    {0x081, 0x081, "DMA page 2"}, {0x092, 0x092, "system port A"},
    {0x0A0, 0x0A0, "PIC 2 command"}, {0x0A1, 0x0A1, "PIC 2 mask"}, {0x0E9, 0x0E9, "debug console"},
    {0x170, 0x170, "ATA 1 data"}, {0x171, 0x171, "ATA 1 error, features"},
    {0x172, 0x172, "ATA 1 sector count"}, {0x173, 0x173, "ATA 1 LBA 7-0"},
    {0x174, 0x174, "ATA 1 LBA 15-8"}, {0x175, 0x175, "ATA 1 LBA 23-16"},
    {0x176, 0x176, "ATA 1 device"}, {0x177, 0x177, "ATA 1 status, command"},
    {0x1CE, 0x1CE, "DISPI index"}, {0x1CF, 0x1CF, "DISPI data"},
    {0x1F0, 0x1F0, "ATA 0 data"}, {0x1F1, 0x1F1, "ATA 0 error, features"},
    {0x1F2, 0x1F2, "ATA 0 sector count"}, {0x1F3, 0x1F3, "ATA 0 LBA 7-0"},
    {0x1F4, 0x1F4, "ATA 0 LBA 15-8"}, {0x1F5, 0x1F5, "ATA 0 LBA 23-16"},
    {0x1F6, 0x1F6, "ATA 0 device"}, {0x1F7, 0x1F7, "ATA 0 status, command"},
    {0x2F8, 0x2FF, "COM2"}, {0x376, 0x376, "ATA 1 alternate status"}, {0x378, 0x37A, "LPT1"},
    {0x3B4, 0x3B5, "CRTC (mono)"}, {0x3C0, 0x3C1, "attribute controller"},
    {0x3C2, 0x3C2, "miscellaneous output"}, {0x3C4, 0x3C5, "sequencer"}, {0x3C6, 0x3C6, "DAC mask"},
    {0x3C7, 0x3C7, "DAC read index"}, {0x3C8, 0x3C8, "DAC write index"}, {0x3C9, 0x3C9, "DAC data"},
    {0x3CE, 0x3CF, "graphics controller"}, {0x3D4, 0x3D5, "CRTC"}, {0x3DA, 0x3DA, "VGA status 1"},
    {0x3F2, 0x3F2, "FDC digital output"}, {0x3F4, 0x3F4, "FDC main status"},
    {0x3F5, 0x3F5, "FDC data"}, {0x3F6, 0x3F6, "ATA 0 alternate status, control"},
    {0x3F7, 0x3F7, "FDC digital input, rate"}, {0x3F8, 0x3FF, "COM1"},
};

struct CallRow {
  std::uint8_t vector;
  int ah;  // -1: whatever it is
  std::string_view name;
};
// [RBIL] Interrupt list, release 61
constexpr CallRow kCalls[] = {
    {0x00, -1, "divide error"}, {0x01, -1, "single step"}, {0x02, -1, "NMI"}, {0x03, -1, "breakpoint"},
    {0x08, -1, "IRQ 0 timer"}, {0x09, -1, "IRQ 1 keyboard"}, {0x0E, -1, "IRQ 6 floppy"},
    {0x10, 0x00, "video: set mode"}, {0x10, 0x01, "video: cursor shape"}, {0x10, 0x02, "video: set cursor"},
    {0x10, 0x03, "video: get cursor"}, {0x10, 0x06, "video: scroll up"}, {0x10, 0x07, "video: scroll down"},
    {0x10, 0x08, "video: read character"}, {0x10, 0x09, "video: write character, colour"},
    {0x10, 0x0A, "video: write character"}, {0x10, 0x0E, "video: teletype"}, {0x10, 0x0F, "video: get mode"},
    {0x10, 0x10, "video: palette"}, {0x10, 0x11, "video: fonts"}, {0x10, 0x12, "video: alternate select"},
    {0x10, 0x13, "video: write string"}, {0x10, 0x4F, "VBE"}, {0x10, -1, "video"},
    {0x11, -1, "equipment"}, {0x12, -1, "memory size"},
    {0x13, 0x00, "disk: reset"}, {0x13, 0x01, "disk: last status"}, {0x13, 0x02, "disk: read sectors"},
    {0x13, 0x03, "disk: write sectors"}, {0x13, 0x04, "disk: verify"}, {0x13, 0x08, "disk: parameters"},
    {0x13, 0x15, "disk: type"}, {0x13, 0x41, "disk: extensions?"}, {0x13, 0x42, "disk: extended read"},
    {0x13, 0x43, "disk: extended write"}, {0x13, 0x48, "disk: extended parameters"}, {0x13, -1, "disk"},
    {0x14, -1, "serial"}, {0x15, 0x88, "system: extended memory"}, {0x15, -1, "system"},
    {0x16, 0x00, "keyboard: read"}, {0x16, 0x01, "keyboard: status"}, {0x16, 0x02, "keyboard: shifts"},
    {0x16, 0x10, "keyboard: read (101)"}, {0x16, 0x11, "keyboard: status (101)"}, {0x16, -1, "keyboard"},
    {0x17, -1, "printer"}, {0x18, -1, "no boot device"}, {0x19, -1, "boot"},
    {0x1A, 0x00, "clock: get ticks"}, {0x1A, 0x02, "clock: get time"}, {0x1A, 0x04, "clock: get date"},
    {0x1A, -1, "clock"}, {0x1C, -1, "timer tick"}, {0x20, -1, "DOS: terminate"},
    {0x21, 0x02, "DOS: write character"}, {0x21, 0x06, "DOS: direct console"}, {0x21, 0x09, "DOS: write string"},
    {0x21, 0x0A, "DOS: buffered input"}, {0x21, 0x0B, "DOS: input status"}, {0x21, 0x0E, "DOS: select drive"},
    {0x21, 0x19, "DOS: current drive"}, {0x21, 0x1A, "DOS: set DTA"}, {0x21, 0x25, "DOS: set vector"},
    {0x21, 0x2A, "DOS: get date"}, {0x21, 0x2C, "DOS: get time"}, {0x21, 0x30, "DOS: version"},
    {0x21, 0x31, "DOS: stay resident"}, {0x21, 0x35, "DOS: get vector"}, {0x21, 0x36, "DOS: free space"},
    {0x21, 0x39, "DOS: mkdir"}, {0x21, 0x3A, "DOS: rmdir"}, {0x21, 0x3B, "DOS: chdir"},
    {0x21, 0x3C, "DOS: create"}, {0x21, 0x3D, "DOS: open"}, {0x21, 0x3E, "DOS: close"},
    {0x21, 0x3F, "DOS: read"}, {0x21, 0x40, "DOS: write"}, {0x21, 0x41, "DOS: delete"},
    {0x21, 0x42, "DOS: seek"}, {0x21, 0x43, "DOS: attributes"}, {0x21, 0x44, "DOS: IOCTL"},
    {0x21, 0x47, "DOS: current folder"}, {0x21, 0x48, "DOS: allocate memory"}, {0x21, 0x49, "DOS: free memory"},
    {0x21, 0x4A, "DOS: resize memory"}, {0x21, 0x4B, "DOS: exec"}, {0x21, 0x4C, "DOS: exit"},
    {0x21, 0x4E, "DOS: find first"}, {0x21, 0x4F, "DOS: find next"}, {0x21, 0x52, "DOS: list of lists"},
    {0x21, 0x56, "DOS: rename"}, {0x21, -1, "DOS"}, {0x25, -1, "DOS: absolute read"},
    {0x26, -1, "DOS: absolute write"}, {0x28, -1, "DOS: idle"}, {0x2F, -1, "multiplex"},
    {0x33, -1, "mouse"}, {0x67, -1, "EMS"}, {0x70, -1, "IRQ 8 clock"}, {0x74, -1, "IRQ 12 mouse"},
    {0x75, -1, "IRQ 13 coprocessor"}, {0x76, -1, "IRQ 14 ATA 0"}, {0x77, -1, "IRQ 15 ATA 1"},
};
// clang-format on

}  // namespace

std::string port_name(std::uint16_t port) {
  for (const PortRow& row : kPorts) {
    if (port >= row.first && port <= row.last) return std::string(row.name);
  }
  return "";
}

std::string interrupt_name(std::uint8_t vector, std::uint8_t ah) {
  for (const CallRow& row : kCalls) {
    if (row.vector == vector && (row.ah < 0 || row.ah == ah)) return std::string(row.name);
  }
  return "";
}

}  // namespace emu
