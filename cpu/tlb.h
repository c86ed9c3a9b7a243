// Linear page -> host memory, direct mapped, one table per access kind. A hit is one compare: the
// tag is the linear page, and an access that crosses into the next page cannot match it. Everything
// that is not plain memory (devices, ROM and decoded code on the write side, watched pages, nothing
// at all) has a bit in the tag that no linear page has, and ends in the slow path of core.cpp,
// which still finds its translation here.
//
// An entry is good for the privilege the processor has. What only the supervisor may do is noted,
// and dropped when level 3 is entered.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "cpu/memory.h"

namespace cpu {

inline constexpr std::uint32_t kPageMask = ~(kPageSize - 1);

struct TlbEntry {
  static constexpr std::uint32_t kInvalid = 1;  // no page has this address
  // In the write table: the page holds decoded code, so stores look at its lines first.
  static constexpr std::uint32_t kCode = 2;
  static constexpr std::uint32_t kSpecial = 4;  // no plain memory
  static constexpr std::uint32_t kWatched =
      8;  // a data breakpoint lies here, or an AccessWatch looks
  // Plain memory, but not the RAM at the same address: the addend must be looked at. Everywhere
  // else the host address is known before the entry is, which makes loads that wait for one another
  // a third faster.
  static constexpr std::uint32_t kElsewhere = 16;
  static constexpr std::uint32_t kFlags = kCode | kSpecial | kWatched | kElsewhere;

  std::uint32_t page() const { return tag & ~kFlags; }
  bool is(std::uint32_t flag) const { return (tag & flag) != 0; }

  std::uint32_t tag = kInvalid;
  std::uint32_t physical = 0;  // page
  std::uintptr_t addend = 0;   // host address = addend + linear address
};

class Tlb {
 public:
  TlbEntry& operator[](std::uint32_t linear) {
    // entries_[index_of(linear)] with one shift instead of two
    constexpr std::uint32_t kShift = std::countr_zero(kPageSize / sizeof(TlbEntry));
    constexpr std::uint32_t kMask = (kEntries - 1) * sizeof(TlbEntry);
    auto* bytes = reinterpret_cast<std::byte*>(entries_.data());
    return *reinterpret_cast<TlbEntry*>(bytes + (linear >> kShift & kMask));
  }
  // The entry to be filled for a page that has none.
  TlbEntry& claim(std::uint32_t linear) {
    if (used_count_ < used_.size())
      used_[used_count_] = static_cast<std::uint16_t>(index_of(linear));
    ++used_count_;
    return (*this)[linear];
  }
  // Few entries are found by the list of those that were claimed.
  void flush() {
    if (used_count_ <= used_.size()) {
      for (std::size_t n = 0; n < used_count_; ++n) entries_[used_[n]] = {};
    } else {
      entries_.fill({});
    }
    used_count_ = privileged_count_ = 0;
  }
  void flush_page(std::uint32_t linear) { (*this)[linear] = {}; }
  void note_privileged(std::uint32_t linear) {
    if (privileged_count_ < privileged_.size()) privileged_[privileged_count_] = linear;
    ++privileged_count_;
  }
  void drop_privileged() {
    if (privileged_count_ > privileged_.size()) {
      flush();
      return;
    }
    while (privileged_count_ > 0) flush_page(privileged_[--privileged_count_]);
  }
  // The page got its first decoded code: take away the right to store without looking.
  void mark_code(std::uint32_t physical) {
    for_each([page = physical & kPageMask](TlbEntry& entry) {
      if (entry.physical == page) entry.tag |= TlbEntry::kCode;
    });
  }
  // Somebody changed their mind about which pages they watch. Translations stay: a guest that
  // relies on an old one must not notice.
  template <class Watched>
  void mark_watched(Watched watched) {
    for_each([&watched](TlbEntry& entry) {
      if (entry.is(TlbEntry::kInvalid)) return;
      entry.tag &= ~std::uint32_t{TlbEntry::kWatched};
      if (watched(entry.page(), entry.physical)) entry.tag |= TlbEntry::kWatched;
    });
  }

 private:
  template <class Visit>
  void for_each(Visit visit) {
    if (used_count_ <= used_.size()) {
      for (std::size_t n = 0; n < used_count_; ++n) visit(entries_[used_[n]]);
    } else {
      for (TlbEntry& entry : entries_) visit(entry);
    }
  }

  static constexpr std::uint32_t kEntries = 4096;
  static std::uint32_t index_of(std::uint32_t linear) { return linear / kPageSize % kEntries; }

  std::array<TlbEntry, kEntries> entries_{};
  std::array<std::uint16_t, 512> used_{};
  std::size_t used_count_ = 0;
  std::array<std::uint32_t, 64> privileged_{};  // linear pages
  std::size_t privileged_count_ = 0;
};

}  // namespace cpu
