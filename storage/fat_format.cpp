#include "storage/fat_format.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <string>
#include <string_view>
#include <utility>

namespace storage {

namespace {

using Sector = std::array<std::uint8_t, kSectorSize>;

constexpr std::size_t kTable = 0x1BE;
constexpr std::size_t kLabelLength = 11;
constexpr std::uint32_t kReservedSectors = 1;
constexpr std::uint32_t kFirstCluster = 2;
constexpr std::uint32_t kInfoSector = 1;    // of a FAT32 volume
constexpr std::uint32_t kBackupSector = 6;  // of its first sectors
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

// Moves itself to 600h and starts the partition that is marked active: through the extensions of
// INT 13h where there are any, else by its C/H/S. Failing that it says so and lets the BIOS go on.
// clang-format off
constexpr auto kLoader = std::to_array<std::uint8_t>({
    0xFA,  // start: cli
    0x31, 0xC0,  // xor ax,ax
    0x8E, 0xD0,  // mov ss,ax
    0xBC, 0x00, 0x7C,  // mov sp,7C00h
    0x8E, 0xD8,  // mov ds,ax
    0x8E, 0xC0,  // mov es,ax
    0xFB,  // sti
    0xFC,  // cld
    0xBE, 0x00, 0x7C,  // mov si,7C00h
    0xBF, 0x00, 0x06,  // mov di,600h
    0xB9, 0x00, 0x01,  // mov cx,256
    0xF3, 0xA5,  // rep movsw
    0xEA, 0x1E, 0x06, 0x00, 0x00,  // jmp 0:go
    0xBE, 0xBE, 0x07,  // go: mov si,7BEh
    0xB9, 0x04, 0x00,  // mov cx,4
    0x80, 0x3C, 0x80,  // next: cmp byte [si],80h
    0x74, 0x1A,  // je found
    0x83, 0xC6, 0x10,  // add si,16
    0xE2, 0xF6,  // loop next
    0xBE, 0x9F, 0x06,  // fail: mov si,text
    0xAC,  // say: lodsb
    0x84, 0xC0,  // test al,al
    0x74, 0x09,  // jz stop
    0xB4, 0x0E,  // mov ah,0Eh
    0xBB, 0x07, 0x00,  // mov bx,7
    0xCD, 0x10,  // int 10h
    0xEB, 0xF2,  // jmp say
    0xCD, 0x18,  // stop: int 18h
    0xEB, 0xFC,  // jmp stop
    0x89, 0xF5,  // found: mov bp,si
    0xB4, 0x41,  // mov ah,41h
    0xBB, 0xAA, 0x55,  // mov bx,55AAh
    0x8A, 0x14,  // mov dl,[si]
    0xCD, 0x13,  // int 13h
    0x72, 0x2D,  // jc chs
    0x81, 0xFB, 0x55, 0xAA,  // cmp bx,0AA55h
    0x75, 0x27,  // jne chs
    0xF6, 0xC1, 0x01,  // test cl,1
    0x74, 0x22,  // jz chs
    0x31, 0xC0,  // xor ax,ax
    0x50,  // push ax
    0x50,  // push ax
    0xFF, 0x76, 0x0A,  // push word [bp+10]
    0xFF, 0x76, 0x08,  // push word [bp+8]
    0x50,  // push ax
    0xBB, 0x00, 0x7C,  // mov bx,7C00h
    0x53,  // push bx
    0x40,  // inc ax
    0x50,  // push ax
    0xB0, 0x10,  // mov al,16
    0x50,  // push ax
    0x89, 0xE6,  // mov si,sp
    0xB4, 0x42,  // mov ah,42h
    0x8A, 0x56, 0x00,  // mov dl,[bp]
    0xCD, 0x13,  // int 13h
    0xBC, 0x00, 0x7C,  // mov sp,7C00h
    0x73, 0x10,  // jnc loaded
    0x8B, 0x56, 0x00,  // chs: mov dx,[bp]
    0x8B, 0x4E, 0x02,  // mov cx,[bp+2]
    0xBB, 0x00, 0x7C,  // mov bx,7C00h
    0xB8, 0x01, 0x02,  // mov ax,201h
    0xCD, 0x13,  // int 13h
    0x72, 0xA1,  // jc fail
    0x81, 0x3E, 0xFE, 0x7D, 0x55, 0xAA,  // loaded: cmp word [7DFEh],0AA55h
    0x75, 0x99,  // jne fail
    0x89, 0xEE,  // mov si,bp
    0x8A, 0x56, 0x00,  // mov dl,[bp]
    0xEA, 0x00, 0x7C, 0x00, 0x00,  // jmp 0:7C00h
});
// clang-format on
constexpr std::string_view kNothingToStart = "\r\nThere is no system to start on this disk.\r\n";
static_assert(kLoader.size() + kNothingToStart.size() < kTable);

void put_loader(Sector& sector) {
  std::ranges::copy(kLoader, sector.begin());
  put_text(sector, kLoader.size(), kNothingToStart, kNothingToStart.size());
  put(sector, 0x1FE, 0xAA55, 2);
}

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
  Chs chs = lba_to_chs(geometry, lba);
  if (chs.cylinder >= kMaxBiosCylinders) {  // "or beyond"
    chs = {kMaxBiosCylinders - 1, geometry.heads - 1, geometry.sectors_per_track};
  }
  put(sector, at, chs.head, 1);
  put(sector, at + 1, chs.sector | (chs.cylinder >> 8 << 6), 1);
  put(sector, at + 2, chs.cylinder & 0xFF, 1);
}

struct Layout {
  unsigned bits = 16;
  std::uint32_t sectors_per_cluster = 1;
  std::uint32_t clusters = 0;
  std::uint32_t reserved = 1;
  std::uint32_t fat_sectors = 0;

