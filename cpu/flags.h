// Lazy arithmetic flags: an operation leaves its result and its carry vector, each flag is computed
// when somebody asks. One representation for every operation, so that a condition costs no branch
// on "which operation was it": x = a ^ b ^ sum holds the carry (or borrow) INTO every bit, hence CF
// is bit `size` of x, OF the difference of the two bits around the sign, AF bit 4. [386] 80386
// Programmer's Reference Manual, 2.3.4 and appendix C (flag semantics).
#pragma once

#include <bit>
#include <cstdint>

namespace cpu {

// clang-format off
enum FlagBit : std::uint32_t {
  kCf = 1u << 0, kPf = 1u << 2, kAf = 1u << 4, kZf = 1u << 6, kSf = 1u << 7, kTf = 1u << 8, kIf = 1u << 9,
  kDf = 1u << 10, kOf = 1u << 11, kIopl = 3u << 12, kNt = 1u << 14, kRf = 1u << 16, kVm = 1u << 17,
  kAc = 1u << 18, kId = 1u << 21,  // 486
  kArithmeticFlags = kCf | kPf | kAf | kZf | kSf | kOf
};
// clang-format on

template <class T>
inline constexpr unsigned kBits = sizeof(T) * 8;

template <class T>
constexpr std::int64_t sign_extended(T value) {
  if constexpr (sizeof(T) == 1) return static_cast<std::int8_t>(value);
  if constexpr (sizeof(T) == 2) return static_cast<std::int16_t>(value);
  if constexpr (sizeof(T) == 4) return static_cast<std::int32_t>(value);
}

class Flags {
 public:
  bool cf() const { return (carries_ >> 32 & 1) != 0; }
  bool of() const { return ((carries_ >> 32 ^ carries_ >> 31) & 1) != 0; }
  bool zf() const { return static_cast<std::uint32_t>(result_) == 0; }
  bool sf() const { return result_ < 0; }
  bool af() const { return (aux_ & kAf) != 0; }
  bool pf() const {
    const auto ones = std::popcount(static_cast<std::uint64_t>(result_) & 0xFF);
    const std::uint64_t wrong = carries_ >> 33 ^ carries_ >> 34;
    return ((static_cast<std::uint64_t>(ones) ^ wrong) & 1) == 0;
  }

  // After an addition or subtraction of T-sized a and b in 64 bits.
  template <class T>
  void set_arithmetic(std::uint64_t a, std::uint64_t b, std::uint64_t wide) {
    const std::uint64_t carry_vector = wide ^ a ^ b;
    result_ = sign_extended(static_cast<T>(wide));
    carries_ = carry_vector << (32 - kBits<T>);
    aux_ = static_cast<std::uint8_t>(carry_vector);
  }
  // The same for INC and DEC, b = 1: CF stays, and OF is its difference to the bit below.
  template <class T>
  void set_count(std::uint64_t a, std::uint64_t wide) {
    const std::uint64_t carry_vector = wide ^ a ^ 1;
    const std::uint64_t carries = carry_vector << (32 - kBits<T>);
    const std::uint64_t wrong = (carries ^ carries_) & std::uint64_t{1} << 32;
    result_ = sign_extended(static_cast<T>(wide));
    carries_ = carries ^ wrong ^ wrong >> 1;
    aux_ = static_cast<std::uint8_t>(carry_vector);
  }
  // AND, OR, XOR, TEST: CF = OF = 0; AF, documented as undefined, is 0.
  template <class T>
  void set_logic(T result) {
    result_ = sign_extended(result);
    carries_ = 0;
    aux_ = 0;
  }
  // SF, ZF, PF from the result, the rest as given.
  template <class T>
  void set_result(T result, bool cf, bool of, bool af) {
    result_ = sign_extended(result);
    carries_ = carry_bits(cf, of);
    set_af(af);
  }
  void set_cf_of(bool cf, bool of) { carries_ = (carries_ & kParityPair) | carry_bits(cf, of); }
  void set_cf(bool cf) { set_cf_of(cf, of()); }
  void set_af(bool af) { aux_ = af ? std::uint8_t{kAf} : std::uint8_t{0}; }
  void set_zf(bool zf) { set((arithmetic() & ~std::uint32_t{kZf}) | (zf ? kZf : 0u)); }

  std::uint32_t arithmetic() const {
    return (cf() ? kCf : 0u) | (pf() ? kPf : 0u) | (af() ? kAf : 0u) | (zf() ? kZf : 0u) |
           (sf() ? kSf : 0u) | (of() ? kOf : 0u);
  }
  // Any combination, also those no result has (ZF with SF, ZF without PF).
  void set(std::uint32_t eflags) {
    const bool zero = (eflags & kZf) != 0;
    const bool parity = (eflags & kPf) != 0;
    const std::uint64_t sign = (eflags & kSf) != 0 ? 1 : 0;
    result_ = static_cast<std::int64_t>(sign << 63 | (zero ? 0u : 1u));
    carries_ = carry_bits((eflags & kCf) != 0, (eflags & kOf) != 0);
    if (parity != zero) carries_ |= kParityWrong;
    aux_ = static_cast<std::uint8_t>(eflags & kAf);
  }

  // The sixteen conditions in encoding order: O B Z BE S P L LE, odd = negated.
  template <unsigned kCondition>
  bool condition() const {
    constexpr unsigned kKind = kCondition >> 1;
    bool holds = false;
    if constexpr (kKind == 0) holds = of();
    if constexpr (kKind == 1) holds = cf();
    if constexpr (kKind == 2) holds = zf();
    if constexpr (kKind == 3) holds = cf() || zf();
    if constexpr (kKind == 4) holds = sf();
    if constexpr (kKind == 5) holds = pf();
    if constexpr (kKind == 6) holds = sf() != of();
    if constexpr (kKind == 7) holds = zf() || sf() != of();
    return holds != ((kCondition & 1) != 0);
  }

 private:
  // Additions and subtractions leave these two equal; where they differ, PF is not what the result
  // says.
  static constexpr std::uint64_t kParityPair = std::uint64_t{3} << 33;
  static constexpr std::uint64_t kParityWrong = std::uint64_t{1} << 33;

  static constexpr std::uint64_t carry_bits(bool cf, bool of) {
    return std::uint64_t{cf} << 32 | std::uint64_t{cf != of} << 31;
  }

  std::int64_t result_ = 1;    // low 32 bits zero: ZF; bit 63: SF; low byte: PF
  std::uint64_t carries_ = 0;  // bit 32: CF; bit 31: carry into the sign bit; 33 and 34: see above
  std::uint8_t aux_ = 0;       // bit 4: AF
};

}  // namespace cpu
