// Where ids (CID, UUID, content id) and time stamps in images come from: the host, or a seed when a
// test asks for the same image twice.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace storage {

using Uuid = std::array<std::uint8_t, 16>;

class IdSource {
 public:
  virtual ~IdSource() = default;

  virtual std::uint64_t random64() = 0;
  virtual std::int64_t unix_time() = 0;  // seconds since 1970, UTC
  // What is made next is for the image of this name: two images made with one seed differ.
  virtual void make_for(std::string_view) {}

  std::uint32_t random32() { return static_cast<std::uint32_t>(random64() >> 32); }
  // [RFC4122] 4.4: version 4, variant 1.
  Uuid uuid();
};

class HostIds final : public IdSource {
 public:
  std::uint64_t random64() override;
  std::int64_t unix_time() override;
};

class SeededIds final : public IdSource {
 public:
  explicit SeededIds(std::uint64_t seed, std::int64_t unix_time = 946684800)  // 2000-01-01
      : state_(seed), unix_time_(unix_time) {}
  std::uint64_t random64() override;
  std::int64_t unix_time() override { return unix_time_; }
  void make_for(std::string_view name) override;

 private:
  std::uint64_t state_;
  std::int64_t unix_time_;
};

// 8-4-4-4-12 hex digits, lower case.
std::string text_of(const Uuid& uuid);

}  // namespace storage
