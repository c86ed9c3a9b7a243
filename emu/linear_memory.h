// The guest's memory by linear address, through its page tables and without side effects: no
// accessed bits, no faults.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "cpu/memory.h"
#include "cpu/registers.h"

namespace emu {

// As the processor would translate; nothing when the page is not present. `read(physical, bytes)`
// fills in directory and table entries. [386] 5.2.3
template <class Read>
std::optional<std::uint32_t> linear_to_physical(const cpu::Registers& registers,
                                                std::uint32_t linear, Read read) {
  if ((registers.cr0 & cpu::kCr0Pg) == 0) return linear;
  const auto entry_at = [&](std::uint32_t address) {
    std::array<std::uint8_t, 4> bytes{};
    read(address, std::span<std::uint8_t>(bytes));
    return bytes[0] | static_cast<std::uint32_t>(bytes[1]) << 8 |
           static_cast<std::uint32_t>(bytes[2]) << 16 | static_cast<std::uint32_t>(bytes[3]) << 24;
  };
  constexpr std::uint32_t present = 1;
  constexpr std::uint32_t frame = 0xFFFFF000;
  const std::uint32_t directory = entry_at((registers.cr3 & frame) + (linear >> 22) * 4);
  if ((directory & present) == 0) return std::nullopt;
  const std::uint32_t page = entry_at((directory & frame) + (linear >> 12 & 0x3FF) * 4);
  if ((page & present) == 0) return std::nullopt;
  return (page & frame) | (linear & ~frame);
}
std::optional<std::uint32_t> linear_to_physical(const cpu::Registers& registers,
                                                const cpu::Memory& memory, std::uint32_t linear);

// Page by page: `read(physical, part)` fills a part of `bytes`; what is not present is FFh.
template <class ToPhysical, class Read>
void peek_pages(std::uint32_t linear, std::span<std::uint8_t> bytes, ToPhysical to_physical,
                Read read) {
  while (!bytes.empty()) {
    const std::size_t in_page = cpu::kPageSize - linear % cpu::kPageSize;
    const auto part = bytes.first(std::min(bytes.size(), in_page));
    if (const std::optional<std::uint32_t> physical = to_physical(linear)) {
      read(*physical, part);
    } else {
      std::ranges::fill(part, std::uint8_t{0xFF});
    }
    linear += static_cast<std::uint32_t>(part.size());
    bytes = bytes.subspan(part.size());
  }
}
void peek_linear(const cpu::Registers& registers, const cpu::Memory& memory, std::uint32_t linear,
                 std::span<std::uint8_t> bytes);

}  // namespace emu
