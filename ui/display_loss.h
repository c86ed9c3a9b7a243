// What happens when the X server goes away. Xlib would call exit() in the middle of whatever the
// window was doing, with the machine still running on its own thread and its images open. Not
// implemented: other window systems, where SDL reports the loss as SDL_QUIT.
#pragma once

#include <SDL2/SDL_video.h>

#include <functional>

namespace ui {

class DisplayLoss {
 public:
  // `lost` runs on the thread that uses the display, inside one of SDL's calls, and returns; SDL's
  // calls go on to return then, without any effect.
  DisplayLoss(SDL_Window* window, std::function<void()> lost);
  DisplayLoss(const DisplayLoss&) = delete;
  DisplayLoss& operator=(const DisplayLoss&) = delete;

 private:
  std::function<void()> lost_;
};

}  // namespace ui
