#include "emu/drive_bay.h"

#include <array>
#include <filesystem>
#include <utility>

#include "bios/roms.h"
#include "storage/fat_watch.h"
#include "storage/format.h"
#include "storage/memory_device.h"
#include "storage/overlay_file.h"

namespace emu {

namespace {

// The demo's disk: 64 cylinders of 16 heads and 63 sectors, docs/disk-lab.md.
constexpr storage::Geometry kLabGeometry{65, 16, 63};

struct Opened {
  std::unique_ptr<storage::BlockDevice> image;
  std::string file;
  std::optional<storage::FileIdentity> identity;
  storage::Image* chain = nullptr;
};

storage::OpenMode open_mode(DriveMode mode) {
  switch (mode) {
    case DriveMode::rw:
      return storage::OpenMode::read_write;
    case DriveMode::ro:
      return storage::OpenMode::read_only;
    case DriveMode::discard:
      return storage::OpenMode::discard;
    case DriveMode::overlay:
      return storage::OpenMode::read_write;
  }
  return storage::OpenMode::read_only;
}

Opened open_drive(const DriveConfig& drive, const WarnLine& warn) {
  if (drive.demo) {
    auto image = std::make_unique<storage::MemoryDevice>(bios::disk_lab(),
                                                         kLabGeometry.sector_count(), kLabGeometry);
    return {std::move(image), "Disk Lab (built in)", std::nullopt, nullptr};
  }
  storage::OpenOptions options;
  options.mode = open_mode(drive.mode);
  options.format = drive.format;
  options.truncate = drive.truncate;
  options.warn = [warn](std::string_view line) {
    if (warn) warn(std::string(line));
  };
  storage::OpenedImage opened;
  std::string file = drive.file;
  if (drive.mode == DriveMode::overlay) {
    storage::Overlay overlay = storage::open_overlay(drive.file, options);
    file = overlay.path.native();
    opened = std::move(overlay.opened);
  } else {
    opened = storage::open_image(drive.file, options);
  }
  const storage::FatFree mode = drive.fat_free.value_or(opened.image->fat_free());
  if (mode != storage::FatFree::off && !opened.device->read_only() &&
      drive.mode != DriveMode::discard) {
    opened.device = std::make_unique<storage::FatWatch>(std::move(opened.device), mode);
  }
  return {std::move(opened.device), std::move(file), opened.identity, opened.image};
}

// A drive that nothing tells about is the last one PCs had.
devices::FloppyFormat empty_drive_format() {
  constexpr auto high_density = devices::FloppyDriveType::hd_3_5;
  for (const devices::FloppyFormat& format : devices::floppy_formats()) {
    if (format.drive == high_density && format.sectors_per_track == 18) return format;
  }
  devices::FloppyFormat format;
  format.drive = high_density;
  return format;
}

class Opener {
 public:
  Opener(const WarnLine& warn, const devices::DateTime& now) : warn_(warn), now_(now) {}

  void add(const DriveConfig& drive) {
    if (is_floppy(drive.slot) && drive.file.empty() && !drive.demo) {
      return bay_.floppies.push_back(
          {drive.slot, "", nullptr, empty_drive_format(), false, nullptr});
    }
    std::error_code none;
    if (!drive.demo && drive.format.empty() && std::filesystem::is_directory(drive.file, none))
      return add_folder(drive);
    Opened opened = open_drive(drive, warn_);
    refuse_twins(drive, opened);
    if (is_floppy(drive.slot)) {
      add_floppy(drive, std::move(opened));
    } else {
      add_disk(drive, std::move(opened));
    }
  }

  DriveBay take() { return std::move(bay_); }

 private:
  // Two drives writing one file would each believe its own picture of it.
  void refuse_twins(const DriveConfig& drive, const Opened& opened) {
    if (!opened.identity) return;
    for (const auto& [identity, slot] : seen_) {
      if (identity == *opened.identity) {
        throw storage::ImageError(drive.file, std::string("is already in ") + slot_name(slot) +
                                                  "; one file cannot be in two drives");
      }
    }
    seen_.emplace_back(*opened.identity, drive.slot);
  }

  void add_floppy(const DriveConfig& drive, Opened opened) {
    std::array<std::uint8_t, storage::kSectorSize> first{};
    if (opened.image->read(0, first) != storage::IoStatus::ok) {
      throw storage::ImageError(drive.file, 0, "cannot be read");
    }
    const auto format = devices::detect_floppy_format(first, opened.image->sector_count());
    if (!format) throw storage::ImageError(drive.file, format.error());
    bay_.floppies.push_back({drive.slot, opened.file, std::move(opened.image), *format,
                             drive.mode == DriveMode::discard, opened.chain});
  }

  void add_disk(const DriveConfig& drive, Opened opened) {
    storage::GeometryChoice choice =
        storage::choose_geometry(*opened.image, {drive.file, drive.chs, std::nullopt});
    for (const std::string& line : choice.warnings) {
      if (warn_) warn_(line);
    }
    bay_.disks.push_back({drive.slot, opened.file, std::move(opened.image), std::move(choice),
                          drive.mode == DriveMode::discard, opened.chain, nullptr, false});
  }

  // The disk is a copy: what the guest writes stays above it until somebody copies it back.
  void add_folder(const DriveConfig& drive) {
    if (is_floppy(drive.slot)) {
      throw storage::ImageError(drive.file, "is a folder: it becomes a hard disk, not a floppy");
    }
    if (drive.mode == DriveMode::overlay) {
      throw storage::ImageError(drive.file, "is a folder: mode overlay is for images");
    }
    auto folder = std::make_shared<HostFolder>(drive.file, warn_);
    std::unique_ptr<storage::MemoryDevice> disk = folder->make_disk(now_, drive.extra);
    if (drive.mode == DriveMode::ro) disk->protect();
    storage::GeometryChoice geometry =
        storage::choose_geometry(*disk, {drive.file, drive.chs, std::nullopt});
    bay_.disks.push_back({drive.slot, drive.file, std::move(disk), std::move(geometry), true,
                          nullptr, std::move(folder), drive.mode == DriveMode::rw});
  }

  const WarnLine& warn_;
  const devices::DateTime& now_;
  DriveBay bay_;
  std::vector<std::pair<storage::FileIdentity, DriveSlot>> seen_;
};

}  // namespace

DriveBay open_drives(const std::vector<DriveConfig>& drives, const WarnLine& warn,
                     const devices::DateTime& now) {
  Opener opener(warn, now);
  for (const DriveConfig& drive : drives) opener.add(drive);
  return opener.take();
}

std::vector<std::uint8_t> read_rom(const std::string& file, const RomSizes& sizes) {
  storage::PosixFile rom(file, storage::FileAccess::read);
  const std::uint64_t size = rom.size();
  if (size < sizes.smallest || size > sizes.largest || size % sizes.multiple != 0) {
    throw storage::ImageError(
        file, "is " + std::to_string(size) + " bytes; a ROM here has a multiple of " +
                  std::to_string(sizes.multiple) + " bytes from " + std::to_string(sizes.smallest) +
                  " to " + std::to_string(sizes.largest));
  }
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(size));
  if (rom.read_at(0, bytes) != storage::IoStatus::ok) {
    throw storage::ImageError(file, "cannot be read");
  }
  return bytes;
}

}  // namespace emu
