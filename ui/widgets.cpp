#include "ui/widgets.h"

#include <imgui_internal.h>
#include <imgui_stdlib.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdarg>
#include <cstdio>

namespace ui {

namespace {

// ImGui's cross is a pixel wide at any scale, and not seen at 2x.
void close_cross(ImDrawList* list, const Theme& theme, const ImRect& bar) {
  const float size = ImGui::GetFontSize();
  const ImVec2 centre = {bar.Max.x - ImGui::GetStyle().FramePadding.x - size / 2,
                         bar.Min.y + ImGui::GetStyle().FramePadding.y + size / 2};
  const float reach = std::floor(size * 0.35F - 1);
  const float dot = theme.px(1);
  const ImVec2 top = {std::floor(centre.x - reach), std::floor(centre.y - reach)};
  diagonal(list, dot, top, 1, 2 * reach, theme->text);
  diagonal(list, dot, {top.x + 2 * reach - dot, top.y}, -1, 2 * reach, theme->text);
}

}  // namespace

PanelWindow::PanelWindow(Frame& frame, Panel panel, const std::string& title,
                         const std::string& about, const std::string& right, ImGuiWindowFlags flags,
                         bool padded) {
  Workspace& work = frame.work;
  const Theme& theme = frame.theme;
  const auto placed = work.placement.panels.find(panel);
  const Rect rect = placed != work.placement.panels.end()
                        ? placed->second
                        : place_extra(panel, frame.width, frame.height, theme.scale());
  const ImGuiCond when = work.place ? ImGuiCond_Always : ImGuiCond_Appearing;
  ImGui::SetNextWindowPos({rect.x, rect.y}, when);
  ImGui::SetNextWindowSize({rect.w, rect.h}, when);
  const float pad = padded ? theme.pad() : 0;
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(pad, padded ? theme.px(6) : 0));
  bool keep = true;
  const std::string name = title + "###" + panel_name(panel);
  open_ = ImGui::Begin(name.c_str(), &keep,
                       flags | ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoNav);
  ImGui::PopStyleVar();
  if (!keep) {
    work.extra.erase(panel);
    work.closed.insert(panel);
  }
  ImGuiWindow* window = ImGui::GetCurrentWindow();
  const bool focused = ImGui::IsWindowFocused(ImGuiFocusedFlags_RootAndChildWindows);
  ImDrawList* list = window->DrawList;
  const ImRect bar = window->TitleBarRect();
  if ((flags & ImGuiWindowFlags_NoTitleBar) == 0) {
    list->PushClipRect(bar.Min, bar.Max, false);
    const Fonts& fonts = theme.fonts();
    const float y = bar.Min.y + std::floor((bar.GetHeight() - fonts.text->FontSize) / 2);
    const float close = bar.Max.x - theme.px(32);
    const float begin = bar.Min.x + theme.px(28) + width_of(fonts.text, title) + theme.px(12);
    float end = close;
    if (!right.empty()) {
      const float w = width_of(fonts.text, right);
      if (begin + w < close) {
        end = close - w - theme.px(8);
        put(list, fonts.text, close - w, y, theme->text2, right);
      }
    }
    const Colour second = focused ? theme->text2 : theme->text3;
    put(list, fonts.text, begin, y, second, fit(fonts.text, about, end - begin));
    if (theme.scale() > 1) close_cross(list, theme, bar);
    list->PopClipRect();
  }
  if (focused) {
    work.focused = panel;
    list->PushClipRectFullScreen();
    list->AddRect(window->Pos, {window->Pos.x + window->Size.x, window->Pos.y + window->Size.y},
                  theme->accent, theme.px(4), 0, theme.px(1));
    list->PopClipRect();
  }
}

PanelWindow::~PanelWindow() {
  ImGui::End();
}

void text(Colour colour, std::string_view words) {
  ImGui::PushStyleColor(ImGuiCol_Text, colour);
  ImGui::TextUnformatted(words.data(), words.data() + words.size());
  ImGui::PopStyleColor();
}

void text_right(Colour colour, std::string_view words, float right) {
  const float w = ImGui::CalcTextSize(words.data(), words.data() + words.size()).x;
  ImGui::SetCursorPosX(std::floor(right - w));
  text(colour, words);
}

