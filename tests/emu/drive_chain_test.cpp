// The files under a drive change while its machine stands: children, commits, detached layers. The
// guest's disk shows the same bytes before and after; the image tool's rules hold for the files.
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "emu/drive_chain.h"
#include "emu/machine.h"
#include "emu/run_options.h"
#include "storage/format.h"
#include "storage/open_image.h"
#include "storage/overlay_file.h"
#include "tests/catch.hpp"
#include "tests/support/temp_dir.h"

using namespace emu;
using storage::IoStatus;
using storage::kSectorSize;

namespace {

using Bytes = std::vector<std::uint8_t>;
constexpr std::uint64_t kSectors = 16 * 63 * 32;

class Lab {
 public:
  explicit Lab(const std::string& name, DriveMode mode = DriveMode::rw) {
    drive.slot = DriveSlot::ide0_0;
    drive.file = (folder.path() / name).string();
    drive.mode = mode;
    const std::string extension = std::filesystem::path(name).extension().string();
    const std::string format = extension == ".img" ? "raw" : extension.substr(1);
    storage::CreateOptions create;
    create.sectors = kSectors;
    const storage::OpenOptions plain;
    create_image(storage::PosixDirectory::place_of(drive.file, host_rules(plain)),
                 storage::require_format(drive.file, format), create, plain);
    if (format == "raw") drive.format = "raw";
    Config config;
    config.drives.push_back(drive);
    machine.emplace(config);
  }

  void write(std::uint64_t lba, std::uint8_t value) {
    REQUIRE(machine->tap(drive.slot)->write(lba, Bytes(kSectorSize, value)) == IoStatus::ok);
  }
  std::uint8_t read(std::uint64_t lba) {
    Bytes sector(kSectorSize);
    REQUIRE(machine->tap(drive.slot)->read(lba, sector) == IoStatus::ok);
    return sector[17];
  }
  // What somebody who opens the file alone finds.
  std::uint8_t in_file(const std::string& name, std::uint64_t lba) {
    storage::OpenOptions options;
    options.mode = storage::OpenMode::read_only;
    const auto image = open_image(folder.path() / name, options);
    Bytes sector(kSectorSize);
    REQUIRE(image.device->read(lba, sector) == IoStatus::ok);
    return sector[17];
  }
  std::size_t layers() {
    std::size_t count = 0;
    for (auto* image = machine->tap(drive.slot)->chain(); image != nullptr; image = image->parent())
      ++count;
    return count;
  }
  std::string change(ChainChange what) { return machine->change_chain(what, drive); }

  support::TempDir folder;
  DriveConfig drive;
  std::optional<Machine> machine;
};

}  // namespace

TEST_CASE("drive chain: work that is stopped leaves the layers and what they show",
          "[emu][chain]") {
  const ChainChange what = GENERATE(ChainChange::commit, ChainChange::detach);
  Lab lab("dos.vmdk");
  for (std::uint64_t lba = 0; lba < 2048; lba += 128) lab.write(lba, 0x11);
  lab.change(ChainChange::new_child);
  for (std::uint64_t lba = 64; lba < 1024; lba += 128) lab.write(lba, 0x22);
  int steps = 0;
  std::uint64_t seen = 0;
  const storage::Progress some_way = {[&](std::uint64_t done, std::uint64_t total) {
    CHECK(done <= total);
    seen = std::max(seen, done);
    return ++steps < 4;
  }};
  CHECK_THROWS_AS(lab.machine->change_chain(what, lab.drive, {}, some_way), storage::Cancelled);
  CHECK(seen > 0);
  CHECK(lab.layers() == 2);
  for (std::uint64_t lba = 0; lba < 2048; lba += 128) CHECK(lab.read(lba) == 0x11);
  for (std::uint64_t lba = 64; lba < 1024; lba += 128) CHECK(lab.read(lba) == 0x22);
  lab.change(what);  // and to its end this time
  CHECK(lab.layers() == (what == ChainChange::detach ? 1 : 2));
  for (std::uint64_t lba = 0; lba < 2048; lba += 128) CHECK(lab.read(lba) == 0x11);
  for (std::uint64_t lba = 64; lba < 1024; lba += 128) CHECK(lab.read(lba) == 0x22);
}

TEST_CASE("drive chain: a new child takes the writes, and commit brings them down again",
          "[emu][chain]") {
  const auto [name, child] = GENERATE(table<std::string, std::string>({
      {"dos.vmdk", "dos.overlay-1.vmdk"},
      {"dos.vhd", "dos.overlay-1.vhd"},
      {"dos.img", "dos.overlay-1.add-cow"},
  }));
  Lab lab(name);
  lab.write(5, 0x11);
  const std::string said = lab.change(ChainChange::new_child);
  REQUIRE(said.find(child) != std::string::npos);
  REQUIRE(std::filesystem::path(lab.drive.file).filename() == child);
  REQUIRE(lab.layers() == 2);
  lab.write(5, 0x22);
  lab.write(9, 0x33);
  REQUIRE((lab.read(5) == 0x22 && lab.read(9) == 0x33 && lab.read(6) == 0));

  lab.change(ChainChange::commit);
  REQUIRE((lab.read(5) == 0x22 && lab.read(9) == 0x33));
  lab.write(5, 0x44);
  lab.machine.reset();
  REQUIRE((lab.in_file(name, 5) == 0x22 && lab.in_file(name, 9) == 0x33));
  REQUIRE((lab.in_file(child, 5) == 0x44 && lab.in_file(child, 9) == 0x33));
}

