// Loads, stores, conversions, constants and the instructions that move the stack. [387] chapter 4.
#include "cpu/x87_ops.h"

namespace cpu::x87 {

namespace {

// --- loads ---

// Pushes `value`, unless the exceptions of loading it or a full stack prevent that. An empty source
// goes before a full stack.
Insn* push_loaded(Core& c, Insn* i, Context& context, Extended value) {
  X87Unit& f = c.fpu;
  if (!f.is_empty(7) && (context.raised & kStackFault) == 0) {
    context.raised = 0;
    context.raise(kStackOverflow);
    value = kIndefinite;
  }
  // A denormal is loaded even when that is an exception (the host's unit).
  if (f.report(context.raised) || (context.raised & kInvalid) == 0) f.push(value);
  return ended(c, i);
}

template <class Source>
struct Load {
  template <class Rm>
  static Insn* full(Core& c, Insn* i) {
    const std::uint32_t offset = Rm::offset(c, i);
    typename Source::Bits bits;
    if (!read_operand(c, i, offset, bits)) return nullptr;
    note_operand(c, i, offset);
    Context context = c.fpu.context();
    const Extended value = Source::load(context, bits);
    return push_loaded(c, i, context, value);
  }
  template <class Rm>
  [[gnu::always_inline]] static Insn* quick(Core& c, Insn* i) {
    const std::uint32_t offset = Rm::offset(c, i);
    typename Source::Bits bits;
    X87Unit& f = c.fpu;
    Extended value;
    if (!f.is_empty(7) || !c.read_fast(i->segment, offset, bits) ||
        !Source::widen_fast(bits, value)) [[unlikely]]
      return full<Rm>(c, i);
    f.push(value);
    report_quick(f, 0);
    note_operand(c, i, offset);
    return c.next(i);
  }
};

Extended extended_of(const std::array<std::uint8_t, 10>& bytes) {
  Extended value;
  std::memcpy(&value.mantissa, bytes.data(), 8);
  std::memcpy(&value.head, bytes.data() + 8, 2);
  return value;
}

struct LoadExtended {
  template <class Rm>
  static Insn* full(Core& c, Insn* i) {
    const std::uint32_t offset = Rm::offset(c, i);
    std::array<std::uint8_t, 10> bytes;
    if (!read_block(c, i, offset, bytes)) return nullptr;
    note_operand(c, i, offset);
    Context context = c.fpu.context();
    const Extended value = extended_of(bytes);
    // Not an arithmetic instruction to the 387, [SDM] 3, 22.18.7.11.
    if (context.is_287() && take_apart(context, value).denormal) context.raise(kDenormal);
    return push_loaded(c, i, context, value);
  }
  template <class Rm>
  [[gnu::always_inline]] static Insn* quick(Core& c, Insn* i) {
    const std::uint32_t offset = Rm::offset(c, i);
    X87Unit& f = c.fpu;
    Extended value;
    if (!f.is_empty(7) || !c.read_fast(i->segment, offset, value.mantissa) ||
        !c.read_fast(i->segment, offset + 8, value.head) || !value.is_normal()) [[unlikely]]
      return full<Rm>(c, i);
    f.push(value);
    report_quick(f, 0);
    note_operand(c, i, offset);
    return c.next(i);
  }
};

struct LoadBcd {
  template <class Rm>
  static Insn* full(Core& c, Insn* i) {
    const std::uint32_t offset = Rm::offset(c, i);
    Bcd digits;
    if (!read_block(c, i, offset, digits)) return nullptr;
    note_operand(c, i, offset);
    Context context = c.fpu.context();
    return push_loaded(c, i, context, from_bcd(digits));
  }
};

struct LoadRegister {
  template <class Rm>
  static Insn* full(Core& c, Insn* i) {
    note_instruction(c, i);
    X87Unit& f = c.fpu;
    Context context = f.context();
    Extended value = f.st(i->rm);
    if (f.is_empty(i->rm)) {
      context.raise(kStackUnderflow);
      value = kIndefinite;
    }
    return push_loaded(c, i, context, value);
  }
  template <class Rm>
  [[gnu::always_inline]] static Insn* quick(Core& c, Insn* i) {
    X87Unit& f = c.fpu;
    if (!f.is_empty(7) || f.is_empty(i->rm)) [[unlikely]]
      return full<Rm>(c, i);
    f.push(f.st(i->rm));
    report_quick(f, 0);
    note_instruction(c, i);
    return c.next(i);
  }
};

// Cut after 64 bits; whether the next one is set. [387] FLD constant
struct Constant {
  Extended cut;
  bool more_than_half, inexact;
};
constexpr std::array<Constant, 7> kConstants = {{
    {{0x8000000000000000, 0x3FFF}, false, false},  // 1
    {{0xD49A784BCD1B8AFE, 0x4000}, false, true},   // log2 10
    {{0xB8AA3B295C17F0BB, 0x3FFF}, true, true},    // log2 e
    {{0xC90FDAA22168C234, 0x4000}, true, true},    // pi
    {{0x9A209A84FBCFF798, 0x3FFD}, true, true},    // log10 2
    {{0xB17217F7D1CF79AB, 0x3FFE}, true, true},    // ln 2
    {{0, 0}, false, false},                        // 0
}};

struct LoadConstant {
  template <class Rm>
  static Insn* full(Core& c, Insn* i) {
    note_instruction(c, i);
    Context context = c.fpu.context();
    const Constant& constant = kConstants[i->rm];
    // The 287 always gives the nearest.
    const RoundingMode mode = context.is_287() ? kNearest : context.rounding->mode;
    Extended value = constant.cut;
    const bool up = mode == kNearest ? constant.more_than_half : mode == kUp && constant.inexact;
    if (up) ++value.mantissa;
    return push_loaded(c, i, context, value);
  }
};

// --- stores ---

template <class Format>
struct RealTarget {
  using Bits = Format;
  static Bits convert(Context& c, const Extended& value) {
    c.rounding = &kRoundings[c.rounding->mode][x87::Format<Bits>::kPrecisionControl];
    return narrow<Bits>(c, value);
  }
  static bool convert_fast(Context& c, const Extended& value, Bits& bits) {
    c.rounding = &kRoundings[c.rounding->mode][x87::Format<Bits>::kPrecisionControl];
    return narrow_fast(c, value, bits);
  }
};
template <class Format>
struct WholeTarget {
  using Bits = Format;
  static Bits convert(Context& c, const Extended& value) {
    return static_cast<Bits>(to_integer(c, value, 8 * sizeof(Bits)));
  }
  static bool convert_fast(Context& c, const Extended& value, Bits& bits) {
    return to_integer_fast(c, value, bits);
  }
};

// Whether an instruction that stores to memory may do so: over- and underflow prevent it too.
bool may_store(const X87Unit& f, unsigned raised) {
  constexpr unsigned before = kInvalid | kDenormal | kZeroDivide | kOverflow | kUnderflow;
  return (raised & ~unsigned{f.control} & before) == 0;
}

template <class Target, bool kPops>
struct Store {
  template <class Rm>
  static Insn* full(Core& c, Insn* i) {
    const std::uint32_t offset = Rm::offset(c, i);
    X87Unit& f = c.fpu;
    Context context = f.context();
    typename Target::Bits bits;
    if (f.is_empty(0)) {
      bits = Target::convert(context, kIndefinite);
      context.raised = 0;
      context.raise(kStackUnderflow);
    } else {
      bits = Target::convert(context, f.st(0));
    }
    const bool store = may_store(f, context.raised);
    if (store) {
      if (!write_operand(c, i, offset, bits)) return nullptr;
    } else if (!c.check_write(i, i->segment, offset, sizeof(bits))) {
      return nullptr;
    }
    note_operand(c, i, offset);
    f.report(context.raised);
    if (store && kPops) f.pop();
    return ended(c, i);
  }
  template <class Rm>
  [[gnu::always_inline]] static Insn* quick(Core& c, Insn* i) {
    const std::uint32_t offset = Rm::offset(c, i);
    X87Unit& f = c.fpu;
    Context context = f.context();
    typename Target::Bits bits;
    if (f.is_empty(0) || !Target::convert_fast(context, f.st(0), bits) ||
        !c.write_fast(i->segment, offset, bits)) [[unlikely]]
      return full<Rm>(c, i);
    if (kPops) f.pop();
    report_quick(f, context.raised);
    note_operand(c, i, offset);
    return c.next(i);
  }
};

// FSTP m80 stores everything as it is.
struct StoreExtended {
  template <class Rm>
  static Insn* full(Core& c, Insn* i) {
    const std::uint32_t offset = Rm::offset(c, i);
    X87Unit& f = c.fpu;
    const unsigned raised = f.is_empty(0) ? kStackUnderflow : 0u;
    const Extended value = f.is_empty(0) ? kIndefinite : f.st(0);
    const bool store = may_store(f, raised);
    std::array<std::uint8_t, 10> bytes;
    std::memcpy(bytes.data(), &value.mantissa, 8);
    std::memcpy(bytes.data() + 8, &value.head, 2);
    if (store && !write_block(c, i, offset, bytes)) return nullptr;
    note_operand(c, i, offset);
    f.report(raised);
    if (store) f.pop();
    return ended(c, i);
  }
};

struct StoreBcd {
  template <class Rm>
  static Insn* full(Core& c, Insn* i) {
    const std::uint32_t offset = Rm::offset(c, i);
    X87Unit& f = c.fpu;
    Context context = f.context();
    const Bcd digits = to_bcd(context, f.is_empty(0) ? kIndefinite : f.st(0));
    if (f.is_empty(0)) context.raise(kStackUnderflow);
    const bool store = may_store(f, context.raised);
    if (store && !write_block(c, i, offset, digits)) return nullptr;
    note_operand(c, i, offset);
    f.report(context.raised);
    if (store) f.pop();
    return ended(c, i);
  }
};

template <bool kPops>
struct StoreRegister {
  template <class Rm>
  static Insn* full(Core& c, Insn* i) {
    note_instruction(c, i);
    X87Unit& f = c.fpu;
    const unsigned raised = f.is_empty(0) ? kStackUnderflow : 0u;
    const Extended value = f.is_empty(0) ? kIndefinite : f.st(0);
    if (f.report(raised)) {
      f.set(i->rm, value);
      if (kPops) f.pop();
    }
    return ended(c, i);
  }
  template <class Rm>
  [[gnu::always_inline]] static Insn* quick(Core& c, Insn* i) {
    X87Unit& f = c.fpu;
    if (f.is_empty(0)) [[unlikely]]
      return full<Rm>(c, i);
    f.set(i->rm, f.st(0));
    if (kPops) f.pop();
    report_quick(f, 0);
    note_instruction(c, i);
    return c.next(i);
  }
};

// --- within the stack ---

struct Exchange {
  template <class Rm>
  static Insn* full(Core& c, Insn* i) {
    note_instruction(c, i);
    X87Unit& f = c.fpu;
    const bool underflow = f.is_empty(0) || f.is_empty(i->rm);
    if (f.report(underflow ? kStackUnderflow : 0)) {
      const Extended left = f.is_empty(0) ? kIndefinite : f.st(0);
      const Extended right = f.is_empty(i->rm) ? kIndefinite : f.st(i->rm);
      f.set(0, right);
      f.set(i->rm, left);
    }
    return ended(c, i);
  }
  template <class Rm>
  [[gnu::always_inline]] static Insn* quick(Core& c, Insn* i) {
    X87Unit& f = c.fpu;
    if (f.is_empty(0) || f.is_empty(i->rm)) [[unlikely]]
      return full<Rm>(c, i);
    const Extended top = f.st(0);
    f.st(0) = f.st(i->rm);
    f.st(i->rm) = top;
    report_quick(f, 0);
    note_instruction(c, i);
    return c.next(i);
  }
};

// FCHS, FABS: the sign bit of whatever is there.
template <std::uint16_t kKept, std::uint16_t kFlipped>
struct ChangeSign {
  template <class Rm>
  static Insn* full(Core& c, Insn* i) {
    note_instruction(c, i);
    X87Unit& f = c.fpu;
    if (f.is_empty(0)) {
      if (f.report(kStackUnderflow)) f.set(0, kIndefinite);
      return ended(c, i);
    }
    f.st(0).head = static_cast<std::uint16_t>((f.st(0).head & kKept) ^ kFlipped);
    report_quick(f, 0);
    return c.next(i);
  }
};

// FDECSTP, FINCSTP.
template <unsigned kStep>
struct RotateStack {
  template <class Rm>
  static Insn* full(Core& c, Insn* i) {
    note_instruction(c, i);
    c.fpu.top = (c.fpu.top + kStep) & 7;
    report_quick(c.fpu, 0);
    return c.next(i);
  }
};

template <bool kPops>
struct Free {
  template <class Rm>
  static Insn* full(Core& c, Insn* i) {
    note_instruction(c, i);
    c.fpu.free(i->rm);
    if (kPops) c.fpu.pop();
    report_quick(c.fpu, 0);
    return c.next(i);
  }
};

struct NoOperation {
  template <class Rm>
  static Insn* full(Core& c, Insn* i) {
    note_instruction(c, i);
    return c.next(i);
  }
};

}  // namespace

}  // namespace cpu::x87

