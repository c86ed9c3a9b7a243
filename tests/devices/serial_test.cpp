#include "devices/serial.h"

#include <string>
#include <string_view>
#include <vector>

#include "tests/catch.hpp"
#include "tests/devices/port_rig.h"

using namespace devices;

namespace {

enum Port { kData = 0x3F8, kIer, kIir, kLcr, kMcr, kLsr, kMsr, kScr };

struct Board : PortRig {
  Board() : com(scheduler, "com1", 0x3F8) {
    com.claim_ports(ports);
    com.irq.connect<&Board::on_irq>(*this);
    com.transmitted = ByteSink::to<&Board::on_byte>(*this);
  }
  void on_irq(bool level) { interrupts += level ? 1 : 0; }
  void on_byte(std::uint8_t c) {
    sent += static_cast<char>(c);
    sent_at.push_back(scheduler.now());
  }
  void wait(Nanoseconds time) { scheduler.advance_to(scheduler.now() + time); }
  void line(int divisor, int lcr = 0x03) {
    out(kLcr, 0x80);
    out(kData, divisor & 0xFF);
    out(kIer, divisor >> 8);
    out(kLcr, lcr);
  }
  void feed(std::string_view text) {
    std::vector<std::uint8_t> bytes(text.begin(), text.end());
    REQUIRE(com.feed(bytes) == bytes.size());
  }
  int id() { return in(kIir)&0x0F; }

  Scheduler scheduler;
  SerialPort com;
  std::string sent;
  std::vector<Nanoseconds> sent_at;
  int interrupts = 0;
};
}  // namespace

TEST_CASE("serial: a BIOS finds the port by its interrupt registers", "[devices][serial]") {
  Board b;
  b.out(kIer, 0x02);
  REQUIRE(b.in(kIer) == 0x02);
  REQUIRE(b.in(kIir) == 0x02);
  REQUIRE(b.in(kIir) == 0x01);  // reading it took the THRE interrupt back
  b.out(kScr, 0x5A);
  REQUIRE(b.in(kScr) == 0x5A);
  b.out(0x3FA, 0x01);
  REQUIRE((b.in(kIir)&0xC0) == 0xC0);  // a 16550A
}

TEST_CASE("serial: a character takes the time of its frame", "[devices][serial]") {
  struct Case {
    int divisor, lcr, half_bits;
  };
  const Case c = GENERATE(Case{1, 0x03, 20}, Case{12, 0x03, 20}, Case{96, 0x1A, 20},
                          Case{12, 0x07, 22}, Case{12, 0x04, 15}, Case{12, 0x0B, 22});
  Board b;
  b.line(c.divisor, c.lcr);
  b.out(kData, 0x55);
  b.wait(kSecond);
  const Nanoseconds expected = static_cast<Nanoseconds>(c.half_bits * c.divisor) * kSecond / 230400;
  REQUIRE(b.sent_at == std::vector<Nanoseconds>{expected});
}

TEST_CASE("serial: polled output at 115200 comes out in order and complete", "[devices][serial]") {
  Board b;
  b.line(1);
  const std::string text = "BENCH-START irq\r\n";
  for (const char c : text) {
    while ((b.in(kLsr)&0x20) == 0) b.wait(kMicrosecond);
    b.out(kData, c);
  }
  REQUIRE((b.in(kLsr)&0x40) == 0);
  b.wait(kMillisecond);
  REQUIRE(b.sent == text);
  REQUIRE(b.in(kLsr) == 0x60);
}

TEST_CASE("serial: the holding register interrupt comes again with every empty register",
          "[devices][serial]") {
  Board b;
  b.line(1);
  b.out(kMcr, 0x08);
  b.out(kIer, 0x02);
  REQUIRE(b.interrupts == 1);
  REQUIRE(b.id() == 0x02);
  REQUIRE_FALSE(b.com.irq.level());
  b.out(kData, 'a');  // goes on into the shift register at once
  REQUIRE(b.interrupts == 2);
  b.out(kData, 'b');
  REQUIRE_FALSE(b.com.irq.level());
  b.wait(kMillisecond);
  REQUIRE(b.interrupts == 3);
  REQUIRE(b.sent == "ab");
}

