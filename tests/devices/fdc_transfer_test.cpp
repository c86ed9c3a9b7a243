// Data commands of the floppy controller: addresses, errors, formats, non-DMA.
#include "tests/devices/fdc_bench.h"

using namespace fdc_bench;

namespace {

Bytes sectors(std::uint32_t first, std::uint32_t count) {
  Bytes all;
  for (std::uint32_t lba = first; lba < first + count; ++lba) {
    const Bytes one = sector_pattern(lba);
    all.insert(all.end(), one.begin(), one.end());
  }
  return all;
}

constexpr int kGap = 0x1B;

}  // namespace

TEST_CASE("fdc: the result names the next sector", "[devices][fdc]") {
  struct Row {
    int opcode, head, c, r, eot;
    Results result;  // after one sector with terminal count
  };
  const Row row = GENERATE(values<Row>({
      {0xE6, 0, 5, 3, 18, {0, 0, 0, 5, 0, 4, 2}},  // below EOT
      {0x66, 0, 5, 3, 18, {0, 0, 0, 5, 0, 4, 2}},
      {0x66, 0, 5, 18, 18, {0, 0, 0, 6, 0, 1, 2}},  // MT = 0 at EOT
      {0x66, 1, 5, 18, 18, {4, 0, 0, 6, 1, 1, 2}},
      {0xE6, 0, 5, 18, 18, {0, 0, 0, 5, 1, 1, 2}},  // MT = 1, head 0
      {0xE6, 1, 5, 18, 18, {4, 0, 0, 6, 0, 1, 2}},  // MT = 1, head 1
      {0xE6, 0, 5, 18, 0, {0, 0, 0, 5, 1, 1, 2}},   // EOT 0 stands for the medium's last
  }));
  Bench b;
  b.insert(0, "1.44M");
  b.start();
  b.channel.program(512);
  REQUIRE(b.command({row.opcode, row.head << 2, row.c, row.head, row.r, 2, row.eot, kGap, 0xFF}) ==
          row.result);
}

TEST_CASE("fdc: without terminal count a track ends with EN and the next address",
          "[devices][fdc]") {
  Bench b;
  b.insert(0, "1.44M");
  b.start();
  b.channel.program(512 * 20);
  REQUIRE(b.command({0x66, 0, 2, 0, 17, 2, 18, kGap, 0xFF}) == Results{0x40, 0x80, 0, 3, 0, 1, 2});
  REQUIRE(b.channel.position == 1024);
  b.channel.program(512 * 40);
  REQUIRE(b.command({0xE6, 0, 2, 0, 1, 2, 18, kGap, 0xFF}) == Results{0x44, 0x80, 0, 3, 0, 1, 2});
  REQUIRE(b.channel.position == 36 * 512);
}

TEST_CASE("fdc: MINIX reads a block across both heads in one command", "[devices][fdc]") {
  Bench b;
  b.insert(0, "1.44M");
  b.start();
  b.out(0x3F7, 0);
  REQUIRE(b.seek({0x0F, 0, 11}) == Results{0x20, 11});
  b.channel.program(1024);
  const int c = 11;
  const Results result = b.command({0xE6, 0, c, 0, 18, 2, 18, kGap, 0xFF});
  REQUIRE(result == Results{0x04, 0, 0, c, 1, 2, 2});
  REQUIRE((result[0] & 0xF8) == 0);
  // Sectors done, as the driver computes them from the result.
  REQUIRE((result[3] * 2 + result[4]) * 18 + result[5] - ((c * 2 + 0) * 18 + 18) == 2);
  REQUIRE(b.channel.memory == sectors(c * 36 + 17, 2));
  // A whole cylinder, ending at its very end.
  b.channel.program(36 * 512);
  REQUIRE(b.command({0xE6, 0, c, 0, 1, 2, 18, kGap, 0xFF}) == Results{0x04, 0, 0, c + 1, 0, 1, 2});
  REQUIRE(b.channel.memory == sectors(c * 36, 36));
}

