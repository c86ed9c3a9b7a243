// A whole VHD: fixed, dynamic or differencing, in one file or in parts, and the parent beneath it.
// Internal to the driver.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "storage/file_io.h"
#include "storage/format.h"
#include "storage/vhd_blocks.h"
#include "storage/vhd_frame.h"
#include "storage/vhd_names.h"

namespace storage {

class VhdImage final : public Image {
 public:
  // Throws ImageError.
  VhdImage(const ImageContext& context, const OpenOptions& options);
  ~VhdImage() override;

  std::uint64_t sector_count() const override { return sectors_; }
  Geometry geometry() const override;
  bool read_only() const override { return !writable_; }
  Extent extent_at(std::uint64_t lba) const override;
  ImageInfo info() const override;
  Image* parent() override { return parent_.get(); }
  void resize(std::uint64_t sectors, bool drop_data, const Progress& progress) override;
  void compact(const Progress& progress) override;
  void set_parent(const ParentRef* parent) override;
  IoStatus cover_with_zeroes(std::uint64_t lba, std::uint64_t count) override;
  void finish_commit(bool empty, const Progress& progress) override;

  const VhdFooter& footer() const { return frame_.footer(); }
  std::uint64_t block_bytes() const;  // 0: fixed
  std::int64_t modified() const { return frame_.file().modified().value_or(0); }

 protected:
  IoStatus do_read(std::uint64_t lba, std::span<std::uint8_t> sectors) override;
  IoStatus do_write(std::uint64_t lba, std::span<const std::uint8_t> sectors) override;
  IoStatus do_flush() override;
  IoStatus do_discard(std::uint64_t lba, std::uint64_t count) override;
  IoStatus do_write_zeroes(std::uint64_t lba, std::uint64_t count) override;
  IoStatus do_close() override;

 private:
  void open_parent(const ImageContext& context, const OpenOptions& options);
  void check_parent(const ImageContext& context, const OpenOptions& options);
  void refuse_writing() const;
  Extent in_its_file(Extent extent) const;
  void start_blocks();
  std::string subformat() const;

  void grow_fixed(VhdFooter next);
  void shrink_fixed(VhdFooter next);
  void grow_dynamic(VhdFooter next, std::uint64_t sectors);
  void shrink_dynamic(VhdFooter next, std::uint64_t sectors);
  void place_new_header(const VhdParentFields& fields, VhdFooter next, std::uint64_t at);
  VhdFooter resized_footer(std::uint64_t sectors) const;
  void require(std::string_view what, IoStatus status) const {
    require_ok(frame_.file(), what, status);
  }

  Place place_;
  std::shared_ptr<IdSource> ids_;
  VhdSizeRule rule_ = VhdSizeRule::by_creator;
  VhdFrame frame_;
  bool writable_;
  std::unique_ptr<Image> parent_;
  bool parent_missing_ = false;
  std::uint64_t sectors_ = 0;
  std::unique_ptr<VhdBlocks> blocks_;  // null: fixed
  bool fixed_dirty_ = true;            // a session before this one may not have come to its sync
};

// What a footer holds that is made here: a dynamic or fixed disk of that size. `exact` off: QEMU's
// default, which rounds up to whole cylinders.
VhdFooter new_vhd_footer(IdSource& ids, VhdType type, std::uint64_t sectors,
                         const Geometry& geometry, bool exact);
// Seconds since 2000, as far as 32 bits go.
std::uint32_t vhd_time(std::int64_t unix_time);

// vhd_create.cpp
void create_vhd(const ImageContext& context, const CreateOptions& options);
std::uint64_t measure_vhd(const CreateOptions& options, std::uint64_t data_bytes);
std::span<const OptionSpec> vhd_create_options();

// vhd_check.cpp
CheckReport check_vhd(const ImageContext& context, const CheckOptions& options);

}  // namespace storage
