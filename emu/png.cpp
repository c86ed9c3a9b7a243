#include "emu/png.h"

#include <stb/stb_image_write.h>

#include <cerrno>
#include <system_error>

namespace emu {

void write_png(const std::string& path, std::uint32_t width, std::uint32_t height,
               std::span<const std::uint8_t> rgba) {
  errno = 0;
  const int written =
      stbi_write_png(path.c_str(), static_cast<int>(width), static_cast<int>(height), 4,
                     rgba.data(), static_cast<int>(width * 4));
  if (written == 0) {
    throw std::system_error(errno != 0 ? errno : EIO, std::generic_category(), path);
  }
}

}  // namespace emu
