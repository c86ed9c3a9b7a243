// Random 32-bit user programs whose outcome the manual defines: registers point where memory is, no
// result is used that is undefined. Undefined flags are allowed as long as nobody reads them; the
// program says for each of its instructions which flags are undefined before it.
// [386] 80386 Programmer's Reference Manual, 17. Not generated: segment loads other than of the
// selectors in use, IN/OUT, INT n, privileged instructions, 16-bit addressing but by LEA.
#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <vector>

#include "cpu/cpu.h"

namespace host_fuzz {

struct Program {
  std::vector<std::uint8_t> code;                 // for address kCode; ends with UD2
  std::map<std::uint32_t, std::uint32_t> points;  // offset of an instruction -> undefined flags
};

Program random_program(std::mt19937& random, cpu::Model model, unsigned instructions);

}  // namespace host_fuzz
