// Where a card's sound leaves the machine: a file, a queue of the host. Called with the next
// samples, 16 bits, mono, kSampleRate to a second of guest time.
#pragma once

#include <cstdint>
#include <span>

#include "devices/delegate.h"

namespace devices {

inline constexpr std::uint32_t kSampleRate = 48000;
using SampleSink = Delegate<void(std::span<const std::int16_t>)>;

}  // namespace devices
