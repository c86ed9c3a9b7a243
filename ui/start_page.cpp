// A run without arguments: what one can begin with, and what was open lately.
#include <algorithm>
#include <array>
#include <cmath>

#include "ui/map_picture.h"
#include "ui/panels.h"
#include "ui/widgets.h"

namespace ui {

namespace {

class StartPage {
 public:
  explicit StartPage(Frame& frame)
      : frame_(frame),
        theme_(frame.theme),
        fonts_(theme_.fonts()),
        work_(frame.work),
        list_(ImGui::GetWindowDrawList()),
        w_(std::min(theme_.px(1200), frame.width - theme_.px(48))),
        x_(std::floor((frame.width - w_) / 2)) {}

  void draw() {
    float y = theme_.bar() +
              std::floor(std::min(theme_.px(60), (frame_.height - theme_.px(560)) * 0.14F));
    y = heading(y);
    y = tiles(y);
    y = recent(y);
    y = hints(y);
    drop_zone(y);
    foot();
  }

 private:
  // Each draws from `y` down and answers where the next one goes.

  float heading(float y) {
    put(list_, fonts_.heading, x_, y, theme_->text, "platter");
    put(list_, fonts_.caption, x_, y + theme_.px(36), theme_->text2,
        fit(fonts_.caption,
            "A small PC you can watch: boot an image, take it apart, see its disk come alive.",
            w_));
    return y + theme_.px(92);
  }

  struct Tile {
    const char *title, *first, *second, *key;
    SDL_Scancode code;
    void (*act)(Frame&);
  };

  float tiles(float y) {
    static constexpr std::array<Tile, 4> all = {
        {{"Boot the demo", "A tiny guest in the program itself.", "No files needed.", "D",
          SDL_SCANCODE_D, [](Frame& frame) { frame.program.open_file(""); }},
         {"Open an image...", "Floppy, hard disk or machine file.", "Format is found by content.",
          "O", SDL_SCANCODE_O, [](Frame& frame) { frame.work.open.ask_for_machine(); }},
         {"Create a disk...", "Partitioned, formatted, empty.",
          "Grows only where the guest writes.", "N", SDL_SCANCODE_N,
          [](Frame& frame) { frame.work.create.asked = true; }},
         {"Folder as a disk...", "A folder becomes drive C.", "Changes go back at the end.", "F",
          SDL_SCANCODE_F, [](Frame& frame) { frame.work.open.ask_for_folder(); }}}};
    const float gap = theme_.px(16);
    const float width = std::floor((w_ - 3 * gap) / 4);
    // A dialog has the keys while it is open.
    const bool keys =
        !ImGui::GetIO().WantTextInput &&
        !ImGui::IsPopupOpen("", ImGuiPopupFlags_AnyPopupId | ImGuiPopupFlags_AnyPopupLevel);
    float x = x_;
    for (const Tile& one : all) {
      const bool pressed = tile(one, {x, y}, width, &one == all.data());
      if (pressed || (keys && ImGui::IsKeyPressed(static_cast<int>(one.code), false)))
        one.act(frame_);
      x += width + gap;
    }
    return y + theme_.px(112) + theme_.px(30);
  }

  bool tile(const Tile& one, ImVec2 at, float w, bool primary) {
    const float h = theme_.px(112);
    ImGui::SetCursorScreenPos(at);
    ImGui::PushID(one.title);
    const bool pressed = ImGui::InvisibleButton("tile", {w, h});
    ImGui::PopID();
    const bool hovered = ImGui::IsItemHovered();
    const Colour fill = primary ? theme_->button_on : (hovered ? theme_->raised : theme_->panel);
    const ImVec2 end = {at.x + w, at.y + h};
    list_->AddRectFilled(at, end, fill, theme_.px(4));
    list_->AddRect(at, end, primary || hovered ? theme_->accent : theme_->line, theme_.px(4));
    put(list_, fonts_.caption, at.x + theme_.px(20), at.y + theme_.px(18), theme_->text,
        fit(fonts_.caption, one.title, w - theme_.px(70)));
    put(list_, fonts_.text, at.x + theme_.px(20), at.y + theme_.px(54), theme_->text2,
        fit(fonts_.text, one.first, w - theme_.px(30)));
    put(list_, fonts_.text, at.x + theme_.px(20), at.y + theme_.px(74), theme_->text2,
        fit(fonts_.text, one.second, w - theme_.px(30)));
    const float kx = at.x + w - theme_.px(36);
    list_->AddRectFilled({kx, at.y + theme_.px(16)}, {kx + theme_.px(20), at.y + theme_.px(36)},
                         theme_->raised, theme_.px(3));
    put(list_, fonts_.small, kx + theme_.px(10) - width_of(fonts_.small, one.key) / 2,
        at.y + theme_.px(19), theme_->text2, one.key);
    return pressed;
  }

  // ---- what was open lately ----

  float column(float share) const { return x_ + w_ * share; }
  float row_height() const { return theme_.px(36); }

