#include "ui/layout.h"
#include "tests/catch.hpp"

using ui::Layout;

TEST_CASE("layouts: panels never overlap and stay between the bars, at every size",
          "[ui][layout]") {
  const auto layout = GENERATE(Layout::play, Layout::debug, Layout::disk);
  struct Size {
    float width, height, scale;
  };
  const auto size = GENERATE(Size{1280, 800, 1}, Size{1600, 1000, 1}, Size{1920, 1080, 1},
                             Size{3200, 2000, 2}, Size{2560, 1600, 2}, Size{1024, 768, 1});
  const ui::Placement placed = ui::place_panels(layout, size.width, size.height, size.scale);
  REQUIRE_FALSE(placed.panels.empty());
  for (const auto& [panel, rect] : placed.panels) {
    INFO(ui::layout_name(layout) << " " << size.width << "x" << size.height << ": "
                                 << ui::panel_name(panel));
    REQUIRE(rect.w >= 100 * size.scale);
    REQUIRE(rect.h >= 36 * size.scale);
    REQUIRE(rect.x >= 0);
    REQUIRE(rect.x + rect.w <= size.width);
    REQUIRE(rect.y >= 24 * size.scale);
    REQUIRE(rect.y + rect.h <= size.height - 24 * size.scale);
    for (const auto& [other, there] : placed.panels) {
      INFO("and " << ui::panel_name(other));
      if (other != panel) REQUIRE_FALSE(rect.overlaps(there));
    }
  }
}

TEST_CASE("layouts: the disk's map has the most room of its layout", "[ui][layout]") {
  const ui::Placement placed = ui::place_panels(Layout::disk, 1600, 1000, 1);
  const ui::Rect map = placed.panels.at(ui::Panel::map);
  for (const auto& [panel, rect] : placed.panels) {
    if (panel != ui::Panel::map) REQUIRE(rect.w * rect.h < map.w * map.h / 2);
  }
}
