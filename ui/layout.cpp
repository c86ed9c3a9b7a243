#include "ui/layout.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace ui {

namespace {

// Design pixels; the sheet's window is 1600 x 1000.
constexpr float kBar = 24;
constexpr float kGap = 4;
constexpr float kNarrow = 1480;

class Area {
 public:
  Area(float width, float height, float scale)
      : scale_(scale),
        rect_{px(kGap), px(kBar + kGap), width - px(2 * kGap), height - px(2 * kBar + 2 * kGap)} {}

  float px(float design) const { return std::round(design * scale_); }
  const Rect& rest() const { return rect_; }

  // Cuts a piece off and leaves a gap.
  Rect top(float h) {
    Rect out = rect_;
    out.h = std::min(h, rect_.h);
    rect_.y += out.h + px(kGap);
    rect_.h -= out.h + px(kGap);
    return out;
  }
  Rect bottom(float h) {
    Rect out = rect_;
    out.h = std::min(h, rect_.h);
    out.y = rect_.y + rect_.h - out.h;
    rect_.h -= out.h + px(kGap);
    return out;
  }
  Area right(float w) {
    Area out = *this;
    out.rect_.w = std::min(w, rect_.w);
    out.rect_.x = rect_.x + rect_.w - out.rect_.w;
    rect_.w -= out.rect_.w + px(kGap);
    return out;
  }
  // A row of two, the first with its share.
  std::array<Rect, 2> split(const Rect& row, float share) const {
    const float first = std::round((row.w - px(kGap)) * share);
    return {Rect{row.x, row.y, first, row.h},
            Rect{row.x + first + px(kGap), row.y, row.w - first - px(kGap), row.h}};
  }

 private:
  float scale_;
  Rect rect_;
};

Placement place_debug(Area area, bool narrow) {
  Placement out;
  out.narrow = narrow;
  const float height = area.rest().h;
  Area right = area.right(area.px(narrow ? 556 : 724));
  out.panels[Panel::screen] = right.top(area.px(narrow ? 328 : 428));
  if (narrow) {
    out.panels[Panel::ata_log] = right.bottom(std::round((height - area.px(328)) * 0.42F));
  } else {
    out.panels[Panel::ata_log] = right.bottom(std::round(height * 0.215F));
  }
  out.panels[Panel::devices] = right.rest();
  out.panels[Panel::cpu] = area.top(area.px(36));
  const Rect low = area.bottom(std::round(height * 0.187F));
  const Rect middle = area.bottom(std::round(height * (narrow ? 0.28F : 0.253F)));
  const auto code = area.split(area.rest(), narrow ? 0.6F : 0.633F);
  out.panels[Panel::disassembly] = code[0];
  out.panels[Panel::registers] = code[1];
  if (narrow) {
    out.panels[Panel::memory] = middle;
    const auto pair = area.split(low, 0.52F);
    out.panels[Panel::trace] = pair[0];  // with the stack as a tab
    out.panels[Panel::breakpoints] = pair[1];
  } else {
    const auto data = area.split(middle, 0.73F);
    out.panels[Panel::memory] = data[0];
    out.panels[Panel::stack] = data[1];
    const auto pair = area.split(low, 0.577F);
    out.panels[Panel::trace] = pair[0];
    out.panels[Panel::breakpoints] = pair[1];
  }
  return out;
}

Placement place_disk(Area area, bool narrow) {
  Placement out;
  out.narrow = narrow;
  const float height = area.rest().h;
  Area right = area.right(area.px(narrow ? 320 : 396));
  out.panels[Panel::hex] = area.bottom(std::round(narrow ? area.px(148) : height * 0.195F));
  out.panels[Panel::map] = area.rest();
  out.panels[Panel::selection] = right.top(area.px(narrow ? 300 : 336));
  if (!narrow) out.panels[Panel::chain] = right.top(std::round(height * 0.25F));
  out.panels[Panel::files] = right.rest();  // narrow: with the chain as a tab
  return out;
}

}  // namespace

const char* layout_name(Layout layout) {
  constexpr std::array<const char*, kLayouts> names = {"Play", "Debug", "Disk"};
  return names[static_cast<std::size_t>(layout)];
}

const char* panel_name(Panel panel) {
  constexpr std::array<const char*, kPanels> names = {
      "Screen",         "CPU control", "Disassembly", "Registers", "Memory",
      "Stack",          "Trace",       "Breakpoints", "Devices",   "ATA log",
      "Allocation map", "Selection",   "Chain",       "Files",     "Hex of cluster",
      "Interrupts",     "DOS",         "Ports"};
  return names[static_cast<std::size_t>(panel)];
}

Placement place_panels(Layout layout, float width, float height, float scale) {
  const Area area(width, height, scale);
  const bool narrow = width < kNarrow * scale;
  switch (layout) {
    case Layout::play:
      return {{{Panel::screen, area.rest()}}, narrow};
    case Layout::debug:
      return place_debug(area, narrow);
    case Layout::disk:
      return place_disk(area, narrow);
  }
  return {};
}

Rect place_extra(Panel panel, float width, float height, float scale) {
  const Area area(width, height, scale);
  const float step = area.px(24) * static_cast<float>(static_cast<int>(panel) % 6);
  const float w = std::min(area.px(560), area.rest().w);
  const float h = std::min(area.px(400), area.rest().h);
  return {std::min(area.px(120) + step, area.rest().x + area.rest().w - w),
          std::min(area.px(80) + step, area.rest().y + area.rest().h - h), w, h};
}

}  // namespace ui
