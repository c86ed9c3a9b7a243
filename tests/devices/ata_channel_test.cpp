// The ATA channel: selection, interrupts, resets and absent drives.
#include "tests/devices/ata_rig.h"

using storage::MemoryDevice;
using support::AtaHost;
using support::Bytes;
using support::pattern;

namespace {

std::string text(const std::vector<std::uint16_t>& words, std::size_t first, std::size_t count) {
  std::string found;
  for (std::size_t i = first; i < first + count; ++i) {
    found += static_cast<char>(words[i] >> 8);
    found += static_cast<char>(words[i] & 0xFF);
  }
  return found;
}

}  // namespace

TEST_CASE("ata: IDENTIFY says what the image is", "[devices][ata]") {
  AtaRig rig;
  const int before = rig.irq.edges;
  const auto words = rig.identify();
  REQUIRE(words.size() == 256);
  REQUIRE(rig.irq.edges == before + 1);
  REQUIRE(words[0] == 0x0040);
  REQUIRE(words[1] == 130);
  REQUIRE(words[3] == 16);
  REQUIRE(words[4] == 512 * 63);
  REQUIRE(words[5] == 512);
  REQUIRE(words[6] == 63);
  REQUIRE(text(words, 10, 10) == "TEST0001            ");
  REQUIRE(words[20] == 3);
  REQUIRE(words[22] == 4);
  REQUIRE(text(words, 27, 20) == "Test disk                               ");
  REQUIRE(words[47] == 0x8010);
  REQUIRE(words[48] == 1);
  REQUIRE(words[49] == 0x0200);
  REQUIRE(words[51] == 0x0200);
  REQUIRE(words[53] == 1);
  REQUIRE(words[54] == 130);
  REQUIRE(words[55] == 16);
  REQUIRE(words[56] == 63);
  REQUIRE((words[57] | words[58] << 16) == 130 * 16 * 63);
  REQUIRE(words[59] == 0x0100);
  REQUIRE((words[60] | words[61] << 16) == kAtaSectors);
  REQUIRE(words[63] == 0);
  REQUIRE(words[80] == 0x003E);
  REQUIRE((words[83] & 0xC400) == 0x4000);
  REQUIRE(words[88] == 0);
}

TEST_CASE("ata: IDENTIFY stops where its fields do", "[devices][ata]") {
  MemoryDevice disk({}, 0x20000000);  // 256 GiB
  AtaHost host;
  host.attach(0, disk, {65535, 16, 63});
  const auto words = host.identify();
  REQUIRE(words[1] == 16383);
  REQUIRE(words[54] == 16383);
  REQUIRE((words[57] | words[58] << 16) == 16514064);
  REQUIRE((words[60] | words[61] << 16) == 0x0FFFFFFF);
  // Cylinders beyond are there all the same.
  host.address_chs(0, 40000, 0, 1, 1);
  REQUIRE(host.command(0x40) == 0x50);
}

TEST_CASE("ata: INITIALIZE PARAMETERS changes CHS addressing and words 54-58 only",
          "[devices][ata]") {
  AtaRig rig;
  REQUIRE(rig.first.write(8 * 63, pattern(4)) == storage::IoStatus::ok);
  rig.out(6, 0xA7);
  rig.out(2, 63);
  const int before = rig.irq.edges;
  REQUIRE(rig.command(0x91) == 0x50);
  REQUIRE(rig.irq.edges == before + 1);
  const auto words = rig.identify();
  REQUIRE(words[1] == 130);
  REQUIRE(words[3] == 16);
  REQUIRE(words[54] == kAtaSectors / (8 * 63));
  REQUIRE(words[55] == 8);
  REQUIRE(words[56] == 63);
  REQUIRE((words[57] | words[58] << 16) == kAtaSectors / 504 * 504);
  REQUIRE((words[60] | words[61] << 16) == kAtaSectors);
  rig.address_chs(0, 1, 0, 1, 1);
  REQUIRE(rig.command(0x20) == 0x58);
  REQUIRE(rig.read_block(512) == pattern(4));
  rig.address_chs(0, 0, 8, 1, 1);
  REQUIRE(rig.command(0x20) == 0x51);
  REQUIRE(rig.in(1) == 0x10);
  // A software reset brings the old shape back.
  rig.control(0x04);
  rig.control(0x00);
  rig.wait_not_busy();
  REQUIRE(rig.identify()[55] == 16);
}

