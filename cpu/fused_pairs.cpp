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
//
// Where a step stands in front of such a pair on registers, all three are one handler, and of the
// flags only those of the last operation are stored. Steps are what loops have there: MOV, ADD,
// SUB, XOR, INC of a register, and loads from plain memory (MOV, ADD, XOR of a register with
// memory): the load comes first, and when it fails nothing has happened.
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

// Loops that only wait, of which rounds are counted and not executed. Which one it is, the run
// tells when it is decoded.
enum class Wait : std::uint8_t {
  none,
  itself,   // the pair is all of the loop
  counted,  // the pair leaves the loop; DEC and JNZ behind it close it
};

// Looks at memory, which only an interrupt or a device changes: both end the budget.
template <class First, class Rm>
constexpr bool kLooksAtMemory =
    (std::is_same_v<typename First::Op, alu::Cmp> ||
     std::is_same_v<typename First::Op, alu::Test>)&&!std::is_same_v<Rm, InRegister>;
template <class First, unsigned kCondition, class Rm>
constexpr bool kCountsDown = std::is_same_v<typename First::Op, alu::Dec>&& kCondition == 5 &&
                             std::is_same_v<Rm, InRegister>;
template <class First, unsigned kCondition, class Rm>
constexpr bool kWaitsItself = kLooksAtMemory<First, Rm> || kCountsDown<First, kCondition, Rm>;
// With an immediate: a second register could be the counter.
template <class First, class Rm>
constexpr bool kWaitsCounted = kLooksAtMemory<First, Rm> &&
                               (std::is_same_v<First, RmImm<alu::Cmp>> ||
                                std::is_same_v<First, RmImm<alu::Test>>);

template <class First, class T, class Rm>
[[gnu::always_inline]] inline void pass_itself(Core& c, const Insn* i, T result) {
  if constexpr (kLooksAtMemory<First, Rm>) {
    c.pass_rounds(i[1].left, 2, INT64_MAX);
  } else {
    // The last round is executed: it sets the flags.
    const std::int64_t rounds = c.pass_rounds(i[1].left, 2, std::int64_t{result} - 1);
    c.set(i->rm, static_cast<T>(result - static_cast<T>(rounds)));
  }
}
template <class J>
[[gnu::always_inline]] inline void pass_counted(Core& c, const Insn* i) {
  const std::uint8_t counter = i[2].rm;
  const J value = c.get<J>(counter);
  const std::int64_t rounds = c.pass_rounds(0, 4, static_cast<J>(value - 1));
  c.set(counter, static_cast<J>(value - static_cast<J>(rounds)));
}

// J: operand size of the jump.
template <class First, unsigned kCondition, class J, Wait kWait = Wait::none>
struct Pair {
  template <class T, class Rm, class Path>
  static Insn* run(Core& c, Insn* i) {
    Outcome<T> out;
    if (!First::template perform<T, Rm, Path>(c, i, out)) [[unlikely]]
      return start_over<First, T, Rm>(c, i);
    if (!holds<typename First::Op, kCondition>(out, c.flags)) {
      if constexpr (kWait == Wait::counted) pass_counted<J>(c, i);
      return c.next(i + 1);
    }
    if constexpr (kWait == Wait::itself) pass_itself<First, T, Rm>(c, i, out.result);
    return c.jump_relative<J>(i + 1);
  }
};

// Step: an operation of type S on a register in front of a pair on registers, its flags not the
// processor's yet. False: plain memory was not there, and nothing has happened.
template <class Step, class S, class Rm, class Path>
[[gnu::always_inline]] inline bool perform_step(Core& c, Insn* i, Flags& flags) {
  if constexpr (std::is_same_v<Step, MovRegRm>) {
    S value;
    if (!read_rm<S, Rm, Path>(c, i, value)) return false;
    c.set(i->reg, value);
  } else if constexpr (std::is_same_v<Step, MovRmReg>) {
    c.set(i->rm, c.get<S>(i->reg));
  } else {
    using Op = typename Step::Op;
    if constexpr (std::is_same_v<Step, RegRm<Op>>) {
      S value;
      if (!read_rm<S, Rm, Path>(c, i, value)) return false;
      c.set(i->reg, Op::template apply<S>(flags, c.get<S>(i->reg), value));
    } else {
      const S value = c.get<S>(i->rm);
      if constexpr (std::is_same_v<Step, Unary<Op>>)
        c.set(i->rm, Op::template apply<S>(flags, value));
      else if constexpr (std::is_same_v<Step, RmImm<Op>>)
        c.set(i->rm, Op::template apply<S>(flags, value, static_cast<S>(i->immediate)));
      else
        c.set(i->rm, Op::template apply<S>(flags, value, c.get<S>(i->reg)));
    }
  }
  return true;
}

