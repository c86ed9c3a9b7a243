#include "storage/vmdk_stream.h"

#include <algorithm>
#include <cstring>
#include <thread>
#include <utility>

#include "storage/file_io.h"
#include "storage/image_error.h"
#include "storage/vmdk_packed_grain.h"

namespace storage {

namespace {

constexpr std::uint64_t kGrain = 128;
constexpr std::uint64_t kGrainBytes = kGrain * kSectorSize;
constexpr std::size_t kBatchGrains = 8;
constexpr std::uint64_t kDescriptorAt = 1;
constexpr std::uint64_t kDescriptorSectors = 20;

}  // namespace

VmdkStreamExtent::VmdkStreamExtent(std::unique_ptr<File> file, VmdkShape shape)
    : file_(std::move(file)), shape_(std::move(shape)) {
  if (shape_.grain > kMaxPackedGrain) {
    throw ImageError(file_->path(), "has packed grains that are too large (sectors = " +
                                        std::to_string(shape_.grain) + ", allowed " +
                                        std::to_string(kMaxPackedGrain) + ")");
  }
  cache_ = std::make_unique<TableCache>(*file_);
  sectors_ = file_sectors(*file_);
  std::vector<Le32> words(static_cast<std::size_t>(shape_.tables));
  read_exactly(*file_, shape_.directories.front() * kSectorSize,
               {reinterpret_cast<std::uint8_t*>(words.data()), words.size() * sizeof(Le32)});
  directory_.assign(words.begin(), words.end());
  grain_.resize(static_cast<std::size_t>(shape_.grain * kSectorSize));
}

IoStatus VmdkStreamExtent::entry_at(std::uint64_t grain, std::uint32_t& entry) const {
  entry = 0;
  const std::uint64_t table = directory_[static_cast<std::size_t>(grain / shape_.entries)];
  if (table == 0) return IoStatus::ok;
  if (table > sectors_ || shape_.table_sectors() > sectors_ - table) return IoStatus::corrupt;
  const IoStatus status =
      cache_->load<Le32>(table * kSectorSize + grain % shape_.entries * 4, entry);
  const bool zero = entry == kZeroGrain && shape_.zero_grains;
  if (status == IoStatus::ok && entry >= sectors_ && !zero) return IoStatus::corrupt;
  if (zero) entry = 0;
  return status;
}

IoStatus VmdkStreamExtent::unpack(std::uint64_t grain, std::uint32_t sector) {
  if (unpacked_ == grain) return IoStatus::ok;
  const std::uint64_t place = std::uint64_t{sector} * kSectorSize;
  const std::uint64_t most = most_packed_bytes(grain_.size());
  std::uint64_t size = std::min(most, file_->size() - place);
  std::uint64_t skip = 0;
  if (shape_.markers) {
    VmdkMarker marker;
    const IoStatus status =
        file_->read_at(place, {reinterpret_cast<std::uint8_t*>(&marker), kGrainMarkerBytes});
    if (status != IoStatus::ok) return status;
    if (marker.value != grain * shape_.grain || marker.size == 0 || marker.size > most) {
      return IoStatus::corrupt;
    }
    size = marker.size;
    skip = kGrainMarkerBytes;
  }
  packed_.resize(static_cast<std::size_t>(most));
  const auto packed = std::span(packed_).first(static_cast<std::size_t>(size));
  if (place + skip + size > file_->size()) return IoStatus::corrupt;
  if (const IoStatus status = file_->read_at(place + skip, packed); status != IoStatus::ok) {
    return status;
  }
  unpacked_.reset();
  if (!unpack_grain(packed, grain_, shape_.grain_size(grain) * kSectorSize, shape_.markers)) {
    return IoStatus::corrupt;
  }
  unpacked_ = grain;
  return IoStatus::ok;
}

IoStatus VmdkStreamExtent::read(std::uint64_t lba, std::span<std::uint8_t> out) {
  while (!out.empty()) {
    const std::uint64_t grain = lba / shape_.grain;
    const std::uint64_t skip = lba % shape_.grain;
    const std::uint64_t count =
        std::min<std::uint64_t>(shape_.grain - skip, out.size() / kSectorSize);
    const auto piece = out.first(static_cast<std::size_t>(count * kSectorSize));
    std::uint32_t entry = 0;
    IoStatus status = entry_at(grain, entry);
    if (status == IoStatus::ok && entry == 0) {
      std::ranges::fill(piece, std::uint8_t{0});
    } else if (status == IoStatus::ok) {
      status = unpack(grain, entry);
      if (status == IoStatus::ok) {
        std::memcpy(piece.data(), grain_.data() + skip * kSectorSize, piece.size());
      }
    }
    if (status != IoStatus::ok) return status;
    out = out.subspan(piece.size());
    lba += count;
  }
  return IoStatus::ok;
}

Extent VmdkStreamExtent::extent_at(std::uint64_t lba, std::uint64_t limit) const {
  Extent extent{.first_sector = lba};
  std::uint64_t end = lba;
  for (std::uint64_t grain = lba / shape_.grain; end < lba + limit; ++grain) {
    std::uint32_t entry = 0;
    const IoStatus status = entry_at(grain, entry);
    const bool first = end == lba;
    if (status != IoStatus::ok || entry != 0) {
      if (!first) break;
      extent.state = status == IoStatus::ok ? ClusterState::data : ClusterState::corrupt;
      extent.compressed = status == IoStatus::ok;
      extent.host_offset = status == IoStatus::ok ? std::uint64_t{entry} * kSectorSize : 0;
      end = (grain + 1) * shape_.grain;
      break;
    }
    const bool no_table = directory_[static_cast<std::size_t>(grain / shape_.entries)] == 0;
    if (no_table) grain += shape_.entries - grain % shape_.entries - 1;
    end = (grain + 1) * shape_.grain;
  }
  extent.sector_count = std::min(end - lba, limit);
  return extent;
}

void VmdkStreamExtent::check(CheckReport& report, const Progress& progress) {
  const std::uint64_t grains = shape_.grains();
  report.clusters += grains;
  std::uint64_t end = shape_.overhead;
  for (std::uint64_t grain = 0; grain < grains; ++grain) {
    std::uint32_t entry = 0;
    IoStatus status = entry_at(grain, entry);
    if (status == IoStatus::ok && entry == 0) continue;
    progress.report(grain, grains);
    if (status == IoStatus::ok) status = unpack(grain, entry);
    if (status != IoStatus::ok) {
      report.error("grain " + std::to_string(grain) + " cannot be unpacked (sector " +
                   std::to_string(entry) + ")");
      continue;
    }
    ++report.allocated;
    ++report.compressed;
    end = std::max<std::uint64_t>(end, entry + 1);
  }
  report.end_offset = std::max(report.end_offset, end * kSectorSize);
}

VmdkStreamWriter::VmdkStreamWriter(Place place, Existing existing, std::uint64_t sectors,
                                   std::string_view descriptor)
    : place_(std::move(place)), sectors_(sectors), table_(kHostedEntries) {
  const std::uint64_t tables = (sectors + kGrain * kHostedEntries - 1) / (kGrain * kHostedEntries);
  if (sectors == 0 || tables > kMaxVmdkTables) {
    throw ImageError(place_.path(),
                     "cannot be made of that size (sectors = " + std::to_string(sectors) +
                         ", allowed 1 to " +
                         std::to_string(kMaxVmdkTables * kGrain * kHostedEntries) + ")");
  }
  directory_.resize(static_cast<std::size_t>(tables));
  descriptor_sectors_ =
      std::max<std::uint64_t>(kDescriptorSectors, (descriptor.size() + kSectorSize) / kSectorSize);
  file_ = place_.directory->create(place_.name, existing);
  overhead_ = (kDescriptorAt + descriptor_sectors_ + kGrain - 1) / kGrain * kGrain;
  tail_.emplace(*file_, overhead_);
  resize_exactly(*file_, overhead_ * kSectorSize);
  write_exactly(*file_, kDescriptorAt * kSectorSize, descriptor);
  grain_.resize(kGrainBytes);
}

VmdkStreamWriter::~VmdkStreamWriter() = default;

void VmdkStreamWriter::write(std::uint64_t lba, std::span<const std::uint8_t> in) {
  if (lba < next_lba_ || lba + in.size() / kSectorSize > sectors_) {
    throw ImageError(file_->path(), "is written from front to back only");
  }
  next_lba_ = lba + in.size() / kSectorSize;
  while (!in.empty()) {
    const std::uint64_t skip = lba % kGrain;
    const std::uint64_t count = std::min<std::uint64_t>(kGrain - skip, in.size() / kSectorSize);
    const auto piece = in.first(static_cast<std::size_t>(count * kSectorSize));
    begin_grain(lba / kGrain);
    std::ranges::copy(piece, grain_.begin() + static_cast<std::ptrdiff_t>(skip * kSectorSize));
    in = in.subspan(piece.size());
    lba += count;
  }
}

void VmdkStreamWriter::begin_grain(std::uint64_t grain) {
  if (open_grain_ == grain) return;
  end_grain();
  open_grain_ = grain;
}

void VmdkStreamWriter::end_grain() {
  if (!open_grain_) return;
  const std::uint64_t grain = *open_grain_;
  open_grain_.reset();
  if (all_zero(grain_)) return;
  if (!batch_.empty() && batch_first_ + batch_.size() != grain) send_batch();
  if (batch_.empty()) batch_first_ = grain;
  batch_.push_back(std::exchange(grain_, Bytes(kGrainBytes)));
  if (batch_.size() >= kBatchGrains) send_batch();
}

void VmdkStreamWriter::send_batch() {
  if (batch_.empty()) return;
  const std::size_t processors = std::max(1U, std::thread::hardware_concurrency());
  while (running_.size() >= 2 * processors) take_batch();
  auto pack = [grains = std::exchange(batch_, {})] {
    std::vector<Bytes> packed;
    packed.reserve(grains.size());
    for (const Bytes& grain : grains) packed.push_back(pack_grain(grain));
    return packed;
  };
  running_.push_back({batch_first_, std::async(std::launch::async, std::move(pack))});
}

void VmdkStreamWriter::take_batch() {
  Batch batch = std::move(running_.front());
  running_.pop_front();
  std::uint64_t grain = batch.first_grain;
  for (const Bytes& packed : batch.packed.get()) place_grain(grain++, packed);
}

void VmdkStreamWriter::place_grain(std::uint64_t grain, const Bytes& packed) {
  const std::uint64_t table = grain / kHostedEntries;
  if (open_table_ != table) {
    end_table();
    open_table_ = table;
  }
  table_[static_cast<std::size_t>(grain % kHostedEntries)] =
      static_cast<std::uint32_t>(tail_->next());
  VmdkMarker marker;
  marker.value = grain * kGrain;
  marker.size = static_cast<std::uint32_t>(packed.size());
  Bytes bytes(kGrainMarkerBytes + packed.size());
  std::memcpy(bytes.data(), &marker, kGrainMarkerBytes);
  std::ranges::copy(packed, bytes.begin() + kGrainMarkerBytes);
  tail_->append(bytes);
}

void VmdkStreamWriter::end_table() {
  if (!open_table_) return;
  directory_[static_cast<std::size_t>(*open_table_)] = tail_->append_table(table_);
  std::ranges::fill(table_, Le32(0));
  open_table_.reset();
}

void VmdkStreamWriter::finish() {
  end_grain();
  send_batch();
  while (!running_.empty()) take_batch();
  end_table();
  VmdkHeader header;
  header.magic = kVmdkMagic;
  header.version = 3;
  header.flags = kVmdkNewlineFlag | kVmdkCompressedFlag | kVmdkMarkersFlag;
  header.capacity = sectors_;
  header.grain = kGrain;
  header.descriptor_at = kDescriptorAt;
  header.descriptor_size = descriptor_sectors_;
  header.table_entries = kHostedEntries;
  header.overhead = overhead_;
  header.newline = kVmdkNewline;
  header.compression = 1;
  tail_->finish(directory_, header);
  // Readers of streams find the header's pointer unset and look at the footer.
  header.directory = kVmdkFooter;
  write_exactly(*file_, 0, bytes_of_struct(header));
  sync_exactly(*file_);
  sync_exactly(*place_.directory);
}

}  // namespace storage