TEST_CASE("ata: INITIALIZE PARAMETERS with no sectors leaves LBA only", "[devices][ata]") {
  AtaRig rig;
  rig.out(6, 0xAF);
  rig.out(2, 0);
  REQUIRE(rig.command(0x91) == 0x51);
  REQUIRE(rig.in(1) == 0x04);
  const auto words = rig.identify();
  REQUIRE(words[54] == 0);
  REQUIRE(words[56] == 0);
  REQUIRE(words[57] == 0);
  rig.address_chs(0, 0, 0, 1, 1);
  REQUIRE(rig.command(0x20) == 0x51);
  REQUIRE(rig.in(1) == 0x04);
  rig.address_lba(0, 0, 1);
  REQUIRE(rig.command(0x20) == 0x58);
}

TEST_CASE("ata: settings survive a software reset when feature 66h says so", "[devices][ata]") {
  AtaRig rig;
  const bool keep = GENERATE(false, true);
  rig.out(1, keep ? 0x66 : 0xCC);
  REQUIRE(rig.command(0xEF) == 0x50);
  rig.out(6, 0xA7);
  rig.out(2, 63);
  REQUIRE(rig.command(0x91) == 0x50);
  rig.out(2, 8);
  REQUIRE(rig.command(0xC6) == 0x50);
  rig.control(0x04);
  rig.control(0x00);
  rig.wait_not_busy();
  auto words = rig.identify();
  REQUIRE(words[55] == (keep ? 8 : 16));
  REQUIRE(words[59] == (keep ? 0x108 : 0x100));
  rig.channel.reset();
  rig.pass(1000);
  words = rig.identify();
  REQUIRE(words[55] == 16);
  REQUIRE(words[59] == 0x100);
}

TEST_CASE("ata: SET FEATURES knows its subcommands and aborts the rest", "[devices][ata]") {
  AtaRig rig;
  for (unsigned feature = 0; feature < 256; ++feature) {
    if (feature == 3) continue;
    const bool known = feature == 0x02 || feature == 0x55 || feature == 0x66 || feature == 0x82 ||
                       feature == 0xAA || feature == 0xCC;
    rig.out(1, feature);
    CAPTURE(feature);
    REQUIRE(rig.command(0xEF) == (known ? 0x50 : 0x51));
    REQUIRE(rig.in(1) == (known ? 0 : 4));
  }
  for (unsigned mode = 0; mode < 256; ++mode) {
    rig.out(1, 3);
    rig.out(2, mode);
    const bool pio = mode <= 1 || (mode >= 8 && mode <= 0x0C);
    REQUIRE(rig.command(0xEF) == (pio ? 0x50 : 0x51));
  }
}

TEST_CASE("ata: whatever is no command is aborted with an interrupt", "[devices][ata]") {
  AtaRig rig;
  const auto known = [](unsigned code) {
    if (code >= 0x10 && code <= 0x1F) return true;
    if (code >= 0x70 && code <= 0x7F) return true;
    for (const unsigned one : std::initializer_list<unsigned>{
             0x20, 0x21, 0x22, 0x23, 0x30, 0x31, 0x32, 0x33, 0x3C, 0x40, 0x41, 0x90,
             0x91, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0xC4, 0xC5, 0xC6, 0xE0, 0xE1,
             0xE2, 0xE3, 0xE4, 0xE5, 0xE6, 0xE7, 0xE8, 0xEC, 0xEF, 0xF8, 0xF9}) {
      if (code == one) return true;
    }
    return false;
  };
  int aborted = 0;
  for (unsigned code = 0; code < 256; ++code) {
    REQUIRE(devices::AtaDrive::command_name(static_cast<std::uint8_t>(code)).empty() !=
            known(code));
    if (known(code)) continue;
    rig.in(7);
    const int before = rig.irq.edges;
    CAPTURE(code);
    REQUIRE(rig.command(code) == 0x51);
    REQUIRE(rig.in(1) == 4);
    REQUIRE(rig.irq.edges == before + 1);
    ++aborted;
  }
  REQUIRE(aborted == 256 - 32 - 35);
  REQUIRE(rig.command(0x10) == 0x50);  // the next good command clears the error
  REQUIRE(rig.in(1) == 0);
}

