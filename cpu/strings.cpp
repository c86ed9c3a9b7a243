// String instructions. With REP each element is one instruction for the budget and is committed
// before the next begins, so that an interrupt, a fault or the end of the budget finds SI, DI and
// CX consistent and EIP at the instruction. Elements that lie in plain memory without decoded code
// are moved in blocks. [386] 80386 Programmer's Reference Manual, chapter 17, REP; [286] 80286
// ditto: a fault restarts. Not modelled: the 8086 losing all but the last prefix when it resumes an
// interrupted REP.
#include <algorithm>

#include "cpu/ops.h"

namespace cpu {

namespace {

// A pointer register (SI, DI) or counter under the address size.
std::uint32_t pointer(const Core& c, RegisterIndex reg, std::uint32_t mask) {
  return mask == 0xFFFF ? c.get<std::uint16_t>(reg) : c.general[reg];
}
void set_pointer(Core& c, RegisterIndex reg, std::uint32_t mask, std::uint32_t value) {
  if (mask == 0xFFFF) {
    c.set(reg, static_cast<std::uint16_t>(value));
  } else {
    c.general[reg] = value;
  }
}
void advance(Core& c, RegisterIndex reg, std::uint32_t mask, std::uint32_t step) {
  set_pointer(c, reg, mask, pointer(c, reg, mask) + step);
}
template <class T>
std::uint32_t step_of(const Core& c) {
  return c.flag(kDf) ? 0u - std::uint32_t{sizeof(T)} : std::uint32_t{sizeof(T)};
}

// How many ascending elements from `offset` stay inside the segment, the address size and the page.
template <class T>
std::uint32_t elements_in_reach(const SegmentCache& cache, std::uint64_t end, std::uint32_t offset,
                                std::uint32_t mask) {
  const std::uint64_t limit = std::min<std::uint64_t>(end, std::uint64_t{mask} + 1);
  if (offset >= limit) return 0;
  const std::uint32_t in_page = kPageSize - (cache.base + offset) % kPageSize;
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(limit - offset, in_page) / sizeof(T));
}

// One side of a block move, when it is plain memory and the direction is up; count 0 otherwise.
struct Block {
  std::uint8_t* host = nullptr;
  std::uint32_t count = 0;
};
template <class T>
Block source_block(Core& c, const Insn* i, std::uint32_t mask) {
  const SegmentCache& cache = c.segments[i->segment];
  const std::uint32_t offset = pointer(c, kEsi, mask);
  const std::uint32_t count = elements_in_reach<T>(cache, cache.read_end, offset, mask);
  if (c.flag(kDf) || count == 0) return {};
  std::uint8_t* host = c.plain_read(cache.base + offset);
  return host == nullptr ? Block{} : Block{host, count};
}
template <class T>
Block destination_block(Core& c, std::uint32_t mask, bool writing) {
  const SegmentCache& cache = c.segments[kEs];
  const std::uint32_t offset = pointer(c, kEdi, mask);
  const std::uint64_t end = writing ? cache.write_end : cache.read_end;
  const std::uint32_t count = elements_in_reach<T>(cache, end, offset, mask);
  if (c.flag(kDf) || count == 0) return {};
  const std::uint32_t linear = cache.base + offset;
  std::uint32_t size = count * std::uint32_t{sizeof(T)};
  std::uint8_t* host = writing ? c.plain_write(linear, size) : c.plain_read(linear);
  return host == nullptr ? Block{} : Block{host, size / std::uint32_t{sizeof(T)}};
}

template <class T>
T element(const std::uint8_t* host, std::uint32_t index) {
  T value;
  std::memcpy(&value, host + index * sizeof(T), sizeof(T));
  return value;
}

// Element faults. The 286 has moved its pointers and counted when the fault comes, by the vectors:
// a read has advanced its pointer and counted once, a write has advanced both and counted twice;
// CMPS reads its second operand first. Later models leave everything as it was.
enum Moved : unsigned { kMovedSi = 1, kMovedDi = 2 };
template <class T>
bool element_fault(Core& c, const Insn* i, std::uint32_t mask, unsigned moved, unsigned counted) {
  if (c.model == Model::i80286) {
    if ((moved & kMovedSi) != 0) advance(c, kEsi, mask, step_of<T>(c));
    if ((moved & kMovedDi) != 0) advance(c, kEdi, mask, step_of<T>(c));
    if (i->repeat != Repeat::none) advance(c, kEcx, mask, 0u - counted);
  }
  return false;
}

// Each operation: one() does a single element (false: fault or nothing committed), block() up to
// `wanted` elements at once and returns how many (0: not possible here); stops() says whether
// REPE/REPNE ends. block() of a comparing operation ends behind the element that stops it.

struct Movs {
  static constexpr bool kCompares = false;
  template <class T>
  static bool one(Core& c, Insn* i, std::uint32_t mask) {
    T value;
    if (!c.read(i, i->segment, pointer(c, kEsi, mask), value)) {
      return element_fault<T>(c, i, mask, kMovedSi, 1);
    }
    if (!c.write(i, kEs, pointer(c, kEdi, mask), value)) {
      return element_fault<T>(c, i, mask, kMovedSi | kMovedDi, 2);
    }
    advance(c, kEsi, mask, step_of<T>(c));
    advance(c, kEdi, mask, step_of<T>(c));
    return true;
  }
  template <class T>
  static std::uint32_t block(Core& c, Insn* i, std::uint32_t mask, std::uint32_t wanted) {
    const Block from = source_block<T>(c, i, mask);
    const Block to = destination_block<T>(c, mask, true);
    const std::uint32_t count = std::min({wanted, from.count, to.count});
    if (count == 0) return 0;
    const std::size_t size = count * sizeof(T);
    if (to.host > from.host && to.host < from.host + size) {
      // The source is overwritten ahead of the pointer: a pattern fill, element by element.
      for (std::uint32_t n = 0; n < count; ++n) {
        const T value = element<T>(from.host, n);
        std::memcpy(to.host + n * sizeof(T), &value, sizeof(T));
      }
    } else {
      std::memmove(to.host, from.host, size);
    }
    advance(c, kEsi, mask, static_cast<std::uint32_t>(size));
    advance(c, kEdi, mask, static_cast<std::uint32_t>(size));
    return count;
  }
};

struct Stos {
  static constexpr bool kCompares = false;
  template <class T>
  static bool one(Core& c, Insn* i, std::uint32_t mask) {
    if (!c.write(i, kEs, pointer(c, kEdi, mask), c.get<T>(0))) {
      return element_fault<T>(c, i, mask, kMovedDi, 2);
    }
    advance(c, kEdi, mask, step_of<T>(c));
    return true;
  }
  template <class T>
  static std::uint32_t block(Core& c, Insn*, std::uint32_t mask, std::uint32_t wanted) {
    const Block to = destination_block<T>(c, mask, true);
    const std::uint32_t count = std::min(wanted, to.count);
    const T value = c.get<T>(0);
    for (std::uint32_t n = 0; n < count; ++n) {
      std::memcpy(to.host + n * sizeof(T), &value, sizeof(T));
    }
    advance(c, kEdi, mask, count * std::uint32_t{sizeof(T)});
    return count;
  }
};

struct Lods {
  static constexpr bool kCompares = false;
  template <class T>
  static bool one(Core& c, Insn* i, std::uint32_t mask) {
    T value;
    if (!c.read(i, i->segment, pointer(c, kEsi, mask), value)) {
      return element_fault<T>(c, i, mask, kMovedSi, 1);
    }
    c.set<T>(0, value);
    advance(c, kEsi, mask, step_of<T>(c));
    return true;
  }
  template <class T>
  static std::uint32_t block(Core& c, Insn* i, std::uint32_t mask, std::uint32_t wanted) {
    const Block from = source_block<T>(c, i, mask);
    const std::uint32_t count = std::min(wanted, from.count);
    if (count == 0) return 0;
    c.set<T>(0, element<T>(from.host, count - 1));
    advance(c, kEsi, mask, count * std::uint32_t{sizeof(T)});
    return count;
  }
};

bool comparison_stops(const Core& c, const Insn* i) {
  return c.flags.zf() == (i->repeat == Repeat::not_equal);
}

struct Scas {
  static constexpr bool kCompares = true;
  template <class T>
  static bool one(Core& c, Insn* i, std::uint32_t mask) {
    T value;
    if (!c.read(i, kEs, pointer(c, kEdi, mask), value)) {
      return element_fault<T>(c, i, mask, kMovedDi, 1);
    }
    alu::subtract(c.flags, c.get<T>(0), value);
    advance(c, kEdi, mask, step_of<T>(c));
    return true;
  }
  template <class T>
  static std::uint32_t block(Core& c, Insn* i, std::uint32_t mask, std::uint32_t wanted) {
    const Block in = destination_block<T>(c, mask, false);
    const std::uint32_t most = std::min(wanted, in.count);
    if (most == 0) return 0;
    const T key = c.get<T>(0);
    const bool stop_on_equal = i->repeat == Repeat::not_equal;
    std::uint32_t count = 1;
    while (count < most && (element<T>(in.host, count - 1) == key) != stop_on_equal) ++count;
    alu::subtract(c.flags, key, element<T>(in.host, count - 1));
    advance(c, kEdi, mask, count * std::uint32_t{sizeof(T)});
    return count;
  }
};

struct Cmps {
  static constexpr bool kCompares = true;
  template <class T>
  static bool one(Core& c, Insn* i, std::uint32_t mask) {
    T left;
    T right;
    if (c.model == Model::i80286 && !c.check_read(i, kEs, pointer(c, kEdi, mask), sizeof(T))) {
      return element_fault<T>(c, i, mask, kMovedDi, 0);
    }
    if (!c.read(i, i->segment, pointer(c, kEsi, mask), left)) {
      return element_fault<T>(c, i, mask, kMovedSi | kMovedDi, 1);
    }
    if (!c.read(i, kEs, pointer(c, kEdi, mask), right)) return false;
    alu::subtract(c.flags, left, right);
    advance(c, kEsi, mask, step_of<T>(c));
    advance(c, kEdi, mask, step_of<T>(c));
    return true;
  }
  template <class T>
  static std::uint32_t block(Core& c, Insn* i, std::uint32_t mask, std::uint32_t wanted) {
    const Block left = source_block<T>(c, i, mask);
    const Block right = destination_block<T>(c, mask, false);
    const std::uint32_t most = std::min({wanted, left.count, right.count});
    if (most == 0) return 0;
    const bool stop_on_equal = i->repeat == Repeat::not_equal;
    std::uint32_t count = 0;
    bool equal = !stop_on_equal;
    while (count < most && equal != stop_on_equal) {
      equal = element<T>(left.host, count) == element<T>(right.host, count);
      ++count;
    }
    alu::subtract(c.flags, element<T>(left.host, count - 1), element<T>(right.host, count - 1));
    advance(c, kEsi, mask, count * std::uint32_t{sizeof(T)});
    advance(c, kEdi, mask, count * std::uint32_t{sizeof(T)});
    return count;
  }
};

struct Ins {
  static constexpr bool kCompares = false;
  template <class T>
  static bool one(Core& c, Insn* i, std::uint32_t mask) {
    const std::uint32_t offset = pointer(c, kEdi, mask);
    if (!c.check_port(i, c.get<std::uint16_t>(kEdx), sizeof(T))) return false;
    // The port is read only when its word has somewhere to go.
    if (!c.check_write(i, kEs, offset, sizeof(T))) {
      return element_fault<T>(c, i, mask, kMovedDi, 2);
    }
    const auto port = c.get<std::uint16_t>(kEdx);
    c.callback_begins(i);
    T value{};
    if constexpr (sizeof(T) == 1) value = c.bus.in8(port);
    if constexpr (sizeof(T) == 2) value = c.bus.in16(port);
    if constexpr (sizeof(T) == 4) value = c.bus.in32(port);
    c.callback_ends(i);
    c.write(i, kEs, offset, value);
    advance(c, kEdi, mask, step_of<T>(c));
    return true;
  }
  template <class T>
  static std::uint32_t block(Core& c, Insn* i, std::uint32_t mask, std::uint32_t wanted) {
    if (sizeof(T) != 2 || !c.ports_are_free()) return 0;
    const Block to = destination_block<T>(c, mask, true);
    const std::uint32_t most = std::min(wanted, to.count);
    if (most == 0) return 0;
    c.callback_begins(i);
    const std::size_t moved =
        c.bus.in_words(c.get<std::uint16_t>(kEdx), {to.host, most * sizeof(T)});
    c.callback_ends(i);
    const auto count = static_cast<std::uint32_t>(std::min<std::size_t>(moved, most));
    advance(c, kEdi, mask, count * std::uint32_t{sizeof(T)});
    return count;
  }
};

struct Outs {
  static constexpr bool kCompares = false;
  template <class T>
  static bool one(Core& c, Insn* i, std::uint32_t mask) {
    if (!c.check_port(i, c.get<std::uint16_t>(kEdx), sizeof(T))) return false;
    T value;
    if (!c.read(i, i->segment, pointer(c, kEsi, mask), value)) {
      return element_fault<T>(c, i, mask, kMovedSi, 1);
    }
    advance(c, kEsi, mask, step_of<T>(c));
    const auto port = c.get<std::uint16_t>(kEdx);
    c.callback_begins(i);
    if constexpr (sizeof(T) == 1) c.bus.out8(port, value);
    if constexpr (sizeof(T) == 2) c.bus.out16(port, value);
    if constexpr (sizeof(T) == 4) c.bus.out32(port, value);
    c.callback_ends(i);
    return true;
  }
  template <class T>
  static std::uint32_t block(Core& c, Insn* i, std::uint32_t mask, std::uint32_t wanted) {
    if (sizeof(T) != 2 || !c.ports_are_free()) return 0;
    const Block from = source_block<T>(c, i, mask);
    const std::uint32_t most = std::min(wanted, from.count);
    if (most == 0) return 0;
    c.callback_begins(i);
    const std::size_t moved =
        c.bus.out_words(c.get<std::uint16_t>(kEdx), {from.host, most * sizeof(T)});
    c.callback_ends(i);
    const auto count = static_cast<std::uint32_t>(std::min<std::size_t>(moved, most));
    advance(c, kEsi, mask, count * std::uint32_t{sizeof(T)});
    return count;
  }
};

// Repeats until CX is zero, the comparison stops it, or the budget ends: `remaining` holds what is
// left behind this element, and an event makes it negative.
template <class Op, class T>
Insn* repeat(Core& c, Insn* i, std::uint32_t mask) {
  std::uint32_t count = pointer(c, kEcx, mask);
  if (count == 0) return c.jump(i, c.end_of(i));
  if constexpr (Op::kCompares) c.begin_repeat(i);
  for (;;) {
    const std::int64_t budget = std::max<std::int64_t>(c.remaining, 0) + 1;
    const auto wanted = static_cast<std::uint32_t>(std::min<std::int64_t>(count, budget));
    std::uint32_t done = wanted > 1 ? Op::template block<T>(c, i, mask, wanted) : 0;
    if (done == 0) {
      if (!Op::template one<T>(c, i, mask)) {
        if (Op::kCompares && c.at_least(Model::i80386)) c.restore_flags_of_repeat();
        return nullptr;
      }
      done = 1;
    }
    count -= done;
    c.remaining -= done - 1;
    set_pointer(c, kEcx, mask, count);
    if (count == 0 || (Op::kCompares && comparison_stops(c, i))) return c.jump(i, c.end_of(i));
    if (c.remaining <= 0) {
      if constexpr (Op::kCompares) c.pause_repeat();
      return c.stop_at(i);
    }
    --c.remaining;
  }
}

template <class Op>
struct String {
  template <class T, class Rm>
  static Insn* run(Core& c, Insn* i) {
    constexpr std::uint32_t kMask = kAddressMask<Rm>;
    if (i->repeat != Repeat::none) return repeat<Op, T>(c, i, kMask);
    if (!Op::template one<T>(c, i, kMask)) return nullptr;
    return c.next(i);
  }
};

template <class Op>
void install_string(OpcodeMap& map, unsigned opcode) {
  map.set(opcode, {Form::none, kAddressSized | kEndsRunIfRepeated, bytes<String<Op>>()});
  map.set(opcode + 1, {Form::none, kAddressSized | kEndsRunIfRepeated, words<String<Op>>()});
}

}  // namespace

void install_strings(OpcodeMap& map) {
  if (map.at_least(Model::i80186)) {
    install_string<Ins>(map, 0x6C);
    install_string<Outs>(map, 0x6E);
  }
  install_string<Movs>(map, 0xA4);
  install_string<Cmps>(map, 0xA6);
  install_string<Stos>(map, 0xAA);
  install_string<Lods>(map, 0xAC);
  install_string<Scas>(map, 0xAE);
}

}  // namespace cpu
