// The 80-bit format of the x87 and its arithmetic in plain integers: the same on every host, and it
// yields what a host FPU does not give away cheaply (denormal operand, direction of rounding).
//
// Two ways lead through an operation. The fast functions in this header do ordinary operands with
// an ordinary result and say false to everything else; the full functions in x87_float.cpp know
// zeroes, denormals, infinities, NaNs, overflow, underflow and every unmasked response.
//
// [387]  Intel 80387 Programmer's Reference Manual, chapters 2-4
// [287]  Intel 80287 Programmer's Reference Manual ("iAPX 286", numeric supplement)
// [SDM]  Intel 64 and IA-32 Software Developer's Manual: volume 1 chapters 4 and 8, and volume 3
//        22.18, what the x87 generations do differently
//
// Not implemented: unnormal arithmetic of the 8087 and 287. Their unnormals and denormals count as
// the numbers they stand for, results are always normalised.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <limits>

namespace cpu::x87 {

__extension__ typedef unsigned __int128 Uint128;

constexpr std::uint64_t high_half(Uint128 value) {
  return static_cast<std::uint64_t>(value >> 64);
}
constexpr std::uint64_t low_half(Uint128 value) {
  return static_cast<std::uint64_t>(value);
}
constexpr Uint128 join(std::uint64_t high, std::uint64_t low) {
  return static_cast<Uint128>(high) << 64 | low;
}

// A register: the explicit integer bit is the mantissa's bit 63.
struct Extended {
  std::uint64_t mantissa = 0;
  std::uint16_t head = 0;  // sign and biased exponent

  bool sign() const { return (head & 0x8000) != 0; }
  int exponent() const { return head & 0x7FFF; }
  // Exponent neither all zeroes nor all ones, integer bit set.
  bool is_normal() const {
    return static_cast<std::uint16_t>((head & 0x7FFF) - 1) < 0x7FFE && mantissa >> 63 != 0;
  }
  bool is_zero() const { return mantissa == 0 && (head & 0x7FFF) == 0; }
  bool operator==(const Extended&) const = default;
};

inline constexpr int kBias = 16383;
inline constexpr int kInfinityExponent = 0x7FFF;
inline constexpr std::uint64_t kIntegerBit = std::uint64_t{1} << 63;
inline constexpr std::uint64_t kQuietBit = std::uint64_t{1} << 62;
inline constexpr Extended kIndefinite{kIntegerBit | kQuietBit, 0xFFFF};  // the default NaN

constexpr Extended make(bool sign, int exponent, std::uint64_t mantissa) {
  return {mantissa, static_cast<std::uint16_t>(exponent | (sign ? 0x8000 : 0))};
}
constexpr Extended zero(bool sign) {
  return make(sign, 0, 0);
}
constexpr Extended infinity(bool sign) {
  return make(sign, kInfinityExponent, kIntegerBit);
}

// Status word, [387] figure 2-2. The exceptions have the same places as masks in the control word.
enum Status : std::uint16_t {
  kInvalid = 0x0001,
  kDenormal = 0x0002,
  kZeroDivide = 0x0004,
  kOverflow = 0x0008,
  kUnderflow = 0x0010,
  kPrecision = 0x0020,
  kStackFault = 0x0040,
  kErrorSummary = 0x0080,
  kC0 = 0x0100,
  kC1 = 0x0200,
  kC2 = 0x0400,
  kTop = 0x3800,
  kC3 = 0x4000,
  kBusy = 0x8000,
  kExceptions = 0x003F,
  kConditions = kC0 | kC1 | kC2 | kC3
};

enum RoundingMode : std::uint8_t { kNearest, kDown, kUp, kTowardZero };
enum Precision : std::uint8_t { kSingle, kReserved, kDouble, kFull };

// How a mantissa of 128 bits (64 and what lies below them) is cut to its precision, as data: add
// the increment of the result's sign, clear what is below the precision, and on a tie the unit too.
struct Rounding {
  std::uint64_t low_mask = 0;  // bits of the upper half below the precision
  std::uint64_t tie_unit = 0;  // the last place kept; 0: ties need no care
  std::array<std::uint64_t, 2> increment_high{}, increment_low{};  // by sign
  RoundingMode mode = kNearest;
};

// By rounding control and precision control. Precision 1 is reserved and computes in full.
inline constexpr std::array<std::array<Rounding, 4>, 4> kRoundings = [] {
  constexpr std::array<int, 4> kept = {24, 64, 53, 64};
  std::array<std::array<Rounding, 4>, 4> all{};
  for (std::uint8_t mode = 0; mode < 4; ++mode) {
    for (std::size_t precision = 0; precision < 4; ++precision) {
      Rounding& r = all[mode][precision];
      const Uint128 unit = Uint128{1} << (128 - kept[precision]);
      r.low_mask = high_half(unit - 1);
      r.tie_unit = mode == kNearest ? high_half(unit) : 0;
      r.mode = static_cast<RoundingMode>(mode);
      for (std::size_t sign = 0; sign < 2; ++sign) {
        Uint128 increment = 0;
        if (mode == kNearest) increment = unit / 2;
        if (mode == (sign != 0 ? kDown : kUp)) increment = unit - 1;
        r.increment_high[sign] = high_half(increment);
        r.increment_low[sign] = low_half(increment);
      }
    }
  }
  return all;
}();

constexpr bool rounds_up_in_magnitude(RoundingMode mode, bool sign) {
  return mode == (sign ? kDown : kUp);
}

// The generations. Only what they compute differently; which instructions exist is
// x87_decode.cpp's.
enum class Family : std::uint8_t {
  i287,  // 8087 and 80287: one kind of NaN, projective infinity, unnormals
  i387   // IEEE 754
};

// One instruction's arithmetic: what it obeys and what it raises.
struct Context {
  const Rounding* rounding = &kRoundings[kNearest][kFull];
  std::uint16_t control = 0x037F;  // for the masks and, on the 287, infinity control
  std::uint16_t raised = 0;        // exceptions, and C1: rounded up in magnitude
  Family family = Family::i387;

