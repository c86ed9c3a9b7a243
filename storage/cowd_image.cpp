#include "storage/cowd_image.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "storage/file_io.h"

namespace storage {

namespace {

// Sectors of the header that hold a field.
constexpr std::size_t kFlagsSector = offsetof(CowdHeader, flags) / kSectorSize;
constexpr std::size_t kGenerationSector = offsetof(CowdHeader, generation) / kSectorSize;
constexpr std::size_t kDiskSector = offsetof(CowdHeader, disk_capacity) / kSectorSize;
constexpr std::size_t kPromiseSector = offsetof(CowdHeader, promise_mark) / kSectorSize;
static_assert(offsetof(CowdHeader, parent_generation) / kSectorSize == kGenerationSector);
// What of a parent's name lies in the first sector, with its NUL: (8).
constexpr std::size_t kOneSectorName = kSectorSize - offsetof(CowdHeader, cylinders);

}  // namespace

std::string cowd_chain_name(std::string_view first, std::size_t index) {
  if (index == 0) return std::string(first);
  const std::size_t dot = std::min(first.rfind('.'), first.size());
  std::array<char, 8> number{};
  const int length =
      std::snprintf(number.data(), number.size(), "-%02u", static_cast<unsigned>(index % 1000 + 1));
  return std::string(first.substr(0, dot))
      .append(number.data(), static_cast<std::size_t>(length))
      .append(first.substr(dot));
}

CowdImage::CowdImage(const ImageContext& context, const OpenOptions& options, bool for_check)
    : place_(context.place),
      warn_(context.warn),
      writable_(options.mode == OpenMode::read_write),
      keep_generation_(options.commit_target) {
  const FileAccess access = writable_ ? FileAccess::read_write : FileAccess::read;
  auto file = context.open_file(access);
  header_ = read_struct<CowdHeader>(*file, 0);
  if (header_.magic != kCowdMagic) throw ImageError(place_.path(), 0, "is no COWD file");
  check_chain_header(*file, header_, 0);
  const std::size_t count = file_count();
  open_parent(context, options);
  add_part(place_, std::move(file), options, for_check);
  for (std::size_t i = 1; i < count; ++i) {
    const std::string name = cowd_chain_name(place_.name, i);
    file = place_.directory->open(name, {.access = access, .source = context.source});
    check_chain_header(*file, read_struct<CowdHeader>(*file, 0), i);
    add_part({place_.directory, name}, std::move(file), options, for_check);
  }
  // A chain of one may have been cut off while it changed its size: its own field is the truth.
  if (count > 1 && header_.disk_capacity != 0 && sectors_ != header_.disk_capacity) {
    throw ImageError(place_.path(), offsetof(CowdHeader, disk_capacity),
                     "does not fit its other files (sectors of the disk = " +
                         std::to_string(header_.disk_capacity) + ", of its " +
                         std::to_string(count) + " files together " + std::to_string(sectors_) +
                         ")");
  }
}

CowdImage::~CowdImage() {
  static_cast<void>(close());
}

std::size_t CowdImage::file_count() const {
  if (header_.version != kCowdVmware3) return 1;
  return std::max<std::uint32_t>(header_.chain_files, 1);
}

void CowdImage::check_chain_header(const File& file, const CowdHeader& header,
                                   std::size_t index) const {
  if (header.version != kCowdVmware3) {
    if (index == 0) return;
    throw ImageError(file.path(), "is not of the chain that its name says (version = " +
                                      std::to_string(header.version) + ", allowed 3)");
  }
  if (header.chain_files > kMaxCowdFiles) {
    throw ImageError(file.path(), offsetof(CowdHeader, chain_files),
                     "is of too long a chain (files = " + std::to_string(header.chain_files) +
                         ", allowed 0 to 99)");
  }
  if (header.unclean != index) {
    const std::string where = index == 0 ? "; open the first one" : "";
    throw ImageError(file.path(), offsetof(CowdHeader, unclean),
                     "is file " + std::to_string(std::uint64_t{header.unclean} + 1) +
                         " of its disk, wanted " + std::to_string(index + 1) + where);
  }
  if (header.chain_files != header_.chain_files || header.disk_capacity != header_.disk_capacity ||
      (header.flags & kCowdRootFlag) != (header_.flags & kCowdRootFlag)) {
    throw ImageError(file.path(), "belongs to another disk than the first file of the chain");
  }
}

void CowdImage::open_parent(const ImageContext& context, const OpenOptions& options) {
  if (is_root()) return;
  const std::string name = cowd_parent_name(header_);
  if (name.empty()) {
    throw ImageError(place_.path(), offsetof(CowdHeader, cylinders),
                     "has a parent but does not name it: open it through its descriptor");
  }
  parent_missing_ = context.parents == nullptr;
  if (parent_missing_) return;
  for (const std::string& spelling : host_spellings(name)) {
    parent_ = context.parents->open(spelling, kCowdFormat.name);
    if (parent_) break;
  }
  if (!parent_) {
    throw LostParent(place_.path(), name,
                     "has lost its parent (" + printable(name, 120) + " does not exist)");
  }
  check_generation(context, options);
}

void CowdImage::check_generation(const ImageContext& context, const OpenOptions& options) const {
  const auto* const parent = dynamic_cast<const CowdImage*>(parent_.get());
  if (parent == nullptr) {
    throw ImageError(place_.path(), "has a parent without a generation: " +
                                        printable(cowd_parent_name(header_), 120) +
                                        " is no COWD file but a descriptor");
  }
  const std::uint32_t found = parent->generation();
  if (found == header_.parent_generation) return;
  if (header_.promise_mark == kCowdPromiseMark && found == header_.promised_generation) return;
  const std::string text = "its parent has changed since it was made (expected generation = " +
                           std::to_string(header_.parent_generation) +
                           ", the parent's = " + std::to_string(found) + ")";
  if (!options.force) throw ImageError(place_.path(), text);
  context.warning(text);
}

void CowdImage::add_part(Place place, std::unique_ptr<File> file, const OpenOptions& options,
                         bool for_check) {
  std::optional<std::uint32_t> stated;
  if (const auto entries = options.options.number(place.path(), "entries")) {
    if (*entries == 0 || *entries > 65536 || (*entries & (*entries - 1)) != 0) {
      throw ImageError(place.path(), "option entries (value = " + std::to_string(*entries) +
                                         ", allowed powers of two up to 65536)");
    }
    stated = static_cast<std::uint32_t>(*entries);
  }
  const std::filesystem::path path = file->path();
  VmdkShape shape = read_cowd_shape(*file, stated);
  if (writable_ && !shape.may_write) {
    throw ImageError(path,
                     "cannot be opened for writing: it does not say how long its tables are, and "
                     "more than one length fits (entries=512 or another number says it; " +
                         std::to_string(shape.entries) + " is taken for reading)");
  }
  const bool unclean = shape.unclean;
  Part& part = parts_.emplace_back();
  part.first = sectors_;
  part.sectors = shape.capacity;
  sectors_ += part.sectors;
  part.extent = std::make_unique<VmdkSparseExtent>(
      std::move(place), std::move(file), std::move(shape),
      VmdkBelow{parent_.get(), parent_missing_, part.first}, writable_);
  if (unclean && writable_ && !for_check) {
    part.extent->recover(warn_);
  } else if (unclean && warn_) {
    warn_(ImageError(path, "was not closed cleanly").what());
  }
  part.extent->on_allocated = [this, index = parts_.size() - 1](const Extent& extent) {
    Extent whole = extent;
    whole.first_sector += parts_[index].first;
    whole.file = static_cast<std::uint16_t>(index);
    notify(AllocationEvent::Kind::allocated, whole);
  };
}

Geometry CowdImage::geometry() const {
  if (!is_root()) return parent_ ? parent_->geometry() : Geometry{};
  Geometry stated{header_.cylinders, header_.heads, header_.sectors_per_track};
  if (header_.version == kCowdVmware3 && header_.disk_capacity != 0) {
    stated = {header_.disk_cylinders, header_.disk_heads, header_.disk_sectors_per_track};
  }
  const bool possible = stated.known() && stated.heads <= kMaxBiosHeads &&
                        stated.sectors_per_track <= kMaxTrackSectors &&
                        stated.cylinders <= sectors_ && stated.sector_count() <= sectors_;
  return possible ? stated : Geometry{};
}

std::size_t CowdImage::part_index(std::uint64_t lba) const {
  const auto after = std::ranges::upper_bound(parts_, lba, {}, &Part::first);
  return static_cast<std::size_t>(after - parts_.begin()) - 1;
}

template <class Visit>
IoStatus CowdImage::for_each_part(std::uint64_t lba, std::uint64_t count, Visit visit) {
  std::uint64_t done = 0;
  for (std::size_t index = part_index(lba); done < count; ++index) {
    Part& part = parts_[index];
    const std::uint64_t now = std::min(count - done, part.end() - (lba + done));
    const IoStatus status = visit(*part.extent, lba + done - part.first, done, now);
    if (status != IoStatus::ok) return status;
    done += now;
  }
  return IoStatus::ok;
}

// The first failure, after all of them have had their turn.
template <class Visit>
IoStatus CowdImage::for_all_parts(Visit visit) {
  IoStatus first = IoStatus::ok;
  for (Part& part : parts_) {
    const IoStatus status = visit(*part.extent);
    if (first == IoStatus::ok) first = status;
  }
  return first;
}

Extent CowdImage::extent_at(std::uint64_t lba) const {
  if (lba >= sectors_) return {.first_sector = lba};
  const std::size_t index = part_index(lba);
  const Part& part = parts_[index];
  Extent extent = part.extent->extent_at(lba - part.first, part.end() - lba);
  extent.first_sector = lba;
  if (extent.layer == 0) extent.file = static_cast<std::uint16_t>(index);
  return extent;
}

IoStatus CowdImage::do_read(std::uint64_t lba, std::span<std::uint8_t> sectors) {
  return for_each_part(
      lba, sectors.size() / kSectorSize,
      [&](VmdkSparseExtent& extent, std::uint64_t at, std::uint64_t done, std::uint64_t count) {
        return extent.read(at, sectors.subspan(static_cast<std::size_t>(done * kSectorSize),
                                               static_cast<std::size_t>(count * kSectorSize)));
      });
}

IoStatus CowdImage::begin_session() {
  if (session_) return IoStatus::ok;
  VmdkSparseExtent& first = *parts_.front().extent;
  const IoStatus status = first.begin_session(!keep_generation_);  // (6)
  session_ = status == IoStatus::ok;
  if (session_ && !keep_generation_) header_.generation = header_.generation + 1;
  return status;
}

void CowdImage::require_session() {
  const IoStatus status = begin_session();
  if (status == IoStatus::ok) return;
  throw ImageError(place_.path(), "cannot be changed: " + std::string(describe(status)));
}

IoStatus CowdImage::do_write(std::uint64_t lba, std::span<const std::uint8_t> sectors) {
  if (const IoStatus status = begin_session(); status != IoStatus::ok) return status;
  return for_each_part(
      lba, sectors.size() / kSectorSize,
      [&](VmdkSparseExtent& extent, std::uint64_t at, std::uint64_t done, std::uint64_t count) {
        return extent.write(at, sectors.subspan(static_cast<std::size_t>(done * kSectorSize),
                                                static_cast<std::size_t>(count * kSectorSize)));
      });
}

IoStatus CowdImage::do_write_zeroes(std::uint64_t lba, std::uint64_t count) {
  if (const IoStatus status = begin_session(); status != IoStatus::ok) return status;
  return for_each_part(
      lba, count, [](VmdkSparseExtent& extent, std::uint64_t at, std::uint64_t, std::uint64_t now) {
        return extent.write_zeroes(at, now);
      });
}

IoStatus CowdImage::do_discard(std::uint64_t lba, std::uint64_t count) {
  if (const IoStatus status = begin_session(); status != IoStatus::ok) return status;
  return for_each_part(
      lba, count, [](VmdkSparseExtent& extent, std::uint64_t at, std::uint64_t, std::uint64_t now) {
        return extent.discard(at, now);
      });
}

IoStatus CowdImage::do_flush() {
  return for_all_parts([](VmdkSparseExtent& extent) { return extent.flush(); });
}

IoStatus CowdImage::do_close() {
  return for_all_parts([](VmdkSparseExtent& extent) { return extent.close(); });
}

void CowdImage::check(CheckReport& report, const CheckOptions& options) {
  for (Part& part : parts_) part.extent->check(report, options);
}

ImageInfo CowdImage::info() const {
  ImageInfo facts;
  const VmdkShape& shape = parts_.front().extent->shape();
  facts.subformat = shape.version == kCowdVmware3 ? "vmware3"
                    : shape.grain == 1            ? "esx extent"
                                                  : "single";
  facts.cluster_bytes = shape.grain * kSectorSize;
  if (geometry().known()) facts.geometry_origin = is_root() ? "header" : "parent";
  facts.ids.emplace_back("generation", std::to_string(header_.generation));
  for (const Part& part : parts_) {
    const File& file = *part.extent->file();
    const std::string role =
        facts.files.empty() ? "" : "file " + std::to_string(facts.files.size() + 1);
    facts.files.push_back({file.path(), role, file.size(), file.allocated_bytes()});
    if (part.extent->shape().unclean) {
      facts.marks.push_back("unclean shutdown" + (role.empty() ? "" : " (" + role + ")"));
    }
  }
  if (header_.promise_mark == kCowdPromiseMark) facts.marks.emplace_back("commit interrupted");
  if (!is_root()) {
    const std::string name = cowd_parent_name(header_);
    const std::vector<std::string> names = host_spellings(name);
    ParentRecord record;
    record.name = names.empty() ? name : names.front();
    if (names.size() > 1) record.more.assign(names.begin() + 1, names.end());
    record.format = kCowdFormat.name;
    record.ids.emplace_back("generation", std::to_string(header_.parent_generation));
    facts.parent = std::move(record);
  }
  facts.more.emplace_back("header version", std::to_string(shape.version));
  facts.more.emplace_back("entries per table",
                          std::to_string(shape.entries) + (shape.may_write ? "" : " (a guess)"));
  const auto add_text = [&](std::string_view key, const std::string& text) {
    if (!text.empty()) facts.more.emplace_back(std::string(key), printable(text, 120));
  };
  add_text("drive type", cowd_text(header_.drive_type));
  add_text("name", cowd_text(header_.name));
  add_text("description", cowd_text(header_.description));
  return facts;
}

void CowdImage::change_header(std::size_t sector, const std::function<void(CowdHeader&)>& change) {
  parts_.front().extent->change_cowd_header(sector, change);
  change(header_);
}

// The rest of the geometry stays, as what is on the disk relies on it.
void CowdImage::store_geometry(std::uint64_t sectors) {
  const auto cylinders_of = [&](std::uint64_t heads, std::uint64_t track) {
    const std::uint64_t cylinder = heads * track;
    return static_cast<std::uint32_t>(
        cylinder == 0 ? 0 : std::clamp<std::uint64_t>(sectors / cylinder, 1, 0xFFFFFFFF));
  };
  if (is_root()) {
    change_header(kFlagsSector, [&](CowdHeader& header) {
      header.cylinders = cylinders_of(header.heads, header.sectors_per_track);
    });
  }
  if (header_.version != kCowdVmware3 || header_.disk_capacity == 0) return;
  change_header(kDiskSector, [&](CowdHeader& header) {
    header.disk_capacity = static_cast<std::uint32_t>(sectors);
    header.disk_cylinders = cylinders_of(header.disk_heads, header.disk_sectors_per_track);
  });
}

void CowdImage::resize(std::uint64_t sectors, bool drop_data, const Progress&) {
  if (!writable_) cannot("resized");
  if (parts_.size() > 1) {
    throw ImageError(place_.path(),
                     "cannot be resized: it is a chain of files, each with the size of all; "
                     "convert it into a new one");
  }
  if (sectors == 0 || sectors > kMaxVmdkFileSectors) {
    throw ImageError(place_.path(), "cannot be resized so (sectors = " + std::to_string(sectors) +
                                        ", allowed 1 to 4294967295)");
  }
  if (sectors < sectors_ && !drop_data) {
    throw ImageError(place_.path(), "cannot be made smaller without saying so (--shrink)");
  }
  if (sectors > sectors_) {
    if (parent_missing_) cannot("resized without its parent");
    // What the parent has there would show, and the new size and zeroes cannot come at once.
    if (parent_ && parent_->sector_count() > sectors_) {
      throw ImageError(place_.path(), "cannot grow while its parent is larger (sectors = " +
                                          std::to_string(parent_->sector_count()) + ", its own " +
                                          std::to_string(sectors_) + ")");
    }
  }
  require_session();
  VmdkSparseExtent& extent = *parts_.front().extent;
  if (sectors > sectors_) {
    extent.grow(sectors);
  } else {
    extent.cut(sectors);
  }
  store_geometry(sectors);
  parts_.front().sectors = sectors_ = sectors;
}

void CowdImage::compact(const Progress& progress) {
  if (!writable_) cannot("compacted");
  for (Part& part : parts_) {
    require_ok(*part.extent->file(), "made durable", part.extent->flush());
    part.extent->rebuild({.drop_zeroes = true}, progress);
  }
}

void CowdImage::promise(std::uint32_t generation) {
  change_header(kPromiseSector, [&](CowdHeader& header) {
    header.promise_mark = kCowdPromiseMark;
    header.promised_generation = generation;
  });
}

void CowdImage::expect(std::uint32_t generation) {
  change_header(kGenerationSector,
                [&](CowdHeader& header) { header.parent_generation = generation; });
  change_header(kPromiseSector, [](CowdHeader& header) {
    header.promise_mark = 0;
    header.promised_generation = 0;
  });
}

void CowdImage::set_parent(const ParentRef* parent) {
  if (!writable_ || parts_.size() > 1) cannot("given a parent");
  require_ok(*parts_.front().extent->file(), "made durable", do_flush());
  const bool was_root = is_root();
  if (parent == nullptr) {
    if (was_root) return;
    const Geometry inherited = parent_ ? parent_->geometry() : Geometry{};
    const Geometry geometry = inherited.known() && inherited.sector_count() <= sectors_
                                  ? inherited
                                  : default_geometry(sectors_);
    change_header(kFlagsSector, [&](CowdHeader& header) {  // (8)
      set_cowd_parent_name(header, "");
      header.flags = header.flags | kCowdRootFlag;
      header.cylinders = geometry.cylinders;
      header.heads = geometry.heads;
      header.sectors_per_track = geometry.sectors_per_track;
    });
    return;
  }
  if (!parent->format.empty() && parent->format != kCowdFormat.name) {
    throw ImageError(place_.path(), "cannot have a parent of format " + parent->format);
  }
  if (parent->name.empty() || parent->name.size() >= kOneSectorName) {
    throw ImageError(place_.path(), "cannot record its parent's name (bytes = " +
                                        std::to_string(parent->name.size()) + ", allowed 1 to " +
                                        std::to_string(kOneSectorName - 1) + ")");
  }
  const auto* const image = dynamic_cast<const CowdImage*>(parent->image);
  if (image == nullptr && (parent->image != nullptr || was_root)) {
    throw ImageError(place_.path(),
                     "cannot record a parent that is no COWD file at hand: its generation is "
                     "needed");
  }
  const std::uint32_t expected =
      image == nullptr ? std::uint32_t{header_.parent_generation} : image->generation();
  promise(expected);                                     // (7)
  change_header(kFlagsSector, [&](CowdHeader& header) {  // (8)
    header.flags = header.flags & ~kCowdRootFlag;
    set_cowd_parent_name(header, parent->name);
  });
  expect(expected);
}

void CowdImage::renew_identity() {
  if (!keep_generation_) return;
  keep_generation_ = session_ = false;
  require_session();
}

void CowdImage::finish_commit(bool empty, const Progress& progress) {
  auto* const parent = dynamic_cast<CowdImage*>(parent_.get());
  if (parent == nullptr || !writable_) cannot("committed");
  const std::uint32_t next = parent->generation() + 1;
  promise(next);  // (7)
  parent->renew_identity();
  expect(next);
  for (Part& part : parts_) {
    if (empty) part.extent->rebuild({.empty = true}, progress);
  }
}

}  // namespace storage
