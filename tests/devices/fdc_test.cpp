// Reset, control commands, seeks and lines of the floppy controller.
#include <random>

#include "tests/devices/fdc_bench.h"

using namespace fdc_bench;

TEST_CASE("fdc: in reset nothing answers; afterwards 80h, IRQ 6 and four polling statuses",
          "[devices][fdc]") {
  Bench b;
  REQUIRE(b.in(0x3F2) == 0x00);
  REQUIRE(b.status() == 0x00);
  b.out(0x3F2, 0x0C);
  REQUIRE(b.irqs == 0);
  b.wait(300 * kMicrosecond);
  REQUIRE(b.status() == 0x80);
  REQUIRE(b.irqs == 1);
  for (int drive = 0; drive < 4; ++drive) {
    REQUIRE(b.command({0x08}) == Results{0xC0 | drive, 0});
    REQUIRE_FALSE(b.fdc.irq.level());
  }
  REQUIRE(b.command({0x08}) == Results{0x80});
}

TEST_CASE("fdc: DOR bit 3 gates the interrupt", "[devices][fdc]") {
  Bench b;
  b.out(0x3F2, 0x04);
  b.wait(kMillisecond);
  REQUIRE(b.irqs == 0);
  b.out(0x3F2, 0x0C);
  REQUIRE(b.irqs == 1);
}

TEST_CASE("fdc: the sequence of the Bochs ROM reads the boot sector", "[devices][fdc]") {
  Bench b;
  b.insert(0, "1.44M");
  b.out(0x3F2, b.in(0x3F2) | 0x1C);
  while (b.status() != 0x80) b.wait(10 * kMicrosecond);
  REQUIRE(b.irqs == 1);
  REQUIRE(b.command({0x08}) == Results{0xC0, 0});  // one SENSE only
  // RECALIBRATE: the pending reset statuses must not answer for it.
  b.send({0x07, 0x00});
  b.wait(100 * kMillisecond);
  REQUIRE(b.irqs == 2);
  REQUIRE(b.command({0x08}) == Results{0x20, 0});
  b.channel.program(512);
  b.send({0xE6, 0x00, 0, 0, 1, 2, 1, 0, 0xFF});
  REQUIRE(b.status() == 0x10);
  b.wait(50 * kMillisecond);
  REQUIRE(b.status() == 0xD0);
  REQUIRE(b.irqs == 3);
  // R = EOT on head 0 of a multi-track read: the next sector is C, 1, 1.
  REQUIRE(b.results() == Results{0x00, 0, 0, 0, 1, 1, 2});
  REQUIRE_FALSE(b.fdc.irq.level());
  REQUIRE(b.channel.memory == sector_pattern(0));
  // No SEEK ever: the cylinder in the command is enough.
  b.channel.program(512);
  REQUIRE(b.command({0xE6, 0x04, 40, 1, 5, 2, 5, 0, 0xFF})[0] == 0x04);
  REQUIRE(b.channel.memory == sector_pattern((40 * 2 + 1) * 18 + 4));
}

TEST_CASE("fdc: the first byte of a result takes the interrupt back", "[devices][fdc]") {
  Bench b;
  b.insert(0, "1.44M");
  b.start();
  b.channel.program(512);
  b.send({0xE6, 0, 0, 0, 1, 2, 18, 0x1B, 0xFF});
  b.wait(kSecond);
  REQUIRE(b.fdc.irq.level());
  b.in(0x3F5);
  REQUIRE_FALSE(b.fdc.irq.level());
}

TEST_CASE("fdc: Linux 0.11's seek and sense", "[devices][fdc]") {
  Bench b;
  b.insert(0, "1.44M");
  b.start();
  b.command({0x03, 0xCF, 0x06});
  b.out(0x3F7, 0);
  REQUIRE(b.seek({0x0F, 0x04, 35}) == Results{0x20, 35});  // head bit given, ST0 stays 20h
  b.channel.program(1024);
  REQUIRE(b.command({0xE6, 0x04, 35, 1, 3, 2, 18, 0x1B, 0xFF}) == Results{4, 0, 0, 35, 1, 5, 2});
}

