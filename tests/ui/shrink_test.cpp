// Pictures made smaller keep their brightness, and a stroke of one pixel stays to be seen.
#include "ui/shrink.h"
#include "tests/catch.hpp"

namespace {

std::vector<std::uint8_t> grey(int width, int height, std::uint8_t value) {
  std::vector<std::uint8_t> out(static_cast<std::size_t>(width * height) * 4, value);
  return out;
}

}  // namespace

TEST_CASE("shrink: a picture of one colour stays that colour in every size", "[ui][shrink]") {
  const int to = GENERATE(1, 7, 53, 90, 99, 100);
  for (const std::uint32_t pixel : ui::shrink(grey(100, 40, 0x5A), 100, 40, to, 40))
    REQUIRE(pixel == 0xFF5A5A5A);
}

TEST_CASE("shrink: no stroke of one pixel goes missing at three quarters", "[ui][shrink]") {
  for (int x = 0; x < 16; ++x) {
    std::vector<std::uint8_t> picture(16 * 4);
    for (std::size_t c = 0; c < 3; ++c) picture[static_cast<std::size_t>(x) * 4 + c] = 255;
    unsigned light = 0;
    for (const std::uint32_t pixel : ui::shrink(picture, 16, 1, 12, 1)) light += pixel & 255;
    // All of it, spread over at most two pixels of the result.
    REQUIRE(light >= 190);
    REQUIRE(light <= 192);
  }
}

TEST_CASE("shrink: halves are means of four", "[ui][shrink]") {
  std::vector<std::uint8_t> picture(4 * 2 * 4);
  for (std::size_t i = 0; i < 8; ++i) picture[i * 4] = static_cast<std::uint8_t>(i * 8);  // red
  const auto out = ui::shrink(picture, 4, 2, 2, 1);
  REQUIRE(out == std::vector<std::uint32_t>{0xFF000000 | (0 + 8 + 32 + 40) / 4,
                                            0xFF000000 | (16 + 24 + 48 + 56) / 4});
}
