// Operations on a whole VMDK: resize, compact, another parent, the end of a commit.
#include <algorithm>
#include <string>
#include <utility>

#include "storage/file_io.h"
#include "storage/vmdk_build.h"
#include "storage/vmdk_image.h"

namespace storage {

std::uint64_t VmdkImage::split_limit() const {
  const std::string type = descriptor_.create_type();
  if (!type.starts_with("twoGb") && !type.starts_with("2Gb")) return kMaxVmdkSectors;
  std::uint64_t limit = 0;
  for (const Part& part : parts_) limit = std::max(limit, part.line.sectors);
  return parts_.size() > 1 ? limit : std::max(limit, kVmdkSplitSectors);
}

// The cylinders follow the size; the rest of the geometry stays, as what is on the disk relies on
// it.
void VmdkImage::set_cylinders(VmdkDescriptor& next, std::uint64_t sectors) const {
  const Geometry stated = geometry();
  if (!stated.known()) return;
  const std::uint64_t cylinders =
      sectors / (std::uint64_t{stated.heads} * stated.sectors_per_track);
  next.set("ddb.geometry.cylinders",
           std::to_string(std::clamp<std::uint64_t>(cylinders, 1, kMaxIdentifyCylinders)));
}

void VmdkImage::resize(std::uint64_t sectors, bool drop_data, const Progress&) {
  const Part& last = parts_.back();
  if (!writable_ || !last.extent->writable() || (last.sparse == nullptr && last.flat == nullptr)) {
    cannot("resized");
  }
  if (sectors == 0 || sectors > kMaxVmdkSectors) {
    throw ImageError(place_.path(), "cannot be resized so (sectors = " + std::to_string(sectors) +
                                        ", allowed 1 to 2^54)");
  }
  if (sectors < sectors_ && !drop_data) {
    throw ImageError(place_.path(), "cannot be made smaller without saying so (--shrink)");
  }
  const IoStatus status = begin_session(0, 0);
  if (status != IoStatus::ok) {
    throw ImageError(place_.path(), "cannot be changed: " + std::string(describe(status)));
  }
  if (sectors > sectors_) {
    grow(sectors);
  } else {
    shrink(sectors);
  }
}

// Files for `sectors` more, none larger than `limit`, of the kind of the last one.
std::vector<VmdkExtentLine> VmdkImage::make_more_extents(std::uint64_t sectors,
                                                         std::uint64_t limit) const {
  const Part& last = parts_.back();
  const bool extension = place_.name.size() > 5 && place_.name.ends_with(".vmdk");
  const std::string stem = place_.name.substr(0, place_.name.size() - (extension ? 5 : 0));
  std::vector<VmdkExtentLine> added;
  for (std::size_t number = parts_.size(); sectors != 0; ++number) {
    VmdkExtentLine line{.sectors = std::min(sectors, limit), .kind = last.line.kind};
    line.name = vmdk_extent_name(stem, line.kind, number);
    // Somebody else's, or left over from an attempt that was cut off: it stays.
    if (place_.directory->exists(line.name, NameSource::user)) continue;
    if (parts_.size() + added.size() >= kMaxVmdkFiles) {
      throw ImageError(place_.path(), "would have too many extents");
    }
    VmdkSparseSpec spec{.capacity = line.sectors};
    if (last.sparse != nullptr) {
      spec.esx = last.sparse->shape().esx;
      spec.grain = last.sparse->shape().grain;
      spec.zero_grains = last.sparse->shape().zero_grains;
    }
    make_vmdk_extent(place_, line, spec, Existing::refuse);
    sectors -= line.sectors;
    added.push_back(std::move(line));
  }
  return added;
}

void VmdkImage::grow(std::uint64_t sectors) {
  VmdkDescriptor next = descriptor_;
  const std::uint64_t old_end = sectors_;
  Part& last = parts_.back();
  const std::uint64_t limit = split_limit();
  std::uint64_t more = sectors - sectors_;
  if (last.line.sectors < limit) {
    const std::uint64_t step = std::min(more, limit - last.line.sectors);
    const std::uint64_t size = last.line.sectors + step;
    if (last.flat != nullptr) {
      const std::uint64_t bytes = (last.line.offset + size) * kSectorSize;
      // Something of its own may follow the extent in its file.
      if (last.flat->file()->size() > last.flat->end_bytes()) cannot("resized");
      resize_exactly(*last.flat->file(), bytes);
      sync_exactly(*last.flat->file());
    } else {
      // An interrupted attempt may have left something there.
      last.sparse->grow(size);
    }
    next.set_extent_sectors(parts_.size() - 1, size);
    more -= step;
  }
  std::vector<VmdkExtentLine> added;
  FileRegistry& registry = *place_.directory->rules().registry;
  const std::size_t before = registry.created();
  try {
    added = make_more_extents(more, limit);
  } catch (...) {
    registry.remove_created(before);
    throw;
  }
  for (const VmdkExtentLine& line : added) next.add_extent(line);
  set_cylinders(next, sectors);
  if (!added.empty()) sync_exactly(*place_.directory);
  hide_parent(last, old_end, sectors, added);
  require_descriptor(std::move(next));
  follow_descriptor();
}

// What a larger parent has beyond the old end is not the child's.
void VmdkImage::hide_parent(Part& last, std::uint64_t begin, std::uint64_t end,
                            const std::vector<VmdkExtentLine>& added) {
  if (parent_missing_) cannot("resized without its parent");
  if (!parent_ || parent_->sector_count() <= begin) return;
  const std::uint64_t hidden_end = std::min(end, parent_->sector_count());
  if (!added.empty() && hidden_end > last.first + last.sparse->shape().capacity) {
    throw ImageError(place_.path(),
                     "cannot grow past where its extents are split while its parent is larger");
  }
  require_ok(*last.sparse->file(), "changed",
             last.sparse->write_zeroes(begin - last.first, hidden_end - begin));
  require_ok(*last.sparse->file(), "made durable", last.sparse->flush());
}

void VmdkImage::shrink(std::uint64_t sectors) {
  VmdkDescriptor next = descriptor_;
  std::vector<std::string> dropped;
  while (parts_[next.extents().size() - 1].first >= sectors) {
    const std::size_t index = next.extents().size() - 1;
    if (parts_[index].file != 0) dropped.push_back(parts_[index].line.name);
    next.drop_last_extent();
  }
  const std::size_t index = next.extents().size() - 1;
  const std::uint64_t size = sectors - parts_[index].first;
  next.set_extent_sectors(index, size);
  set_cylinders(next, sectors);
  std::vector<Place> places;
  for (const std::string& name : dropped) {
    for (const std::string& spelling : names_for(name)) {
      if (!place_.directory->exists(spelling, NameSource::image)) continue;
      places.push_back(place_.directory->locate(spelling, NameSource::image));
      break;
    }
  }
  const bool at_end = parts_[index].flat != nullptr &&
                      parts_[index].flat->file()->size() == parts_[index].flat->end_bytes();
  require_descriptor(std::move(next));
  follow_descriptor();
  Part& last = parts_.back();
  if (last.sparse != nullptr) {
    last.sparse->cut(size);
  } else if (at_end) {  // else something of its own may follow
    resize_exactly(*last.flat->file(), last.flat->end_bytes());
    sync_exactly(*last.flat->file());
  }
  for (const Place& place : places) static_cast<void>(place.directory->remove(place.name));
}

// The descriptor has changed, and the files that it keeps have too.
void VmdkImage::follow_descriptor() {
  const std::vector<VmdkExtentLine>& lines = descriptor_.extents();
  while (parts_.size() > lines.size()) {
    require_ok_status(parts_.back().extent->close());
    parts_.pop_back();
  }
  sectors_ = 0;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    parts_[i].line = lines[i];
    if (parts_[i].flat != nullptr) parts_[i].flat->set_sectors(lines[i].sectors);
    sectors_ += lines[i].sectors;
  }
  while (parts_.size() < lines.size()) add_part(lines[parts_.size()]);
}