TEST_CASE("fdc: every format is read and written at its last sector, at its own rate",
          "[devices][fdc]") {
  struct Row {
    const char* name;
    int c, h, s, rate;
  };
  const Row row = GENERATE(values<Row>({{"160K", 40, 1, 8, 2},
                                        {"180K", 40, 1, 9, 2},
                                        {"320K", 40, 2, 8, 2},
                                        {"360K", 40, 2, 9, 2},
                                        {"360K", 40, 2, 9, 1},
                                        {"720K", 80, 2, 9, 2},
                                        {"1.2M", 80, 2, 15, 0},
                                        {"1.44M", 80, 2, 18, 0},
                                        {"1.68M", 80, 2, 21, 0},
                                        {"2.88M", 80, 2, 36, 3}}));
  Bench b;
  b.insert(0, row.name);
  b.start();
  b.out(0x3F7, row.rate);
  const int c = row.c - 1;
  const int h = row.h - 1;
  const auto last = static_cast<std::uint32_t>(row.c * row.h * row.s - 1);
  b.channel.program(512);
  REQUIRE(b.command({0xE6, h << 2, c, h, row.s, 2, row.s, kGap, 0xFF})[0] == h << 2);
  REQUIRE(b.channel.memory == sector_pattern(last));
  b.channel.program(512, 0x5A);
  REQUIRE(b.command({0xC5, h << 2, c, h, row.s, 2, row.s, kGap, 0xFF})[0] == h << 2);
  REQUIRE(b.sector(0, last) == Bytes(512, 0x5A));
  REQUIRE(b.sector(0, last - 1) == sector_pattern(last - 1));
  // One cylinder, head or sector further there is nothing.
  b.channel.program(512);
  REQUIRE((b.command({0xE6, h << 2, c, h, row.s + 1, 2, row.s + 1, kGap, 0xFF})[1]) == 0x04);
  b.channel.program(512);
  REQUIRE((b.command({0xE6, 0, row.c, 0, 1, 2, row.s, kGap, 0xFF})[1]) == 0x01);
  if (row.h == 1) {
    b.channel.program(512);
    REQUIRE((b.command({0xE6, 4, 0, 1, 1, 2, row.s, kGap, 0xFF})[1]) == 0x01);
  }
}

TEST_CASE("fdc: the data rate counts only once it has been chosen", "[devices][fdc]") {
  Bench b;
  b.insert(0, "720K");
  b.start();
  const std::vector<int> read{0xE6, 0, 0, 0, 1, 2, 9, kGap, 0xFF};
  b.channel.program(512);
  REQUIRE(b.command(read)[0] == 0x00);  // power-on: nobody has said 250
  b.out(0x3F7, 0);
  b.channel.program(512);
  REQUIRE(b.command(read) == Results{0x40, 0x01, 0, 0, 0, 1, 2});
  REQUIRE(b.command({0x4A, 0})[1] == 0x01);
  b.out(0x3F4, 0x02);  // the other register that chooses it
  REQUIRE(b.command(read)[0] == 0x00);
  b.fdc.reset();
  b.start();
  b.channel.program(512);
  REQUIRE(b.command(read)[0] == 0x00);
}

TEST_CASE("fdc: errors are found where a drive finds them", "[devices][fdc]") {
  struct Row {
    std::vector<int> command;
    int st0, st1;
  };
  const Row row = GENERATE(values<Row>({
      {{0xE6, 0, 0, 0, 19, 2, 19, kGap, 0xFF}, 0x40, 0x04},  // no such sector
      {{0xE6, 0, 0, 0, 0, 2, 18, kGap, 0xFF}, 0x40, 0x04},   // sectors count from 1
      {{0xE6, 0, 0, 1, 1, 2, 18, kGap, 0xFF}, 0x40, 0x04},   // H differs from HD
      {{0xE6, 0, 0, 0, 1, 3, 18, kGap, 0xFF}, 0x40, 0x04},   // N is 2 everywhere
      {{0xE6, 0, 80, 0, 1, 2, 18, kGap, 0xFF}, 0x40, 0x01},  // beyond the last cylinder
      {{0xE6, 0, 255, 0, 1, 2, 18, kGap, 0xFF}, 0x40, 0x01},
      {{0xA6, 0, 0, 0, 1, 2, 18, kGap, 0xFF}, 0x40, 0x01},  // FM finds no marks
      {{0xC5, 4, 0, 1, 77, 2, 99, kGap, 0xFF}, 0x44, 0x04},
  }));
  Bench b;
  b.insert(0, "1.44M");
  b.start();
  b.channel.program(4096);
  const Results result = b.command(row.command);
  REQUIRE(result.size() == 7);
  REQUIRE(result[0] == row.st0);
  REQUIRE(result[1] == row.st1);
  REQUIRE(b.channel.position == 0);
  // The failing sector is named.
  REQUIRE(result[5] == row.command[4]);
}

