#include "ui/sound_device.h"

#include <iostream>
#include <utility>

#include "devices/sample_sink.h"

namespace ui {

namespace {

void SDLCALL fill(void* queue, Uint8* bytes, int size) {
  // SDL's buffer is aligned for its own format, which is ours.
  static_cast<SoundQueue*>(queue)->pull(
      {reinterpret_cast<std::int16_t*>(bytes), static_cast<std::size_t>(size) / 2});
}

}  // namespace

SoundDevice::SoundDevice(std::shared_ptr<SoundQueue> queue) : queue_(std::move(queue)) {
  SDL_AudioSpec spec{};
  spec.freq = devices::kSampleRate;
  spec.format = AUDIO_S16SYS;
  spec.channels = 1;
  spec.samples = 512;  // 11 ms
  spec.callback = fill;
  spec.userdata = queue_.get();
  if (SDL_InitSubSystem(SDL_INIT_AUDIO) == 0) {
    device_ = SDL_OpenAudioDevice(nullptr, 0, &spec, nullptr, 0);
  }
  if (device_ == 0) {
    std::cerr << "platter: no sound: " << SDL_GetError() << "\n";
    return;
  }
  SDL_PauseAudioDevice(device_, 0);
}

SoundDevice::~SoundDevice() {
  if (device_ != 0) SDL_CloseAudioDevice(device_);
}

}  // namespace ui
