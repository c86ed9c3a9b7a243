#include "devices/dma.h"

#include <random>
#include <vector>

#include "tests/catch.hpp"
#include "tests/devices/port_rig.h"

using namespace devices;

namespace {

struct Board : PortRig {
  Board() : memory(1 << 20), dma(memory) {
    dma.claim_ports(ports);
    dma.reset();
    out(0xD6, 0xC0);  // as every BIOS: channel 4 is the cascade
    out(0xD4, 0x00);
  }
  // Channel 0-3: bytes; 5-7: words.
  void program(int channel, int mode, int page, int address, int count) {
    static constexpr int kPages[] = {0x87, 0x83, 0x81, 0x82, 0, 0x8B, 0x89, 0x8A};
    const int base = channel < 4 ? 0 : 0xC0;
    const int stride = channel < 4 ? 1 : 2;
    const int n = channel & 3;
    out(base + 10 * stride, 4 | n);
    out(base + 12 * stride, 0xFF);
    out(base + 11 * stride, mode | n);
    out(base + 2 * n * stride, address & 0xFF);
    out(base + 2 * n * stride, address >> 8);
    out(base + (2 * n + 1) * stride, count & 0xFF);
    out(base + (2 * n + 1) * stride, count >> 8);
    out(kPages[channel], page);
    out(base + 10 * stride, n);
  }
  int word(int port) {
    const int low = in(port);
    return low | in(port) << 8;
  }
  std::vector<std::uint8_t> peek(std::uint32_t address, std::size_t length) {
    std::vector<std::uint8_t> bytes(length);
    memory.read_physical(address, bytes);
    return bytes;
  }

  cpu::Memory memory;
  Dma dma;
};

std::vector<std::uint8_t> pattern(std::size_t length, unsigned seed = 1) {
  std::mt19937 random(seed);
  std::vector<std::uint8_t> bytes(length);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}
}  // namespace

TEST_CASE("dma: a floppy read lands in memory and ends with terminal count", "[devices][dma]") {
  Board b;
  b.program(2, 0x46 & 0xFC, 0x01, 0x2345, 511);
  const auto sector = pattern(1024);
  REQUIRE(b.dma.channel(2).ready());
  auto moved = b.dma.channel(2).write_memory(std::span(sector).first(200));
  REQUIRE(moved.bytes == 200);
  REQUIRE_FALSE(moved.terminal_count);
  REQUIRE(b.word(0x04) == 0x2345 + 200);
  REQUIRE(b.word(0x05) == 311);
  moved = b.dma.channel(2).write_memory(std::span(sector).subspan(200));
  REQUIRE(moved.bytes == 312);
  REQUIRE(moved.terminal_count);
  REQUIRE(b.peek(0x12345, 512) == std::vector(sector.begin(), sector.begin() + 512));
  REQUIRE(b.word(0x05) == 0xFFFF);
  REQUIRE(b.in(0x0F) == 0xFF);  // masked again
  REQUIRE(b.dma.channel(2).write_memory(sector).bytes == 0);
}

TEST_CASE("dma: reading the status clears terminal counts only", "[devices][dma]") {
  Board b;
  b.program(1, 0x44, 0, 0x1000, 0);
  b.program(3, 0x44, 0, 0x1000, 5);
  b.dma.channel(3).request(true);
  const std::uint8_t byte = 0;
  REQUIRE(b.dma.channel(1).write_memory(std::span(&byte, 1)).terminal_count);
  REQUIRE(b.in(0x08) == 0x82);
  REQUIRE(b.in(0x08) == 0x80);
}

TEST_CASE("dma: a card reads memory upwards and downwards", "[devices][dma]") {
  Board b;
  const auto data = pattern(16);
  b.memory.write_physical(0x20100, data);
  std::vector<std::uint8_t> got(16);
  b.program(2, 0x48, 0x02, 0x0100, 15);
  REQUIRE(b.dma.channel(2).read_memory(got).terminal_count);
  REQUIRE(got == data);
  b.program(2, 0x68, 0x02, 0x010F, 15);
  REQUIRE(b.dma.channel(2).read_memory(got).terminal_count);
  REQUIRE(got == std::vector(data.rbegin(), data.rend()));
  REQUIRE(b.word(0x04) == 0x00FF);
}

