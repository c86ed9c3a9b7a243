// Instructions that share a handler: whatever stands in front of a conditional jump, the cached
// engine leaves registers and flags as one instruction at a time does, wherever a budget ends.
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

// One of the steps of loops, on register `reg`; an immediate is small, so that loops come round.
void append_step(Code& code, unsigned kind, unsigned reg, unsigned other) {
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
    default:
      return append(code, {0x83, static_cast<std::uint8_t>(rm | 6 << 3), 0x55});  // XOR reg, 55h
  }
}

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
    default:
      return append(code, {static_cast<std::uint8_t>(0x48 + reg)});  // DEC
  }
}

struct Loop {
  Code code;
  bool size32;
  std::array<std::uint32_t, 8> general;
};

void start(Guest& guest, const Loop& loop) {
  guest.memory.write_physical(Guest::kCode, loop.code);
  guest.change([&](cpu::Registers& r) {
    for (unsigned n = 0; n < 8; ++n) {
      if (n != cpu::kEsp) r.general[n] = loop.general[n];
    }
    if (loop.size32) r.segments[cpu::kCs].access |= 0x4000;  // CS.D
  });
}

bool same(const Guest& a, const Guest& b) {
  const cpu::Registers x = a.registers(), y = b.registers();
  return x.general == y.general && x.eip == y.eip && x.eflags == y.eflags;
}

void require_same_run(const Loop& loop, std::mt19937& random) {
  Guest cached(Model::i80486, Engine::cached), stepped(Model::i80486, Engine::step);
  start(cached, loop);
  start(stepped, loop);
  // Code is decoded when it has been executed for a while.
  for (unsigned round = 0; round < 60; ++round) {
    const std::uint64_t budget = round < 20 ? 40 : 1 + random() % 7;
    REQUIRE(cached.processor.run(budget) == budget);
    REQUIRE(stepped.processor.run(budget) == budget);
    if (!same(cached, stepped)) FAIL("differs after round " << round);
  }
}

}  // namespace

TEST_CASE("fused: a step, an operation and a jump end as they do one by one", "[cpu][fused]") {
  std::mt19937 random(1);
  for (unsigned step = 0; step < 5; ++step) {
    for (unsigned operation = 0; operation < 5; ++operation) {
      for (unsigned condition = 0; condition < 16; ++condition) {
        for (const bool size32 : {false, true}) {
          // EAX to EDX for bytes; the same register in half of the cases.
          const unsigned reg = random() % 4, other = random() % 4;
          const unsigned looked_at = random() % 2 == 0 ? reg : random() % 4;
          Loop loop{.code = {}, .size32 = size32, .general = {}};
          for (std::uint32_t& one : loop.general) one = random() % 64;
          append_step(loop.code, step, reg, other);
          append_operation(loop.code, operation, looked_at, other);
          const auto back = static_cast<std::uint8_t>(0u - (loop.code.size() + 2));
          append(loop.code, {static_cast<std::uint8_t>(0x70 + condition), back});
          append(loop.code, {0x47});  // INC EDI
          const auto far_back = static_cast<std::uint8_t>(0u - (loop.code.size() + 2));
          append(loop.code, {0xEB, far_back});
          INFO("step " << step << ", operation " << operation << ", condition " << condition
                       << (size32 ? ", 32 bits" : ", 16 bits"));
          require_same_run(loop, random);
        }
      }
    }
  }
}
