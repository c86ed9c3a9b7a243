#include "devices/cmos.h"

#include <chrono>
#include <vector>

#include "tests/catch.hpp"
#include "tests/devices/port_rig.h"

using namespace devices;

namespace {

struct Board : PortRig {
  Board() : cmos(scheduler) {
    cmos.claim_ports(ports);
    cmos.irq.connect<&Board::interrupt>(*this);
  }
  void interrupt(bool level) {
    if (level) interrupts.push_back(scheduler.now());
  }
  int get(int index) {
    out(0x70, index);
    return in(0x71);
  }
  void put(int index, int value) {
    out(0x70, index);
    out(0x71, value);
  }
  void wait(Nanoseconds time) { scheduler.advance_to(scheduler.now() + time); }

  Scheduler scheduler;
  Cmos cmos;
  std::vector<Nanoseconds> interrupts;
};

int bcd(unsigned value) {
  return static_cast<int>(value / 10 * 16 + value % 10);
}
}  // namespace

TEST_CASE("cmos: the configured date reads back in BCD with the century in both places",
          "[devices][cmos]") {
  Board b;
  b.cmos.set_time({.year = 1995, .month = 12, .day = 31, .hour = 23, .minute = 58, .second = 59});
  REQUIRE(b.get(0x00) == 0x59);
  REQUIRE(b.get(0x02) == 0x58);
  REQUIRE(b.get(0x04) == 0x23);
  REQUIRE(b.get(0x06) == 1);  // a Sunday
  REQUIRE(b.get(0x07) == 0x31);
  REQUIRE(b.get(0x08) == 0x12);
  REQUIRE(b.get(0x09) == 0x95);
  REQUIRE(b.get(0x32) == 0x19);
  REQUIRE(b.get(0x37) == 0x19);
  REQUIRE(b.get(0x0D) == 0x80);
  REQUIRE(b.in(0x70) == 0xFF);
}

TEST_CASE("cmos: counts days, months and leap years as the calendar does", "[devices][cmos]") {
  using namespace std::chrono;
  const int start_year = GENERATE(1980, 1987, 1996, 1999, 2000, 2023);
  const bool binary = GENERATE(false, true);
  const bool full_day = GENERATE(false, true);
  Board b;
  b.put(0x0B, (binary ? 4 : 0) | (full_day ? 2 : 0));
  sys_days day{year(start_year) / 2 / 27};
  for (int i = 0; i < 400; ++i) {
    const year_month_day before(day);
    b.cmos.set_time({.year = static_cast<unsigned>(int(before.year())),
                     .month = unsigned(before.month()),
                     .day = unsigned(before.day()),
                     .hour = 23,
                     .minute = 59,
                     .second = 59});
    b.wait(kSecond);
    day += days(1);
    const year_month_day after(day);
    const auto shown = [&](unsigned value) {
      return binary ? static_cast<int>(value) : bcd(value);
    };
    REQUIRE(b.get(0x00) == 0);
    REQUIRE(b.get(0x02) == 0);
    REQUIRE(b.get(0x04) == (full_day ? 0 : shown(12)));
    REQUIRE(b.get(0x06) == static_cast<int>(weekday(day).c_encoding() + 1));
    REQUIRE(b.get(0x07) == shown(unsigned(after.day())));
    REQUIRE(b.get(0x08) == shown(unsigned(after.month())));
    const auto full_year = static_cast<unsigned>(int(after.year()));
    REQUIRE(b.get(0x09) == shown(full_year % 100));
    REQUIRE(b.get(0x32) == bcd(full_year / 100));
    REQUIRE(b.get(0x37) == bcd(full_year / 100));
  }
}

TEST_CASE("cmos: twelve-hour mode marks the afternoon in bit 7", "[devices][cmos]") {
  Board b;
  b.put(0x0B, 0x00);
  const std::vector<int> hours{0x12, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07,
                               0x08, 0x09, 0x10, 0x11, 0x92, 0x81, 0x82, 0x83,
                               0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x90, 0x91};
  for (unsigned hour = 0; hour < 24; ++hour) {
    b.cmos.set_time({.hour = hour, .minute = 59, .second = 59});
    REQUIRE(b.get(4) == hours[hour]);
    b.wait(kSecond);
    REQUIRE(b.get(4) == hours[(hour + 1) % 24]);
    REQUIRE(b.get(7) == (hour == 23 ? 2 : 1));
  }
}

