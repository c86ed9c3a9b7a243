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
// In the register that is the other operand.
struct InSameRegister : InRegister {};
struct InMemory16 {
  static constexpr bool kIsRegister = false;
  // By words, as 16-bit code stores its registers: the host passes a value from a store to a load
  // late (some 20 cycles) when the load wants more than the store gave.
  static std::uint32_t offset(const Core& c, const Insn* i) {
    return (c.get<std::uint16_t>(i->base) + std::uint32_t{c.get<std::uint16_t>(i->index)} +
            i->displacement) &
           0xFFFF;
  }
};
struct InMemory32 {
  static constexpr bool kIsRegister = false;
  static std::uint32_t offset(const Core& c, const Insn* i) {
    return c.general[i->base] + (c.general[i->index] << i->scale) + i->displacement;
  }
};

// The same without an index.
struct InBase16 {
  static constexpr bool kIsRegister = false;
  static std::uint32_t offset(const Core& c, const Insn* i) {
    return (c.get<std::uint16_t>(i->base) + i->displacement) & 0xFFFF;
  }
};
struct InBase32 {
  static constexpr bool kIsRegister = false;
  static std::uint32_t offset(const Core& c, const Insn* i) {
    return c.general[i->base] + i->displacement;
  }
};

// The address-size type behind a place: what SI, DI, CX are as counters and pointers.
template <class Rm>
inline constexpr std::uint32_t kAddressMask = 0xFFFF;
template <>
inline constexpr std::uint32_t kAddressMask<InMemory32> = 0xFFFFFFFF;
template <>
inline constexpr std::uint32_t kAddressMask<InBase32> = 0xFFFFFFFF;

// Hot handlers come in two forms: Fast does plain memory only and touches nothing else before all
// accesses have succeeded; when one does not, the handler is started over as Slow, which can fault,
// call devices and take every detour. So the fast form is a leaf without a stack frame. Handlers
// that are not hot have one form and use Core::read and write directly.
//
// Flat and Real are Fast in runs that were decoded for plain segments (Core::update_plain): in
// 32-bit code base 0 and no limit, so that an offset is a linear address, in 16-bit code the limit
// FFFFh.
//
// Quiet is Fast for registers, and stores no flags: what comes next overwrites them.
struct Fast {
  static constexpr bool kFast = true, kFlat = false, kReal = false, kQuiet = false;
};
struct Quiet {
  static constexpr bool kFast = true, kFlat = false, kReal = false, kQuiet = true;
};
struct Flat {
  static constexpr bool kFast = true, kFlat = true, kReal = false, kQuiet = false;
};
struct Real {
  static constexpr bool kFast = true, kFlat = false, kReal = true, kQuiet = false;
};
struct Slow {
  static constexpr bool kFast = false, kFlat = false, kReal = false, kQuiet = false;
};

// Where an operation on Path leaves its flags.
template <class Path>
[[gnu::always_inline]] inline Flags& flags_for(Core& c, Flags& nobodys) {
  if constexpr (Path::kQuiet) return nobodys;
  return c.flags;
}

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
  if constexpr (Path::kFlat) return c.read_flat(offset, value);
  if constexpr (Path::kReal) return c.read_real(segment, offset, value);
  if constexpr (Path::kFast) return c.read_fast(segment, offset, value);
  return c.read(i, segment, offset, value);
}
template <class Path, class T>
[[gnu::always_inline]] inline bool write_memory(Core& c, Insn* i, unsigned segment,
                                                std::uint32_t offset, T value) {
  if constexpr (Path::kFlat) return c.write_flat(offset, value);
  if constexpr (Path::kReal) return c.write_real(segment, offset, value);
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
  } else if constexpr (Path::kFlat) {
    return c.modify_flat<T>(Rm::offset(c, i), change);
  } else if constexpr (Path::kReal) {
    return c.modify_real<T>(i->segment, Rm::offset(c, i), change);
  } else if constexpr (Path::kFast) {
    return c.modify_fast<T>(i->segment, Rm::offset(c, i), change);
  } else {
    return c.modify<T>(i, i->segment, Rm::offset(c, i), change);
  }
}

// operand = Op(operand, source); the operations of alu.h that only look leave it.
template <class Op, class T, class Rm, class Path, class Outcome>
[[gnu::always_inline]] inline bool apply_to_rm(Core& c, Insn* i, T source, Outcome& out) {
  out.right = source;
  Flags nobodys;
  Flags& flags = flags_for<Path>(c, nobodys);
  if constexpr (std::is_same_v<Rm, InSameRegister>) {
    // XOR and SUB: nothing is read.
    c.set<T>(i->rm, 0);
    flags.template set_logic<T>(0);
    return true;
  } else if constexpr (Op::kWrites) {
    const auto change = [&flags, &out](T value) {
      out.left = value;
      out.result = Op::template apply<T>(flags, value, out.right);
      return out.result;
    };
    return modify_rm<T, Rm, Path>(c, i, change);
  } else {
    if (!read_rm<T, Rm, Path>(c, i, out.left)) return false;
    out.result = Op::template apply<T>(flags, out.left, source);
    return true;
  }
}

