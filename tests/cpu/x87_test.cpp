// The coprocessor as a program meets it: detection, exceptions and their ways to the processor, the
// environment's layouts, faults of operands, and what the generations do differently. Results of
// arithmetic are x87_host_test.cpp's and the vectors'.
#include <cstring>
#include <vector>

#include "tests/catch.hpp"
#include "tests/cpu/guest.h"

using namespace cpu_test;
using cpu::Engine;
using cpu::Fpu;
using cpu::Model;
using Register = cpu::X87State::Register;

namespace {

constexpr Register kOne = {0x8000000000000000, 0x3FFF};
constexpr Register kMinusOne = {0x8000000000000000, 0xBFFF};
constexpr Register kTwo = {0x8000000000000000, 0x4000};
constexpr Register kZero = {0, 0};
constexpr Register kInfinity = {0x8000000000000000, 0x7FFF};
constexpr Register kIndefinite = {0xC000000000000000, 0xFFFF};

constexpr std::uint16_t kInvalid = 1, kDenormal = 2, kZeroDivide = 4, kOverflow = 8,
                        kUnderflow = 16, kPrecision = 32, kStackFault = 64, kErrorSummary = 128;

Model processor_for(Fpu fpu) {
  if (fpu == Fpu::i8087) return Model::i8086;
  return fpu == Fpu::i80287 ? Model::i80286 : Model::i80386;
}

struct X87Guest : Guest {
  explicit X87Guest(Fpu fpu, Engine engine = Engine::cached)
      : Guest(processor_for(fpu), engine, fpu) {}

  // ST(0) first.
  void stack(std::initializer_list<Register> values, std::uint16_t control = 0x037F) {
    cpu::X87State s;
    s.control = control;
    s.status = static_cast<std::uint16_t>((8 - values.size()) % 8 << 11);
    unsigned n = s.status >> 11;
    for (const Register& value : values) {
      s.registers[n & 7] = value;
      s.used = static_cast<std::uint8_t>(s.used | 1u << (n & 7));
      ++n;
    }
    processor.set_x87(s);
  }
  cpu::X87State x87() const { return processor.x87(); }
  unsigned depth() const { return static_cast<unsigned>(std::popcount(x87().used)); }
  Register st(unsigned i) const {
    const cpu::X87State s = x87();
    return s.registers[((s.status >> 11) + i) & 7];
  }
  std::uint16_t exceptions() const { return x87().status & 0x7F; }
  void run(std::initializer_list<std::uint8_t> bytes, std::uint64_t count = 1) {
    code(bytes);
    change([](cpu::Registers& r) { r.eip = 0; });
    CHECK(processor.run(count) == count);
  }
  void control_bits(std::uint32_t cr0) {
    change([&](cpu::Registers& r) { r.cr0 = cr0; });
  }
};

// The board's side of the error line.
struct ErrorBus final : cpu::Bus {
  std::vector<bool> levels;
  std::uint8_t in8(std::uint16_t) override { return 0xFF; }
  std::uint16_t in16(std::uint16_t) override { return 0xFFFF; }
  std::uint32_t in32(std::uint16_t) override { return 0xFFFFFFFF; }
  void out8(std::uint16_t, std::uint8_t) override {}
  void out16(std::uint16_t, std::uint16_t) override {}
  void out32(std::uint16_t, std::uint32_t) override {}
  std::size_t in_words(std::uint16_t, std::span<std::uint8_t>) override { return 0; }
  std::size_t out_words(std::uint16_t, std::span<const std::uint8_t>) override { return 0; }
  std::uint8_t acknowledge_interrupt() override { return 0x75; }
  void coprocessor_error(bool level) override { levels.push_back(level); }
};

}  // namespace

// --- is there one, and which ---

