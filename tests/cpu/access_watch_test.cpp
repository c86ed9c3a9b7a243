// What an AccessWatch is told, and that a guest cannot tell that somebody watches.
#include "cpu/access_watch.h"

#include <tuple>
#include <vector>

#include "tests/catch.hpp"
#include "tests/cpu/guest.h"

using namespace cpu_test;
using cpu::Engine;
using cpu::Model;

namespace {

// Watches a range of linear addresses, and leaves the run behind every access to it.
struct RangeWatch final : cpu::AccessWatch {
  struct Seen {
    std::uint32_t linear, size;
    bool write;
    std::uint32_t before, after, eip;
    bool operator==(const Seen&) const = default;
  };
  Guest& guest;
  std::uint32_t first, last;
  std::vector<Seen> seen;
  std::uint32_t physical = 0;
  bool own = false;

  RangeWatch(Guest& g, std::uint32_t first_in, std::uint32_t last_in)
      : guest(g), first(first_in), last(last_in) {
    guest.processor.watch_accesses(this);
  }
  bool wants_page(std::uint32_t linear, std::uint32_t) const override {
    return linear <= last && first < linear + cpu::kPageSize;
  }
  void accessed(const cpu::MemoryAccess& a) override {
    if (a.linear > last || a.linear + a.size <= first) return;
    seen.push_back({a.linear, a.size, a.write, a.before, a.after, guest.processor.current_eip()});
    physical = a.physical;
    own = a.own;
    guest.processor.request_exit();
  }
};

}  // namespace

TEST_CASE("access watch: run returns behind the instruction, told by address and value",
          "[cpu][watch]") {
  const Engine engine = GENERATE(Engine::cached, Engine::step);
  Guest guest(Model::i80386, engine);
  // INC AX; MOV [100h],AX; INC AX; ADD [101h],AL; INC AX; MOV BX,[0FFh]; JMP $
  guest.code({0x40, 0xA3, 0x00, 0x01, 0x40, 0x00, 0x06, 0x01, 0x01, 0x40, 0x8B, 0x1E, 0xFF, 0x00,
              0xEB, 0xFE});
  guest.poke(Guest::kData + 0x100, {0x11, 0x22});
  RangeWatch watch(guest, Guest::kData + 0x100, Guest::kData + 0x101);
  CHECK(guest.processor.run(1000) == 2);
  CHECK(guest.eip() == 4);
  CHECK(guest.processor.run(1000) == 2);
  CHECK(guest.eip() == 9);
  CHECK(guest.processor.run(1000) == 2);
  CHECK(guest.eip() == 14);
  CHECK(guest.processor.run(50) == 50);
  using Seen = RangeWatch::Seen;
  CHECK(watch.seen == std::vector<Seen>{{Guest::kData + 0x100, 2, true, 0x2211, 1, 1},
                                        {Guest::kData + 0x101, 1, false, 0, 0, 5},
                                        {Guest::kData + 0x101, 1, true, 0, 2, 5},
                                        {Guest::kData + 0xFF, 2, false, 0x0100, 0x0100, 10}});
  CHECK(watch.physical == Guest::kData + 0xFF);
}

TEST_CASE("access watch: a repeated move stops behind the element that touched the range",
          "[cpu][watch]") {
  const Engine engine = GENERATE(Engine::cached, Engine::step);
  Guest guest(Model::i80386, engine);
  guest.code({0xF3, 0xA4, 0xEB, 0xFE});  // REP MOVSB; JMP $
  guest.change([](cpu::Registers& r) {
    r.general[cpu::kEcx] = 100;
    r.general[cpu::kEsi] = 0x200;
    r.general[cpu::kEdi] = 0x300;
  });
  RangeWatch watch(guest, Guest::kData + 0x310, Guest::kData + 0x310);
  CHECK(guest.processor.run(1000) == 17);
  CHECK(guest.reg(cpu::kEcx) == 100 - 17);
  CHECK(guest.eip() == 0);
  CHECK(guest.processor.run(83) == 83);
  CHECK(guest.reg(cpu::kEcx) == 0);
  CHECK(watch.seen.size() == 1);
}

TEST_CASE("access watch: an interrupt's vector and frame are seen as the processor's own",
          "[cpu][watch]") {
  const Engine engine = GENERATE(Engine::cached, Engine::step);
  Guest guest(Model::i80386, engine);
  guest.code({0x40, 0xCD, 0x21});  // INC AX; INT 21h
  const std::uint32_t vector = 0x21 * 4;
  RangeWatch reads(guest, vector, vector + 3);
  guest.processor.run(1000);
  REQUIRE_FALSE(reads.seen.empty());
  CHECK(reads.own);
  CHECK_FALSE(reads.seen[0].write);
  CHECK(guest.eip() == 0x21);
  CHECK(guest.cs() == 0x50);

  guest.change([](cpu::Registers& r) {
    r.segments[cpu::kCs] = Guest::real_segment(0x1000);
    r.eip = 0;
    r.general[cpu::kEsp] = 0x1000;
  });
  RangeWatch writes(guest, Guest::kStack + 0xFFA, Guest::kStack + 0xFFB);
  guest.processor.run(1000);
  REQUIRE(writes.seen.size() == 1);
  CHECK(writes.own);
  CHECK(writes.seen[0].after == 3);  // the return address
}

