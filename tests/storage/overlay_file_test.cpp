// The overlay of a drive: a child beside the image.
#include <algorithm>
#include <filesystem>
#include <string>

#include "storage/image_error.h"
#include "storage/overlay_file.h"
#include "tests/catch.hpp"
#include "tests/storage/battery.h"
#include "tests/support/temp_dir.h"

using storage::IoStatus;
using storage::kSectorSize;
using storage::OpenMode;
using storage::open_overlay;
using storage::OpenOptions;
using support::Bytes;
using support::TempDir;

namespace {

constexpr std::uint64_t kSectors = 4096;

std::filesystem::path make_base(const TempDir& folder, const std::string& name,
                                std::string_view format) {
  const std::filesystem::path path = folder.path() / name;
  storage::CreateOptions create;
  create.sectors = kSectors;
  const OpenOptions plain;
  create_image(storage::PosixDirectory::place_of(path, host_rules(plain)),
               storage::require_format(path, format), create, plain);
  OpenOptions writing;
  writing.format = format;
  const storage::OpenedImage base = open_image(path, writing);
  REQUIRE(base.device->write(7, Bytes(kSectorSize, 0x11)) == IoStatus::ok);
  REQUIRE(base.device->close() == IoStatus::ok);
  return path;
}

Bytes sector(storage::BlockDevice& device, std::uint64_t lba) {
  Bytes bytes(kSectorSize);
  REQUIRE(device.read(lba, bytes) == IoStatus::ok);
  return bytes;
}

}  // namespace

TEST_CASE("overlay: takes what is written, goes on with it, and leaves the image alone",
          "[storage][overlay]") {
  const auto [format, name, child] = GENERATE(table<std::string, std::string, std::string>({
      {"raw", "dos.img", "dos.overlay-1.add-cow"},
      {"vmdk", "dos.vmdk", "dos.overlay-1.vmdk"},
      {"vhd", "dos.vhd", "dos.overlay-1.vhd"},
      {"growable", "dos.gix", "dos.overlay-1.gix"},
  }));
  const TempDir folder;
  const std::filesystem::path base = make_base(folder, name, format);
  const Bytes before = support::bytes_of(base);
  OpenOptions options;
  options.format = format;
  {
    const storage::Overlay overlay = open_overlay(base, options);
    REQUIRE(overlay.path == folder.path() / child);
    REQUIRE(overlay.opened.device->sector_count() == kSectors);
    REQUIRE(overlay.opened.device->write(9, Bytes(kSectorSize, 0x22)) == IoStatus::ok);
    REQUIRE(overlay.opened.device->close() == IoStatus::ok);
  }
  const storage::Overlay again = open_overlay(base, options);
  CHECK(again.path == folder.path() / child);
  CHECK(sector(*again.opened.device, 7) == Bytes(kSectorSize, 0x11));
  CHECK(sector(*again.opened.device, 9) == Bytes(kSectorSize, 0x22));
  CHECK(support::bytes_of(base) == before);
}

TEST_CASE("overlay: a file of that name which is no child of the image is left alone",
          "[storage][overlay]") {
  const TempDir folder;
  const std::filesystem::path base = make_base(folder, "dos.vmdk", "vmdk");
  make_base(folder, "dos.overlay-1.vmdk", "vmdk");
  folder.with("dos.overlay-2.vmdk", "a letter of mine, and no image at all");
  CHECK_THROWS_AS(open_overlay(base, OpenOptions{}), storage::ImageError);
  std::filesystem::remove(folder.path() / "dos.overlay-2.vmdk");
  CHECK(open_overlay(base, OpenOptions{}).path == folder.path() / "dos.overlay-2.vmdk");
}

TEST_CASE("overlay: an image that changed behind it is refused, and both stay as they are",
          "[storage][overlay]") {
  const TempDir folder;
  const std::filesystem::path base = make_base(folder, "dos.vmdk", "vmdk");
  static_cast<void>(open_overlay(base, OpenOptions{}));
  {
    const storage::OpenedImage opened = open_image(base, OpenOptions{});
    REQUIRE(opened.device->write(1, Bytes(kSectorSize, 0x33)) == IoStatus::ok);
  }
  const Bytes child = support::bytes_of(folder.path() / "dos.overlay-1.vmdk");
  CHECK_THROWS_WITH(open_overlay(base, OpenOptions{}), Catch::Contains("parent has changed"));
  CHECK(support::bytes_of(folder.path() / "dos.overlay-1.vmdk") == child);
}
