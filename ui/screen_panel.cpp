// The guest's screen, and the dialogs that ask for a file or tell the keys.
#include <algorithm>
#include <array>
#include <cmath>

#include "ui/panels.h"
#include "ui/shrink.h"
#include "ui/widgets.h"

namespace ui {

namespace {

ImTextureID small_picture(Frame& frame, int width, int height) {
  PixelTexture& texture = frame.work.small_screen;
  const Snapshot& s = *frame.snapshot;
  const bool same_size = texture.width() == width && texture.height() == height;
  if (!same_size || frame.work.small_screen_number != s.picture_number) {
    frame.work.small_screen_number = s.picture_number;
    const emu::Picture& picture = *s.picture;
    texture.update(frame.renderer, width, height,
                   shrink(picture.rgba, static_cast<int>(picture.width),
                          static_cast<int>(picture.height), width, height));
  }
  return texture.id();
}

// In which size the picture was drawn last, for the title: "2x", "0.75x".
std::string scale_words(const Workspace& work, const emu::Picture& picture) {
  if (work.screen_place.w <= 0 || picture.width == 0) return "";
  const float scale = work.screen_place.w / static_cast<float>(picture.width);
  return scale >= 1 ? print(", %.0fx", static_cast<double>(scale))
                    : print(", %.2fx", static_cast<double>(scale));
}

}  // namespace

void draw_screen(Frame& frame) {
  Workspace& work = frame.work;
  std::string about;
  std::string right;
  if (frame.snapshot != nullptr && frame.snapshot->picture) {
    const Snapshot& s = *frame.snapshot;
    const emu::Picture& picture = *s.picture;
    right = s.text.columns != 0 ? print("%u x %u text", s.text.columns, s.text.rows)
                                : print("%u x %u", picture.width, picture.height);
    right += scale_words(work, picture);
    if (work.layout == Layout::play) {
      for (const DriveView& drive : s.drives) {
        if (drive.loaded)
          about += (about.empty() ? "" : ",  ") + drive.short_name() +
                   (drive.mode == emu::DriveMode::discard   ? " (discard)"
                    : drive.mode == emu::DriveMode::overlay ? " (overlay)"
                                                            : "");
      }
      about += ",  guest " + seconds_text(s.now);
    } else {
      about = right;
      right = work.screen_focused ? "keys go to the guest" : "keys: click to send";
    }
  }
  ImGui::PushStyleColor(ImGuiCol_WindowBg, rgb(0x060708));
  const PanelWindow window(frame, Panel::screen, "Screen", about, right,
                           ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse,
                           false);
  ImGui::PopStyleColor();
  work.screen_focused = false;
  if (!window) return;
  frame.wants.screen = true;
  work.screen_focused = ImGui::IsWindowFocused();
  const ImVec2 room = ImGui::GetContentRegionAvail();
  const ImVec2 at = ImGui::GetCursorScreenPos();
  ImGui::InvisibleButton("picture", {std::max(room.x, 1.0F), std::max(room.y, 1.0F)});
  if (frame.guest == nullptr || frame.guest->width() == 0 || frame.snapshot == nullptr) return;
  const auto w = static_cast<float>(frame.guest->width());
  const auto h = static_cast<float>(frame.guest->height());
  // Whole multiples where there is room for one; else the largest that fits.
  float scale_x = std::min(room.x / w, room.y / h);
  if (scale_x >= 1) scale_x = std::floor(scale_x);
  float scale_y = scale_x;
  if (work.keep_aspect) {
    // A monitor is 4:3 whatever the mode: lines grow as far as there is room.
    const float wanted = w * scale_x * 3 / 4 / h;
    scale_y = wanted * h <= room.y ? std::max(scale_x, wanted)
                                   : std::max(scale_x, std::min(wanted, room.y / h));
    if (std::abs(scale_y / scale_x - 1) < 0.26F) scale_y = scale_x;  // nearly square: stay sharp
  }
  const float pw = std::floor(w * scale_x);
  const float ph = std::floor(h * scale_y);
  const ImVec2 place = {at.x + std::floor((room.x - pw) / 2), at.y + std::floor((room.y - ph) / 2)};
  work.screen_place = {place.x, place.y, pw, ph};
  ImTextureID shown = frame.guest->id();
  if (scale_x < 1 && pw >= 1 && ph >= 1 && ph <= h) {
    shown = small_picture(frame, static_cast<int>(pw), static_cast<int>(ph));
  }
  ImGui::GetWindowDrawList()->AddImage(shown, place, {place.x + pw, place.y + ph});
}

namespace {

bool begin_dialog(Frame& frame, const char* title, bool& wanted) {
  if (wanted) {
    ImGui::OpenPopup(title);
    wanted = false;
  }
  ImGui::SetNextWindowPos({frame.width / 2, frame.height / 2}, ImGuiCond_Appearing, {0.5F, 0.5F});
  return ImGui::BeginPopupModal(
      title, nullptr, ImGuiWindowFlags_AlwaysAutoResize | ImGuiWindowFlags_NoSavedSettings);
}

void open_dialog(Frame& frame) {
  Workspace& work = frame.work;
  const Theme& theme = frame.theme;
  if (!begin_dialog(frame, "Open image", work.open_dialog)) return;
  text(theme->text2, work.open_slot ? std::string("Image for ") + emu::slot_name(*work.open_slot)
                                    : "A disk image, a floppy image, a folder or a machine file");
  if (ImGui::IsWindowAppearing()) ImGui::SetKeyboardFocusHere();
  const bool entered =
      input("##path", work.open_path, theme.px(520), "path; or drop the file on the window",
            ImGuiInputTextFlags_EnterReturnsTrue | ImGuiInputTextFlags_AutoSelectAll);
  if (!work.open_error.empty()) text(theme->bad, work.open_error);
  if (button(frame, "Open", theme.px(96), true) || entered) {
    if (!work.open_path.empty()) {
      if (work.open_slot) {
        frame.insert_file(work.open_path, *work.open_slot);
      } else {
        frame.open_file(work.open_path);
      }
    }
    ImGui::CloseCurrentPopup();
  }
  ImGui::SameLine();
  if (button(frame, "Cancel", theme.px(96)) || ImGui::IsKeyPressed(SDL_SCANCODE_ESCAPE))
    ImGui::CloseCurrentPopup();
  ImGui::EndPopup();
}

void help_dialog(Frame& frame) {
  const Theme& theme = frame.theme;
  if (!begin_dialog(frame, "Keys and panels", frame.work.about)) return;
  struct Row {
    const char *key, *what;
  };
  constexpr std::array<Row, 21> rows = {
      {{"Right-Ctrl", "the host key: what follows is for the window, not the guest"},
       {"RCtrl+1 2 3", "layouts Play, Debug, Disk"},
       {"RCtrl+C", "capture the mouse, or let it go"},
       {"RCtrl+R, P", "reset; pause or run"},
       {"RCtrl+S, V", "screenshot; paste into the guest"},
       {"RCtrl+F", "full screen"},
       {"RCtrl+Del", "Ctrl+Alt+Del for the guest"},
       {"F5, Shift+F5", "run, break"},
       {"F11, F10", "step into, step over"},
       {"Shift+F11", "step out"},
       {"Shift+F10", "step back; Ctrl+Shift+F5: back to a breakpoint (Debug > Keep history)"},
       {"F9, Ctrl+F10", "at the line in hand: a breakpoint; run to it"},
       {"F2", "a name for the line in hand"},
       {"Ctrl+G, Ctrl+F", "go to, in this panel; find in memory"},
       {"map: wheel", "zoom, down to single sectors; Shift+wheel scrolls"},
       {"map: drag", "scroll; the mini map and the bar do so, too"},
       {"map: click", "pins a cluster: all panels answer for it"},
       {"map: Home, G", "the whole disk; go to a cluster or LBA"},
       {"time line", "drag: the map as it was then"},
       {"code: click", "takes a line in hand; left of it: a breakpoint"},
       {"memory: click", "a byte while paused, then type hex digits"}}};
  for (const Row& row : rows) {
    text(theme->accent, row.key);
    ImGui::SameLine(theme.px(130));
    text(theme->text2, row.what);
  }
  text(theme->text3, "While the Screen has the focus the guest gets every key but the host key.");
  if (button(frame, "Close", theme.px(96), true) || ImGui::IsKeyPressed(SDL_SCANCODE_ESCAPE))
    ImGui::CloseCurrentPopup();
  ImGui::EndPopup();
}

void question_dialog(Frame& frame) {
  const Theme& theme = frame.theme;
  Workspace::Question& question = frame.work.question;
  // One dialog for all questions: its title is the part before the mark.
  if (!begin_dialog(frame, (question.title + "###question").c_str(), frame.work.ask)) return;
  for (const std::string& line : question.lines) text(theme->text2, line);
  ImGui::Dummy({0, theme.px(4)});
  if (button(frame, question.yes, theme.px(96), true)) {
    frame.post(std::move(question.request));
    question.request = {};
    ImGui::CloseCurrentPopup();
  }
  ImGui::SameLine();
  if (button(frame, "Cancel", theme.px(96)) || ImGui::IsKeyPressed(SDL_SCANCODE_ESCAPE))
    ImGui::CloseCurrentPopup();
  ImGui::EndPopup();
}

void create_dialog(Frame& frame) {
  Workspace& work = frame.work;
  const Theme& theme = frame.theme;
  if (!begin_dialog(frame, "Create a disk", work.create_dialog)) return;
  text(theme->text2, "An image that grows where the guest writes");
  input("##path", work.create_path, theme.px(420), "file, e.g. /home/me/dos.vmdk");
  input("##size", work.create_size, theme.px(96), "64M");
  ImGui::SameLine();
  text(theme->text3, "size: 64M, 2G, 1.5G");
  if (!work.open_error.empty()) text(theme->bad, work.open_error);
  if (button(frame, "Create and run", theme.px(140), true, !work.create_path.empty())) {
    frame.open_file("create:" + work.create_size + ":" + work.create_path);
    ImGui::CloseCurrentPopup();
  }
  ImGui::SameLine();
  if (button(frame, "Cancel", theme.px(96)) || ImGui::IsKeyPressed(SDL_SCANCODE_ESCAPE))
    ImGui::CloseCurrentPopup();
  ImGui::EndPopup();
}

}  // namespace

void draw_dialogs(Frame& frame) {
  open_dialog(frame);
  create_dialog(frame);
  question_dialog(frame);
  help_dialog(frame);
}

}  // namespace ui
