// DISPI through ports 1CEh and 1CFh, its window, and linear memory as the processor reaches it; and
// the pages of plain windows, which must not be told from a card that is asked for every byte.
#include <array>
#include <cstdint>
#include <random>
#include <vector>

#include "cpu/memory.h"
#include "tests/catch.hpp"
#include "tests/devices/video_rig.h"

namespace {

enum {
  kId,
  kWidth,
  kHeight,
  kBits,
  kEnable,
  kBank,
  kVirtualWidth,
  kVirtualHeight,
  kX,
  kY,
  kMemory
};
constexpr int kOn = 0x01, kCapabilities = 0x02, kWideDac = 0x20, kLinear = 0x40, kKeep = 0x80;
constexpr std::uint32_t kLinearFirst = 0xE0000000;

struct DispiRig : VgaRig {
  int dispi(int index) {
    ports.out16(0x1CE, static_cast<std::uint16_t>(index));
    return ports.in16(0x1CF);
  }
  void dispi(int index, int value) {
    ports.out16(0x1CE, static_cast<std::uint16_t>(index));
    ports.out16(0x1CF, static_cast<std::uint16_t>(value));
  }
  void mode(int width, int height, int bits, int flags = kOn | kLinear) {
    dispi(kEnable, 0);
    dispi(kWidth, width);
    dispi(kHeight, height);
    dispi(kBits, bits);
    dispi(kEnable, flags);
  }
  void open_window() {
    out(0x3C2, 0x67);
    indexed(0x3CE, 6, 0x05);
  }
};

// The same card on a board: the processor's view is that of cpu::Memory.
struct BoardRig : DispiRig {
  BoardRig() { video.map_memory(memory); }
  std::uint8_t load(std::uint32_t address) {
    std::uint8_t value = 0;
    memory.read_physical(address, {&value, 1});
    return value;
  }
  void store(std::uint32_t address, int value) {
    const auto byte = static_cast<std::uint8_t>(value);
    memory.write_physical(address, {&byte, 1});
  }
  void store(std::uint32_t address, std::initializer_list<int> values) {
    for (const int value : values) store(address++, value);
  }
  bool handed_out(std::uint32_t address) { return memory.page(address).data != nullptr; }

  cpu::Memory memory{1U << 20};
};

}  // namespace

TEST_CASE("dispi: the identity written is read back if it is one", "[devices][video][dispi]") {
  DispiRig rig;
  CHECK(rig.dispi(kId) == 0xB0C0);
  rig.dispi(kId, 0xB0C5);
  CHECK(rig.dispi(kId) == 0xB0C5);
  rig.dispi(kId, 0x1234);
  CHECK(rig.dispi(kId) == 0xB0C5);
  CHECK(rig.ports.in16(0x1CE) == kId);
  CHECK(rig.in(0x1CE) == 0xFF);
  CHECK(rig.dispi(kMemory) == 64);  // 4 MiB
  CHECK(rig.dispi(0x20) == 0);
}

TEST_CASE("dispi: resolution and depth change while disabled only, to values that make sense",
          "[devices][video][dispi]") {
  DispiRig rig;
  rig.mode(800, 600, 16);
  CHECK(rig.dispi(kWidth) == 800);
  CHECK(rig.dispi(kHeight) == 600);
  CHECK(rig.dispi(kBits) == 16);
  CHECK(rig.dispi(kVirtualWidth) == 800);
  CHECK(rig.dispi(kVirtualHeight) == (4 << 20) / 1600);
  rig.dispi(kWidth, 640);
  rig.dispi(kBits, 8);
  CHECK(rig.dispi(kWidth) == 800);
  CHECK(rig.dispi(kBits) == 16);
  rig.dispi(kEnable, 0);
  rig.dispi(kWidth, 801);
  rig.dispi(kHeight, 0);
  rig.dispi(kBits, 9);
  CHECK(rig.dispi(kWidth) == 800);
  CHECK(rig.dispi(kHeight) == 600);
  CHECK(rig.dispi(kBits) == 16);
  rig.dispi(kBits, 0);
  CHECK(rig.dispi(kBits) == 8);
}

