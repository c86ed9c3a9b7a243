// Panels without any display: a desk that draws into a surface, driven frame by frame with a mouse
// and keys of the test's own. The machine runs in this thread, a slice a frame.
#pragma once

#include <SDL2/SDL.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "emu/command_line.h"
#include "emu/png.h"
#include "ui/desk.h"

namespace support {

class Rig {
 public:
  Rig(int width, int height, ui::Look look = ui::Look::dark, float scale = 1,
      bool host_fonts = false)
      : width_(width), height_(height) {
    // What a window's surface is on X11: other formats take SDL's slow ways.
    surface_ = SDL_CreateRGBSurfaceWithFormat(0, width, height, 32, SDL_PIXELFORMAT_RGB888);
    renderer_ = SDL_CreateSoftwareRenderer(surface_);
    desk_ = std::make_unique<ui::Desk>(renderer_, look, scale, host_fonts);
  }
  ~Rig() {
    desk_.reset();
    SDL_DestroyRenderer(renderer_);
    SDL_FreeSurface(surface_);
  }
  Rig(const Rig&) = delete;
  Rig& operator=(const Rig&) = delete;

  ui::Desk& desk() { return *desk_; }
  SDL_Renderer* renderer() { return renderer_; }
  ui::Workspace& work() { return desk_->work(); }
  ui::Session& session() { return *desk_->session(); }
  const ui::Snapshot& snapshot() { return *desk_->snapshot(); }

  // The machine that `platter WORDS` would run.
  void boot(const std::vector<std::string>& words = {}, bool paused = false) {
    auto parsed = emu::parse_command_line(words);
    ui::Session::Options options;
    options.config = std::get<emu::RunOptions>(parsed).config;
    options.speed = 0;
    options.paused = paused;
    auto machine = std::make_unique<emu::Machine>(options.config);
    desk_->show(std::make_unique<ui::Session>(std::move(machine), options));
  }

  // A window of another size than the surface: what lies beyond is made, and not drawn.
  void window_size(int width, int height) {
    width_ = width;
    height_ = height;
  }

  // One frame; the machine runs `slice` of guest time before it. False: nothing new was drawn.
  bool frame(devices::Nanoseconds slice = 0, float seconds = 1.0F / 60) {
    if (desk_->session() != nullptr) desk_->session()->round(slice);
    const bool drawn =
        desk_->frame(static_cast<float>(width_), static_cast<float>(height_), seconds);
    SDL_RenderFlush(renderer_);
    return drawn;
  }
  void frames(int count, devices::Nanoseconds slice = 0) {
    for (int i = 0; i < count; ++i) frame(slice);
  }

  // Guest time without pictures.
  void run(devices::Nanoseconds time) {
    constexpr devices::Nanoseconds slice = 20 * devices::kMillisecond;
    for (devices::Nanoseconds done = 0; done < time; done += slice) {
      desk_->session()->round(slice);
    }
  }

  void move(int x, int y) {
    SDL_Event event{};
    event.type = SDL_MOUSEMOTION;
    event.motion.x = x;
    event.motion.y = y;
    desk_->event(event);
  }
  void button(int x, int y, bool down, std::uint8_t which = SDL_BUTTON_LEFT) {
    SDL_Event event{};
    event.type = down ? SDL_MOUSEBUTTONDOWN : SDL_MOUSEBUTTONUP;
    event.button.x = x;
    event.button.y = y;
    event.button.button = which;
    desk_->event(event);
  }
  void click(int x, int y) {
    move(x, y);
    frames(2);
    button(x, y, true);
    frames(2);
    button(x, y, false);
    frames(2);
  }
  void wheel(int notches) {
    SDL_Event event{};
    event.type = SDL_MOUSEWHEEL;
    event.wheel.y = notches;
    desk_->event(event);
    frames(2);
  }
  void press(SDL_Scancode code) {
    for (const bool down : {true, false}) {
      SDL_Event event{};
      event.type = down ? SDL_KEYDOWN : SDL_KEYUP;
      event.key.keysym.scancode = code;
      event.key.keysym.sym = SDL_GetKeyFromScancode(code);
      desk_->event(event);
      frames(2);
    }
  }
  void text(const std::string& words) {
    SDL_Event event{};
    event.type = SDL_TEXTINPUT;
    SDL_strlcpy(event.text.text, words.c_str(), sizeof(event.text.text));
    desk_->event(event);
    frames(2);
  }

  // R, G, B, A in memory.
  std::uint32_t pixel(int x, int y) const {
    const auto* row = static_cast<const std::uint8_t*>(surface_->pixels) + y * surface_->pitch;
    std::uint8_t r = 0, g = 0, b = 0;
    SDL_GetRGB(reinterpret_cast<const std::uint32_t*>(row)[x], surface_->format, &r, &g, &b);
    return 0xFF000000U | static_cast<std::uint32_t>(b) << 16 | static_cast<std::uint32_t>(g) << 8 |
           r;
  }
  std::vector<std::uint8_t> pixels() const {
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(surface_->w) *
                                    static_cast<std::size_t>(surface_->h) * 4);
    SDL_ConvertPixels(surface_->w, surface_->h, surface_->format->format, surface_->pixels,
                      surface_->pitch, SDL_PIXELFORMAT_RGBA32, bytes.data(), surface_->w * 4);
    return bytes;
  }
  void save(const std::string& file) const {
    emu::write_png(file, static_cast<std::uint32_t>(width_), static_cast<std::uint32_t>(height_),
                   pixels());
  }

 private:
  int width_, height_;
  SDL_Surface* surface_ = nullptr;
  SDL_Renderer* renderer_ = nullptr;
  std::unique_ptr<ui::Desk> desk_;
};

}  // namespace support
