// A copy of many bytes in blocks of 4 KiB. Blocks that another copy has at the same place are
// shared with it, so that the second of two like moments costs little more than their difference.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace emu {

class SharedBytes {
 public:
  static constexpr std::size_t kBlock = 4096;

  SharedBytes() = default;
  SharedBytes(std::span<const std::uint8_t> bytes, const SharedBytes& like);

  std::vector<std::uint8_t> copy() const;
  // Of the blocks that are not shared with `other`.
  std::size_t own_bytes(const SharedBytes& other) const;

 private:
  using Block = std::array<std::uint8_t, kBlock>;

  std::vector<std::shared_ptr<const Block>> blocks_;
  std::size_t size_ = 0;
};

}  // namespace emu
