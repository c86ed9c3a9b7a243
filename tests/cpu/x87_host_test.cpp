// Every exact instruction against the host's FPU: random operands of all kinds, all rounding modes
// and precisions, exceptions masked and not, registers empty and full.
#include <random>
#include <string>
#include <vector>

#include "tests/catch.hpp"
#include "tests/cpu/guest.h"
#include "tests/cpu/x87_host.h"

#ifdef PLATTER_HAS_X87_HOST

namespace cpu_test {
namespace {

using Register = cpu::X87State::Register;

struct Instruction {
  const char* name;
  std::vector<std::uint8_t> bytes;  // operand in memory: [ESI]
  bool conditions = true;           // all of C0-C3 are defined
};

const std::vector<Instruction>& instructions() {
  static const std::vector<Instruction> kAll = [] {
    std::vector<Instruction> all = {
        {"fld m32", {0xD9, 0x06}, false},
        {"fst m32", {0xD9, 0x16}, false},
        {"fstp m32", {0xD9, 0x1E}, false},
        {"fild m32", {0xDB, 0x06}, false},
        {"fist m32", {0xDB, 0x16}, false},
        {"fistp m32", {0xDB, 0x1E}, false},
        {"fld m80", {0xDB, 0x2E}, false},
        {"fstp m80", {0xDB, 0x3E}, false},
        {"fld m64", {0xDD, 0x06}, false},
        {"fst m64", {0xDD, 0x16}, false},
        {"fstp m64", {0xDD, 0x1E}, false},
        {"fild m16", {0xDF, 0x06}, false},
        {"fist m16", {0xDF, 0x16}, false},
        {"fistp m16", {0xDF, 0x1E}, false},
        {"fild m64", {0xDF, 0x2E}, false},
        {"fbstp", {0xDF, 0x36}, false},
        {"fistp m64", {0xDF, 0x3E}, false},
        {"fld st2", {0xD9, 0xC2}, false},
        {"fxch st1", {0xD9, 0xC9}, false},
        {"fchs", {0xD9, 0xE0}, false},
        {"fabs", {0xD9, 0xE1}, false},
        {"ftst", {0xD9, 0xE4}},
        {"fxam", {0xD9, 0xE5}},
        {"fldpi", {0xD9, 0xEB}, false},
        {"fldl2t", {0xD9, 0xE9}, false},
        {"fxtract", {0xD9, 0xF4}, false},
        {"fprem1", {0xD9, 0xF5}},
        {"fprem", {0xD9, 0xF8}},
        {"fsqrt", {0xD9, 0xFA}, false},
        {"frndint", {0xD9, 0xFC}, false},
        {"fscale", {0xD9, 0xFD}, false},
        {"fucompp", {0xDA, 0xE9}},
        {"ffree st1", {0xDD, 0xC1}, false},
        {"fst st2", {0xDD, 0xD2}, false},
        {"fstp st2", {0xDD, 0xDA}, false},
        {"fucom st1", {0xDD, 0xE1}},
        {"fucomp st1", {0xDD, 0xE9}},
        {"fcompp", {0xDE, 0xD9}},
    };
    static constexpr std::array<const char*, 8> kNames = {"add", "mul",  "com", "comp",
                                                          "sub", "subr", "div", "divr"};
    static std::vector<std::string> names;
    names.reserve(64);
    for (unsigned operation = 0; operation < 8; ++operation) {
      const bool compares = operation == 2 || operation == 3;
      for (const unsigned opcode : {0xD8u, 0xDAu, 0xDCu, 0xDEu}) {
        names.push_back(std::string("f") + kNames[operation] + " m, opcode " +
                        std::to_string(opcode));
        const auto modrm = static_cast<std::uint8_t>(operation << 3 | 6);
        all.push_back({names.back().c_str(), {static_cast<std::uint8_t>(opcode), modrm}, compares});
      }
      for (const unsigned opcode : {0xD8u, 0xDCu, 0xDEu}) {
        if (compares && opcode != 0xD8) continue;
        names.push_back(std::string("f") + kNames[operation] + " st1, opcode " +
                        std::to_string(opcode));
        const auto modrm = static_cast<std::uint8_t>(0xC1 | operation << 3);
        all.push_back({names.back().c_str(), {static_cast<std::uint8_t>(opcode), modrm}, compares});
      }
    }
    return all;
  }();
  return kAll;
}

class RandomState {
 public:
  explicit RandomState(std::uint64_t seed) : random_(seed) {}