void VmdkImage::compact(const Progress& progress) {
  if (!writable_) cannot("compacted");
  for (Part& part : parts_) {
    if (!part.extent->writable()) continue;
    require_ok(*part.extent->file(), "made durable", part.extent->flush());
    if (part.sparse != nullptr) {
      part.sparse->rebuild({.drop_zeroes = true, .descriptor = embedded_ ? descriptor_.text() : ""},
                           progress);
    } else if (part.flat != nullptr && part.line.offset == 0) {
      punch_zeroes(*part.flat->file(), part.flat->end_bytes(), progress);
    }
  }
}

void VmdkImage::set_parent(const ParentRef* parent) {
  if (!writable_ || bare_) cannot("given a parent");
  VmdkDescriptor next = descriptor_;
  next.set_promised_parent_cid(std::nullopt);
  if (parent == nullptr) {
    next.clear_parent();
  } else {
    const bool sparse =
        std::ranges::all_of(parts_, [](const Part& part) { return part.sparse != nullptr; });
    if (!sparse) cannot("given a parent");
    const bool is_vmdk = parent->format.empty() || parent->format == kVmdkFormat.name ||
                         dynamic_cast<const VmdkImage*>(parent->image) != nullptr;
    if (!is_vmdk) {
      throw ImageError(place_.path(), "cannot have a parent of format " + parent->format);
    }
    const auto unfit = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"'; };
    if (parent->name.empty() || std::ranges::any_of(parent->name, unfit)) {
      throw ImageError(place_.path(),
                       "cannot record its parent's name: " + printable(parent->name, 120));
    }
    std::uint32_t cid = descriptor_.parent_cid();
    if (const auto* const image = dynamic_cast<const VmdkImage*>(parent->image)) {
      cid = image->cid();
    } else if (cid == kNoParentCid) {
      throw ImageError(place_.path(),
                       "cannot record a parent that is not there: its CID is needed");
    }
    next.set_parent(cid, parent->name);
  }
  require_ok_status(do_flush());
  require_descriptor(std::move(next));
}

