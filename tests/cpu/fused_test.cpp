// Instructions that share a handler, and jumps that a run follows: the cached engine leaves
// registers and flags as one instruction at a time does, wherever a budget ends.
#include <array>
#include <random>

#include "tests/catch.hpp"
#include "tests/cpu/guest.h"

using namespace cpu_test;
using cpu::Engine;
using cpu::Model;

namespace {

using Code = std::vector<std::uint8_t>;

void append(Code& code, std::initializer_list<std::uint8_t> bytes) {
  code.insert(code.end(), bytes);
}

void append_disp(Code& code, std::uint32_t value, std::size_t bytes) {
  for (std::size_t n = 0; n < bytes; ++n) code.push_back(static_cast<std::uint8_t>(value >> 8 * n));
}

// `opcode` with a register and [pointer + displacement], with an index in half of the cases.
void append_load(Code& code, std::uint8_t opcode, unsigned reg, unsigned pointer, bool size32) {
  const auto field = static_cast<std::uint8_t>(0x80 | reg << 3);
  code.push_back(opcode);
  if (size32) {
    if (pointer % 2 == 0) {
      append(code,
             {static_cast<std::uint8_t>(field | 4), static_cast<std::uint8_t>(0x30 | pointer)});
    } else {
      code.push_back(static_cast<std::uint8_t>(field | pointer));
    }
    append_disp(code, Guest::kData + 0x40, 4);
  } else {
    code.push_back(static_cast<std::uint8_t>(field | (pointer % 2 == 0 ? 0 : 4 + pointer)));
    append_disp(code, 0x40, 2);
  }
}

constexpr unsigned kSteps = 11;
// One of the steps of loops, on register `reg`; an immediate is small, so that loops come round.
void append_step(Code& code, unsigned kind, unsigned reg, unsigned other, bool size32) {
  const auto r = static_cast<std::uint8_t>(reg);
  const auto rm = static_cast<std::uint8_t>(0xC0 | reg);
  switch (kind) {
    case 0:
      return append(code, {static_cast<std::uint8_t>(0x40 + r)});  // INC
    case 1:
      return append(code, {0x83, rm, 0x03});  // ADD reg, 3
    case 2:
      return append(code, {0x01, static_cast<std::uint8_t>(0xC0 | other << 3 | reg)});
    case 3:
      return append(code, {0x83, static_cast<std::uint8_t>(rm | 5 << 3), 0x04});  // SUB reg, 4
    case 4:
      return append(code, {0x83, static_cast<std::uint8_t>(rm | 6 << 3), 0x55});  // XOR reg, 55h
    case 5:
      return append(code, {0x89, static_cast<std::uint8_t>(0xC0 | other << 3 | reg)});  // MOV
    case 6:
      return append(code, {0x8B, static_cast<std::uint8_t>(0xC0 | reg << 3 | other)});
    case 7:
      return append_load(code, 0x8B, reg, other, size32);
    case 8:
      return append_load(code, 0x8A, reg, other, size32);
    case 9:
      return append_load(code, 0x03, reg, other, size32);
    default:
      return append_load(code, 0x33, reg, other, size32);
  }
}

constexpr unsigned kOperations = 8;
void append_operation(Code& code, unsigned kind, unsigned reg, unsigned other) {
  const auto pair = static_cast<std::uint8_t>(0xC0 | other << 3 | reg);
  switch (kind) {
    case 0:
      return append(code, {0x83, static_cast<std::uint8_t>(0xF8 | reg), 0x12});  // CMP reg, 12h
    case 1:
      return append(code, {0x39, pair});  // CMP reg, other
    case 2:
      return append(code, {0x85, pair});  // TEST reg, other
    case 3:
      return append(code, {0x84, pair});  // TEST of byte registers
    case 4:
      return append(code, {0x29, pair});  // SUB reg, other
    case 5:
      return append(code,
                    {0x80, static_cast<std::uint8_t>(0xF8 | reg), 0x12});  // of byte registers
    case 6:
      return append(code, {0x38, pair});
    default:
      return append(code, {static_cast<std::uint8_t>(0x48 + reg)});  // DEC
  }
}

struct Loop {
  Code code;
  bool size32;
  std::array<std::uint32_t, 8> general;
};

// Both code sizes in plain segments: 64 KiB each, or flat.
void start(Guest& guest, const Loop& loop) {
  guest.memory.write_physical(Guest::kCode, loop.code);
  std::array<std::uint8_t, 256> data;
  std::mt19937 random(7);
  for (std::uint8_t& byte : data) byte = static_cast<std::uint8_t>(random() % 64);
  guest.memory.write_physical(Guest::kData, data);
  guest.change([&](cpu::Registers& r) {
    for (unsigned n = 0; n < 8; ++n) {
      r.general[n] = n == cpu::kEsp ? 0x1000 : loop.general[n];
    }
    r.eip = 0;
    r.eflags = 2;
    r.activity = cpu::Activity::running;
    if (!loop.size32) {
      r.segments[cpu::kCs] = Guest::real_segment(0x1000);
      return;
    }
    r.cr0 |= 1;
    for (auto& segment : r.segments) segment = {0x10, 0, 0xFFFFFFFF, 0xC093};
    r.segments[cpu::kCs] = {0x08, Guest::kCode, 0xFFFFFFFF, 0xC09B};
  });
}

bool same(const Guest& a, const Guest& b) {
  const cpu::Registers x = a.registers(), y = b.registers();
  return x.general == y.general && x.eip == y.eip && x.eflags == y.eflags;
}

struct Guests {
  Guest cached{Model::i80486, Engine::cached}, stepped{Model::i80486, Engine::step};
};

void require_same_run(Guests& guests, const Loop& loop, std::mt19937& random) {
  auto& [cached, stepped] = guests;
  start(cached, loop);
  start(stepped, loop);
  // Code is decoded when it has been executed for a while.
  for (unsigned round = 0; round < 60; ++round) {
    const std::uint64_t budget = round < 20 ? 40 : 1 + random() % 9;
    // Less than asked where a load faulted and the handler halts.
    REQUIRE(cached.processor.run(budget) == stepped.processor.run(budget));
    if (!same(cached, stepped)) FAIL("differs after round " << round);
  }
}

}  // namespace

