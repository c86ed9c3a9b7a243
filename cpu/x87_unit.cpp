#include "cpu/x87_unit.h"

namespace cpu {

using namespace x87;

namespace {

enum Tag : std::uint8_t { kTagValid, kTagZero, kTagSpecial, kTagEmpty };

// [387] 2.1.3; unnormals are valid to the 287, [SDM] 3, 22.18.4.
Tag tag_of(const Extended& value, Family family) {
  if (value.is_zero()) return kTagZero;
  const int exponent = value.exponent();
  if (exponent == 0 || exponent == kInfinityExponent) return kTagSpecial;
  return value.mantissa >> 63 != 0 || family == Family::i287 ? kTagValid : kTagSpecial;
}

}  // namespace

void X87Unit::reset() {
  registers = {};
  protected_format = false;
  initialise();
  // A 387 shows its presence to the 386 by its error pin and clears that by FNINIT; boards do not
  // pass it on as an interrupt, so it is left out.
}

// [387] 4.5; the 8087 starts with its interrupts disabled.
void X87Unit::initialise() {
  set_control(kind == Fpu::i8087 ? 0x03FF : 0x037F);
  status = 0;
  top = 0;
  used = 0;
  instruction_offset = operand_offset = 0;
  instruction_selector = operand_selector = 0;
  opcode = 0;
}

X87State X87Unit::state() const {
  X87State s;
  for (unsigned n = 0; n < registers.size(); ++n) {
    s.registers[n] = {registers[n].mantissa, registers[n].head};
  }
  s.control = control;
  s.status = status_word();
  s.used = used;
  s.instruction_offset = instruction_offset;
  s.instruction_selector = instruction_selector;
  s.operand_offset = operand_offset;
  s.operand_selector = operand_selector;
  s.opcode = opcode;
  s.protected_format = protected_format;
  s.error_signalled = error_signalled;
  return s;
}

void X87Unit::set_state(const X87State& s) {
  for (unsigned n = 0; n < registers.size(); ++n) {
    registers[n] = {s.registers[n].mantissa, s.registers[n].head};
  }
  status = 0;
  set_control(s.control);
  set_status_word(s.status);
  used = s.used;
  instruction_offset = s.instruction_offset;
  instruction_selector = s.instruction_selector;
  operand_offset = s.operand_offset;
  operand_selector = s.operand_selector;
  opcode = s.opcode & 0x7FF;
  protected_format = s.protected_format;
  error_signalled = s.error_signalled;
}

void X87Unit::set_status_word(std::uint16_t value) {
  top = value >> 11 & 7;
  status = static_cast<std::uint16_t>(value & ~kTop);
  update_error_summary();
}

// Bit 6 reads as 1 up to the 387 and later; bits 13-15 do not exist. Bit 12 is infinity control, a
// plain bit from the 387 on; bit 7 is the 8087's interrupt mask.
void X87Unit::set_control(std::uint16_t value) {
  control = static_cast<std::uint16_t>((value & (kind == Fpu::i8087 ? 0x1FBF : 0x1F3F)) | 0x0040);
  rounding = &kRoundings[control >> 10 & 3][control >> 8 & 3];
  update_error_summary();
}

void X87Unit::update_error_summary() {
  const bool error = (status & ~control & kExceptions) != 0;
  const unsigned bits = kErrorSummary | kBusy;
  status = static_cast<std::uint16_t>(error ? status | bits : status & ~bits);
}

std::uint16_t X87Unit::tag_word() const {
  unsigned tags = 0;
  for (unsigned n = 0; n < registers.size(); ++n) {
    const Tag tag = (used >> n & 1) == 0 ? kTagEmpty : tag_of(registers[n], family);
    tags |= static_cast<unsigned>(tag) << (2 * n);
  }
  return static_cast<std::uint16_t>(tags);
}

// Only "empty" is taken from it, [387] 2.1.3.
void X87Unit::set_tag_word(std::uint16_t tags) {
  unsigned in_use = 0;
  for (unsigned n = 0; n < registers.size(); ++n) {
    if ((static_cast<unsigned>(tags) >> (2 * n) & 3u) != kTagEmpty) in_use |= 1u << n;
  }
  used = static_cast<std::uint8_t>(in_use);
}

bool X87Unit::report(unsigned raised) {
  if (family == Family::i287) raised &= ~unsigned{kStackFault};  // no such bit
  // An operand exception that is not masked ends the instruction before there is a result to be
  // inexact or out of range.
  constexpr unsigned kOfOperands = kInvalid | kDenormal | kZeroDivide;
  if ((raised & ~unsigned{control} & kOfOperands) != 0) {
    const unsigned direction = (raised & kStackFault) != 0 ? raised & kC1 : 0;
    raised = (raised & (kOfOperands | kStackFault)) | direction;
  }
  status = static_cast<std::uint16_t>((status & ~unsigned{kC1}) | raised);
  const unsigned unmasked = raised & ~unsigned{control} & kExceptions;
  if (unmasked == 0) return true;
  status |= kErrorSummary | kBusy;
  return (unmasked & kOfOperands) == 0;
}

}  // namespace cpu
