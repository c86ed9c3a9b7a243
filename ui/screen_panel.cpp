// The guest's screen.
#include <algorithm>
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

}  // namespace ui
