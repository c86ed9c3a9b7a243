// X87V files: single x87 instructions with the stack and the words before and after, captured on a
// real FPU. [FORMAT] cputests/FORMAT.md, section 6. Files come from outside: lengths are checked,
// what does not fit is a MooError.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "cpu/cpu.h"

namespace vectors {

struct X87Words {
  std::uint16_t control, status, tags;
};
struct X87Test {
  std::vector<std::uint8_t> code;
  X87Words before, after;
  std::uint32_t eax_before, eax_after;
  std::array<std::uint8_t, 16> memory_before, memory_after;
  std::array<cpu::X87State::Register, 8> stack_before, stack_after;  // ST(0) first
};
struct X87File {
  std::string name;
  std::uint16_t status_mask = 0;  // bit 1 = compare
  bool tolerant = false;          // transcendental: a value may differ by one in the last place
  std::vector<X87Test> tests;
};

X87File parse_x87(std::span<const std::uint8_t> bytes);

// One entry a test: empty when it passed, else the first difference in one line. `without_c1` has
// one flag a test: everything but C1 is compared.
std::vector<std::string> run_x87(const X87File& file, cpu::Engine engine,
                                 const std::vector<bool>& without_c1);

}  // namespace vectors
