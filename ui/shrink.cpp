#include "ui/shrink.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

namespace ui {

namespace {

// Which pixels of a line one pixel of the result covers, and how much of each.
struct Span {
  int first = 0;
  std::vector<float> shares;  // sum 1
};

std::vector<Span> spans(int size, int to_size) {
  std::vector<Span> out(static_cast<std::size_t>(to_size));
  const double step = static_cast<double>(size) / to_size;
  for (int i = 0; i < to_size; ++i) {
    const double begin = i * step;
    const double end = begin + step;
    Span& span = out[static_cast<std::size_t>(i)];
    span.first = static_cast<int>(begin);
    for (int at = span.first; at < size && at < end; ++at) {
      const double covered = std::min<double>(at + 1, end) - std::max<double>(at, begin);
      if (covered > 1e-9) span.shares.push_back(static_cast<float>(covered / step));
    }
  }
  return out;
}

}  // namespace

std::vector<std::uint32_t> shrink(std::span<const std::uint8_t> from, int width, int height,
                                  int to_width, int to_height) {
  const std::vector<Span> columns = spans(width, to_width);
  const std::vector<Span> rows = spans(height, to_height);
  std::vector<std::uint32_t> out;
  out.reserve(columns.size() * rows.size());
  for (const Span& row : rows) {
    for (const Span& column : columns) {
      std::array<float, 3> sum{};
      for (std::size_t y = 0; y < row.shares.size(); ++y) {
        const std::size_t line = static_cast<std::size_t>(row.first) + y;
        for (std::size_t x = 0; x < column.shares.size(); ++x) {
          const std::size_t at = (line * static_cast<std::size_t>(width) +
                                  static_cast<std::size_t>(column.first) + x) *
                                 4;
          const float share = row.shares[y] * column.shares[x];
          for (std::size_t c = 0; c < 3; ++c) sum[c] += share * static_cast<float>(from[at + c]);
        }
      }
      std::uint32_t pixel = 0xFF000000;
      for (unsigned c = 0; c < 3; ++c)
        pixel |= static_cast<std::uint32_t>(std::lround(sum[c])) << (8 * c);
      out.push_back(pixel);
    }
  }
  return out;
}

}  // namespace ui
