#include "storage/id_source.h"

#include <sys/random.h>

#include <bit>
#include <chrono>
#include <random>

namespace storage {

Uuid IdSource::uuid() {
  Uuid uuid{};
  const std::array words = {random64(), random64()};
  for (std::size_t i = 0; i < uuid.size(); ++i) {
    uuid[i] = static_cast<std::uint8_t>(words[i / 8] >> (8 * (i % 8)));
  }
  uuid[6] = static_cast<std::uint8_t>((uuid[6] & 0x0F) | 0x40);
  uuid[8] = static_cast<std::uint8_t>((uuid[8] & 0x3F) | 0x80);
  return uuid;
}

std::uint64_t HostIds::random64() {
  std::uint64_t value = 0;
  // Eight bytes come whole or not at all; a kernel without the call has /dev/urandom.
  if (getrandom(&value, sizeof value, 0) == static_cast<ssize_t>(sizeof value)) return value;
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

std::int64_t HostIds::unix_time() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(now).count();
}

// splitmix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014).
std::uint64_t SeededIds::random64() {
  state_ += 0x9E3779B97F4A7C15;
  std::uint64_t value = state_;
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
  return value ^ (value >> 31);
}

void SeededIds::make_for(std::string_view name) {
  for (const char character : name) {
    state_ = std::rotl(state_, 8) ^ static_cast<unsigned char>(character);
    random64();
  }
}

std::string text_of(const Uuid& uuid) {
  std::string text;
  for (std::size_t i = 0; i < uuid.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += "0123456789abcdef"[uuid[i] >> 4];
    text += "0123456789abcdef"[uuid[i] & 0xF];
  }
  return text;
}

}  // namespace storage
