// The hidden side of the registers: segment caches as the handlers use them. The descriptor cache
// is state of its own: in real mode loading a selector changes the base only, so "unreal mode"
// limits survive. [386] 80386 Programmer's Reference Manual, 5.1.4 and 14.
#pragma once

#include <cstdint>

#include "cpu/cpu.h"

namespace cpu {

// Bits of Registers::Segment::access (descriptor bits 8-15 in 0-7, 20-23 in 12-15).
enum SegmentAccess : std::uint16_t {
  kAccessRealData = 0x0093,  // present, writable, accessed: what real mode starts with
  kAccessBig = 0x4000        // D/B: 32-bit code or stack
};

struct SegmentCache {
  std::uint32_t base = 0;
  std::uint32_t limit = 0xFFFF;
  // First offset that may not be accessed; 0 sends every access to the slow path, which knows
  // expand-down and unusable segments.
  std::uint64_t read_end = 0x10000;
  std::uint64_t write_end = 0x10000;
  std::uint16_t selector = 0;
  std::uint16_t access = kAccessRealData;

  void set_real_ends() { read_end = write_end = std::uint64_t{limit} + 1; }
};

enum ControlBit : std::uint32_t {
  kCr0Pe = 1u << 0,
  kCr0Mp = 1u << 1,
  kCr0Em = 1u << 2,
  kCr0Ts = 1u << 3,
  kCr0Et = 1u << 4,
  kCr0Ne = 1u << 5,  // 486
  kCr0Pg = 1u << 31
};

enum Vector : std::uint8_t {
  kDivideError = 0,
  kDebug = 1,
  kNmiVector = 2,
  kBreakpoint = 3,
  kOverflow = 4,
  kBoundRange = 5,
  kInvalidOpcode = 6,
  kNoCoprocessor = 7,
  kDoubleFault = 8,
  kStackFault = 12,
  kGeneralProtection = 13,
  kCoprocessorError = 16
};

}  // namespace cpu
