#include "emu/single_step.h"

#include "emu/linear_memory.h"

#include <algorithm>
#include <array>

namespace emu {

namespace {

// Nothing happens to a sleeping processor before the next event: one stride up to there.
std::uint64_t stride(const Machine& machine, devices::Nanoseconds deadline) {
  const devices::Nanoseconds quiet = machine.quiet_until();
  if (machine.processor().activity() != cpu::Activity::halted || quiet <= machine.now()) return 1;
  const std::uint64_t end = machine.instruction_time_at(std::min(quiet, deadline));
  return std::max<std::uint64_t>(end - std::min(end, machine.instruction_times()), 1);
}

}  // namespace

std::uint32_t code_address(const Machine& machine) {
  const cpu::Registers registers = machine.processor().registers();
  return registers.segments[cpu::kCs].base + registers.eip;
}

Instruction next_instruction(const Machine& machine, const Disassembler& disassembler) {
  const cpu::Registers registers = machine.processor().registers();
  std::array<std::uint8_t, kLongestInstruction> bytes{};
  peek_linear(registers, machine.memory(), code_address(machine), bytes);
  return disassembler.decode(bytes, registers.eip, wide_code(registers));
}

StopReason single_step(Machine& machine, const Disassembler& disassembler,
                       devices::Nanoseconds deadline, const RunInstructions& run) {
  const Instruction instruction = next_instruction(machine, disassembler);
  const std::uint32_t address = code_address(machine);
  const std::uint64_t before = machine.instructions();
  StopReason stop = StopReason::deadline;
  do {
    stop = run(stride(machine, deadline));
    // A breakpoint on the very instruction has been seen by now: this step is to run it.
    if (stop == StopReason::breakpoint && machine.instructions() == before &&
        !machine.memory_hit()) {
      stop = run(1);
    }
    const bool waits = machine.instructions() == before;  // asleep
    const bool repeats = instruction.repeats && code_address(machine) == address;
    if (!waits && !repeats) break;
  } while (stop == StopReason::deadline && machine.now() < deadline);
  return stop;
}

}  // namespace emu