TEST_CASE("x87: without a unit memory keeps what was there before FNSTSW", "[cpu][x87]") {
  const Model model = GENERATE(Model::i8086, Model::i80286, Model::i80386);
  Guest guest(model);
  guest.poke(Guest::kData + 0x10, {0x5A, 0x5A});
  guest.code({0xDB, 0xE3, 0xDD, 0x3E, 0x10, 0x00, 0xF4});  // FNINIT, FNSTSW [10h]
  CHECK(guest.processor.run(100) == 3);
  CHECK(guest.peek16(Guest::kData + 0x10) == 0x5A5A);
}

TEST_CASE("x87: FNINIT leaves status 0 and the control word that tells the 8087", "[cpu][x87]") {
  const auto [fpu, control] = GENERATE(table<Fpu, int>(
      {{Fpu::i8087, 0x03FF}, {Fpu::i80287, 0x037F}, {Fpu::i80387, 0x037F}, {Fpu::i80486, 0x037F}}));
  X87Guest guest(fpu);
  guest.stack({kOne, kTwo}, 0x0C00);
  guest.poke(Guest::kData + 0x10, {0x5A, 0x5A, 0x5A, 0x5A});
  guest.run({0xDB, 0xE3, 0xDD, 0x3E, 0x10, 0x00, 0xD9, 0x3E, 0x12, 0x00}, 3);
  CHECK(guest.peek16(Guest::kData + 0x10) == 0);
  CHECK(guest.peek16(Guest::kData + 0x12) == control);
  CHECK(guest.depth() == 0);
}

TEST_CASE("x87: FENI and FDISI move the 8087's interrupt mask and nothing later", "[cpu][x87]") {
  const Fpu fpu = GENERATE(Fpu::i8087, Fpu::i80287, Fpu::i80387);
  X87Guest guest(fpu);
  guest.run({0xDB, 0xE3, 0xDB, 0xE0}, 2);
  CHECK((guest.x87().control & 0x80) == 0);
  guest.run({0xDB, 0xE1});
  CHECK((guest.x87().control & 0x80) == (fpu == Fpu::i8087 ? 0x80 : 0));
}

TEST_CASE("x87: up to the 287 plus and minus infinity are equal after FNINIT", "[cpu][x87]") {
  const Fpu fpu = GENERATE(Fpu::i8087, Fpu::i80287, Fpu::i80387);
  X87Guest guest(fpu);
  // FNINIT, FLD1, FLDZ, FDIVP, FLD ST, FCHS, FCOMPP
  guest.run({0xDB, 0xE3, 0xD9, 0xE8, 0xD9, 0xEE, 0xDE, 0xF9, 0xD9, 0xC0, 0xD9, 0xE0, 0xDE, 0xD9},
            7);
  const bool equal = (guest.x87().status & 0x4000) != 0;
  CHECK(equal == (fpu != Fpu::i80387));
}

TEST_CASE("x87: FSIN, FPREM1 and FUCOM came with the 387, FNSTSW AX with the 287", "[cpu][x87]") {
  const Fpu fpu = GENERATE(Fpu::i8087, Fpu::i80287, Fpu::i80387);
  X87Guest guest(fpu);
  guest.stack({kOne, kTwo});
  guest.run({0xD9, 0xFE});
  CHECK((guest.st(0) == kOne) == (fpu != Fpu::i80387));
  guest.stack({kOne, kOne});
  guest.run({0xDD, 0xE1});
  CHECK((guest.x87().status & 0x4000) == (fpu == Fpu::i80387 ? 0x4000 : 0));
  guest.change([](cpu::Registers& r) { r.general[cpu::kEax] = 0x5A5A; });
  guest.run({0xDF, 0xE0});
  CHECK((guest.reg(cpu::kEax) == 0x5A5A) == (fpu == Fpu::i8087));
}

// --- device not available ---