TEST_CASE("fdc: a write-protected disk refuses writes and formatting with ST1 02h",
          "[devices][fdc]") {
  Bench b;
  b.insert(0, "1.44M", true);
  b.start();
  b.channel.program(512, 0x5A);
  REQUIRE(b.command({0xC5, 0, 0, 0, 1, 2, 18, kGap, 0xFF}) == Results{0x40, 0x02, 0, 0, 0, 1, 2});
  b.channel.program(Bytes{0, 0, 1, 2});
  REQUIRE(b.command({0x4D, 0, 2, 1, 0x6C, 0xF6})[1] == 0x02);
  REQUIRE(b.sector(0, 0) == sector_pattern(0));
  b.channel.program(512);
  REQUIRE(b.command({0xE6, 0, 0, 0, 1, 2, 18, kGap, 0xFF})[0] == 0);
}

TEST_CASE("fdc: with no disk or no motor a command waits until reset", "[devices][fdc]") {
  const bool disk = GENERATE(false, true);
  Bench b;
  if (disk) b.insert(0, "1.44M");
  b.start();
  if (disk) b.out(0x3F2, 0x0C);
  b.channel.program(512);
  REQUIRE(b.command({0xE6, 0, 0, 0, 1, 2, 18, kGap, 0xFF}).empty());
  REQUIRE(b.status() == 0x10);
  REQUIRE(b.irqs == 0);
  REQUIRE(b.scheduler.next_deadline() == kNever);
  SECTION("a reset ends it") {
    b.out(0x3F2, 0x08);
    REQUIRE(b.status() == 0x00);
    b.out(0x3F2, 0x1C);
    b.wait(kMillisecond);
    REQUIRE(b.status() == 0x80);
    REQUIRE(b.irqs == 1);
  }
  SECTION("so does the disk turning after all") {
    if (!disk) b.insert(0, "1.44M");
    b.out(0x3F2, 0x1C);
    REQUIRE(b.results() == Results{0, 0, 0, 0, 0, 2, 2});
    REQUIRE(b.channel.memory == sector_pattern(0));
  }
}

TEST_CASE("fdc: a reset in the middle of a transfer leaves nothing behind", "[devices][fdc]") {
  Bench b;
  b.insert(0, "1.44M");
  b.start();
  b.channel.program(18 * 512, 0x5A);
  b.send({0xC5, 0, 0, 0, 1, 2, 18, kGap, 0xFF});
  b.wait(30 * kMillisecond);  // two sectors of 11.1 ms
  b.out(0x3F2, 0x38);
  b.out(0x3F2, 0x3C);
  b.wait(kSecond);
  REQUIRE(b.channel.position == 1024);
  REQUIRE(b.sector(0, 1) == Bytes(512, 0x5A));
  REQUIRE(b.sector(0, 2) == sector_pattern(2));
  REQUIRE(b.irqs == 1);
}

TEST_CASE("fdc: a disk taken out in the middle stops the transfer, and its successor is not hurt",
          "[devices][fdc]") {
  Bench b;
  b.insert(0, "1.44M");
  b.start();
  b.channel.program(18 * 512, 0x5A);
  b.send({0xC5, 0, 0, 0, 1, 2, 18, kGap, 0xFF});
  b.wait(12 * kMillisecond);
  const auto first = b.fdc.eject(0);
  REQUIRE(first == b.images[0]);
  b.wait(kSecond);
  REQUIRE(b.status() == 0x10);
  b.insert(0, "720K", true);
  REQUIRE(b.results()[1] == 0x02);  // the write goes on against a protected disk
  REQUIRE(b.sector(0, 1) == sector_pattern(1));
}

