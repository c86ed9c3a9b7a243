// System registers and what protected mode needs to be set up and asked about: descriptor tables,
// LDT, TR, machine status and control registers, LAR to ARPL, debug and test registers. [386] 80386
// Programmer's Reference Manual, chapters 10, 11, 12, 17; [286] 80286 ditto; [486] i486 ditto, 10.
// Not implemented: LOADALL; TR3-TR7 store without testing anything.
#include "cpu/ops.h"

namespace cpu {

namespace {

// Level 0, which real mode is too; faults otherwise.
bool privileged(Core& c, Insn* i) {
  if (c.cpl == 0) return true;
  c.fault(i, kGeneralProtection);
  return false;
}

// --- descriptor table registers ---

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
    if (!privileged(c, i)) return nullptr;
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

// SLDT, STR: like SMSW a word to memory. Undefined outside protected mode.
template <Registers::Segment Registers::*kWhich>
struct StoreSelector {
  template <class T, class Rm>
  static Insn* run(Core& c, Insn* i) {
    if (!c.in_protected_mode()) return undefined_opcode(c, i);
    const std::uint16_t selector = (c.system.*kWhich).selector;
    if constexpr (Rm::kIsRegister) {
      c.set<T>(i->rm, selector);
    } else {
      if (!write_rm<std::uint16_t, Rm>(c, i, selector)) return nullptr;
    }
    return c.next(i);
  }
};

struct Lldt {
  template <class T, class Rm>
  static Insn* run(Core& c, Insn* i) {
    if (!c.in_protected_mode()) return undefined_opcode(c, i);
    if (!privileged(c, i)) return nullptr;
    T selector;
    if (!read_rm<T, Rm>(c, i, selector)) return nullptr;
    c.callback_begins(i);
    if (is_null(selector)) {
      c.system.ldtr = {selector, 0, 0, 0};
      return c.next_or_leave(i);
    }
    const std::uint16_t error = selector_error(selector);
    if (is_local(selector)) return c.fault(i, kGeneralProtection, error);
    Descriptor d;
    if (!c.fetch_descriptor(selector, d, kGeneralProtection)) return c.refused(i);
    if (d.system_type() != kLdt) return c.fault(i, kGeneralProtection, error);
    if (!d.present()) return c.fault(i, kSegmentNotPresent, error);
    c.system.ldtr = {selector, d.base(), d.limit(), d.access()};
    return c.next_or_leave(i);
  }
};

struct Ltr {
  template <class T, class Rm>
  static Insn* run(Core& c, Insn* i) {
    if (!c.in_protected_mode()) return undefined_opcode(c, i);
    if (!privileged(c, i)) return nullptr;
    T selector;
    if (!read_rm<T, Rm>(c, i, selector)) return nullptr;
    c.callback_begins(i);
    if (is_null(selector)) return c.fault(i, kGeneralProtection);
    const std::uint16_t error = selector_error(selector);
    if (is_local(selector)) return c.fault(i, kGeneralProtection, error);
    Descriptor d;
    if (!c.fetch_descriptor(selector, d, kGeneralProtection)) return c.refused(i);
    if (!d.is_free_tss() || !c.known_type(d.system_type()))
      return c.fault(i, kGeneralProtection, error);
    if (!d.present()) return c.fault(i, kSegmentNotPresent, error);
    if (!c.set_access(selector, d, (d.access() & 0xFFu) | kBusyBit)) return c.refused(i);
    c.system.tr = {selector, d.base(), d.limit(),
                   static_cast<std::uint16_t>(d.access() | kBusyBit)};
    return c.next_or_leave(i);
  }
};

// --- questions about selectors ---

// The descriptor of a selector that may be asked about; ZF clear is the answer otherwise.
enum class Answer { no, yes, fault };
Answer visible_descriptor(Core& c, Insn* i, std::uint16_t selector, Descriptor& d) {
  c.callback_begins(i);
  if (is_null(selector) || !c.descriptor_at(selector)) return Answer::no;
  if (!c.fetch_descriptor(selector, d, kGeneralProtection)) {
    c.refused(i);
    return Answer::fault;
  }
  const unsigned level = std::max(c.cpl, requested_level(selector));
  return d.is_conforming() || level <= d.dpl() ? Answer::yes : Answer::no;
}

bool has_rights(const Core& c, const Descriptor& d) {
  if (d.is_segment()) return true;
  const unsigned type = d.system_type();
  const bool described =
      d.is_tss() || type == kLdt || type == kCallGate16 || type == kCallGate32 || type == kTaskGate;
  return described && c.known_type(type);
}
bool has_limit(const Core& c, const Descriptor& d) {
  if (d.is_segment()) return true;
  return (d.is_tss() || d.system_type() == kLdt) && c.known_type(d.system_type());
}

struct Rights {
  static bool applies(const Core& c, const Descriptor& d) { return has_rights(c, d); }
  static std::uint32_t value(const Descriptor& d) { return d.high & 0x00F0FF00; }
};
struct Limit {
  static bool applies(const Core& c, const Descriptor& d) { return has_limit(c, d); }
  static std::uint32_t value(const Descriptor& d) { return d.limit(); }
};
// LAR, LSL.
template <class What>
struct LoadFromDescriptor {
  template <class T, class Rm>
  static Insn* run(Core& c, Insn* i) {
    if (!c.in_protected_mode()) return undefined_opcode(c, i);
    std::uint16_t selector;
    if (!read_rm<std::uint16_t, Rm>(c, i, selector)) return nullptr;
    Descriptor d;
    const Answer answer = visible_descriptor(c, i, selector, d);
    if (answer == Answer::fault) return nullptr;
    const bool good = answer == Answer::yes && What::applies(c, d);
    if (good) c.set<T>(i->reg, static_cast<T>(What::value(d)));
    c.flags.set_zf(good);
    return c.next_or_leave(i);
  }
};

// VERR, VERW.
template <bool kWrite>
struct Verify {
  template <class T, class Rm>
  static Insn* run(Core& c, Insn* i) {
    if (!c.in_protected_mode()) return undefined_opcode(c, i);
    T selector;
    if (!read_rm<T, Rm>(c, i, selector)) return nullptr;
    Descriptor d;
    const Answer answer = visible_descriptor(c, i, selector, d);
    if (answer == Answer::fault) return nullptr;
    const bool good = kWrite ? d.is_writable_data() : d.is_readable();
    c.flags.set_zf(answer == Answer::yes && good);
    return c.next_or_leave(i);
  }
};

struct Arpl {
  template <class T, class Rm>
  static Insn* run(Core& c, Insn* i) {
    if (!c.in_protected_mode()) return undefined_opcode(c, i);
    const unsigned level = requested_level(c.get<T>(i->reg));
    bool raised = false;
    const auto change = [&raised, level](T selector) {
      raised = requested_level(selector) < level;
      return raised ? static_cast<T>((selector & 0xFFFC) | level) : selector;
    };
    if (!modify_rm<T, Rm>(c, i, change)) return nullptr;
    c.flags.set_zf(raised);
    return c.next(i);
  }
};

// --- machine status and control registers ---

// What CR0 can hold. ET tells the 386's coprocessors apart; the 486 has one built in.
void set_cr0(Core& c, std::uint32_t value) {
  std::uint32_t present = kCr0Pe | kCr0Mp | kCr0Em | kCr0Ts | kCr0Et | kCr0Pg;
  if (c.at_least(Model::i80486)) {
    present |= kCr0Ne | kCr0Wp | kCr0Am | kCr0Nw | kCr0Cd;
    value |= kCr0Et;
  }
  const std::uint32_t old = c.system.cr0;
  c.system.cr0 = value & present;
  const std::uint32_t changed = old ^ c.system.cr0;
  if ((changed & (kCr0Pe | kCr0Am)) != 0) c.update_mode();
  if ((changed & (kCr0Pg | kCr0Wp | kCr0Pe)) != 0) c.flush_translations();
}

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
    if (!privileged(c, i)) return nullptr;
    std::uint16_t value;
    if (!read_rm<std::uint16_t, Rm>(c, i, value)) return nullptr;
    set_cr0(c, (c.system.cr0 & ~std::uint32_t{0xE}) | (value & 0xFu));
    return c.stop_after(i);
  }
};
Insn* clts(Core& c, Insn* i) {
  if (!privileged(c, i)) return nullptr;
  c.system.cr0 &= ~std::uint32_t{kCr0Ts};
  return c.next(i);
}

