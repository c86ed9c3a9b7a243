// Changes to a whole sparse extent: checked and repaired, made anew, grown and cut, its embedded
// descriptor rewritten.
#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include "storage/file_io.h"
#include "storage/image_error.h"
#include "storage/vmdk_build.h"
#include "storage/vmdk_scan.h"
#include "storage/vmdk_sparse.h"

namespace storage {

namespace {

constexpr std::uint64_t kCopySectors = 2048;
constexpr std::size_t kHoleBytes = 4096;

// Into a file that has a hole there: blocks of zeroes stay one.
void write_data(File& file, std::uint64_t offset, std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    std::size_t count = 0;
    const auto block = [&] {
      return bytes.subspan(count, std::min(kHoleBytes, bytes.size() - count));
    };
    const bool zero = all_zero(block());
    while (count < bytes.size() && all_zero(block()) == zero) count += block().size();
    if (!zero) write_exactly(file, offset, bytes.first(count));
    bytes = bytes.subspan(count);
    offset += count;
  }
}

}  // namespace

void VmdkSparseExtent::check(CheckReport& report, const CheckOptions& options) {
  VmdkTableScan scan(*this, &report);
  require_ok(*file_, "checked", scan.run());
  if (shape_.unclean)
    report.say(printable(file_->path().native(), 120) + " was not closed cleanly");
  if (options.repair == CheckOptions::Repair::none) return;
  if (!writable_)
    throw ImageError(file_->path(), "cannot be repaired: not all of it is understood");
  const bool all = options.repair == CheckOptions::Repair::all;
  const bool errors = scan.hard_errors() + scan.parted() != 0;
  if (errors && !all) return;
  if (scan.bad() != 0 && !options.drop_data) return;  // what it leads to may be found yet
  if (scan.parted() != 0) {
    require_ok(*file_, "repaired", begin_changing());
    require_ok(*file_, "repaired", scan.mend());
    sync_exactly(*file_);
  }
  report.errors_fixed += scan.parted() + scan.hard_errors();
  if (scan.hard_errors() != 0 || scan.leaks() != scan.tail_leaks()) {
    rebuild({.drop_bad = options.drop_data, .descriptor = embedded_descriptor()}, options.progress);
  } else if (scan.leaks() != 0) {
    sectors_ = aligned(scan.end());
    resize_exactly(*file_, sectors_ * kSectorSize);
    sync_exactly(*file_);
    cache_->forget();
  }
  report.leaks_fixed += scan.leaks();
  if (shape_.unclean || marked_) {
    next_ = aligned(scan.end());
    fresh_end_ = sectors_ = std::max(next_, file_sectors(*file_));
    marked_ = true;
    shape_.unclean = false;
  }
}

std::string VmdkSparseExtent::embedded_descriptor() const {
  if (shape_.descriptor_at == 0) return "";
  const auto bytes = read_bytes(*file_, shape_.descriptor_at * kSectorSize,
                                static_cast<std::size_t>(shape_.descriptor_size * kSectorSize));
  const std::string text(bytes.begin(), bytes.end());
  return text.substr(0, text.find('\0'));
}

VmdkShape VmdkSparseExtent::reread_shape() {
  return shape_.esx ? read_cowd_shape(*file_, shape_.entries) : read_hosted_shape(*file_);
}

void VmdkSparseExtent::rebuild(const Rebuild& how, const Progress& progress) {
  Directory& directory = *place_.directory;
  const std::string draft_name = place_.name + ".new";
  std::unique_ptr<File> draft = directory.create(draft_name, Existing::draft);
  try {
    VmdkSparseSpec spec{.esx = shape_.esx,
                        .capacity = shape_.capacity,
                        .grain = shape_.grain,
                        .zero_grains = shape_.zero_grains,
                        .descriptor = how.descriptor,
                        .entries = shape_.entries};
    if (shape_.esx) spec.like = read_struct<CowdHeader>(*file_, 0);
    VmdkSparseBuilder builder(*draft, std::move(spec));
    if (!how.empty) copy_grains(*draft, builder, how, progress);
    builder.finish();
    require_ok(*draft, "put in its place", directory.rename(draft_name, place_.name));
  } catch (...) {
    static_cast<void>(directory.remove(draft_name));  // the first failure is the one to report
    throw;
  }
  draft->renamed(place_.path());
  file_ = std::move(draft);
  shape_ = reread_shape();
  marked_ = broken_ = dirty_ = spoiled_ = false;
  load_directories();
  sync_exactly(directory);
}

