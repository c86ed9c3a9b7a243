// Gives an image's space back when the guest's DOS deletes a file, although DOS knows no TRIM: a
// layer over any image that can discard, which watches the writes go by and knows from the FATs
// which clusters nobody owns any more. A cluster is released only if
//
// (1) its entry went to 0 in every copy of the FAT while somebody watched;
// (2) no data was written there since, nor before it was claimed ("the cancel rule"): DOS writes
//     data before the FAT sector that claims it, so a free entry alone means nothing;
// (3) that FAT is on the host's disk, and the guest has flushed or left the FATs alone for three
//     seconds of its own time since;
// (4) everything else in the image's cluster may be released, too.
//
// What it costs: a deleted file cannot be undeleted after that. Off unless the user asks.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "storage/fat_tables.h"
#include "storage/image.h"

namespace storage {

// "off", "at-close", "live"; nullopt: none of these.
std::optional<FatFree> parse_fat_free(std::string_view word);
std::string_view name_of(FatFree mode);

class FatWatch final : public BlockDevice, private AllocationObserver {
 public:
  FatWatch(std::unique_ptr<BlockDevice> image, FatFree mode);
  ~FatWatch() override;

  std::uint64_t sector_count() const override { return image_->sector_count(); }
  Geometry geometry() const override { return image_->geometry(); }
  bool read_only() const override { return image_->read_only(); }
  Extent extent_at(std::uint64_t lba) const override { return image_->extent_at(lba); }
  std::uint64_t discard_sectors() const override { return image_->discard_sectors(); }
  bool tick(std::uint64_t guest_nanoseconds) override;

  BlockDevice& image() { return *image_; }
  std::uint64_t sectors_released() const { return sectors_released_; }
  std::size_t volumes() const { return volumes_.size(); }

 protected:
  IoStatus do_read(std::uint64_t lba, std::span<std::uint8_t> sectors) override;
  IoStatus do_write(std::uint64_t lba, std::span<const std::uint8_t> sectors) override;
  IoStatus do_flush() override;
  IoStatus do_discard(std::uint64_t lba, std::uint64_t count) override;
  IoStatus do_write_zeroes(std::uint64_t lba, std::uint64_t count) override;
  IoStatus do_close() override;

 private:
  struct Range {
    std::uint64_t first = 0;
    std::uint64_t end = 0;
  };

  void on_allocation(const AllocationEvent& event) override { notify(event.kind, event.extent); }

  void look();
  // The sectors may hold anything now: takes up what the image has.
  void changed(std::uint64_t lba, std::uint64_t count, std::span<const std::uint8_t> sectors);
  bool decides(std::uint64_t lba, std::uint64_t count) const;
  bool may_release(std::uint64_t first, std::uint64_t end) const;
  std::vector<Range> releasable(const FatTables& volume,
                                const std::vector<std::uint32_t>& fresh) const;
  bool anything_fresh() const;
  IoStatus release();

  std::unique_ptr<BlockDevice> image_;
  FatFree mode_;
  std::vector<FatTables> volumes_;
  std::vector<std::uint64_t> tables_;
  bool fats_moved_ = false;                  // since the last tick
  std::optional<std::uint64_t> quiet_from_;  // guest time; nothing: no tick since a FAT changed
  std::uint64_t sectors_released_ = 0;
};

}  // namespace storage
