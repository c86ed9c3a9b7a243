// Disk geometry: cylinders, heads, sectors per track, and the translations by which BIOSes squeeze
// a drive's geometry into the fields of INT 13h. Three geometries meet here: the image's (its
// header, if any), the drive's ("ATA", at most 16 heads: what IDENTIFY reports) and the BIOS's
// ("logical", at most 1024 cylinders). Which one an image was made under is found out in
// geometry_choice.h.
//
// [ATA-4]  T13/1153D, 6.2 (addressing), 8.12 (IDENTIFY DEVICE words 1, 3, 6, 54-58)
// [Bochs]  bios/rombios.c, ata_detect(): the translations as the ROM computes them
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace storage {

inline constexpr std::uint32_t kMaxAtaHeads = 16;
inline constexpr std::uint32_t kMaxTrackSectors = 63;          // INT 13h: six bits
inline constexpr std::uint32_t kMaxBiosCylinders = 1024;       // INT 13h: ten bits
inline constexpr std::uint32_t kMaxBiosHeads = 255;            // 256 hangs DOS
inline constexpr std::uint32_t kMaxIdentifyCylinders = 16383;  // word 1, [ATA-4] 8.12
inline constexpr std::uint32_t kMaxAtaCylinders = 65535;
inline constexpr std::uint64_t kMaxIdentifySectors = 16514064;  // 16383 x 16 x 63

// C/H/S as counts. All zero: the image states none.
struct Geometry {
  std::uint32_t cylinders = 0;
  std::uint32_t heads = 0;
  std::uint32_t sectors_per_track = 0;

  bool known() const { return cylinders != 0 && heads != 0 && sectors_per_track != 0; }
  std::uint64_t sector_count() const {
    return std::uint64_t{cylinders} * heads * sectors_per_track;
  }
  bool operator==(const Geometry&) const = default;
};

// An address: cylinder and head from 0, sector from 1.
struct Chs {
  std::uint32_t cylinder = 0;
  std::uint32_t head = 0;
  std::uint32_t sector = 0;
  bool operator==(const Chs&) const = default;
};

// nullopt when the address does not exist under this geometry.
std::optional<std::uint64_t> chs_to_lba(const Geometry& geometry, const Chs& chs);
// The geometry must be known; the cylinder may lie beyond its end.
Chs lba_to_chs(const Geometry& geometry, std::uint64_t lba);

// The codes are those of CMOS 39h/3Ah, two bits a drive.
enum class Translation : std::uint8_t { none = 0, lba = 1, large = 2, revised = 3 };

std::string_view name_of(Translation translation);

// What INT 13h shows of a drive with this geometry and this many sectors.
Geometry logical_geometry(Translation translation, const Geometry& ata,
                          std::uint64_t total_sectors);

// The rule by which the Bochs ROM's machine chooses when nothing is known of the disk's contents.
Translation automatic_translation(const Geometry& ata);

// The drive's geometry when nobody states one: 16 heads and 63 sectors, and as many cylinders as
// fit.
Geometry default_geometry(std::uint64_t total_sectors);
// As many whole cylinders of this shape as fit, at most what IDENTIFY can say; !known() when not
// even one.
Geometry shaped_geometry(std::uint64_t total_sectors, std::uint32_t heads,
                         std::uint32_t sectors_per_track);

}  // namespace storage
