// Decoded runs, found by physical address and mode, and the cache that leads from a linear address
// straight to its run. A store into code makes the runs it overlaps unusable; their memory is
// reclaimed only by clear(), which the loop calls when nothing executes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "cpu/insn.h"
#include "cpu/large_pages.h"
#include "cpu/memory.h"

namespace cpu {

// What a jump looks for: the linear address, and above bit 33 what else must be the same
// (Core::update_jump_base).
struct JumpEntry {
  std::uint64_t key = 0;
  Run* run = nullptr;
};

class JumpCache {
 public:
  JumpCache() { flush(); }
  JumpEntry& operator[](std::uint64_t key) { return entries_[(key ^ key >> kBits) % kEntries]; }
  void flush() { entries_.fill({0, &nothing_}); }

 private:
  static constexpr unsigned kBits = 12;
  static constexpr std::uint32_t kEntries = 1u << kBits;
  std::array<JumpEntry, kEntries> entries_;
  Run nothing_;  // fits no budget
};

class TraceCache {
 public:
  static constexpr std::size_t kMaxInsns = 48;  // of one run
  static constexpr std::uint32_t kMaxBytes = 1024;

  TraceCache();

  Run* find(std::uint32_t physical, CodeKind kind) const;

  // Room for a run of kMaxInsns and its end mark, or null when the cache is full: clear() then.
  // What commit() does not take is free again.
  Insn* reserve();
  Run* commit(Insn* insns, std::size_t count, std::uint32_t bytes, std::uint32_t physical,
              CodeKind kind, Page& page);

  // Where a relative jump leads, as far as it is known; if not, to a run that fits no budget. Good
  // until clear(), which forgets the jump too.
  Run* linked(const Insn* jump) {
    return reinterpret_cast<Run*>(reinterpret_cast<std::byte*>(runs_.data()) + jump->displacement);
  }
  void link(Insn* jump, const Run* target) const {
    jump->displacement =
        static_cast<std::uint32_t>(reinterpret_cast<const std::byte*>(target) -
                                   reinterpret_cast<const std::byte*>(runs_.data()));
  }

  // Bytes [address, address + size) of one page changed: true if a run was lost.
  bool invalidate(Page& page, std::uint32_t address, std::uint32_t size);
  // Pages that are written all the time are better interpreted than cached.
  bool worth_caching(std::uint32_t physical);
  void clear(Memory& memory);

 private:
  static constexpr std::size_t kInsns = 1u << 16;  // 2 MiB
  static constexpr std::size_t kRuns = kInsns / 4;
  static constexpr std::size_t kBuckets = 1u << 13;

  struct CodePage {
    Run* first = nullptr;
    std::uint32_t heat = 0;     // invalidations so far
    std::uint32_t resting = 0;  // look-ups to refuse yet
  };

  Run*& bucket(std::uint32_t physical) { return buckets_[(physical ^ physical >> 13) % kBuckets]; }

  std::vector<Insn, LargePages<Insn>> insns_;
  std::vector<Run, LargePages<Run>> runs_;
  std::size_t insns_used_ = 0;
  std::size_t runs_used_ = 1;  // the first is nothing
  std::vector<Run*> buckets_;
  std::unordered_map<std::uint32_t, CodePage> pages_;
};

}  // namespace cpu