  std::uint64_t bits() { return random_(); }
  unsigned below(unsigned limit) { return static_cast<unsigned>(random_() % limit); }

  // Runs of equal bits show rounding and carries better than noise.
  std::uint64_t mantissa() {
    switch (below(4)) {
      case 0:
        return bits();
      case 1:
        return bits() & bits() & bits();
      case 2:
        return ~(bits() & bits() & bits());
      default:
        return (~std::uint64_t{0} << below(64)) ^ (std::uint64_t{1} << below(64));
    }
  }
  Register value(unsigned centre) {
    constexpr std::uint64_t integer_bit = std::uint64_t{1} << 63;
    const auto head = [&](unsigned exponent) {
      return static_cast<std::uint16_t>((exponent & 0x7FFF) | (bits() & 0x8000));
    };
    switch (below(24)) {
      case 0:
        return {0, head(0)};
      case 1:
        return {mantissa() >> below(64), head(0)};  // denormal, pseudo-denormal
      case 2:
        return {mantissa() & ~integer_bit, head(below(0x8000))};  // unnormal, pseudo-anything
      case 3:
        return {integer_bit, head(0x7FFF)};
      case 4:
        return {mantissa() | integer_bit, head(0x7FFF)};
      case 5:
        return {mantissa() | integer_bit, head(below(2) == 0 ? 1 + below(70) : 0x7FFE - below(70))};
      case 6:
        return {mantissa() | integer_bit, head(below(0x8000))};
      case 7:
        return {integer_bit, head(0x3FFF + below(4))};
      case 8:
      case 9:
        return {mantissa() | integer_bit, head(0x3FFF + below(66))};  // integers
      case 10:
        return {mantissa() | integer_bit, head(0x3FFF - 1074 + below(60))};  // around the
      case 11:
        return {mantissa() | integer_bit, head(0x3FFF - 150 + below(30))};  // formats' ends
      case 12:
        return {mantissa() | integer_bit, head(0x3FFF + (below(2) == 0 ? 127 : 1023) + below(2))};
      default:
        return {mantissa() | integer_bit, head(centre + below(70))};
    }
  }
  cpu::X87State state() {
    cpu::X87State s;
    const unsigned centre = below(4) == 0 ? below(0x7F00) : 0x3FE0;
    for (Register& value_of : s.registers) value_of = value(centre);
    s.used = below(8) == 0 ? static_cast<std::uint8_t>(bits()) : 0xFF;
    if (below(2) == 0) s.used = static_cast<std::uint8_t>(s.used & ~(1u << below(8)));
    constexpr std::array<unsigned, 3> precisions = {0, 2, 3};
    const unsigned masks = below(3) == 0 ? below(64) : 63;
    s.control =
        static_cast<std::uint16_t>(0x40 | masks | precisions[below(3)] << 8 | below(4) << 10);
    s.status = static_cast<std::uint16_t>((bits() & 0x4700) | below(8) << 11);
    return s;
  }
  HostX87::Operand operand() {
    HostX87::Operand bytes{};
    switch (below(6)) {
      case 0: {  // float
        const auto f = static_cast<std::uint32_t>(bits() & bits());
        std::memcpy(bytes.data(), &f, 4);
        break;
      }
      case 1: {
        const std::uint64_t d = bits() & bits();
        std::memcpy(bytes.data(), &d, 8);
        break;
      }
      case 2: {
        const std::uint32_t f =
            (0x3F800000 + (below(40) << 23)) ^ (below(2) << 31) ^ below(1 << 23);
        std::memcpy(bytes.data(), &f, 4);
        break;
      }
      case 3: {
        const std::uint64_t d = (std::uint64_t{0x3FF} + below(60)) << 52 | (mantissa() >> 12);
        std::memcpy(bytes.data(), &d, 8);
        break;
      }
      case 4: {
        const Register v = value(0x3FF0);
        std::memcpy(bytes.data(), &v.mantissa, 8);
        std::memcpy(bytes.data() + 8, &v.head, 2);
        break;
      }
      default: {
        const std::uint64_t small = bits() >> below(64);
        std::memcpy(bytes.data(), &small, 8);
        break;
      }
    }
    return bytes;
  }

