// Arithmetic and logic: 00-3F, 80-85, 27-3F's decimal adjusts, multiply and divide, INC to NEG, bit
// instructions of the 386. Shifts are in ops_shifts.cpp.
// [386] 80386 Programmer's Reference Manual, chapter 17.
#include "cpu/ops_integer.h"

namespace cpu {

namespace {

// --- multiplication and division ---

// The accumulator pair: AH:AL, DX:AX, EDX:EAX.
template <class T>
alu::Pair<T> accumulator(const Core& c) {
  if constexpr (sizeof(T) == 1) {
    return {c.get<std::uint8_t>(0), c.get<std::uint8_t>(1)};
  } else {
    return {c.get<T>(kEax), c.get<T>(kEdx)};
  }
}
template <class T>
void set_accumulator(Core& c, alu::Pair<T> value) {
  if constexpr (sizeof(T) == 1) {
    c.set<std::uint16_t>(kEax, static_cast<std::uint16_t>(value.low | value.high << 8));
  } else {
    c.set<T>(kEax, value.low);
    c.set<T>(kEdx, value.high);
  }
}

// The 8086's microcode uses one internal flag for "REP seen" and "negate the result": a REP prefix
// negates what (I)MUL and IDIV give.
bool negates(const Core& c, const Insn* i) {
  return i->repeat != Repeat::none && !c.at_least(Model::i80186);
}

template <class T>
alu::Pair<T> negated(alu::Pair<T> value) {
  const auto low = static_cast<T>(0 - value.low);
  return {low, static_cast<T>(~value.high + (low == 0 ? 1 : 0))};
}

// AF (undefined): set on the 286. The 8086's IMUL finds out whether the high half matters by adding
// the low half's sign to it, and SF, ZF, AF and PF stay as that addition left them.
template <class T>
void multiply_flags(Core& c, alu::Pair<T> product, bool with_sign) {
  if (c.model == Model::i80286) c.flags.set_af(true);
  if (with_sign && c.model == Model::i8086) {
    const bool matters = c.flags.cf();
    alu::add(c.flags, product.high, T{0}, alu::sign(product.low));
    c.flags.set_cf_of(matters, matters);
  }
}

template <bool kSigned>
struct Multiply {
  template <class T, class Rm>
  static Insn* run(Core& c, Insn* i) {
    T source;
    if (!read_rm<T, Rm>(c, i, source)) return nullptr;
    const T factor = accumulator<T>(c).low;
    auto product = kSigned ? alu::multiply_signed(c.flags, factor, source)
                           : alu::multiply(c.flags, factor, source);
    multiply_flags(c, product, kSigned);
    if (negates(c, i)) product = negated(product);
    set_accumulator(c, product);
    return c.next(i);
  }
};

template <bool kSigned>
struct Divide {
  template <class T, class Rm>
  static Insn* run(Core& c, Insn* i) {
    T divisor;
    if (!read_rm<T, Rm>(c, i, divisor)) return nullptr;
    auto value = accumulator<T>(c);
    bool fits = kSigned ? alu::divide_signed(value, divisor, c.at_least(Model::i80286))
                        : alu::divide(value, divisor);
    if (kSigned && !fits && c.model == Model::i80286)
      fits = alu::divide_signed_slip(value, divisor);
    if (!fits) return divide_error(c, i);
    if (kSigned && negates(c, i)) value.low = static_cast<T>(0 - value.low);
    set_accumulator(c, value);
    return c.next(i);
  }
};

template <class Op>
struct ImulRegRm {
  template <class T, class Rm, class Path = Fast>
  static Insn* run(Core& c, Insn* i) {
    T source;
    if (!read_rm<T, Rm, Path>(c, i, source)) return failed<ImulRegRm, T, Rm, Path>(c, i);
    const T factor = Op::template factor<T>(c, i);
    const auto product = alu::multiply_signed(c.flags, factor, source);
    multiply_flags(c, product, true);
    c.set<T>(i->reg, product.low);
    return c.next(i);
  }
};
struct ByRegister {
  template <class T>
  static T factor(const Core& c, const Insn* i) {
    return c.get<T>(i->reg);
  }
};
struct ByImmediate {
  template <class T>
  static T factor(const Core&, const Insn* i) {
    return static_cast<T>(i->immediate);
  }
};

// --- decimal ---

// DAA and DAS. The 8086 compares AL with 9Fh instead of 99h for the high digit when AF was set.
template <bool kSubtract>
Insn* decimal_adjust(Core& c, Insn* i) {
  const auto old = c.get<std::uint8_t>(0);
  const bool old_cf = c.flags.cf();
  const bool low = (old & 0xF) > 9 || c.flags.af();
  const unsigned threshold = !c.at_least(Model::i80186) && c.flags.af() ? 0x9F : 0x99;
  const bool high = old > threshold || old_cf;
  const auto change = static_cast<std::uint8_t>((low ? 6 : 0) + (high ? 0x60 : 0));
  const auto result =
      kSubtract ? alu::subtract(c.flags, old, change) : alu::add(c.flags, old, change);
  // Intel's DAS: a borrow out of the low correction sets CF even when the high digit was fine.
  const bool cf = high || (kSubtract && low && (old_cf || (c.at_least(Model::i80186) && old < 6)));
  c.set<std::uint8_t>(0, result);
  c.flags.set_result(result, cf, c.flags.of(), low);
  return c.next(i);
}

// AAA and AAS. The 8086 adjusts AL and AH apart; later models add or subtract 106h in one piece.
template <bool kSubtract>
Insn* ascii_adjust(Core& c, Insn* i) {
  const auto ax = c.get<std::uint16_t>(kEax);
  const auto al = static_cast<std::uint8_t>(ax);
  const bool adjust = (al & 0xF) > 9 || c.flags.af();
  unsigned result = ax;
  if (adjust) {
    if (c.at_least(Model::i80286)) {
      result = kSubtract ? ax - 0x106u : ax + 0x106u;
    } else {
      const unsigned low = (kSubtract ? al - 6u : al + 6u) & 0xFF;
      result = ((kSubtract ? ax - 0x100u : ax + 0x100u) & 0xFF00) | low;
    }
  }
  // ZF, SF, PF and OF are undefined: as the addition to AL leaves them.
  const std::uint8_t change = adjust ? 6 : 0;
  if (kSubtract)
    alu::subtract(c.flags, al, change);
  else
    alu::add(c.flags, al, change);
  const std::uint32_t rest = c.flags.arithmetic() & ~(kCf | kAf);
  c.flags.set(rest | (adjust ? kCf | kAf : 0u));
  c.set<std::uint16_t>(kEax, static_cast<std::uint16_t>(result & 0xFF0F));
  return c.next(i);
}

Insn* aam(Core& c, Insn* i) {
  const auto al = c.get<std::uint8_t>(0);
  const auto base = static_cast<std::uint8_t>(i->immediate);
  if (base == 0) {
    // Flags are undefined here: the 8086 shows those of zero, the 286 those of AL after its
    // divider's first shift (vectors).
    if (c.model == Model::i8086) c.flags.set_logic(std::uint8_t{0});
    if (c.model == Model::i80286) c.flags.set_logic(static_cast<std::uint8_t>(al >> 1));
    return divide_error(c, i);
  }
  const auto low = static_cast<std::uint8_t>(al % base);
  c.set<std::uint16_t>(kEax, static_cast<std::uint16_t>(al / base << 8 | low));
  c.flags.set_logic(low);
  return c.next(i);
}

Insn* aad(Core& c, Insn* i) {
  const auto ax = c.get<std::uint16_t>(kEax);
  const auto high = static_cast<std::uint8_t>((ax >> 8) * i->immediate);
  const auto low = alu::add(c.flags, static_cast<std::uint8_t>(ax), high);
  // OF, undefined: the 286 shows the carry.
  if (c.model == Model::i80286) c.flags.set_cf_of(c.flags.cf(), c.flags.cf());
  c.set<std::uint16_t>(kEax, low);
  return c.next(i);
}

// --- sign extension ---

template <class Half, class Whole>
Insn* extend_accumulator(Core& c, Insn* i) {  // CBW, CWDE
  c.set<Whole>(kEax, static_cast<Whole>(sign_extended(c.get<Half>(0))));
  return c.next(i);
}
template <class T>
Insn* extend_to_pair(Core& c, Insn* i) {  // CWD, CDQ
  c.set<T>(kEdx, alu::sign(c.get<T>(kEax)) ? static_cast<T>(~T{0}) : T{0});
  return c.next(i);
}

// --- bit instructions, 386 ---

struct Bt {
  static constexpr bool kWrites = false;
  template <class T>
  static T apply(T value, T) {
    return value;
  }
};
struct Bts {
  static constexpr bool kWrites = true;
  template <class T>
  static T apply(T value, T bit) {
    return static_cast<T>(value | bit);
  }
};
struct Btr {
  static constexpr bool kWrites = true;
  template <class T>
  static T apply(T value, T bit) {
    return static_cast<T>(value & ~bit);
  }
};
struct Btc {
  static constexpr bool kWrites = true;
  template <class T>
  static T apply(T value, T bit) {
    return static_cast<T>(value ^ bit);
  }
};

template <class Op, class T, class Rm>
Insn* bit_operation(Core& c, Insn* i, std::uint32_t offset, unsigned number) {
  const T bit = static_cast<T>(T{1} << (number % kBits<T>));
  bool was_set = false;
  const auto change = [&was_set, bit](T value) {
    was_set = (value & bit) != 0;
    return Op::apply(value, bit);
  };
  if constexpr (Rm::kIsRegister) {
    c.set<T>(i->rm, change(c.get<T>(i->rm)));
  } else if constexpr (Op::kWrites) {
    if (!c.modify<T>(i, i->segment, offset, change)) return nullptr;
  } else {
    T value;
    if (!c.read(i, i->segment, offset, value)) return nullptr;
    change(value);
  }
  c.flags.set_cf(was_set);
  return c.next(i);
}

template <class Op>
struct BitByImmediate {
  template <class T, class Rm>
  static Insn* run(Core& c, Insn* i) {
    return bit_operation<Op, T, Rm>(c, i, Rm::offset(c, i), i->immediate);
  }
};
// The register's bit offset is signed and reaches beyond the addressed word.
template <class Op>
struct BitByRegister {
  template <class T, class Rm>
  static Insn* run(Core& c, Insn* i) {
    const auto number = static_cast<std::int32_t>(sign_extended(c.get<T>(i->reg)));
    constexpr int kShift = sizeof(T) == 2 ? 4 : 5;
    const auto words_away = static_cast<std::uint32_t>(number >> kShift);
    const std::uint32_t offset =
        (Rm::offset(c, i) + words_away * std::uint32_t{sizeof(T)}) & kAddressMask<Rm>;
    return bit_operation<Op, T, Rm>(c, i, offset, static_cast<unsigned>(number));
  }
};

// BSF, BSR: of zero, ZF is set and the destination keeps its value (every 386 so far seen).
template <bool kReverse>
struct BitScan {
  template <class T, class Rm>
  static Insn* run(Core& c, Insn* i) {
    T source;
    if (!read_rm<T, Rm>(c, i, source)) return nullptr;
    c.flags.set_logic(source);
    if (source != 0) {
      const int found = kReverse ? static_cast<int>(kBits<T>) - 1 - std::countl_zero(source)
                                 : std::countr_zero(source);
      c.set<T>(i->reg, static_cast<T>(found));
    }
    return c.next(i);
  }
};

// --- flag instructions ---

Insn* clc(Core& c, Insn* i) {
  c.flags.set_cf(false);
  return c.next(i);
}
Insn* stc(Core& c, Insn* i) {
  c.flags.set_cf(true);
  return c.next(i);
}
Insn* cmc(Core& c, Insn* i) {
  c.flags.set_cf(!c.flags.cf());
  return c.next(i);
}
Insn* lahf(Core& c, Insn* i) {
  c.set<std::uint8_t>(1, static_cast<std::uint8_t>(c.eflags()));
  return c.next(i);
}
Insn* sahf(Core& c, Insn* i) {
  const std::uint32_t kept = c.flags.of() ? kOf : 0u;
  c.flags.set(c.get<std::uint8_t>(1) | kept);
  return c.next(i);
}
Insn* salc(Core& c, Insn* i) {  // D6, undocumented
  c.set<std::uint8_t>(0, c.flags.cf() ? 0xFF : 0);
  return c.next(i);
}

// The six encodings of an operation at 8 * kNumber and its group 80-83 entry.
template <class Op>
void install_operation(OpcodeMap& map, unsigned number) {
  const unsigned row = number * 8;
  constexpr std::uint16_t lock = Op::kWrites ? kLockable : 0;
  const auto locked = [](unsigned flags) { return static_cast<std::uint16_t>(flags | lock); };
  // clang-format off
  map.set(row + 0, {Form::modrm, locked(kByte), bytes<RmReg<Op>>()});
  map.set(row + 1, {Form::modrm, locked(0), words<RmReg<Op>>()});
  map.set(row + 2, {Form::modrm, kByte, bytes<RegRm<Op>>()});
  map.set(row + 3, {Form::modrm, 0, words<RegRm<Op>>()});
  map.set(row + 4, {Form::imm8, kByte, bytes<RmImm<Op>>()});
  map.set(row + 5, {Form::immz, 0, words<RmImm<Op>>()});
  map.set(0x80, number, {Form::modrm_imm8, locked(kByte), bytes<RmImm<Op>>()});
  map.set(0x81, number, {Form::modrm_immz, locked(0), words<RmImm<Op>>()});
  map.set(0x82, number, {Form::modrm_imm8, locked(kByte), bytes<RmImm<Op>>()});
  map.set(0x83, number, {Form::modrm_simm8, locked(0), words<RmImm<Op>>()});
  // clang-format on
}

template <class Op>
void install_bit_operation(OpcodeMap& map, unsigned by_register, unsigned group_reg) {
  const std::uint16_t lock = Op::kWrites ? kLockable : 0;
  map.set(by_register, {Form::modrm, lock, words<BitByRegister<Op>>()});
  map.set(0x0FBA, group_reg, {Form::modrm_imm8, lock, words<BitByImmediate<Op>>()});
}

}  // namespace

// #DE. The 8086 and 186 return behind the instruction, later models to it; the former take it as an
// instruction completed.
Insn* divide_error(Core& c, Insn* i) {
  if (!c.at_least(Model::i80286)) return c.software_interrupt(i, kDivideError);
  return c.fault(i, kDivideError);
}

void install_arithmetic(OpcodeMap& map) {
  install_operation<alu::Add>(map, 0);
  install_operation<alu::Or>(map, 1);
  install_operation<alu::Adc>(map, 2);
  install_operation<alu::Sbb>(map, 3);
  install_operation<alu::And>(map, 4);
  install_operation<alu::Sub>(map, 5);
  install_operation<alu::Xor>(map, 6);
  install_operation<alu::Cmp>(map, 7);

  // clang-format off
  map.set(0x27, {Form::none, 0, single(decimal_adjust<false>)});
  map.set(0x2F, {Form::none, 0, single(decimal_adjust<true>)});
  map.set(0x37, {Form::none, 0, single(ascii_adjust<false>)});
  map.set(0x3F, {Form::none, 0, single(ascii_adjust<true>)});
  for (unsigned reg = 0; reg < 8; ++reg) {
    map.set(0x40 + reg, {Form::reg, 0, words<Unary<alu::Inc>>()});
    map.set(0x48 + reg, {Form::reg, 0, words<Unary<alu::Dec>>()});
  }
  map.set(0x84, {Form::modrm, kByte, bytes<RmReg<alu::Test>>()});
  map.set(0x85, {Form::modrm, 0, words<RmReg<alu::Test>>()});
  map.set(0x98, {Form::none, 0, by_operand_size(extend_accumulator<std::uint8_t, std::uint16_t>,
                                                extend_accumulator<std::uint16_t, std::uint32_t>)});
  map.set(0x99, {Form::none, 0, by_operand_size(extend_to_pair<std::uint16_t>, extend_to_pair<std::uint32_t>)});
  map.set(0x9E, {Form::none, 0, single(sahf)});
  map.set(0x9F, {Form::none, 0, single(lahf)});
  map.set(0xA8, {Form::imm8, kByte, bytes<RmImm<alu::Test>>()});
  map.set(0xA9, {Form::immz, 0, words<RmImm<alu::Test>>()});
  map.set(0xD4, {Form::imm8, 0, single(aam)});
  map.set(0xD5, {Form::imm8, 0, single(aad)});
  map.set(0xD6, {Form::none, 0, single(salc)});
  map.set(0xF5, {Form::none, 0, single(cmc)});
  map.set(0xF8, {Form::none, 0, single(clc)});
  map.set(0xF9, {Form::none, 0, single(stc)});

  for (unsigned reg = 0; reg < 2; ++reg) {  // /1 is an alias of TEST on every model
    map.set(0xF6, reg, {Form::modrm_imm8, kByte, bytes<RmImm<alu::Test>>()});
    map.set(0xF7, reg, {Form::modrm_immz, 0, words<RmImm<alu::Test>>()});
  }
  map.set(0xF6, 2, {Form::modrm, kByte | kLockable, bytes<Unary<alu::Not>>()});
  map.set(0xF7, 2, {Form::modrm, kLockable, words<Unary<alu::Not>>()});
  map.set(0xF6, 3, {Form::modrm, kByte | kLockable, bytes<Unary<alu::Neg>>()});
  map.set(0xF7, 3, {Form::modrm, kLockable, words<Unary<alu::Neg>>()});
  map.set(0xF6, 4, {Form::modrm, kByte, bytes<Multiply<false>>()});
  map.set(0xF7, 4, {Form::modrm, 0, words<Multiply<false>>()});
  map.set(0xF6, 5, {Form::modrm, kByte, bytes<Multiply<true>>()});
  map.set(0xF7, 5, {Form::modrm, 0, words<Multiply<true>>()});
  map.set(0xF6, 6, {Form::modrm, kByte, bytes<Divide<false>>()});
  map.set(0xF7, 6, {Form::modrm, 0, words<Divide<false>>()});
  map.set(0xF6, 7, {Form::modrm, kByte, bytes<Divide<true>>()});
  map.set(0xF7, 7, {Form::modrm, 0, words<Divide<true>>()});
  map.set(0xFE, 0, {Form::modrm, kByte | kLockable, bytes<Unary<alu::Inc>>()});
  map.set(0xFE, 1, {Form::modrm, kByte | kLockable, bytes<Unary<alu::Dec>>()});
  map.set(0xFF, 0, {Form::modrm, kLockable, words<Unary<alu::Inc>>()});
  map.set(0xFF, 1, {Form::modrm, kLockable, words<Unary<alu::Dec>>()});

  if (map.at_least(Model::i80186)) {
    map.set(0x69, {Form::modrm_immz, 0, words<ImulRegRm<ByImmediate>>()});
    map.set(0x6B, {Form::modrm_simm8, 0, words<ImulRegRm<ByImmediate>>()});
  }
  if (map.at_least(Model::i80386)) {
    map.set(0x0FAF, {Form::modrm, 0, words<ImulRegRm<ByRegister>>()});
    install_bit_operation<Bt>(map, 0x0FA3, 4);
    install_bit_operation<Bts>(map, 0x0FAB, 5);
    install_bit_operation<Btr>(map, 0x0FB3, 6);
    install_bit_operation<Btc>(map, 0x0FBB, 7);
    map.set(0x0FBC, {Form::modrm, 0, words<BitScan<false>>()});
    map.set(0x0FBD, {Form::modrm, 0, words<BitScan<true>>()});
  }
  // clang-format on
}

}  // namespace cpu
