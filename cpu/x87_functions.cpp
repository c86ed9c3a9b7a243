// Square root, remainder, scaling, and the transcendental functions as instructions. [387] chapter
// 4
#include "cpu/x87_ops.h"
#include "cpu/x87_transcendental.h"

namespace cpu::x87 {

namespace {

// ST(0) = f(ST(0)).
template <Extended (*kFunction)(Context&, const Extended&)>
struct Unary {
  template <class Rm>
  static Insn* full(Core& c, Insn* i) {
    note_instruction(c, i);
    X87Unit& f = c.fpu;
    Context context = f.context();
    Extended result = kIndefinite;
    if (f.is_empty(0)) {
      context.raise(kStackUnderflow);
    } else {
      result = kFunction(context, f.st(0));
    }
    if (f.report(context.raised)) f.set(0, result);
    return ended(c, i);
  }
};

// f(ST(0), ST(1)), to ST(0), or to ST(1) and ST(0) popped.
template <Extended (*kFunction)(Context&, const Extended&, const Extended&), bool kPops>
struct Binary {
  template <class Rm>
  static Insn* full(Core& c, Insn* i) {
    note_instruction(c, i);
    X87Unit& f = c.fpu;
    Context context = f.context();
    Extended result = kIndefinite;
    if (f.is_empty(0) || f.is_empty(1)) {
      context.raise(kStackUnderflow);
    } else {
      result = kFunction(context, f.st(0), f.st(1));
    }
    if (f.report(context.raised)) {
      f.set(kPops ? 1 : 0, result);
      if (kPops) f.pop();
    }
    return ended(c, i);
  }
};

Extended arctangent_of_stack(Context& c, const Extended& x, const Extended& y) {
  return arctangent(c, y, x);
}

// FPREM, FPREM1: the quotient's low bits in C0 C3 C1, C2: to be continued.
template <bool kToNearest>
struct PartialRemainder {
  template <class Rm>
  static Insn* full(Core& c, Insn* i) {
    note_instruction(c, i);
    X87Unit& f = c.fpu;
    Context context = f.context();
    Remainder result{.value = kIndefinite};
    if (f.is_empty(0) || f.is_empty(1)) {
      context.raise(kStackUnderflow);
    } else {
      result = remainder(context, f.st(0), f.st(1), kToNearest);
    }
    if (f.report(context.raised)) {
      f.set(0, result.value);
      // C0 and C3 stay when there is no quotient.
      unsigned conditions = result.complete ? 0u : unsigned{kC2};
      if (!result.has_quotient) conditions = f.status & (kC0 | kC3);
      if ((result.quotient & 4) != 0) conditions |= kC0;
      if ((result.quotient & 2) != 0) conditions |= kC3;
      if ((result.quotient & 1) != 0) conditions |= kC1;
      f.set_conditions(conditions);
    } else {
      f.status = static_cast<std::uint16_t>(f.status & ~unsigned{kC2});
    }
    return ended(c, i);
  }
};

// What replaces ST(0) by one value and pushes another wants an occupied and a free register; true
// when it has to end here, with both of them the default NaN if that is masked.
bool stack_fault_of_pushing(X87Unit& f) {
  unsigned raised = 0;
  if (f.is_empty(0)) {
    raised = kStackUnderflow;
  } else if (!f.is_empty(7)) {
    raised = kStackOverflow;
  }
  if (raised == 0) return false;
  if (f.report(raised)) {
    f.set(0, kIndefinite);
    f.push(kIndefinite);
  }
  return true;
}

struct Fxtract {
  template <class Rm>
  static Insn* full(Core& c, Insn* i) {
    note_instruction(c, i);
    X87Unit& f = c.fpu;
    if (stack_fault_of_pushing(f)) return ended(c, i);
    Context context = f.context();
    const Parts parts = extract(context, f.st(0));
    if (f.report(context.raised)) {
      f.set(0, parts.exponent);
      f.push(parts.significand);
    }
    return ended(c, i);
  }
};

// --- angles: C2 is set when the operand is too large, and nothing else happens ---

void set_out_of_range(X87Unit& f, bool out_of_range) {
  const unsigned status =
      out_of_range ? (f.status | kC2) & ~unsigned{kC1} : f.status & ~unsigned{kC2};
  f.status = static_cast<std::uint16_t>(status);
}

template <bool kCosine>
struct SineOrCosine {
  template <class Rm>
  static Insn* full(Core& c, Insn* i) {
    note_instruction(c, i);
    X87Unit& f = c.fpu;
    if (f.is_empty(0)) {
      set_out_of_range(f, false);
      if (f.report(kStackUnderflow)) f.set(0, kIndefinite);
      return ended(c, i);
    }
    Context context = f.context();
    const Trigonometric result = sine_and_cosine(context, f.st(0), !kCosine, kCosine);
    set_out_of_range(f, result.angle == Angle::out_of_range);
    if (result.angle == Angle::out_of_range) return ended(c, i);
    if (f.report(context.raised)) f.set(0, kCosine ? result.cosine : result.sine);
    return ended(c, i);
  }
};

struct Fsincos {
  template <class Rm>
  static Insn* full(Core& c, Insn* i) {
    note_instruction(c, i);
    X87Unit& f = c.fpu;
    set_out_of_range(f, false);
    if (stack_fault_of_pushing(f)) return ended(c, i);
    Context context = f.context();
    const Trigonometric result = sine_and_cosine(context, f.st(0), true, true);
    set_out_of_range(f, result.angle == Angle::out_of_range);
    if (result.angle == Angle::out_of_range) return ended(c, i);
    if (f.report(context.raised)) {
      f.set(0, result.sine);
      f.push(result.cosine);
    }
    return ended(c, i);
  }
};

struct Fptan {
  template <class Rm>
  static Insn* full(Core& c, Insn* i) {
    note_instruction(c, i);
    X87Unit& f = c.fpu;
    set_out_of_range(f, false);
    if (stack_fault_of_pushing(f)) return ended(c, i);
    Context context = f.context();
    const Tangent result = tangent(context, f.st(0));
    set_out_of_range(f, result.angle == Angle::out_of_range);
    if (result.angle == Angle::out_of_range) return ended(c, i);
    if (f.report(context.raised)) {
      f.set(0, result.value);
      f.push(result.angle == Angle::invalid ? result.value : make(false, kBias, kIntegerBit));
    }
    return ended(c, i);
  }
};

}  // namespace

}  // namespace cpu::x87

