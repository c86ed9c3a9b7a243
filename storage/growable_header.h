// The header of a growable image: two slots at the front of the index file, of which the valid one
// with the higher sequence number counts, and the identity block at the front of the cluster file.
// Internal to the driver. Layout: docs/formats/growable.md.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "storage/endian.h"
#include "storage/file.h"
#include "storage/geometry.h"
#include "storage/id_source.h"

namespace storage {

inline constexpr std::string_view kGrowableIndexMagic("GIDX\r\n\x1A\n", 8);
inline constexpr std::string_view kGrowableDataMagic("GDAT\r\n\x1A\n", 8);

inline constexpr std::uint32_t kNoCluster = 0xFFFFFFFF;    // unallocated: zeroes, or the parent's
inline constexpr std::uint32_t kZeroCluster = 0xFFFFFFFE;  // zeroes that hide the parent
inline constexpr std::uint64_t kMaxClusters = 0xFFFFFFFE;  // 0 .. FFFFFFFD
inline constexpr std::uint64_t kIndexUnit = 4096;          // bytes; what "initialised" counts
inline constexpr std::uint64_t kUnitWords = kIndexUnit / 4;
inline constexpr std::uint32_t kMaxClusterSectors = 4096;
inline constexpr std::uint32_t kMaxChunkClusters = 65536;
inline constexpr std::uint32_t kDefaultChunkClusters = 256;
inline constexpr std::uint32_t kDefaultClusterSectors = 8;
inline constexpr std::uint64_t kGrowableOffset = 4096;  // of both arrays, in images made here
inline constexpr std::uint64_t kMaxGrowableSectors = (std::uint64_t{1} << 48) - 1;

enum GrowableFeature : std::uint64_t {
  kHasParent = 1,          // incompatible
  kHasLinks = 1,           // read-only compatible
  kHasCounters = 1,        // compatible
  kHasPromisedParent = 2,  // compatible: a commit is giving the parent a new content id
};

struct GrowableHeader {
  std::array<char, 8> magic;
  Le16 major;
  Le16 minor;
  Le32 length;
  Le64 sequence;
  Le64 incompatible;
  Le64 read_only_compatible;
  Le64 compatible;
  Uuid pair;
  Le32 sector_bytes;
  Le32 cluster_sectors;
  Le32 word_bytes;
  Le32 index_offset;
  Le32 data_offset;
  Le32 chunk;  // clusters
  Le64 sectors;
  Le32 cylinders;
  Le32 heads;
  Le32 track_sectors;
  std::uint8_t geometry_origin;
  std::uint8_t translation;
  std::uint8_t fat_free;  // FatFree, for drives that do not say
  std::uint8_t zero1;
  Le64 next_free;
  Le64 clusters;
  Le64 used;
  Le64 free;
  Le32 state;  // 1: open for writing
  Le32 units;  // of the index that are initialised
  Le64 content_id;
  Le64 created;
  Le64 written;
  std::array<char, 32> creator;
  Le32 parent_check;  // low half of the parent's content id
  Le16 parent_name_length;
  Le16 zero2;
  std::array<char, 128> data_name;
  std::array<char, 160> parent_name;
  Le32 promised_check;  // the content id that the parent is being given
  Le32 crc;

  Geometry geometry() const { return {cylinders, heads, track_sectors}; }
  bool has_parent_words() const { return (incompatible & kHasParent) != 0; }
  std::string parent() const {
    return {parent_name.data(), has_parent_words() ? std::size_t{parent_name_length} : 0};
  }
  std::string data_file() const;
  std::uint64_t cluster_bytes() const { return std::uint64_t{cluster_sectors} * 512; }
  std::uint64_t logical_clusters() const {
    return (sectors + cluster_sectors - 1) / cluster_sectors;
  }
  // How many units an index for all of the disk has.
  std::uint64_t all_units() const { return (logical_clusters() + kUnitWords - 1) / kUnitWords; }

  void seal();  // computes the check sum
};
static_assert(sizeof(GrowableHeader) == 512);
static_assert(offsetof(GrowableHeader, units) == 148);
static_assert(offsetof(GrowableHeader, parent_check) == 208);
static_assert(offsetof(GrowableHeader, parent_name) == 344);

struct GrowableIdentity {
  std::array<char, 8> magic;
  Le16 major;
  Le16 minor;
  std::array<std::uint8_t, 36> zero1;
  Uuid pair;
  std::array<std::uint8_t, 444> zero2;
  Le32 crc;

  void seal();
};
static_assert(sizeof(GrowableIdentity) == 512);

struct GrowableSlots {
  GrowableHeader header;
  std::size_t slot = 0;      // where it is
  bool other_valid = false;  // the other slot's check sum is right
  bool read_only = false;    // it has features that forbid writing
};

// The slot that counts, every field checked. Throws ImageError.
GrowableSlots read_growable_header(File& index);
// Throws ImageError when the file is no cluster file, or another image's (unless `any_pair`).
void check_growable_identity(File& data, const GrowableHeader& header, bool any_pair);

// A bare file name: one component, nothing that another system takes for a path.
bool bare_file_name(std::string_view name);
// A relative name with slashes that leads beneath its folder.
bool inner_name(std::string_view name);

}  // namespace storage