  float recent(float y) {
    put(list_, fonts_.caption, x_, y, theme_->text, "Recent");
    y += theme_.px(30);
    const float left = frame_.height - theme_.px(200) - y;
    const auto room = static_cast<std::size_t>(std::clamp(left / row_height() - 1, 1.0F, 8.0F));
    const std::size_t shown = std::min(room, work_.recent.size());
    const float h =
        theme_.px(22) + row_height() * static_cast<float>(std::max<std::size_t>(shown, 1));
    list_->AddRectFilled({x_, y}, {x_ + w_, y + h}, theme_->panel, theme_.px(4));
    list_->AddRectFilled({x_, y}, {x_ + w_, y + theme_.px(20)}, theme_->raised, theme_.px(4));
    list_->AddRect({x_, y}, {x_ + w_, y + h}, theme_->line, theme_.px(4));
    heads(y + theme_.px(2));
    if (work_.recent.empty())
      put(list_, fonts_.text, x_ + theme_.px(12), y + theme_.px(30), theme_->text3,
          "Nothing yet: what you open is listed here.");
    for (std::size_t i = 0; i < shown; ++i) {
      ImGui::PushID(static_cast<int>(i));
      entry(work_.recent[i], y + theme_.px(22) + row_height() * static_cast<float>(i), i == 0);
      ImGui::PopID();
    }
    return y + h + theme_.px(28);
  }

  void heads(float y) {
    const auto head = [&](float x, const char* name) {
      put(list_, fonts_.text, x, y, theme_->text2, name);
    };
    head(x_ + theme_.px(12), "Name");
    head(column(kFormat), "Format");
    head(column(kMap), "Allocation map");
    head(column(kUse) - width_of(fonts_.text, "In use"), "In use");
    head(column(kOf) - width_of(fonts_.text, "Of"), "Of");
    head(column(kLast), "Last run");
    head(column(kMode), "Mode");
  }

  void entry(const RecentFile& file, float y, bool first) {
    ImGui::SetCursorScreenPos({x_, y});
    const bool pressed = ImGui::InvisibleButton("recent", {w_, row_height()});
    const bool hovered = ImGui::IsItemHovered();
    if (hovered) {
      list_->AddRectFilled({x_ + 1, y}, {x_ + w_ - 1, y + row_height()}, theme_->row);
      tooltip(file.path + (file.problem.empty() ? "" : "\n" + file.problem));
    }
    if (!first) across(list_, x_ + theme_.px(12), x_ + w_ - theme_.px(12), y, theme_->line);
    const float ty = y + (row_height() - fonts_.text->FontSize) / 2;
    const std::string name = file.path.substr(file.path.find_last_of('/') + 1);
    cell(kName, kFormat, ty, file.problem.empty() ? theme_->text : theme_->text2, name);
    cell(kFormat, kMap, ty, theme_->text2, file.format);
    if (file.problem.empty()) {
      facts(file, y, ty);
      if (hovered) label(y, "Run", theme_->button_on, theme_->accent);
      if (pressed) frame_.program.open_file(file.path);
    } else {
      trouble(file, y, ty, pressed);
    }
  }

  void facts(const RecentFile& file, float y, float ty) {
    strip(file, {column(kMap), y + theme_.px(10)}, w_ * 0.2F, row_height() - theme_.px(20));
    const auto number = [&](float share, Colour colour, std::uint64_t sectors) {
      if (sectors == 0 && file.sectors == 0) return;
      const std::string words = bytes_text(sectors * storage::kSectorSize);
      put(list_, fonts_.text, column(share) - width_of(fonts_.text, words), ty, colour, words);
    };
    number(kUse, theme_->text, file.used_sectors);
    number(kOf, theme_->text2, file.sectors);
    cell(kLast, kMode, ty, theme_->text2, file.last_run);
    put(list_, fonts_.text, column(kMode), ty, theme_->text2, file.mode);
  }

  // What is wrong, and the way out of it where there is one.
  void trouble(const RecentFile& file, float y, float ty, bool pressed) {
    if (file.lost_parent.empty()) {
      cell(kMap, 1, ty, theme_->bad, file.problem);
      if (pressed) frame_.program.open_file(file.path);  // it may be mended by now
      return;
    }
    cell(kMap, kLast, ty, theme_->bad, "cannot be opened until its parent is found");
    cell(kLast, kMode, ty, theme_->bad, file.lost_parent);
    label(y, "Locate...", theme_->button, theme_->line_strong);
    if (pressed) work_.open.ask_for_parent(file.lost_child, file.lost_parent);
  }

  void cell(float from, float to, float y, Colour colour, const std::string& words) {
    const float x = from == kName ? x_ + theme_.px(12) : column(from);
    put(list_, fonts_.text, x, y, colour, fit(fonts_.text, words, column(to) - x - theme_.px(8)));
  }

