// Makes an empty hard disk that DOS can use: a partition table with one partition, and in it a
// FAT16 volume. The boot sectors hold a few instructions that say there is no system here.
//
// [FAT]  Microsoft FAT specification 1.03: sections 3 (BPB), 3.5 (FAT types by cluster count), 4
// [MBR]  IBM PC/XT fixed disk boot record: four entries of 16 bytes at 1BEh, 55AAh at 1FEh
// Not implemented: FAT12 and FAT32, floppies, more than one partition, disks whose cylinders do not
// fit the ten bits of a table's C/H/S.
#pragma once

#include <cstdint>
#include <string>

#include "storage/fat_volume.h"

namespace storage {

// 16 heads and 63 sectors; the cylinders are the disk's size. These are the limits of what
// format_fat_disk() makes: enough clusters for FAT16, and few enough cylinders for every BIOS.
inline constexpr std::uint32_t kFewestFatDiskCylinders = 32;  // 15.75 MiB
inline constexpr std::uint32_t kMostFatDiskCylinders = 1023;  // 503 MiB

struct FatDiskOptions {
  std::string label = "NO NAME";  // 11 characters at most
  std::uint32_t serial = 0;
  FatTime made;
};

// `device` reads as zeroes and has a known geometry of 16 heads and 63 sectors within the limits.
// Throws FatError when a sector cannot be written.
FatLocation format_fat_disk(BlockDevice& device, const FatDiskOptions& options);

}  // namespace storage