  void raise(unsigned exceptions) { raised = static_cast<std::uint16_t>(raised | exceptions); }
  bool masked(Status exception) const { return (control & exception) != 0; }
  bool is_287() const { return family == Family::i287; }
  bool projective() const { return is_287() && (control & 0x1000) == 0; }
  Extended invalid() {
    raise(kInvalid);
    return kIndefinite;
  }
};

// --- fast ways ---

// A number: mantissa x 2^(exponent - bias - 63), the mantissa normalised or 0.
struct Number {
  bool sign;
  int exponent;
  std::uint64_t mantissa;
};
// A number before rounding: `high` normalised, or high = low = 0.
struct Exact {
  bool sign;
  int exponent;
  std::uint64_t high, low;
};

[[gnu::always_inline]] inline Uint128 shift_right_sticky(Uint128 value, int count) {
  if (count == 0) return value;
  if (count > 127) return value != 0 ? 1 : 0;
  const Uint128 lost = value << (128 - count);
  return value >> count | (lost != 0 ? 1 : 0);
}

[[gnu::always_inline]] inline Exact add_numbers(Number a, Number b) {
  // The larger magnitude first.
  if (b.exponent > a.exponent || (b.exponent == a.exponent && b.mantissa > a.mantissa)) {
    const Number swapped = a;
    a = b;
    b = swapped;
  }
  const Uint128 large = join(a.mantissa, 0);
  const Uint128 small = shift_right_sticky(join(b.mantissa, 0), a.exponent - b.exponent);
  if (a.sign == b.sign) {
    const Uint128 sum = large + small;
    if (sum >= large) return {a.sign, a.exponent, high_half(sum), low_half(sum)};
    const Uint128 carried = sum >> 1 | (sum & 1);
    return {a.sign, a.exponent + 1, high_half(carried) | kIntegerBit, low_half(carried)};
  }
  Uint128 difference = large - small;
  int exponent = a.exponent;
  if (high_half(difference) == 0) {
    difference <<= 64;
    exponent -= 64;
    if (difference == 0) return {false, 0, 0, 0};
  }
  const int shift = std::countl_zero(high_half(difference));
  difference <<= shift;
  return {a.sign, exponent - shift, high_half(difference), low_half(difference)};
}

[[gnu::always_inline]] inline Exact multiply_numbers(const Number& a, const Number& b) {
  Uint128 product = static_cast<Uint128>(a.mantissa) * b.mantissa;
  int exponent = a.exponent + b.exponent - (kBias - 1);
  if (high_half(product) >> 63 == 0) {
    product <<= 1;
    --exponent;
  }
  return {a.sign != b.sign, exponent, high_half(product), low_half(product)};
}

// `low` is enough of the rest to round by.
[[gnu::always_inline]] inline Exact divide_numbers(const Number& a, const Number& b) {
  const bool smaller = a.mantissa < b.mantissa;
  const Uint128 wide = static_cast<Uint128>(a.mantissa) << (smaller ? 64 : 63);
  const auto quotient = static_cast<std::uint64_t>(wide / b.mantissa);
  const std::uint64_t rest = low_half(wide) - quotient * b.mantissa;
  std::uint64_t low = 0;
  if (rest != 0) low = rest > b.mantissa - rest ? kIntegerBit | 1 : 1;  // a half is impossible
  return {a.sign != b.sign, a.exponent - b.exponent + kBias - (smaller ? 1 : 0), quotient, low};
}

[[gnu::always_inline]] inline Number number(const Extended& value) {
  return {value.sign(), value.exponent(), value.mantissa};
}

struct Rounded {
  std::uint64_t mantissa;
  int exponent;
  bool inexact, up;
};

// `high` is normalised.
[[gnu::always_inline]] inline Rounded round_mantissa(const Rounding& r, bool sign, int exponent,
                                                     std::uint64_t high, std::uint64_t low) {
  const Uint128 value = join(high, low);
  const Uint128 sum = value + join(r.increment_high[sign], r.increment_low[sign]);
  const std::uint64_t kept = high & ~r.low_mask;
  std::uint64_t mantissa = high_half(sum);
  const bool carried = mantissa < kept;
  if (((mantissa & r.low_mask) | low_half(sum)) == 0) mantissa &= ~r.tie_unit;
  mantissa &= ~r.low_mask;
  const bool inexact = ((high & r.low_mask) | low) != 0;
  const bool up = carried || mantissa > kept;
  if (carried) return {kIntegerBit, exponent + 1, inexact, up};
  return {mantissa, exponent, inexact, up};
}

// PE and C1; false when precision is unmasked.
[[gnu::always_inline]] inline bool raise_rounding(Context& c, const Rounded& rounded) {
  const unsigned raised =
      (rounded.inexact ? unsigned{kPrecision} : 0u) | (rounded.up ? unsigned{kC1} : 0u);
  c.raised = static_cast<std::uint16_t>(raised);
  return (raised & ~unsigned{c.control} & kPrecision) == 0;
}

// False: the exponent leaves the normal range, or precision is unmasked.
[[gnu::always_inline]] inline bool round_fast(Context& c, const Exact& exact, Extended& result) {
  const Rounded rounded =
      round_mantissa(*c.rounding, exact.sign, exact.exponent, exact.high, exact.low);
  if (static_cast<unsigned>(rounded.exponent - 1) >= kInfinityExponent - 1) [[unlikely]]
    return false;
  if (!raise_rounding(c, rounded)) [[unlikely]]
    return false;
  result = make(exact.sign, rounded.exponent, rounded.mantissa);
  return true;
}

// a + b, or a - b when `negate` is set.
[[gnu::always_inline]] inline bool add_fast(Context& c, const Extended& a, const Extended& b,
                                            bool negate, Extended& result) {
  if (!a.is_normal() || !b.is_normal()) [[unlikely]]
    return false;
  Number right = number(b);
  right.sign = right.sign != negate;
  const Exact sum = add_numbers(number(a), right);
  if (sum.high == 0) {
    result = zero(c.rounding->mode == kDown);
    c.raised = 0;
    return true;
  }
  return round_fast(c, sum, result);
}
[[gnu::always_inline]] inline bool multiply_fast(Context& c, const Extended& a, const Extended& b,
                                                 Extended& result) {
  if (!a.is_normal() || !b.is_normal()) [[unlikely]]
    return false;
  return round_fast(c, multiply_numbers(number(a), number(b)), result);
}
[[gnu::always_inline]] inline bool divide_fast(Context& c, const Extended& a, const Extended& b,
                                               Extended& result) {
  if (!a.is_normal() || !b.is_normal()) [[unlikely]]
    return false;
  return round_fast(c, divide_numbers(number(a), number(b)), result);
}

// --- memory formats ---

// `fraction_bits` without the hidden one; `exponent_bits`.
template <class Bits>
struct Format;
template <>
struct Format<std::uint32_t> {
  static constexpr int kFractionBits = 23, kExponentBits = 8;
  static constexpr Precision kPrecisionControl = kSingle;
};
template <>
struct Format<std::uint64_t> {
  static constexpr int kFractionBits = 52, kExponentBits = 11;
  static constexpr Precision kPrecisionControl = kDouble;
};
template <class Bits>
inline constexpr int kFormatBias = (1 << (Format<Bits>::kExponentBits - 1)) - 1;
template <class Bits>
inline constexpr int kFormatMaxExponent = (1 << Format<Bits>::kExponentBits) - 1;

template <class Bits>
[[gnu::always_inline]] inline bool widen_fast(Bits bits, Extended& result) {
  using F = Format<Bits>;
  const int exponent = static_cast<int>(bits >> F::kFractionBits) & kFormatMaxExponent<Bits>;
  if (static_cast<unsigned>(exponent - 1) >= kFormatMaxExponent<Bits> - 1) {
    if (static_cast<Bits>(bits << 1) != 0) [[unlikely]]
      return false;
    result = zero(bits != 0);
    return true;
  }
  const bool sign = bits >> (F::kFractionBits + F::kExponentBits) != 0;
  const std::uint64_t fraction = std::uint64_t{bits} << (63 - F::kFractionBits);
  result = make(sign, exponent + kBias - kFormatBias<Bits>, fraction | kIntegerBit);
  return true;
}

// Rounds to the format by `rounding`, which has its precision.
template <class Bits>
[[gnu::always_inline]] inline bool narrow_fast(Context& c, const Extended& value, Bits& result) {
  using F = Format<Bits>;
  if (!value.is_normal()) {
    if (!value.is_zero()) [[unlikely]]
      return false;
    result = static_cast<Bits>(Bits{value.sign()} << (F::kFractionBits + F::kExponentBits));
    c.raised = 0;
    return true;
  }
  const int exponent = value.exponent() - kBias + kFormatBias<Bits>;
  const Rounded rounded = round_mantissa(*c.rounding, value.sign(), exponent, value.mantissa, 0);
  if (static_cast<unsigned>(rounded.exponent - 1) >= kFormatMaxExponent<Bits> - 1) [[unlikely]]
    return false;
  if (!raise_rounding(c, rounded)) [[unlikely]]
    return false;
  const auto fraction = static_cast<Bits>(rounded.mantissa << 1 >> (64 - F::kFractionBits));
  const auto head =
      static_cast<Bits>((value.sign() ? kFormatMaxExponent<Bits> + 1 : 0) | rounded.exponent);
  result = static_cast<Bits>(head << F::kFractionBits | fraction);
  return true;
}

[[gnu::always_inline]] inline Extended from_integer(std::int64_t value) {
  if (value == 0) return zero(false);
  const bool sign = value < 0;
  const std::uint64_t magnitude =
      sign ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
  const int shift = std::countl_zero(magnitude);
  return make(sign, kBias + 63 - shift, magnitude << shift);
}

// To a signed integer of Bits' width; false: out of range, or precision is unmasked.
template <class Bits>
[[gnu::always_inline]] inline bool to_integer_fast(Context& c, const Extended& value, Bits& bits) {
  constexpr int width = std::numeric_limits<Bits>::digits;
  if (!value.is_normal()) {
    if (!value.is_zero()) [[unlikely]]
      return false;
    bits = 0;
    c.raised = 0;
    return true;
  }
  const int shift = kBias + 63 - value.exponent();
  if (shift < 65 - width) [[unlikely]]
    return false;
  const Uint128 exact = shift_right_sticky(join(value.mantissa, 0), shift);
  const std::uint64_t whole = high_half(exact), fraction = low_half(exact);
  const bool sign = value.sign();
  bool up = rounds_up_in_magnitude(c.rounding->mode, sign);
  if (c.rounding->mode == kNearest) {
    up = fraction > kIntegerBit || (fraction == kIntegerBit && (whole & 1) != 0);
  }
  up = up && fraction != 0;
  // At most 2^(width - 1) here, which only as a negative number fits.
  const std::uint64_t magnitude = whole + (up ? 1 : 0);
  if (magnitude >> (width - 1) != 0) [[unlikely]]
    return false;
  const unsigned raised = (fraction != 0 ? unsigned{kPrecision} : 0u) | (up ? unsigned{kC1} : 0u);
  if ((raised & ~unsigned{c.control} & kPrecision) != 0) [[unlikely]]
    return false;
  c.raised = static_cast<std::uint16_t>(raised);
  bits = static_cast<Bits>(sign ? 0 - magnitude : magnitude);
  return true;
}

// --- full ways (x87_float.cpp) ---

enum class Class : std::uint8_t { zero, number, infinity, nan, unsupported };

// A register taken apart. A number is normalised: its exponent may be 0 or negative then.
struct Operand {
  Class kind = Class::zero;
  bool sign = false;
  bool denormal = false;  // raises DE when it is used as a number
  bool unnormal = false;  // 287: neither normal nor denormal
  int exponent = 0;       // biased
  std::uint64_t mantissa = 0;
  Extended raw;

