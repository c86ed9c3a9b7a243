// INTR, NMI, the shadows of STI and MOV SS, single step, HLT, REP between elements.
#include "tests/catch.hpp"
#include "tests/cpu/guest.h"

using namespace cpu_test;
using cpu::Engine;
using cpu::Model;

namespace {

constexpr std::uint32_t kIf = 0x200, kTf = 0x100;

void set_flags(Guest& guest, std::uint32_t flags) {
  guest.change([flags](cpu::Registers& r) { r.eflags = flags | 2; });
}

}  // namespace

TEST_CASE("interrupt: INTR enters the acknowledged vector when IF allows", "[cpu][interrupt]") {
  const Engine engine = GENERATE(Engine::cached, Engine::step);
  const Model model = GENERATE(Model::i8086, Model::i80186, Model::i80286, Model::i80386);
  Guest guest(model, engine);
  guest.code({0x90, 0x90, 0xEB, 0xFC});
  guest.processor.set_intr(true);
  guest.processor.run(10);
  CHECK(guest.cs() == 0x1000);
  set_flags(guest, kIf);
  guest.change([](cpu::Registers& r) { r.eip = 1; });
  CHECK(guest.processor.run(10) == 1);  // the handler's HLT; the delivery costs nothing
  CHECK(guest.stopped_in_handler() == 0x20);
  CHECK(guest.stacked(0) == 1);
  CHECK(guest.stacked(1) == 0x1000);
  CHECK((guest.stacked(2) & kIf) != 0);
  CHECK((guest.registers().eflags & kIf) == 0);
}

TEST_CASE("interrupt: one that comes from a port write is taken behind the OUT",
          "[cpu][interrupt]") {
  const Engine engine = GENERATE(Engine::cached, Engine::step);
  Guest guest(Model::i80386, engine);
  set_flags(guest, kIf);
  guest.code({0x90, 0xE6, 0x10, 0x40, 0x40, 0xF4});
  guest.bus.on_write = [&](const TestBus::Write&) { guest.processor.set_intr(true); };
  guest.processor.run(100);
  CHECK(guest.stopped_in_handler() == 0x20);
  CHECK(guest.stacked(0) == 3);
  CHECK(guest.reg(cpu::kEax) == 0);
}

TEST_CASE("interrupt: STI lets one more instruction run, CLI can be it", "[cpu][interrupt]") {
  const Engine engine = GENERATE(Engine::cached, Engine::step);
  Guest guest(Model::i80386, engine);
  guest.processor.set_intr(true);
  guest.code({0xFB, 0xFA, 0xFB, 0x40, 0x40, 0xF4});  // STI CLI STI INC INC HLT
  guest.processor.run(100);
  CHECK(guest.stopped_in_handler() == 0x20);
  CHECK(guest.stacked(0) == 4);
  CHECK(guest.reg(cpu::kEax) == 1);
}

TEST_CASE("interrupt: the shadow survives the end of a budget", "[cpu][interrupt]") {
  const Engine engine = GENERATE(Engine::cached, Engine::step);
  Guest guest(Model::i80386, engine);
  guest.processor.set_intr(true);
  guest.code({0xFB, 0x40, 0x40, 0xF4});
  CHECK(guest.processor.run(1) == 1);
  CHECK(guest.registers().interrupt_shadow);
  guest.processor.set_registers(guest.registers());
  guest.processor.run(100);
  CHECK(guest.stacked(0) == 2);
}

TEST_CASE("interrupt: one that comes at once after STI waits for the instruction behind it",
          "[cpu][interrupt]") {
  const Engine engine = GENERATE(Engine::cached, Engine::step);
  const bool warm = GENERATE(false, true);
  Guest guest(Model::i80386, engine);
  guest.code({0xFA, 0xFB, 0xE6, 0x10, 0x40, 0xF4});  // CLI STI OUT INC HLT
  if (warm) {
    guest.processor.run(4);
    guest.change([](cpu::Registers& r) { r.eip = r.general[cpu::kEax] = 0; });
  }
  SECTION("when the budget ends between the two") {
    guest.processor.run(2);
    CHECK(guest.registers().interrupt_shadow);
    guest.processor.set_intr(true);
  }
  SECTION("when that instruction itself brings it") {
    guest.bus.on_write = [&](const TestBus::Write&) { guest.processor.set_intr(true); };
  }
  guest.processor.run(100);
  CHECK(guest.stopped_in_handler() == 0x20);
  CHECK(guest.stacked(0) == 4);
  CHECK(guest.reg(cpu::kEax) == 0);
}

TEST_CASE("interrupt: MOV SS and POP SS hold off INTR, NMI and the trap for one instruction",
          "[cpu][interrupt]") {
  const Engine engine = GENERATE(Engine::cached, Engine::step);
  Guest guest(Model::i80386, engine);
  guest.change([](cpu::Registers& r) { r.general[cpu::kEax] = 0x3000; });
  guest.code({0x8E, 0xD0, 0x43, 0x43, 0xF4});  // MOV SS,AX; INC BX; INC BX
  SECTION("INTR") {
    set_flags(guest, kIf);
    guest.code({0xE6, 0x10, 0x8E, 0xD0, 0x43, 0x43, 0xF4});
    guest.change([](cpu::Registers& r) { r.eip = 2; });
    guest.processor.run(1);
    guest.processor.set_intr(true);
    guest.processor.run(100);
    CHECK(guest.stacked(0) == 5);
  }
  SECTION("NMI") {
    guest.processor.run(1);
    guest.processor.raise_nmi();
    guest.processor.run(100);
    CHECK(guest.stopped_in_handler() == 2);
    CHECK(guest.stacked(0) == 3);
  }
  SECTION("single step") {
    set_flags(guest, kTf);
    guest.processor.run(100);
    CHECK(guest.stopped_in_handler() == 1);
    CHECK(guest.stacked(0) == 3);
    CHECK(guest.reg(cpu::kEbx) == 1);
  }
}

