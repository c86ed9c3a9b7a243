// A whole COWD disk: one file, or VMware 3's chain of files end to end, and the parent beneath.
// Internal to the driver. What a file's tables promise is in vmdk_sparse.h, where (1) to (5) are;
// the disk adds:
//
// (6) The generation in the first file's header is a new one, durably, before the first change of a
//     session; savedGeneration follows at a clean end. A commit's target keeps its own until the
//     commit is done.
// (7) Where child and parent change which generation the child expects, the child carries both
//     meanwhile: whatever a crash leaves, it fits.
// (8) A child becomes a root, or names another parent, by one write of one sector.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "storage/cowd_header.h"
#include "storage/format.h"
#include "storage/vmdk_sparse.h"

namespace storage {

inline constexpr std::size_t kMaxCowdFiles = 99;             // two digits in the name
inline constexpr std::uint64_t kCowdChainSectors = 4192256;  // 2047 MiB a file
inline constexpr std::uint32_t kVmware2Entries = 512;        // of a table

// The files of a chain: "disk.dsk", "disk-02.dsk", ... `index` from 0.
std::string cowd_chain_name(std::string_view first, std::size_t index);

class CowdImage final : public Image {
 public:
  // `for_check`: an unclean mark is left as it is. Throws ImageError.
  CowdImage(const ImageContext& context, const OpenOptions& options, bool for_check);
  ~CowdImage() override;

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
  std::uint32_t generation() const { return header_.generation; }

 protected:
  IoStatus do_read(std::uint64_t lba, std::span<std::uint8_t> sectors) override;
  IoStatus do_write(std::uint64_t lba, std::span<const std::uint8_t> sectors) override;
  IoStatus do_flush() override;
  IoStatus do_discard(std::uint64_t lba, std::uint64_t count) override;
  IoStatus do_write_zeroes(std::uint64_t lba, std::uint64_t count) override;
  IoStatus do_close() override;

 private:
  struct Part {
    std::uint64_t first = 0;
    std::uint64_t sectors = 0;
    std::unique_ptr<VmdkSparseExtent> extent;
    std::uint64_t end() const { return first + sectors; }
  };

  std::size_t file_count() const;
  void open_parent(const ImageContext& context, const OpenOptions& options);
  void check_generation(const ImageContext& context, const OpenOptions& options) const;
  void check_chain_header(const File& file, const CowdHeader& header, std::size_t index) const;
  void add_part(Place place, std::unique_ptr<File> file, const OpenOptions& options,
                bool for_check);
  bool is_root() const { return (header_.flags & kCowdRootFlag) != 0; }
  std::size_t part_index(std::uint64_t lba) const;
  // Calls `visit(extent, lba in it, offset, count)` until it does not answer ok.
  template <class Visit>
  IoStatus for_each_part(std::uint64_t lba, std::uint64_t count, Visit visit);
  template <class Visit>
  IoStatus for_all_parts(Visit visit);

  IoStatus begin_session();
  void require_session();
  // One sector of the first file's header.
  void change_header(std::size_t sector, const std::function<void(CowdHeader&)>& change);
  void promise(std::uint32_t generation);
  void expect(std::uint32_t generation);
  void store_geometry(std::uint64_t sectors);

  Place place_;
  WarningSink warn_;
  bool writable_;
  bool keep_generation_;  // a commit's target
  bool session_ = false;
  CowdHeader header_;  // of the first file
  std::unique_ptr<Image> parent_;
  bool parent_missing_ = false;
  std::vector<Part> parts_;
  std::uint64_t sectors_ = 0;
};

}  // namespace storage
