// A picture made smaller by averages: every pixel of the result is the mean of what it covers, so
// that thin strokes become grey instead of going missing.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace ui {

// `from` is R, G, B, A, width x height; the result to_width x to_height, each at most as large.
std::vector<std::uint32_t> shrink(std::span<const std::uint8_t> from, int width, int height,
                                  int to_width, int to_height);

}  // namespace ui
