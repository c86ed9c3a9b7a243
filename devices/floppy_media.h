// Floppy media: the formats of PC diskettes, which one an image is, and which drive it wants.
// [FDC] Intel 82077AA data sheet, data rates; [CMOS] byte 10h as IBM and, for 6-8, Bochs fill it.
// An image carries data fields only: sectors of 512 bytes in MFM, all tracks alike. Not
// represented: FM, other sector sizes, copy protections.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>

namespace devices {

// As software writes it to bits 1-0 of 3F7h.
enum class DataRate : std::uint8_t { kbps500 = 0, kbps300 = 1, kbps250 = 2, kbps1000 = 3 };
constexpr unsigned kilobits(DataRate rate) {
  constexpr unsigned table[] = {500, 300, 250, 1000};
  return table[static_cast<unsigned>(rate) & 3U];
}

// The drive, as CMOS byte 10h names it.
enum class FloppyDriveType : std::uint8_t {
  none = 0,
  dd_5_25 = 1,  // 360K
  hd_5_25 = 2,  // 1.2M
  dd_3_5 = 3,   // 720K
  hd_3_5 = 4,   // 1.44M
  ed_3_5 = 5    // 2.88M
};

struct FloppyFormat {
  std::string_view name;  // "1.44M"; "custom" when only the BPB knows it
  std::uint8_t cylinders = 0;
  std::uint8_t heads = 0;
  std::uint8_t sectors_per_track = 0;
  DataRate rate = DataRate::kbps500;
  FloppyDriveType drive = FloppyDriveType::none;  // the drive made for it
  std::uint8_t cmos_type = 0;  // for a ROM that takes CMOS 10h as the medium: 6-8 = 160K 180K 320K
  bool fast_spindle = false;   // recorded at 360 rpm rather than 300

  std::uint32_t sector_count() const {
    return std::uint32_t{cylinders} * heads * sectors_per_track;
  }
  // A double-density disk is read at 250 kbit/s in its own drive and at 300 in a 1.2M drive.
  bool readable_at(DataRate selected) const {
    return selected == rate || (rate == DataRate::kbps250 && selected == DataRate::kbps300);
  }
};

inline constexpr unsigned kMaxFloppyCylinders = 86;
inline constexpr unsigned kMaxFloppySectorsPerTrack = 48;
inline constexpr unsigned kMaxFloppySectors = kMaxFloppyCylinders * 2 * kMaxFloppySectorsPerTrack;

std::span<const FloppyFormat> floppy_formats();

// The format of an image of `sector_count` sectors whose first one is given. A BPB decides when it
// is plausible and agrees with the size; else the size does. The error says what is wrong, without
// the file's name.
std::expected<FloppyFormat, std::string> detect_floppy_format(
    std::span<const std::uint8_t> first_sector, std::uint64_t sector_count);

// Cylinders that the drive's head can reach on its own medium: 40 or 80.
constexpr unsigned nominal_cylinders(FloppyDriveType type) {
  return type == FloppyDriveType::dd_5_25 ? 40 : 80;
}

}  // namespace devices
