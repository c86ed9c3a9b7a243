#include "emu/idle_loop.h"

#include <algorithm>
#include <utility>

namespace emu {

namespace {
// Stack, variables and buffers of a polling DOS are fewer; more is no idle loop.
constexpr std::size_t kMostPages = 32;
constexpr std::uint32_t kOneMib = 1U << 20;
}  // namespace

IdleLoop::IdleLoop(cpu::Cpu& processor, cpu::Memory& memory, std::function<std::uint64_t()> outside)
    : processor_(processor), memory_(memory), outside_(std::move(outside)) {}

bool IdleLoop::same_state(const Processor& start) const {
  return processor_.activity() == cpu::Activity::running &&
         processor_.registers() == start.registers && processor_.x87() == start.x87;
}

// Steps until the registers are back; the number of steps.
std::optional<std::uint64_t> IdleLoop::first_round(const Processor& start, std::uint64_t budget) {
  for (std::uint64_t steps = 1; steps <= budget; ++steps) {
    if (processor_.run(1) != 1 || outside_() != touched_) return std::nullopt;
    if (same_state(start)) return steps;
  }
  return std::nullopt;
}

// The pages written since the flags were cleared, with their content; nothing when there are many.
std::optional<std::vector<IdleLoop::SavedPage>> IdleLoop::written_pages() {
  std::vector<SavedPage> pages;
  // Above RAM there is shadow RAM, in a machine of 640 KiB.
  const std::uint32_t end = std::max(memory_.ram_size(), kOneMib);
  for (std::uint32_t address = 0; address < end; address += cpu::kPageSize) {
    const cpu::Page& page = memory_.page(address);
    if (!page.written || page.data == nullptr) continue;
    if (pages.size() == kMostPages) return std::nullopt;
    pages.push_back({address, {page.data, page.data + cpu::kPageSize}});
  }
  return pages;
}

std::optional<std::uint64_t> IdleLoop::find(std::uint64_t budget) {
  const Processor start{processor_.registers(), processor_.x87()};
  x87_ = processor_.x87();
  touched_ = outside_();
  memory_.take_written(0, std::max(memory_.ram_size(), kOneMib));
  const auto length = first_round(start, std::min(budget / 2, kLongest));
  if (!length) return std::nullopt;
  const auto first = written_pages();
  if (!first) return std::nullopt;
  // The first round may have prepared what the second one finds; only the second proves anything.
  if (processor_.run(*length) != *length || outside_() != touched_ || !same_state(start)) {
    return std::nullopt;
  }
  return written_pages() == first ? length : std::nullopt;
}

}  // namespace emu