 private:
  std::mt19937_64 random_;
};

class Ours {
 public:
  void prepare(std::span<const std::uint8_t> instruction) {
    guest_.memory.write_physical(Guest::kCode, instruction);
  }
  void run(cpu::X87State& state, HostX87::Operand& operand) {
    constexpr std::uint32_t at = 0x100;
    guest_.memory.write_physical(Guest::kData + at, operand);
    cpu::Registers r = start_;
    r.general[cpu::kEsi] = at;
    r.segments[cpu::kCs].access = 0x4093;  // 32-bit code: [ESI] as the host has it
    guest_.processor.set_registers(r);
    guest_.processor.set_x87(state);
    REQUIRE(guest_.processor.run(1) == 1);
    state = guest_.processor.x87();
    guest_.memory.peek(Guest::kData + at, operand);
  }

 private:
  Guest guest_{cpu::Model::i80386, cpu::Engine::cached, cpu::Fpu::i80387};
  cpu::Registers start_ = guest_.registers();
};

std::string text_of(const cpu::X87State& s, const HostX87::Operand& operand) {
  char part[64];
  std::snprintf(part, sizeof part, "CW %04X SW %04X used %02X:", s.control, s.status, s.used);
  std::string text = part;
  for (unsigned n = 0; n < 8; ++n) {
    const Register& v = s.registers[((s.status >> 11) + n) & 7];
    std::snprintf(part, sizeof part, " %04X:%016llX", v.head,
                  static_cast<unsigned long long>(v.mantissa));
    text += part;
    if (n == 2) break;
  }
  text += " operand";
  for (unsigned n = 10; n-- > 0;) {
    std::snprintf(part, sizeof part, " %02X", operand[n]);
    text += part;
  }
  return text;
}

bool same(const cpu::X87State& a, const cpu::X87State& b, bool conditions) {
  const unsigned mask = conditions ? 0xFFFF : 0xFFFF & ~0x4500u;
  if (a.control != b.control || ((a.status ^ b.status) & mask) != 0 || a.used != b.used) {
    return false;
  }
  for (unsigned n = 0; n < 8; ++n) {
    if ((a.used >> n & 1) != 0 && a.registers[n] != b.registers[n]) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("x87: exact instructions agree with the host's", "[cpu][x87]") {
  HostX87 host;
  Ours ours;
  RandomState random(0x8087);
  unsigned shown = 0;
  for (const Instruction& instruction : instructions()) {
    host.prepare(instruction.bytes);
    ours.prepare(instruction.bytes);
    unsigned differing = 0;
    for (unsigned round = 0; round < 4000; ++round) {
      const cpu::X87State state = random.state();
      const HostX87::Operand operand = random.operand();
      cpu::X87State expected = state, actual = state;
      HostX87::Operand expected_operand = operand, actual_operand = operand;
      host.run(expected, expected_operand);
      ours.run(actual, actual_operand);
      if (same(expected, actual, instruction.conditions) && expected_operand == actual_operand) {
        continue;
      }
      ++differing;
      if (shown++ < 40) {
        UNSCOPED_INFO(instruction.name << "\n  from " << text_of(state, operand) << "\n  host "
                                       << text_of(expected, expected_operand) << "\n  ours "
                                       << text_of(actual, actual_operand));
      }
    }
    CHECK(differing == 0);
  }
}

}  // namespace cpu_test

#endif