TEST_CASE("x87: EM or TS raise #NM on every escape, TS and MP on WAIT", "[cpu][x87]") {
  constexpr std::uint32_t mp = 2, em = 4, ts = 8;
  const Engine engine = GENERATE(Engine::cached, Engine::step);
  for (const std::uint32_t bits : {em, ts, em | ts, ts | mp}) {
    for (const std::uint8_t second : {std::uint8_t{0xE8}, std::uint8_t{0xD0}}) {  // FLD1, FNOP
      X87Guest guest(Fpu::i80387, engine);
      guest.control_bits(bits);
      guest.code({0x90, 0xD9, second});
      guest.processor.run(100);
      CHECK(guest.stopped_in_handler() == 7);
      CHECK(guest.stacked(0) == 1);
      CHECK(guest.depth() == 0);
    }
  }
  for (const std::uint32_t bits : {0u, mp, em, ts, em | mp, ts | mp}) {
    X87Guest guest(Fpu::i80387, engine);
    guest.control_bits(bits);
    guest.code({0x9B, 0xF4});
    guest.processor.run(100);
    CHECK(guest.stopped_in_handler() == (bits == (ts | mp) ? 7 : -1));
  }
}

// --- exceptions ---

TEST_CASE("x87: what is masked gives the manual's answer", "[cpu][x87]") {
  X87Guest guest(Fpu::i80387);
  guest.stack({kZero, kOne});
  guest.run({0xDE, 0xF9});  // 1 / 0
  CHECK(guest.st(0) == kInfinity);
  CHECK(guest.exceptions() == kZeroDivide);

  guest.stack({kMinusOne});
  guest.run({0xD9, 0xFA});  // sqrt(-1)
  CHECK(guest.st(0) == kIndefinite);
  CHECK(guest.exceptions() == kInvalid);

  guest.stack({});
  guest.run({0xD9, 0xE0});  // FCHS of nothing
  CHECK(guest.st(0) == kIndefinite);
  CHECK(guest.exceptions() == (kInvalid | kStackFault));
  CHECK((guest.x87().status & 0x200) == 0);

  guest.stack({kOne, kOne, kOne, kOne, kOne, kOne, kOne, kOne});
  guest.run({0xD9, 0xE8});  // a ninth
  CHECK(guest.st(0) == kIndefinite);
  CHECK((guest.x87().status & 0x241) == 0x241);
}

TEST_CASE("x87: an operand exception that is not masked leaves everything in place", "[cpu][x87]") {
  X87Guest guest(Fpu::i80387);
  guest.stack({kZero, kOne}, 0x0300);
  guest.run({0xDE, 0xF9});
  CHECK(guest.st(0) == kZero);
  CHECK(guest.st(1) == kOne);
  CHECK(guest.exceptions() == kZeroDivide);
  CHECK((guest.x87().status & 0x8080) == 0x8080);

  constexpr Register denormal = {1, 0};
  guest.stack({denormal, kOne}, 0x0300);
  guest.run({0xDE, 0xC1});
  CHECK(guest.depth() == 2);
  CHECK(guest.exceptions() == kDenormal);

  guest.stack({kOne}, 0x0300);
  guest.run({0xD8, 0xC1});  // with an empty ST(1)
  CHECK(guest.st(0) == kOne);
  CHECK(guest.exceptions() == (kInvalid | kStackFault));
}

TEST_CASE("x87: overflow and underflow that are not masked wrap the exponent by 24576",
          "[cpu][x87]") {
  constexpr Register large = {0x8000000000000000, 0x7FFE}, small = {0x8000000000000000, 0x0001};
  X87Guest guest(Fpu::i80387);
  guest.stack({large}, 0x0300);
  guest.run({0xD8, 0xC0});  // twice the largest power
  CHECK(guest.st(0) == Register{0x8000000000000000, 0x7FFF - 24576});
  CHECK(guest.exceptions() == kOverflow);
  guest.stack({small, kTwo}, 0x0300);
  guest.run({0xD8, 0xF1});
  CHECK(guest.st(0) == Register{0x8000000000000000, 24576});
  CHECK(guest.exceptions() == kUnderflow);
}

