// What a disk's own sectors tell of the geometry it was made under: the partition table of the
// master boot record and the BIOS parameter block of a FAT boot sector. Both are data from the
// guest: nothing in them is trusted, a field that cannot be true is no evidence.
//
// [MBR]  IBM PC/XT fixed disk boot record: four entries of 16 bytes at 1BEh, 55AAh at 1FEh
// [BPB]  Microsoft FAT specification 1.03, boot sector and BPB: words at 0Bh, 18h, 1Ah, dword at
// 1Ch Not implemented: logical drives inside extended partitions; GPT.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "storage/geometry.h"

namespace storage {

struct Partition {
  std::uint8_t type = 0;
  bool active = false;
  Chs first;
  Chs last;
  std::uint64_t first_lba = 0;
  std::uint64_t sector_count = 0;

  std::uint64_t last_lba() const { return first_lba + sector_count - 1; }
};

// The used entries, in order; empty when the sector is no master boot record. `sector` holds 512
// bytes.
std::vector<Partition> parse_partition_table(std::span<const std::uint8_t> sector);

struct BiosParameterBlock {
  std::uint32_t sectors_per_track = 0;
  std::uint32_t heads = 0;
  std::uint32_t hidden_sectors = 0;
};

// nullopt when the sector is no FAT boot sector. `sector` holds 512 bytes.
std::optional<BiosParameterBlock> parse_bios_parameter_block(std::span<const std::uint8_t> sector);

enum class Fit : std::uint8_t { unknown, fits, contradicts };

// Whether the C/H/S and the LBA of every used entry name the same sector under this geometry.
// Cylinder 1023 means "or beyond" and proves nothing. Looks at heads and sectors per track only.
Fit fit_of(std::span<const Partition> partitions, const Geometry& geometry);

}  // namespace storage
