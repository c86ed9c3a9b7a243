#include "ui/window.h"

#include <SDL2/SDL.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "ui/keymap.h"

namespace ui {

namespace {

using devices::kSecond;
using devices::Nanoseconds;
using Clock = std::chrono::steady_clock;

constexpr Nanoseconds kFrame = kSecond / 60;
// A host that falls further behind than this lets guest time slip instead of racing after it.
constexpr std::chrono::milliseconds kMaximumLag{100};
constexpr SDL_Scancode kHostKey = SDL_SCANCODE_RCTRL;

[[noreturn]] void fail(const char* what) {
  throw std::runtime_error(std::string("no window: ") + what + ": " + SDL_GetError() +
                           "; use --headless or --terminal");
}

struct Destroy {
  void operator()(SDL_Window* window) const { SDL_DestroyWindow(window); }
  void operator()(SDL_Renderer* renderer) const { SDL_DestroyRenderer(renderer); }
  void operator()(SDL_Texture* texture) const { SDL_DestroyTexture(texture); }
};

class Video {  // SDL's own life time
 public:
  Video() {
    SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1");
    if (SDL_Init(SDL_INIT_VIDEO) != 0) fail("SDL_Init");
  }
  ~Video() { SDL_Quit(); }
  Video(const Video&) = delete;
  Video& operator=(const Video&) = delete;
};

class Window {
 public:
  Window(emu::Machine& machine, const emu::RunOptions& options,
         const std::atomic<bool>& interrupted)
      : machine_(machine),
        interrupted_(interrupted),
        speed_(options.speed_given ? options.speed : 1.0),
        title_(title_of(options)) {
    constexpr int width = 960;
    constexpr int height = 720;
    window_.reset(SDL_CreateWindow(title_.c_str(), SDL_WINDOWPOS_CENTERED, SDL_WINDOWPOS_CENTERED,
                                   width, height, SDL_WINDOW_RESIZABLE | SDL_WINDOW_ALLOW_HIGHDPI));
    if (!window_) fail("SDL_CreateWindow");
    renderer_.reset(SDL_CreateRenderer(window_.get(), -1, SDL_RENDERER_PRESENTVSYNC));
    if (!renderer_) renderer_.reset(SDL_CreateRenderer(window_.get(), -1, SDL_RENDERER_SOFTWARE));
    if (!renderer_) fail("SDL_CreateRenderer");
  }

  emu::Verdict run() {
    Clock::time_point due = Clock::now();
    while (!closed_) {
      if (interrupted_) return {"interrupted", emu::kExitInterrupted, "interrupted"};
      handle_events();
      if (!stopped_) run_frame();
      draw();
      due = pace(due);
    }
    return verdict_.value_or(emu::Verdict{"done", emu::kExitOk, ""});
  }

 private:
  static std::string title_of(const emu::RunOptions& options) {
    std::string title = "Platter";
    for (const emu::DriveConfig& drive : options.config.drives) {
      title += drive.demo ? " - Disk Lab" : " - " + drive.file;
      if (drive.mode == emu::DriveMode::ro) title += " (read-only)";
      if (drive.mode == emu::DriveMode::discard && !drive.demo) title += " (discard)";
    }
    return title;
  }

  // One host frame of guest time; with --speed max as much as a frame of host time allows.
  void run_frame() {
    const Clock::time_point end = Clock::now() + std::chrono::nanoseconds(kFrame);
    const Nanoseconds slice =
        speed_ > 0 ? static_cast<Nanoseconds>(static_cast<double>(kFrame) * speed_) : kFrame;
    do {
      const emu::StopReason stop = machine_.run_until(machine_.now() + slice);
      if (stop != emu::StopReason::deadline) return stopped(stop);
    } while (speed_ <= 0 && Clock::now() < end);
  }

  // A guest that ends the run closes the window; one that died stays on view, with its fate in the
  // title.
  void stopped(emu::StopReason stop) {
    switch (stop) {
      case emu::StopReason::guest_exit:
      case emu::StopReason::guest_shutdown:
        closed_ = true;
        verdict_ = {"guest-exit", machine_.guest_exit() ? 2 * *machine_.guest_exit() + 1 : 0, ""};
        break;
      case emu::StopReason::triple_fault:
        verdict_ = {"triple-fault", emu::kExitGuestDied, "triple fault"};
        set_title(" [triple fault: right Ctrl + R resets]");
        break;
      case emu::StopReason::dead_halt:
        set_title(" [halted: right Ctrl + R resets]");
        break;
      case emu::StopReason::deadline:
      case emu::StopReason::breakpoint:
        break;
    }
    stopped_ = true;
  }

  void set_title(const std::string& suffix) {
    SDL_SetWindowTitle(window_.get(), (title_ + suffix).c_str());
  }

  void handle_events() {
    SDL_Event event;
    while (SDL_PollEvent(&event) != 0) {
      switch (event.type) {
        case SDL_QUIT:
          closed_ = true;
          break;
        case SDL_KEYDOWN:
        case SDL_KEYUP:
          handle_key(event.key);
          break;
        case SDL_MOUSEBUTTONDOWN:
        case SDL_MOUSEBUTTONUP:
          handle_button(event.button);
          break;
        case SDL_MOUSEMOTION:
          if (captured_) send_mouse(event.motion.xrel, event.motion.yrel, 0);
          break;
        case SDL_MOUSEWHEEL:
          if (captured_) send_mouse(0, 0, -event.wheel.y);
          break;
        case SDL_WINDOWEVENT:
          if (event.window.event == SDL_WINDOWEVENT_FOCUS_LOST) release_everything();
          break;
        default:
          break;
      }
    }
  }