TEST_CASE("fdc: seek time follows SPECIFY and the data rate", "[devices][fdc]") {
  Bench b;
  b.insert(0, "1.44M");
  b.start();
  b.out(0x3F7, 0);
  b.command({0x03, 0xD1, 0x02});  // 3 ms a step at 500 kbit/s
  b.send({0x0F, 0x00, 10});
  REQUIRE(b.status() == 0x81);
  b.wait(29 * kMillisecond);
  REQUIRE(b.irqs == 0);
  b.wait(2 * kMillisecond);
  REQUIRE(b.irqs == 1);
  REQUIRE(b.status() == 0x80);
  b.command({0x08});
  b.out(0x3F7, 2);  // 250 kbit/s: twice as long
  b.send({0x0F, 0x00, 0});
  b.wait(59 * kMillisecond);
  REQUIRE(b.irqs == 1);
  b.wait(2 * kMillisecond);
  REQUIRE(b.irqs == 2);
}

TEST_CASE("fdc: seeks of two drives overlap and are sensed one by one", "[devices][fdc]") {
  Bench b;
  b.insert(0, "1.44M");
  b.insert(1, "1.44M");
  b.start();
  b.send({0x0F, 0x01, 20});
  b.send({0x0F, 0x00, 5});
  REQUIRE(b.status() == 0x83);
  b.wait(kSecond);
  REQUIRE(b.command({0x08}) == Results{0x20, 5});
  REQUIRE(b.fdc.irq.level());
  REQUIRE(b.command({0x08}) == Results{0x21, 20});
  REQUIRE_FALSE(b.fdc.irq.level());
  REQUIRE(b.command({0x08}) == Results{0x80});
}

TEST_CASE("fdc: relative seeks count from the controller's cylinder", "[devices][fdc]") {
  Bench b;
  b.insert(0, "1.44M");
  b.start();
  REQUIRE(b.seek({0xCF, 0x00, 30}) == Results{0x20, 30});
  REQUIRE(b.seek({0x8F, 0x00, 12}) == Results{0x20, 18});
  REQUIRE(b.seek({0x8F, 0x00, 99}) == Results{0x20, 0});
}

TEST_CASE("fdc: recalibrate ends 70h for an absent drive and with the motor off",
          "[devices][fdc]") {
  Bench b;
  b.insert(0, "1.44M");
  b.start();
  REQUIRE(b.seek({0x07, 0x02}) == Results{0x72, 0});
  b.out(0x3F2, 0x0C);
  REQUIRE(b.seek({0x07, 0x00}) == Results{0x70, 0});
}

TEST_CASE("fdc: recalibrate gives up after 79 steps", "[devices][fdc]") {
  Bench b;
  b.insert(0, "1.44M");
  b.start();
  REQUIRE(b.seek({0x0F, 0x00, 83}) == Results{0x20, 83});
  REQUIRE(b.seek({0x07, 0x00}) == Results{0x70, 0});
  REQUIRE(b.seek({0x07, 0x00}) == Results{0x20, 0});
}

TEST_CASE("fdc: sense drive shows track 0 and write protect", "[devices][fdc]") {
  Bench b;
  b.insert(0, "1.44M", true);
  b.insert(1, "1.44M");
  b.start();
  REQUIRE(b.command({0x04, 0x00}) == Results{0x78});
  REQUIRE(b.command({0x04, 0x05}) == Results{0x3D});
  b.seek({0x0F, 0x01, 3});
  REQUIRE(b.command({0x04, 0x01}) == Results{0x29});
}

TEST_CASE("fdc: version, configure, lock, perpendicular and dumpreg", "[devices][fdc]") {
  Bench b;
  b.insert(0, "1.44M");
  b.start();
  REQUIRE(b.command({0x10}) == Results{0x90});
  REQUIRE(b.command({0x13, 0x00, 0x47, 0x11}).empty());
  REQUIRE(b.command({0x03, 0xDF, 0x02}).empty());
  REQUIRE(b.command({0x12, 0x84}).empty());
  REQUIRE(b.command({0x94}) == Results{0x10});
  b.seek({0x0F, 0x00, 7});
  REQUIRE(b.command({0x0E}) == Results{7, 0, 0, 0, 0xDF, 0x02, 0, 0x84, 0x47, 0x11});
  // A locked FIFO survives a software reset, the rest of CONFIGURE does not; SPECIFY always does.
  b.out(0x3F4, 0x80);
  REQUIRE(b.status() == 0x00);
  b.wait(kMillisecond);
  REQUIRE(b.command({0x0E}) == Results{0, 0, 0, 0, 0xDF, 0x02, 0, 0x84, 0x07, 0x11});
  REQUIRE(b.command({0x14}) == Results{0x00});
  b.out(0x3F4, 0x80);
  b.wait(kMillisecond);
  REQUIRE(b.command({0x0E}) == Results{0, 0, 0, 0, 0xDF, 0x02, 0, 0x04, 0x20, 0x00});
}

