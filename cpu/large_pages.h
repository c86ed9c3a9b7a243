// Memory for large arrays that are walked in no order: the host is asked for its large pages (2 MiB
// on x86), without which every other access waits for the host's own page tables. A wish only: a
// host that has none gives ordinary memory.
#pragma once

#include <cstddef>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace cpu {

template <class T>
struct LargePages {
  using value_type = T;
  static constexpr std::size_t kBytes = std::size_t{2} << 20;

  LargePages() = default;
  template <class U>
  explicit LargePages(const LargePages<U>&) {}

  T* allocate(std::size_t count) {
    const std::size_t bytes = count * sizeof(T);
    if (bytes < kBytes) return static_cast<T*>(::operator new(bytes));
    const std::size_t whole = (bytes + kBytes - 1) / kBytes * kBytes;
    void* const memory = ::operator new (whole, std::align_val_t{kBytes});
#if defined(__linux__)
    madvise(memory, whole, MADV_HUGEPAGE);
#endif
    return static_cast<T*>(memory);
  }
  void deallocate(T* memory, std::size_t count) {
    if (count * sizeof(T) < kBytes) return ::operator delete(memory);
    ::operator delete (memory, std::align_val_t{kBytes});
  }
  bool operator==(const LargePages&) const {
    return true;
  }
};

}  // namespace cpu
