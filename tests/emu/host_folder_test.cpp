// Folders of the host as disks: what goes in, what comes back, and what must not.
#include "emu/host_folder.h"

#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

#include "storage/fat_format.h"
#include "storage/image_error.h"
#include "tests/catch.hpp"
#include "tests/support/temp_dir.h"

namespace fs = std::filesystem;
using emu::HostFolder;
using storage::FatVolume;

namespace {

std::string text_of(const fs::path& file) {
  const auto bytes = support::bytes_of(file);
  return {bytes.begin(), bytes.end()};
}

std::vector<std::uint8_t> bytes(std::string_view text) {
  return {text.begin(), text.end()};
}

FatVolume volume_on(storage::BlockDevice& disk) {
  return {disk, storage::find_fat_volumes(disk).at(0)};
}

std::vector<std::string> short_names(const FatVolume& volume, const std::string& path) {
  std::vector<std::string> names;
  for (const storage::FatEntry& entry : volume.list(path)) names.push_back(entry.short_name);
  return names;
}

// What the packaged checker of FAT volumes says of the disk; 0 is clean.
int fsck(storage::BlockDevice& disk, const fs::path& file) {
  const storage::FatLocation where = storage::find_fat_volumes(disk).at(0);
  std::vector<std::uint8_t> content(static_cast<std::size_t>(where.sector_count) * 512);
  REQUIRE(disk.read(where.first_lba, content) == storage::IoStatus::ok);
  std::ofstream out(file, std::ios::binary);
  out.write(reinterpret_cast<const char*>(content.data()),
            static_cast<std::streamsize>(content.size()));
  out.close();
  return std::system(
      ("PATH=$PATH:/usr/sbin:/sbin fsck.fat -n '" + file.string() + "' >/dev/null").c_str());
}

bool have_fsck() {
  return std::system("PATH=$PATH:/usr/sbin:/sbin command -v fsck.fat >/dev/null") == 0;
}

}  // namespace

TEST_CASE("folder disks: names become 8.3, one each, in a stable order", "[emu][folder]") {
  const support::TempDir host;
  for (const char* name : {"readme.txt", "README.TXT", "a long name.text", "a long name.texts",
                           "aux.c", "two.dots.c", "+plus.c", ".hidden", "\xC3\xA4.txt"}) {
    host.with(name, "x");
  }
  HostFolder folder(host.path(), {});
  const auto disk = folder.make_disk({}, {});
  CHECK(short_names(volume_on(*disk), "/") ==
        std::vector<std::string>{"_PLUS~1.C", "README.TXT", "ALONGN~1.TEX", "ALONGN~2.TEX",
                                 "AUX~1.C", "README~1.TXT", "TWODOT~1.C", "__~1.TXT"});
}

TEST_CASE("folder disks: changed and new files come back under their own names", "[emu][folder]") {
  const support::TempDir host;
  fs::create_directory(host.path() / "src");
  host.with("src/main program.c", "old");
  host.with("same.txt", "same");
  host.with("gone.txt", "gone");
  HostFolder folder(host.path(), {});
  const auto disk = folder.make_disk({}, {});
  FatVolume volume = volume_on(*disk);
  volume.write("/SRC/MAINPR~1.C", bytes("new"), {});
  volume.make_folder("/OUT", {});
  volume.write("/OUT/A.OBJ", bytes("object"), {});
  volume.remove("/GONE.TXT");
  const HostFolder::Changes changes = folder.copy_back(*disk);
  CHECK(changes.failures.empty());
  CHECK(changes.written == std::vector<std::string>{"src/main program.c", "OUT/A.OBJ"});
  CHECK(changes.removed == std::vector<std::string>{"gone.txt"});
  CHECK(text_of(host.path() / "src/main program.c") == "new");
  CHECK(text_of(host.path() / "OUT/A.OBJ") == "object");
  CHECK(text_of(host.path() / "gone.txt") == "gone");
  CHECK(folder.copy_back(*disk).written == changes.written);  // compared with what went in
}

TEST_CASE("folder disks: nothing outside the folder is read or written", "[emu][folder]") {
  const support::TempDir outside;
  const support::TempDir host;
  outside.with("secret.txt", "secret");
  fs::create_symlink(outside.path() / "secret.txt", host.path() / "link.txt");
  fs::create_symlink(outside.path(), host.path() / "dir");
  REQUIRE(mkfifo((host.path() / "pipe").c_str(), 0600) == 0);
  std::vector<std::string> warnings;
  HostFolder folder(host.path(), [&](const std::string& line) { warnings.push_back(line); });
  CHECK(warnings.size() == 3);
  const auto disk = folder.make_disk({}, {});
  FatVolume volume = volume_on(*disk);
  CHECK(volume.list("/").empty());
  volume.write("/LINK.TXT", bytes("bad"), {});
  volume.make_folder("/DIR", {});
  volume.write("/DIR/SECRET.TXT", bytes("bad"), {});
  fs::rename(host.path() / "link.txt", host.path() / "LINK.TXT");
  fs::rename(host.path() / "dir", host.path() / "DIR");
  const HostFolder::Changes changes = folder.copy_back(*disk);
  CHECK(changes.written.empty());
  CHECK(changes.failures.size() == 2);
  CHECK(text_of(outside.path() / "secret.txt") == "secret");
}

