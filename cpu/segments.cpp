// Segment registers: their caches, loading them in real, V86 and protected mode, and the checks of
// descriptors in the manual's order. In real mode the base follows the selector, limit and size bit
// stay what they were ("unreal mode"). [386] 80386 Programmer's Reference Manual, 5.1, 6.3, 14,
// 15.2; [286] 80286 ditto, 6 and 7.
#include <algorithm>

#include "cpu/core.h"

namespace cpu {

// Brings what depends on the caches up to date after one of them changed.
void Core::segment_changed(unsigned index) {
  SegmentCache& cache = segments[index];
  if (alignment_checked_) {
    cache.set_no_ends();
  } else if (protected_) {
    cache.set_protected_ends();
  } else {
    cache.set_real_ends();
  }
  if (index == kCs) {
    code_end = std::uint64_t{cache.limit} + 1;
    code_end_16 = std::min(code_end, std::uint64_t{0x10000});
    update_jump_base();
  } else if (index == kSs) {
    stack_mask = cache.big() ? 0xFFFFFFFF : 0xFFFF;
    update_mode();
  }
  update_plain();
}

// Whether the segments that data lies in have nothing to check: flat ones in 32-bit code, whole
// ones of 64 KiB in 16-bit code (there CS, too: DOS programs and BIOSes keep data in it). Runs
// decoded for that are others than those for any segments: a change is a new key for the jump
// cache, and an instruction that goes on behind one (POPF with AC) must not.
void Core::update_plain() {
  const bool size32 = segments[kCs].big();
  const std::uint64_t end = size32 ? std::uint64_t{1} << 32 : 0x10000;
  const auto whole = [&](const SegmentCache& cache) {
    return cache.read_end == end && cache.write_end == end && (!size32 || cache.base == 0);
  };
  const bool plain = segments[kSs].big() == size32 && whole(segments[kEs]) &&
                     whole(segments[kSs]) && whole(segments[kDs]) &&
                     (size32 ? protected_ : whole(segments[kCs]));
  if (plain == plain_) return;
  plain_ = plain;
  update_jump_base();
  raise_event(kEventBreak);
}

void Core::update_ends() {
  for (SegmentCache& cache : segments) {
    if (alignment_checked_) {
      cache.set_no_ends();
    } else if (protected_) {
      cache.set_protected_ends();
    } else {
      cache.set_real_ends();
    }
  }
  update_plain();
}

// The privilege level is that of the stack segment.
void Core::update_mode() {
  const bool enabled = (system.cr0 & kCr0Pe) != 0;
  const bool was_protected = protected_, was_checked = alignment_checked_;
  const std::uint32_t old_level = cpl;
  protected_ = enabled && !in_v86_mode();
  cpl = !enabled ? 0 : in_v86_mode() ? 3 : segments[kSs].dpl();
  alignment_checked_ = (system.cr0 & kCr0Am) != 0 && flag(kAc) && cpl == 3;
  if (protected_ != was_protected || alignment_checked_ != was_checked) update_ends();
  if (cpl == old_level) return;
  if (cpl == 3 && paging()) {
    read_tlb.drop_privileged();
    write_tlb.drop_privileged();
  }
  update_jump_base();
}

void Core::set_segment(unsigned index, const Registers::Segment& value) {
  SegmentCache& cache = segments[index];
  cache.selector = value.selector;
  cache.base = value.base;
  cache.limit = value.limit;
  cache.access = value.access;
  segment_changed(index);
}

Registers::Segment Core::segment(unsigned index) const {
  const SegmentCache& cache = segments[index];
  return {cache.selector, cache.base, cache.limit, cache.access};
}

// --- loading ---

void Core::load_real_segment(unsigned index, std::uint16_t selector) {
  SegmentCache& cache = segments[index];
  cache.selector = selector;
  cache.base = std::uint32_t{selector} << 4;
  if (in_v86_mode()) {
    cache.limit = 0xFFFF;
    cache.access = kAccessV86Data;
    segment_changed(index);
  } else if (cache.access != kAccessRealData) {
    cache.access = static_cast<std::uint16_t>((cache.access & 0xF000) | kAccessRealData);
    segment_changed(index);
  } else if (index == kCs) {
    update_jump_base();
  }
}

void Core::set_cache(unsigned index, std::uint16_t selector, const Descriptor& d) {
  set_segment(index, {selector, d.base(), d.limit(),
                      static_cast<std::uint16_t>(d.access() | kAccessAccessed)});
}

// Base and limit survive a null selector, the right to use them does not.
void Core::set_null(unsigned index, std::uint16_t selector) {
  segments[index].selector = selector;
  segments[index].access = 0;
  segment_changed(index);
}

bool Core::load_segment(Insn* i, unsigned index, std::uint16_t selector) {
  if (!protected_) {
    load_real_segment(index, selector);
    return true;
  }
  callback_begins(i);
  Descriptor d;
  if (index != kSs && is_null(selector)) {
    set_null(index, selector);
    return true;
  }
  const bool allowed = index == kSs ? check_stack_segment(selector, cpl, kGeneralProtection, d)
                                    : check_data_segment(selector, d, kGeneralProtection);
  if (!allowed || !mark_accessed(selector, d)) {
    refused(i);
    return false;
  }
  set_cache(index, selector, d);
  return true;
}

// --- descriptor tables ---

// Where a selector's descriptor lies; nothing when it is beyond the table.
std::optional<std::uint32_t> Core::descriptor_at(std::uint16_t selector) const {
  std::uint32_t base = system.gdtr_base;
  std::uint32_t limit = system.gdtr_limit;
  if (is_local(selector)) {
    if ((system.ldtr.access & kAccessPresent) == 0) return std::nullopt;
    base = system.ldtr.base;
    limit = system.ldtr.limit;
  }
  const std::uint32_t offset = selector & 0xFFF8;
  if (offset + 7 > limit) return std::nullopt;
  return base + offset;
}

// The descriptor; `vector` with the selector when it is beyond the table.
bool Core::fetch_descriptor(std::uint16_t selector, Descriptor& d, std::uint8_t vector,
                            std::uint16_t external) {
  const auto at = descriptor_at(selector);
  if (!at) return refuse(vector, selector_error(selector, external));
  std::uint64_t both;
  if (!read_system(*at, both)) return false;
  d.low = static_cast<std::uint32_t>(both);
  d.high = static_cast<std::uint32_t>(both >> 32);
  if (!at_least(Model::i80386)) d.high &= 0xFFFF;  // the last word belongs to nobody yet
  return true;
}

// Writes the descriptor's access byte: accessed and busy bits.
bool Core::set_access(std::uint16_t selector, const Descriptor& d, unsigned access) {
  const auto at = descriptor_at(selector);
  if ((d.access() & 0xFF) == access || !at) return true;
  return write_system(*at + 5, static_cast<std::uint8_t>(access));
}

bool Core::mark_accessed(std::uint16_t selector, const Descriptor& d) {
  return set_access(selector, d, (d.access() & 0xFFu) | kAccessAccessed);
}

// --- checks ---

// DS, ES, FS, GS; a null selector was dealt with before. [386] MOV, table of exceptions
bool Core::check_data_segment(std::uint16_t selector, Descriptor& d, std::uint8_t vector) {
  if (!fetch_descriptor(selector, d, vector)) return false;
  const unsigned level = std::max(cpl, requested_level(selector));
  if (!d.is_readable() || (!d.is_conforming() && level > d.dpl()))
    return refuse(vector, selector_error(selector));
  if (!d.present()) return refuse(kSegmentNotPresent, selector_error(selector));
  return true;
}

// SS for privilege level `level`.
bool Core::check_stack_segment(std::uint16_t selector, unsigned level, std::uint8_t vector,
                               Descriptor& d, std::uint16_t external) {
  if (is_null(selector)) return refuse(vector, external);
  if (!fetch_descriptor(selector, d, vector, external)) return false;
  if (requested_level(selector) != level || !d.is_writable_data() || d.dpl() != level)
    return refuse(vector, selector_error(selector, external));
  if (!d.present()) return refuse(kStackFault, selector_error(selector, external));
  return true;
}

}  // namespace cpu
