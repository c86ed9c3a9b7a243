// What of a picture differs from the last one: each frame's draw lists are compared by tiles, so
// that only these are drawn again. A tile's pixels depend on what touches it, in order; it is drawn
// again when the hash over that is another one. Nothing is kept of a frame but these hashes.
//
// Two things make a part of the window more than its vertices. A texture's pixels may change: it
// says what it holds, by blocks (TextureContent). And a picture that is stretched cannot be drawn
// in parts, as a renderer may sample it from the clip rectangle's edge: it is drawn as a whole.
#pragma once

#include <SDL2/SDL.h>
#include <imgui.h>

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace ui {

// What a texture's pixels are, as hashes of blocks.
class TextureContent {
 public:
  // What changed: whole rows, in pixels; h == 0 if nothing did.
  SDL_Rect update(int width, int height, std::span<const std::uint32_t> pixels);
  int width() const { return width_; }
  int height() const { return height_; }
  std::uint64_t hash(const SDL_Rect& part) const;

 private:
  static constexpr int kBlock = 16;  // pixels
  int width_ = 0, height_ = 0, columns_ = 0;
  std::vector<std::uint32_t> pixels_;
  std::vector<std::uint64_t> blocks_;
};

// What SDL_RenderGeometry takes as one thing: a rectangle of two triangles, or a triangle.
struct DrawUnit {
  SDL_Rect bounds;  // of its pixels, within the command's clip rectangle
  std::uint32_t first_index = 0, index_count = 0;
  bool solid = false;  // a rectangle on whole pixels in one colour that hides what is under it
  SDL_Rect area{};     // of a solid one; may reach beyond `bounds`
  std::uint32_t colour = 0;  // of a solid one; R, G, B, A in memory
};

// A command of a draw list with its units; those outside its clip rectangle are left out.
struct DrawStep {
  const ImDrawList* list = nullptr;
  const ImDrawCmd* command = nullptr;
  SDL_Rect clip{};
  SDL_Rect bounds{};  // of all units
  std::vector<DrawUnit> units;
};

class Damage {
 public:
  // The next picture is drawn as a whole.
  void forget() { tiles_.clear(); }

  // Takes a frame in: where a picture of it differs from one of the last frame. The rectangles do
  // not overlap; none: both are the same. `ground` is the colour behind everything.
  const std::vector<SDL_Rect>& compare(const ImDrawData& data, int width, int height,
                                       std::uint32_t ground);
  // The frame as steps, valid until its draw lists change.
  std::span<const DrawStep> steps() const { return {steps_.data(), step_count_}; }
  // What hides all that came before it in a part: where drawing the part may begin.
  struct Place {
    std::size_t step = 0, unit = 0;
  };
  std::optional<Place> ground_of(const SDL_Rect& part) const;

 private:
  struct Tiles {  // from, to behind the last
    int x0, y0, x1, y1;
  };

  void collect(const ImDrawData& data);
  static void look_for_solid(const DrawStep& step, DrawUnit& unit);
  void add_unit(DrawStep& step, std::uint32_t first, std::uint32_t count);
  void hash_unit(const DrawStep& step, const DrawUnit& unit);
  Tiles tiles_of(const SDL_Rect& rect) const;
  bool any_dirty(const Tiles& tiles) const;
  void set_tiles(const Tiles& tiles, std::uint8_t value);
  void fill_gaps(int most);
  void take_boxes();
  void take_runs();
  SDL_Rect pixels_of(const Tiles& tiles) const;

  std::vector<DrawStep> steps_;  // grown, never shrunk: their vectors keep their memory
  std::size_t step_count_ = 0;
  std::vector<SDL_Rect> stretched_;  // pictures that are drawn as a whole
  int width_ = 0, height_ = 0, columns_ = 0, rows_ = 0;
  std::vector<std::uint64_t> tiles_, now_;  // hashes of the last frame, of this one
  std::vector<std::uint8_t> dirty_;
  std::vector<SDL_Rect> rects_;
};

}  // namespace ui
