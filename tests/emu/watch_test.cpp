// Looking at a machine from outside: memory that is watched, instructions and ports that are
// recorded. What is seen, and that the guest does not notice.
#include <array>
#include <cstdint>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "emu/debugger.h"
#include "emu/machine.h"
#include "tests/catch.hpp"
#include "tests/support/temp_dir.h"

using namespace emu;
using devices::kMillisecond;
using devices::kSecond;

namespace {

// 7C00: mov ax,0B800h / mov es,ax / 7C05: inc word [0600h] / 7C09: mov ax,[0600h] / 7C0C: stosw /
// 7C0D: in al,40h / 7C0F: xor [0602h],al / 7C13: hlt / 7C14: jmp 7C05
const std::vector<std::uint8_t> kCounter = {0xB8, 0x00, 0xB8, 0x8E, 0xC0, 0xFF, 0x06, 0x00,
                                            0x06, 0xA1, 0x00, 0x06, 0xAB, 0xE4, 0x40, 0x30,
                                            0x06, 0x02, 0x06, 0xF4, 0xEB, 0xEF};
// 7C00: mov ax,[0600h] / 7C03: jmp 7C00
const std::vector<std::uint8_t> kPolls = {0xA1, 0x00, 0x06, 0xEB, 0xFB};

// Into protected mode with paging: the first 4 MiB to themselves, linear 400000h to 8000h and 9000h
// in turns. From 7C66h on, 32 bits:
// again: inc dword [400010h] / 7C6C: xor dword [12000h],1000h (the page's entry) / mov eax,cr3 /
// mov cr3,eax / jmp again
// clang-format off
const std::vector<std::uint8_t> kPaged = {
    0xFA, 0x31, 0xC0, 0x8E, 0xD8, 0x0F, 0x01, 0x16, 0x98, 0x7C, 0xB8, 0x00,
    0x10, 0x8E, 0xC0, 0x31, 0xFF, 0x26, 0x66, 0xC7, 0x06, 0x00, 0x00, 0x07,
    0x10, 0x01, 0x00, 0x26, 0x66, 0xC7, 0x06, 0x04, 0x00, 0x07, 0x20, 0x01,
    0x00, 0xBF, 0x00, 0x10, 0x66, 0xB8, 0x07, 0x00, 0x00, 0x00, 0x66, 0xAB,
    0x66, 0x05, 0x00, 0x10, 0x00, 0x00, 0x81, 0xFF, 0x00, 0x20, 0x75, 0xF2,
    0x26, 0x66, 0xC7, 0x06, 0x00, 0x20, 0x07, 0x80, 0x00, 0x00, 0x66, 0xB8,
    0x00, 0x00, 0x01, 0x00, 0x0F, 0x22, 0xD8, 0x66, 0xB8, 0x01, 0x00, 0x00,
    0x80, 0x0F, 0x22, 0xC0, 0x66, 0xEA, 0x60, 0x7C, 0x00, 0x00, 0x08, 0x00,
    0x66, 0xB8, 0x10, 0x00, 0x8E, 0xD8, 0xFF, 0x05, 0x10, 0x00, 0x40, 0x00,
    0x81, 0x35, 0x00, 0x20, 0x01, 0x00, 0x00, 0x10, 0x00, 0x00, 0x0F, 0x20,
    0xD8, 0x0F, 0x22, 0xD8, 0xEB, 0xE8, 0x90, 0x90, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x9B, 0xCF, 0x00,
    0xFF, 0xFF, 0x00, 0x00, 0x00, 0x93, 0xCF, 0x00, 0x17, 0x00, 0x80, 0x7C,
    0x00, 0x00,
};
// clang-format on

class Lab {
 public:
  explicit Lab(std::vector<std::uint8_t> code) {
    code.resize(1474560);
    code[510] = 0x55;
    code[511] = 0xAA;
    const std::string path = (folder_.path() / "boot.img").string();
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(code.data()),
               static_cast<std::streamsize>(code.size()));
    config_.mips = 5;
    DriveConfig drive;
    drive.slot = DriveSlot::fd0;
    drive.file = path;
    drive.mode = DriveMode::discard;
    config_.drives.push_back(drive);
  }
  const Config& config() const { return config_; }

 private:
  support::TempDir folder_;
  Config config_;
};

void run_to_boot(Machine& machine) {
  const unsigned id = machine.add_breakpoint(parse_breakpoint("exec 7c00"));
  REQUIRE(machine.run_until(20 * kSecond) == StopReason::breakpoint);
  machine.remove_breakpoint(id);
}

