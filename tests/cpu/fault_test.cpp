// Faults of real mode: which vector, which return address, nothing half done.
#include "tests/catch.hpp"
#include "tests/cpu/guest.h"

using namespace cpu_test;
using cpu::Engine;
using cpu::Model;

TEST_CASE("fault: a word at offset FFFFh faults from the 286 on", "[cpu][fault]") {
  const Engine engine = GENERATE(Engine::cached, Engine::step);
  const Model model = GENERATE(Model::i80286, Model::i80386);
  Guest guest(model, engine);
  guest.code({0x90, 0xA1, 0xFF, 0xFF, 0xF4});  // MOV AX,[FFFFh]
  CHECK(guest.processor.run(100) == 3);        // NOP, the faulting one, HLT of the handler
  CHECK(guest.stopped_in_handler() == 13);
  CHECK(guest.stacked(0) == 1);
}

TEST_CASE("fault: on the stack the 386 has a vector of its own", "[cpu][fault]") {
  for (const Model model : {Model::i80286, Model::i80386}) {
    Guest guest(model);
    guest.code({0x8B, 0x46, 0x00});  // MOV AX,[BP]
    guest.change([](cpu::Registers& r) { r.general[cpu::kEbp] = 0xFFFF; });
    guest.processor.run(100);
    CHECK(guest.stopped_in_handler() == (model == Model::i80286 ? 13 : 12));
  }
}

TEST_CASE("fault: the 8086 wraps inside the segment, the 186 runs over its end", "[cpu][fault]") {
  for (const Model model : {Model::i8086, Model::i80186}) {
    Guest guest(model);
    guest.code({0xA1, 0xFF, 0xFF, 0xF4});
    guest.poke(0x2FFFF, {0x11, 0x33});
    guest.poke(0x20000, {0x22});
    guest.processor.run(100);
    CHECK(guest.reg(cpu::kEax) == (model == Model::i8086 ? 0x2211u : 0x3311u));
  }
}

TEST_CASE("fault: #DE returns behind the instruction up to the 186, to it later", "[cpu][fault]") {
  const Model model = GENERATE(Model::i8086, Model::i80186, Model::i80286, Model::i80386);
  Guest guest(model);
  guest.code({0x90, 0xF7, 0xF3, 0xF4});  // DIV BX
  guest.processor.run(100);
  CHECK(guest.stopped_in_handler() == 0);
  CHECK(guest.stacked(0) == (model >= Model::i80286 ? 1 : 3));
}

TEST_CASE("fault: #UD, #BR and #NM return to the instruction", "[cpu][fault]") {
  Guest guest(Model::i80386);
  SECTION("undefined opcode") {
    guest.code({0x90, 0x0F, 0xFF});
    guest.processor.run(100);
    CHECK(guest.stopped_in_handler() == 6);
  }
  SECTION("LOCK where it makes no sense") {
    guest.code({0x90, 0xF0, 0x90});
    guest.processor.run(100);
    CHECK(guest.stopped_in_handler() == 6);
  }
  SECTION("BOUND") {
    guest.poke(Guest::kData, {0x05, 0x00, 0x0A, 0x00});
    guest.code({0x90, 0x62, 0x06, 0x00, 0x00});  // BOUND AX,[0], AX = 0
    guest.processor.run(100);
    CHECK(guest.stopped_in_handler() == 5);
  }
  SECTION("an escape with EM set") {
    guest.change([](cpu::Registers& r) { r.cr0 |= 4; });
    guest.code({0x90, 0xDB, 0xE3});
    guest.processor.run(100);
    CHECK(guest.stopped_in_handler() == 7);
  }
  SECTION("WAIT with TS and MP set") {
    guest.change([](cpu::Registers& r) { r.cr0 |= 0xA; });
    guest.code({0x90, 0x9B});
    guest.processor.run(100);
    CHECK(guest.stopped_in_handler() == 7);
  }
  CHECK(guest.stacked(0) == 1);
}

TEST_CASE("fault: LOCK is legal on a memory destination", "[cpu][fault]") {
  Guest guest(Model::i80386);
  guest.code({0xF0, 0xFF, 0x06, 0x00, 0x00, 0xF4});  // LOCK INC word [0]
  guest.processor.run(100);
  CHECK(guest.eip() == 6);
  CHECK(guest.peek(Guest::kData) == 1);
}

TEST_CASE("fault: an instruction longer than the model executes is #GP", "[cpu][fault]") {
  const Engine engine = GENERATE(Engine::cached, Engine::step);
  for (const unsigned prefixes : {9u, 10u, 14u, 15u}) {
    for (const Model model : {Model::i80286, Model::i80386}) {
      Guest guest(model, engine);
      for (unsigned n = 0; n < prefixes; ++n) guest.poke(Guest::kCode + n, {0x26});
      guest.poke(Guest::kCode + prefixes, {0x90, 0xF4});
      guest.processor.run(100);
      const unsigned limit = model == Model::i80286 ? 10 : 15;
      CHECK(guest.stopped_in_handler() == (prefixes + 1 > limit ? 13 : -1));
    }
  }
}

