// Pictures of graphics modes, brought about by register values alone as in the IBM PS/2 technical
// reference; what is expected follows from its descriptions of the shift modes and of the CRTC.
#include <algorithm>
#include <array>
#include <vector>

#include "tests/catch.hpp"
#include "tests/devices/video_rig.h"

namespace {

// clang-format off
const Mode kMode4{
    0x63,
    {0x03, 0x09, 0x03, 0x00, 0x02},
    {0x2D, 0x27, 0x28, 0x90, 0x2B, 0x80, 0xBF, 0x1F, 0x00, 0xC1, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
     0x9C, 0x8E, 0x8F, 0x14, 0x00, 0x96, 0xB9, 0xA2, 0xFF},
    {0x00, 0x13, 0x15, 0x17, 0x02, 0x04, 0x06, 0x07, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17,
     0x01, 0x00, 0x03, 0x00, 0x00},
    {0x00, 0x00, 0x00, 0x00, 0x00, 0x30, 0x0F, 0x00, 0xFF}};
const Mode kMode12{
    0xE3,
    {0x03, 0x01, 0x0F, 0x00, 0x06},
    {0x5F, 0x4F, 0x50, 0x82, 0x54, 0x80, 0x0B, 0x3E, 0x00, 0x40, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
     0xEA, 0x8C, 0xDF, 0x28, 0x00, 0xE7, 0x04, 0xE3, 0xFF},
    {0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x14, 0x07, 0x38, 0x39, 0x3A, 0x3B, 0x3C, 0x3D, 0x3E, 0x3F,
     0x01, 0x00, 0x0F, 0x00, 0x00},
    {0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05, 0x0F, 0xFF}};
const Mode kMode13{
    0x63,
    {0x03, 0x01, 0x0F, 0x00, 0x0E},
    {0x5F, 0x4F, 0x50, 0x82, 0x54, 0x80, 0xBF, 0x1F, 0x00, 0x41, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
     0x9C, 0x8E, 0x8F, 0x28, 0x40, 0x96, 0xB9, 0xA3, 0xFF},
    {0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x0E, 0x0F,
     0x41, 0x00, 0x0F, 0x00, 0x00},
    {0x00, 0x00, 0x00, 0x00, 0x00, 0x40, 0x05, 0x0F, 0xFF}};
// clang-format on

struct GraphicsRig : VgaRig {
  explicit GraphicsRig(const Mode& mode) {
    set(mode);
    // Gray n for DAC entry n, whatever the six bits can tell.
    for (int i = 0; i < 256; ++i) color(i, i & 0x3F, i >> 2 & 0x3F, 0);
  }
  // The DAC entry that a pixel came from, for entries 0-63.
  unsigned at(unsigned x, unsigned y) { return (pixel(shown, x, y) & 0xFF) >> 2; }
  // The same for all 256: red has the low six bits, green the high six.
  unsigned entry(unsigned x, unsigned y) {
    const unsigned red = at(x, y), green = pixel(shown, x, y) >> 10 & 0x3F;
    return red | (green & 0x30) << 2;
  }
  void draw() { video.render(shown); }

  devices::Frame shown;
};

}  // namespace

