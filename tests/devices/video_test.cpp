// The VGA through its ports and its memory window, brought into text modes by the register values
// of the IBM PS/2 technical reference, as its BIOS does.
#include <iconv.h>

#include <array>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "devices/video_cp437.h"
#include "tests/catch.hpp"
#include "tests/devices/video_rig.h"

namespace {

constexpr std::uint32_t kBlack = 0xFF000000, kGray = 0xFFAAAAAA, kWhite = 0xFFFFFFFF;
constexpr std::uint32_t kBlue = 0xFFAA0000, kBrown = 0xFF0055AA;

}  // namespace

TEST_CASE("video: registers read back through their index ports, without bits that do not exist",
          "[devices][video]") {
  VgaRig rig;
  rig.out(0x3C2, 0x67);
  CHECK(rig.in(0x3CC) == 0x67);
  rig.indexed(0x3C4, 2, 0xFF);
  CHECK(rig.indexed(0x3C4, 2) == 0x0F);
  rig.indexed(0x3CE, 8, 0xA5);
  CHECK(rig.indexed(0x3CE, 8) == 0xA5);
  rig.indexed(0x3D4, 0x0F, 0x5A);
  CHECK(rig.indexed(0x3D4, 0x0F) == 0x5A);
  CHECK(rig.in(0x3D4) == 0x0F);
  rig.indexed(0x3D4, 0x30, 0x5A);  // beyond the VGA's registers
  CHECK(rig.indexed(0x3D4, 0x30) == 0);
  rig.out(0x3DA, 0x02);
  CHECK(rig.in(0x3CA) == 0x02);
  CHECK(rig.in(0x3C2) == 0x10);
}

TEST_CASE("video: a word to an index port writes index and data", "[devices][video]") {
  VgaRig rig;
  rig.out(0x3C2, 0x67);
  rig.ports.out16(0x3D4, 0x3C0E);
  CHECK(rig.indexed(0x3D4, 0x0E) == 0x3C);
}

TEST_CASE("video: misc bit 0 moves the CRTC between 3Bxh and 3Dxh", "[devices][video]") {
  VgaRig rig;
  rig.out(0x3C2, 0x67);
  rig.indexed(0x3D4, 0x0E, 0x12);
  CHECK(rig.indexed(0x3B4, 0x0E) == 0xFF);
  CHECK(rig.in(0x3BA) == 0xFF);
  rig.out(0x3C2, 0x66);
  CHECK(rig.indexed(0x3B4, 0x0E) == 0x12);
  CHECK(rig.in(0x3D5) == 0xFF);
  CHECK(rig.in(0x3BA) != 0xFF);
}

TEST_CASE("video: CRTC 11h bit 7 protects registers 0-7 but for line compare bit 8",
          "[devices][video]") {
  VgaRig rig;
  rig.set(kMode3);  // leaves 11h = 8Eh
  rig.indexed(0x3D4, 0x00, 0x11);
  CHECK(rig.indexed(0x3D4, 0x00) == 0x5F);
  rig.indexed(0x3D4, 0x07, 0x00);
  CHECK(rig.indexed(0x3D4, 0x07) == 0x0F);
  rig.indexed(0x3D4, 0x11, 0x0E);
  rig.indexed(0x3D4, 0x00, 0x11);
  CHECK(rig.indexed(0x3D4, 0x00) == 0x11);
}

TEST_CASE("video: reading 3DAh makes the next write to 3C0h an index", "[devices][video]") {
  VgaRig rig;
  rig.out(0x3C2, 0x67);
  rig.in(0x3DA);
  rig.out(0x3C0, 0x11);
  rig.in(0x3DA);
  rig.out(0x3C0, 0x12);
  rig.out(0x3C0, 0x0F);
  CHECK(rig.in(0x3C0) == 0x12);
  CHECK(rig.in(0x3C1) == 0x0F);
  rig.out(0x3C0, 0x11);
  CHECK(rig.in(0x3C1) == 0x00);
}