TEST_CASE("dispi: asked for capabilities it answers with the largest mode",
          "[devices][video][dispi]") {
  DispiRig rig;
  rig.dispi(kEnable, kCapabilities);
  CHECK(rig.dispi(kWidth) >= 1024);
  CHECK(rig.dispi(kHeight) >= 768);
  CHECK(rig.dispi(kBits) == 32);
}

TEST_CASE("dispi: a mode larger than memory is not started", "[devices][video][dispi]") {
  DispiRig rig;
  rig.mode(1600, 1200, 32);
  CHECK((rig.dispi(kEnable) & kOn) == 0);
  rig.mode(1600, 1200, 16);
  CHECK((rig.dispi(kEnable) & kOn) != 0);
}

TEST_CASE("dispi: pixels of every depth", "[devices][video][dispi]") {
  BoardRig rig;
  rig.color(7, 0x3F, 0x15, 0x00);
  devices::Frame frame;
  const auto first_pixels = [&](int bits, std::initializer_list<int> bytes) {
    rig.mode(64, 8, bits);
    rig.store(kLinearFirst, bytes);
    rig.video.render(frame);
    CHECK(frame.width == 64);
    CHECK(frame.height == 8);
    return std::array{pixel(frame, 0, 0), pixel(frame, 1, 0)};
  };
  CHECK(first_pixels(8, {7, 0}) == std::array{0xFF0055FFU, 0xFF000000U});
  CHECK(first_pixels(15, {0x1F, 0x00, 0x00, 0x7C}) == std::array{0xFFFF0000U, 0xFF0000FFU});
  CHECK(first_pixels(16, {0xE0, 0x07, 0x00, 0xF8}) == std::array{0xFF00FF00U, 0xFF0000FFU});
  CHECK(first_pixels(24, {1, 2, 3, 0x40, 0x50, 0x60}) == std::array{0xFF010203U, 0xFF405060U});
  CHECK(first_pixels(32, {1, 2, 3, 0, 0x40, 0x50, 0x60, 0}) ==
        std::array{0xFF010203U, 0xFF405060U});
}

TEST_CASE("dispi: four bits a pixel are planes of a wide screen", "[devices][video][dispi]") {
  DispiRig rig;
  rig.set(kMode3);
  rig.mode(800, 600, 4, kOn);
  rig.open_window();
  rig.indexed(0x3C4, 4, 0x06);
  rig.indexed(0x3CE, 5, 0x00);
  rig.indexed(0x3C4, 2, 0x04);
  rig.poke(0xA0000 + 100, 0x80);  // second line
  const devices::Frame frame = rig.frame();
  CHECK(frame.width == 800);
  CHECK(frame.height == 600);
  CHECK(pixel(frame, 0, 1) == 0xFF0000AA);
  CHECK(pixel(frame, 1, 1) == 0xFF000000);
}

TEST_CASE("dispi: the window is a bank of linear memory; banks beyond memory are refused",
          "[devices][video][dispi]") {
  BoardRig rig;
  rig.open_window();
  rig.mode(1024, 768, 8);
  rig.dispi(kBank, 3);
  rig.store(0xA1234, 0x77);
  CHECK(rig.load(kLinearFirst + 0x31234) == 0x77);
  CHECK(rig.load(0xA1234) == 0x77);
  rig.store(kLinearFirst + 0x3FFFF, 0x66);
  CHECK(rig.load(0xAFFFF) == 0x66);
  rig.dispi(kBank, 64);
  CHECK(rig.dispi(kBank) == 3);
  rig.dispi(kBank, 0xC000 | 63);  // for reads and writes
  CHECK(rig.dispi(kBank) == 63);
  rig.store(0xAFFFF, 0x55);
  CHECK(rig.load(kLinearFirst + (4 << 20) - 1) == 0x55);
}

TEST_CASE("dispi: linear memory is there only while a mode asks for it",
          "[devices][video][dispi]") {
  BoardRig rig;
  CHECK(rig.load(kLinearFirst) == 0xFF);
  rig.mode(640, 480, 8);
  CHECK(rig.load(kLinearFirst) == 0x00);
  rig.dispi(kEnable, 0);
  CHECK(rig.load(kLinearFirst) == 0xFF);
  rig.mode(640, 480, 8, kOn);
  CHECK(rig.load(kLinearFirst) == 0xFF);
}

