#include "ui/ata_words.h"

#include <array>
#include <utility>

#include "devices/ata_registers.h"
#include "ui/widgets.h"

namespace ui {

namespace {

namespace ata = devices::ata;

bool by_dma(std::uint8_t opcode) {
  return opcode == 0xC8 || opcode == 0xCA || opcode == 0x25 || opcode == 0x35;
}

bool addresses_sectors(std::uint8_t opcode) {
  return by_dma(opcode) || (opcode & 0xF0) == 0x20 || (opcode & 0xF0) == 0x30 ||
         (opcode & 0xF0) == 0x40 || opcode == 0xC4 || opcode == 0xC5;
}

// [ATA-4] 8.37, table 28
std::string feature_words(std::uint8_t feature) {
  constexpr std::array<std::pair<std::uint8_t, const char*>, 7> names = {
      {{ata::kEnableWriteCache, "write cache on"},
       {ata::kSetTransferMode, "transfer mode"},
       {ata::kDisableLookAhead, "look-ahead off"},
       {ata::kDisableRevert, "settings survive a soft reset"},
       {ata::kDisableWriteCache, "write cache off"},
       {ata::kEnableLookAhead, "look-ahead on"},
       {ata::kEnableRevert, "a soft reset takes settings back"}}};
  for (const auto& [value, name] : names) {
    if (value == feature) return name;
  }
  return "subcommand " + hex(feature, 2) + "h unknown";
}

}  // namespace

std::optional<AtaSectors> sectors_of(const devices::AtaLogEntry& entry,
                                     const storage::Geometry& geometry) {
  if (!addresses_sectors(entry.opcode)) return std::nullopt;
  const std::uint32_t head = entry.device & ata::kDeviceHead;
  const std::uint32_t cylinder =
      entry.cylinder_low | static_cast<std::uint32_t>(entry.cylinder_high) << 8;
  std::optional<std::uint64_t> lba;
  if ((entry.device & ata::kDeviceLba) != 0) {
    lba = std::uint64_t{head} << 24 | std::uint64_t{cylinder} << 8 | entry.sector;
  } else {
    lba = chs_to_lba(geometry, {.cylinder = cylinder, .head = head, .sector = entry.sector});
  }
  if (!lba) return std::nullopt;
  return AtaSectors{*lba, entry.count == 0 ? 256U : entry.count, by_dma(entry.opcode)};
}

std::string ata_status_words(const devices::AtaLogEntry& entry) {
  constexpr std::array<std::pair<std::uint8_t, const char*>, 6> names = {{{0x80, "BBK"},
                                                                          {0x40, "UNC"},
                                                                          {0x10, "IDNF"},
                                                                          {0x04, "ABRT"},
                                                                          {0x02, "TKONF"},
                                                                          {0x01, "AMNF"}}};
  std::string out = hex(entry.status, 2);
  if ((entry.status & ata::kStatusErr) == 0) return out;
  for (const auto& [bit, name] : names) {
    if ((entry.error & bit) != 0) out += std::string(" ") + name;
  }
  return out;
}

std::string ata_command_words(const devices::AtaLogEntry& entry) {
  switch (entry.opcode) {
    case 0x91:  // INITIALIZE DEVICE PARAMETERS, [ATA-4] 8.16
      return print("%u sectors, %u heads", unsigned{entry.count},
                   (entry.device & ata::kDeviceHead) + 1U);
    case 0xA1:
      return "packet drive data";
    case 0xC6:
      return entry.count == 0 ? "no blocks" : print("block of %u", unsigned{entry.count});
    case 0xEC:
      return "drive data";
    case 0xEF: {
      const std::string words = feature_words(entry.features);
      return entry.features == ata::kSetTransferMode ? words + " " + hex(entry.count, 2) + "h"
                                                     : words;
    }
    default:
      return "";
  }
}

}  // namespace ui