TEST_CASE("fault: code that runs past FFFFh wraps up to the 286 and faults on the 386",
          "[cpu][fault]") {
  const Engine engine = GENERATE(Engine::cached, Engine::step);
  const Model model = GENERATE(Model::i8086, Model::i80286, Model::i80386);
  Guest guest(model, engine);
  guest.poke(Guest::kCode + 0xFFFE, {0x40, 0x40});
  guest.code({0x40, 0xF4});
  guest.change([](cpu::Registers& r) { r.eip = 0xFFFE; });
  guest.processor.run(100);
  if (model == Model::i80386) {
    CHECK(guest.stopped_in_handler() == 13);
    CHECK(guest.reg(cpu::kEax) == 2);
  } else {
    CHECK(guest.cs() == 0x1000);
    CHECK(guest.reg(cpu::kEax) == 3);
  }
}

TEST_CASE("fault: an instruction across the end of the segment", "[cpu][fault]") {
  const Engine engine = GENERATE(Engine::cached, Engine::step);
  const Model model = GENERATE(Model::i80286, Model::i80386);
  Guest guest(model, engine);
  guest.poke(Guest::kCode + 0xFFFE, {0xB8, 0x34});  // MOV AX,1234h
  guest.code({0x12, 0xF4});
  guest.change([](cpu::Registers& r) { r.eip = 0xFFFE; });
  guest.processor.run(100);
  if (model == Model::i80386) {
    CHECK(guest.stopped_in_handler() == 13);
    CHECK(guest.stacked(0) == 0xFFFE);
  } else {
    CHECK(guest.reg(cpu::kEax) == 0x1234);
  }
}

TEST_CASE("fault: a 32-bit jump beyond the segment faults at the jump", "[cpu][fault]") {
  Guest guest(Model::i80386);
  guest.code({0x90, 0x66, 0xE9, 0x00, 0x00, 0x01, 0x00});
  guest.processor.run(100);
  CHECK(guest.stopped_in_handler() == 13);
  CHECK(guest.stacked(0) == 1);
}

TEST_CASE("fault: when the handler cannot be entered the processor shuts down", "[cpu][fault]") {
  const Engine engine = GENERATE(Engine::cached, Engine::step);
  Guest guest(Model::i80286, engine);
  SECTION("no room on the stack") {
    guest.code({0x50});  // PUSH AX at SP = 1
    guest.change([](cpu::Registers& r) { r.general[cpu::kEsp] = 1; });
  }
  SECTION("an empty interrupt table") {
    guest.code({0xCD, 0x21});
    guest.change([](cpu::Registers& r) { r.idtr_limit = 0; });
  }
  guest.processor.run(100);
  CHECK(guest.processor.activity() == cpu::Activity::shutdown);
  CHECK(guest.eip() == 0);
  guest.processor.raise_nmi();
  CHECK(guest.processor.run(100) == 0);
  guest.processor.reset();
  CHECK(guest.processor.activity() == cpu::Activity::running);
}

TEST_CASE("fault: a vector beyond the table is vector 8 with the instruction's address",
          "[cpu][fault]") {
  Guest guest(Model::i80386);
  guest.code({0x90, 0xCD, 0x30});
  guest.change([](cpu::Registers& r) { r.idtr_limit = 0x7F; });
  guest.processor.run(100);
  CHECK(guest.stopped_in_handler() == 8);
  CHECK(guest.stacked(0) == 1);
}

TEST_CASE("fault: LIDT moves the table of real mode", "[cpu][fault]") {
  Guest guest(Model::i80386);
  guest.poke(0x2100 * 16, {0x00, 0x00, 0x00, 0x40});  // vector 0: 4000:0000
  guest.poke(0x40000, {0x40, 0xF4});
  guest.poke(Guest::kData, {0xFF, 0x03, 0x00, 0x10, 0x02, 0x00});
  guest.code({0x0F, 0x01, 0x1E, 0x00, 0x00, 0xCD, 0x00});
  guest.processor.run(100);
  CHECK(guest.cs() == 0x4000);
  CHECK(guest.reg(cpu::kEax) == 1);
}

TEST_CASE("fault: PUSHA that does not fit stores nothing", "[cpu][fault]") {
  Guest guest(Model::i80386);
  guest.code({0x60});
  guest.change([](cpu::Registers& r) {
    r.general[cpu::kEsp] = 7;
    r.general[cpu::kEax] = 0x1234;
  });
  guest.processor.run(1);
  CHECK(guest.peek16(Guest::kStack + 5) != 0x1234);
}