TEST_CASE("dispi: starting a mode clears memory unless told to keep it",
          "[devices][video][dispi]") {
  BoardRig rig;
  rig.mode(640, 480, 8);
  rig.store(kLinearFirst + 0x100000, 1);
  rig.mode(640, 480, 8, kOn | kLinear | kKeep);
  CHECK(rig.load(kLinearFirst + 0x100000) == 1);
  rig.mode(640, 480, 8);
  CHECK(rig.load(kLinearFirst + 0x100000) == 0);
}

TEST_CASE("dispi: offsets and a wider virtual screen scroll the picture",
          "[devices][video][dispi]") {
  BoardRig rig;
  rig.mode(640, 480, 32);
  rig.dispi(kVirtualWidth, 1024);
  CHECK(rig.dispi(kVirtualHeight) == 1024);
  rig.store(kLinearFirst + (5 * 1024 + 9) * 4, {0, 0, 0xFF, 0});
  rig.dispi(kX, 8);
  rig.dispi(kY, 5);
  CHECK(pixel(rig.frame(), 1, 0) == 0xFF0000FF);
  CHECK(pixel(rig.frame(), 0, 0) == 0xFF000000);
  rig.dispi(kVirtualWidth, 8);
  CHECK(rig.dispi(kVirtualWidth) == 640);
  rig.dispi(kY, 0xFFFF);  // far outside: some picture, no harm
  rig.dispi(kX, 0xFFFF);
  CHECK(rig.frame().height == 480);
}

TEST_CASE("dispi: a wide DAC keeps all eight bits", "[devices][video][dispi]") {
  BoardRig rig;
  rig.color(1, 0x3F, 0, 0);
  rig.mode(640, 480, 8, kOn | kLinear | kWideDac);
  rig.out(0x3C8, 2);
  for (const int level : {0x81, 0xFF, 0x03}) rig.out(0x3C9, level);
  rig.out(0x3C7, 1);
  CHECK(rig.in(0x3C9) == 0xFC);
  rig.store(kLinearFirst, {2});
  CHECK(pixel(rig.frame(), 0, 0) == 0xFF03FF81);
  rig.dispi(kEnable, 0);
  rig.out(0x3C7, 2);
  CHECK(rig.in(0x3C9) == 0x20);
}

TEST_CASE("dispi: there is no text in its modes, and text again after", "[devices][video][dispi]") {
  DispiRig rig;
  rig.set(kMode3);
  CHECK(rig.video.text_screen().columns == 80);
  rig.mode(640, 480, 8);
  CHECK(rig.video.text_screen().columns == 0);
  rig.dispi(kEnable, 0);
  CHECK(rig.video.text_screen().columns == 80);
}

TEST_CASE("video: a text window that is used a lot becomes the processor's own pages",
          "[devices][video][direct]") {
  BoardRig rig;
  rig.set(kMode3);
  rig.glyph('A', 5, 0x18);
  rig.store(0xB8000, {'A', 0x07});
  CHECK_FALSE(rig.handed_out(0xB8000));
  for (std::uint32_t i = 4; i < 4000; i += 2) rig.store(0xB8000 + i, {'.', 0x07});
  REQUIRE(rig.handed_out(0xB8000));
  CHECK_FALSE(rig.handed_out(0xB0000));
  CHECK(rig.load(0xB8000) == 'A');

  const std::uint64_t before = rig.video.generation();
  CHECK(rig.video.generation() == before);
  rig.store(0xB8000 + 160, {'B', 0x1F});
  CHECK(rig.video.generation() != before);
  CHECK(rig.video.text_screen().line(1).substr(0, 2) == "B.");
  CHECK(rig.plane(0, 160) == 'B');
  CHECK(rig.plane(2, 'A' * 32 + 5) == 0x18);  // the font is where it was

  rig.font_access(true);  // planes again, with what was written as text
  CHECK_FALSE(rig.handed_out(0xB8000));
  rig.indexed(0x3CE, 4, 0);
  CHECK(rig.load(0xA0000 + 160) == 'B');
}

