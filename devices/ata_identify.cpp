// [ATA-4]  T13/1153D rev 18, 8.12 IDENTIFY DEVICE, table 11 (words); 8.12.46 (strings)
// [Bochs]  bios/rombios.c, ata_detect(): which words period firmware acts on (48: 32-bit transfers)
#include "devices/ata_identify.h"

#include <algorithm>
#include <string_view>

namespace devices {

namespace {

constexpr std::uint64_t kMaxLba28Sectors = 0x0FFFFFFF;
constexpr std::string_view kFirmware = "1.0";

class Words {
 public:
  void set(std::size_t word, std::uint32_t value) {
    sector_[2 * word] = static_cast<std::uint8_t>(value);
    sector_[2 * word + 1] = static_cast<std::uint8_t>(value >> 8);
  }
  void set_pair(std::size_t word, std::uint32_t value) {  // low word first
    set(word, value & 0xFFFF);
    set(word + 1, value >> 16);
  }
  // The first character goes into the high byte; the rest is padded with spaces.
  void set_text(std::size_t word, std::size_t words, std::string_view text) {
    for (std::size_t i = 0; i < 2 * words; ++i) {
      const char c = i < text.size() ? text[i] : ' ';
      const bool fits = c >= 0x20 && c < 0x7F;
      sector_[2 * word + (i ^ 1)] = static_cast<std::uint8_t>(fits ? c : ' ');
    }
  }
  const AtaSector& sector() const { return sector_; }

 private:
  AtaSector sector_{};
};

// Word 1 says no more than 16383; a longer drive has its other cylinders all the same.
std::uint32_t reported_cylinders(const storage::Geometry& geometry, bool as_at_power_on) {
  return std::min(geometry.cylinders,
                  as_at_power_on ? storage::kMaxIdentifyCylinders : storage::kMaxAtaCylinders);
}

}  // namespace

AtaSector identify_sector(const AtaIdentity& identity) {
  const storage::Geometry& fixed = identity.geometry;
  storage::Geometry current = identity.current;
  current.cylinders = reported_cylinders(current, current == fixed);
  Words words;
  words.set(0, 0x0040);  // fixed disk
  words.set(1, reported_cylinders(fixed, true));
  words.set(3, fixed.heads);
  words.set(4, fixed.sectors_per_track * storage::kSectorSize);
  words.set(5, storage::kSectorSize);
  words.set(6, fixed.sectors_per_track);
  words.set_text(10, 10, identity.serial);
  words.set(20, 3);   // buffer: dual ported with look-ahead
  words.set(21, 16);  // of 16 sectors
  words.set(22, 4);   // ECC bytes of READ LONG
  words.set_text(23, 4, kFirmware);
  words.set_text(27, 20, identity.model);
  words.set(47, 0x8010);  // 16 sectors a block at most
  words.set(48, 1);       // 32-bit data port access
  words.set(49, 0x0200);  // LBA, no DMA
  words.set(51, 0x0200);  // PIO mode 2
  words.set(52, 0x0200);
  words.set(53, 1);  // 54-58 are valid
  words.set(54, current.cylinders);
  words.set(55, current.heads);
  words.set(56, current.sectors_per_track);
  words.set_pair(57, static_cast<std::uint32_t>(current.sector_count()));
  words.set(59, 0x0100U | identity.multiple);
  words.set_pair(60, static_cast<std::uint32_t>(std::min(identity.sector_count, kMaxLba28Sectors)));
  words.set(80, 0x003E);  // ATA-1 to ATA-5
  words.set(82, 0x0020);  // write cache
  words.set(83, 0x4000);
  words.set(84, 0x4000);
  words.set(85, identity.write_cache ? 0x0020 : 0);
  words.set(87, 0x4000);
  return words.sector();
}

}  // namespace devices
