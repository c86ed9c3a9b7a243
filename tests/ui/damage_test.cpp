// Drawing only what changed: where a frame differs from the last one, and that the picture is the
// one that drawing everything gives, pixel for pixel.
#include "ui/damage.h"

#include <algorithm>
#include <functional>

#include "tests/catch.hpp"
#include "tests/ui/rig.h"
#include "ui/imgui_sdl.h"

using support::Rig;

namespace {

// Draw lists without a window's panels.
class Sheet {
 public:
  Sheet()
      : surface_(SDL_CreateRGBSurfaceWithFormat(0, kWidth, kHeight, 32, SDL_PIXELFORMAT_RGB888)),
        renderer_(SDL_CreateSoftwareRenderer(surface_)),
        imgui_(std::make_unique<ui::ImGuiSdl>(renderer_)) {}
  ~Sheet() {
    texture_ = {};
    imgui_.reset();
    SDL_DestroyRenderer(renderer_);
    SDL_FreeSurface(surface_);
  }
  Sheet(const Sheet&) = delete;
  Sheet& operator=(const Sheet&) = delete;

  std::vector<SDL_Rect> frame(const std::function<void(ImDrawList&)>& draw) {
    imgui_->new_frame(kWidth, kHeight, 0.1F);
    draw(*ImGui::GetForegroundDrawList());
    ImGui::Render();
    return damage_.compare(*ImGui::GetDrawData(), kWidth, kHeight, 0);
  }
  ui::PixelTexture& picture(const std::vector<std::uint32_t>& pixels, int width) {
    texture_.update(renderer_, width, static_cast<int>(pixels.size()) / width, pixels);
    return texture_;
  }
  ui::Damage& damage() { return damage_; }

  static constexpr int kWidth = 640, kHeight = 480;

 private:
  SDL_Surface* surface_;
  SDL_Renderer* renderer_;
  std::unique_ptr<ui::ImGuiSdl> imgui_;
  ui::PixelTexture texture_;
  ui::Damage damage_;
};

bool covers(const std::vector<SDL_Rect>& parts, const SDL_Rect& wanted) {
  // All corners and the middle: the parts here are larger than what is looked for.
  const auto inside = [&](int x, int y) {
    const SDL_Point point{x, y};
    return std::ranges::any_of(
        parts, [&](const SDL_Rect& part) { return SDL_PointInRect(&point, &part) == SDL_TRUE; });
  };
  const int right = wanted.x + wanted.w - 1;
  const int bottom = wanted.y + wanted.h - 1;
  return inside(wanted.x, wanted.y) && inside(right, wanted.y) && inside(wanted.x, bottom) &&
         inside(right, bottom) && inside(wanted.x + wanted.w / 2, wanted.y + wanted.h / 2);
}

std::int64_t area(const std::vector<SDL_Rect>& parts) {
  std::int64_t sum = 0;
  for (const SDL_Rect& part : parts) sum += std::int64_t{part.w} * part.h;
  return sum;
}

}  // namespace

TEST_CASE("damage: the same frame again changes nothing, a forgotten one everything",
          "[ui][damage]") {
  Sheet sheet;
  const auto draw = [](ImDrawList& list) {
    list.AddRectFilled({10, 10}, {100, 40}, 0xFF123456);
    list.AddText({200, 200}, 0xFFFFFFFF, "a word");
    list.AddCircleFilled({400, 300}, 20, 0xFF00FF00);
  };
  REQUIRE(area(sheet.frame(draw)) == Sheet::kWidth * Sheet::kHeight);
  REQUIRE(sheet.frame(draw).empty());
  sheet.damage().forget();
  REQUIRE(area(sheet.frame(draw)) == Sheet::kWidth * Sheet::kHeight);
}

TEST_CASE("damage: what moved, changed its colour or went is drawn again, and little else",
          "[ui][damage]") {
  Sheet sheet;
  const auto draw = [](float x, ImU32 colour, bool second) {
    return [=](ImDrawList& list) {
      list.AddRectFilled({0, 0}, {640, 480}, 0xFF202020);
      list.AddRectFilled({x, 100}, {x + 20, 120}, colour);
      if (second) list.AddRectFilled({500, 400}, {520, 420}, colour);
    };
  };
  sheet.frame(draw(50, 0xFFFFFFFF, true));
  std::vector<SDL_Rect> parts = sheet.frame(draw(300, 0xFFFFFFFF, true));
  CHECK(covers(parts, {50, 100, 20, 20}));
  CHECK(covers(parts, {300, 100, 20, 20}));
  CHECK(area(parts) < 16 * 1024);
  parts = sheet.frame(draw(300, 0xFF0000FF, true));
  CHECK(covers(parts, {300, 100, 20, 20}));
  CHECK(covers(parts, {500, 400, 20, 20}));
  CHECK(area(parts) < 16 * 1024);
  parts = sheet.frame(draw(300, 0xFF0000FF, false));
  CHECK(covers(parts, {500, 400, 20, 20}));
  CHECK_FALSE(covers(parts, {300, 100, 20, 20}));
}

TEST_CASE("damage: two things that change places in depth are drawn again", "[ui][damage]") {
  Sheet sheet;
  const auto draw = [](bool turned) {
    return [=](ImDrawList& list) {
      list.AddRectFilled({100, 100}, {140, 140}, turned ? 0xFF0000FF : 0xFFFF0000);
      list.AddRectFilled({100, 100}, {140, 140}, turned ? 0xFFFF0000 : 0xFF0000FF);
    };
  };
  sheet.frame(draw(false));
  CHECK(covers(sheet.frame(draw(true)), {100, 100, 40, 40}));
}