TEST_CASE("fdc: a masked DMA channel is an overrun, not a hang", "[devices][fdc]") {
  Bench b;
  b.insert(0, "1.44M");
  b.start();
  REQUIRE(b.command({0xE6, 0, 0, 0, 1, 2, 18, kGap, 0xFF}) == Results{0x40, 0x10, 0, 0, 0, 1, 2});
  REQUIRE(b.command({0xC5, 0, 0, 0, 1, 2, 18, kGap, 0xFF}) == Results{0x40, 0x10, 0, 0, 0, 1, 2});
  REQUIRE(b.sector(0, 0) == sector_pattern(0));
  b.channel.program(512);
  b.out(0x3F2, 0x34);  // DRQ gated off
  REQUIRE(b.command({0xE6, 0, 0, 0, 1, 2, 18, kGap, 0xFF})[1] == 0x10);
}

TEST_CASE("fdc: terminal count in mid-sector ends a read and pads a write with zeroes",
          "[devices][fdc]") {
  Bench b;
  b.insert(0, "1.44M");
  b.start();
  b.channel.program(700);
  REQUIRE(b.command({0xE6, 0, 0, 0, 1, 2, 18, kGap, 0xFF}) == Results{0, 0, 0, 0, 0, 3, 2});
  Bytes expected = sectors(0, 2);
  expected.resize(700);
  REQUIRE(b.channel.memory == expected);
  b.channel.program(600, 0x5A);
  REQUIRE(b.command({0xC5, 0, 0, 0, 5, 2, 18, kGap, 0xFF})[0] == 0);
  Bytes padded(512, 0);
  std::fill_n(padded.begin(), 88, std::uint8_t{0x5A});
  REQUIRE(b.sector(0, 4) == Bytes(512, 0x5A));
  REQUIRE(b.sector(0, 5) == padded);
}

TEST_CASE("fdc: a sector takes its share of a revolution", "[devices][fdc]") {
  Bench b;
  b.insert(0, "1.44M");
  b.start();
  b.channel.program(9 * 512);
  b.send({0xE6, 0, 0, 0, 1, 2, 18, kGap, 0xFF});
  b.wait(99 * kMillisecond);
  REQUIRE(b.irqs == 0);
  b.wait(2 * kMillisecond);
  REQUIRE(b.irqs == 1);
}

TEST_CASE("fdc: FORMAT fills the sectors that its IDs name", "[devices][fdc]") {
  Bench b;
  b.insert(0, "360K");
  b.fdc.set_drive_type(0, FloppyDriveType::dd_5_25);
  b.start();
  b.seek({0x0F, 0, 7});
  Bytes ids;
  for (int r : {1, 6, 2, 7, 3, 8, 4, 9, 5}) {  // interleaved
    for (int byte : {7, 1, r, 2}) ids.push_back(static_cast<std::uint8_t>(byte));
  }
  b.channel.program(ids);
  REQUIRE(b.command({0x4D, 0x04, 2, 9, 0x50, 0xF6})[0] == 0x04);
  for (std::uint32_t s = 0; s < 9; ++s) REQUIRE(b.sector(0, 15 * 9 + s) == Bytes(512, 0xF6));
  REQUIRE(b.sector(0, 15 * 9 - 1) == sector_pattern(15 * 9 - 1));
  REQUIRE(b.sector(0, 16 * 9) == sector_pattern(16 * 9));
  SECTION("more sectors than the medium's track holds are refused") {
    b.channel.program(ids);
    REQUIRE(b.command({0x4D, 0x04, 2, 10, 0x50, 0xF6})[1] == 0x04);
    REQUIRE(b.command({0x4D, 0x04, 3, 9, 0x50, 0xF6})[1] == 0x04);
    REQUIRE(b.channel.position == 0);
  }
  SECTION("an ID that cannot be on this track is refused") {
    b.channel.program(Bytes{7, 0, 1, 2});
    REQUIRE(b.command({0x4D, 0x04, 2, 9, 0x50, 0xF6})[1] == 0x04);
    b.channel.program(Bytes{99, 1, 1, 2});
    REQUIRE(b.command({0x4D, 0x04, 2, 9, 0x50, 0xF6})[1] == 0x04);
  }
}

