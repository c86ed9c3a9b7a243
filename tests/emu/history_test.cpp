// Going back: the machine at an earlier moment is bit for bit the machine that was there, whatever
// came from outside, whatever it wrote to its disks, and however its instructions repeat or sleep.
#include "emu/history.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "emu/debugger.h"
#include "emu/drive_tap.h"
#include "emu/machine.h"
#include "emu/run_options.h"
#include "tests/catch.hpp"
#include "tests/support/temp_dir.h"

using namespace emu;
using devices::kMillisecond;
using devices::kSecond;
using Outcome = History::Outcome;

namespace {

// 7C00: stack, sti, cld / 7C0D: inc word [0600h] / 7C1A: rep movsb, 100 bytes / 7C25: out 3F8h,al /
// 7C39: int 13h, which writes a sector of drive 80h, another one each time / 7C3B: hlt / 7C3E: int
// 16h: a key is added to [0602h] / jmp 7C0D
// clang-format off
const std::vector<std::uint8_t> kWorker = {
    0x31, 0xC0, 0x8E, 0xD8, 0x8E, 0xC0, 0x8E, 0xD0, 0xBC, 0x00, 0x7C, 0xFB,
    0xFC, 0xFF, 0x06, 0x00, 0x06, 0xBE, 0x00, 0x7C, 0xBF, 0x00, 0x08, 0xB9,
    0x64, 0x00, 0xF3, 0xA4, 0xA1, 0x00, 0x06, 0xA3, 0x00, 0x08, 0xBA, 0xF8,
    0x03, 0xEE, 0x88, 0xC1, 0x80, 0xE1, 0x0F, 0x80, 0xC1, 0x02, 0xB5, 0x00,
    0xB8, 0x01, 0x03, 0xBB, 0x00, 0x08, 0xBA, 0x80, 0x00, 0xCD, 0x13, 0xF4,
    0xB4, 0x01, 0xCD, 0x16, 0x74, 0xCB, 0x31, 0xC0, 0xCD, 0x16, 0x01, 0x06,
    0x02, 0x06, 0xEB, 0xC1};
// clang-format on
// 7C00: lidt [7C08h] / 7C05: int3 / a limit and base of nothing
const std::vector<std::uint8_t> kDies = {0x0F, 0x01, 0x1E, 0x08, 0x7C, 0xCC, 0x90,
                                         0x90, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00};

constexpr std::uint64_t kDiskBytes = 1U << 20;

class Bench {
 public:
  explicit Bench(std::vector<std::uint8_t> code = kWorker) {
    code.resize(512);
    code[510] = 0x55;
    code[511] = 0xAA;
    path_ = folder_.with("disk.img", std::string(code.begin(), code.end()));
    std::filesystem::resize_file(path_, kDiskBytes);
    floppy_ = folder_.sparse("floppy.img", 1474560);
    config_.mips = 5;
    config_.ram_bytes = 640U << 10;
    DriveConfig disk;
    disk.slot = DriveSlot::ide0_0;
    disk.file = path_.string();
    config_.drives.push_back(disk);
    config_.drives.push_back(floppy());
  }
  const Config& config() const { return config_; }
  std::vector<std::uint8_t> image() const { return support::bytes_of(path_); }
  DriveConfig floppy() const {
    DriveConfig floppy;
    floppy.slot = DriveSlot::fd0;
    floppy.file = floppy_.string();
    return floppy;
  }

 private:
  support::TempDir folder_;
  std::filesystem::path path_, floppy_;
  Config config_;
};

void run_to_boot(Machine& machine) {
  const unsigned id = machine.add_breakpoint(parse_breakpoint("exec 7c00"));
  REQUIRE(machine.run_until(20 * kSecond) == StopReason::breakpoint);
  machine.remove_breakpoint(id);
}

void press(Machine& machine, devices::Key key) {
  machine.apply(KeyCommand{key, true});
  machine.apply(KeyCommand{key, false});
}

std::uint32_t eip(const Machine& machine) {
  return machine.processor().registers().eip;
}

unsigned rounds(const Machine& machine) {
  std::array<std::uint8_t, 2> bytes{};
  machine.memory().peek(0x600, bytes);
  return bytes[0] | static_cast<unsigned>(bytes[1]) << 8;
}

// Everything the guest could see, and what it wrote.
std::string whole(Machine& machine) {
  return machine.hash() + std::to_string(machine.tap(DriveSlot::ide0_0)->write_digest()) +
         machine.medium_digest(DriveSlot::ide0_0);
}

struct Counter {
  std::size_t bytes = 0;
  void put(std::uint8_t) { ++bytes; }
};

}  // namespace

