// Data movement: MOV, MOVZX, XCHG, LEA, XLAT, the stack, segment registers, far pointers.
// [386] 80386 Programmer's Reference Manual, chapter 17; [86] iAPX 86/88 User's Manual, 2.7.
#include "cpu/ops_integer.h"

namespace cpu {

namespace {

// MOVZX, MOVSX: T is the destination, Source the r/m operand.
template <class Source, bool kSigned>
struct Extend {
  static constexpr FlagUse kFlagUse = FlagUse::keeps;
  template <class T, class Rm, class Path = Fast>
  static Insn* run(Core& c, Insn* i) {
    Source value;
    if (!read_rm<Source, Rm, Path>(c, i, value)) return failed<Extend, T, Rm, Path>(c, i);
    c.set<T>(i->reg, kSigned ? static_cast<T>(sign_extended(value)) : static_cast<T>(value));
    return c.next(i);
  }
};
struct Xchg {
  template <class T, class Rm>
  static Insn* run(Core& c, Insn* i) {
    const T source = c.get<T>(i->reg);
    T old{};
    const auto change = [&old, source](T value) {
      old = value;
      return source;
    };
    if (!modify_rm<T, Rm>(c, i, change)) return nullptr;
    c.set<T>(i->reg, old);
    return c.next(i);
  }
};
Insn* nop(Core& c, Insn* i) {
  return c.next(i);
}

struct Lea {
  template <class T, class Rm>
  static Insn* run(Core& c, Insn* i) {
    // The register form exists on the 8086 only; what the chip gives then is not specified: no
    // change.
    if constexpr (!Rm::kIsRegister) c.set<T>(i->reg, static_cast<T>(Rm::offset(c, i)));
    return c.next(i);
  }
};
struct Xlat {
  template <class T, class Rm>
  static Insn* run(Core& c, Insn* i) {
    const std::uint32_t offset = (c.general[kEbx] + c.get<std::uint8_t>(0)) & kAddressMask<Rm>;
    T value;
    if (!c.read(i, i->segment, offset, value)) return nullptr;
    c.set<T>(0, value);
    return c.next(i);
  }
};

// --- stack ---

struct PushRm {
  static constexpr bool kUsesStack = true;
  template <class T, class Rm, class Path = Fast>
  static Insn* run(Core& c, Insn* i) {
    T value;
    if (!read_rm<T, Rm, Path>(c, i, value)) return failed<PushRm, T, Rm, Path>(c, i);
    if constexpr (Rm::kIsRegister) {
      // PUSH SP: up to the 186 the decremented value, later the old one. [386] 14.7
      if (i->rm == kEsp && !c.at_least(Model::i80286)) value = static_cast<T>(value - sizeof(T));
    }
    if (!push_value<Path>(c, i, value)) return failed<PushRm, T, Rm, Path>(c, i);
    return c.next(i);
  }
};
struct PushImm {
  static constexpr bool kUsesStack = true;
  template <class T, class Rm, class Path = Fast>
  static Insn* run(Core& c, Insn* i) {
    if (!push_value<Path>(c, i, static_cast<T>(i->immediate)))
      return failed<PushImm, T, Rm, Path>(c, i);
    return c.next(i);
  }
};
struct PopRm {
  static constexpr bool kUsesStack = true;
  template <class T, class Rm, class Path = Fast>
  static Insn* run(Core& c, Insn* i) {
    T value;
    if (!top_value<Path>(c, i, value)) return failed<PopRm, T, Rm, Path>(c, i);
    if constexpr (Rm::kIsRegister) {
      drop<Path>(c, sizeof(T));
      c.set<T>(i->rm, value);  // POP SP: the value wins
    } else {
      // The address is formed after the pop (the decoder corrected ESP-based ones).
      const bool written = c.write(i, i->segment, Rm::offset(c, i), value);
      // The 286 has popped even when the store faults (vectors).
      if (!written && c.model != Model::i80286) return nullptr;
      c.set_stack_pointer(c.general[kEsp] + std::uint32_t{sizeof(T)});
      if (!written) return nullptr;
    }
    return c.next(i);
  }
};

template <unsigned kSegment>
struct PushSegment {
  template <class T, class Rm>
  static Insn* run(Core& c, Insn* i) {
    const std::uint16_t selector = c.segments[kSegment].selector;
    if constexpr (sizeof(T) == 4) {
      // The 386 writes the low half of the doubleword only.
      const std::uint32_t top = (c.general[kEsp] - 4) & c.stack_mask;
      if (!c.write(i, kSs, top, selector)) return nullptr;
      c.set_stack_pointer(top);
    } else {
      if (!c.push(i, selector)) return nullptr;
    }
    return c.next(i);
  }
};

// After MOV or POP to a segment register: SS holds interrupts and the trap off for one instruction;
// the 8086 does so after any of them.
Insn* after_segment_load(Core& c, Insn* i, unsigned segment) {
  if (segment == kSs || !c.at_least(Model::i80186)) {
    c.trap_suppressed = true;
    c.raise_event(kEventShadow);
    return c.stop_after(i);
  }
  return c.next(i);  // to the run's end: what follows may be code of another kind now
}

template <unsigned kSegment>
struct PopSegment {
  template <class T, class Rm>
  static Insn* run(Core& c, Insn* i) {
    std::uint16_t selector;
    if (!c.read(i, kSs, c.general[kEsp] & c.stack_mask, selector)) return nullptr;
    if (!c.load_segment(i, kSegment, selector)) return nullptr;
    c.set_stack_pointer(c.general[kEsp] + std::uint32_t{sizeof(T)});
    return after_segment_load(c, i, kSegment);
  }
};

// PUSHA stores eight registers, SP as it was before.
template <class T>
Insn* pusha(Core& c, Insn* i) {
  const std::uint32_t top = c.general[kEsp];
  constexpr std::uint32_t kSize = sizeof(T);
  // All of it or nothing: look before the first store.
  for (std::uint32_t n = 1; n <= 8; ++n) {
    if (!c.check_write(i, kSs, (top - n * kSize) & c.stack_mask, kSize)) return nullptr;
  }
  for (std::uint32_t n = 1; n <= 8; ++n) {
    const T value = c.get<T>(static_cast<std::uint8_t>(n - 1));
    if (!c.write(i, kSs, (top - n * kSize) & c.stack_mask, value)) return nullptr;
  }
  c.set_stack_pointer(top - 8 * kSize);
  return c.next(i);
}
template <class T>
Insn* popa(Core& c, Insn* i) {
  const std::uint32_t top = c.general[kEsp];
  constexpr std::uint32_t kSize = sizeof(T);
  // All or nothing, but for the 386 at the end of the segment: what came before it stays popped,
  // only the pointer does not move (vectors).
  for (std::uint32_t n = 0; n < 8; ++n) {
    const std::uint32_t at = (top + n * kSize) & c.stack_mask;
    if (c.at_least(Model::i80386) && !c.segments[kSs].reaches(at, kSize)) break;
    if (!c.check_read(i, kSs, at, kSize)) return nullptr;
  }
  for (std::uint32_t n = 0; n < 8; ++n) {
    T value;
    if (!c.read(i, kSs, (top + n * kSize) & c.stack_mask, value)) return nullptr;
    const auto id = static_cast<std::uint8_t>(7 - n);
    if (id != kEsp) c.set<T>(id, value);
  }
  c.set_stack_pointer(top + 8 * kSize);
  return c.next(i);
}

// ENTER: the frame pointers of the enclosing levels are copied from the old frame.
template <class T>
Insn* enter(Core& c, Insn* i) {
  constexpr std::uint32_t kSize = sizeof(T);
  const unsigned level = i->immediate2 & 31;
  std::uint32_t top = (c.general[kEsp] - kSize) & c.stack_mask;
  if (!c.write(i, kSs, top, c.get<T>(kEbp))) return nullptr;
  const auto frame = static_cast<T>((c.general[kEsp] & ~c.stack_mask) | top);
  std::uint32_t from = c.general[kEbp];
  for (unsigned n = 1; n < level; ++n) {
    from = (from - kSize) & c.stack_mask;
    top = (top - kSize) & c.stack_mask;
    T pointer;
    if (!c.read(i, kSs, from, pointer) || !c.write(i, kSs, top, pointer)) return nullptr;
  }
  if (level > 0) {
    top = (top - kSize) & c.stack_mask;
    if (!c.write(i, kSs, top, frame)) return nullptr;
  }
  const std::uint32_t new_top = (top - i->immediate) & c.stack_mask;
  // The 386 looks whether the new top can be written.
  if (c.at_least(Model::i80386) && !c.check_write(i, kSs, new_top, kSize)) return nullptr;
  c.set<T>(kEbp, frame);
  c.set_stack_pointer(new_top);
  return c.next(i);
}
template <class T>
Insn* leave(Core& c, Insn* i) {
  T value;
  if (!c.read(i, kSs, c.general[kEbp] & c.stack_mask, value)) return nullptr;
  c.set_stack_pointer(c.general[kEbp] + std::uint32_t{sizeof(T)});
  c.set<T>(kEbp, value);
  return c.next(i);
}

// --- segment registers ---

// Which register ModRM's reg field names, or 6: none. The 8086 ignores the top bit.
unsigned segment_operand(const Core& c, const Insn* i) {
  if (!c.at_least(Model::i80186)) return i->reg & 3;
  return i->reg < (c.at_least(Model::i80386) ? 6 : 4) ? i->reg : 6;
}

struct MovRmSegment {
  template <class T, class Rm>
  static Insn* run(Core& c, Insn* i) {
    const unsigned segment = segment_operand(c, i);
    if (segment > kGs) return undefined_opcode(c, i);
    const std::uint16_t selector = c.segments[segment].selector;
    if constexpr (Rm::kIsRegister) {
      c.set<T>(i->rm, selector);  // 32-bit: zero-extended
    } else {
      if (!write_rm<std::uint16_t, Rm>(c, i, selector)) return nullptr;
    }
    return c.next(i);
  }
};
struct MovSegmentRm {
  template <class T, class Rm>
  static Insn* run(Core& c, Insn* i) {
    const unsigned segment = segment_operand(c, i);
    if (segment > kGs || (segment == kCs && c.at_least(Model::i80186)))
      return undefined_opcode(c, i);
    std::uint16_t selector;
    if (!read_rm<std::uint16_t, Rm>(c, i, selector)) return nullptr;
    if (!c.load_segment(i, segment, selector)) return nullptr;
    return after_segment_load(c, i, segment);
  }
};
// LES, LDS, LSS, LFS, LGS.
template <unsigned kSegment>
struct LoadPointer {
  template <class T, class Rm>
  static Insn* run(Core& c, Insn* i) {
    if constexpr (!Rm::kIsRegister) {  // 8086 with a register operand: unspecified, no change
      const std::uint32_t offset = Rm::offset(c, i);
      T pointer;
      std::uint16_t selector;
      if (!c.read(i, i->segment, offset, pointer)) return nullptr;
      const std::uint32_t selector_at = behind(c, offset, sizeof(T));
      if (!c.read(i, i->segment, selector_at, selector)) return nullptr;
      if (!c.load_segment(i, kSegment, selector)) return nullptr;
      c.set<T>(i->reg, pointer);
    }
    return kSegment == kSs ? after_segment_load(c, i, kSegment) : c.next(i);
  }
};

template <unsigned kSegment>
void install_segment_stack(OpcodeMap& map, unsigned push, unsigned pop) {
  map.set(push, {Form::none, 0, words<PushSegment<kSegment>>()});
  map.set(pop, {Form::none, kEndsRun, words<PopSegment<kSegment>>()});
}

}  // namespace

void install_moves(OpcodeMap& map) {
  // clang-format off
  install_segment_stack<kEs>(map, 0x06, 0x07);
  map.set(0x0E, {Form::none, 0, words<PushSegment<kCs>>()});
  if (!map.at_least(Model::i80186)) map.set(0x0F, {Form::none, kEndsRun, words<PopSegment<kCs>>()});
  install_segment_stack<kSs>(map, 0x16, 0x17);
  install_segment_stack<kDs>(map, 0x1E, 0x1F);

  for (unsigned reg = 0; reg < 8; ++reg) {
    map.set(0x50 + reg, {Form::reg, 0, words<PushRm>()});
    map.set(0x58 + reg, {Form::reg, 0, words<PopRm>()});
    map.set(0x90 + reg, {Form::reg, 0, words<Xchg>()});
    map.set(0xB0 + reg, {Form::reg_imm8, kByte, bytes<MovRmImm>()});
    map.set(0xB8 + reg, {Form::reg_immz, 0, words<MovRmImm>()});
  }
  map.set(0x90, {Form::none, 0, single(nop)});
  if (map.at_least(Model::i80186)) {
    map.set(0x60, {Form::none, 0, by_operand_size(pusha<std::uint16_t>, pusha<std::uint32_t>)});
    map.set(0x61, {Form::none, 0, by_operand_size(popa<std::uint16_t>, popa<std::uint32_t>)});
    map.set(0x68, {Form::immz, 0, words<PushImm>()});
    map.set(0x6A, {Form::simm8, 0, words<PushImm>()});
    map.set(0xC8, {Form::imm16_imm8, 0, by_operand_size(enter<std::uint16_t>, enter<std::uint32_t>)});
    map.set(0xC9, {Form::none, 0, by_operand_size(leave<std::uint16_t>, leave<std::uint32_t>)});
  }
  map.set(0x86, {Form::modrm, kByte | kLockable, bytes<Xchg>()});
  map.set(0x87, {Form::modrm, kLockable, words<Xchg>()});
  map.set(0x88, {Form::modrm, kByte, bytes<MovRmReg>()});
  map.set(0x89, {Form::modrm, 0, words<MovRmReg>()});
  map.set(0x8A, {Form::modrm, kByte, bytes<MovRegRm>()});
  map.set(0x8B, {Form::modrm, 0, words<MovRegRm>()});
  map.set(0x8C, {Form::modrm, 0, words<MovRmSegment>()});
  map.set(0x8D, {Form::modrm, kMemoryOnly, words<Lea>()});
  map.set(0x8E, {Form::modrm, kEndsRun, words<MovSegmentRm>()});
  // Group 1A: only POP is defined; the 8086 and 186 do not look at the reg field.
  for (unsigned reg = 0; reg < (map.at_least(Model::i80286) ? 1u : 8u); ++reg) {
    map.set(0x8F, reg, {Form::modrm, kStackTop, words<PopRm>()});
  }
  map.set(0xA0, {Form::moffs, kAddressSized, bytes<MovRegRm>()});
  map.set(0xA1, {Form::moffs, kAddressSized, words<MovRegRm>()});
  map.set(0xA2, {Form::moffs, kAddressSized, bytes<MovRmReg>()});
  map.set(0xA3, {Form::moffs, kAddressSized, words<MovRmReg>()});
  map.set(0xC4, {Form::modrm, kMemoryOnly | kEndsRun, words<LoadPointer<kEs>>()});
  map.set(0xC5, {Form::modrm, kMemoryOnly | kEndsRun, words<LoadPointer<kDs>>()});
  for (unsigned reg = 0; reg < (map.at_least(Model::i80286) ? 1u : 8u); ++reg) {
    map.set(0xC6, reg, {Form::modrm_imm8, kByte, bytes<MovRmImm>()});
    map.set(0xC7, reg, {Form::modrm_immz, 0, words<MovRmImm>()});
  }
  map.set(0xD7, {Form::none, kAddressSized, bytes<Xlat>()});
  map.set(0xFF, 6, {Form::modrm, 0, words<PushRm>()});
  // FF /7: an alias of PUSH on the 8086.
  if (!map.at_least(Model::i80186)) map.set(0xFF, 7, {Form::modrm, 0, words<PushRm>()});

  if (map.at_least(Model::i80386)) {
    install_segment_stack<kFs>(map, 0x0FA0, 0x0FA1);
    install_segment_stack<kGs>(map, 0x0FA8, 0x0FA9);
    map.set(0x0FB2, {Form::modrm, kMemoryOnly | kEndsRun, words<LoadPointer<kSs>>()});
    map.set(0x0FB4, {Form::modrm, kMemoryOnly | kEndsRun, words<LoadPointer<kFs>>()});
    map.set(0x0FB5, {Form::modrm, kMemoryOnly | kEndsRun, words<LoadPointer<kGs>>()});
    map.set(0x0FB6, {Form::modrm, kByteRm, words<Extend<std::uint8_t, false>>()});
    map.set(0x0FB7, {Form::modrm, 0, words<Extend<std::uint16_t, false>>()});
    map.set(0x0FBE, {Form::modrm, kByteRm, words<Extend<std::uint8_t, true>>()});
    map.set(0x0FBF, {Form::modrm, 0, words<Extend<std::uint16_t, true>>()});
  }
  // clang-format on
}

}  // namespace cpu
