// Shifts and rotates: C0, C1, D0-D3, and the 386's SHLD and SHRD.
// [386] 80386 Programmer's Reference Manual, chapter 17; [86] iAPX 86/88 User's Manual: the 8086
// uses the whole of CL as count, later models five bits.
#include "cpu/ops.h"

namespace cpu {

namespace {

struct One {
  static unsigned count(const Core&, const Insn*) { return 1; }
};
struct ByImmediate {
  static unsigned count(const Core&, const Insn* i) { return i->immediate & 31; }
};
struct ByCl {
  static unsigned count(const Core& c, const Insn*) {
    const unsigned cl = c.get<std::uint8_t>(4);  // CL: byte 0 of register 1
    return c.at_least(Model::i80186) ? cl & 31 : cl;
  }
};

// Those that write all flags, unless the count is 0.
template <class Op>
inline constexpr bool kSetsFlags =
    std::is_same_v<Op, alu::Shl> || std::is_same_v<Op, alu::Shr<false>> ||
    std::is_same_v<Op, alu::Sar<false>>;

template <class Op, class Count>
struct Shift {
  static constexpr FlagUse kFlagUse =
      kSetsFlags<Op> && std::is_same_v<Count, One> ? FlagUse::sets : FlagUse::other;
  static constexpr bool kMayBeQuiet = kSetsFlags<Op> && !std::is_same_v<Count, ByCl>;
  template <class T, class Rm, class Path = Fast>
  static Insn* run(Core& c, Insn* i) {
    const unsigned count = Count::count(c, i);
    if (count == 0) {  // flags stay; the operand is still read and, on the bus, written
      const auto keep = [](T value) { return value; };
      if (!modify_rm<T, Rm, Path>(c, i, keep)) return failed<Shift, T, Rm, Path>(c, i);
      return c.next(i);
    }
    Flags nobodys;
    Flags& flags = flags_for<Path>(c, nobodys);
    const auto change = [&flags, count](T value) {
      return Op::template apply<T>(flags, value, count);
    };
    if (!modify_rm<T, Rm, Path>(c, i, change)) return failed<Shift, T, Rm, Path>(c, i);
    return c.next(i);
  }
};

struct Left {
  template <class T>
  static T apply(Flags& f, T a, T b, unsigned count) {
    return alu::shift_left_double(f, a, b, count);
  }
};
struct Right {
  template <class T>
  static T apply(Flags& f, T a, T b, unsigned count) {
    return alu::shift_right_double(f, a, b, count);
  }
};

template <class Op, class Count>
struct DoubleShift {
  template <class T, class Rm>
  static Insn* run(Core& c, Insn* i) {
    const unsigned count = Count::count(c, i);
    const T source = c.get<T>(i->reg);
    const auto change = [&c, source, count](T value) {
      return count == 0 ? value : Op::template apply<T>(c.flags, value, source, count);
    };
    if (!modify_rm<T, Rm>(c, i, change)) return nullptr;
    return c.next(i);
  }
};

template <class Op>
void install_shift(OpcodeMap& map, unsigned reg) {
  if (map.at_least(Model::i80186)) {
    map.set(0xC0, reg, {Form::modrm_imm8, kByte, bytes<Shift<Op, ByImmediate>>()});
    map.set(0xC1, reg, {Form::modrm_imm8, 0, words<Shift<Op, ByImmediate>>()});
  }
  map.set(0xD0, reg, {Form::modrm, kByte, bytes<Shift<Op, One>>()});
  map.set(0xD1, reg, {Form::modrm, 0, words<Shift<Op, One>>()});
  map.set(0xD2, reg, {Form::modrm, kByte, bytes<Shift<Op, ByCl>>()});
  map.set(0xD3, reg, {Form::modrm, 0, words<Shift<Op, ByCl>>()});
}

}  // namespace

void install_shifts(OpcodeMap& map) {
  install_shift<alu::Rol>(map, 0);
  install_shift<alu::Ror>(map, 1);
  install_shift<alu::Rcl>(map, 2);
  install_shift<alu::Rcr>(map, 3);
  install_shift<alu::Shl>(map, 4);
  if (map.model() == Model::i80286) {
    install_shift<alu::Shr<true>>(map, 5);
    install_shift<alu::Sar<true>>(map, 7);
  } else {
    install_shift<alu::Shr<false>>(map, 5);
    install_shift<alu::Sar<false>>(map, 7);
  }
  if (map.at_least(Model::i80186)) {
    install_shift<alu::Shl>(map, 6);  // undocumented alias
  } else {
    install_shift<alu::SetMinusOne>(map, 6);  // undocumented SETMO, SETMOC
  }

  if (map.at_least(Model::i80386)) {
    map.set(0x0FA4, {Form::modrm_imm8, 0, words<DoubleShift<Left, ByImmediate>>()});
    map.set(0x0FA5, {Form::modrm, 0, words<DoubleShift<Left, ByCl>>()});
    map.set(0x0FAC, {Form::modrm_imm8, 0, words<DoubleShift<Right, ByImmediate>>()});
    map.set(0x0FAD, {Form::modrm, 0, words<DoubleShift<Right, ByCl>>()});
  }
}

}  // namespace cpu