TEST_CASE("serial: OUT2 opens the IRQ driver", "[devices][serial]") {
  Board b;
  b.out(kIer, 0x02);
  REQUIRE(b.interrupts == 0);
  b.out(kMcr, 0x08);
  REQUIRE(b.interrupts == 1);
  b.out(kMcr, 0x00);
  REQUIRE_FALSE(b.com.irq.level());
}

TEST_CASE("serial: fed bytes arrive at line speed and wait for the reader", "[devices][serial]") {
  Board b;
  b.line(12);
  b.out(kMcr, 0x0B);
  b.out(kIer, 0x01);
  b.feed("xyz");
  const Nanoseconds character = 10 * kSecond / 9600;
  b.wait(character - 1);
  REQUIRE((b.in(kLsr)&1) == 0);
  b.wait(2);
  REQUIRE(b.id() == 0x04);
  b.wait(10 * character);
  REQUIRE((b.in(kLsr)&2) == 0);  // no overrun
  std::string got;
  for (int i = 0; i < 3; ++i) {
    got += static_cast<char>(b.in(kData));
    REQUIRE_FALSE(b.com.irq.level());
    b.wait(character + 1);
  }
  REQUIRE(got == "xyz");
  REQUIRE(b.interrupts == 3);
}

TEST_CASE("serial: the receiver FIFO interrupts at its trigger and after four silent characters",
          "[devices][serial]") {
  Board b;
  b.line(1);
  b.out(0x3FA, 0x87);  // trigger 8
  b.out(kIer, 0x01);
  const Nanoseconds character = 10 * kSecond / 115200;
  b.feed("1234567");
  b.wait(8 * character);
  REQUIRE(b.id() == 0x01);
  b.wait(4 * character);
  REQUIRE(b.id() == 0x0C);
  b.in(kData);
  REQUIRE(b.id() == 0x01);
  b.feed("89");
  b.wait(3 * character);
  REQUIRE(b.id() == 0x04);
  std::string rest;
  while ((b.in(kLsr)&1) != 0) rest += static_cast<char>(b.in(kData));
  REQUIRE(rest == "23456789");
}

TEST_CASE("serial: the transmitter FIFO holds sixteen characters", "[devices][serial]") {
  Board b;
  b.line(1);
  b.out(0x3FA, 0x01);
  for (int i = 0; i < 20; ++i) b.out(kData, 'a' + i);
  REQUIRE((b.in(kLsr)&0x60) == 0);
  b.wait(100 * kMillisecond);
  REQUIRE(b.sent == "abcdefghijklmnopq");  // one in the shift register, sixteen waiting
}

TEST_CASE("serial: loopback turns data and modem lines back and shuts the outside out",
          "[devices][serial]") {
  Board b;
  b.line(1);
  b.out(kMcr, 0x1A);
  REQUIRE((b.in(kMsr)&0xF0) == 0x90);
  REQUIRE(b.in(kMsr) == 0x90);
  b.out(kMcr, 0x15);
  REQUIRE(b.in(kMsr) == 0x6B);  // DCTS, DDSR, DDCD; the ring indicator counts at its end
  b.out(kMcr, 0x11);
  REQUIRE(b.in(kMsr) == 0x24);
  b.out(kData, 0xA5);
  b.feed("!");
  b.wait(kMillisecond);
  REQUIRE(b.sent.empty());
  REQUIRE((b.in(kLsr)&3) == 1);
  REQUIRE(b.in(kData) == 0xA5);
  b.out(kData, 1);
  b.out(kData, 2);
  b.wait(kMillisecond);
  REQUIRE((b.in(kLsr)&3) == 3);
  REQUIRE((b.in(kLsr)&3) == 1);  // overrun is cleared by the read
  REQUIRE(b.in(kData) == 2);
  b.out(kMcr, 0x00);
  b.wait(kMillisecond);
  REQUIRE(b.in(kData) == '!');
}

