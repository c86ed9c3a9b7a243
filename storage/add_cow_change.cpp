// Operations on a whole add-cow disk: check, resize, compact, another backing file, the end of a
// commit, and the raw file on its own.
#include <algorithm>
#include <array>
#include <bit>
#include <utility>

#include "storage/add_cow_image.h"
#include "storage/file_io.h"
#include "storage/layer.h"

namespace storage {

namespace {

constexpr std::uint64_t kMaxSectors = std::uint64_t{1} << 54;
constexpr std::size_t kCopyBytes = 1 << 20;
constexpr std::uint64_t kSyncEvery = 64 << 20;  // bytes that an interruption loses

std::uint8_t bits_below(std::uint64_t bit) {
  return static_cast<std::uint8_t>((1U << bit) - 1);
}

}  // namespace

void AddCowImage::require(IoStatus status, std::string_view what) const {
  if (status == IoStatus::ok) return;
  throw ImageError(place_.path(),
                   "cannot be " + std::string(what) + ": " + std::string(describe(status)));
}

std::uint64_t AddCowImage::stray_bits() const {
  std::uint64_t count = 0;
  const std::uint64_t size = file_->size();
  std::uint64_t place = header_.bytes() + clusters() / 8;
  std::uint8_t inside = bits_below(clusters() % 8);
  while (place < size) {
    std::span<const std::uint8_t> bytes;
    require(cache_.view(place, bytes), "checked");
    for (const std::uint8_t byte : bytes) {
      count += static_cast<std::uint64_t>(std::popcount(static_cast<std::uint8_t>(byte & ~inside)));
      inside = 0;
    }
    place += bytes.size();
  }
  return count;
}

void AddCowImage::clear_bits_beyond_end() {
  const std::uint64_t place = header_.bytes() + clusters() / 8;
  const std::uint64_t size = header_.bytes() + header_.bitmap_bytes(sectors_);
  if (clusters() % 8 != 0 && place < file_->size()) {
    std::array<std::uint8_t, 1> byte{};
    require(cache_.read(place, byte), "read");
    byte[0] = static_cast<std::uint8_t>(byte[0] & bits_below(clusters() % 8));
    require(cache_.write(place, byte), "changed");
  }
  // Cut off and grown again, whatever was behind is zeroes.
  resize_exactly(*file_, std::min(file_->size(), header_.bytes() + (clusters() + 7) / 8));
  if (file_->size() < size && !header_.older) resize_exactly(*file_, size);
  cache_.forget();
  sync_exactly(*file_);
}

void AddCowImage::check(CheckReport& report, const CheckOptions& options) {
  report.end_offset = file_->size();
  report.clusters = clusters();
  for (std::uint64_t cluster = 0; cluster < clusters();) {
    options.progress.report(cluster, clusters());
    Bits bits{true, clusters()};
    if (!header_.whole) require(bits_at(cluster, clusters() - cluster, bits), "checked");
    if (bits.set) report.allocated += bits.count;
    cluster += bits.count;
  }
  if (has_backing() && !place_.directory->exists(header_.backing, NameSource::image)) {
    report.error("the backing file is not there: " + printable(header_.backing, 120));
  }
  const std::uint64_t exact = header_.bytes() + header_.bitmap_bytes(sectors_);
  const bool is_short = !header_.older && file_->size() < exact;
  if (is_short) {
    report.error("the bitmap is " + std::to_string(exact - file_->size()) + " bytes too short");
  }
  const std::uint64_t stray = stray_bits();
  if (stray != 0) {
    report.leak(stray, std::to_string(stray) + " bits are set beyond the end of the disk");
  }
  if (options.repair == CheckOptions::Repair::none || (stray == 0 && !is_short)) return;
  if (is_short && options.repair == CheckOptions::Repair::all) {
    require(store_bitmap_length(), "repaired");
    report.errors_fixed += 1;
  }
  clear_bits_beyond_end();
  report.leaks_fixed += stray;
}

void AddCowImage::resize(std::uint64_t sectors, bool drop_data, const Progress&) {
  if (!writable_) cannot("resized");
  if (sectors == 0 || sectors > kMaxSectors) {
    throw ImageError(place_.path(), "cannot be resized so (sectors = " + std::to_string(sectors) +
                                        ", allowed 1 to 2^54)");
  }
  if (sectors < sectors_ && !drop_data) {
    throw ImageError(place_.path(), "cannot be made smaller without saying so (--shrink)");
  }
  require(do_flush(), "made durable");
  if (sectors > sectors_) {
    grow(sectors);
    return;
  }
  resize_exactly(*image_, sectors * kSectorSize);
  sync_exactly(*image_);
  sectors_ = sectors;
  hole_begin_ = hole_end_ = 0;
  clear_bits_beyond_end();
}

// What a backing file has beyond the old end is not this disk's: where it would show, the image
// file's zeroes get their bits before there is anything to be seen.
void AddCowImage::grow(std::uint64_t sectors) {
  if (parent_missing_) cannot("resized without its backing file");
  const std::uint64_t old_end = sectors_;
  const std::uint64_t wanted = header_.bytes() + header_.bitmap_bytes(sectors);
  clear_bits_beyond_end();
  resize_exactly(*file_, std::max(file_->size(), wanted));
  cache_.forget();
  sync_exactly(*file_);
  if (!header_.whole && backing_shows(old_end)) {
    const std::uint64_t last = (old_end - 1) / header_.cluster;
    std::vector<std::uint8_t> buffer(kCopyBytes);
    Bits bits;
    require(bits_at(last, 1, bits), "read");
    if (!bits.set && old_end % header_.cluster != 0) take_clusters(last, last + 1, buffer);
    const std::uint64_t first = (old_end + header_.cluster - 1) / header_.cluster;
    const std::uint64_t hidden = header_.clusters(std::min(sectors, parent_->sector_count()));
    if (hidden > first) require(set_bits(first, hidden - first), "changed");
    sync_exactly(*file_);
  }
  resize_exactly(*image_, sectors * kSectorSize);
  sync_exactly(*image_);
  sectors_ = sectors;
  hole_begin_ = hole_end_ = 0;
}

void AddCowImage::compact(const Progress& progress) {
  if (!writable_) cannot("compacted");
  require(do_flush(), "made durable");
  punch_zeroes(*image_, sectors_ * kSectorSize, progress);
  hole_begin_ = hole_end_ = 0;
}

// Clusters [first, end), none of which has its bit: their content goes into the image file, then
// they get their bits.
void AddCowImage::take_clusters(std::uint64_t first, std::uint64_t end,
                                std::vector<std::uint8_t>& buffer) {
  std::uint64_t lba = first * header_.cluster;
  const std::uint64_t last = cluster_end(end - 1);
  image_dirty_ = true;
  while (lba < last) {
    const std::uint64_t now = std::min<std::uint64_t>(last - lba, buffer.size() / kSectorSize);
    const auto bytes = std::span(buffer).first(static_cast<std::size_t>(now * kSectorSize));
    require(read_below(lba, bytes), "read");
    if (!all_zero(bytes)) {
      require(changed(image_->write_at(lba * kSectorSize, bytes)), "changed");
    } else if (!hole_at(lba, lba + now)) {
      require(changed(image_->zero(lba * kSectorSize, bytes.size())), "changed");
    }
    lba += now;
  }
  require(sync_image(), "made durable");  // (1)
  require(set_bits(first, end - first), "changed");
}

std::filesystem::path AddCowImage::make_standalone(const Progress& progress) {
  if (!writable_) cannot("finished");
  if (parent_missing_) cannot("finished without its backing file");
  std::vector<std::uint8_t> buffer(kCopyBytes);
  const std::uint64_t batch =
      std::max<std::uint64_t>(kSyncEvery / kSectorSize / header_.cluster, 1);
  for (std::uint64_t cluster = 0; cluster < clusters() && !header_.whole;) {
    progress.report(cluster, clusters());
    Bits bits;
    require(bits_at(cluster, std::min(batch, clusters() - cluster), bits), "read");
    if (!bits.set) take_clusters(cluster, cluster + bits.count, buffer);
    cluster += bits.count;
  }
  require(do_flush(), "made durable");
  Bits all{true, clusters()};
  if (!header_.whole) require(bits_at(0, clusters(), all), "read");
  if (!all.set || all.count != clusters()) {
    throw ImageError(place_.path(), "cannot be finished: a cluster is still missing");
  }
  if (!header_.older && !header_.whole) {
    store_add_cow_whole(*file_);  // (5)
    cache_.forget();
    header_.whole = true;
  }
  progress.report(clusters(), clusters());
  return image_->path();
}

// A new file in the old one's place: (5).
void AddCowImage::rewrite(const AddCowHeader& next) {
  const std::vector<std::uint8_t> bytes = add_cow_bytes(place_.path(), next);
  Directory& folder = *place_.directory;
  const std::string draft_name = place_.name + ".new";
  std::unique_ptr<File> draft = folder.create(draft_name, Existing::draft);
  try {
    resize_exactly(*draft, next.bytes() + next.bitmap_bytes(sectors_));
    write_exactly(*draft, 0, bytes);
    const std::uint64_t size = (clusters() + 7) / 8;
    std::vector<std::uint8_t> buffer(kCopyBytes);
    for (std::uint64_t at = 0; at < size; at += buffer.size()) {
      const auto piece = std::span(buffer).first(
          static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), size - at)));
      std::ranges::fill(piece, std::uint8_t{0});
      const std::uint64_t place = header_.bytes() + at;
      const std::uint64_t there = place < file_->size() ? file_->size() - place : 0;
      if (header_.whole) {  // its bitmap did not count
        std::ranges::fill(piece, std::uint8_t{0xFF});
        if (at + piece.size() == size && clusters() % 8 != 0) {
          piece.back() = bits_below(clusters() % 8);
        }
      } else {
        read_exactly(
            *file_, place,
            piece.first(static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), there))));
      }
      write_exactly(*draft, next.bytes() + at, piece);
    }
    sync_exactly(*draft);
    require_ok(*draft, "put in its place", folder.rename(draft_name, place_.name));
  } catch (...) {
    static_cast<void>(folder.remove(draft_name));  // the first failure is the one to report
    throw;
  }
  draft->renamed(place_.path());
  // The cache keeps to the old file, which nobody sees any more; only close() may follow.
  file_.swap(draft);
  retired_ = std::move(draft);
  header_ = next;
  map_dirty_ = false;
  sync_exactly(folder);
}

