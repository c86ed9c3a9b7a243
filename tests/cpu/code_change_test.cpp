// Decoded code follows memory, whoever changes it.
#include "tests/catch.hpp"
#include "tests/cpu/guest.h"

using namespace cpu_test;
using cpu::Engine;
using cpu::Model;

namespace {

void restart(Guest& guest) {
  guest.change([](cpu::Registers& r) {
    r.eip = 0;
    r.activity = cpu::Activity::running;
    r.general[cpu::kEax] = 0;
  });
}

}  // namespace

TEST_CASE("code: an instruction may rewrite the one behind it", "[cpu][code]") {
  const Engine engine = GENERATE(Engine::cached, Engine::step);
  Guest guest(Model::i80386, engine);
  // MOV byte CS:[7],48h (DEC AX); NOP; INC AX; HLT
  guest.code({0x2E, 0xC6, 0x06, 0x07, 0x00, 0x48, 0x90, 0x40, 0xF4});
  for (int pass = 0; pass < 3; ++pass) {
    guest.poke(Guest::kCode + 7, {0x40});
    restart(guest);
    CHECK(guest.processor.run(100) == 4);
    CHECK(guest.reg(cpu::kEax) == 0xFFFF);
  }
}

TEST_CASE("code: a REP that overwrites what follows runs the new code", "[cpu][code]") {
  const Engine engine = GENERATE(Engine::cached, Engine::step);
  Guest guest(Model::i80286, engine);
  guest.code({0xF3, 0xAA, 0x40, 0x40, 0x40, 0x40, 0xF4});  // REP STOSB over the INCs
  guest.change([](cpu::Registers& r) {
    r.segments[cpu::kEs] = Guest::real_segment(0x1000);
    r.general[cpu::kEdi] = 2;
    r.general[cpu::kEcx] = 3;
    r.general[cpu::kEax] = 0x48;
  });
  CHECK(guest.processor.run(100) == 8);
  CHECK(guest.reg(cpu::kEax) == 0x48 - 3 + 1);
}

TEST_CASE("code: a write by DMA or the debugger reaches decoded code", "[cpu][code]") {
  Guest guest(Model::i80386);
  guest.code({0x40, 0xF4});
  guest.processor.run(10);
  CHECK(guest.reg(cpu::kEax) == 1);
  guest.code({0x48, 0xF4});
  restart(guest);
  guest.processor.run(10);
  CHECK(guest.reg(cpu::kEax) == 0xFFFF);
}

TEST_CASE("code: mapping something else over decoded code replaces it", "[cpu][code]") {
  Guest guest(Model::i80386);
  std::vector<std::uint8_t> image(4096, 0x90);
  image[0] = 0x40;
  image[1] = 0xF4;
  guest.memory.map_rom(Guest::kCode, image);
  guest.processor.run(10);
  image[0] = 0x48;
  guest.memory.map_shadow(Guest::kCode, image);
  restart(guest);
  guest.processor.run(10);
  CHECK(guest.reg(cpu::kEax) == 0xFFFF);
}

TEST_CASE("code: a store through another linear address reaches decoded code", "[cpu][code]") {
  Guest guest(Model::i80386);
  // A20 off: FFFF:0010+n is n. MOV byte DS:[0010+600h],48h; JMP 0:600h
  guest.poke(0x600, {0x40, 0xF4});
  guest.change([](cpu::Registers& r) {
    r.segments[cpu::kCs] = Guest::real_segment(0);
    r.eip = 0x600;
  });
  guest.processor.run(10);
  CHECK(guest.reg(cpu::kEax) == 1);
  guest.memory.set_a20(false);
  guest.code({0xC6, 0x06, 0x10, 0x06, 0x48, 0xEA, 0x00, 0x06, 0x00, 0x00});
  guest.change([](cpu::Registers& r) {
    r.segments[cpu::kCs] = Guest::real_segment(0x1000);
    r.segments[cpu::kDs] = Guest::real_segment(0xFFFF);
    r.eip = 0;
    r.activity = cpu::Activity::running;
  });
  guest.processor.run(10);
  CHECK(guest.reg(cpu::kEax) == 0);
}

TEST_CASE("code: moving the A20 gate changes what a cached address means", "[cpu][code]") {
  const Engine engine = GENERATE(Engine::cached, Engine::step);
  Guest guest(Model::i80286, engine);
  guest.poke(0x100600, {0x40, 0xF4});  // INC AX
  guest.poke(0x000600, {0x48, 0xF4});  // DEC AX
  for (const bool a20 : {true, false, true, false}) {
    guest.memory.set_a20(a20);
    guest.change([](cpu::Registers& r) {
      r.segments[cpu::kCs] = Guest::real_segment(0xFFFF);
      r.eip = 0x610;
      r.general[cpu::kEax] = 5;
      r.activity = cpu::Activity::running;
    });
    guest.processor.run(10);
    CHECK(guest.reg(cpu::kEax) == (a20 ? 6u : 4u));
  }
}

TEST_CASE("code: a page that rewrites itself all the time still runs right", "[cpu][code]") {
  const Engine engine = GENERATE(Engine::cached, Engine::step);
  Guest guest(Model::i80386, engine);
  // again: INC byte CS:[imm]; ADD DX,imm8; LOOP again; HLT
  guest.code({0x2E, 0xFE, 0x06, 0x07, 0x00, 0x83, 0xC2, 0x00, 0xE2, 0xF6, 0xF4});
  guest.change([](cpu::Registers& r) { r.general[cpu::kEcx] = 2000; });
  std::uint16_t expected = 0;
  for (unsigned n = 1; n <= 2000; ++n) {
    expected = static_cast<std::uint16_t>(expected + static_cast<std::int8_t>(n));
  }
  CHECK(guest.processor.run(100000) == 6001);
  CHECK(guest.reg(cpu::kEdx) == expected);
}

TEST_CASE("code: more code than the cache holds", "[cpu][code]") {
  Guest guest(Model::i80386);
  const std::vector<std::uint8_t> increments(0x10000, 0x40);
  for (std::uint32_t at = 0x10000; at < 0x90000; at += 0x10000) {
    guest.memory.write_physical(at, increments);
  }
  std::uint32_t expected = 0;
  for (int pass = 0; pass < 2; ++pass) {
    for (std::uint16_t selector = 0x1000; selector < 0x9000; selector += 0x1000) {
      guest.change([&](cpu::Registers& r) {
        r.segments[cpu::kCs] = Guest::real_segment(selector);
        r.eip = 0;
      });
      guest.processor.run(0xF000);
      expected += 0xF000;
    }
  }
  CHECK(guest.reg(cpu::kEax) == (expected & 0xFFFF));
}
