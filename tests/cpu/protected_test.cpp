// Protected mode, paging and V86 mode in small: what the bare-metal suite (tests/guest/pm) shows on
// a whole machine, here on the bare processor for both engines, and what it cannot see: the cost of
// deliveries, the TLB, save and restore of the state.
#include "tests/catch.hpp"
#include "tests/cpu/guest.h"

using namespace cpu_test;
using cpu::Engine;
using cpu::Model;

namespace {

constexpr std::uint32_t kGdt = 0x100000, kIdt = 0x101000, kDirectory = 0x102000, kTable = 0x103000,
                        kTss = 0x104000, kInnerStack = 0x106000, kPm = 0x108000;
constexpr std::uint16_t kFlatCode = 0x08, kFlatData = 0x10, kUserCode = 0x1B, kUserData = 0x23,
                        kTask = 0x28;

// Flat segments of levels 0 and 3, handlers that are a HLT each at kPm + 8000h, a TSS.
struct FlatGuest : Guest {
  explicit FlatGuest(Model model, Engine engine = Engine::cached) : Guest(model, engine) {
    const auto put = [this](std::uint32_t at, std::uint64_t value) {
      for (unsigned n = 0; n < 8; ++n) poke(at + n, {static_cast<std::uint8_t>(value >> 8 * n)});
    };
    put(kGdt + kFlatCode, 0x00CF9B000000FFFF);
    put(kGdt + kFlatData, 0x00CF93000000FFFF);
    put(kGdt + (kUserCode & ~3u), 0x00CFFB000000FFFF);
    put(kGdt + (kUserData & ~3u), 0x00CFF3000000FFFF);
    put(kGdt + kTask, 0x0000890000000067 | std::uint64_t{kTss & 0xFFFFFF} << 16);
    for (std::uint32_t vector = 0; vector < 64; ++vector) {
      const std::uint32_t handler = kPm + 0x8000 + vector;
      poke(handler, {0xF4});
      put(kIdt + vector * 8, (handler & 0xFFFF) | std::uint64_t{kFlatCode} << 16 |
                                 std::uint64_t{0xEE00} << 32 |
                                 std::uint64_t{handler & 0xFFFF0000} << 32);
    }
    put32(kTss + 4, kInnerStack);
    put32(kTss + 8, kFlatData);
    put32(kDirectory, kTable | 7);
    for (std::uint32_t page = 0; page < 1024; ++page) put32(kTable + 4 * page, page << 12 | 7);
    change([](cpu::Registers& r) {
      r.cr0 = 1;
      r.cr3 = kDirectory;
      r.gdtr_base = kGdt;
      r.gdtr_limit = 0x2F;
      r.idtr_base = kIdt;
      r.idtr_limit = 64 * 8 - 1;
      r.tr = {kTask, kTss, 0x67, 0x8B};
      r.eip = kPm;
      r.general[cpu::kEsp] = kInnerStack - 0x1000;
    });
    set_level(0);
  }
  void set_level(unsigned level) {
    change([level](cpu::Registers& r) {
      const bool user = level == 3;
      const auto dpl = static_cast<std::uint16_t>(level << 5);
      for (auto& s : r.segments) {
        s = {user ? kUserData : kFlatData, 0, 0xFFFFFFFF, static_cast<std::uint16_t>(0xC093 | dpl)};
      }
      r.segments[cpu::kCs] = {user ? kUserCode : kFlatCode, 0, 0xFFFFFFFF,
                              static_cast<std::uint16_t>(0xC09B | dpl)};
    });
  }
  void paging() {
    change([](cpu::Registers& r) { r.cr0 |= 0x80000000; });
  }
  void put32(std::uint32_t at, std::uint32_t value) {
    poke(at, {static_cast<std::uint8_t>(value), static_cast<std::uint8_t>(value >> 8),
              static_cast<std::uint8_t>(value >> 16), static_cast<std::uint8_t>(value >> 24)});
  }
  std::uint32_t peek32(std::uint32_t at) const {
    return peek16(at) | std::uint32_t{peek16(at + 2)} << 16;
  }
  // The handler whose HLT stopped it, or -1.
  int handler() const {
    if (processor.activity() != cpu::Activity::halted || eip() < kPm + 0x8001) return -1;
    return static_cast<int>(eip() - kPm - 0x8001);
  }
  std::uint32_t stacked32(unsigned n) const { return peek32(reg(cpu::kEsp) + 4 * n); }
};

}  // namespace