TEST_CASE("video: the DAC counts through red, green, blue and reads back", "[devices][video]") {
  VgaRig rig;
  rig.color(0xFF, 0x3F, 0x80 | 0x15, 1);
  rig.out(0x3C9, 7);  // index has wrapped to 0
  rig.out(0x3C7, 0xFF);
  CHECK(rig.in(0x3C7) == 0x03);
  CHECK(rig.in(0x3C9) == 0x3F);
  CHECK(rig.in(0x3C9) == 0x15);
  CHECK(rig.in(0x3C9) == 1);
  CHECK(rig.in(0x3C9) == 7);
  rig.out(0x3C8, 0);
  CHECK(rig.in(0x3C7) == 0x00);
}

TEST_CASE("video: retrace comes 70 times a second for two lines of 449", "[devices][video]") {
  VgaRig rig;
  rig.set(kMode3);
  // 28.322 MHz / 900 dots / 449 lines = 70.086 Hz: 14268 us, of which 2 lines = 63.6 us are
  // retrace.
  unsigned retraces = 0, retrace_microseconds = 0, displaying = 0;
  int last = 0;
  for (unsigned microsecond = 0; microsecond < 1'000'000; ++microsecond) {
    rig.time.advance_to(microsecond * devices::kMicrosecond);
    const int status = rig.in(0x3DA);
    retraces += (status & 8) != 0 && (last & 8) == 0;
    retrace_microseconds += (status & 8) != 0;
    displaying += (status & 1) == 0;
    last = status;
  }
  CHECK(retraces == 70);
  CHECK(retrace_microseconds == Approx(70 * 63.6).epsilon(0.02));
  CHECK(displaying == Approx(1e6 * (400.0 / 449) * (720.0 / 900)).epsilon(0.01));
}

TEST_CASE("video: text memory spreads characters and attributes over planes 0 and 1",
          "[devices][video]") {
  VgaRig rig;
  rig.set(kMode3);
  rig.print(0xB8000, "AB", 0x1E);
  CHECK(rig.peek(0xB8000) == 'A');
  CHECK(rig.peek(0xB8003) == 0x1E);
  CHECK(rig.plane(0, 2) == 'B');
  CHECK(rig.plane(1, 2) == 0x1E);
  CHECK(rig.plane(2, 2) == 0);
  CHECK(rig.peek(0xB0000) == 0xFF);
  CHECK(rig.peek(0xA0000) == 0xFF);
  rig.poke(0xBFFFF, 0x77);
  CHECK(rig.peek(0xBFFFF) == 0x77);
}

TEST_CASE("video: the map mode and RAM enable decide which addresses answer", "[devices][video]") {
  VgaRig rig;
  rig.set(kMode3);
  rig.planar();
  const auto answers = [&rig](int address) {
    rig.poke(address, 0x42);
    return rig.peek(address) == 0x42;
  };
  CHECK(answers(0xAFFFF));
  CHECK_FALSE(answers(0xB0000));
  rig.indexed(0x3CE, 6, 0x01);
  CHECK(answers(0xA0000));
  CHECK(answers(0xBFFFF));
  rig.indexed(0x3CE, 6, 0x09);
  CHECK(answers(0xB7FFF));
  CHECK_FALSE(answers(0xB8000));
  rig.out(0x3C2, 0x65);
  CHECK_FALSE(answers(0xB0000));
}

TEST_CASE("video: write mode 0 takes set/reset, rotation, operation and bit mask",
          "[devices][video]") {
  VgaRig rig;
  rig.set(kMode3);
  rig.planar();
  rig.poke(0xA0000, 0xF0);
  for (int n = 0; n < 4; ++n) CHECK(rig.plane(n, 0) == 0xF0);

  rig.indexed(0x3CE, 3, 4);  // rotate right by four
  rig.poke(0xA0001, 0x1E);
  CHECK(rig.plane(0, 1) == 0xE1);

  rig.indexed(0x3CE, 3, 0x18);  // XOR with the latches
  rig.peek(0xA0000);
  rig.poke(0xA0000, 0xFF);
  CHECK(rig.plane(3, 0) == 0x0F);

  rig.indexed(0x3CE, 3, 0);
  rig.indexed(0x3CE, 0, 0x05);  // planes 0 and 2 get ones,
  rig.indexed(0x3CE, 1, 0x07);  // plane 1 zeroes, plane 3 the processor's byte,
  rig.indexed(0x3CE, 8, 0x3C);  // in the middle bits only
  rig.peek(0xA0001);            // E1 in all planes
  rig.poke(0xA0001, 0x24);
  CHECK(rig.plane(0, 1) == 0xFD);
  CHECK(rig.plane(1, 1) == 0xC1);
  CHECK(rig.plane(2, 1) == 0xFD);
  CHECK(rig.plane(3, 1) == 0xE5);

  rig.indexed(0x3C4, 2, 0x02);
  rig.poke(0xA0001, 0);
  CHECK(rig.plane(0, 1) == 0xFD);
}

