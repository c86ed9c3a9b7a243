// What there is to say beside an instruction: what it calls, which port it means, and, where the
// processor is about to run it, what it will find.
#pragma once

#include <functional>
#include <string>

#include "cpu/cpu.h"
#include "emu/disassembler.h"

namespace ui {

// False: the bytes at this linear address are not known.
using PeekLinear = std::function<bool(std::uint32_t linear, std::span<std::uint8_t> bytes)>;

// Of any instruction, whenever it may run.
std::string code_comment(const emu::Instruction& instruction);
// Of the one that runs next, with these registers.
std::string code_comment_now(const emu::Instruction& instruction, const cpu::Registers& registers,
                             const PeekLinear& peek);

}  // namespace ui