TEST_CASE("ata: non-data commands end ready with one interrupt", "[devices][ata]") {
  AtaRig rig;
  const unsigned opcode = GENERATE(0x10U, 0x1FU, 0x70U, 0x7FU, 0x94U, 0x95U, 0x96U, 0x97U, 0xE0U,
                                   0xE1U, 0xE2U, 0xE3U, 0xE7U, 0xF8U);
  rig.address_chs(0, 5, 1, 1, 0);
  const int before = rig.irq.edges;
  REQUIRE(rig.command(opcode) == 0x50);
  rig.pass(1000);
  REQUIRE(rig.irq.edges == before + 1);
  REQUIRE(rig.in(7) == 0x50);
  REQUIRE_FALSE(rig.irq.level);
  if (opcode < 0x20) REQUIRE(rig.in(4) == 0);
}

TEST_CASE("ata: nIEN hides an interrupt and keeps it", "[devices][ata]") {
  AtaRig rig;
  rig.control(0x0A);
  REQUIRE(rig.command(0x10) == 0x50);
  REQUIRE_FALSE(rig.irq.level);
  rig.control(0x08);
  REQUIRE(rig.irq.level);
  rig.control(0x0A);
  REQUIRE_FALSE(rig.irq.level);
  rig.in(7);  // acknowledged while hidden
  rig.control(0x08);
  REQUIRE_FALSE(rig.irq.level);
}

TEST_CASE("ata: an interrupt falls by status, by a new command and by SRST, not by the alternate",
          "[devices][ata]") {
  AtaRig rig;
  rig.command(0x10);
  rig.alternate();
  REQUIRE(rig.irq.level);
  rig.in(7);
  REQUIRE_FALSE(rig.irq.level);
  rig.command(0x10);
  rig.out(7, 0x10);
  REQUIRE_FALSE(rig.irq.level);
  rig.wait_not_busy();
  REQUIRE(rig.irq.level);
  rig.control(0x04);
  REQUIRE_FALSE(rig.irq.level);
}

TEST_CASE("ata: selecting the other drive hides the interrupt of the first", "[devices][ata]") {
  AtaRig rig(true);
  rig.command(0x10);
  REQUIRE(rig.irq.level);
  rig.out(6, 0xB0);
  REQUIRE_FALSE(rig.irq.level);
  REQUIRE(rig.in(7) == 0x50);  // drive 1's status does not acknowledge drive 0
  rig.out(6, 0xA0);
  REQUIRE(rig.irq.level);
}

TEST_CASE("ata: registers are written on both drives and read from the selected one",
          "[devices][ata]") {
  AtaRig rig(true);
  rig.address_lba(0, 0x123456, 7);
  rig.out(6, 0xF0);
  REQUIRE(rig.in(2) == 7);
  REQUIRE(rig.in(3) == 0x56);
  REQUIRE(rig.in(6) == 0xF0);
  // A command changes those of its own drive.
  REQUIRE(rig.command(0xF8) == 0x50);
  REQUIRE(rig.in(3) == ((81855 - 1) & 0xFF));
  rig.out(6, 0xE0);
  REQUIRE(rig.in(3) == 0x56);
}

TEST_CASE("ata: both drives work, each on its own image", "[devices][ata]") {
  AtaRig rig(true);
  rig.address_lba(0, 3, 1);
  REQUIRE(rig.command(0x30) == 0x58);
  rig.write_block(pattern(1));
  REQUIRE(rig.wait_not_busy() == 0x50);
  rig.address_lba(1, 3, 1);
  REQUIRE(rig.command(0x30) == 0x58);
  rig.write_block(pattern(2));
  REQUIRE(rig.wait_not_busy() == 0x50);
  Bytes sector(512);
  REQUIRE(rig.first.read(3, sector) == storage::IoStatus::ok);
  REQUIRE(sector == pattern(1));
  REQUIRE(rig.second.read(3, sector) == storage::IoStatus::ok);
  REQUIRE(sector == pattern(2));
  REQUIRE(rig.identify(0)[6] == 63);
  REQUIRE(rig.identify(1)[6] == 17);
}