TEST_CASE("fdc: READ ID sees sectors pass one after the other", "[devices][fdc]") {
  Bench b;
  b.insert(0, "1.44M");
  b.start();
  b.seek({0x0F, 0, 12});
  std::vector<bool> seen(19);
  int before = 0;
  for (int i = 0; i < 18; ++i) {
    const Results id = b.command({0x4A, 0x04});
    REQUIRE(id.size() == 7);
    REQUIRE(id[0] == 0x04);
    REQUIRE(id[3] == 12);
    REQUIRE(id[4] == 1);
    REQUIRE(id[6] == 2);
    if (before != 0) REQUIRE(id[5] == before % 18 + 1);
    before = id[5];
    seen[static_cast<std::size_t>(before)] = true;
  }
  for (std::size_t r = 1; r <= 18; ++r) REQUIRE(seen[r]);
}

TEST_CASE("fdc: a 40-cylinder disk in an 80-cylinder drive is found by double steps",
          "[devices][fdc]") {
  Bench b;
  b.insert(0, "360K");
  b.fdc.set_drive_type(0, FloppyDriveType::hd_5_25);
  b.start();
  b.seek({0x0F, 0, 20});
  REQUIRE(b.command({0x4A, 0})[3] == 10);
  b.channel.program(512);
  REQUIRE(b.command({0xE6, 0, 10, 0, 1, 2, 9, kGap, 0xFF})[0] == 0);
  REQUIRE(b.channel.memory == sector_pattern(10 * 18));
  REQUIRE(b.command({0x0E})[0] == 20);  // no step was needed
}

TEST_CASE("fdc: deleted data marks stop or skip a read", "[devices][fdc]") {
  Bench b;
  b.insert(0, "1.44M");
  b.start();
  b.channel.program(512, 0x11);
  REQUIRE(b.command({0xC9, 0, 0, 0, 2, 2, 18, kGap, 0xFF})[0] == 0);
  b.channel.program(3 * 512);
  // Read without SK: the marked sector is the last one read, and the result names it.
  REQUIRE(b.command({0xC6, 0, 0, 0, 1, 2, 18, kGap, 0xFF}) == Results{0, 0, 0x40, 0, 0, 2, 2});
  REQUIRE(b.channel.position == 1024);
  // With SK it is left out.
  b.channel.program(1024);
  REQUIRE(b.command({0xE6, 0, 0, 0, 1, 2, 18, kGap, 0xFF}) == Results{0, 0, 0x40, 0, 0, 4, 2});
  Bytes expected = sector_pattern(0);
  const Bytes third = sector_pattern(2);
  expected.insert(expected.end(), third.begin(), third.end());
  REQUIRE(b.channel.memory == expected);
  // READ DELETED DATA takes it as its own.
  b.channel.program(512);
  REQUIRE(b.command({0xCC, 0, 0, 0, 2, 2, 18, kGap, 0xFF}) == Results{0, 0, 0, 0, 0, 3, 2});
  REQUIRE(b.channel.memory == Bytes(512, 0x11));
  // An ordinary write makes it an ordinary sector again.
  b.channel.program(512, 0x22);
  b.command({0xC5, 0, 0, 0, 2, 2, 18, kGap, 0xFF});
  b.channel.program(512);
  REQUIRE(b.command({0xC6, 0, 0, 0, 2, 2, 18, kGap, 0xFF})[2] == 0);
}

