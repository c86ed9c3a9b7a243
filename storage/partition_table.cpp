#include "storage/partition_table.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstring>

#include "storage/block_device.h"
#include "storage/endian.h"

namespace storage {

namespace {

struct PackedChs {
  std::uint8_t head;
  std::uint8_t sector_and_cylinder_high;  // 5-0 sector, 7-6 cylinder bits 9-8
  std::uint8_t cylinder_low;
};

struct PackedEntry {  // [MBR]
  std::uint8_t boot_flag;
  PackedChs first;
  std::uint8_t type;
  PackedChs last;
  Le32 first_lba;
  Le32 sector_count;
};
static_assert(sizeof(PackedEntry) == 16);

struct PackedMbr {
  std::array<std::uint8_t, 0x1BE> code;
  std::array<PackedEntry, 4> entries;
  Le16 signature;
};
static_assert(sizeof(PackedMbr) == kSectorSize);

struct PackedBootSector {  // [BPB]
  std::array<std::uint8_t, 3> jump;
  std::array<std::uint8_t, 8> oem_name;
  Le16 bytes_per_sector;
  std::uint8_t sectors_per_cluster;
  Le16 reserved_sectors;
  std::uint8_t fat_count;
  Le16 root_entries;
  Le16 total_sectors;
  std::uint8_t media;
  Le16 fat_sectors;
  Le16 sectors_per_track;
  Le16 heads;
  Le32 hidden_sectors;
  std::array<std::uint8_t, kSectorSize - 0x20> rest;
};
static_assert(sizeof(PackedBootSector) == kSectorSize);

constexpr std::uint16_t kSignature = 0xAA55;
constexpr std::uint32_t kCylinderSaturated = 1023;

template <class T>
T view_as(std::span<const std::uint8_t> sector) {
  assert(sector.size() == sizeof(T));
  T packed;
  std::memcpy(&packed, sector.data(), sizeof packed);
  return packed;
}

Chs unpacked(const PackedChs& chs) {
  return {.cylinder = chs.cylinder_low | (chs.sector_and_cylinder_high & 0xC0U) << 2,
          .head = chs.head,
          .sector = chs.sector_and_cylinder_high & 0x3FU};
}

// One address of an entry, by both its names. Sector 0 does not exist: the maker left C/H/S out.
Fit fit_of(const Chs& chs, std::uint64_t lba, const Geometry& geometry) {
  if (chs.cylinder >= kCylinderSaturated || chs.sector == 0) return Fit::unknown;
  const Geometry unbounded{.cylinders = kCylinderSaturated,
                           .heads = geometry.heads,
                           .sectors_per_track = geometry.sectors_per_track};
  return chs_to_lba(unbounded, chs) == lba ? Fit::fits : Fit::contradicts;
}

}  // namespace

std::vector<Partition> parse_partition_table(std::span<const std::uint8_t> sector) {
  const auto mbr = view_as<PackedMbr>(sector);
  if (mbr.signature != kSignature) return {};
  std::vector<Partition> partitions;
  for (const PackedEntry& entry : mbr.entries) {
    // A boot sector's code lies here when the disk has no partition table.
    if ((entry.boot_flag & 0x7F) != 0) return {};
    if (entry.type == 0 || entry.sector_count == 0) continue;
    if (entry.first_lba == 0) return {};
    partitions.push_back({.type = entry.type,
                          .active = entry.boot_flag == 0x80,
                          .first = unpacked(entry.first),
                          .last = unpacked(entry.last),
                          .first_lba = entry.first_lba,
                          .sector_count = entry.sector_count});
  }
  return partitions;
}

std::optional<BiosParameterBlock> parse_bios_parameter_block(std::span<const std::uint8_t> sector) {
  const auto boot = view_as<PackedBootSector>(sector);
  const bool jump = boot.jump[0] == 0xE9 || (boot.jump[0] == 0xEB && boot.jump[2] == 0x90);
  const bool volume = boot.bytes_per_sector == kSectorSize &&
                      std::has_single_bit(boot.sectors_per_cluster) && boot.reserved_sectors != 0 &&
                      boot.fat_count != 0 && boot.fat_count <= 2;
  if (!jump || !volume) return std::nullopt;
  if (boot.sectors_per_track == 0 || boot.sectors_per_track > kMaxTrackSectors || boot.heads == 0 ||
      boot.heads > kMaxBiosHeads) {
    return std::nullopt;
  }
  return BiosParameterBlock{.sectors_per_track = boot.sectors_per_track,
                            .heads = boot.heads,
                            .hidden_sectors = boot.hidden_sectors};
}

Fit fit_of(std::span<const Partition> partitions, const Geometry& geometry) {
  Fit verdict = Fit::unknown;
  for (const Partition& partition : partitions) {
    for (const Fit fit : {fit_of(partition.first, partition.first_lba, geometry),
                          fit_of(partition.last, partition.last_lba(), geometry)}) {
      if (fit == Fit::contradicts) return fit;
      if (fit == Fit::fits) verdict = fit;
    }
  }
  return verdict;
}

}  // namespace storage