TEST_CASE("ata: a data block waits while the other drive is selected", "[devices][ata]") {
  AtaRig rig(true);
  REQUIRE(rig.first.write(9, pattern(9)) == storage::IoStatus::ok);
  rig.address_lba(0, 9, 1);
  REQUIRE(rig.command(0x20) == 0x58);
  rig.data();
  rig.out(6, 0xB0);
  REQUIRE(rig.alternate() == 0x50);
  REQUIRE(rig.data() == 0xFFFF);
  rig.out(6, 0xE0);
  REQUIRE(rig.alternate() == 0x58);
  const Bytes sector = pattern(9);
  REQUIRE(rig.data() == (sector[2] | sector[3] << 8));
}

// Resets.

TEST_CASE("ata: SRST is busy while it is set and a little longer, then shows the signature",
          "[devices][ata]") {
  AtaRig rig(true);
  rig.address_lba(1, 0x55AA55, 0x33);
  rig.control(0x0C);
  REQUIRE(rig.alternate() == 0x80);
  rig.pass(100000);
  REQUIRE(rig.alternate() == 0x80);
  rig.out(2, 0x77);  // nobody listens
  rig.out(7, 0x10);
  rig.control(0x08);
  REQUIRE(rig.alternate() == 0x80);
  rig.pass(2000);
  REQUIRE_FALSE(rig.irq.level);
  check_ata_signature(rig);
  rig.out(6, 0xB0);
  REQUIRE(rig.in(1) == 1);
  REQUIRE(rig.in(2) == 1);
  REQUIRE(rig.in(4) == 0);
  REQUIRE(rig.in(7) == 0x50);
}

TEST_CASE("ata: power-on and the RESET line show the signature", "[devices][ata]") {
  AtaRig rig;
  check_ata_signature(rig);
  rig.address_lba(0, 4, 4);
  rig.command(0x20);
  rig.control(0x02);
  rig.channel.reset();
  REQUIRE(rig.alternate() == 0x80);
  rig.wait_not_busy();
  check_ata_signature(rig);
  rig.command(0x10);  // nIEN is gone
  REQUIRE(rig.irq.level);
}

TEST_CASE("ata: a command that SRST cut off never completes", "[devices][ata]") {
  AtaRig rig;
  rig.address_lba(0, 50, 2);
  rig.command(0x30);
  for (int i = 0; i < 255; ++i) rig.data(0xAAAA);  // the block lacks one word
  rig.control(0x04);
  rig.control(0x00);
  rig.pass(5000);
  REQUIRE_FALSE(rig.irq.level);
  REQUIRE(rig.alternate() == 0x50);
  Bytes sector(512);
  REQUIRE(rig.first.read(50, sector) == storage::IoStatus::ok);
  REQUIRE(sector == Bytes(512));
  rig.data(0xDEAD);
  REQUIRE(rig.data() == 0xFFFF);
}

TEST_CASE("ata: a new command drops the transfer before it", "[devices][ata]") {
  AtaRig rig;
  rig.address_lba(0, 50, 2);
  rig.command(0x30);
  for (int i = 0; i < 100; ++i) rig.data(0xAAAA);
  rig.address_lba(0, 60, 1);
  REQUIRE(rig.command(0x30) == 0x58);
  rig.write_block(pattern(60));
  REQUIRE(rig.wait_not_busy() == 0x50);
  Bytes sector(512);
  REQUIRE(rig.first.read(60, sector) == storage::IoStatus::ok);
  REQUIRE(sector == pattern(60));
  REQUIRE(rig.first.read(50, sector) == storage::IoStatus::ok);
  REQUIRE(sector == Bytes(512));
}

