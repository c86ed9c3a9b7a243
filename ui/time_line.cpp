// The time line under the map: accesses along guest time, snapshots and stops, and the handle that
// shows the map as it was.
#include <algorithm>
#include <array>
#include <cmath>

#include "ui/panels.h"
#include "ui/widgets.h"

namespace ui {

namespace {

using storage::AllocationHistory;

class TimeLine {
 public:
  TimeLine(Frame& frame, AllocationHistory& history)
      : frame_(frame), theme_(frame.theme), history_(history) {}

  void draw(float x, float y, float w, float h) {
    ImDrawList* list = ImGui::GetWindowDrawList();
    list->AddRectFilled({x, y}, {x + w, y + h}, theme_->well);
    ImFont* font = theme_.fonts().small;
    const float left = x + theme_.px(118);
    const float right = x + w - theme_.px(64);
    const float axis = y + h - font->FontSize - theme_.px(6);
    const float top = y + theme_.px(16);
    const float middle = std::round((top + axis) / 2);
    put(list, theme_.fonts().text, x + theme_.px(8),
        middle - theme_.fonts().text->FontSize - theme_.px(1), theme_->accent, "reads/s");
    put(list, theme_.fonts().text, x + theme_.px(8), middle + theme_.px(1), theme_->write,
        "writes/s");
    put(list, theme_.fonts().text, x + theme_.px(8), axis + theme_.px(2), theme_->text3,
        "guest time");
    const std::uint64_t now = history_.now();
    const double span = std::max<double>(static_cast<double>(now), 1e9) * 1.0;
    const auto at = [&](std::uint64_t time) {
      return left + static_cast<float>(static_cast<double>(time) / span) * (right - left);
    };
    bars(list, left, right, middle, std::min(middle - top, axis - middle), span);
    across(list, left, right, middle, theme_->line_strong);
    // The axis: about eight marks at round seconds.
    double step = 1e9;
    for (const double factor :
         {1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 3600.0, 36000.0}) {
      step = factor * 1e9;
      if (span / step <= 9) break;
    }
    for (double t = 0; t <= span; t += step) {
      const float tx = at(static_cast<std::uint64_t>(t));
      down(list, tx, axis, axis + theme_.px(3), theme_->text3);
      const std::string words = print("%.0f s", t / 1e9);
      put(list, font, tx - width_of(font, words) / 2, axis + theme_.px(4), theme_->text3, words);
    }
    flags(list, at, top, axis);
    const float now_at = at(now);
    down(list, now_at, top, axis, theme_->text3);
    put(list, font, now_at + theme_.px(5), top, theme_->text3, "now");
    handle(list, at, left, right, top, axis, span);
  }

 private:
  void bars(ImDrawList* list, float left, float right, float middle, float room, double span) {
    const auto& bins = history_.bins();
    const float bar = theme_.px(3);
    const int count = std::max(1, static_cast<int>((right - left) / (bar + theme_.px(1))));
    std::vector<AllocationHistory::Bin> shown(static_cast<std::size_t>(count));
    std::uint64_t most = 1;
    for (std::size_t i = 0; i < bins.size(); ++i) {
      const double time = static_cast<double>(i) * static_cast<double>(AllocationHistory::kBin);
      const auto slot = std::min(static_cast<std::size_t>(time / span * count), shown.size() - 1);
      shown[slot].reads += bins[i].reads;
      shown[slot].writes += bins[i].writes;
    }
    for (const auto& bin : shown) most = std::max<std::uint64_t>({most, bin.reads, bin.writes});
    const auto height = [&](std::uint32_t value) {
      // Few accesses must be seen beside many: the square root of the share.
      return value == 0
                 ? 0.0F
                 : std::max(
                       theme_.px(1),
                       std::round(room * static_cast<float>(std::sqrt(static_cast<double>(value) /
                                                                      static_cast<double>(most)))));
    };
    for (std::size_t i = 0; i < shown.size(); ++i) {
      const float x = std::floor(left + static_cast<float>(i) * (bar + theme_.px(1)));
      if (shown[i].reads != 0)
        list->AddRectFilled({x, middle - height(shown[i].reads)}, {x + bar, middle},
                            kMapFills.parent1);
      if (shown[i].writes != 0)
        list->AddRectFilled({x, middle}, {x + bar, middle + height(shown[i].writes)},
                            kMapFills.corrupt);
    }
  }

