// One instruction as a person counts them: all rounds of a repeated one, and a HLT's sleep up to
// the first instruction after it.
#pragma once

#include <cstdint>
#include <functional>

#include "emu/disassembler.h"
#include "emu/machine.h"

namespace emu {

// What Machine::run_instructions() does, or something around it.
using RunInstructions = std::function<StopReason(std::uint64_t count)>;

// The instruction at CS:EIP.
Instruction next_instruction(const Machine& machine, const Disassembler& disassembler);
std::uint32_t code_address(const Machine& machine);  // linear

// Gives up at `deadline`, and where a breakpoint stops the machine behind an access.
StopReason single_step(Machine& machine, const Disassembler& disassembler,
                       devices::Nanoseconds deadline, const RunInstructions& run);

}  // namespace emu
