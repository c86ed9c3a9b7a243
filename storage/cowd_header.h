// The header of a COWD file, the copy-on-write disk of VMware 2 and 3, which ESX uses for its
// "vmfsSparse" extents: one layout, three products, told apart in cowd_shape.cpp.
//
// [VDF]      VMware, Virtual Disk Format 1.1, "ESX Server Sparse Extents" (COWDisk_Header)
// [libvmdk]  Joachim Metz, VMware Virtual Disk (VMDK) file format specification
// [Bochs]    iodev/hdimage/vmware3.h, for the fields of version 3
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "storage/endian.h"

namespace storage {

inline constexpr std::uint32_t kCowdMagic = 0x44574F43;  // "COWD"
inline constexpr std::uint32_t kCowdHosted = 1;          // version: VMware 2, ESX
inline constexpr std::uint32_t kCowdVmware3 = 3;         // version
inline constexpr std::uint32_t kCowdProduct = 2;         // of version 3; Bochs knows no other

inline constexpr std::uint32_t kCowdRootFlag = 1U << 0;       // there is no parent
inline constexpr std::uint32_t kCowdCheckableFlag = 1U << 1;  // always set
inline constexpr std::uint32_t kCowdUnsureFlag = 1U << 2;     // the tables may be wrong
inline constexpr std::uint32_t kCowdKnownFlags = 7;

inline constexpr std::size_t kCowdParentName = 1024;  // bytes, with a NUL

// All places and sizes in sectors.
struct CowdHeader {
  Le32 magic;
  Le32 version;
  Le32 flags;
  Le32 capacity;  // of this file
  Le32 grain;     // "leaf" to VMware 2
  Le32 directory;
  Le32 tables;       // entries of the directory
  Le32 free_sector;  // where the next grain would go: a hint
  // A root's geometry. In a child its parent's name begins here: cowd_parent_name().
  Le32 cylinders;
  Le32 heads;
  Le32 sectors_per_track;
  std::array<std::uint8_t, kCowdParentName - 12> parent_rest = {};
  Le32 parent_generation;  // the parent's when this child was made
  Le32 generation;
  std::array<char, 60> name = {};
  std::array<char, 512> description = {};
  Le32 saved_generation;
  std::array<char, 8> drive_type = {};  // "ide" or "scsi"
  Le32 unclean;                         // version 1: not closed; version 3: number in the chain
  // Version 3: the disk that a chain of files makes up.
  Le32 chain_files;
  Le32 disk_cylinders;
  Le32 disk_heads;
  Le32 disk_sectors_per_track;
  Le32 disk_capacity;
  std::array<std::uint8_t, 8> unknown = {};
  Le32 product;
  std::array<std::uint8_t, 356> padding = {};
  // Ours, in what others leave zero: while a commit changes the parent's generation, or a child
  // changes its parent, the generation that will do as well as parent_generation.
  Le32 promise_mark;
  Le32 promised_generation;
};
static_assert(sizeof(CowdHeader) == 2048);
static_assert(offsetof(CowdHeader, cylinders) == 0x20);
static_assert(offsetof(CowdHeader, parent_generation) == 0x420);
static_assert(offsetof(CowdHeader, name) == 0x428);
static_assert(offsetof(CowdHeader, saved_generation) == 0x664);
static_assert(offsetof(CowdHeader, unclean) == 0x670);
static_assert(offsetof(CowdHeader, product) == 0x690);

inline constexpr std::uint32_t kCowdPromiseMark = 0x4E454750;  // "PGEN"

// Empty for a root.
std::string cowd_parent_name(const CowdHeader& header);
// Takes the place of a root's geometry. The name fits, with its NUL.
void set_cowd_parent_name(CowdHeader& header, std::string_view name);
// A text field up to its first NUL or its end.
template <std::size_t Size>
std::string cowd_text(const std::array<char, Size>& field) {
  const std::string_view all(field.data(), field.size());
  return std::string(all.substr(0, all.find('\0')));
}

}  // namespace storage