TEST_CASE("damage: of a texture shown pixel by pixel only what changed is drawn again",
          "[ui][damage]") {
  Sheet sheet;
  std::vector<std::uint32_t> pixels(256 * 256, 0xFF101010);
  const auto draw = [&](ImDrawList& list) {
    list.AddImage(sheet.picture(pixels, 256).id(), {100, 100}, {356, 356});
  };
  sheet.frame(draw);
  REQUIRE(sheet.frame(draw).empty());
  pixels[200 * 256 + 31] = 0xFFFFFFFF;
  const std::vector<SDL_Rect> parts = sheet.frame(draw);
  CHECK(covers(parts, {131, 300, 1, 1}));
  CHECK(area(parts) <= 96 * 96);
  REQUIRE(sheet.frame(draw).empty());
}

TEST_CASE("damage: a stretched texture is drawn as a whole, in one rectangle", "[ui][damage]") {
  Sheet sheet;
  std::vector<std::uint32_t> pixels(100 * 100, 0xFF101010);
  ImU32 word = 0xFFFFFFFF;
  const auto draw = [&](ImDrawList& list) {
    list.AddImage(sheet.picture(pixels, 100).id(), {100, 100}, {250, 250});
    list.AddRectFilled({240, 240}, {260, 260}, word);
  };
  const auto whole = [](const std::vector<SDL_Rect>& parts) {
    return std::ranges::any_of(parts, [](const SDL_Rect& part) {
      return part.x <= 100 && part.y <= 100 && part.x + part.w >= 250 && part.y + part.h >= 250;
    });
  };
  sheet.frame(draw);
  pixels[0] = 0xFFFFFFFF;
  CHECK(whole(sheet.frame(draw)));
  word = 0xFF00FF00;  // over a corner of it
  CHECK(whole(sheet.frame(draw)));
}

TEST_CASE("damage: the parts of a picture do not overlap, however many things change",
          "[ui][damage]") {
  Sheet sheet;
  std::uint32_t state = 12345;
  const auto next = [&](std::uint32_t below) {
    state = state * 1664525 + 1013904223;
    return static_cast<float>((state >> 8) % below);
  };
  const std::vector<std::uint32_t> pixels(64 * 64, 0xFF808080);
  for (int round = 0; round < 60; ++round) {
    const std::vector<SDL_Rect> parts = sheet.frame([&](ImDrawList& list) {
      for (int i = 0; i < round * 3 % 70; ++i) {
        const ImVec2 at = {next(600), next(440)};
        list.AddRectFilled(at, {at.x + 10, at.y + 10}, 0xFF000000 | (state & 0xFFFFFF));
      }
      for (int i = 0; i < 3; ++i) {
        const ImVec2 at = {next(500), next(340)};
        list.AddImage(sheet.picture(pixels, 64).id(), at, {at.x + 100, at.y + 80});
      }
    });
    for (std::size_t a = 0; a < parts.size(); ++a) {
      for (std::size_t b = 0; b < a; ++b)
        REQUIRE(SDL_HasIntersection(&parts[a], &parts[b]) == SDL_FALSE);
    }
  }
}

// The last frame is drawn again as a whole; nothing may change by that.
TEST_CASE("damage: panels drawn in parts are what drawing everything gives", "[ui][damage]") {
  const auto layout = GENERATE(ui::Layout::play, ui::Layout::debug, ui::Layout::disk);
  const auto size = GENERATE(std::pair{1280, 800}, std::pair{1001, 703});
  Rig rig(size.first, size.second, layout == ui::Layout::debug ? ui::Look::light : ui::Look::dark,
          1, size.first == 1280);
  rig.boot();
  rig.work().layout = layout;
  int drawn = 0;
  int number = 0;
  const auto check = [&](devices::Nanoseconds slice) {
    drawn += rig.frame(slice, 0.1F) ? 1 : 0;
    const std::vector<std::uint8_t> in_parts = rig.pixels();
    rig.desk().draw_everything();
    rig.desk().show_again();
    SDL_RenderFlush(rig.renderer());
    INFO("frame " << number++);
    REQUIRE(rig.pixels() == in_parts);
  };
  constexpr devices::Nanoseconds slice = 40 * devices::kMillisecond;
  for (int i = 0; i < 12; ++i) check(slice);
  rig.run(2 * devices::kSecond);
  for (int i = 0; i < 12; ++i) {
    rig.move(100 + i * 57 % 900, 60 + i * 83 % 600);
    check(slice);
  }
  rig.button(400, 300, true);
  check(0);
  rig.button(400, 300, false);
  check(0);
  for (int i = 0; i < 4; ++i) {
    SDL_Event event{};
    event.type = SDL_MOUSEWHEEL;
    event.wheel.y = i < 2 ? 1 : -1;
    rig.desk().event(event);
    check(slice);
  }
  rig.work().map.mode = ui::MapMode::heat;
  check(slice);
  rig.work().look = rig.work().look == ui::Look::dark ? ui::Look::light : ui::Look::dark;
  check(0);
  rig.work().about = true;
  check(0);
  check(0);
  CHECK(drawn > 10);
}

TEST_CASE("damage: a desk on which nothing happens draws nothing", "[ui][damage]") {
  Rig rig(1280, 800);
  rig.boot({}, true);
  rig.frames(10);
  for (int i = 0; i < 5; ++i) CHECK_FALSE(rig.frame());
  rig.work().look = ui::Look::light;
  CHECK(rig.frame());
}
