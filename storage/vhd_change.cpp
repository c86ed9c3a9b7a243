// Operations on a whole VHD: resize, compact, another parent, the end of a commit.
#include <algorithm>
#include <string>
#include <utility>

#include "storage/file_io.h"
#include "storage/vhd_image.h"

namespace storage {

namespace {

constexpr std::uint64_t kWindow = std::uint64_t{64} << 20;  // bytes between two looks at Ctrl-C

}  // namespace

// The heads and sectors stay, as what is on the disk relies on them.
VhdFooter VhdImage::resized_footer(std::uint64_t sectors) const {
  VhdFooter next = frame_.footer();
  next.current_size = sectors * kSectorSize;
  Geometry shape = geometry();
  if (shape.known()) {
    shape.cylinders = static_cast<std::uint32_t>(std::min<std::uint64_t>(
        sectors / (std::uint64_t{shape.heads} * shape.sectors_per_track), kMaxAtaCylinders));
  }
  set_geometry(next, shape.known() ? shape : vhd_geometry(sectors));
  if (sectors_of(next, VhdSizeRule::by_creator) != sectors) {
    // A creator whose disks end with a whole cylinder.
    std::ranges::copy(std::string_view("qem2"), next.creator.begin());
  }
  return next;
}

void VhdImage::resize(std::uint64_t sectors, bool drop_data, const Progress&) {
  if (!writable_) cannot("resized");
  if (frame_.type() == VhdType::differencing) {
    throw ImageError(place_.path(),
                     "cannot be resized: a differencing disk is as large as its parent");
  }
  if (sectors == 0 || sectors > kMaxVhdSectors) {
    throw ImageError(place_.path(), "cannot be resized so (sectors = " + std::to_string(sectors) +
                                        ", allowed 1 to " + std::to_string(kMaxVhdSectors) + ")");
  }
  if (sectors < sectors_ && !drop_data) {
    throw ImageError(place_.path(), "cannot be made smaller without saying so (--shrink)");
  }
  const VhdFooter next = resized_footer(sectors);
  require("made durable", do_flush());
  if (frame_.fixed()) {
    if (sectors > sectors_) grow_fixed(next);
    if (sectors < sectors_) shrink_fixed(next);
    sectors_ = sectors;
    return;
  }
  require("made durable", blocks_->close());
  if (sectors > sectors_) grow_dynamic(next, sectors);
  if (sectors < sectors_) shrink_dynamic(next, sectors);
}

// The footer goes to the new end first, with the old size still; its old place becomes the disk's
// when it holds zeroes.
void VhdImage::grow_fixed(VhdFooter next) {
  const std::uint64_t old_end = sectors_ * kSectorSize;
  const std::uint64_t new_end = next.current_size;
  if (frame_.tail_at() < new_end) require("made larger", frame_.move_tail_up(new_end));
  const std::uint64_t reach = std::min(frame_.tail_at(), new_end);
  require("cleared", frame_.file().zero(old_end, reach - old_end));
  sync_exactly(frame_.file());
  require("changed", frame_.store_footer(next));
}

void VhdImage::shrink_fixed(VhdFooter next) {
  require("changed", frame_.store_footer(next));
  sectors_ = next.current_size / kSectorSize;
  require("cut", frame_.move_tail_down(next.current_size));
}

void VhdImage::grow_dynamic(VhdFooter next, std::uint64_t sectors) {
  const VhdTable old = blocks_->table();
  VhdTable larger = old;
  larger.sectors = sectors;
  const std::uint64_t wanted = larger.blocks();
  if (wanted > kMaxVhdEntries) {
    throw ImageError(place_.path(), "cannot be made so large (blocks = " + std::to_string(wanted) +
                                        ", allowed " + std::to_string(kMaxVhdEntries) + ")");
  }
  blocks_->clear_beyond_end();
  if (wanted <= old.entries) {
    if (wanted > old.blocks()) {
      blocks_->set_entries(old.blocks(), wanted - old.blocks(), kNoVhdBlock);
    }
  } else {
    // A longer table behind all else; the header changes over to it at once.
    larger.entries = wanted;
    File& file = frame_.file();
    const std::uint64_t at = blocks_->take_sectors(larger.bat_sectors()) * kSectorSize;
    std::vector<std::uint8_t> words =
        read_bytes(file, old.bat_at, static_cast<std::size_t>(old.blocks() * 4));
    words.resize(static_cast<std::size_t>(larger.bat_sectors() * kSectorSize), 0xFF);
    write_exactly(file, at, words);
    sync_exactly(file);
    VhdHeader header = frame_.header();
    header.bat_at = at;
    header.entries = static_cast<std::uint32_t>(wanted);
    const IoStatus status = frame_.store_header_start(header);
    // Which of the two tables counts cannot be told then.
    if (status != IoStatus::ok) writable_ = false;
    require("changed", status);
    start_blocks();
  }
  require("changed", frame_.store_footer(next));
  sectors_ = sectors;
  start_blocks();
}

void VhdImage::shrink_dynamic(VhdFooter next, std::uint64_t sectors) {
  require("changed", frame_.store_footer(next));
  const std::unique_ptr<VhdBlocks> larger = std::move(blocks_);
  sectors_ = sectors;
  start_blocks();
  larger->drop_from(blocks_->table().blocks());
  blocks_->clear_beyond_end();
  require("cut", blocks_->trim());
}

void VhdImage::compact(const Progress& progress) {
  if (!writable_) cannot("compacted");
  if (blocks_) {
    blocks_->compact(progress);
    return;
  }
  std::vector<std::uint8_t> buffer;
  const std::uint64_t end = sectors_ * kSectorSize;
  for (std::uint64_t at = 0; at < end; at += kWindow) {
    progress.report(at, end);
    make_holes(frame_.file(), at, std::min(at + kWindow, end), buffer);
  }
  progress.report(end, end);
  sync_exactly(frame_.file());
}

// A header of two sectors does not change at once: the footers change over to a new one.
void VhdImage::place_new_header(const VhdParentFields& fields, VhdFooter next, std::uint64_t at) {
  const VhdHeader header = with_checksum(fields.header);
  write_exactly(frame_.file(), at, bytes_of_struct(header));
  write_exactly(frame_.file(), at + sizeof header, fields.locators);
  sync_exactly(frame_.file());
  next.header_at = at;
  require("changed", frame_.store_footer(next));
  frame_.set_header(header);
}

void VhdImage::set_parent(const ParentRef* parent) {
  if (!writable_ || frame_.type() != VhdType::differencing) {
    throw ImageError(place_.path(), "cannot be given a parent: only a differencing disk has one");
  }
  // The longest names there may be.
  constexpr std::uint64_t kSectors = (sizeof(VhdHeader) + 2ULL * kMaxVhdLocator) / kSectorSize;
  VhdFooter next = frame_.footer();
  next.set_promise(std::nullopt);
  if (parent == nullptr) {
    require("made durable", blocks_->flush());
    blocks_->clean_beneath();
    next.type = static_cast<std::uint32_t>(VhdType::dynamic);
    place_new_header({without_parent(frame_.header()), {}}, next,
                     blocks_->take_sectors(sizeof(VhdHeader) / kSectorSize) * kSectorSize);
    return;
  }
  if (!parent->format.empty() && parent->format != kVhdFormat.name) {
    throw ImageError(place_.path(), "cannot have a parent of format " + parent->format);
  }
  Uuid id = frame_.header().parent_id;
  std::int64_t modified = 0;
  if (parent->image != nullptr) {
    const auto* const image = dynamic_cast<const VhdImage*>(parent->image);
    if (image == nullptr) {
      throw ImageError(place_.path(), "cannot have a parent that is no VHD");
    }
    if (image->sector_count() != sectors_) {
      throw ImageError(
          place_.path(),
          "cannot have a parent of another size (sectors = " + std::to_string(sectors_) +
              ", the parent's = " + std::to_string(image->sector_count()) + ")");
    }
    id = image->footer().id;
    modified = image->modified();
  }
  require("made durable", blocks_->flush());
  // The name is tried before anything changes.
  static_cast<void>(vhd_parent_fields(place_, frame_.header(), *parent, 0));
  const std::uint64_t at = blocks_->take_sectors(kSectors) * kSectorSize;
  VhdParentFields fields =
      vhd_parent_fields(place_, frame_.header(), *parent, at + sizeof(VhdHeader));
  fields.header.parent_id = id;
  if (modified != 0) fields.header.parent_time = vhd_time(modified);
  place_new_header(fields, next, at);
}

// The child promises to accept the parent's next id while the parent takes it on: whichever of the
// two ids the parent has after a crash, the child accepts it.
void VhdImage::finish_commit(bool empty, const Progress&) {
  auto* const parent = dynamic_cast<VhdImage*>(parent_.get());
  if (parent == nullptr || !writable_) cannot("committed");
  require("made durable", blocks_->flush());
  const auto follow = [&](const Uuid& id) {
    VhdHeader header = frame_.header();
    header.parent_id = id;
    header.parent_time = 0;  // of a file that has just been written it says nothing
    require("changed", frame_.store_header_start(header));
  };
  // An earlier attempt may have come as far as this.
  if (frame_.header().parent_id != parent->footer().id) follow(parent->footer().id);
  VhdFooter mine = frame_.footer();
  Uuid promised = parent->footer().id;
  while (promised == parent->footer().id || promised == mine.id) promised = ids_->uuid();
  mine.set_promise(promised);
  require("changed", frame_.store_footer(mine));
  VhdFooter above = parent->footer();
  above.id = promised;
  parent->require("changed", parent->frame_.store_footer(above));
  follow(promised);
  mine.set_promise(std::nullopt);
  require("changed", frame_.store_footer(mine));
  if (empty) blocks_->drop_all();
}

}  // namespace storage
