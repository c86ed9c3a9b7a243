// Where the panels of each layout go, by rule for the window's size. Pure arithmetic: tests look at
// it without a window.
#pragma once

#include <cstdint>
#include <map>

namespace ui {

enum class Layout : std::uint8_t { play, debug, disk };
inline constexpr int kLayouts = 3;
const char* layout_name(Layout layout);

enum class Panel : std::uint8_t {
  screen,
  cpu,
  disassembly,
  registers,
  memory,
  stack,
  trace,
  breakpoints,
  devices,
  ata_log,
  map,
  selection,
  chain,
  files,
  hex,
  interrupts,
  dos,
  ports,
};
inline constexpr int kPanels = 18;
const char* panel_name(Panel panel);

struct Rect {
  float x = 0, y = 0, w = 0, h = 0;
  bool empty() const { return w <= 0 || h <= 0; }
  bool overlaps(const Rect& other) const {
    return x < other.x + other.w && other.x < x + w && y < other.y + other.h && other.y < y + h;
  }
};

struct Placement {
  std::map<Panel, Rect> panels;
  bool narrow = false;  // panels that share a place become tabs
};

// `width` and `height` of the whole window in real pixels, bars included.
Placement place_panels(Layout layout, float width, float height, float scale);
// Where a panel that the layout does not have opens.
Rect place_extra(Panel panel, float width, float height, float scale);

}  // namespace ui