TEST_CASE("x87: a store that overflows unmasked stores nothing and does not pop", "[cpu][x87]") {
  constexpr Register large = {0x8000000000000000, 0x7F00};
  X87Guest guest(Fpu::i80387);
  guest.stack({large}, 0x0300);
  guest.poke(Guest::kData, {0x11, 0x22, 0x33, 0x44});
  guest.run({0xD9, 0x1E, 0x00, 0x00});  // FSTP m32
  CHECK(guest.peek16(Guest::kData) == 0x2211);
  CHECK(guest.depth() == 1);
  CHECK(guest.exceptions() == kOverflow);
}

TEST_CASE("x87: constants follow the rounding mode from the 387 on", "[cpu][x87]") {
  const Fpu fpu = GENERATE(Fpu::i80287, Fpu::i80387);
  constexpr std::uint64_t cut = 0xC90FDAA22168C234;
  for (const unsigned mode : {0u, 1u, 2u, 3u}) {
    X87Guest guest(fpu);
    guest.stack({}, static_cast<std::uint16_t>(0x033F | mode << 10));
    guest.run({0xD9, 0xEB});
    const bool up = fpu == Fpu::i80287 || mode == 0 || mode == 2;
    CHECK(guest.st(0) == Register{cut + (up ? 1 : 0), 0x4000});
  }
}

// --- how errors reach the processor ---

TEST_CASE("x87: an error raises the line, and the next instruction waits for its interrupt",
          "[cpu][x87]") {
  const Engine engine = GENERATE(Engine::cached, Engine::step);
  cpu::Memory memory(1 << 20);
  ErrorBus bus;
  cpu::Cpu processor(Model::i80386, memory, bus, engine, Fpu::i80387);
  const auto poke = [&](std::uint32_t at, std::vector<std::uint8_t> bytes) {
    memory.write_physical(at, bytes);
  };
  // FLD1, FLDZ, FDIVP, NOP, FLD1, HLT; INT 75h: FNCLEX, HLT
  poke(0x1000, {0xD9, 0xE8, 0xD9, 0xEE, 0xDE, 0xF9, 0x90, 0xD9, 0xE8, 0xF4});
  poke(0x2000, {0xDB, 0xE2, 0xCF});
  poke(0x75 * 4, {0x00, 0x20, 0x00, 0x00});
  cpu::Registers r = processor.registers();
  for (auto& segment : r.segments) segment = {0, 0, 0xFFFF, 0x93};
  r.eip = 0x1000;
  r.general[cpu::kEsp] = 0x8000;
  r.eflags = 0x202;
  processor.set_registers(r);
  cpu::X87State s;
  s.control = 0x0300;
  processor.set_x87(s);

  CHECK(processor.run(3) == 3);
  CHECK(bus.levels == std::vector<bool>{true});
  processor.run(100);
  CHECK(processor.activity() == cpu::Activity::halted);  // in front of the second FLD1
  CHECK(processor.registers().eip == 0x1007);

  // Its handler clears the error, and the instruction is executed.
  processor.set_intr(true);
  processor.run(1);
  processor.set_intr(false);
  CHECK(bus.levels == std::vector<bool>{true, false});
  processor.run(100);
  CHECK(processor.registers().eip == 0x100A);
  CHECK(processor.x87().used == 0xE0);
}

TEST_CASE("x87: with IGNNE up waiting instructions run in spite of an error", "[cpu][x87]") {
  X87Guest guest(Fpu::i80387);
  guest.stack({kZero, kOne}, 0x0300);
  guest.run({0xDE, 0xF9});
  guest.processor.set_ignore_coprocessor_error(true);
  guest.run({0xD9, 0xE8});
  CHECK(guest.st(0) == kOne);
  CHECK(guest.depth() == 3);
}

