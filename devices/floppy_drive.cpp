#include "devices/floppy_drive.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace devices {

void FloppyDrive::insert(std::shared_ptr<storage::BlockDevice> image, const FloppyFormat& format) {
  assert(format.sector_count() <= kMaxFloppySectors && format.sectors_per_track != 0);
  image_ = std::move(image);
  format_ = format;
  deleted_.reset();
  disk_changed_ = true;
}

std::shared_ptr<storage::BlockDevice> FloppyDrive::eject() {
  deleted_.reset();
  disk_changed_ = true;
  return std::exchange(image_, nullptr);
}

void FloppyDrive::step_to(unsigned position) {
  const auto target = static_cast<std::uint8_t>(std::min(position, kLastPosition));
  if (target != position_ && has_medium()) disk_changed_ = false;
  position_ = target;
}

unsigned FloppyDrive::steps_per_cylinder() const {
  const bool forty_in_eighty =
      has_medium() && format_.cylinders <= 43 && nominal_cylinders(type_) == 80;
  return forty_in_eighty ? 2 : 1;
}

Nanoseconds FloppyDrive::revolution_time() const {
  constexpr Nanoseconds minute = 60 * kSecond;
  return minute / (format_.fast_spindle ? 360 : 300);
}

Nanoseconds FloppyDrive::sector_time() const {
  return revolution_time() / std::max<unsigned>(format_.sectors_per_track, 1);
}

bool FloppyDrive::has_sector(unsigned cylinder, unsigned head, unsigned sector) const {
  return has_medium() && cylinder < format_.cylinders && head < format_.heads && sector >= 1 &&
         sector <= format_.sectors_per_track;
}

std::uint32_t FloppyDrive::index_of(unsigned cylinder, unsigned head, unsigned sector) const {
  return (cylinder * format_.heads + head) * format_.sectors_per_track + sector - 1;
}

storage::IoStatus FloppyDrive::read(unsigned cylinder, unsigned head, unsigned sector,
                                    std::span<std::uint8_t> data) {
  if (!has_sector(cylinder, head, sector)) return storage::IoStatus::out_of_range;
  ++sectors_read_;
  return image_->read(index_of(cylinder, head, sector), data);
}

storage::IoStatus FloppyDrive::write(unsigned cylinder, unsigned head, unsigned sector,
                                     std::span<const std::uint8_t> data, bool deleted_mark) {
  if (!has_sector(cylinder, head, sector)) return storage::IoStatus::out_of_range;
  const std::uint32_t index = index_of(cylinder, head, sector);
  const storage::IoStatus status = image_->write(index, data);
  if (status == storage::IoStatus::ok) {
    deleted_.set(index, deleted_mark);
    ++sectors_written_;
  }
  return status;
}

bool FloppyDrive::has_deleted_mark(unsigned cylinder, unsigned head, unsigned sector) const {
  return has_sector(cylinder, head, sector) && deleted_[index_of(cylinder, head, sector)];
}

void FloppyDrive::reset() {
  motor_ = false;
}

void FloppyDrive::serialize(Archive& archive) {
  archive.tag("floppy", 1);
  archive(type_);
  archive(position_);
  archive(motor_);
  archive(disk_changed_);
  archive(sectors_read_);
  archive(sectors_written_);
  for (std::size_t i = 0; i < deleted_.size(); i += 8) {
    std::uint8_t byte = 0;
    for (std::size_t bit = 0; bit < 8; ++bit) {
      byte = static_cast<std::uint8_t>(byte | (deleted_[i + bit] ? 1U : 0U) << bit);
    }
    archive(byte);
    for (std::size_t bit = 0; bit < 8; ++bit) deleted_[i + bit] = ((byte >> bit) & 1) != 0;
  }
  position_ = std::min<std::uint8_t>(position_, kLastPosition);
}

}  // namespace devices
