// Flat image: sector n at byte 512 n, no header. Writing never extends it; a hole in the host file
// stays a hole until the guest writes there, and discarding makes one. Crash rule: no metadata, so
// a completed write is a completed pwrite.
#include <algorithm>
#include <string>
#include <utility>

#include "storage/file_io.h"
#include "storage/format.h"

namespace storage {

namespace {

class RawImage final : public Image {
 public:
  RawImage(std::unique_ptr<File> file, std::uint64_t sectors, bool read_only)
      : file_(std::move(file)), sectors_(sectors), read_only_(read_only) {}
  ~RawImage() override { static_cast<void>(close()); }

  std::uint64_t sector_count() const override { return sectors_; }
  Geometry geometry() const override { return {}; }
  bool read_only() const override { return read_only_; }

  // A run begins at the sector asked for: hosts report holes in one direction only.
  Extent extent_at(std::uint64_t lba) const override {
    Extent extent{.first_sector = lba};
    if (lba >= sectors_) return extent;
    const std::uint64_t start = lba * kSectorSize;
    const FileRun run = file_->run_at(start);
    // A sector that is hole in its first part only is data; so is a short last run of data.
    const std::uint64_t whole = run.end / kSectorSize;
    const bool data = run.data || whole <= lba;
    const std::uint64_t end = data ? (run.end + kSectorSize - 1) / kSectorSize : whole;
    extent.sector_count = std::min(std::max(end, lba + 1), sectors_) - lba;
    extent.state = data ? ClusterState::data : ClusterState::unallocated;
    extent.host_offset = data ? start : 0;
    return extent;
  }

  ImageInfo info() const override {
    ImageInfo facts;
    facts.files.push_back({file_->path(), "", file_->size(), file_->allocated_bytes()});
    return facts;
  }

  void resize(std::uint64_t sectors, bool drop_data, const Progress&) override {
    if (sectors < sectors_ && !drop_data) {
      throw ImageError(file_->path(), "cannot be made smaller without saying so (--shrink)");
    }
    resize_exactly(*file_, sectors * kSectorSize);
    sectors_ = sectors;
    sync_exactly(*file_);
  }

  // Clusters of zeroes become holes.
  void compact(const Progress& progress) override {
    punch_zeroes(*file_, sectors_ * kSectorSize, progress);
  }

 protected:
  IoStatus do_read(std::uint64_t lba, std::span<std::uint8_t> sectors) override {
    return file_->read_at(lba * kSectorSize, sectors);
  }
  IoStatus do_write(std::uint64_t lba, std::span<const std::uint8_t> sectors) override {
    return file_->write_at(lba * kSectorSize, sectors);
  }
  IoStatus do_flush() override { return read_only_ ? IoStatus::ok : file_->sync(); }
  IoStatus do_discard(std::uint64_t lba, std::uint64_t count) override {
    return file_->zero(lba * kSectorSize, count * kSectorSize);
  }
  IoStatus do_write_zeroes(std::uint64_t lba, std::uint64_t count) override {
    return file_->zero(lba * kSectorSize, count * kSectorSize);
  }

 private:
  std::unique_ptr<File> file_;
  std::uint64_t sectors_;
  bool read_only_;
};

// Anything can be a raw image; nothing says that it is one.
int probe_raw(const ProbeInput&) {
  return 1;
}

std::unique_ptr<Image> open_raw(const ImageContext& context, const OpenOptions& options) {
  const bool writable = options.mode == OpenMode::read_write;
  return make_raw_image(context.open_file(writable ? FileAccess::read_write : FileAccess::read),
                        options);
}

void create_raw(const ImageContext& context, const CreateOptions& options) {
  if (options.sectors == 0) throw ImageError(context.path(), "cannot be empty (size = 0)");
  const auto file = context.place.directory->create(context.place.name, options.existing);
  resize_exactly(*file, options.sectors * kSectorSize);
  sync_exactly(*file);
  sync_exactly(*context.place.directory);
}

// There is nothing in it that could be wrong but its length.
CheckReport check_raw(const ImageContext& context, const CheckOptions&) {
  CheckReport report;
  const auto file = context.open_file(FileAccess::read);
  const std::uint64_t rest = file->size() % kSectorSize;
  if (rest != 0) report.error("the last " + std::to_string(rest) + " bytes are no whole sector");
  report.end_offset = file->size();
  return report;
}

std::uint64_t measure_raw(const CreateOptions& options, std::uint64_t) {
  return options.sectors * kSectorSize;
}

}  // namespace

const FormatDriver kRawFormat = {.name = "raw",
                                 .summary = "flat image without header",
                                 .probe = probe_raw,
                                 .open = open_raw,
                                 .create = create_raw,
                                 .check = check_raw,
                                 .measure = measure_raw};

std::unique_ptr<Image> make_raw_image(std::unique_ptr<File> file, const OpenOptions& options) {
  const std::uint64_t size = file->size();
  const std::uint64_t rest = size % kSectorSize;
  if (size == 0) throw ImageError(file->path(), "is empty (size = 0, allowed 512 bytes and up)");
  if (rest != 0 && !options.truncate) {
    throw ImageError(file->path(),
                     "has a part of a sector at its end (size = " + std::to_string(size) +
                         ", allowed multiples of 512; truncate=on ignores the last " +
                         std::to_string(rest) + " bytes)");
  }
  const std::uint64_t sectors = size / kSectorSize;
  if (sectors == 0) {
    throw ImageError(file->path(), "is shorter than one sector (size = " + std::to_string(size) +
                                       ", allowed 512 bytes and up)");
  }
  return std::make_unique<RawImage>(std::move(file), sectors, options.mode != OpenMode::read_write);
}

}  // namespace storage