TEST_CASE("fdc: VERIFY reads without DMA, to the end of the track or by count", "[devices][fdc]") {
  Bench b;
  b.insert(0, "1.44M");
  b.start();
  REQUIRE(b.command({0x56, 0, 0, 0, 1, 2, 18, kGap, 0xFF}) == Results{0, 0, 0, 1, 0, 1, 2});
  REQUIRE(b.command({0xD6, 0x80, 0, 0, 17, 2, 18, kGap, 4}) == Results{4, 0, 0, 0, 1, 3, 2});
  REQUIRE(b.command({0x56, 0x80, 0, 0, 17, 2, 18, kGap, 4})[1] == 0x80);
  REQUIRE(b.command({0x56, 0, 0, 0, 1, 2, 19, kGap, 0xFF})[1] == 0x04);
  REQUIRE(b.channel.position == 0);
}

TEST_CASE("fdc: READ TRACK starts at the first sector", "[devices][fdc]") {
  Bench b;
  b.insert(0, "1.44M");
  b.start();
  b.channel.program(3 * 512);
  REQUIRE(b.command({0x42, 0, 3, 0, 5, 2, 18, kGap, 0xFF}) == Results{0, 0, 0, 3, 0, 4, 2});
  REQUIRE(b.channel.memory == sectors(3 * 36, 3));
  b.channel.program(512);
  REQUIRE(b.command({0x42, 0, 3, 0, 77, 2, 18, kGap, 0xFF})[1] == 0x04);
  REQUIRE(b.channel.memory == sector_pattern(3 * 36));
}

TEST_CASE("fdc: SCAN looks for a sector that meets its condition", "[devices][fdc]") {
  Bench b;
  b.insert(0, "1.44M");
  b.start();
  // Sectors 1..18 of the track hold 10, 20, 30, ... throughout.
  Bytes track;
  for (int s = 1; s <= 18; ++s) track.insert(track.end(), 512, static_cast<std::uint8_t>(10 * s));
  b.channel.program(track);
  REQUIRE(b.command({0xC5, 0, 0, 0, 1, 2, 18, kGap, 0xFF})[0] == 0);

  struct Row {
    int opcode, first, value, stride;
    int st2, r;
  };
  const Row row = GENERATE(values<Row>({
      {0x51, 1, 50, 1, 0x08, 5},  // equal, found
      {0x51, 6, 50, 1, 0x04, 1},  // not found up to EOT
      {0x51, 1, 50, 2, 0x08, 5},  // every other sector
      {0x51, 2, 50, 2, 0x04, 1},
      {0x59, 3, 30, 1, 0x08, 3},  // low or equal: equal
      {0x59, 3, 31, 1, 0x00, 3},  // low
      {0x59, 3, 29, 1, 0x04, 1},  // all the rest are higher
      {0x5D, 1, 65, 1, 0x00, 7},  // high
      {0x5D, 1, 60, 1, 0x08, 6},
  }));
  b.channel.program(18 * 512 + 512, static_cast<std::uint8_t>(row.value));
  const Results result = b.command({row.opcode, 0, 0, 0, row.first, 2, 18, kGap, row.stride});
  REQUIRE(result[0] == 0);
  REQUIRE(result[2] == row.st2);
  REQUIRE(result[5] == row.r);
}

TEST_CASE("fdc: in non-DMA mode bytes cross the data port, an interrupt each", "[devices][fdc]") {
  Bench b;
  b.insert(0, "1.44M");
  b.start();
  b.command({0x03, 0xDF, 0x03});
  b.send({0x66, 0, 0, 0, 18, 2, 18, kGap, 0xFF});
  REQUIRE(b.status() == 0x30);
  Bytes read;
  while (read.size() < 512) {
    b.scheduler.advance_to(b.scheduler.next_deadline());
    REQUIRE(b.status() == 0xF0);
    REQUIRE(b.fdc.irq.level());
    read.push_back(static_cast<std::uint8_t>(b.in(0x3F5)));
    if (read.size() < 512) REQUIRE_FALSE(b.fdc.irq.level());
  }
  REQUIRE(read == sector_pattern(17));
  REQUIRE(b.irqs == 513);
  REQUIRE(b.results() == Results{0x40, 0x80, 0, 1, 0, 1, 2});  // nobody raises terminal count

  b.send({0x45, 0, 0, 0, 18, 2, 18, kGap, 0xFF});
  for (int i = 0; i < 512; ++i) {
    b.scheduler.advance_to(b.scheduler.next_deadline());
    REQUIRE(b.status() == 0xB0);
    b.out(0x3F5, 0x77);
  }
  REQUIRE(b.results()[1] == 0x80);
  REQUIRE(b.sector(0, 17) == Bytes(512, 0x77));
}

