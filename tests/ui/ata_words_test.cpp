// What the ATA log says of a command beside its name.
#include "ui/ata_words.h"

#include "tests/catch.hpp"

using devices::AtaLogEntry;

namespace {

constexpr storage::Geometry kGeometry = {1040, 16, 63};

}  // namespace

TEST_CASE("ata words: sectors are found by LBA and by CHS, and none where none are addressed",
          "[ui]") {
  AtaLogEntry read;
  read.opcode = 0x20;
  read.device = 0xE1;  // LBA 27-24 is 1
  read.cylinder_high = 0x02;
  read.cylinder_low = 0x03;
  read.sector = 0x04;
  read.count = 0;
  const auto by_lba = ui::sectors_of(read, kGeometry);
  REQUIRE(by_lba);
  CHECK(by_lba->lba == 0x1020304);
  CHECK(by_lba->count == 256);
  CHECK_FALSE(by_lba->dma);

  read.opcode = 0xC8;  // READ DMA
  read.device = 0xA1;  // head 1
  read.cylinder_high = 0;
  read.cylinder_low = 2;
  read.sector = 1;
  read.count = 8;
  const auto by_chs = ui::sectors_of(read, kGeometry);
  REQUIRE(by_chs);
  CHECK(by_chs->lba == (2 * 16 + 1) * 63);
  CHECK(by_chs->count == 8);
  CHECK(by_chs->dma);

  read.sector = 0;  // sectors of a track begin with 1
  CHECK_FALSE(ui::sectors_of(read, kGeometry));
  read.opcode = 0xEC;
  CHECK_FALSE(ui::sectors_of(read, kGeometry));
}

TEST_CASE("ata words: a command's other registers and its end are told in words", "[ui]") {
  AtaLogEntry entry;
  entry.opcode = 0x91;
  entry.count = 63;
  entry.device = 0xAF;
  CHECK(ui::ata_command_words(entry) == "63 sectors, 16 heads");
  entry.opcode = 0xC6;
  entry.count = 16;
  CHECK(ui::ata_command_words(entry) == "block of 16");
  entry.opcode = 0xEF;
  entry.features = 0x5C;
  CHECK(ui::ata_command_words(entry) == "subcommand 5Ch unknown");
  entry.features = 0x03;
  entry.count = 0x0C;
  CHECK(ui::ata_command_words(entry) == "transfer mode 0Ch");
  entry.opcode = 0x20;
  CHECK(ui::ata_command_words(entry).empty());

  entry.status = 0x50;
  entry.error = 0x04;  // left over: the error register counts with ERR only
  CHECK(ui::ata_status_words(entry) == "50");
  entry.status = 0x51;
  CHECK(ui::ata_status_words(entry) == "51 ABRT");
}
