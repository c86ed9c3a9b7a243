#include "storage/vhd_blocks.h"

#include <algorithm>
#include <cassert>

#include "storage/endian.h"

namespace storage {

namespace {

constexpr std::size_t kBatPages = 1024;             // 4 MiB: all of a disk of 2 TiB
constexpr std::uint64_t kLargestChunk = 64 * 2048;  // sectors: 64 MiB
constexpr std::uint64_t kAlignment = 8;             // sectors: 4 KiB, for the data of a block

}  // namespace

VhdBlocks::VhdBlocks(VhdFrame& frame, const VhdTable& table, VhdBelow below)
    : frame_(frame),
      file_(frame.file()),
      table_(table),
      below_(below),
      reserved_{{{0, 1},
                 {frame.footer().header_at / kSectorSize,
                  frame.footer().header_at / kSectorSize + sizeof(VhdHeader) / kSectorSize},
                 {table.bat_at / kSectorSize, table.bat_at / kSectorSize + table.bat_sectors()}}},
      bat_(file_, kBatPages),
      bitmaps_(file_, table.blocks(), table.block_sectors, table.bitmap_sectors()) {}

template <class Visit>
IoStatus VhdBlocks::for_each_piece(std::uint64_t lba, std::uint64_t count, Visit visit) const {
  for (std::uint64_t done = 0; done < count;) {
    Piece piece{.block = (lba + done) / table_.block_sectors,
                .first = (lba + done) % table_.block_sectors};
    piece.count = std::min(count - done, table_.block_sectors - piece.first);
    const IoStatus status = visit(piece, done);
    if (status != IoStatus::ok) return status;
    done += piece.count;
  }
  return IoStatus::ok;
}

IoStatus VhdBlocks::entry_of(std::uint64_t block, std::uint32_t& entry) const {
  return bat_.load<Be32>(table_.bat_at + block * 4, entry);
}

// [VHD1] the footer comes last: a block that reaches into it is none, nor one over the headers.
bool VhdBlocks::fits(std::uint32_t entry) const {
  const std::uint64_t end = entry + table_.place_sectors();
  return end * kSectorSize <= frame_.tail_at() &&
         std::ranges::none_of(reserved_, [&](const VhdStretch& reserved) {
           return entry < reserved.end && reserved.begin < end;
         });
}

IoStatus VhdBlocks::store_entry(std::uint64_t block, std::uint32_t entry) {
  assert(entry == kNoVhdBlock || fits(entry));
  dirty_ = true;
  return bat_.store<Be32>(table_.bat_at + block * 4, entry);
}

IoStatus VhdBlocks::run_in(const Piece& piece, Run& run) const {
  run = {.state = Run::State::none, .sectors = piece.count};
  std::uint32_t entry = 0;
  IoStatus status = entry_of(piece.block, entry);
  if (status != IoStatus::ok || entry == kNoVhdBlock) return status;
  if (!fits(entry)) {
    run.state = Run::State::bad;
    return status;
  }
  run.host_offset = data_at(entry, piece.first);
  if (bitmaps_.full(piece.block)) {
    run.state = Run::State::data;
    return status;
  }
  std::span<const std::uint8_t> bitmap;
  status = bitmaps_.view(piece.block, place_of(entry), bitmap);
  if (status != IoStatus::ok) return status;
  const BitRun bits = bit_run(bitmap, piece.first, piece.count);
  if (bits.set) run.state = Run::State::data;
  run.sectors = bits.count;
  return status;
}

IoStatus VhdBlocks::read(std::uint64_t lba, std::span<std::uint8_t> sectors) {
  while (!sectors.empty()) {
    Piece piece{.block = lba / table_.block_sectors, .first = lba % table_.block_sectors};
    piece.count =
        std::min<std::uint64_t>(sectors.size() / kSectorSize, table_.block_sectors - piece.first);
    Run run;
    IoStatus status = run_in(piece, run);
    if (status != IoStatus::ok) return status;
    const auto bytes = sectors.first(static_cast<std::size_t>(run.sectors * kSectorSize));
    switch (run.state) {
      case Run::State::none:
        status = below_.missing ? IoStatus::corrupt : read_parent(below_.parent, lba, bytes);
        break;
      case Run::State::data:
        status = file_.read_at(run.host_offset, bytes);
        break;
      case Run::State::bad:
        return IoStatus::corrupt;
    }
    if (status != IoStatus::ok) return status;
    sectors = sectors.subspan(bytes.size());
    lba += run.sectors;
  }
  return IoStatus::ok;
}

// How many blocks from there on have no place, at most `limit`.
std::uint64_t VhdBlocks::unallocated_from(std::uint64_t block, std::uint64_t limit) const {
  std::uint64_t count = 0;
  while (count < limit) {
    std::span<const std::uint8_t> words;
    if (bat_.view(table_.bat_at + (block + count) * 4, words) != IoStatus::ok) break;
    const auto here = static_cast<std::size_t>(
        std::min<std::uint64_t>((limit - count) * 4, words.size() / 4 * 4));
    const auto found =
        std::ranges::find_if(words.first(here), [](std::uint8_t byte) { return byte != 0xFF; });
    const auto same = static_cast<std::uint64_t>(found - words.begin()) / 4;
    count += same;
    if (here == 0 || same != here / 4) break;
  }
  return count;
}

Extent VhdBlocks::extent_at(std::uint64_t lba) const {
  Extent extent{.first_sector = lba};
  if (lba >= table_.sectors) return extent;
  const std::uint64_t rest = table_.sectors - lba;
  Piece piece{.block = lba / table_.block_sectors, .first = lba % table_.block_sectors};
  Run all;
  for (bool first = true; extent.sector_count < rest; first = false) {
    Run run;
    piece.count = std::min(rest - extent.sector_count, table_.block_sectors - piece.first);
    const IoStatus status = run_in(piece, run);
    if (status != IoStatus::ok) run = {.state = Run::State::bad, .sectors = piece.count};
    const bool goes_on =
        first || (run.state == all.state &&
                  (run.state != Run::State::data ||
                   run.host_offset == all.host_offset + extent.sector_count * kSectorSize));
    if (!goes_on) break;
    if (first) all = run;
    extent.sector_count += run.sectors;
    piece.first += run.sectors;
    if (piece.first < table_.block_sectors) continue;
    piece = {.block = piece.block + 1};
    if (all.state != Run::State::none) continue;
    const std::uint64_t none = unallocated_from(piece.block, table_.blocks() - piece.block);
    piece.block += none;
    extent.sector_count = std::min(rest, extent.sector_count + none * table_.block_sectors);
  }
  switch (all.state) {
    case Run::State::data:
      extent.state = ClusterState::data;
      extent.host_offset = all.host_offset;
      break;
    case Run::State::bad:
      extent.state = ClusterState::corrupt;
      break;
    case Run::State::none:
      if (below_.missing) {
        extent.state = ClusterState::parent;
      } else {
        extent = parent_extent(below_.parent, lba, extent.sector_count);
      }
      break;
  }
  return extent;
}

std::uint64_t VhdBlocks::aligned(std::uint64_t sector) const {
  const std::uint64_t data = sector + table_.bitmap_sectors();
  return (data + kAlignment - 1) / kAlignment * kAlignment - table_.bitmap_sectors();
}

IoStatus VhdBlocks::begin_writing() {
  if (ready_) return IoStatus::ok;
  // A place that two entries name must not be written through either; and where free space begins
  // only the table knows.
  VhdScan scan;
  IoStatus status = VhdScan::run(frame_, table_, nullptr, scan);
  if (status != IoStatus::ok) return status;
  if (!scan.bad().empty() || frame_.tail_lost()) return IoStatus::corrupt;
  free_.clear();
  given_up_.clear();
  gaps_ = scan.gaps(frame_, table_);
  next_ = aligned(frame_.tail_at() / kSectorSize + 1);
  // Before the footer there may be zeroes that nothing names: what a session that was cut off had
  // grown the file by, or a new disk in parts has. Other bytes may be anything and stay.
  std::uint64_t end = 0;
  status = zeroes_until(file_, scan.end() * kSectorSize, frame_.tail_at(), end);
  if (status != IoStatus::ok) return status;
  if (end < frame_.tail_at()) {
    kept_end_ = frame_.tail_at();
  } else if (aligned(scan.end()) + table_.place_sectors() <= end / kSectorSize) {
    status = file_.sync();
    if (status != IoStatus::ok) return status;
    next_ = aligned(scan.end());
  }
  ready_ = true;
  return status;
}

// Invariant 3: the file ends further up, with place for one block or more in between.
IoStatus VhdBlocks::grow(std::uint64_t sectors) {
  const std::uint64_t tail = frame_.tail_at() / kSectorSize;
  // The old footer's sector is not durably zero, so nothing begins there.
  const std::uint64_t begin = aligned(tail + 1);
  if (begin + sectors > kMaxVhdFileSectors) return IoStatus::no_space;
  const std::uint64_t most = std::max<std::uint64_t>(kLargestChunk / sectors, 1);
  places_grown_ = std::clamp<std::uint64_t>(places_grown_ * 2, 1,
                                            std::min(most, (kMaxVhdFileSectors - begin) / sectors));
  changed_size_ = true;
  IoStatus status = frame_.move_tail_up((begin + places_grown_ * sectors) * kSectorSize);
  if (status == IoStatus::no_space && places_grown_ > 1) {
    places_grown_ = 1;
    status = frame_.move_tail_up((begin + sectors) * kSectorSize);
  }
  if (status == IoStatus::ok) next_ = begin;
  return status;
}

// What earlier sessions gave up in the middle of the file, and is zeroes: the places of one gap.
IoStatus VhdBlocks::take_gap() {
  const std::uint64_t size = table_.place_sectors();
  while (!gaps_.empty() && given_up_.empty()) {
    const VhdStretch gap = gaps_.back();
    gaps_.pop_back();
    for (std::uint64_t at = aligned(gap.begin); at + size <= gap.end; at = aligned(at + size)) {
      const std::uint64_t wanted = (at + size) * kSectorSize;
      std::uint64_t end = 0;
      const IoStatus status = zeroes_until(file_, at * kSectorSize, wanted, end);
      if (status != IoStatus::ok) return status;
      if (end == wanted) given_up_.push_back(static_cast<std::uint32_t>(at));
    }
  }
  return IoStatus::ok;
}

IoStatus VhdBlocks::take_place(std::uint32_t& sector) {
  const std::uint64_t size = table_.place_sectors();
  const std::uint64_t step = (size + kAlignment - 1) / kAlignment * kAlignment;
  const bool room = next_ + size <= frame_.tail_at() / kSectorSize;
  if (!room && free_.empty()) {
    if (const IoStatus status = take_gap(); status != IoStatus::ok) return status;
  }
  if (!room && free_.empty() && !given_up_.empty()) {
    // A sync like the one that growing would cost.
    if (const IoStatus status = flush(); status != IoStatus::ok) return status;
  }
  if (!free_.empty()) {
    sector = free_.back();
    free_.pop_back();
    return IoStatus::ok;
  }
  if (!room) {
    if (const IoStatus status = grow(step); status != IoStatus::ok) return status;
  }
  sector = static_cast<std::uint32_t>(next_);
  next_ += step;
  return IoStatus::ok;
}

void VhdBlocks::tell(AllocationEvent::Kind kind, const Piece& piece, std::uint32_t entry) const {
  if (!on_event) return;
  const std::uint64_t first = piece.block * table_.block_sectors + piece.first;
  Extent extent{.first_sector = first,
                .sector_count = std::min(piece.count, table_.sectors - first)};
  if (kind == AllocationEvent::Kind::allocated) {
    extent.state = ClusterState::data;
    extent.host_offset = data_at(entry, piece.first);
  }
  on_event(kind, extent);
}

// `bytes` empty: zeroes, which are there.
IoStatus VhdBlocks::write_new(const Piece& piece, std::span<const std::uint8_t> bytes) {
  std::uint32_t place = 0;
  IoStatus status = take_place(place);
  if (status != IoStatus::ok) return status;
  dirty_ = true;
  if (!bytes.empty()) status = file_.write_at(data_at(place, piece.first), bytes);
  bitmaps_.forget(piece.block);
  if (status == IoStatus::ok && !below_.exists()) {
    status = bitmaps_.fill(piece.block, place_of(place));
  }
  if (status != IoStatus::ok) {
    // Not named yet: with its zeroes back it is as good as new, after a sync.
    const IoStatus cleared = file_.zero(place_of(place), table_.place_sectors() * kSectorSize);
    if (cleared == IoStatus::ok) given_up_.push_back(place);
    bitmaps_.forget(piece.block);
    return status;
  }
  status = store_entry(piece.block, place);
  if (status != IoStatus::ok) {
    bitmaps_.forget(piece.block);
    return status;
  }
  if (!below_.exists()) {
    tell(AllocationEvent::Kind::allocated, {.block = piece.block, .count = table_.block_sectors},
         place);
  }
  return status;
}

IoStatus VhdBlocks::all_set(const Piece& piece, std::uint32_t entry, bool& set) const {
  set = bitmaps_.full(piece.block);
  if (set) return IoStatus::ok;
  std::span<const std::uint8_t> bitmap;
  const IoStatus status = bitmaps_.view(piece.block, place_of(entry), bitmap);
  if (status != IoStatus::ok) return status;
  const BitRun run = bit_run(bitmap, piece.first, piece.count);
  set = run.set && run.count == piece.count;
  return status;
}

IoStatus VhdBlocks::write_piece(const Piece& piece, std::span<const std::uint8_t> bytes,
                                bool& bits_due) {
  std::uint32_t entry = 0;
  IoStatus status = entry_of(piece.block, entry);
  if (status != IoStatus::ok) return status;
  if (entry == kNoVhdBlock) {
    bits_due = bits_due || below_.exists();
    return write_new(piece, bytes);
  }
  if (!fits(entry)) return IoStatus::corrupt;
  bool set = false;
  status = all_set(piece, entry, set);
  if (status != IoStatus::ok) return status;
  bool free = false;
  if (!set) status = bits_are_free(piece, entry, free);
  if (status != IoStatus::ok) return status;
  dirty_ = true;
  status = file_.write_at(data_at(entry, piece.first), bytes);
  if (status != IoStatus::ok || set) return status;
  if (free) return set_bits(piece);
  bits_due = true;
  return status;
}

// Invariant 4: what cannot be told from zeroes is as good as durable. Bytes that a cut may bring
// back here are those of a discard that was not flushed.
IoStatus VhdBlocks::bits_are_free(const Piece& piece, std::uint32_t entry, bool& free) {
  free = false;
  if (below_.exists()) return IoStatus::ok;
  std::span<const std::uint8_t> bitmap;
  const IoStatus status = bitmaps_.view(piece.block, place_of(entry), bitmap);
  if (status != IoStatus::ok) return status;
  for (std::uint64_t done = 0; done < piece.count;) {
    const std::uint64_t at = piece.first + done;
    const BitRun run = bit_run(bitmap, at, piece.count - done);
    if (!run.set) {
      std::uint64_t end = 0;
      const std::uint64_t begin = data_at(entry, at);
      const std::uint64_t wanted = begin + run.count * kSectorSize;
      const IoStatus read = zeroes_until(file_, begin, wanted, end);
      if (read != IoStatus::ok || end != wanted) return read;
    }
    done += run.count;
  }
  free = true;
  return status;
}

IoStatus VhdBlocks::set_bits(const Piece& piece) {
  std::uint32_t entry = 0;
  IoStatus status = entry_of(piece.block, entry);
  if (status != IoStatus::ok || entry == kNoVhdBlock) return status;
  bool set = false;
  status = all_set(piece, entry, set);
  if (status != IoStatus::ok || set) return status;
  status = bitmaps_.change(piece.block, place_of(entry), piece.first, piece.count, true);
  if (status == IoStatus::ok) tell(AllocationEvent::Kind::allocated, piece, entry);
  return status;
}

IoStatus VhdBlocks::write(std::uint64_t lba, std::span<const std::uint8_t> sectors) {
  IoStatus status = begin_writing();
  if (status != IoStatus::ok) return status;
  const std::uint64_t count = sectors.size() / kSectorSize;
  bool bits_due = false;
  status = for_each_piece(lba, count, [&](const Piece& piece, std::uint64_t done) {
    return write_piece(piece,
                       sectors.subspan(static_cast<std::size_t>(done * kSectorSize),
                                       static_cast<std::size_t>(piece.count * kSectorSize)),
                       bits_due);
  });
  return status == IoStatus::ok && bits_due ? show(lba, count) : status;
}

// Invariant 4: the sectors are there before their bits say so.
IoStatus VhdBlocks::show(std::uint64_t lba, std::uint64_t count) {
  const IoStatus status = file_.sync();
  if (status != IoStatus::ok) return status;
  return for_each_piece(lba, count,
                        [&](const Piece& piece, std::uint64_t) { return set_bits(piece); });
}

bool VhdBlocks::parent_shows_nothing(const Piece& piece) const {
  if (below_.missing) return false;
  const std::uint64_t lba = piece.block * table_.block_sectors + piece.first;
  const Extent there = parent_extent(below_.parent, lba, piece.count);
  return there.state == ClusterState::unallocated && there.sector_count == piece.count;
}

// Sectors of a differencing disk shall show zeroes; with `spare`, no block is taken for those that
// do so as the parent is now.
IoStatus VhdBlocks::hide(std::uint64_t lba, std::uint64_t count, bool spare) {
  bool bits_due = false;
  const IoStatus status = for_each_piece(lba, count, [&](const Piece& piece, std::uint64_t) {
    return hide_piece(piece, spare, bits_due);
  });
  return status == IoStatus::ok && bits_due ? show(lba, count) : status;
}

IoStatus VhdBlocks::hide_piece(const Piece& piece, bool spare, bool& bits_due) {
  std::uint32_t entry = 0;
  const IoStatus status = entry_of(piece.block, entry);
  if (status != IoStatus::ok) return status;
  if (entry == kNoVhdBlock) {
    if (spare && parent_shows_nothing(piece)) return IoStatus::ok;
    bits_due = true;
    return write_new(piece, {});
  }
  if (!fits(entry)) return IoStatus::corrupt;
  bits_due = true;
  dirty_ = true;
  return file_.zero(data_at(entry, piece.first), piece.count * kSectorSize);
}

IoStatus VhdBlocks::free_block(std::uint64_t block, std::uint32_t entry) {
  IoStatus status = store_entry(block, kNoVhdBlock);
  if (status != IoStatus::ok) return status;
  changed_size_ = true;
  bitmaps_.forget(block);
  tell(AllocationEvent::Kind::freed, {.block = block, .count = table_.block_sectors}, entry);
  status = file_.zero(place_of(entry), table_.place_sectors() * kSectorSize);
  if (status == IoStatus::ok) given_up_.push_back(entry);  // invariant 5
  return status;
}

// Sectors of a dynamic disk shall show zeroes and take no space.
IoStatus VhdBlocks::clear_piece(const Piece& piece) {
  std::uint32_t entry = 0;
  IoStatus status = entry_of(piece.block, entry);
  if (status != IoStatus::ok || entry == kNoVhdBlock) return status;
  if (!fits(entry)) return IoStatus::corrupt;
  const std::uint64_t inside = table_.sectors_in(piece.block);
  if (piece.first == 0 && piece.count >= inside) return free_block(piece.block, entry);
  std::span<const std::uint8_t> bitmap;
  status = bitmaps_.view(piece.block, place_of(entry), bitmap);
  if (status != IoStatus::ok) return status;
  const BitRun here = bit_run(bitmap, piece.first, piece.count);
  if (!here.set && here.count == piece.count) return status;  // nothing there
  const auto empty = [&](std::uint64_t first, std::uint64_t end) {
    if (first == end) return true;
    const BitRun run = bit_run(bitmap, first, end - first);
    return !run.set && run.count == end - first;
  };
  if (empty(0, piece.first) && empty(piece.first + piece.count, inside)) {
    return free_block(piece.block, entry);
  }
  status = bitmaps_.change(piece.block, place_of(entry), piece.first, piece.count, false);
  if (status != IoStatus::ok) return status;
  dirty_ = true;
  tell(AllocationEvent::Kind::freed, piece, entry);
  return file_.zero(data_at(entry, piece.first), piece.count * kSectorSize);
}

IoStatus VhdBlocks::write_zeroes(std::uint64_t lba, std::uint64_t count) {
  IoStatus status = begin_writing();
  if (status != IoStatus::ok) return status;
  if (!below_.exists()) {
    return for_each_piece(lba, count,
                          [&](const Piece& piece, std::uint64_t) { return clear_piece(piece); });
  }
  return hide(lba, count, true);
}

IoStatus VhdBlocks::cover_with_zeroes(std::uint64_t lba, std::uint64_t count) {
  const IoStatus status = begin_writing();
  return status == IoStatus::ok ? hide(lba, count, false) : status;
}

IoStatus VhdBlocks::discard(std::uint64_t lba, std::uint64_t count) {
  if (!below_.exists()) return write_zeroes(lba, count);
  // What shows the parent goes on showing it; own sectors become zeroes without space.
  IoStatus status = begin_writing();
  while (status == IoStatus::ok && count != 0) {
    Piece piece{.block = lba / table_.block_sectors, .first = lba % table_.block_sectors};
    piece.count = std::min(count, table_.block_sectors - piece.first);
    Run run;
    status = run_in(piece, run);
    if (status != IoStatus::ok) return status;
    if (run.state == Run::State::bad) return IoStatus::corrupt;
    if (run.state == Run::State::data) {
      dirty_ = true;
      status = file_.zero(run.host_offset, run.sectors * kSectorSize);
    }
    lba += run.sectors;
    count -= run.sectors;
  }
  return status;
}

IoStatus VhdBlocks::flush() {
  if (!dirty_) return IoStatus::ok;
  const IoStatus status = file_.sync();
  if (status != IoStatus::ok) return status;
  dirty_ = false;
  free_.insert(free_.end(), given_up_.begin(), given_up_.end());
  given_up_.clear();
  return status;
}

IoStatus VhdBlocks::trim() {
  VhdScan scan;
  IoStatus status = VhdScan::run(frame_, table_, nullptr, scan);
  if (status != IoStatus::ok) return status;
  std::uint64_t wanted = std::max(scan.end() * kSectorSize, kept_end_);
  // Parts: the first one's size is the limit of all, and the footer tells that there are more.
  if (frame_.split() != nullptr) wanted = std::max(wanted, frame_.split()->part_bytes());
  if (wanted >= frame_.tail_at()) return status;
  ready_ = false;
  return frame_.move_tail_down(wanted);
}

IoStatus VhdBlocks::close() {
  IoStatus status = flush();
  if (status != IoStatus::ok || !changed_size_) return status;
  changed_size_ = false;
  return trim();
}

}  // namespace storage