TEST_CASE("dma: the address wraps inside its page", "[devices][dma]") {
  Board b;
  const auto data = pattern(64);
  b.program(2, 0x44, 0x03, 0xFFF0, 63);
  b.dma.channel(2).write_memory(data);
  REQUIRE(b.peek(0x3FFF0, 16) == std::vector(data.begin(), data.begin() + 16));
  REQUIRE(b.peek(0x30000, 48) == std::vector(data.begin() + 16, data.end()));
  REQUIRE(b.in(0x81) == 0x03);

  b.program(5, 0x44, 0x05, 0xFFFC, 15);  // words: 128 KiB, page bit 0 has no say
  b.dma.channel(5).write_memory(std::span(data).first(32));
  REQUIRE(b.peek(0x5FFF8, 8) == std::vector(data.begin(), data.begin() + 8));
  REQUIRE(b.peek(0x40000, 24) == std::vector(data.begin() + 8, data.begin() + 32));
}

TEST_CASE("dma: auto-initialization reloads address and count and leaves the channel open",
          "[devices][dma]") {
  Board b;
  b.program(1, 0x58, 0x00, 0x4000, 7);
  const auto data = pattern(8);
  b.memory.write_physical(0x4000, data);
  std::vector<std::uint8_t> got(20);
  const auto first = b.dma.channel(1).read_memory(got);
  REQUIRE(first.bytes == 8);
  REQUIRE(first.terminal_count);
  REQUIRE(b.word(0x02) == 0x4000);
  REQUIRE(b.word(0x03) == 7);
  REQUIRE(b.dma.channel(1).read_memory(got).bytes == 8);
}

TEST_CASE("dma: verify counts without touching memory", "[devices][dma]") {
  Board b;
  const auto before = b.peek(0x5000, 16);
  b.program(2, 0x40, 0x00, 0x5000, 15);
  const auto moved = b.dma.channel(2).write_memory(pattern(16));
  REQUIRE(moved.bytes == 16);
  REQUIRE(moved.terminal_count);
  REQUIRE(b.peek(0x5000, 16) == before);
  b.program(2, 0x44, 0x00, 0x5000, 15);  // direction against the card
  std::vector<std::uint8_t> got(16);
  REQUIRE(b.dma.channel(2).read_memory(got).terminal_count);
  REQUIRE(got == std::vector<std::uint8_t>(16, 0xFF));
}

TEST_CASE("dma: channels 0-3 need channel 4 open in cascade mode and both controllers enabled",
          "[devices][dma]") {
  Board b;
  b.program(2, 0x44, 0, 0, 0);
  const auto ready = [&] { return b.dma.channel(2).ready(); };
  REQUIRE(ready());
  b.out(0xD4, 0x04);
  REQUIRE_FALSE(ready());
  b.out(0xD4, 0x00);
  b.out(0xD6, 0x40);
  REQUIRE_FALSE(ready());
  b.out(0xD6, 0xC0);
  for (const int command : {0x08, 0xD0}) {
    b.out(command, 0x04);
    REQUIRE_FALSE(ready());
    b.out(command, 0x00);
    REQUIRE(ready());
  }
}

TEST_CASE("dma: clearing the flip-flop ignores the value written, as Linux 0.11 relies on",
          "[devices][dma]") {
  Board b;
  b.out(0x04, 0x11);
  b.out(0x0C, 0x46);
  b.out(0x04, 0x22);
  b.out(0x04, 0x33);
  REQUIRE(b.word(0x04) == 0x3322);
  REQUIRE(b.dma.channel(2).mode() == 0);
}

