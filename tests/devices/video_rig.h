// A VGA on its own, driven through its ports and its memory window; shared by its tests.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "devices/video.h"
#include "tests/devices/port_rig.h"

struct Mode {
  int misc;
  std::array<int, 5> sequencer;
  std::array<int, 25> crtc;
  std::array<int, 21> attribute;
  std::array<int, 9> graphics;
};

// Register values of the IBM PS/2 technical reference, as its BIOS sets them.
// clang-format off
inline const Mode kMode3{
    0x67,
    {0x03, 0x00, 0x03, 0x00, 0x02},
    {0x5F, 0x4F, 0x50, 0x82, 0x55, 0x81, 0xBF, 0x1F, 0x00, 0x4F, 0x0D, 0x0E, 0x00, 0x00, 0x00, 0x00,
     0x9C, 0x8E, 0x8F, 0x28, 0x1F, 0x96, 0xB9, 0xA3, 0xFF},
    {0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x14, 0x07, 0x38, 0x39, 0x3A, 0x3B, 0x3C, 0x3D, 0x3E, 0x3F,
     0x0C, 0x00, 0x0F, 0x08, 0x00},
    {0x00, 0x00, 0x00, 0x00, 0x00, 0x10, 0x0E, 0x00, 0xFF}};
// clang-format on

struct VgaRig : PortRig {
  VgaRig() { video.claim_ports(ports); }

  void indexed(int port, int index, int value) {
    out(port, index);
    out(port + 1, value);
  }
  int indexed(int port, int index) {
    out(port, index);
    return in(port + 1);
  }
  void attribute(int index, int value) {
    in(0x3DA);
    out(0x3C0, index);
    out(0x3C0, value);
    out(0x3C0, 0x20);
  }
  void color(int index, int red, int green, int blue) {
    out(0x3C8, index);
    for (const int level : {red, green, blue}) out(0x3C9, level);
  }
  void set(const Mode& mode) {
    out(0x3C2, mode.misc);
    for (int i = 0; i < 5; ++i) indexed(0x3C4, i, mode.sequencer[static_cast<std::size_t>(i)]);
    indexed(0x3D4, 0x11, 0);
    for (int i = 0; i < 25; ++i) indexed(0x3D4, i, mode.crtc[static_cast<std::size_t>(i)]);
    for (int i = 0; i < 21; ++i) attribute(i, mode.attribute[static_cast<std::size_t>(i)]);
    for (int i = 0; i < 9; ++i) indexed(0x3CE, i, mode.graphics[static_cast<std::size_t>(i)]);
    for (int i = 0; i < 64; ++i) {
      const auto level = [i](int high, int low) {
        return (i >> high & 1) * 0x2A + (i >> low & 1) * 0x15;
      };
      color(i, level(2, 5), level(1, 4), level(0, 3));
    }
  }
  // Opens plane 2 at A0000h, as a font is loaded, and back.
  void font_access(bool on) {
    indexed(0x3C4, 2, on ? 0x04 : 0x03);
    indexed(0x3C4, 4, on ? 0x07 : 0x03 & 0x02);
    indexed(0x3CE, 4, on ? 0x02 : 0x00);
    indexed(0x3CE, 5, on ? 0x00 : 0x10);
    indexed(0x3CE, 6, on ? 0x04 : 0x0E);
  }
  void glyph(int character, int row, int bits, int map_offset = 0) {
    font_access(true);
    poke(0xA0000 + map_offset + character * 32 + row, bits);
    font_access(false);
  }
  void planar() {  // mode 12h's memory access
    indexed(0x3C4, 2, 0x0F);
    indexed(0x3C4, 4, 0x06);
    indexed(0x3CE, 5, 0x00);
    indexed(0x3CE, 6, 0x05);
  }
  void poke(int address, int value) {
    video.write8(static_cast<std::uint32_t>(address), static_cast<std::uint8_t>(value));
  }
  int peek(int address) { return video.read8(static_cast<std::uint32_t>(address)); }
  void print(int address, std::string_view text, int attribute_byte = 0x07) {
    for (const char c : text) {
      poke(address++, static_cast<unsigned char>(c));
      poke(address++, attribute_byte);
    }
  }
  int plane(int number, unsigned offset) {
    return video.memory().plane(static_cast<unsigned>(number), offset);
  }
  devices::Frame frame() {
    devices::Frame result;
    video.render(result);
    return result;
  }

  devices::Scheduler time;
  devices::Video video{time};
};

inline std::uint32_t pixel(const devices::Frame& frame, unsigned x, unsigned y) {
  return frame.pixels.at(std::size_t{y} * frame.width + x);
}