TEST_CASE("history: stepping back undoes step by step what stepping did", "[emu][history]") {
  const Bench bench;
  Machine machine(bench.config());
  run_to_boot(machine);
  // The next of these is the BIOS at the end of its work for INT 13h: PIO, waiting for the drive.
  machine.run_instructions(340);
  Debugger debugger(machine);
  debugger.keep_history(true);
  std::vector<std::pair<std::uint64_t, std::string>> moments;
  bool repeated = false, slept = false, interrupted = false;
  const std::uint64_t written = machine.tap(DriveSlot::ide0_0)->write_digest();
  constexpr int steps = 560;
  for (int n = 0; n < steps; ++n) {
    if (n == 410 || n == 480) press(machine, n == 410 ? devices::Key::a : devices::Key::enter);
    moments.emplace_back(machine.instruction_times(), machine.hash());
    const std::uint64_t retired = machine.instructions();
    const std::uint64_t time = machine.instruction_times();
    REQUIRE(debugger.step(kSecond) == StopReason::deadline);
    repeated = repeated || machine.instructions() - retired > 90;
    const std::uint64_t slept_times =
        machine.instruction_times() - time - (machine.instructions() - retired);
    const bool in_bios = machine.processor().registers().segments[cpu::kCs].selector == 0xF000;
    slept = slept || slept_times > 500;
    interrupted = interrupted || (slept_times > 500 && in_bios);
  }
  REQUIRE((repeated && slept && interrupted));
  REQUIRE(machine.tap(DriveSlot::ide0_0)->write_digest() != written);
  for (auto moment = moments.rbegin(); moment != moments.rend(); ++moment) {
    REQUIRE(debugger.step_back() == Outcome::there);
    REQUIRE(machine.instruction_times() == moment->first);
    REQUIRE(machine.hash() == moment->second);
  }
  REQUIRE(debugger.step_back() == Outcome::beginning);
  REQUIRE(machine.hash() == moments.front().second);
  // And forward again, with the same keys.
  for (std::size_t n = 1; n < moments.size(); ++n) {
    debugger.step(kSecond);
    REQUIRE(machine.instruction_times() == moments[n].first);
    REQUIRE(machine.hash() == moments[n].second);
  }
}

TEST_CASE("history: any moment is reached exactly, in any order, with few checkpoints or many",
          "[emu][history]") {
  const auto [checkpoints, bytes] = GENERATE(std::pair<std::size_t, std::size_t>{96, 256U << 20},
                                             std::pair<std::size_t, std::size_t>{8, 256U << 20},
                                             std::pair<std::size_t, std::size_t>{96, 3U << 20});
  const Bench bench;
  Machine machine(bench.config());
  run_to_boot(machine);
  Counter serial;
  machine.listen_serial(0, devices::ByteSink::to<&Counter::put>(serial));
  History::Limits limits;
  limits.checkpoints = checkpoints;
  limits.bytes = bytes;
  limits.interval = 50'000;
  History history(machine, limits);
  std::mt19937 random(11);
  std::map<std::uint64_t, std::string> moments;
  const auto note = [&] { moments[machine.instruction_times()] = whole(machine); };
  constexpr int rounds_run = 25;
  for (int n = 0; n < rounds_run; ++n) {
    if (n % 7 == 3) press(machine, devices::Key::space);
    if (n % 20 == 13) machine.apply(MouseCommand{3, -2, 0, true, false, false});
    note();
    REQUIRE(history.run_until(machine.now() + (1 + random() % 40) * kMillisecond) ==
            StopReason::deadline);
  }
  REQUIRE(rounds(machine) > 5);
  REQUIRE(history.checkpoints() <= checkpoints);
  if (bytes < (4U << 20)) REQUIRE(history.bytes() <= bytes);
  const std::size_t sent = serial.bytes;
  REQUIRE(sent > 5);
  const std::string present = whole(machine);
  const std::uint64_t now = machine.instruction_times();

  std::vector<std::uint64_t> order;
  for (const auto& [time, hash] : moments) {
    if (time >= history.begin()) order.push_back(time);
  }
  REQUIRE(order.size() > 5);
  std::shuffle(order.begin(), order.end(), random);
  for (const std::uint64_t time : order) {
    REQUIRE(history.go_to(time) == Outcome::there);
    REQUIRE(machine.instruction_times() == time);
    REQUIRE(whole(machine) == moments.at(time));
  }
  // What was sent stays sent, and is not sent on the ways between.
  REQUIRE(serial.bytes == sent);
  REQUIRE(history.in_past());
  REQUIRE(history.go_to(now) == Outcome::there);
  REQUIRE(whole(machine) == present);
  REQUIRE_FALSE(history.in_past());

  // From the past the known future comes by itself.
  history.go_to(order.front());
  REQUIRE(history.run_instructions(now - order.front()) == StopReason::deadline);
  REQUIRE(whole(machine) == present);

  SECTION("a new key makes another future, and the old one is forgotten") {
    history.go_to(order.front());
    press(machine, devices::Key::z);
    REQUIRE(history.end() == order.front());
    history.run_instructions(now - order.front());
    REQUIRE(machine.instruction_times() == now);
    REQUIRE(whole(machine) != present);
    const std::string other = whole(machine);
    history.go_to(order.front());
    history.run_instructions(now - order.front());
    REQUIRE(whole(machine) == other);
  }
  SECTION("before its beginning there is nothing") {
    REQUIRE(history.go_to(history.begin() - 1) == Outcome::beginning);
    REQUIRE(machine.instruction_times() == history.begin());
  }
  SECTION("who breaks off stays where he is") {
    REQUIRE(history.go_to(order.back() - 1, [] { return false; }) == Outcome::broken_off);
    REQUIRE(whole(machine) == present);
    REQUIRE(history.back_to_stop([] { return false; }) == Outcome::broken_off);
    REQUIRE(whole(machine) == present);
  }
}