TEST_CASE("dma: the masks can be set one by one, together, and cleared", "[devices][dma]") {
  Board b;
  REQUIRE(b.in(0x0F) == 0xFF);
  b.out(0x0E, 0);
  REQUIRE(b.in(0x0F) == 0xF0);
  b.out(0x0A, 0x06);
  REQUIRE(b.in(0x0F) == 0xF4);
  b.out(0x0F, 0x09);
  REQUIRE(b.in(0x0F) == 0xF9);
  b.out(0x0D, 0);
  REQUIRE(b.in(0x0F) == 0xFF);
}

TEST_CASE("dma: a software request in block mode runs to terminal count", "[devices][dma]") {
  Board b;
  b.program(3, 0x84, 0, 0x6000, 99);
  b.out(0x0A, 0x07);
  b.out(0x09, 0x07);
  REQUIRE(b.in(0x08) == 0x08);
  REQUIRE(b.word(0x06) == 0x6000 + 100);
  b.program(3, 0x44, 0, 0x6000, 99);  // not in single mode
  b.out(0x09, 0x07);
  REQUIRE(b.in(0x08) == 0x80);
}

TEST_CASE("dma: page registers belong to their channels", "[devices][dma]") {
  Board b;
  const std::vector<int> ports{0x87, 0x83, 0x81, 0x82, 0x8B, 0x89, 0x8A, 0x8F};
  for (const int port : ports) b.out(port, port ^ 0x5A);
  for (const int port : ports) REQUIRE(b.in(port) == (port ^ 0x5A));
  REQUIRE(b.dma.channel(0).page() == (0x87 ^ 0x5A));
  REQUIRE(b.dma.channel(7).page() == (0x8A ^ 0x5A));
}

TEST_CASE("dma: moves what a byte-by-byte model moves", "[devices][dma]") {
  const unsigned seed = GENERATE(range(1u, 21u));
  std::mt19937 random(seed);
  const auto below = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  Board b;
  const auto image = pattern(0x80000, seed);
  b.memory.write_physical(0, image);
  for (int round = 0; round < 50; ++round) {
    const int channel = below(2) ? 1 + below(3) : 5 + below(3);
    const int page = below(8), address = below(0x10000), count = below(2000);
    const bool down = below(2), again = below(2);
    b.program(channel, 0x48 | (down ? 0x20 : 0) | (again ? 0x10 : 0), page, address, count);
    const int unit = channel < 4 ? 1 : 2;
    std::vector<std::uint8_t> got, expected;
    bool ended = false;
    while (!ended) {
      std::vector<std::uint8_t> piece(static_cast<std::size_t>(unit * (1 + below(700))));
      const auto moved = b.dma.channel(static_cast<unsigned>(channel)).read_memory(piece);
      got.insert(got.end(), piece.begin(), piece.begin() + static_cast<long>(moved.bytes));
      ended = moved.terminal_count;
    }
    for (int i = 0; i <= count; ++i) {
      const int offset = (down ? address - i : address + i) & 0xFFFF;
      const int physical = channel < 4 ? page * 0x10000 + offset : page / 2 * 0x20000 + offset * 2;
      for (int k = 0; k < unit; ++k)
        expected.push_back(image[static_cast<std::size_t>(physical + k)]);
    }
    REQUIRE(got == expected);
  }
}

TEST_CASE("dma: state survives save and load", "[devices][dma]") {
  Board b;
  b.program(2, 0x44, 0x02, 0x1234, 99);
  b.dma.channel(2).write_memory(pattern(10));
  b.in(0x04);  // leaves the flip-flop at the high byte
  Archive saver = Archive::saver();
  b.dma.serialize(saver);
  Board c;
  Archive loader = Archive::loader(saver.saved());
  c.dma.serialize(loader);
  REQUIRE(loader.at_end());
  REQUIRE(c.in(0x04) == 0x12);
  REQUIRE(c.word(0x05) == 89);
  REQUIRE(c.dma.channel(2).ready());
}
