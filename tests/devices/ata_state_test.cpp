// An ATA channel under port cycles of all kinds, and its saved state.
#include <random>

#include "tests/devices/ata_rig.h"

using support::AtaHost;
using support::Bytes;
using support::pattern;

namespace {

// A guest out of its mind: any port, any width, any order. Returns a digest of what it saw.
std::uint64_t run_wild(AtaHost& host, std::uint32_t seed, int steps) {
  std::mt19937 engine(seed);
  const auto random = [&engine] { return static_cast<std::uint32_t>(engine()); };
  std::uint64_t digest = 14695981039346656037ULL;
  const auto note = [&digest](std::uint64_t value) {
    digest = (digest ^ value) * 1099511628211ULL;
  };
  const unsigned commands[] = {0x20, 0x30, 0xC4, 0xC5, 0xEC, 0xE8, 0xE4, 0x22,
                               0x32, 0x91, 0xC6, 0x90, 0xF8, 0xF9, 0x3C, 0x40};
  for (int step = 0; step < steps; ++step) {
    const auto port = static_cast<std::uint16_t>(random() % 12 == 0 ? 0x3F6 : 0x1F0 + random() % 8);
    Bytes block(random() % 2000);
    switch (random() % 12) {
      case 0:
        note(host.ports.in8(port));
        break;
      case 1:
        note(host.ports.in16(port));
        break;
      case 2:
        note(host.ports.in32(port));
        break;
      case 3:
        host.ports.out8(port, static_cast<std::uint8_t>(random()));
        break;
      case 4:
        host.ports.out16(port, static_cast<std::uint16_t>(random()));
        break;
      case 5:
        host.ports.out32(port, random());
        break;
      case 6:
        note(host.ports.in_words(0x1F0, block));
        for (const std::uint8_t byte : block) note(byte);
        break;
      case 7:
        note(host.ports.out_words(0x1F0, block));
        break;
      case 8:
        host.out(7, commands[random() % 16]);
        break;
      case 9:
        host.address_lba(random() % 2, random() % 3000, random() % 20);
        break;
      case 10:
        host.control(random() % 16 == 0 ? random() : 0x08);
        break;
      default:
        host.scheduler.advance_to(host.scheduler.now() + random() % 20000);
        break;
    }
    note(host.irq.edges == 0 ? 0U : static_cast<unsigned>(host.irq.edges));
  }
  host.control(0x04);
  host.control(0x00);
  host.pass(1000);
  return digest;
}

}  // namespace

TEST_CASE("ata: no sequence of port cycles breaks it, and the same one ends the same",
          "[devices][ata][abuse]") {
  for (std::uint32_t seed = 1; seed <= 12; ++seed) {
    AtaRig one(seed % 2 == 0);
    AtaRig two(seed % 2 == 0);
    REQUIRE(run_wild(one, seed, 6000) == run_wild(two, seed, 6000));
    auto first = devices::Archive::saver();
    one.channel.serialize(first);
    auto second = devices::Archive::saver();
    two.channel.serialize(second);
    REQUIRE(std::ranges::equal(first.saved(), second.saved()));
    // And the drive still works.
    one.address_lba(0, 77, 1);
    REQUIRE(one.command(0x30) == 0x58);
    one.write_block(pattern(77));
    REQUIRE(one.wait_not_busy() == 0x50);
  }
}

TEST_CASE("ata: a state saved in the middle of a transfer goes on", "[devices][ata][state]") {
  AtaRig one;
  REQUIRE(one.first.write(20, pattern(20, 4)) == storage::IoStatus::ok);
  one.address_lba(0, 20, 4);
  one.command(0x20);
  one.read_block(512);  // busy with the second block now
  auto saved = devices::Archive::saver();
  one.scheduler.serialize(saved);
  one.channel.serialize(saved);

  AtaRig two;
  REQUIRE(two.first.write(20, pattern(20, 4)) == storage::IoStatus::ok);
  auto loaded = devices::Archive::loader(saved.saved());
  two.scheduler.serialize(loaded);
  two.channel.serialize(loaded);
  REQUIRE(loaded.at_end());
  REQUIRE(two.alternate() == 0x80);
  for (std::uint64_t lba = 21; lba < 24; ++lba) {
    REQUIRE(two.wait_not_busy() == 0x58);
    REQUIRE(two.read_block(512) == pattern(lba));
  }
  REQUIRE(two.alternate() == 0x50);
}

TEST_CASE("ata: a damaged state is refused or harmless", "[devices][ata][state]") {
  AtaRig rig(true);
  rig.address_lba(0, 20, 200);
  rig.command(0x20);
  rig.read_block(512);
  auto saver = devices::Archive::saver();
  rig.channel.serialize(saver);
  const Bytes good(saver.saved().begin(), saver.saved().end());
  std::mt19937 random(7);
  int survived = 0;
  for (int round = 0; round < 400; ++round) {
    Bytes bad = good;
    for (int i = 0; i < 40; ++i) {
      // The registers and counts, not the 8 KiB of buffer.
      bad[random() % 180 + (random() % 2) * (bad.size() / 2)] = static_cast<std::uint8_t>(random());
    }
    auto loader = devices::Archive::loader(bad);
    try {
      rig.channel.serialize(loader);
      run_wild(rig, static_cast<std::uint32_t>(round), 200);
      ++survived;
    } catch (const devices::ArchiveError&) {
      continue;
    }
  }
  REQUIRE(survived > 0);
}