TEST_CASE("fdc: with the FIFO a non-DMA burst is as long as the threshold says", "[devices][fdc]") {
  Bench b;
  b.insert(0, "1.44M");
  b.start();
  b.command({0x03, 0xDF, 0x03});
  b.command({0x13, 0, 0x07, 0});
  b.send({0x66, 0, 0, 0, 18, 2, 18, kGap, 0xFF});
  Bytes read;
  while (read.size() < 512) {
    b.scheduler.advance_to(b.scheduler.next_deadline());
    int burst = 0;
    while (b.status() == 0xF0) {
      read.push_back(static_cast<std::uint8_t>(b.in(0x3F5)));
      ++burst;
    }
    REQUIRE(burst == 8);
  }
  REQUIRE(read == sector_pattern(17));
}

TEST_CASE("floppy media: the size of an image names its format", "[devices][fdc]") {
  const Bytes blank(512);
  for (const FloppyFormat& format : floppy_formats()) {
    const auto found = detect_floppy_format(blank, format.sector_count());
    REQUIRE(found);
    REQUIRE(found->name == format.name);
  }
  for (std::uint64_t odd : {0ull, 1ull, 639ull, 2881ull, 2879ull, 5761ull, 1ull << 40}) {
    const auto found = detect_floppy_format(blank, odd);
    REQUIRE_FALSE(found);
    REQUIRE(found.error().find(std::to_string(odd * 512) + " bytes") == 0);
  }
  REQUIRE_FALSE(detect_floppy_format({}, 3));
}

TEST_CASE("floppy media: a BPB counts when it is plausible and fits the size", "[devices][fdc]") {
  const auto bpb = [](unsigned total, unsigned per_track, unsigned heads, unsigned bytes = 512) {
    Bytes sector(512);
    const auto put = [&](std::size_t at, unsigned value) {
      sector[at] = static_cast<std::uint8_t>(value);
      sector[at + 1] = static_cast<std::uint8_t>(value >> 8);
    };
    put(0x0B, bytes);
    put(0x13, total);
    put(0x18, per_track);
    put(0x1A, heads);
    return sector;
  };
  // 82 cylinders of 21 sectors: no standard size.
  const auto extended = detect_floppy_format(bpb(3444, 21, 2), 3444);
  REQUIRE(extended);
  REQUIRE(extended->cylinders == 82);
  REQUIRE(extended->sectors_per_track == 21);
  REQUIRE(extended->rate == DataRate::kbps500);
  // 80 tracks on one side have the size of a 360K disk.
  REQUIRE(detect_floppy_format(bpb(720, 9, 1), 720)->cylinders == 80);
  REQUIRE(detect_floppy_format(bpb(720, 9, 2), 720)->name == "360K");
  // Nonsense leaves it to the size.
  REQUIRE(detect_floppy_format(bpb(2880, 36, 2), 2880)->name == "1.44M");
  REQUIRE(detect_floppy_format(bpb(2880, 36, 1), 2880)->name == "1.44M");
  REQUIRE(detect_floppy_format(bpb(1440, 9, 2), 2880)->name == "1.44M");
  REQUIRE(detect_floppy_format(bpb(2880, 0, 2), 2880)->name == "1.44M");
  REQUIRE(detect_floppy_format(bpb(2880, 18, 0), 2880)->name == "1.44M");
  REQUIRE(detect_floppy_format(bpb(2880, 18, 2, 1024), 2880)->name == "1.44M");
  REQUIRE_FALSE(detect_floppy_format(bpb(3444, 21, 2), 3445));
}

