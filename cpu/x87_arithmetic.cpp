// FADD to FDIVR, the comparisons, FTST and FXAM. [387] chapter 4.
#include "cpu/x87_ops.h"

namespace cpu::x87 {

namespace {

struct Add {
  static bool fast(Context& c, const Extended& a, const Extended& b, Extended& result) {
    return add_fast(c, a, b, false, result);
  }
  static Extended full(Context& c, const Operand& a, const Operand& b) {
    return add(c, a, b, false);
  }
};
struct Subtract {
  static bool fast(Context& c, const Extended& a, const Extended& b, Extended& result) {
    return add_fast(c, a, b, true, result);
  }
  static Extended full(Context& c, const Operand& a, const Operand& b) {
    return add(c, a, b, true);
  }
};
struct Multiply {
  static bool fast(Context& c, const Extended& a, const Extended& b, Extended& result) {
    return multiply_fast(c, a, b, result);
  }
  static Extended full(Context& c, const Operand& a, const Operand& b) { return multiply(c, a, b); }
};
struct Divide {
  static bool fast(Context& c, const Extended& a, const Extended& b, Extended& result) {
    return divide_fast(c, a, b, result);
  }
  static Extended full(Context& c, const Operand& a, const Operand& b) { return divide(c, a, b); }
};
// FSUBR, FDIVR.
template <class Operation>
struct Reversed {
  static bool fast(Context& c, const Extended& a, const Extended& b, Extended& result) {
    return Operation::fast(c, b, a, result);
  }
  static Extended full(Context& c, const Operand& a, const Operand& b) {
    return Operation::full(c, b, a);
  }
};

// ST(0) = ST(0) op memory.
template <class Operation, class Source>
struct WithMemory {
  template <class Rm>
  static Insn* full(Core& c, Insn* i) {
    const std::uint32_t offset = Rm::offset(c, i);
    typename Source::Bits bits;
    if (!read_operand(c, i, offset, bits)) return nullptr;
    note_operand(c, i, offset);
    X87Unit& f = c.fpu;
    Context context = f.context();
    Extended result = kIndefinite;
    if (f.is_empty(0)) {
      context.raise(kStackUnderflow);
    } else {
      result = Operation::full(context, take_apart(context, f.st(0)), Source::widen(context, bits));
    }
    if (f.report(context.raised)) f.set(0, result);
    return ended(c, i);
  }
  template <class Rm>
  [[gnu::always_inline]] static Insn* quick(Core& c, Insn* i) {
    const std::uint32_t offset = Rm::offset(c, i);
    typename Source::Bits bits;
    X87Unit& f = c.fpu;
    Context context = f.context();
    Extended operand, result;
    if (f.is_empty(0) || !c.read_fast(i->segment, offset, bits) ||
        !Source::widen_fast(bits, operand) || !Operation::fast(context, f.st(0), operand, result))
        [[unlikely]]
      return full<Rm>(c, i);
    f.st(0) = result;
    report_quick(f, context.raised);
    note_operand(c, i, offset);
    return c.next(i);
  }
};

// ST(0) op ST(i), to either of them.
template <class Operation, bool kToTop, bool kPops>
struct WithRegister {
  template <class Rm>
  static Insn* full(Core& c, Insn* i) {
    note_instruction(c, i);
    X87Unit& f = c.fpu;
    Context context = f.context();
    Extended result = kIndefinite;
    if (f.is_empty(0) || f.is_empty(i->rm)) {
      context.raise(kStackUnderflow);
    } else {
      result =
          Operation::full(context, take_apart(context, f.st(0)), take_apart(context, f.st(i->rm)));
    }
    if (f.report(context.raised)) {
      f.set(kToTop ? 0 : i->rm, result);
      if (kPops) f.pop();
    }
    return ended(c, i);
  }
  template <class Rm>
  [[gnu::always_inline]] static Insn* quick(Core& c, Insn* i) {
    X87Unit& f = c.fpu;
    Context context = f.context();
    Extended result;
    if (f.is_empty(0) || f.is_empty(i->rm) ||
        !Operation::fast(context, f.st(0), f.st(i->rm), result)) [[unlikely]]
      return full<Rm>(c, i);
    f.st(kToTop ? 0 : i->rm) = result;
    if (kPops) f.pop();
    report_quick(f, context.raised);
    note_instruction(c, i);
    return c.next(i);
  }
};

// --- comparisons ---

constexpr unsigned conditions(Order order) {
  switch (order) {
    case Order::less:
      return kC0;
    case Order::equal:
      return kC3;
    case Order::greater:
      return 0;
    case Order::unordered:
      break;
  }
  return kC0 | kC2 | kC3;
}

[[gnu::always_inline]] inline bool compare_fast(const Extended& a, const Extended& b,
                                                unsigned& result) {
  if (!a.is_normal() && !a.is_zero()) [[unlikely]]
    return false;
  if (!b.is_normal() && !b.is_zero()) [[unlikely]]
    return false;
  const Uint128 left = join(static_cast<std::uint64_t>(a.exponent()), a.mantissa);
  const Uint128 right = join(static_cast<std::uint64_t>(b.exponent()), b.mantissa);
  if (a.sign() != b.sign()) {
    result = a.sign() ? kC0 : 0;
    if ((left | right) == 0) result = kC3;
  } else {
    result = (left < right) != a.sign() ? kC0 : 0;
    if (left == right) result = kC3;
  }
  return true;
}

// Ends a comparison: conditions are set even when the exception is not masked, popping is not.
Insn* deliver_order(Core& c, Insn* i, const Context& context, Order order, unsigned pops) {
  X87Unit& f = c.fpu;
  const bool deliver = f.report(context.raised);
  f.set_conditions(conditions(order));
  for (; deliver && pops != 0; --pops) f.pop();
  return ended(c, i);
}

template <class Source, unsigned kPops>
struct CompareMemory {
  template <class Rm>
  static Insn* full(Core& c, Insn* i) {
    const std::uint32_t offset = Rm::offset(c, i);
    typename Source::Bits bits;
    if (!read_operand(c, i, offset, bits)) return nullptr;
    note_operand(c, i, offset);
    X87Unit& f = c.fpu;
    Context context = f.context();
    Order order = Order::unordered;
    if (f.is_empty(0)) {
      context.raise(kStackUnderflow);
    } else {
      order = compare(context, take_apart(context, f.st(0)), Source::widen(context, bits), false);
    }
    return deliver_order(c, i, context, order, kPops);
  }
  template <class Rm>
  [[gnu::always_inline]] static Insn* quick(Core& c, Insn* i) {
    const std::uint32_t offset = Rm::offset(c, i);
    typename Source::Bits bits;
    X87Unit& f = c.fpu;
    Extended operand;
    unsigned result;
    if (f.is_empty(0) || !c.read_fast(i->segment, offset, bits) ||
        !Source::widen_fast(bits, operand) || !compare_fast(f.st(0), operand, result)) [[unlikely]]
      return full<Rm>(c, i);
    f.set_conditions(result);
    if (kPops != 0) f.pop();
    note_operand(c, i, offset);
    return c.next(i);
  }
};

template <bool kQuiet, unsigned kPops>
struct CompareRegister {
  template <class Rm>
  static Insn* full(Core& c, Insn* i) {
    note_instruction(c, i);
    X87Unit& f = c.fpu;
    Context context = f.context();
    Order order = Order::unordered;
    if (f.is_empty(0) || f.is_empty(i->rm)) {
      context.raise(kStackUnderflow);
    } else {
      order =
          compare(context, take_apart(context, f.st(0)), take_apart(context, f.st(i->rm)), kQuiet);
    }
    return deliver_order(c, i, context, order, kPops);
  }
  template <class Rm>
  [[gnu::always_inline]] static Insn* quick(Core& c, Insn* i) {
    X87Unit& f = c.fpu;
    unsigned result;
    if (f.is_empty(0) || f.is_empty(i->rm) || !compare_fast(f.st(0), f.st(i->rm), result))
        [[unlikely]]
      return full<Rm>(c, i);
    f.set_conditions(result);
    for (unsigned n = 0; n < kPops; ++n) f.pop();
    note_instruction(c, i);
    return c.next(i);
  }
};

struct Ftst {
  template <class Rm>
  static Insn* full(Core& c, Insn* i) {
    note_instruction(c, i);
    X87Unit& f = c.fpu;
    Context context = f.context();
    Order order = Order::unordered;
    if (f.is_empty(0)) {
      context.raise(kStackUnderflow);
    } else {
      order = compare(context, take_apart(context, f.st(0)), Operand{}, false);
    }
    return deliver_order(c, i, context, order, 0);
  }
};

// [387] table 4-6. What the 287 says of an empty register includes the rest of its contents,
// [SDM] 3, 22.18.7.15.
struct Fxam {
  template <class Rm>
  static Insn* full(Core& c, Insn* i) {
    note_instruction(c, i);
    X87Unit& f = c.fpu;
    const Extended& value = f.st(0);
    unsigned result = value.sign() ? kC1 : 0;
    if (f.is_empty(0)) {
      result |= kC3 | kC0;
    } else {
      const Operand a = take_apart(f.context(), value);
      switch (a.kind) {
        case Class::zero:
          result |= a.exponent != 0 ? 0 : kC3;  // a pseudo-zero is an unnormal
          break;
        case Class::number:
          if (a.denormal) result |= kC3;
          if (!a.unnormal) result |= kC2;
          break;
        case Class::infinity:
          result |= kC2 | kC0;
          break;
        case Class::nan:
          result |= kC0;
          break;
        case Class::unsupported:
          break;
      }
    }
    f.set_conditions(result);
    return c.next(i);
  }
};

template <class Source>
void install_memory(EscapeMap& map, unsigned opcode) {
  map.in_memory(opcode, 0, in_memory_quick<WithMemory<Add, Source>>());
  map.in_memory(opcode, 1, in_memory_quick<WithMemory<Multiply, Source>>());
  map.in_memory(opcode, 2, in_memory_quick<CompareMemory<Source, 0>>());
  map.in_memory(opcode, 3, in_memory_quick<CompareMemory<Source, 1>>());
  map.in_memory(opcode, 4, in_memory_quick<WithMemory<Subtract, Source>>());
  map.in_memory(opcode, 5, in_memory_quick<WithMemory<Reversed<Subtract>, Source>>());
  map.in_memory(opcode, 6, in_memory_quick<WithMemory<Divide, Source>>());
  map.in_memory(opcode, 7, in_memory_quick<WithMemory<Reversed<Divide>, Source>>());
}

template <bool kToTop, bool kPops>
void install_registers(EscapeMap& map, unsigned opcode) {
  const unsigned code = opcode << 8;
  map.on_each_register(code | 0xC0, on_registers_quick<WithRegister<Add, kToTop, kPops>>());
  map.on_each_register(code | 0xC8, on_registers_quick<WithRegister<Multiply, kToTop, kPops>>());
  map.on_each_register(code | 0xE0, on_registers_quick<WithRegister<Subtract, kToTop, kPops>>());
  map.on_each_register(code | 0xE8,
                       on_registers_quick<WithRegister<Reversed<Subtract>, kToTop, kPops>>());
  map.on_each_register(code | 0xF0, on_registers_quick<WithRegister<Divide, kToTop, kPops>>());
  map.on_each_register(code | 0xF8,
                       on_registers_quick<WithRegister<Reversed<Divide>, kToTop, kPops>>());
}

}  // namespace

}  // namespace cpu::x87

