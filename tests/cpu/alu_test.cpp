// The arithmetic on bytes, every operand pair, against the host processor; wider operands against
// 64-bit arithmetic at the borders.
#include "cpu/alu.h"

#include <array>

#include "tests/catch.hpp"

using cpu::Flags;
namespace alu = cpu::alu;

namespace {

#ifdef __x86_64__

enum class Op {
  add,
  or_,
  adc,
  sbb,
  and_,
  sub,
  xor_,
  cmp,
  inc,
  dec,
  neg,
  rol,
  ror,
  rcl,
  rcr,
  shl,
  shr,
  sar
};

struct Outcome {
  std::uint8_t result;
  std::uint32_t flags;
};

// One instruction on the host. AH carries the flags through SAHF and LAHF, OF comes by SETO.
template <Op kOp>
Outcome host(std::uint8_t a, std::uint8_t b, bool carry) {
  std::uint16_t ax = static_cast<std::uint16_t>((carry ? 0x0300 : 0x0200));
  std::uint8_t of = 0;
  // clang-format off
  if constexpr (kOp == Op::add) asm("sahf; addb %3, %0; lahf; seto %2" : "+q"(a), "+a"(ax), "=q"(of) : "q"(b) : "cc");
  if constexpr (kOp == Op::or_) asm("sahf; orb %3, %0; lahf; seto %2" : "+q"(a), "+a"(ax), "=q"(of) : "q"(b) : "cc");
  if constexpr (kOp == Op::adc) asm("sahf; adcb %3, %0; lahf; seto %2" : "+q"(a), "+a"(ax), "=q"(of) : "q"(b) : "cc");
  if constexpr (kOp == Op::sbb) asm("sahf; sbbb %3, %0; lahf; seto %2" : "+q"(a), "+a"(ax), "=q"(of) : "q"(b) : "cc");
  if constexpr (kOp == Op::and_) asm("sahf; andb %3, %0; lahf; seto %2" : "+q"(a), "+a"(ax), "=q"(of) : "q"(b) : "cc");
  if constexpr (kOp == Op::sub) asm("sahf; subb %3, %0; lahf; seto %2" : "+q"(a), "+a"(ax), "=q"(of) : "q"(b) : "cc");
  if constexpr (kOp == Op::xor_) asm("sahf; xorb %3, %0; lahf; seto %2" : "+q"(a), "+a"(ax), "=q"(of) : "q"(b) : "cc");
  if constexpr (kOp == Op::cmp) asm("sahf; cmpb %3, %0; lahf; seto %2" : "+q"(a), "+a"(ax), "=q"(of) : "q"(b) : "cc");
  if constexpr (kOp == Op::inc) asm("sahf; incb %0; lahf; seto %2" : "+q"(a), "+a"(ax), "=q"(of) : : "cc");
  if constexpr (kOp == Op::dec) asm("sahf; decb %0; lahf; seto %2" : "+q"(a), "+a"(ax), "=q"(of) : : "cc");
  if constexpr (kOp == Op::neg) asm("sahf; negb %0; lahf; seto %2" : "+q"(a), "+a"(ax), "=q"(of) : : "cc");
  if constexpr (kOp == Op::rol) asm("sahf; rolb %%cl, %0; lahf; seto %2" : "+q"(a), "+a"(ax), "=q"(of) : "c"(b) : "cc");
  if constexpr (kOp == Op::ror) asm("sahf; rorb %%cl, %0; lahf; seto %2" : "+q"(a), "+a"(ax), "=q"(of) : "c"(b) : "cc");
  if constexpr (kOp == Op::rcl) asm("sahf; rclb %%cl, %0; lahf; seto %2" : "+q"(a), "+a"(ax), "=q"(of) : "c"(b) : "cc");
  if constexpr (kOp == Op::rcr) asm("sahf; rcrb %%cl, %0; lahf; seto %2" : "+q"(a), "+a"(ax), "=q"(of) : "c"(b) : "cc");
  if constexpr (kOp == Op::shl) asm("sahf; shlb %%cl, %0; lahf; seto %2" : "+q"(a), "+a"(ax), "=q"(of) : "c"(b) : "cc");
  if constexpr (kOp == Op::shr) asm("sahf; shrb %%cl, %0; lahf; seto %2" : "+q"(a), "+a"(ax), "=q"(of) : "c"(b) : "cc");
  if constexpr (kOp == Op::sar) asm("sahf; sarb %%cl, %0; lahf; seto %2" : "+q"(a), "+a"(ax), "=q"(of) : "c"(b) : "cc");
  // clang-format on
  return {a, (ax >> 8 & 0xD5u) | (of != 0 ? cpu::kOf : 0u)};
}

constexpr std::uint32_t kAll = cpu::kArithmeticFlags;
constexpr std::uint32_t kNoAf = kAll & ~std::uint32_t{cpu::kAf};

// Every a and b, carry in both ways. Returns the number of differences under the mask.
template <Op kOp, class Ours>
int differences(std::uint32_t mask, Ours&& ours) {
  int wrong = 0;
  for (unsigned n = 0; n < 0x20000; ++n) {
    const auto a = static_cast<std::uint8_t>(n);
    const auto b = static_cast<std::uint8_t>(n >> 8);
    const bool carry = (n >> 16) != 0;
    Flags flags;
    flags.set(carry ? cpu::kCf : 0u);
    const std::uint8_t result = ours(flags, a, b);
    const Outcome expected = host<kOp>(a, b, carry);
    if (result != expected.result || ((flags.arithmetic() ^ expected.flags) & mask) != 0) ++wrong;
  }
  return wrong;
}

template <class T>
auto binary() {
  return [](Flags& f, std::uint8_t a, std::uint8_t b) { return T::apply(f, a, b); };
}
template <class T>
auto unary() {
  return [](Flags& f, std::uint8_t a, std::uint8_t) { return T::apply(f, a); };
}

// Shifts by 1..31: OF is defined for 1 only, and CF of SHL and SHR up to the width.
template <Op kOp, class Shift>
int shift_differences(bool rotate) {
  int wrong = 0;
  for (unsigned n = 0; n < 0x4000; ++n) {
    const auto a = static_cast<std::uint8_t>(n);
    const unsigned count = n >> 8 & 31;
    const bool carry = (n >> 13) != 0;
    if (count == 0) continue;
    Flags flags;
    flags.set(carry ? cpu::kCf : 0u);
    const std::uint8_t result = Shift::template apply<std::uint8_t>(flags, a, count);
    const Outcome expected = host<kOp>(a, static_cast<std::uint8_t>(count), carry);
    std::uint32_t mask = rotate ? std::uint32_t{cpu::kCf} : kNoAf & ~std::uint32_t{cpu::kOf};
    if (count == 1) mask |= cpu::kOf;
    if (!rotate && count > 8) mask &= ~std::uint32_t{cpu::kCf};
    if (result != expected.result || ((flags.arithmetic() ^ expected.flags) & mask) != 0) ++wrong;
  }
  return wrong;
}

#endif

}  // namespace

