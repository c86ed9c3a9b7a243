#include "devices/debug_port.h"

#include <string>
#include <string_view>
#include <vector>

#include "tests/catch.hpp"
#include "tests/devices/port_rig.h"

using namespace devices;

namespace {
struct Board : PortRig {
  explicit Board(const DebugPort::Config& config) : debug(config) {
    debug.claim_ports(ports);
    debug.console = ByteSink::to<&Board::on_console>(*this);
    debug.message = Delegate<void(std::uint16_t, std::uint8_t)>::to<&Board::on_message>(*this);
    debug.exit = Delegate<void(std::uint8_t)>::to<&Board::on_exit>(*this);
    debug.shutdown = Delegate<void()>::to<&Board::on_shutdown>(*this);
  }
  void on_console(std::uint8_t c) { console += static_cast<char>(c); }
  void on_message(std::uint16_t port, std::uint8_t c) { messages.emplace_back(port, c); }
  void on_exit(std::uint8_t value) { exits.push_back(value); }
  void on_shutdown() { ++shutdowns; }
  void write(int port, std::string_view text) {
    for (const char c : text) out(port, c);
  }

  DebugPort debug;
  std::string console;
  std::vector<std::pair<int, int>> messages;
  std::vector<int> exits;
  int shutdowns = 0;
};
}  // namespace

TEST_CASE("debug port: the console takes characters and answers E9h", "[devices][debug_port]") {
  Board b({});
  b.write(0xE9, "BENCH");
  REQUIRE(b.console == "BENCH");
  REQUIRE(b.in(0xE9) == 0xE9);
}

TEST_CASE("debug port: what is not configured reads as an absent port", "[devices][debug_port]") {
  Board b({.console = false});
  for (const int port : {0xE9, 0xF4, 0x402, 0x500, 0x8900}) {
    b.out(port, 'x');
    REQUIRE(b.in(port) == 0xFF);
  }
  REQUIRE(b.console.empty());
  REQUIRE(b.messages.empty());
  REQUIRE(b.exits.empty());
}

TEST_CASE("debug port: BIOS messages carry their port and read FFh", "[devices][debug_port]") {
  Board b({.messages = true});
  for (const int port : {0x400, 0x401, 0x402, 0x403, 0x500, 0x503}) {
    b.out(port, 'm');
    REQUIRE(b.in(port) == 0xFF);
    REQUIRE(b.messages.back() == std::pair<int, int>(port, 'm'));
  }
}

TEST_CASE("debug port: the exit port hands over the value written", "[devices][debug_port]") {
  Board b({.exit_port = std::uint16_t{0xF4}});
  b.out(0xF4, 0x10);
  REQUIRE(b.exits == std::vector<int>{0x10});
  REQUIRE(b.in(0xF4) == 0xFF);
}

TEST_CASE("debug port: only the whole word at 8900h shuts down", "[devices][debug_port]") {
  Board b({.shutdown = true});
  b.write(0x8900, "ShutdowShutdow");
  REQUIRE(b.shutdowns == 0);
  b.write(0x8900, "xShutSShutdown");
  REQUIRE(b.shutdowns == 1);
  b.write(0x8900, "Shut");
  b.debug.reset();
  b.write(0x8900, "down");
  REQUIRE(b.shutdowns == 1);
}

TEST_CASE("debug port: state survives save and load", "[devices][debug_port]") {
  Board b({.shutdown = true});
  b.write(0x8900, "Shut");
  Archive saver = Archive::saver();
  b.debug.serialize(saver);
  Board c({.shutdown = true});
  Archive loader = Archive::loader(saver.saved());
  c.debug.serialize(loader);
  REQUIRE(loader.at_end());
  c.write(0x8900, "down");
  REQUIRE(c.shutdowns == 1);
}
