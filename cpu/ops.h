// What the handler files share: operand access by kind, and handler tables by operand size and
// place. A handler template is a struct H with `template <class T, class Rm> static Insn*
// run(Core&, Insn*)`: T the operand type, Rm where the r/m operand is. Rules for handlers: check
// everything that can fault before changing state; return null when a memory access returned false;
// end with core.next(i).
#pragma once

#include <cstdint>

#include "cpu/core.h"

namespace cpu {

struct InRegister {
  static constexpr bool kIsRegister = true;
  static std::uint32_t offset(const Core&, const Insn*) { return 0; }
};
struct InMemory16 {
  static constexpr bool kIsRegister = false;
  static std::uint32_t offset(const Core& c, const Insn* i) {
    return (c.general[i->base] + c.general[i->index] + i->displacement) & 0xFFFF;
  }
};
struct InMemory32 {
  static constexpr bool kIsRegister = false;
  static std::uint32_t offset(const Core& c, const Insn* i) {
    return c.general[i->base] + (c.general[i->index] << i->scale) + i->displacement;
  }
};

// The address-size type behind a place: what SI, DI, CX are as counters and pointers.
template <class Rm>
inline constexpr std::uint32_t kAddressMask = 0xFFFF;
template <>
inline constexpr std::uint32_t kAddressMask<InMemory32> = 0xFFFFFFFF;

// Hot handlers come in two forms: Fast does plain memory only and touches nothing else before all
// accesses have succeeded; when one does not, the handler is started over as Slow, which can fault,
// call devices and take every detour. So the fast form is a leaf without a stack frame. Handlers
// that are not hot have one form and use Core::read and write directly.
struct Fast {
  static constexpr bool kFast = true;
};
struct Slow {
  static constexpr bool kFast = false;
};

template <class H, class T, class Rm>
[[gnu::noinline, gnu::cold]] Insn* start_over(Core& c, Insn* i) {
  return H::template run<T, Rm, Slow>(c, i);
}
// What a handler H returns when an access returned false.
template <class H, class T, class Rm, class Path>
[[gnu::always_inline]] inline Insn* failed(Core& c, Insn* i) {
  if constexpr (Path::kFast) return start_over<H, T, Rm>(c, i);
  return nullptr;
}

template <class Path, class T>
[[gnu::always_inline]] inline bool read_memory(Core& c, Insn* i, unsigned segment,
                                               std::uint32_t offset, T& value) {
  if constexpr (Path::kFast) return c.read_fast(segment, offset, value);
  return c.read(i, segment, offset, value);
}
template <class Path, class T>
[[gnu::always_inline]] inline bool write_memory(Core& c, Insn* i, unsigned segment,
                                                std::uint32_t offset, T value) {
  if constexpr (Path::kFast) return c.write_fast(segment, offset, value);
  return c.write(i, segment, offset, value);
}

template <class T, class Rm, class Path = Slow>
[[gnu::always_inline]] inline bool read_rm(Core& c, Insn* i, T& value) {
  if constexpr (Rm::kIsRegister) {
    value = c.get<T>(i->rm);
    return true;
  } else {
    return read_memory<Path>(c, i, i->segment, Rm::offset(c, i), value);
  }
}

template <class T, class Rm, class Path = Slow>
[[gnu::always_inline]] inline bool write_rm(Core& c, Insn* i, T value) {
  if constexpr (Rm::kIsRegister) {
    c.set<T>(i->rm, value);
    return true;
  } else {
    return write_memory<Path>(c, i, i->segment, Rm::offset(c, i), value);
  }
}

template <class T, class Rm, class Path = Slow, class Change>
[[gnu::always_inline]] inline bool modify_rm(Core& c, Insn* i, Change change) {
  if constexpr (Rm::kIsRegister) {
    c.set<T>(i->rm, change(c.get<T>(i->rm)));
    return true;
  } else if constexpr (Path::kFast) {
    return c.modify_fast<T>(i->segment, Rm::offset(c, i), change);
  } else {
    return c.modify<T>(i, i->segment, Rm::offset(c, i), change);
  }
}

// The stack of hot handlers: push_value and top_value access it, drop moves the pointer.
template <class Path, class T>
[[gnu::always_inline]] inline bool push_value(Core& c, Insn* i, T value) {
  const std::uint32_t top = (c.general[kEsp] - std::uint32_t{sizeof(T)}) & c.stack_mask;
  if (!write_memory<Path>(c, i, kSs, top, value)) return false;
  c.set_stack_pointer(top);
  return true;
}
template <class Path, class T>
[[gnu::always_inline]] inline bool top_value(Core& c, Insn* i, T& value) {
  return read_memory<Path>(c, i, kSs, c.general[kEsp] & c.stack_mask, value);
}

template <class H, class T>
constexpr std::array<Handler, 3> places() {
  return {H::template run<T, InRegister>, H::template run<T, InMemory16>,
          H::template run<T, InMemory32>};
}
// Byte operands whatever the operand size.
template <class H>
constexpr HandlerSet bytes() {
  return {places<H, std::uint8_t>(), places<H, std::uint8_t>()};
}
// Words or doublewords by operand size.
template <class H>
constexpr HandlerSet words() {
  return {places<H, std::uint16_t>(), places<H, std::uint32_t>()};
}
// Words whatever the operand size.
template <class H>
constexpr HandlerSet always_words() {
  return {places<H, std::uint16_t>(), places<H, std::uint16_t>()};
}
// No operand that the decoder would have to choose by.
constexpr HandlerSet single(Handler handler) {
  return {std::array{handler, handler, handler}, std::array{handler, handler, handler}};
}
constexpr HandlerSet by_operand_size(Handler size16, Handler size32) {
  return {std::array{size16, size16, size16}, std::array{size32, size32, size32}};
}

// Where the next part of an operand in several parts lies. Up to the 286 (BOUND vectors) each word
// has an address of its own, added in 16 bits; the 386 sees one operand, which may not cross the
// segment's end.
inline std::uint32_t behind(const Core& c, std::uint32_t offset, std::uint32_t size) {
  return c.at_least(Model::i80386) ? offset + size : (offset + size) & 0xFFFF;
}

// #DE: where it returns to depends on the model (ops_arithmetic.cpp).
Insn* divide_error(Core& c, Insn* i);
// #UD (ops_system.cpp).
Insn* undefined_opcode(Core& c, Insn* i);

}  // namespace cpu