TEST_CASE("fused: a step, an operation and a jump end as they do one by one", "[cpu][fused]") {
  std::mt19937 random(1);
  for (unsigned step = 0; step < kSteps; ++step) {
    for (unsigned operation = 0; operation < kOperations; ++operation) {
      for (const bool size32 : {false, true}) {
        Guests guests;
        for (unsigned condition = 0; condition < 16; ++condition) {
          // EAX to EDX for bytes; the same register in half of the cases.
          const unsigned reg = random() % 4, other = random() % 4;
          const unsigned looked_at = random() % 2 == 0 ? reg : random() % 4;
          Loop loop{.code = {}, .size32 = size32, .general = {}};
          for (std::uint32_t& one : loop.general) one = random() % 64;
          append_step(loop.code, step, reg, other, size32);
          append_operation(loop.code, operation, looked_at, other);
          const auto back = static_cast<std::uint8_t>(0u - (loop.code.size() + 2));
          append(loop.code, {static_cast<std::uint8_t>(0x70 + condition), back});
          append(loop.code, {0x47});  // INC EDI
          const auto far_back = static_cast<std::uint8_t>(0u - (loop.code.size() + 2));
          append(loop.code, {0xEB, far_back});
          INFO("step " << step << ", operation " << operation << ", condition " << condition
                       << (size32 ? ", 32 bits" : ", 16 bits"));
          require_same_run(guests, loop, random);
        }
      }
    }
  }
}

TEST_CASE("fused: registers with themselves are as with others", "[cpu][fused]") {
  // XOR, SUB, SBB, AND, CMP, TEST and MOV of a register and itself, all sizes and registers.
  std::mt19937 random(2);
  constexpr auto kOpcodes =
      std::to_array<std::uint8_t>({0x31, 0x33, 0x30, 0x32, 0x29, 0x2B, 0x28, 0x2A, 0x19, 0x21, 0x39,
                                   0x3B, 0x85, 0x84, 0x89, 0x8B});
  for (const std::uint8_t opcode : kOpcodes) {
    for (const bool size32 : {false, true}) {
      Guests guests;
      for (unsigned reg = 0; reg < 8; ++reg) {
        if (reg == cpu::kEsp) continue;
        Loop loop{.code = {}, .size32 = size32, .general = {}};
        for (std::uint32_t& one : loop.general) one = static_cast<std::uint32_t>(random());
        append(loop.code, {0x83, static_cast<std::uint8_t>(0xC0 | reg), 0xC1});  // ADD reg, -3Fh
        append(loop.code, {opcode, static_cast<std::uint8_t>(0xC0 | reg << 3 | reg)});
        append(loop.code, {0xEB, 0xF9});
        INFO("opcode " << unsigned{opcode} << ", register " << reg << ", " << size32);
        require_same_run(guests, loop, random);
      }
    }
  }
}

