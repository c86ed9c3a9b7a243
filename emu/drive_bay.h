// The images of a machine: opened, checked against each other, and measured, before any of them is
// wired to a controller.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "devices/floppy_media.h"
#include "emu/config.h"
#include "emu/host_folder.h"
#include "storage/block_device.h"
#include "storage/geometry_choice.h"
#include "storage/image.h"

namespace emu {

struct OpenedFloppy {
  DriveSlot slot;
  std::string file;
  std::unique_ptr<storage::BlockDevice> image;  // null: the drive is empty
  devices::FloppyFormat format;                 // of an empty drive: the one it was made for
  bool discard = false;                         // the guest's writes are thrown away
  storage::Image* chain = nullptr;              // the image file in or under it, if there is one
};

struct OpenedDisk {
  DriveSlot slot;
  std::string file;
  std::unique_ptr<storage::BlockDevice> image;
  storage::GeometryChoice geometry;
  bool discard = false;
  storage::Image* chain = nullptr;
  std::shared_ptr<const HostFolder> folder;  // what the disk was made from, when that is a folder
  bool copy_back = false;                    // its changes are meant to return there
};

struct DriveBay {
  std::vector<OpenedFloppy> floppies;
  std::vector<OpenedDisk> disks;
};

using WarnLine = std::function<void(const std::string&)>;

// Throws storage::ImageError naming the file; refuses one file in two drives. `now` is the guest's
// clock, for the dates of files that come from a folder.
DriveBay open_drives(const std::vector<DriveConfig>& drives, const WarnLine& warn,
                     const devices::DateTime& now = {});

// Which sizes a socket takes, in bytes.
struct RomSizes {
  std::size_t smallest, largest, multiple;
};

// Throws storage::ImageError.
std::vector<std::uint8_t> read_rom(const std::string& file, const RomSizes& sizes);

}  // namespace emu