TEST_CASE("cmos: UIP rises 2228 us before the second changes and reads 0 while SET is set",
          "[devices][cmos]") {
  Board b;
  b.wait(kSecond - 2229 * kMicrosecond);
  REQUIRE(b.get(0x0A) == 0x26);
  b.wait(kMicrosecond);
  REQUIRE(b.get(0x0A) == 0xA6);
  REQUIRE(b.get(0x00) == 0x00);
  b.put(0x0B, 0x82);
  REQUIRE(b.get(0x0A) == 0x26);
  b.put(0x0B, 0x02);
  b.wait(2227 * kMicrosecond);
  REQUIRE(b.get(0x0A) == 0xA6);
  b.wait(kMicrosecond);
  REQUIRE(b.get(0x0A) == 0x26);
  REQUIRE(b.get(0x00) == 0x01);
}

TEST_CASE("cmos: SET stops updates, their flags and the update interrupt enable",
          "[devices][cmos]") {
  Board b;
  b.put(0x0B, 0x92);
  REQUIRE(b.get(0x0B) == 0x82);
  b.wait(5 * kSecond);
  REQUIRE(b.get(0x00) == 0x00);
  REQUIRE((b.get(0x0C) & 0x30) == 0);
  b.put(0x0B, 0x02);
  b.wait(kSecond);
  REQUIRE(b.get(0x00) == 0x01);
}

TEST_CASE("cmos: the first update comes half a second after the divider is released",
          "[devices][cmos]") {
  Board b;
  b.wait(123 * kMillisecond);
  b.put(0x0A, 0x76);
  b.wait(10 * kSecond);
  REQUIRE(b.get(0x00) == 0x00);
  b.wait(77 * kMillisecond);
  b.put(0x0A, 0x26);
  b.wait(kSecond / 2 - 1);
  REQUIRE(b.get(0x00) == 0x00);
  b.wait(1);
  REQUIRE(b.get(0x00) == 0x01);
  b.wait(kSecond);
  REQUIRE(b.get(0x00) == 0x02);
}

TEST_CASE("cmos: flags rise whether enabled or not, reading register C clears them",
          "[devices][cmos]") {
  Board b;
  b.wait(kSecond);
  REQUIRE(b.interrupts.empty());
  REQUIRE(b.get(0x0C) == 0x50);  // the alarm stands at 0:00:00, a second ago
  REQUIRE(b.get(0x0C) == 0x00);
  b.wait(kMillisecond);
  REQUIRE(b.get(0x0C) == 0x40);
}

TEST_CASE("cmos: enabling an interrupt whose flag is already set raises IRQ 8 at once",
          "[devices][cmos]") {
  Board b;
  b.wait(kSecond);
  b.put(0x0B, 0x12);
  REQUIRE(b.cmos.irq.level());
  REQUIRE((b.get(0x0C) & 0x90) == 0x90);
  REQUIRE_FALSE(b.cmos.irq.level());
}

TEST_CASE("cmos: periodic interrupts come at the selected rate without drift", "[devices][cmos]") {
  const std::vector<unsigned> rates{0,   256, 128, 8192, 4096, 2048, 1024, 512,
                                    256, 128, 64,  32,   16,   8,    4,    2};
  const int select = GENERATE(range(0, 16));
  Board b;
  b.put(0x0A, 0x20 | select);
  b.get(0x0C);
  b.put(0x0B, 0x42);
  unsigned count = 0;
  while (b.scheduler.next_deadline() <= 3 * kSecond) {
    b.scheduler.advance_to(b.scheduler.next_deadline());
    if (!b.cmos.irq.level()) continue;
    ++count;
    REQUIRE((b.get(0x0C) & 0xC0) == 0xC0);
  }
  REQUIRE(count == 3 * rates[static_cast<std::size_t>(select)]);
}

TEST_CASE("cmos: without a read of register C there is one periodic interrupt", "[devices][cmos]") {
  Board b;
  b.put(0x0B, 0x42);
  b.wait(kSecond);
  REQUIRE(b.interrupts.size() == 1);
}

