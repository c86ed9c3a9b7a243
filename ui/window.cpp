#include "ui/window.h"

#include <SDL2/SDL.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <optional>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "emu/command_line.h"
#include "emu/file_kind.h"
#include "emu/image_command.h"
#include "emu/session.h"
#include "storage/relocate_parent.h"
#include "ui/desk.h"
#include "ui/display_loss.h"
#include "ui/keymap.h"
#include "ui/sound_device.h"
#include "ui/state_file.h"

namespace ui {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::nanoseconds kFrame{1'000'000'000 / 60};
// So long after the last event or disk access every frame is drawn: flashes fade, hover cards come.
constexpr std::chrono::seconds kLively{1};
// How often the clocks on the status bar go on while nothing else does.
constexpr std::chrono::milliseconds kClocks{1000};
constexpr SDL_Scancode kHostKey = SDL_SCANCODE_RCTRL;

[[noreturn]] void fail(const char* what) {
  throw std::runtime_error(std::string("no window: ") + what + ": " + SDL_GetError() +
                           "; use --headless or --terminal");
}

struct Destroy {
  void operator()(SDL_Window* window) const { SDL_DestroyWindow(window); }
  void operator()(SDL_Renderer* renderer) const { SDL_DestroyRenderer(renderer); }
};

class Video {  // SDL's own life time
 public:
  Video() {
    SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1");
    if (SDL_Init(SDL_INIT_VIDEO) != 0) fail("SDL_Init");
  }
  ~Video() {
    if (!lost_) SDL_Quit();
  }
  Video(const Video&) = delete;
  Video& operator=(const Video&) = delete;
  void lose() { lost_ = true; }

 private:
  bool lost_ = false;
};

// --scale of the screen: PLATTER_SCALE, else what the display says of itself.
float wanted_scale() {
  if (const char* words = std::getenv("PLATTER_SCALE")) {
    const float scale = std::strtof(words, nullptr);
    if (scale >= 1 && scale <= 3) return scale;
  }
  float dpi = 0;
  constexpr float usual = 96;
  if (SDL_GetDisplayDPI(0, nullptr, &dpi, nullptr) != 0 || dpi < 1.5F * usual) return 1;
  return 2;
}

struct Size {
  int width, height;
};

// PLATTER_WINDOW=1600x1000, else most of the display.
Size wanted_size(float scale) {
  int width = 0;
  int height = 0;
  if (const char* words = std::getenv("PLATTER_WINDOW");
      words != nullptr && std::sscanf(words, "%dx%d", &width, &height) == 2 && width >= 640 &&
      height >= 400) {
    return {width, height};
  }
  SDL_Rect usable{0, 0, 1280, 800};
  SDL_GetDisplayUsableBounds(0, &usable);
  return {std::min(static_cast<int>(1600 * scale), usable.w),
          std::min(static_cast<int>(1000 * scale), usable.h)};
}

std::string today() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  localtime_r(&now, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M", &parts);
  return text.data();
}

class Window {
 public:
  Window(std::unique_ptr<emu::Machine> machine, const emu::RunOptions& options,
         const std::atomic<bool>& interrupted, std::function<void()> machine_ends)
      : options_(options),
        interrupted_(interrupted),
        machine_ends_(std::move(machine_ends)),
        scale_(wanted_scale()) {
    const Size size = wanted_size(scale_);
    window_.reset(SDL_CreateWindow("Platter", SDL_WINDOWPOS_CENTERED, SDL_WINDOWPOS_CENTERED,
                                   size.width, size.height, SDL_WINDOW_RESIZABLE));
    if (!window_) fail("SDL_CreateWindow");
    renderer_.reset(SDL_CreateRenderer(window_.get(), -1, SDL_RENDERER_PRESENTVSYNC));
    if (!renderer_) renderer_.reset(SDL_CreateRenderer(window_.get(), -1, SDL_RENDERER_SOFTWARE));
    if (!renderer_) fail("SDL_CreateRenderer");
    display_loss_.emplace(window_.get(), [this] { display_lost(); });
    desk_.emplace(renderer_.get(), Look::dark, scale_, true);
    state_file_ = state_file_path();
    load_state(state_file_, desk_->work());
    desk_->work().layout = Layout::play;
    follow_requests(desk_->program);
    SDL_EventState(SDL_DROPFILE, SDL_ENABLE);
    if (machine) {
      begin(std::move(machine), options_);
    } else {
      show_start_page();
    }
  }

