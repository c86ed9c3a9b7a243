// Screenshots against pictures that were found right once: equal up to a tolerance per colour
// channel, outside the masks.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "emu/machine.h"

namespace emu {

struct GoldenMask {
  std::uint32_t x = 0, y = 0, width = 0, height = 0;
};

struct GoldenOptions {
  unsigned tolerance = 0;  // largest difference of a channel, 0..255
  std::vector<GoldenMask> masks;
};

struct GoldenDifference {
  std::string text;  // one line
  Picture picture;   // the differing pixels red on a dimmed actual picture; empty when sizes differ
};

// nullopt: alike.
std::optional<GoldenDifference> compare_pictures(const Picture& actual, const Picture& golden,
                                                 const GoldenOptions& options);

// Throws std::system_error, or UsageError when the file is no PNG.
Picture read_picture(const std::filesystem::path& file);
void write_picture(const std::filesystem::path& file, const Picture& picture);

}  // namespace emu
