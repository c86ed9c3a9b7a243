// The bar of run control: run, break, steps forward and back, and why the machine stands where it
// stands.
#include <string>

#include "ui/panels.h"
#include "ui/widgets.h"

namespace ui {

std::string why_no_way_back(const Frame& frame) {
  if (frame.snapshot == nullptr) return "no machine";
  if (!frame.snapshot->history.on) {
    return "no way back: Debug > Keep history switches it on, from then on\n"
           "(disk writes wait in memory meanwhile)";
  }
  if (frame.snapshot->state == RunState::going_back) return "on the way back";
  return "";
}

void draw_cpu_control(Frame& frame) {
  const Theme& theme = frame.theme;
  const PanelWindow window(frame, Panel::cpu, "CPU control", "", "",
                           ImGuiWindowFlags_NoTitleBar | ImGuiWindowFlags_NoResize |
                               ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse);
  if (!window || frame.snapshot == nullptr) return;
  const bool paused = frame.paused();
  const bool running = frame.snapshot->state == RunState::running;
  const auto key = [&](const char* label, const char* fancy, const char* plain, bool enabled,
                       bool on, const char* help, const Request& request) {
    if (key_button(frame, label, theme.symbol(fancy, plain), enabled, on)) frame.post(request);
    if (ImGui::IsItemHovered(ImGuiHoveredFlags_AllowWhenDisabled)) tooltip(help);
    ImGui::SameLine(0, theme.px(4));
  };
  key("Run", "F5", "F5", paused, paused, "go on (F5)", [](Control& c) { c.run(); });
  const bool going_back = frame.snapshot->state == RunState::going_back;
  const bool busy = running || going_back;
  if (key_button(frame, "Break", theme.symbol("\u21E7F5", "S-F5"), busy, busy))
    break_in(frame.work, frame.post);
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_AllowWhenDisabled)) tooltip("stop at once (Shift+F5)");
  ImGui::SameLine(0, theme.px(4));
  key("Into", "F11", "F11", paused, false, "one instruction (F11)",
      [](Control& c) { c.step_into(); });
  key("Over", "F10", "F10", paused, false, "one instruction, calls and repeats in one go (F10)",
      [](Control& c) { c.step_over(); });
  key("Out", "\u21E7F11", "S-F11", paused, false, "to the end of this routine (Shift+F11)",
      [](Control& c) { c.step_out(); });
  const std::string no_way = why_no_way_back(frame);
  key("Back", "\u21E7F10", "S-F10", no_way.empty(), false,
      no_way.empty() ? "one instruction back (Shift+F10); Ctrl+Shift+F5: to the last breakpoint"
                     : no_way.c_str(),
      [](Control& c) { c.step_back(); });
  const bool in_hand = paused && frame.work.code_selected.has_value();
  if (key_button(frame, "To cursor", theme.symbol("^F10", "C-F10"), in_hand, false))
    run_to_cursor(frame.work, *frame.snapshot, frame.post);
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_AllowWhenDisabled))
    tooltip("to the line in hand: a click in the code takes one (Ctrl+F10)");
  ImGui::SameLine(0, theme.px(4));
  const std::string time = seconds_text(frame.snapshot->now, 6);
  const float right = ImGui::GetWindowContentRegionMax().x;
  const float at = right - width_of(theme.fonts().text, time);
  std::string words = frame.snapshot->why;
  if (words.empty()) words = frame.snapshot->last_step;
  const float room = at - ImGui::GetCursorPosX() - theme.px(16);
  ImGui::AlignTextToFramePadding();
  text(frame.snapshot->state == RunState::died ? theme->bad : theme->changed,
       fit(theme.fonts().text, words, room));
  if (ImGui::IsItemHovered() && !words.empty()) tooltip(words);
  ImGui::SameLine(at);
  ImGui::AlignTextToFramePadding();
  text(theme->text2, time);
}

}  // namespace ui
