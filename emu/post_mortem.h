// What a person needs to see when the guest died: registers, and the last stretches of code it ran.
#pragma once

#include <span>
#include <string>

#include "cpu/cpu.h"
#include "devices/ata_log.h"

namespace emu {

// "AX=0000 BX=... CS:IP=F000:FFF0 ..." on a few lines.
std::string describe_registers(const cpu::Registers& registers);

// The last runs of straight code, oldest first, disassembled as far as the next control transfer.
std::string describe_recent_code(const cpu::Cpu& processor, const cpu::Memory& memory,
                                 std::size_t runs = 8);

// The last commands of an ATA drive, one a line.
std::string describe_ata_log(std::span<const devices::AtaLogEntry> entries);

}  // namespace emu
