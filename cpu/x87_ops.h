// What the coprocessor's handler files share: whether an instruction may start, its operand in
// memory, its pointers, and its end. A handler struct H has `template <class Rm> static Insn*
// full(Core&, Insn*)`, which can do everything, and where speed matters `quick`, a leaf that does
// the ordinary case and else hands over to `full` before it has changed anything.
#pragma once

#include <span>

#include "cpu/ops.h"
#include "cpu/x87_decode.h"
#include "cpu/x87_unit.h"

namespace cpu::x87 {

// --- the start ---

inline bool no_coprocessor_now(const Core& c) {
  return (c.system.cr0 & (kCr0Em | kCr0Ts)) != 0;
}
// #NM, or what an unserviced error does to an instruction that waits for it; `proceed` when the
// board says to ignore that.
Insn* not_now(Core& c, Insn* i, Handler proceed);
// The second half of it, also WAIT's.
Insn* pending_error(Core& c, Insn* i, Handler proceed);

template <class H, class Rm>
Insn* waiting(Core& c, Insn* i) {
  if (((c.system.cr0 & (kCr0Em | kCr0Ts)) | (c.fpu.status & kErrorSummary)) != 0) [[unlikely]]
    return not_now(c, i, H::template full<Rm>);
  return H::template full<Rm>(c, i);
}
template <class H, class Rm>
Insn* waiting_quick(Core& c, Insn* i) {
  if (((c.system.cr0 & (kCr0Em | kCr0Ts)) | (c.fpu.status & kErrorSummary)) != 0) [[unlikely]]
    return not_now(c, i, H::template full<Rm>);
  return H::template quick<Rm>(c, i);
}
// FNINIT, FNCLEX, FNSTSW and their like look at nothing but #NM.
template <class H, class Rm>
Insn* not_waiting(Core& c, Insn* i) {
  if (no_coprocessor_now(c)) [[unlikely]]
    return c.fault(i, kNoCoprocessor);
  return H::template full<Rm>(c, i);
}

template <class H>
constexpr Handler on_registers() {
  return waiting<H, InRegister>;
}
template <class H>
constexpr Handler on_registers_quick() {
  return waiting_quick<H, InRegister>;
}
template <class H>
constexpr Handler on_registers_not_waiting() {
  return not_waiting<H, InRegister>;
}
template <class H>
constexpr HandlersBySize in_memory() {
  constexpr std::array<Handler, kPlaces> all = {nullptr, waiting<H, InMemory16>,
                                                waiting<H, InMemory32>};
  return {all, all};
}
template <class H>
constexpr HandlersBySize in_memory_quick() {
  constexpr std::array<Handler, kPlaces> all = {nullptr, waiting_quick<H, InMemory16>,
                                                waiting_quick<H, InMemory32>};
  return {all, all};
}
template <class H>
constexpr HandlersBySize in_memory_not_waiting() {
  constexpr std::array<Handler, kPlaces> all = {nullptr, not_waiting<H, InMemory16>,
                                                not_waiting<H, InMemory32>};
  return {all, all};
}

// --- the pointers, [387] 2.1.4 ---

[[gnu::always_inline]] inline void note_instruction(Core& c, const Insn* i) {
  X87Unit& f = c.fpu;
  f.instruction_offset = c.start_of(i);
  f.instruction_selector = c.segments[kCs].selector;
  f.opcode = static_cast<std::uint16_t>(i->immediate);
  // immediate2: bytes of prefixes, which the 8087 leaves out; 0 on the others.
  f.instruction_offset += i->immediate2;
}
[[gnu::always_inline]] inline void note_operand(Core& c, const Insn* i, std::uint32_t offset) {
  note_instruction(c, i);
  c.fpu.operand_offset = offset;
  c.fpu.operand_selector = c.segments[i->segment].selector;
}

// --- the operand in memory ---

// Any size, by the bus's pieces; everything is checked before the first byte moves.
bool read_block(Core& c, Insn* i, std::uint32_t offset, std::span<std::uint8_t> bytes);
bool write_block(Core& c, Insn* i, std::uint32_t offset, std::span<const std::uint8_t> bytes);

template <class T>
bool read_operand(Core& c, Insn* i, std::uint32_t offset, T& value) {
  if (c.read_fast(i->segment, offset, value)) return true;
  std::array<std::uint8_t, sizeof(T)> bytes;
  if (!read_block(c, i, offset, bytes)) return false;
  std::memcpy(&value, bytes.data(), sizeof(T));
  return true;
}
template <class T>
bool write_operand(Core& c, Insn* i, std::uint32_t offset, T value) {
  if (c.write_fast(i->segment, offset, value)) return true;
  if (void* host = c.beside_code(i->segment, offset, sizeof(T))) {
    std::memcpy(host, &value, sizeof(T));
    return true;
  }
  std::array<std::uint8_t, sizeof(T)> bytes;
  std::memcpy(bytes.data(), &value, sizeof(T));
  return write_block(c, i, offset, bytes);
}

// --- the end ---

// Brings the board's error line in step with the error summary.
Insn* settle_error(Core& c, Insn* i);

inline Insn* ended(Core& c, Insn* i) {
  if ((c.fpu.status & kErrorSummary) != 0) [[unlikely]]
    return settle_error(c, i);
  return c.next(i);
}

// What a stack fault raises, [387] 3.7.1: C1 tells its direction.
inline constexpr unsigned kStackUnderflow = kInvalid | kStackFault;
inline constexpr unsigned kStackOverflow = kInvalid | kStackFault | kC1;

[[gnu::always_inline]] inline void report_quick(X87Unit& f, unsigned raised) {
  f.status = static_cast<std::uint16_t>((f.status & ~unsigned{kC1}) | raised);
}

// --- sources of the arithmetic and load instructions ---

template <class T>
struct Real {
  using Bits = T;
  static bool widen_fast(Bits bits, Extended& value) { return x87::widen_fast(bits, value); }
  static Operand widen(const Context& c, Bits bits) { return x87::widen(c, bits); }
  static Extended load(Context& c, Bits bits) { return x87::load(c, bits); }
};
template <class T>
struct Whole {
  using Bits = T;
  static bool widen_fast(Bits bits, Extended& value) {
    value = from_integer(static_cast<std::make_signed_t<Bits>>(bits));
    return true;
  }
  static Operand widen(const Context&, Bits bits) {
    return operand_of_integer(static_cast<std::make_signed_t<Bits>>(bits));
  }
  static Extended load(Context&, Bits bits) {
    return from_integer(static_cast<std::make_signed_t<Bits>>(bits));
  }
};
using Real32 = Real<std::uint32_t>;
using Real64 = Real<std::uint64_t>;
using Int16 = Whole<std::uint16_t>;
using Int32 = Whole<std::uint32_t>;
using Int64 = Whole<std::uint64_t>;

}  // namespace cpu::x87
