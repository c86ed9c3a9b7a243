// What a machine did lately, kept for people when they ask for it: every instruction with the
// registers it found, and every access to a port. Rings of a fixed size; the guest cannot tell. Not
// recorded: memory accesses, DMA, what a REP that moves blocks did word by word.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cpu/cpu.h"
#include "devices/scheduler.h"
#include "emu/disassembler.h"

namespace emu {

// The latest so many entries.
template <class T>
class Ring {
 public:
  explicit Ring(std::size_t most) : most_(most) {}
  void push(const T& entry) {
    const auto at = static_cast<std::size_t>(total_ % most_);
    if (at == entries_.size()) {
      entries_.push_back(entry);
    } else {
      entries_[at] = entry;
    }
    ++total_;
    size_ = std::min(size_ + 1, most_);
  }
  // From the newest back, as long as they are `unwanted`.
  template <class Unwanted>
  void drop_newest(Unwanted unwanted) {
    while (size_ != 0 && unwanted((*this)[size_ - 1])) {
      --total_;
      --size_;
    }
  }
  std::size_t size() const { return size_; }
  std::uint64_t total() const { return total_; }  // with those that were pushed out
  // 0: the oldest.
  const T& operator[](std::size_t index) const {
    return entries_[static_cast<std::size_t>((total_ - size_ + index) % most_)];
  }

 private:
  std::size_t most_;
  std::size_t size_ = 0;
  std::uint64_t total_ = 0;
  std::vector<T> entries_;
};

struct ExecutedInstruction {
  std::uint64_t number = 0;  // instructions since power-on before it
  devices::Nanoseconds time = 0;
  std::uint16_t cs = 0;
  std::uint32_t eip = 0, linear = 0;
  bool wide = false;       // 32-bit code
  bool interrupt = false;  // an interrupt or fault led here
  std::array<std::uint8_t, kLongestInstruction> bytes{};
  // Before it, by cpu::RegisterIndex and cpu::SegmentIndex.
  std::array<std::uint32_t, 8> general{};
  std::array<std::uint16_t, 6> segments{};
  std::uint32_t eflags = 0;
};
using InstructionTrace = Ring<ExecutedInstruction>;

struct PortAccess {
  devices::Nanoseconds time = 0;
  std::uint16_t port = 0;
  bool write = false;
  std::uint8_t size = 1;    // bytes
  std::uint32_t count = 1;  // words of a block; `value` is the first
  std::uint32_t value = 0;
  std::uint16_t cs = 0;
  std::uint32_t eip = 0;
};
using PortLog = Ring<PortAccess>;

// One line each. With the instruction that came next: what this one changed in the registers.
std::string describe(const ExecutedInstruction& entry, const ExecutedInstruction* next,
                     const Disassembler& disassembler);
std::string describe(const PortAccess& entry);
// Whether a line has every word of the filter, in any case of letters.
bool passes(std::string_view line, std::string_view filter);

// Lines of the latest entries that pass, oldest first: at most `most`, from at most `look` entries.
std::vector<std::string> latest_lines(const InstructionTrace& trace,
                                      const Disassembler& disassembler, std::string_view filter,
                                      std::size_t most, std::size_t look);
std::vector<std::string> latest_lines(const PortLog& log, std::string_view filter, std::size_t most,
                                      std::size_t look);

}  // namespace emu
