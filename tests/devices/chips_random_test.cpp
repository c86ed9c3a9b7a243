// The chips of one file together on a board, under random port traffic: the same traffic gives the
// same state, a save and load in the middle changes nothing, and no state file makes them hang.
#include <memory>
#include <random>
#include <vector>

#include "devices/cmos.h"
#include "devices/debug_port.h"
#include "devices/dma.h"
#include "devices/parallel.h"
#include "devices/pic.h"
#include "devices/pit.h"
#include "devices/serial.h"
#include "devices/system_port.h"
#include "tests/catch.hpp"
#include "tests/devices/port_rig.h"

using namespace devices;

namespace {

constexpr DebugPort::Config kAllDebugPorts{
    .console = true, .messages = true, .shutdown = true, .exit_port = std::uint16_t{0xF4}};

struct Board : PortRig {
  Board()
      : memory(1 << 20),
        dma(memory),
        pit(scheduler),
        cmos(scheduler),
        system(pit),
        com(scheduler, "com1", 0x3F8),
        lpt(scheduler, "lpt1", 0x378),
        debug(kAllDebugPorts) {
    pics.claim_ports(ports);
    dma.claim_ports(ports);
    pit.claim_ports(ports);
    cmos.claim_ports(ports);
    system.claim_ports(ports);
    com.claim_ports(ports);
    lpt.claim_ports(ports);
    debug.claim_ports(ports);
    pit.out0.connect<&PicInput::set>(pics.input(0));
    com.irq.connect<&PicInput::set>(pics.input(4));
    lpt.irq.connect<&PicInput::set>(pics.input(7));
    cmos.irq.connect<&PicInput::set>(pics.input(8));
    system.irq13.connect<&PicInput::set>(pics.input(13));
    com.transmitted = ByteSink::to<&Board::on_byte>(*this);
    lpt.printer = ByteSink::to<&Board::on_byte>(*this);
    pics.reset();
    system.reset();
  }
  void on_byte(std::uint8_t c) { output.push_back(c); }

  void serialize(Archive& archive) {
    scheduler.serialize(archive);
    pics.serialize(archive);
    dma.serialize(archive);
    pit.serialize(archive);
    cmos.serialize(archive);
    system.serialize(archive);
    com.serialize(archive);
    lpt.serialize(archive);
    debug.serialize(archive);
  }
  std::vector<std::uint8_t> state() {
    Archive saver = Archive::saver();
    serialize(saver);
    return {saver.saved().begin(), saver.saved().end()};
  }
  void load(std::span<const std::uint8_t> bytes) {
    Archive loader = Archive::loader(bytes);
    serialize(loader);
  }

  // A step of a guest without reason; returns what it read.
  int step(std::mt19937& random) {
    static constexpr std::array<unsigned, 12> kPorts{0x20, 0xA0, 0x40, 0x60, 0x70,  0x80,
                                                     0x90, 0x00, 0xC0, 0xF0, 0x378, 0x3F8};
    const auto port = static_cast<int>(kPorts[random() % kPorts.size()] + random() % 16);
    const auto value = static_cast<std::uint8_t>(random());
    const unsigned what = random() % 16;
    if (what < 7) {
      out(port, value);
    } else if (what < 12) {
      return in(port);
    } else if (what == 12) {
      return pics.intr().level() ? pics.acknowledge() : -1;
    } else if (what == 13) {
      com.feed(std::span(&value, 1));
    } else {
      scheduler.advance_to(scheduler.now() + random() % (what == 14 ? 3'000'000 : 3000));
    }
    return -1;
  }

  Scheduler scheduler;
  cpu::Memory memory;
  PicPair pics;
  Dma dma;
  Pit pit;
  Cmos cmos;
  SystemPort system;
  SerialPort com;
  ParallelPort lpt;
  DebugPort debug;
  std::vector<std::uint8_t> output;
};
}  // namespace

TEST_CASE("chips: a save and load in the middle of random traffic changes nothing",
          "[devices][chips]") {
  const unsigned seed = GENERATE(range(1u, 21u));
  std::mt19937 random(seed);
  auto saved = std::make_unique<Board>();
  for (int i = 0; i < 3000; ++i) saved->step(random);
  auto loaded = std::make_unique<Board>();
  loaded->load(saved->state());
  REQUIRE(loaded->state() == saved->state());
  saved->output.clear();
  std::mt19937 same(random);
  for (int i = 0; i < 3000; ++i) REQUIRE(saved->step(random) == loaded->step(same));
  REQUIRE(loaded->output == saved->output);
  REQUIRE(loaded->state() == saved->state());
}

TEST_CASE("chips: a damaged state is refused or runs on", "[devices][chips]") {
  const unsigned seed = GENERATE(range(1u, 61u));
  std::mt19937 random(seed);
  auto board = std::make_unique<Board>();
  for (int i = 0; i < 500; ++i) board->step(random);
  auto state = board->state();
  for (int flips = 0; flips < 8; ++flips) {
    state[random() % state.size()] = static_cast<std::uint8_t>(random());
  }
  auto damaged = std::make_unique<Board>();
  try {
    damaged->load(state);
  } catch (const ArchiveError&) {
    SUCCEED("refused");
    return;
  }
  for (int i = 0; i < 500; ++i) damaged->step(random);
  SUCCEED("ran on");
}
