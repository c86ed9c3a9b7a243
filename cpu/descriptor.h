// Selectors and descriptors as they lie in the tables. [386] 80386 Programmer's Reference Manual,
// 5.1.1, 6.3 and 7.2; [286] 80286 ditto, 6.2.
#pragma once

#include <cstdint>

#include "cpu/registers.h"

namespace cpu {

constexpr unsigned requested_level(std::uint16_t selector) {
  return selector & 3;
}
constexpr bool is_null(std::uint16_t selector) {
  return (selector & 0xFFFC) == 0;
}
constexpr bool is_local(std::uint16_t selector) {
  return (selector & 4) != 0;
}
// A selector as an error code; `external` is bit 0 of it, EXT.
constexpr std::uint16_t selector_error(std::uint16_t selector, std::uint16_t external = 0) {
  return static_cast<std::uint16_t>((selector & 0xFFFC) | external);
}

// Types of system descriptors; bit 3 tells the 386's from the 286's.
enum SystemType : unsigned {
  kTss16 = 1,
  kLdt = 2,
  kTss16Busy = 3,
  kCallGate16 = 4,
  kTaskGate = 5,
  kInterruptGate16 = 6,
  kTrapGate16 = 7,
  kTss32 = 9,
  kTss32Busy = 11,
  kCallGate32 = 12,
  kInterruptGate32 = 14,
  kTrapGate32 = 15,
  kBusyBit = 2,
  kWideBit = 8
};

struct Descriptor {
  std::uint32_t low = 0, high = 0;

  std::uint16_t access() const { return static_cast<std::uint16_t>(high >> 8 & 0xF0FF); }
  unsigned dpl() const { return high >> 13 & 3; }
  bool present() const { return (high >> 8 & kAccessPresent) != 0; }

  // --- segments ---
  std::uint32_t base() const { return low >> 16 | (high & 0xFF) << 16 | (high & 0xFF000000); }
  std::uint32_t limit() const {  // offset of the last byte
    const std::uint32_t raw = (low & 0xFFFF) | (high & 0xF0000);
    return (high >> 23 & 1) != 0 ? raw << 12 | 0xFFF : raw;
  }
  bool is_segment() const { return (high >> 8 & kAccessSegment) != 0; }
  bool is_code() const { return is_segment() && (high >> 8 & kAccessCode) != 0; }
  bool is_conforming() const { return is_code() && (high >> 8 & kAccessExpandDown) != 0; }
  bool is_readable() const {
    return is_segment() && (!is_code() || (high >> 8 & kAccessWritable) != 0);
  }
  bool is_writable_data() const {
    return is_segment() && !is_code() && (high >> 8 & kAccessWritable) != 0;
  }

  // --- system descriptors and gates ---
  unsigned system_type() const { return is_segment() ? 0 : high >> 8 & 0xF; }
  bool is_tss() const { return (system_type() & ~unsigned{kWideBit | kBusyBit}) == kTss16; }
  bool is_busy_tss() const { return is_tss() && (system_type() & kBusyBit) != 0; }
  bool is_free_tss() const { return is_tss() && (system_type() & kBusyBit) == 0; }
  bool wide() const { return (system_type() & kWideBit) != 0; }
  std::uint16_t gate_selector() const { return static_cast<std::uint16_t>(low >> 16); }
  std::uint32_t gate_offset() const { return (low & 0xFFFF) | (wide() ? high & 0xFFFF0000 : 0); }
  unsigned gate_parameters() const { return high & 31; }
};

}  // namespace cpu
