// Loops that wait: the cached engine passes over their rounds. Nothing of that may show: registers
// and counts are those of the engine that executes every round.
#include <random>

#include "tests/catch.hpp"
#include "tests/cpu/guest.h"

using namespace cpu_test;
using cpu::Engine;
using cpu::Model;

namespace {

struct WaitLoop {
  const char* name;
  std::vector<std::uint8_t> code;
};

// [20h] is what the host changes between slices.
const std::vector<WaitLoop>& wait_loops() {
  static const std::vector<WaitLoop> loops = {
      {"DEC CX, JNZ", {0xB9, 0x30, 0x00, 0x49, 0x75, 0xFD, 0x43, 0xEB, 0xF7}},
      {"DEC CL, JNZ", {0xB1, 0x00, 0xFE, 0xC9, 0x75, 0xFC, 0x43, 0xEB, 0xF7}},
      {"DEC ECX, JNZ", {0x66, 0xB9, 0x50, 0, 0, 0, 0x66, 0x49, 0x75, 0xFC, 0x43, 0xEB, 0xF3}},
      {"DEC CX, JNZ in the middle of a run",
       {0xB9, 0x90, 0, 0x40, 0x49, 0x75, 0xFD, 0x42, 0xEB, 0xF6}},
      {"LOOP", {0xB9, 0x00, 0x00, 0xE2, 0xFE, 0x43, 0xEB, 0xF8}},
      {"LOOPNE", {0xB9, 0x77, 0x00, 0xE0, 0xFE, 0x43, 0xEB, 0xF8}},
      {"CMP byte [20h], JNE", {0x80, 0x3E, 0x20, 0x00, 0x05, 0x75, 0xF9, 0x43, 0xEB, 0xF6}},
      {"CMP [20h], AX, JE", {0x39, 0x06, 0x20, 0x00, 0x74, 0xFA, 0x43, 0xEB, 0xF7}},
      {"CMP [BX], JB", {0x83, 0x3F, 0x07, 0x72, 0xFB, 0x42, 0xEB, 0xF8}},
      {"TEST byte [20h], JZ", {0xF6, 0x06, 0x20, 0x00, 0x03, 0x74, 0xF9, 0x43, 0xEB, 0xF6}},
      {"JMP", {0x43, 0xEB, 0xFE}},
      {"CMP byte [20h], JE, DEC BX, JNZ",
       {0xBB, 0x00, 0x00, 0x80, 0x3E, 0x20, 0x00, 0x05, 0x74, 0x03, 0x4B, 0x75, 0xF6, 0x41, 0xEB,
        0xF0}},
      {"TEST byte [20h], JNZ, DEC CX, JNZ",
       {0xB9, 0x70, 0x01, 0xF6, 0x06, 0x20, 0x00, 0x07, 0x75, 0x03, 0x49, 0x75, 0xF6, 0x43, 0xEB,
        0xF0}},
      {"CMP byte [BX], JE, DEC BX, JNZ",  // looks at another byte every round
       {0xBB, 0x60, 0x00, 0x80, 0x3F, 0x05, 0x74, 0x03, 0x4B, 0x75, 0xF8, 0x41, 0xEB, 0xF2}},
  };
  return loops;
}

// INC word [30h]; IRET.
void install_handler(Guest& guest) {
  guest.poke(Guest::kHandlers + 0x20, {0xFF, 0x06, 0x30, 0x00, 0xCF});
}

}  // namespace

TEST_CASE("wait loop: passing over rounds shows nowhere", "[cpu][wait_loop]") {
  const WaitLoop& loop = GENERATE(from_range(wait_loops()));
  const Model model = GENERATE(Model::i80386, Model::i80486);
  CAPTURE(loop.name);
  std::mt19937 random(7);
  Guest cached(model, Engine::cached);
  Guest step(model, Engine::step);
  for (Guest* const guest : {&cached, &step}) {
    guest->memory.write_physical(Guest::kCode, loop.code);
    install_handler(*guest);
    guest->bus.on_acknowledge = [guest] {
      guest->processor.set_intr(false);
      return std::uint8_t{0x20};
    };
    guest->change([](cpu::Registers& r) { r.eflags |= 0x200; });
  }
  for (unsigned slice = 0; slice < 3000; ++slice) {
    const auto value = static_cast<std::uint8_t>(random() % 8);
    const bool interrupt = random() % 5 == 0;
    const std::uint64_t budget = 1 + random() % (slice % 3 == 0 ? 9 : 900);
    for (Guest* const guest : {&cached, &step}) {
      if (slice % 4 == 0) guest->poke(Guest::kData + 0x20, {value});
      if (interrupt) guest->processor.set_intr(true);
      REQUIRE(guest->processor.run(budget) == budget);
    }
    REQUIRE((cached.registers() == step.registers()));
    REQUIRE(cached.peek16(Guest::kData + 0x30) == step.peek16(Guest::kData + 0x30));
  }
  CHECK(cached.peek16(Guest::kData + 0x30) > 100);
}

TEST_CASE("wait loop: a thousand million rounds take the host no time", "[cpu][wait_loop]") {
  constexpr std::uint64_t kLong = 1'000'000'000'000;  // hours, one by one
  Guest guest(Model::i80486);
  SECTION("for memory") {
    guest.code({0x80, 0x3E, 0x20, 0x00, 0x05, 0x75, 0xF9});
  }
  SECTION("for ever") {
    guest.code({0xEB, 0xFE});
  }
  CHECK(guest.processor.run(kLong) == kLong);
}