TEST_CASE("ata: commands and registers are not listened to while busy", "[devices][ata]") {
  AtaRig rig;
  rig.address_lba(0, 7, 1);
  rig.out(7, 0x20);
  rig.out(7, 0xEC);
  rig.out(3, 0x99);
  rig.out(6, 0xB0);
  REQUIRE(rig.wait_not_busy() == 0x58);
  REQUIRE(rig.in(3) == 7);
  REQUIRE(rig.in(6) == 0xE0);
}

TEST_CASE("ata: EXECUTE DIAGNOSTIC runs on both, device 0 answers", "[devices][ata]") {
  const bool two = GENERATE(false, true);
  const unsigned device = GENERATE(0xA0U, 0xB0U);
  AtaRig rig(two);
  rig.out(6, device);
  rig.out(2, 9);
  const int before = rig.irq.edges;
  REQUIRE(rig.command(0x90) == 0x50);
  REQUIRE(rig.irq.edges == before + 1);
  check_ata_signature(rig);
  rig.out(6, 0xB0);
  REQUIRE_FALSE(rig.irq.level);
  REQUIRE(rig.in(2) == 1);
  REQUIRE(rig.in(7) == (two ? 0x50 : 0x00));
}

// Absent drives.

TEST_CASE("ata: device 0 answers for a missing device 1", "[devices][ata]") {
  AtaRig rig;
  rig.out(6, 0xB0);
  rig.out(2, 0x55);
  rig.out(3, 0xAA);
  rig.out(2, 0xAA);
  rig.out(3, 0x55);
  rig.out(2, 0x55);
  rig.out(3, 0xAA);
  REQUIRE(rig.in(2) == 0x55);
  REQUIRE(rig.in(3) == 0xAA);
  REQUIRE(rig.in(6) == 0xB0);
  REQUIRE(rig.in(7) == 0x00);
  REQUIRE(rig.alternate() == 0x00);
  for (const unsigned opcode : {0xECU, 0x91U, 0x20U, 0xA1U}) {
    rig.out(7, opcode);
    rig.pass(1000);
    REQUIRE(rig.alternate() == 0x00);
    REQUIRE_FALSE(rig.irq.level);
    REQUIRE(rig.data() == 0xFFFF);
  }
  rig.control(0x04);
  rig.control(0x00);
  rig.pass(1000);
  rig.out(6, 0xB0);
  REQUIRE(rig.in(2) == 1);
  REQUIRE(rig.in(3) == 1);
  REQUIRE(rig.in(4) == 0xFF);
  REQUIRE(rig.in(5) == 0xFF);
  REQUIRE(rig.in(7) == 0x00);
}

TEST_CASE("ata: a cable without drives floats", "[devices][ata]") {
  AtaHost host(devices::kSecondaryAta);
  for (unsigned offset = 1; offset < 8; ++offset) {
    host.out(offset, 0x55);
    REQUIRE(host.in(offset) == 0xFF);
  }
  REQUIRE(host.alternate() == 0xFF);
  REQUIRE(host.data() == 0xFFFF);
  REQUIRE(host.ports.in32(0x170) == 0xFFFFFFFF);
  host.control(0x04);
  host.control(0x00);
  host.out(7, 0x90);
  host.pass(100000);
  REQUIRE(host.irq.edges == 0);
  REQUIRE(host.channel.drive_address() == 0x7F);
}

TEST_CASE("ata: a lone device 1 works and device 0 floats", "[devices][ata]") {
  MemoryDevice disk({}, kAtaSectors);
  AtaHost host;
  host.attach(1, disk, kAtaGeometry);
  host.out(6, 0xA0);
  REQUIRE(host.in(7) == 0xFF);
  REQUIRE(host.identify(1)[1] == 130);
  host.out(7, 0x90);
  host.pass(1000);
  host.out(6, 0xB0);
  REQUIRE(host.in(7) == 0x50);
}