TEST_CASE("x87: with NE set the next waiting instruction raises #MF", "[cpu][x87]") {
  const Engine engine = GENERATE(Engine::cached, Engine::step);
  constexpr std::uint32_t ne = 0x20;
  for (const bool wait : {false, true}) {
    Guest guest(Model::i80386, engine, Fpu::i80486);
    cpu::X87State s;
    s.control = 0x0300;
    guest.processor.set_x87(s);
    guest.change([](cpu::Registers& r) { r.cr0 = ne; });
    // FLD1, FLDZ, FDIVP, FNSTSW AX, then FLD1 or WAIT
    if (wait) {
      guest.code({0xD9, 0xE8, 0xD9, 0xEE, 0xDE, 0xF9, 0xDF, 0xE0, 0x9B});
    } else {
      guest.code({0xD9, 0xE8, 0xD9, 0xEE, 0xDE, 0xF9, 0xDF, 0xE0, 0xD9, 0xE8});
    }
    guest.processor.run(100);
    CHECK(guest.stopped_in_handler() == 16);
    CHECK(guest.stacked(0) == 8);
    CHECK((guest.reg(cpu::kEax) & 0xFF) == (kZeroDivide | kErrorSummary));
  }
}

TEST_CASE("x87: FLDCW that unmasks a flag already set raises the error then", "[cpu][x87]") {
  X87Guest guest(Fpu::i80387);
  guest.stack({kZero, kOne});
  guest.run({0xDE, 0xF9});
  CHECK((guest.x87().status & kErrorSummary) == 0);
  guest.poke(Guest::kData, {0x3B, 0x03});
  guest.run({0xD9, 0x2E, 0x00, 0x00});
  CHECK((guest.x87().status & kErrorSummary) != 0);
  guest.run({0xDB, 0xE2});
  CHECK((guest.x87().status & 0x80FF) == 0);
}

// --- the environment ---

namespace {

std::uint32_t field(const Guest& guest, unsigned n, bool wide) {
  const std::uint32_t at = Guest::kData + 0x200 + n * (wide ? 4 : 2);
  return guest.peek16(at) | (wide ? std::uint32_t{guest.peek16(at + 2)} << 16 : 0);
}

}  // namespace

TEST_CASE("x87: the environment in its four layouts", "[cpu][x87]") {
  const bool wide = GENERATE(false, true), in_protected_mode = GENERATE(false, true);
  X87Guest guest(Fpu::i80387);
  guest.stack({kOne, kZero, kInfinity}, 0x0340);
  guest.poke(Guest::kData + 0x34, {0x00, 0x00, 0x80, 0x3F});
  guest.control_bits(in_protected_mode ? 1 : 0);
  // NOP, FADD m32 [34h], (66) FNSTENV [200h]
  if (wide) {
    guest.run({0x90, 0xD8, 0x06, 0x34, 0x00, 0x66, 0xD9, 0x36, 0x00, 0x02}, 3);
  } else {
    guest.run({0x90, 0xD8, 0x06, 0x34, 0x00, 0xD9, 0x36, 0x00, 0x02}, 3);
  }
  const std::uint32_t upper = wide ? 0xFFFF0000 : 0;
  CHECK(field(guest, 0, wide) == (upper | 0x0340));
  CHECK(field(guest, 1, wide) == (upper | 5 << 11));
  // ST(0) = 2 valid, ST(1) zero, ST(2) special, in registers 5, 6, 7
  CHECK(field(guest, 2, wide) == (upper | 0x93FF));
  if (in_protected_mode) {
    CHECK(field(guest, 3, wide) == 1);
    CHECK(field(guest, 4, wide) == (0x1000u | (wide ? 0x006u << 16 : 0)));
    CHECK(field(guest, 5, wide) == 0x34);
    CHECK((field(guest, 6, wide) & 0xFFFF) == 0x2000);
  } else {
    CHECK((field(guest, 3, wide) & 0xFFFF) == 0x0001);
    CHECK(field(guest, 4, wide) == (1u << 12 | 0x006));  // linear 10001h, opcode D8 06
    CHECK((field(guest, 5, wide) & 0xFFFF) == 0x0034);
    CHECK(field(guest, 6, wide) == 2u << 12);
  }
  CHECK(guest.x87().control == 0x037F);  // FNSTENV masks everything
}

