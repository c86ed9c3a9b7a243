// What tells the models apart, what the 386 adds, and reset.
#include "tests/catch.hpp"
#include "tests/cpu/guest.h"

using namespace cpu_test;
using cpu::Engine;
using cpu::Model;

TEST_CASE("model: the software tests that tell processors apart see the right one",
          "[cpu][model]") {
  const Model model = GENERATE(Model::i8086, Model::i80186, Model::i80286, Model::i80386);
  Guest guest(model);
  SECTION("PUSH SP") {
    guest.code({0x54, 0x58, 0xF4});
    guest.processor.run(10);
    CHECK(guest.reg(cpu::kEax) == (model >= Model::i80286 ? 0x1000u : 0x0FFEu));
  }
  SECTION("FLAGS bits 12-15 after POPF of 0 and of F000h") {
    guest.code(
        {0x31, 0xC0, 0x50, 0x9D, 0x9C, 0x58, 0xBB, 0x00, 0xF0, 0x53, 0x9D, 0x9C, 0x5B, 0xF4});
    guest.processor.run(100);
    const std::uint32_t zeros = guest.reg(cpu::kEax) & 0xF000;
    const std::uint32_t ones = guest.reg(cpu::kEbx) & 0xF000;
    CHECK(zeros == (model < Model::i80286 ? 0xF000u : 0u));
    CHECK(ones == (model < Model::i80286 ? 0xF000u : model == Model::i80286 ? 0u : 0x7000u));
  }
  SECTION("shift by 33") {
    guest.code({0xB1, 0x21, 0xB8, 0x01, 0x00, 0xD3, 0xE0, 0xF4});
    guest.processor.run(100);
    CHECK(guest.reg(cpu::kEax) == (model == Model::i8086 ? 0u : 2u));
  }
}

TEST_CASE("model: the 8086 executes its aliases", "[cpu][model]") {
  Guest guest(Model::i8086);
  SECTION("60-6F are conditional jumps") {
    guest.code({0x64, 0x01, 0xF4, 0x40, 0xF4});  // 64: JZ; ZF clear
    guest.processor.run(10);
    CHECK(guest.eip() == 3);
  }
  SECTION("POP CS") {
    guest.code({0x0F});
    guest.poke(Guest::kStack + 0x1000, {0x00, 0x40});
    guest.poke(0x40001, {0x40, 0xF4});
    guest.processor.run(10);
    CHECK(guest.cs() == 0x4000);
    CHECK(guest.reg(cpu::kEax) == 1);
  }
  SECTION("C1 is RET") {
    guest.code({0xC1});
    guest.poke(Guest::kStack + 0x1000, {0x34, 0x12});
    guest.processor.run(1);
    CHECK(guest.eip() == 0x1234);
  }
  SECTION("SALC and SETMO") {
    guest.code({0xF9, 0xD6, 0xD0, 0xF3, 0xF4});  // STC, SALC, SETMO BL
    guest.processor.run(10);
    CHECK(guest.reg(cpu::kEax) == 0xFF);
    CHECK(guest.reg(cpu::kEbx) == 0xFF);
  }
}

TEST_CASE("model: reset starts below the top of the address space", "[cpu][model]") {
  const Model model = GENERATE(Model::i8086, Model::i80186, Model::i80286, Model::i80386);
  Guest guest(model);
  guest.processor.reset();
  const cpu::Registers r = guest.registers();
  const std::uint32_t start = r.segments[cpu::kCs].base + r.eip;
  CHECK(start == (model < Model::i80286    ? 0xFFFF0u
                  : model == Model::i80286 ? 0xFFFFF0u
                                           : 0xFFFFFFF0u));
  CHECK(r.eflags == (model < Model::i80286 ? 0xF002u : 2u));
  // A far jump brings CS down.
  std::vector<std::uint8_t> rom(4096, 0xF4);
  const std::vector<std::uint8_t> jump = {0xEA, 0x00, 0x00, 0x00, 0x10};
  std::copy(jump.begin(), jump.end(), rom.begin() + 0xFF0);
  guest.memory.map_rom(start & ~0xFFFu, rom);
  guest.code({0x40, 0xF4});
  guest.processor.run(10);
  CHECK(guest.cs() == 0x1000);
  CHECK(guest.reg(cpu::kEax) == 1);
}

