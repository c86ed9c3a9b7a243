#include "storage/vhd_image.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "storage/file_io.h"

namespace storage {

namespace {

constexpr std::array<std::string_view, 3> kSizeRules = {"auto", "current", "chs"};

std::string letters_of(std::string_view text) {
  return printable(text.substr(0, text.find('\0')), 20);
}

// A clock without time zone in one of two products: whole hours say nothing.
bool only_hours_apart(std::int64_t a, std::int64_t b) {
  const std::int64_t apart = std::abs(a - b);
  return apart % 3600 == 0 && apart <= std::int64_t{14} * 3600;
}

}  // namespace

VhdImage::VhdImage(const ImageContext& context, const OpenOptions& options)
    : place_(context.place),
      ids_(context.ids),
      rule_(
          static_cast<VhdSizeRule>(options.options.choice(context.path(), "size", kSizeRules, 0))),
      frame_(context,
             options.mode == OpenMode::read_write ? FileAccess::read_write : FileAccess::read,
             options.options.flag(context.path(), "ignore_checksum", false)),
      writable_(options.mode == OpenMode::read_write),
      sectors_(sectors_of(frame_.footer(), rule_)) {
  if (frame_.type() == VhdType::differencing) open_parent(context, options);
  start_blocks();
  const bool saved = frame_.footer().saved_state != 0 &&
                     !options.options.flag(context.path(), "ignore_saved_state", false);
  if (writable_ && saved) {
    throw ImageError(context.path(),
                     "belongs to a saved state of Virtual PC, which writing would spoil (mode=ro "
                     "may do; open option ignore_saved_state=on writes all the same)");
  }
  if (writable_) {
    refuse_writing();
    require("repaired", frame_.uncover_tail());
    // A change of both was cut off between them.
    if (frame_.head_differs()) require("repaired", frame_.store_head(frame_.footer()));
  } else if (frame_.tail_lost()) {
    context.warning("has lost its footer; the copy at its head is used");
  }
}

VhdImage::~VhdImage() {
  static_cast<void>(close());
}

void VhdImage::refuse_writing() const {
  std::string why;
  if (frame_.tail_lost()) why = "it has lost its footer; check -r all repairs it";
  if (frame_.bad_checksum()) why = "a checksum is wrong";
  if (rule_ != VhdSizeRule::by_creator) why = "its size is overridden";
  if (parent_ && parent_->sector_count() != sectors_) {
    why = "its parent is of another size (sectors = " + std::to_string(sectors_) +
          ", the parent's = " + std::to_string(parent_->sector_count()) + ")";
  }
  if (!why.empty()) {
    throw ImageError(place_.path(), "cannot be opened for writing (mode=ro may do): " + why);
  }
}

void VhdImage::start_blocks() {
  if (frame_.fixed()) return;
  const VhdTable table =
      table_of(frame_.file(), frame_.footer().header_at, frame_.header(), sectors_);
  blocks_ = std::make_unique<VhdBlocks>(frame_, table, VhdBelow{parent_.get(), parent_missing_});
  blocks_->on_event = [this](AllocationEvent::Kind kind, const Extent& extent) {
    notify(kind, in_its_file(extent));
  };
}

void VhdImage::open_parent(const ImageContext& context, const OpenOptions& options) {
  parent_missing_ = context.parents == nullptr;
  if (parent_missing_) return;
  const VhdNames names = read_vhd_names(frame_.file(), frame_.header());
  std::string tried;
  for (const std::string& name : names.candidates()) {
    tried += (tried.empty() ? "" : ", ") + printable(name, 80);
    if (bad_name(name)) continue;
    // A name that leads out of the folder is no more than a hint: the next one may do.
    if (!place_.directory->exists(name, NameSource::image)) {
      if (leaves_folder(name)) tried += " (outside; --allow-dir)";
      continue;
    }
    parent_ = context.parents->open(name, kVhdFormat.name);
    if (parent_) break;
  }
  if (!parent_) {
    if (tried.empty()) throw ImageError(context.path(), "has a parent but does not name it");
    throw LostParent(context.path(), names.candidates().front(),
                     "has lost its parent (tried " + tried + ")");
  }
  check_parent(context, options);
}

void VhdImage::check_parent(const ImageContext& context, const OpenOptions& options) {
  const auto* const parent = dynamic_cast<const VhdImage*>(parent_.get());
  if (parent == nullptr) throw ImageError(context.path(), "has a parent that is no VHD");
  const Uuid& wanted = frame_.header().parent_id;
  const Uuid& found = parent->footer().id;
  if (found != wanted && frame_.footer().promised() != found) {
    const std::string text =
        "its parent is not the one it was made for, or has changed since "
        "(parent unique id = " +
        text_of(wanted) + ", the parent's = " + text_of(found) + ")";
    if (!options.force) throw ImageError(context.path(), text);
    context.warning(text);
  }
  const std::uint32_t recorded = frame_.header().parent_time;
  const auto modified = parent->frame_.file().modified();
  if (recorded == 0 || !modified) return;
  const std::int64_t then = kVhdEpoch + recorded;
  // Some products record the footer's time stamp, others that of the file.
  const bool same = then == *modified || recorded == parent->footer().time_stamp ||
                    only_hours_apart(then, *modified);
  if (!same) {
    context.warning(
        "its parent's file has another time stamp than when this disk was made (parent " +
        std::to_string(*modified) + ", recorded " + std::to_string(then) +
        " in Unix time); the ids agree");
  }
}

Geometry VhdImage::geometry() const {
  const Geometry stated = geometry_of(frame_.footer());
  return is_drive_geometry(stated) ? stated : Geometry{};
}

std::uint64_t VhdImage::block_bytes() const {
  return blocks_ ? blocks_->table().block_sectors * kSectorSize : 0;
}

Extent VhdImage::in_its_file(Extent extent) const {
  const bool placed = extent.state == ClusterState::data || extent.state == ClusterState::shared;
  if (frame_.split() == nullptr || !placed || extent.layer != 0) return extent;
  const VhdSplitFile::Spot spot = frame_.split()->spot(extent.host_offset);
  extent.file = static_cast<std::uint16_t>(spot.part);
  extent.host_offset = spot.offset;
  extent.sector_count =
      std::min(extent.sector_count, std::max<std::uint64_t>(spot.length / kSectorSize, 1));
  return extent;
}

Extent VhdImage::extent_at(std::uint64_t lba) const {
  if (blocks_) return in_its_file(blocks_->extent_at(lba));
  Extent extent{.first_sector = lba};
  if (lba >= sectors_) return extent;
  const FileRun run = frame_.file().run_at(lba * kSectorSize);
  const std::uint64_t whole = run.end / kSectorSize;
  const bool data = run.data || whole <= lba;
  const std::uint64_t end = data ? (run.end + kSectorSize - 1) / kSectorSize : whole;
  extent.sector_count = std::min(std::max(end, lba + 1), sectors_) - lba;
  extent.state = data ? ClusterState::data : ClusterState::unallocated;
  extent.host_offset = data ? lba * kSectorSize : 0;
  return in_its_file(extent);
}

IoStatus VhdImage::do_read(std::uint64_t lba, std::span<std::uint8_t> sectors) {
  if (blocks_) return blocks_->read(lba, sectors);
  return frame_.file().read_at(lba * kSectorSize, sectors);
}

IoStatus VhdImage::do_write(std::uint64_t lba, std::span<const std::uint8_t> sectors) {
  if (blocks_) return blocks_->write(lba, sectors);
  fixed_dirty_ = true;
  return frame_.file().write_at(lba * kSectorSize, sectors);
}

IoStatus VhdImage::do_write_zeroes(std::uint64_t lba, std::uint64_t count) {
  if (blocks_) return blocks_->write_zeroes(lba, count);
  fixed_dirty_ = true;
  return frame_.file().zero(lba * kSectorSize, count * kSectorSize);
}

IoStatus VhdImage::cover_with_zeroes(std::uint64_t lba, std::uint64_t count) {
  return blocks_ ? blocks_->cover_with_zeroes(lba, count) : write_zeroes(lba, count);
}

IoStatus VhdImage::do_discard(std::uint64_t lba, std::uint64_t count) {
  if (blocks_) return blocks_->discard(lba, count);
  return do_write_zeroes(lba, count);
}

IoStatus VhdImage::do_flush() {
  if (!writable_) return IoStatus::ok;
  if (blocks_) return blocks_->flush();
  if (!fixed_dirty_) return IoStatus::ok;
  const IoStatus status = frame_.file().sync();
  if (status == IoStatus::ok) fixed_dirty_ = false;
  return status;
}

IoStatus VhdImage::do_close() {
  if (!writable_) return IoStatus::ok;
  return blocks_ ? blocks_->close() : do_flush();
}

std::string VhdImage::subformat() const {
  return std::string(name_of(frame_.type())) + (frame_.split() != nullptr ? ", split" : "");
}

ImageInfo VhdImage::info() const {
  ImageInfo facts;
  const VhdFooter& footer = frame_.footer();
  facts.subformat = subformat();
  facts.cluster_bytes = block_bytes();
  if (geometry().known()) facts.geometry_origin = "footer";
  facts.ids.emplace_back("uuid", text_of(footer.id));
  const auto add_file = [&](const File& file, std::string role) {
    facts.files.push_back({file.path(), std::move(role), file.size(), file.allocated_bytes()});
  };
  if (const VhdSplitFile* const split = frame_.split()) {
    for (std::size_t i = 0; i < split->part_count(); ++i) {
      add_file(split->part(i), "part " + std::to_string(i + 1));
    }
  } else {
    add_file(frame_.file(), "");
  }
  if (frame_.tail_lost()) facts.marks.emplace_back("footer lost");
  if (frame_.head_lost()) facts.marks.emplace_back("footer's copy lost");
  if (frame_.head_differs()) facts.marks.emplace_back("footer's copy differs");
  if (frame_.bad_checksum()) facts.marks.emplace_back("wrong checksum");
  if (footer.saved_state != 0) facts.marks.emplace_back("saved state");
  if (footer.promised()) facts.marks.emplace_back("commit interrupted");
  if (frame_.type() == VhdType::differencing) {
    const std::vector<std::string> names =
        read_vhd_names(frame_.file(), frame_.header()).candidates();
    ParentRecord record;
    if (!names.empty()) {
      record.name = names.front();
      record.more.assign(names.begin() + 1, names.end());
    }
    record.format = kVhdFormat.name;
    record.ids.emplace_back("uuid", text_of(frame_.header().parent_id));
    facts.parent = std::move(record);
  }
  facts.more.emplace_back("creator", creator_of(footer));
  facts.more.emplace_back("creator host", "\"" + letters_of({footer.host.data(), 4}) + "\"");
  facts.more.emplace_back("time stamp", std::to_string(kVhdEpoch + footer.time_stamp));
  if (footer.original_size != footer.current_size) {
    facts.more.emplace_back("original size", std::to_string(footer.original_size));
  }
  if (footer.current_size / kSectorSize != sectors_) {
    facts.more.emplace_back("current size", std::to_string(footer.current_size));
  }
  if (geometry_of(footer).known() && !geometry().known()) {
    facts.more.emplace_back("unusable geometry", std::to_string(footer.cylinders) + "/" +
                                                     std::to_string(footer.heads) + "/" +
                                                     std::to_string(footer.sectors_per_track));
  }
  return facts;
}

}  // namespace storage