namespace {

// An instruction on registers, or an addition to memory.
void append_any(Code& code, std::mt19937& random) {
  const auto below = [&](unsigned end) { return static_cast<std::uint8_t>(random() % end); };
  const auto modrm = [&] { return static_cast<std::uint8_t>(0xC0 | below(4) << 3 | below(4)); };
  switch (below(12)) {
    case 0:
    case 1:
    case 2:  // ADD to CMP, either direction, bytes and words
      return append(code, {static_cast<std::uint8_t>(below(8) << 3 | below(4)), modrm()});
    case 3:
      return append(code, {0x83, static_cast<std::uint8_t>(0xC0 | below(8) << 3 | below(4)),
                           static_cast<std::uint8_t>(random())});
    case 4:
      return append(code, {static_cast<std::uint8_t>(0x40 + below(4) + 8 * below(2))});  // INC, DEC
    case 5:
      return append(code, {static_cast<std::uint8_t>(0x88 + below(4)), modrm()});  // MOV
    case 6:  // shifts and rotates by one and by an immediate, which may be 0
      return below(2) == 0
                 ? append(code, {static_cast<std::uint8_t>(0xD0 + below(2)),
                                 static_cast<std::uint8_t>(0xC0 | random() % 64)})
                 : append(code,
                          {static_cast<std::uint8_t>(0xC0 + below(2)),
                           static_cast<std::uint8_t>(0xC0 | below(8) << 3 | below(4)), below(34)});
    case 7:
      return append(
          code, {0xF7, static_cast<std::uint8_t>(0xD0 | below(2) << 3 | below(4))});  // NOT, NEG
    case 8:
      return append(code, {0x0F, static_cast<std::uint8_t>(0x90 + below(16)),
                           static_cast<std::uint8_t>(0xC0 | below(4))});  // SETcc
    case 9:
      return append(code, {0x6B, modrm(), below(100)});  // IMUL
    case 10:
      return append(code, {0x01, static_cast<std::uint8_t>(0x07 | below(4) << 3)});  // ADD [BX]
    default:
      return append(code, {static_cast<std::uint8_t>(0x70 + below(16)), 0x00});  // Jcc to the next
  }
}

}  // namespace

TEST_CASE("dead flags: whatever sets, keeps and reads flags in any order does so as one by one",
          "[cpu][fused]") {
  std::mt19937 random(4);
  for (const bool size32 : {false, true}) {
    for (unsigned program = 0; program < 150; ++program) {
      Guests guests;
      Loop loop{.code = {}, .size32 = size32, .general = {}};
      for (std::uint32_t& one : loop.general) one = static_cast<std::uint32_t>(random());
      for (unsigned n = 0; n < 30; ++n) append_any(loop.code, random);
      const auto back = static_cast<std::uint8_t>(0u - (loop.code.size() + 2));
      append(loop.code, {0xEB, back});
      INFO("program " << program << (size32 ? ", 32 bits" : ", 16 bits"));
      require_same_run(guests, loop, random);
    }
  }
}

TEST_CASE("followed jumps: blocks of code in any order run as one by one", "[cpu][fused]") {
  std::mt19937 random(3);
  constexpr unsigned kBlocks = 12, kBlockBytes = 10;
  for (unsigned program = 0; program < 60; ++program) {
    Loop loop{.code = Code(kBlocks * kBlockBytes, 0x90), .size32 = program % 2 == 0, .general = {}};
    // The distance from a block's jump to another block.
    const auto distance = [&](unsigned at) {
      const auto to = static_cast<unsigned>(random() % kBlocks) * kBlockBytes;
      return static_cast<std::uint8_t>(to - (at + 6));
    };
    for (unsigned block = 0; block < kBlocks; ++block) {
      const unsigned at = block * kBlockBytes;
      loop.code[at] = static_cast<std::uint8_t>(0x40 + random() % 4);  // INC
      loop.code[at + 1] = 0x39;                                        // CMP
      loop.code[at + 2] = static_cast<std::uint8_t>(0xC0 | random() % 32);
      loop.code[at + 3] = 0x90;
      loop.code[at + 4] = 0xEB;
      loop.code[at + 5] = distance(at);
    }
    Guests guests;
    auto& [cached, stepped] = guests;
    start(cached, loop);
    start(stepped, loop);
    for (unsigned round = 0; round < 80; ++round) {
      if (round % 10 == 9) {  // another way through
        const auto from = static_cast<unsigned>(random() % kBlocks) * kBlockBytes;
        const std::uint8_t other = distance(from);
        for (Guest* const guest : {&cached, &stepped}) {
          guest->poke(Guest::kCode + from + 5, {other});
        }
      }
      const std::uint64_t budget = round % 10 < 3 ? 60 : 1 + random() % 9;
      REQUIRE(cached.processor.run(budget) == budget);
      REQUIRE(stepped.processor.run(budget) == budget);
      if (!same(cached, stepped)) FAIL("program " << program << " differs after round " << round);
    }
  }
}

TEST_CASE("followed jumps: one that leaves its segment faults where it stands", "[cpu][fused]") {
  for (const Engine engine : {Engine::cached, Engine::step}) {
    Guest guest(Model::i80486, engine);
    // INC AX; JMP 30h, but CS ends at 20h. The handler of #GP does it again.
    guest.code({0x40, 0xEB, 0x2D});
    guest.poke(Guest::kCode + 0x30, {0x43, 0xF4});
    guest.poke(Guest::kHandlers + 13, {0x58, 0x50, 0xCF});  // POP AX; PUSH AX; IRET
    guest.change([](cpu::Registers& r) { r.segments[cpu::kCs].limit = 0x20; });
    for (unsigned round = 0; round < 50; ++round) {
      guest.processor.run(round == 0 ? 3 : 4);  // behind POP AX
      REQUIRE(guest.cs() == 0x50);
      REQUIRE(guest.reg(cpu::kEax) == 1);
    }
    REQUIRE(guest.reg(cpu::kEbx) == 0);
  }
}
