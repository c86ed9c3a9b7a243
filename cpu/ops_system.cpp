// Flags image, interrupt flag, ports, HLT, coprocessor escapes: what user programs see of the
// system. [386] 80386 Programmer's Reference Manual, chapters 8 and 17, 15.3: what V86 mode makes
// of them. Escapes here are those of a board with an empty socket: fetched and ignored.
#include "cpu/ops.h"
#include "cpu/x87_ops.h"

namespace cpu {

namespace {

// --- flags image ---

struct Pushf {
  template <class T, class Rm>
  static Insn* run(Core& c, Insn* i) {
    if (c.in_v86_mode() && !c.io_sensitive_allowed()) return c.fault(i, kGeneralProtection);
    if (!c.push(i, static_cast<T>(c.eflags() & ~std::uint32_t{kRf | kVm}))) return nullptr;
    return c.next(i);
  }
};
struct Popf {
  template <class T, class Rm>
  static Insn* run(Core& c, Insn* i) {
    if (c.in_v86_mode() && !c.io_sensitive_allowed()) return c.fault(i, kGeneralProtection);
    T image;
    if (!c.pop(i, image)) return nullptr;
    // VM and RF stay, with a 16-bit operand the whole upper half; IOPL at inner levels only.
    std::uint32_t kept = sizeof(T) == 2 ? 0xFFFF0000 : kRf | kVm;
    if (c.cpl != 0) kept |= kIopl;
    if (!c.io_sensitive_allowed()) kept |= kIf;
    c.set_eflags((image & ~kept) | (c.system_flags & kept));
    return c.next_or_leave(i);
  }
};

Insn* cli(Core& c, Insn* i) {
  if (!c.io_sensitive_allowed()) return c.fault(i, kGeneralProtection);
  c.set_system_flag(kIf, false);
  return c.next(i);
}
Insn* sti(Core& c, Insn* i) {
  if (!c.io_sensitive_allowed()) return c.fault(i, kGeneralProtection);
  if (c.flag(kIf)) return c.next(i);
  c.set_system_flag(kIf, true);
  // One more instruction comes before the first interrupt: where it is sure to come at once, there
  // is nothing to hold off.
  if (c.events == 0 && c.next_is_sure(i)) return c.next(i);
  c.raise_event(kEventShadow);
  return c.stop_after(i);
}
Insn* cld(Core& c, Insn* i) {
  c.set_system_flag(kDf, false);
  return c.next(i);
}
Insn* std(Core& c, Insn* i) {
  c.set_system_flag(kDf, true);
  return c.next(i);
}

Insn* hlt(Core& c, Insn* i) {
  if (c.cpl != 0) return c.fault(i, kGeneralProtection);
  c.set_activity(Activity::halted);
  return c.stop_after(i);
}

// --- ports ---

struct ImmediatePort {
  static std::uint16_t port(const Core&, const Insn* i) {
    return static_cast<std::uint16_t>(i->immediate);
  }
};
struct DxPort {
  static std::uint16_t port(const Core& c, const Insn*) { return c.get<std::uint16_t>(kEdx); }
};

template <class Port>
struct In {
  template <class T, class Rm>
  static Insn* run(Core& c, Insn* i) {
    const std::uint16_t port = Port::port(c, i);
    if (!c.check_port(i, port, sizeof(T))) return nullptr;
    c.callback_begins(i);
    if constexpr (sizeof(T) == 1) c.set<T>(0, c.bus.in8(port));
    if constexpr (sizeof(T) == 2) c.set<T>(kEax, c.bus.in16(port));
    if constexpr (sizeof(T) == 4) c.set<T>(kEax, c.bus.in32(port));
    return c.next_or_leave(i);
  }
};
template <class Port>
struct Out {
  template <class T, class Rm>
  static Insn* run(Core& c, Insn* i) {
    const std::uint16_t port = Port::port(c, i);
    if (!c.check_port(i, port, sizeof(T))) return nullptr;
    c.callback_begins(i);
    if constexpr (sizeof(T) == 1) c.bus.out8(port, c.get<T>(0));
    if constexpr (sizeof(T) == 2) c.bus.out16(port, c.get<T>(kEax));
    if constexpr (sizeof(T) == 4) c.bus.out32(port, c.get<T>(kEax));
    return c.next_or_leave(i);
  }
};

// --- coprocessor ---

struct Escape {
  template <class T, class Rm>
  static Insn* run(Core& c, Insn* i) {
    if ((c.system.cr0 & (kCr0Em | kCr0Ts)) != 0) return c.fault(i, kNoCoprocessor);
    if constexpr (!Rm::kIsRegister) {
      // The processor drives the operand's address for the coprocessor.
      std::uint16_t operand;
      if (!c.read(i, i->segment, Rm::offset(c, i), operand)) return nullptr;
    }
    return c.next(i);
  }
};
Insn* wait(Core& c, Insn* i) {
  constexpr std::uint32_t kBoth = kCr0Ts | kCr0Mp;
  if ((c.system.cr0 & kBoth) == kBoth) return c.fault(i, kNoCoprocessor);
  const auto go_on = [](Core& core, Insn* insn) { return core.next(insn); };
  if ((c.fpu.status & x87::kErrorSummary) != 0) return x87::pending_error(c, i, go_on);
  return c.next(i);
}

}  // namespace

Insn* undefined_opcode(Core& c, Insn* i) {
  return c.fault(i, kInvalidOpcode);
}

void install_system(OpcodeMap& map) {
  // clang-format off
  map.set(0x9B, {Form::none, 0, single(wait)});
  map.set(0x9C, {Form::none, 0, words<Pushf>()});
  map.set(0x9D, {Form::none, 0, words<Popf>()});
  for (unsigned low = 0; low < 8; ++low) map.set(0xD8 + low, {Form::escape, 0, words<Escape>()});
  map.set(0xE4, {Form::imm8, 0, bytes<In<ImmediatePort>>()});
  map.set(0xE5, {Form::imm8, 0, words<In<ImmediatePort>>()});
  map.set(0xE6, {Form::imm8, 0, bytes<Out<ImmediatePort>>()});
  map.set(0xE7, {Form::imm8, 0, words<Out<ImmediatePort>>()});
  map.set(0xEC, {Form::none, 0, bytes<In<DxPort>>()});
  map.set(0xED, {Form::none, 0, words<In<DxPort>>()});
  map.set(0xEE, {Form::none, 0, bytes<Out<DxPort>>()});
  map.set(0xEF, {Form::none, 0, words<Out<DxPort>>()});
  map.set(0xF4, {Form::none, kEndsRun, single(hlt)});
  map.set(0xFA, {Form::none, 0, single(cli)});
  map.set(0xFB, {Form::none, 0, single(sti)});
  map.set(0xFC, {Form::none, 0, single(cld)});
  map.set(0xFD, {Form::none, 0, single(std)});

  // clang-format on
}

}  // namespace cpu
