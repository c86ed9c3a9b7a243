// Flags image, interrupt flag, ports, coprocessor escapes, and the system registers of the 286 and
// 386. [386] 80386 Programmer's Reference Manual, chapters 10, 12, 17; [286] 80286 Programmer's
// Reference Manual. Not implemented: LOADALL, breakpoints by debug registers (DRn only store), TLB
// tests by TR6/TR7 (ditto). Escapes here are those of a board with an empty socket: fetched and
// ignored.
#include "cpu/ops.h"
#include "cpu/x87_ops.h"

namespace cpu {

namespace {

// --- flags image ---

struct Pushf {
  template <class T, class Rm>
  static Insn* run(Core& c, Insn* i) {
    if (!c.push(i, static_cast<T>(c.eflags() & ~std::uint32_t{kRf | kVm}))) return nullptr;
    return c.next(i);
  }
};
struct Popf {
  template <class T, class Rm>
  static Insn* run(Core& c, Insn* i) {
    T image;
    if (!c.pop(i, image)) return nullptr;
    // VM and RF stay, and with a 16-bit operand the whole upper half.
    const std::uint32_t kept = c.system_flags & (sizeof(T) == 2 ? 0xFFFF0000 : kRf | kVm);
    c.set_eflags((image & ~std::uint32_t{kRf | kVm}) | kept);
    return c.next_or_leave(i);
  }
};

Insn* cli(Core& c, Insn* i) {
  c.set_system_flag(kIf, false);
  return c.next(i);
}
Insn* sti(Core& c, Insn* i) {
  if (c.flag(kIf)) return c.next(i);
  c.set_system_flag(kIf, true);
  c.raise_event(kEventShadow);  // one more instruction before the first interrupt
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

// --- system registers ---

struct TablePointer {
  std::uint32_t& base;
  std::uint16_t& limit;
};
template <bool kInterrupts>
TablePointer table(Core& c) {
  if constexpr (kInterrupts)
    return {c.system.idtr_base, c.system.idtr_limit};
  else
    return {c.system.gdtr_base, c.system.gdtr_limit};
}

// LGDT, LIDT: a 16-bit operand carries 24 address bits.
template <bool kInterrupts>
struct LoadTable {
  template <class T, class Rm>
  static Insn* run(Core& c, Insn* i) {
    const std::uint32_t offset = Rm::offset(c, i);
    std::uint16_t limit;
    std::uint32_t base;
    if (!c.read(i, i->segment, offset, limit)) return nullptr;
    if (!c.read(i, i->segment, behind(c, offset, 2), base)) return nullptr;
    const TablePointer pointer = table<kInterrupts>(c);
    pointer.limit = limit;
    pointer.base = sizeof(T) == 2 ? base & 0xFFFFFF : base;
    return c.next(i);
  }
};
// SGDT, SIDT: the 286 stores FFh as the sixth byte, the 386 zero with a 16-bit operand.
template <bool kInterrupts>
struct StoreTable {
  template <class T, class Rm>
  static Insn* run(Core& c, Insn* i) {
    const std::uint32_t offset = Rm::offset(c, i);
    const std::uint32_t base_at = behind(c, offset, 2);
    const TablePointer pointer = table<kInterrupts>(c);
    std::uint32_t base = pointer.base;
    if (sizeof(T) == 2) base &= 0xFFFFFF;
    if (!c.at_least(Model::i80386)) base |= 0xFF000000;
    if (!c.check_write(i, i->segment, base_at, 4)) return nullptr;
    if (!c.write(i, i->segment, offset, pointer.limit)) return nullptr;
    if (!c.write(i, i->segment, base_at, base)) return nullptr;
    return c.next(i);
  }
};

std::uint32_t machine_status(const Core& c) {
  return c.at_least(Model::i80386) ? c.system.cr0 : c.system.cr0 | 0xFFF0;
}
// SMSW: memory always gets a word, a 32-bit register the whole of CR0.
struct Smsw {
  template <class T, class Rm>
  static Insn* run(Core& c, Insn* i) {
    if constexpr (Rm::kIsRegister) {
      c.set<T>(i->rm, static_cast<T>(machine_status(c)));
    } else {
      if (!write_rm<std::uint16_t, Rm>(c, i, static_cast<std::uint16_t>(machine_status(c)))) {
        return nullptr;
      }
    }
    return c.next(i);
  }
};
// LMSW: PE MP EM TS; PE can be set, not cleared.
struct Lmsw {
  template <class T, class Rm>
  static Insn* run(Core& c, Insn* i) {
    std::uint16_t value;
    if (!read_rm<std::uint16_t, Rm>(c, i, value)) return nullptr;
    c.system.cr0 = (c.system.cr0 & ~std::uint32_t{0xE}) | (value & 0xFu);
    return c.next(i);
  }
};
Insn* clts(Core& c, Insn* i) {
  c.system.cr0 &= ~std::uint32_t{kCr0Ts};
  return c.next(i);
}

std::uint32_t* control_register(Core& c, unsigned number) {
  if (number == 0) return &c.system.cr0;
  if (number == 2) return &c.system.cr2;
  if (number == 3) return &c.system.cr3;
  return nullptr;
}
std::uint32_t* debug_register(Core& c, unsigned number) {
  return &c.system.dr[number == 4 || number == 5 ? number + 2 : number];  // DR4, DR5: aliases
}
std::uint32_t* test_register(Core& c, unsigned number) {
  return number >= 6 ? &c.system.test[number] : nullptr;
}

template <std::uint32_t* (*kSelect)(Core&, unsigned)>
Insn* mov_from_system(Core& c, Insn* i) {
  const std::uint32_t* source = kSelect(c, i->reg);
  if (source == nullptr) return undefined_opcode(c, i);
  c.set<std::uint32_t>(i->rm, *source);
  return c.next(i);
}
template <std::uint32_t* (*kSelect)(Core&, unsigned)>
Insn* mov_to_system(Core& c, Insn* i) {
  std::uint32_t* target = kSelect(c, i->reg);
  if (target == nullptr) return undefined_opcode(c, i);
  std::uint32_t value = c.get<std::uint32_t>(i->rm);
  if (target == &c.system.cr0) {
    if ((value & kCr0Pg) != 0 && (value & kCr0Pe) == 0) return c.fault(i, kGeneralProtection);
    value &= kCr0Pe | kCr0Mp | kCr0Em | kCr0Ts | kCr0Et | kCr0Pg;
  }
  *target = value;
  return c.stop_after(i);
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

  if (map.at_least(Model::i80286)) {
    map.set(0x0F01, 0, {Form::modrm, kMemoryOnly, words<StoreTable<false>>()});
    map.set(0x0F01, 1, {Form::modrm, kMemoryOnly, words<StoreTable<true>>()});
    map.set(0x0F01, 2, {Form::modrm, kMemoryOnly, words<LoadTable<false>>()});
    map.set(0x0F01, 3, {Form::modrm, kMemoryOnly, words<LoadTable<true>>()});
    map.set(0x0F01, 4, {Form::modrm, 0, words<Smsw>()});
    map.set(0x0F01, 6, {Form::modrm, kEndsRun, words<Lmsw>()});
    map.set(0x0F06, {Form::none, 0, single(clts)});
  }
  if (map.at_least(Model::i80386)) {
    map.set(0x0F20, {Form::modrm_registers, 0, single(mov_from_system<control_register>)});
    map.set(0x0F21, {Form::modrm_registers, 0, single(mov_from_system<debug_register>)});
    map.set(0x0F22, {Form::modrm_registers, kEndsRun, single(mov_to_system<control_register>)});
    map.set(0x0F23, {Form::modrm_registers, kEndsRun, single(mov_to_system<debug_register>)});
    map.set(0x0F24, {Form::modrm_registers, 0, single(mov_from_system<test_register>)});
    map.set(0x0F26, {Form::modrm_registers, kEndsRun, single(mov_to_system<test_register>)});
  }
  // clang-format on
}

}  // namespace cpu