void put(ImDrawList* list, ImFont* font, float x, float y, Colour colour, std::string_view words) {
  list->AddText(font, font->FontSize, {std::floor(x), std::floor(y)}, colour, words.data(),
                words.data() + words.size());
}

void across(ImDrawList* list, float x0, float x1, float y, Colour colour, float thick) {
  list->AddRectFilled({std::floor(x0), std::floor(y)}, {std::floor(x1), std::floor(y) + thick},
                      colour);
}
void down(ImDrawList* list, float x, float y0, float y1, Colour colour, float thick) {
  list->AddRectFilled({std::floor(x), std::floor(y0)}, {std::floor(x) + thick, std::floor(y1)},
                      colour);
}
void diagonal(ImDrawList* list, float dot, ImVec2 from, float step, float height, Colour colour) {
  for (float d = 0; d < height; d += dot) {
    const ImVec2 at = {from.x + step * d, from.y + d};
    list->AddRectFilled(at, {at.x + dot, at.y + dot}, colour);
  }
}

void ring(ImDrawList* list, ImVec2 centre, float radius, float thick, Colour colour,
          Colour inside) {
  list->AddCircleFilled(centre, radius, colour);
  list->AddCircleFilled(centre, radius - thick, inside);
}

float width_of(ImFont* font, std::string_view words) {
  return font->CalcTextSizeA(font->FontSize, FLT_MAX, 0, words.data(), words.data() + words.size())
      .x;
}

std::string fit(ImFont* font, std::string_view words, float width) {
  if (width_of(font, words) <= width) return std::string(words);
  const float dots = width_of(font, "..");
  while (!words.empty() && width_of(font, words) + dots > width) {
    words.remove_suffix(1);
    // Not in the middle of a character of UTF-8.
    while (!words.empty() && (static_cast<unsigned char>(words.back()) & 0x80) != 0) {
      words.remove_suffix(1);
    }
  }
  return words.empty() ? "" : std::string(words) + "..";
}

bool button(const Frame& frame, const char* label, float width, bool on, bool enabled) {
  const Theme& theme = frame.theme;
  ImGui::BeginDisabled(!enabled);
  if (on) {
    ImGui::PushStyleColor(ImGuiCol_Button, theme->button_on);
    ImGui::PushStyleColor(ImGuiCol_Border, theme->accent);
    ImGui::PushStyleVar(ImGuiStyleVar_FrameBorderSize, 1);
  }
  const bool pressed = ImGui::Button(label, {width, theme.bar()});
  if (on) {
    ImGui::PopStyleVar();
    ImGui::PopStyleColor(2);
  }
  ImGui::EndDisabled();
  return pressed;
}

bool key_button(const Frame& frame, const char* label, const char* key, bool enabled, bool on) {
  const Theme& theme = frame.theme;
  const Fonts& fonts = theme.fonts();
  const float w = width_of(fonts.text, label) + width_of(fonts.small, key) + theme.px(24);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  ImGui::PushID(label);
  const bool pressed = button(frame, "##key", w, on, enabled);
  ImGui::PopID();
  ImDrawList* list = ImGui::GetWindowDrawList();
  const float y = at.y + (theme.bar() - fonts.text->FontSize) / 2;
  put(list, fonts.text, at.x + theme.px(8), y, enabled ? theme->text : theme->disabled, label);
  put(list, fonts.small, at.x + w - theme.px(8) - width_of(fonts.small, key), y + theme.px(1),
      enabled ? theme->text2 : theme->disabled, key);
  return pressed;
}

void chip(const Frame& frame, std::string_view name, bool lit, std::string_view meaning,
          float width) {
  const Theme& theme = frame.theme;
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float h = theme.px(18);
  ImDrawList* list = ImGui::GetWindowDrawList();
  const ImVec2 end = {at.x + width, at.y + h};
  if (lit) {
    list->AddRectFilled(at, end, theme->button_on, theme.px(3));
    list->AddRect(at, end, theme->accent, theme.px(3), 0, theme.px(1));
  } else {
    list->AddRectFilled(at, end, theme->well, theme.px(3));
    list->AddRect(at, end, theme->line, theme.px(3), 0, theme.px(1));
  }
  ImFont* font = theme.fonts().small;
  put(list, font, at.x + (width - width_of(font, name)) / 2, at.y + (h - font->FontSize) / 2,
      lit ? theme->text : theme->text3, name);
  ImGui::Dummy({width, h});
  if (!meaning.empty() && ImGui::IsItemHovered()) {
    tooltip(std::string(name) + (lit ? " = 1: " : " = 0: ") + std::string(meaning));
  }
}

