// Runs the tests of one MOO file on one processor: registers and memory in, one instruction,
// registers and memory compared. Every byte of the first 1 MB + 64 KB that a test does not name
// must stay as it was.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cpu/cpu.h"
#include "cpu/memory.h"
#include "tests/cpu/vectors/moo.h"

namespace vectors {

class Runner {
 public:
  Runner(cpu::Model model, cpu::Engine engine, const MooFile& file, std::uint16_t flags_mask);
  ~Runner();

  // One entry a test: empty when it passed, else the first difference in one line. `skip` has one
  // flag a test.
  std::vector<std::string> run_all(const std::vector<bool>& skip);

 private:
  class PortLog;

  std::string run_one(const Test& test);
  void load(const Test& test);
  std::string execute(const Test& test);
  std::string compare(const Test& test) const;
  std::string compare_shutdown(const Test& test) const;
  std::string compare_registers(const Test& test) const;
  std::string compare_ram(const Test& test) const;
  std::string compare_ports(const Test& test) const;
  void restore(const Test& test);
  bool untouched_before(const Test& test) const;
  std::optional<std::uint32_t> sweep();
  std::uint8_t peek(std::uint32_t address) const;
  void poke(std::uint32_t address, std::uint8_t value);
  std::uint32_t flags_compared(const Test& test) const;

  const MooFile& file_;
  std::uint32_t flags_mask_;
  std::unique_ptr<cpu::Memory> memory_;
  std::unique_ptr<PortLog> ports_;
  std::unique_ptr<cpu::Cpu> cpu_;
  cpu::Registers
      template_;  // what reset leaves, for what a test does not say: limits, access rights
  std::vector<std::uint8_t> sweep_buffer_;
};

}  // namespace vectors