void AddCowImage::set_parent(const ParentRef* parent) {
  if (!writable_) cannot("given a parent");
  require(do_flush(), "made durable");
  AddCowHeader next = header_;
  next.backing.clear();
  next.backing_format.reset();
  if (parent != nullptr) {
    if (parent->name.empty() || bad_name(parent->name)) {
      throw ImageError(place_.path(),
                       "cannot record its backing file's name: " + printable(parent->name, 120));
    }
    next.backing = parent->name;
    if (!parent->format.empty()) next.backing_format = parent->format;
    if (next.older && next.backing_format.value_or("raw") != "raw") {
      throw ImageError(place_.path(), "cannot have a parent of format " + parent->format +
                                          ": version 1 has no field for it");
    }
    next.whole = false;
  }
  rewrite(next);
}

void AddCowImage::finish_commit(bool empty, const Progress& progress) {
  if (!parent_ || !writable_) cannot("committed");
  parent_->renew_identity();
  if (!empty) return;
  std::vector<std::uint8_t> zeroes(kCopyBytes);
  const std::uint64_t end = file_->size();
  for (std::uint64_t at = header_.bytes(); at < end; at += zeroes.size()) {
    progress.report(at, end);
    const auto piece = std::span(zeroes).first(
        static_cast<std::size_t>(std::min<std::uint64_t>(zeroes.size(), end - at)));
    write_exactly(*file_, at, piece);  // (2)
  }
  cache_.forget();
  sync_exactly(*file_);
  require_ok(*image_, "emptied", image_->zero(0, sectors_ * kSectorSize));
  sync_exactly(*image_);
}

}  // namespace storage