TEST_CASE("x87: FNSAVE and FRSTOR keep everything, FNSAVE initialises", "[cpu][x87]") {
  const bool wide = GENERATE(false, true), in_protected_mode = GENERATE(false, true);
  X87Guest guest(Fpu::i80387);
  guest.stack({kOne, kZero, kInfinity, {1, 0}, {3, 0x1234}}, 0x0B7F);
  guest.control_bits(in_protected_mode ? 1 : 0);
  guest.poke(Guest::kData + 0x34, {0x00, 0x00, 0x80, 0x3F});
  guest.run({0xD8, 0x06, 0x34, 0x00});
  const cpu::X87State before = guest.x87();
  if (wide) {
    guest.run({0x66, 0xDD, 0x36, 0x00, 0x02});
  } else {
    guest.run({0xDD, 0x36, 0x00, 0x02});
  }
  CHECK(guest.depth() == 0);
  CHECK(guest.x87().control == 0x037F);
  CHECK(guest.x87().opcode == 0);
  guest.stack({kTwo});
  if (wide) {
    guest.run({0x66, 0xDD, 0x26, 0x00, 0x02});
  } else {
    guest.run({0xDD, 0x26, 0x00, 0x02});
  }
  cpu::X87State after = guest.x87();
  if (!in_protected_mode) {  // one address instead of two parts
    CHECK(after.instruction_offset == 0x10000);
    CHECK(after.operand_offset == 0x20034);
    after.instruction_offset = before.instruction_offset;
    after.operand_offset = before.operand_offset;
    after.instruction_selector = before.instruction_selector;
    after.operand_selector = before.operand_selector;
  }
  if (in_protected_mode && !wide) after.opcode = before.opcode;  // has no room for it
  CHECK(after == before);
}

TEST_CASE("x87: the 287 stores selectors after FSETPM, whatever its processor does", "[cpu][x87]") {
  X87Guest guest(Fpu::i80287);
  guest.run({0xDB, 0xE3, 0xDB, 0xE4, 0xD9, 0xE8, 0xD9, 0x36, 0x00, 0x02}, 4);
  CHECK(field(guest, 3, false) == 4);
  CHECK(field(guest, 4, false) == 0x1000);
}

TEST_CASE("x87: only the 8087 leaves prefixes out of the instruction's address", "[cpu][x87]") {
  const Fpu fpu = GENERATE(Fpu::i8087, Fpu::i80287, Fpu::i80387);
  X87Guest guest(fpu);
  guest.run({0x90, 0x26, 0xD8, 0x06, 0x34, 0x00}, 2);
  CHECK(guest.x87().instruction_offset == (fpu == Fpu::i8087 ? 2u : 1u));
}

TEST_CASE("x87: control instructions leave the pointers alone", "[cpu][x87]") {
  X87Guest guest(Fpu::i80387);
  guest.run({0x90, 0x90, 0xD9, 0xE8}, 3);
  const cpu::X87State before = guest.x87();
  // FNSTCW, FLDCW, FNSTSW AX, FNCLEX
  guest.run({0xD9, 0x3E, 0x00, 0x02, 0xD9, 0x2E, 0x00, 0x02, 0xDF, 0xE0, 0xDB, 0xE2}, 4);
  CHECK(guest.x87().instruction_offset == before.instruction_offset);
  CHECK(guest.x87().opcode == before.opcode);
}

// --- operands ---

TEST_CASE("x87: an operand across the segment's end faults with nothing done", "[cpu][x87]") {
  const Engine engine = GENERATE(Engine::cached, Engine::step);
  struct Case {
    std::uint8_t opcode, modrm;
    std::uint16_t offset;
  };
  for (const Case& c :
       {Case{0xD9, 0x1E, 0xFFFD}, Case{0xDD, 0x1E, 0xFFF9}, Case{0xDB, 0x3E, 0xFFF7},
        Case{0xDF, 0x36, 0xFFF7}, Case{0xDD, 0x06, 0xFFF9}, Case{0xDB, 0x2E, 0xFFF7},
        Case{0xDD, 0x36, 0xFFA3}, Case{0xDD, 0x26, 0xFFA3}}) {
    X87Guest guest(Fpu::i80387, engine);
    guest.stack({kOne});
    const cpu::X87State before = guest.x87();
    guest.code({c.opcode, c.modrm, static_cast<std::uint8_t>(c.offset),
                static_cast<std::uint8_t>(c.offset >> 8)});
    guest.processor.run(100);
    CHECK(guest.stopped_in_handler() == 13);
    CHECK(guest.x87() == before);
    CHECK(guest.peek16(Guest::kData + c.offset) == 0);
  }
}

