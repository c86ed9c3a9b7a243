// A disk with bad places: reads and writes that touch a marked sector fail as marked.
#pragma once

#include <cstdint>
#include <map>
#include <span>

#include "storage/memory_device.h"

namespace support {

class FaultyDevice final : public storage::BlockDevice {
 public:
  explicit FaultyDevice(std::uint64_t sectors, bool read_only = false)
      : disk_({}, sectors), read_only_(read_only) {}

  std::map<std::uint64_t, storage::IoStatus> bad_reads;
  std::map<std::uint64_t, storage::IoStatus> bad_writes;
  storage::IoStatus flush_status = storage::IoStatus::ok;
  std::uint64_t flushes = 0;

  std::uint64_t sector_count() const override { return disk_.sector_count(); }
  storage::Geometry geometry() const override { return {}; }
  bool read_only() const override { return read_only_; }
  storage::Extent extent_at(std::uint64_t lba) const override { return disk_.extent_at(lba); }

 protected:
  storage::IoStatus do_read(std::uint64_t lba, std::span<std::uint8_t> sectors) override {
    const storage::IoStatus fault = find(bad_reads, lba, sectors.size());
    return fault != storage::IoStatus::ok ? fault : disk_.read(lba, sectors);
  }
  storage::IoStatus do_write(std::uint64_t lba, std::span<const std::uint8_t> sectors) override {
    const storage::IoStatus fault = find(bad_writes, lba, sectors.size());
    return fault != storage::IoStatus::ok ? fault : disk_.write(lba, sectors);
  }
  storage::IoStatus do_flush() override {
    ++flushes;
    return flush_status;
  }

 private:
  static storage::IoStatus find(const std::map<std::uint64_t, storage::IoStatus>& bad,
                                std::uint64_t lba, std::size_t bytes) {
    const auto hit = bad.lower_bound(lba);
    if (hit == bad.end() || hit->first >= lba + bytes / storage::kSectorSize) {
      return storage::IoStatus::ok;
    }
    return hit->second;
  }

  storage::MemoryDevice disk_;
  bool read_only_;
};

}  // namespace support
