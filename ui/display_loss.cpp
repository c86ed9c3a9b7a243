#include "ui/display_loss.h"

#include <SDL2/SDL_loadso.h>
#include <SDL2/SDL_syswm.h>

#include <utility>

namespace ui {

#ifdef SDL_VIDEO_DRIVER_X11

namespace {

template <class Function>
Function* function_of(void* library, const char* name) {
  return reinterpret_cast<Function*>(SDL_LoadFunction(library, name));
}

}  // namespace

// The functions come from the library that SDL loaded: the program itself need not be linked with
// Xlib, and one before 1.7 has no exit handlers. Xlib's own error handler ends the program before
// the exit handler is asked; one that returns takes its place.
DisplayLoss::DisplayLoss(SDL_Window* window, std::function<void()> lost) : lost_(std::move(lost)) {
  SDL_SysWMinfo info;
  SDL_VERSION(&info.version);
  if (SDL_GetWindowWMInfo(window, &info) != SDL_TRUE || info.subsystem != SDL_SYSWM_X11) return;
  void* const xlib = SDL_LoadObject("libX11.so.6");
  if (xlib == nullptr) return;
  auto* const on_error = function_of<decltype(XSetIOErrorHandler)>(xlib, "XSetIOErrorHandler");
  auto* const on_exit =
      function_of<decltype(XSetIOErrorExitHandler)>(xlib, "XSetIOErrorExitHandler");
  if (on_error == nullptr || on_exit == nullptr) return;
  on_error([](Display*) { return 0; });
  const auto end = [](Display*, void* self) { static_cast<DisplayLoss*>(self)->lost_(); };
  on_exit(info.info.x11.display, end, this);
}

#else

DisplayLoss::DisplayLoss(SDL_Window*, std::function<void()> lost) : lost_(std::move(lost)) {}

#endif

}  // namespace ui
