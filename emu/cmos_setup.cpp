#include "emu/cmos_setup.h"

#include <algorithm>

namespace emu {

namespace {

constexpr std::uint8_t kUserType = 47;  // "see the table", in 19h and 1Ah
constexpr std::uint32_t kBaseKib = 640;
constexpr std::uint32_t kOneMib = 1U << 20;
constexpr std::uint32_t kSixteenMib = 16U << 20;

using Contents = std::array<std::uint8_t, 128>;

void put_word(Contents& cmos, std::size_t index, std::uint32_t value) {
  cmos[index] = static_cast<std::uint8_t>(value);
  cmos[index + 1] = static_cast<std::uint8_t>(value >> 8);
}

void put_memory(Contents& cmos, std::uint32_t ram_bytes) {
  put_word(cmos, 0x15, kBaseKib);
  const std::uint32_t extended_kib = ram_bytes > kOneMib ? (ram_bytes - kOneMib) / 1024 : 0;
  const std::uint32_t capped = std::min(extended_kib, 0xFFFFU);
  put_word(cmos, 0x17, capped);
  put_word(cmos, 0x30, capped);
  if (ram_bytes > kSixteenMib) put_word(cmos, 0x34, (ram_bytes - kSixteenMib) >> 16);
}

// Nine bytes: cylinders, heads, write precompensation (none), control, landing zone, sectors.
void put_disk(Contents& cmos, std::size_t first, const CmosDisk& disk, bool master) {
  constexpr std::uint32_t no_precompensation = 0xFFFF;
  const bool many_heads = disk.ata.heads > 8;
  const std::uint32_t cylinders = std::min(disk.ata.cylinders, storage::kMaxIdentifyCylinders);
  put_word(cmos, first, cylinders);
  cmos[first + 2] = static_cast<std::uint8_t>(disk.ata.heads);
  put_word(cmos, first + 3, no_precompensation);
  const unsigned master_control = many_heads ? 0xC8 : 0xC0;
  const unsigned slave_control = many_heads ? 0x80 : 0x00;
  cmos[first + 5] = static_cast<std::uint8_t>(master ? master_control : slave_control);
  put_word(cmos, first + 6, cylinders);
  cmos[first + 8] = static_cast<std::uint8_t>(disk.ata.sectors_per_track);
}

void put_disks(Contents& cmos, const CmosFacts& facts) {
  const auto& [master, slave, third, fourth] = facts.disks;
  if (master) {
    cmos[0x12] |= 0xF0;
    cmos[0x19] = kUserType;
    put_disk(cmos, 0x1B, *master, true);
  }
  if (slave) {
    cmos[0x12] |= 0x0F;
    cmos[0x1A] = kUserType;
    put_disk(cmos, 0x24, *slave, false);
  }
  for (std::size_t i = 0; i < facts.disks.size(); ++i) {
    if (!facts.disks[i]) continue;
    cmos[0x39] = static_cast<std::uint8_t>(cmos[0x39] | facts.disks[i]->translation << (2 * i));
  }
}

void put_equipment(Contents& cmos, const CmosFacts& facts) {
  constexpr std::uint8_t keyboard_and_mouse = 0x04;
  const auto drives = static_cast<unsigned>(
      std::ranges::count_if(facts.floppy_types, [](std::uint8_t type) { return type != 0; }));
  cmos[0x10] = static_cast<std::uint8_t>(facts.floppy_types[0] << 4 | facts.floppy_types[1]);
  constexpr std::uint8_t coprocessor = 0x02;
  cmos[0x14] = keyboard_and_mouse;
  if (facts.coprocessor) cmos[0x14] |= coprocessor;
  if (drives != 0) cmos[0x14] = static_cast<std::uint8_t>(cmos[0x14] | 0x01 | (drives - 1) << 6);
}

void put_boot_order(Contents& cmos, const std::string& boot) {
  const auto device = [&](std::size_t place) -> unsigned {
    if (place >= boot.size()) return 0;
    return boot[place] == 'a' ? 1 : 2;
  };
  // Bit 0 of 38h: boot floppies without the 55AAh mark, as machines of the time did.
  cmos[0x38] = static_cast<std::uint8_t>(device(2) << 4 | 1);
  cmos[0x3D] = static_cast<std::uint8_t>(device(0) | device(1) << 4);
  if (device(0) == 1) cmos[0x2D] = 0x20;
  cmos[0x3F] = 0x01;  // no pause for a boot menu
}

void put_checksum(Contents& cmos) {
  unsigned sum = 0;
  for (std::size_t i = 0x10; i <= 0x2D; ++i) sum += cmos[i];
  cmos[0x2E] = static_cast<std::uint8_t>(sum >> 8);
  cmos[0x2F] = static_cast<std::uint8_t>(sum);
}

}  // namespace

std::array<std::uint8_t, 128> cmos_contents(const CmosFacts& facts) {
  Contents cmos{};
  put_memory(cmos, facts.ram_bytes);
  put_disks(cmos, facts);
  put_equipment(cmos, facts);
  put_boot_order(cmos, facts.boot);
  put_checksum(cmos);
  return cmos;
}

}  // namespace emu
