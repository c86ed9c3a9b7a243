// Follows one file of a guest's FAT volume while the guest moves it: which sectors it has now, and
// whether a request read or changed it. Reads the disk between requests and never writes; the guest
// cannot tell. Content that DOS writes before a FAT claims it for the file is seen when the FAT or
// the folder does: the file is another one then. Not followed: volumes that are no FAT volumes,
// files through other names than the path (a folder that is renamed takes its files away).
//
// Every write to a FAT reads that volume's FAT again: 128 KiB at most on FAT16, more on FAT32.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "emu/config.h"
#include "emu/drive_tap.h"
#include "storage/fat_volume.h"

namespace emu {

// A file as people name it: "C:/CONFIG.SYS" by the letter that DOS gives, or by drive and
// partition.
struct FileName {
  char letter = 0;  // 'C' and up; 0: on `slot`
  DriveSlot slot = DriveSlot::fd0;
  std::optional<unsigned> partition;  // as `platter image fat` counts; none: the first FAT volume
  std::string path;                   // "/DOS/FORMAT.COM"
};

class FileWatch {
 public:
  // By slot; nullptr where nothing is in the drive.
  using Taps = std::span<DriveTap* const, kDriveSlotCount>;

  explicit FileWatch(FileName name) : name_(std::move(name)) {}

  // Where the file is now; before the guest's first request that counts.
  void look(Taps taps);

  struct Touched {
    bool read = false, written = false;  // the file's content; written: or its entry, or its chain
  };
  // After a request of the guest.
  Touched touched(Taps taps, DriveSlot slot, const DriveAccess& access);

  bool found() const { return place_.entry.has_value(); }
  const storage::FatPlace& place() const { return place_; }

 private:
  struct Volume {
    DriveSlot slot;
    storage::FatLocation where;
  };
  // What the drives held at the last look.
  struct Medium {
    std::uint64_t medium = 0, contents = 0;
    bool operator==(const Medium&) const = default;
  };

  bool concerns(DriveSlot slot) const;
  static Medium medium_in(Taps taps, DriveSlot slot);
  std::optional<Volume> find_volume(Taps taps) const;
  void look_again(Taps taps);

  FileName name_;
  std::optional<Volume> volume_;
  storage::FatPlace place_;
  std::array<Medium, kDriveSlotCount> media_{};
  // Sectors of each drive that decide what volumes there are, ascending.
  std::array<std::vector<std::uint64_t>, kDriveSlotCount> tables_;
};

}  // namespace emu
