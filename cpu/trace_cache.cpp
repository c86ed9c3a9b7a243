#include "cpu/trace_cache.h"

namespace cpu {

namespace {

// After so many lost runs a page is interpreted for a while: decoding what the next store throws
// away costs more than it gives.
constexpr std::uint32_t kHot = 256;
constexpr std::uint32_t kRest = 100'000;  // look-ups

}  // namespace

TraceCache::TraceCache()
    : insns_(kInsns),
      runs_(kRuns),
      buckets_(kBuckets) {}

Run* TraceCache::find(std::uint32_t physical, CodeKind kind) const {
  Run* run = buckets_[(physical ^ physical >> 13) % kBuckets];
  while (run != nullptr && (run->physical != physical || run->kind != kind)) {
    run = run->next_same_bucket;
  }
  return run;
}

Insn* TraceCache::reserve() {
  if (insns_used_ + kMaxInsns + 1 > kInsns || runs_used_ == kRuns) return nullptr;
  return &insns_[insns_used_];
}

Run* TraceCache::commit(Insn* insns, std::size_t count, std::uint32_t bytes, std::uint32_t physical,
                        CodeKind kind, Page& page) {
  insns_used_ += count + 1;
  Run& run = runs_[runs_used_++];
  CodePage& code = pages_[physical / kPageSize];
  Run*& head = bucket(physical);
  run = {insns, physical, bytes, static_cast<std::int64_t>(count), head, code.first, kind};
  head = &run;
  code.first = &run;
  page.code_lines |= line_mask(physical, bytes);
  return &run;
}

bool TraceCache::invalidate(Page& page, std::uint32_t address, std::uint32_t size) {
  const auto found = pages_.find(address / kPageSize);
  if (found == pages_.end()) return false;
  CodePage& code = found->second;
  std::uint64_t lines = 0;
  bool lost = false;
  for (Run** link = &code.first; *link != nullptr;) {
    Run& run = **link;
    if (run.physical < address + size && address < run.physical + run.bytes) {
      Run** in_bucket = &bucket(run.physical);
      while (*in_bucket != &run) in_bucket = &(*in_bucket)->next_same_bucket;
      *in_bucket = run.next_same_bucket;
      *link = run.next_same_page;
      run.count = Run::kNeverFits;
      ++code.heat;
      lost = true;
    } else {
      lines |= line_mask(run.physical, run.bytes);
      link = &run.next_same_page;
    }
  }
  page.code_lines = lines;
  return lost;
}

bool TraceCache::worth_caching(std::uint32_t physical) {
  const auto found = pages_.find(physical / kPageSize);
  if (found == pages_.end()) return true;
  CodePage& code = found->second;
  if (code.heat >= kHot) {
    code.heat = 0;
    code.resting = kRest;
  }
  if (code.resting == 0) return true;
  --code.resting;
  return false;
}

void TraceCache::clear(Memory& memory) {
  for (const auto& [number, code] : pages_) memory.page(number * kPageSize).code_lines = 0;
  pages_.clear();
  std::fill(buckets_.begin(), buckets_.end(), nullptr);
  insns_used_ = 0;
  runs_used_ = 1;
}

}  // namespace cpu
