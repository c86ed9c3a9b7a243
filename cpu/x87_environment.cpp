// Control instructions, the environment in its four layouts, FSAVE and FRSTOR, and what happens at
// the border to the processor: #NM, #MF and the error line. [387] 2.1, 3.8 and chapter 4; [486]
// i486 Processor Programmer's Reference Manual, 16: FERR# and IGNNE#.
//
// Not implemented: interrupt 9, processor extension segment overrun: an operand that begins inside
// its segment and ends outside raises what an integer instruction would.
#include "cpu/x87_ops.h"

namespace cpu::x87 {

bool read_block(Core& c, Insn* i, std::uint32_t offset, std::span<std::uint8_t> bytes) {
  const auto size = static_cast<std::uint32_t>(bytes.size());
  const bool one_operand = c.at_least(Model::i80386);
  if (one_operand && !c.check_read(i, i->segment, offset, size)) return false;
  for (std::uint32_t at = 0; at < size;) {
    if (one_operand && size - at >= 4) {
      std::uint32_t piece;
      if (!c.read(i, i->segment, offset + at, piece)) return false;
      std::memcpy(&bytes[at], &piece, 4);
      at += 4;
    } else {
      std::uint16_t piece;
      if (!c.read(i, i->segment, behind(c, offset, at), piece)) return false;
      std::memcpy(&bytes[at], &piece, 2);
      at += 2;
    }
  }
  return true;
}

bool write_block(Core& c, Insn* i, std::uint32_t offset, std::span<const std::uint8_t> bytes) {
  const auto size = static_cast<std::uint32_t>(bytes.size());
  const bool one_operand = c.at_least(Model::i80386);
  if (one_operand && !c.check_write(i, i->segment, offset, size)) return false;
  for (std::uint32_t at = 0; !one_operand && at < size; at += 2) {
    if (!c.check_write(i, i->segment, behind(c, offset, at), 2)) return false;
  }
  for (std::uint32_t at = 0; at < size;) {
    if (one_operand && size - at >= 4) {
      std::uint32_t piece;
      std::memcpy(&piece, &bytes[at], 4);
      if (!c.write(i, i->segment, offset + at, piece)) return false;
      at += 4;
    } else {
      std::uint16_t piece;
      std::memcpy(&piece, &bytes[at], 2);
      if (!c.write(i, i->segment, behind(c, offset, at), piece)) return false;
      at += 2;
    }
  }
  return true;
}

// --- errors ---

namespace {

// The 8087 asserts INT only with its interrupts enabled; a 486 with NE set keeps the error to
// itself and raises #MF.
bool wants_error_line(const Core& c) {
  const X87Unit& f = c.fpu;
  if ((f.status & kErrorSummary) == 0) return false;
  if (f.kind == Fpu::i8087) return (f.control & 0x80) == 0;
  return (c.system.cr0 & kCr0Ne) == 0;
}

}  // namespace

Insn* settle_error(Core& c, Insn* i) {
  const bool level = wants_error_line(c);
  if (level == c.fpu.error_signalled) return c.next(i);
  c.fpu.error_signalled = level;
  c.callback_begins(i);
  c.bus.coprocessor_error(level);
  return c.next_or_leave(i);
}

Insn* not_now(Core& c, Insn* i, Handler proceed) {
  if (no_coprocessor_now(c)) return c.fault(i, kNoCoprocessor);
  // The 8086 does not look at the 8087 before an escape: its assemblers put a WAIT there.
  if (c.fpu.kind == Fpu::i8087) return proceed(c, i);
  return pending_error(c, i, proceed);
}

Insn* pending_error(Core& c, Insn* i, Handler proceed) {
  const X87Unit& f = c.fpu;
  if ((c.system.cr0 & kCr0Ne) != 0 && f.kind != Fpu::i8087) {
    return c.fault(i, kCoprocessorError);
  }
  if (f.error_ignored || !wants_error_line(c)) return proceed(c, i);
  // BUSY# stays, or the 486 freezes: nothing but an interrupt gets past this instruction.
  c.set_activity(Activity::halted);
  return c.stop_at(i);
}

namespace {

// --- control ---

struct LoadControl {
  template <class Rm>
  static Insn* full(Core& c, Insn* i) {
    std::uint16_t value;
    if (!read_operand(c, i, Rm::offset(c, i), value)) return nullptr;
    c.fpu.set_control(value);
    return settle_error(c, i);
  }
};
struct StoreControl {
  template <class Rm>
  static Insn* full(Core& c, Insn* i) {
    if (!write_operand(c, i, Rm::offset(c, i), c.fpu.control)) return nullptr;
    return c.next(i);
  }
};
struct StoreStatus {
  template <class Rm>
  static Insn* full(Core& c, Insn* i) {
    if constexpr (Rm::kIsRegister) {
      c.set<std::uint16_t>(kEax, c.fpu.status_word());
    } else {
      if (!write_operand(c, i, Rm::offset(c, i), c.fpu.status_word())) return nullptr;
    }
    return c.next(i);
  }
};
struct ClearExceptions {
  template <class Rm>
  static Insn* full(Core& c, Insn* i) {
    c.fpu.status &= kConditions;
    return settle_error(c, i);
  }
};
struct Initialise {
  template <class Rm>
  static Insn* full(Core& c, Insn* i) {
    c.fpu.initialise();
    return settle_error(c, i);
  }
};
// FENI, FDISI: the 8087's interrupt mask.
template <bool kDisabled>
struct InterruptMask {
  template <class Rm>
  static Insn* full(Core& c, Insn* i) {
    const unsigned rest = c.fpu.control & ~0x80u;
    c.fpu.set_control(static_cast<std::uint16_t>(rest | (kDisabled ? 0x80u : 0u)));
    return settle_error(c, i);
  }
};
struct SetProtectedFormat {
  template <class Rm>
  static Insn* full(Core& c, Insn* i) {
    c.fpu.protected_format = true;
    return c.next(i);
  }
};
struct Nothing {
  template <class Rm>
  static Insn* full(Core& c, Insn* i) {
    return c.next(i);
  }
};

// --- environment ---

// Seven fields of 16 or 32 bits: control, status, tags, and the pointers in the real or the
// protected way. [387] figures 4-1 to 4-4
class Environment {
 public:
  Environment(const Core& c, bool wide) : wide_(wide) {
    const X87Unit& f = c.fpu;
    const bool paged_addresses = (c.system.cr0 & kCr0Pe) != 0 && (c.system_flags & kVm) == 0;
    protected_ = f.kind == Fpu::i80287 ? f.protected_format : paged_addresses;
  }

