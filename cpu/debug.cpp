// Debug registers: breakpoints on code and data, single step, and what RF holds off. While any
// breakpoint is enabled the loop takes single steps; data breakpoints take their pages' entries out
// of the fast path (TlbEntry::kWatched), as does an AccessWatch. [386] 80386 Programmer's Reference
// Manual, 12.
//
// Not implemented: breakpoints on ports (CR4.DE of the Pentium), GE and LE (data breakpoints are
// always exact), accesses of the processor's own (tables, task states, frames).
#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "cpu/core.h"

namespace cpu {

namespace {

struct Breakpoint {
  enum Kind : unsigned { code = 0, stores = 1, accesses = 3 };
  unsigned kind;
  std::uint32_t first, size;
  bool overlaps(std::uint32_t linear, std::uint32_t bytes) const {
    return linear < first + size && first < linear + bytes;
  }
};

Breakpoint breakpoint(const Registers& r, unsigned n) {
  const std::uint32_t control = r.dr[7] >> (16 + 4 * n);
  const std::uint32_t size = (control >> 2 & 3) + 1;  // the code 2, reserved, is taken for 3 bytes
  return {control & 3, r.dr[n] & ~(size - 1), size};
}
bool enabled(const Registers& r, unsigned n) {
  return (r.dr[7] >> (2 * n) & 3) != 0;
}

}  // namespace

void Core::debug_registers_changed() {
  read_tlb.flush();
  write_tlb.flush();
  update_flag_events();
}

bool Core::page_watched(std::uint32_t linear, std::uint32_t physical) const {
  if (access_watch_ != nullptr && access_watch_->wants_page(linear, physical)) return true;
  for (unsigned n = 0; debugging() && n < 4; ++n) {
    const Breakpoint b = breakpoint(system, n);
    if (enabled(system, n) && b.kind != Breakpoint::code && b.overlaps(linear, kPageSize))
      return true;
  }
  return false;
}

// After an access to a page that is watched.
void Core::watch(std::uint32_t linear, unsigned size, bool writing) {
  for (unsigned n = 0; n < 4; ++n) {
    const Breakpoint b = breakpoint(system, n);
    const bool kind_fits =
        b.kind == Breakpoint::accesses || (writing && b.kind == Breakpoint::stores);
    if (enabled(system, n) && kind_fits && b.overlaps(linear, size)) debug_hits_ |= 1u << n;
  }
}

// --- what is shown to the AccessWatch ---

void Core::watch_accesses(AccessWatch* watch) {
  access_watch_ = watch;
  const auto watched = [this](std::uint32_t linear, std::uint32_t physical) {
    return page_watched(linear, physical);
  };
  read_tlb.mark_watched(watched);
  write_tlb.mark_watched(watched);
}

// The first bytes of memory or of what a device shows of itself.
std::uint32_t Core::peek_word(std::uint32_t physical, std::size_t size) const {
  std::array<std::uint8_t, 4> bytes{};
  memory.peek(physical, std::span(bytes).first(std::min(size, bytes.size())));
  return bytes[0] | std::uint32_t{bytes[1]} << 8 | std::uint32_t{bytes[2]} << 16 |
         std::uint32_t{bytes[3]} << 24;
}

// What a store is about to replace; its pages were looked at before.
std::uint32_t Core::bytes_before(unsigned segment, std::uint32_t offset, unsigned size) {
  std::uint32_t value = 0;
  for (unsigned n = 0; access_watch_ != nullptr && n < size; ++n) {
    const std::uint32_t linear = linear_of_byte(segment, offset + n);
    const TlbEntry* entry = find_page(write_tlb, linear, true);
    if (entry == nullptr || !entry->is(TlbEntry::kWatched)) continue;
    value |= peek_word(entry->physical + linear % kPageSize, 1) << (8 * n);
  }
  return value;
}

// An access of at most four bytes that was made.
void Core::show_access(unsigned segment, std::uint32_t offset, unsigned size, const Shown& what) {
  if (access_watch_ == nullptr) return;
  Tlb& tlb = what.write ? write_tlb : read_tlb;
  const auto piece = [&](std::uint32_t linear, unsigned bytes, const Shown& part) {
    const TlbEntry* entry = find_page(tlb, linear, what.write);
    if (entry == nullptr || !entry->is(TlbEntry::kWatched)) return;
    show_piece(linear, entry->physical + linear % kPageSize, bytes, part);
  };
  if (in_one_piece(segment, offset, size))
    return piece(segments[segment].base + offset, size, what);
  for (unsigned n = 0; n < size; ++n) {
    piece(linear_of_byte(segment, offset + n), 1,
          {what.write, what.own, what.before >> (8 * n) & 0xFF, what.after >> (8 * n) & 0xFF});
  }
}

void Core::show_piece(std::uint32_t linear, std::uint32_t physical, std::size_t size,
                      const Shown& what) {
  access_watch_->accessed({linear, physical, static_cast<std::uint32_t>(size), what.write, what.own,
                           what.before, what.after});
}

// Before an instruction: #DB that returns to it.
bool Core::stop_for_code_breakpoint() {
  std::uint32_t hits = 0;
  const std::uint32_t linear = segments[kCs].base + eip;
  for (unsigned n = 0; n < 4; ++n) {
    const Breakpoint b = breakpoint(system, n);
    if (enabled(system, n) && b.kind == Breakpoint::code && b.first == linear) hits |= 1u << n;
  }
  if (hits == 0) return false;
  system.dr[6] |= hits;
  deliver({kDebug, Cause::exception, 0, eip, 0});
  return true;
}

// One instruction with what stands around it: code breakpoints and RF before it, data breakpoints
// and the single-step trap behind it. An instruction that itself entered a handler saved TF and
// cleared it: no trap. [386] 12.3.1
void Core::step_traced() {
  if (debugging() && !flag(kRf) && stop_for_code_breakpoint()) return;
  const bool trap = flag(kTf);
  const std::uint32_t before = eip;
  trap_suppressed = false;
  resume_set = false;
  delivered_ = false;
  step_one();
  const bool unfinished = single_[0].repeat != Repeat::none && eip == before;
  if (flag(kRf) && !resume_set && !unfinished) set_system_flag(kRf, false);
  const bool stepped = trap && !trap_suppressed && !delivered_;
  if (stepped && at_least(Model::i80386)) debug_hits_ |= kDr6Step;
  if (stepped || debug_hits_ != 0) deliver_debug_trap();
}

void Core::deliver_debug_trap() {
  events &= ~std::uint32_t{kEventDebug};
  system.dr[6] |= std::exchange(debug_hits_, 0);
  if (activity == Activity::shutdown) return;
  if (activity == Activity::halted) set_activity(Activity::running);
  deliver({kDebug, Cause::exception, 0, eip, 0});
}

}  // namespace cpu
