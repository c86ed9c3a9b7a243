// Linear to physical: page tables, the TLB in front of them, and the processor's own accesses to
// tables, task states and inner stacks. Translations live until CR3, CR0.PG or WP, CR4 or INVLPG
// say otherwise, as the chips' do; accessed and dirty bits are set by the walk that fills the TLB.
// [386] 80386 Programmer's Reference Manual, 5.2; [486] i486 ditto, 5.3.3: WP; [P5] Pentium
// Processor Family Developer's Manual, volume 3, 11.3: 4 MiB pages.
//
// Not implemented: physical addresses beyond 32 bits, the reserved-bit fault, global pages, the
// test registers TR6 and TR7 (they only store).
#include <algorithm>
#include <cstring>

#include "cpu/core.h"

namespace cpu {

namespace {

// Directory and table entries, and the error code of a page fault: the same three bits.
enum PageBit : std::uint32_t {
  kPresent = 1,
  kWritable = 2,
  kUser = 4,
  kAccessed = 0x20,
  kDirty = 0x40,
  kLarge = 0x80
};
constexpr std::uint32_t kLargePageMask = 0xFFC00000;

}  // namespace

std::uint32_t Core::read_table(std::uint32_t physical) {
  std::uint32_t entry = 0xFFFFFFFF;
  const Page& page = memory.page(physical & address_mask_);
  if (page.data != nullptr) {
    std::memcpy(&entry, page.data + physical % kPageSize, sizeof(entry));
  } else if (page.device != nullptr) {
    std::array<std::uint8_t, 4> bytes;
    memory.read_physical(physical & address_mask_, bytes);
    std::memcpy(&entry, bytes.data(), sizeof(entry));
  }
  return entry;
}

void Core::mark_table(std::uint32_t physical, std::uint32_t entry, std::uint32_t bits) {
  if ((entry & bits) == bits) return;
  entry |= bits;
  std::array<std::uint8_t, 4> bytes;
  std::memcpy(bytes.data(), &entry, sizeof(entry));
  memory.write_physical(physical & address_mask_, bytes);
}

bool Core::translate(std::uint32_t linear, bool writing, bool user, Mapping& mapping) {
  if (paging()) return walk(linear, writing, user, mapping);
  mapping = {linear & address_mask_ & kPageMask, true};
  return true;
}

bool Core::walk(std::uint32_t linear, bool writing, bool user, Mapping& mapping) {
  const auto page_fault = [&](std::uint32_t present) {
    const std::uint32_t error = present | (writing ? kWritable : 0u) | (user ? kUser : 0u);
    refusal_ = {kPageFault, static_cast<std::uint16_t>(error), false, linear};
    return false;
  };
  const std::uint32_t directory_at = (system.cr3 & kPageMask) + (linear >> 22) * 4;
  const std::uint32_t directory = read_table(directory_at);
  if ((directory & kPresent) == 0) return page_fault(0);
  const bool large = (directory & kLarge) != 0 && (system.cr4 & kCr4Pse) != 0;
  const std::uint32_t entry_at = (directory & kPageMask) + (linear >> 12 & 0x3FF) * 4;
  const std::uint32_t entry = large ? directory : read_table(entry_at);
  if ((entry & kPresent) == 0) return page_fault(0);

  const std::uint32_t rights = directory & entry;
  const bool user_may = (rights & kUser) != 0 && (!writing || (rights & kWritable) != 0);
  const bool protects_supervisor = (system.cr0 & kCr0Wp) != 0;
  const bool supervisor_may = !writing || (rights & kWritable) != 0 || !protects_supervisor;
  if (user ? !user_may : !supervisor_may) return page_fault(kPresent);

  const std::uint32_t touched = kAccessed | (writing ? kDirty : 0u);
  if (large) {
    mark_table(directory_at, directory, touched);
    mapping.physical = (directory & kLargePageMask) | (linear & ~kLargePageMask & kPageMask);
  } else {
    mark_table(directory_at, directory, kAccessed);
    mark_table(entry_at, entry, touched);
    mapping.physical = entry & kPageMask;
  }
  mapping.physical &= address_mask_;
  mapping.for_users = user_may;
  return true;
}

// The translation of a page for what the processor may do now; null: page fault.
TlbEntry* Core::find_page(Tlb& tlb, std::uint32_t linear, bool writing) {
  const std::uint32_t first = linear & kPageMask;
  if (TlbEntry& known = tlb[linear]; known.page() == first) return &known;
  Mapping mapping;
  if (!translate(linear, writing, cpl == 3, mapping)) return nullptr;
  TlbEntry& entry = tlb.claim(linear);
  Page& page = memory.page(mapping.physical);
  const bool plain = page.data != nullptr && (!writing || page.writable);
  entry.tag = first;
  if (!plain) entry.tag |= TlbEntry::kSpecial;
  if (plain && writing && page.code_lines != 0) entry.tag |= TlbEntry::kCode;
  if (page_watched(first, mapping.physical)) entry.tag |= TlbEntry::kWatched;
  entry.physical = mapping.physical;
  entry.addend = plain ? reinterpret_cast<std::uintptr_t>(page.data) - first : 0;
  if (plain && entry.addend != ram_begin) entry.tag |= TlbEntry::kElsewhere;
  page.written = page.written || (plain && writing);
  if (!mapping.for_users) tlb.note_privileged(first);
  return &entry;
}

// The physical page for an access of the processor's own. What level 3 may do now, so may level 0:
// a hit is always good.
bool Core::linear_page(std::uint32_t linear, bool writing, bool user, std::uint32_t& physical) {
  Tlb& tlb = writing ? write_tlb : read_tlb;
  const TlbEntry* entry = &tlb[linear];
  if (entry->page() != (linear & kPageMask)) {
    if (user != (cpl == 3)) {
      Mapping mapping;
      const bool found = translate(linear, writing, user, mapping);
      physical = mapping.physical;
      return found;
    }
    entry = find_page(tlb, linear, writing);
    if (entry == nullptr) return false;
  }
  physical = entry->physical;
  return true;
}

namespace {

// Calls part(linear, offset, size) for the piece of each page until one returns false.
template <class Part>
bool all_pages(std::uint32_t linear, std::size_t total, Part part) {
  for (std::size_t offset = 0; offset < total;) {
    const std::uint32_t here = linear + static_cast<std::uint32_t>(offset);
    const std::size_t size = std::min<std::size_t>(total - offset, kPageSize - here % kPageSize);
    if (!part(here, offset, size)) return false;
    offset += size;
  }
  return true;
}

}  // namespace

bool Core::probe_linear(std::uint32_t linear, unsigned size, bool writing, bool user) {
  return all_pages(linear, size, [&](std::uint32_t here, std::size_t, std::size_t) {
    std::uint32_t physical;
    return linear_page(here, writing, user, physical);
  });
}

bool Core::read_linear(std::uint32_t linear, std::span<std::uint8_t> bytes, bool user) {
  return all_pages(linear, bytes.size(),
                   [&](std::uint32_t here, std::size_t offset, std::size_t size) {
                     std::uint32_t physical;
                     if (!linear_page(here, false, user, physical)) return false;
                     memory.read_physical(physical + here % kPageSize, bytes.subspan(offset, size));
                     if (access_watch_ != nullptr) {
                       const std::uint32_t at = physical + here % kPageSize;
                       const std::uint32_t value = peek_word(at, size);
                       show_piece(here, at, size, {false, true, value, value});
                     }
                     return true;
                   });
}

bool Core::write_linear(std::uint32_t linear, std::span<const std::uint8_t> bytes, bool user) {
  if (!probe_linear(linear, static_cast<unsigned>(bytes.size()), true, user)) return false;
  return all_pages(
      linear, bytes.size(), [&](std::uint32_t here, std::size_t offset, std::size_t size) {
        std::uint32_t physical;
        if (!linear_page(here, true, user, physical)) return false;
        const std::uint32_t at = physical + here % kPageSize;
        const std::uint32_t before = access_watch_ != nullptr ? peek_word(at, size) : 0;
        memory.write_physical(at, bytes.subspan(offset, size));
        if (access_watch_ != nullptr) {
          show_piece(here, at, size, {true, true, before, peek_word(at, size)});
        }
        return true;
      });
}

// Limits of all cells first, then their pages.
bool Core::frame_fits(const StackFrame& frame, std::uint16_t error_code) {
  for (unsigned n = 0; n < frame.count; ++n) {
    if (!frame.stack.reaches(frame.end(n), frame.size)) return refuse(kStackFault, error_code);
  }
  for (unsigned n = 0; n < frame.count; ++n) {
    if (!probe_linear(frame.stack.base + frame.end(n), frame.size, true, frame.user)) return false;
  }
  return true;
}

void Core::write_frame(const StackFrame& frame) {
  for (unsigned n = 0; n < frame.count; ++n) {
    std::array<std::uint8_t, 4> bytes;
    std::memcpy(bytes.data(), &frame.cells[n], sizeof(bytes));
    write_linear(frame.stack.base + frame.end(n), std::span(bytes).first(frame.size), frame.user);
  }
}

void Core::flush_translations() {
  read_tlb.flush();
  write_tlb.flush();
  flush_jumps();
}

void Core::flush_page(std::uint32_t linear) {
  if ((system.cr4 & kCr4Pse) != 0) {  // it may have been one of many in a large page
    flush_translations();
    return;
  }
  read_tlb.flush_page(linear);
  write_tlb.flush_page(linear);
  flush_jumps();
}

// A jump cache entry holds for a linear address, a code size, a privilege, and as long as no
// translation was taken back: the latter is a number that grows.
void Core::flush_jumps() {
  constexpr std::uint64_t kEpochs = 1u << 28;
  if (++jump_epoch_ == kEpochs) {
    jump_cache.flush();
    jump_epoch_ = 0;
  }
  update_jump_base();
}

void Core::update_jump_base() {
  // base + offset has 33 bits
  constexpr unsigned kPlainBit = 33, kSizeBit = 34, kUserBit = 35, kEpochBit = 36;
  const CodeKind kind = code_kind();
  jump_base = segments[kCs].base | std::uint64_t{kind.plain} << kPlainBit |
              std::uint64_t{kind.size32} << kSizeBit | std::uint64_t{cpl == 3} << kUserBit |
              jump_epoch_ << kEpochBit;
}

}  // namespace cpu
