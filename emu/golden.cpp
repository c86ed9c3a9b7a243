#include "emu/golden.h"

#include <stb/stb_image.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "emu/png.h"
#include "emu/run_options.h"

namespace emu {

namespace {

bool masked(const GoldenOptions& options, std::uint32_t x, std::uint32_t y) {
  return std::ranges::any_of(options.masks, [&](const GoldenMask& mask) {
    return x >= mask.x && x - mask.x < mask.width && y >= mask.y && y - mask.y < mask.height;
  });
}

std::string size_text(const Picture& picture) {
  return std::to_string(picture.width) + "x" + std::to_string(picture.height);
}

}  // namespace

std::optional<GoldenDifference> compare_pictures(const Picture& actual, const Picture& golden,
                                                 const GoldenOptions& options) {
  if (actual.width != golden.width || actual.height != golden.height) {
    return GoldenDifference{
        "the screen is " + size_text(actual) + ", the golden picture " + size_text(golden), {}};
  }
  GoldenDifference difference{"", actual};
  std::uint64_t wrong = 0;
  unsigned worst = 0;
  std::uint32_t left = actual.width, top = actual.height, right = 0, bottom = 0;
  for (std::uint32_t y = 0; y < actual.height; ++y) {
    for (std::uint32_t x = 0; x < actual.width; ++x) {
      const std::size_t at = (std::size_t{y} * actual.width + x) * 4;
      unsigned distance = 0;
      for (std::size_t channel = 0; channel < 3; ++channel) {
        const int delta = int{actual.rgba[at + channel]} - int{golden.rgba[at + channel]};
        distance = std::max(distance, static_cast<unsigned>(std::abs(delta)));
      }
      const bool bad = distance > options.tolerance && !masked(options, x, y);
      for (std::size_t channel = 0; channel < 3; ++channel) {
        std::uint8_t& pixel = difference.picture.rgba[at + channel];
        pixel = bad ? (channel == 0 ? std::uint8_t{0xFF} : std::uint8_t{0})
                    : static_cast<std::uint8_t>(pixel / 3);
      }
      if (!bad) continue;
      ++wrong;
      worst = std::max(worst, distance);
      left = std::min(left, x);
      right = std::max(right, x);
      top = std::min(top, y);
      bottom = std::max(bottom, y);
    }
  }
  if (wrong == 0) return std::nullopt;
  difference.text = std::to_string(wrong) + " pixels differ, by up to " + std::to_string(worst) +
                    " of 255, inside x " + std::to_string(left) + ".." + std::to_string(right) +
                    ", y " + std::to_string(top) + ".." + std::to_string(bottom);
  return difference;
}

Picture read_picture(const std::filesystem::path& file) {
  int width = 0;
  int height = 0;
  int channels = 0;
  const std::unique_ptr<stbi_uc, void (*)(void*)> pixels(
      stbi_load(file.c_str(), &width, &height, &channels, 4), stbi_image_free);
  if (!pixels) throw UsageError("'" + file.string() + "' cannot be read as a picture");
  Picture picture{static_cast<std::uint32_t>(width), static_cast<std::uint32_t>(height), {}};
  picture.rgba.assign(pixels.get(), pixels.get() + std::size_t{picture.width} * picture.height * 4);
  return picture;
}

void write_picture(const std::filesystem::path& file, const Picture& picture) {
  write_png(file.string(), picture.width, picture.height, picture.rgba);
}

}  // namespace emu
