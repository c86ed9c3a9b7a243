// A watch on a file of a FAT volume: its sectors wherever the guest moves them, held against the
// volume itself after every change.
#include <array>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "emu/breakpoint.h"
#include "emu/file_watch.h"
#include "emu/run_options.h"
#include "storage/fat_format.h"
#include "storage/memory_device.h"
#include "tests/catch.hpp"

using namespace emu;
using storage::FatVolume;
using storage::kSectorSize;
using storage::MemoryDevice;

namespace {

using Bytes = std::vector<std::uint8_t>;

// Hard disks with one FAT16 partition each, whose requests go by a watch.
class Disks {
 public:
  explicit Disks(std::size_t count) {
    constexpr storage::Geometry geometry{64, 16, 63};
    for (std::size_t i = 0; i < count; ++i) {
      auto device = std::make_unique<MemoryDevice>(std::span<const std::uint8_t>(),
                                                   geometry.sector_count(), geometry);
      storage::FatDiskOptions fat;
      fat.geometry = geometry;
      places_.push_back(storage::format_fat_disk(*device, fat));
      own_.push_back(std::make_unique<DriveTap>(std::move(device), DriveTap::Writes::through));
      const std::size_t slot = static_cast<std::size_t>(DriveSlot::ide0_0) + i;
      taps_[slot] = own_.back().get();
      taps_[slot]->on_access = [this, slot](const DriveAccess& access) {
        if (!watch) return;
        const auto seen = watch->touched(taps_, static_cast<DriveSlot>(slot), access);
        read = read || seen.read;
        written = written || seen.written;
      };
    }
  }

  void follow(std::string_view words) {
    watch.emplace(parse_breakpoint(words).file).look(taps_);
    forget();
  }
  void forget() { read = written = false; }
  FatVolume volume(std::size_t disk) { return {*own_[disk], places_[disk]}; }
  DriveTap& tap(std::size_t disk) { return *own_[disk]; }

  std::optional<FileWatch> watch;
  bool read = false, written = false;  // since forget()

 private:
  std::vector<storage::FatLocation> places_;
  std::vector<std::unique_ptr<DriveTap>> own_;
  std::array<DriveTap*, kDriveSlotCount> taps_{};
};

Bytes content(std::size_t size, std::uint8_t value) {
  return Bytes(size, value);
}

}  // namespace