std::uint32_t eip(const Machine& machine) {
  return machine.processor().registers().eip;
}

}  // namespace

TEST_CASE("watch: the machine stops behind the instruction, which is told with old and new value",
          "[emu][watch]") {
  const Lab lab(kCounter);
  Machine machine(lab.config());
  run_to_boot(machine);
  Debugger debugger(machine);
  const unsigned number = debugger.add("mem 0:600..601 write");
  REQUIRE(debugger.run_until(machine.now() + kSecond) == StopReason::breakpoint);
  REQUIRE(eip(machine) == 0x7C09);
  REQUIRE(debugger.stopped_by() == std::vector<unsigned>{number});
  const auto& hit = machine.memory_hit();
  REQUIRE(hit.has_value());
  REQUIRE(hit->eip == 0x7C05);
  REQUIRE(hit->access.linear == 0x600);
  REQUIRE(hit->access.after == ((hit->access.before + 1) & 0xFFFF));
  REQUIRE(describe(*hit).starts_with("0000:7C05 wrote "));
  for (int round = 0; round < 3; ++round)
    REQUIRE(debugger.run_until(machine.now() + kSecond) == StopReason::breakpoint);
  REQUIRE(debugger.points()[0].hits == 4);
  debugger.remove(number);
  REQUIRE(debugger.run_until(machine.now() + kSecond) == StopReason::deadline);
}

TEST_CASE("watch: reads, physical addresses, conditions on registers", "[emu][watch]") {
  const Lab lab(kCounter);
  Machine machine(lab.config());
  run_to_boot(machine);
  Debugger debugger(machine);
  // INC reads with 0B800h in AX, once; MOV AX,[600h] never does.
  const unsigned once = debugger.add("mem 600 read ax=b800");
  REQUIRE(debugger.run_until(machine.now() + kSecond) == StopReason::breakpoint);
  REQUIRE(eip(machine) == 0x7C09);
  REQUIRE_FALSE(machine.memory_hit()->access.write);
  debugger.remove(once);
  // Video memory: a device, not RAM.
  debugger.add("phys b8000..bffff write");
  REQUIRE(debugger.run_until(machine.now() + kSecond) == StopReason::breakpoint);
  REQUIRE(eip(machine) == 0x7C0D);
  REQUIRE(machine.memory_hit()->access.size == 2);
}

TEST_CASE("watch: with paging on a linear address is watched through every page that it leads to",
          "[emu][watch]") {
  const Lab lab(kPaged);
  Machine machine(lab.config());
  run_to_boot(machine);
  Debugger debugger(machine);
  const unsigned linear = debugger.add("mem 400010..400013 write");
  for (std::uint32_t round = 0; round < 6; ++round) {
    REQUIRE(debugger.run_until(machine.now() + kSecond) == StopReason::breakpoint);
    REQUIRE(eip(machine) == 0x7C6C);
    const auto& hit = machine.memory_hit();
    REQUIRE(hit.has_value());
    REQUIRE(hit->eip == 0x7C66);
    REQUIRE(hit->access.linear == 0x400010);
    REQUIRE(hit->access.physical == (round % 2 == 0 ? 0x8010U : 0x9010U));
    REQUIRE(hit->access.after == hit->access.before + 1);
  }
  debugger.remove(linear);
  // One of the two pages by its physical address: every second round.
  debugger.add("phys 9010..9013 write");
  std::uint32_t last = 0;
  for (int round = 0; round < 4; ++round) {
    REQUIRE(debugger.run_until(machine.now() + kSecond) == StopReason::breakpoint);
    REQUIRE(machine.memory_hit()->access.physical == 0x9010);
    if (round != 0) REQUIRE(machine.memory_hit()->access.after == last + 1);
    last = machine.memory_hit()->access.after;
  }
  debugger.remove(debugger.points()[0].number);
  // Nobody goes there by these linear addresses.
  debugger.add("mem 8010..8013");
  debugger.add("mem 9010..9013");
  REQUIRE(debugger.run_until(machine.now() + 100 * kMillisecond) == StopReason::deadline);
}

