#include "storage/fat_format.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <string_view>

namespace storage {

namespace {

using Sector = std::array<std::uint8_t, kSectorSize>;

constexpr std::size_t kTable = 0x1BE;
constexpr std::size_t kBootCodeInVolume = 0x3E;  // behind the BPB
constexpr std::size_t kLabelLength = 11;
constexpr std::uint32_t kReservedSectors = 1;
constexpr std::uint32_t kFatCopies = 2;
constexpr std::uint32_t kRootEntries = 512;
constexpr std::uint32_t kEntryBytes = 32;
constexpr std::uint32_t kMostClusters = 65524;
constexpr std::uint32_t kFewestClusters = 4085;
constexpr std::uint8_t kHardDisk = 0xF8;
constexpr std::uint8_t kLabelAttribute = 0x08;

constexpr std::string_view kNoSystem =
    "\r\nThis disk holds files but no system. Boot from another one.\r\n";

void put(Sector& sector, std::size_t at, std::uint64_t value, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    sector[at + i] = static_cast<std::uint8_t>(value >> (8 * i));
  }
}

void put_text(Sector& sector, std::size_t at, std::string_view text, std::size_t length) {
  for (std::size_t i = 0; i < length; ++i) {
    sector[at + i] = static_cast<std::uint8_t>(i < text.size() ? text[i] : ' ');
  }
}

// Prints what follows it through INT 10h, waits for a key, and lets the BIOS try again. Finds
// itself by a call, so that it runs wherever a boot sector is loaded.
constexpr auto kBootCode = std::to_array<std::uint8_t>({
    0x0E, 0x1F,        // push cs; pop ds
    0xE8, 0x00, 0x00,  // call the next instruction
    0x5E,              // pop si
    0x83, 0xC6, 0x1B,  // add si, from there to the text
    0xFC,              // cld
    0xAC,              // next: lodsb
    0x84, 0xC0,        // test al, al
    0x74, 0x09,        // jz wait
    0xB4, 0x0E,        // mov ah, 0Eh
    0xBB, 0x07, 0x00,  // mov bx, 7
    0xCD, 0x10,        // int 10h
    0xEB, 0xF2,        // jmp next
    0x31, 0xC0,        // wait: xor ax, ax
    0xCD, 0x16,        // int 16h
    0xCD, 0x19,        // int 19h
    0xEB, 0xF8,        // jmp wait
});
static_assert(kBootCode.size() == 5 + 0x1B, "the text follows the code");

void put_boot_code(Sector& sector, std::size_t at) {
  std::ranges::copy(kBootCode, sector.begin() + static_cast<std::ptrdiff_t>(at));
  const std::size_t text = at + kBootCode.size();
  put_text(sector, text, kNoSystem, kNoSystem.size());
  sector[text + kNoSystem.size()] = 0;
  put(sector, 0x1FE, 0xAA55, 2);
}

void store(BlockDevice& device, std::uint64_t lba, const Sector& sector) {
  const IoStatus status = device.write(lba, sector);
  if (status == IoStatus::ok) return;
  throw FatError("sector " + std::to_string(lba) + ": " + std::string(describe(status)));
}

// [MBR] head, then sector with the cylinder's two upper bits, then cylinder.
void put_chs(Sector& sector, std::size_t at, const Geometry& geometry, std::uint64_t lba) {
  const Chs chs = lba_to_chs(geometry, lba);
  put(sector, at, chs.head, 1);
  put(sector, at + 1, chs.sector | (chs.cylinder >> 8 << 6), 1);
  put(sector, at + 2, chs.cylinder & 0xFF, 1);
}

std::uint8_t partition_type(std::uint64_t sectors) {
  constexpr std::uint64_t small = 65536;  // sectors that older DOS can count
  return sectors < small ? 0x04 : 0x06;
}

struct Layout {
  std::uint32_t sectors_per_cluster = 4;
  std::uint32_t fat_sectors = 0;
};

// The smallest cluster of 2 KiB or more with which the volume has few enough of them.
Layout layout_of(std::uint32_t sectors) {
  Layout layout;
  while (sectors / layout.sectors_per_cluster > kMostClusters) layout.sectors_per_cluster *= 2;
  const std::uint32_t clusters = sectors / layout.sectors_per_cluster;  // a few too many: harmless
  constexpr std::uint32_t entries_per_sector = kSectorSize / 2;
  layout.fat_sectors = (clusters + 2 + entries_per_sector - 1) / entries_per_sector;
  return layout;
}

Sector volume_boot_sector(const Geometry& geometry, const FatLocation& where, const Layout& layout,
                          const FatDiskOptions& options) {
  Sector sector{};
  const auto sectors = static_cast<std::uint32_t>(where.sector_count);
  put(sector, 0, 0x90'3C'EB, 3);  // jump over the BPB
  put_text(sector, 3, "PLATTER", 8);
  put(sector, 11, kSectorSize, 2);
  put(sector, 13, layout.sectors_per_cluster, 1);
  put(sector, 14, kReservedSectors, 2);
  put(sector, 16, kFatCopies, 1);
  put(sector, 17, kRootEntries, 2);
  const bool small = sectors < 65536;
  put(sector, 19, small ? sectors : 0, 2);
  put(sector, 21, kHardDisk, 1);
  put(sector, 22, layout.fat_sectors, 2);
  put(sector, 24, geometry.sectors_per_track, 2);
  put(sector, 26, geometry.heads, 2);
  put(sector, 28, where.first_lba, 4);
  put(sector, 32, small ? 0 : sectors, 4);
  put(sector, 36, 0x80, 1);  // first hard disk
  put(sector, 38, 0x29, 1);  // the three fields below are there
  put(sector, 39, options.serial, 4);
  put_text(sector, 43, options.label, kLabelLength);
  put_text(sector, 54, "FAT16", 8);
  put_boot_code(sector, kBootCodeInVolume);
  return sector;
}

}  // namespace

