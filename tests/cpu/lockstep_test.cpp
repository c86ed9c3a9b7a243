// Random programs in both engines: whatever bytes come, after every slice the registers, the count
// and the memory are the same. Code, data and stack overlap, so programs overwrite themselves all
// the time; ports and a device answer by the instruction count and sometimes pull INTR or ask for
// an exit.
#include <array>
#include <random>

#include "tests/catch.hpp"
#include "tests/cpu/guest.h"

using namespace cpu_test;
using cpu::Engine;
using cpu::Model;

namespace {

std::uint32_t mix(std::uint64_t a, std::uint64_t b) {
  std::uint64_t x = (a * 0x9E3779B97F4A7C15ull) ^ (b + 0xD1B54A32D192ED03ull);
  x ^= x >> 29;
  x *= 0xBF58476D1CE4E5B9ull;
  return static_cast<std::uint32_t>(x >> 32);
}

struct Noise final : cpu::MmioDevice {
  cpu::Cpu& processor;
  std::uint64_t seen = 0;
  explicit Noise(cpu::Cpu& p) : processor(p) {}
  std::uint32_t answer(std::uint32_t address, std::uint32_t value) {
    seen = mix(seen ^ processor.instructions(), (std::uint64_t{value} << 32) + address);
    const auto bits = static_cast<std::uint32_t>(seen);
    if (bits % 16 == 0) processor.set_intr(true);
    if (bits % 16 == 1) processor.set_intr(false);
    if (bits % 64 == 2) processor.raise_nmi();
    if (bits % 16 == 3) processor.request_exit();
    return mix(seen, 1);
  }
  std::uint8_t read8(std::uint32_t address) override {
    return static_cast<std::uint8_t>(answer(address, 0));
  }
  void write8(std::uint32_t address, std::uint8_t value) override { answer(address, value); }
};

// What the two machines have in common: 128 KiB of random bytes, everything else derived from it.
struct Subject {
  Guest guest;
  Noise noise;
  Subject(Model model, Engine engine, const std::vector<std::uint8_t>& bytes)
      : guest(model, engine), noise(guest.processor) {
    guest.memory.write_physical(0, bytes);
    guest.memory.map_mmio(0xB8000, 0x8000, noise);
    guest.bus.on_read = [this](std::uint16_t port, unsigned) { return noise.answer(port, 0); };
    guest.bus.on_write = [this](const TestBus::Write& w) { noise.answer(w.port, w.value); };
    guest.bus.on_acknowledge = [this] {
      guest.processor.set_intr(false);
      return static_cast<std::uint8_t>(noise.answer(0, 7));
    };
  }
  std::uint64_t memory_hash() const {
    std::uint64_t hash = noise.seen;
    for (const std::uint8_t byte : guest.memory.ram().first(0x110000)) hash = hash * 31 + byte;
    return hash;
  }
};

// Instructions that random bytes give rarely and that matter here.
void sprinkle(std::mt19937& random, std::vector<std::uint8_t>& bytes) {
  static constexpr std::array<std::array<std::uint8_t, 4>, 18> kSnippets = {{
      {0xF3, 0xA4, 0xAA, 0xAB},  // REP MOVSB, STOS
      {0xF3, 0xAB, 0xEB, 0xF0},  // REP STOSW, jump back
      {0xF2, 0xA6, 0xE2, 0xFA},  // REPNE CMPSB, LOOP
      {0x8E, 0xD3, 0x90, 0x90},  // MOV SS,BX
      {0xFB, 0x90, 0xFA, 0x90},  // STI, CLI
      {0x9D, 0x90, 0x90, 0x9C},  // POPF, PUSHF
      {0xC6, 0x07, 0x90, 0x90},  // MOV byte [BX],90h
      {0xE2, 0xF6, 0x49, 0x41},  // LOOP back
      {0x74, 0x06, 0x75, 0xF4},  // JZ, JNZ
      {0xE8, 0x10, 0x00, 0xC3},  // CALL, RET
      {0xEB, 0x20, 0xEB, 0xE0},  // JMP
      {0xF3, 0x6D, 0xF3, 0x6F},  // REP INSW, REP OUTSW
      {0xE4, 0x40, 0xE6, 0x40},  // IN, OUT
      {0x66, 0x67, 0x89, 0x03},  // 32-bit store
      {0x49, 0x75, 0xFD, 0x90},  // DEC CX, JNZ back
      {0x38, 0x07, 0x72, 0xFC},  // CMP [BX],AL, JB back
      {0xE2, 0xFE, 0xFE, 0xC8},  // LOOP to itself
      {0xFE, 0xC8, 0x75, 0xFC},  // DEC AL, JNZ back
  }};
  for (unsigned n = 0; n < 4000; ++n) {
    const auto& snippet = kSnippets[random() % kSnippets.size()];
    const std::size_t at = random() % (bytes.size() - 4);
    std::copy(snippet.begin(), snippet.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
  }
}

cpu::Registers random_registers(std::mt19937& random, const Guest& guest) {
  cpu::Registers r = guest.registers();
  for (auto& value : r.general) {
    value = static_cast<std::uint32_t>(random()) & (random() % 4 == 0 ? 0xFFFFFFFF : 0xFFFF);
  }
  for (unsigned n = 0; n < 6; ++n) {
    // Mostly close together, sometimes up in the device or around 1 MiB.
    std::uint16_t selector = static_cast<std::uint16_t>(random() % 0x800);
    if (n != cpu::kCs && random() % 8 == 0) selector = 0xB800;
    if (n != cpu::kCs && random() % 8 == 0) selector = 0xFFF0;
    r.segments[n] = Guest::real_segment(selector);
  }
  r.eip = static_cast<std::uint16_t>(random());
  r.eflags = (static_cast<std::uint32_t>(random()) & 0xED5) | 2;  // any flags, TF too
  if (random() % 4 != 0) r.eflags &= ~std::uint32_t{0x100};
  r.activity = cpu::Activity::running;
  return r;
}

void compare_engines(Model model, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<std::uint8_t> bytes(0x20000);
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
  sprinkle(random, bytes);
  Subject cached(model, Engine::cached, bytes);
  Subject step(model, Engine::step, bytes);
  for (unsigned slice = 0; slice < 400; ++slice) {
    const cpu::Cpu& processor = cached.guest.processor;
    if (slice % 20 == 0 || processor.activity() == cpu::Activity::shutdown) {
      const cpu::Registers r = random_registers(random, cached.guest);
      cached.guest.processor.set_registers(r);
      step.guest.processor.set_registers(r);
    } else if (processor.activity() == cpu::Activity::halted) {
      cached.guest.processor.raise_nmi();
      step.guest.processor.raise_nmi();
    }
    const bool a20 = random() % 8 != 0;
    cached.guest.memory.set_a20(a20);
    step.guest.memory.set_a20(a20);
    const std::uint64_t budget = 1 + random() % (slice % 3 == 0 ? 7 : 400);
    const std::uint64_t done = cached.guest.processor.run(budget);
    std::uint64_t stepped = step.guest.processor.run(budget);
    INFO("model " << static_cast<int>(model) << " seed " << seed << " slice " << slice);
    REQUIRE(done <= budget);
    REQUIRE(done == stepped);
    REQUIRE(cached.guest.processor.instructions() == step.guest.processor.instructions());
    REQUIRE((cached.guest.registers() == step.guest.registers()));
    if (slice % 10 == 9) REQUIRE(cached.memory_hash() == step.memory_hash());
  }
}

}  // namespace

TEST_CASE("lockstep: random programs run the same in both engines", "[cpu][lockstep]") {
  const Model model = GENERATE(Model::i8086, Model::i80186, Model::i80286, Model::i80386);
  for (std::uint32_t seed = 1; seed <= 12; ++seed) compare_engines(model, seed);
}
