// Dear ImGui over SDL: what it drew goes to an SDL_Renderer with SDL_RenderGeometryRaw, what the
// person did comes in as SDL events. Needs no window: the same code draws into a surface, which is
// how panels are tested. Replaces ImGui's own SDLRenderer backend, which Debian's 1.86 has as a
// header only. Not implemented: user callbacks in draw lists other than the one that resets the
// state.
//
// The picture is kept in a texture and only what changed is drawn into it (ui/damage.h): without a
// display card, drawing is what costs.
#pragma once

#include <SDL2/SDL.h>
#include <imgui.h>

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "ui/damage.h"

namespace ui {

struct DestroyTexture {
  void operator()(SDL_Texture* texture) const { SDL_DestroyTexture(texture); }
};
using TexturePtr = std::unique_ptr<SDL_Texture, DestroyTexture>;

// An ImGui context that belongs to one renderer. Fonts are added between construction and the first
// frame.
class ImGuiSdl {
 public:
  // Throws std::runtime_error. The renderer outlives this object.
  explicit ImGuiSdl(SDL_Renderer* renderer);
  ~ImGuiSdl();
  ImGuiSdl(const ImGuiSdl&) = delete;
  ImGuiSdl& operator=(const ImGuiSdl&) = delete;

  // What the person did. A button that goes down and up within one frame is still seen as pressed.
  void event(const SDL_Event& event);
  void new_frame(float width, float height, float seconds);
  // Ends the frame and brings the renderer's picture up to it, drawing what differs from the last
  // frame; `ground` (R, G, B, A in memory) lies behind everything. False: nothing differs, and
  // nothing was drawn.
  bool render(std::uint32_t ground);
  // The last frame on the renderer once more, as after a window was covered.
  void show_again();
  // Draws everything in the next frame: pictures may have been lost.
  void forget_picture() { damage_.forget(); }
  // Textures are lost as well.
  void forget_textures();

  SDL_Renderer* renderer() const { return renderer_; }

 private:
  void upload_fonts();
  bool keep_picture(int width, int height);
  bool bring_up();
  void draw(const SDL_Rect& part);
  void draw_triangles(const DrawStep& step);
  void fill(const SDL_Rect& area, std::uint32_t colour);
  void show_picture();

  SDL_Renderer* renderer_;
  ImGuiContext* context_;
  TexturePtr fonts_;
  TexturePtr picture_;          // the last frame; null: the renderer cannot draw into textures
  int width_ = 0, height_ = 0;  // of picture_
  std::uint32_t ground_ = 0;
  Damage damage_;
  std::vector<ImDrawIdx> part_;                 // indices of what meets a rectangle
  std::vector<std::size_t> tapped_, released_;  // scancodes since the last frame
  std::array<bool, 3> down_{}, pressed_{};  // left, right, middle; pressed: since the last frame
};

// A picture of pixels that ImGui can show; made anew when its size changes.
class PixelTexture {
 public:
  // `pixels` are R, G, B, A in memory.
  void update(SDL_Renderer* renderer, int width, int height, std::span<const std::uint32_t> pixels,
              bool smooth = false);
  ImTextureID id() const { return texture_.get(); }
  int width() const { return content_ ? content_->width() : 0; }
  int height() const { return content_ ? content_->height() : 0; }

 private:
  std::unique_ptr<TextureContent> content_;  // the texture's user data
  TexturePtr texture_;
};

}  // namespace ui