TEST_CASE("serial: a break shows in loopback as a zero with BI", "[devices][serial]") {
  Board b;
  b.out(kIer, 0x04);
  b.out(kMcr, 0x10);
  b.out(kLcr, 0x43);
  REQUIRE(b.id() == 0x06);
  REQUIRE((b.in(kLsr)&0x11) == 0x11);
  REQUIRE(b.id() == 0x01);
  REQUIRE(b.in(kData) == 0);
}

TEST_CASE("serial: changes of the modem lines interrupt and are counted once",
          "[devices][serial]") {
  Board b;
  b.out(kMcr, 0x08);
  b.out(kIer, 0x08);
  b.com.set_modem_lines(SerialPort::kPeerReady);
  REQUIRE(b.interrupts == 1);
  REQUIRE(b.id() == 0x00);
  REQUIRE(b.in(kMsr) == 0xBB);
  REQUIRE(b.in(kMsr) == 0xB0);
  REQUIRE_FALSE(b.com.irq.level());
}

TEST_CASE("serial: short words lose their upper bits", "[devices][serial]") {
  const int length = GENERATE(0, 1, 2, 3);
  Board b;
  b.line(1, length);
  b.out(kData, 0xFF);
  b.wait(kMillisecond);
  REQUIRE(static_cast<std::uint8_t>(b.sent.at(0)) == (1 << (5 + length)) - 1);
}

TEST_CASE("serial: the receiver's errors outrank data, data outrank the transmitter",
          "[devices][serial]") {
  Board b;
  b.line(1);
  b.out(kMcr, 0x10);
  b.out(kIer, 0x0F);
  b.out(kData, 1);
  b.out(kData, 2);
  b.wait(kMillisecond);
  b.out(kMcr, 0x11);
  std::vector<int> order{b.id()};
  b.in(kLsr);
  order.push_back(b.id());
  b.in(kData);
  order.push_back(b.id());
  order.push_back(b.id());
  b.in(kMsr);
  order.push_back(b.id());
  REQUIRE(order == std::vector<int>{0x06, 0x04, 0x02, 0x00, 0x01});
}

TEST_CASE("serial: reset empties the port and leaves the divisor latch", "[devices][serial]") {
  Board b;
  b.line(3, 0x1B);
  b.out(kMcr, 0x0B);
  b.out(kIer, 0x0F);
  b.out(kData, 'x');
  b.com.reset();
  b.wait(kSecond);
  REQUIRE(b.sent.empty());
  REQUIRE(b.in(kIer) == 0);
  REQUIRE(b.in(kIir) == 1);
  REQUIRE(b.in(kLcr) == 0);
  REQUIRE(b.in(kMcr) == 0);
  REQUIRE(b.in(kLsr) == 0x60);
  REQUIRE(b.com.divisor() == 3);
}

TEST_CASE("serial: state survives save and load with characters on their way",
          "[devices][serial]") {
  Board b;
  b.line(12);
  b.out(0x3FA, 0x01);
  for (const char c : std::string_view("queue")) b.out(kData, c);
  b.feed("input");
  b.wait(kMillisecond);
  Archive saver = Archive::saver();
  b.scheduler.serialize(saver);
  b.com.serialize(saver);
  Board c;
  Archive loader = Archive::loader(saver.saved());
  c.scheduler.serialize(loader);
  c.com.serialize(loader);
  REQUIRE(loader.at_end());
  c.wait(kSecond);
  REQUIRE(b.sent + c.sent == "queue");
  std::string got;
  while ((c.in(kLsr)&1) != 0) got += static_cast<char>(c.in(kData));
  REQUIRE(got == "input");
}
