#include "storage/add_cow_image.h"

#include <algorithm>
#include <array>
#include <utility>

#include "storage/file_io.h"
#include "storage/layer.h"

namespace storage {

namespace {

constexpr std::size_t kFillBytes = 64 * 1024;

}  // namespace

AddCowImage::AddCowImage(const ImageContext& context, const OpenOptions& options)
    : place_(context.place),
      writable_(options.mode == OpenMode::read_write),
      file_(context.open_file(writable_ ? FileAccess::read_write : FileAccess::read)),
      header_(read_add_cow_header(*file_)),
      cache_(*file_) {
  try {
    image_ =
        context.open_inner(header_.image, writable_ ? FileAccess::read_write : FileAccess::read);
  } catch (const NoSuchFile&) {
    throw ImageError(place_.path(), "names an image file that does not exist (" +
                                        printable(header_.image, 120) + ")");
  }
  if (image_->identity() == file_->identity()) {
    throw ImageError(place_.path(), "names itself as its image file");
  }
  const std::uint64_t size = image_->size();
  if (size < kSectorSize || (size % kSectorSize != 0 && !options.truncate)) {
    throw ImageError(image_->path(),
                     "is no image file of whole sectors (size = " + std::to_string(size) +
                         ", allowed multiples of 512 from 512 on; truncate=on "
                         "ignores a part of a sector)");
  }
  sectors_ = size / kSectorSize;
  if (has_backing()) open_backing(context, options);
}

AddCowImage::~AddCowImage() {
  static_cast<void>(close());
}

void AddCowImage::open_backing(const ImageContext& context, const OpenOptions& options) {
  parent_missing_ = context.parents == nullptr;
  if (parent_missing_) return;
  std::string format = header_.backing_format.value_or("");
  if (const auto stated = options.options.text("backing_format")) format = *stated;
  const auto look = [&] {
    return place_.directory
        ->open(header_.backing,
               {.access = FileAccess::read, .source = NameSource::image, .look_only = true})
        ->identity();
  };
  try {
    const FileIdentity identity = look();
    if (identity == image_->identity() || identity == file_->identity()) {
      throw ImageError(place_.path(), "names one file twice (backing file " +
                                          printable(header_.backing, 120) + ")");
    }
  } catch (const NoSuchFile&) {
    throw LostParent(
        place_.path(), header_.backing,
        "has lost its backing file (" + printable(header_.backing, 120) + " does not exist)");
  }
  const bool recorded = !format.empty();
  parent_ = context.parents->open(header_.backing, recorded ? format : kRawFormat.name);
  if (!parent_) {
    throw LostParent(
        place_.path(), header_.backing,
        "has lost its backing file (" + printable(header_.backing, 120) + " does not exist)");
  }
  if (!recorded) refuse_unrecorded_format(context);
}

// A guest could write another format's header into a raw disk, so nothing is guessed; but what
// looks like one is not shown as raw bytes either.
void AddCowImage::refuse_unrecorded_format(const ImageContext& context) const {
  std::vector<std::uint8_t> head(
      static_cast<std::size_t>(std::min<std::uint64_t>(parent_->sector_count(), 8) * kSectorSize));
  if (parent_->read(0, head) != IoStatus::ok) return;
  const std::filesystem::path path(header_.backing);
  const ProbeInput input{
      .head = head, .tail = {}, .size = parent_->sector_count() * kSectorSize, .path = path};
  for (const FormatDriver* const driver : formats()) {
    if (driver == &kRawFormat || driver->probe(input) == 0) continue;
    throw ImageError(place_.path(),
                     "does not record its backing file's format, and that looks "
                     "like " +
                         std::string(driver->name) +
                         " (backing_format=" + std::string(driver->name) + " or raw says it)");
  }
  context.warning("does not record its backing file's format: taken for raw");
}

// The bits from `cluster` on that are alike, at most `limit`. What the file does not have is 0.
IoStatus AddCowImage::bits_at(std::uint64_t cluster, std::uint64_t limit, Bits& bits) const {
  bits = {};
  bool known = false;
  while (bits.count < limit) {
    const std::uint64_t at = cluster + bits.count;
    const std::uint64_t place = header_.bytes() + at / 8;
    std::span<const std::uint8_t> bytes;
    if (place >= file_->size()) {
      if (!known || !bits.set) bits.count = limit;
      return IoStatus::ok;
    }
    if (const IoStatus status = cache_.view(place, bytes); status != IoStatus::ok) return status;
    unsigned bit = at % 8;
    if (!known) bits.set = (bytes[0] >> bit & 1) != 0;
    known = true;
    const std::uint8_t same = bits.set ? 0xFF : 0;
    for (const std::uint8_t byte : bytes) {
      if (bit == 0 && byte == same && limit - bits.count >= 8) {
        bits.count += 8;
        continue;
      }
      for (; bit < 8; ++bit) {
        if (((byte >> bit & 1) != 0) != bits.set || bits.count == limit) return IoStatus::ok;
        ++bits.count;
      }
      bit = 0;
    }
  }
  return IoStatus::ok;
}

IoStatus AddCowImage::run_at(std::uint64_t lba, std::uint64_t limit, Run& run) const {
  if (header_.whole) {
    run = {true, limit};
    return IoStatus::ok;
  }
  const std::uint64_t first = lba / header_.cluster;
  const std::uint64_t last = (lba + limit - 1) / header_.cluster;
  Bits bits;
  const IoStatus status = bits_at(first, last - first + 1, bits);
  run = {bits.set, std::min(limit, (first + bits.count) * header_.cluster - lba)};
  return status;
}

IoStatus AddCowImage::read_below(std::uint64_t lba, std::span<std::uint8_t> sectors) const {
  return parent_missing_ ? IoStatus::corrupt : read_parent(parent_.get(), lba, sectors);
}

IoStatus AddCowImage::do_read(std::uint64_t lba, std::span<std::uint8_t> sectors) {
  while (!sectors.empty()) {
    Run run;
    IoStatus status = run_at(lba, sectors.size() / kSectorSize, run);
    if (status != IoStatus::ok) return status;
    const auto piece = sectors.first(static_cast<std::size_t>(run.sectors * kSectorSize));
    status = run.here ? image_->read_at(lba * kSectorSize, piece) : read_below(lba, piece);
    if (status != IoStatus::ok) return status;
    sectors = sectors.subspan(piece.size());
    lba += run.sectors;
  }
  return IoStatus::ok;
}

Extent AddCowImage::extent_at(std::uint64_t lba) const {
  Extent extent{.first_sector = lba};
  if (lba >= sectors_) return extent;
  Run run;
  if (run_at(lba, sectors_ - lba, run) != IoStatus::ok) {
    extent.sector_count = 1;
    extent.state = ClusterState::corrupt;
    return extent;
  }
  if (!run.here) {
    if (!parent_missing_) return parent_extent(parent_.get(), lba, run.sectors);
    extent.sector_count = run.sectors;
    extent.state = ClusterState::parent;
    return extent;
  }
  const std::uint64_t start = lba * kSectorSize;
  const FileRun bytes = image_->run_at(start);
  // A sector that is hole in its first part only is data.
  const std::uint64_t whole = bytes.end / kSectorSize;
  const bool data = bytes.data || whole <= lba;
  const std::uint64_t end = data ? (bytes.end + kSectorSize - 1) / kSectorSize : whole;
  extent.sector_count = std::min(std::max(end, lba + 1) - lba, run.sectors);
  extent.state = data ? ClusterState::data : ClusterState::zero;
  extent.host_offset = data ? start : 0;
  extent.file = 1;
  return extent;
}

// What a failed call has done is not known.
IoStatus AddCowImage::changed(IoStatus status) {
  if (status != IoStatus::ok) trust_holes_ = false;
  return status;
}

bool AddCowImage::hole_at(std::uint64_t first_sector, std::uint64_t end_sector) {
  if (!trust_holes_) return false;
  const std::uint64_t begin = first_sector * kSectorSize;
  const std::uint64_t end = end_sector * kSectorSize;
  if (begin >= hole_begin_ && end <= hole_end_) return true;
  const FileRun run = image_->run_at(begin);
  if (run.data) return false;
  hole_begin_ = begin;
  hole_end_ = run.end;
  return end <= run.end;
}

bool AddCowImage::backing_shows(std::uint64_t lba) const {
  return parent_missing_ || (parent_ && lba < parent_->sector_count());
}

IoStatus AddCowImage::store_bitmap_length() {
  const std::uint64_t wanted = header_.bytes() + header_.bitmap_bytes(sectors_);
  if (file_->size() >= wanted) return IoStatus::ok;
  const IoStatus status = file_->resize(wanted);
  cache_.forget();
  return status;
}

IoStatus AddCowImage::set_bits(std::uint64_t cluster, std::uint64_t count) {
  std::array<std::uint8_t, 512> bytes;
  IoStatus status = store_bitmap_length();
  const std::uint64_t end = cluster + count;
  while (status == IoStatus::ok && cluster < end) {
    const std::uint64_t first_byte = cluster / 8;
    const std::uint64_t last_byte =
        std::min((end - 1) / 8, first_byte + bytes.size() - 1 - first_byte % bytes.size());
    const auto piece = std::span(bytes).first(static_cast<std::size_t>(last_byte - first_byte + 1));
    status = cache_.read(header_.bytes() + first_byte, piece);
    const std::uint64_t stop = std::min(end, (last_byte + 1) * 8);
    for (; cluster < stop; ++cluster) {
      if (cluster % 8 == 0 && stop - cluster >= 8) {
        piece[static_cast<std::size_t>(cluster / 8 - first_byte)] = 0xFF;
        cluster += 7;
        continue;
      }
      std::uint8_t& byte = piece[static_cast<std::size_t>(cluster / 8 - first_byte)];
      byte = static_cast<std::uint8_t>(byte | 1U << cluster % 8);
    }
    map_dirty_ = true;
    if (status == IoStatus::ok) status = cache_.write(header_.bytes() + first_byte, piece);
  }
  return changed(status);
}

IoStatus AddCowImage::set_bits_for(std::uint64_t lba, std::uint64_t count) {
  const std::uint64_t end = (lba + count - 1) / header_.cluster + 1;
  for (std::uint64_t cluster = lba / header_.cluster; cluster < end;) {
    Bits bits;
    IoStatus status = bits_at(cluster, end - cluster, bits);
    if (status == IoStatus::ok && !bits.set) status = set_bits(cluster, bits.count);
    if (status != IoStatus::ok) return status;
    if (!bits.set) {
      const std::uint64_t first = cluster * header_.cluster;
      notify(AllocationEvent::Kind::allocated,
             {.first_sector = first,
              .sector_count = cluster_end(cluster + bits.count - 1) - first,
              .state = ClusterState::data,
              .host_offset = first * kSectorSize,
              .file = 1});
    }
    cluster += bits.count;
  }
  return IoStatus::ok;
}

IoStatus AddCowImage::fill(std::uint64_t first, std::uint64_t end, bool hole) {
  if (first >= end || (hole && !backing_shows(first))) return IoStatus::ok;
  fill_.resize(kFillBytes);
  while (first < end) {
    const std::uint64_t now = std::min<std::uint64_t>(end - first, kFillBytes / kSectorSize);
    const auto bytes = std::span(fill_).first(static_cast<std::size_t>(now * kSectorSize));
    IoStatus status = read_below(first, bytes);
    if (status == IoStatus::ok) status = image_->write_at(first * kSectorSize, bytes);
    if (status != IoStatus::ok) return status;
    first += now;
  }
  return IoStatus::ok;
}

// Sectors of clusters that have no bit yet: everything but the bits.
IoStatus AddCowImage::write_new(std::uint64_t lba, std::span<const std::uint8_t> in,
                                bool& sync_needed) {
  const std::uint64_t end = lba + in.size() / kSectorSize;
  const std::uint64_t first = lba / header_.cluster * header_.cluster;
  const std::uint64_t last = cluster_end((end - 1) / header_.cluster);
  const bool hole = hole_at(first, last);
  sync_needed = sync_needed || !hole || backing_shows(first);
  IoStatus status = fill(first, lba, hole);
  if (status == IoStatus::ok) status = fill(end, last, hole);
  if (status == IoStatus::ok) status = image_->write_at(lba * kSectorSize, in);
  return changed(status);
}

IoStatus AddCowImage::sync_image() {
  const IoStatus status = image_->sync();
  if (status == IoStatus::ok) image_dirty_ = false;
  return changed(status);
}

IoStatus AddCowImage::do_write(std::uint64_t lba, std::span<const std::uint8_t> in) {
  const std::uint64_t total = in.size() / kSectorSize;
  bool any_new = false;
  bool sync_needed = false;
  image_dirty_ = true;
  for (std::uint64_t done = 0; done < total;) {
    Run run;
    IoStatus status = run_at(lba + done, total - done, run);
    if (status != IoStatus::ok) return status;
    const auto piece = in.subspan(static_cast<std::size_t>(done * kSectorSize),
                                  static_cast<std::size_t>(run.sectors * kSectorSize));
    if (run.here) {
      status = image_->write_at((lba + done) * kSectorSize, piece);
    } else {
      any_new = true;
      status = write_new(lba + done, piece, sync_needed);
    }
    if (status != IoStatus::ok) return changed(status);
    done += run.sectors;
  }
  if (!any_new) return IoStatus::ok;
  // (1): one sync for all clusters of the request.
  if (sync_needed) {
    if (const IoStatus status = sync_image(); status != IoStatus::ok) return status;
  }
  return set_bits_for(lba, total);
}

// Whole clusters that show the backing file and shall show zeroes.
IoStatus AddCowImage::zero_new(std::uint64_t lba, std::uint64_t count) {
  IoStatus status = IoStatus::ok;
  if (!hole_at(lba, lba + count)) {
    image_dirty_ = true;
    status = changed(image_->zero(lba * kSectorSize, count * kSectorSize));
    if (status == IoStatus::ok) status = sync_image();  // (1)
  }
  return status == IoStatus::ok ? set_bits_for(lba, count) : status;
}

IoStatus AddCowImage::do_write_zeroes(std::uint64_t lba, std::uint64_t count) {
  while (count != 0) {
    Run run;
    IoStatus status = run_at(lba, count, run);
    if (status != IoStatus::ok) return status;
    std::uint64_t now = run.sectors;
    if (run.here) {
      image_dirty_ = true;
      status = changed(image_->zero(lba * kSectorSize, now * kSectorSize));
    } else if (has_backing()) {
      const std::uint64_t cluster = lba / header_.cluster;
      const std::uint64_t end = lba + now;
      if (lba % header_.cluster != 0 || cluster_end(cluster) > end) {
        now = std::min(cluster_end(cluster), end) - lba;
        status = BlockDevice::do_write_zeroes(lba, now);
      } else {
        if (end != sectors_) now -= end % header_.cluster;
        status = zero_new(lba, now);
      }
    }
    if (status != IoStatus::ok) return status;
    lba += now;
    count -= now;
  }
  return IoStatus::ok;
}

IoStatus AddCowImage::do_discard(std::uint64_t lba, std::uint64_t count) {
  while (count != 0) {
    Run run;
    IoStatus status = run_at(lba, count, run);
    if (status == IoStatus::ok && run.here) {
      image_dirty_ = true;
      status = changed(image_->zero(lba * kSectorSize, run.sectors * kSectorSize));
    }
    if (status != IoStatus::ok) return status;
    lba += run.sectors;
    count -= run.sectors;
  }
  return IoStatus::ok;
}

IoStatus AddCowImage::do_flush() {
  if (!writable_) return IoStatus::ok;
  if (image_dirty_) {  // (4)
    if (const IoStatus status = sync_image(); status != IoStatus::ok) return status;
  }
  if (!map_dirty_) return IoStatus::ok;
  const IoStatus status = file_->sync();
  if (status == IoStatus::ok) map_dirty_ = false;
  return status;
}

ImageInfo AddCowImage::info() const {
  ImageInfo facts;
  facts.subformat = header_.older ? "v1" : "acow";
  facts.cluster_bytes = header_.cluster * kSectorSize;
  if (geometry().known()) facts.geometry_origin = "parent";
  facts.files.push_back({file_->path(), "", file_->size(), file_->allocated_bytes()});
  facts.files.push_back({image_->path(), "image file", image_->size(), image_->allocated_bytes()});
  if (has_backing()) {
    ParentRecord record;
    record.name = header_.backing;
    record.format = header_.backing_format.value_or("");
    facts.parent = std::move(record);
  }
  facts.more.emplace_back("image file", printable(header_.image, 120));
  facts.more.emplace_back("all allocated", header_.whole ? "yes" : "no");
  return facts;
}

}  // namespace storage