#ifdef __x86_64__
TEST_CASE("alu: the eight two-operand operations agree with the host on every byte pair",
          "[cpu][alu]") {
  CHECK(differences<Op::add>(kAll, binary<alu::Add>()) == 0);
  CHECK(differences<Op::or_>(kNoAf, binary<alu::Or>()) == 0);
  CHECK(differences<Op::adc>(kAll, binary<alu::Adc>()) == 0);
  CHECK(differences<Op::sbb>(kAll, binary<alu::Sbb>()) == 0);
  CHECK(differences<Op::and_>(kNoAf, binary<alu::And>()) == 0);
  CHECK(differences<Op::sub>(kAll, binary<alu::Sub>()) == 0);
  CHECK(differences<Op::xor_>(kNoAf, binary<alu::Xor>()) == 0);
  CHECK(differences<Op::cmp>(kAll, [](Flags& f, std::uint8_t a, std::uint8_t b) {
          alu::Cmp::apply(f, a, b);
          return a;
        }) == 0);
}

TEST_CASE("alu: INC, DEC and NEG agree with the host on every byte", "[cpu][alu]") {
  CHECK(differences<Op::inc>(kAll, unary<alu::Inc>()) == 0);
  CHECK(differences<Op::dec>(kAll, unary<alu::Dec>()) == 0);
  CHECK(differences<Op::neg>(kAll, unary<alu::Neg>()) == 0);
}

TEST_CASE("alu: shifts and rotates agree with the host on every byte and count", "[cpu][alu]") {
  CHECK(shift_differences<Op::rol, alu::Rol>(true) == 0);
  CHECK(shift_differences<Op::ror, alu::Ror>(true) == 0);
  CHECK(shift_differences<Op::rcl, alu::Rcl>(true) == 0);
  CHECK(shift_differences<Op::rcr, alu::Rcr>(true) == 0);
  CHECK(shift_differences<Op::shl, alu::Shl>(false) == 0);
  CHECK(shift_differences<Op::shr, alu::Shr<false>>(false) == 0);
  CHECK(shift_differences<Op::sar, alu::Sar<false>>(false) == 0);
}
#endif