  ~Window() {
    if (!display_lost_) return;
    // SDL would wait for answers that nobody gives any more.
    static_cast<void>(renderer_.release());
    static_cast<void>(window_.release());
    video_.lose();
  }
  Window(const Window&) = delete;
  Window& operator=(const Window&) = delete;

  WindowResult run() {
    Clock::time_point due = Clock::now();
    Clock::time_point last = due;
    while (!closed_) {
      if (interrupted_) {
        verdict_ = {"interrupted", emu::kExitInterrupted, "interrupted"};
        break;
      }
      if (handle_events()) lively_until_ = Clock::now() + kLively;
      if (wanted_) std::exchange(wanted_, nullptr)();
      follow_verdict();
      follow_window_state();
      sound_->set_volume(desk_->work().mute ? 0 : desk_->work().volume);
      int width = 0;
      int height = 0;
      SDL_GetRendererOutputSize(renderer_.get(), &width, &height);
      const Clock::time_point now = Clock::now();
      const float seconds = std::chrono::duration<float>(now - last).count();
      last = now;
      if (width != width_ || height != height_) desk_->work().place = true;
      width_ = width;
      height_ = height;
      const bool drawn =
          desk_->frame(static_cast<float>(width), static_cast<float>(height), seconds);
      if (!drawn && exposed_) desk_->show_again();
      if (drawn || exposed_) SDL_RenderPresent(renderer_.get());
      exposed_ = false;
      if (desk_->work().quit) closed_ = true;
      due = pace(due);
      if (due >= lively_until_) due = rest(due);
    }
    closed_ = true;
    save_state(state_file_, desk_->work());
    std::unique_ptr<Session> session = desk_->show(nullptr);
    if (session) stop(*session);
    WindowResult result;
    result.verdict = verdict_.value_or(emu::Verdict{"done", emu::kExitOk, ""});
    if (session) result.machine = session->release();
    return result;
  }

 private:
  // ---- machines ----

  void begin(std::unique_ptr<emu::Machine> machine, const emu::RunOptions& options) {
    Session::Options settings;
    settings.config = options.config;
    settings.speed = options.speed_given ? options.speed : 1.0;
    settings.history = options.history || desk_->work().keep_history;
    settings.sound = sound_;
    auto session = std::make_unique<Session>(std::move(machine), settings);
    session->start();
    end_session(desk_->show(std::move(session)));
    desk_->work().start_page = false;
    std::string title = "Platter";
    for (const emu::DriveConfig& drive : options.config.drives) {
      title += drive.demo ? " - Disk Lab" : " - " + drive.file;
      if (drive.mode != emu::DriveMode::rw && !drive.demo) {
        title += std::string(" (") + mode_word(drive.mode) + ")";
      }
      if (drive.demo || drive.file.empty()) continue;
      std::error_code ignored;
      const auto absolute = std::filesystem::absolute(drive.file, ignored);
      RecentFile recent = recall(desk_->work().recent, ignored ? drive.file : absolute.string());
      recent.slot = emu::slot_name(drive.slot);
      recent.mode = mode_word(drive.mode);
      recent.last_run = today();
      remember(desk_->work().recent, recent);
    }
    title_ = title;
    SDL_SetWindowTitle(window_.get(), title.c_str());
  }

  void stop(Session& session) {
    session.stop();
    if (machine_ends_) std::exchange(machine_ends_, nullptr)();
  }

  void end_session(std::unique_ptr<Session> session) {
    if (!session) return;
    stop(*session);
    // What was changed on a folder's disk goes back, as at the end of a run.
    if (!emu::report_folders(session->machine().copy_back_folders()))
      desk_->say("some files could not be copied back; the terminal names them");
    const std::string problem = session->machine().flush_disks();
    if (!problem.empty()) desk_->say(problem);
  }

  void display_lost() {
    if (std::exchange(display_lost_, true) || closed_) return;
    closed_ = true;
    verdict_ = {"display-lost", emu::kExitHostError,
                "the display went away; the machine was stopped and its images closed"};
    Session* const session = desk_ ? desk_->session() : nullptr;
    if (session == nullptr) return;
    session->stop();
    const std::string problem = session->machine().flush_disks();
    if (!problem.empty()) verdict_->message += "; " + problem;
  }

  void show_start_page() {
    desk_->work().start_page = true;
    look_at_recent(desk_->work().recent);
    SDL_SetWindowTitle(window_.get(), "Platter");
  }