TEST_CASE("video: observers see the window's bytes however they are kept",
          "[devices][video][direct]") {
  BoardRig rig;
  rig.set(kMode3);
  const auto seen = [&rig](std::uint32_t address) {
    std::uint8_t byte = 0;
    rig.memory.peek(address, {&byte, 1});
    return byte;
  };
  rig.store(0xB8000, {'x', 0x07});
  CHECK(seen(0xB8000) == 'x');
  for (std::uint32_t i = 2; i < 4000; ++i) rig.store(0xB8000 + i, 0x20);
  CHECK(rig.handed_out(0xB8000));
  CHECK(seen(0xB8000) == 'x');
  CHECK(seen(0xB7FFF) == 0xFF);
}

TEST_CASE("video: pages handed out make no difference to what anybody reads or sees",
          "[devices][video][direct]") {
  BoardRig board;  // hands out
  DispiRig alone;  // is asked for every byte
  std::mt19937 random(2024);
  const auto any = [&random](unsigned below) { return static_cast<unsigned>(random() % below); };
  const auto both = [&](auto action) {
    action(static_cast<DispiRig&>(board));
    action(alone);
  };
  both([](DispiRig& rig) { rig.set(kMode3); });
  unsigned handed_out = 0;
  for (int round = 0; round < 150; ++round) {
    const unsigned choice = any(7);
    const unsigned bank = any(64), bits = any(4);
    both([&](DispiRig& rig) {
      if (choice == 6) {
        rig.open_window();
        constexpr std::array<int, 4> depths{8, 16, 24, 32};
        rig.mode(640, 480, depths.at(bits), kOn | kLinear | kKeep);
        rig.dispi(kBank, static_cast<int>(bank));
        return;
      }
      rig.dispi(kEnable, 0);
      rig.indexed(0x3CE, 3, 0);
      rig.indexed(0x3CE, 8, 0xFF);
      rig.indexed(0x3C4, 2, choice < 3 ? 0x03 : 0x0F);
      rig.indexed(0x3C4, 4, choice < 3 ? 0x02 : choice < 5 ? 0x0E : 0x06);
      rig.indexed(0x3CE, 5, choice < 3 ? 0x10 : 0x00);
      rig.indexed(0x3CE, 4, 0);
      rig.indexed(0x3CE, 6, choice == 0 ? 0x0A : choice < 3 ? 0x0E : 0x05);
    });
    const std::uint32_t first = choice == 0 ? 0xB0000 : choice < 3 ? 0xB8000 : 0xA0000;
    const std::uint32_t size = choice < 3 ? 0x8000 : 0x10000;
    const unsigned accesses = any(2) == 0 ? any(100) : 600 + any(2000);
    for (unsigned i = 0; i < accesses; ++i) {
      const std::uint32_t address = first + any(size);
      if (any(3) == 0) {
        REQUIRE(board.load(address) == alone.peek(static_cast<int>(address)));
      } else {
        const auto value = static_cast<int>(any(256));
        board.store(address, value);
        alone.poke(static_cast<int>(address), value);
      }
    }
    handed_out += board.handed_out(first);
    if (round % 10 == 0) {
      const devices::Frame left = board.frame(), right = alone.frame();
      REQUIRE(left.width == right.width);
      REQUIRE(left.pixels == right.pixels);
    }
    if (round % 25 == 24) {  // and a saved state is the same card
      devices::Archive saved = devices::Archive::saver(), other = devices::Archive::saver();
      board.video.serialize(saved);
      alone.video.serialize(other);
      REQUIRE(std::ranges::equal(saved.saved(), other.saved()));
      devices::Archive loader = devices::Archive::loader(saved.saved());
      board.video.serialize(loader);
      CHECK(loader.at_end());
    }
  }
  CHECK(handed_out > 20);
}

TEST_CASE("video: a damaged state is refused or harmless", "[devices][video][dispi]") {
  DispiRig rig;
  rig.mode(1024, 768, 32);
  devices::Archive saved = devices::Archive::saver();
  rig.video.serialize(saved);
  std::mt19937 random(7);
  for (int i = 0; i < 300; ++i) {
    std::vector<std::uint8_t> bytes(saved.saved().begin(), saved.saved().end());
    bytes.at(random() % 1100) = static_cast<std::uint8_t>(random());
    DispiRig other;
    devices::Archive loader = devices::Archive::loader(bytes);
    try {
      other.video.serialize(loader);
    } catch (const devices::ArchiveError&) {
      continue;
    }
    CHECK(other.frame().width > 0);
  }
}