namespace cpu {

void install_x87_functions(EscapeMap& map) {
  using namespace x87;
  map.on_registers(0xD9F0, on_registers<Unary<exp2_minus_1>>());
  map.on_registers(0xD9F1, on_registers<Binary<log2_times, true>>());
  map.on_registers(0xD9F2, on_registers<Fptan>());
  map.on_registers(0xD9F3, on_registers<Binary<arctangent_of_stack, true>>());
  map.on_registers(0xD9F4, on_registers<Fxtract>());
  map.on_registers(0xD9F8, on_registers<PartialRemainder<false>>());
  map.on_registers(0xD9F9, on_registers<Binary<log2_plus_1_times, true>>());
  map.on_registers(0xD9FA, on_registers<Unary<square_root>>());
  map.on_registers(0xD9FC, on_registers<Unary<round_to_integer>>());
  map.on_registers(0xD9FD, on_registers<Binary<scale, false>>());
  if (map.at_least(Fpu::i80387)) {
    map.on_registers(0xD9F5, on_registers<PartialRemainder<true>>());
    map.on_registers(0xD9FB, on_registers<Fsincos>());
    map.on_registers(0xD9FE, on_registers<SineOrCosine<false>>());
    map.on_registers(0xD9FF, on_registers<SineOrCosine<true>>());
  }
}

}  // namespace cpu
