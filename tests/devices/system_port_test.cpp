#include "devices/system_port.h"

#include <vector>

#include "tests/catch.hpp"
#include "tests/devices/port_rig.h"

using namespace devices;

namespace {
struct Board : PortRig {
  Board() : pit(scheduler), system(pit) {
    pit.claim_ports(ports);
    system.claim_ports(ports);
    system.a20.connect<&Board::on_a20>(*this);
    system.speaker_data_changed = Delegate<void()>::to<&Board::on_speaker>(*this);
    system.reset_pulse = Delegate<void()>::to<&Board::on_reset>(*this);
    system.reset();
  }
  void on_a20(bool level) { a20 = level; }
  void on_speaker() { heard.push_back(system.speaker_data()); }
  void on_reset() { ++resets; }
  void wait(Nanoseconds time) { scheduler.advance_to(scheduler.now() + time); }

  Scheduler scheduler;
  Pit pit;
  SystemPort system;
  bool a20 = false;
  std::vector<bool> heard;
  int resets = 0;
};
}  // namespace

TEST_CASE("system port: the refresh bit of 61h toggles every 18 timer clocks",
          "[devices][system_port]") {
  Board b;
  int toggles = 0;
  int last = b.in(0x61) & 0x10;
  for (int microsecond = 0; microsecond < 15085; ++microsecond) {
    b.wait(kMicrosecond);
    const int now = b.in(0x61) & 0x10;
    toggles += now != last ? 1 : 0;
    last = now;
  }
  REQUIRE((toggles == 999 || toggles == 1000));
}

TEST_CASE(
    "system port: bit 0 gates timer channel 2, bit 5 shows its output, as memory testers use it",
    "[devices][system_port]") {
  Board b;
  b.out(0x61, 0x01);
  b.out(0x43, 0xB0);
  b.out(0x42, 0xFF);
  b.out(0x42, 0x04);
  REQUIRE((b.in(0x61) & 0x2F) == 0x01);
  b.wait(scale(0x500, kSecond, kPitFrequency) - kMicrosecond);
  REQUIRE((b.in(0x61) & 0x20) == 0x00);
  b.wait(2 * kMicrosecond);
  REQUIRE((b.in(0x61) & 0x2F) == 0x21);
}

TEST_CASE("system port: the low four bits of 61h read back, parity bits stay 0",
          "[devices][system_port]") {
  Board b;
  b.out(0x61, 0xFC);
  REQUIRE((b.in(0x61) & 0xCF) == 0x0C);
}

TEST_CASE("system port: each write of 61h tells the speaker of its data bit",
          "[devices][system_port]") {
  Board b;
  b.heard.clear();
  b.out(0x61, 0x02);
  b.out(0x61, 0x01);
  b.out(0x61, 0x03);
  REQUIRE(b.heard == std::vector<bool>{true, false, true});
  b.system.reset();
  REQUIRE_FALSE(b.system.speaker_data());
}

TEST_CASE("system port: A20 is one flag with two writers", "[devices][system_port]") {
  Board b;
  REQUIRE(b.a20);
  b.out(0x92, 0x00);
  REQUIRE_FALSE(b.a20);
  REQUIRE(b.in(0x92) == 0x00);
  b.system.set_a20(true);
  REQUIRE(b.a20);
  REQUIRE(b.in(0x92) == 0x02);
  b.out(0x92, 0x00);
  REQUIRE_FALSE(b.a20);
}

TEST_CASE("system port: bit 0 of 92h resets the processor and reads 0", "[devices][system_port]") {
  Board b;
  b.out(0x92, b.in(0x92) | 1);
  REQUIRE(b.resets == 1);
  REQUIRE(b.a20);
  REQUIRE(b.in(0x92) == 0x02);
  b.out(0x92, b.in(0x92) | 1);
  REQUIRE(b.resets == 2);
}

TEST_CASE("system port: POST code and spare latches read back what was written",
          "[devices][system_port]") {
  Board b;
  int value = 0x31;
  for (const int port : {0x80, 0x84, 0x85, 0x86, 0x88, 0x8C, 0x8D, 0x8E}) b.out(port, value++);
  value = 0x31;
  for (const int port : {0x80, 0x84, 0x85, 0x86, 0x88, 0x8C, 0x8D, 0x8E}) {
    REQUIRE(b.in(port) == value++);
  }
  REQUIRE(b.system.post_code() == 0x31);
}

TEST_CASE("system port: a coprocessor error holds IRQ 13 until F0h or F1h is written",
          "[devices][system_port]") {
  const int port = GENERATE(0xF0, 0xF1);
  Board b;
  b.system.set_coprocessor_error(true);
  REQUIRE(b.system.irq13.level());
  b.out(port, 0);
  REQUIRE_FALSE(b.system.irq13.level());
  b.system.set_coprocessor_error(false);
  b.system.set_coprocessor_error(true);
  REQUIRE(b.system.irq13.level());
  b.system.set_coprocessor_error(false);
  REQUIRE(b.system.irq13.level());
}

TEST_CASE("system port: state survives save and load", "[devices][system_port]") {
  Board b;
  b.out(0x61, 0x07);
  b.out(0x92, 0x00);
  b.out(0x84, 0x77);
  Archive saver = Archive::saver();
  b.scheduler.serialize(saver);
  b.pit.serialize(saver);
  b.system.serialize(saver);
  Board c;
  Archive loader = Archive::loader(saver.saved());
  c.scheduler.serialize(loader);
  c.pit.serialize(loader);
  c.system.serialize(loader);
  REQUIRE(loader.at_end());
  REQUIRE(c.in(0x61) == b.in(0x61));
  REQUIRE(c.in(0x92) == 0x00);
  REQUIRE(c.in(0x84) == 0x77);
}
