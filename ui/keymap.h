// SDL's physical keys to the keys of a PC keyboard. Scancodes name places, as the guest's keyboard
// does, so the host's layout does not matter.
#pragma once

#include <SDL2/SDL_scancode.h>

#include <optional>

#include "devices/scan_codes.h"

namespace ui {

std::optional<devices::Key> key_for(SDL_Scancode scancode);

}  // namespace ui
