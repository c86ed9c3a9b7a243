#include "cpu/x87_float.h"

#include <cmath>

namespace cpu::x87 {

namespace {

// What an unmasked overflow or underflow moves the exponent by, [387] 3.7.4.
constexpr int kExponentAdjust = 24576;

Extended overflow(Context& c, const Exact& exact, const Rounded& rounded) {
  const Rounding& r = *c.rounding;
  if (!c.masked(kOverflow)) {
    c.raise(kOverflow);
    const int exponent = rounded.exponent - kExponentAdjust;
    if (exponent >= kInfinityExponent) {  // FSCALE
      c.raise(kPrecision | kC1);
      return infinity(exact.sign);
    }
    if (c.is_287()) return make(exact.sign, exact.exponent - kExponentAdjust, exact.high);
    c.raise((rounded.inexact ? unsigned{kPrecision} : 0u) | (rounded.up ? unsigned{kC1} : 0u));
    return make(exact.sign, exponent, rounded.mantissa);
  }
  if (r.mode == kTowardZero && c.is_287()) {  // [SDM] 3, 22.18.6.2
    c.raise(kPrecision);
    return infinity(exact.sign);
  }
  c.raise(kOverflow | kPrecision);
  if (r.mode != kNearest && !rounds_up_in_magnitude(r.mode, exact.sign)) {
    return make(exact.sign, kInfinityExponent - 1, ~r.low_mask);
  }
  c.raise(kC1);
  return infinity(exact.sign);
}

Extended underflow(Context& c, const Exact& exact, const Rounded& unbounded) {
  if (!c.masked(kUnderflow)) {
    c.raise(kUnderflow);
    const int exponent = unbounded.exponent + kExponentAdjust;
    if (exponent <= 0) {  // FSCALE
      c.raise(kPrecision);
      return zero(exact.sign);
    }
    c.raise((unbounded.inexact ? unsigned{kPrecision} : 0u) | (unbounded.up ? unsigned{kC1} : 0u));
    return make(exact.sign, exponent, unbounded.mantissa);
  }
  const Uint128 shifted = shift_right_sticky(join(exact.high, exact.low), 1 - exact.exponent);
  const Rounded rounded =
      round_mantissa(*c.rounding, exact.sign, 0, high_half(shifted), low_half(shifted));
  if (rounded.inexact || (c.is_287() && c.rounding->mode == kTowardZero)) c.raise(kUnderflow);
  if (rounded.inexact) c.raise(kPrecision);
  if (rounded.up) c.raise(kC1);
  return make(exact.sign, rounded.mantissa >> 63 != 0 ? 1 : 0, rounded.mantissa);
}

// DE of operands used as numbers.
void raise_denormal(Context& c, const Operand& a, const Operand& b) {
  if (a.denormal || b.denormal) c.raise(kDenormal);
}
void raise_denormal(Context& c, const Operand& a) {
  if (a.denormal) c.raise(kDenormal);
}

// Where the 287 cannot start from a number that is not normalised, [SDM] 3, 22.18.7.1.
bool refused_by_287(const Context& c, const Operand& a) {
  return c.is_287() && (a.denormal || a.unnormal);
}

bool either(const Operand& a, const Operand& b, Class kind) {
  return a.kind == kind || b.kind == kind;
}

Extended quieted(const Extended& nan) {
  return {nan.mantissa | kQuietBit, nan.head};
}

Extended exactly(Context& c, const Operand& a) {
  return pack(c, {a.sign, a.exponent, a.mantissa, 0});
}

}  // namespace

Operand take_apart(const Context& c, const Extended& value) {
  Operand a;
  a.raw = value;
  a.sign = value.sign();
  a.exponent = value.exponent();
  a.mantissa = value.mantissa;
  const bool integer_bit = value.mantissa >> 63 != 0;
  if (a.exponent == 0) {
    if (a.mantissa == 0) return a;
    a.kind = Class::number;
    a.denormal = true;
    const int shift = std::countl_zero(a.mantissa);
    a.mantissa <<= shift;
    a.exponent = 1 - shift;
    return a;
  }
  if (!integer_bit && !c.is_287()) {
    a.kind = Class::unsupported;
  } else if (a.exponent == kInfinityExponent) {
    a.kind = a.mantissa << 1 == 0 ? Class::infinity : Class::nan;
  } else if (integer_bit) {
    a.kind = Class::number;
  } else if (a.mantissa != 0) {
    a.kind = Class::number;
    a.unnormal = true;
    const int shift = std::countl_zero(a.mantissa);
    a.mantissa <<= shift;
    a.exponent -= shift;
  }
  return a;
}

Extended propagate_nan(Context& c, const Operand& a, const Operand& b) {
  if (c.is_287()) {
    // One kind of NaN, always invalid. [SDM] 3, 22.18.5.1
    c.raise(kInvalid);
    if (!b.is_nan()) return a.raw;
    if (!a.is_nan()) return b.raw;
    return a.mantissa >= b.mantissa ? a.raw : b.raw;
  }
  if (a.is_signaling() || b.is_signaling()) c.raise(kInvalid);
  // A quiet NaN goes before a signaling one. [SDM] 1, table 4-7
  if (!b.is_nan() || (a.is_nan() && b.is_signaling() && !a.is_signaling())) return quieted(a.raw);
  if (!a.is_nan() || (a.is_signaling() && !b.is_signaling())) return quieted(b.raw);
  const Extended left = quieted(a.raw), right = quieted(b.raw);
  if (left.mantissa != right.mantissa) return left.mantissa > right.mantissa ? left : right;
  return left.head < right.head ? left : right;
}

Extended propagate_nan(Context& c, const Operand& a) {
  return propagate_nan(c, a, Operand{});
}

Extended pack(Context& c, const Exact& exact) {
  const Rounded rounded =
      round_mantissa(*c.rounding, exact.sign, exact.exponent, exact.high, exact.low);
  if (rounded.exponent >= kInfinityExponent) return overflow(c, exact, rounded);
  if (rounded.exponent <= 0) return underflow(c, exact, rounded);
  if (rounded.inexact) c.raise(kPrecision);
  if (rounded.up) c.raise(kC1);
  return make(exact.sign, rounded.exponent, rounded.mantissa);
}

// --- memory formats ---

template <class Bits>
Operand widen(const Context& c, Bits bits) {
  using F = Format<Bits>;
  Extended wide;
  if (widen_fast(bits, wide)) return take_apart(c, wide);
  const bool sign = bits >> (F::kFractionBits + F::kExponentBits) != 0;
  const int exponent = static_cast<int>(bits >> F::kFractionBits) & kFormatMaxExponent<Bits>;
  const std::uint64_t fraction = std::uint64_t{bits} << (63 - F::kFractionBits) & ~kIntegerBit;
  if (exponent != 0) return take_apart(c, make(sign, kInfinityExponent, kIntegerBit | fraction));
  const int shift = std::countl_zero(fraction);
  const int smallest = 1 + kBias - kFormatBias<Bits>;
  Operand a = take_apart(c, make(sign, smallest - shift, fraction << shift));
  // The 287 keeps what it loaded as an unnormal.
  if (c.is_287()) a.raw = make(sign, smallest, fraction);
  a.denormal = true;
  return a;
}

template <class Bits>
Extended load(Context& c, Bits bits) {
  const Operand a = widen(c, bits);
  raise_denormal(c, a);
  if (a.is_nan() && !c.is_287()) return propagate_nan(c, a);
  return a.raw;
}

namespace {

template <class Bits>
constexpr Bits compose(bool sign, int exponent, std::uint64_t mantissa) {
  using F = Format<Bits>;
  const auto fraction = static_cast<Bits>(mantissa << 1 >> (64 - F::kFractionBits));
  const auto head = static_cast<Bits>(exponent | (sign ? kFormatMaxExponent<Bits> + 1 : 0));
  return static_cast<Bits>(head << F::kFractionBits | fraction);
}

template <class Bits>
Bits narrow_number(Context& c, const Operand& a) {
  constexpr int infinite = kFormatMaxExponent<Bits>;
  const Rounding& r = *c.rounding;
  const int exponent = a.exponent - kBias + kFormatBias<Bits>;
  const Rounded rounded = round_mantissa(r, a.sign, exponent, a.mantissa, 0);
  const auto report = [&c](const Rounded& result) {
    if (result.inexact) c.raise(kPrecision);
    if (result.up) c.raise(kC1);
  };
  if (rounded.exponent >= infinite) {
    c.raise(kOverflow);
    if (!c.masked(kOverflow)) return 0;
    c.raise(kPrecision);
    if (r.mode != kNearest && !rounds_up_in_magnitude(r.mode, a.sign)) {
      return compose<Bits>(a.sign, infinite - 1, ~r.low_mask);
    }
    c.raise(kC1);
    return compose<Bits>(a.sign, infinite, 0);
  }
  if (rounded.exponent > 0) {
    report(rounded);
    return compose<Bits>(a.sign, rounded.exponent, rounded.mantissa);
  }
  if (!c.masked(kUnderflow)) {
    c.raise(kUnderflow);
    return 0;
  }
  const Uint128 shifted = shift_right_sticky(join(a.mantissa, 0), 1 - exponent);
  const Rounded denormal = round_mantissa(r, a.sign, 0, high_half(shifted), low_half(shifted));
  if (denormal.inexact || (c.is_287() && r.mode == kTowardZero)) c.raise(kUnderflow);
  report(denormal);
  return compose<Bits>(a.sign, denormal.mantissa >> 63 != 0 ? 1 : 0, denormal.mantissa);
}

}  // namespace

template <class Bits>
Bits narrow(Context& c, const Extended& value) {
  constexpr int infinite = kFormatMaxExponent<Bits>;
  const Operand a = take_apart(c, value);
  switch (a.kind) {
    case Class::zero:
      return compose<Bits>(a.sign, 0, 0);
    case Class::infinity:
      return compose<Bits>(a.sign, infinite, 0);
    case Class::nan:
      return compose<Bits>(a.sign, infinite, propagate_nan(c, a).mantissa);
    case Class::unsupported:
      c.raise(kInvalid);
      return compose<Bits>(true, infinite, kQuietBit);
    case Class::number:
      break;
  }
  return narrow_number<Bits>(c, a);
}

template Operand widen(const Context& c, std::uint32_t bits);
template Operand widen(const Context& c, std::uint64_t bits);
template Extended load(Context& c, std::uint32_t bits);
template Extended load(Context& c, std::uint64_t bits);
template std::uint32_t narrow(Context& c, const Extended& value);
template std::uint64_t narrow(Context& c, const Extended& value);

// --- arithmetic ---

Extended add(Context& c, const Operand& a, const Operand& b, bool negate) {
  if (either(a, b, Class::unsupported)) return c.invalid();
  if (a.is_nan() || b.is_nan()) return propagate_nan(c, a, b);
  const bool b_sign = b.sign != negate;
  if (either(a, b, Class::infinity)) {
    const bool both = a.kind == b.kind;
    if (both && (a.sign != b_sign || c.projective())) return c.invalid();
    raise_denormal(c, a, b);
    return infinity(a.kind == Class::infinity ? a.sign : b_sign);
  }
  raise_denormal(c, a, b);
  if (a.kind == Class::zero && b.kind == Class::zero) {
    return zero(a.sign == b_sign ? a.sign : c.rounding->mode == kDown);
  }
  if (a.kind == Class::zero) return pack(c, {b_sign, b.exponent, b.mantissa, 0});
  if (b.kind == Class::zero) return exactly(c, a);
  const Exact sum = add_numbers(a.number(), {b_sign, b.exponent, b.mantissa});
  return sum.high == 0 ? zero(c.rounding->mode == kDown) : pack(c, sum);
}

Extended multiply(Context& c, const Operand& a, const Operand& b) {
  if (either(a, b, Class::unsupported)) return c.invalid();
  if (a.is_nan() || b.is_nan()) return propagate_nan(c, a, b);
  const bool sign = a.sign != b.sign;
  if (either(a, b, Class::infinity)) {
    if (either(a, b, Class::zero)) return c.invalid();
    raise_denormal(c, a, b);
    return infinity(sign);
  }
  raise_denormal(c, a, b);
  if (either(a, b, Class::zero)) return zero(sign);
  return pack(c, multiply_numbers(a.number(), b.number()));
}

Extended divide(Context& c, const Operand& a, const Operand& b) {
  if (either(a, b, Class::unsupported)) return c.invalid();
  if (a.is_nan() || b.is_nan()) return propagate_nan(c, a, b);
  if (a.kind == b.kind && a.kind != Class::number) return c.invalid();
  if (refused_by_287(c, b)) return c.invalid();
  const bool sign = a.sign != b.sign;
  if (b.kind == Class::zero && a.kind == Class::number) {  // goes before DE, as the vectors show
    c.raise(kZeroDivide);
    return infinity(sign);
  }
  raise_denormal(c, a, b);
  if (a.kind == Class::infinity) return infinity(sign);
  if (a.kind == Class::zero || b.kind == Class::infinity) return zero(sign);
  return pack(c, divide_numbers(a.number(), b.number()));
}

namespace {

// floor(sqrt(value)); value has its highest bit at 126 or 127.
std::uint64_t integer_root(Uint128 value) {
  // The host's square root of a double is only a first guess; the steps after it make it exact.
  const double guess = std::sqrt(static_cast<double>(high_half(value))) * 4294967296.0;
  std::uint64_t root =
      guess >= 18446744073709549568.0 ? ~std::uint64_t{0} : static_cast<std::uint64_t>(guess);
  const auto quotient = value / root;
  root = static_cast<std::uint64_t>((quotient + root) / 2 > ~std::uint64_t{0}
                                        ? Uint128{~std::uint64_t{0}}
                                        : (quotient + root) / 2);
  while (static_cast<Uint128>(root) * root > value) --root;
  while (root != ~std::uint64_t{0} && static_cast<Uint128>(root + 1) * (root + 1) <= value) ++root;
  return root;
}

}  // namespace

Extended square_root(Context& c, const Extended& value) {
  const Operand a = take_apart(c, value);
  if (a.kind == Class::unsupported) return c.invalid();
  if (a.is_nan()) return propagate_nan(c, a);
  if (a.kind == Class::zero) return zero(a.sign);
  if (a.sign || refused_by_287(c, a)) return c.invalid();
  if (a.kind == Class::infinity) return c.projective() ? c.invalid() : infinity(false);
  raise_denormal(c, a);
  const int exponent = a.exponent - kBias;
  const bool odd = (exponent & 1) != 0;
  const Uint128 radicand = static_cast<Uint128>(a.mantissa) << (odd ? 64 : 63);
  const std::uint64_t root = integer_root(radicand);
  const Uint128 rest = radicand - static_cast<Uint128>(root) * root;
  // (root + 1/2)^2 = root^2 + root + 1/4, so the rest decides by comparison with root.
  std::uint64_t low = 0;
  if (rest != 0) low = rest > root ? kIntegerBit | 1 : 1;
  return pack(c, {false, (exponent - (odd ? 1 : 0)) / 2 + kBias, root, low});
}

Order compare(Context& c, const Operand& a, const Operand& b, bool quiet) {
  if (either(a, b, Class::unsupported)) {
    c.raise(kInvalid);
    return Order::unordered;
  }
  if (a.is_nan() || b.is_nan()) {
    if (!quiet || a.is_signaling() || b.is_signaling()) c.raise(kInvalid);
    return Order::unordered;
  }
  if (c.projective() && either(a, b, Class::infinity)) {
    if (a.kind == b.kind) return Order::equal;
    c.raise(kInvalid);
    return Order::unordered;
  }
  raise_denormal(c, a, b);
  if (a.kind == Class::zero && b.kind == Class::zero) return Order::equal;
  const bool a_negative = a.sign && a.kind != Class::zero;
  const bool b_negative = b.sign && b.kind != Class::zero;
  if (a_negative != b_negative) return a_negative ? Order::less : Order::greater;
  const auto rank = [](const Operand& x) {
    return x.kind == Class::zero ? std::numeric_limits<int>::min() : x.exponent;
  };
  const bool larger = rank(a) != rank(b) ? rank(a) > rank(b) : a.mantissa > b.mantissa;
  if (rank(a) == rank(b) && a.mantissa == b.mantissa) return Order::equal;
  return larger != a_negative ? Order::greater : Order::less;
}

// --- integers ---

namespace {

struct Integer {
  std::uint64_t magnitude = 0;
  bool inexact = false, up = false, too_large = false;
};

Integer integer_of(const Context& c, const Operand& a) {
  Integer result;
  if (a.kind == Class::zero) return result;
  const int shift = kBias + 63 - a.exponent;
  if (shift < 0) {
    result.too_large = true;
    return result;
  }
  const Uint128 value = shift_right_sticky(join(a.mantissa, 0), shift);
  const std::uint64_t fraction = low_half(value);
  result.magnitude = high_half(value);
  result.inexact = fraction != 0;
  if (c.rounding->mode == kNearest) {
    result.up = fraction > kIntegerBit || (fraction == kIntegerBit && (result.magnitude & 1) != 0);
  } else {
    result.up = result.inexact && rounds_up_in_magnitude(c.rounding->mode, a.sign);
  }
  if (result.up && ++result.magnitude == 0) result.too_large = true;
  return result;
}

void report(Context& c, const Integer& integer) {
  if (integer.inexact) c.raise(kPrecision);
  if (integer.up) c.raise(kC1);
}

bool convertible(const Context& c, const Operand& a) {
  return (a.kind == Class::zero || a.kind == Class::number) && !refused_by_287(c, a);
}

}  // namespace

Operand operand_of_integer(std::int64_t value) {
  return take_apart(Context{}, from_integer(value));
}

Extended round_to_integer(Context& c, const Extended& value) {
  const Operand a = take_apart(c, value);
  if (a.kind == Class::unsupported) return c.invalid();
  if (a.is_nan()) return propagate_nan(c, a);
  if (a.kind != Class::number) return value;
  raise_denormal(c, a);
  if (a.exponent >= kBias + 63) return value;
  const Integer integer = integer_of(c, a);
  report(c, integer);
  if (integer.magnitude == 0) return zero(a.sign);
  const int shift = std::countl_zero(integer.magnitude);
  return make(a.sign, kBias + 63 - shift, integer.magnitude << shift);
}

std::int64_t to_integer(Context& c, const Extended& value, int bits) {
  const Operand a = take_apart(c, value);
  const std::uint64_t limit = std::uint64_t{1} << (bits - 1);
  const Integer integer = convertible(c, a) ? integer_of(c, a) : Integer{.too_large = true};
  if (integer.too_large || integer.magnitude > limit - (a.sign ? 0 : 1)) {
    c.raise(kInvalid);
    return static_cast<std::int64_t>(0 - limit);
  }
  report(c, integer);
  return static_cast<std::int64_t>(a.sign ? 0 - integer.magnitude : integer.magnitude);
}

Extended from_bcd(const Bcd& digits) {
  std::uint64_t value = 0;
  for (std::size_t n = 9; n-- > 0;) {
    value = value * 100 + std::uint64_t{digits[n]} / 16 * 10 + (digits[n] & 0xFu);
  }
  Extended result = from_integer(static_cast<std::int64_t>(value));
  if ((digits[9] & 0x80) != 0) result.head |= 0x8000;
  return result;
}

Bcd to_bcd(Context& c, const Extended& value) {
  constexpr std::uint64_t limit = 999'999'999'999'999'999;
  const Operand a = take_apart(c, value);
  const Integer integer = convertible(c, a) ? integer_of(c, a) : Integer{.too_large = true};
  if (integer.too_large || integer.magnitude > limit) {
    c.raise(kInvalid);
    return {0, 0, 0, 0, 0, 0, 0, 0xC0, 0xFF, 0xFF};
  }
  report(c, integer);
  Bcd digits{};
  std::uint64_t rest = integer.magnitude;
  for (std::size_t n = 0; n < 9; ++n, rest /= 100) {
    digits[n] = static_cast<std::uint8_t>(rest / 10 % 10 << 4 | rest % 10);
  }
  digits[9] = a.sign ? 0x80 : 0;
  return digits;
}

// --- remainder, scaling, parts ---

Remainder remainder(Context& c, const Extended& dividend, const Extended& divisor, bool nearest) {
  const Operand a = take_apart(c, dividend), b = take_apart(c, divisor);
  if (either(a, b, Class::unsupported)) return {.value = c.invalid()};
  if (a.is_nan() || b.is_nan()) return {.value = propagate_nan(c, a, b)};
  if (a.kind == Class::infinity || b.kind == Class::zero) return {.value = c.invalid()};
  if (refused_by_287(c, b)) return {.value = c.invalid()};
  raise_denormal(c, a, b);
  if (a.kind == Class::zero) return {.value = dividend, .has_quotient = true};
  Context exact = with_full_precision(c);
  const auto pack_rest = [&](bool sign, int exponent, std::uint64_t rest) {
    if (rest == 0) return zero(sign);
    const int shift = std::countl_zero(rest);
    const Extended value = pack(exact, {sign, exponent - shift, rest << shift, 0});
    c.raise(exact.raised);
    return value;
  };
  const int distance = a.exponent - b.exponent;
  if (b.kind == Class::infinity || distance < -1 || (distance < 0 && !nearest)) {
    return {.value = pack_rest(a.sign, a.exponent, a.mantissa), .has_quotient = true};
  }
  if (distance >= 64) {
    // Takes off between 32 and 63 bits, as the hardware does.
    const int step = (distance & 31) | 32;
    const Uint128 rest = (static_cast<Uint128>(a.mantissa) << step) % b.mantissa;
    return {.value = pack_rest(a.sign, a.exponent - step, low_half(rest)),
            .has_quotient = true,
            .complete = false};
  }
  const bool below = distance < 0;  // by one place
  const Uint128 scaled = static_cast<Uint128>(a.mantissa) << (below ? 0 : distance);
  const Uint128 unit = static_cast<Uint128>(b.mantissa) << (below ? 1 : 0);
  Uint128 quotient = scaled / unit;
  Uint128 rest = scaled % unit;
  bool sign = a.sign;
  if (nearest && (rest * 2 > unit || (rest * 2 == unit && (quotient & 1) != 0))) {
    rest = unit - rest;
    sign = !sign;
    ++quotient;
  }
  if (rest == 0) sign = a.sign;
  const int exponent = below ? a.exponent : b.exponent;
  return {.value = pack_rest(sign, exponent, low_half(rest)),
          .has_quotient = true,
          .quotient = static_cast<std::uint8_t>(quotient & 7)};
}

Extended scale(Context& c, const Extended& value, const Extended& power) {
  constexpr int far = 0x10000;  // beyond every exponent
  const Operand a = take_apart(c, value), b = take_apart(c, power);
  if (either(a, b, Class::unsupported)) return c.invalid();
  if (a.is_nan() || b.is_nan()) return propagate_nan(c, a, b);
  if (b.kind == Class::infinity) {
    if (a.kind == (b.sign ? Class::infinity : Class::zero)) return c.invalid();
    raise_denormal(c, a);
    return b.sign ? zero(a.sign) : infinity(a.sign);
  }
  raise_denormal(c, a, b);
  if (a.kind != Class::number) return value;
  int places = 0;
  if (b.kind == Class::number && b.exponent >= kBias) {
    const int bits = b.exponent - kBias;
    places = bits >= 16 ? far : static_cast<int>(b.mantissa >> (63 - bits));
    if (b.sign) places = -places;
  }
  Context full = with_full_precision(c);
  const Extended result = pack(full, {a.sign, a.exponent + places, a.mantissa, 0});
  c.raise(full.raised);
  return result;
}

Parts extract(Context& c, const Extended& value) {
  const Operand a = take_apart(c, value);
  switch (a.kind) {
    case Class::unsupported: {
      const Extended nan = c.invalid();
      return {nan, nan};
    }
    case Class::nan: {
      const Extended nan = propagate_nan(c, a);
      return {nan, nan};
    }
    case Class::infinity:
      if (c.is_287()) return {c.invalid(), kIndefinite};
      return {infinity(false), value};
    case Class::zero:
      if (c.is_287()) return {value, value};
      c.raise(kZeroDivide);
      return {infinity(true), value};
    case Class::number:
      break;
  }
  raise_denormal(c, a);
  return {from_integer(a.exponent - kBias), make(a.sign, kBias, a.mantissa)};
}

}  // namespace cpu::x87
