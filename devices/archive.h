// Chip state to bytes and back with one function per chip: `void serialize(Archive& a) { a(x_);
// a(y_); }` serves both directions. Little-endian, no padding; every chip opens with a tag, so that
// a file from another build fails with the chip's name instead of loading nonsense. State files are
// untrusted input: every read is bounded, and a chip masks or checks what indexes anything.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace devices {

class ArchiveError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Archive {
 public:
  static Archive saver() { return Archive(); }
  static Archive loader(std::span<const std::uint8_t> bytes) { return Archive(bytes); }

  bool loading() const { return loading_; }
  std::span<const std::uint8_t> saved() const { return out_; }
  bool at_end() const { return cursor_ == in_.size(); }

  // Opens a chip's part: name and layout version.
  void tag(std::string_view name, std::uint16_t version) {
    std::vector<std::uint8_t> found(name.begin(), name.end());
    bytes(found);
    std::uint16_t found_version = version;
    value(found_version);
    if (!std::equal(found.begin(), found.end(), name.begin()) || found_version != version) {
      throw ArchiveError("state: expected part '" + std::string(name) + "' version " +
                         std::to_string(version));
    }
  }

  template <class T>
  requires std::is_integral_v<T> || std::is_enum_v<T>
  void operator()(T& field) { value(field); }
  template <class T, std::size_t N>
  void operator()(std::array<T, N>& fields) {
    for (T& field : fields) (*this)(field);
  }
  template <class T>
  requires requires(T& part, Archive& archive) { part.serialize(archive); }
  void operator()(T& part) { part.serialize(*this); }
  void bytes(std::span<std::uint8_t> block) {
    if (!loading_) {
      out_.insert(out_.end(), block.begin(), block.end());
      return;
    }
    if (in_.size() - cursor_ < block.size()) throw ArchiveError("state: file ends too early");
    std::copy_n(in_.begin() + static_cast<std::ptrdiff_t>(cursor_), block.size(), block.begin());
    cursor_ += block.size();
  }

 private:
  Archive() = default;
  explicit Archive(std::span<const std::uint8_t> bytes) : in_(bytes), loading_(true) {}

  template <class T>
  void value(T& field) {
    if (loading_) {
      std::uint64_t bits = 0;
      if (in_.size() - cursor_ < sizeof(T)) throw ArchiveError("state: file ends too early");
      for (std::size_t i = 0; i < sizeof(T); ++i) {
        bits |= static_cast<std::uint64_t>(in_[cursor_ + i]) << (8 * i);
      }
      cursor_ += sizeof(T);
      field = static_cast<T>(bits);
    } else {
      // NOLINTNEXTLINE(bugprone-signed-char-misuse): only its own bytes are written.
      const auto bits = static_cast<std::uint64_t>(field);
      std::array<std::uint8_t, sizeof(T)> packed{};
      for (std::size_t i = 0; i < sizeof(T); ++i) {
        packed[i] = static_cast<std::uint8_t>(bits >> (8 * i));
      }
      out_.insert(out_.end(), packed.begin(), packed.end());
    }
  }

  std::vector<std::uint8_t> out_;
  std::span<const std::uint8_t> in_;
  std::size_t cursor_ = 0;
  bool loading_ = false;
};

}  // namespace devices
