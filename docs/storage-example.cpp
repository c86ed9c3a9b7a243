// The storage library by itself: makes a disk image, writes a sector, reads it back, and tells
// where it went. Links platter_storage and nothing else; ctest runs it.
#include <array>
#include <iostream>

#include "storage/format.h"
#include "storage/open_image.h"

int main(int argc, char** argv) try {
  const std::filesystem::path path = argc > 1 ? argv[1] : "example.img";
  const std::string format = argc > 2 ? argv[2] : "raw";
  const storage::OpenOptions options{.format = format};
  const storage::Place place =
      storage::PosixDirectory::place_of(path, storage::host_rules(options));
  storage::create_image(place, storage::require_format(path, format),
                        {.sectors = 20480, .existing = storage::Existing::replace}, options);

  const storage::OpenedImage disk = storage::open_image(place, options);
  std::array<std::uint8_t, storage::kSectorSize> sector{};
  sector.fill(0x5A);
  if (disk.device->write(1000, sector) != storage::IoStatus::ok) return 1;
  sector.fill(0);
  if (disk.device->read(1000, sector) != storage::IoStatus::ok || sector[0] != 0x5A) return 1;

  const storage::Extent extent = disk.device->extent_at(1000);
  std::cout << "sector 1000 is at byte " << extent.host_offset << " of "
            << disk.image->info().files.at(extent.file).path.native() << "\n";
  return disk.device->close() == storage::IoStatus::ok ? 0 : 1;
} catch (const storage::ImageError& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