TEST_CASE("protected: an interrupt from level 3 switches the stack and costs nothing",
          "[cpu][protected]") {
  const Engine engine = GENERATE(Engine::cached, Engine::step);
  FlatGuest guest(Model::i80386, engine);
  guest.set_level(3);
  guest.poke(kPm, {0x90, 0x40, 0xCD, 0x21});
  CHECK(guest.processor.run(100) == 4);
  CHECK(guest.handler() == 0x21);
  CHECK(guest.reg(cpu::kEsp) == kInnerStack - 20);
  CHECK(guest.stacked32(0) == kPm + 4);
  CHECK(guest.stacked32(1) == kUserCode);
  CHECK(guest.stacked32(3) == kInnerStack - 0x1000);
  CHECK(guest.stacked32(4) == kUserData);
}

TEST_CASE("protected: a page fault leaves everything as it was and tells the address",
          "[cpu][protected]") {
  const Engine engine = GENERATE(Engine::cached, Engine::step);
  FlatGuest guest(Model::i80386, engine);
  guest.paging();
  guest.set_level(3);
  guest.put32(kTable + 4 * 0x20, 0);  // 20000h is not there
  SECTION("a store across the border of a page that is there") {
    guest.poke(kPm, {0xC7, 0x05, 0xFE, 0xFF, 0x01, 0x00, 1, 2, 3, 4});  // MOV [1FFFEh],imm32
    guest.processor.run(100);
    CHECK(guest.stacked32(0) == 6);
    CHECK(guest.registers().cr2 == 0x20000);
    CHECK(guest.peek16(0x1FFFE) == 0);
  }
  SECTION("a push") {
    guest.change([](cpu::Registers& r) { r.general[cpu::kEsp] = 0x21000; });
    guest.poke(kPm, {0x50});
    guest.processor.run(100);
    CHECK(guest.stacked32(4) == 0x21000);
    CHECK(guest.registers().cr2 == 0x20FFC);
  }
  SECTION("code") {
    guest.poke(kPm, {0xE9, 0, 0, 0, 0});
    guest.put32(kPm + 1, 0x20010 - kPm - 5);
    guest.processor.run(100);
    CHECK(guest.stacked32(0) == 4);
    CHECK(guest.stacked32(1) == 0x20010);
    CHECK(guest.registers().cr2 == 0x20010);
  }
  CHECK(guest.handler() == 14);
}

TEST_CASE("protected: level 3 may not use what level 0 has just used", "[cpu][protected]") {
  const Engine engine = GENERATE(Engine::cached, Engine::step);
  FlatGuest guest(Model::i80386, engine);
  guest.paging();
  guest.put32(kTable + 4 * 0x20, 0x20000 | 3);  // supervisor
  // MOV EAX,[20000h]; a frame for level 3; IRETD, and there the same again.
  guest.poke(kPm, {0xA1, 0x00, 0x00, 0x02, 0x00,      0x6A, kUserData, 0x68, 0, 0, 0x03,
                   0,    0x6A, 0x02, 0x6A, kUserCode, 0x68, 0,         0,    0, 0, 0xCF});
  guest.put32(kPm + 17, kPm + 0x100);
  guest.poke(kPm + 0x100, {0x36, 0xA1, 0x00, 0x00, 0x02, 0x00});  // by SS: DS is gone
  guest.processor.run(100);
  CHECK(guest.handler() == 14);
  CHECK(guest.stacked32(0) == 5);  // user, present
  CHECK(guest.stacked32(1) == kPm + 0x100);
}

TEST_CASE("protected: a translation holds until INVLPG or CR3 ends it", "[cpu][protected]") {
  const Engine engine = GENERATE(Engine::cached, Engine::step);
  FlatGuest guest(Model::i80486, engine);
  guest.paging();
  guest.poke(0x20000, {1, 0, 0, 0});
  guest.poke(0x21000, {2, 0, 0, 0});
  const bool invlpg = GENERATE(true, false);
  // MOV EAX,[20000h]; the page moves; MOV EBX,[20000h]; INVLPG or CR3; MOV ECX,[20000h]; HLT
  guest.poke(kPm, {0xA1, 0, 0, 2, 0, 0xC7, 0x05, 0, 0, 0, 0, 0, 0, 0, 0, 0x8B, 0x1D, 0, 0, 2, 0});
  guest.put32(kPm + 7, kTable + 4 * 0x20);
  guest.put32(kPm + 11, 0x21000 | 7);
  if (invlpg) {
    guest.poke(kPm + 21, {0x0F, 0x01, 0x3D, 0, 0, 2, 0});
  } else {
    guest.poke(kPm + 21, {0x0F, 0x20, 0xDA, 0x0F, 0x22, 0xDA, 0x90});
  }
  guest.poke(kPm + 28, {0x8B, 0x0D, 0, 0, 2, 0, 0xF4});
  guest.processor.run(100);
  CHECK(guest.reg(cpu::kEax) == 1);
  CHECK(guest.reg(cpu::kEbx) == 1);
  CHECK(guest.reg(cpu::kEcx) == 2);
}