  // Panels ask in the middle of a frame; it is done between two.
  void follow_requests(ProgramRequests& program) {
    program.open_file = [this](const std::string& path) {
      wanted_ = [this, path] { attempt([&] { open(path); }); };
    };
    program.insert_file = [this](const std::string& path, emu::DriveSlot slot) {
      insert(path, slot);
    };
    program.create_disk = [this](const std::string& path, const std::string& size) {
      wanted_ = [this, path, size] {
        const std::string problem = attempt([&] {
          create(path, size);
          open(path);
        });
        desk_->work().create.error = problem;
        desk_->work().create.asked = !problem.empty();
      };
    };
    program.relocate_parent = [this](const std::string& child, const std::string& parent) {
      wanted_ = [this, child, parent] { attempt([&] { relocate(child, parent); }); };
    };
  }

  // What went wrong, which the person is told as well; empty: nothing.
  template <class Act>
  std::string attempt(Act act) {
    std::string problem;
    try {
      act();
      desk_->work().open.succeeded();
    } catch (const std::exception& error) {
      problem = error.what();
      desk_->work().open.failed(problem);
      desk_->say(problem);
    }
    if (desk_->session() == nullptr) show_start_page();
    return problem;
  }

  // "": the demo.
  void open(const std::string& path) {
    std::vector<std::string> words;
    if (!path.empty()) {
      const std::string absolute = std::filesystem::absolute(path).string();
      words.push_back(absolute);
      const RecentFile known = recall(desk_->work().recent, absolute);
      if (!known.allow.empty()) words.insert(words.end(), {"--allow-dir", known.allow});
    }
    auto parsed = emu::parse_command_line(words);
    emu::RunOptions options = std::get<emu::RunOptions>(std::move(parsed));
    options.config.rtc = emu::parse_rtc("host");
    // The old machine's images are let go before the new one asks for them.
    end_session(desk_->show(nullptr));
    begin(std::make_unique<emu::Machine>(options.config,
                                         [this](const std::string& line) { desk_->say(line); }),
          options);
  }

  // Every file that lies on this child by way of others is looked at again; none is opened, as the
  // person may have come for more than one.
  void relocate(const std::string& child, const std::string& parent) {
    namespace fs = std::filesystem;
    const fs::path folder = fs::absolute(parent).parent_path();
    storage::OpenOptions options;
    options.allow = {folder};
    storage::relocate_parent(child, fs::absolute(parent), options);
    const bool beneath = !fs::path(parent)
                              .lexically_relative(fs::path(child).parent_path())
                              .string()
                              .starts_with("..");
    for (RecentFile& file : desk_->work().recent) {
      if (file.lost_child != child) continue;
      const RecentFile known = file;
      file = recall({}, known.path);
      file.slot = known.slot;
      file.mode = known.mode;
      file.last_run = known.last_run;
      file.allow = beneath ? known.allow : folder.string();
    }
    desk_->say(fs::path(child).filename().string() + " lies on " + parent + " from now on");
  }

  static void create(const std::string& path, const std::string& size) {
    const std::string format = path.ends_with(".img") || path.ends_with(".raw") ? "raw" : "vmdk";
    const std::vector<std::string> words = {"create-disk", "-f", format, "--size", size, path};
    std::istringstream in;
    std::ostringstream out;
    std::ostringstream err;
    const int code = emu::image_tool::run_image_command(
        words,
        {.in = in, .out = out, .err = err, .interrupted = [] { return false; }, .terminal = false});
    if (code != 0)
      throw std::runtime_error(err.str().empty() ? "the image could not be made" : err.str());
  }

  void insert(const std::string& path, emu::DriveSlot slot) {
    if (desk_->session() == nullptr) return;
    emu::DriveConfig drive;
    drive.slot = slot;
    drive.file = path;
    desk_->session()->post([drive](Control& control) { control.insert(drive); });
  }

  // A file dropped on the window: a floppy goes into a drive of the running machine, everything
  // else makes a new one.
  void drop(const std::string& path) {
    const Snapshot* snapshot = desk_->snapshot();
    if (snapshot != nullptr && !path.ends_with(".toml") &&
        emu::kind_of_file(path) == emu::FileKind::floppy) {
      const DriveView* free = nullptr;
      for (const DriveView& drive : snapshot->drives) {
        if (emu::is_floppy(drive.slot) && (free == nullptr || (free->loaded && !drive.loaded)))
          free = &drive;
      }
      if (free != nullptr) return insert(path, free->slot);
    }
    desk_->program.open_file(path);
  }