TEST_CASE("video: write modes 1, 2 and 3", "[devices][video]") {
  VgaRig rig;
  rig.set(kMode3);
  rig.planar();
  rig.indexed(0x3CE, 5, 2);
  rig.poke(0xA0010, 0x0A);
  for (int n = 0; n < 4; ++n) CHECK(rig.plane(n, 0x10) == (n % 2 != 0 ? 0xFF : 0x00));

  rig.indexed(0x3CE, 5, 1);  // copies all planes through the latches
  rig.peek(0xA0010);
  rig.poke(0xA0020, 0x99);
  for (int n = 0; n < 4; ++n) CHECK(rig.plane(n, 0x20) == (n % 2 != 0 ? 0xFF : 0x00));

  rig.indexed(0x3CE, 5, 3);  // byte AND bit mask selects where set/reset goes
  rig.indexed(0x3CE, 0, 0x01);
  rig.indexed(0x3CE, 8, 0xF0);
  rig.peek(0xA0020);
  rig.poke(0xA0020, 0x3C);
  CHECK(rig.plane(0, 0x20) == 0x30);
  CHECK(rig.plane(1, 0x20) == 0xCF);
}

TEST_CASE("video: read mode 1 marks the dots of one colour", "[devices][video]") {
  VgaRig rig;
  rig.set(kMode3);
  rig.planar();
  rig.indexed(0x3CE, 5, 2);
  rig.indexed(0x3CE, 8, 0x0F);
  rig.poke(0xA0000, 0x05);
  rig.indexed(0x3CE, 8, 0xFF);
  rig.indexed(0x3CE, 5, 8);
  rig.indexed(0x3CE, 2, 0x05);
  rig.indexed(0x3CE, 7, 0x0F);
  CHECK(rig.peek(0xA0000) == 0x0F);
  rig.indexed(0x3CE, 7, 0x00);  // no plane matters: every dot matches
  CHECK(rig.peek(0xA0000) == 0xFF);
  rig.indexed(0x3CE, 7, 0x0A);  // planes 1 and 3 are zero everywhere
  CHECK(rig.peek(0xA0000) == 0xFF);
}

TEST_CASE("video: chain 4 puts neighbouring bytes into neighbouring planes", "[devices][video]") {
  VgaRig rig;
  rig.set(kMode3);
  rig.planar();
  rig.indexed(0x3C4, 4, 0x0E);
  for (int i = 0; i < 4; ++i) rig.poke(0xA0004 + i, 0x10 + i);
  for (int i = 0; i < 4; ++i) CHECK(rig.plane(i, 4) == 0x10 + i);
  for (int i = 0; i < 4; ++i) CHECK(rig.peek(0xA0004 + i) == 0x10 + i);
}

TEST_CASE("video: the text screen follows start address, pitch and cursor", "[devices][video]") {
  VgaRig rig;
  rig.set(kMode3);
  rig.print(0xB8000 + 160, "second line");
  rig.print(0xB8000 + 4096, "page one");
  rig.indexed(0x3D4, 0x0E, 0);
  rig.indexed(0x3D4, 0x0F, 85);

  devices::TextScreen screen = rig.video.text_screen();
  CHECK(screen.columns == 80);
  CHECK(screen.rows == 25);
  CHECK(screen.line(1) == "second line");
  CHECK(screen.line(99).empty());
  CHECK(screen.cursor_visible);
  CHECK(screen.cursor_x == 5);
  CHECK(screen.cursor_y == 1);

  rig.indexed(0x3D4, 0x0C, 0x08);  // 2048 characters further
  screen = rig.video.text_screen();
  CHECK(screen.line(0) == "page one");
  CHECK(screen.text().starts_with("page one\n\n"));
  CHECK_FALSE(screen.cursor_visible);

  rig.indexed(0x3D4, 0x0E, 0x08);
  CHECK(rig.video.text_screen().cursor_visible);
  rig.indexed(0x3D4, 0x0A, 0x20);
  CHECK_FALSE(rig.video.text_screen().cursor_visible);
}