Insn* mov_from_control(Core& c, Insn* i) {
  std::uint32_t value;
  switch (i->reg) {
    case 0:
      value = c.system.cr0;
      break;
    case 2:
      value = c.system.cr2;
      break;
    case 3:
      value = c.system.cr3;
      break;
    case 4:
      if (!c.at_least(Model::pentium)) return undefined_opcode(c, i);
      value = c.system.cr4;
      break;
    default:
      return undefined_opcode(c, i);
  }
  if (!privileged(c, i)) return nullptr;
  c.set<std::uint32_t>(i->rm, value);
  return c.next(i);
}

Insn* mov_to_control(Core& c, Insn* i) {
  const bool exists =
      i->reg == 0 || i->reg == 2 || i->reg == 3 || (i->reg == 4 && c.at_least(Model::pentium));
  if (!exists) return undefined_opcode(c, i);
  if (!privileged(c, i)) return nullptr;
  const auto value = c.get<std::uint32_t>(i->rm);
  constexpr std::uint32_t kCr4Known = kCr4Tsd | kCr4Pse;
  switch (i->reg) {
    case 0: {
      const bool pages_alone = (value & kCr0Pg) != 0 && (value & kCr0Pe) == 0;
      const bool write_through_alone = (value & kCr0Nw) != 0 && (value & kCr0Cd) == 0;
      if (pages_alone || (write_through_alone && c.at_least(Model::i80486)))
        return c.fault(i, kGeneralProtection);
      set_cr0(c, value);
      break;
    }
    case 2:
      c.system.cr2 = value;
      break;
    case 3:
      c.system.cr3 = value;
      c.flush_translations();
      break;
    default:
      if ((value & ~kCr4Known) != 0) return c.fault(i, kGeneralProtection);
      c.system.cr4 = value;
      c.flush_translations();
      break;
  }
  return c.stop_after(i);
}