TEST_CASE("alu: any combination of flags is kept as it was set", "[cpu][alu]") {
  for (std::uint32_t n = 0; n < 64; ++n) {
    std::uint32_t wanted = 0;
    const std::array<std::uint32_t, 6> bits = {cpu::kCf, cpu::kPf, cpu::kAf,
                                               cpu::kZf, cpu::kSf, cpu::kOf};
    for (unsigned bit = 0; bit < 6; ++bit) wanted |= (n >> bit & 1) != 0 ? bits[bit] : 0;
    Flags flags;
    flags.set(wanted);
    CHECK(flags.arithmetic() == wanted);
    flags.set_cf(true);
    CHECK(flags.arithmetic() == (wanted | cpu::kCf));
    flags.set_zf(false);
    CHECK(flags.arithmetic() == ((wanted | cpu::kCf) & ~std::uint32_t{cpu::kZf}));
  }
}

TEST_CASE("alu: words and doublewords carry, overflow and wrap at their own width", "[cpu][alu]") {
  Flags f;
  CHECK(alu::add<std::uint16_t>(f, 0xFFFF, 1) == 0);
  CHECK(f.arithmetic() == (cpu::kCf | cpu::kZf | cpu::kAf | cpu::kPf));
  CHECK(alu::add<std::uint16_t>(f, 0x7FFF, 1) == 0x8000);
  CHECK(f.arithmetic() == (cpu::kOf | cpu::kSf | cpu::kAf | cpu::kPf));
  CHECK(alu::add<std::uint32_t>(f, 0xFFFFFFFF, 0xFFFFFFFF, true) == 0xFFFFFFFF);
  CHECK(f.arithmetic() == (cpu::kCf | cpu::kSf | cpu::kAf | cpu::kPf));
  CHECK(alu::subtract<std::uint32_t>(f, 0x80000000, 1) == 0x7FFFFFFF);
  CHECK(f.arithmetic() == (cpu::kOf | cpu::kAf | cpu::kPf));
  CHECK(alu::subtract<std::uint32_t>(f, 0, 0xFFFFFFFF, true) == 0);
  CHECK(f.arithmetic() == (cpu::kCf | cpu::kZf | cpu::kAf | cpu::kPf));
  f.set(0);
  CHECK(alu::Rcl::apply<std::uint32_t>(f, 0x80000001, 31) == 0xA0000000);
  CHECK(alu::shift_left_double<std::uint32_t>(f, 0x12345678, 0x9ABCDEF0, 8) == 0x3456789A);
  CHECK(alu::shift_right_double<std::uint16_t>(f, 0x1234, 0xABCD, 4) == 0xD123);
}

TEST_CASE("alu: division refuses what does not fit and agrees with wide arithmetic otherwise",
          "[cpu][alu]") {
  int wrong = 0;
  for (int n = -32768; n <= 32767; ++n) {
    for (int d = -128; d <= 127; ++d) {
      const auto wide = static_cast<std::uint16_t>(n);
      alu::Pair<std::uint8_t> value{static_cast<std::uint8_t>(wide),
                                    static_cast<std::uint8_t>(wide >> 8)};
      const bool fits = d != 0 && n / d >= -128 && n / d <= 127;
      const bool done = alu::divide_signed(value, static_cast<std::uint8_t>(d), true);
      if (done != fits) ++wrong;
      if (fits && (value.low != static_cast<std::uint8_t>(n / d) ||
                   value.high != static_cast<std::uint8_t>(n % d))) {
        ++wrong;
      }
    }
  }
  CHECK(wrong == 0);

  alu::Pair<std::uint8_t> edge{0x80, 0xFF};  // -128 / 1: #DE on the 8086 only
  CHECK_FALSE(alu::divide_signed<std::uint8_t>(edge, 1, false));
  CHECK(alu::divide_signed<std::uint8_t>(edge, 1, true));
  alu::Pair<std::uint32_t> large{0, 0x80000000};  // -2^63 / -1 must not trap the host
  CHECK_FALSE(alu::divide_signed<std::uint32_t>(large, 0xFFFFFFFF, true));
}