TEST_CASE("video: smaller cells make 43 and 50 lines", "[devices][video]") {
  VgaRig rig;
  rig.set(kMode3);
  rig.indexed(0x3D4, 0x09, 0x47);
  CHECK(rig.video.text_screen().rows == 50);
  rig.indexed(0x3D4, 0x12, 0x5D);  // 350 lines
  CHECK(rig.video.text_screen().rows == 43);
}

TEST_CASE("video: a graphics mode has no text", "[devices][video]") {
  VgaRig rig;
  rig.set(kMode3);
  rig.indexed(0x3CE, 6, 0x05);
  CHECK(rig.video.text_screen().columns == 0);
  CHECK(rig.video.text_screen().text().empty());
}

TEST_CASE("video: glyphs come out of plane 2 in the colours of the DAC", "[devices][video]") {
  VgaRig rig;
  rig.set(kMode3);
  rig.glyph('A', 3, 0x81);
  rig.print(0xB8000, "A", 0x1F);
  rig.print(0xB8002, "A", 0x06);
  const devices::Frame frame = rig.frame();
  REQUIRE(frame.width == 720);
  REQUIRE(frame.height == 400);
  CHECK(pixel(frame, 0, 3) == kWhite);
  CHECK(pixel(frame, 1, 3) == kBlue);
  CHECK(pixel(frame, 7, 3) == kWhite);
  CHECK(pixel(frame, 8, 3) == kBlue);  // the ninth dot
  CHECK(pixel(frame, 0, 2) == kBlue);
  CHECK(pixel(frame, 9, 3) == kBrown);
  CHECK(pixel(frame, 10, 3) == kBlack);
}

TEST_CASE("video: the ninth dot repeats the eighth for line drawing only", "[devices][video]") {
  VgaRig rig;
  rig.set(kMode3);
  rig.indexed(0x3D4, 0x0A, 0x20);
  rig.glyph(0xC4, 0, 0xFF);
  rig.glyph(0xB0, 0, 0xFF);
  rig.print(0xB8000, "\xC4\xB0");
  devices::Frame frame = rig.frame();
  CHECK(pixel(frame, 8, 0) == kGray);
  CHECK(pixel(frame, 17, 0) == kBlack);
  rig.attribute(0x10, 0x08);
  frame = rig.frame();
  CHECK(pixel(frame, 8, 0) == kBlack);
  rig.indexed(0x3C4, 1, 0x01);  // eight dots
  CHECK(rig.frame().width == 640);
}

TEST_CASE("video: attribute bit 3 picks the second font when both maps differ",
          "[devices][video]") {
  VgaRig rig;
  rig.set(kMode3);
  rig.glyph('A', 0, 0xFF);
  rig.glyph('A', 1, 0xFF, 0x2000);
  rig.indexed(0x3C4, 3, 0x10);  // map B (bit 3 clear) at 8 KiB, map A at 0
  rig.print(0xB8000, "A", 0x07);
  rig.print(0xB8002, "A", 0x0F);
  rig.indexed(0x3D4, 0x0A, 0x20);
  const devices::Frame frame = rig.frame();
  CHECK(pixel(frame, 0, 0) == kBlack);
  CHECK(pixel(frame, 0, 1) == kGray);
  CHECK(pixel(frame, 9, 0) == kWhite);
  CHECK(pixel(frame, 9, 1) == kBlack);
}

