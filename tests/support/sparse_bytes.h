// A file's bytes with holes: pages that were never written take no memory, and a copy shares pages
// until one side writes. Terabytes of hole and thousands of crash states cost little.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "storage/file.h"

namespace support {

class SparseBytes {
 public:
  std::uint64_t size() const { return size_; }
  void resize(std::uint64_t size);
  void read(std::uint64_t offset, std::span<std::uint8_t> bytes) const;  // inside size()
  void write(std::uint64_t offset, std::span<const std::uint8_t> bytes);
  void zero(std::uint64_t offset, std::uint64_t length);  // frees whole pages
  storage::FileRun run_at(std::uint64_t offset) const;
  std::uint64_t allocated_bytes() const { return pages_.size() * kPage; }
  std::vector<std::uint8_t> all() const;
  bool operator==(const SparseBytes& other) const;
  std::uint64_t digest() const;  // of size, holes and bytes

 private:
  static constexpr std::uint64_t kPage = 4096;
  using Page = std::array<std::uint8_t, kPage>;

  Page& writable(std::uint64_t number);

  std::map<std::uint64_t, std::shared_ptr<Page>> pages_;
  std::uint64_t size_ = 0;
};

// A digest that goes on with one more word.
constexpr std::uint64_t mixed(std::uint64_t sum, std::uint64_t word) {
  sum = (sum ^ word) * 0x9E3779B97F4A7C15;
  return sum ^ sum >> 32;
}

}  // namespace support
