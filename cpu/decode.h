// Bytes to Insn. Knows the opcode map of its model and the code segment's size bit, nothing else.
// The map's entries are contributed by the ops_*.cpp files (install functions below), one line an
// opcode, laid out like the manual's map. [386] 80386 Programmer's Reference Manual, 17.2 and
// appendix A.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "cpu/cpu.h"
#include "cpu/insn.h"

namespace cpu {

// What follows the opcode.
enum class Form : std::uint8_t {
  none,
  modrm,
  modrm_imm8,       // zero-extended byte
  modrm_simm8,      // sign-extended byte
  modrm_immz,       // 16 or 32 bits by operand size
  modrm_registers,  // both fields are registers whatever mod says
  reg,              // the opcode's low three bits are the register (as rm)
  reg_imm8,
  reg_immz,
  imm8,
  simm8,
  imm16,
  immz,
  relz,   // 16 or 32 bits by operand size, sign-extended
  moffs,  // an address of address size
  far_pointer,
  imm16_imm8,  // ENTER
  escape       // ModRM; which operation it is the coprocessor's map says, if there is one
};

enum OpcodeFlag : std::uint16_t {
  kByteReg = 1,  // reg names a byte register
  kByteRm = 2,   // rm names a byte register or a byte in memory
  kByte = kByteReg | kByteRm,
  kLockable = 4,       // LOCK is allowed with a memory operand
  kEndsRun = 8,        // the following instruction belongs to another run
  kMemoryOnly = 16,    // #UD with a register operand (8086: whatever the handler does)
  kAddressSized = 32,  // no ModRM, but the handler depends on the address size
  kEndsRunIfRepeated = 64,
  kStackTop = 128,  // POP r/m: an ESP-relative address counts from after the pop
  kRelative = 256,  // a relative jump or call
  kJcc = 512,
  kJmp = 1024
};

// Where the r/m operand is: in a register (or there is none), in memory by 16-bit or 32-bit
// addressing, there again by base and displacement alone, in the register that is the other
// operand.
enum Place : std::uint8_t {
  kRegister,
  kMemory16,
  kMemory32,
  kBase16,
  kBase32,
  kSameRegister,
  kPlaces
};
// By operand size (16, 32) and place.
using HandlersBySize = std::array<std::array<Handler, kPlaces>, 2>;

// What an instruction with register operands, which cannot fault, does with the arithmetic flags.
enum class FlagUse : std::uint8_t {
  other,  // or there is an operand in memory
  keeps,  // neither reads nor writes any
  sets    // writes all, reads none
};

struct HandlerSet {
  HandlersBySize any{};
  HandlersBySize plain{};  // for runs decoded for plain segments
  // By operand size, with register operands: leaves flags alone that nobody will see. May be null.
  std::array<Handler, 2> quiet{};
  FlagUse flags = FlagUse::other;
};

struct Opcode {
  Form form = Form::none;
  std::uint16_t flags = 0;
  HandlerSet handlers{};
};

class OpcodeMap {
 public:
  explicit OpcodeMap(Model model);

  // 0x00..0xFF, 0x0F00..0x0FFF for the two-byte opcodes.
  void set(unsigned opcode, const Opcode& entry);
  // One of a group: ModRM's reg field selects.
  void set(unsigned opcode, unsigned reg, const Opcode& entry);

  bool at_least(Model wanted) const { return model_ >= wanted; }
  Model model() const { return model_; }
  bool has_two_byte_opcodes() const { return at_least(Model::i80286); }

  // Both may be undefined: no handlers.
  bool is_group(unsigned index) const { return slots_[index].group >= 0; }
  const Opcode& entry(unsigned index) const { return slots_[index].entry; }
  const Opcode& entry(unsigned index, unsigned reg) const {
    return groups_[static_cast<std::size_t>(slots_[index].group)][reg];
  }
  static unsigned index_of(unsigned opcode) {
    return opcode < 0x100 ? opcode : 0x100 + (opcode & 0xFF);
  }

 private:
  struct Slot {
    Opcode entry;
    int group = -1;
  };
  Model model_;
  std::array<Slot, 512> slots_;
  std::vector<std::array<Opcode, 8>> groups_;
};

void install_arithmetic(OpcodeMap& map);  // ops_arithmetic.cpp
void install_moves(OpcodeMap& map);       // ops_moves.cpp
void install_control(OpcodeMap& map);     // ops_control.cpp
void install_shifts(OpcodeMap& map);      // ops_shifts.cpp
void install_system(OpcodeMap& map);      // ops_system.cpp
void install_protected(OpcodeMap& map);   // ops_protected.cpp
void install_486(OpcodeMap& map);         // ops_486.cpp
void install_strings(OpcodeMap& map);     // strings.cpp

enum class DecodeStatus : std::uint8_t {
  ok,
  truncated,  // wants more bytes than given
  too_long    // more than the model executes: #GP
};

struct Decoded {
  DecodeStatus status = DecodeStatus::ok;
  bool ends_run = false;
  bool is_jcc = false;
  bool is_jmp = false;  // relative, with the operand size of the code
  bool is_relative = false;
  FlagUse flags = FlagUse::other;
  Handler quiet = nullptr;
};

class EscapeMap;

class Decoder {
 public:
  Decoder(Model model, Fpu unit);

  // Fills everything but `next` and `left`. An undefined opcode decodes to an instruction that
  // raises #UD.
  Decoded decode(std::span<const std::uint8_t> bytes, CodeKind code, Insn& insn) const;
  // Longest instruction: 286 10 bytes, 386 15; the 8086 and 186 have no limit, ours is one buffer.
  std::size_t max_length() const { return max_length_; }

 private:
  struct Prefixes;
  const OpcodeMap& map_;
  const EscapeMap* escapes_;
  std::size_t max_length_;
};

}  // namespace cpu