void fact(const Frame& frame, const char* label, std::string_view value, float column) {
  text(frame.theme->text3, label);
  ImGui::SameLine(column);
  text(frame.theme->text, value);
}

void tooltip(std::string_view words) {
  ImGui::BeginTooltip();
  ImGui::TextUnformatted(words.data(), words.data() + words.size());
  ImGui::EndTooltip();
}

bool input(const char* id, std::string& value, float width, const char* hint,
           ImGuiInputTextFlags flags) {
  ImGui::SetNextItemWidth(width);
  ImGui::PushStyleVar(ImGuiStyleVar_FrameBorderSize, 1);
  const bool changed = ImGui::InputTextWithHint(id, hint, &value, flags);
  ImGui::PopStyleVar();
  return changed;
}

bool checkbox(const Frame& frame, const char* label, bool& value) {
  ImGui::PushStyleVar(ImGuiStyleVar_FrameBorderSize, 1);
  ImGui::PushStyleVar(ImGuiStyleVar_FramePadding, ImVec2(frame.theme.px(3), frame.theme.px(2)));
  ImGui::PushStyleColor(ImGuiCol_Border, frame.theme->line_strong);
  const bool changed = ImGui::Checkbox(label, &value);
  ImGui::PopStyleColor();
  ImGui::PopStyleVar(2);
  return changed;
}

void section_line(const Frame& frame) {
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float w = ImGui::GetContentRegionAvail().x;
  const float y = at.y + frame.theme.px(4);
  across(ImGui::GetWindowDrawList(), at.x, at.x + w, y, frame.theme->line, frame.theme.px(1));
  ImGui::Dummy({w, frame.theme.px(8)});
}

std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, " ");
  }
  return digits;
}

std::string hex(std::uint64_t value, unsigned digits) {
  std::array<char, 24> text{};
  std::snprintf(text.data(), text.size(), "%0*llX", static_cast<int>(digits),
                static_cast<unsigned long long>(value));
  return text.data();
}

std::string seconds_text(std::uint64_t nanoseconds, unsigned decimals) {
  std::array<char, 48> text{};
  const std::uint64_t whole = nanoseconds / 1'000'000'000;
  const std::uint64_t micro = nanoseconds / 1000 % 1'000'000;
  if (decimals <= 3) {
    std::snprintf(text.data(), text.size(), "%llu.%03llu s", static_cast<unsigned long long>(whole),
                  static_cast<unsigned long long>(micro / 1000));
  } else {
    std::snprintf(text.data(), text.size(), "%llu.%03llu %03llu s",
                  static_cast<unsigned long long>(whole),
                  static_cast<unsigned long long>(micro / 1000),
                  static_cast<unsigned long long>(micro % 1000));
  }
  return text.data();
}

std::string bytes_text(std::uint64_t bytes) {
  constexpr std::array<const char*, 5> units = {"bytes", "KiB", "MiB", "GiB", "TiB"};
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < units.size()) {
    value /= 1024;
    ++unit;
  }
  const bool whole = value == std::floor(value);
  return print(whole ? "%.0f %s" : "%.1f %s", value, units[unit]);
}

std::string chs_text(const storage::Geometry& geometry, std::uint64_t lba) {
  if (geometry.heads == 0 || geometry.sectors_per_track == 0) return "-";
  const std::uint64_t track = lba / geometry.sectors_per_track;
  return print("%llu/%llu/%llu", static_cast<unsigned long long>(track / geometry.heads),
               static_cast<unsigned long long>(track % geometry.heads),
               static_cast<unsigned long long>(lba % geometry.sectors_per_track) + 1);
}

std::string print(const char* format, ...) {
  std::array<char, 512> text{};
  va_list arguments;  // NOLINT: C's interface
  va_start(arguments, format);
  std::vsnprintf(text.data(), text.size(), format, arguments);
  va_end(arguments);
  return text.data();
}

}  // namespace ui
