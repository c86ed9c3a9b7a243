// A growable image, opened and read.
#include "storage/growable_image.h"

#include <algorithm>
#include <string>
#include <utility>

#include "storage/fat_watch.h"
#include "storage/file_io.h"
#include "storage/layer.h"

namespace storage {

namespace {

// 64 MiB of disk at 4 KiB clusters take one of index.
constexpr std::size_t kCachePages = 4096;  // 16 MiB

}  // namespace

GrowableImage::GrowableImage(const ImageContext& context, const OpenOptions& options,
                             bool for_check)
    : place_(context.place),
      ids_(context.ids),
      writable_(options.mode == OpenMode::read_write),
      keep_id_(options.commit_target),
      for_check_(for_check) {
  links_ = options.options.flag(context.path(), "links", true);
  bare_ = options.options.text("bare").has_value();
  index_ = context.open_file(writable_ ? FileAccess::read_write : FileAccess::read);
  if (bare_) {
    open_bare(context, options);
  } else {
    open_pair(context, options);
  }
  spc_ = head_.cluster_sectors;
  cluster_bytes_ = head_.cluster_bytes();
  const std::uint64_t size = data_->size();
  file_clusters_ = size < data_offset_ ? 0 : (size - data_offset_) / cluster_bytes_;
  file_clusters_ = std::min(file_clusters_, kMaxClusters);
  cache_ = std::make_unique<TableCache>(*index_, kCachePages);
  open_parent(context, options);
  if (!writable_ || for_check_ || head_.state == 0) return;
  // Nothing needs replay: what no word names is free. The end of this session is a clean one.
  require(begin_changing(), "taken up again after an unclean end");
  context.warning("was not closed cleanly; it is in order now");
}

GrowableImage::~GrowableImage() {
  static_cast<void>(close());
}

void GrowableImage::open_pair(const ImageContext& context, const OpenOptions& options) {
  const GrowableSlots slots = read_growable_header(*index_);
  head_ = slots.header;
  slot_ = slots.slot;
  other_slot_valid_ = slots.other_valid;
  if (slots.read_only && writable_) {
    throw ImageError(place_.path(),
                     "cannot be opened for writing: it was written by a newer program");
  }
  index_offset_ = head_.index_offset;
  data_offset_ = head_.data_offset;
  words_ = head_.units * kUnitWords;
  const std::string stored = head_.data_file();
  const std::string name = stored.empty() ? growable_data_name(place_.name) : stored;
  try {
    data_ = context.open_inner(name, writable_ ? FileAccess::read_write : FileAccess::read);
  } catch (const NoSuchFile&) {
    throw ImageError(place_.path(), "has lost its cluster file (" + printable(name, 120) + ")");
  }
  check_growable_identity(*data_, head_, options.force);
}

void GrowableImage::open_bare(const ImageContext& context, const OpenOptions& options) {
  const std::filesystem::path file = context.path();
  if (writable_) throw ImageError(file, "cannot be opened for writing: a bare pair is only read");
  const std::uint64_t cluster =
      options.options.number(file, "cluster_size").value_or(kDefaultClusterSectors * kSectorSize);
  const bool power = cluster != 0 && (cluster & (cluster - 1)) == 0;
  if (!power || cluster < kSectorSize || cluster > kMaxClusterSectors * kSectorSize) {
    throw ImageError(file, "option cluster_size (value = " + std::to_string(cluster) +
                               ", allowed powers of two from 512 to 2M)");
  }
  const auto size = options.options.number(file, "size");
  const std::uint64_t most = kMaxClusters * cluster;
  if (!size || *size < kSectorSize || *size % kSectorSize != 0 || *size > most) {
    throw ImageError(file,
                     "is a bare pair: option size must say how large the disk is, in whole "
                     "sectors");
  }
  data_ = place_.directory->open(*options.options.text("bare"),
                                 {.access = FileAccess::read, .source = NameSource::user});
  head_.cluster_sectors = static_cast<std::uint32_t>(cluster / kSectorSize);
  head_.sectors = *size / kSectorSize;
  words_ = std::min(index_->size() / 4, head_.logical_clusters());
}

void GrowableImage::open_parent(const ImageContext& context, const OpenOptions& options) {
  const std::string name = head_.parent();
  if (name.empty()) return;
  parent_missing_ = context.parents == nullptr;
  if (parent_missing_) return;
  parent_ = context.parents->open(name, kGrowableFormat.name);
  if (!parent_) {
    throw LostParent(place_.path(), name,
                     "has lost its parent (" + printable(name, 120) + " does not exist)");
  }
  const auto* const parent = dynamic_cast<const GrowableImage*>(parent_.get());
  const std::uint32_t found = parent == nullptr ? 0 : parent->content_check();
  const bool promised = (head_.compatible & kHasPromisedParent) != 0;
  if (found == head_.parent_check || (promised && found == head_.promised_check)) return;
  const std::string text = "its parent has changed since it was made (content id ends with " +
                           std::to_string(head_.parent_check) + ", the parent's with " +
                           std::to_string(found) + ")";
  if (!options.force) throw ImageError(place_.path(), text);
  context.warning(text);
}

IoStatus GrowableImage::word_at(std::uint64_t logical, std::uint32_t& word) const {
  word = kNoCluster;
  if (logical >= words_) return IoStatus::ok;
  std::span<const std::uint8_t> bytes;
  const IoStatus status = cache_->view(index_at(logical), bytes);
  if (status != IoStatus::ok) return status;
  if (bytes.size() < sizeof(Le32)) return IoStatus::corrupt;
  word = *reinterpret_cast<const Le32*>(bytes.data());
  return IoStatus::ok;
}

IoStatus GrowableImage::read_below(std::uint64_t lba, std::span<std::uint8_t> sectors) const {
  if (parent_missing_) return IoStatus::corrupt;
  return read_parent(parent_.get(), lba, sectors);
}

IoStatus GrowableImage::do_read(std::uint64_t lba, std::span<std::uint8_t> out) {
  while (!out.empty()) {
    const std::uint64_t wanted = out.size() / kSectorSize;
    std::uint64_t logical = lba / spc_;
    const std::uint64_t skip = lba % spc_;
    std::uint32_t word = kNoCluster;
    IoStatus status = word_at(logical, word);
    if (status != IoStatus::ok) return status;
    if (!valid(word)) return IoStatus::corrupt;
    // As far as the clusters lie one behind the other, or there are none.
    std::uint64_t count = spc_ - skip;
    for (std::uint32_t step = 1; count < wanted; ++step, count += spc_) {
      std::uint32_t next = kNoCluster;
      status = word_at(++logical, next);
      const std::uint32_t expected = names_cluster(word) ? word + step : word;
      if (status != IoStatus::ok || next != expected || !valid(next)) break;
    }
    count = std::min(count, wanted);
    const auto piece = out.first(static_cast<std::size_t>(count * kSectorSize));
    if (names_cluster(word)) {
      status = data_->read_at(data_at(word) + skip * kSectorSize, piece);
    } else if (word == kZeroCluster || !has_parent()) {
      std::ranges::fill(piece, std::uint8_t{0});
      status = IoStatus::ok;
    } else {
      status = read_below(lba, piece);
    }
    if (status != IoStatus::ok) return status;
    out = out.subspan(piece.size());
    lba += count;
  }
  return IoStatus::ok;
}

Extent GrowableImage::extent_at(std::uint64_t lba) const {
  Extent extent{.first_sector = lba};
  if (lba >= head_.sectors) return extent;
  const std::uint64_t first = lba / spc_;
  const std::uint64_t skip = lba % spc_;
  std::uint32_t word = kNoCluster;
  const bool readable = word_at(first, word) == IoStatus::ok && valid(word);
  const auto end_with = [&](std::uint64_t end_cluster) {
    extent.sector_count = std::min(end_cluster * spc_, std::uint64_t{head_.sectors}) - lba;
  };
  end_with(first + 1);
  if (!readable) {
    extent.state = ClusterState::corrupt;
    return extent;
  }
  if (!counted_) {
    Tally ignored;
    static_cast<void>(count_words(ignored));
  }
  const bool data = names_cluster(word);
  if (data) {
    extent.state = ClusterState::data;
    extent.host_offset = data_at(word) + skip * kSectorSize;
    extent.file = 1;
    if (counts_.count(word) > 1) {
      extent.state = ClusterState::shared;
      return extent;
    }
  }
  std::uint64_t end = first + 1;
  std::uint32_t expected = data ? word + 1 : word;
  const std::uint64_t clusters = head_.logical_clusters();
  bool same = true;
  static_cast<void>(for_words(end, clusters, [&](std::uint64_t, std::span<const Le32> words) {
    for (const Le32& next : words) {
      same = next == expected && (!data || (valid(next) && counts_.count(next) == 1));
      if (!same) return false;
      ++end;
      if (data) ++expected;
    }
    return true;
  }));
  if (same && word == kNoCluster && end >= std::min(words_, clusters)) end = clusters;
  end_with(end);
  if (word == kZeroCluster) {
    extent.state = ClusterState::zero;
  } else if (word == kNoCluster && parent_missing_) {
    extent.state = ClusterState::parent;
  } else if (word == kNoCluster) {
    const std::uint64_t count = extent.sector_count;
    extent = parent_extent(parent_.get(), lba, count);
    extent.first_sector = lba;
  }
  return extent;
}

ImageInfo GrowableImage::info() const {
  ImageInfo facts;
  if (bare_) facts.subformat = "bare pair";
  facts.cluster_bytes = head_.cluster_bytes();
  if (geometry().known()) facts.geometry_origin = "header";
  facts.files.push_back({index_->path(), "index file", index_->size(), index_->allocated_bytes()});
  facts.files.push_back({data_->path(), "cluster file", data_->size(), data_->allocated_bytes()});
  if (bare_) return facts;
  const auto hex = [](std::uint64_t value) {
    std::string text(16, '0');
    for (std::size_t i = text.size(); i-- != 0; value /= 16) {
      text[i] = "0123456789abcdef"[value % 16];
    }
    return text;
  };
  facts.ids.emplace_back("content id", hex(head_.content_id));
  facts.ids.emplace_back("pair id", text_of(head_.pair));
  if (head_.state != 0 && !changing_) facts.marks.emplace_back("unclean shutdown");
  if (!other_slot_valid_) facts.marks.emplace_back("one header slot damaged");
  if ((head_.compatible & kHasPromisedParent) != 0) facts.marks.emplace_back("commit interrupted");
  if (const std::string parent = head_.parent(); !parent.empty()) {
    ParentRecord record;
    record.name = parent;
    record.format = kGrowableFormat.name;
    record.ids.emplace_back("content id", hex(head_.parent_check).substr(8));
    facts.parent = std::move(record);
  }
  std::uint64_t used = head_.used;
  std::uint64_t clusters = head_.clusters;
  if (counted_) {
    used = counts_.used();
    clusters = file_clusters_;
  }
  if (counted_ || (head_.compatible & kHasCounters) != 0) {
    facts.free_clusters = clusters - std::min(used, clusters);
    facts.more.emplace_back("clusters used", std::to_string(used));
    facts.more.emplace_back("clusters free", std::to_string(clusters - std::min(used, clusters)));
  }
  if (head_.fat_free != 0) {
    facts.more.emplace_back("fat-free", std::string(name_of(fat_free())));
  }
  facts.more.emplace_back("growth chunk", std::to_string(head_.chunk * cluster_bytes_) + " bytes");
  facts.more.emplace_back("sector links",
                          (head_.read_only_compatible & kHasLinks) != 0 ? "yes" : "no");
  return facts;
}

FatFree GrowableImage::fat_free() const {
  // Words of a later version mean nothing here.
  return head_.fat_free <= static_cast<std::uint8_t>(FatFree::live)
             ? static_cast<FatFree>(head_.fat_free)
             : FatFree::off;
}

void GrowableImage::require(IoStatus status, std::string_view what) const {
  if (status == IoStatus::ok) return;
  throw ImageError(place_.path(),
                   "cannot be " + std::string(what) + ": " + std::string(describe(status)));
}

}  // namespace storage
