// Integers of a stated byte order as they lie in a file. Byte arrays underneath: no alignment, no
// padding, so a struct of these fields has exactly the layout of the document it was copied from
// (static_assert its size).
#pragma once

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>

namespace storage {

template <std::unsigned_integral T, std::endian Order>
class OnDisk {
 public:
  constexpr OnDisk() = default;
  constexpr OnDisk(T value) { store(value); }
  constexpr OnDisk& operator=(T value) {
    store(value);
    return *this;
  }
  constexpr operator T() const {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) {
      value |= std::uint64_t{bytes_[i]} << (8 * place(i));
    }
    return static_cast<T>(value);
  }

 private:
  static constexpr std::size_t place(std::size_t index) {
    return Order == std::endian::little ? index : sizeof(T) - 1 - index;
  }
  constexpr void store(T value) {
    for (std::size_t i = 0; i < sizeof(T); ++i) {
      bytes_[i] = static_cast<std::uint8_t>(std::uint64_t{value} >> (8 * place(i)));
    }
  }

  std::array<std::uint8_t, sizeof(T)> bytes_{};
};

using Le16 = OnDisk<std::uint16_t, std::endian::little>;
using Le32 = OnDisk<std::uint32_t, std::endian::little>;
using Le64 = OnDisk<std::uint64_t, std::endian::little>;
using Be16 = OnDisk<std::uint16_t, std::endian::big>;
using Be32 = OnDisk<std::uint32_t, std::endian::big>;
using Be64 = OnDisk<std::uint64_t, std::endian::big>;

static_assert(sizeof(Le16) == 2 && sizeof(Le32) == 4 && sizeof(Le64) == 8);
static_assert(sizeof(Be16) == 2 && sizeof(Be32) == 4 && sizeof(Be64) == 8);

}  // namespace storage
