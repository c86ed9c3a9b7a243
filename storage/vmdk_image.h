// A whole VMDK: the descriptor, its extents end to end, and the parent beneath them. Internal to
// the driver.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/format.h"
#include "storage/vmdk_build.h"
#include "storage/vmdk_descriptor.h"
#include "storage/vmdk_extent.h"
#include "storage/vmdk_sparse.h"
#include "storage/vmdk_stream.h"

namespace storage {

inline constexpr std::uint64_t kVmdkSplitSectors = 4192256;  // 2047 MiB
inline constexpr std::size_t kMaxVmdkFiles = 240;            // of an image that is made here

// The subformats that can be made, in the order of vmdk_subformats.
enum class VmdkSubformat : std::uint8_t {
  monolithic_sparse,
  monolithic_flat,
  split_sparse,
  split_flat,
  vmfs,
  vmfs_sparse,
  stream_optimized,
};
std::span<const std::string_view> vmdk_subformats();

class VmdkImage final : public Image {
 public:
  // `for_check`: an unclean mark is left as it is. Throws ImageError.
  VmdkImage(const ImageContext& context, const OpenOptions& options, bool for_check);
  ~VmdkImage() override;

  std::uint64_t sector_count() const override { return sectors_; }
  Geometry geometry() const override;
  bool read_only() const override { return !writable_; }
  Extent extent_at(std::uint64_t lba) const override;
  ImageInfo info() const override;
  Image* parent() override { return parent_.get(); }
  void resize(std::uint64_t sectors, bool drop_data, const Progress& progress) override;
  void compact(const Progress& progress) override;
  void set_parent(const ParentRef* parent) override;
  void finish_commit(bool empty, const Progress& progress) override;
  void renew_identity() override;

  void check(CheckReport& report, const CheckOptions& options);
  std::uint32_t cid() const { return descriptor_.cid(); }

 protected:
  IoStatus do_read(std::uint64_t lba, std::span<std::uint8_t> sectors) override;
  IoStatus do_write(std::uint64_t lba, std::span<const std::uint8_t> sectors) override;
  IoStatus do_flush() override;
  IoStatus do_discard(std::uint64_t lba, std::uint64_t count) override;
  IoStatus do_write_zeroes(std::uint64_t lba, std::uint64_t count) override;
  IoStatus do_close() override;

 private:
  struct Part {
    VmdkExtentLine line;
    std::uint64_t first = 0;
    std::unique_ptr<VmdkExtent> extent;
    VmdkSparseExtent* sparse = nullptr;  // the same, when it is one
    VmdkFlatExtent* flat = nullptr;
    VmdkStreamExtent* stream = nullptr;
    std::uint16_t file = 0;  // in ImageInfo::files
    std::uint64_t end() const { return first + line.sectors; }
  };
  struct Opened {
    Place place;
    std::unique_ptr<File> file;
  };

  void load_descriptor(std::unique_ptr<File> file);
  void refuse_foreign_types() const;
  void open_parent(const ImageContext& context, const OpenOptions& options);
  void check_parent_id(const OpenOptions& options, const ImageContext& context) const;
  void add_part(const VmdkExtentLine& line);
  void open_part(Part& part, Opened opened, bool writable);
  void add_sparse_part(Part& part, Opened opened, bool writable);
  Opened open_named(std::string_view name, FileAccess access) const;
  std::vector<std::string> names_for(std::string_view name) const;
  std::size_t part_index(std::uint64_t lba) const;
  // Calls `visit(part, lba in it, offset, count)` until it does not answer ok.
  template <class Visit>
  IoStatus for_each_part(std::uint64_t lba, std::uint64_t count, Visit visit);

  // The first change of a session gives the disk a new content id.
  IoStatus begin_session(std::uint64_t lba, std::uint64_t count);
  IoStatus store_descriptor(VmdkDescriptor next);
  void require_descriptor(VmdkDescriptor next);  // throws, and makes place where there is none
  std::uint64_t split_limit() const;
  void set_cylinders(VmdkDescriptor& next, std::uint64_t sectors) const;
  void grow(std::uint64_t sectors);
  std::vector<VmdkExtentLine> make_more_extents(std::uint64_t sectors, std::uint64_t limit) const;
  void hide_parent(Part& last, std::uint64_t begin, std::uint64_t end,
                   const std::vector<VmdkExtentLine>& added);
  void shrink(std::uint64_t sectors);
  void follow_descriptor();
  void require_ok_status(IoStatus status) const;

  Place place_;
  std::shared_ptr<IdSource> ids_;
  WarningSink warn_;
  bool writable_;
  bool for_check_;
  bool keep_cid_;  // a commit's target
  bool session_ = false;
  VmdkDescriptor descriptor_;
  std::unique_ptr<File> descriptor_file_;  // null: the descriptor is embedded, or there is none
  std::unique_ptr<File> top_;              // while opening: the one embedding it
  std::optional<VmdkShape> top_shape_;
  bool embedded_ = false;
  bool bare_ = false;  // an extent without a descriptor
  std::unique_ptr<Image> parent_;
  bool parent_missing_ = false;
  std::vector<Part> parts_;
  std::uint64_t sectors_ = 0;
};

// vmdk_create.cpp
void create_vmdk(const ImageContext& context, const CreateOptions& options);
std::unique_ptr<StreamWriter> stream_vmdk(const ImageContext& context,
                                          const CreateOptions& options);
std::uint64_t measure_vmdk(const CreateOptions& options, std::uint64_t data_bytes);
std::span<const OptionSpec> vmdk_create_options();
// A new file for one extent of a disk that has several; closed and durable, its name is not.
void make_vmdk_extent(const Place& beside, const VmdkExtentLine& line, const VmdkSparseSpec& spec,
                      Existing existing);
// "disk-s001.vmdk"
std::string vmdk_extent_name(std::string_view stem, VmdkKind kind, std::size_t index);

}  // namespace storage
