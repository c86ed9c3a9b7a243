// One instruction as text and as facts, for whoever shows or steps over code. Over Zydis, in 16-bit
// and 32-bit code. Not implemented: what only the 8086 decodes (POP CS, the aliases at 60h-6Fh).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "cpu/cpu.h"

namespace emu {

inline constexpr std::size_t kLongestInstruction = 15;

// [segment:base + index * scale + displacement]
struct MemoryOperand {
  cpu::SegmentIndex segment = cpu::kDs;
  std::optional<cpu::RegisterIndex> base, index;
  std::uint8_t scale = 1;
  std::uint32_t displacement = 0;
  bool wide = false;  // 32-bit addressing
  unsigned size = 0;  // bytes; 0: the address alone matters (LEA)

  std::uint32_t offset(const cpu::Registers& registers) const;
};

struct Instruction {
  std::array<std::uint8_t, kLongestInstruction> bytes{};
  std::uint8_t length = 1;
  bool valid = false;
  bool call = false;                       // CALL, INT, INTO: comes back
  bool returns = false;                    // RET, RETF, IRET
  bool jump = false;                       // conditional or not
  bool repeats = false;                    // REP prefix, or LOOP
  std::string mnemonic;                    // "rep insw"
  std::string operands;                    // "dx, 3F6h"
  std::optional<std::uint32_t> target;     // of a direct jump or call, an offset
  std::optional<std::uint32_t> immediate;  // the last immediate operand
  std::optional<MemoryOperand> memory;     // the last one that is written out
};

class Disassembler {
 public:
  Disassembler();
  ~Disassembler();
  Disassembler(const Disassembler&) = delete;
  Disassembler& operator=(const Disassembler&) = delete;

  // `offset`: of the instruction within its segment, for targets of jumps. `wide`: 32-bit code.
  Instruction decode(std::span<const std::uint8_t> bytes, std::uint32_t offset, bool wide) const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

bool wide_code(const cpu::Registers& registers);
bool wide_stack(const cpu::Registers& registers);

// Names for comments: "command" for 1F7h, "disk: read sectors" for INT 13h AH=02h; empty: unknown.
std::string port_name(std::uint16_t port);
std::string interrupt_name(std::uint8_t vector, std::uint8_t ah);

}  // namespace emu
