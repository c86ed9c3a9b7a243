// What known software does with an ATA channel.
#include "tests/devices/ata_rig.h"

using support::Bytes;
using support::pattern;

TEST_CASE("ata: what the Bochs ROM does to find its drives", "[devices][ata][sequence]") {
  AtaRig rig;
  const auto detect = [&rig](unsigned device) {
    rig.control(0x0A);
    const unsigned select = device == 0 ? 0xA0 : 0xB0;
    rig.out(6, select);
    rig.out(2, 0x55);
    rig.out(3, 0xAA);
    rig.out(2, 0xAA);
    rig.out(3, 0x55);
    rig.out(2, 0x55);
    rig.out(3, 0xAA);
    if (rig.in(2) != 0x55 || rig.in(3) != 0xAA) return std::string("nothing");
    rig.control(0x0E);
    REQUIRE((rig.alternate() & 0x80) != 0);
    rig.control(0x0A);
    int looks = 0;
    for (; looks < 43008 && (rig.alternate() & 0x80) != 0; ++looks) {
      rig.scheduler.advance_to(rig.scheduler.now() + 100);
    }
    REQUIRE(looks < 43008);
    rig.out(6, select);
    if (rig.in(2) != 1 || rig.in(3) != 1) return std::string("unknown");
    const int low = rig.in(4);
    const int high = rig.in(5);
    const int status = rig.in(7);
    if (low == 0 && high == 0 && status != 0) return std::string("ata");
    if (low == 0xFF && high == 0xFF) return std::string("none");
    return std::string("unknown");
  };
  REQUIRE(detect(0) == "ata");
  REQUIRE(detect(1) == "none");
  REQUIRE(rig.irq.edges == 0);
  // IDENTIFY by double words, as word 48 invites it to, with interrupts off.
  rig.out(6, 0xA0);
  REQUIRE(rig.command(0xEC) == 0x58);
  std::uint32_t capacity = 0;
  for (int i = 0; i < 128; ++i) {
    const std::uint32_t value = rig.ports.in32(0x1F0);
    if (i == 30) capacity = value;
  }
  REQUIRE(capacity == kAtaSectors);
  rig.control(0x08);
}

TEST_CASE("ata: what SeaBIOS does to find its drives", "[devices][ata][sequence]") {
  AtaRig rig;
  for (const unsigned select : {0xA0U, 0xB0U}) {
    rig.out(6, select);
    REQUIRE(rig.in(6) == static_cast<int>(select));
  }
  rig.out(6, 0xA0);
  REQUIRE(rig.command(0xA1) == 0x51);
  REQUIRE(rig.in(1) == 0x04);
  rig.out(6, 0xA0);
  REQUIRE(rig.command(0xEC) == 0x58);
  Bytes block(512);
  REQUIRE(rig.ports.in_words(0x1F0, block) == 255);
  rig.ports.in16(0x1F0);
  REQUIRE((rig.alternate() & 0xC9) == 0x40);
  rig.out(6, 0xB0);
  rig.out(7, 0xA1);
  REQUIRE(rig.in(7) == 0);
}

TEST_CASE("ata: what Linux 0.11 does to reset and to write", "[devices][ata][sequence]") {
  AtaRig rig;
  rig.control(0x04);
  rig.control(0xC8 & 0x0F);
  int looks = 0;
  while ((rig.in(7) & 0xC0) != 0x40 && looks < 10000) {
    rig.scheduler.advance_to(rig.scheduler.now() + 100);
    ++looks;
  }
  REQUIRE(looks < 10000);
  REQUIRE(rig.in(1) == 1);  // "HD-controller reset failed" otherwise
  rig.control(0xC8);
  rig.out(2, 63);
  rig.out(6, 0xAF);
  int before = rig.irq.edges;
  rig.command(0x91);
  REQUIRE(rig.irq.edges == before + 1);
  REQUIRE((rig.in(7) & 0xF1) == 0x50);
  rig.address_chs(0, 7, 3, 5, 2);
  rig.out(1, 0xFF);
  before = rig.irq.edges;
  rig.out(7, 0x30);
  looks = 0;
  while ((rig.in(7) & 0x08) == 0 && looks < 3000) {
    rig.scheduler.advance_to(rig.scheduler.now() + 100);
    ++looks;
  }
  REQUIRE(looks < 3000);
  for (int sector = 0; sector < 2; ++sector) {
    rig.write_block(pattern(static_cast<std::uint64_t>(sector)));
    rig.wait_not_busy();
    REQUIRE(rig.irq.edges == before + 1 + sector);
    REQUIRE((rig.in(7) & 0xF1) == 0x50);
  }
}

TEST_CASE("ata: what MINIX does to probe and to read", "[devices][ata][sequence]") {
  AtaRig rig;
  rig.out(4, 0x5A);
  REQUIRE(rig.in(4) == 0x5A);
  REQUIRE(rig.identify()[49] == 0x0200);
  rig.out(6, 0xAF);
  rig.out(2, 63);
  REQUIRE(rig.command(0x91) == 0x50);
  REQUIRE(rig.command(0x10) == 0x50);
  rig.address_chs(0, 0, 0, 1, 127);
  const int before = (rig.in(7), rig.irq.edges);
  rig.out(7, 0x20);
  for (int sector = 0; sector < 127; ++sector) {
    REQUIRE(rig.wait_not_busy() == 0x58);
    rig.in(7);
    rig.read_block(512);
  }
  REQUIRE(rig.irq.edges == before + 127);
}