void VmdkSparseExtent::copy_grains(File& draft, VmdkSparseBuilder& builder, const Rebuild& how,
                                   const Progress& progress) {
  std::vector<std::uint8_t> buffer(
      static_cast<std::size_t>(std::min(shape_.grain, kCopySectors) * kSectorSize));
  for (std::uint64_t lba = 0; lba < shape_.capacity;) {
    progress.report(lba, shape_.capacity);
    Run run;
    require_ok(*file_, "read", run_at(lba, shape_.capacity - lba, run));
    const std::uint64_t end = lba + run.sectors;
    if (run.state == Run::State::bad && !how.drop_bad) {
      throw ImageError(file_->path(), "has damage that only dropping data can repair (sector " +
                                          std::to_string(lba) + ")");
    }
    const bool copied = run.state == Run::State::data || run.state == Run::State::zero;
    for (; lba < end && copied; lba += shape_.grain) {
      const std::uint64_t grain = lba / shape_.grain;
      if (run.state == Run::State::zero) {
        builder.add_zero(grain);
        continue;
      }
      progress.report(lba, shape_.capacity);
      copy_grain(draft, builder, how, grain, run.host_offset + (lba % shape_.grain) * kSectorSize,
                 buffer);
      run.host_offset += shape_.grain * kSectorSize;
    }
    lba = end;
  }
}

void VmdkSparseExtent::copy_grain(File& draft, VmdkSparseBuilder& builder, const Rebuild& how,
                                  std::uint64_t grain, std::uint64_t from,
                                  std::span<std::uint8_t> buffer) {
  const std::uint64_t size = shape_.grain_size(grain) * kSectorSize;
  const auto piece_at = [&](std::uint64_t done) {
    const auto piece =
        buffer.first(static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), size - done)));
    read_exactly(*file_, from + done, piece);
    return piece;
  };
  if (how.drop_zeroes && (!below_.exists() || shape_.zero_grains)) {
    bool zero = true;
    for (std::uint64_t done = 0; done < size && zero; done += buffer.size()) {
      zero = all_zero(piece_at(done));
    }
    if (zero) {
      if (below_.exists()) builder.add_zero(grain);
      return;
    }
  }
  const std::uint64_t to = builder.add(grain);
  for (std::uint64_t done = 0; done < size; done += buffer.size()) {
    write_data(draft, to + done, piece_at(done));
  }
}

void VmdkSparseExtent::update_header(const std::function<void(VmdkHeader&)>& change) {
  auto header = read_struct<VmdkHeader>(*file_, 0);
  change(header);
  write_exactly(*file_, 0, bytes_of_struct(header));
  sync_exactly(*file_);
}

void VmdkSparseExtent::change_cowd_header(std::size_t sector,
                                          const std::function<void(CowdHeader&)>& change) {
  auto header = read_struct<CowdHeader>(*file_, 0);
  change(header);
  const std::size_t place = sector * kSectorSize;
  write_exactly(*file_, place, bytes_of_struct(header).subspan(place, kSectorSize));
  sync_exactly(*file_);
}

void VmdkSparseExtent::cut(std::uint64_t capacity) {
  if (capacity >= shape_.capacity) return;
  if (shape_.esx) {
    const std::uint64_t reach = shape_.grain * shape_.entries;
    change_cowd_header(0, [&](CowdHeader& header) {
      header.capacity = static_cast<std::uint32_t>(capacity);
      // The directory's length tells how many entries a table has: they change together.
      header.tables = static_cast<std::uint32_t>((capacity + reach - 1) / reach);
    });
  } else {
    update_header([&](VmdkHeader& header) { header.capacity = capacity; });
  }
  shape_ = reread_shape();
  load_directories();
  rebuild({.descriptor = embedded_descriptor()}, {});
}

// What an earlier, larger extent may have left beyond the end.
void VmdkSparseExtent::clear_beyond_end() {
  const std::uint64_t last = shape_.grains() - 1;
  std::uint32_t entry = 0;
  require_ok(*file_, "read", entry_at(last, entry));
  const Run run = state_of(last, entry);
  const std::uint64_t inside = shape_.grain_size(last);
  if (run.state == Run::State::data && inside < shape_.grain) {
    const std::uint64_t begin = entry + inside;
    const std::uint64_t end = std::min(entry + shape_.grain, sectors_);
    if (begin < end) {
      require_ok(*file_, "cleared", file_->zero(begin * kSectorSize, (end - begin) * kSectorSize));
    }
  }
  const std::uint64_t rest = shape_.tables * shape_.entries - shape_.grains();
  const std::vector<Le32> none(
      static_cast<std::size_t>(std::min<std::uint64_t>(rest, shape_.entries)));
  if (!none.empty() && table_at(shape_.tables - 1) != 0) {
    require_ok(*file_, "cleared", store_entries(shape_.grains(), none));
  }
  sync_exactly(*file_);
}

