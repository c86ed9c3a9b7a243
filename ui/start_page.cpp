// A run without arguments: what one can begin with, and what was open lately.
#include <algorithm>
#include <array>
#include <cmath>

#include "ui/panels.h"
#include "ui/widgets.h"

namespace ui {

namespace {

bool tile(Frame& frame, ImVec2 at, float w, const char* title, const char* first,
          const char* second, const char* key, bool primary) {
  const Theme& theme = frame.theme;
  const Fonts& fonts = theme.fonts();
  ImDrawList* list = ImGui::GetWindowDrawList();
  const float h = theme.px(112);
  ImGui::SetCursorScreenPos(at);
  ImGui::PushID(title);
  const bool pressed = ImGui::InvisibleButton("tile", {w, h});
  ImGui::PopID();
  const bool hovered = ImGui::IsItemHovered();
  const Colour fill = primary ? theme->button_on : (hovered ? theme->raised : theme->panel);
  const ImVec2 end = {at.x + w, at.y + h};
  list->AddRectFilled(at, end, fill, theme.px(4));
  list->AddRect(at, end, primary || hovered ? theme->accent : theme->line, theme.px(4));
  put(list, fonts.caption, at.x + theme.px(20), at.y + theme.px(18), theme->text,
      fit(fonts.caption, title, w - theme.px(70)));
  put(list, fonts.text, at.x + theme.px(20), at.y + theme.px(54), theme->text2,
      fit(fonts.text, first, w - theme.px(30)));
  put(list, fonts.text, at.x + theme.px(20), at.y + theme.px(74), theme->text2,
      fit(fonts.text, second, w - theme.px(30)));
  const float kx = at.x + w - theme.px(36);
  list->AddRectFilled({kx, at.y + theme.px(16)}, {kx + theme.px(20), at.y + theme.px(36)},
                      theme->raised, theme.px(3));
  put(list, fonts.small, kx + theme.px(10) - width_of(fonts.small, key) / 2, at.y + theme.px(19),
      theme->text2, key);
  return pressed;
}

void strip(ImDrawList* list, const Theme& theme, ImVec2 at, float w, float h,
           const std::vector<float>& shares) {
  list->AddRectFilled(at, {at.x + w, at.y + h}, theme->well);
  const auto n = static_cast<float>(shares.size());
  for (std::size_t i = 0; i < shares.size(); ++i) {
    if (shares[i] <= 0) continue;
    const float x = at.x + w * static_cast<float>(i) / n;
    const float tall = std::max(theme.px(2), h * shares[i]);
    list->AddRectFilled({x, at.y + h - tall}, {at.x + w * static_cast<float>(i + 1) / n, at.y + h},
                        kMapFills.top);
  }
}

}  // namespace

void draw_start_page(Frame& frame) {
  const Theme& theme = frame.theme;
  const Fonts& fonts = theme.fonts();
  Workspace& work = frame.work;
  ImGui::SetNextWindowPos({0, theme.bar()});
  ImGui::SetNextWindowSize({frame.width, frame.height - 2 * theme.bar()});
  ImGui::PushStyleColor(ImGuiCol_WindowBg, theme->desk);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowRounding, 0);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowBorderSize, 0);
  ImGui::Begin("start", nullptr,
               ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove |
                   ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoBringToFrontOnFocus |
                   ImGuiWindowFlags_NoNav);
  ImGui::PopStyleVar(2);
  ImGui::PopStyleColor();
  ImDrawList* list = ImGui::GetWindowDrawList();
  const float w = std::min(theme.px(1200), frame.width - theme.px(48));
  const float x = std::floor((frame.width - w) / 2);
  float y =
      theme.bar() + std::floor(std::min(theme.px(60), (frame.height - theme.px(560)) * 0.14F));
  put(list, fonts.heading, x, y, theme->text, "platter");
  put(list, fonts.caption, x, y + theme.px(36), theme->text2,
      fit(fonts.caption,
          "A small PC you can watch: boot an image, take it apart, see its disk come alive.", w));
  y += theme.px(92);
  const float gap = theme.px(16);
  const float tile_width = std::floor((w - 3 * gap) / 4);
  const bool typing = ImGui::GetIO().WantTextInput || work.open_dialog || work.create_dialog;
  const auto key = [&](SDL_Scancode code) {
    return !typing && ImGui::IsKeyPressed(static_cast<int>(code), false);
  };
  if (tile(frame, {x, y}, tile_width, "Boot the demo", "A tiny guest in the program itself.",
           "No files needed.", "D", true) ||
      key(SDL_SCANCODE_D))
    frame.open_file("");
  if (tile(frame, {x + tile_width + gap, y}, tile_width, "Open an image...",
           "Floppy, hard disk or machine file.", "Format is found by content.", "O", false) ||
      key(SDL_SCANCODE_O)) {
    work.open_dialog = true;
    work.open_slot.reset();
  }
  if (tile(frame, {x + 2 * (tile_width + gap), y}, tile_width, "Create a disk...",
           "Partitioned, formatted, empty.", "Grows only where the guest writes.", "N", false) ||
      key(SDL_SCANCODE_N))
    work.create_dialog = true;
  if (tile(frame, {x + 3 * (tile_width + gap), y}, tile_width, "Folder as a disk...",
           "A folder becomes drive C.", "Changes go back at the end.", "F", false) ||
      key(SDL_SCANCODE_F)) {
    work.open_dialog = true;
    work.open_slot.reset();
  }
  y += theme.px(112) + theme.px(30);
  put(list, fonts.caption, x, y, theme->text, "Recent");
  y += theme.px(30);
  // The table.
  const float row = theme.px(36);
  const float left = frame.height - theme.px(200) - y;
  const auto rows = static_cast<std::size_t>(std::max(1.0F, std::min(8.0F, left / row - 1)));
  const std::size_t shown = std::min(rows, work.recent.size());
  const float h = theme.px(22) + row * static_cast<float>(std::max<std::size_t>(shown, 1));
  list->AddRectFilled({x, y}, {x + w, y + h}, theme->panel, theme.px(4));
  list->AddRectFilled({x, y}, {x + w, y + theme.px(20)}, theme->raised, theme.px(4));
  list->AddRect({x, y}, {x + w, y + h}, theme->line, theme.px(4));
  const float c_name = x + theme.px(12);
  const float c_format = x + w * 0.225F;
  const float c_map = x + w * 0.343F;
  const float map_width = w * 0.2F;
  const float c_use = x + w * 0.607F;
  const float c_of = x + w * 0.683F;
  const float c_last = x + w * 0.727F;
  const float c_mode = x + w * 0.873F;
  const float hy = y + theme.px(2);
  put(list, fonts.text, c_name, hy, theme->text2, "Name");
  put(list, fonts.text, c_format, hy, theme->text2, "Format");
  put(list, fonts.text, c_map, hy, theme->text2, "Allocation map");
  put(list, fonts.text, c_use - width_of(fonts.text, "In use"), hy, theme->text2, "In use");
  put(list, fonts.text, c_of - width_of(fonts.text, "Of"), hy, theme->text2, "Of");
  put(list, fonts.text, c_last, hy, theme->text2, "Last run");
  put(list, fonts.text, c_mode, hy, theme->text2, "Mode");
  if (work.recent.empty())
    put(list, fonts.text, c_name, y + theme.px(30), theme->text3,
        "Nothing yet: what you open is listed here.");
  for (std::size_t i = 0; i < shown; ++i) {
    const RecentFile& file = work.recent[i];
    const float ry = y + theme.px(22) + row * static_cast<float>(i);
    ImGui::SetCursorScreenPos({x, ry});
    ImGui::PushID(static_cast<int>(i));
    const bool pressed = ImGui::InvisibleButton("recent", {w, row});
    const bool hovered = ImGui::IsItemHovered();
    ImGui::PopID();
    if (hovered) {
      list->AddRectFilled({x + 1, ry}, {x + w - 1, ry + row}, theme->row);
      tooltip(file.path + (file.problem.empty() ? "" : "\n" + file.problem));
    }
    if (i != 0) across(list, c_name, x + w - theme.px(12), ry, theme->line);
    const float ty = ry + (row - fonts.text->FontSize) / 2;
    const std::string name = file.path.substr(file.path.find_last_of('/') + 1);
    put(list, fonts.text, c_name, ty, file.problem.empty() ? theme->text : theme->text2,
        fit(fonts.text, name, c_format - c_name - theme.px(8)));
    put(list, fonts.text, c_format, ty, theme->text2,
        fit(fonts.text, file.format, c_map - c_format - theme.px(8)));
    if (!file.problem.empty()) {
      put(list, fonts.text, c_map, ty, theme->bad,
          fit(fonts.text, file.problem, x + w - c_map - theme.px(14)));
      continue;
    }
    strip(list, theme, {c_map, ry + theme.px(10)}, map_width, row - theme.px(20), file.strip);
    const std::string used = bytes_text(file.used_sectors * storage::kSectorSize);
    const std::string size = bytes_text(file.sectors * storage::kSectorSize);
    put(list, fonts.text, c_use - width_of(fonts.text, used), ty, theme->text, used);
    put(list, fonts.text, c_of - width_of(fonts.text, size), ty, theme->text2, size);
    put(list, fonts.text, c_last, ty, theme->text2,
        fit(fonts.text, file.last_run, c_mode - c_last - theme.px(8)));
    put(list, fonts.text, c_mode, ty, theme->text2, file.mode);
    if (hovered) {
      const float bx = x + w - theme.px(70);
      list->AddRectFilled({bx, ry + theme.px(6)}, {bx + theme.px(60), ry + row - theme.px(6)},
                          theme->button_on, theme.px(4));
      list->AddRect({bx, ry + theme.px(6)}, {bx + theme.px(60), ry + row - theme.px(6)},
                    theme->accent, theme.px(4));
      put(list, fonts.text, bx + theme.px(30) - width_of(fonts.text, "Run") / 2, ty, theme->text,
          "Run");
    }
    if (pressed) frame.open_file(file.path);
  }
  y += h + theme.px(28);
  struct Hint {
    const char *title, *first, *second;
  };
  constexpr std::array<Hint, 3> hints = {
      {{"See it live", "Run, then press Right-Ctrl+3. Every read and", "write lights its cluster."},
       {"Stop anywhere", "F5 runs, Shift+F5 breaks, F11 steps. A click",
        "in the code sets a breakpoint."},
       {"Keep the original", "Mode discard drops changes at power off;",
        "read-only never writes."}}};
  const float third = std::floor(w / 3);
  if (y + theme.px(60) < frame.height - theme.px(120)) {
    for (std::size_t i = 0; i < hints.size(); ++i) {
      const float hx = x + third * static_cast<float>(i);
      put(list, fonts.text, hx, y, theme->text, hints[i].title);
      put(list, fonts.text, hx, y + theme.px(22), theme->text2,
          fit(fonts.text, hints[i].first, third - theme.px(10)));
      put(list, fonts.text, hx, y + theme.px(42), theme->text2,
          fit(fonts.text, hints[i].second, third - theme.px(10)));
    }
    y += theme.px(90);
  }
  if (y + theme.px(70) < frame.height - theme.px(60)) {
    const float bh = std::min(theme.px(88), frame.height - theme.px(90) - y);
    const float dash = theme.px(6);
    for (float d = 0; d < w; d += 2 * dash) {
      const float to = std::min(d + dash, w);
      across(list, x + d, x + to, y, theme->line_strong);
      across(list, x + d, x + to, y + bh, theme->line_strong);
    }
    for (float d = 0; d < bh; d += 2 * dash) {
      const float to = std::min(d + dash, bh);
      down(list, x, y + d, y + to, theme->line_strong);
      down(list, x + w, y + d, y + to, theme->line_strong);
    }
    const char* one = "Drop a disk image, a floppy image or a machine file anywhere in this window";
    const char* two = "The format is recognised by content. Nothing is changed by opening.";
    put(list, fonts.text, x + (w - width_of(fonts.text, one)) / 2, y + bh / 2 - theme.px(20),
        theme->text, one);
    put(list, fonts.text, x + (w - width_of(fonts.text, two)) / 2, y + bh / 2 + theme.px(4),
        theme->text3, two);
  }
  ImGui::SetCursorScreenPos({x, frame.height - theme.bar() - theme.px(38)});
  checkbox(frame, "Show this page at start", work.show_start_page);
  const char* help = "F1  keys and panels";
  put(list, fonts.text, x + w - width_of(fonts.text, help),
      frame.height - theme.bar() - theme.px(33), theme->text3, help);
  ImGui::End();
}

}  // namespace ui