// What First::perform does with registers, on flags that are not the processor's yet.
template <class First, class T>
[[gnu::always_inline]] inline Outcome<T> perform_on(Core& c, const Insn* i, Flags& flags) {
  using Op = typename First::Op;
  Outcome<T> out;
  if constexpr (std::is_same_v<First, Unary<Op>>) {
    out.result = Op::template apply<T>(flags, c.get<T>(i->rm));
    c.set(i->rm, out.result);
  } else {
    out.left = c.get<T>(i->rm);
    if constexpr (std::is_same_v<First, RmImm<Op>>)
      out.right = static_cast<T>(i->immediate);
    else
      out.right = c.get<T>(i->reg);
    out.result = Op::template apply<T>(flags, out.left, out.right);
    if constexpr (Op::kWrites) c.set(i->rm, out.result);
  }
  return out;
}

// T: of First.
template <class Step, class First, unsigned kCondition, class J, class T>
struct Triple {
  template <class S, class Rm, class Path>
  static Insn* run(Core& c, Insn* i) {
    Flags flags = c.flags;
    if (!perform_step<Step, S, Rm, Path>(c, i, flags)) [[unlikely]]
      return start_over<Step, S, Rm>(c, i);
    const Outcome<T> out = perform_on<First, T>(c, i + 1, flags);
    c.flags = flags;
    if (!holds<typename First::Op, kCondition>(out, flags)) return c.next(i + 2);
    return c.jump_relative<J>(i + 2);
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

  // `pair`: what find() answered. The form of it for a loop that waits, or `pair`.
  Handler waiting(Handler pair, Wait wait) const {
    const auto forms = waiting_.find(pair);
    if (forms == waiting_.end()) return pair;
    const Handler form = wait == Wait::itself ? forms->second.itself : forms->second.counted;
    return form == nullptr ? pair : form;
  }
  bool counts_down(Handler pair) const { return pair == counters_[0] || pair == counters_[1]; }

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
    add_waiting<First, kMask, J, T, Rm, Path>(std::make_index_sequence<kConditions>{});
  }
  template <class First, unsigned kMask, class J, class T, class Rm, class Path,
            std::size_t... kEach>
  void add_waiting(std::index_sequence<kEach...>) {
    (add_forms<First, kMask, J, T, Rm, Path, kEach>(), ...);
  }
  template <class First, unsigned kMask, class J, class T, class Rm, class Path,
            unsigned kCondition>
  void add_forms() {
    if constexpr ((kMask >> kCondition & 1) != 0 && kWaitsItself<First, kCondition, Rm>) {
      Forms& forms = waiting_[Pair<First, kCondition, J>::template run<T, Rm, Path>];
      forms.itself = Pair<First, kCondition, J, Wait::itself>::template run<T, Rm, Path>;
      if constexpr (kWaitsCounted<First, Rm>) {
        forms.counted = Pair<First, kCondition, J, Wait::counted>::template run<T, Rm, Path>;
      }
    }
  }
  template <std::size_t... kAll>
  static std::array<Row, 2> all_jumps(std::index_sequence<kAll...>) {
    return {Row{Jcc<kAll>::template run<std::uint16_t, InRegister>...},
            Row{Jcc<kAll>::template run<std::uint32_t, InRegister>...}};
  }

  const std::array<Row, 2> jumps_ = all_jumps(std::make_index_sequence<kConditions>{});
  template <class J>
  static constexpr Handler counter() {
    return Pair<Unary<alu::Dec>, 5, J>::template run<J, InRegister, Fast>;
  }

  struct Forms {
    Handler itself = nullptr, counted = nullptr;
  };
  std::array<std::unordered_map<Handler, Row>, 2> rows_;  // by code size
  std::unordered_map<Handler, Forms> waiting_;
  const std::array<Handler, 2> counters_ = {counter<std::uint16_t>(), counter<std::uint32_t>()};
};

class TripleTable {
 public:
  TripleTable() {
    add_steps<std::uint16_t>();
    add_steps<std::uint32_t>();
  }

  // `pair`: of the second instruction, fused already. Null: no such triple.
  Handler find(Handler step, Handler pair) const {
    const auto found = handlers_.find({step, pair});
    return found == handlers_.end() ? nullptr : found->second;
  }

