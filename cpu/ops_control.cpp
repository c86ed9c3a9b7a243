// Control transfers: Jcc, JMP, CALL, RET, LOOP, INT, IRET, BOUND, and SETcc, which shares the
// conditions. [386] 80386 Programmer's Reference Manual, chapter 17.
#include <utility>

#include "cpu/ops_integer.h"

namespace cpu {

namespace {

// Near targets are cut to the operand size.
template <class T>
std::uint32_t relative_target(const Core& c, const Insn* i) {
  return static_cast<T>(c.eip + i->immediate);
}

template <unsigned kCondition>
struct SetCc {
  template <class T, class Rm>
  static Insn* run(Core& c, Insn* i) {
    if (!write_rm<T, Rm>(c, i, c.flags.condition<kCondition>() ? 1 : 0)) return nullptr;
    return c.next(i);
  }
};

// CX or ECX by the address size.
template <class Rm>
using Counter = std::conditional_t<kAddressMask<Rm> == 0xFFFF, std::uint16_t, std::uint32_t>;

// LOOPNZ, LOOPZ, LOOP, JCXZ. The counter follows the address size, the target the operand size.
enum class LoopKind { not_zero, zero, always };
template <LoopKind kKind>
struct Loop {
  template <class T, class Rm>
  static Insn* run(Core& c, Insn* i) {
    const auto count = static_cast<Counter<Rm>>(c.get<Counter<Rm>>(kEcx) - 1);
    bool taken = count != 0;
    if (kKind == LoopKind::zero) taken = taken && c.flags.zf();
    if (kKind == LoopKind::not_zero) taken = taken && !c.flags.zf();
    const std::uint32_t target = relative_target<T>(c, i);
    if (taken && target >= c.code_end) return c.fault(i, kGeneralProtection);
    c.set(kEcx, count);
    if (kKind == LoopKind::always && taken && Core::is_whole_loop(i, i)) {
      const std::int64_t rounds = c.pass_rounds(i->left, 1, std::int64_t{count} - 1);
      c.set(kEcx, static_cast<Counter<Rm>>(count - static_cast<Counter<Rm>>(rounds)));
    }
    return taken ? c.jump_relative<T>(i) : c.next(i);
  }
};
struct Jcxz {
  template <class T, class Rm>
  static Insn* run(Core& c, Insn* i) {
    if (c.get<Counter<Rm>>(kEcx) != 0) return c.next(i);
    return c.jump_relative<T>(i);
  }
};

struct JmpRelative {
  template <class T, class Rm>
  static Insn* run(Core& c, Insn* i) {
    if (Core::is_whole_loop(i, i)) [[unlikely]]
      c.pass_rounds(i->left, 1, INT64_MAX);
    return c.jump_relative<T>(i);
  }
};
struct JmpRm {
  template <class T, class Rm, class Path = Fast>
  static Insn* run(Core& c, Insn* i) {
    T target;
    if (!read_rm<T, Rm, Path>(c, i, target)) return failed<JmpRm, T, Rm, Path>(c, i);
    return c.jump(i, target);
  }
};

// The return address is stored before the target is checked (vectors); SP moves only when both
// went well.
template <class H, class T, class Rm, class Path, class Jump>
[[gnu::always_inline]] inline Insn* call_near(Core& c, Insn* i, std::uint32_t target, Jump jump) {
  if (!write_memory<Path>(c, i, kSs, stack_top<Path>(c, sizeof(T)), static_cast<T>(c.end_of(i))))
    return failed<H, T, Rm, Path>(c, i);
  if (target >= c.code_end) [[unlikely]]
    return c.fault(i, kGeneralProtection);
  drop<Path>(c, 0u - std::uint32_t{sizeof(T)});
  return jump();
}
struct CallRelative {
  static constexpr bool kUsesStack = true;
  template <class T, class Rm, class Path = Fast>
  static Insn* run(Core& c, Insn* i) {
    return call_near<CallRelative, T, Rm, Path>(c, i, relative_target<T>(c, i),
                                                [&c, i] { return c.jump_relative<T>(i); });
  }
};
struct CallRm {
  static constexpr bool kUsesStack = true;
  template <class T, class Rm, class Path = Fast>
  static Insn* run(Core& c, Insn* i) {
    T target;
    if (!read_rm<T, Rm, Path>(c, i, target)) return failed<CallRm, T, Rm, Path>(c, i);
    return call_near<CallRm, T, Rm, Path>(c, i, target,
                                          [&c, i, target] { return c.jump(i, target); });
  }
};
// RET, RET n.
struct RetNear {
  static constexpr bool kUsesStack = true;
  template <class T, class Rm, class Path = Fast>
  static Insn* run(Core& c, Insn* i) {
    T target;
    if (!top_value<Path>(c, i, target)) return failed<RetNear, T, Rm, Path>(c, i);
    if (target >= c.code_end) return c.fault(i, kGeneralProtection);
    drop<Path>(c, std::uint32_t{sizeof(T)} + i->immediate);
    return c.jump(i, target);
  }
};

// --- far ---

// Whether an offset of T and a selector on the stack at `top` can be one access: in two pages the
// order of both would show.
template <class T>
bool in_one_piece(const Core& c, std::uint32_t top) {
  const std::uint32_t in_page = (c.segments[kSs].base + top) % kPageSize;
  return sizeof(T) == 2 && top + 3 <= c.stack_mask && in_page + 4 <= kPageSize &&
         !c.checks_alignment();
}

template <class T>
Insn* call_far(Core& c, Insn* i, std::uint16_t selector, std::uint32_t offset) {
  constexpr std::uint32_t kSize = sizeof(T);
  if (c.in_protected_mode()) return c.far_transfer(i, selector, offset, kSize);
  const std::uint32_t cs_at = (c.general[kEsp] - kSize) & c.stack_mask;
  const std::uint32_t ip_at = (c.general[kEsp] - 2 * kSize) & c.stack_mask;
  if (in_one_piece<T>(c, ip_at) && offset < c.code_end) {
    const std::uint32_t both =
        std::uint32_t{c.segments[kCs].selector} << 16 | (c.end_of(i) & 0xFFFF);
    if (!c.write(i, kSs, ip_at, both)) return nullptr;
    c.set_stack_pointer(ip_at);
    return c.far_jump(i, selector, offset);
  }
  if (!c.check_write(i, kSs, cs_at, kSize) || !c.check_write(i, kSs, ip_at, kSize)) return nullptr;
  if (offset >= c.code_end) return c.fault(i, kGeneralProtection);
  if (!c.write(i, kSs, cs_at, static_cast<T>(c.segments[kCs].selector))) return nullptr;
  if (!c.write(i, kSs, ip_at, static_cast<T>(c.end_of(i)))) return nullptr;
  c.set_stack_pointer(ip_at);
  return c.far_jump(i, selector, offset);
}
Insn* jump_far(Core& c, Insn* i, std::uint16_t selector, std::uint32_t offset) {
  if (c.in_protected_mode()) return c.far_transfer(i, selector, offset, 0);
  return c.far_jump(i, selector, offset);
}
struct CallFar {
  template <class T, class Rm>
  static Insn* run(Core& c, Insn* i) {
    return call_far<T>(c, i, i->immediate2, static_cast<T>(i->immediate));
  }
};
struct JmpFar {
  template <class T, class Rm>
  static Insn* run(Core& c, Insn* i) {
    return jump_far(c, i, i->immediate2, static_cast<T>(i->immediate));
  }
};
template <bool kCall>
struct FarRm {
  template <class T, class Rm>
  static Insn* run(Core& c, Insn* i) {
    if constexpr (Rm::kIsRegister) {
      return c.stop_after(i);  // 8086 only; what the chip does is not specified
    } else {
      const std::uint32_t offset = Rm::offset(c, i);
      T target;
      std::uint16_t selector;
      if (!c.read(i, i->segment, offset, target)) return nullptr;
      const std::uint32_t selector_at = behind(c, offset, sizeof(T));
      if (!c.read(i, i->segment, selector_at, selector)) return nullptr;
      return kCall ? call_far<T>(c, i, selector, target) : jump_far(c, i, selector, target);
    }
  }
};
struct RetFar {
  template <class T, class Rm>
  static Insn* run(Core& c, Insn* i) {
    constexpr std::uint32_t kSize = sizeof(T);
    if (c.in_protected_mode()) return c.far_return(i, kSize, i->immediate);
    T target;
    T selector;
    const std::uint32_t ip_at = c.general[kEsp] & c.stack_mask;
    if (in_one_piece<T>(c, ip_at)) {
      std::uint32_t both;
      if (!c.read(i, kSs, ip_at, both)) return nullptr;
      target = static_cast<T>(both);
      selector = static_cast<T>(both >> 16);
    } else {
      if (!c.read(i, kSs, ip_at, target)) return nullptr;
      if (!c.read(i, kSs, (ip_at + kSize) & c.stack_mask, selector)) return nullptr;
    }
    if (target >= c.code_end) return c.fault(i, kGeneralProtection);
    c.set_stack_pointer(c.general[kEsp] + 2 * kSize + i->immediate);
    return c.far_jump(i, static_cast<std::uint16_t>(selector), target);
  }
};

// --- interrupts ---

Insn* int3(Core& c, Insn* i) {
  return c.software_interrupt(i, kBreakpoint);
}
Insn* int_n(Core& c, Insn* i) {
  if (c.in_v86_mode() && !c.io_sensitive_allowed()) return c.fault(i, kGeneralProtection);
  return c.software_interrupt(i, static_cast<std::uint8_t>(i->immediate));
}
Insn* into(Core& c, Insn* i) {
  return c.flags.of() ? c.software_interrupt(i, kOverflow) : c.next(i);
}
Insn* int1(Core& c, Insn* i) {
  return c.software_interrupt(i, kDebug);
}  // F1, ICEBP

struct Iret {
  template <class T, class Rm>
  static Insn* run(Core& c, Insn* i) {
    constexpr std::uint32_t kSize = sizeof(T);
    if (c.in_protected_mode()) return c.interrupt_return(i, kSize);
    if (c.in_v86_mode() && !c.io_sensitive_allowed()) return c.fault(i, kGeneralProtection);
    const std::uint32_t top = c.general[kEsp];
    T target;
    T selector;
    T image;
    if (!c.read(i, kSs, top & c.stack_mask, target)) return nullptr;
    if (!c.read(i, kSs, (top + kSize) & c.stack_mask, selector)) return nullptr;
    if (!c.read(i, kSs, (top + 2 * kSize) & c.stack_mask, image)) return nullptr;
    if (target >= c.code_end) return c.fault(i, kGeneralProtection);
    c.set_stack_pointer(top + 3 * kSize);
    // A 16-bit IRET leaves the upper half of EFLAGS; VM stays, and in V86 mode IOPL.
    const std::uint32_t kept =
        kVm | (c.in_v86_mode() ? kIopl : 0u) | (sizeof(T) == 2 ? 0xFFFF0000 : 0u);
    c.set_eflags((image & ~kept) | (c.system_flags & kept));
    c.resume_set = true;
    c.end_nmi();
    return c.far_jump(i, static_cast<std::uint16_t>(selector), target);
  }
};

struct Bound {
  template <class T, class Rm>
  static Insn* run(Core& c, Insn* i) {
    if constexpr (Rm::kIsRegister) {
      return undefined_opcode(c, i);
    } else {
      const std::uint32_t offset = Rm::offset(c, i);
      T low;
      T high;
      if (!c.read(i, i->segment, offset, low)) return nullptr;
      const std::uint32_t high_at = behind(c, offset, sizeof(T));
      if (!c.read(i, i->segment, high_at, high)) return nullptr;
      const std::int64_t value = sign_extended(c.get<T>(i->reg));
      if (value < sign_extended(low) || value > sign_extended(high)) {
        return c.fault(i, kBoundRange);
      }
      return c.next(i);
    }
  }
};

template <unsigned kCondition>
void install_condition(OpcodeMap& map) {
  map.set(0x70 + kCondition, {Form::simm8, kJcc | kRelative, words<Jcc<kCondition>>()});
  if (!map.at_least(Model::i80186)) {  // 60-6F are 70-7F: bit 4 is not decoded
    map.set(0x60 + kCondition, {Form::simm8, kJcc | kRelative, words<Jcc<kCondition>>()});
  }
  if (map.at_least(Model::i80386)) {
    map.set(0x0F80 + kCondition, {Form::relz, kJcc | kRelative, words<Jcc<kCondition>>()});
    map.set(0x0F90 + kCondition, {Form::modrm, kByteRm, bytes<SetCc<kCondition>>()});
  }
}
template <std::size_t... kConditions>
void install_conditions(OpcodeMap& map, std::index_sequence<kConditions...>) {
  (install_condition<kConditions>(map), ...);
}

}  // namespace

void install_control(OpcodeMap& map) {
  install_conditions(map, std::make_index_sequence<16>{});
  // clang-format off
  if (map.at_least(Model::i80186)) map.set(0x62, {Form::modrm, kMemoryOnly, words<Bound>()});
  map.set(0x9A, {Form::far_pointer, kEndsRun, words<CallFar>()});
  map.set(0xC2, {Form::imm16, kEndsRun, words<RetNear>()});
  map.set(0xC3, {Form::none, kEndsRun, words<RetNear>()});
  map.set(0xCA, {Form::imm16, kEndsRun, words<RetFar>()});
  map.set(0xCB, {Form::none, kEndsRun, words<RetFar>()});
  if (!map.at_least(Model::i80186)) {  // C0, C1, C8, C9 are C2, C3, CA, CB: bit 1 is not decoded
    map.set(0xC0, {Form::imm16, kEndsRun, words<RetNear>()});
    map.set(0xC1, {Form::none, kEndsRun, words<RetNear>()});
    map.set(0xC8, {Form::imm16, kEndsRun, words<RetFar>()});
    map.set(0xC9, {Form::none, kEndsRun, words<RetFar>()});
  }
  map.set(0xCC, {Form::none, kEndsRun, single(int3)});
  map.set(0xCD, {Form::imm8, kEndsRun, single(int_n)});
  map.set(0xCE, {Form::none, 0, single(into)});
  map.set(0xCF, {Form::none, kEndsRun, words<Iret>()});
  map.set(0xE0, {Form::simm8, kAddressSized | kRelative, words<Loop<LoopKind::not_zero>>()});
  map.set(0xE1, {Form::simm8, kAddressSized | kRelative, words<Loop<LoopKind::zero>>()});
  map.set(0xE2, {Form::simm8, kAddressSized | kRelative, words<Loop<LoopKind::always>>()});
  map.set(0xE3, {Form::simm8, kAddressSized | kRelative, words<Jcxz>()});
  map.set(0xE8, {Form::relz, kEndsRun | kRelative, words<CallRelative>()});
  map.set(0xE9, {Form::relz, kEndsRun | kRelative | kJmp, words<JmpRelative>()});
  map.set(0xEA, {Form::far_pointer, kEndsRun, words<JmpFar>()});
  map.set(0xEB, {Form::simm8, kEndsRun | kRelative | kJmp, words<JmpRelative>()});
  if (map.at_least(Model::i80386)) map.set(0xF1, {Form::none, kEndsRun, single(int1)});
  map.set(0xFF, 2, {Form::modrm, kEndsRun, words<CallRm>()});
  map.set(0xFF, 3, {Form::modrm, kMemoryOnly | kEndsRun, words<FarRm<true>>()});
  map.set(0xFF, 4, {Form::modrm, kEndsRun, words<JmpRm>()});
  map.set(0xFF, 5, {Form::modrm, kMemoryOnly | kEndsRun, words<FarRm<false>>()});
  // clang-format on
}

}  // namespace cpu
