#include "emu/linear_memory.h"

#include <array>

namespace emu {

std::optional<std::uint32_t> linear_to_physical(const cpu::Registers& registers,
                                                const cpu::Memory& memory, std::uint32_t linear) {
  return linear_to_physical(registers, linear, [&](std::uint32_t address) {
    std::array<std::uint8_t, 4> bytes{};
    memory.peek(address, bytes);
    return bytes[0] | static_cast<std::uint32_t>(bytes[1]) << 8 |
           static_cast<std::uint32_t>(bytes[2]) << 16 | static_cast<std::uint32_t>(bytes[3]) << 24;
  });
}

void peek_linear(const cpu::Registers& registers, const cpu::Memory& memory, std::uint32_t linear,
                 std::span<std::uint8_t> bytes) {
  peek_pages(
      linear, bytes,
      [&](std::uint32_t address) { return linear_to_physical(registers, memory, address); },
      [&](std::uint32_t physical, std::span<std::uint8_t> part) { memory.peek(physical, part); });
}

}  // namespace emu