  std::uint32_t size() const { return wide_ ? 28 : 14; }

  void store(const X87Unit& f, std::span<std::uint8_t> out) const {
    put(out, 0, kUpper | f.control);
    put(out, 1, kUpper | f.status_word());
    put(out, 2, kUpper | f.tag_word());
    if (protected_) {
      put(out, 3, f.instruction_offset);
      put(out, 4, f.instruction_selector | std::uint32_t{f.opcode} << 16);
      put(out, 5, f.operand_offset);
      put(out, 6, kUpper | f.operand_selector);
    } else {
      // 20 or 32 bits of linear address, the upper ones beside the opcode.
      const std::uint32_t code = linear(f.instruction_selector, f.instruction_offset);
      const std::uint32_t data = linear(f.operand_selector, f.operand_offset);
      put(out, 3, kUpper | (code & 0xFFFF));
      put(out, 4, (code >> 16 & upper_mask()) << 12 | f.opcode);
      put(out, 5, kUpper | (data & 0xFFFF));
      put(out, 6, (data >> 16 & upper_mask()) << 12);
    }
  }
  void load(X87Unit& f, std::span<const std::uint8_t> in) const {
    f.set_control(static_cast<std::uint16_t>(get(in, 0)));
    f.set_status_word(static_cast<std::uint16_t>(get(in, 1)));
    f.set_tag_word(static_cast<std::uint16_t>(get(in, 2)));
    if (protected_) {
      f.instruction_offset = get(in, 3);
      f.instruction_selector = static_cast<std::uint16_t>(get(in, 4));
      if (wide_) f.opcode = get(in, 4) >> 16 & kOpcode;
      f.operand_offset = get(in, 5);
      f.operand_selector = static_cast<std::uint16_t>(get(in, 6));
    } else {
      f.instruction_offset = (get(in, 3) & 0xFFFF) | (get(in, 4) >> 12 & upper_mask()) << 16;
      f.instruction_selector = 0;
      f.opcode = get(in, 4) & kOpcode;
      f.operand_offset = (get(in, 5) & 0xFFFF) | (get(in, 6) >> 12 & upper_mask()) << 16;
      f.operand_selector = 0;
    }
  }

 private:
  static constexpr std::uint32_t kUpper = 0xFFFF0000;  // what reserved upper halves hold
  static constexpr std::uint32_t kOpcode = 0x7FF;

  std::uint32_t upper_mask() const { return wide_ ? 0xFFFF : 0xF; }
  static std::uint32_t linear(std::uint16_t selector, std::uint32_t offset) {
    return (std::uint32_t{selector} << 4) + offset;
  }
  void put(std::span<std::uint8_t> out, std::size_t field, std::uint32_t value) const {
    const std::size_t width = wide_ ? 4 : 2;
    std::memcpy(&out[field * width], &value, width);
  }
  std::uint32_t get(std::span<const std::uint8_t> in, std::size_t field) const {
    const std::size_t width = wide_ ? 4 : 2;
    std::uint32_t value = 0;
    std::memcpy(&value, &in[field * width], width);
    return value;
  }