void VmdkSparseExtent::grow(std::uint64_t capacity) {
  if (capacity <= shape_.capacity) return;
  VmdkShape larger = shape_;
  larger.capacity = capacity;
  const std::uint64_t reach = shape_.grain * shape_.entries;
  larger.tables = (capacity + reach - 1) / reach;
  const std::uint64_t most = shape_.esx ? kMaxVmdkFileSectors : kMaxVmdkSparse;
  if (capacity > most || larger.tables > kMaxVmdkTables) {
    throw ImageError(file_->path(),
                     "cannot be made so large (sectors = " + std::to_string(capacity) +
                         ", allowed " + std::to_string(std::min(most, kMaxVmdkTables * reach)) +
                         ")");
  }
  require_ok(*file_, "changed", begin_writing());
  require_ok(*file_, "changed", begin_changing());
  clear_beyond_end();
  if (larger.tables > shape_.tables) grow_directories(larger);
  // The last grain may have been short in the file, and the file longer than what is used.
  resize_exactly(*file_, next_ * kSectorSize);
  sync_exactly(*file_);
  const bool leaves_gap =
      larger.tables > shape_.tables && std::ranges::max(shape_.directories) >= shape_.overhead;
  if (shape_.esx) {
    change_cowd_header(0, [&](CowdHeader& header) {
      header.capacity = static_cast<std::uint32_t>(capacity);
      header.tables = static_cast<std::uint32_t>(larger.tables);
      header.directory = static_cast<std::uint32_t>(larger.directories.front());
    });
  } else {
    update_header([&](VmdkHeader& header) {
      header.capacity = capacity;
      header.directory = larger.directories.front();
      if (larger.directories.size() == 2) header.redundant_directory = larger.directories.back();
    });
  }
  const std::uint64_t next = next_;
  shape_ = reread_shape();
  load_directories();
  next_ = fresh_end_ = next;
  if (leaves_gap) rebuild({.descriptor = embedded_descriptor()}, {});
}

// New directories behind all else, with the tables there are and, for a hosted extent, empty ones
// for all there may be: a program that does not expect a directory to have gaps finds none.
void VmdkSparseExtent::grow_directories(VmdkShape& larger) {
  const std::uint64_t more = shape_.esx ? 0 : larger.tables - shape_.tables;
  const std::uint64_t size = larger.directory_sectors() + more * larger.table_sectors();
  const std::uint64_t all = aligned(size * directories_.size());
  require_ok(*file_, "made larger", reserve(all));
  std::uint64_t place = next_;
  next_ += all;
  for (std::size_t copy = 0; copy < directories_.size(); ++copy, place += size) {
    std::vector<Le32> words(directories_[copy].begin(), directories_[copy].end());
    for (std::uint64_t i = 0; i < more; ++i) {
      words.emplace_back(static_cast<std::uint32_t>(place + larger.directory_sectors() +
                                                    i * larger.table_sectors()));
    }
    words.resize(static_cast<std::size_t>(larger.tables));
    write_exactly(*file_, place * kSectorSize,
                  std::span(reinterpret_cast<const std::uint8_t*>(words.data()),
                            words.size() * sizeof(Le32)));
    larger.directories[copy] = place;
  }
  sync_exactly(*file_);
}

IoStatus VmdkSparseExtent::rewrite_descriptor(std::string_view text) {
  const auto size = static_cast<std::size_t>(shape_.descriptor_size * kSectorSize);
  if (text.size() > size) return IoStatus::no_space;
  std::vector<std::uint8_t> before(size);
  std::vector<std::uint8_t> after(size);
  std::ranges::copy(text, after.begin());
  const std::uint64_t place = shape_.descriptor_at * kSectorSize;
  IoStatus status = file_->read_at(place, before);
  std::size_t first = size;
  std::size_t last = 0;
  for (std::size_t at = 0; at < size; at += kSectorSize) {
    if (std::equal(before.begin() + static_cast<std::ptrdiff_t>(at),
                   before.begin() + static_cast<std::ptrdiff_t>(at + kSectorSize),
                   after.begin() + static_cast<std::ptrdiff_t>(at))) {
      continue;
    }
    first = std::min(first, at);
    last = at + kSectorSize;
  }
  if (status != IoStatus::ok || first >= last) return status;
  const auto store = [&](std::uint64_t at, std::span<const std::uint8_t> bytes) {
    if (status == IoStatus::ok) status = file_->write_at(at, bytes);
    if (status == IoStatus::ok) status = file_->sync();
  };
  const auto changed = std::span(after).subspan(first, last - first);
  if (changed.size() == kSectorSize) {
    store(place + first, changed);
    return status;
  }
  // Several sectors do not change at once: meanwhile the header names a copy behind all else.
  status = begin_writing();
  if (status == IoStatus::ok) status = begin_changing();
  if (status == IoStatus::ok) status = reserve(aligned(shape_.descriptor_size));
  if (status != IoStatus::ok) return status;
  spoiled_ = true;
  const auto name_place = [&](std::uint64_t sector) {
    const Le64 word(sector);
    store(offsetof(VmdkHeader, descriptor_at), bytes_of_struct(word));
  };
  store(next_ * kSectorSize, after);
  name_place(next_);
  if (status != IoStatus::ok) {
    broken_ = true;
    next_ += aligned(shape_.descriptor_size);  // the header may name it
    return status;
  }
  store(place + first, changed);
  name_place(shape_.descriptor_at);
  if (status != IoStatus::ok) {
    broken_ = true;
    next_ += aligned(shape_.descriptor_size);
  }
  return status;
}

}  // namespace storage
