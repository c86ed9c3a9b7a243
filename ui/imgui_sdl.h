// Dear ImGui over SDL: what it drew goes to an SDL_Renderer with SDL_RenderGeometryRaw, what the
// person did comes in as SDL events. Needs no window: the same code draws into a surface, which is
// how panels are tested. Replaces ImGui's own SDLRenderer backend, which Debian's 1.86 has as a
// header only. Not implemented: user callbacks in draw lists other than the one that resets the
// state.
#pragma once

#include <SDL2/SDL.h>
#include <imgui.h>

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

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
  // Ends the frame and draws it.
  void render();

  SDL_Renderer* renderer() const { return renderer_; }

 private:
  void upload_fonts();
  void draw(const ImDrawData& data);

  SDL_Renderer* renderer_;
  ImGuiContext* context_;
  TexturePtr fonts_;
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
  int width() const { return width_; }
  int height() const { return height_; }

 private:
  TexturePtr texture_;
  int width_ = 0, height_ = 0;
};

}  // namespace ui