// The stack of hot handlers: push_value and top_value access it, drop moves the pointer up.
template <class Path>
[[gnu::always_inline]] inline std::uint32_t stack_top(const Core& c, std::uint32_t below) {
  if constexpr (Path::kFlat) return c.general[kEsp] - below;
  if constexpr (Path::kReal) return (c.get<std::uint16_t>(kEsp) - below) & 0xFFFF;
  return (c.general[kEsp] - below) & c.stack_mask;
}
template <class Path>
[[gnu::always_inline]] inline void drop(Core& c, std::uint32_t size) {
  if constexpr (Path::kFlat) {
    c.general[kEsp] += size;
  } else if constexpr (Path::kReal) {
    c.set(kEsp, static_cast<std::uint16_t>(c.get<std::uint16_t>(kEsp) + size));
  } else {
    c.set_stack_pointer(c.general[kEsp] + size);
  }
}
template <class Path, class T>
[[gnu::always_inline]] inline bool push_value(Core& c, Insn* i, T value) {
  if (!write_memory<Path>(c, i, kSs, stack_top<Path>(c, sizeof(T)), value)) return false;
  drop<Path>(c, 0u - std::uint32_t{sizeof(T)});
  return true;
}
template <class Path, class T>
[[gnu::always_inline]] inline bool top_value(Core& c, Insn* i, T& value) {
  return read_memory<Path>(c, i, kSs, stack_top<Path>(c, 0), value);
}

// Handlers with forms, and those of them whose form matters without a memory operand too.
template <class H>
concept HasForms = requires(Core& c, Insn* i) {
  H::template run<std::uint32_t, InMemory32, Flat>(c, i);
};
template <class H>
concept UsesStack = HasForms<H> && requires {
  H::kUsesStack;
};

// Those that make zero of two equal operands.
template <class H>
concept Clears = requires {
  requires H::kClears;
};

// `handler`: with two registers.
template <class H, class T>
constexpr Handler with_same_register(Handler handler) {
  if constexpr (Clears<H>) return H::template run<T, InSameRegister, Fast>;
  return handler;
}

template <class H, class T>
constexpr std::array<Handler, kPlaces> places() {
  constexpr Handler in_register = H::template run<T, InRegister>;
  constexpr Handler in_memory16 = H::template run<T, InMemory16>;
  constexpr Handler in_memory32 = H::template run<T, InMemory32>;
  return {in_register, in_memory16, in_memory32,
          in_memory16, in_memory32, with_same_register<H, T>(in_register)};
}
// The same for plain segments.
template <class H, class T>
constexpr std::array<Handler, kPlaces> plain_places() {
  if constexpr (HasForms<H>) {
    using OfStack = std::conditional_t<sizeof(T) == 4, Flat, Real>;
    using OfRegister = std::conditional_t<UsesStack<H>, OfStack, Fast>;
    constexpr Handler in_register = H::template run<T, InRegister, OfRegister>;
    return {in_register,
            H::template run<T, InMemory16, Real>,
            H::template run<T, InMemory32, Flat>,
            H::template run<T, InBase16, Real>,
            H::template run<T, InBase32, Flat>,
            with_same_register<H, T>(in_register)};
  } else {
    return places<H, T>();
  }
}
template <class H>
constexpr FlagUse flag_use() {
  if constexpr (requires { H::kFlagUse; }) return H::kFlagUse;
  return FlagUse::other;
}
// Those that may leave their flags alone.
template <class H>
concept MayBeQuiet = requires {
  requires H::kMayBeQuiet;
};
template <class H, class T>
constexpr Handler quiet_form() {
  if constexpr (MayBeQuiet<H>) return H::template run<T, InRegister, Quiet>;
  return nullptr;
}
template <class H, class T16, class T32>
constexpr HandlerSet handler_set() {
  return {{places<H, T16>(), places<H, T32>()},
          {plain_places<H, T16>(), plain_places<H, T32>()},
          {quiet_form<H, T16>(), quiet_form<H, T32>()},
          flag_use<H>()};
}
// Byte operands whatever the operand size.
template <class H>
constexpr HandlerSet bytes() {
  return handler_set<H, std::uint8_t, std::uint8_t>();
}
// Words or doublewords by operand size.
template <class H>
constexpr HandlerSet words() {
  return handler_set<H, std::uint16_t, std::uint32_t>();
}
// Words whatever the operand size.
template <class H>
constexpr HandlerSet always_words() {
  return handler_set<H, std::uint16_t, std::uint16_t>();
}
constexpr HandlerSet by_operand_size(Handler size16, Handler size32) {
  HandlersBySize sizes;
  sizes[0].fill(size16);
  sizes[1].fill(size32);
  return {sizes, sizes, {}, FlagUse::other};
}
// No operand that the decoder would have to choose by.
constexpr HandlerSet single(Handler handler) {
  return by_operand_size(handler, handler);
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