// The child carries the parent's next id while the parent takes it on: whichever of the two ids the
// parent has after a crash, the child accepts it.
void VmdkImage::finish_commit(bool empty, const Progress& progress) {
  auto* const parent = dynamic_cast<VmdkImage*>(parent_.get());
  if (parent == nullptr || !writable_) cannot("committed");
  const std::uint32_t promised =
      parent->descriptor_.draw_cid(*ids_, {descriptor_.cid(), descriptor_.parent_cid()});
  VmdkDescriptor next = descriptor_;
  next.set_promised_parent_cid(promised);
  require_descriptor(next);
  VmdkDescriptor above = parent->descriptor_;
  above.set_cid(promised);
  parent->require_descriptor(std::move(above));
  next.set_promised_parent_cid(std::nullopt);
  next.set_parent(promised, descriptor_.value_or("parentFileNameHint", ""));
  require_descriptor(std::move(next));
  for (Part& part : parts_) {
    if (!empty || part.sparse == nullptr) continue;
    part.sparse->rebuild({.empty = true, .descriptor = embedded_ ? descriptor_.text() : ""},
                         progress);
  }
}

void VmdkImage::renew_identity() {
  if (!keep_cid_) return;
  keep_cid_ = false;
  require_ok_status(begin_session(0, 0));
}

void VmdkImage::require_ok_status(IoStatus status) const {
  if (status == IoStatus::ok) return;
  throw ImageError(place_.path(), "cannot be made durable: " + std::string(describe(status)));
}

}  // namespace storage
