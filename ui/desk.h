// Everything in the window but the window: ImGui on a renderer, the look, the panels, and the
// session they show. Draws into whatever the renderer draws into, so tests see what a person sees.
#pragma once

#include <SDL2/SDL.h>

#include <functional>
#include <memory>
#include <string>

#include "ui/imgui_sdl.h"
#include "ui/panels.h"
#include "ui/session.h"
#include "ui/theme.h"

namespace ui {

class Desk {
 public:
  Desk(SDL_Renderer* renderer, Look look, float scale, bool host_fonts);

  Workspace& work() { return work_; }
  Session* session() { return session_.get(); }
  const Snapshot* snapshot() const { return snapshot_.get(); }
  // Shows another machine, or none; hands back what was shown.
  std::unique_ptr<Session> show(std::unique_ptr<Session> session);

  void event(const SDL_Event& event);
  // One picture, `seconds` after the last one. False: it is the last one.
  bool frame(float width, float height, float seconds);
  // The last picture once more, on a renderer that may have lost it.
  void show_again() { imgui_.show_again(); }
  // The next picture is drawn as a whole.
  void draw_everything() { imgui_.forget_picture(); }
  // What a new picture would show that the last one did not.
  enum class News : std::uint8_t {
    none,      // clocks and counters at most
    screen,    // the guest's screen is another one
    activity,  // drives at work, a stop: what panels follow with lamps and flashes
  };
  News news() const;
  // The person is typing into a field of ours.
  bool wants_text() const { return ImGui::GetIO().WantTextInput; }

  // What panels ask of the program.
  ProgramRequests program;

  void say(const std::string& line);

 private:
  void follow_session();
  void follow_map();
  void follow_sectors();

  SDL_Renderer* renderer_;
  ImGuiSdl imgui_;
  Theme theme_;
  Workspace work_;
  std::unique_ptr<Session> session_;
  std::shared_ptr<const Snapshot> snapshot_;
  Wants wants_;
  PixelTexture guest_;
  std::uint64_t guest_seen_ = 0;
  std::vector<std::uint32_t> guest_pixels_;
  float files_wait_ = 0;  // seconds until the files may be read again
  float sectors_wait_ = 0;
};

}  // namespace ui
