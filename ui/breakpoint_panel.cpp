// The person's breakpoints: switched on and off, removed, added by their words, or from the menus
// of files and cells.
#include <algorithm>
#include <array>
#include <utility>

#include "ui/panels.h"
#include "ui/widgets.h"

namespace ui {

void add_break(Frame& frame, const std::string& words) {
  frame.post([words](Control& control) {
    control.debugger().add(words);
    control.tell("breakpoint: " + words);
  });
}

void file_break_items(Frame& frame, std::uint32_t node) {
  const MapModel& model = frame.work.map;
  if (model.files() == nullptr) return;
  const auto place = model.files()->place_of(node);
  if (!place) return;
  const std::string what = "file " + std::string(emu::slot_name(model.slot())) + " \"" +
                           std::to_string(place->partition) + ":" + place->path + "\"";
  constexpr std::array<std::pair<const char*, const char*>, 3> kinds = {
      {{"Break on access", ""}, {"Break on read", " read"}, {"Break on write", " write"}}};
  for (const auto& [label, direction] : kinds) {
    if (ImGui::MenuItem(label)) add_break(frame, what + direction);
  }
}

void draw_breakpoints(Frame& frame) {
  const Theme& theme = frame.theme;
  Workspace& work = frame.work;
  std::string about = "none";
  if (frame.snapshot != nullptr && !frame.snapshot->points.empty()) {
    const auto on = std::ranges::count_if(frame.snapshot->points,
                                          [](const auto& point) { return point.enabled; });
    about = print("%zu, %d on", frame.snapshot->points.size(), static_cast<int>(on));
  }
  const PanelWindow window(frame, Panel::breakpoints, "Breakpoints", about);
  if (!window || frame.snapshot == nullptr) return;
  const float below = theme.bar() + theme.px(8);
  constexpr ImGuiTableFlags flags = ImGuiTableFlags_ScrollY;
  const float height = std::max(theme.px(40), ImGui::GetContentRegionAvail().y - below);
  if (ImGui::BeginTable("points", 4, flags, {0, height})) {
    ImGui::TableSetupScrollFreeze(0, 1);
    ImGui::TableSetupColumn("##on", ImGuiTableColumnFlags_WidthFixed, theme.px(24));
    ImGui::TableSetupColumn("Stop when", ImGuiTableColumnFlags_WidthStretch);
    ImGui::TableSetupColumn("Hits", ImGuiTableColumnFlags_WidthFixed, theme.px(56));
    ImGui::TableSetupColumn("##remove", ImGuiTableColumnFlags_WidthFixed, theme.px(20));
    ImGui::TableHeadersRow();
    for (const emu::Debugger::Point& point : frame.snapshot->points) {
      ImGui::TableNextRow(0, theme.row());
      ImGui::PushID(static_cast<int>(point.number));
      ImGui::TableNextColumn();
      const bool stopped = std::ranges::find(frame.snapshot->stopped_by, point.number) !=
                           frame.snapshot->stopped_by.end();
      const ImVec2 at = ImGui::GetCursorScreenPos();
      const ImVec2 centre = {at.x + theme.px(8), at.y + theme.px(9)};
      if (ImGui::InvisibleButton("on", {theme.px(18), theme.px(18)})) {
        frame.post([number = point.number, on = !point.enabled](Control& c) {
          c.debugger().enable(number, on);
        });
      }
      if (ImGui::IsItemHovered())
        tooltip(point.enabled ? "on; click switches it off" : "off; click switches it on");
      if (point.enabled) {
        ImGui::GetWindowDrawList()->AddCircleFilled(centre, theme.px(5), theme->write);
      } else {
        ring(ImGui::GetWindowDrawList(), centre, theme.px(5), theme.px(2), theme->text3,
             theme->panel);
      }
      ImGui::TableNextColumn();
      text(stopped ? theme->changed : (point.enabled ? theme->text : theme->text3), point.text);
      ImGui::TableNextColumn();
      text_right(theme->text2, grouped(point.hits),
                 ImGui::GetCursorPosX() + ImGui::GetContentRegionAvail().x);
      ImGui::TableNextColumn();
      if (ImGui::SmallButton("x"))
        frame.post([number = point.number](Control& c) { c.debugger().remove(number); });
      if (ImGui::IsItemHovered()) tooltip("remove");
      ImGui::PopID();
    }
    ImGui::EndTable();
  }
  const bool entered =
      input("##new", work.breakpoint_text,
            std::max(theme.px(80), ImGui::GetContentRegionAvail().x - theme.px(66)),
            "exec 7c00, int 13 ah=03, port 3f8, mem 40:6c write, file C:/CONFIG.SYS",
            ImGuiInputTextFlags_EnterReturnsTrue);
  if (ImGui::IsItemHovered()) {
    tooltip(
        "exec ADDRESS | int N | port N[..M] [read|write]\nmem ADDRESS[..LAST] [read|write], phys "
        "the same by physical address\ndisk DRIVE [read|write] [lba N[..M]]\nfile C:/PATH or DRIVE "
        "[PARTITION:]/PATH [read|write]: wherever the file's clusters are\nthen conditions on "
        "registers: ah=03 cx=0100; numbers are hexadecimal, LBAs decimal");
  }
  ImGui::SameLine();
  if ((button(frame, "Add") || entered) && !work.breakpoint_text.empty()) {
    frame.post([words = work.breakpoint_text](Control& control) { control.debugger().add(words); });
    work.breakpoint_text.clear();
  }
}

}  // namespace ui
