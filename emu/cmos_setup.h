// Fills CMOS RAM as a set-up program would have left it, in the layout that Bochs, QEMU and the
// ROMs made for them share: memory sizes, drive types, translation, boot order. The BIOS learns its
// board from here and from nowhere else. [RBIL] Ralf Brown's CMOS memory map; [Bochs] iodev/cmos
// and harddrv set-up; geometry: storage/geometry.h
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "storage/geometry.h"

namespace emu {

struct CmosDisk {
  storage::Geometry ata;         // what IDENTIFY reports, not the BIOS's translation of it
  std::uint8_t translation = 0;  // 0 none, 1 LBA, 2 large, 3 revised large
};

struct CmosFacts {
  std::uint32_t ram_bytes = 0;
  std::array<std::uint8_t, 2> floppy_types{};    // CMOS 10h nibbles, 0: no drive
  std::array<std::optional<CmosDisk>, 4> disks;  // primary master .. secondary slave
  std::string boot;                              // letters a, c
  bool coprocessor = false;
};

// Indexes 10h..3Fh are filled; the clock's own registers and the century stay zero.
std::array<std::uint8_t, 128> cmos_contents(const CmosFacts& facts);

}  // namespace emu