TEST_CASE("history: the guest does not notice it, and its disk is the same in the end",
          "[emu][history]") {
  const Bench with, without;
  std::string hashes[2];
  {
    Machine machine(without.config());
    run_to_boot(machine);
    machine.run_until(kSecond * 4);
    press(machine, devices::Key::q);
    machine.run_until(kSecond * 6);
    hashes[0] = machine.hash();
  }
  {
    Machine machine(with.config());
    run_to_boot(machine);
    const std::vector<std::uint8_t> before = with.image();
    Debugger debugger(machine);
    debugger.keep_history(true);
    const auto run = [&](devices::Nanoseconds end) {
      while (machine.now() < end)
        debugger.run_until(std::min(end, machine.now() + 100 * kMillisecond));
    };
    run(4 * kSecond);
    press(machine, devices::Key::q);
    run(6 * kSecond);
    hashes[1] = machine.hash();
    // There and back again.
    REQUIRE(debugger.go_to_time(3 * kSecond) == Outcome::there);
    debugger.go_to_time(6 * kSecond);
    REQUIRE(machine.hash() == hashes[1]);
    REQUIRE(with.image() == before);  // all of it waits in memory
    SECTION("switched off") {
      REQUIRE(debugger.keep_history(false).empty());
      REQUIRE(with.image() != before);
      REQUIRE_THROWS_AS(debugger.step_back(), UsageError);
    }
    SECTION("to the machine's end") {
      REQUIRE(machine.flush_disks().empty());
      REQUIRE(with.image() != before);
    }
  }
  REQUIRE(hashes[0] == hashes[1]);
  REQUIRE(with.image() == without.image());
}

TEST_CASE("history: back to the last stop of a breakpoint, whatever kind it is", "[emu][history]") {
  const std::string text =
      GENERATE("exec 7c39", "exec 7c1a", "mem 0:600..601 write", "mem 0:810 write",
               "port 3f8 write", "int 13 ah=03", "disk ide0.0 write");
  INFO(text);
  const Bench bench;
  Machine machine(bench.config());
  run_to_boot(machine);
  Debugger debugger(machine);
  debugger.keep_history(true);
  const unsigned number = debugger.add(text);
  struct Stop {
    std::uint64_t at;
    std::string hash;
    std::optional<std::uint32_t> accessed;
  };
  std::vector<Stop> stops;
  const auto accessed = [&] {
    const auto& hit = machine.memory_hit();
    return hit ? std::optional(hit->access.linear) : std::nullopt;
  };
  for (int n = 0; n < 6; ++n) {
    REQUIRE(debugger.run_until(machine.now() + 2 * kSecond) == StopReason::breakpoint);
    stops.push_back({machine.instruction_times(), whole(machine), accessed()});
    if (n == 3) press(machine, devices::Key::b);
    if (n == 3) stops.back().hash = whole(machine);
  }
  debugger.run_until(machine.now() + kMillisecond / 100);
  const std::uint64_t hits = debugger.points()[0].hits;
  for (auto stop = stops.rbegin(); stop != stops.rend(); ++stop) {
    if (stop->at == machine.instruction_times()) continue;
    REQUIRE(debugger.back_to_breakpoint() == Outcome::there);
    REQUIRE(machine.instruction_times() == stop->at);
    REQUIRE(whole(machine) == stop->hash);
    REQUIRE(debugger.stopped_by() == std::vector{number});
    REQUIRE(accessed() == stop->accessed);
  }
  REQUIRE(debugger.back_to_breakpoint() == Outcome::beginning);
  REQUIRE(machine.instruction_times() == debugger.history()->begin());
  REQUIRE(debugger.points()[0].hits == hits);
  // Forward it stops where it stopped.
  for (const Stop& stop : stops) {
    REQUIRE(debugger.run_until(machine.now() + 2 * kSecond) == StopReason::breakpoint);
    REQUIRE(machine.instruction_times() == stop.at);
    REQUIRE(whole(machine) == stop.hash);
  }
}

