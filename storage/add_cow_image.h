// An add-cow disk that is open: a raw file, a bitmap that tells which of its clusters count, and a
// backing file for the others. Internal to the driver.
//
// Invariants:
// (1) A bit is written only when its cluster is whole in the image file: for a cluster that shows
//     the backing file, or whose place in the image file holds anything, after a sync of the image
//     file; for one that shows zeroes and whose place is a hole, at once.
// (2) Bits go back to 0 only when the backing file shows the same, durably (the end of a commit).
// (3) A hole is trusted only as long as no change has failed: what failed may have filled it.
// (4) Flush makes the image file durable before the bitmap.
// (5) The header changes in one sector, or with the whole file by a rename.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "storage/add_cow_header.h"
#include "storage/format.h"
#include "storage/table_cache.h"

namespace storage {

class AddCowImage final : public Image {
 public:
  // Throws ImageError.
  AddCowImage(const ImageContext& context, const OpenOptions& options);
  ~AddCowImage() override;

  std::uint64_t sector_count() const override { return sectors_; }
  Geometry geometry() const override { return parent_ ? parent_->geometry() : Geometry{}; }
  bool read_only() const override { return !writable_; }
  Extent extent_at(std::uint64_t lba) const override;
  ImageInfo info() const override;
  Image* parent() override { return parent_.get(); }
  void resize(std::uint64_t sectors, bool drop_data, const Progress& progress) override;
  void compact(const Progress& progress) override;
  void set_parent(const ParentRef* parent) override;
  void finish_commit(bool empty, const Progress& progress) override;
  std::filesystem::path make_standalone(const Progress& progress) override;

  void check(CheckReport& report, const CheckOptions& options);

 protected:
  IoStatus do_read(std::uint64_t lba, std::span<std::uint8_t> sectors) override;
  IoStatus do_write(std::uint64_t lba, std::span<const std::uint8_t> sectors) override;
  IoStatus do_flush() override;
  IoStatus do_discard(std::uint64_t lba, std::uint64_t count) override;
  IoStatus do_write_zeroes(std::uint64_t lba, std::uint64_t count) override;

 private:
  // Sectors that are all in the image file, or all not.
  struct Run {
    bool here = true;
    std::uint64_t sectors = 0;
  };
  struct Bits {
    bool set = false;
    std::uint64_t count = 0;
  };

  void open_backing(const ImageContext& context, const OpenOptions& options);
  void refuse_unrecorded_format(const ImageContext& context) const;
  bool has_backing() const { return !header_.whole && !header_.backing.empty(); }
  std::uint64_t clusters() const { return header_.clusters(sectors_); }
  std::uint64_t cluster_end(std::uint64_t cluster) const {
    return std::min((cluster + 1) * header_.cluster, sectors_);
  }

  IoStatus bits_at(std::uint64_t cluster, std::uint64_t limit, Bits& bits) const;
  IoStatus run_at(std::uint64_t lba, std::uint64_t limit, Run& run) const;
  IoStatus set_bits(std::uint64_t cluster, std::uint64_t count);
  // Sets the bits of all clusters that a run of this request touches and that have none.
  IoStatus set_bits_for(std::uint64_t lba, std::uint64_t count);
  IoStatus store_bitmap_length();

  // Whether the stretch of the image file is a hole that can be relied on: (3).
  bool hole_at(std::uint64_t first_sector, std::uint64_t end_sector);
  bool backing_shows(std::uint64_t lba) const;
  IoStatus read_below(std::uint64_t lba, std::span<std::uint8_t> sectors) const;
  // What the guest does not write of a cluster that is taken.
  IoStatus fill(std::uint64_t first, std::uint64_t end, bool hole);
  IoStatus write_new(std::uint64_t lba, std::span<const std::uint8_t> in, bool& sync_needed);
  IoStatus zero_new(std::uint64_t lba, std::uint64_t count);
  IoStatus sync_image();
  IoStatus changed(IoStatus status);
  void require(IoStatus status, std::string_view what) const;

  void take_clusters(std::uint64_t first, std::uint64_t end, std::vector<std::uint8_t>& buffer);
  void grow(std::uint64_t sectors);
  void clear_bits_beyond_end();
  std::uint64_t stray_bits() const;
  void rewrite(const AddCowHeader& next);

  Place place_;
  bool writable_;
  std::unique_ptr<File> retired_;  // what file_ was before a rewrite
  std::unique_ptr<File> file_;
  AddCowHeader header_;
  std::unique_ptr<File> image_;
  std::unique_ptr<Image> parent_;
  bool parent_missing_ = false;
  std::uint64_t sectors_ = 0;
  mutable TableCache cache_;
  std::uint64_t hole_begin_ = 0;  // bytes of the image file known to be a hole
  std::uint64_t hole_end_ = 0;
  bool trust_holes_ = true;
  bool image_dirty_ = false;
  bool map_dirty_ = false;
  std::vector<std::uint8_t> fill_;
};

}  // namespace storage
