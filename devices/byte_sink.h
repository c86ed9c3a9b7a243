// Where a card's output leaves the machine: a printer, a console, a file. Called with one byte at
// the virtual time at which it is complete.
#pragma once

#include <cstdint>

#include "devices/delegate.h"

namespace devices {

using ByteSink = Delegate<void(std::uint8_t)>;

}  // namespace devices