TEST_CASE("drive chain: a detached child shows the same and needs no parent any more",
          "[emu][chain]") {
  const std::string extension = GENERATE(std::string("vmdk"), std::string("vhd"));
  Lab lab("dos." + extension);
  lab.write(5, 0x11);
  lab.write(40, 0x12);
  lab.change(ChainChange::new_child);
  lab.write(5, 0x22);
  lab.change(ChainChange::new_child);
  REQUIRE(std::filesystem::path(lab.drive.file).filename() == "dos.overlay-2." + extension);
  REQUIRE(lab.layers() == 3);
  lab.write(6, 0x33);
  lab.change(ChainChange::detach);
  REQUIRE(lab.layers() == 1);
  REQUIRE((lab.read(5) == 0x22 && lab.read(6) == 0x33 && lab.read(40) == 0x12));
  lab.write(7, 0x44);
  lab.machine.reset();
  std::filesystem::remove(lab.folder.path() / ("dos." + extension));
  std::filesystem::remove(lab.folder.path() / ("dos.overlay-1." + extension));
  const std::string top = "dos.overlay-2." + extension;
  REQUIRE((lab.in_file(top, 5) == 0x22 && lab.in_file(top, 6) == 0x33));
  REQUIRE((lab.in_file(top, 7) == 0x44 && lab.in_file(top, 40) == 0x12));
}

TEST_CASE("drive chain: what a script holds in memory stays above the files", "[emu][chain]") {
  Lab lab("dos.vmdk");
  DriveTap& tap = *lab.machine->tap(lab.drive.slot);
  tap.snapshot("one");
  lab.write(5, 0x55);
  lab.change(ChainChange::new_child);
  REQUIRE(lab.read(5) == 0x55);
  REQUIRE(tap.commit() == IoStatus::ok);
  lab.machine.reset();
  REQUIRE(lab.in_file("dos.vmdk", 5) == 0);
  REQUIRE(lab.in_file("dos.overlay-1.vmdk", 5) == 0x55);
}

TEST_CASE("drive chain: what cannot be done is refused in a line, and the drive goes on",
          "[emu][chain]") {
  Lab lab("dos.vmdk");
  lab.write(5, 0x11);
  for (const ChainChange what : {ChainChange::commit, ChainChange::detach})
    REQUIRE_THROWS_WITH(lab.change(what), Catch::Matchers::Contains("has no parent"));
  REQUIRE(lab.read(5) == 0x11);
  // A host that refuses to open the parent: the disk is back as it was.
  lab.change(ChainChange::new_child);
  lab.write(6, 0x22);
  const auto base = lab.folder.path() / "dos.vmdk";
  const auto hidden = lab.folder.path() / "hidden";
  const std::uint64_t written = 77;
  lab.write(written, 0x33);
  std::filesystem::rename(base, hidden);
  REQUIRE_THROWS_AS(lab.change(ChainChange::detach), storage::ImageError);
  // Nothing to open any more: the guest sees a sick disk.
  Bytes sector(kSectorSize);
  REQUIRE(lab.machine->tap(lab.drive.slot)->read(written, sector) != IoStatus::ok);
  std::filesystem::rename(hidden, base);
  lab.machine.reset();
  REQUIRE(lab.in_file("dos.overlay-1.vmdk", written) == 0x33);
  REQUIRE(lab.in_file("dos.overlay-1.vmdk", 5) == 0x11);

  Lab discards("dos.vmdk", DriveMode::discard);
  REQUIRE_THROWS_WITH(discards.change(ChainChange::new_child),
                      Catch::Matchers::Contains("mode discard"));
  Lab protected_disk("dos.vmdk", DriveMode::ro);
  REQUIRE_THROWS_WITH(protected_disk.change(ChainChange::new_child),
                      Catch::Matchers::Contains("read-only"));
}

TEST_CASE("drive chain: no commit into a parent that has another child beside it", "[emu][chain]") {
  const std::string extension = GENERATE(std::string("vmdk"), std::string("vhd"));
  Lab lab("dos." + extension);
  lab.write(5, 0x11);
  lab.change(ChainChange::new_child);
  lab.write(5, 0x22);
  const auto other = storage::add_overlay(lab.folder.path() / ("dos." + extension), {});
  REQUIRE_THROWS_WITH(lab.change(ChainChange::commit),
                      Catch::Matchers::Contains("dos." + extension) &&
                          Catch::Matchers::Contains("other children") &&
                          Catch::Matchers::Contains(other.filename().string()));
  REQUIRE(lab.layers() == 2);
  REQUIRE(lab.read(5) == 0x22);
  lab.write(6, 0x33);
  REQUIRE(lab.in_file(other.filename().string(), 5) == 0x11);
  std::filesystem::remove(other);
  lab.change(ChainChange::commit);
  REQUIRE((lab.read(5) == 0x22 && lab.read(6) == 0x33));
}