TEST_CASE("x87: on the 286 each word of an operand wraps by itself", "[cpu][x87]") {
  X87Guest guest(Fpu::i80287);
  guest.stack({{0xC000000000000000, 0x3FFF}});
  guest.run({0xDD, 0x1E, 0xFC, 0xFF});  // FSTP m64 at FFFCh
  CHECK(guest.peek16(Guest::kData) == 0);
  CHECK(guest.peek16(Guest::kData + 2) == 0x3FF8);
  guest.run({0xDD, 0x06, 0xFC, 0xFF});
  CHECK(guest.st(0) == Register{0xC000000000000000, 0x3FFF});
}

TEST_CASE("x87: a store into code beside the running code is seen", "[cpu][x87]") {
  const Engine engine = GENERATE(Engine::cached, Engine::step);
  X87Guest guest(Fpu::i80387, engine);
  // FILD [0], CS: FISTP [8]; NOP NOP becomes INC AX INC AX (4040h)
  guest.poke(Guest::kData, {0x40, 0x40});
  guest.code({0xDF, 0x06, 0x00, 0x00, 0x2E, 0xDF, 0x1E, 0x09, 0x00, 0x90, 0x90, 0xF4});
  guest.processor.run(100);
  CHECK((guest.reg(cpu::kEax) & 0xFFFF) == 2);
}

TEST_CASE("x87: FBLD and FBSTP carry 18 digits and a sign", "[cpu][x87]") {
  X87Guest guest(Fpu::i80387);
  guest.poke(Guest::kData, {0x98, 0x76, 0x54, 0x32, 0x10, 0x98, 0x76, 0x54, 0x32, 0x80});
  guest.run({0xDF, 0x26, 0x00, 0x00, 0xDF, 0x36, 0x20, 0x00}, 2);
  for (std::uint32_t n = 0; n < 10; ++n) {
    CHECK(guest.peek(Guest::kData + 0x20 + n) == guest.peek(Guest::kData + n));
  }
  guest.stack({{0x8000000000000000, 0x3FFF + 60}});  // 2^60 has 19
  guest.run({0xDF, 0x36, 0x20, 0x00});
  CHECK(guest.peek16(Guest::kData + 0x28) == 0xFFFF);
  CHECK(guest.peek(Guest::kData + 0x27) == 0xC0);
  CHECK(guest.exceptions() == kInvalid);
}

// --- what the 8087 and 287 do differently, [SDM] volume 3, 22.18 ---

TEST_CASE("x87: every NaN is invalid to the 287, a signaling one to the 387", "[cpu][x87]") {
  const Fpu fpu = GENERATE(Fpu::i80287, Fpu::i80387);
  X87Guest guest(fpu);
  guest.stack({{0xC000000000000001, 0x7FFF}, kOne});
  guest.run({0xD8, 0xC1});
  CHECK(guest.exceptions() == (fpu == Fpu::i80287 ? kInvalid : 0));
  CHECK(guest.st(0) == Register{0xC000000000000001, 0x7FFF});
}

TEST_CASE("x87: the 287 has no stack fault bit", "[cpu][x87]") {
  X87Guest guest(Fpu::i80287);
  guest.run({0xD9, 0xE0});
  CHECK(guest.exceptions() == kInvalid);
}