  void handle_key(const SDL_KeyboardEvent& event) {
    const bool down = event.type == SDL_KEYDOWN;
    if (event.keysym.scancode == kHostKey) {
      host_key_ = down;
      return;
    }
    if (event.repeat != 0) return;  // the guest's keyboard repeats by itself, in guest time
    if (host_key_ && down) return host_command(event.keysym.scancode);
    const auto key = key_for(event.keysym.scancode);
    // A key pressed before the host key came down still has to come up.
    if (!key || (!down && pressed_.erase(*key) == 0)) return;
    if (down) pressed_.insert(*key);
    machine_.apply(emu::KeyCommand{*key, down});
  }

  void host_command(SDL_Scancode key) {
    switch (key) {
      case SDL_SCANCODE_R:
        machine_.apply(emu::ResetCommand{});
        stopped_ = false;
        verdict_.reset();
        set_title("");
        break;
      case SDL_SCANCODE_C:
        capture(!captured_);
        break;
      case SDL_SCANCODE_S:
        emu::save_screenshot(machine_, "platter-screen.png");
        break;
      case SDL_SCANCODE_DELETE:
        for (const bool down : {true, false}) {
          for (const auto pressed :
               {devices::Key::left_ctrl, devices::Key::left_alt, devices::Key::del}) {
            machine_.apply(emu::KeyCommand{pressed, down});
          }
        }
        break;
      default:
        break;
    }
  }

  void capture(bool on) {
    captured_ = on;
    SDL_SetRelativeMouseMode(on ? SDL_TRUE : SDL_FALSE);
    set_title(on ? " [mouse captured: right Ctrl + C releases]" : "");
  }

  void handle_button(const SDL_MouseButtonEvent& event) {
    const bool down = event.type == SDL_MOUSEBUTTONDOWN;
    if (!captured_) {
      if (down) capture(true);
      return;
    }
    if (event.button == SDL_BUTTON_LEFT) left_ = down;
    if (event.button == SDL_BUTTON_MIDDLE) middle_ = down;
    if (event.button == SDL_BUTTON_RIGHT) right_ = down;
    send_mouse(0, 0, 0);
  }

  void send_mouse(int dx, int dy, int wheel) {
    machine_.apply(emu::MouseCommand{dx, dy, wheel, left_, middle_, right_});
  }

  // Another window has the keyboard now and will see the keys come up: the guest must not miss it.
  void release_everything() {
    for (const devices::Key key : pressed_) machine_.apply(emu::KeyCommand{key, false});
    pressed_.clear();
    host_key_ = false;
    if (captured_) capture(false);
  }

  void draw() {
    if (seen_ != machine_.screen_generation()) {
      seen_ = machine_.screen_generation();
      upload(machine_.picture());
    }
    SDL_RenderClear(renderer_.get());
    if (texture_) {
      const SDL_Rect place = picture_place();
      SDL_RenderCopy(renderer_.get(), texture_.get(), nullptr, &place);
    }
    SDL_RenderPresent(renderer_.get());
  }

  void upload(const emu::Picture& picture) {
    const auto width = static_cast<int>(picture.width);
    const auto height = static_cast<int>(picture.height);
    if (!texture_ || width != texture_width_ || height != texture_height_) {
      texture_.reset(SDL_CreateTexture(renderer_.get(), SDL_PIXELFORMAT_RGBA32,
                                       SDL_TEXTUREACCESS_STREAMING, width, height));
      if (!texture_) fail("SDL_CreateTexture");
      SDL_SetTextureScaleMode(texture_.get(), SDL_ScaleModeLinear);
      texture_width_ = width;
      texture_height_ = height;
    }
    SDL_UpdateTexture(texture_.get(), nullptr, picture.rgba.data(), width * 4);
  }

  // As large as it goes at the 4:3 of the monitors these pictures were made for.
  SDL_Rect picture_place() const {
    int width = 0;
    int height = 0;
    SDL_GetRendererOutputSize(renderer_.get(), &width, &height);
    const int fitted_width = std::min(width, height * 4 / 3);
    const int fitted_height = std::min(height, width * 3 / 4);
    return {(width - fitted_width) / 2, (height - fitted_height) / 2, fitted_width, fitted_height};
  }

  static Clock::time_point pace(Clock::time_point due) {
    due += std::chrono::nanoseconds(kFrame);
    const Clock::time_point now = Clock::now();
    if (due + kMaximumLag < now) return now;
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(due - now).count();
    if (left > 0) SDL_Delay(static_cast<Uint32>(left));
    return due;
  }

  emu::Machine& machine_;
  const std::atomic<bool>& interrupted_;
  double speed_;
  std::string title_;
  Video video_;
  std::unique_ptr<SDL_Window, Destroy> window_;
  std::unique_ptr<SDL_Renderer, Destroy> renderer_;
  std::unique_ptr<SDL_Texture, Destroy> texture_;
  int texture_width_ = 0, texture_height_ = 0;
  std::optional<std::uint64_t> seen_;
  std::set<devices::Key> pressed_;
  bool closed_ = false, stopped_ = false, captured_ = false, host_key_ = false;
  bool left_ = false, middle_ = false, right_ = false;
  std::optional<emu::Verdict> verdict_;
};

}  // namespace

emu::Verdict run_window(emu::Machine& machine, const emu::RunOptions& options,
                        const std::atomic<bool>& interrupted) {
  return Window(machine, options, interrupted).run();
}

}  // namespace ui
