// Somebody outside who wants to see accesses to some of memory: data watchpoints of a debugger. The
// processor asks which pages matter when it fills its TLB, takes these off the fast path, and tells
// of every access to them; where nobody watches nothing is asked and nothing is slower.
//
// Not shown: instruction fetches, page table walks, DMA.
#pragma once

#include <cstdint>

namespace cpu {

// One access as it was made. Where it crosses a page, or wraps in its segment, it comes byte by
// byte.
struct MemoryAccess {
  std::uint32_t linear = 0, physical = 0;
  std::uint32_t size = 0;  // bytes, all within one page
  bool write = false;
  // The processor's own: interrupt frames and vectors, descriptors, task states.
  bool own = false;
  // The first four bytes at most. Of a read both are what was read.
  std::uint32_t before = 0, after = 0;
};

class AccessWatch {
 public:
  virtual ~AccessWatch() = default;
  // Whether anything in the page matters, by either of its addresses.
  virtual bool wants_page(std::uint32_t linear, std::uint32_t physical) const = 0;
  // Called from the middle of an instruction, behind the access. May ask for an exit, nothing else.
  virtual void accessed(const MemoryAccess& access) = 0;
};

}  // namespace cpu