TEST_CASE("interrupt: single step traps behind every instruction and every REP element",
          "[cpu][interrupt]") {
  const Engine engine = GENERATE(Engine::cached, Engine::step);
  Guest guest(Model::i80286, engine);
  guest.poke(Guest::kHandlers + 1, {0xCF});  // IRET
  guest.code({0xF3, 0xAA, 0x40, 0xF4});
  guest.change([](cpu::Registers& r) {
    r.general[cpu::kEcx] = 3;
    r.eflags = kTf | 2;
  });
  // REP, trap handler's IRET, three times; INC, IRET; HLT, IRET: the trap wakes it.
  CHECK(guest.processor.run(10) == 10);
  CHECK(guest.reg(cpu::kEdi) == 3);
  CHECK(guest.reg(cpu::kEax) == 1);
  CHECK(guest.eip() == 4);
  CHECK(guest.processor.activity() == cpu::Activity::running);
}

TEST_CASE("interrupt: POPF that sets TF traps behind the next instruction", "[cpu][interrupt]") {
  const Engine engine = GENERATE(Engine::cached, Engine::step);
  Guest guest(Model::i80386, engine);
  guest.code({0x68, 0x02, 0x01, 0x9D, 0x40, 0x40, 0xF4});  // PUSH 102h; POPF; INC; INC
  guest.processor.run(100);
  CHECK(guest.stopped_in_handler() == 1);
  CHECK(guest.stacked(0) == 5);
  CHECK((guest.stacked(2) & kTf) != 0);
  CHECK((guest.registers().eflags & kTf) == 0);
  CHECK((guest.registers().dr[6] & 0x4000) != 0);
}

TEST_CASE("interrupt: INT n under TF does not trap before its handler returns",
          "[cpu][interrupt]") {
  Guest guest(Model::i80386);
  guest.poke(Guest::kHandlers + 0x30, {0x40, 0xF4});
  guest.poke(0x30 * 4, {0x30, 0x00});
  guest.code({0xCD, 0x30, 0x90});
  set_flags(guest, kTf);
  guest.processor.run(100);
  CHECK(guest.cs() == 0x50);
  CHECK(guest.eip() == 0x32);
  CHECK(guest.reg(cpu::kEax) == 1);
}

TEST_CASE("interrupt: HLT waits and wakes behind itself", "[cpu][interrupt]") {
  const Engine engine = GENERATE(Engine::cached, Engine::step);
  Guest guest(Model::i80386, engine);
  guest.code({0xFB, 0xF4, 0x40});
  CHECK(guest.processor.run(100) == 2);
  CHECK(guest.processor.activity() == cpu::Activity::halted);
  CHECK(guest.processor.run(100) == 0);
  guest.processor.set_intr(true);
  guest.processor.run(100);
  CHECK(guest.stopped_in_handler() == 0x20);
  CHECK(guest.stacked(0) == 2);
}

TEST_CASE("interrupt: a REP stops for INTR between elements and returns to itself",
          "[cpu][interrupt]") {
  const Engine engine = GENERATE(Engine::cached, Engine::step);
  Guest guest(Model::i80386, engine);
  set_flags(guest, kIf);
  guest.code({0xF3, 0x6E, 0xF4});  // REP OUTSB
  guest.change([](cpu::Registers& r) { r.general[cpu::kEcx] = 10; });
  guest.bus.on_write = [&](const TestBus::Write&) {
    if (guest.bus.writes.size() == 4) guest.processor.set_intr(true);
  };
  guest.poke(Guest::kHandlers + 0x20, {0xF4, 0xCF});
  guest.processor.run(100);
  CHECK(guest.stacked(0) == 0);
  CHECK(guest.reg(cpu::kEcx) == 6);
  CHECK(guest.bus.writes.size() == 4);
  guest.processor.set_intr(false);
  guest.change([](cpu::Registers& r) { r.activity = cpu::Activity::running; });
  guest.processor.run(100);
  CHECK(guest.bus.writes.size() == 10);
  CHECK(guest.eip() == 3);
}

TEST_CASE("interrupt: a second NMI waits for the first one's IRET", "[cpu][interrupt]") {
  const Engine engine = GENERATE(Engine::cached, Engine::step);
  Guest guest(Model::i80286, engine);
  guest.code({0x90, 0x90, 0x90, 0x90, 0xEB, 0xFA});
  guest.poke(Guest::kHandlers + 2, {0x40, 0x40, 0xCF});
  guest.processor.raise_nmi();
  guest.processor.run(1);
  CHECK(guest.registers().nmi_blocked);
  guest.processor.raise_nmi();
  guest.processor.run(2);  // INC, IRET
  CHECK(guest.cs() == 0x1000);
  guest.processor.run(1);
  CHECK(guest.cs() == 0x50);
  CHECK(guest.reg(cpu::kEax) == 3);
}