TEST_CASE("x87: FXTRACT of zero and infinity", "[cpu][x87]") {
  const Fpu fpu = GENERATE(Fpu::i80287, Fpu::i80387);
  const bool is_387 = fpu == Fpu::i80387;
  X87Guest guest(fpu);
  guest.stack({kZero});
  guest.run({0xD9, 0xF4});
  CHECK(guest.st(0) == kZero);
  CHECK(guest.st(1) == (is_387 ? Register{0x8000000000000000, 0xFFFF} : kZero));
  CHECK(guest.exceptions() == (is_387 ? kZeroDivide : 0));
  guest.stack({kInfinity});
  guest.run({0xD9, 0xF4});
  CHECK(guest.exceptions() == (is_387 ? 0 : kInvalid));
}

TEST_CASE("x87: the 287 refuses to divide by and to take roots of denormals", "[cpu][x87]") {
  const Fpu fpu = GENERATE(Fpu::i80287, Fpu::i80387);
  constexpr Register denormal = {0x4000000000000000, 0};
  X87Guest guest(fpu);
  guest.stack({denormal});
  guest.run({0xD9, 0xFA});
  const bool invalid = (guest.exceptions() & kInvalid) != 0;
  CHECK(invalid == (fpu == Fpu::i80287));
  guest.stack({denormal, kOne});
  guest.run({0xDE, 0xF9});
  CHECK(((guest.exceptions() & kInvalid) != 0) == (fpu == Fpu::i80287));
}

TEST_CASE("x87: unnormals are numbers to the 287 and unsupported by the 387", "[cpu][x87]") {
  const Fpu fpu = GENERATE(Fpu::i80287, Fpu::i80387);
  X87Guest guest(fpu);
  guest.stack({{0x4000000000000000, 0x4000}, kOne});  // an unnormal 1
  guest.run({0xD8, 0xC1});
  CHECK(guest.st(0) == (fpu == Fpu::i80287 ? kTwo : kIndefinite));
}

TEST_CASE("x87: the 287 overflows to infinity even when it rounds toward zero", "[cpu][x87]") {
  const Fpu fpu = GENERATE(Fpu::i80287, Fpu::i80387);
  constexpr Register large = {0x8000000000000000, 0x7FFE};
  X87Guest guest(fpu);
  guest.stack({large}, 0x0F7F);
  guest.run({0xD8, 0xC0});
  CHECK(guest.st(0) == (fpu == Fpu::i80287 ? kInfinity : Register{~std::uint64_t{0}, 0x7FFE}));
  CHECK((guest.exceptions() & kPrecision) != 0);
}

TEST_CASE("x87: the state as a value survives", "[cpu][x87]") {
  X87Guest guest(Fpu::i80387);
  guest.stack({kOne, {5, 3}, kInfinity}, 0x0A3F);
  guest.run({0xD9, 0xE8});
  const cpu::X87State state = guest.x87();
  X87Guest other(Fpu::i80387);
  other.processor.set_x87(state);
  CHECK(other.x87() == state);
}

TEST_CASE("x87: both engines agree about a program", "[cpu][x87]") {
  // A sum of square roots and quotients over ECX, unmasked precision off, results stored around.
  const auto run = [](Engine engine) {
    X87Guest guest(Fpu::i80387, engine);
    guest.change([](cpu::Registers& r) { r.general[cpu::kEcx] = 200; });
    // again: mov [10h],cx / fild word [10h] / fsqrt / fadd qword [20h] / fst qword [20h]
    // fild word [10h] / fdivp / fistp dword [30h] / add ax,[30h] / loop again / hlt
    guest.code({0x89, 0x0E, 0x10, 0x00, 0xDF, 0x06, 0x10, 0x00, 0xD9, 0xFA, 0xDC, 0x06,
                0x20, 0x00, 0xDD, 0x16, 0x20, 0x00, 0xDF, 0x06, 0x10, 0x00, 0xDE, 0xF9,
                0xDB, 0x1E, 0x30, 0x00, 0x03, 0x06, 0x30, 0x00, 0xE2, 0xDE, 0xF4});
    const std::uint64_t count = guest.processor.run(100000);
    return std::tuple(count, guest.x87(), guest.registers());
  };
  CHECK(run(Engine::cached) == run(Engine::step));
}