TEST_CASE("video: attribute bit 7 blinks or brightens the background", "[devices][video]") {
  VgaRig rig;
  rig.set(kMode3);
  rig.indexed(0x3D4, 0x0A, 0x20);
  rig.glyph('A', 0, 0xFF);
  rig.print(0xB8000, "A", 0x87);
  std::set<std::uint32_t> seen;
  unsigned changes = 0;
  for (unsigned tick = 0, last = 0; tick < 100; ++tick) {
    rig.time.advance_to(tick * 20 * devices::kMillisecond);
    seen.insert(pixel(rig.frame(), 0, 0));
    changes += (rig.video.blink_phase() & 2) != last;
    last = rig.video.blink_phase() & 2;
  }
  CHECK(seen == std::set{kBlack, kGray});
  CHECK(changes == 8);  // 2 s * 70 Hz / 16 frames

  rig.attribute(0x10, 0x04);
  CHECK(pixel(rig.frame(), 0, 0) == kGray);
  CHECK(pixel(rig.frame(), 0, 1) == 0xFF555555);
}

TEST_CASE("video: the cursor fills its scan lines and blinks every eight frames",
          "[devices][video]") {
  VgaRig rig;
  rig.set(kMode3);
  rig.print(0xB8000, " ");
  CHECK(pixel(rig.frame(), 0, 12) == kBlack);
  CHECK(pixel(rig.frame(), 0, 13) == kGray);
  CHECK(pixel(rig.frame(), 8, 14) == kGray);
  CHECK(pixel(rig.frame(), 0, 15) == kBlack);
  rig.time.advance_to(9 * 14268 * devices::kMicrosecond);
  CHECK(rig.video.blink_phase() == 1);
  CHECK(pixel(rig.frame(), 0, 13) == kBlack);
}

TEST_CASE("video: underline shows at its scan line under attribute 01h", "[devices][video]") {
  VgaRig rig;
  rig.set(kMode3);
  rig.indexed(0x3D4, 0x0A, 0x20);
  rig.indexed(0x3D4, 0x14, 0x0C);
  rig.print(0xB8000, " ", 0x01);
  rig.print(0xB8002, " ", 0x07);
  const devices::Frame frame = rig.frame();
  CHECK(pixel(frame, 0, 12) == kBlue);
  CHECK(pixel(frame, 0, 11) == kBlack);
  CHECK(pixel(frame, 9, 12) == kBlack);
}

TEST_CASE("video: row scan and pel panning scroll smoothly, line compare splits the screen",
          "[devices][video]") {
  VgaRig rig;
  rig.set(kMode3);
  rig.indexed(0x3D4, 0x0A, 0x20);
  rig.glyph('A', 5, 0x20);
  rig.print(0xB8000, "A");
  CHECK(pixel(rig.frame(), 2, 5) == kGray);

  rig.indexed(0x3D4, 0x08, 0x03);
  rig.attribute(0x13, 0x01);  // two dots in a nine-dot mode
  CHECK(pixel(rig.frame(), 0, 2) == kGray);

  rig.indexed(0x3D4, 0x0D, 80);  // the text itself starts a row further
  rig.indexed(0x3D4, 0x08, 0x00);
  rig.indexed(0x3D4, 0x07, 0x0F);
  rig.indexed(0x3D4, 0x09, 0x0F);
  rig.indexed(0x3D4, 0x18, 99);
  CHECK(pixel(rig.frame(), 0, 105) == kGray);
  rig.attribute(0x10, 0x2C);  // the lower part does not pan
  CHECK(pixel(rig.frame(), 2, 105) == kGray);
}

TEST_CASE("video: half the dot clock and double scan stretch the picture", "[devices][video]") {
  VgaRig rig;
  Mode mode = kMode3;
  mode.sequencer[1] = 0x09;
  mode.crtc[0x01] = 0x27;
  mode.crtc[0x09] = 0xC7;
  rig.set(mode);
  rig.indexed(0x3D4, 0x0A, 0x20);
  rig.glyph('A', 1, 0x80);
  rig.print(0xB8000, "A");
  const devices::Frame frame = rig.frame();
  CHECK(frame.width == 640);
  CHECK(frame.height == 400);
  CHECK(pixel(frame, 1, 2) == kGray);
  CHECK(pixel(frame, 1, 3) == kGray);
  CHECK(pixel(frame, 2, 2) == kBlack);
  CHECK(pixel(frame, 0, 4) == kBlack);
  CHECK(rig.video.text_screen().rows == 25);
}

