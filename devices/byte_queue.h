// A small ring of bytes with a fixed capacity, as keyboards and UARTs have in hardware. Every index
// is masked, so neither a guest nor a damaged state file can leave the array.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "devices/archive.h"

namespace devices {

template <std::size_t Capacity>
class ByteQueue {
  static_assert(std::has_single_bit(Capacity) && Capacity <= 0x8000);

 public:
  std::size_t size() const { return count_; }
  std::size_t room() const { return Capacity - count_; }
  bool empty() const { return count_ == 0; }
  void clear() { head_ = count_ = 0; }

  // False: full, and nothing has changed.
  bool push(std::uint8_t value) {
    if (room() == 0) return false;
    bytes_[wrap(head_ + count_)] = value;
    ++count_;
    return true;
  }
  // An empty queue answers 0.
  std::uint8_t pop() {
    if (empty()) return 0;
    const std::uint8_t value = bytes_[wrap(head_)];
    head_ = static_cast<std::uint16_t>(wrap(head_ + 1U));
    --count_;
    return value;
  }

  void serialize(Archive& archive) {
    archive(bytes_);
    archive(head_);
    archive(count_);
    head_ = static_cast<std::uint16_t>(wrap(head_));
    if (count_ > Capacity) count_ = Capacity;
  }

 private:
  static constexpr std::size_t wrap(std::size_t index) { return index & (Capacity - 1); }

  std::array<std::uint8_t, Capacity> bytes_{};
  std::uint16_t head_ = 0;
  std::uint16_t count_ = 0;
};

}  // namespace devices