TEST_CASE("video: CGA graphics take two bits a dot from even and odd bytes, lines from two banks",
          "[devices][video][graphics]") {
  GraphicsRig rig(kMode4);
  rig.poke(0xB8000, 0b00'01'10'11);
  rig.poke(0xB8001, 0b11'00'00'01);
  rig.poke(0xB8000 + 0x2000, 0b10'10'00'00);  // the second line
  rig.poke(0xB8000 + 80, 0b01'00'00'00);      // the third
  rig.draw();
  CHECK(rig.shown.width == 640);
  CHECK(rig.shown.height == 400);
  const std::array<unsigned, 8> first{0x00, 0x13, 0x15, 0x17, 0x17, 0x00, 0x00, 0x13};
  for (unsigned x = 0; x < 16; ++x) {
    CHECK(rig.at(x, 0) == first[x / 2]);
    CHECK(rig.at(x, 1) == first[x / 2]);
  }
  CHECK(rig.at(0, 2) == 0x15);
  CHECK(rig.at(3, 3) == 0x15);
  CHECK(rig.at(4, 2) == 0);
  CHECK(rig.at(0, 4) == 0x13);
}

TEST_CASE("video: four planes make a colour of sixteen, through plane enable and palette",
          "[devices][video][graphics]") {
  GraphicsRig rig(kMode12);
  rig.indexed(0x3CE, 5, 2);  // write mode 2: one colour for eight dots
  for (int color = 0; color < 16; ++color) rig.poke(0xA0000 + color, color);
  rig.draw();
  CHECK(rig.shown.width == 640);
  CHECK(rig.shown.height == 480);
  for (unsigned color = 0; color < 16; ++color) {
    CHECK(rig.at(color * 8, 0) == static_cast<unsigned>(kMode12.attribute[color]));
    CHECK(rig.at(color * 8 + 7, 0) == static_cast<unsigned>(kMode12.attribute[color]));
  }
  rig.attribute(0x12, 0x0B);  // without plane 2
  rig.draw();
  CHECK(rig.at(6 * 8, 0) == 2);
  CHECK(rig.at(15 * 8, 0) == 0x3B);
}

TEST_CASE("video: in write mode 0 a byte's highest bit is the leftmost dot",
          "[devices][video][graphics]") {
  GraphicsRig rig(kMode12);
  rig.indexed(0x3C4, 2, 0x01);
  rig.poke(0xA0000 + 80 * 479, 0x81);
  rig.draw();
  CHECK(rig.at(0, 479) == 1);
  CHECK(rig.at(1, 479) == 0);
  CHECK(rig.at(7, 479) == 1);
}

TEST_CASE("video: blinking in graphics swaps the halves of the palette",
          "[devices][video][graphics]") {
  GraphicsRig rig(kMode12);
  rig.attribute(0x10, 0x09);
  rig.indexed(0x3CE, 5, 2);
  rig.poke(0xA0000, 4);
  std::vector<unsigned> seen;
  for (int frame = 0; frame < 64; ++frame) {
    rig.draw();
    seen.push_back(rig.at(0, 0));
    rig.time.advance_to(rig.time.now() + devices::kSecond / 60);
  }
  CHECK(std::count(seen.begin(), seen.end(), 4U) == Approx(32).margin(2));
  CHECK(std::count(seen.begin(), seen.end(), 0x3CU) == Approx(32).margin(2));
}

TEST_CASE("video: chain 4 shows a byte as a dot twice as wide and high, through the pel mask",
          "[devices][video][graphics]") {
  GraphicsRig rig(kMode13);
  for (int x = 0; x < 320; ++x) rig.poke(0xA0000 + x, x & 0xFF);
  for (int x = 0; x < 320; ++x) rig.poke(0xA0000 + 199 * 320 + x, 0x5A);
  rig.draw();
  CHECK(rig.shown.width == 640);
  CHECK(rig.shown.height == 400);
  for (unsigned x = 0; x < 640; ++x) CHECK(rig.entry(x, 1) == (x / 2 & 0xFF));
  CHECK(rig.entry(0, 2) == 0);
  CHECK(rig.entry(639, 399) == 0x5A);
  rig.out(0x3C6, 0x0F);
  rig.draw();
  CHECK(rig.entry(639, 399) == 0x0A);
  CHECK(rig.entry(0x75 * 2, 0) == 0x05);
}

TEST_CASE("video: chain 4 keeps four neighbours at one offset, and the next four at offset 4",
          "[devices][video][graphics]") {
  VgaRig rig;
  rig.set(kMode13);
  for (int i = 0; i < 8; ++i) rig.poke(0xA0000 + i, 0x10 + i);
  for (int i = 0; i < 4; ++i) {
    CHECK(rig.plane(i, 0) == 0x10 + i);
    CHECK(rig.plane(i, 4) == 0x14 + i);
    CHECK(rig.plane(i, 1) == 0);
  }
}

TEST_CASE("video: unchained, a plane holds every fourth dot of a line",
          "[devices][video][graphics]") {
  GraphicsRig rig(kMode13);
  rig.indexed(0x3C4, 4, 0x06);
  rig.indexed(0x3D4, 0x14, 0x00);
  rig.indexed(0x3D4, 0x17, 0xE3);
  for (int plane = 0; plane < 4; ++plane) {
    rig.indexed(0x3C4, 2, 1 << plane);
    rig.poke(0xA0000 + 80 + 2, 0x20 + plane);  // line 1, dots 8-11
  }
  rig.draw();
  for (unsigned x = 8; x < 12; ++x) CHECK(rig.entry(x * 2, 2) == 0x20 + x - 8);
  CHECK(rig.entry(12 * 2, 2) == 0);
  CHECK(rig.entry(8 * 2, 0) == 0);
}

TEST_CASE("video: the CRTC gives other sizes to the same planes: 320x240, 360x480",
          "[devices][video][graphics]") {
  GraphicsRig rig(kMode13);
  rig.indexed(0x3C4, 4, 0x06);
  rig.indexed(0x3D4, 0x14, 0x00);
  rig.indexed(0x3D4, 0x17, 0xE3);
  rig.indexed(0x3D4, 0x11, 0x2C);
  rig.indexed(0x3D4, 0x07, 0x3E);
  rig.indexed(0x3D4, 0x12, 0xDF);
  rig.poke(0xA0000 + 80 * 239, 0x33);
  rig.draw();
  CHECK(rig.shown.height == 480);
  CHECK(rig.entry(0, 478) == 0x33);
  CHECK(rig.entry(6, 479) == 0x33);  // all planes were open: four dots
  CHECK(rig.entry(8, 479) == 0);

  rig.indexed(0x3D4, 0x01, 0x59);
  rig.indexed(0x3D4, 0x09, 0x40);
  rig.indexed(0x3D4, 0x13, 0x2D);
  rig.poke(0xA0000 + 90 * 479 + 89, 0x44);
  rig.draw();
  CHECK(rig.shown.width == 720);
  CHECK(rig.entry(719, 479) == 0x44);
}

TEST_CASE("video: pel panning moves by dots, and by half of them in 256 colours",
          "[devices][video][graphics]") {
  GraphicsRig planar(kMode12);
  planar.poke(0xA0000, 0x80);
  planar.poke(0xA0001, 0x80);
  planar.attribute(0x13, 3);
  planar.draw();
  CHECK(planar.at(0, 0) == 0);
  CHECK(planar.at(5, 0) == 0x3F);

  GraphicsRig linear(kMode13);
  for (int x = 0; x < 8; ++x) linear.poke(0xA0000 + x, 0x10 + x);
  linear.attribute(0x13, 2);
  linear.draw();
  CHECK(linear.entry(0, 0) == 0x11);
  CHECK(linear.entry(1, 0) == 0x11);
  CHECK(linear.entry(2, 0) == 0x12);
}

TEST_CASE("video: below the line compare memory starts at 0 again, unpanned if asked",
          "[devices][video][graphics]") {
  GraphicsRig rig(kMode12);
  rig.indexed(0x3CE, 5, 2);
  for (int i = 0; i < 80; ++i) rig.poke(0xA0000 + i, 1);
  rig.poke(0xA0000, 2);
  for (int i = 0; i < 80 * 20; ++i) rig.poke(0xA0000 + 0x4000 + i, 4);
  rig.indexed(0x3D4, 0x0C, 0x40);
  rig.indexed(0x3D4, 0x07, 0x2E);  // line compare 9
  rig.indexed(0x3D4, 0x09, 0x00);
  rig.indexed(0x3D4, 0x18, 0x09);
  rig.attribute(0x13, 4);
  rig.draw();
  CHECK(rig.at(0, 9) == 4);
  CHECK(rig.at(3, 10) == 2);  // panned: four of its eight dots are left
  CHECK(rig.at(4, 10) == 1);
  rig.attribute(0x10, 0x21);
  rig.draw();
  CHECK(rig.at(7, 10) == 2);
  CHECK(rig.at(8, 10) == 1);
}

TEST_CASE("video: the address counter wraps at 64 KiB", "[devices][video][graphics]") {
  GraphicsRig rig(kMode12);
  rig.indexed(0x3CE, 5, 2);
  rig.poke(0xAFFFF, 5);
  rig.poke(0xA0000, 3);
  rig.indexed(0x3D4, 0x0C, 0xFF);
  rig.indexed(0x3D4, 0x0D, 0xFF);
  rig.draw();
  CHECK(rig.at(7, 0) == 5);
  CHECK(rig.at(8, 0) == 3);
}

TEST_CASE("video: doubleword addresses come round to the next dots", "[devices][video][graphics]") {
  GraphicsRig rig(kMode13);
  rig.indexed(0x3D4, 0x0C, 0x40);  // counter 4000h: offset 1 of each plane
  rig.indexed(0x3C4, 4, 0x06);
  rig.indexed(0x3C4, 2, 0x08);
  rig.poke(0xA0001, 0x2B);
  rig.draw();
  CHECK(rig.entry(6, 0) == 0x2B);
}

TEST_CASE("video: colour select makes sixteen palettes of the DAC", "[devices][video][graphics]") {
  GraphicsRig rig(kMode12);
  rig.indexed(0x3CE, 5, 2);
  rig.poke(0xA0000, 9);
  rig.attribute(9, 0x39);
  rig.attribute(0x14, 0x0E);
  rig.attribute(0x10, 0x81);
  rig.draw();
  CHECK(rig.entry(0, 0) == 0xE9);
  rig.attribute(0x10, 0x01);
  rig.draw();
  CHECK(rig.entry(0, 0) == 0xF9);
}

TEST_CASE("video: a screen that is off is one colour of the same size",
          "[devices][video][graphics]") {
  GraphicsRig rig(kMode12);
  rig.poke(0xA0000, 0xFF);
  rig.attribute(0x11, 0x07);
  rig.indexed(0x3C4, 1, 0x21);
  rig.draw();
  CHECK(rig.shown.width == 640);
  CHECK(rig.shown.height == 480);
  CHECK(rig.at(0, 0) == 7);
}

TEST_CASE("video: retrace on 3DAh follows the mode: 70 Hz with 449 lines, 60 with 525",
          "[devices][video][graphics]") {
  const auto frames_in_a_second = [](const Mode& mode) {
    VgaRig rig;
    rig.set(mode);
    int frames = 0;
    bool before = false;
    for (devices::Nanoseconds t = 0; t < devices::kSecond; t += 10 * devices::kMicrosecond) {
      rig.time.advance_to(t);
      const bool retrace = (rig.in(0x3DA) & 0x08) != 0;
      frames += retrace && !before;
      before = retrace;
    }
    return frames;
  };
  CHECK(frames_in_a_second(kMode13) == Approx(70).margin(1));
  CHECK(frames_in_a_second(kMode12) == Approx(60).margin(1));
}

TEST_CASE("video: display enable on 3DAh is off for a fifth of each line",
          "[devices][video][graphics]") {
  VgaRig rig;
  rig.set(kMode13);
  int off = 0;
  for (int i = 0; i < 10000; ++i) {  // a hundred lines of 31.8 us from line 100 on
    rig.time.advance_to(100 * 31778 + static_cast<devices::Nanoseconds>(i) * 317);
    off += rig.in(0x3DA) & 1;
  }
  CHECK(off == Approx(2000).margin(700));
}
