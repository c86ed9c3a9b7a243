// One floppy drive: spindle, head and what lies in it. It knows where its head stands and what the
// cable says (change line, write protect, track 0); when things happen is the controller's affair.
// The medium itself is no part of the drive's saved state: whoever loads a state inserts it first.
// Not modelled: the spindle's run-up (ready at once), head load and settle times.
#pragma once

#include <bitset>
#include <cstdint>
#include <memory>
#include <span>

#include "devices/archive.h"
#include "devices/floppy_media.h"
#include "devices/scheduler.h"
#include "storage/block_device.h"

namespace devices {

class FloppyDrive {
 public:
  static constexpr unsigned kLastPosition = kMaxFloppyCylinders - 1;  // the mechanical stop

  void set_type(FloppyDriveType type) { type_ = type; }
  FloppyDriveType type() const { return type_; }
  bool present() const { return type_ != FloppyDriveType::none; }

  void insert(std::shared_ptr<storage::BlockDevice> image, const FloppyFormat& format);
  // What was in there, flushed by the caller; nothing when it was empty.
  std::shared_ptr<storage::BlockDevice> eject();
  bool has_medium() const { return image_ != nullptr; }
  const FloppyFormat& format() const { return format_; }
  storage::BlockDevice* image() { return image_.get(); }
  bool write_protected() const { return image_ != nullptr && image_->read_only(); }

  void set_motor(bool on) { motor_ = on; }
  bool motor() const { return motor_; }
  // Index pulses come: a medium turns.
  bool spinning() const { return present() && has_medium() && motor_; }

  unsigned position() const { return position_; }
  bool at_track0() const { return present() && position_ == 0; }
  // Moves the head, at most to the stop. With a medium in, a step clears the change line.
  void step_to(unsigned position);
  bool disk_changed() const { return present() && (!has_medium() || disk_changed_); }

  // Steps of the head per cylinder of the medium: 2 for 40 cylinders in an 80-cylinder drive.
  unsigned steps_per_cylinder() const;
  unsigned medium_cylinder() const { return position_ / steps_per_cylinder(); }

  Nanoseconds revolution_time() const;
  Nanoseconds sector_time() const;

  // Sectors are named as in their ID fields, from 1. What the medium does not have is not there.
  bool has_sector(unsigned cylinder, unsigned head, unsigned sector) const;
  storage::IoStatus read(unsigned cylinder, unsigned head, unsigned sector,
                         std::span<std::uint8_t> data);
  storage::IoStatus write(unsigned cylinder, unsigned head, unsigned sector,
                          std::span<const std::uint8_t> data, bool deleted_mark);
  // Deleted data marks have no place in an image: they last as long as the medium stays in.
  bool has_deleted_mark(unsigned cylinder, unsigned head, unsigned sector) const;

  std::uint64_t sectors_read() const { return sectors_read_; }
  std::uint64_t sectors_written() const { return sectors_written_; }

  void reset();  // power-on: motor off; head, medium and change line stay as they are
  void serialize(Archive& archive);

 private:
  std::uint32_t index_of(unsigned cylinder, unsigned head, unsigned sector) const;

  FloppyDriveType type_ = FloppyDriveType::none;
  std::shared_ptr<storage::BlockDevice> image_;
  FloppyFormat format_;
  std::bitset<kMaxFloppySectors> deleted_;
  std::uint8_t position_ = 0;
  bool motor_ = false;
  bool disk_changed_ = true;
  std::uint64_t sectors_read_ = 0;
  std::uint64_t sectors_written_ = 0;
};

}  // namespace devices
