// The board's chips by their data sheets' names, for people: registers and what each bit says.
// Looking changes nothing.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace emu {

class Board;

// One register of a chip: its bits by their names in the data sheet, from bit 7 down; empty: none.
struct ChipRegister {
  std::string name;
  std::uint32_t value = 0;
  unsigned digits = 2;
  std::array<std::string_view, 8> bits{};
  std::array<std::string_view, 8> meanings{};  // what a bit says, for the tooltip
  std::string note;                            // in words
};
struct Chip {
  std::string name;
  std::string state;  // a word: "idle", "reading"
  std::vector<ChipRegister> registers;
};

// All but the PIC and the PIT.
std::vector<Chip> chips_of(const Board& board);
// The 8259As and the 8254.
std::vector<Chip> timing_chips_of(const Board& board);

}  // namespace emu
