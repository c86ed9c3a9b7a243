// An image in memory: given bytes at its head, zeroes up to its size. Writes live as long as the
// device. For the demo disk that is linked into the program, and for tests.
#pragma once

#include <span>

#include "storage/block_device.h"
#include "storage/sector_map.h"

namespace storage {

class MemoryDevice final : public BlockDevice {
 public:
  // `head` is not copied and must outlive the device; bytes beyond `sectors` are ignored.
  MemoryDevice(std::span<const std::uint8_t> head, std::uint64_t sectors, Geometry geometry = {},
               bool read_only = false);

  // No more writes from now on.
  void protect() { read_only_ = true; }

  std::uint64_t sector_count() const override { return sectors_; }
  Geometry geometry() const override { return geometry_; }
  bool read_only() const override { return read_only_; }
  Extent extent_at(std::uint64_t lba) const override;

 protected:
  IoStatus do_read(std::uint64_t lba, std::span<std::uint8_t> sectors) override;
  IoStatus do_write(std::uint64_t lba, std::span<const std::uint8_t> sectors) override;
  IoStatus do_flush() override { return IoStatus::ok; }

 private:
  void read_head(std::uint64_t lba, std::span<std::uint8_t> sector) const;

  std::span<const std::uint8_t> head_;
  std::uint64_t sectors_;
  Geometry geometry_;
  bool read_only_;
  SectorMap written_;
};

}  // namespace storage
