// mode=discard: a layer over any image that keeps the guest's writes in memory and forgets them at
// the end. The image below is never written; not even a flush reaches it.
#pragma once

#include <memory>

#include "storage/block_device.h"
#include "storage/sector_map.h"

namespace storage {

class DiscardOverlay final : public BlockDevice {
 public:
  explicit DiscardOverlay(std::unique_ptr<BlockDevice> base);

  std::uint64_t sector_count() const override { return base_->sector_count(); }
  Geometry geometry() const override { return base_->geometry(); }
  bool read_only() const override { return false; }
  Extent extent_at(std::uint64_t lba) const override;

 protected:
  IoStatus do_read(std::uint64_t lba, std::span<std::uint8_t> sectors) override;
  IoStatus do_write(std::uint64_t lba, std::span<const std::uint8_t> sectors) override;
  IoStatus do_flush() override { return IoStatus::ok; }

 private:
  std::unique_ptr<BlockDevice> base_;
  SectorMap written_;
};

}  // namespace storage