TEST_CASE("protected: code that moved under its linear address runs anew", "[cpu][protected]") {
  const Engine engine = GENERATE(Engine::cached, Engine::step);
  FlatGuest guest(Model::i80386, engine);
  guest.paging();
  guest.poke(0x20000, {0x40, 0xC3});  // INC EAX; RET
  guest.poke(0x21000, {0x43, 0xC3});  // INC EBX; RET
  // MOV ECX,20000h; CALL ECX twice; the page moves; CR3; CALL ECX; HLT
  guest.poke(kPm, {0xB9, 0, 0, 2, 0, 0xFF, 0xD1, 0xFF, 0xD1, 0xC7, 0x05, 0,    0,    0,
                   0,    0, 0, 0, 0, 0x0F, 0x20, 0xDA, 0x0F, 0x22, 0xDA, 0xFF, 0xD1, 0xF4});
  guest.put32(kPm + 11, kTable + 4 * 0x20);
  guest.put32(kPm + 15, 0x21000 | 7);
  guest.processor.run(100);
  CHECK(guest.reg(cpu::kEax) == 2);
  CHECK(guest.reg(cpu::kEbx) == 1);
}

TEST_CASE("protected: WP makes the supervisor respect R/W from the 486 on", "[cpu][protected]") {
  const Model model = GENERATE(Model::i80386, Model::i80486);
  FlatGuest guest(model);
  guest.paging();
  guest.put32(kTable + 4 * 0x20, 0x20000 | 5);
  guest.poke(kPm, {0x0F, 0x20, 0xC0, 0x0D, 0, 0, 1, 0, 0x0F, 0x22, 0xC0});  // CR0 |= WP
  guest.poke(kPm + 11, {0xC6, 0x05, 0, 0, 2, 0, 1, 0xF4});
  guest.processor.run(100);
  CHECK(guest.handler() == (model == Model::i80486 ? 14 : -1));
}

TEST_CASE("protected: a 4 MiB page needs no table", "[cpu][protected]") {
  FlatGuest guest(Model::pentium);
  guest.put32(kDirectory + 4, 0 | 0x87);  // 400000h is 0, present, large
  guest.change([](cpu::Registers& r) {
    r.cr0 |= 0x80000000;
    r.cr4 = 0x10;
  });
  guest.poke(0x21234, {0x5A});
  guest.poke(kPm, {0xA0, 0x34, 0x12, 0x42, 0x00, 0xC6, 0x05, 0x35, 0x12, 0x42, 0x00, 0x77, 0xF4});
  guest.processor.run(100);
  CHECK((guest.reg(cpu::kEax) & 0xFF) == 0x5A);
  CHECK(guest.peek(0x21235) == 0x77);
  CHECK((guest.peek32(kDirectory + 4) & 0x60) == 0x60);  // accessed and dirty
}

TEST_CASE("protected: V86 code is let through or trapped by IOPL", "[cpu][protected]") {
  const Engine engine = GENERATE(Engine::cached, Engine::step);
  const bool sensitive_allowed = GENERATE(true, false);
  FlatGuest guest(Model::i80386, engine);
  guest.change([&](cpu::Registers& r) {
    for (auto& s : r.segments) s = {0x2000, 0x20000, 0xFFFF, 0xF3};
    r.eflags = 0x20002u | (sensitive_allowed ? 0x3000u : 0);
    r.eip = 0;
    r.general[cpu::kEsp] = 0x1000;
  });
  guest.poke(0x20000, {0xFA, 0xF4});  // CLI, HLT
  guest.processor.run(100);
  CHECK(guest.handler() == 13);
  CHECK(guest.stacked32(1) == (sensitive_allowed ? 1u : 0u));  // HLT traps in any case
  CHECK(guest.stacked32(2) == 0x2000);
  CHECK((guest.stacked32(3) & 0x20000) != 0);
  CHECK(guest.registers().segments[cpu::kDs].selector == 0);
  CHECK((guest.registers().eflags & 0x20000) == 0);
}

