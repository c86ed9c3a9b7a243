// The transcendental functions: special operands by the manual's tables, exact cases, and random
// operands against the C library's binary128 functions, where it has them.
#include "cpu/x87_transcendental.h"

#include <cfloat>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include "tests/catch.hpp"

namespace cpu::x87 {
namespace {

constexpr Extended kPlusOne = {kIntegerBit, 0x3FFF}, kMinusOne = {kIntegerBit, 0xBFFF};
constexpr Extended kHalf = {kIntegerBit, 0x3FFE}, kThree = {3ULL << 62, 0x4000};
constexpr Extended kPlusInfinity = infinity(false), kMinusInfinity = infinity(true);
constexpr Extended kSignaling = {kIntegerBit | 1, 0x7FFF};

Extended log2_of(Context& c, const Extended& x, const Extended& y) {
  return log2_times(c, x, y);
}

}  // namespace

TEST_CASE("x87 functions: logarithms of special operands", "[cpu][x87]") {
  struct Case {
    Extended x, y, result;
    unsigned raised;
  };
  for (const Case& k :
       {Case{zero(false), kPlusOne, kMinusInfinity, kZeroDivide},
        Case{zero(true), kMinusOne, kPlusInfinity, kZeroDivide},
        Case{zero(false), zero(false), kIndefinite, kInvalid},
        Case{zero(false), kPlusInfinity, kMinusInfinity, 0},
        Case{kMinusOne, kPlusOne, kIndefinite, kInvalid},
        Case{kPlusInfinity, kMinusOne, kMinusInfinity, 0},
        Case{kPlusInfinity, zero(false), kIndefinite, kInvalid},
        Case{kPlusOne, kPlusInfinity, kIndefinite, kInvalid},
        Case{kHalf, kPlusInfinity, kMinusInfinity, 0}, Case{kPlusOne, kMinusOne, zero(true), 0},
        Case{kHalf, zero(false), zero(true), 0}, Case{kHalf, kThree, {3ULL << 62, 0xC000}, 0},
        Case{kSignaling, kPlusOne, {kIntegerBit | kQuietBit | 1, 0x7FFF}, kInvalid}}) {
    Context c;
    CHECK(log2_of(c, k.x, k.y) == k.result);
    CHECK(c.raised == k.raised);
  }
  Context c;
  CHECK(log2_plus_1_times(c, zero(true), kThree) == zero(true));
  CHECK(log2_plus_1_times(c, kPlusOne, kThree) == kThree);
  CHECK(c.raised == 0);
}

TEST_CASE("x87 functions: angles of special points", "[cpu][x87]") {
  const Extended pi = {0xC90FDAA22168C235, 0x4000}, half_pi = {0xC90FDAA22168C235, 0x3FFF};
  const Extended three_quarters = {0x96CBE3F9990E91A8, 0x4000};
  struct Case {
    Extended y, x, result;
  };
  for (const Case& k :
       {Case{zero(false), kPlusOne, zero(false)}, Case{zero(true), kPlusOne, zero(true)},
        Case{zero(false), kMinusOne, pi}, Case{zero(false), zero(true), pi},
        Case{kPlusOne, zero(false), half_pi}, Case{kPlusOne, zero(true), half_pi},
        Case{kPlusInfinity, kMinusInfinity, three_quarters}, Case{kPlusInfinity, kPlusOne, half_pi},
        Case{kPlusOne, kPlusInfinity, zero(false)}, Case{kPlusOne, kMinusInfinity, pi}}) {
    Context c;
    CHECK(arctangent(c, k.y, k.x) == k.result);
  }
}

TEST_CASE("x87 functions: powers, and angles that are too large", "[cpu][x87]") {
  Context c;
  CHECK(exp2_minus_1(c, kPlusOne) == kPlusOne);
  CHECK(exp2_minus_1(c, kMinusOne) == Extended{kIntegerBit, 0xBFFE});
  CHECK(exp2_minus_1(c, kMinusInfinity) == kMinusOne);
  CHECK(exp2_minus_1(c, zero(true)) == zero(true));
  CHECK(c.raised == 0);
  CHECK(sine_and_cosine(c, {kIntegerBit, 0x3FFF + 63}, true, true).angle == Angle::out_of_range);
  CHECK(sine_and_cosine(c, {~0ULL, 0x3FFF + 62}, true, true).angle == Angle::value);
  c.raised = 0;
  CHECK(sine_and_cosine(c, kPlusInfinity, true, false).angle == Angle::invalid);
  CHECK(c.raised == kInvalid);
}

TEST_CASE("x87 functions: pi has 66 bits, so the sine of its first 64 is what they leave",
          "[cpu][x87]") {
  // 64 bits of pi: the chip's pi is larger by 3 x 2^-64, whatever the true one is.
  Context c;
  const Trigonometric r = sine_and_cosine(c, {0xC90FDAA22168C234, 0x4000}, true, false);
  CHECK(r.sine == Extended{3ULL << 62, 0x3FFF - 63});
}

#if defined(__x86_64__) && LDBL_MANT_DIG == 64 && defined(__GLIBC__)
namespace {

// 113 bits: what the library makes of them is exact beside our 64.
__extension__ typedef __float128 Wide;

long double to_host(const Extended& value) {
  long double result = 0;
  std::memcpy(&result, &value.mantissa, 8);
  std::memcpy(reinterpret_cast<char*>(&result) + 8, &value.head, 2);
  return result;
}
Wide to_wide(const Extended& value) {
  return to_host(value);
}

// In units of the expected value's last place.
double distance(const Extended& actual, Wide expected) {
  const int exponent = ilogbf128(expected) - 63;
  return static_cast<double>(fabsf128(scalbnf128(to_wide(actual) - expected, -exponent)));
}

}  // namespace

TEST_CASE("x87 functions: random operands give the value nearest to what binary128 gives",
          "[cpu][x87]") {
  std::mt19937_64 random(387);
  const auto operand = [&](int lowest, int highest) {
    const int exponent = lowest + static_cast<int>(random() % unsigned(highest - lowest + 1));
    return make((random() & 1) != 0, kBias + exponent, random() | kIntegerBit);
  };
  const auto positive = [&](int lowest, int highest) {
    Extended value = operand(lowest, highest);
    value.head &= 0x7FFF;
    return value;
  };
  constexpr double allowed = 0.501;  // rounded once, from 2^-120 beside the true value
  double worst = 0;
  const auto check = [&](const Extended& actual, Wide expected) {
    worst = std::max(worst, distance(actual, expected));
  };
  for (int round = 0; round < 20000; ++round) {
    Context c;
    const Extended small = operand(-80, -1), y = operand(-40, 40), x = operand(-40, 40);
    const Extended p = positive(-500, 500);
    check(exp2_minus_1(c, small), expm1f128(to_wide(small) * logf128(2)));
    check(log2_times(c, p, kPlusOne), log2f128(to_wide(p)));
    const Extended near = operand(-70, -3);
    check(log2_plus_1_times(c, near, kPlusOne), log1pf128(to_wide(near)) / logf128(2));
    check(arctangent(c, y, x), atan2f128(to_wide(y), to_wide(x)));
    const Extended angle = operand(-60, -1);
    if (fabsf128(to_wide(angle)) > Wide{0.785L}) continue;
    const Trigonometric both = sine_and_cosine(c, angle, true, true);
    check(both.sine, sinf128(to_wide(angle)));
    check(both.cosine, cosf128(to_wide(angle)));
    check(tangent(c, angle).value, tanf128(to_wide(angle)));
  }
  CHECK(worst < allowed);
}

TEST_CASE("x87 functions: rounding modes enclose the value", "[cpu][x87]") {
  std::mt19937_64 random(486);
  for (int round = 0; round < 5000; ++round) {
    const Extended x = make((random() & 1) != 0, kBias - 1 - static_cast<int>(random() % 30),
                            random() | kIntegerBit);
    const auto with = [&](RoundingMode mode, auto function) {
      Context c;
      c.rounding = &kRoundings[mode][kFull];
      const Extended result = function(c);
      CHECK((c.raised & ~unsigned{kC1}) == kPrecision);
      return to_host(result);
    };
    const auto enclosed = [&](auto function) {
      const long double low = with(kDown, function), high = with(kUp, function);
      const long double near = with(kNearest, function);
      CHECK(std::nextafter(low, std::numeric_limits<long double>::infinity()) == high);
      CHECK((near == low || near == high));
    };
    enclosed([&](Context& c) { return exp2_minus_1(c, x); });
    enclosed([&](Context& c) { return sine_and_cosine(c, x, true, false).sine; });
    enclosed([&](Context& c) { return sine_and_cosine(c, x, false, true).cosine; });
    enclosed([&](Context& c) { return tangent(c, x).value; });
    enclosed([&](Context& c) { return arctangent(c, x, kThree); });
    enclosed([&](Context& c) { return log2_plus_1_times(c, x, kThree); });
  }
}
#endif

}  // namespace cpu::x87
