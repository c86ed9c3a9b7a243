#include "emu/post_mortem.h"

#include <Zydis/Zydis.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <span>

#include "devices/ata_drive.h"

namespace emu {

namespace {

constexpr int kInstructionsPerRun = 6;
constexpr std::size_t kLongestInstruction = 15;

template <class... Args>
std::string print(const char* format, Args... args) {
  std::array<char, 160> line{};
  std::snprintf(line.data(), line.size(), format, args...);
  return line.data();
}

bool ends_run(ZydisInstructionCategory category) {
  switch (category) {
    case ZYDIS_CATEGORY_CALL:
    case ZYDIS_CATEGORY_RET:
    case ZYDIS_CATEGORY_COND_BR:
    case ZYDIS_CATEGORY_UNCOND_BR:
    case ZYDIS_CATEGORY_INTERRUPT:
      return true;
    default:
      return false;
  }
}

class Disassembler {
 public:
  Disassembler() {
    ZydisDecoderInit(&decoder_, ZYDIS_MACHINE_MODE_REAL_16, ZYDIS_STACK_WIDTH_16);
    ZydisFormatterInit(&formatter_, ZYDIS_FORMATTER_STYLE_INTEL);
  }

  // Appends one line; returns false at the end of the run.
  bool line(const cpu::Memory& memory, std::uint32_t& address, std::string& out) {
    std::array<std::uint8_t, kLongestInstruction> bytes{};
    memory.peek(address, bytes);
    ZydisDecodedInstruction instruction;
    std::array<ZydisDecodedOperand, ZYDIS_MAX_OPERAND_COUNT> operands;
    const ZyanStatus status = ZydisDecoderDecodeFull(&decoder_, bytes.data(), bytes.size(),
                                                     &instruction, operands.data());
    if (!ZYAN_SUCCESS(status)) {
      out +=
          print("  %05X  %02X           (not an instruction of 16-bit code)\n", address, bytes[0]);
      return false;
    }
    std::string hex;
    for (std::size_t i = 0; i < instruction.length; ++i) hex += print("%02X", bytes[i]);
    std::array<char, 96> text{};
    ZydisFormatterFormatInstruction(&formatter_, &instruction, operands.data(),
                                    instruction.operand_count_visible, text.data(), text.size(),
                                    address & 0xFFFF, nullptr);
    out += print("  %05X  %-12s %s\n", address, hex.c_str(), text.data());
    address += instruction.length;
    return !ends_run(instruction.meta.category);
  }

 private:
  ZydisDecoder decoder_{};
  ZydisFormatter formatter_{};
};

}  // namespace

std::string describe_registers(const cpu::Registers& r) {
  const auto word = [&](cpu::RegisterIndex index) { return r.general[index]; };
  std::string out;
  out += print("EAX=%08X EBX=%08X ECX=%08X EDX=%08X\n", word(cpu::kEax), word(cpu::kEbx),
               word(cpu::kEcx), word(cpu::kEdx));
  out += print("ESI=%08X EDI=%08X EBP=%08X ESP=%08X\n", word(cpu::kEsi), word(cpu::kEdi),
               word(cpu::kEbp), word(cpu::kEsp));
  out += print("CS:EIP=%04X:%08X EFLAGS=%08X CR0=%08X IDT=%08X+%04X\n",
               r.segments[cpu::kCs].selector, r.eip, r.eflags, r.cr0, r.idtr_base, r.idtr_limit);
  out += print("DS=%04X ES=%04X SS=%04X FS=%04X GS=%04X\n", r.segments[cpu::kDs].selector,
               r.segments[cpu::kEs].selector, r.segments[cpu::kSs].selector,
               r.segments[cpu::kFs].selector, r.segments[cpu::kGs].selector);
  return out;
}

std::string describe_recent_code(const cpu::Cpu& processor, const cpu::Memory& memory,
                                 std::size_t runs_shown) {
  const std::span<const std::uint32_t> runs = processor.recent_runs();
  Disassembler disassembler;
  std::string out = "Last code, oldest first:\n";
  for (std::uint32_t address : runs.last(std::min(runs_shown, runs.size()))) {
    int left = kInstructionsPerRun;
    while (left-- > 0 && disassembler.line(memory, address, out)) {
    }
    if (left < 0) out += "         ...\n";
  }
  return out;
}

std::string describe_ata_log(std::span<const devices::AtaLogEntry> entries) {
  std::string out;
  for (const devices::AtaLogEntry& entry : entries) {
    const double began = static_cast<double>(entry.began) / static_cast<double>(devices::kSecond);
    out += print("%14.6f  %02X %-24s count %3u  ", began, entry.opcode,
                 std::string(devices::AtaDrive::command_name(entry.opcode)).c_str(), entry.count);
    constexpr unsigned lba_mode = 0x40;
    if ((entry.device & lba_mode) != 0) {
      out += print("LBA %9u  ", (entry.device & 0xFU) << 24 | unsigned{entry.cylinder_high} << 16 |
                                    unsigned{entry.cylinder_low} << 8 | entry.sector);
    } else {
      out += print("CHS %5u/%2u/%2u  ", unsigned{entry.cylinder_high} << 8 | entry.cylinder_low,
                   entry.device & 0xFU, entry.sector);
    }
    if (entry.ended == 0) {
      out += "not ended\n";
    } else {
      out += print("status %02X error %02X  %llu us\n", entry.status, entry.error,
                   static_cast<unsigned long long>((entry.ended - entry.began) / 1000));
    }
  }
  return out;
}

}  // namespace emu
