// What stands in a VHD's footer and dynamic header, and the rules that read a disk's size and
// geometry out of them. All integers are big-endian, all places are bytes unless said otherwise.
//
// [VHD1]     Microsoft, Virtual Hard Disk Image Format Specification 1.0 (2006)
// [libvhdi]  Joachim Metz, Virtual Hard Disk (VHD) image format specification
// [QEMU]     block/vpc.c: which creators' disks are as large as their geometry
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "storage/endian.h"
#include "storage/file.h"
#include "storage/geometry.h"
#include "storage/id_source.h"

namespace storage {

inline constexpr std::uint64_t kMaxVhdSectors = 0xFF000000;  // 2040 GiB, [VHD1] "Hard Disk Size"
inline constexpr std::uint64_t kMaxVhdEntries = std::uint64_t{1} << 24;
inline constexpr std::uint64_t kMinVhdBlock = 4096;
inline constexpr std::uint64_t kMaxVhdBlock = std::uint64_t{256} << 20;
inline constexpr std::uint64_t kVhdBlock = std::uint64_t{2} << 20;
inline constexpr std::uint64_t kMaxVhdFileSectors = 0xFFFFFFFE;  // a BAT entry is 32 bits
inline constexpr std::uint32_t kNoVhdBlock = 0xFFFFFFFF;
inline constexpr std::int64_t kVhdEpoch = 946684800;  // 2000-01-01 in Unix time

inline constexpr std::string_view kVhdCookie = "conectix";
inline constexpr std::string_view kVhdSparseCookie = "cxsparse";

enum class VhdType : std::uint8_t { fixed = 2, dynamic = 3, differencing = 4 };
std::string_view name_of(VhdType type);

struct VhdFooter {
  std::array<char, 8> cookie = {};
  Be32 features;
  Be32 version;
  Be64 header_at;  // of the dynamic header; fixed: all ones
  Be32 time_stamp;
  std::array<char, 4> creator = {};
  Be32 creator_version;
  std::array<char, 4> host = {};
  Be64 original_size;
  Be64 current_size;
  Be16 cylinders;
  std::uint8_t heads = 0;
  std::uint8_t sectors_per_track = 0;
  Be32 type;
  Be32 checksum;
  Uuid id = {};
  std::uint8_t saved_state = 0;
  // Ours, zero in everybody else's: while a commit gives the parent a new id, its child accepts
  // this one too.
  std::array<char, 8> promise = {};
  Uuid promised_id = {};
  std::array<std::uint8_t, 403> reserved = {};

  std::string_view creator_text() const { return {creator.data(), creator.size()}; }
  std::optional<Uuid> promised() const;
  void set_promise(const std::optional<Uuid>& id);
};
static_assert(sizeof(VhdFooter) == 512);

struct VhdLocator {
  std::array<char, 4> code = {};
  Be32 space;  // sectors by [VHD1], bytes by everybody who writes it
  Be32 length;
  Be32 reserved;
  Be64 at;

  std::string_view code_text() const { return {code.data(), code.size()}; }
};
static_assert(sizeof(VhdLocator) == 24);

struct VhdHeader {
  std::array<char, 8> cookie = {};
  Be64 next;
  Be64 bat_at;
  Be32 version;
  Be32 entries;
  Be32 block_size;
  Be32 checksum;
  Uuid parent_id = {};
  Be32 parent_time;
  Be32 reserved;
  std::array<Be16, 256> parent_name = {};
  std::array<VhdLocator, 8> locators = {};
  std::array<std::uint8_t, 256> padding = {};
};
static_assert(sizeof(VhdHeader) == 1024);

// One's complement of the sum of all bytes but the checksum's own.
std::uint32_t vhd_checksum(const VhdFooter& footer);
std::uint32_t vhd_checksum(const VhdHeader& header);
// Whether the cookie is there; and whether the checksum is right too.
bool looks_like_vhd(const VhdFooter& footer);
bool is_valid(const VhdFooter& footer);

// The rule all creators share; never more than `sectors`, except for the smallest of disks.
Geometry vhd_geometry(std::uint64_t sectors);
// The smallest size of at least so many sectors that is a whole number of cylinders by that rule.
std::uint64_t round_to_vhd_geometry(std::uint64_t sectors);
Geometry geometry_of(const VhdFooter& footer);
void set_geometry(VhdFooter& footer, const Geometry& geometry);
// With heads and sectors that a drive can have.
bool is_drive_geometry(const Geometry& geometry);

// Which of the two sizes in a footer is the disk's.
enum class VhdSizeRule : std::uint8_t { by_creator, current, chs };
std::uint64_t sectors_of(const VhdFooter& footer, VhdSizeRule rule);

// "Virtual PC 5.3" for a creator's four letters and version.
std::string creator_of(const VhdFooter& footer);

// Whether the type and the version are known, and the rest makes a disk. Throws ImageError.
VhdType require_known(const File& file, std::uint64_t at, const VhdFooter& footer);

// A dynamic header in range: what the block table needs.
struct VhdTable {
  std::uint64_t sectors = 0;  // of the disk
  std::uint64_t bat_at = 0;
  std::uint64_t entries = 0;
  std::uint64_t block_sectors = 0;

  std::uint64_t blocks() const { return (sectors + block_sectors - 1) / block_sectors; }
  // The sector bitmap fills whole sectors.
  std::uint64_t bitmap_sectors() const { return (block_sectors + 4095) / 4096; }
  std::uint64_t place_sectors() const { return bitmap_sectors() + block_sectors; }
  std::uint64_t bat_sectors() const { return (entries * 4 + 511) / 512; }
  // Sectors of the block that belong to the disk.
  std::uint64_t sectors_in(std::uint64_t block) const {
    const std::uint64_t rest = sectors - block * block_sectors;
    return rest < block_sectors ? rest : block_sectors;
  }
};
// Throws ImageError. `file_size`: as far as the table may reach.
VhdTable table_of(const File& file, std::uint64_t at, const VhdHeader& header,
                  std::uint64_t sectors);

}  // namespace storage
