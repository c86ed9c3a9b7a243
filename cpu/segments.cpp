// Loading segment registers and CS. Real mode: the base follows the selector, limit and access stay
// what they were ("unreal mode"). Descriptor tables come with protected mode; until then a
// processor whose PE bit is set goes on in real mode. [386] 80386 Programmer's Reference
// Manual, 14.
#include "cpu/core.h"

namespace cpu {

// Brings what depends on the caches up to date after one of them changed.
void Core::segment_changed(unsigned index) {
  SegmentCache& cache = segments[index];
  cache.set_real_ends();
  if (index == kCs) {
    code_end = cache.read_end;
  } else if (index == kSs) {
    stack_mask = (cache.access & kAccessBig) != 0 ? 0xFFFFFFFF : 0xFFFF;
  }
}

bool Core::load_segment(Insn*, unsigned index, std::uint16_t selector) {
  SegmentCache& cache = segments[index];
  cache.selector = selector;
  cache.base = std::uint32_t{selector} << 4;
  return true;
}

Insn* Core::far_jump(Insn* i, std::uint16_t selector, std::uint32_t offset) {
  if (offset >= code_end) return fault(i, kGeneralProtection);
  load_segment(i, kCs, selector);
  return jump(i, offset);
}

void Core::set_segment(unsigned index, const Registers::Segment& value) {
  SegmentCache& cache = segments[index];
  const bool size_changes = index == kCs && ((cache.access ^ value.access) & kAccessBig) != 0;
  cache.selector = value.selector;
  cache.base = value.base;
  cache.limit = value.limit;
  cache.access = value.access;
  segment_changed(index);
  if (size_changes) jump_cache.flush();
}

Registers::Segment Core::segment(unsigned index) const {
  const SegmentCache& cache = segments[index];
  return {cache.selector, cache.base, cache.limit, cache.access};
}

}  // namespace cpu
