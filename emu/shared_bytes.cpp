#include "emu/shared_bytes.h"

#include <algorithm>
#include <cstring>

namespace emu {

SharedBytes::SharedBytes(std::span<const std::uint8_t> bytes, const SharedBytes& like)
    : size_(bytes.size()) {
  blocks_.reserve((bytes.size() + kBlock - 1) / kBlock);
  for (std::size_t n = 0; !bytes.empty(); ++n) {
    const auto part = bytes.first(std::min(kBlock, bytes.size()));
    bytes = bytes.subspan(part.size());
    if (n < like.blocks_.size() &&
        std::memcmp(like.blocks_[n]->data(), part.data(), part.size()) == 0) {
      blocks_.push_back(like.blocks_[n]);
      continue;
    }
    auto block = std::make_shared<Block>();
    std::memcpy(block->data(), part.data(), part.size());
    blocks_.push_back(std::move(block));
  }
}

std::vector<std::uint8_t> SharedBytes::copy() const {
  std::vector<std::uint8_t> bytes(size_);
  for (std::size_t n = 0; n < blocks_.size(); ++n) {
    const std::size_t at = n * kBlock;
    std::memcpy(bytes.data() + at, blocks_[n]->data(), std::min(kBlock, size_ - at));
  }
  return bytes;
}

std::size_t SharedBytes::own_bytes(const SharedBytes& other) const {
  std::size_t own = 0;
  for (std::size_t n = 0; n < blocks_.size(); ++n) {
    const bool shared = n < other.blocks_.size() && other.blocks_[n] == blocks_[n];
    if (!shared) own += kBlock;
  }
  return own;
}

}  // namespace emu
