// The host's own x87 as an oracle: executes one instruction between FRSTOR and FNSAVE, so that
// every state goes in and comes out, exceptions that are not masked included (nothing that waits
// follows).
#pragma once

#if defined(__x86_64__) && defined(__linux__)
#define PLATTER_HAS_X87_HOST 1

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <stdexcept>

#include "cpu/cpu.h"

namespace cpu_test {

class HostX87 {
 public:
  using Operand = std::array<std::uint8_t, 16>;

  HostX87() {
    code_ = static_cast<std::uint8_t*>(
        mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    if (code_ == MAP_FAILED) throw std::runtime_error("no memory for host code");
  }
  ~HostX87() { munmap(code_, kBytes); }
  HostX87(const HostX87&) = delete;
  HostX87& operator=(const HostX87&) = delete;

  // The instruction's operand in memory, if any, is [ESI].
  void prepare(std::span<const std::uint8_t> instruction) {
    mprotect(code_, kBytes, PROT_READ | PROT_WRITE);
    constexpr std::array<std::uint8_t, 2> restore = {0xDD, 0x27};     // FRSTOR [RDI]
    constexpr std::array<std::uint8_t, 3> save = {0xDD, 0x37, 0xC3};  // FNSAVE [RDI], RET
    std::uint8_t* end = std::copy(restore.begin(), restore.end(), code_);
    end = std::copy(instruction.begin(), instruction.end(), end);
    std::copy(save.begin(), save.end(), end);
    mprotect(code_, kBytes, PROT_READ | PROT_EXEC);
  }

  void run(cpu::X87State& state, Operand& operand) const {
    Image image = image_of(state);
    reinterpret_cast<void (*)(Image*, Operand*)>(code_)(&image, &operand);
    state = state_of(image);
  }

 private:
  static constexpr std::size_t kBytes = 4096;
  struct Image {
    std::array<std::uint32_t, 7> environment;  // control, status, tags, ...
    std::array<std::uint8_t, 80> registers;    // ST(0) first
  };

  static Image image_of(const cpu::X87State& state) {
    Image image{};
    unsigned tags = 0;
    for (unsigned n = 0; n < 8; ++n) {
      if ((state.used >> n & 1) == 0) tags |= 3u << (2 * n);
    }
    image.environment[0] = state.control;
    image.environment[1] = state.status;
    image.environment[2] = tags;
    const unsigned top = state.status >> 11 & 7;
    for (unsigned n = 0; n < 8; ++n) {
      const auto& value = state.registers[(top + n) & 7];
      std::memcpy(&image.registers[10 * n], &value.mantissa, 8);
      std::memcpy(&image.registers[10 * n + 8], &value.head, 2);
    }
    return image;
  }
  static cpu::X87State state_of(const Image& image) {
    cpu::X87State state;
    state.control = static_cast<std::uint16_t>(image.environment[0]);
    state.status = static_cast<std::uint16_t>(image.environment[1]);
    const unsigned top = state.status >> 11 & 7;
    for (unsigned n = 0; n < 8; ++n) {
      if ((image.environment[2] >> (2 * n) & 3) != 3) {
        state.used = static_cast<std::uint8_t>(state.used | 1u << n);
      }
      auto& value = state.registers[(top + n) & 7];
      std::memcpy(&value.mantissa, &image.registers[10 * n], 8);
      std::memcpy(&value.head, &image.registers[10 * n + 8], 2);
    }
    return state;
  }

  std::uint8_t* code_;
};

}  // namespace cpu_test

#endif
