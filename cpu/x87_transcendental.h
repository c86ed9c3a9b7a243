// The functions of the x87 that are not algebraic, in integer arithmetic of 128 bits: the same on
// every host, and more accurate than any chip, so that rounding decides.
//
// Open: real chips have errors of up to 1 ulp of their own (a 387 or 486 more than a Pentium), and
// their C1 follows from those; ours is that of the correctly rounded value.
#pragma once

#include "cpu/x87_float.h"

namespace cpu::x87 {

// F2XM1. Outside -1..1, where the manuals define nothing, the operand comes back.
Extended exp2_minus_1(Context& c, const Extended& x);
// FYL2X: y * log2 x.
Extended log2_times(Context& c, const Extended& x, const Extended& y);
// FYL2XP1: y * log2(x + 1).
Extended log2_plus_1_times(Context& c, const Extended& x, const Extended& y);
// FPATAN: the angle of the point (x, y).
Extended arctangent(Context& c, const Extended& y, const Extended& x);

enum class Angle : std::uint8_t {
  value,        // the function has one
  invalid,      // a NaN, in every result
  out_of_range  // 2^63 and more: nothing happens, C2 tells
};
struct Trigonometric {
  Angle angle = Angle::value;
  Extended sine, cosine;
};
// FSIN, FCOS, FSINCOS want what they name; C1 follows the last one computed.
Trigonometric sine_and_cosine(Context& c, const Extended& x, bool want_sine, bool want_cosine);
struct Tangent {
  Angle angle = Angle::value;
  Extended value;
};
Tangent tangent(Context& c, const Extended& x);

}  // namespace cpu::x87