  bool wide_;
  bool protected_ = false;
};

constexpr std::uint32_t kRegisterBytes = 80;
constexpr std::uint32_t kLargestImage = 28 + kRegisterBytes;

template <bool kWide>
struct StoreEnvironment {
  template <class Rm>
  static Insn* full(Core& c, Insn* i) {
    const Environment environment(c, kWide);
    std::array<std::uint8_t, 28> image{};
    const std::span bytes = std::span(image).first(environment.size());
    environment.store(c.fpu, bytes);
    if (!write_block(c, i, Rm::offset(c, i), bytes)) return nullptr;
    c.fpu.set_control(c.fpu.control | kExceptions);
    return settle_error(c, i);
  }
};
template <bool kWide>
struct LoadEnvironment {
  template <class Rm>
  static Insn* full(Core& c, Insn* i) {
    const Environment environment(c, kWide);
    std::array<std::uint8_t, 28> image{};
    const std::span bytes = std::span(image).first(environment.size());
    if (!read_block(c, i, Rm::offset(c, i), bytes)) return nullptr;
    environment.load(c.fpu, bytes);
    return settle_error(c, i);
  }
};
template <bool kWide>
struct Save {
  template <class Rm>
  static Insn* full(Core& c, Insn* i) {
    const Environment environment(c, kWide);
    std::array<std::uint8_t, kLargestImage> image{};
    const std::span bytes = std::span(image).first(environment.size() + kRegisterBytes);
    environment.store(c.fpu, bytes);
    for (unsigned n = 0; n < 8; ++n) {
      std::memcpy(&bytes[environment.size() + 10 * n], &c.fpu.st(n).mantissa, 8);
      std::memcpy(&bytes[environment.size() + 10 * n + 8], &c.fpu.st(n).head, 2);
    }
    if (!write_block(c, i, Rm::offset(c, i), bytes)) return nullptr;
    c.fpu.initialise();
    return settle_error(c, i);
  }
};
template <bool kWide>
struct Restore {
  template <class Rm>
  static Insn* full(Core& c, Insn* i) {
    const Environment environment(c, kWide);
    std::array<std::uint8_t, kLargestImage> image{};
    const std::span bytes = std::span(image).first(environment.size() + kRegisterBytes);
    if (!read_block(c, i, Rm::offset(c, i), bytes)) return nullptr;
    environment.load(c.fpu, bytes);
    for (unsigned n = 0; n < 8; ++n) {
      std::memcpy(&c.fpu.st(n).mantissa, &bytes[environment.size() + 10 * n], 8);
      std::memcpy(&c.fpu.st(n).head, &bytes[environment.size() + 10 * n + 8], 2);
    }
    return settle_error(c, i);
  }
};

template <template <bool> class Operation>
constexpr HandlersBySize by_size() {
  return {in_memory<Operation<false>>()[0], in_memory<Operation<true>>()[1]};
}
template <template <bool> class Operation>
constexpr HandlersBySize by_size_not_waiting() {
  return {in_memory_not_waiting<Operation<false>>()[0],
          in_memory_not_waiting<Operation<true>>()[1]};
}

}  // namespace

}  // namespace cpu::x87

namespace cpu {

void install_x87_environment(EscapeMap& map) {
  using namespace x87;
  // clang-format off
  map.in_memory(0xD9, 4, by_size<LoadEnvironment>());
  map.in_memory(0xD9, 5, in_memory<LoadControl>());
  map.in_memory(0xD9, 6, by_size_not_waiting<StoreEnvironment>());
  map.in_memory(0xD9, 7, in_memory_not_waiting<StoreControl>());
  map.in_memory(0xDD, 4, by_size<Restore>());
  map.in_memory(0xDD, 6, by_size_not_waiting<Save>());
  map.in_memory(0xDD, 7, in_memory_not_waiting<StoreStatus>());
  map.on_registers(0xDBE2, on_registers_not_waiting<ClearExceptions>());
  map.on_registers(0xDBE3, on_registers_not_waiting<Initialise>());
  if (map.at_least(Fpu::i80287)) map.on_registers(0xDFE0, on_registers_not_waiting<StoreStatus>());
  // The instructions of one generation do nothing in the later ones.
  const bool is_8087 = map.unit() == Fpu::i8087, is_287 = map.unit() == Fpu::i80287;
  map.on_registers(0xDBE0, is_8087 ? on_registers_not_waiting<InterruptMask<false>>() : on_registers_not_waiting<Nothing>());
  map.on_registers(0xDBE1, is_8087 ? on_registers_not_waiting<InterruptMask<true>>() : on_registers_not_waiting<Nothing>());
  map.on_registers(0xDBE4, is_287 ? on_registers_not_waiting<SetProtectedFormat>() : on_registers_not_waiting<Nothing>());
  // clang-format on
}

}  // namespace cpu
