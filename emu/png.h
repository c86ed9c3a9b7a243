// Writes a picture as PNG.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace emu {

// Rows of RGBA bytes, top first. Throws std::system_error naming the file.
void write_png(const std::string& path, std::uint32_t width, std::uint32_t height,
               std::span<const std::uint8_t> rgba);

}  // namespace emu
