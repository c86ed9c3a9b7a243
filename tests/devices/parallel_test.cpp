#include "devices/parallel.h"

#include <string>
#include <vector>

#include "tests/catch.hpp"
#include "tests/devices/port_rig.h"

using namespace devices;

namespace {
struct Board : PortRig {
  explicit Board(bool with_printer = true) : lpt(scheduler, "lpt1", 0x378) {
    lpt.claim_ports(ports);
    lpt.irq.connect<&Board::on_irq>(*this);
    if (with_printer) lpt.printer = ByteSink::to<&Board::print>(*this);
  }
  void on_irq(bool level) { interrupts += level ? 1 : 0; }
  void print(std::uint8_t c) { paper += static_cast<char>(c); }
  void wait(Nanoseconds time) { scheduler.advance_to(scheduler.now() + time); }
  void strobe(int idle = 0x0C) {
    out(0x37A, idle | 1);
    out(0x37A, idle);
  }

  Scheduler scheduler;
  ParallelPort lpt;
  std::string paper;
  int interrupts = 0;
};
}  // namespace

TEST_CASE("parallel: a BIOS finds the port by its data latch", "[devices][parallel]") {
  Board b(false);
  b.out(0x37A, 0xDF);
  b.out(0x378, 0xAA);
  REQUIRE(b.in(0x378) == 0xAA);
  REQUIRE(b.in(0x37A) == 0xDF);
}

TEST_CASE("parallel: a strobe prints one byte and shows busy, then acknowledge",
          "[devices][parallel]") {
  Board b;
  for (const char c : std::string("Hi")) {
    REQUIRE(b.in(0x379) == 0xDF);
    b.out(0x378, c);
    b.strobe();
    REQUIRE((b.in(0x379) & 0xC0) == 0x40);
    b.wait(5 * kMicrosecond);
    REQUIRE((b.in(0x379) & 0xC0) == 0x80);
    b.wait(5 * kMicrosecond);
  }
  REQUIRE(b.paper == "Hi");
  REQUIRE(b.interrupts == 0);
}

TEST_CASE("parallel: the end of the acknowledge raises the IRQ when enabled",
          "[devices][parallel]") {
  Board b;
  b.out(0x378, 'x');
  b.strobe(0x1C);
  REQUIRE(b.interrupts == 0);
  b.wait(10 * kMicrosecond);
  REQUIRE(b.lpt.irq.level());
  b.in(0x379);
  REQUIRE_FALSE(b.lpt.irq.level());
  b.strobe(0x1C);
  b.wait(10 * kMicrosecond);
  REQUIRE(b.interrupts == 2);
  b.out(0x37A, 0x0C);
  REQUIRE_FALSE(b.lpt.irq.level());
}

TEST_CASE("parallel: without a printer the port is never ready and swallows bytes",
          "[devices][parallel]") {
  Board b(false);
  REQUIRE(b.in(0x379) == 0x7F);
  b.out(0x378, 'x');
  b.strobe(0x1C);
  b.wait(kMillisecond);
  REQUIRE(b.in(0x379) == 0x7F);
  REQUIRE(b.interrupts == 0);
}

TEST_CASE("parallel: a printer that is busy, not selected or in reset takes nothing",
          "[devices][parallel]") {
  Board b;
  b.out(0x378, 'a');
  b.strobe();
  b.out(0x378, 'b');
  b.strobe();
  b.wait(kMillisecond);
  REQUIRE(b.paper == "a");
  b.strobe(0x04);
  b.strobe(0x08);
  REQUIRE(b.paper == "a");
}

TEST_CASE("parallel: with the direction turned the data port reads the open cable",
          "[devices][parallel]") {
  Board b;
  b.out(0x378, 0x12);
  b.out(0x37A, 0x2C);
  REQUIRE(b.in(0x378) == 0xFF);
  REQUIRE(b.in(0x37A) == 0xEC);
  b.out(0x37A, 0x0C);
  REQUIRE(b.in(0x378) == 0x12);
}

TEST_CASE("parallel: state survives save and load in the middle of a handshake",
          "[devices][parallel]") {
  Board b;
  b.out(0x378, 'x');
  b.strobe(0x1C);
  Archive saver = Archive::saver();
  b.scheduler.serialize(saver);
  b.lpt.serialize(saver);
  Board c;
  Archive loader = Archive::loader(saver.saved());
  c.scheduler.serialize(loader);
  c.lpt.serialize(loader);
  REQUIRE(loader.at_end());
  c.wait(10 * kMicrosecond);
  REQUIRE(c.interrupts == 1);
}