 private:
  template <class J>
  void add_steps() {
    using Path = std::conditional_t<sizeof(J) == 4, Flat, Real>;
    using Memory = std::conditional_t<sizeof(J) == 4, InMemory32, InMemory16>;
    using Base = std::conditional_t<sizeof(J) == 4, InBase32, InBase16>;
    add_step<Unary<alu::Inc>, J, J, InRegister, Fast>();
    add_step<RmImm<alu::Add>, J, J, InRegister, Fast>();
    add_step<RmReg<alu::Add>, J, J, InRegister, Fast>();
    add_step<RmImm<alu::Sub>, J, J, InRegister, Fast>();
    add_step<RmImm<alu::Xor>, J, J, InRegister, Fast>();
    add_step<MovRmReg, J, J, InRegister, Fast>();
    add_step<MovRegRm, J, J, InRegister, Fast>();
    add_loads<Memory, Path, J>();
    add_loads<Base, Path, J>();
  }
  template <class Rm, class Path, class J>
  void add_loads() {
    add_step<MovRegRm, J, J, Rm, Path>();
    add_step<MovRegRm, J, std::uint8_t, Rm, Path>();
    add_step<RegRm<alu::Add>, J, J, Rm, Path>();
    add_step<RegRm<alu::Xor>, J, J, Rm, Path>();
  }
  template <class Step, class J, class S, class Rm, class Path>
  void add_step() {
    constexpr unsigned kOrder = conditions({kBelow, kZero, kBelowEqual, kLess, kLessEqual});
    constexpr unsigned kCarry = conditions({kBelow, kZero});
    constexpr unsigned kZeroOnly = conditions({kZero});
    add_all<Step, RmImm<alu::Cmp>, kOrder, J, S, S, Rm, Path>(kAll);
    add_all<Step, RmReg<alu::Cmp>, kOrder, J, S, S, Rm, Path>(kAll);
    add_all<Step, RmReg<alu::Test>, kZeroOnly, J, S, S, Rm, Path>(kAll);
    add_all<Step, Unary<alu::Dec>, kZeroOnly, J, S, J, Rm, Path>(kAll);
    if constexpr (sizeof(S) != 1) {
      add_all<Step, RmReg<alu::Test>, kZeroOnly, J, S, std::uint8_t, Rm, Path>(kAll);
      add_all<Step, RmReg<alu::Sub>, kCarry, J, S, S, Rm, Path>(kAll);
    }
  }
  template <class Step, class First, unsigned kMask, class J, class S, class T, class Rm,
            class Path, std::size_t... kEach>
  void add_all(std::index_sequence<kEach...>) {
    (add<Step, First, kMask, J, S, T, Rm, Path, kEach>(), ...);
  }
  template <class Step, class First, unsigned kMask, class J, class S, class T, class Rm,
            class Path, unsigned kCondition>
  void add() {
    if constexpr ((kMask >> kCondition & 1) != 0) {
      const Handler step = Step::template run<S, Rm, Path>;
      const Handler pair = Pair<First, kCondition, J>::template run<T, InRegister, Fast>;
      handlers_[{step, pair}] = Triple<Step, First, kCondition, J, T>::template run<S, Rm, Path>;
    }
  }

  static constexpr std::make_index_sequence<kConditions> kAll{};
  struct Hash {
    std::size_t operator()(const std::pair<Handler, Handler>& both) const {
      const std::hash<Handler> hash;
      return hash(both.first) * 31 + hash(both.second);
    }
  };
  std::unordered_map<std::pair<Handler, Handler>, Handler, Hash> handlers_;
};

}  // namespace

void fuse(std::span<Insn> insns, CodeKind kind) {
  static const Table pairs;
  static const TripleTable triples;
  const std::size_t count = insns.size();
  const Insn& jump = insns.back();
  if (count < 2) return;
  Insn& first = insns[count - 2];
  const Handler pair = pairs.find(first.handler, jump, kind);
  if (pair == nullptr) return;
  first.handler = pair;
  first.fused = 1;
  const bool to_start = jump.immediate == 0;
  if (to_start && count == 2) first.handler = pairs.waiting(pair, Wait::itself);
  if (to_start && count == 4 && pairs.counts_down(pair) && insns[0].base != first.rm &&
      insns[0].index != first.rm) {
    insns[0].handler = pairs.waiting(insns[0].handler, Wait::counted);
  }
  if (count < 3) return;
  Insn& step = insns[count - 3];
  const Handler triple = triples.find(step.handler, pair);
  if (triple == nullptr) return;
  step.handler = triple;
  step.fused = 2;
}

}  // namespace cpu