TEST_CASE("model: limits survive a segment load in real mode (unreal mode)", "[cpu][model]") {
  Guest guest(Model::i80386);
  guest.poke(0x3FFFF0, {0x78, 0x56, 0x34, 0x12});
  guest.change([](cpu::Registers& r) { r.segments[cpu::kDs].limit = 0xFFFFFFFF; });
  // MOV DS,BX; MOV EAX,[003FFFF0h] with 32-bit address
  guest.code({0x8E, 0xDB, 0x66, 0x67, 0xA1, 0xF0, 0xFF, 0x3F, 0x00, 0xF4});
  guest.processor.run(10);
  CHECK(guest.reg(cpu::kEax) == 0x12345678);
}

TEST_CASE("model: 386 instructions of the 0F map", "[cpu][model]") {
  Guest guest(Model::i80386);
  SECTION("BT with a register offset reaches other words, MOVZX, SETcc, SHLD") {
    guest.poke(Guest::kData + 0x102, {0x01});
    guest.code({0xBB, 0x10, 0x00,                    // MOV BX,16
                0x0F, 0xAB, 0x1E, 0x00, 0x01,        // BTS [100h],BX
                0x0F, 0x92, 0xC0,                    // SETC AL
                0x0F, 0xB6, 0xC8,                    // MOVZX CX,AL
                0x66, 0xBA, 0x78, 0x56, 0x34, 0x12,  // MOV EDX,12345678h
                0x66, 0x0F, 0xA4, 0xD2, 0x08,        // SHLD EDX,EDX,8
                0xF4});
    guest.processor.run(20);
    CHECK(guest.reg(cpu::kEcx) == 1);
    CHECK(guest.reg(cpu::kEdx) == 0x34567812);
  }
  SECTION("LSS, PUSH FS, POP GS") {
    guest.poke(Guest::kData, {0x00, 0x20, 0x00, 0x40});
    guest.code({0x0F, 0xB2, 0x26, 0x00, 0x00, 0x0F, 0xA0, 0x0F, 0xA9, 0xF4});  // LSS SP,[0]
    guest.processor.run(20);
    CHECK(guest.registers().segments[cpu::kSs].base == 0x40000);
    CHECK(guest.reg(cpu::kEsp) == 0x2000);
    CHECK(guest.registers().segments[cpu::kGs].selector == 0x2000);
  }
  SECTION("SGDT gives back what LGDT took; 24 address bits with a 16-bit operand") {
    guest.poke(Guest::kData, {0x34, 0x12, 0x78, 0x56, 0x34, 0x12});
    guest.code({0x0F, 0x01, 0x16, 0x00, 0x00, 0x0F, 0x01, 0x06, 0x10, 0x00, 0xF4});
    guest.processor.run(20);
    CHECK(guest.peek16(Guest::kData + 0x10) == 0x1234);
    CHECK(guest.peek16(Guest::kData + 0x12) == 0x5678);
    CHECK(guest.peek16(Guest::kData + 0x14) == 0x0034);
  }
  SECTION("SMSW shows what LMSW set, CLTS clears TS") {
    guest.code({0xB8, 0x0E, 0x00, 0x0F, 0x01, 0xF0, 0x0F, 0x06, 0x0F, 0x01, 0xE3, 0xF4});
    guest.processor.run(20);
    CHECK(guest.reg(cpu::kEbx) == 6);
  }
  SECTION("MOV to and from control, debug and test registers") {
    guest.code({0x66, 0xB8, 0x44, 0x33, 0x22, 0x11,  // MOV EAX,11223344h
                0x0F, 0x22, 0xD8, 0x0F, 0x20, 0xDB,  // CR3, to EBX
                0x0F, 0x23, 0xC8, 0x0F, 0x21, 0xC9,  // DR1, to ECX
                0x0F, 0x26, 0xF8, 0x0F, 0x24, 0xFA,  // TR7, to EDX
                0xF4});
    guest.processor.run(20);
    CHECK(guest.reg(cpu::kEbx) == 0x11223344);
    CHECK(guest.reg(cpu::kEcx) == 0x11223344);
    CHECK(guest.reg(cpu::kEdx) == 0x11223344);
  }
}

TEST_CASE("model: recent_runs names the last control transfers, oldest first", "[cpu][model]") {
  Guest guest(Model::i80386);
  guest.code({0xEB, 0x0E});
  guest.poke(Guest::kCode + 0x10, {0xEB, 0x0E});
  guest.poke(Guest::kCode + 0x20, {0xF4});
  guest.processor.run(10);
  const auto recent = guest.processor.recent_runs();
  REQUIRE(recent.size() >= 3);
  const auto last = recent.last(3);
  CHECK(last[0] == 0x10000);
  CHECK(last[1] == 0x10010);
  CHECK(last[2] == 0x10020);
}
