// What a DOS keeps about itself in the first megabyte, read from outside: memory control blocks,
// programs, open files, drives. MS-DOS from 3.1 on and what imitates it; [RBIL] INT 21/AH=52h and
// the tables it names.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cpu/cpu.h"
#include "cpu/memory.h"

namespace emu {

struct DosBlock {  // memory control block
  std::uint16_t segment = 0;
  std::uint16_t owner = 0;  // PSP; 0 free, 8 DOS itself
  std::uint16_t paragraphs = 0;
  std::string name;  // empty before DOS 4

  bool free() const { return owner == 0; }
  bool program() const { return owner == segment + 1; }
};

struct DosProgram {  // program segment prefix
  std::uint16_t psp = 0;
  std::uint16_t parent = 0;  // its own for a shell that nobody started
  std::string name;
  std::string arguments;  // the command tail, without the blank in front
  unsigned handles = 0;   // open ones
};

struct DosFile {     // entry of the system file table
  std::string name;  // "CONFIG.SYS", "CON"
  bool device = false;
  char drive = 0;              // 'C'; 0 of a device
  unsigned references = 0;     // handles that lead here
  std::uint8_t access = 0;     // 0 read, 1 write, 2 both
  std::uint16_t owner = 0;     // PSP of the program that opened it
  std::uint32_t size = 0;      // bytes
  std::uint32_t position = 0;  // bytes
};

struct DosDrive {  // current directory structure
  enum class Kind : std::uint8_t { physical, network, joined, substituted };
  char letter = 0;
  Kind kind = Kind::physical;
  std::string directory;  // "C:\GAMES"
};
const char* name_of(DosDrive::Kind kind);

struct DosMemory {
  std::vector<DosBlock> blocks;
  std::vector<DosProgram> programs;
  // Whether the list of lists was found: without it there are no files and drives to show.
  bool lists = false;
  std::vector<DosFile> files;
  std::vector<DosDrive> drives;
};

// Nothing when there is no chain of memory control blocks.
std::optional<DosMemory> read_dos(const cpu::Registers& registers, const cpu::Memory& memory);

}  // namespace emu