TEST_CASE("fdc: what is no command answers 80h, one byte, without interrupt", "[devices][fdc]") {
  Bench b;
  b.start();
  for (int opcode : {0x00, 0x01, 0x0B, 0x15, 0x17, 0x18, 0x1A, 0x25, 0x33, 0x47, 0x82, 0xFF}) {
    REQUIRE(b.command({opcode}) == Results{0x80});
  }
  REQUIRE(b.irqs == 0);
}

TEST_CASE("fdc: bytes written while a result waits are ignored", "[devices][fdc]") {
  Bench b;
  b.start();
  b.send({0x10});
  b.out(0x3F5, 0x08);
  b.out(0x3F5, 0x08);
  REQUIRE(b.results() == Results{0x90});
  REQUIRE(b.status() == 0x80);
  REQUIRE(b.in(0x3F5) == 0x00);
}

TEST_CASE("fdc: the change line is set by a new disk and cleared by a step", "[devices][fdc]") {
  Bench b;
  b.start();
  REQUIRE((b.in(0x3F7) & 0x80) == 0x80);  // empty
  b.insert(0, "1.44M");
  REQUIRE((b.in(0x3F7) & 0x80) == 0x80);
  b.seek({0x07, 0x00});  // no step: the head is there
  REQUIRE((b.in(0x3F7) & 0x80) == 0x80);
  b.seek({0x0F, 0x00, 1});
  REQUIRE((b.in(0x3F7) & 0x80) == 0x00);
  REQUIRE((b.in(0x3F7) & 0x7F) == 0x7F);
  b.seek({0x07, 0x00});
  REQUIRE((b.in(0x3F7) & 0x80) == 0x00);
  b.fdc.eject(0);
  REQUIRE((b.in(0x3F7) & 0x80) == 0x80);
  b.seek({0x0F, 0x00, 1});  // nothing in: stays
  REQUIRE((b.in(0x3F7) & 0x80) == 0x80);
  b.out(0x3F2, 0x0C);  // motor off: nobody drives the line
  REQUIRE((b.in(0x3F7) & 0x80) == 0x00);
  b.insert(0, "1.44M");
  b.out(0x3F2, 0x1C);
  b.channel.program(512);
  b.command({0xE6, 0, 3, 0, 1, 2, 18, 0x1B, 0xFF});  // an implied seek steps too
  REQUIRE((b.in(0x3F7) & 0x80) == 0x00);
}

TEST_CASE("fdc: a hardware reset keeps the disk and forgets the rest", "[devices][fdc]") {
  Bench b;
  b.insert(0, "1.44M");
  b.start();
  b.channel.program(512);
  b.send({0xE6, 0, 0, 0, 1, 2, 18, 0x1B, 0xFF});
  b.fdc.reset();
  REQUIRE(b.in(0x3F2) == 0);
  REQUIRE(b.scheduler.next_deadline() == kNever);
  b.start();
  REQUIRE(b.command({0xE6, 0, 0, 0, 1, 2, 18, 0x1B, 0xFF})[0] == 0);
}

TEST_CASE("fdc: the lamp and the activity of a drive can be watched", "[devices][fdc]") {
  Bench b;
  b.insert(1, "1.44M");
  b.start();
  REQUIRE(b.fdc.lamp(0));
  REQUIRE_FALSE(b.fdc.lamp(1));
  b.out(0x3F2, 0x2D);
  REQUIRE(b.fdc.lamp(1));
  b.channel.program(512);
  b.send({0xC5, 0x01, 0, 0, 1, 2, 18, 0x1B, 0xFF});
  REQUIRE(b.fdc.activity(1) == FloppyController::Activity::writing);
  b.results();
  REQUIRE(b.fdc.activity(1) == FloppyController::Activity::idle);
  REQUIRE(b.fdc.drive(1).sectors_written() == 1);
}

