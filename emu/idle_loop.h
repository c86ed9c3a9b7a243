// Finds out whether the processor goes round in a loop that nothing but an event can end: HLT's
// relative for guests that poll, such as DOS waiting for a key.
//
// A loop counts when after N instructions the processor's registers and every page of memory it
// wrote are what they were, and nothing outside was touched on the way: no port, no acknowledge
// cycle, no change of video memory. The next N instructions then do the same again, and so on until
// an event changes something. Leaving out whole rounds and counting them as retired is therefore
// not an approximation: the machine is bit for bit where it would have been, at the instruction it
// would have been at. When and how often somebody looks for a loop changes host time only.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "cpu/cpu.h"
#include "cpu/memory.h"

namespace emu {

class IdleLoop {
 public:
  static constexpr std::uint64_t kLongest = 2048;

  // `outside` counts what the processor touches beyond its memory: a different value, no loop.
  IdleLoop(cpu::Cpu& processor, cpu::Memory& memory, std::function<std::uint64_t()> outside);

  // Runs up to `budget` instructions. The length of the loop in which they ended, or nothing.
  std::optional<std::uint64_t> find(std::uint64_t budget);

 private:
  struct SavedPage {
    std::uint32_t address;
    std::vector<std::uint8_t> bytes;
    bool operator==(const SavedPage&) const = default;
  };
  struct Processor {
    cpu::Registers registers;
    cpu::X87State x87;
  };
  std::optional<std::uint64_t> first_round(const Processor& start, std::uint64_t budget);
  bool same_state(const Processor& start) const;
  std::optional<std::vector<SavedPage>> written_pages();

  cpu::Cpu& processor_;
  cpu::Memory& memory_;
  std::function<std::uint64_t()> outside_;
  std::uint64_t touched_ = 0;
  cpu::X87State x87_;  // at the start of the look
};

}  // namespace emu
