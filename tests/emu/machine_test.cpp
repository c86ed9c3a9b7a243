// Whole machines, booted from sectors assembled here by hand: what must hold whatever guest runs.
#include "emu/machine.h"

#include <array>
#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

#include "emu/run_options.h"
#include "storage/image_error.h"
#include "tests/catch.hpp"
#include "tests/support/temp_dir.h"

using namespace emu;
using devices::kMillisecond;
using devices::kSecond;

namespace {

// mov ax,0B800h / mov es,ax / again: inc word [0600h] / mov ax,[0600h] / stosw (ES:DI) / in al,40h
// / xor [0602h],al / hlt / jmp again. Writes what it counts to the screen, reads the timer, sleeps
// till interrupts come: every clock of the board shows in its state.
constexpr std::array<std::uint8_t, 27> kRestlessGuest = {
    0xB8, 0x00, 0xB8, 0x8E, 0xC0, 0xFF, 0x06, 0x00, 0x06, 0xA1, 0x00, 0x06, 0xAB, 0xE4,
    0x40, 0x30, 0x06, 0x02, 0x06, 0xF4, 0xEB, 0xEF, 0x90, 0x90, 0x90, 0x90, 0x90};

std::string floppy_with(const support::TempDir& folder, std::span<const std::uint8_t> code,
                        const std::string& name = "boot.img") {
  std::vector<char> image(1474560);
  for (std::size_t i = 0; i < code.size(); ++i) image[i] = static_cast<char>(code[i]);
  image[510] = 0x55;
  image[511] = static_cast<char>(0xAA);
  const std::string path = (folder.path() / name).string();
  std::ofstream(path, std::ios::binary)
      .write(image.data(), static_cast<std::streamsize>(image.size()));
  return path;
}

Config config_for(const std::string& floppy) {
  Config config;
  config.mips = 5;
  DriveConfig drive;
  drive.slot = DriveSlot::fd0;
  drive.file = floppy;
  drive.mode = DriveMode::discard;
  config.drives.push_back(drive);
  return config;
}

void run_in_slices(Machine& machine, devices::Nanoseconds end, devices::Nanoseconds slice) {
  while (machine.now() < end) {
    REQUIRE(machine.run_until(std::min(end, machine.now() + slice)) == StopReason::deadline);
  }
}

}  // namespace

TEST_CASE("machine: without a speed of its own it has that of its processor's day",
          "[emu][machine]") {
  for (const cpu::Model model : {cpu::Model::i8086, cpu::Model::i80386}) {
    Config config;
    config.cpu = model;
    CHECK(Machine(config).mips() == emu::default_mips(model));
  }
}

TEST_CASE("machine: the length of slices leaves no trace in the guest", "[emu][machine]") {
  const support::TempDir folder;
  const Config config = config_for(floppy_with(folder, kRestlessGuest));
  Machine whole(config);
  REQUIRE(whole.run_until(2 * kSecond) == StopReason::deadline);
  Machine sliced(config);
  run_in_slices(sliced, 2 * kSecond, 777'777);
  REQUIRE(whole.instructions() == sliced.instructions());
  REQUIRE(whole.hash() == sliced.hash());
}

TEST_CASE("machine: both engines give the same instruction count and state", "[emu][machine]") {
  const support::TempDir folder;
  Config config = config_for(floppy_with(folder, kRestlessGuest));
  Machine cached(config);
  config.engine = cpu::Engine::step;
  Machine stepped(config);
  for (auto* machine : {&cached, &stepped})
    run_in_slices(*machine, 2 * kSecond, 100 * kMillisecond);
  REQUIRE(cached.instructions() == stepped.instructions());
  REQUIRE(cached.hash() == stepped.hash());
}

TEST_CASE("machine: two machines in one process do not notice each other", "[emu][machine]") {
  const support::TempDir folder;
  const std::string floppy = floppy_with(folder, kRestlessGuest);
  Machine alone(config_for(floppy));
  run_in_slices(alone, kSecond, 50 * kMillisecond);

  Config slower = config_for(floppy);
  slower.mips = 2;
  Machine first(config_for(floppy));
  Machine second(slower);
  for (devices::Nanoseconds time = 0; time < kSecond; time += 50 * kMillisecond) {
    run_in_slices(first, time + 50 * kMillisecond, 50 * kMillisecond);
    run_in_slices(second, time + 30 * kMillisecond, 30 * kMillisecond);
  }
  REQUIRE(first.hash() == alone.hash());
  REQUIRE(second.hash() != alone.hash());
}

TEST_CASE("machine: HLT that nothing can wake is reported", "[emu][machine]") {
  const support::TempDir folder;
  constexpr std::array<std::uint8_t, 2> cli_hlt = {0xFA, 0xF4};
  Machine machine(config_for(floppy_with(folder, cli_hlt)));
  REQUIRE(machine.run_until(10 * kSecond) == StopReason::dead_halt);
}

TEST_CASE("machine: the exit port ends the run with the guest's value", "[emu][machine]") {
  const support::TempDir folder;
  constexpr std::array<std::uint8_t, 6> exit_with_10h = {0xB0, 0x10, 0xE6, 0xF4, 0xFA, 0xF4};
  Config config = config_for(floppy_with(folder, exit_with_10h));
  config.exit_port = std::uint16_t{0xF4};
  Machine machine(config);
  REQUIRE(machine.run_until(10 * kSecond) == StopReason::guest_exit);
  REQUIRE(machine.guest_exit() == 0x10);
}

TEST_CASE("machine: a triple fault stops, resets when asked, or leaves protected mode",
          "[emu][machine]") {
  const support::TempDir folder;
  // An IDT of one byte, then INT 3: nothing can be delivered.
  constexpr std::array<std::uint8_t, 12> fault = {0x2E, 0x0F, 0x01, 0x1E, 0x08, 0x7C,
                                                  0xCC, 0x90, 0x00, 0x00, 0x00, 0x00};
  Config config = config_for(floppy_with(folder, fault));
  Machine stops(config);
  REQUIRE(stops.run_until(10 * kSecond) == StopReason::triple_fault);
  config.on_triple_fault = OnTripleFault::reset;
  Machine resets(config);
  REQUIRE(resets.run_until(10 * kSecond) == StopReason::deadline);
}

TEST_CASE("machine: the exit port may not sit on a chip", "[emu][machine]") {
  const support::TempDir folder;
  Config config = config_for(floppy_with(folder, kRestlessGuest));
  config.exit_port = std::uint16_t{0x60};
  REQUIRE_THROWS_AS(Machine(config), UsageError);
}

TEST_CASE("machine: one file in two drives is refused", "[emu][machine]") {
  const support::TempDir folder;
  Config config = config_for(floppy_with(folder, kRestlessGuest));
  config.drives.push_back(config.drives.front());
  config.drives.back().slot = DriveSlot::fd1;
  REQUIRE_THROWS_AS(Machine(config), storage::ImageError);
}