TEST_CASE("fdc: any sequence of port accesses is harmless, repeatable, and survives save and load",
          "[devices][fdc]") {
  Bench a;
  Bench b;
  for (Bench* bench : {&a, &b}) {
    bench->insert(0, "360K");
    bench->insert(1, "2.88M");
  }
  constexpr int kOpcodes[] = {0xE6, 0xC5, 0x4D, 0x4A, 0x16, 0x51, 0x59, 0x5D, 0x42, 0x07, 0x0F,
                              0x08, 0x03, 0x13, 0x0E, 0x94, 0x14, 0xCC, 0xC9, 0x8F, 0xCF, 0x8E};
  std::mt19937 random(1);
  const auto roll = [&](unsigned limit) { return static_cast<int>(random() % limit); };
  for (int step = 0; step < 120000; ++step) {
    const int op = roll(16);
    const int value = roll(4) != 0 ? roll(8) : roll(256);
    const int opcode = kOpcodes[roll(std::size(kOpcodes))];
    const int ticks = roll(1000);
    for (Bench* bench : {&a, &b}) {
      if (op < 6) {
        bench->out(0x3F5, value);
      } else if (op == 6) {
        bench->out(0x3F5, opcode);
      } else if (op < 10) {
        bench->in(0x3F5);
      } else if (op == 10) {
        bench->out(static_cast<std::uint16_t>(0x3F0 + value % 8),
                   value == 0 ? 0x00 : 0x3C | (value & 1));
      } else if (op == 11) {
        bench->channel.program(static_cast<std::size_t>(ticks) * 3,
                               static_cast<std::uint8_t>(value));
      } else if (op == 12 && ticks < 20) {
        bench->fdc.eject(static_cast<unsigned>(value & 1));
      } else if (op == 12 && ticks < 200) {
        bench->fdc.insert(static_cast<unsigned>(value & 1), bench->images[0], format_named("360K"));
      } else {
        bench->wait(static_cast<Nanoseconds>(ticks) * (op == 13 ? kMicrosecond : kMillisecond));
      }
    }
    for (std::uint16_t port = 0x3F0; port <= 0x3F4; ++port) REQUIRE(a.in(port) == b.in(port));
    REQUIRE(a.in(0x3F5) == b.in(0x3F5));
    REQUIRE(a.irqs == b.irqs);
    if (step % 10000 == 5000) {
      Archive saver = Archive::saver();
      a.scheduler.serialize(saver);
      a.fdc.serialize(saver);
      Archive loader = Archive::loader(saver.saved());
      b.scheduler.serialize(loader);
      b.fdc.serialize(loader);
      REQUIRE(loader.at_end());
    }
  }
  // And it still works.
  a.insert(0, "1.44M");
  a.fdc.reset();
  a.start();
  a.channel.program(512);
  REQUIRE(a.command({0xE6, 0, 1, 0, 1, 2, 18, 0x1B, 0xFF})[0] == 0);
  REQUIRE(a.channel.memory == sector_pattern(36));
}

TEST_CASE("fdc: a damaged saved state is refused or harmless", "[devices][fdc]") {
  std::mt19937 random(7);
  for (int round = 0; round < 60; ++round) {
    Bench b;
    b.insert(0, "360K");
    b.start();
    b.channel.program(9 * 512);
    b.send({0xE6, 0, 0, 0, 1, 2, 9, 0x2A, 0xFF});
    Archive saver = Archive::saver();
    b.fdc.serialize(saver);
    Bytes state(saver.saved().begin(), saver.saved().end());
    // Behind the tag and what the drives hold: the controller's own fields.
    for (int i = 0; i < 40; ++i) {
      const std::size_t at = state.size() - 1 - random() % 700;
      state[at] = static_cast<std::uint8_t>(random());
    }
    Archive loader = Archive::loader(state);
    b.fdc.serialize(loader);
    for (int i = 0; i < 200; ++i) {
      b.out(static_cast<std::uint16_t>(0x3F2 + random() % 6), static_cast<int>(random() & 0xFF));
      b.in(0x3F5);
      b.wait(kMillisecond);
    }
    b.out(0x3F2, 0x00);
    b.start();
    REQUIRE(b.command({0x10}) == Results{0x90});
  }
}
