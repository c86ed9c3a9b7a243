// Fused pairs: an arithmetic operation and the Jcc behind it in one handler. The pair saves a jump
// to a handler, and its condition is computed from the operands while they are in registers. Both
// instructions count, the flags are stored as ever (nobody knows who reads them next), and
// everything that is not plain memory goes the first instruction's slow way, which ends before the
// jump's own handler. The decoded run keeps both instructions: events and budgets may end between.
//
// What is worth a handler, as measured: operations in front of a Jcc, in percent of all executed
// instructions without repeated string elements (register / memory operand).
//
//                  cpu16        cpu32        interp
//   CMP r/m, imm   8.9 / 1.4    1.0 / 0.0    5.0 / 1.7
//   CMP r/m, r     3.1 / 0.0    1.5 / 3.7    0.0 / 0.0
//   CMP r, r/m     0.0 / 0.7    0.0 / 1.9    0.0 / 0.8
//   SUB r, r       2.5          0.0          0.0
//   DEC r          0.1          6.4          0.1
//   TEST           0.6          1.9          0.2
//   all others     0.2          0.3          0.0
//   together       17.4         16.6         7.8
//
// AND, OR, ADD and INC are there for loops of other programs.
#include "cpu/fused_pairs.h"

#include <array>
#include <unordered_map>
#include <utility>

#include "cpu/ops_integer.h"

namespace cpu {

namespace {

// Whether the condition (number as in the encoding) holds behind operation Op.
template <class Op, unsigned kCondition, class T>
[[gnu::always_inline]] inline bool holds(const Outcome<T>& out, const Flags& flags) {
  constexpr unsigned kKind = kCondition >> 1;
  constexpr bool kNegated = (kCondition & 1) != 0;
  constexpr bool kCompares = std::is_same_v<Op, alu::Cmp> || std::is_same_v<Op, alu::Sub>;
  if constexpr (kCompares && kKind == 1) return (out.left < out.right) != kNegated;
  if constexpr (kCompares && kKind == 2) return (out.left == out.right) != kNegated;
  if constexpr (kCompares && kKind == 3) return (out.left <= out.right) != kNegated;
  if constexpr (kCompares && (kKind == 6 || kKind == 7)) {
    const std::int64_t left = sign_extended(out.left), right = sign_extended(out.right);
    return (kKind == 6 ? left < right : left <= right) != kNegated;
  }
  if constexpr (kKind == 2) return (out.result == 0) != kNegated;
  if constexpr (kKind == 4) return alu::sign(out.result) != kNegated;
  return flags.condition<kCondition>();
}

// Waits for memory to change, which only an interrupt or a device does: both end the budget.
template <class First, class Rm>
constexpr bool kWaitsForMemory =
    (std::is_same_v<typename First::Op, alu::Cmp> ||
     std::is_same_v<typename First::Op, alu::Test>)&&!std::is_same_v<Rm, InRegister>;
// Counts a register down to nothing.
template <class First, unsigned kCondition, class Rm>
constexpr bool kCountsDown = std::is_same_v<typename First::Op, alu::Dec>&& kCondition == 5 &&
                             std::is_same_v<Rm, InRegister>;

template <class First, unsigned kCondition, class T, class Rm>
[[gnu::always_inline]] inline void pass_waiting(Core& c, const Insn* i, T result) {
  if constexpr (kWaitsForMemory<First, Rm>) {
    if (Core::is_whole_loop(i, i + 1)) c.pass_rounds(i + 1, 2, INT64_MAX);
  }
  if constexpr (kCountsDown<First, kCondition, Rm>) {
    if (!Core::is_whole_loop(i, i + 1)) return;
    // The last round is executed: it sets the flags.
    const std::int64_t rounds = c.pass_rounds(i + 1, 2, std::int64_t{result} - 1);
    c.set(i->rm, static_cast<T>(result - static_cast<T>(rounds)));
  }
}

// J: operand size of the jump.
template <class First, unsigned kCondition, class J>
struct Pair {
  template <class T, class Rm, class Path>
  static Insn* run(Core& c, Insn* i) {
    Outcome<T> out;
    if (!First::template perform<T, Rm, Path>(c, i, out)) [[unlikely]]
      return start_over<First, T, Rm>(c, i);
    if (!holds<typename First::Op, kCondition>(out, c.flags)) return c.next(i + 1);
    pass_waiting<First, kCondition, T, Rm>(c, i, out.result);
    return c.jump_relative<J>(i + 1);
  }
};

constexpr unsigned kConditions = 16;
using Row = std::array<Handler, kConditions>;  // by condition; null: not fused

// The conditions worth a handler, as a mask by number.
constexpr unsigned conditions(std::initializer_list<unsigned> numbers) {
  unsigned mask = 0;
  for (const unsigned number : numbers) mask |= 1u << number | 2u << number;
  return mask;
}
enum Kind : unsigned {
  kBelow = 2,
  kZero = 4,
  kBelowEqual = 6,
  kSign = 8,
  kLess = 12,
  kLessEqual = 14
};

template <class First, unsigned kMask, class J, class T, class Rm, class Path, std::size_t... kAll>
constexpr Row make_row(std::index_sequence<kAll...>) {
  const auto handler = []<unsigned kCondition>() -> Handler {
    if constexpr ((kMask >> kCondition & 1) == 0)
      return nullptr;
    else
      return Pair<First, kCondition, J>::template run<T, Rm, Path>;
  };
  return {handler.template operator()<kAll>()...};
}

class Table {
 public:
  Table() {
    // clang-format off
    constexpr unsigned kOrder = conditions({kBelow, kZero, kBelowEqual, kLess, kLessEqual});
    constexpr unsigned kResult = conditions({kZero, kSign});
    constexpr unsigned kCarry = conditions({kBelow, kZero});
    add_all<RmImm<alu::Cmp>, kOrder>();
    add_all<RmReg<alu::Cmp>, kOrder>();
    add_all<RegRm<alu::Cmp>, kOrder>();
    add_all<RmReg<alu::Test>, kResult>();
    add_all<RmImm<alu::Test>, kResult>();
    add_registers<RmImm<alu::Sub>, kCarry>();
    add_registers<RmReg<alu::Sub>, kCarry>();
    add_registers<RmImm<alu::Add>, kCarry>();
    add_registers<RmImm<alu::And>, kResult>();
    add_registers<RmReg<alu::Or>, kResult>();
    add_all<Unary<alu::Dec>, kResult>();
    add_registers<Unary<alu::Inc>, kResult>();
    // clang-format on
  }

