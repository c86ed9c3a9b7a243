// run(budget): never more than asked, exact inside callbacks, REP in pieces.
#include "tests/catch.hpp"
#include "tests/cpu/guest.h"

using namespace cpu_test;
using cpu::Engine;
using cpu::Model;

TEST_CASE("budget: run retires exactly what it was given", "[cpu][budget]") {
  const Engine engine = GENERATE(Engine::cached, Engine::step);
  Guest guest(Model::i80386, engine);
  guest.code({0x40, 0x43, 0x41, 0x42, 0xEB, 0xFA});  // INC AX BX CX DX; JMP back
  std::uint64_t total = 0;
  for (std::uint64_t budget = 1; budget < 40; ++budget) {
    CHECK(guest.processor.run(budget) == budget);
    total += budget;
    CHECK(guest.processor.instructions() == total);
  }
  CHECK(guest.reg(cpu::kEax) == (total + 4) / 5);
  CHECK(guest.reg(cpu::kEdx) == (total + 1) / 5);
  CHECK(guest.eip() == (total % 5 == 0 ? 0 : total % 5));
}

TEST_CASE("budget: a callback sees how many instructions came before it", "[cpu][budget]") {
  const Engine engine = GENERATE(Engine::cached, Engine::step);
  Guest guest(Model::i80286, engine);
  guest.code({0x90, 0x90, 0xE6, 0x10, 0x90, 0xE4, 0x10, 0xEB, 0xF7});
  std::vector<std::uint64_t> seen;
  guest.bus.on_write = [&](const TestBus::Write&) {
    seen.push_back(guest.processor.instructions());
  };
  guest.bus.on_read = [&](std::uint16_t, unsigned) {
    seen.push_back(guest.processor.instructions());
    return 0u;
  };
  guest.processor.run(12);
  CHECK(seen == std::vector<std::uint64_t>{2, 4, 8, 10});
}

TEST_CASE("budget: request_exit returns after the instruction that asked", "[cpu][budget]") {
  const Engine engine = GENERATE(Engine::cached, Engine::step);
  Guest guest(Model::i80286, engine);
  guest.code({0x40, 0xE6, 0x10, 0x40, 0x40, 0xEB, 0xF9});
  guest.bus.on_write = [&](const TestBus::Write&) { guest.processor.request_exit(); };
  CHECK(guest.processor.run(1000) == 2);
  CHECK(guest.eip() == 3);
  CHECK(guest.reg(cpu::kEax) == 1);
  CHECK(guest.processor.run(1000) == 5);  // INC, INC, JMP, INC, OUT
  CHECK(guest.eip() == 3);
}

namespace {

struct ExitOnAccess final : cpu::MmioDevice {
  cpu::Cpu& processor;
  explicit ExitOnAccess(cpu::Cpu& p) : processor(p) {}
  std::uint8_t read8(std::uint32_t) override {
    processor.request_exit();
    return 0x33;
  }
  void write8(std::uint32_t, std::uint8_t) override { processor.request_exit(); }
};

}  // namespace

TEST_CASE("budget: an exit asked for behind a jump out of a run that is too long is at once",
          "[cpu][budget]") {
  const Engine engine = GENERATE(Engine::cached, Engine::step);
  Guest guest(Model::i80386, engine);
  ExitOnAccess device(guest.processor);
  guest.memory.map_mmio(0x20000, 0x1000, device);
  // A: CMP AX,AX; JZ B; NOP, eight times; JMP to itself. B: MOV DL,[10h]; INC BX; JMP A.
  guest.code({0x39, 0xC0, 0x74, 0x0A, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90,
              0x90, 0xEB, 0xFE, 0x8A, 0x16, 0x10, 0x00, 0x43, 0xEB, 0xEB});
  for (unsigned round = 0; round < 40; ++round) guest.processor.run(1000);
  REQUIRE(guest.processor.run(2) == 2);
  REQUIRE(guest.eip() == 0);
  CHECK(guest.processor.run(5) == 3);  // A is longer than that
  CHECK(guest.eip() == 0x12);
}