  std::uint32_t root_sectors() const { return bits == 32 ? 0 : kRootEntries * kEntryBytes / 512; }
  std::uint64_t data() const {
    return reserved + std::uint64_t{kFatCopies} * fat_sectors + root_sectors();
  }
};

std::uint8_t partition_type(const Layout& layout, const FatLocation& where,
                            const Geometry& geometry) {
  constexpr std::uint64_t small = 65536;  // sectors that older DOS can count
  const bool beyond =
      where.first_lba + where.sector_count >
      std::uint64_t{kMaxBiosCylinders} * geometry.heads * geometry.sectors_per_track;
  switch (layout.bits) {
    case 12:
      return 0x01;
    case 16:
      return beyond ? 0x0E : where.sector_count < small ? 0x04 : 0x06;
    default:
      return beyond ? 0x0C : 0x0B;
  }
}

// [FAT] 3.5: how many clusters make which FAT, with a distance for those who count differently.
std::pair<std::uint64_t, std::uint64_t> cluster_limits(unsigned bits) {
  constexpr std::uint64_t distance = 20;
  switch (bits) {
    case 12:
      return {1, kFewestClusters - distance};
    case 16:
      return {kFewestClusters + distance, kMostClusters};
    default:
      return {kMostClusters + 1 + distance, 0x0FFFFFEF};
  }
}

unsigned bits_for(std::uint64_t sectors) {
  constexpr std::uint64_t kMiB = 2048;
  return sectors < 16 * kMiB ? 12 : sectors < 2047 * kMiB ? 16 : 32;
}

// The smallest clusters that FORMAT would use with which the volume has few enough of them.
Layout layout_of(const FatLocation& where, const FatDiskOptions& options) {
  const std::uint64_t sectors = where.sector_count;
  Layout layout;
  layout.bits = options.bits == 0 ? bits_for(sectors) : options.bits;
  layout.reserved = layout.bits == 32 ? 32 : kReservedSectors;
  const auto [fewest, most] = cluster_limits(layout.bits);
  const std::uint64_t usual = layout.bits == 12 ? 1 : layout.bits == 16 ? 4 : 8;
  // Small clusters make a small volume one of the wished kind.
  for (std::uint64_t size = sectors / usual < fewest ? 1 : usual; size <= 64; size *= 2) {
    layout.sectors_per_cluster = static_cast<std::uint32_t>(size);
    const std::uint64_t bytes = (sectors / size + 2) * layout.bits / 8 + 1;  // a few too many
    layout.fat_sectors = static_cast<std::uint32_t>((bytes + kSectorSize - 1) / kSectorSize);
    // Longer FATs, and one more reserved sector where that is odd, move the clusters.
    if (options.align > 1) {
      if ((where.first_lba + layout.reserved + layout.root_sectors()) % 2 != 0) ++layout.reserved;
      while ((where.first_lba + layout.data()) % options.align != 0) ++layout.fat_sectors;
    }
    if (layout.data() >= sectors) break;
    const std::uint64_t clusters = (sectors - layout.data()) / size;
    layout.clusters = static_cast<std::uint32_t>(clusters);
    if (clusters <= most) {
      if (clusters < fewest) break;
      return layout;
    }
  }
  throw FatError("a FAT" + std::to_string(layout.bits) + " volume cannot have " +
                 std::to_string(sectors) + " sectors");
}

Sector volume_boot_sector(const Geometry& geometry, const FatLocation& where, const Layout& layout,
                          const FatDiskOptions& options) {
  Sector sector{};
  const bool fat32 = layout.bits == 32;
  const std::size_t names = fat32 ? 64 : 36;           // where the fields behind the BPB begin
  put(sector, 0, fat32 ? 0x90'58'EB : 0x90'3C'EB, 3);  // jump over the BPB
  put_text(sector, 3, "PLATTER", 8);
  put(sector, 11, kSectorSize, 2);
  put(sector, 13, layout.sectors_per_cluster, 1);
  put(sector, 14, layout.reserved, 2);
  put(sector, 16, kFatCopies, 1);
  put(sector, 17, fat32 ? 0 : kRootEntries, 2);
  const bool small = where.sector_count < 65536 && !fat32;
  put(sector, 19, small ? where.sector_count : 0, 2);
  put(sector, 21, kHardDisk, 1);
  put(sector, 22, fat32 ? 0 : layout.fat_sectors, 2);
  put(sector, 24, geometry.sectors_per_track, 2);
  put(sector, 26, geometry.heads, 2);
  put(sector, 28, where.first_lba, 4);
  put(sector, 32, small ? 0 : where.sector_count, 4);
  if (fat32) {
    put(sector, 36, layout.fat_sectors, 4);
    put(sector, 44, kFirstCluster, 4);  // the root folder
    put(sector, 48, kInfoSector, 2);
    put(sector, 50, kBackupSector, 2);
  }
  put(sector, names, 0x80, 1);      // first hard disk
  put(sector, names + 2, 0x29, 1);  // the three fields below are there
  put(sector, names + 3, options.serial, 4);
  put_text(sector, names + 7, options.label, kLabelLength);
  put_text(sector, names + 18, "FAT" + std::to_string(layout.bits), 8);
  put_boot_code(sector, names + 26);
  return sector;
}

Sector info_sector(const Layout& layout) {
  Sector sector{};
  put(sector, 0, 0x41615252, 4);
  put(sector, 484, 0x61417272, 4);
  put(sector, 488, layout.clusters - 1, 4);  // free ones: all but the root folder's
  put(sector, 492, kFirstCluster + 1, 4);    // where to look for them
  put(sector, 508, 0xAA550000, 4);
  return sector;
}

Sector first_fat_sector(const Layout& layout) {
  Sector fat{};
  switch (layout.bits) {  // [FAT] 4: media byte, end mark
    case 12:
      put(fat, 0, 0xFFFF00U | kHardDisk, 3);
      break;
    case 16:
      put(fat, 0, 0xFFFF0000U | 0xFF00U | kHardDisk, 4);
      break;
    default:
      put(fat, 0, 0x0FFFFF00U | kHardDisk, 4);
      put(fat, 4, 0x0FFFFFFF, 4);
      put(fat, 8, 0x0FFFFFFF, 4);  // the root folder
  }
  return fat;
}

}  // namespace