  template <class At>
  void flags(ImDrawList* list, At at, float top, float axis) {
    ImFont* font = theme_.fonts().small;
    float free_from = 0;
    for (const AllocationHistory::Flag& flag : history_.flags()) {
      const float x = std::floor(at(flag.time));
      const bool snapshot = flag.kind == AllocationHistory::Flag::Kind::snapshot;
      const Colour colour = snapshot ? theme_->good : theme_->bad;
      down(list, x, top - theme_.px(4), axis, colour);
      const float s = theme_.px(4);
      const float y = top - theme_.px(7);
      if (snapshot) {
        list->AddRectFilled({x, y - s}, {x + 2 * s, y + s}, colour);
      } else {
        list->AddQuadFilled({x, y - s}, {x + s, y}, {x, y + s}, {x - s, y}, colour);
      }
      if (x < free_from) continue;
      put(list, font, x + theme_.px(10), y - font->FontSize / 2, colour, flag.text);
      free_from = x + theme_.px(16) + width_of(font, flag.text);
    }
  }

  template <class At>
  void handle(ImDrawList* list, At at, float left, float right, float top, float axis,
              double span) {
    ImGui::SetCursorScreenPos({left, top});
    // Buttons stand below the axis while the view is in the past.
    const float below = history_.live() ? theme_.px(18) : -theme_.px(3);
    ImGui::InvisibleButton("time",
                           {std::max(right - left, 1.0F), std::max(axis - top + below, 1.0F)});
    if (ImGui::IsItemActive()) {
      const double share =
          std::clamp((ImGui::GetIO().MousePos.x - left) / (right - left), 0.0F, 1.0F);
      history_.seek(static_cast<std::uint64_t>(share * span));
    }
    if (ImGui::IsItemHovered() && !ImGui::IsItemActive()) tooltip("drag: the map as it was then");
    if (history_.live()) return;
    const float x = std::floor(at(history_.view_time()));
    list->AddRectFilled({x - theme_.px(1), top}, {x + theme_.px(2), axis}, theme_->ink);
    const std::string when = seconds_text(history_.view_time());
    ImFont* font = theme_.fonts().text;
    const float w = width_of(font, when) + theme_.px(12);
    const float tx = std::clamp(x - w / 2, left, right - w - theme_.px(126));
    list->AddRectFilled({tx, axis}, {tx + w, axis + theme_.px(20)}, theme_->text, theme_.px(3));
    put(list, font, tx + theme_.px(6), axis + (theme_.px(20) - font->FontSize) / 2, theme_->desk,
        when);
    go_there(right - theme_.px(40), axis - theme_.px(2));
    ImGui::SetCursorScreenPos({right - theme_.px(40), axis - theme_.px(2)});
    if (button(frame_, "Back to now")) history_.go_live();
  }

  // The machine itself goes to the moment that is shown, when it is known.
  void go_there(float right, float y) {
    const std::uint64_t time = history_.view_time();
    std::string no_way = why_no_way_back(frame_);
    if (no_way.empty() && time < frame_.snapshot->history.begin) {
      no_way = "the history begins at " + seconds_text(frame_.snapshot->history.begin) + ": " +
               frame_.snapshot->history.begins_because;
    }
    const float w = width_of(theme_.fonts().text, "Go there") + theme_.px(16);
    const ImVec2 at = {right - w - theme_.px(6), y};
    // A button that cannot be pressed is half transparent: the axis ends in front of it.
    ImGui::GetWindowDrawList()->AddRectFilled(at, {at.x + w, at.y + theme_.bar()}, theme_->well);
    ImGui::SetCursorScreenPos(at);
    if (button(frame_, "Go there", w, false, no_way.empty())) {
      frame_.post([time](Control& control) { control.go_to_time(time); });
      history_.go_live();
    }
    if (ImGui::IsItemHovered(ImGuiHoveredFlags_AllowWhenDisabled))
      tooltip(no_way.empty() ? "the machine goes back to this moment and pauses" : no_way);
  }

  Frame& frame_;
  const Theme& theme_;
  AllocationHistory& history_;
};

}  // namespace

void draw_time_line(Frame& frame, AllocationHistory& history, const Rect& place) {
  TimeLine(frame, history).draw(place.x, place.y, place.w, place.h);
}

}  // namespace ui