TEST_CASE("history: a switched off breakpoint stops nobody on the way back", "[emu][history]") {
  const Bench bench;
  Machine machine(bench.config());
  run_to_boot(machine);
  Debugger debugger(machine);
  debugger.keep_history(true);
  const unsigned number = debugger.add("exec 7c39");
  REQUIRE(debugger.run_until(machine.now() + 2 * kSecond) == StopReason::breakpoint);
  debugger.enable(number, false);
  debugger.run_until(machine.now() + 200 * kMillisecond);
  REQUIRE(debugger.back_to_breakpoint() == Outcome::beginning);
  // An instruction that a step back leads to runs when the machine goes on.
  debugger.enable(number, true);
  REQUIRE(debugger.run_until(machine.now() + 2 * kSecond) == StopReason::breakpoint);
  debugger.step(kSecond);
  REQUIRE(debugger.step_back() == Outcome::there);
  REQUIRE(eip(machine) == 0x7C39);
  const unsigned before = rounds(machine);
  REQUIRE(debugger.run_until(machine.now() + 2 * kSecond) == StopReason::breakpoint);
  REQUIRE(rounds(machine) == before + 1);
}

TEST_CASE("history: a debugger's hand is not repeated; before it and after it all is as it was",
          "[emu][history]") {
  const Bench bench;
  Machine machine(bench.config());
  run_to_boot(machine);
  Debugger debugger(machine);
  debugger.keep_history(true);
  debugger.run_until(machine.now() + 300 * kMillisecond);
  const std::uint64_t before = machine.instruction_times();
  const std::string before_hash = whole(machine);
  debugger.run_until(machine.now() + 100 * kMillisecond);
  const std::uint64_t at = machine.instruction_times();
  machine.write_memory(0x600, std::vector<std::uint8_t>{0x55, 0x66});
  cpu::Registers registers = machine.processor().registers();
  registers.general[cpu::kEbx] ^= 0x10;
  machine.set_registers(registers);
  const std::string changed = whole(machine);
  debugger.step(kSecond);
  const std::string stepped = whole(machine);
  debugger.run_until(machine.now() + 100 * kMillisecond);
  const devices::Nanoseconds end = machine.now();
  const std::string end_hash = whole(machine);
  REQUIRE(debugger.go_to_time(machine.time_of(before)) == Outcome::there);
  REQUIRE(whole(machine) == before_hash);
  debugger.go_to_time(end);
  REQUIRE(whole(machine) == end_hash);
  debugger.go_to_time(machine.time_of(at));
  REQUIRE(whole(machine) == changed);
  debugger.step(kSecond);
  REQUIRE(whole(machine) == stepped);
  debugger.step_back();
  REQUIRE(whole(machine) == changed);
  REQUIRE(debugger.step_back() == Outcome::there);
  REQUIRE(machine.instruction_times() < at);
}

TEST_CASE("history: it begins anew where a medium is changed, and says so", "[emu][history]") {
  const Bench bench;
  Machine machine(bench.config());
  run_to_boot(machine);
  Debugger debugger(machine);
  debugger.keep_history(true);
  debugger.run_until(machine.now() + 100 * kMillisecond);
  REQUIRE(debugger.history()->begins_because() == "it was switched on here");
  machine.eject(DriveSlot::fd0);
  debugger.run_until(machine.now() + 100 * kMillisecond);
  const std::uint64_t first = debugger.history()->begin();
  REQUIRE(debugger.history()->begins_because() == "the medium in fd0 was changed here");
  machine.insert(bench.floppy());
  debugger.run_until(machine.now() + 100 * kMillisecond);
  REQUIRE(debugger.history()->begin() > first);
  REQUIRE(debugger.go_to_time(0) == Outcome::beginning);
  REQUIRE(machine.instruction_times() == debugger.history()->begin());
  // So it does where a disk's writes are sent down by hand.
  debugger.run_until(machine.now() + 500 * kMillisecond);
  REQUIRE(machine.tap(DriveSlot::ide0_0)->commit() == storage::IoStatus::ok);
  const std::uint64_t committed = machine.instruction_times();
  REQUIRE(debugger.step_back() == Outcome::beginning);
  REQUIRE(machine.instruction_times() == committed);
}