namespace {

// A disk with one bad spot: reads and writes of that sector fail on the host.
class SickDevice final : public storage::BlockDevice {
 public:
  SickDevice(std::shared_ptr<storage::BlockDevice> healthy, std::uint64_t bad)
      : healthy_(std::move(healthy)), bad_(bad) {}
  std::uint64_t sector_count() const override { return healthy_->sector_count(); }
  storage::Geometry geometry() const override { return {}; }
  bool read_only() const override { return false; }
  storage::Extent extent_at(std::uint64_t lba) const override { return healthy_->extent_at(lba); }

 protected:
  storage::IoStatus do_read(std::uint64_t lba, std::span<std::uint8_t> sectors) override {
    return lba == bad_ ? storage::IoStatus::host_error : healthy_->read(lba, sectors);
  }
  storage::IoStatus do_write(std::uint64_t lba, std::span<const std::uint8_t> sectors) override {
    return lba == bad_ ? storage::IoStatus::no_space : healthy_->write(lba, sectors);
  }
  storage::IoStatus do_flush() override { return storage::IoStatus::ok; }

 private:
  std::shared_ptr<storage::BlockDevice> healthy_;
  std::uint64_t bad_;
};

}  // namespace

TEST_CASE("fdc: a host error is a data error at its sector, and what came before is valid",
          "[devices][fdc]") {
  Bench b;
  b.insert(0, "1.44M");
  b.fdc.insert(0, std::make_shared<SickDevice>(b.images[0], 5), format_named("1.44M"));
  b.start();
  b.channel.program(18 * 512);
  REQUIRE(b.command({0xE6, 0, 0, 0, 4, 2, 18, kGap, 0xFF}) ==
          Results{0x40, 0x20, 0x20, 0, 0, 6, 2});
  REQUIRE(b.channel.position == 2 * 512);
  REQUIRE(b.command({0x56, 0, 0, 0, 1, 2, 18, kGap, 0xFF})[1] == 0x20);
  b.channel.program(18 * 512, 0x5A);
  REQUIRE(b.command({0xC5, 0, 0, 0, 5, 2, 18, kGap, 0xFF}) ==
          Results{0x40, 0x20, 0x20, 0, 0, 6, 2});
  REQUIRE(b.sector(0, 4) == Bytes(512, 0x5A));
  REQUIRE(b.sector(0, 5) == sector_pattern(5));
  b.channel.program(512);
  REQUIRE(b.command({0xE6, 0, 0, 0, 7, 2, 18, kGap, 0xFF})[0] == 0);
}

TEST_CASE("fdc: with the board's 8237 sectors go to and from memory", "[devices][fdc][dma]") {
  Bench b;
  cpu::Memory memory(1 << 20);
  Dma dma(memory);
  dma.claim_ports(b.ports);
  dma.reset();
  b.fdc.dma.connect(dma.channel(2));
  b.insert(0, "1.44M");
  b.start();
  b.out(0xD6, 0xC0);
  b.out(0xD4, 0x00);
  const auto program = [&](int mode, int bytes) {  // in the order of the Bochs ROM, at 7C00h
    b.out(0x0A, 0x06);
    b.out(0x0C, 0x00);
    b.out(0x04, 0x00);
    b.out(0x04, 0x7C);
    b.out(0x0C, 0x00);
    b.out(0x05, (bytes - 1) & 0xFF);
    b.out(0x05, (bytes - 1) >> 8);
    b.out(0x0B, mode);
    b.out(0x81, 0x00);
    b.out(0x0A, 0x02);
  };
  program(0x46, 1024);
  REQUIRE(b.command({0xE6, 0, 0, 0, 1, 2, 2, 0, 0xFF}) == Results{0, 0, 0, 0, 1, 1, 2});
  Bytes loaded(1024);
  memory.read_physical(0x7C00, loaded);
  REQUIRE(loaded == sectors(0, 2));
  REQUIRE((b.in(0x08) & 0x04) == 0x04);  // terminal count reached
  const Bytes written(512, 0xA5);
  memory.write_physical(0x7C00, written);
  program(0x4A, 512);
  REQUIRE(b.command({0xC5, 0, 9, 0, 3, 2, 3, 0, 0xFF})[0] == 0);
  REQUIRE(b.sector(0, 9 * 36 + 2) == written);
}