TEST_CASE("ata: wide cycles beside the data port are byte cycles", "[devices][ata]") {
  AtaRig rig;
  rig.ports.out16(0x1F2, 0x3412);
  REQUIRE(rig.in(2) == 0x12);
  REQUIRE(rig.in(3) == 0x34);
  REQUIRE(rig.ports.in16(0x1F7) == 0xFF50);
}

TEST_CASE("ata: the drive address register is active low", "[devices][ata]") {
  AtaRig rig(true);
  rig.out(6, 0xA5);
  REQUIRE(rig.channel.drive_address() == (0x40 | (~5U & 15) << 2 | 0b10));
  rig.out(6, 0xB0);
  REQUIRE(rig.channel.drive_address() == (0x40 | 15 << 2 | 0b01));
}

// Power, native size.

TEST_CASE("ata: CHECK POWER MODE follows the power commands and the standby timer",
          "[devices][ata]") {
  AtaRig rig;
  const auto mode = [&rig] {
    const unsigned opcode = 0xE5;
    REQUIRE(rig.command(opcode) == 0x50);
    return rig.in(2);
  };
  REQUIRE(mode() == 0xFF);
  rig.command(0xE0);
  REQUIRE(mode() == 0x00);
  rig.command(0x95);
  REQUIRE(mode() == 0x80);
  rig.address_lba(0, 0, 1);
  rig.command(0x40);
  REQUIRE(mode() == 0xFF);
  rig.out(2, 2);  // ten seconds
  rig.command(0xE3);
  REQUIRE(mode() == 0x80);
  rig.pass(9'000'000);
  REQUIRE(mode() == 0x80);
  rig.pass(2'000'000);
  REQUIRE(mode() == 0x00);
  rig.address_lba(0, 0, 1);
  REQUIRE(rig.command(0x20) == 0x58);  // any access spins it up
  rig.read_block(512);
  REQUIRE(mode() == 0xFF);
}

TEST_CASE("ata: only a reset ends SLEEP", "[devices][ata]") {
  AtaRig rig;
  REQUIRE(rig.command(GENERATE(0x99U, 0xE6U)) == 0x50);
  rig.in(7);
  rig.out(7, 0xEC);
  rig.pass(1000);
  REQUIRE(rig.alternate() == 0x50);
  REQUIRE_FALSE(rig.irq.level);
  rig.control(0x04);
  rig.control(0x00);
  rig.wait_not_busy();
  REQUIRE(rig.identify().size() == 256);
}

TEST_CASE("ata: READ NATIVE MAX and SET MAX move the end of the disk", "[devices][ata]") {
  AtaRig rig;
  rig.address_lba(0, 0, 0);
  REQUIRE(rig.command(0xF8) == 0x50);
  REQUIRE((rig.in(3) | rig.in(4) << 8 | rig.in(5) << 16) == kAtaSectors - 1);
  rig.address_chs(0, 0, 0, 0, 0);
  REQUIRE(rig.command(0xF8) == 0x50);
  REQUIRE(rig.in(3) == 63);
  REQUIRE(rig.in(4) == 129);
  REQUIRE(rig.in(6) == 0xAF);
  rig.address_lba(0, 9999, 0);
  REQUIRE(rig.command(0xF9) == 0x50);
  REQUIRE((rig.identify()[60] | rig.identify()[61] << 16) == 10000);
  rig.address_lba(0, 10000, 1);
  REQUIRE(rig.command(0x20) == 0x51);
  REQUIRE(rig.in(1) == 0x10);
  rig.address_lba(0, 9999, 0);
  REQUIRE(rig.command(0xF9) == 0x51);  // not after READ NATIVE MAX
  REQUIRE(rig.in(1) == 0x04);
  rig.address_lba(0, 0, 0);
  rig.command(0xF8);
  REQUIRE((rig.in(3) | rig.in(4) << 8 | rig.in(5) << 16) == kAtaSectors - 1);
  rig.address_lba(0, kAtaSectors, 0);
  REQUIRE(rig.command(0xF9) == 0x51);
  REQUIRE(rig.in(1) == 0x10);
  rig.channel.reset();
  rig.pass(1000);
  REQUIRE((rig.identify()[60] | rig.identify()[61] << 16) == kAtaSectors);
}