TEST_CASE("video: the screen goes dark without the palette address source or by sequencer 1",
          "[devices][video]") {
  VgaRig rig;
  rig.set(kMode3);
  rig.print(0xB8000, "A", 0x70);
  CHECK(pixel(rig.frame(), 0, 0) == kGray);
  rig.in(0x3DA);
  rig.out(0x3C0, 0x00);
  CHECK(pixel(rig.frame(), 0, 0) == kBlack);
  rig.in(0x3DA);
  rig.out(0x3C0, 0x20);
  CHECK(pixel(rig.frame(), 0, 0) == kGray);
  rig.indexed(0x3C4, 1, 0x20);
  CHECK(pixel(rig.frame(), 0, 0) == kBlack);
}

TEST_CASE("video: the generation grows with the picture and rests without change",
          "[devices][video]") {
  VgaRig rig;
  rig.set(kMode3);
  rig.print(0xB8000, "same");
  const std::uint64_t before = rig.video.generation();
  rig.print(0xB8000, "same");
  rig.peek(0xB8000);
  rig.in(0x3DA);
  CHECK(rig.video.generation() == before);
  rig.poke(0xB8000, 'S');
  CHECK(rig.video.generation() > before);
}

TEST_CASE("video: any register contents give a bounded picture", "[devices][video]") {
  VgaRig rig;
  std::uint32_t noise = 1;
  const auto next = [&noise] {
    return static_cast<int>((noise = noise * 1664525 + 1013904223) >> 24);
  };
  for (int round = 0; round < 60; ++round) {
    for (int access = 0; access < 400; ++access) {
      rig.out(0x3B4 + next() % 0x28, next());
      rig.in(0x3B4 + next() % 0x28);
      rig.poke(0xA0000 + next() * 512 + next(), next());
      rig.peek(0xA0000 + next() * 512 + next());
    }
    rig.indexed(0x3CE, 6, 0x0C);
    rig.time.advance_to(rig.time.now() + devices::kMillisecond);
    const devices::TextScreen screen = rig.video.text_screen();
    const devices::Frame frame = rig.frame();
    CHECK(screen.cells.size() == std::size_t{screen.columns} * screen.rows);
    CHECK(frame.width <= 2U * 256 * 9);
    CHECK(frame.height <= 1024);
    (void)screen.text();
  }
}

TEST_CASE("video: a saved card comes back with its picture", "[devices][video]") {
  VgaRig rig;
  rig.set(kMode3);
  rig.glyph('A', 0, 0x5A);
  rig.print(0xB8000, "A\x01 saved", 0x4E);
  devices::Archive saved = devices::Archive::saver();
  rig.video.serialize(saved);

  VgaRig other;
  devices::Archive loading = devices::Archive::loader(saved.saved());
  other.video.serialize(loading);
  CHECK(loading.at_end());
  CHECK(other.video.text_screen() == rig.video.text_screen());
  CHECK(other.frame().pixels == rig.frame().pixels);
  CHECK(other.peek(0xB8001) == 0x4E);

  const auto cut = saved.saved().first(saved.saved().size() / 2);
  devices::Archive short_file = devices::Archive::loader(cut);
  CHECK_THROWS_AS(other.video.serialize(short_file), devices::ArchiveError);
}

TEST_CASE("video: code page 437 agrees with the C library's", "[devices][video]") {
  const iconv_t converter = iconv_open("UTF-8", "CP437");
  REQUIRE(converter != reinterpret_cast<iconv_t>(-1));  // NOLINT: iconv's own error value
  for (unsigned code = 0x20; code < 0xFF; ++code) {
    if (code == 0x7F) continue;
    char in = static_cast<char>(code);
    std::array<char, 8> out{};
    char* in_next = &in;
    char* out_next = out.data();
    std::size_t in_left = 1, out_left = out.size();
    REQUIRE(iconv(converter, &in_next, &in_left, &out_next, &out_left) == 0);
    std::string ours;
    devices::append_utf8(ours, devices::cp437_to_unicode(static_cast<std::uint8_t>(code)));
    CHECK(ours == std::string(out.data(), out_next));
  }
  iconv_close(converter);
  CHECK(devices::cp437_to_unicode(0x01) == U'☺');
  CHECK(devices::cp437_to_unicode(0x1F) == U'▼');
  CHECK(devices::cp437_to_unicode(0x7F) == U'⌂');
  CHECK(devices::cp437_to_unicode(0x00) == U' ');
}
