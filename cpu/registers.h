// The hidden side of the registers: segment caches as the handlers use them. The descriptor cache
// is state of its own: in real mode loading a selector changes the base only, so "unreal mode"
// limits survive. [386] 80386 Programmer's Reference Manual, 5.1.4 and 14.
#pragma once

#include <cstdint>

#include "cpu/cpu.h"

namespace cpu {

// Bits of Registers::Segment::access (descriptor bits 8-15 in 0-7, 20-23 in 12-15).
enum SegmentAccess : std::uint16_t {
  kAccessAccessed = 0x01,
  kAccessWritable = 0x02,    // of data; code: readable
  kAccessExpandDown = 0x04,  // of data; code: conforming
  kAccessCode = 0x08,
  kAccessSegment = 0x10,  // code or data, not a system descriptor
  kAccessPresent = 0x80,
  kAccessBig = 0x4000,       // D/B: 32-bit code or stack
  kAccessRealData = 0x0093,  // present, writable, accessed: what real mode starts with
  kAccessV86Data = 0x00F3    // the same at privilege level 3
};

struct SegmentCache {
  std::uint32_t base = 0;
  std::uint32_t limit = 0xFFFF;
  // First offset that may not be accessed; 0 sends every access to the slow path, which knows
  // expand-down and unusable segments and looks at limit and access alone.
  std::uint64_t read_end = 0x10000;
  std::uint64_t write_end = 0x10000;
  std::uint16_t selector = 0;
  std::uint16_t access = kAccessRealData;

  unsigned dpl() const { return access >> 5 & 3; }
  bool big() const { return (access & kAccessBig) != 0; }
  bool is_code() const { return (access & kAccessCode) != 0; }
  bool expands_down() const {
    return (access & (kAccessCode | kAccessExpandDown)) == kAccessExpandDown;
  }
  bool readable() const {
    return access != 0 && (access & (kAccessCode | kAccessWritable)) != kAccessCode;
  }
  bool writable() const { return (access & (kAccessCode | kAccessWritable)) == kAccessWritable; }
  // Whether [offset, offset + size) lies inside. [386] 6.3.1.2
  bool reaches(std::uint32_t offset, unsigned size) const {
    const std::uint64_t last = std::uint64_t{offset} + size - 1;
    if (!expands_down()) return last <= limit;
    return offset > limit && last <= (big() ? 0xFFFFFFFF : 0xFFFF);
  }

  void set_real_ends() { read_end = write_end = std::uint64_t{limit} + 1; }
  void set_protected_ends() {
    const std::uint64_t end = expands_down() ? 0 : std::uint64_t{limit} + 1;
    read_end = readable() ? end : 0;
    write_end = writable() ? end : 0;
  }
  void set_no_ends() { read_end = write_end = 0; }
};

enum ControlBit : std::uint32_t {
  kCr0Pe = 1u << 0,
  kCr0Mp = 1u << 1,
  kCr0Em = 1u << 2,
  kCr0Ts = 1u << 3,
  kCr0Et = 1u << 4,
  kCr0Ne = 1u << 5,   // 486, with those below
  kCr0Wp = 1u << 16,  // supervisor stores respect R/W too
  kCr0Am = 1u << 18,  // EFLAGS.AC has a meaning
  kCr0Nw = 1u << 29,
  kCr0Cd = 1u << 30,
  kCr0Pg = 1u << 31,
  kCr4Tsd = 1u << 2,  // RDTSC at level 0 only
  kCr4Pse = 1u << 4   // 4 MiB pages
};

// DR6 and DR7. [386] 12.2
enum DebugBit : std::uint32_t {
  kDr6Accesses = 1u << 13,    // BD: debug registers touched while GD is set
  kDr6Step = 1u << 14,        // BS
  kDr6TaskSwitch = 1u << 15,  // BT
  kDr7Local = 0x155,          // L0-L3, LE: a task switch clears them
  kDr7AnyEnabled = 0xFF,
  kDr7Detect = 1u << 13  // GD
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
  kInvalidTaskState = 10,
  kSegmentNotPresent = 11,
  kStackFault = 12,
  kGeneralProtection = 13,
  kPageFault = 14,
  kCoprocessorError = 16,
  kAlignmentCheck = 17
};

}  // namespace cpu
