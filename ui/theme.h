// The look: colours, sizes and fonts as named values, dark and light, at any scale. Every panel
// takes them from here and names no colour of its own. Values are from the window's design sheet;
// each text colour reaches 4.5:1 on well, panel and raised.
#pragma once

#include <imgui.h>

#include <array>
#include <cstdint>
#include <string>

namespace ui {

using Colour = ImU32;  // 0xAABBGGRR, as ImGui and the guest's frames have it

constexpr Colour rgb(std::uint32_t value, std::uint32_t alpha = 255) {
  return alpha << 24 | (value & 0xFF) << 16 | (value & 0xFF00) | (value >> 16 & 0xFF);
}
constexpr Colour with_alpha(Colour colour, unsigned alpha) {
  return (colour & 0x00FFFFFFU) | alpha << 24;
}
Colour mix(Colour from, Colour to, float share);

struct Tokens {
  // Surfaces.
  Colour desk, well, panel, raised, title, title_focused, button, button_hover, button_on, row,
      line, line_strong;
  // Text of three ranks, and what stands for nothing.
  Colour text, text2, text3, zero_byte, disabled;
  // Signals.
  Colour accent, changed, warning, good, bad, label, read, write;
  // Fills of the map that differ by theme; the others are kMapFills.
  Colour unallocated, zero, freed, quiet;
  Colour ink;  // frames on the map
};

// Fills of the map, the same in both themes (Okabe-Ito).
struct MapFills {
  Colour top = rgb(0x0072B2), parent1 = rgb(0x56B4E9), parent0 = rgb(0x009E73),
         deeper = rgb(0xF0E442), linked = rgb(0xCC79A7), file_system = rgb(0xE69F00),
         corrupt = rgb(0xD55E00), write_flash = rgb(0xFF6A55), read_ring = rgb(0x8CE8FF);
};
inline constexpr MapFills kMapFills;
inline constexpr std::array<Colour, 7> kHeatRamp = {rgb(0x2F4C86), rgb(0x4A5F86), rgb(0x687282),
                                                    rgb(0x86847B), rgb(0xA79C72), rgb(0xCDB964),
                                                    rgb(0xFDE737)};

enum class Look : std::uint8_t { dark, light };
const Tokens& tokens(Look look);

struct Fonts {
  ImFont* text = nullptr;
  ImFont* mono = nullptr;
  ImFont* small = nullptr;
  ImFont* heading = nullptr;  // the start page
  ImFont* caption = nullptr;  // its second line
  bool symbols = false;       // arrows and the like are there
};

class Theme {
 public:
  // `host_fonts`: DejaVu where it is installed; else ImGui's own font, as golden pictures have it.
  // Adds to the current context's font atlas, which must not be built yet.
  Theme(Look look, float scale, bool host_fonts);

  void set_look(Look look);
  Look look() const { return look_; }
  const Tokens* operator->() const { return &tokens(look_); }
  const Fonts& fonts() const { return fonts_; }
  float scale() const { return scale_; }
  // Design pixels to real ones, whole.
  float px(float design) const;

  float bar() const { return px(24); }  // menu, title, status bar, button, input
  float gap() const { return px(4); }   // between windows
  float pad() const { return px(8); }   // inside them
  float row() const { return px(20); }  // of a table
  float code_row() const { return px(18); }
  float hex_row() const { return px(16); }

  // The symbol where the font has it.
  const char* symbol(const char* fancy, const char* plain) const {
    return fonts_.symbols ? fancy : plain;
  }

 private:
  void apply() const;

  Look look_;
  float scale_;
  Fonts fonts_;
};

}  // namespace ui