// --- debug and test registers ---

// DR4 and DR5 are DR6 and DR7.
unsigned debug_register(const Insn* i) {
  return i->reg == 4 || i->reg == 5 ? i->reg + 2u : i->reg;
}
// With DR7.GD set the handler of #DB alone may touch them. [386] 12.2.2
bool debug_access_allowed(Core& c, Insn* i) {
  if (!privileged(c, i)) return false;
  if ((c.system.dr[7] & kDr7Detect) == 0) return true;
  c.system.dr[7] &= ~std::uint32_t{kDr7Detect};
  c.system.dr[6] |= kDr6Accesses;
  c.fault(i, kDebug);
  return false;
}
Insn* mov_from_debug(Core& c, Insn* i) {
  if (!debug_access_allowed(c, i)) return nullptr;
  c.set<std::uint32_t>(i->rm, c.system.dr[debug_register(i)]);
  return c.next(i);
}
Insn* mov_to_debug(Core& c, Insn* i) {
  if (!debug_access_allowed(c, i)) return nullptr;
  const unsigned number = debug_register(i);
  auto value = c.get<std::uint32_t>(i->rm);
  if (number == 6) value = (value & 0xE00F) | 0xFFFF0FF0;
  if (number == 7) value = (value & 0xFFFF23FF) | 0x400;
  c.system.dr[number] = value;
  c.debug_registers_changed();
  return c.stop_after(i);
}

// TR6 and TR7 of the 386, TR3-TR7 of the 486; the Pentium has none.
bool has_test_register(const Core& c, const Insn* i) {
  if (c.at_least(Model::pentium)) return false;
  return i->reg >= (c.at_least(Model::i80486) ? 3 : 6);
}
Insn* mov_from_test(Core& c, Insn* i) {
  if (!has_test_register(c, i)) return undefined_opcode(c, i);
  if (!privileged(c, i)) return nullptr;
  c.set<std::uint32_t>(i->rm, c.system.test[i->reg]);
  return c.next(i);
}
Insn* mov_to_test(Core& c, Insn* i) {
  if (!has_test_register(c, i)) return undefined_opcode(c, i);
  if (!privileged(c, i)) return nullptr;
  c.system.test[i->reg] = c.get<std::uint32_t>(i->rm);
  return c.next(i);
}

}  // namespace

void install_protected(OpcodeMap& map) {
  if (!map.at_least(Model::i80286)) return;
  // clang-format off
  map.set(0x0F00, 0, {Form::modrm, 0, words<StoreSelector<&Registers::ldtr>>()});
  map.set(0x0F00, 1, {Form::modrm, 0, words<StoreSelector<&Registers::tr>>()});
  map.set(0x0F00, 2, {Form::modrm, 0, always_words<Lldt>()});
  map.set(0x0F00, 3, {Form::modrm, 0, always_words<Ltr>()});
  map.set(0x0F00, 4, {Form::modrm, 0, always_words<Verify<false>>()});
  map.set(0x0F00, 5, {Form::modrm, 0, always_words<Verify<true>>()});
  map.set(0x0F01, 0, {Form::modrm, kMemoryOnly, words<StoreTable<false>>()});
  map.set(0x0F01, 1, {Form::modrm, kMemoryOnly, words<StoreTable<true>>()});
  map.set(0x0F01, 2, {Form::modrm, kMemoryOnly, words<LoadTable<false>>()});
  map.set(0x0F01, 3, {Form::modrm, kMemoryOnly, words<LoadTable<true>>()});
  map.set(0x0F01, 4, {Form::modrm, 0, words<Smsw>()});
  map.set(0x0F01, 6, {Form::modrm, kEndsRun, words<Lmsw>()});
  map.set(0x0F02, {Form::modrm, 0, words<LoadFromDescriptor<Rights>>()});
  map.set(0x0F03, {Form::modrm, 0, words<LoadFromDescriptor<Limit>>()});
  map.set(0x0F06, {Form::none, 0, single(clts)});
  map.set(0x63, {Form::modrm, 0, always_words<Arpl>()});
  if (map.at_least(Model::i80386)) {
    map.set(0x0F20, {Form::modrm_registers, 0, single(mov_from_control)});
    map.set(0x0F21, {Form::modrm_registers, 0, single(mov_from_debug)});
    map.set(0x0F22, {Form::modrm_registers, kEndsRun, single(mov_to_control)});
    map.set(0x0F23, {Form::modrm_registers, kEndsRun, single(mov_to_debug)});
    map.set(0x0F24, {Form::modrm_registers, 0, single(mov_from_test)});
    map.set(0x0F26, {Form::modrm_registers, 0, single(mov_to_test)});
  }
  // clang-format on
}

}  // namespace cpu