TEST_CASE("protected: descriptor caches survive the way back to real mode", "[cpu][protected]") {
  FlatGuest guest(Model::i80386);
  guest.change([](cpu::Registers& r) {
    r.cr0 = 0;
    for (unsigned n = 0; n < 6; ++n) r.segments[n] = Guest::real_segment(0x2000);
    r.segments[cpu::kDs].limit = 0xFFFFFFFF;  // as protected mode left it
    r.eip = 0;
  });
  guest.poke(0x20000, {0xB8, 0x00, 0x00, 0x8E, 0xD8, 0x67, 0xA0, 0x34, 0x12, 0x10, 0x00, 0xF4});
  guest.poke(0x101234, {0x5A});
  guest.processor.run(100);
  CHECK((guest.reg(cpu::kEax) & 0xFF) == 0x5A);
}

TEST_CASE("protected: a third fault shuts down, and the record says why", "[cpu][protected]") {
  FlatGuest guest(Model::i80386);
  guest.change([](cpu::Registers& r) { r.idtr_limit = 0; });
  guest.poke(kPm, {0x90, 0x0F, 0xFF});
  guest.processor.run(100);
  CHECK(guest.processor.activity() == cpu::Activity::shutdown);
  const auto seen = guest.processor.recent_exceptions();
  REQUIRE(seen.size() == 3);
  CHECK(seen[0].vector == 6);
  CHECK(seen[0].eip == kPm + 1);
  CHECK(seen[1].vector == 13);
  CHECK(seen[1].error_code == (6 * 8 | 3));
  CHECK(seen[2].vector == 8);
}

TEST_CASE("protected: a data breakpoint traps behind the store, a code breakpoint before it",
          "[cpu][protected]") {
  const Engine engine = GENERATE(Engine::cached, Engine::step);
  const bool on_data = GENERATE(true, false);
  FlatGuest guest(Model::i80386, engine);
  guest.poke(kPm, {0x90, 0xC6, 0x05, 0x02, 0, 2, 0, 1, 0x90, 0xF4});
  guest.change([on_data](cpu::Registers& r) {
    r.dr[1] = on_data ? 0x20000 : kPm + 1;
    r.dr[7] = on_data ? 0x00D00008 : 0x8;  // 4 bytes, stores; or code
  });
  guest.processor.run(100);
  CHECK(guest.handler() == 1);
  CHECK(guest.stacked32(0) == (on_data ? kPm + 8 : kPm + 1));
  CHECK((guest.registers().dr[6] & 0xF) == 2);
  CHECK(guest.peek(0x20002) == (on_data ? 1 : 0));
}

TEST_CASE("protected: misaligned operands fault at level 3 when AM and AC ask for it",
          "[cpu][protected]") {
  FlatGuest guest(Model::i80486);
  guest.set_level(3);
  guest.change([](cpu::Registers& r) {
    r.cr0 |= 1u << 18;
    r.eflags |= 1u << 18;
  });
  guest.poke(kPm, {0xA1, 0x00, 0, 2, 0, 0xA0, 0x01, 0, 2, 0, 0xA1, 0x02, 0, 2, 0});
  guest.processor.run(100);
  CHECK(guest.handler() == 17);
  CHECK(guest.stacked32(0) == 0);
  CHECK(guest.stacked32(1) == kPm + 10);
}

TEST_CASE("protected: the state survives being read and set between any two instructions",
          "[cpu][protected]") {
  FlatGuest plain(Model::i80486), copied(Model::i80486);
  for (FlatGuest* guest : {&plain, &copied}) {
    guest->paging();
    guest->set_level(3);
    guest->poke(kPm, {0x40, 0x50, 0x9C, 0x8E, 0xD9, 0x41, 0xCD, 0x21});
    guest->poke(kPm + 0x8021, {0x83, 0xC0, 0x07, 0xCF});  // the handler of 21h: ADD EAX,7; IRETD
  }
  for (unsigned n = 0; n < 40; ++n) {
    plain.processor.run(1);
    copied.processor.run(1);
    copied.processor.set_registers(copied.processor.registers());
    REQUIRE((plain.registers() == copied.registers()));
  }
}
