#include "emu/drive_chain.h"

#include <filesystem>
#include <sstream>
#include <utility>

#include "emu/image_children.h"
#include "emu/image_command.h"
#include "storage/operations.h"
#include "storage/overlay_file.h"

namespace emu {

namespace {

using storage::ImageError;
using storage::IoStatus;

// Stands in for an image that is closed; stays when it cannot be opened again.
class GoneDevice final : public storage::BlockDevice {
 public:
  GoneDevice(std::uint64_t sectors, storage::Geometry geometry)
      : sectors_(sectors), geometry_(geometry) {}
  std::uint64_t sector_count() const override { return sectors_; }
  storage::Geometry geometry() const override { return geometry_; }
  bool read_only() const override { return false; }
  storage::Extent extent_at(std::uint64_t lba) const override {
    storage::Extent extent;
    extent.first_sector = lba;
    extent.sector_count = sectors_ - lba;
    extent.state = storage::ClusterState::corrupt;
    return extent;
  }

 protected:
  IoStatus do_read(std::uint64_t, std::span<std::uint8_t>) override { return IoStatus::host_error; }
  IoStatus do_write(std::uint64_t, std::span<const std::uint8_t>) override {
    return IoStatus::host_error;
  }
  IoStatus do_flush() override { return IoStatus::host_error; }

 private:
  std::uint64_t sectors_;
  storage::Geometry geometry_;
};

constexpr std::size_t kNameLimit = 60;

std::string short_name(const std::filesystem::path& file) {
  return file.filename().string();
}

void refuse_what_cannot(DriveTap& tap, ChainChange change, const std::string& file) {
  if (tap.chain() == nullptr) throw ImageError(file, "is no image file: it has no chain");
  if (tap.discards())
    throw ImageError(file, "drops its writes (mode discard): there is nothing to keep");
  if (tap.read_only()) throw ImageError(file, "is read-only");
  if (change != ChainChange::new_child && tap.chain()->parent() == nullptr)
    throw ImageError(file, "has no parent");
}

// A commit changes what the parent shows, and with it what all its other children are made of.
void refuse_other_children(const std::filesystem::path& parent, const std::string& child) {
  const image_tool::Arguments arguments;
  std::istringstream in;
  std::ostringstream out;
  const image_tool::Surroundings around{.in = in, .out = out, .err = out};
  const image_tool::Session session(arguments, around);
  std::string names;
  for (const std::filesystem::path& other : other_children(session, parent, child))
    names += (names.empty() ? "" : ", ") + storage::printable(short_name(other), kNameLimit);
  if (!names.empty()) {
    throw ImageError(parent, "has other children, which a commit would make worthless: " + names +
                                 "; detach or rebase them first");
  }
}

storage::OpenOptions options_of(const DriveConfig& drive, const WarnLine& warn) {
  storage::OpenOptions options;
  options.format = drive.format;
  options.truncate = drive.truncate;
  options.warn = [warn](std::string_view line) {
    if (warn) warn(std::string(line));
  };
  return options;
}

void finish(const storage::OpenedImage& image, const std::string& file) {
  if (image.device->close() != IoStatus::ok)
    throw ImageError(file, "could not be written to its end");
}

// On closed files.
ChainChanged change_files(ChainChange change, const DriveConfig& drive, const WarnLine& warn,
                          const storage::Progress& progress) {
  storage::OpenOptions options = options_of(drive, warn);
  switch (change) {
    case ChainChange::new_child: {
      const std::filesystem::path child = storage::add_overlay(drive.file, options);
      return {child.string(),
              "writes go to " + short_name(child) + " now: open that one from here on"};
    }
    case ChainChange::commit: {
      options.write_parent = true;
      const storage::OpenedImage image = open_image(drive.file, options);
      const auto parent = image.image->parent()->info().files.front().path;
      commit_image(*image.image, true, progress);
      finish(image, drive.file);
      return {drive.file, short_name(drive.file) + " is in " + short_name(parent) + " now"};
    }
    case ChainChange::detach: {
      options.commit_target = true;
      const storage::OpenedImage image = open_image(drive.file, options);
      rebase_image(*image.image, nullptr, progress);
      finish(image, drive.file);
      return {drive.file, short_name(drive.file) + " needs no other file now"};
    }
  }
  return {drive.file, ""};
}

void open_again(DriveTap& tap, const DriveConfig& drive, const WarnLine& warn) {
  DriveBay bay = open_drives({drive}, warn);
  if (is_floppy(drive.slot)) {
    OpenedFloppy& opened = bay.floppies.front();
    tap.exchange(std::move(opened.image), opened.chain);
  } else {
    OpenedDisk& opened = bay.disks.front();
    tap.exchange(std::move(opened.image), opened.chain);
  }
}

}  // namespace

ChainChanged change_chain(DriveTap& tap, ChainChange change, const DriveConfig& drive,
                          const WarnLine& warn, const storage::Progress& progress) {
  refuse_what_cannot(tap, change, drive.file);
  if (change == ChainChange::commit) {
    refuse_other_children(tap.chain()->parent()->info().files.front().path, drive.file);
  }
  const bool saved = tap.image().close() == IoStatus::ok;
  tap.exchange(std::make_unique<GoneDevice>(tap.sector_count(), tap.geometry()), nullptr);
  try {
    if (!saved) throw ImageError(drive.file, "the last writes failed");
    const ChainChanged changed = change_files(change, drive, warn, progress);
    DriveConfig next = drive;
    if (next.file != changed.file) {
      next.file = changed.file;
      next.format.clear();
      next.truncate = false;
    }
    open_again(tap, next, warn);
    return changed;
  } catch (...) {
    open_again(tap, drive, warn);
    throw;
  }
}

}  // namespace emu
