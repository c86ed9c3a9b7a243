#include "storage/vmdk_image.h"

#include <algorithm>
#include <utility>

#include "storage/file_io.h"

namespace storage {

namespace {

constexpr std::array<std::string_view, 9> kForeignTypes = {
    "fullDevice",       "partitionedDevice",           "vmfsRaw",  "vmfsRDM",   "vmfsRDMP",
    "vmfsRawDeviceMap", "vmfsPassthroughRawDeviceMap", "seSparse", "vsanSparse"};
constexpr std::size_t kMaxExtentName = 255;

std::string read_text(File& file, std::uint64_t offset, std::uint64_t size) {
  const auto bytes = read_bytes(file, offset, static_cast<std::size_t>(size));
  return {bytes.begin(), bytes.end()};
}

bool is_sparse(const VmdkExtentLine& line) {
  return line.kind == VmdkKind::sparse || line.kind == VmdkKind::vmfs_sparse;
}

std::uint32_t number_in(const VmdkDescriptor& descriptor, std::string_view key) {
  std::uint32_t value = 0;
  for (const char digit : descriptor.value_or(key, "")) {
    if (digit < '0' || digit > '9' || value > 100'000'000) return 0;
    value = value * 10 + static_cast<std::uint32_t>(digit - '0');
  }
  return value;
}

}  // namespace

VmdkImage::VmdkImage(const ImageContext& context, const OpenOptions& options, bool for_check)
    : place_(context.place),
      ids_(context.ids),
      warn_(context.warn),
      writable_(options.mode == OpenMode::read_write),
      for_check_(for_check),
      keep_cid_(options.commit_target),
      descriptor_(context.path(), "") {
  load_descriptor(context.open_file(writable_ ? FileAccess::read_write : FileAccess::read));
  refuse_foreign_types();
  open_parent(context, options);
  for (const VmdkExtentLine& line : descriptor_.extents()) add_part(line);
  const bool any_writable =
      std::ranges::any_of(parts_, [](const Part& part) { return part.extent->writable(); });
  if (writable_ && !any_writable) {
    throw ImageError(place_.path(),
                     "cannot be opened for writing: " +
                         (bare_ ? std::string("it is one extent; open its descriptor")
                                : "no extent of a " + printable(descriptor_.create_type(), 40) +
                                      " disk can be written"));
  }
  if (writable_ && descriptor_.value("changeTrackPath")) {
    throw ImageError(place_.path(),
                     "cannot be opened for writing: its map of changes would be wrong afterwards "
                     "(changeTrackPath)");
  }
}

VmdkImage::~VmdkImage() {
  static_cast<void>(close());
}

void VmdkImage::load_descriptor(std::unique_ptr<File> file) {
  const std::uint64_t size = file->size();
  if (size >= sizeof(Le64) && read_struct<Le64>(*file, 0) == kSeSparseMagic) {
    throw ImageError(place_.path(), "is a seSparse extent, which is not supported");
  }
  if (size < sizeof(Le32) || read_struct<Le32>(*file, 0) != kVmdkMagic) {
    if (size > kMaxVmdkDescriptor) {
      throw ImageError(place_.path(), "is neither a VMDK extent nor a descriptor (size = " +
                                          std::to_string(size) + ", allowed for a descriptor " +
                                          std::to_string(kMaxVmdkDescriptor) + ")");
    }
    descriptor_ = VmdkDescriptor(place_.path(), read_text(*file, 0, size));
    if (descriptor_.extents().empty()) {
      throw ImageError(place_.path(), "is no VMDK descriptor: it lists no extent");
    }
    descriptor_file_ = std::move(file);
    return;
  }
  VmdkShape shape = read_hosted_shape(*file);
  std::string text;
  if (shape.descriptor_at != 0) {
    text = read_text(*file, shape.descriptor_at * kSectorSize, shape.descriptor_size * kSectorSize);
    text.resize(std::min(text.find('\0'), text.size()));
  }
  embedded_ = !text.empty();
  bare_ = !embedded_;
  if (embedded_) {
    descriptor_ = VmdkDescriptor(place_.path(), text);
    // A header of capacity 0 is only there to hold it.
    const std::size_t wanted = descriptor_.extents().size();
    if (shape.capacity == 0 ? wanted == 0 : wanted != 1) {
      throw ImageError(place_.path(), "has a descriptor inside that does not fit it (extents = " +
                                          std::to_string(wanted) + ", allowed 1)");
    }
    if (shape.capacity != 0 && descriptor_.extents().front().kind != VmdkKind::sparse) {
      throw ImageError(place_.path(), "has a descriptor inside that speaks of another extent");
    }
  } else {
    descriptor_ = VmdkDescriptor(place_.path(), "");
    descriptor_.add_extent({.access = VmdkAccess::rdonly,
                            .sectors = shape.capacity,
                            .kind = VmdkKind::sparse,
                            .name = place_.name});
    if (shape.capacity == 0) throw ImageError(place_.path(), "holds nothing");
  }
  if (shape.capacity == 0) shape.may_write = false;
  top_ = std::move(file);
  top_shape_ = std::move(shape);
}

void VmdkImage::refuse_foreign_types() const {
  const std::string type = descriptor_.create_type();
  if (std::ranges::find(kForeignTypes, type) != kForeignTypes.end()) {
    throw ImageError(place_.path(), "is of a type that is not supported (createType = " +
                                        printable(type, 40) + ")");
  }
}

std::vector<std::string> VmdkImage::names_for(std::string_view raw) const {
  return host_spellings(descriptor_.host_name(raw));
}

VmdkImage::Opened VmdkImage::open_named(std::string_view name, FileAccess access) const {
  if (name.size() > kMaxExtentName) {
    throw ImageError(place_.path(), "names an extent at too great length (" +
                                        std::to_string(name.size()) + " bytes, allowed 255)");
  }
  for (const std::string& candidate : names_for(name)) {
    try {
      Opened opened{place_.directory->locate(candidate, NameSource::image), nullptr};
      opened.file = place_.directory->open(candidate, {.access = access});
      const File* const own = descriptor_file_ ? descriptor_file_.get() : top_.get();
      if (own != nullptr && own->identity() == opened.file->identity()) {
        throw ImageError(place_.path(), "names itself as an extent");
      }
      return opened;
    } catch (const NoSuchFile&) {
      continue;  // the next spelling
    } catch (const RefusedName& refused) {
      throw refused.in(place_.path());
    }
  }
  throw ImageError(place_.path(),
                   "names an extent that does not exist (" + printable(name, 120) + ")");
}

void VmdkImage::open_parent(const ImageContext& context, const OpenOptions& options) {
  const std::string hint = descriptor_.parent_hint();
  if (descriptor_.parent_cid() == kNoParentCid) return;
  if (hint.empty()) {
    throw ImageError(place_.path(), "has a parent but does not name it (parentCID = " +
                                        cid_text(descriptor_.parent_cid()) + ")");
  }
  parent_missing_ = context.parents == nullptr;
  if (parent_missing_) return;
  for (const std::string& name : names_for(hint)) {
    parent_ = context.parents->open(name, kVmdkFormat.name);
    if (parent_) break;
  }
  if (!parent_) {
    throw LostParent(
        place_.path(), hint,
        "has lost its parent (parentFileNameHint = " + printable(hint, 120) + " does not exist)");
  }
  check_parent_id(options, context);
}

void VmdkImage::check_parent_id(const OpenOptions& options, const ImageContext& context) const {
  const auto* const parent = dynamic_cast<const VmdkImage*>(parent_.get());
  const std::uint32_t found = parent == nullptr ? 0 : parent->cid();
  if (found == descriptor_.parent_cid() || found == descriptor_.promised_parent_cid()) return;
  const std::string text = "its parent has changed since it was made (parentCID = " +
                           cid_text(descriptor_.parent_cid()) +
                           ", the parent's CID = " + cid_text(found) + ")";
  if (!options.force) throw ImageError(place_.path(), text);
  context.warning(text);
}

void VmdkImage::add_part(const VmdkExtentLine& line) {
  Part part;
  part.line = line;
  part.first = sectors_;
  const bool writable = writable_ && line.access == VmdkAccess::rw;
  if (line.kind == VmdkKind::zero) {
    part.extent = std::make_unique<VmdkZeroExtent>();
  } else if (line.access == VmdkAccess::noaccess) {
    part.extent = std::make_unique<VmdkClosedExtent>();
  } else if (top_ && top_shape_->capacity != 0) {
    // The name in an embedded descriptor means this file, whatever it is called now.
    open_part(part, {place_, std::move(top_)}, writable);
  } else {
    for (const Part& other : parts_) part.file = std::max(part.file, other.file);
    ++part.file;
    open_part(part, open_named(line.name, writable ? FileAccess::read_write : FileAccess::read),
              writable);
  }
  part.extent->on_allocated = [this, index = parts_.size()](const Extent& extent) {
    Extent whole = extent;
    whole.first_sector += parts_[index].first;
    whole.sector_count =
        std::min(whole.sector_count, parts_[index].line.sectors - extent.first_sector);
    whole.file = parts_[index].file;
    notify(AllocationEvent::Kind::allocated, whole);
  };
  parts_.push_back(std::move(part));
  sectors_ += line.sectors;
}

void VmdkImage::open_part(Part& part, Opened opened, bool writable) {
  if (is_sparse(part.line)) {
    add_sparse_part(part, std::move(opened), writable);
    return;
  }
  auto flat = std::make_unique<VmdkFlatExtent>(std::move(opened.file), part.line.offset,
                                               part.line.sectors, writable);
  if (flat->file()->size() < flat->end_bytes()) {
    const std::string problem =
        "is shorter than its descriptor says (size = " + std::to_string(flat->file()->size()) +
        ", needed " + std::to_string(flat->end_bytes()) + ")";
    const std::string path = flat->file()->path();
    if (writable && !for_check_) throw ImageError(path, problem);
    if (warn_) warn_(ImageError(path, problem).what());
  }
  part.flat = flat.get();
  part.extent = std::move(flat);
}

void VmdkImage::add_sparse_part(Part& part, Opened opened, bool writable) {
  VmdkShape shape = read_sparse_shape(*opened.file);
  const std::filesystem::path path = opened.file->path();
  if (shape.capacity < part.line.sectors) {
    throw ImageError(
        path, "is smaller than its descriptor says (capacity = " + std::to_string(shape.capacity) +
                  ", needed " + std::to_string(part.line.sectors) + ")");
  }
  if (shape.compressed) {
    auto stream = std::make_unique<VmdkStreamExtent>(std::move(opened.file), std::move(shape));
    part.stream = stream.get();
    part.extent = std::move(stream);
    return;
  }
  if (writable && !shape.may_write) {
    throw ImageError(path,
                     "cannot be opened for writing: not all of its header is understood "
                     "(version = " +
                         std::to_string(shape.version) + ")");
  }
  const bool unclean = shape.unclean;
  const VmdkBelow below{parent_.get(), parent_missing_, part.first};
  auto sparse = std::make_unique<VmdkSparseExtent>(std::move(opened.place), std::move(opened.file),
                                                   std::move(shape), below, writable);
  if (unclean && writable && !for_check_) {
    sparse->recover(warn_);
  } else if (unclean && warn_) {
    warn_(ImageError(path, "was not closed cleanly").what());
  }
  part.sparse = sparse.get();
  part.extent = std::move(sparse);
}

Geometry VmdkImage::geometry() const {
  const Geometry stated{.cylinders = number_in(descriptor_, "ddb.geometry.cylinders"),
                        .heads = number_in(descriptor_, "ddb.geometry.heads"),
                        .sectors_per_track = number_in(descriptor_, "ddb.geometry.sectors")};
  // More heads than ATA has are a SCSI disk's: logical, of no use to a drive.
  const bool physical = stated.known() && stated.heads <= kMaxAtaHeads &&
                        stated.sectors_per_track <= kMaxTrackSectors;
  return physical ? stated : Geometry{};
}

std::size_t VmdkImage::part_index(std::uint64_t lba) const {
  const auto after = std::ranges::upper_bound(parts_, lba, {}, &Part::first);
  return static_cast<std::size_t>(after - parts_.begin()) - 1;
}

template <class Visit>
IoStatus VmdkImage::for_each_part(std::uint64_t lba, std::uint64_t count, Visit visit) {
  std::uint64_t done = 0;
  for (std::size_t index = part_index(lba); done < count; ++index) {
    Part& part = parts_[index];
    const std::uint64_t now = std::min(count - done, part.end() - (lba + done));
    const IoStatus status = visit(part, lba + done - part.first, done, now);
    if (status != IoStatus::ok) return status;
    done += now;
  }
  return IoStatus::ok;
}

Extent VmdkImage::extent_at(std::uint64_t lba) const {
  if (lba >= sectors_) return {.first_sector = lba};
  const Part& part = parts_[part_index(lba)];
  Extent extent = part.extent->extent_at(lba - part.first, part.end() - lba);
  extent.first_sector = lba;
  if (extent.layer == 0) extent.file = part.file;
  return extent;
}

IoStatus VmdkImage::do_read(std::uint64_t lba, std::span<std::uint8_t> sectors) {
  return for_each_part(lba, sectors.size() / kSectorSize,
                       [&](Part& part, std::uint64_t at, std::uint64_t done, std::uint64_t count) {
                         return part.extent->read(
                             at, sectors.subspan(static_cast<std::size_t>(done * kSectorSize),
                                                 static_cast<std::size_t>(count * kSectorSize)));
                       });
}

IoStatus VmdkImage::begin_session(std::uint64_t lba, std::uint64_t count) {
  // Nothing is written, not even the id, when a part of it cannot be.
  const IoStatus allowed =
      for_each_part(lba, count, [](Part& part, std::uint64_t, std::uint64_t, std::uint64_t) {
        return part.extent->writable() ? IoStatus::ok : IoStatus::read_only;
      });
  if (allowed != IoStatus::ok || session_ || keep_cid_) return allowed;
  VmdkDescriptor next = descriptor_;
  next.set_cid(next.draw_cid(*ids_, {descriptor_.parent_cid()}));
  const IoStatus status = store_descriptor(std::move(next));
  session_ = status == IoStatus::ok;
  return status;
}

IoStatus VmdkImage::do_write(std::uint64_t lba, std::span<const std::uint8_t> sectors) {
  const std::uint64_t total = sectors.size() / kSectorSize;
  if (const IoStatus status = begin_session(lba, total); status != IoStatus::ok) return status;
  return for_each_part(lba, total,
                       [&](Part& part, std::uint64_t at, std::uint64_t done, std::uint64_t count) {
                         return part.extent->write(
                             at, sectors.subspan(static_cast<std::size_t>(done * kSectorSize),
                                                 static_cast<std::size_t>(count * kSectorSize)));
                       });
}

IoStatus VmdkImage::do_write_zeroes(std::uint64_t lba, std::uint64_t count) {
  if (const IoStatus status = begin_session(lba, count); status != IoStatus::ok) return status;
  return for_each_part(lba, count,
                       [](Part& part, std::uint64_t at, std::uint64_t, std::uint64_t now) {
                         return part.extent->write_zeroes(at, now);
                       });
}

IoStatus VmdkImage::do_discard(std::uint64_t lba, std::uint64_t count) {
  const IoStatus status = begin_session(lba, count);
  if (status == IoStatus::read_only) return IoStatus::ok;  // a hint
  if (status != IoStatus::ok) return status;
  return for_each_part(lba, count,
                       [](Part& part, std::uint64_t at, std::uint64_t, std::uint64_t now) {
                         return part.extent->discard(at, now);
                       });
}

IoStatus VmdkImage::do_flush() {
  IoStatus first = IoStatus::ok;
  for (Part& part : parts_) {
    const IoStatus status = part.extent->flush();
    if (first == IoStatus::ok) first = status;
  }
  return first;
}

IoStatus VmdkImage::do_close() {
  IoStatus first = IoStatus::ok;
  for (Part& part : parts_) {
    const IoStatus status = part.extent->close();
    if (first == IoStatus::ok) first = status;
  }
  return first;
}

IoStatus VmdkImage::store_descriptor(VmdkDescriptor next) {
  const std::string text = next.text();
  IoStatus status = IoStatus::read_only;
  if (embedded_) {
    VmdkSparseExtent* const sparse = parts_.front().sparse;
    if (sparse != nullptr && sparse->writable()) status = sparse->rewrite_descriptor(text);
  } else if (descriptor_file_) {
    const std::span bytes(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
    status = replace_file(place_, bytes, descriptor_file_);
  }
  if (status == IoStatus::ok) descriptor_ = std::move(next);
  return status;
}

void VmdkImage::require_descriptor(VmdkDescriptor next) {
  const IoStatus status = store_descriptor(next);
  if (status == IoStatus::no_space && embedded_) {
    // Longer than the room that was left for it.
    parts_.front().sparse->rebuild({.descriptor = next.text()}, {});
    descriptor_ = std::move(next);
    return;
  }
  if (status == IoStatus::ok) return;
  throw ImageError(place_.path(),
                   "its descriptor cannot be written: " + std::string(describe(status)));
}

ImageInfo VmdkImage::info() const {
  ImageInfo facts;
  facts.subformat = bare_ ? "extent without descriptor" : descriptor_.create_type();
  if (!bare_) facts.ids.emplace_back("CID", cid_text(descriptor_.cid()));
  const auto add_fact = [&](Facts& list, std::string_view name, std::string_view key) {
    if (const auto value = descriptor_.value(key)) {
      list.emplace_back(std::string(name), printable(*value, 120));
    }
  };
  add_fact(facts.ids, "longContentID", "ddb.longContentID");
  add_fact(facts.ids, "uuid", "ddb.uuid");
  add_fact(facts.ids, "uuid", "ddb.uuid.image");
  if (geometry().known()) facts.geometry_origin = "descriptor";
  const File* const top = descriptor_file_ ? descriptor_file_.get() : top_.get();
  if (top != nullptr) {
    facts.files.push_back({top->path(), "descriptor", top->size(), top->allocated_bytes()});
  }
  std::size_t number = 0;
  for (const Part& part : parts_) {
    ++number;
    const File* const file = part.extent->file();
    if (file != nullptr) {
      const std::string role = part.file == 0 ? "" : "extent " + std::to_string(number);
      facts.files.push_back({file->path(), role, file->size(), file->allocated_bytes()});
    }
    const VmdkShape* const shape = part.sparse != nullptr   ? &part.sparse->shape()
                                   : part.stream != nullptr ? &part.stream->shape()
                                                            : nullptr;
    facts.extents.push_back({.path = file != nullptr ? file->path() : std::filesystem::path{},
                             .kind = std::string(word_of(part.line.kind)),
                             .sectors = part.line.sectors,
                             .cluster_bytes = shape != nullptr ? shape->grain * kSectorSize : 0});
    if (shape == nullptr) continue;
    if (facts.cluster_bytes == 0) facts.cluster_bytes = shape->grain * kSectorSize;
    if (shape->unclean)
      facts.marks.push_back("unclean shutdown (extent " + std::to_string(number) + ")");
  }
  if (descriptor_.promised_parent_cid()) facts.marks.emplace_back("commit interrupted");
  if (descriptor_.parent_cid() != kNoParentCid) {
    const std::vector<std::string> names = names_for(descriptor_.parent_hint());
    ParentRecord record;
    record.name = names.empty() ? descriptor_.parent_hint() : names.front();
    if (names.size() > 1) record.more.assign(names.begin() + 1, names.end());
    record.format = kVmdkFormat.name;
    record.ids.emplace_back("CID", cid_text(descriptor_.parent_cid()));
    facts.parent = std::move(record);
  }
  facts.more.emplace_back("extents", std::to_string(parts_.size()));
  add_fact(facts.more, "adapter type", "ddb.adapterType");
  add_fact(facts.more, "hardware version", "ddb.virtualHWVersion");
  add_fact(facts.more, "encoding", "encoding");
  if (number_in(descriptor_, "ddb.geometry.heads") > kMaxAtaHeads) {
    facts.more.emplace_back("SCSI geometry",
                            descriptor_.value_or("ddb.geometry.cylinders", "?") + "/" +
                                descriptor_.value_or("ddb.geometry.heads", "?") + "/" +
                                descriptor_.value_or("ddb.geometry.sectors", "?"));
  }
  return facts;
}

}  // namespace storage