namespace cpu {

void install_x87_arithmetic(EscapeMap& map) {
  using namespace x87;
  install_memory<Real32>(map, 0xD8);
  install_memory<Int32>(map, 0xDA);
  install_memory<Real64>(map, 0xDC);
  install_memory<Int16>(map, 0xDE);
  install_registers<true, false>(map, 0xD8);
  install_registers<false, false>(map, 0xDC);
  install_registers<false, true>(map, 0xDE);
  // clang-format off
  map.on_each_register(0xD8D0, on_registers_quick<CompareRegister<false, 0>>());  // FCOM
  map.on_each_register(0xD8D8, on_registers_quick<CompareRegister<false, 1>>());  // FCOMP
  map.on_each_register(0xDCD0, on_registers_quick<CompareRegister<false, 0>>());  // the same again
  map.on_each_register(0xDCD8, on_registers_quick<CompareRegister<false, 1>>());
  map.on_each_register(0xDED0, on_registers_quick<CompareRegister<false, 1>>());
  map.on_registers(0xDED9, on_registers_quick<CompareRegister<false, 2>>());      // FCOMPP
  map.on_registers(0xD9E4, on_registers<Ftst>());
  map.on_registers(0xD9E5, on_registers<Fxam>());
  if (map.at_least(Fpu::i80387)) {
    map.on_each_register(0xDDE0, on_registers_quick<CompareRegister<true, 0>>());  // FUCOM
    map.on_each_register(0xDDE8, on_registers_quick<CompareRegister<true, 1>>());  // FUCOMP
    map.on_registers(0xDAE9, on_registers_quick<CompareRegister<true, 2>>());      // FUCOMPP
  }
  // clang-format on
}

}  // namespace cpu