  void follow_verdict() {
    if (desk_->session() == nullptr) return;
    const auto verdict = desk_->session()->verdict();
    if (!verdict) return;
    verdict_ = verdict;
    closed_ = true;
  }

  void follow_window_state() {
    const bool wanted = desk_->work().full_screen;
    if (wanted == full_screen_) return;
    full_screen_ = wanted;
    SDL_SetWindowFullscreen(window_.get(), wanted ? SDL_WINDOW_FULLSCREEN_DESKTOP : 0);
  }

  // ---- events ----

  void post(Request request) {
    if (desk_->session() != nullptr) desk_->session()->post(std::move(request));
  }

  // True: there were some.
  bool handle_events() {
    SDL_Event event;
    bool any = false;
    while (SDL_PollEvent(&event) != 0) {
      any = true;
      switch (event.type) {
        case SDL_QUIT:
          closed_ = true;
          break;
        case SDL_KEYDOWN:
        case SDL_KEYUP:
          handle_key(event);
          continue;
        case SDL_MOUSEMOTION:
          if (captured_) {
            send_mouse(event.motion.xrel, event.motion.yrel, 0);
            continue;
          }
          break;
        case SDL_MOUSEBUTTONDOWN:
        case SDL_MOUSEBUTTONUP:
          if (handle_button(event.button)) continue;
          break;
        case SDL_MOUSEWHEEL:
          if (captured_) {
            send_mouse(0, 0, -event.wheel.y);
            continue;
          }
          break;
        case SDL_DROPFILE:
          drop(event.drop.file);
          SDL_free(event.drop.file);
          break;
        case SDL_TEXTINPUT:
          if (guest_has_keys()) continue;
          break;
        case SDL_WINDOWEVENT:
          if (event.window.event == SDL_WINDOWEVENT_FOCUS_LOST) release_everything();
          // Uncovered, restored, resized: what the display has of the last picture may be gone.
          if (event.window.event != SDL_WINDOWEVENT_MOVED) exposed_ = true;
          break;
        default:
          break;
      }
      desk_->event(event);
    }
    return any;
  }

  // The guest owns the keyboard while its screen has the focus.
  bool guest_has_keys() {
    const Workspace& work = desk_->work();
    return desk_->session() != nullptr && !work.start_page && !desk_->wants_text() &&
           (captured_ || work.screen_focused);
  }

  void handle_key(const SDL_Event& event) {
    const SDL_Scancode code = event.key.keysym.scancode;
    const bool down = event.type == SDL_KEYDOWN;
    if (code == kHostKey) {
      host_key_ = down;
      return;
    }
    if (host_key_ && down) {
      if (event.key.repeat == 0) host_command(code);
      return;
    }
    const auto key = key_for(code);
    // A key that went down in the guest comes up there, wherever the focus is now.
    if (!down && key && pressed_.erase(*key) != 0) {
      post([pressed = *key](Control& control) {
        control.machine().apply(emu::KeyCommand{pressed, false});
      });
      return;
    }
    if (guest_has_keys()) {
      if (!down || !key || event.key.repeat != 0) return;  // the guest's keyboard repeats by itself
      pressed_.insert(*key);
      post([pressed = *key](Control& control) {
        control.machine().apply(emu::KeyCommand{pressed, true});
      });
      return;
    }
    desk_->event(event);
    if (!down || desk_->wants_text()) return;
    const auto modifiers = event.key.keysym.mod;
    debugger_key(desk_->work(), desk_->snapshot(),
                 [this](Request request) { post(std::move(request)); },
                 {code, (modifiers & KMOD_SHIFT) != 0, (modifiers & KMOD_CTRL) != 0});
  }

  void host_command(SDL_Scancode code) {
    Workspace& work = desk_->work();
    switch (code) {
      case SDL_SCANCODE_1:
      case SDL_SCANCODE_2:
      case SDL_SCANCODE_3:
        work.layout = static_cast<Layout>(code - SDL_SCANCODE_1);
        work.closed.clear();
        work.place = true;
        break;
      case SDL_SCANCODE_R:
        post([](Control& control) { control.reset(); });
        break;
      case SDL_SCANCODE_P:
        post([paused = desk_->snapshot() != nullptr &&
                       desk_->snapshot()->state == RunState::paused](Control& control) {
          paused ? control.run() : control.pause();
        });
        break;
      case SDL_SCANCODE_C:
        capture(!captured_);
        break;
      case SDL_SCANCODE_F:
        work.full_screen = !work.full_screen;
        break;
      case SDL_SCANCODE_S:
        post([](Control& control) {
          emu::save_screenshot(control.machine(), "platter-screen.png");
          control.tell("saved platter-screen.png");
        });
        break;
      case SDL_SCANCODE_V: {
        char* words = SDL_GetClipboardText();
        post([typed = std::string(words != nullptr ? words : "")](Control& control) {
          control.typist().type_plain(typed);
        });
        SDL_free(words);
        break;
      }
      case SDL_SCANCODE_DELETE:
        post([](Control& control) { control.typist().chord("ctrl-alt-del"); });
        break;
      default:
        break;
    }
  }