  Handler find(Handler first, const Insn& jump, CodeKind kind) const {
    const std::size_t size = kind.size32 ? 1 : 0;
    const auto row = rows_[size].find(first);
    if (row == rows_[size].end()) return nullptr;
    for (unsigned condition = 0; condition < kConditions; ++condition) {
      if (jumps_[size][condition] == jump.handler) return row->second[condition];
    }
    return nullptr;  // a jump of the other operand size
  }

 private:
  // 16-bit code: bytes and words; 32-bit code: bytes and doublewords.
  template <class First, unsigned kMask>
  void add_registers() {
    add_place<First, kMask, std::uint16_t, InRegister, Fast>();
    add_place<First, kMask, std::uint32_t, InRegister, Fast>();
  }
  template <class First, unsigned kMask>
  void add_all() {
    add_registers<First, kMask>();
    add_place<First, kMask, std::uint16_t, InMemory16, Fast>();
    add_place<First, kMask, std::uint16_t, InMemory16, Real>();
    add_place<First, kMask, std::uint16_t, InBase16, Real>();
    add_place<First, kMask, std::uint32_t, InMemory32, Flat>();
    add_place<First, kMask, std::uint32_t, InBase32, Flat>();
  }
  template <class First, unsigned kMask, class J, class Rm, class Path>
  void add_place() {
    add<First, kMask, J, std::uint8_t, Rm, Path>();
    add<First, kMask, J, J, Rm, Path>();
  }
  template <class First, unsigned kMask, class J, class T, class Rm, class Path>
  void add() {
    constexpr Row kRow =
        make_row<First, kMask, J, T, Rm, Path>(std::make_index_sequence<kConditions>{});
    rows_[sizeof(J) / 4][First::template run<T, Rm, Path>] = kRow;
  }
  template <std::size_t... kAll>
  static std::array<Row, 2> all_jumps(std::index_sequence<kAll...>) {
    return {Row{Jcc<kAll>::template run<std::uint16_t, InRegister>...},
            Row{Jcc<kAll>::template run<std::uint32_t, InRegister>...}};
  }

  const std::array<Row, 2> jumps_ = all_jumps(std::make_index_sequence<kConditions>{});
  std::array<std::unordered_map<Handler, Row>, 2> rows_;  // by code size
};

}  // namespace

void fuse(Insn& first, const Insn& jump, CodeKind kind) {
  static const Table table;
  const Handler both = table.find(first.handler, jump, kind);
  if (both == nullptr) return;
  first.handler = both;
  first.fused = true;
}

}  // namespace cpu
