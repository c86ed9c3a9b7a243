// The coprocessor's registers as the handlers use them: the stack, the two words with what is
// derived from them, and the pointers to the last instruction. What a program sees of it in memory
// is x87_environment.cpp's; the value for tests and state files is X87State (cpu.h).
#pragma once

#include <array>
#include <cstdint>

#include "cpu/cpu.h"
#include "cpu/x87_float.h"

namespace cpu {

class Core;
struct Insn;

struct X87Unit {
  explicit X87Unit(Fpu kind_of_unit)
      : kind(kind_of_unit),
        family(kind_of_unit < Fpu::i80387 ? x87::Family::i287 : x87::Family::i387) {}

  // RESET pin, and FNINIT without the register contents.
  void reset();
  void initialise();
  X87State state() const;
  void set_state(const X87State& state);

  bool at_least(Fpu wanted) const { return kind >= wanted; }

  // --- the stack ---
  unsigned physical(unsigned i) const { return (top + i) & 7; }
  x87::Extended& st(unsigned i) { return registers[physical(i)]; }
  const x87::Extended& st(unsigned i) const { return registers[physical(i)]; }
  bool is_empty(unsigned i) const { return (used >> physical(i) & 1) == 0; }
  void set(unsigned i, const x87::Extended& value) {
    st(i) = value;
    used = static_cast<std::uint8_t>(used | 1u << physical(i));
  }
  void free(unsigned i) { used = static_cast<std::uint8_t>(used & ~(1u << physical(i))); }
  void pop() {
    free(0);
    top = (top + 1) & 7;
  }
  void push(const x87::Extended& value) {
    top = (top - 1) & 7;
    set(0, value);
  }

  // --- the words ---
  std::uint16_t status_word() const { return static_cast<std::uint16_t>(status | top << 11); }
  void set_status_word(std::uint16_t value);
  void set_control(std::uint16_t value);
  std::uint16_t tag_word() const;
  void set_tag_word(std::uint16_t tags);
  void set_conditions(unsigned conditions) {
    status = static_cast<std::uint16_t>((status & ~unsigned{x87::kConditions}) | conditions);
  }
  // ES and B follow the exceptions that are not masked.
  void update_error_summary();

  x87::Context context() const { return {rounding, control, 0, family}; }
  // Takes over what an instruction raised (C1 with it). False: it may not deliver its result, as an
  // exception that is not masked came before it.
  bool report(unsigned raised);

  // --- state ---
  std::array<x87::Extended, 8> registers{};
  unsigned top = 0;
  std::uint8_t used = 0;     // by physical register
  std::uint16_t status = 0;  // without TOP
  std::uint16_t control = 0x037F;
  const x87::Rounding* rounding = &x87::kRoundings[x87::kNearest][x87::kFull];
  std::uint32_t instruction_offset = 0, operand_offset = 0;
  std::uint16_t instruction_selector = 0, operand_selector = 0;
  std::uint16_t opcode = 0;
  bool protected_format = false;  // 287: after FSETPM

  const Fpu kind;
  const x87::Family family;
  bool error_signalled = false;  // the board was told so
  bool error_ignored = false;    // IGNNE# pin
};

}  // namespace cpu