  // Looks like a button; the whole row is one.
  void label(float y, const char* words, Colour fill, Colour border) {
    const float width = std::max(theme_.px(60), width_of(fonts_.text, words) + theme_.px(16));
    const ImVec2 begin = {x_ + w_ - theme_.px(10) - width, y + theme_.px(6)};
    const ImVec2 end = {begin.x + width, y + row_height() - theme_.px(6)};
    list_->AddRectFilled(begin, end, fill, theme_.px(4));
    list_->AddRect(begin, end, border, theme_.px(4));
    put(list_, fonts_.text, begin.x + (width - width_of(fonts_.text, words)) / 2,
        y + (row_height() - fonts_.text->FontSize) / 2, theme_->text, words);
  }

  void strip(const RecentFile& file, ImVec2 at, float w, float h) {
    if (file.strip.empty()) return;
    list_->AddRectFilled(at, {at.x + w, at.y + h}, theme_->well);
    const auto n = static_cast<float>(file.strip.size());
    for (std::size_t i = 0; i < file.strip.size(); ++i) {
      const RecentFile::Column& one = file.strip[i];
      if (one.share <= 0) continue;
      const float x = at.x + w * static_cast<float>(i) / n;
      const float tall = std::max(theme_.px(2), h * one.share);
      list_->AddRectFilled({x, at.y + h - tall},
                           {at.x + w * static_cast<float>(i + 1) / n, at.y + h},
                           layer_colour(one.layer, file.layers));
    }
  }

  // ---- below the table, where there is room ----

  float hints(float y) {
    struct Hint {
      const char *title, *first, *second;
    };
    constexpr std::array<Hint, 3> all = {
        {{"See it live", "Run, then press Right-Ctrl+3. Every read and",
          "write lights its cluster."},
         {"Stop anywhere", "F5 runs, Shift+F5 breaks, F11 steps. A click",
          "in the code sets a breakpoint."},
         {"Keep the original", "Mode discard drops changes at power off;",
          "read-only never writes."}}};
    if (y + theme_.px(60) >= frame_.height - theme_.px(120)) return y;
    const float third = std::floor(w_ / 3);
    float x = x_;
    for (const Hint& hint : all) {
      put(list_, fonts_.text, x, y, theme_->text, hint.title);
      put(list_, fonts_.text, x, y + theme_.px(22), theme_->text2,
          fit(fonts_.text, hint.first, third - theme_.px(10)));
      put(list_, fonts_.text, x, y + theme_.px(42), theme_->text2,
          fit(fonts_.text, hint.second, third - theme_.px(10)));
      x += third;
    }
    return y + theme_.px(90);
  }

  void drop_zone(float y) {
    if (y + theme_.px(70) >= frame_.height - theme_.px(60)) return;
    const float h = std::min(theme_.px(88), frame_.height - theme_.px(90) - y);
    const float dash = theme_.px(6);
    for (float d = 0; d < w_; d += 2 * dash) {
      const float to = std::min(d + dash, w_);
      across(list_, x_ + d, x_ + to, y, theme_->line_strong);
      across(list_, x_ + d, x_ + to, y + h, theme_->line_strong);
    }
    for (float d = 0; d < h; d += 2 * dash) {
      const float to = std::min(d + dash, h);
      down(list_, x_, y + d, y + to, theme_->line_strong);
      down(list_, x_ + w_, y + d, y + to, theme_->line_strong);
    }
    const auto centred = [&](float dy, Colour colour, const char* words) {
      put(list_, fonts_.text, x_ + (w_ - width_of(fonts_.text, words)) / 2, y + h / 2 + dy, colour,
          words);
    };
    centred(
        -theme_.px(20), theme_->text,
        "Drop a disk image, a floppy image, a folder or a machine file anywhere in this window");
    centred(
        theme_.px(4), theme_->text3,
        "Raw, growable, COWD, VMDK, VHD and add-cow are recognised by their content. Nothing is "
        "changed by opening.");
  }

  void foot() {
    ImGui::SetCursorScreenPos({x_, frame_.height - theme_.bar() - theme_.px(38)});
    checkbox(frame_, "Show this page at start", work_.show_start_page);
    const char* help = "F1  keys and panels";
    put(list_, fonts_.text, x_ + w_ - width_of(fonts_.text, help),
        frame_.height - theme_.bar() - theme_.px(33), theme_->text3, help);
  }

  // Where columns begin, or end where they hold numbers, as shares of the width.
  static constexpr float kName = 0, kFormat = 0.225F, kMap = 0.343F, kUse = 0.607F, kOf = 0.683F,
                         kLast = 0.727F, kMode = 0.873F;

  Frame& frame_;
  const Theme& theme_;
  const Fonts& fonts_;
  Workspace& work_;
  ImDrawList* list_;
  float w_, x_;
};

}  // namespace

void draw_start_page(Frame& frame) {
  const Theme& theme = frame.theme;
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
  StartPage(frame).draw();
  ImGui::End();
}

}  // namespace ui