TEST_CASE("watch: a guest that only waits is stopped at every read of what it polls",
          "[emu][watch]") {
  const Lab lab(kPolls);
  Machine machine(lab.config());
  run_to_boot(machine);
  REQUIRE(machine.run_until(machine.now() + kSecond) == StopReason::deadline);
  machine.add_breakpoint(parse_breakpoint("mem 600 read"));
  for (int round = 0; round < 500; ++round) {
    const std::uint64_t before = machine.instructions();
    REQUIRE(machine.run_until(machine.now() + kSecond) == StopReason::breakpoint);
    REQUIRE(eip(machine) == 0x7C03);
    REQUIRE(machine.instructions() - before < 1000);  // two, and an interrupt now and then
  }
}

TEST_CASE("watch: what never fires, a trace and a log of ports leave no trace in the guest",
          "[emu][watch]") {
  const Lab lab(kCounter);
  const auto run = [&](const auto& prepare) {
    Machine machine(lab.config());
    prepare(machine);
    for (devices::Nanoseconds time = 0; time < 2 * kSecond; time += 100 * kMillisecond)
      REQUIRE(machine.run_until(time + 100 * kMillisecond) == StopReason::deadline);
    return std::pair(machine.instructions(), machine.hash());
  };
  const auto alone = run([](Machine&) {});
  // Pages that the BIOS's data, its stack and the guest's variables are in; no byte of them.
  REQUIRE(run([](Machine& machine) {
            machine.add_breakpoint(parse_breakpoint("mem 600..601 write ax=fedc bx=1234 cx=5678"));
            machine.add_breakpoint(parse_breakpoint("phys b8000..b8fff read bx=1234 cx=5678 dx=1"));
          }) == alone);
  REQUIRE(run([](Machine& machine) { machine.log_ports(1000); }) == alone);
  REQUIRE(run([](Machine& machine) { machine.trace_instructions(1000); }) == alone);
}

TEST_CASE("trace: instructions in order, with what they changed, interrupts marked",
          "[emu][watch]") {
  const Lab lab(kCounter);
  Machine machine(lab.config());
  run_to_boot(machine);
  machine.trace_instructions(5000);
  REQUIRE(machine.run_until(machine.now() + 200 * kMillisecond) == StopReason::deadline);
  const InstructionTrace& trace = *machine.trace();
  REQUIRE(trace.size() > 20);
  REQUIRE(trace.total() < 5000);
  bool interrupted = false;
  for (std::size_t n = 0; n < trace.size(); ++n) {
    interrupted = interrupted || trace[n].interrupt;
    if (n != 0) REQUIRE(trace[n].number == trace[n - 1].number + 1);
  }
  REQUIRE(interrupted);
  REQUIRE(trace[0].linear == 0x7C00);
  const Disassembler disassembler;
  const std::string first = describe(trace[0], &trace[1], disassembler);
  REQUIRE(first.find("0000:7C00  B800B8") != std::string::npos);
  REQUIRE(first.ends_with("AX=B800"));
  const auto stores = latest_lines(trace, disassembler, "STOSW 7c0c", 100, trace.size());
  REQUIRE_FALSE(stores.empty());
  for (const std::string& line : stores) REQUIRE(line.find("DI=") != std::string::npos);
  machine.trace_instructions(0);
  REQUIRE(machine.trace() == nullptr);
}

TEST_CASE("trace: a ring keeps the latest", "[emu][watch]") {
  Ring<int> ring(3);
  for (int n = 1; n <= 8; ++n) ring.push(n);
  REQUIRE(ring.size() == 3);
  REQUIRE(ring.total() == 8);
  REQUIRE((ring[0] == 6 && ring[1] == 7 && ring[2] == 8));
}

TEST_CASE("port log: who accessed which port when, and with what", "[emu][watch]") {
  const Lab lab(kCounter);
  Machine machine(lab.config());
  run_to_boot(machine);
  machine.log_ports(100);
  REQUIRE(machine.run_until(machine.now() + 300 * kMillisecond) == StopReason::deadline);
  const PortLog& log = *machine.port_log();
  bool seen = false;
  for (std::size_t n = 0; n < log.size(); ++n) {
    const PortAccess& access = log[n];
    if (n != 0) REQUIRE(access.time >= log[n - 1].time);
    if (access.port != 0x40) continue;
    seen = true;
    REQUIRE((!access.write && access.size == 1 && access.eip == 0x7C0D && access.cs == 0));
  }
  REQUIRE(seen);
  // The timer interrupt's end goes to the interrupt controller.
  REQUIRE_FALSE(latest_lines(log, "out 0020 20", 100, log.size()).empty());
  REQUIRE(latest_lines(log, "out 0040", 100, log.size()).empty());
}
