// Every function is a series in a fraction of 128 bits, of an argument brought into a small range.
// What is returned is within 2^-120 of the true value, relatively, and rounded once.
//
// The range reduction of the trigonometric functions takes pi for what the chips take it for, 66
// bits ([SDM] 1, 8.3.8): so a large angle has the same wrong sine as on hardware.
#include "cpu/x87_transcendental.h"

namespace cpu::x87 {

namespace {

// A fraction x 2^128, or x 2^127 where it can be 1 or more: the name says which.
using Fraction = Uint128;
constexpr Fraction kOne127 = Uint128{1} << 127;

// mantissa x 2^(exponent - 127), the mantissa normalised.
struct Wide {
  int exponent = 0;
  Uint128 mantissa = 0;
};

constexpr Fraction kPi126 = join(0xC90FDAA22168C234, 0xC4C6628B80DC1CD1);
constexpr Fraction kLn2 = join(0xB17217F7D1CF79AB, 0xC9E3B39803F2F6AF);
constexpr Wide kInverseLn2 = {0, join(0xB8AA3B295C17F0BB, 0xBE87FED0691D3E89)};

// atan(n / 8) x 2^127.
constexpr std::array<Fraction, 9> kArctangents = {
    0,
    join(0x0FEADD4D5617B6E3, 0x2C897989F3E888EF),
    join(0x1F5B75F92C80DD62, 0xADB8F3DEBEF442FD),
    join(0x2DEC3283C9BDE11C, 0xE2A8C848B73F9121),
    join(0x3B58CE0AC3769ED1, 0x5BF9117B2F0EA341),
    join(0x47802EAF7BFACFCD, 0xAE41AF0B32E21BA4),
    join(0x525E3E8C9A7B8492, 0x0CD43F9522BED64F),
    join(0x5C029F15E118CF39, 0xE596D2A90852221F),
    join(0x6487ED5110B4611A, 0x62633145C06E0E69),
};

constexpr Uint128 multiply_high(Uint128 a, Uint128 b) {
  const Uint128 middle1 = static_cast<Uint128>(high_half(a)) * low_half(b);
  const Uint128 middle2 = static_cast<Uint128>(low_half(a)) * high_half(b);
  const Uint128 lowest = static_cast<Uint128>(low_half(a)) * low_half(b);
  const Uint128 carry =
      static_cast<Uint128>(low_half(middle1)) + low_half(middle2) + high_half(lowest);
  return static_cast<Uint128>(high_half(a)) * high_half(b) + high_half(middle1) +
         high_half(middle2) + high_half(carry);
}

// --- series ---

// Coefficients x 2^127 of 1 / ((first)(first + 1)...): each is the one before divided by
// `divisor(n)`.
template <std::size_t kTerms, class Divisor>
constexpr std::array<Fraction, kTerms> quotients(Divisor divisor) {
  std::array<Fraction, kTerms> all{};
  all[0] = kOne127;
  for (unsigned n = 1; n < kTerms; ++n) all[n] = all[n - 1] / divisor(n);
  return all;
}
template <std::size_t kTerms>
constexpr std::array<Fraction, kTerms> odd_reciprocals() {
  std::array<Fraction, kTerms> all{};
  for (unsigned n = 0; n < kTerms; ++n) all[n] = kOne127 / (2 * n + 1);
  return all;
}
// sin x / x and cos x in x^2; (e^x - 1) / x; atan x / x and atanh x / x in x^2. So many terms that
// the next one is below 2^-84 where the argument ends.
constexpr auto kSine = quotients<13>([](unsigned n) { return 2 * n * (2 * n + 1); });
constexpr auto kCosine = quotients<13>([](unsigned n) { return 2 * n * (2 * n - 1); });
constexpr auto kExponential = quotients<23>([](unsigned n) { return n + 1; });
constexpr auto kArctangentSeries = odd_reciprocals<12>();  // up to 1/16
constexpr auto kLogarithmSeries = odd_reciprocals<18>();   // up to 0.172

// c0 - x (c1 - x (c2 - ...)) or with plus signs, x 2^127; x is x 2^128.
template <std::size_t kTerms>
Fraction alternating(const std::array<Fraction, kTerms>& c, Fraction x) {
  Fraction sum = c[kTerms - 1];
  for (std::size_t n = kTerms - 1; n-- > 0;) sum = c[n] - multiply_high(x, sum);
  return sum;
}
template <std::size_t kTerms>
Fraction ascending(const std::array<Fraction, kTerms>& c, Fraction x) {
  Fraction sum = c[kTerms - 1];
  for (std::size_t n = kTerms - 1; n-- > 0;) sum = c[n] + multiply_high(x, sum);
  return sum;
}

// --- Wide arithmetic ---

Wide normalised(int exponent, Uint128 mantissa) {
  if (mantissa == 0) return {};
  const int shift = high_half(mantissa) != 0 ? std::countl_zero(high_half(mantissa))
                                             : 64 + std::countl_zero(low_half(mantissa));
  return {exponent - shift, mantissa << shift};
}

Wide wide(const Operand& a) {
  return {a.exponent - kBias, join(a.mantissa, 0)};
}

Wide multiply(const Wide& a, const Wide& b) {
  return normalised(a.exponent + b.exponent + 1, multiply_high(a.mantissa, b.mantissa));
}
// By a series' value.
Wide multiply(const Wide& a, Fraction times127) {
  return normalised(a.exponent + 1, multiply_high(a.mantissa, times127));
}

Wide divide(const Wide& a, const Wide& b) {
  // 1 / b: 64 bits by division, doubled by a Newton step. b counts as 1/2 to 1 here.
  const auto guess = static_cast<std::uint64_t>((kOne127 - 1) / high_half(b.mantissa));
  const Fraction reciprocal = join(guess, 0);
  const Fraction check = multiply_high(b.mantissa, reciprocal);
  const Fraction inverse = check <= kOne127
                               ? reciprocal + (multiply_high(reciprocal, kOne127 - check) << 1)
                               : reciprocal - (multiply_high(reciprocal, check - kOne127) << 1);
  return normalised(a.exponent - b.exponent, multiply_high(a.mantissa, inverse));
}

// x 2^128; below 1, so the exponent is negative.
Fraction fraction(const Wide& a) {
  const int shift = -1 - a.exponent;
  return shift > 127 ? 0 : a.mantissa >> shift;
}

// Rounds an irrational value.
Extended deliver(Context& c, bool sign, const Wide& value) {
  Context full = with_full_precision(c);
  const Extended result = pack(full, {sign, value.exponent + kBias, high_half(value.mantissa),
                                      low_half(value.mantissa) | 1});
  c.raise(full.raised);
  return result;
}
Extended deliver_exact(Context& c, const Exact& value) {
  Context full = with_full_precision(c);
  const Extended result = pack(full, value);
  c.raise(full.raised);
  return result;
}

// Where x^2 is below every digit that matters beside 1, but not nothing.
constexpr int kTiny = 64;

bool either(const Operand& a, const Operand& b, Class kind) {
  return a.kind == kind || b.kind == kind;
}

}  // namespace

// --- powers and logarithms ---

Extended exp2_minus_1(Context& c, const Extended& x) {
  const Operand a = take_apart(c, x);
  if (a.kind == Class::unsupported) return c.invalid();
  if (a.is_nan()) return propagate_nan(c, a);
  if (a.kind == Class::infinity) return a.sign ? make(true, kBias, kIntegerBit) : x;
  if (a.kind == Class::zero) return x;
  if (a.denormal) c.raise(kDenormal);
  if (a.exponent >= kBias) {
    if (a.exponent == kBias && a.mantissa == kIntegerBit) {
      return a.sign ? make(true, kBias - 1, kIntegerBit) : x;
    }
    c.raise(kPrecision);
    return x;
  }
  const Wide power = multiply(wide(a), {-1, kLn2});
  const Fraction t = fraction(power);
  const Fraction series = a.sign ? alternating(kExponential, t) : ascending(kExponential, t);
  return deliver(c, a.sign, multiply(power, series));
}

namespace {

struct Logarithm {
  bool sign = false;
  Wide value;  // of an exact power of 2: its exponent
  bool exact = false;
};

// atanh(z) 2 / ln 2 = log2((1 + z) / (1 - z)), |z| <= 0.172.
Wide logarithm_of_ratio(const Wide& z) {
  const Fraction t = fraction(z);
  Wide result =
      multiply(multiply(z, ascending(kLogarithmSeries, multiply_high(t, t))), kInverseLn2);
  ++result.exponent;
  return result;
}

Wide integer_as_wide(unsigned value) {
  return normalised(127, value);
}

Logarithm log2_of(const Wide& x) {
  constexpr Uint128 root2 = join(0xB504F333F9DE6484, 0x597D89B3754ABE9F);
  if (x.mantissa == kOne127) {
    const bool negative = x.exponent < 0;
    return {negative, integer_as_wide(static_cast<unsigned>(negative ? -x.exponent : x.exponent)),
            true};
  }
  // m = x / 2^n between 0.707 and 1.415.
  const bool halved = x.mantissa > root2;
  const int n = x.exponent + (halved ? 1 : 0);
  const Uint128 distance = halved ? 0 - x.mantissa : x.mantissa - kOne127;
  const Uint128 half_sum = (x.mantissa >> (halved ? 2 : 1)) + (kOne127 >> 1);
  // (m - 1) / (m + 1)
  const Wide z = divide(normalised(halved ? -1 : 0, distance), normalised(1, half_sum));
  const Wide part = logarithm_of_ratio(z);
  if (n == 0) return {halved, part, false};
  // |part| <= 1/2, so n decides the sign.
  const Wide whole = integer_as_wide(static_cast<unsigned>(n < 0 ? -n : n));
  const int distance_of_exponents = whole.exponent - part.exponent;
  const Uint128 small = distance_of_exponents > 127 ? 0 : part.mantissa >> distance_of_exponents;
  const bool add = (n < 0) == halved;
  if (!add) return {n < 0, normalised(whole.exponent, whole.mantissa - small), false};
  const Uint128 total = (whole.mantissa >> 1) + (small >> 1);
  return {n < 0, normalised(whole.exponent + 1, total), false};
}

Extended times_logarithm(Context& c, const Logarithm& logarithm, const Operand& y) {
  const bool sign = logarithm.sign != y.sign;
  if (logarithm.value.mantissa == 0) return zero(y.sign);
  if (!logarithm.exact) return deliver(c, sign, multiply(wide(y), logarithm.value));
  Exact product = multiply_numbers(y.number(), {logarithm.sign, logarithm.value.exponent + kBias,
                                                high_half(logarithm.value.mantissa)});
  return deliver_exact(c, product);
}

}  // namespace

Extended log2_times(Context& c, const Extended& x, const Extended& y) {
  const Operand a = take_apart(c, x), b = take_apart(c, y);
  if (either(a, b, Class::unsupported)) return c.invalid();
  if (a.is_nan() || b.is_nan()) return propagate_nan(c, a, b);
  if (a.sign && a.kind != Class::zero) return c.invalid();
  const auto raise_denormal = [&] {
    if (a.denormal || b.denormal) c.raise(kDenormal);
  };
  if (a.kind == Class::zero) {
    if (b.kind == Class::zero) return c.invalid();
    raise_denormal();
    if (b.kind == Class::number) c.raise(kZeroDivide);
    return infinity(!b.sign);
  }
  const bool is_one = a.kind == Class::number && a.exponent == kBias && a.mantissa == kIntegerBit;
  const bool below_one = a.kind == Class::number && a.exponent < kBias;
  if (either(a, b, Class::infinity)) {
    if (b.kind == Class::zero || is_one) return c.invalid();
    raise_denormal();
    return infinity(b.sign != below_one);
  }
  raise_denormal();
  if (b.kind == Class::zero) return zero(b.sign != below_one);
  return times_logarithm(c, log2_of(wide(a)), b);
}

Extended log2_plus_1_times(Context& c, const Extended& x, const Extended& y) {
  const Operand a = take_apart(c, x), b = take_apart(c, y);
  if (either(a, b, Class::unsupported)) return c.invalid();
  if (a.is_nan() || b.is_nan()) return propagate_nan(c, a, b);
  if (a.kind == Class::infinity && a.sign) return c.invalid();
  if (either(a, b, Class::infinity)) {
    if (either(a, b, Class::zero)) return c.invalid();
    if (a.denormal || b.denormal) c.raise(kDenormal);
    return infinity(a.sign != b.sign);
  }
  if (a.denormal || b.denormal) c.raise(kDenormal);
  if (either(a, b, Class::zero)) return zero(a.sign != b.sign);
  if (a.sign && a.exponent >= kBias) {  // x <= -1, undefined: the chip gives x back
    c.raise(kPrecision);
    return x;
  }
  const Wide value = wide(a);
  if (a.exponent < kBias - 2) {
    // z = x / (2 + x): no digit of a small x is lost.
    const Uint128 half = value.exponent < -126 ? 0 : value.mantissa >> (1 - value.exponent);
    const Wide sum = normalised(1, a.sign ? kOne127 - half : kOne127 + half);
    return times_logarithm(c, {a.sign, logarithm_of_ratio(divide(value, sum)), false}, b);
  }
  // 1 + x in 128 bits. x is at least 1/4 in magnitude here.
  Wide sum;
  if (a.sign) {
    sum = normalised(0, kOne127 - (value.mantissa >> -value.exponent));
  } else if (value.exponent < 0) {
    const Uint128 total = kOne127 + (value.mantissa >> -value.exponent);
    sum = normalised(0, total);
  } else {
    const Uint128 one = value.exponent > 126 ? 0 : kOne127 >> value.exponent;
    const Uint128 total = (value.mantissa >> 1) + (one >> 1);
    sum = normalised(value.exponent + 1, total);
    if (value.exponent > 62) sum.mantissa |= 1;  // digits of it are lost: no power of 2
  }
  return times_logarithm(c, log2_of(sum), b);
}

// --- angles ---

namespace {

// n x pi / 4.
Extended quarter_turns(Context& c, bool sign, unsigned n) {
  Wide value = normalised(1, kPi126);  // pi
  if (n == 1) value.exponent -= 2;
  if (n == 2) value.exponent -= 1;
  if (n == 3) value = normalised(1, (kPi126 >> 1) + (kPi126 >> 2));
  return deliver(c, sign, value);
}

}  // namespace

Extended arctangent(Context& c, const Extended& y, const Extended& x) {
  const Operand a = take_apart(c, y), b = take_apart(c, x);
  if (either(a, b, Class::unsupported)) return c.invalid();
  if (a.is_nan() || b.is_nan()) return propagate_nan(c, b, a);
  if (a.denormal || b.denormal) c.raise(kDenormal);
  if (a.kind == Class::infinity) {
    if (b.kind != Class::infinity) return quarter_turns(c, a.sign, 2);
    return quarter_turns(c, a.sign, b.sign ? 3 : 1);
  }
  if (a.kind == Class::zero || b.kind == Class::infinity) {
    return b.sign ? quarter_turns(c, a.sign, 4) : zero(a.sign);
  }
  if (b.kind == Class::zero) return quarter_turns(c, a.sign, 2);

  const bool steep =
      a.exponent > b.exponent || (a.exponent == b.exponent && a.mantissa > b.mantissa);
  const Operand& small = steep ? b : a;
  const Operand& large = steep ? a : b;
  const int distance = large.exponent - small.exponent;
  if (distance > kTiny && !steep && !b.sign) {
    // The quotient, and a touch less.
    Exact quotient = divide_numbers(small.number(), large.number());
    if (quotient.low == 0) {
      --quotient.high;
      quotient.low = ~std::uint64_t{0};
      if (quotient.high >> 63 == 0) {
        quotient.high = ~std::uint64_t{0};
        --quotient.exponent;
      }
    }
    quotient.sign = a.sign;
    return deliver_exact(c, quotient);
  }
  // t = smaller / larger, then u = (t - k/8) / (1 + t k/8).
  unsigned k = 0;
  bool below = false;  // u is negative
  Wide u;
  if (distance <= 4) {
    const Uint128 numerator = small.mantissa;
    const Uint128 denominator = static_cast<Uint128>(large.mantissa) << distance;
    k = static_cast<unsigned>((16 * numerator + denominator) / (2 * denominator));
    const Uint128 scaled = 8 * numerator, subtracted = k * denominator;
    below = scaled < subtracted;
    u = divide(normalised(127, below ? subtracted - scaled : scaled - subtracted),
               normalised(127, 8 * denominator + k * numerator));
  } else {
    u = divide(wide(small), wide(large));
  }
  if (k == 0 && !steep && !b.sign) {
    const Fraction t = fraction(u);
    Fraction series = alternating(kArctangentSeries, multiply_high(t, t));
    if (series >= kOne127) series = kOne127 - 1;
    return deliver(c, a.sign, multiply(u, series));
  }
  // An angle that is not small: in units of 2^-126 from here.
  Fraction angle = 0;
  if (u.mantissa != 0) {
    const Fraction t = fraction(u);
    angle = multiply_high(t, alternating(kArctangentSeries, multiply_high(t, t)));
  }
  angle = (below ? kArctangents[k] - angle : kArctangents[k] + angle) >> 1;
  if (steep) angle = (kPi126 >> 1) - angle;
  if (b.sign) angle = kPi126 - angle;
  return deliver(c, a.sign, normalised(1, angle));
}

namespace {

// An angle brought below pi / 4, and how many quarter turns were taken off.
struct Reduced {
  Wide rest;
  bool negative = false;  // the rest, for a positive angle
  unsigned quarters = 0;
};

// pi / 2 x 2^65 with the 66 bits of pi that the chips have.
constexpr Uint128 kHalfPi65 = join(0x3, 0x243F6A8885A308D3);

Reduced reduce(const Operand& a) {
  const Wide angle = wide(a);
  if (angle.exponent < -2) return {angle};
  // a.mantissa x 2^(exponent - 63), in units of 2^-65; exponent <= 62.
  const Uint128 units = static_cast<Uint128>(a.mantissa) << (angle.exponent + 2);
  Uint128 quotient = units / kHalfPi65;
  Uint128 rest = units % kHalfPi65;
  const bool negative = rest > kHalfPi65 / 2;
  if (negative) {
    rest = kHalfPi65 - rest;
    ++quotient;
  }
  return {normalised(127 - 65, rest), negative, static_cast<unsigned>(quotient & 3)};
}

// sin and cos of the rest.
Wide sine_of(const Wide& rest) {
  const Fraction t = fraction(rest);
  Fraction series = alternating(kSine, multiply_high(t, t));
  if (series >= kOne127) series = kOne127 - 1;
  return multiply(rest, series);
}
Wide cosine_of(const Wide& rest) {
  const Fraction t = fraction(rest);
  Fraction series = alternating(kCosine, multiply_high(t, t));
  if (series >= kOne127) series = kOne127 - 1;
  return normalised(0, series);
}

// Below 2^-66 the chips take the sine and the tangent for the angle and the cosine for 1, however
// they are to round: the vectors show that below 2^-249, and the opposite at 2^-65.
bool is_nothing_to_the_chip(Context& c, const Operand& a) {
  if (a.exponent >= kBias - 66) return false;
  c.raise(a.denormal ? kPrecision | kUnderflow : kPrecision);
  return true;
}

// False: `angle` says why there is no value.
bool has_value(Context& c, const Operand& a, Angle& angle, Extended& nan) {
  if (a.kind == Class::number) {
    if (a.exponent >= kBias + 63) angle = Angle::out_of_range;
    if (angle == Angle::value && a.denormal) c.raise(kDenormal);
    return angle == Angle::value;
  }
  if (a.kind == Class::zero) return true;
  angle = Angle::invalid;
  nan = a.is_nan() ? propagate_nan(c, a) : c.invalid();
  return false;
}

}  // namespace

Trigonometric sine_and_cosine(Context& c, const Extended& x, bool want_sine, bool want_cosine) {
  const Operand a = take_apart(c, x);
  Trigonometric result;
  if (!has_value(c, a, result.angle, result.sine)) {
    result.cosine = result.sine;
    return result;
  }
  const Extended one = make(false, kBias, kIntegerBit);
  if (a.kind == Class::zero) return {Angle::value, x, one};
  if (is_nothing_to_the_chip(c, a)) return {Angle::value, x, one};
  const Reduced r = reduce(a);
  const bool swapped = (r.quarters & 1) != 0;
  if (want_sine) {
    // Quarters 0..3: sin r, cos r, -sin r, -cos r.
    const bool sign = (a.sign != ((r.quarters & 2) != 0)) != (!swapped && r.negative);
    result.sine = deliver(c, sign, swapped ? cosine_of(r.rest) : sine_of(r.rest));
  }
  if (want_cosine) {
    // cos r, -sin r, -cos r, sin r.
    c.raised = static_cast<std::uint16_t>(c.raised & ~kC1);
    const bool sign = (r.quarters == 1 || r.quarters == 2) != (swapped && r.negative);
    result.cosine = deliver(c, sign, swapped ? sine_of(r.rest) : cosine_of(r.rest));
  }
  return result;
}

Tangent tangent(Context& c, const Extended& x) {
  const Operand a = take_apart(c, x);
  Tangent result;
  if (!has_value(c, a, result.angle, result.value)) return result;
  if (a.kind == Class::zero) return {Angle::value, x};
  if (is_nothing_to_the_chip(c, a)) return {Angle::value, x};
  const Reduced r = reduce(a);
  const Wide sine = sine_of(r.rest), cosine = cosine_of(r.rest);
  const bool swapped = (r.quarters & 1) != 0;
  const bool sign = (a.sign != r.negative) != swapped;
  Wide value = r.rest;  // of a small angle: the angle and a touch more
  if (swapped) value = divide(cosine, sine);
  if (!swapped && r.rest.exponent >= -kTiny) value = divide(sine, cosine);
  result.value = deliver(c, sign, value);
  return result;
}

}  // namespace cpu::x87