TEST_CASE("cmos: the alarm compares hours, minutes and seconds, C0h and above match anything",
          "[devices][cmos]") {
  struct Case {
    int hour, minute, second;
    unsigned per_hour;
  };
  const Case c =
      GENERATE(Case{0x01, 0x30, 0x15, 1}, Case{0xC0, 0x30, 0x15, 1}, Case{0xFF, 0xC7, 0x15, 60},
               Case{0xFF, 0xFF, 0xFF, 3600}, Case{0x02, 0xFF, 0xFF, 0}, Case{0x01, 0x80, 0x15, 0});
  Board b;
  b.cmos.set_time({.hour = 1});
  b.put(5, c.hour);
  b.put(3, c.minute);
  b.put(1, c.second);
  b.get(0x0C);
  b.put(0x0B, 0x22);
  unsigned alarms = 0;
  for (int second = 1; second < 3600; ++second) {
    b.wait(kSecond);
    if ((b.get(0x0C) & 0x20) != 0) ++alarms;
  }
  REQUIRE(alarms == (c.per_hour == 3600 ? 3599 : c.per_hour));
  REQUIRE(b.interrupts.size() == alarms);
}

TEST_CASE("cmos: reset silences interrupts but keeps time, date and memory", "[devices][cmos]") {
  Board b;
  b.put(0x40, 0x5A);
  b.put(0x0B, 0x7A);
  b.wait(3 * kSecond);
  REQUIRE(b.cmos.irq.level());
  b.cmos.reset();
  REQUIRE_FALSE(b.cmos.irq.level());
  REQUIRE(b.get(0x0B) == 0x02);
  REQUIRE(b.get(0x0C) == 0x00);
  REQUIRE(b.get(0x00) == 0x03);
  REQUIRE(b.get(0x40) == 0x5A);
}

TEST_CASE("cmos: bit 7 of the index is the NMI mask, not an address", "[devices][cmos]") {
  Board b;
  b.put(0x95, 0x42);
  REQUIRE(b.cmos.nmi_masked());
  REQUIRE(b.get(0x15) == 0x42);
  REQUIRE_FALSE(b.cmos.nmi_masked());
  b.put(0x0D, 0x00);
  b.put(0x0C, 0xFF);
  REQUIRE(b.get(0x0D) == 0x80);
  REQUIRE(b.get(0x0C) == 0x00);
}

TEST_CASE("cmos: the checksum is the big-endian sum of 10h to 2Dh", "[devices][cmos]") {
  Board b;
  for (std::size_t i = 0; i < Cmos::kSize; ++i) b.cmos.set_ram(i, 0xFF);
  b.cmos.update_checksum();
  REQUIRE(b.get(0x2E) == 0x1D);  // 30 * 255 = 1DE2h
  REQUIRE(b.get(0x2F) == 0xE2);
}

TEST_CASE("cmos: any register contents keep counting", "[devices][cmos]") {
  const int mode = GENERATE(0, 2, 4, 6);
  Board b;
  b.put(0x0B, mode);
  for (int value = 0; value < 256; ++value) {
    for (const int index : {0, 2, 4, 6, 7, 8, 9}) b.put(index, value);
    b.wait(2 * kSecond);
    REQUIRE(b.get(0) <= 0x59);
  }
}

TEST_CASE("cmos: state survives save and load", "[devices][cmos]") {
  Board b;
  b.wait(300 * kMillisecond);
  b.put(0x0A, 0x70);
  b.put(0x0A, 0x2A);
  b.put(0x0B, 0x42);
  b.wait(1234 * kMillisecond);
  Archive saver = Archive::saver();
  b.scheduler.serialize(saver);
  b.cmos.serialize(saver);
  Board c;
  Archive loader = Archive::loader(saver.saved());
  c.scheduler.serialize(loader);
  c.cmos.serialize(loader);
  REQUIRE(loader.at_end());
  b.get(0x0C), c.get(0x0C);
  b.interrupts.clear();
  b.wait(10 * kSecond), c.wait(10 * kSecond);
  REQUIRE(b.interrupts == c.interrupts);
  REQUIRE(b.get(0) == c.get(0));
}
