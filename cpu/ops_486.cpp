// What the 486 and the Pentium added: CMPXCHG, XADD, BSWAP, cache and TLB control, CPUID; RDTSC,
// CMPXCHG8B, model-specific registers. [486] i486 Processor Programmer's Reference Manual, 26; [P5]
// Pentium Processor Family Developer's Manual, volume 3, 25 and appendix A.
// Not implemented: caches (INVD and WBINVD do nothing), the Pentium's V86 extensions, debugging
// extensions, machine checks and performance counters: CPUID and CR4 do not offer them.
#include "cpu/ops.h"

namespace cpu {

namespace {

struct Cmpxchg {
  template <class T, class Rm>
  static Insn* run(Core& c, Insn* i) {
    const T expected = c.get<T>(kEax);
    const T source = c.get<T>(i->reg);
    T old{};
    // The destination is written in any case, with its own value when they differ.
    const auto change = [&](T value) {
      old = value;
      return value == expected ? source : value;
    };
    if (!modify_rm<T, Rm>(c, i, change)) return nullptr;
    alu::subtract(c.flags, expected, old);
    if (old != expected) c.set<T>(kEax, old);
    return c.next(i);
  }
};

struct Xadd {
  template <class T, class Rm>
  static Insn* run(Core& c, Insn* i) {
    const T source = c.get<T>(i->reg);
    T old{};
    const auto sum = [&](T value) {
      old = value;
      return alu::add(c.flags, value, source);
    };
    if constexpr (Rm::kIsRegister) {
      const T result = sum(c.get<T>(i->rm));
      c.set<T>(i->reg, old);
      c.set<T>(i->rm, result);  // XADD of a register with itself: the sum stays
    } else {
      if (!c.modify<T>(i, i->segment, Rm::offset(c, i), sum)) return nullptr;
      c.set<T>(i->reg, old);
    }
    return c.next(i);
  }
};

struct Bswap {
  template <class T, class Rm>
  static Insn* run(Core& c, Insn* i) {
    // A 16-bit operand is undefined; the chips leave zero.
    const auto value = c.get<T>(i->rm);
    c.set<T>(i->rm, sizeof(T) == 4 ? static_cast<T>(__builtin_bswap32(value)) : T{0});
    return c.next(i);
  }
};

Insn* nothing_at_level_0(Core& c, Insn* i) {
  return c.cpl == 0 ? c.next(i) : c.fault(i, kGeneralProtection);
}

struct Invlpg {
  template <class T, class Rm>
  static Insn* run(Core& c, Insn* i) {
    if (c.cpl != 0) return c.fault(i, kGeneralProtection);
    c.flush_page(c.segments[i->segment].base + Rm::offset(c, i));
    return c.stop_after(i);
  }
};

// --- CPUID ---

constexpr std::uint32_t kHasFpu = 1, kHasPse = 1u << 3, kHasTsc = 1u << 4, kHasMsr = 1u << 5,
                        kHasCmpxchg8b = 1u << 8;

std::uint32_t features(const Core& c) {
  std::uint32_t bits = c.fpu.kind != Fpu::none ? kHasFpu : 0;
  if (c.at_least(Model::pentium)) bits |= kHasPse | kHasTsc | kHasMsr | kHasCmpxchg8b;
  return bits;
}

Insn* cpuid(Core& c, Insn* i) {
  const std::uint32_t leaf = c.general[kEax];
  if (leaf == 0) {
    c.general[kEax] = 1;
    c.general[kEbx] = 0x756E6547;  // "GenuineIntel"
    c.general[kEdx] = 0x49656E69;
    c.general[kEcx] = 0x6C65746E;
  } else {  // beyond the last leaf: the last one
    c.general[kEax] = c.signature();
    c.general[kEbx] = 0;
    c.general[kEcx] = 0;
    c.general[kEdx] = features(c);
  }
  return c.next(i);
}

// --- Pentium ---

void set_pair(Core& c, std::uint64_t value) {
  c.general[kEax] = static_cast<std::uint32_t>(value);
  c.general[kEdx] = static_cast<std::uint32_t>(value >> 32);
}
std::uint64_t pair(std::uint32_t high, std::uint32_t low) {
  return std::uint64_t{high} << 32 | low;
}

Insn* rdtsc(Core& c, Insn* i) {
  if ((c.system.cr4 & kCr4Tsd) != 0 && c.cpl != 0) return c.fault(i, kGeneralProtection);
  c.callback_begins(i);
  set_pair(c, c.system.time_stamp_base + c.bus.time_stamp());
  return c.next_or_leave(i);
}

enum ModelSpecific : std::uint32_t { kCheckAddress = 0, kCheckType = 1, kTimeStamp = 0x10 };

Insn* rdmsr(Core& c, Insn* i) {
  if (c.cpl != 0) return c.fault(i, kGeneralProtection);
  c.callback_begins(i);
  switch (c.general[kEcx]) {
    case kCheckAddress:
    case kCheckType:
      set_pair(c, 0);
      break;
    case kTimeStamp:
      set_pair(c, c.system.time_stamp_base + c.bus.time_stamp());
      break;
    default:
      return c.fault(i, kGeneralProtection);
  }
  return c.next_or_leave(i);
}
Insn* wrmsr(Core& c, Insn* i) {
  if (c.cpl != 0) return c.fault(i, kGeneralProtection);
  c.callback_begins(i);
  const std::uint64_t value = pair(c.general[kEdx], c.general[kEax]);
  switch (c.general[kEcx]) {
    case kCheckAddress:
    case kCheckType:
      break;
    case kTimeStamp:
      c.system.time_stamp_base = value - c.bus.time_stamp();
      break;
    default:
      return c.fault(i, kGeneralProtection);
  }
  return c.next_or_leave(i);
}

struct Cmpxchg8b {
  template <class T, class Rm>
  static Insn* run(Core& c, Insn* i) {
    const std::uint32_t offset = Rm::offset(c, i);
    if (!c.check_write(i, i->segment, offset, 8)) return nullptr;
    std::uint32_t low;
    std::uint32_t high;
    if (!c.read(i, i->segment, offset, low)) return nullptr;
    if (!c.read(i, i->segment, offset + 4, high)) return nullptr;
    const bool equal = low == c.general[kEax] && high == c.general[kEdx];
    const std::uint32_t new_low = equal ? c.general[kEbx] : low;
    const std::uint32_t new_high = equal ? c.general[kEcx] : high;
    if (!c.write(i, i->segment, offset, new_low)) return nullptr;
    if (!c.write(i, i->segment, offset + 4, new_high)) return nullptr;
    if (!equal) set_pair(c, pair(high, low));
    c.flags.set_zf(equal);
    return c.next(i);
  }
};

}  // namespace

void install_486(OpcodeMap& map) {
  if (!map.at_least(Model::i80486)) return;
  // clang-format off
  map.set(0x0F01, 7, {Form::modrm, kMemoryOnly | kEndsRun, words<Invlpg>()});
  map.set(0x0F08, {Form::none, 0, single(nothing_at_level_0)});  // INVD
  map.set(0x0F09, {Form::none, 0, single(nothing_at_level_0)});  // WBINVD
  map.set(0x0FA2, {Form::none, 0, single(cpuid)});
  map.set(0x0FB0, {Form::modrm, kByte | kLockable, bytes<Cmpxchg>()});
  map.set(0x0FB1, {Form::modrm, kLockable, words<Cmpxchg>()});
  map.set(0x0FC0, {Form::modrm, kByte | kLockable, bytes<Xadd>()});
  map.set(0x0FC1, {Form::modrm, kLockable, words<Xadd>()});
  for (unsigned reg = 0; reg < 8; ++reg) map.set(0x0FC8 + reg, {Form::reg, 0, words<Bswap>()});
  if (map.at_least(Model::pentium)) {
    map.set(0x0F30, {Form::none, 0, single(wrmsr)});
    map.set(0x0F31, {Form::none, 0, single(rdtsc)});
    map.set(0x0F32, {Form::none, 0, single(rdmsr)});
    map.set(0x0FC7, 1, {Form::modrm, kLockable | kMemoryOnly, words<Cmpxchg8b>()});
  }
  // clang-format on
}

}  // namespace cpu
