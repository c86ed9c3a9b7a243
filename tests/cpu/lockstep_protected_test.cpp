// Random programs in protected and V86 mode, with and without paging, in both engines: after every
// slice registers, counts and memory are the same. The programs overwrite themselves, change rings
// through gates, tasks and faults, and the host moves pages under them between slices.
#include <array>
#include <cstring>
#include <random>

#include "tests/catch.hpp"
#include "tests/cpu/guest.h"

using namespace cpu_test;
using cpu::Engine;
using cpu::Model;

namespace {

constexpr std::uint32_t kArena = 0x20000;  // bytes from 0: code, data and stacks of the programs
constexpr std::uint32_t kGdt = 0x100000;   // tables the programs have no segment for
constexpr std::uint32_t kIdt = 0x101000;
constexpr std::uint32_t kTasks = 0x102000;  // 256 bytes each
constexpr std::uint32_t kDirectory = 0x104000;
constexpr std::uint32_t kTable = 0x105000;     // maps the first 4 MiB
constexpr std::uint32_t kHandlers = 0x110000;  // 16 bytes a vector
constexpr std::uint32_t kInnerStacks = 0x120000;

enum Selector : std::uint16_t {
  kCode0 = 0x08,  // 32-bit code of level 0, base 0
  kData0 = 0x10,
  kCode3 = 0x18,  // of level 3, over the arena
  kData3 = 0x20,
  kCode16 = 0x28,  // 16-bit code of level 3
  kSmall = 0x30,   // data of level 3 that ends early
  kDown = 0x38,    // and an expand-down one
  kReadOnly = 0x40,
  kCallGate = 0x48,
  kTask = 0x50,
  kOtherTask = 0x58,
  kConforming = 0x60,
  kTaskGate = 0x68,
  kCode16Inner = 0x70,
  kStack16 = 0x78
};

std::uint32_t mix(std::uint64_t a, std::uint64_t b) {
  std::uint64_t x = (a * 0x9E3779B97F4A7C15ull) ^ (b + 0xD1B54A32D192ED03ull);
  x ^= x >> 29;
  x *= 0xBF58476D1CE4E5B9ull;
  return static_cast<std::uint32_t>(x >> 32);
}

struct Entry {
  std::uint32_t base, limit;
  std::uint16_t access;  // as in Registers::Segment
};
constexpr std::array<std::pair<Selector, Entry>, 11> kSegments = {{
    {kCode0, {0, 0xFFFFFFFF, 0xC09B}},
    {kData0, {0, 0xFFFFFFFF, 0xC093}},
    {kCode3, {0, kArena - 1, 0x40FB}},
    {kData3, {0, kArena - 1, 0x40F3}},
    {kCode16, {0x4000, 0xFFFF, 0x00FB}},
    {kSmall, {0x8000, 0x7FF, 0x40F3}},
    {kDown, {0x10000, 0xFF, 0x40F7}},
    {kReadOnly, {0x2000, 0xFFFF, 0x40F1}},
    {kConforming, {0, kArena - 1, 0x409F}},
    {kCode16Inner, {0x6000, 0xFFFF, 0x009B}},
    {kStack16, {0xC000, 0xFFFF, 0x00F3}},
}};

struct Subject {
  Guest guest;
  std::uint64_t seen = 0;
  Subject(Model model, Engine engine, const std::vector<std::uint8_t>& bytes)
      : guest(model, engine, cpu::Fpu::none) {
    guest.memory.write_physical(0, bytes);
    guest.bus.on_read = [this](std::uint16_t port, unsigned) { return answer(port, 0); };
    guest.bus.on_write = [this](const TestBus::Write& w) { answer(w.port, w.value); };
    guest.bus.on_acknowledge = [this] {
      guest.processor.set_intr(false);
      return static_cast<std::uint8_t>(0x20 + answer(0, 7) % 16);
    };
    make_tables();
  }
  std::uint32_t answer(std::uint32_t port, std::uint32_t value) {
    seen = mix(seen ^ guest.processor.instructions(), (std::uint64_t{value} << 32) + port);
    const auto bits = static_cast<std::uint32_t>(seen);
    if (bits % 8 == 0) guest.processor.set_intr(true);
    if (bits % 64 == 1) guest.processor.raise_nmi();
    if (bits % 16 == 3) guest.processor.request_exit();
    return mix(seen, 1);
  }
  void store32(std::uint32_t address, std::uint32_t value) {
    std::array<std::uint8_t, 4> bytes;
    std::memcpy(bytes.data(), &value, sizeof(value));
    guest.memory.write_physical(address, bytes);
  }
  void descriptor(std::uint32_t at, const Entry& e) {
    const bool pages = (e.access & 0x8000) != 0;
    const std::uint32_t limit = pages ? e.limit >> 12 : e.limit;
    store32(at, (limit & 0xFFFF) | e.base << 16);
    store32(at + 4, (e.base >> 16 & 0xFF) | (std::uint32_t{e.access} << 8 & 0xF0FF00) |
                        (limit & 0xF0000) | (e.base & 0xFF000000));
  }
  void gate(std::uint32_t at, std::uint16_t selector, std::uint32_t offset, std::uint32_t kind) {
    store32(at, (offset & 0xFFFF) | std::uint32_t{selector} << 16);
    store32(at + 4, (offset & 0xFFFF0000) | kind);
  }
  // Handlers of level 0: drop an error code, step over one byte of the program, and return.
  void make_handler(std::uint32_t vector) {
    const bool error = vector == 8 || (vector >= 10 && vector <= 14) || vector == 17;
    const std::uint32_t at = kHandlers + vector * 16;
    if (error) {
      guest.poke(at, {0x83, 0xC4, 0x04, 0xFF, 0x04, 0x24, 0xCF});  // ADD ESP,4; INC [ESP]; IRETD
    } else {
      guest.poke(at, {0xFF, 0x04, 0x24, 0xCF});
    }
    const std::uint32_t kind = (vector % 5 == 3 ? 0xEF00u : 0xEE00u);
    gate(kIdt + vector * 8, kCode0, at, kind);
  }
  void make_tables() {
    for (const auto& [selector, entry] : kSegments) descriptor(kGdt + selector, entry);
    descriptor(kGdt + kTask, {kTasks, 0xFF, 0x0089});
    descriptor(kGdt + kOtherTask, {kTasks + 0x100, 0xFF, 0x0089});
    gate(kGdt + kCallGate, kCode0, kHandlers + 0x1000, 0xEC02);  // two parameters
    gate(kGdt + kTaskGate, kOtherTask, 0, 0xE500);
    guest.poke(kHandlers + 0x1000, {0x90, 0xCA, 0x08, 0x00});  // NOP; RETF 8
    for (std::uint32_t vector = 0; vector < 256; ++vector) make_handler(vector);
    gate(kIdt + 0x2F * 8, kOtherTask, 0, 0xE500);
    for (std::uint32_t task = 0; task < 2; ++task) {
      const std::uint32_t at = kTasks + task * 0x100;
      store32(at + 4, kInnerStacks + task * 0x1000 + 0x1000);
      store32(at + 8, kData0);
      store32(at + 28, kDirectory);
      store32(at + 32, kHandlers + 0x1010);
      store32(at + 36, 2);
      store32(at + 56, kInnerStacks + 0x4000 + task * 0x1000);
      for (std::uint32_t n = 0; n < 6; ++n) store32(at + 72 + 4 * n, n == 1 ? kCode0 : kData0);
      store32(at + 100, 104u << 16);  // the bitmap: ports below 200h by random bits
      for (std::uint32_t n = 0; n < 16; ++n) store32(at + 104 + 4 * n, mix(n, task));
      store32(at + 104 + 64, 0xFF);
    }
    guest.poke(kHandlers + 0x1010, {0xCF, 0xEB, 0xFD});  // a task of its own: IRETD; JMP back
    store32(kDirectory, kTable | 7);
    for (std::uint32_t page = 0; page < 1024; ++page) map(page, page, page * 4096 < kArena ? 7 : 3);
  }
  void map(std::uint32_t page, std::uint32_t to, std::uint32_t rights) {
    store32(kTable + 4 * page, to << 12 | rights);
  }
  std::uint64_t memory_hash() const {
    std::uint64_t hash = seen;
    for (const std::uint8_t byte : guest.memory.ram().first(0x130000)) hash = hash * 31 + byte;
    return hash;
  }
};

// What random bytes give rarely.
void sprinkle(std::mt19937& random, std::vector<std::uint8_t>& bytes) {
  static constexpr std::array<std::array<std::uint8_t, 8>, 24> kSnippets = {{
      {0xF3, 0xA4, 0xAA, 0xAB, 0xF3, 0xAB, 0x90, 0x90},  // REP MOVSB, STOS
      {0x8E, 0xD8, 0x8E, 0xC3, 0x8E, 0xE1, 0x90, 0x90},  // MOV DS,AX ES,BX FS,CX
      {0xB8, kData3 | 3, 0, 0, 0, 0x8E, 0xD8, 0x90},     // MOV EAX,sel; MOV DS,AX
      {0xB8, kSmall | 3, 0, 0, 0, 0x8E, 0xC0, 0x90},
      {0xB8, kDown | 3, 0, 0, 0, 0x8E, 0xD8, 0x90},
      {0xB8, kReadOnly | 3, 0, 0, 0, 0x8E, 0xD8, 0x90},
      {0x9A, 0, 0, 0, 0, kCallGate | 3, 0, 0x90},        // CALL gate
      {0x9A, 0, 0, 0, 0, kTaskGate | 3, 0, 0x90},        // CALL task gate
      {0xCD, 0x2F, 0x90, 0xCD, 0x21, 0x90, 0xCC, 0x90},  // INT
      {0xEA, 0x00, 0x01, 0, 0, kCode16 | 3, 0, 0x90},    // JMP to 16-bit code
      {0x66, 0xEA, 0x00, 0x20, kCode3 | 3, 0, 0x90, 0x90},
      {0xFB, 0x90, 0xFA, 0x9C, 0x9D, 0x90, 0xCF, 0x90},  // STI, CLI, PUSHF, POPF, IRET
      {0xC6, 0x00, 0x90, 0x88, 0x07, 0x89, 0x06, 0x90},  // stores through registers
      {0xE2, 0xF6, 0x49, 0x41, 0x75, 0xF4, 0x74, 0x02},  // loops
      {0xE8, 0x10, 0, 0, 0, 0xC3, 0xC9, 0x90},           // CALL, RET, LEAVE
      {0xE4, 0x40, 0xE6, 0x41, 0x6C, 0x6E, 0xEC, 0xEE},  // ports
      {0x0F, 0x20, 0xD8, 0x0F, 0x22, 0xD8, 0x90, 0x90},  // reload CR3
      {0x0F, 0x01, 0x38, 0x0F, 0x01, 0x3B, 0x90, 0x90},  // INVLPG
      {0x0F, 0x02, 0xC0, 0x0F, 0x03, 0xC1, 0x0F, 0x00},  // LAR, LSL
      {0x0F, 0x00, 0xE0, 0x0F, 0x00, 0xE8, 0x63, 0xC1},  // VERR, VERW, ARPL
      {0x0F, 0xB1, 0x0F, 0x0F, 0xC1, 0x0E, 0x0F, 0xC8},  // CMPXCHG, XADD, BSWAP
      {0x8E, 0xD3, 0x17, 0x1F, 0x07, 0x0F, 0xA1, 0x90},  // MOV SS, POP sregs
      {0x60, 0x61, 0xC8, 0x08, 0x00, 0x02, 0x90, 0xC9},  // PUSHA, POPA, ENTER
      {0xEB, 0x20, 0xEB, 0xE0, 0xEB, 0x40, 0x90, 0x90},
  }};
  for (unsigned n = 0; n < 5000; ++n) {
    const auto& snippet = kSnippets[random() % kSnippets.size()];
    const std::size_t at = random() % (bytes.size() - snippet.size());
    std::copy(snippet.begin(), snippet.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
  }
}

cpu::Registers::Segment segment_of(Selector selector, unsigned level) {
  for (const auto& [known, e] : kSegments) {
    if (known == selector)
      return {static_cast<std::uint16_t>(selector | level), e.base, e.limit, e.access};
  }
  return {};
}

enum class Kind { level3, level3_16, level0, v86 };

cpu::Registers random_registers(std::mt19937& random, const Guest& guest, bool paging) {
  cpu::Registers r = guest.registers();
  for (auto& value : r.general) {
    value = static_cast<std::uint32_t>(random()) & (random() % 4 == 0 ? 0xFFFFFFFF : 0x1FFFF);
  }
  r.cr0 = 1u | (paging ? 0x80000000 : 0) | (random() % 2 == 0 ? 0x10000u : 0);
  r.cr3 = kDirectory;
  r.gdtr_base = kGdt;
  r.gdtr_limit = 0x7F;
  r.idtr_base = kIdt;
  r.idtr_limit = 0x7FF;
  r.tr = {kTask, kTasks, 0xFF, 0x008B};
  r.ldtr = {};
  r.dr.fill(0);
  r.eflags = (static_cast<std::uint32_t>(random()) & 0xED5) | 2;
  if (random() % 4 != 0) r.eflags &= ~std::uint32_t{0x100};
  if (random() % 2 == 0) r.eflags |= 0x3000;  // IOPL 3
  r.eip = static_cast<std::uint32_t>(random()) % 0xFF00;
  r.activity = cpu::Activity::running;
  const Kind kind = std::array{Kind::level3, Kind::level3, Kind::level3_16, Kind::level0,
                               Kind::v86}[random() % 5];
  const auto all = [&](Selector code, Selector data, unsigned level) {
    for (auto& s : r.segments) s = segment_of(data, level);
    r.segments[cpu::kCs] = segment_of(code, level);
  };
  switch (kind) {
    case Kind::level3:
      all(kCode3, kData3, 3);
      break;
    case Kind::level3_16:
      all(kCode16, kData3, 3);
      if (random() % 2 == 0) r.segments[cpu::kSs] = segment_of(kStack16, 3);
      break;
    case Kind::level0:
      all(kCode0, kData0, 0);
      r.general[cpu::kEsp] = kInnerStacks + 0x3000;
      break;
    case Kind::v86:
      r.eflags |= 0x20000;
      for (auto& s : r.segments) {
        const auto selector = static_cast<std::uint16_t>(random() % 0x1000);
        s = {selector, std::uint32_t{selector} << 4, 0xFFFF, 0xF3};
      }
      break;
  }
  if (random() % 8 == 0) r.dr[7] = 0x400 | (random() & 0xFFFF00FF);
  for (unsigned n = 0; n < 4; ++n) r.dr[n] = static_cast<std::uint32_t>(random()) & 0x1FFFF;
  return r;
}

void compare_engines(Model model, bool paging, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<std::uint8_t> bytes(kArena);
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
  sprinkle(random, bytes);
  Subject cached(model, Engine::cached, bytes);
  Subject step(model, Engine::step, bytes);
  for (unsigned slice = 0; slice < 300; ++slice) {
    const cpu::Cpu& processor = cached.guest.processor;
    if (slice % 12 == 0 || processor.activity() == cpu::Activity::shutdown) {
      const cpu::Registers r = random_registers(random, cached.guest, paging);
      for (Subject* subject : {&cached, &step}) {
        subject->make_tables();
        subject->guest.processor.set_registers(r);
      }
    } else if (processor.activity() == cpu::Activity::halted) {
      cached.guest.processor.raise_nmi();
      step.guest.processor.raise_nmi();
    }
    if (paging && random() % 4 == 0) {  // move, protect or take away a page of the arena
      const std::uint32_t page = static_cast<std::uint32_t>(random()) % (kArena / 4096);
      const std::uint32_t to = static_cast<std::uint32_t>(random()) % (kArena / 4096);
      const std::uint32_t rights = static_cast<std::uint32_t>(random()) % 8;
      for (Subject* subject : {&cached, &step}) {
        subject->map(page, to, rights);
        subject->guest.processor.set_registers(subject->guest.registers());
      }
    }
    const bool intr = random() % 16 == 0;
    if (intr) {
      cached.guest.processor.set_intr(true);
      step.guest.processor.set_intr(true);
    }
    const std::uint64_t budget = 1 + random() % (slice % 3 == 0 ? 7 : 300);
    const std::uint64_t done = cached.guest.processor.run(budget);
    const std::uint64_t stepped = step.guest.processor.run(budget);
    INFO("model " << static_cast<int>(model) << " paging " << paging << " seed " << seed
                  << " slice " << slice);
    REQUIRE(done <= budget);
    REQUIRE(done == stepped);
    REQUIRE(cached.guest.processor.instructions() == step.guest.processor.instructions());
    REQUIRE((cached.guest.registers() == step.guest.registers()));
    if (slice % 10 == 9) REQUIRE(cached.memory_hash() == step.memory_hash());
  }
}

}  // namespace

TEST_CASE("lockstep: random programs in protected and V86 mode run the same in both engines",
          "[cpu][lockstep]") {
  const Model model = GENERATE(Model::i80386, Model::i80486, Model::pentium);
  const bool paging = GENERATE(false, true);
  for (std::uint32_t seed = 1; seed <= 12; ++seed) compare_engines(model, paging, seed);
}
