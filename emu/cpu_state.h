// The processor's state as an archive part; the processor itself knows no archive.
#pragma once

#include "cpu/cpu.h"
#include "devices/archive.h"

namespace emu {

void serialize(devices::Archive& archive, cpu::Registers& registers);
void serialize(devices::Archive& archive, cpu::X87State& x87);

}  // namespace emu
