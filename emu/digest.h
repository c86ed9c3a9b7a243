// SHA-256 for what a run reports: disks, screen, whole machine.
#pragma once

#include <nettle/sha2.h>

#include <cstdint>
#include <span>
#include <string>

namespace emu {

class Digest {
 public:
  Digest() { sha256_init(&context_); }
  void add(std::span<const std::uint8_t> bytes) {
    sha256_update(&context_, bytes.size(), bytes.data());
  }
  // Lower-case hex; the digest starts afresh afterwards.
  std::string hex();

 private:
  sha256_ctx context_{};
};

}  // namespace emu
