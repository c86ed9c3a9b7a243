// Save states and idle loops: whoever goes back, or leaves out what nobody can see, must arrive at
// the same instruction with the same machine.
#include "emu/machine_state.h"

#include <random>
#include <string>
#include <vector>

#include "emu/board.h"
#include "emu/drive_bay.h"
#include "emu/machine.h"
#include "tests/catch.hpp"

using devices::kMillisecond;
using devices::kSecond;
using emu::Board;
using emu::Config;
using emu::Machine;

namespace {

Config lab_config() {
  Config config;
  config.ram_bytes = 1U << 20;
  config.mips = 5;
  emu::DriveConfig lab;
  lab.slot = emu::DriveSlot::ide0_0;
  lab.demo = true;
  lab.mode = emu::DriveMode::discard;
  config.drives.push_back(lab);
  return config;
}

void press(Machine& machine, devices::Key key) {
  machine.apply(emu::KeyCommand{key, true});
  machine.apply(emu::KeyCommand{key, false});
}

}  // namespace

TEST_CASE("idle loops: leaving out their rounds changes neither state nor instruction count",
          "[emu][idle]") {
  Config config = lab_config();
  Machine skipping(config);
  config.skip_idle = false;
  Machine running(config);
  for (int step = 0; step < 4; ++step) {
    const auto until = static_cast<devices::Nanoseconds>(step + 1) * 900 * kMillisecond;
    REQUIRE(skipping.run_until(until) == emu::StopReason::deadline);
    REQUIRE(running.run_until(until) == emu::StopReason::deadline);
    REQUIRE(skipping.instructions() == running.instructions());
    REQUIRE(skipping.hash() == running.hash());
    press(skipping, devices::Key::c);
    press(running, devices::Key::c);
  }
}

TEST_CASE("states: a restored machine goes the way the first one went", "[emu][state]") {
  Machine machine(lab_config());
  std::mt19937_64 random(1994);  // fixed: where the states are taken
  REQUIRE(machine.run_until(2 * kSecond) == emu::StopReason::deadline);
  press(machine, devices::Key::c);
  for (int i = 0; i < 10; ++i) {
    REQUIRE(machine.run_instructions(1 + random() % 500'000) == emu::StopReason::deadline);
    const emu::MachineState state = machine.capture();
    const std::uint64_t at = machine.instructions();
    REQUIRE(machine.run_instructions(2'000'000) == emu::StopReason::deadline);
    const std::string hash = machine.hash();
    const std::string disk = machine.drives().front().sha256;
    const std::uint64_t instructions = machine.instructions();
    machine.restore(state);
    REQUIRE(machine.instructions() == at);
    REQUIRE(machine.run_instructions(2'000'000) == emu::StopReason::deadline);
    REQUIRE(machine.instructions() == instructions);
    REQUIRE(machine.hash() == hash);
    REQUIRE(machine.drives().front().sha256 == disk);
    machine.restore(state);
  }
}

TEST_CASE("state files: another machine of the same make goes on from them", "[emu][state]") {
  const Config config = lab_config();
  Board first(config, emu::open_drives(config.drives, {}));
  REQUIRE(first.run_until(1500 * kMillisecond) == emu::StopReason::deadline);
  const std::vector<std::uint8_t> file = emu::pack_state(first);
  Board second(config, emu::open_drives(config.drives, {}));
  emu::unpack_state(second, file);
  REQUIRE(emu::state_payload(second) == emu::state_payload(first));
  REQUIRE(first.run_until(2 * kSecond) == emu::StopReason::deadline);
  REQUIRE(second.run_until(2 * kSecond) == emu::StopReason::deadline);
  REQUIRE(emu::state_payload(second) == emu::state_payload(first));

  SECTION("not one with other memory") {
    Config other = config;
    other.ram_bytes = 2U << 20;
    Board board(other, emu::open_drives(other.drives, {}));
    REQUIRE_THROWS_AS(emu::unpack_state(board, file), emu::StateError);
  }
  SECTION("not one without the disk") {
    Config other = config;
    other.drives.clear();
    Board board(other, {});
    REQUIRE_THROWS_AS(emu::unpack_state(board, file), emu::StateError);
  }
}

TEST_CASE("state files: damaged, cut and newer ones are refused", "[emu][state]") {
  const Config config = lab_config();
  Board board(config, emu::open_drives(config.drives, {}));
  const std::vector<std::uint8_t> file = emu::pack_state(board);
  std::mt19937_64 random(7);
  for (int i = 0; i < 20; ++i) {
    std::vector<std::uint8_t> bad = file;
    bad[random() % bad.size()] ^= static_cast<std::uint8_t>(1U << random() % 8);
    REQUIRE_THROWS_AS(emu::unpack_state(board, bad), emu::StateError);
    REQUIRE_THROWS_AS(emu::unpack_state(board, std::span(file).first(random() % file.size())),
                      emu::StateError);
  }
  std::vector<std::uint8_t> newer = file;
  newer[8] = 2;
  REQUIRE_THROWS_WITH(emu::unpack_state(board, newer),
                      "has version 2; this program reads version 1");
}

// Whoever writes a digest that fits still must not bring the machine down: chips check what they
// load. The machine may then be nonsense, but a nonsense that runs.
TEST_CASE("state files: hostile contents load as nonsense or not at all", "[emu][state]") {
  const Config config = lab_config();
  Board saved(config, emu::open_drives(config.drives, {}));
  REQUIRE(saved.run_until(1700 * kMillisecond) == emu::StopReason::deadline);
  const std::vector<std::uint8_t> payload = emu::state_payload(saved);
  // What is not RAM or video memory is at the front, and small.
  const std::size_t chips = payload.size() - (1U << 20);
  std::mt19937_64 random(42);
  int loaded = 0;
  for (int i = 0; i < 200; ++i) {
    std::vector<std::uint8_t> bad = payload;
    const std::size_t changes = 1 + random() % 8;
    for (std::size_t n = 0; n < changes; ++n) {
      bad[random() % chips] = static_cast<std::uint8_t>(random());
    }
    Board board(config, emu::open_drives(config.drives, {}));
    try {
      emu::load_payload(board, bad);
      ++loaded;
    } catch (const emu::StateError&) {
      continue;
    } catch (const devices::ArchiveError&) {
      continue;
    }
    const devices::Nanoseconds end = board.scheduler.now() + 20 * kMillisecond;
    while (board.scheduler.now() < end && board.run_until(end) == emu::StopReason::deadline) {
    }
  }
  CHECK(loaded > 0);
}