FatLocation format_fat_disk(BlockDevice& device, const FatDiskOptions& options) {
  const Geometry geometry = device.geometry();
  assert(geometry.heads == 16 && geometry.sectors_per_track == 63);
  assert(geometry.cylinders >= kFewestFatDiskCylinders);
  assert(geometry.cylinders <= kMostFatDiskCylinders);
  // The first track is the table's, as FDISK leaves it.
  const std::uint64_t first = geometry.sectors_per_track;
  const FatLocation where{1, first, geometry.sector_count() - first};
  const Layout layout = layout_of(static_cast<std::uint32_t>(where.sector_count));
  assert(where.sector_count / layout.sectors_per_cluster > kFewestClusters + 100);

  Sector table{};
  put_boot_code(table, 0);
  put_chs(table, kTable + 1, geometry, first);
  put(table, kTable + 4, partition_type(where.sector_count), 1);
  put_chs(table, kTable + 5, geometry, first + where.sector_count - 1);
  put(table, kTable + 8, first, 4);
  put(table, kTable + 12, where.sector_count, 4);
  store(device, 0, table);
  store(device, first, volume_boot_sector(geometry, where, layout, options));

  Sector fat{};
  put(fat, 0, 0xFFFF0000U | 0xFF00U | kHardDisk, 4);  // [FAT] 4: media byte, end mark
  for (std::uint32_t copy = 0; copy < kFatCopies; ++copy) {
    store(device, first + kReservedSectors + std::uint64_t{copy} * layout.fat_sectors, fat);
  }
  Sector root{};
  put_text(root, 0, options.label, kLabelLength);
  root[kLabelLength] = kLabelAttribute;
  put(root, 22, options.made.time, 2);
  put(root, 24, options.made.date, 2);
  store(device, first + kReservedSectors + std::uint64_t{kFatCopies} * layout.fat_sectors, root);
  return where;
}

}  // namespace storage
