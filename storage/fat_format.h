// Makes an empty hard disk that DOS can use: a partition table with one partition, and in it a FAT
// volume. The boot sectors of a disk for files only say that there is no system here; a bootable
// disk's master boot record starts the active partition, whose own boot sector says so until SYS
// has put a system there.
//
// [FAT]  Microsoft FAT specification 1.03: sections 3 (BPB), 3.5 (FAT types by cluster count), 4
// [MBR]  IBM PC/XT fixed disk boot record: four entries of 16 bytes at 1BEh, 55AAh at 1FEh
// [EDD]  INT 13h extensions: AH = 41h, 42h, for partitions that C/H/S cannot reach
// Not implemented: floppies, more than one partition.
#pragma once

#include <cstdint>
#include <string>

#include "storage/fat_volume.h"
#include "storage/geometry.h"

namespace storage {

// 16 heads and 63 sectors; the cylinders are the disk's size. Within these limits a disk is FAT16
// by its size alone, and has few enough cylinders for every BIOS.
inline constexpr std::uint32_t kFewestFatDiskCylinders = 32;  // 15.75 MiB
inline constexpr std::uint32_t kMostFatDiskCylinders = 1023;  // 503 MiB

struct FatDiskOptions {
  std::string label = "NO NAME";  // 11 characters at most
  std::uint32_t serial = 0;
  FatTime made;
  Geometry geometry;        // as INT 13h shows the disk; unknown: the device's own
  unsigned bits = 16;       // 12, 16 or 32; 0: what fits the size
  bool bootable = false;    // an active partition, and a record that starts it
  std::uint64_t align = 1;  // clusters begin at a multiple of so many sectors; a power of two
};

// `device` reads as zeroes. Throws FatError when the volume cannot be made of that kind on a disk
// of that size, or when a sector cannot be written.
FatLocation format_fat_disk(BlockDevice& device, const FatDiskOptions& options);

}  // namespace storage