  void capture(bool on) {
    captured_ = on && desk_->session() != nullptr;
    desk_->work().captured = captured_;
    SDL_SetRelativeMouseMode(captured_ ? SDL_TRUE : SDL_FALSE);
    SDL_SetWindowTitle(
        window_.get(),
        (title_ + (captured_ ? " [mouse captured: right Ctrl + C releases]" : "")).c_str());
  }

  // True: the guest has it.
  bool handle_button(const SDL_MouseButtonEvent& event) {
    if (!captured_) return false;
    const bool down = event.type == SDL_MOUSEBUTTONDOWN;
    if (event.button == SDL_BUTTON_LEFT) left_ = down;
    if (event.button == SDL_BUTTON_MIDDLE) middle_ = down;
    if (event.button == SDL_BUTTON_RIGHT) right_ = down;
    send_mouse(0, 0, 0);
    return true;
  }

  void send_mouse(int dx, int dy, int wheel) {
    const emu::MouseCommand command{dx, dy, wheel, left_, middle_, right_};
    post([command](Control& control) { control.machine().apply(command); });
  }

  // Another window has the keyboard now and will see the keys come up: the guest must not miss it.
  void release_everything() {
    for (const devices::Key key : pressed_) {
      post([key](Control& control) { control.machine().apply(emu::KeyCommand{key, false}); });
    }
    pressed_.clear();
    host_key_ = false;
    if (captured_) capture(false);
  }

  static Clock::time_point pace(Clock::time_point due) {
    due += kFrame;
    const Clock::time_point now = Clock::now();
    if (due + 6 * kFrame < now) return now;
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(due - now).count();
    if (left > 0) SDL_Delay(static_cast<Uint32>(left));
    return due;
  }

  // Nobody touches the window and no drive works: the next picture when there is something new in
  // it, or when its clocks are due. An idle guest costs the host as little here as it does without.
  Clock::time_point rest(Clock::time_point from) {
    const Clock::time_point until = from + kClocks;
    constexpr int frame_ms = 16;
    while (Clock::now() < until && !interrupted_) {
      const Desk::News news = desk_->news();
      if (news == Desk::News::activity) lively_until_ = Clock::now() + kLively;
      if (news != Desk::News::none || SDL_WaitEventTimeout(nullptr, frame_ms) != 0) break;
    }
    return Clock::now();
  }

  emu::RunOptions options_;
  const std::atomic<bool>& interrupted_;
  std::function<void()> machine_ends_;       // of the first machine; empty when it has been called
  std::optional<DisplayLoss> display_loss_;  // outlives the display
  bool display_lost_ = false;
  Video video_;
  float scale_;
  std::unique_ptr<SDL_Window, Destroy> window_;
  std::unique_ptr<SDL_Renderer, Destroy> renderer_;
  std::shared_ptr<SoundQueue> sound_ = std::make_shared<SoundQueue>();
  SoundDevice sound_device_{sound_};
  std::optional<Desk> desk_;
  std::filesystem::path state_file_;
  std::function<void()> wanted_;  // by a panel, to be done between frames; empty: nothing
  std::string title_ = "Platter";
  int width_ = 0, height_ = 0;
  Clock::time_point lively_until_ = Clock::now();
  std::set<devices::Key> pressed_;
  bool exposed_ = true;  // the display wants the picture, even the same
  bool closed_ = false, captured_ = false, host_key_ = false, full_screen_ = false;
  bool left_ = false, middle_ = false, right_ = false;
  std::optional<emu::Verdict> verdict_;
};

}  // namespace

WindowResult run_window(std::unique_ptr<emu::Machine> machine, const emu::RunOptions& options,
                        const std::atomic<bool>& interrupted, std::function<void()> machine_ends) {
  return Window(std::move(machine), options, interrupted, std::move(machine_ends)).run();
}

}  // namespace ui
