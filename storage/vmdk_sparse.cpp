#include "storage/vmdk_sparse.h"

#include <algorithm>
#include <cassert>
#include <cstddef>

#include "storage/file_io.h"
#include "storage/image_error.h"
#include "storage/vmdk_scan.h"

namespace storage {

namespace {

constexpr std::uint64_t kFirstChunk = 256;          // sectors
constexpr std::uint64_t kLargestChunk = 64 * 2048;  // 64 MiB
constexpr std::size_t kFillBytes = 64 * 1024;

std::span<const std::uint8_t> bytes_of(std::span<const Le32> words) {
  return {reinterpret_cast<const std::uint8_t*>(words.data()), words.size_bytes()};
}

}  // namespace

VmdkSparseExtent::VmdkSparseExtent(Place place, std::unique_ptr<File> file, VmdkShape shape,
                                   VmdkBelow below, bool writable)
    : place_(std::move(place)),
      file_(std::move(file)),
      shape_(std::move(shape)),
      below_(below),
      writable_(writable) {
  load_directories();
}

void VmdkSparseExtent::load_directories() {
  cache_ = std::make_unique<TableCache>(*file_);
  sectors_ = file_sectors(*file_);
  directories_.clear();
  for (const std::uint64_t sector : shape_.directories) {
    // The shape's directories lie in the file, so this is no more memory than the file has.
    std::vector<Le32> words(static_cast<std::size_t>(shape_.tables));
    read_exactly(*file_, sector * kSectorSize,
                 {reinterpret_cast<std::uint8_t*>(words.data()), words.size() * sizeof(Le32)});
    directories_.emplace_back(words.begin(), words.end());
  }
  next_ = 0;
  fresh_end_ = 0;
  chunk_ = 0;
}

bool VmdkSparseExtent::table_fits(std::uint64_t sector) const {
  return sector != 0 && sector <= sectors_ && shape_.table_sectors() <= sectors_ - sector;
}

std::uint64_t VmdkSparseExtent::table_at(std::uint64_t table) const {
  std::uint64_t named = 0;
  for (const auto& directory : directories_) {
    const std::uint32_t sector = directory[static_cast<std::size_t>(table)];
    if (table_fits(sector)) return sector;
    if (sector != 0) named = sector;
  }
  return named;
}

IoStatus VmdkSparseExtent::entry_at(std::uint64_t grain, std::uint32_t& entry) const {
  const std::uint64_t table = table_at(grain / shape_.entries);
  entry = 0;
  if (table == 0) return IoStatus::ok;
  if (!table_fits(table)) return IoStatus::corrupt;
  return cache_->load<Le32>(table * kSectorSize + grain % shape_.entries * 4, entry);
}

VmdkSparseExtent::Run VmdkSparseExtent::state_of(std::uint64_t grain, std::uint32_t entry) const {
  const std::uint64_t size = shape_.grain_size(grain);
  if (entry == 0) return {.state = Run::State::none, .sectors = size};
  if (entry == kZeroGrain && shape_.zero_grains)
    return {.state = Run::State::zero, .sectors = size};
  if (entry < shape_.overhead || entry > sectors_ || size > sectors_ - entry) {
    return {.state = Run::State::bad, .sectors = size};
  }
  return {.state = Run::State::data,
          .sectors = size,
          .host_offset = std::uint64_t{entry} * kSectorSize};
}

IoStatus VmdkSparseExtent::run_at(std::uint64_t lba, std::uint64_t limit, Run& run) const {
  std::uint64_t grain = lba / shape_.grain;
  const std::uint64_t skip = lba % shape_.grain;
  std::uint32_t entry = 0;
  IoStatus status = entry_at(grain, entry);
  if (status == IoStatus::corrupt) {
    run = {.state = Run::State::bad, .sectors = shape_.grain_size(grain)};
  } else if (status != IoStatus::ok) {
    return status;
  } else {
    run = state_of(grain, entry);
  }
  run.sectors -= skip;
  if (run.state == Run::State::data) run.host_offset += skip * kSectorSize;
  while (run.sectors < limit && ++grain < shape_.grains()) {
    const std::uint64_t in_table = shape_.entries - grain % shape_.entries;
    if (table_at(grain / shape_.entries) == 0) {  // a whole table's worth of nothing
      if (run.state != Run::State::none) break;
      grain += in_table - 1;
      run.sectors += in_table * shape_.grain;
      continue;
    }
    status = entry_at(grain, entry);
    if (status != IoStatus::ok) break;  // is told when it is asked for
    const Run more = state_of(grain, entry);
    if (more.state != run.state) break;
    if (run.state == Run::State::data &&
        more.host_offset != run.host_offset + run.sectors * kSectorSize) {
      break;
    }
    run.sectors += more.sectors;
  }
  run.sectors = std::min(run.sectors, limit);
  return IoStatus::ok;
}

IoStatus VmdkSparseExtent::read(std::uint64_t lba, std::span<std::uint8_t> out) {
  while (!out.empty()) {
    Run run;
    IoStatus status = run_at(lba, out.size() / kSectorSize, run);
    if (status != IoStatus::ok) return status;
    const auto piece = out.first(static_cast<std::size_t>(run.sectors * kSectorSize));
    switch (run.state) {
      case Run::State::none:
        status = below_.read(lba, piece);
        break;
      case Run::State::zero:
        std::ranges::fill(piece, std::uint8_t{0});
        break;
      case Run::State::data:
        status = file_->read_at(run.host_offset, piece);
        break;
      case Run::State::bad:
        return IoStatus::corrupt;
    }
    if (status != IoStatus::ok) return status;
    out = out.subspan(piece.size());
    lba += run.sectors;
  }
  return IoStatus::ok;
}

Extent VmdkSparseExtent::extent_at(std::uint64_t lba, std::uint64_t limit) const {
  Extent extent{.first_sector = lba, .sector_count = limit};
  Run run;
  if (run_at(lba, limit, run) != IoStatus::ok) {
    extent.sector_count = 1;
    extent.state = ClusterState::corrupt;
    return extent;
  }
  extent.sector_count = run.sectors;
  switch (run.state) {
    case Run::State::none:
      if (below_.missing) {
        extent.state = ClusterState::parent;
      } else {
        extent = parent_extent(below_.parent, below_.first + lba, run.sectors);
        extent.first_sector = lba;
      }
      break;
    case Run::State::zero:
      extent.state = ClusterState::zero;
      break;
    case Run::State::data:
      extent.state = ClusterState::data;
      extent.host_offset = run.host_offset;
      break;
    case Run::State::bad:
      extent.state = ClusterState::corrupt;
      break;
  }
  return extent;
}

IoStatus VmdkSparseExtent::begin_writing() {
  if (next_ != 0) return IoStatus::ok;
  // A grain that two entries name must not be written through either; and where free space begins,
  // only the tables know.
  VmdkTableScan scan(*this, nullptr);
  IoStatus status = scan.run();
  if (status != IoStatus::ok) return status;
  if (scan.hard_errors() != 0) return IoStatus::corrupt;
  next_ = aligned(std::max(scan.end(), sectors_));
  fresh_end_ = next_;
  if (scan.parted() == 0) return IoStatus::ok;
  status = begin_changing();
  if (status == IoStatus::ok) status = scan.mend();
  if (status != IoStatus::ok) next_ = 0;
  return status;
}

IoStatus VmdkSparseExtent::mark(bool unclean, bool new_generation) {
  if (!shape_.esx) {
    const std::array<std::uint8_t, 1> byte = {static_cast<std::uint8_t>(unclean ? 1 : 0)};
    return file_->write_at(offsetof(VmdkHeader, unclean), byte);
  }
  CowdHeader header;
  IoStatus status = file_->read_at(0, {reinterpret_cast<std::uint8_t*>(&header), sizeof header});
  const auto store = [&](std::size_t place, std::uint32_t before, std::uint32_t value) {
    const Le32 word(value);
    if (status == IoStatus::ok && value != before)
      status = file_->write_at(place, bytes_of({&word, 1}));
  };
  const std::uint32_t flags = header.flags;
  store(offsetof(CowdHeader, flags), flags,
        unclean ? flags | kCowdUnsureFlag : flags & ~kCowdUnsureFlag);
  // The same word numbers the files of a version 3 disk.
  if (header.version == kCowdHosted) {
    store(offsetof(CowdHeader, unclean), header.unclean, unclean ? 1 : 0);
  }
  if (unclean) {
    store(offsetof(CowdHeader, generation), header.generation,
          header.generation + (new_generation ? 1 : 0));
  } else {
    store(offsetof(CowdHeader, free_sector), header.free_sector, static_cast<std::uint32_t>(next_));
    store(offsetof(CowdHeader, saved_generation), header.saved_generation, header.generation);
  }
  return status;
}

IoStatus VmdkSparseExtent::begin_session(bool new_generation) {
  IoStatus status = begin_writing();
  const bool raise = new_generation && !raised_;
  if (status != IoStatus::ok || (marked_ && !raise)) return status;
  status = mark(true, raise);
  if (status == IoStatus::ok) status = file_->sync();
  if (status == IoStatus::ok) {
    marked_ = true;
    raised_ = raised_ || raise;
  } else {
    // The mark may have reached the file all the same; the next session takes it off.
    broken_ = true;
  }
  return status;
}

IoStatus VmdkSparseExtent::begin_changing() {
  return marked_ ? IoStatus::ok : begin_session(true);
}

IoStatus VmdkSparseExtent::reserve(std::uint64_t sectors) {
  IoStatus status = IoStatus::ok;
  if (spoiled_) {
    status = file_->resize(next_ * kSectorSize);
    if (status != IoStatus::ok) return status;
    cache_->forget();
    sectors_ = fresh_end_ = next_;
    spoiled_ = false;
  }
  const std::uint64_t end = next_ + sectors;
  if (end <= fresh_end_) return IoStatus::ok;
  if (end > kMaxVmdkFileSectors) return IoStatus::no_space;
  chunk_ = std::min(std::max({chunk_ * 2, kFirstChunk, 16 * shape_.grain}),
                    std::max(kLargestChunk, shape_.grain));
  const std::uint64_t wanted = std::min(std::max(end, next_ + chunk_), kMaxVmdkFileSectors);
  std::uint64_t grown = wanted;
  status = file_->resize(wanted * kSectorSize);
  if (status != IoStatus::ok && wanted != end) {
    grown = end;
    status = file_->resize(end * kSectorSize);
  }
  if (status != IoStatus::ok) return status;
  status = file_->sync();
  if (status != IoStatus::ok) {
    broken_ = true;
    return status;
  }
  sectors_ = fresh_end_ = grown;
  return IoStatus::ok;
}

IoStatus VmdkSparseExtent::make_table(std::uint64_t table) {
  const std::uint64_t size = shape_.table_sectors();
  const std::uint64_t all = aligned(size * directories_.size());
  if (const IoStatus status = reserve(all); status != IoStatus::ok) return status;
  std::uint64_t place = next_;
  next_ += all;
  for (std::size_t copy = 0; copy < directories_.size(); ++copy, place += size) {
    const Le32 word(static_cast<std::uint32_t>(place));
    const IoStatus status =
        file_->write_at(shape_.directories[copy] * kSectorSize + table * 4, bytes_of({&word, 1}));
    if (status != IoStatus::ok) {
      broken_ = true;
      return status;
    }
    directories_[copy][static_cast<std::size_t>(table)] = word;
  }
  return IoStatus::ok;
}

IoStatus VmdkSparseExtent::store_entries(std::uint64_t first_grain, std::span<const Le32> entries) {
  const auto table = static_cast<std::size_t>(first_grain / shape_.entries);
  for (const auto& directory : directories_) {
    if (!table_fits(directory[table])) continue;
    const std::uint64_t place =
        std::uint64_t{directory[table]} * kSectorSize + first_grain % shape_.entries * 4;
    dirty_ = true;
    const IoStatus status = cache_->write(place, bytes_of(entries));
    if (status != IoStatus::ok) {
      broken_ = true;  // the copies may differ now
      return status;
    }
  }
  return IoStatus::ok;
}

IoStatus VmdkSparseExtent::name_grains(std::uint64_t first_grain, std::uint64_t count,
                                       std::uint64_t sector) {
  assert(sector + count * shape_.grain <= next_ && sector >= shape_.overhead);
  std::array<Le32, 128> entries;
  while (count != 0) {
    const std::uint64_t now = std::min<std::uint64_t>(count, entries.size());
    for (std::size_t i = 0; i < now; ++i) {
      entries[i] = static_cast<std::uint32_t>(sector + i * shape_.grain);
    }
    const IoStatus status =
        store_entries(first_grain, std::span(entries).first(static_cast<std::size_t>(now)));
    if (status != IoStatus::ok) return status;
    first_grain += now;
    count -= now;
    sector += now * shape_.grain;
  }
  return IoStatus::ok;
}

// The part of a new grain that the guest does not write.
IoStatus VmdkSparseExtent::write_fill(std::uint64_t lba, std::uint64_t count,
                                      std::uint64_t host_sector) {
  fill_.resize(kFillBytes);
  while (count != 0) {
    const std::uint64_t now = std::min<std::uint64_t>(count, kFillBytes / kSectorSize);
    const auto bytes = std::span(fill_).first(static_cast<std::size_t>(now * kSectorSize));
    IoStatus status = below_.read(lba, bytes);
    if (status == IoStatus::ok) status = file_->write_at(host_sector * kSectorSize, bytes);
    if (status != IoStatus::ok) return status;
    lba += now;
    host_sector += now;
    count -= now;
  }
  return IoStatus::ok;
}

// Sectors of grains that have no place yet, all of one table.
IoStatus VmdkSparseExtent::write_new(std::uint64_t lba, std::span<const std::uint8_t> in,
                                     bool over_zero) {
  IoStatus status = begin_changing();
  const std::uint64_t grain = lba / shape_.grain;
  const std::uint64_t begin = grain * shape_.grain;
  const std::uint64_t end = lba + in.size() / kSectorSize;
  const std::uint64_t count = (end - begin + shape_.grain - 1) / shape_.grain;
  if (status == IoStatus::ok && table_at(grain / shape_.entries) == 0) {
    status = make_table(grain / shape_.entries);
  }
  if (status == IoStatus::ok) status = reserve(count * shape_.grain);
  if (status != IoStatus::ok) return status;
  const std::uint64_t place = next_;
  const bool hides_parent = below_.exists() && !over_zero;
  const std::uint64_t whole_end = std::min(begin + count * shape_.grain, shape_.capacity);
  if (hides_parent) status = write_fill(begin, lba - begin, place);
  if (hides_parent && status == IoStatus::ok) {
    status = write_fill(end, whole_end - end, place + (end - begin));
  }
  if (status == IoStatus::ok) {
    status = file_->write_at((place + (lba - begin)) * kSectorSize, in);
  }
  dirty_ = true;
  if (hides_parent && status == IoStatus::ok) {  // (1)
    status = file_->sync();
    if (status != IoStatus::ok) broken_ = true;
  }
  if (status != IoStatus::ok) {
    spoiled_ = true;
    return status;
  }
  next_ += count * shape_.grain;  // (4)
  status = name_grains(grain, count, place);
  if (status == IoStatus::ok && on_allocated) {
    on_allocated({.first_sector = begin,
                  .sector_count = whole_end - begin,
                  .state = ClusterState::data,
                  .host_offset = place * kSectorSize});
  }
  return status;
}

IoStatus VmdkSparseExtent::write(std::uint64_t lba, std::span<const std::uint8_t> in) {
  if (!writable_) return IoStatus::read_only;
  IoStatus status = begin_writing();
  const std::uint64_t reach = shape_.grain * shape_.entries;
  while (status == IoStatus::ok && !in.empty()) {
    Run run;
    status =
        run_at(lba, std::min<std::uint64_t>(in.size() / kSectorSize, reach - lba % reach), run);
    if (status != IoStatus::ok) break;
    const auto piece = in.first(static_cast<std::size_t>(run.sectors * kSectorSize));
    switch (run.state) {
      case Run::State::data:
        dirty_ = true;
        status = file_->write_at(run.host_offset, piece);
        break;
      case Run::State::bad:
        return IoStatus::corrupt;
      default:
        status = write_new(lba, piece, run.state == Run::State::zero);
    }
    in = in.subspan(piece.size());
    lba += run.sectors;
  }
  return status;
}

// Sectors that show the parent and shall show zeroes, all of one table.
IoStatus VmdkSparseExtent::zero_new(std::uint64_t lba, std::uint64_t count) {
  static constexpr std::array<std::uint8_t, 16 * 1024> kZeroes{};
  const std::uint64_t end = lba + count;
  while (lba < end) {
    const std::uint64_t skip = lba % shape_.grain;
    const std::uint64_t grain = lba / shape_.grain;
    const std::uint64_t size = shape_.grain_size(grain);
    if (skip != 0 || end - lba < size) {
      const std::uint64_t now = std::min({end - lba, size - skip, kZeroes.size() / kSectorSize});
      // The rest of the grain is filled from the parent the first time; then it has a place.
      const auto bytes = std::span(kZeroes).first(static_cast<std::size_t>(now * kSectorSize));
      if (const IoStatus status = write(lba, bytes); status != IoStatus::ok) return status;
      lba += now;
      continue;
    }
    IoStatus status = begin_changing();
    if (status == IoStatus::ok && table_at(grain / shape_.entries) == 0) {
      status = make_table(grain / shape_.entries);
    }
    if (status != IoStatus::ok) return status;
    if (shape_.zero_grains) {
      const Le32 zero(kZeroGrain);
      status = store_entries(grain, {&zero, 1});
    } else {
      status = reserve(shape_.grain);  // its zeroes are durable
      if (status != IoStatus::ok) return status;
      next_ += shape_.grain;
      status = name_grains(grain, 1, next_ - shape_.grain);
    }
    if (status != IoStatus::ok) return status;
    lba += size;
  }
  return IoStatus::ok;
}

IoStatus VmdkSparseExtent::zero_run(std::uint64_t lba, const Run& run) {
  switch (run.state) {
    case Run::State::data:
      dirty_ = true;
      return file_->zero(run.host_offset, run.sectors * kSectorSize);
    case Run::State::none:
      return below_.exists() ? zero_new(lba, run.sectors) : IoStatus::ok;
    case Run::State::zero:
      return IoStatus::ok;
    case Run::State::bad:
      break;
  }
  return IoStatus::corrupt;
}

IoStatus VmdkSparseExtent::write_zeroes(std::uint64_t lba, std::uint64_t count) {
  if (!writable_) return IoStatus::read_only;
  IoStatus status = begin_writing();
  const std::uint64_t reach = shape_.grain * shape_.entries;
  while (status == IoStatus::ok && count != 0) {
    Run run;
    status = run_at(lba, std::min(count, reach - lba % reach), run);
    if (status == IoStatus::ok) status = zero_run(lba, run);
    lba += run.sectors;
    count -= run.sectors;
  }
  return status;
}

IoStatus VmdkSparseExtent::discard(std::uint64_t lba, std::uint64_t count) {
  if (!writable_) return IoStatus::ok;
  IoStatus status = begin_writing();
  while (status == IoStatus::ok && count != 0) {
    Run run;
    status = run_at(lba, count, run);
    if (status == IoStatus::ok && run.state == Run::State::data) status = zero_run(lba, run);
    lba += run.sectors;
    count -= run.sectors;
  }
  return status;
}

IoStatus VmdkSparseExtent::flush() {
  if (!dirty_) return IoStatus::ok;
  const IoStatus status = file_->sync();
  if (status == IoStatus::ok) {
    dirty_ = false;
  } else {
    broken_ = true;
  }
  return status;
}

IoStatus VmdkSparseExtent::close() {
  if (!writable_) return IoStatus::ok;
  IoStatus status = flush();
  if (status != IoStatus::ok || !marked_ || broken_) return status;
  status = begin_writing();  // where the free space begins may not be known any more
  if (status != IoStatus::ok) return status;
  if (spoiled_ || sectors_ > next_) status = file_->resize(next_ * kSectorSize);
  if (status == IoStatus::ok) status = mark(false, false);
  if (status == IoStatus::ok) status = file_->sync();
  marked_ = raised_ = false;
  return status;
}

void VmdkSparseExtent::recover(const WarningSink& warn) {
  VmdkTableScan scan(*this, nullptr);
  require_ok(*file_, "checked", scan.run());
  if (scan.hard_errors() != 0) {
    throw ImageError(file_->path(), "was not closed cleanly and needs repair (errors = " +
                                        std::to_string(scan.hard_errors()) + ")");
  }
  if (warn) {
    warn(ImageError(file_->path(), "was not closed cleanly; its tables are in order now").what());
  }
  marked_ = true;
  require_ok(*file_, "repaired", scan.mend());
  next_ = aligned(scan.end());
  if (sectors_ > next_) resize_exactly(*file_, next_ * kSectorSize);
  sync_exactly(*file_);
  cache_->forget();
  // Whatever begins beyond next_ is cut off, and what ends before it is grown with zeroes.
  sectors_ = file_sectors(*file_);
  fresh_end_ = next_;
}

}  // namespace storage
