// The integer handlers that are fused with others (fused_pairs.cpp), and the jumps: what
// ops_arithmetic.cpp, ops_shifts.cpp, ops_moves.cpp and ops_control.cpp put into the opcode map is
// the same code.
// perform() does the operation and says what it saw, or returns false when an access failed; the
// handler is Performed's run(). [386] 80386 Programmer's Reference Manual, chapter 17.
#pragma once

#include "cpu/ops.h"

namespace cpu {

// Operands and result of an operation, so that a condition behind it need not ask the stored flags.
template <class T>
struct Outcome {
  T left{}, right{}, result{};
};

// The handler of an H that has perform().
template <class H>
struct Performed {
  template <class T, class Rm, class Path = Fast>
  static Insn* run(Core& c, Insn* i) {
    Outcome<T> out;
    if (!H::template perform<T, Rm, Path>(c, i, out)) return failed<H, T, Rm, Path>(c, i);
    return c.next(i);
  }

 private:
  friend H;
  Performed() = default;
};

// Of the operations with two operands.
template <class Op>
inline constexpr FlagUse kFlagUseOf =
    std::is_same_v<Op, alu::Adc> || std::is_same_v<Op, alu::Sbb> ? FlagUse::other : FlagUse::sets;
template <class Op>
inline constexpr bool kMayBeQuietOf = kFlagUseOf<Op> == FlagUse::sets&& Op::kWrites;

// --- two operands ---

template <class Operation>
struct RmReg : Performed<RmReg<Operation>> {
  using Op = Operation;
  static constexpr FlagUse kFlagUse = kFlagUseOf<Op>;
  static constexpr bool kMayBeQuiet = kMayBeQuietOf<Op>;
  static constexpr bool kClears =
      std::is_same_v<Operation, alu::Xor> || std::is_same_v<Operation, alu::Sub>;
  template <class T, class Rm, class Path>
  [[gnu::always_inline]] static bool perform(Core& c, Insn* i, Outcome<T>& out) {
    return apply_to_rm<Op, T, Rm, Path>(c, i, c.get<T>(i->reg), out);
  }
};

template <class Operation>
struct RegRm : Performed<RegRm<Operation>> {
  using Op = Operation;
  static constexpr FlagUse kFlagUse = kFlagUseOf<Op>;
  static constexpr bool kMayBeQuiet = kMayBeQuietOf<Op>;
  template <class T, class Rm, class Path>
  [[gnu::always_inline]] static bool perform(Core& c, Insn* i, Outcome<T>& out) {
    if (!read_rm<T, Rm, Path>(c, i, out.right)) return false;
    out.left = c.get<T>(i->reg);
    Flags nobodys;
    out.result = Op::template apply<T>(flags_for<Path>(c, nobodys), out.left, out.right);
    if constexpr (Op::kWrites) c.set<T>(i->reg, out.result);
    return true;
  }
};

template <class Operation>
struct RmImm : Performed<RmImm<Operation>> {
  using Op = Operation;
  static constexpr FlagUse kFlagUse = kFlagUseOf<Op>;
  static constexpr bool kMayBeQuiet = kMayBeQuietOf<Op>;
  template <class T, class Rm, class Path>
  [[gnu::always_inline]] static bool perform(Core& c, Insn* i, Outcome<T>& out) {
    return apply_to_rm<Op, T, Rm, Path>(c, i, static_cast<T>(i->immediate), out);
  }
};

// --- one operand ---

template <class Operation>
struct Unary : Performed<Unary<Operation>> {
  using Op = Operation;
  static constexpr FlagUse kFlagUse = std::is_same_v<Op, alu::Neg>   ? FlagUse::sets
                                      : std::is_same_v<Op, alu::Not> ? FlagUse::keeps
                                                                     : FlagUse::other;
  static constexpr bool kMayBeQuiet = !std::is_same_v<Op, alu::Not>;
  template <class T, class Rm, class Path>
  [[gnu::always_inline]] static bool perform(Core& c, Insn* i, Outcome<T>& out) {
    Flags nobodys;
    Flags& flags = flags_for<Path>(c, nobodys);
    const auto change = [&flags, &out](T value) {
      out.result = Op::template apply<T>(flags, value);
      return out.result;
    };
    return modify_rm<T, Rm, Path>(c, i, change);
  }
};

// --- moves ---

struct MovRmReg {
  static constexpr FlagUse kFlagUse = FlagUse::keeps;
  template <class T, class Rm, class Path = Fast>
  static Insn* run(Core& c, Insn* i) {
    if (!write_rm<T, Rm, Path>(c, i, c.get<T>(i->reg))) return failed<MovRmReg, T, Rm, Path>(c, i);
    return c.next(i);
  }
};
struct MovRegRm {
  static constexpr FlagUse kFlagUse = FlagUse::keeps;
  template <class T, class Rm, class Path = Fast>
  static Insn* run(Core& c, Insn* i) {
    T value;
    if (!read_rm<T, Rm, Path>(c, i, value)) return failed<MovRegRm, T, Rm, Path>(c, i);
    c.set<T>(i->reg, value);
    return c.next(i);
  }
};
struct MovRmImm {
  static constexpr FlagUse kFlagUse = FlagUse::keeps;
  template <class T, class Rm, class Path = Fast>
  static Insn* run(Core& c, Insn* i) {
    if (!write_rm<T, Rm, Path>(c, i, static_cast<T>(i->immediate)))
      return failed<MovRmImm, T, Rm, Path>(c, i);
    return c.next(i);
  }
};

// --- conditional jumps: T is the operand size, a 16-bit jump clears the upper half of EIP ---

template <unsigned kCondition>
struct Jcc {
  template <class T, class Rm>
  static Insn* run(Core& c, Insn* i) {
    if (!c.flags.condition<kCondition>()) return c.next(i);
    return c.jump_relative<T>(i);
  }
};

}  // namespace cpu
