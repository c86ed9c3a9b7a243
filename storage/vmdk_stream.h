// streamOptimized: an extent of deflated grains, written once from front to back and then only
// read.
//
// [VDF]  VMware, Virtual Disk Format 5.0, "Stream-Optimized Compressed Sparse Extents"
// A stream whose tables are lost is not read; vmdk_stream_rescue.h makes them anew.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "storage/format.h"
#include "storage/table_cache.h"
#include "storage/vmdk_extent.h"
#include "storage/vmdk_shape.h"
#include "storage/vmdk_stream_tail.h"

namespace storage {

class VmdkStreamExtent final : public VmdkExtent {
 public:
  // Throws ImageError.
  VmdkStreamExtent(std::unique_ptr<File> file, VmdkShape shape);

  File* file() const override { return file_.get(); }
  const VmdkShape& shape() const { return shape_; }
  IoStatus read(std::uint64_t lba, std::span<std::uint8_t> sectors) override;
  Extent extent_at(std::uint64_t lba, std::uint64_t limit) const override;
  // Unpacks every grain.
  void check(CheckReport& report, const Progress& progress);

 private:
  IoStatus entry_at(std::uint64_t grain, std::uint32_t& entry) const;
  IoStatus unpack(std::uint64_t grain, std::uint32_t sector);

  std::unique_ptr<File> file_;
  VmdkShape shape_;
  std::vector<std::uint32_t> directory_;
  std::unique_ptr<TableCache> cache_;
  std::uint64_t sectors_ = 0;
  std::vector<std::uint8_t> packed_;
  std::vector<std::uint8_t> grain_;        // unpacked
  std::optional<std::uint64_t> unpacked_;  // which
};

// Deflates on all processors; the file is the same whatever their number.
class VmdkStreamWriter final : public StreamWriter {
 public:
  // `descriptor` becomes the embedded one. Throws ImageError.
  VmdkStreamWriter(Place place, Existing existing, std::uint64_t sectors,
                   std::string_view descriptor);
  ~VmdkStreamWriter() override;

  void write(std::uint64_t lba, std::span<const std::uint8_t> sectors) override;
  void finish() override;

 private:
  using Bytes = std::vector<std::uint8_t>;
  struct Batch {
    std::uint64_t first_grain;
    std::future<std::vector<Bytes>> packed;
  };

  void begin_grain(std::uint64_t grain);
  void end_grain();
  void send_batch();
  void take_batch();
  void place_grain(std::uint64_t grain, const Bytes& packed);
  void end_table();

  Place place_;
  std::unique_ptr<File> file_;
  std::uint64_t sectors_;
  std::uint64_t descriptor_sectors_;
  std::uint64_t overhead_ = 0;  // sectors before the first grain
  std::optional<VmdkStreamTail> tail_;
  std::vector<Le32> directory_;
  std::vector<Le32> table_;
  std::optional<std::uint64_t> open_table_;
  std::optional<std::uint64_t> open_grain_;
  Bytes grain_;
  std::uint64_t batch_first_ = 0;
  std::vector<Bytes> batch_;  // adjacent grains
  std::deque<Batch> running_;
  std::uint64_t next_lba_ = 0;
};

}  // namespace storage
