// The progress of a long verb: a bar with rate and time to go on a terminal, or JSON lines for
// front ends. Drawn at most ten times a second.
#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>

#include "storage/image.h"

namespace emu::image_tool {

enum class ProgressStyle : std::uint8_t { none, bar, json };

// `unit_bytes`: what one unit of the driver's count is in bytes; 0 when it is not known, and then
// no rate is shown. `interrupted` may be empty.
storage::Progress make_progress(std::ostream& err, ProgressStyle style, std::uint64_t unit_bytes,
                                std::function<bool()> interrupted);

}  // namespace emu::image_tool
