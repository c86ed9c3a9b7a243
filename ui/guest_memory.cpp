// Memory as the window has it: pages that came with a snapshot; others are asked for by looking.
#include "emu/linear_memory.h"
#include "ui/panels.h"

namespace ui {

bool Frame::peek(std::uint32_t physical, std::span<std::uint8_t> bytes) const {
  bool all = true;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const std::uint32_t address = physical + static_cast<std::uint32_t>(i);
    const std::uint32_t number = address / MemoryPages::kPage;
    wants.pages.insert(number);
    const MemoryPages::Page* page = snapshot != nullptr ? snapshot->memory.page(number) : nullptr;
    bytes[i] = page != nullptr ? (*page)[address % MemoryPages::kPage] : std::uint8_t{0};
    all = all && page != nullptr;
  }
  return all;
}

bool Frame::peek_before(std::uint32_t physical, std::span<std::uint8_t> bytes) const {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const std::uint32_t address = physical + static_cast<std::uint32_t>(i);
    const MemoryPages::Page* page =
        snapshot != nullptr ? snapshot->memory_before.page(address / MemoryPages::kPage) : nullptr;
    if (page == nullptr) return false;
    bytes[i] = (*page)[address % MemoryPages::kPage];
  }
  return true;
}

std::optional<std::uint32_t> Frame::physical_of(std::uint32_t linear) const {
  return emu::linear_to_physical(
      snapshot->registers, linear,
      [&](std::uint32_t physical, std::span<std::uint8_t> bytes) { peek(physical, bytes); });
}

bool Frame::peek_linear(std::uint32_t linear, std::span<std::uint8_t> bytes) const {
  bool all = true;
  emu::peek_pages(
      linear, bytes, [&](std::uint32_t address) { return physical_of(address); },
      [&](std::uint32_t physical, std::span<std::uint8_t> part) {
        all = peek(physical, part) && all;
      });
  return all;
}

}  // namespace ui