TEST_CASE("folder disks: a guest that ruined its disk changes nothing", "[emu][folder]") {
  const support::TempDir host;
  host.with("a.txt", "a");
  HostFolder folder(host.path(), {});
  const auto disk = folder.make_disk({}, {});
  REQUIRE(disk->write(0, std::vector<std::uint8_t>(64 * 512, 0xE5)) == storage::IoStatus::ok);
  const HostFolder::Changes changes = folder.copy_back(*disk);
  CHECK(changes.written.empty());
  CHECK(changes.failures.size() == 1);
  CHECK(text_of(host.path() / "a.txt") == "a");
}

TEST_CASE("folder disks: files of one age look alike, older ones older", "[emu][folder]") {
  const support::TempDir host;
  const auto now = fs::file_time_type::clock::now();
  const auto age = [&](const char* name, int seconds) {
    fs::last_write_time(host.with(name, name), now - std::chrono::seconds(seconds));
  };
  age("A", 100000);
  age("B", 50);
  age("C", 1);
  age("D", 0);
  HostFolder folder(host.path(), {});
  const auto disk = folder.make_disk({1994, 5, 17, 12, 30, 10}, {});
  const FatVolume volume = volume_on(*disk);
  constexpr unsigned date = (1994 - 1980) << 9 | 5 << 5 | 17;
  constexpr unsigned time = 12 << 11 | 30 << 5 | 10 / 2;
  CHECK(volume.find("/D").written.date == date);
  CHECK(volume.find("/D").written.time == time);
  CHECK(volume.find("/C").written.time == time);
  CHECK(volume.find("/B").written.time == time - 1);
  CHECK(volume.find("/A").written.time == time - 2);
}

TEST_CASE("folder disks: extra files are there, hidden, and stay in the guest", "[emu][folder]") {
  const support::TempDir host;
  HostFolder folder(host.path(), {});
  const std::vector<emu::GuestFile> extra = {{"PRIVATE.$$$", "RUN.BAT", bytes("echo")}};
  const auto disk = folder.make_disk({}, extra);
  const FatVolume volume = volume_on(*disk);
  CHECK(volume.read("/PRIVATE.$$$/RUN.BAT") == bytes("echo"));
  CHECK((volume.find("/PRIVATE.$$$").attributes & 0x02) != 0);
  CHECK(folder.copy_back(*disk).written.empty());
  CHECK(fs::is_empty(host.path()));
}

TEST_CASE("folder disks: read-only files are read-only to DOS", "[emu][folder]") {
  const support::TempDir host;
  fs::permissions(host.with("locked.txt", "x"), fs::perms::owner_read);
  HostFolder folder(host.path(), {});
  const auto disk = folder.make_disk({}, {});
  CHECK((volume_on(*disk).find("/LOCKED.TXT").attributes & 0x01) != 0);
}

TEST_CASE("folder disks: fsck.fat finds nothing wrong, at either end of the sizes",
          "[emu][folder]") {
  if (!have_fsck()) {
    WARN("fsck.fat is not here");
    return;
  }
  const support::TempDir host;
  const support::TempDir work;
  host.with("file.bin", std::string(3'000'001, 'x'));
  SECTION("a small folder") {
    HostFolder folder(host.path(), {});
    const auto disk = folder.make_disk({}, {});
    CHECK(fsck(*disk, work.path() / "volume.img") == 0);
  }
  SECTION("the largest disk") {
    const storage::Geometry geometry{storage::kMostFatDiskCylinders, 16, 63};
    storage::MemoryDevice disk({}, geometry.sector_count(), geometry);
    storage::format_fat_disk(disk, {});
    CHECK(fsck(disk, work.path() / "volume.img") == 0);
  }
  SECTION("the smallest disk") {
    const storage::Geometry geometry{storage::kFewestFatDiskCylinders, 16, 63};
    storage::MemoryDevice disk({}, geometry.sector_count(), geometry);
    const FatVolume volume(disk, storage::format_fat_disk(disk, {}));
    CHECK(volume.bits() == 16);
    CHECK(fsck(disk, work.path() / "volume.img") == 0);
  }
}

TEST_CASE("folder disks: a folder that is too large is refused", "[emu][folder]") {
  const support::TempDir host;
  host.sparse("huge.bin", 500U << 20);
  HostFolder folder(host.path(), {});
  CHECK_THROWS_AS(folder.make_disk({}, {}), storage::ImageError);
}
