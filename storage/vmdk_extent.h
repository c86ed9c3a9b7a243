// One extent of a VMDK: a stretch of the disk with a file of its own, or with none.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "storage/directory.h"
#include "storage/file.h"
#include "storage/image.h"
#include "storage/layer.h"
#include "storage/vmdk_descriptor.h"

namespace storage {

// What shows through the gaps of an extent.
struct VmdkBelow {
  BlockDevice* parent = nullptr;
  bool missing = false;     // there is a parent, but it is not open
  std::uint64_t first = 0;  // where the extent begins on the disk

  bool exists() const { return parent != nullptr || missing; }
  IoStatus read(std::uint64_t lba, std::span<std::uint8_t> sectors) const {
    return missing ? IoStatus::corrupt : read_parent(parent, first + lba, sectors);
  }
};

// Sectors are counted from the extent's own first; requests are within it.
class VmdkExtent {
 public:
  VmdkExtent() = default;
  virtual ~VmdkExtent() = default;
  VmdkExtent(const VmdkExtent&) = delete;
  VmdkExtent& operator=(const VmdkExtent&) = delete;

  virtual File* file() const { return nullptr; }
  virtual bool writable() const { return false; }
  virtual IoStatus read(std::uint64_t lba, std::span<std::uint8_t> sectors) = 0;
  virtual IoStatus write(std::uint64_t, std::span<const std::uint8_t>) {
    return IoStatus::read_only;
  }
  virtual IoStatus write_zeroes(std::uint64_t, std::uint64_t) { return IoStatus::read_only; }
  virtual IoStatus discard(std::uint64_t, std::uint64_t) { return IoStatus::ok; }
  virtual IoStatus flush() { return IoStatus::ok; }
  virtual IoStatus close() { return IoStatus::ok; }
  // At most `limit` sectors; Extent::first_sector as asked.
  virtual Extent extent_at(std::uint64_t lba, std::uint64_t limit) const = 0;

  // Told of every grain that is taken.
  std::function<void(const Extent&)> on_allocated;
};

// FLAT and VMFS: a stretch of a file, as it is.
class VmdkFlatExtent final : public VmdkExtent {
 public:
  VmdkFlatExtent(std::unique_ptr<File> file, std::uint64_t offset, std::uint64_t sectors,
                 bool writable)
      : file_(std::move(file)), offset_(offset), sectors_(sectors), writable_(writable) {}

  File* file() const override { return file_.get(); }
  bool writable() const override { return writable_; }
  std::uint64_t end_bytes() const { return (offset_ + sectors_) * kSectorSize; }
  void set_sectors(std::uint64_t sectors) { sectors_ = sectors; }

  IoStatus read(std::uint64_t lba, std::span<std::uint8_t> sectors) override;
  IoStatus write(std::uint64_t lba, std::span<const std::uint8_t> sectors) override;
  IoStatus write_zeroes(std::uint64_t lba, std::uint64_t count) override;
  IoStatus discard(std::uint64_t lba, std::uint64_t count) override;
  IoStatus flush() override;
  IoStatus close() override { return flush(); }
  Extent extent_at(std::uint64_t lba, std::uint64_t limit) const override;

 private:
  std::uint64_t place_of(std::uint64_t lba) const { return (offset_ + lba) * kSectorSize; }
  bool inside(std::uint64_t lba, std::uint64_t count) const;

  std::unique_ptr<File> file_;
  std::uint64_t offset_;
  std::uint64_t sectors_;
  bool writable_;
  bool dirty_ = false;
};

// ZERO.
class VmdkZeroExtent final : public VmdkExtent {
 public:
  IoStatus read(std::uint64_t lba, std::span<std::uint8_t> sectors) override;
  Extent extent_at(std::uint64_t lba, std::uint64_t limit) const override;
};

// NOACCESS: an area of a real disk that a guest must not see.
class VmdkClosedExtent final : public VmdkExtent {
 public:
  IoStatus read(std::uint64_t, std::span<std::uint8_t>) override { return IoStatus::corrupt; }
  Extent extent_at(std::uint64_t lba, std::uint64_t limit) const override;
};

}  // namespace storage