TEST_CASE("history: a machine that died steps back to the instruction that killed it",
          "[emu][history]") {
  const Bench bench(kDies);
  Machine machine(bench.config());
  run_to_boot(machine);
  Debugger debugger(machine);
  debugger.keep_history(true);
  const std::string alive = machine.hash();
  REQUIRE(debugger.run_until(machine.now() + kSecond) == StopReason::triple_fault);
  REQUIRE(debugger.step_back() == Outcome::there);
  REQUIRE(eip(machine) == 0x7C05);
  REQUIRE(machine.processor().activity() == cpu::Activity::running);
  REQUIRE(debugger.step_back() == Outcome::there);
  REQUIRE(eip(machine) == 0x7C00);
  REQUIRE(machine.hash() == alive);
}

TEST_CASE("history: the trace ends at the moment gone back to, and goes on from there",
          "[emu][history]") {
  const Bench bench;
  Machine machine(bench.config());
  run_to_boot(machine);
  machine.trace_instructions(100'000);
  machine.log_ports(100'000);
  Debugger debugger(machine);
  debugger.keep_history(true);
  debugger.run_until(machine.now() + 50 * kMillisecond);
  const std::size_t traced = machine.trace()->size();
  const std::size_t ports = machine.port_log()->size();
  const devices::Nanoseconds then = machine.now();
  debugger.run_until(machine.now() + 50 * kMillisecond);
  const std::size_t later = machine.trace()->size();
  const auto newest = (*machine.trace())[later - 1].number;
  REQUIRE(later > traced);
  debugger.go_to_time(then);
  REQUIRE(machine.trace()->size() == traced);
  REQUIRE(machine.port_log()->size() == ports);
  debugger.run_until(machine.now() + 50 * kMillisecond);
  REQUIRE(machine.trace()->size() == later);
  for (std::size_t n = 1; n < later; ++n)
    REQUIRE((*machine.trace())[n].number == (*machine.trace())[n - 1].number + 1);
  REQUIRE((*machine.trace())[later - 1].number == newest);
}

TEST_CASE("history: there is none of a machine that is being recorded", "[emu][history]") {
  const Bench bench;
  Machine machine(bench.config());
  machine.on_input = [](const HostInput&) {};
  Debugger debugger(machine);
  REQUIRE_THROWS_AS(debugger.keep_history(true), UsageError);
  REQUIRE(debugger.history() == nullptr);
  REQUIRE_THROWS_AS(debugger.back_to_breakpoint(), UsageError);
}

TEST_CASE("history: layers of a disk's writes that became one read as the many did",
          "[emu][history]") {
  const Bench bench;
  Machine machine(bench.config());
  DriveTap& tap = *machine.tap(DriveSlot::ide0_0);
  tap.capture();  // from here on writes are held
  std::mt19937 random(3);
  std::vector<DriveTap::State> states;
  std::vector<std::string> contents;
  for (int n = 0; n < 12; ++n) {
    for (int w = 0; w < 5; ++w) {
      const std::vector<std::uint8_t> sector(512, static_cast<std::uint8_t>(random()));
      REQUIRE(tap.write(random() % 40, sector) == storage::IoStatus::ok);
    }
    states.push_back(tap.capture());
    contents.push_back(machine.medium_digest(DriveSlot::ide0_0));
  }
  std::vector<DriveTap::State*> all;
  for (DriveTap::State& state : states) all.push_back(&state);
  // States 3, 4 and 5 are not needed any more, nor are 0 and 1.
  for (const std::size_t gone : {3U, 3U, 3U, 0U, 0U}) {
    states.erase(states.begin() + static_cast<std::ptrdiff_t>(gone));
    contents.erase(contents.begin() + static_cast<std::ptrdiff_t>(gone));
  }
  all.clear();
  for (DriveTap::State& state : states) all.push_back(&state);
  tap.merge(DriveTap::State(states[1]), 3, 7, all);
  tap.merge(DriveTap::State(states[0]), 0, 3, all);
  REQUIRE(states.back().layers.size() == 12 - 3 - 2);
  for (std::size_t n = 0; n < states.size(); ++n) {
    REQUIRE(tap.restore(states[n]));
    REQUIRE(machine.medium_digest(DriveSlot::ide0_0) == contents[n]);
  }
}
