// Linear page -> host memory, direct mapped, one table per access kind. A hit is one compare: the
// tag is the linear page, and an access that crosses into the next page cannot match it. Everything
// that is not plain memory (devices, ROM and decoded code on the write side, nothing at all) never
// gets a matching tag and ends in the slow path of core.cpp.
#pragma once

#include <array>
#include <cstdint>

#include "cpu/memory.h"

namespace cpu {

inline constexpr std::uint32_t kPageMask = ~(kPageSize - 1);

struct TlbEntry {
  static constexpr std::uint32_t kInvalid = 1;  // no page has this address
  // In the write table: the page holds decoded code, so stores look at its lines first.
  static constexpr std::uint32_t kCode = 2;

  std::uint32_t tag = kInvalid;
  std::uint32_t physical = 0;  // page
  std::uintptr_t addend = 0;   // host address = addend + linear address
};

class Tlb {
 public:
  TlbEntry& operator[](std::uint32_t linear) { return entries_[linear / kPageSize % kEntries]; }
  void flush() { entries_.fill({}); }
  // The page got its first decoded code: take away the right to store without looking.
  void mark_code(std::uint32_t physical) {
    for (TlbEntry& entry : entries_) {
      if (entry.physical == (physical & kPageMask)) entry.tag |= TlbEntry::kCode;
    }
  }

 private:
  static constexpr std::uint32_t kEntries = 512;
  std::array<TlbEntry, kEntries> entries_{};
};

}  // namespace cpu