FatLocation format_fat_disk(BlockDevice& device, const FatDiskOptions& options) {
  const Geometry geometry = options.geometry.known() ? options.geometry : device.geometry();
  assert(geometry.known());
  const std::uint64_t cylinder = std::uint64_t{geometry.heads} * geometry.sectors_per_track;
  // The first track is the table's, as FDISK leaves it; the last cylinder is whole.
  const std::uint64_t first = geometry.sectors_per_track;
  const std::uint64_t end = device.sector_count() / cylinder * cylinder;
  if (end <= first) throw FatError("the disk is smaller than a cylinder");
  const FatLocation where{1, first, std::min<std::uint64_t>(end - first, 0xFFFFFFFF)};
  const Layout layout = layout_of(where, options);

  Sector table{};
  if (options.bootable) {
    put_loader(table);
    put(table, kTable, 0x80, 1);
  } else {
    put_boot_code(table, 0);
  }
  put_chs(table, kTable + 1, geometry, first);
  put(table, kTable + 4, partition_type(layout, where, geometry), 1);
  put_chs(table, kTable + 5, geometry, first + where.sector_count - 1);
  put(table, kTable + 8, first, 4);
  put(table, kTable + 12, where.sector_count, 4);
  store(device, 0, table);
  const Sector boot = volume_boot_sector(geometry, where, layout, options);
  store(device, first, boot);
  if (layout.bits == 32) {
    for (const std::uint64_t copy : {std::uint64_t{0}, std::uint64_t{kBackupSector}}) {
      store(device, first + copy, boot);
      store(device, first + copy + kInfoSector, info_sector(layout));
    }
  }
  const Sector fat = first_fat_sector(layout);
  for (std::uint32_t copy = 0; copy < kFatCopies; ++copy) {
    store(device, first + layout.reserved + std::uint64_t{copy} * layout.fat_sectors, fat);
  }
  Sector root{};
  put_text(root, 0, options.label, kLabelLength);
  root[kLabelLength] = kLabelAttribute;
  put(root, 22, options.made.time, 2);
  put(root, 24, options.made.date, 2);
  store(device, first + layout.data() - layout.root_sectors(), root);
  return where;
}

}  // namespace storage
