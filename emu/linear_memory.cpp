#include "emu/linear_memory.h"

namespace emu {

std::optional<std::uint32_t> linear_to_physical(const cpu::Registers& registers,
                                                const cpu::Memory& memory, std::uint32_t linear) {
  return linear_to_physical(
      registers, linear,
      [&](std::uint32_t physical, std::span<std::uint8_t> bytes) { memory.peek(physical, bytes); });
}

void peek_linear(const cpu::Registers& registers, const cpu::Memory& memory, std::uint32_t linear,
                 std::span<std::uint8_t> bytes) {
  peek_pages(
      linear, bytes,
      [&](std::uint32_t address) { return linear_to_physical(registers, memory, address); },
      [&](std::uint32_t physical, std::span<std::uint8_t> part) { memory.peek(physical, part); });
}

}  // namespace emu
