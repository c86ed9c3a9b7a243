// The host's loudspeaker: SDL calls back from its own thread and is given what the queue has.
#pragma once

#include <SDL2/SDL.h>

#include <memory>

#include "ui/sound_queue.h"

namespace ui {

class SoundDevice {
 public:
  // SDL is up. A host without sound costs one line on stderr and nothing else.
  explicit SoundDevice(std::shared_ptr<SoundQueue> queue);
  ~SoundDevice();
  SoundDevice(const SoundDevice&) = delete;
  SoundDevice& operator=(const SoundDevice&) = delete;

 private:
  std::shared_ptr<SoundQueue> queue_;
  SDL_AudioDeviceID device_ = 0;  // 0: none
};

}  // namespace ui