TEST_CASE("file watch: a file that comes, grows, moves and goes is followed; others do not count",
          "[emu][watch]") {
  Disks disks(1);
  disks.follow("file C:/AUTOEXEC.BAT");
  REQUIRE_FALSE(disks.watch->found());
  disks.volume(0).write("/OTHER.TXT", content(5000, 1), {});
  REQUIRE_FALSE(disks.written);
  disks.volume(0).write("/AUTOEXEC.BAT", content(5000, 2), {});
  REQUIRE(disks.written);
  REQUIRE(disks.watch->found());

  disks.forget();
  REQUIRE(disks.volume(0).read("/AUTOEXEC.BAT").size() == 5000);
  REQUIRE((disks.read && !disks.written));
  disks.forget();
  REQUIRE(disks.volume(0).read("/OTHER.TXT").size() == 5000);
  disks.volume(0).write("/OTHER.TXT", content(50'000, 3), {});
  REQUIRE((!disks.read && !disks.written));

  // New clusters: the old ones are nobody's, and a read of them counts no more.
  const storage::FatRun old = disks.watch->place().content.at(0);
  disks.volume(0).write("/AUTOEXEC.BAT", content(9000, 4), {});
  REQUIRE(disks.written);
  REQUIRE(disks.watch->place().content.at(0).first_lba != old.first_lba);
  disks.forget();
  Bytes sector(kSectorSize);
  REQUIRE(disks.tap(0).read(old.first_lba, sector) == storage::IoStatus::ok);
  REQUIRE_FALSE(disks.read);
  REQUIRE(disks.tap(0).read(disks.watch->place().content.at(0).first_lba, sector) ==
          storage::IoStatus::ok);
  REQUIRE(disks.read);
  // In place, as DOS overwrites.
  disks.forget();
  REQUIRE(disks.tap(0).write(disks.watch->place().content.at(0).first_lba, sector) ==
          storage::IoStatus::ok);
  REQUIRE(disks.written);

  disks.forget();
  disks.volume(0).remove("/AUTOEXEC.BAT");
  REQUIRE(disks.written);
  REQUIRE_FALSE(disks.watch->found());
}

TEST_CASE("file watch: a path through folders that are not there yet", "[emu][watch]") {
  Disks disks(1);
  disks.follow("file ide0.0 1:\\games\\DOOM\\doom1.wad write");
  disks.volume(0).make_folder("/GAMES", {});
  disks.volume(0).make_folder("/GAMES/DOOM", {});
  REQUIRE_FALSE(disks.written);
  disks.volume(0).write("/GAMES/DOOM/DOOM1.WAD", content(100, 1), {});
  REQUIRE(disks.written);
  disks.forget();
  disks.volume(0).write("/DOOM1.WAD", content(100, 1), {});
  REQUIRE_FALSE(disks.written);
}

TEST_CASE("file watch: letters go over the disks as DOS counts, drives and partitions are exact",
          "[emu][watch]") {
  Disks disks(2);
  const auto changed = [&](const char* words, std::size_t disk) {
    disks.follow(words);
    disks.volume(disk).write("/A.TXT", content(10, 7), {});
    return disks.written;
  };
  REQUIRE(changed("file C:/A.TXT", 0));
  REQUIRE_FALSE(changed("file C:/A.TXT", 1));
  REQUIRE(changed("file d:\\A.TXT", 1));
  REQUIRE_FALSE(changed("file D:/A.TXT", 0));
  REQUIRE_FALSE(changed("file E:/A.TXT", 1));
  REQUIRE(changed("file ide0.1 /A.TXT", 1));
  REQUIRE(changed("file ide0.1 1:/A.TXT", 1));
  REQUIRE_FALSE(changed("file ide0.1 2:/A.TXT", 1));
}

TEST_CASE("file watch: content that came back without requests is looked at again",
          "[emu][watch]") {
  Disks disks(1);
  disks.volume(0).write("/A.TXT", content(3000, 1), {});
  disks.follow("file C:/A.TXT");
  disks.tap(0).snapshot("one");
  disks.volume(0).write("/A.TXT", content(90'000, 2), {});
  REQUIRE(disks.tap(0).revert("one"));
  disks.forget();
  REQUIRE(disks.volume(0).read("/A.TXT").size() == 3000);
  REQUIRE(disks.read);
  REQUIRE(disks.watch->place() == disks.volume(0).place_of("/A.TXT"));
}

TEST_CASE("file watch: under random work the watch says what the volume says", "[emu][watch]") {
  Disks disks(1);
  disks.follow("file C:/DIR/F3.DAT");
  disks.volume(0).make_folder("/DIR", {});
  std::mt19937 random(7);
  std::array<std::optional<std::pair<Bytes, std::uint16_t>>, 6> model;  // content and time
  for (std::uint16_t round = 1; round < 400; ++round) {
    const std::size_t file = random() % model.size();
    const std::string path = "/DIR/F" + std::to_string(file) + ".DAT";
    disks.forget();
    const auto before = model[3];
    switch (random() % 3) {
      case 0:
        if (model[file]) disks.volume(0).remove(path);
        model[file].reset();
        break;
      case 1: {
        if (!model[file]) break;
        REQUIRE(disks.volume(0).read(path) == model[file]->first);
        REQUIRE(disks.read == (file == 3 && !model[file]->first.empty()));
        break;
      }
      default:
        model[file] = {content(random() % 30'000, static_cast<std::uint8_t>(random())), round};
        disks.volume(0).write(path, model[file]->first, {0x21, round});
        break;
    }
    REQUIRE(disks.written == (model[3] != before));
    REQUIRE(disks.watch->found() == model[3].has_value());
    REQUIRE(disks.watch->place() == disks.volume(0).place_of("/DIR/F3.DAT"));
  }
}

TEST_CASE("file watch: words for files, and what is none", "[emu][watch]") {
  const FileName long_name = parse_breakpoint("file ide0.1 \"5:/My Files/a b.txt\" write").file;
  REQUIRE(long_name.slot == DriveSlot::ide0_1);
  REQUIRE(long_name.partition == 5);
  REQUIRE(long_name.path == "/My Files/a b.txt");
  REQUIRE_FALSE(parse_breakpoint("file \"C:\\A B.TXT\" write ah=40").reads);
  REQUIRE(parse_breakpoint("file b:/x.com").file.slot == DriveSlot::fd1);
  for (const char* words :
       {"file", "file C:", "file C:/", "file C:CONFIG.SYS", "file ide0.0", "file ide0.0 CONFIG.SYS",
        "file ide0.0 x:/A", "file ide9.0 /A", "file C:/A.TXT sideways"}) {
    CAPTURE(words);
    REQUIRE_THROWS_AS(parse_breakpoint(words), UsageError);
  }
}
