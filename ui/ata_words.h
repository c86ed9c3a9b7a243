// A command of a drive's log in words: its sectors, its outcome, what it asks for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "devices/ata_log.h"
#include "storage/geometry.h"

namespace ui {

struct AtaSectors {
  std::uint64_t lba = 0;
  unsigned count = 0;
  bool dma = false;
};
// What a command reads, writes or verifies; nothing: it addresses no sectors, or none that exists.
// CHS by `geometry`. [ATA-4] 7.7
std::optional<AtaSectors> sectors_of(const devices::AtaLogEntry& entry,
                                     const storage::Geometry& geometry);

// "50", "51 ABRT"
std::string ata_status_words(const devices::AtaLogEntry& entry);

// What a command without sectors asks for by its other registers: "63 sectors, 16 heads", "block
// of 16"; empty: its name says it all.
std::string ata_command_words(const devices::AtaLogEntry& entry);

}  // namespace ui
