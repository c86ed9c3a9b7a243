#include "devices/floppy_media.h"

#include <algorithm>
#include <optional>

namespace devices {

namespace {

constexpr auto k250 = DataRate::kbps250;
constexpr auto k500 = DataRate::kbps500;
constexpr auto k1000 = DataRate::kbps1000;

// clang-format off
constexpr FloppyFormat kFormats[] = {
  {"160K",  40, 1,  8, k250,  FloppyDriveType::dd_5_25, 6, false},
  {"180K",  40, 1,  9, k250,  FloppyDriveType::dd_5_25, 7, false},
  {"320K",  40, 2,  8, k250,  FloppyDriveType::dd_5_25, 8, false},
  {"360K",  40, 2,  9, k250,  FloppyDriveType::dd_5_25, 1, false},
  {"720K",  80, 2,  9, k250,  FloppyDriveType::dd_3_5,  3, false},
  {"1.2M",  80, 2, 15, k500,  FloppyDriveType::hd_5_25, 2, true},
  {"1.44M", 80, 2, 18, k500,  FloppyDriveType::hd_3_5,  4, false},
  {"1.68M", 80, 2, 21, k500,  FloppyDriveType::hd_3_5,  4, false},  // DMF
  {"2.88M", 80, 2, 36, k1000, FloppyDriveType::ed_3_5,  5, false},
};
// clang-format on

std::uint16_t word_at(std::span<const std::uint8_t> bytes, std::size_t offset) {
  return static_cast<std::uint16_t>(bytes[offset] | bytes[offset + 1] << 8);
}

// BPB: 0Bh bytes per sector, 13h total sectors, 18h sectors per track, 1Ah heads. Some boot sectors
// hold code there, so everything must fit before any of it is believed.
std::optional<FloppyFormat> format_from_bpb(std::span<const std::uint8_t> sector,
                                            std::uint64_t sector_count) {
  if (sector.size() < 512 || word_at(sector, 0x0B) != 512) return std::nullopt;
  const unsigned total = word_at(sector, 0x13);
  const unsigned per_track = word_at(sector, 0x18);
  const unsigned heads = word_at(sector, 0x1A);
  if (total != sector_count || heads < 1 || heads > 2 || per_track < 8 ||
      per_track > kMaxFloppySectorsPerTrack || total % (heads * per_track) != 0) {
    return std::nullopt;
  }
  const unsigned cylinders = total / (heads * per_track);
  const bool forty = cylinders >= 35 && cylinders <= 43 && per_track <= 10;
  const bool eighty =
      cylinders >= 75 && cylinders <= kMaxFloppyCylinders - 2 && (heads == 2 || per_track <= 10);
  if (!forty && !eighty) return std::nullopt;

  for (const FloppyFormat& known : kFormats) {
    if (known.cylinders == cylinders && known.heads == heads &&
        known.sectors_per_track == per_track) {
      return known;
    }
  }
  FloppyFormat format;
  format.name = "custom";
  format.cylinders = static_cast<std::uint8_t>(cylinders);
  format.heads = static_cast<std::uint8_t>(heads);
  format.sectors_per_track = static_cast<std::uint8_t>(per_track);
  // How many sectors a track holds tells the density: 10 at 250 kbit/s, 24 at 500 with tight gaps.
  format.rate = per_track <= 10 ? k250 : per_track <= 24 ? k500 : k1000;
  format.drive = forty             ? FloppyDriveType::dd_5_25
                 : per_track <= 10 ? FloppyDriveType::dd_3_5
                 : per_track <= 24 ? FloppyDriveType::hd_3_5
                                   : FloppyDriveType::ed_3_5;
  format.cmos_type = static_cast<std::uint8_t>(format.drive);
  return format;
}

std::string refusal(std::uint64_t sector_count) {
  std::string names;
  for (const FloppyFormat& format : kFormats) {
    names += ' ';
    names += format.name;
  }
  return std::to_string(sector_count * 512) + " bytes (" + std::to_string(sector_count) +
         " sectors) is no floppy size; known are" + names;
}

}  // namespace

std::span<const FloppyFormat> floppy_formats() {
  return kFormats;
}

std::expected<FloppyFormat, std::string> detect_floppy_format(
    std::span<const std::uint8_t> first_sector, std::uint64_t sector_count) {
  if (const auto format = format_from_bpb(first_sector, sector_count)) return *format;
  const auto* const found = std::ranges::find_if(
      kFormats, [&](const FloppyFormat& format) { return format.sector_count() == sector_count; });
  if (found == std::end(kFormats)) return std::unexpected(refusal(sector_count));
  return *found;
}

}  // namespace devices