  Number number() const { return {sign, exponent, mantissa}; }
  bool is_nan() const { return kind == Class::nan; }
  bool is_signaling() const { return is_nan() && (raw.mantissa & kQuietBit) == 0; }
};
Operand take_apart(const Context& c, const Extended& value);

// A value in memory as an operand: a denormal one is still marked as such, a signaling NaN is still
// signaling.
template <class Bits>
Operand widen(const Context& c, Bits bits);
// The same as the load instructions do it.
template <class Bits>
Extended load(Context& c, Bits bits);
// What FST leaves in memory. Over- and underflow unmasked: nothing may be stored, `raised` tells.
template <class Bits>
Bits narrow(Context& c, const Extended& value);

Operand operand_of_integer(std::int64_t value);

Extended add(Context& c, const Operand& a, const Operand& b, bool negate);
Extended multiply(Context& c, const Operand& a, const Operand& b);
Extended divide(Context& c, const Operand& a, const Operand& b);
Extended square_root(Context& c, const Extended& value);

enum class Order : std::uint8_t { less, equal, greater, unordered };
Order compare(Context& c, const Operand& a, const Operand& b, bool quiet);

Extended round_to_integer(Context& c, const Extended& value);
// FIST: `bits` wide; out of range is invalid and the smallest number.
std::int64_t to_integer(Context& c, const Extended& value, int bits);

struct Remainder {
  Extended value;
  bool has_quotient = false;
  std::uint8_t quotient = 0;  // the low three bits
  bool complete = true;
};
Remainder remainder(Context& c, const Extended& dividend, const Extended& divisor, bool nearest);

Extended scale(Context& c, const Extended& value, const Extended& power);
struct Parts {
  Extended exponent, significand;
};
Parts extract(Context& c, const Extended& value);

using Bcd = std::array<std::uint8_t, 10>;
Extended from_bcd(const Bcd& digits);
Bcd to_bcd(Context& c, const Extended& value);

// Rounds a value of any exponent.
Extended pack(Context& c, const Exact& exact);
// The answer when an operand is a NaN.
Extended propagate_nan(Context& c, const Operand& a, const Operand& b);
Extended propagate_nan(Context& c, const Operand& a);

inline Context with_full_precision(const Context& c) {
  Context full = c;
  full.rounding = &kRoundings[c.rounding->mode][kFull];
  return full;
}

}  // namespace cpu::x87
