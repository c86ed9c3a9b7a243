// The headers of sparse extents, read and checked: the hosted kind ("KDMV") and ESX's ("COWD",
// cowd_shape.cpp).
//
// [VDF]      VMware, Virtual Disk Format 1.1, "Hosted Sparse Extents" and "ESX Server Sparse
//            Extents"
// [libvmdk]  Joachim Metz, VMware Virtual Disk (VMDK) file format specification
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "storage/endian.h"
#include "storage/file.h"

namespace storage {

inline constexpr std::uint64_t kMaxVmdkGrain = 0x200000;  // sectors
inline constexpr std::uint64_t kMaxVmdkTables = std::uint64_t{1} << 20;
inline constexpr std::uint64_t kMaxVmdkFileSectors = 0xFFFFFFFF;  // pointers are 32 bits
inline constexpr std::uint64_t kMaxVmdkSparse = std::uint64_t{1} << 32;

inline constexpr std::uint32_t kVmdkMagic = 0x564D444B;  // "KDMV"
inline constexpr std::uint64_t kSeSparseMagic = 0xCAFEBABE;

inline constexpr std::uint32_t kVmdkNewlineFlag = 1U << 0;
inline constexpr std::uint32_t kVmdkRedundantFlag = 1U << 1;
inline constexpr std::uint32_t kVmdkZeroGrainFlag = 1U << 2;
inline constexpr std::uint32_t kVmdkCompressedFlag = 1U << 16;
inline constexpr std::uint32_t kVmdkMarkersFlag = 1U << 17;

inline constexpr std::uint64_t kVmdkFooter = ~std::uint64_t{0};  // gd: see the footer
inline constexpr std::array<std::uint8_t, 4> kVmdkNewline = {'\n', ' ', '\r', '\n'};
inline constexpr std::uint32_t kZeroGrain = 1;  // a table entry, where the flag allows it
inline constexpr std::uint32_t kHostedEntries = 512;
inline constexpr std::uint32_t kEsxEntries = 4096;

// [VDF] SparseExtentHeader; all places and sizes in sectors.
struct VmdkHeader {
  Le32 magic;
  Le32 version;
  Le32 flags;
  Le64 capacity;
  Le64 grain;
  Le64 descriptor_at;
  Le64 descriptor_size;
  Le32 table_entries;
  Le64 redundant_directory;
  Le64 directory;
  Le64 overhead;
  std::uint8_t unclean = 0;
  std::array<std::uint8_t, 4> newline = {};
  Le16 compression;
  std::array<std::uint8_t, 433> padding = {};
};
static_assert(sizeof(VmdkHeader) == 512);

// What stands between the parts of a stream: 512-byte aligned. What follows a grain's twelve bytes
// is its data at once.
struct VmdkMarker {
  Le64 value;  // grain: its first sector; others: sectors that follow
  Le32 size;   // grain: bytes of data; others: 0
  Le32 type;   // others
};
inline constexpr std::size_t kGrainMarkerBytes = 12;
enum class VmdkMarkerType : std::uint32_t { end = 0, table = 1, directory = 2, footer = 3 };

// What a header says, with everything in range.
struct VmdkShape {
  bool esx = false;  // the header is a CowdHeader, VMware 2's and 3's too
  std::uint32_t version = 1;
  std::uint64_t capacity = 0;  // sectors
  std::uint64_t grain = 128;
  std::uint32_t entries = kHostedEntries;  // of a table
  std::uint64_t tables = 0;                // entries of a directory
  std::vector<std::uint64_t> directories;  // where they are: the one to believe first, its copy
  std::uint64_t overhead = 0;              // no grain lies below this sector
  std::uint64_t descriptor_at = 0;
  std::uint64_t descriptor_size = 0;
  bool zero_grains = false;  // entries may be kZeroGrain
  bool compressed = false;
  bool markers = false;
  bool unclean = false;
  bool may_write = true;  // false: something here is not understood well enough
  bool end_lost = false;  // of a stream: there is no footer, so no directory is known

  std::uint64_t grains() const { return (capacity + grain - 1) / grain; }
  std::uint64_t table_sectors() const { return (std::uint64_t{entries} * 4 + 511) / 512; }
  std::uint64_t directory_sectors() const { return (tables * 4 + 511) / 512; }
  // Sectors of a grain that belong to the disk: the last one may stick out.
  std::uint64_t grain_size(std::uint64_t number) const {
    const std::uint64_t rest = capacity - number * grain;
    return rest < grain ? rest : grain;
  }
};

enum class VmdkStreamEnd : std::uint8_t { required, may_be_lost };

// Both throw ImageError. A hosted header of capacity 0 holds a descriptor and nothing else; its
// shape has no tables.
VmdkShape read_hosted_shape(File& file, VmdkStreamEnd end = VmdkStreamEnd::required);
// `entries`: of a table, where it is known; the file does not say.
VmdkShape read_cowd_shape(File& file, std::optional<std::uint32_t> entries = {});
// The first four bytes decide which of the two.
VmdkShape read_sparse_shape(File& file);

// Whole sectors; a last incomplete one counts.
std::uint64_t file_sectors(const File& file);

}  // namespace storage
