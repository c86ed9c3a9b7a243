// The arithmetic of the integer instructions: pure functions of operands and flags, no processor
// state. Undefined flags follow hardware where the vectors show them, see docs/cpu.md. [386] 80386
// Programmer's Reference Manual, chapter 17; [86] iAPX 86/88 User's Manual, table 2-21.
#pragma once

#include <cstdint>
#include <limits>
#include <type_traits>

#include "cpu/flags.h"

namespace cpu::alu {

template <class T>
using Signed = std::make_signed_t<T>;

template <class T>
inline constexpr T kSignBit = static_cast<T>(T{1} << (kBits<T> - 1));

template <class T>
constexpr bool sign(T value) {
  return (value & kSignBit<T>) != 0;
}

// --- addition and logic ---

template <class T>
T add(Flags& f, T a, T b, bool carry = false) {
  const std::uint64_t wide = std::uint64_t{a} + b + (carry ? 1u : 0u);
  f.set_arithmetic<T>(a, b, wide);
  return static_cast<T>(wide);
}

template <class T>
T subtract(Flags& f, T a, T b, bool borrow = false) {
  const std::uint64_t wide = std::uint64_t{a} - b - (borrow ? 1u : 0u);
  f.set_arithmetic<T>(a, b, wide);
  return static_cast<T>(wide);
}

// What the eight operations of 00-3F and 80-83 do; the names are used as template arguments.
struct Add {
  static constexpr bool kWrites = true;
  template <class T>
  static T apply(Flags& f, T a, T b) {
    return add(f, a, b);
  }
};
struct Or {
  static constexpr bool kWrites = true;
  template <class T>
  static T apply(Flags& f, T a, T b) {
    const T result = static_cast<T>(a | b);
    f.set_logic(result);
    return result;
  }
};
struct Adc {
  static constexpr bool kWrites = true;
  template <class T>
  static T apply(Flags& f, T a, T b) {
    return add(f, a, b, f.cf());
  }
};
struct Sbb {
  static constexpr bool kWrites = true;
  template <class T>
  static T apply(Flags& f, T a, T b) {
    return subtract(f, a, b, f.cf());
  }
};
struct And {
  static constexpr bool kWrites = true;
  template <class T>
  static T apply(Flags& f, T a, T b) {
    const T result = static_cast<T>(a & b);
    f.set_logic(result);
    return result;
  }
};
struct Sub {
  static constexpr bool kWrites = true;
  template <class T>
  static T apply(Flags& f, T a, T b) {
    return subtract(f, a, b);
  }
};
struct Xor {
  static constexpr bool kWrites = true;
  template <class T>
  static T apply(Flags& f, T a, T b) {
    const T result = static_cast<T>(a ^ b);
    f.set_logic(result);
    return result;
  }
};
struct Cmp {
  static constexpr bool kWrites = false;
  template <class T>
  static T apply(Flags& f, T a, T b) {
    return subtract(f, a, b);
  }
};
struct Test {
  static constexpr bool kWrites = false;
  template <class T>
  static T apply(Flags& f, T a, T b) {
    return And::apply(f, a, b);
  }
};

// --- one operand ---

struct Inc {
  template <class T>
  static T apply(Flags& f, T a) {
    const std::uint64_t wide = std::uint64_t{a} + 1;
    f.set_count<T>(a, wide);
    return static_cast<T>(wide);
  }
};
struct Dec {
  template <class T>
  static T apply(Flags& f, T a) {
    const std::uint64_t wide = std::uint64_t{a} - 1;
    f.set_count<T>(a, wide);
    return static_cast<T>(wide);
  }
};
struct Not {
  template <class T>
  static T apply(Flags&, T a) {
    return static_cast<T>(~a);
  }
};
struct Neg {
  template <class T>
  static T apply(Flags& f, T a) {
    return subtract(f, T{0}, a);
  }
};

// --- shifts and rotates: the count is not zero, and masked to five bits where the model does ---

struct Rol {
  template <class T>
  static T apply(Flags& f, T a, unsigned count) {
    const unsigned n = count % kBits<T>;
    const T result = n == 0 ? a : static_cast<T>(a << n | a >> (kBits<T> - n));
    const bool cf = (result & 1) != 0;
    f.set_cf_of(cf, sign(result) != cf);
    return result;
  }
};
struct Ror {
  template <class T>
  static T apply(Flags& f, T a, unsigned count) {
    const unsigned n = count % kBits<T>;
    const T result = n == 0 ? a : static_cast<T>(a >> n | a << (kBits<T> - n));
    f.set_cf_of(sign(result), sign(result) != sign(static_cast<T>(result << 1)));
    return result;
  }
};
struct Rcl {
  template <class T>
  static T apply(Flags& f, T a, unsigned count) {
    const unsigned n = count % (kBits<T> + 1);
    const std::uint64_t carry = f.cf() ? 1 : 0;
    std::uint64_t wide = carry << kBits<T> | a;  // CF above the operand, rotated as one
    if (n != 0) wide = wide << n | wide >> (kBits<T> + 1 - n);
    const T result = static_cast<T>(wide);
    const bool cf = (wide >> kBits<T> & 1) != 0;
    f.set_cf_of(cf, sign(result) != cf);
    return result;
  }
};
struct Rcr {
  template <class T>
  static T apply(Flags& f, T a, unsigned count) {
    const unsigned n = count % (kBits<T> + 1);
    const std::uint64_t carry = f.cf() ? 1 : 0;
    std::uint64_t wide = carry << kBits<T> | a;
    if (n != 0) wide = wide >> n | wide << (kBits<T> + 1 - n);
    const T result = static_cast<T>(wide);
    f.set_cf_of((wide >> kBits<T> & 1) != 0, sign(result) != sign(static_cast<T>(result << 1)));
    return result;
  }
};
// AF, undefined, is the carry into bit 4: the shift as an addition.
struct Shl {
  template <class T>
  static T apply(Flags& f, T a, unsigned count) {
    const std::uint64_t wide = count < 64 - kBits<T> ? std::uint64_t{a} << count : 0;
    const T result = static_cast<T>(wide);
    const bool cf = (wide >> kBits<T> & 1) != 0;
    f.set_result(result, cf, sign(result) != cf, (result & kAf) != 0);
    return result;
  }
};
// SHR and SAR; kAuxiliary is AF, undefined by the manual: set on the 286 only.
template <bool kAuxiliary>
struct Shr {
  template <class T>
  static T apply(Flags& f, T a, unsigned count) {
    const T shifted = count <= kBits<T> ? static_cast<T>(std::uint64_t{a} >> (count - 1)) : T{0};
    const T result = static_cast<T>(shifted >> 1);
    f.set_result(result, (shifted & 1) != 0, sign(static_cast<T>(result << 1)), kAuxiliary);
    return result;
  }
};
template <bool kAuxiliary>
struct Sar {
  template <class T>
  static T apply(Flags& f, T a, unsigned count) {
    const unsigned n = count < kBits<T> ? count : kBits<T>;
    const std::int64_t shifted = sign_extended(a) >> (n - 1);
    const T result = static_cast<T>(shifted >> 1);
    f.set_result(result, (shifted & 1) != 0, false, kAuxiliary);
    return result;
  }
};
// 8086 only, D0-D3 /6: all ones.
struct SetMinusOne {
  template <class T>
  static T apply(Flags& f, T, unsigned) {
    const T result = std::numeric_limits<T>::max();
    f.set_logic(result);
    return result;
  }
};

// SHLD and SHRD; count 1..31. For 16 bits and a count above 16 the 386 goes on with the source,
// i.e. it shifts in destination : source : destination.
template <class T>
T shift_left_double(Flags& f, T a, T b, unsigned count) {
  std::uint64_t wide = std::uint64_t{a} << kBits<T> | b;
  if constexpr (sizeof(T) == 2) wide = wide << 16 | a;
  constexpr unsigned kTop = sizeof(T) == 2 ? 48 : 64;
  const T result = static_cast<T>(wide << count >> (kTop - kBits<T>));
  const bool cf = (wide >> (kTop - count) & 1) != 0;
  f.set_result(result, cf, sign(result) != sign(a), false);
  return result;
}
template <class T>
T shift_right_double(Flags& f, T a, T b, unsigned count) {
  std::uint64_t wide = std::uint64_t{b} << kBits<T> | a;
  if constexpr (sizeof(T) == 2) wide |= std::uint64_t{a} << 32;
  const T result = static_cast<T>(wide >> count);
  const bool cf = (wide >> (count - 1) & 1) != 0;
  f.set_result(result, cf, sign(result) != sign(a), false);
  return result;
}

// --- multiplication and division ---

template <class T>
struct Pair {
  T low, high;
};

// CF = OF = "the high half matters"; SF, ZF, PF (undefined) from the high half.
template <class T>
Pair<T> multiply(Flags& f, T a, T b) {
  const std::uint64_t product = std::uint64_t{a} * b;
  const Pair<T> result{static_cast<T>(product), static_cast<T>(product >> kBits<T>)};
  f.set_result(result.high, result.high != 0, result.high != 0, false);
  return result;
}
template <class T>
Pair<T> multiply_signed(Flags& f, T a, T b) {
  const std::int64_t product = sign_extended(a) * sign_extended(b);
  const Pair<T> result{static_cast<T>(product), static_cast<T>(product >> kBits<T>)};
  const bool overflow = product != sign_extended(result.low);
  f.set_result(result.high, overflow, overflow, false);
  return result;
}

// Quotient in low, remainder in high. False: #DE, nothing changed.
template <class T>
bool divide(Pair<T>& dividend, T divisor) {
  if (divisor <= dividend.high) return false;
  const std::uint64_t wide = std::uint64_t{dividend.high} << kBits<T> | dividend.low;
  dividend = {static_cast<T>(wide / divisor), static_cast<T>(wide % divisor)};
  return true;
}
// `most_negative`: whether the quotient -2^(n-1) is a result (286 and later) or #DE (8086).
template <class T>
bool divide_signed(Pair<T>& dividend, T divisor, bool most_negative) {
  if (divisor == 0) return false;
  const std::uint64_t wide = std::uint64_t{dividend.high} << kBits<T> | dividend.low;
  // Magnitudes, so that -2^63 / -1 stays defined.
  constexpr unsigned kUnused = 64 - 2 * kBits<T>;
  const auto value = static_cast<std::int64_t>(wide << kUnused) >> kUnused;
  const bool negative_dividend = value < 0;
  const bool negative = negative_dividend != sign(divisor);
  const std::uint64_t n =
      negative_dividend ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
  const std::int64_t signed_divisor = sign_extended(divisor);
  const std::uint64_t d =
      static_cast<std::uint64_t>(sign(divisor) ? -signed_divisor : signed_divisor);
  const std::uint64_t quotient = n / d;
  const std::uint64_t limit = kSignBit<T> - (negative && most_negative ? 0u : 1u);
  if (quotient > limit) return false;
  const std::uint64_t remainder = n % d;
  dividend = {static_cast<T>(negative ? 0 - quotient : quotient),
              static_cast<T>(negative_dividend ? 0 - remainder : remainder)};
  return true;
}

// What the 286 makes of some quotients below -2^(n-1) instead of #DE: its partial remainder is as
// wide as the operand, and when the first one is exactly 2^(n-1) the next shift loses it; the rest
// then looks like quotient -2^(n-1), which is legal. Derived from the one such vector (F6.7).
template <class T>
bool divide_signed_slip(Pair<T>& dividend, T divisor) {
  const std::uint64_t wide = std::uint64_t{dividend.high} << kBits<T> | dividend.low;
  const bool negative_dividend = sign(dividend.high);
  if (negative_dividend == sign(divisor)) return false;
  const auto magnitude = [](std::uint64_t value, bool negative) {
    return negative ? 0 - value : value;
  };
  constexpr std::uint64_t kMask = (std::uint64_t{1} << (kBits<T> * 2 - 1) << 1) - 1;
  const std::uint64_t n = magnitude(wide, negative_dividend) & kMask;
  const std::uint64_t d = static_cast<T>(magnitude(divisor, sign(divisor)));
  const std::uint64_t rest = n & (kSignBit<T> - 1u);
  if (n >> (kBits<T> - 1) != d + kSignBit<T> || rest >= d) return false;
  dividend = {kSignBit<T>, static_cast<T>(magnitude(rest, negative_dividend))};
  return true;
}

}  // namespace cpu::alu
