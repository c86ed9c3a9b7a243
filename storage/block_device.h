// The border between a drive and an image: sectors of 512 bytes by LBA. Public calls are checked
// once here; format drivers implement do_* and never see a request that is out of range, unaligned
// or not allowed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "storage/geometry.h"
#include "storage/io_status.h"

namespace storage {

inline constexpr std::size_t kSectorSize = 512;

enum class ClusterState : std::uint8_t {
  unallocated,  // nothing here or in any parent; reads as zeroes
  zero,         // the image says zeroes, whatever its parent has
  data,
  shared,
  parent,  // the parent's, which is not open: it cannot be told what it has
  freed,
  metadata,
  corrupt,  // cannot be read
};

// The word for it in maps and logs that programs read: "data", "linked" for shared, ...
std::string_view name_of(ClusterState state);

// A run of sectors in one state. What extent_at() answers begins at the sector asked for.
struct Extent {
  std::uint64_t first_sector = 0;
  std::uint64_t sector_count = 0;
  ClusterState state = ClusterState::unallocated;
  std::uint64_t host_offset = 0;  // bytes into the host file; data and shared only
  std::uint8_t layer = 0;         // 0 this image, 1 its parent, ...
  std::uint16_t file = 0;         // which of that layer's files (ImageInfo::files)
  bool compressed = false;        // the bytes there are not the sectors themselves
};

struct AllocationEvent {
  enum class Kind : std::uint8_t { allocated, freed, linked, unlinked };
  Kind kind;
  Extent extent;
};

class AllocationObserver {
 public:
  virtual ~AllocationObserver() = default;
  virtual void on_allocation(const AllocationEvent& event) = 0;
};

class BlockDevice {
 public:
  virtual ~BlockDevice() = default;
  BlockDevice() = default;
  BlockDevice(const BlockDevice&) = delete;
  BlockDevice& operator=(const BlockDevice&) = delete;

  // The span's size is a multiple of kSectorSize; anything else is our own mistake (assert).
  IoStatus read(std::uint64_t lba, std::span<std::uint8_t> sectors);
  IoStatus write(std::uint64_t lba, std::span<const std::uint8_t> sectors);
  IoStatus flush();
  // A hint; the sectors read back as zeroes or as before, never as anything else.
  IoStatus discard(std::uint64_t lba, std::uint64_t count);
  // The sectors read back as zeroes, with as little host space as the format allows.
  IoStatus write_zeroes(std::uint64_t lba, std::uint64_t count);
  // Flushes and leaves the clean marks of a clean end; nothing may follow but the destructor, which
  // does the same for whoever does not ask how it went. A second call does nothing.
  IoStatus close();

  virtual std::uint64_t sector_count() const = 0;
  virtual Geometry geometry() const = 0;  // from the header when it has one
  virtual bool read_only() const = 0;
  virtual Extent extent_at(std::uint64_t lba) const = 0;  // never touches the data

  // The guest's time has come so far: for what has to happen some time after a request. True: call
  // again in a second of that time. Without a guest it is never called.
  virtual bool tick(std::uint64_t /*guest_nanoseconds*/) { return false; }
  // The smallest aligned stretch of sectors that a discard gives back to the host.
  virtual std::uint64_t discard_sectors() const { return 8; }  // a block of the host's file system

  void observe(AllocationObserver* observer) { observer_ = observer; }

 protected:
  virtual IoStatus do_read(std::uint64_t lba, std::span<std::uint8_t> sectors) = 0;
  virtual IoStatus do_write(std::uint64_t lba, std::span<const std::uint8_t> sectors) = 0;
  virtual IoStatus do_flush() = 0;
  virtual IoStatus do_discard(std::uint64_t lba,
                              std::uint64_t count);  // default: ok, nothing happens
  virtual IoStatus do_write_zeroes(std::uint64_t lba, std::uint64_t count);  // default: writes them
  virtual IoStatus do_close() { return do_flush(); }

  void notify(AllocationEvent::Kind kind, const Extent& extent) {
    if (observer_ != nullptr) observer_->on_allocation({kind, extent});
  }

 private:
  bool in_range(std::uint64_t lba, std::uint64_t count) const;

  AllocationObserver* observer_ = nullptr;
  bool closed_ = false;
};

}  // namespace storage
