// The legend under the map: every row with its count and the sum of all; a click shows one alone.
#include <cmath>

#include "ui/map_view.h"
#include "ui/widgets.h"

namespace ui {

namespace {

class MapLegend {
 public:
  MapLegend(MapView& view, float width)
      : view_(view),
        theme_(view.theme),
        work_(view_.work),
        model_(view_.model),
        map_(view_.map),
        layers_(view_.layers),
        columns_(width > theme_.px(900) ? 5 : 4) {}

  void update() {
    // Heat moves all the time and is counted once a second; the rest only with the map.
    const bool heat = model_.mode == MapMode::heat;
    std::uint64_t key =
        (heat ? 0 : map_.generation()) * 64 + static_cast<std::uint64_t>(model_.mode) * 8 + layers_;
    key ^= reinterpret_cast<std::uintptr_t>(model_.files()) << 8;
    if (work_.look == Look::light) key = ~key;
    if (key == work_.legend_key && !work_.legend.empty()) {
      if (heat) count_on();
      return;
    }
    work_.legend_key = key;
    work_.heat_counted = 0;
    work_.legend_counted = !heat;
    work_.legend = heat ? heat_rows(view_.scene()) : map_legend(view_.scene());
    if (heat) count_on();
  }

  std::size_t rows() const { return (work_.legend.size() + columns_) / columns_; }

  void draw(float x, float y, float w) {
    ImDrawList* list = ImGui::GetWindowDrawList();
    ImFont* font = theme_.fonts().text;
    const float column = std::floor(w / static_cast<float>(columns_));
    const float row_height = theme_.px(20);
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i <= work_.legend.size(); ++i) {
      const float cx = x + static_cast<float>(i % columns_) * column;
      const auto line = i / columns_;
      const float cy = y + static_cast<float>(line) * row_height;
      const float count_right = cx + column - theme_.px(14);
      const float label_at = cx + theme_.px(22);
      const float ty = cy + (row_height - font->FontSize) / 2;
      if (i == work_.legend.size()) {
        put(list, font, label_at, ty, theme_->text3, "Sum");
        const std::string total = number(sum);
        put(list, font, count_right - width_of(font, total), ty, theme_->text, total);
        break;
      }
      const LegendRow& row = work_.legend[i];
      sum += row.count;
      const bool isolated = model_.isolated == i;
      ImGui::SetCursorScreenPos({cx, cy});
      ImGui::PushID(static_cast<int>(i));
      if (ImGui::InvisibleButton("legend", {column - theme_.px(8), row_height})) {
        model_.isolated = isolated ? std::nullopt : std::optional(i);
      }
      ImGui::PopID();
      if (isolated || ImGui::IsItemHovered()) {
        list->AddRectFilled({cx - theme_.px(2), cy}, {cx + column - theme_.px(8), cy + row_height},
                            isolated ? theme_->button_on : theme_->button, theme_.px(3));
      }
      swatch(list, cx, cy + theme_.px(3), row);
      const std::string count = number(row.count);
      const std::string words =
          row.absent ? (row.note.empty() ? "not in this format" : row.note) : count;
      ImFont* count_font = row.absent ? theme_.fonts().small : font;
      const float count_width = width_of(count_font, words);
      put(list, font, label_at, ty, row.absent ? theme_->disabled : theme_->text2,
          fit(font, row.label, count_right - count_width - theme_.px(8) - label_at));
      put(list, count_font, count_right - count_width, ty,
          row.absent ? theme_->disabled : theme_->text, words);
      if (ImGui::IsItemHovered()) {
        tooltip(row.label + (row.note.empty() ? "" : "\n" + row.note) + "\n" +
                (work_.legend_counted ? count + " clusters" : "being counted") +
                "; click shows these alone");
      }
    }
  }

 private:
  // A count that is not done yet is no number.
  std::string number(std::uint64_t count) const {
    return work_.legend_counted ? grouped(count) : theme_.symbol("\u2026", "...");
  }

  // A sixtieth of the disk a frame; what is shown is the last whole count.
  void count_on() {
    const MapScene scene = view_.scene();
    if (work_.heat_counted == 0) work_.heat_rows = heat_rows(scene);
    const std::uint64_t part = (map_.clusters() / 60 / kHeatBlock + 1) * kHeatBlock;
    add_heat(scene, work_.heat_counted, work_.heat_counted + part, work_.heat_rows);
    work_.heat_counted += part;
    if (work_.heat_counted < map_.clusters()) return;
    work_.heat_counted = 0;
    // What became used or free meanwhile was counted as it was: never more or less than all.
    work_.legend.swap(work_.heat_rows);
    work_.legend_counted = true;
  }

  void swatch(ImDrawList* list, float x, float y, const LegendRow& row) {
    using Swatch = LegendRow::Swatch;
    const float s = theme_.px(14);
    const Colour fill = row.absent ? with_alpha(row.fill, 90) : row.fill;
    const ImVec2 end = {x + s, y + s};
    list->AddRectFilled({x, y}, end, fill);
    if (row.fill == theme_->unallocated || row.fill == theme_->well)
      list->AddRect({x, y}, end, theme_->line_strong);
    const float line = theme_.px(1);
    switch (row.swatch) {
      case Swatch::outline:
        list->AddRect({x, y}, end, theme_->freed, 0, 0, line);
        break;
      case Swatch::line:
        list->AddRectFilled({x, y + s / 2}, {x + s, y + s / 2 + line}, theme_->text3);
        break;
      case Swatch::stripes:
        for (float d = 0; d < s; d += theme_.px(4))
          diagonal(list, theme_.px(1), {x + d, y}, -1, d, theme_->unallocated);
        break;
      case Swatch::half:
        list->AddRectFilled({x, y + s / 2}, end, kMapFills.file_system);
        break;
      case Swatch::cross:
        diagonal(list, theme_.px(1), {x, y}, 1, s, rgb(0));
        diagonal(list, theme_.px(1), {x + s - line, y}, -1, s, rgb(0));
        break;
      default:
        break;
    }
    if (row.letter == ' ' || row.swatch == Swatch::cross) return;
    ImFont* font = theme_.fonts().small;
    const char words[2] = {row.letter, 0};
    const bool white = row.fill == kMapFills.top || row.fill == tokens(Look::dark).zero ||
                       row.absent || row.fill == tokens(Look::dark).unallocated;
    const Colour ink = work_.look == Look::light && row.fill != kMapFills.top
                           ? theme_->text
                           : (white ? rgb(0xFFFFFF) : rgb(0x000000));
    put(list, font, x + (s - width_of(font, words)) / 2, y + (s - font->FontSize) / 2,
        row.absent ? theme_->disabled : ink, words);
  }

  MapView& view_;
  const Theme& theme_;
  Workspace& work_;
  MapModel& model_;
  const storage::AllocationMap& map_;
  unsigned layers_;
  std::size_t columns_;
};

}  // namespace

float map_legend_height(MapView& view, float width) {
  MapLegend legend(view, width);
  legend.update();
  return static_cast<float>(legend.rows()) * view.theme.px(20) + view.theme.px(6);
}

void draw_map_legend(MapView& view, ImVec2 corner, float width) {
  MapLegend(view, width).draw(corner.x, corner.y, width);
}

}  // namespace ui