TEST_CASE("access watch: what crosses a page comes byte by byte, and only from the watched page",
          "[cpu][watch]") {
  Guest guest(Model::i80386);
  guest.code({0xA3, 0xFF, 0x0F, 0xEB, 0xFE});  // MOV [0FFFh],AX
  guest.change([](cpu::Registers& r) { r.general[cpu::kEax] = 0x1234; });
  RangeWatch watch(guest, Guest::kData + 0x1000, Guest::kData + 0x1000);
  CHECK(guest.processor.run(10) == 1);
  using Seen = RangeWatch::Seen;
  CHECK(watch.seen == std::vector<Seen>{{Guest::kData + 0x1000, 1, true, 0, 0x12, 0}});
}

TEST_CASE("access watch: in paged mode a linear address is watched, the physical one told",
          "[cpu][watch]") {
  const Engine engine = GENERATE(Engine::cached, Engine::step);
  Guest guest(Model::i80386, engine);
  // Directory at 100000h, table at 101000h: all of the first 4 MiB to itself, but the page of
  // DS:1000h to 1FF000h.
  guest.poke(0x100000, {0x07, 0x10, 0x10, 0x00});
  for (std::uint32_t page = 0; page < 1024; ++page) {
    const std::uint32_t target = page == 0x21 ? 0x1FF000 : page * 4096;
    guest.poke(0x101000 + page * 4,
               {static_cast<std::uint8_t>(7), static_cast<std::uint8_t>(target >> 8),
                static_cast<std::uint8_t>(target >> 16), static_cast<std::uint8_t>(target >> 24)});
  }
  guest.code({0x40, 0xA3, 0x00, 0x10, 0x40, 0xEB, 0xFE});  // INC AX; MOV [1000h],AX; INC AX; JMP $
  guest.change([](cpu::Registers& r) {
    r.cr3 = 0x100000;
    r.cr0 = 0x80000001;
    for (auto& segment : r.segments) segment.access = 0x93;
    r.segments[cpu::kCs].access = 0x9B;
  });
  RangeWatch watch(guest, Guest::kData + 0x1000, Guest::kData + 0x1001);
  CHECK(guest.processor.run(1000) == 2);
  REQUIRE(watch.seen.size() == 1);
  CHECK(watch.seen[0].linear == Guest::kData + 0x1000);
  CHECK(watch.physical == 0x1FF000);
  CHECK(guest.peek(0x1FF000) == 1);
}

TEST_CASE("access watch: a page that is watched in vain changes nothing", "[cpu][watch]") {
  const Engine engine = GENERATE(Engine::cached, Engine::step);
  const auto run = [engine](bool watched) {
    Guest guest(Model::i80386, engine);
    // again: MOVSB (both ways in one page); ADD [DI+40h],AX; CMP [SI],AL; JNZ +0; PUSH AX; POP BX;
    // INC AX; LOOP again; HLT. The stack lies in the watched page too.
    guest.code(
        {0xA4, 0x01, 0x45, 0x40, 0x38, 0x04, 0x75, 0x00, 0x50, 0x5B, 0x40, 0xE2, 0xF3, 0xF4});
    guest.change([](cpu::Registers& r) {
      r.segments[cpu::kSs] = Guest::real_segment(0x2000);
      r.general[cpu::kEsp] = 0xF00;
      r.general[cpu::kEcx] = 500;
      r.general[cpu::kEsi] = 0x100;
      r.general[cpu::kEdi] = 0x180;
    });
    RangeWatch watch(guest, Guest::kData + 0xFFF, Guest::kData + 0xFFF);
    if (!watched) guest.processor.watch_accesses(nullptr);
    const std::uint64_t retired = guest.processor.run(100000);
    CHECK(watch.seen.empty());
    std::vector<std::uint8_t> bytes(0x2000);
    guest.memory.peek(Guest::kData, bytes);
    return std::tuple(retired, guest.registers(), bytes);
  };
  CHECK(run(true) == run(false));
}

TEST_CASE("access watch: set and taken away while the pages are in the TLB", "[cpu][watch]") {
  Guest guest(Model::i80386);
  guest.code({0xA3, 0x00, 0x01, 0xEB, 0xFB});  // again: MOV [100h],AX; JMP again
  guest.processor.run(100);
  RangeWatch watch(guest, Guest::kData + 0x100, Guest::kData + 0x100);
  CHECK(guest.processor.run(100) <= 2);
  CHECK(watch.seen.size() == 1);
  guest.processor.watch_accesses(nullptr);
  CHECK(guest.processor.run(100) == 100);
  CHECK(watch.seen.size() == 1);
}