TEST_CASE("budget: a device in memory can ask for an exit from the middle of a run",
          "[cpu][budget]") {
  const Engine engine = GENERATE(Engine::cached, Engine::step);
  Guest guest(Model::i80386, engine);
  ExitOnAccess device(guest.processor);
  guest.memory.map_mmio(0x20000, 0x1000, device);
  // INC AX; MOV BL,[10h]; INC AX; ADD [10h],BL; INC AX
  guest.code({0x40, 0x8A, 0x1E, 0x10, 0x00, 0x40, 0x00, 0x1E, 0x10, 0x00, 0x40, 0xEB, 0xFE});
  CHECK(guest.processor.run(1000) == 2);
  CHECK(guest.eip() == 5);
  CHECK(guest.reg(cpu::kEbx) == 0x33);
  CHECK(guest.processor.run(1000) == 2);
  CHECK(guest.eip() == 10);
  CHECK(guest.processor.run(100) == 100);
}

TEST_CASE("budget: each element of a REP costs one, and it resumes where it stopped",
          "[cpu][budget]") {
  const Engine engine = GENERATE(Engine::cached, Engine::step);
  Guest guest(Model::i80186, engine);
  guest.code({0xF3, 0xAA, 0x40, 0xF4});  // REP STOSB; INC AX; HLT
  guest.change([](cpu::Registers& r) {
    r.general[cpu::kEcx] = 100;
    r.general[cpu::kEax] = 0x55;
  });
  CHECK(guest.processor.run(30) == 30);
  CHECK(guest.reg(cpu::kEcx) == 70);
  CHECK(guest.reg(cpu::kEdi) == 30);
  CHECK(guest.eip() == 0);
  CHECK(guest.peek(Guest::kData + 29) == 0x55);
  CHECK(guest.peek(Guest::kData + 30) == 0);
  CHECK(guest.processor.run(1000) == 72);
  CHECK(guest.reg(cpu::kEdi) == 100);
  CHECK(guest.processor.activity() == cpu::Activity::halted);
}

TEST_CASE("budget: a REP with CX = 0 costs one and touches nothing", "[cpu][budget]") {
  const Engine engine = GENERATE(Engine::cached, Engine::step);
  Guest guest(Model::i8086, engine);
  guest.code({0xF3, 0xA4, 0xF4});
  CHECK(guest.processor.run(1000) == 2);
  CHECK(guest.reg(cpu::kEsi) == 0);
}

TEST_CASE("budget: REP INSW takes blocks from the bus and pays one a word", "[cpu][budget]") {
  Guest guest(Model::i80386);
  guest.code({0xF3, 0x6D, 0xF4});
  guest.change([](cpu::Registers& r) { r.general[cpu::kEcx] = 256; });
  std::uint8_t next = 0;
  guest.bus.on_in_words = [&](std::span<std::uint8_t> bytes) {
    const std::size_t words = std::min<std::size_t>(bytes.size() / 2, 100);
    for (std::size_t n = 0; n < words * 2; ++n) bytes[n] = next++;
    return words;
  };
  guest.bus.on_read = [&](std::uint16_t, unsigned) {
    const std::uint32_t value = static_cast<std::uint32_t>(next | (next + 1) << 8);
    next = static_cast<std::uint8_t>(next + 2);
    return value;
  };
  CHECK(guest.processor.run(150) == 150);
  CHECK(guest.reg(cpu::kEdi) == 300);
  CHECK(guest.processor.run(1000) == 107);
  bool right = true;
  for (std::uint32_t n = 0; n < 512; ++n) {
    right = right && guest.peek(Guest::kData + n) == static_cast<std::uint8_t>(n);
  }
  CHECK(right);
}

TEST_CASE("budget: an overlapping REP MOVSB copies as the byte loop does", "[cpu][budget]") {
  const Engine engine = GENERATE(Engine::cached, Engine::step);
  Guest guest(Model::i80286, engine);
  guest.code({0xF3, 0xA4, 0xF4});
  guest.poke(Guest::kData, {1, 2, 3});
  guest.change([](cpu::Registers& r) {
    r.general[cpu::kEdi] = 3;
    r.general[cpu::kEcx] = 9;
  });
  guest.processor.run(100);
  for (std::uint32_t n = 0; n < 12; ++n) CHECK(guest.peek(Guest::kData + n) == n % 3 + 1);
}