namespace cpu {

void install_x87_moves(EscapeMap& map) {
  using namespace x87;
  // clang-format off
  map.in_memory(0xD9, 0, in_memory_quick<Load<Real32>>());
  map.in_memory(0xD9, 2, in_memory_quick<Store<RealTarget<std::uint32_t>, false>>());
  map.in_memory(0xD9, 3, in_memory_quick<Store<RealTarget<std::uint32_t>, true>>());
  map.in_memory(0xDB, 0, in_memory_quick<Load<Int32>>());
  map.in_memory(0xDB, 2, in_memory_quick<Store<WholeTarget<std::uint32_t>, false>>());
  map.in_memory(0xDB, 3, in_memory_quick<Store<WholeTarget<std::uint32_t>, true>>());
  map.in_memory(0xDB, 5, in_memory_quick<LoadExtended>());
  map.in_memory(0xDB, 7, in_memory<StoreExtended>());
  map.in_memory(0xDD, 0, in_memory_quick<Load<Real64>>());
  map.in_memory(0xDD, 2, in_memory_quick<Store<RealTarget<std::uint64_t>, false>>());
  map.in_memory(0xDD, 3, in_memory_quick<Store<RealTarget<std::uint64_t>, true>>());
  map.in_memory(0xDF, 0, in_memory_quick<Load<Int16>>());
  map.in_memory(0xDF, 2, in_memory_quick<Store<WholeTarget<std::uint16_t>, false>>());
  map.in_memory(0xDF, 3, in_memory_quick<Store<WholeTarget<std::uint16_t>, true>>());
  map.in_memory(0xDF, 4, in_memory<LoadBcd>());
  map.in_memory(0xDF, 5, in_memory_quick<Load<Int64>>());
  map.in_memory(0xDF, 6, in_memory<StoreBcd>());
  map.in_memory(0xDF, 7, in_memory_quick<Store<WholeTarget<std::uint64_t>, true>>());

  map.on_each_register(0xD9C0, on_registers_quick<LoadRegister>());
  map.on_each_register(0xD9C8, on_registers_quick<Exchange>());
  map.on_registers(0xD9D0, on_registers<NoOperation>());
  map.on_registers(0xD9E0, on_registers<ChangeSign<0xFFFF, 0x8000>>());
  map.on_registers(0xD9E1, on_registers<ChangeSign<0x7FFF, 0>>());
  for (unsigned n = 0; n < kConstants.size(); ++n) map.on_registers(0xD9E8 + n, on_registers<LoadConstant>());
  map.on_registers(0xD9F6, on_registers<RotateStack<7>>());
  map.on_registers(0xD9F7, on_registers<RotateStack<1>>());
  map.on_each_register(0xDDC0, on_registers<Free<false>>());
  map.on_each_register(0xDDD0, on_registers_quick<StoreRegister<false>>());
  map.on_each_register(0xDDD8, on_registers_quick<StoreRegister<true>>());
  // Not in the manuals, on every unit: the same instructions at other places.
  map.on_each_register(0xD9D8, on_registers_quick<StoreRegister<true>>());
  map.on_each_register(0xDDC8, on_registers_quick<Exchange>());
  map.on_each_register(0xDFC0, on_registers<Free<true>>());
  map.on_each_register(0xDFC8, on_registers_quick<Exchange>());
  map.on_each_register(0xDFD0, on_registers_quick<StoreRegister<true>>());
  map.on_each_register(0xDFD8, on_registers_quick<StoreRegister<true>>());
  // clang-format on
}

}  // namespace cpu
