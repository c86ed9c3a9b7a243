// Changes to all blocks of a VHD at once: empty ones given up, the rest moved together, the end of
// the disk cleaned.
#include <algorithm>
#include <string>
#include <utility>

#include "storage/file_io.h"
#include "storage/vhd_blocks.h"

namespace storage {

namespace {

constexpr std::size_t kChunk = 64 * 1024;
constexpr std::size_t kMovesAtOnce = 16;  // blocks for each pair of syncs

}  // namespace

bool make_holes(File& file, std::uint64_t begin, std::uint64_t end,
                std::vector<std::uint8_t>& buffer) {
  buffer.resize(kChunk);
  bool nothing = true;
  for (std::uint64_t at = begin; at < end;) {
    const FileRun run = file.run_at(at);
    if (!run.data) {
      at = run.end;
      continue;
    }
    const std::uint64_t count = std::min<std::uint64_t>(kChunk, end - at);
    const auto bytes = std::span(buffer).first(static_cast<std::size_t>(count));
    read_exactly(file, at, bytes);
    if (all_zero(bytes)) {
      require_ok(file, "made sparse", file.zero(at, count));
    } else {
      nothing = false;
    }
    at += count;
  }
  return nothing;
}

void VhdBlocks::set_entries(std::uint64_t first, std::uint64_t count, std::uint32_t value) {
  const std::vector<Be32> words(4096, Be32(value));
  while (count != 0) {
    const std::uint64_t now = std::min<std::uint64_t>(count, words.size());
    const std::span<const std::uint8_t> bytes(reinterpret_cast<const std::uint8_t*>(words.data()),
                                              static_cast<std::size_t>(now * sizeof(Be32)));
    require_ok(file_, "changed", bat_.write(table_.bat_at + first * 4, bytes));
    first += now;
    count -= now;
  }
  sync_exactly(file_);
}

void VhdBlocks::clear_beyond_end() {
  const std::uint64_t last = table_.blocks() - 1;
  const std::uint64_t inside = table_.sectors_in(last);
  std::uint32_t entry = 0;
  require_ok(file_, "read", entry_of(last, entry));
  if (inside == table_.block_sectors || entry == kNoVhdBlock || !fits(entry)) return;
  const std::uint64_t beyond = table_.block_sectors - inside;
  require_ok(file_, "cleared", bitmaps_.change(last, place_of(entry), inside, beyond, false));
  require_ok(file_, "cleared", file_.zero(data_at(entry, inside), beyond * kSectorSize));
  sync_exactly(file_);
}

void VhdBlocks::drop_from(std::uint64_t block) {
  std::vector<std::uint32_t> places;
  for (std::uint64_t at = block; at < table_.blocks(); ++at) {
    std::uint32_t entry = 0;
    require_ok(file_, "read", entry_of(at, entry));
    if (entry != kNoVhdBlock && fits(entry)) places.push_back(entry);
  }
  set_entries(block, table_.entries - block, kNoVhdBlock);
  for (const std::uint32_t place : places) {
    require_ok(file_, "made sparse",
               file_.zero(place_of(place), table_.place_sectors() * kSectorSize));
  }
}

void VhdBlocks::drop_all() {
  set_entries(0, table_.entries, kNoVhdBlock);
  for (std::uint64_t block = 0; block < table_.blocks(); ++block) bitmaps_.forget(block);
  changed_size_ = true;
  dirty_ = true;
}

std::uint64_t VhdBlocks::take_sectors(std::uint64_t count) {
  require_ok(file_, "changed", begin_writing());
  const std::uint64_t begin = aligned(frame_.tail_at() / kSectorSize + 1);
  if (begin + count > kMaxVhdFileSectors) require_ok(file_, "made larger", IoStatus::no_space);
  changed_size_ = true;
  require_ok(file_, "made larger", frame_.move_tail_up((begin + count) * kSectorSize));
  next_ = aligned(begin + count + 1);
  return begin;
}

void VhdBlocks::clean_beneath() {
  VhdScan scan;
  require_ok(file_, "checked", VhdScan::run(frame_, table_, nullptr, scan));
  for (const VhdPlace& place : scan.places()) {
    std::span<const std::uint8_t> bitmap;
    require_ok(file_, "read", bitmaps_.view(place.block, place_of(place.sector), bitmap));
    for (std::uint64_t at = 0; at < table_.block_sectors;) {
      const BitRun run = bit_run(bitmap, at, table_.block_sectors - at);
      if (!run.set) {
        require_ok(file_, "cleared",
                   file_.zero(data_at(place.sector, at), run.count * kSectorSize));
      }
      at += run.count;
    }
  }
  sync_exactly(file_);
}

void VhdBlocks::compact(const Progress& progress) {
  require_ok(file_, "changed", begin_writing());
  require_ok(file_, "made durable", flush());
  free_empty_blocks(progress);
  dirty_ = true;
  require_ok(file_, "made durable", flush());
  move_blocks_down(progress);
  ready_ = false;
  require_ok(file_, "cut", trim());
}

// Not by what its bits say alone: most writers set them all.
bool VhdBlocks::holds_nothing(const VhdPlace& place, std::vector<std::uint8_t>& buffer) {
  const std::uint64_t inside = table_.sectors_in(place.block);
  std::span<const std::uint8_t> bitmap;
  require_ok(file_, "read", bitmaps_.view(place.block, place_of(place.sector), bitmap));
  bool nothing = true;
  for (std::uint64_t at = 0; at < inside;) {
    const BitRun run = bit_run(bitmap, at, inside - at);
    if (run.set) {
      const bool zero = make_holes(file_, data_at(place.sector, at),
                                   data_at(place.sector, at + run.count), buffer);
      // Zeroes of a differencing disk hide what its parent has.
      nothing = nothing && zero && !below_.exists();
    }
    at += run.count;
  }
  return nothing;
}

void VhdBlocks::free_empty_blocks(const Progress& progress) {
  VhdScan scan;
  require_ok(file_, "checked", VhdScan::run(frame_, table_, nullptr, scan));
  std::vector<std::uint8_t> buffer;
  std::uint64_t done = 0;
  for (const VhdPlace& place : scan.places()) {
    progress.report(done++, scan.places().size());
    if (!holds_nothing(place, buffer)) continue;
    require_ok(file_, "changed", free_block(place.block, place.sector));
  }
}

void VhdBlocks::copy_block(std::uint32_t from, std::uint32_t to,
                           std::vector<std::uint8_t>& buffer) {
  buffer.resize(kChunk);
  const std::uint64_t length = table_.place_sectors() * kSectorSize;
  require_ok(file_, "cleared", file_.zero(place_of(to), length));
  for (std::uint64_t done = 0; done < length;) {
    const FileRun run = file_.run_at(place_of(from) + done);
    if (!run.data) {
      done = run.end - place_of(from);
      continue;
    }
    const std::uint64_t count = std::min<std::uint64_t>(kChunk, length - done);
    const auto bytes = std::span(buffer).first(static_cast<std::size_t>(count));
    read_exactly(file_, place_of(from) + done, bytes);
    if (!all_zero(bytes)) write_exactly(file_, place_of(to) + done, bytes);
    done += count;
  }
}

// Gaps among the blocks are filled from the end of the file. Nothing is lost wherever it stops: a
// block's old place stays as it is until the file is cut.
void VhdBlocks::move_blocks_down(const Progress& progress) {
  free_.clear();
  given_up_.clear();
  VhdScan scan;
  require_ok(file_, "checked", VhdScan::run(frame_, table_, nullptr, scan));
  const std::vector<VhdPlace>& places = scan.places();
  std::vector<std::pair<VhdPlace, std::uint32_t>> moves;
  std::vector<std::uint8_t> buffer;
  const auto carry_out = [&] {
    if (moves.empty()) return;
    for (const auto& [from, to] : moves) copy_block(from.sector, to, buffer);
    sync_exactly(file_);
    for (const auto& [from, to] : moves) {
      require_ok(file_, "changed", store_entry(from.block, to));
      bitmaps_.forget(from.block);
    }
    sync_exactly(file_);
    moves.clear();
  };
  const std::uint64_t size = table_.place_sectors();
  std::size_t left = places.size();
  for (std::size_t i = 0; i + 1 < left; ++i) {
    progress.report(i, places.size());
    std::uint64_t slot = aligned(places[i].sector + size);
    while (slot + size <= places[i + 1].sector && i + 1 < left) {
      moves.emplace_back(places[--left], static_cast<std::uint32_t>(slot));
      slot = aligned(slot + size);
      if (moves.size() == kMovesAtOnce) carry_out();
    }
  }
  carry_out();
}

}  // namespace storage
