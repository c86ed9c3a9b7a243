#include "emu/file_kind.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "devices/floppy_media.h"
#include "storage/block_device.h"

namespace emu {

FileKind kind_of_file(const std::string& path) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  if (error) return FileKind::hard_disk;
  const auto fits = [&](const devices::FloppyFormat& format) {
    return std::uintmax_t{format.sector_count()} * storage::kSectorSize == size;
  };
  return std::ranges::any_of(devices::floppy_formats(), fits) ? FileKind::floppy
                                                              : FileKind::hard_disk;
}

}  // namespace emu
