// What panels are made of: windows with a second line of thought in the title, text in ranks,
// chips, numbers as people read them.
#pragma once

#include <imgui.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "ui/panels.h"

namespace ui {

// A window at its place. `open()` false: closed or collapsed; nothing is to be drawn.
class PanelWindow {
 public:
  // `about` goes beside the title, `right` to its right end.
  PanelWindow(Frame& frame, Panel panel, const std::string& title, const std::string& about = "",
              const std::string& right = "", ImGuiWindowFlags flags = 0, bool padded = true);
  ~PanelWindow();
  PanelWindow(const PanelWindow&) = delete;
  PanelWindow& operator=(const PanelWindow&) = delete;
  explicit operator bool() const { return open_; }

 private:
  bool open_ = false;
};

// A font for the rest of the scope.
class WithFont {
 public:
  explicit WithFont(ImFont* font) { ImGui::PushFont(font); }
  ~WithFont() { ImGui::PopFont(); }
  WithFont(const WithFont&) = delete;
  WithFont& operator=(const WithFont&) = delete;
};

void text(Colour colour, std::string_view words);
void text_right(Colour colour, std::string_view words, float right);  // ends at x = right
// Straight onto a draw list, at whole pixels.
void put(ImDrawList* list, ImFont* font, float x, float y, Colour colour, std::string_view words);
// Straight lines, a design pixel wide unless told otherwise, on whole pixels.
void across(ImDrawList* list, float x0, float x1, float y, Colour colour, float thick = 1);
void down(ImDrawList* list, float x, float y0, float y1, Colour colour, float thick = 1);
// A slanting line from `from` down, `step` (1 or -1) to the side a row, of dots: a thin line as
// ImGui draws it may miss every pixel's middle.
void diagonal(ImDrawList* list, float dot, ImVec2 from, float step, float height, Colour colour);
void ring(ImDrawList* list, ImVec2 centre, float radius, float thick, Colour colour, Colour inside);
float width_of(ImFont* font, std::string_view words);
// Cut to fit, with "..".
std::string fit(ImFont* font, std::string_view words, float width);

// A button with its key in small letters; `on`: lit.
bool key_button(const Frame& frame, const char* label, const char* key, bool enabled, bool on);
bool button(const Frame& frame, const char* label, float width = 0, bool on = false,
            bool enabled = true);
// A bit: its name, lit or not.
void chip(const Frame& frame, std::string_view name, bool lit, std::string_view meaning,
          float width);
// A row of label and value.
void fact(const Frame& frame, const char* label, std::string_view value, float column);
void tooltip(std::string_view words);
bool input(const char* id, std::string& value, float width, const char* hint = "",
           ImGuiInputTextFlags flags = 0);
bool checkbox(const Frame& frame, const char* label, bool& value);
void section_line(const Frame& frame);

std::string grouped(std::uint64_t number);  // 8 192
std::string hex(std::uint64_t value, unsigned digits);
std::string seconds_text(std::uint64_t nanoseconds, unsigned decimals = 3);  // 12.381 s
std::string bytes_text(std::uint64_t bytes);                                 // 90.9 MiB
std::string chs_text(const storage::Geometry& geometry, std::uint64_t lba);  // 101/1/18
std::string print(const char* format, ...) __attribute__((format(printf, 1, 2)));

}  // namespace ui
