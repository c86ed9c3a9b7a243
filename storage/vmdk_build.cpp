#include "storage/vmdk_build.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "storage/block_device.h"
#include "storage/file_io.h"
#include "storage/image_error.h"
#include "storage/layer.h"

namespace storage {

namespace {

constexpr std::uint64_t kDescriptorSectors = 20;  // as all hosted writers reserve
constexpr std::uint64_t kTableSectors = std::uint64_t{kHostedEntries} * 4 / kSectorSize;
constexpr std::uint64_t kEsxRoot = sizeof(CowdHeader) / kSectorSize;

std::uint64_t divided_up(std::uint64_t value, std::uint64_t by) {
  return (value + by - 1) / by;
}

}  // namespace

VmdkSparseBuilder::Layout VmdkSparseBuilder::layout_of(const VmdkSparseSpec& spec) {
  Layout layout{};
  const std::uint64_t entries = spec.esx ? spec.entries : kHostedEntries;
  layout.tables = divided_up(spec.capacity, entries * spec.grain);
  const std::uint64_t directory_sectors = divided_up(layout.tables * 4, kSectorSize);
  if (spec.esx) {
    layout.directory = kEsxRoot;
    layout.overhead = divided_up(kEsxRoot + directory_sectors, spec.grain) * spec.grain;
    return layout;
  }
  if (!spec.descriptor.empty()) {
    layout.descriptor_sectors =
        std::max(kDescriptorSectors, divided_up(spec.descriptor.size() + 1, kSectorSize));
  }
  layout.redundant = 1 + layout.descriptor_sectors;
  layout.directory = layout.redundant + directory_sectors + layout.tables * kTableSectors;
  const std::uint64_t end = layout.directory + directory_sectors + layout.tables * kTableSectors;
  layout.overhead = divided_up(end, spec.grain) * spec.grain;
  return layout;
}

std::uint64_t VmdkSparseBuilder::overhead(const VmdkSparseSpec& spec) {
  return layout_of(spec).overhead;
}

VmdkSparseBuilder::VmdkSparseBuilder(File& file, VmdkSparseSpec spec)
    : file_(file),
      spec_(std::move(spec)),
      layout_(layout_of(spec_)),
      entries_(spec_.esx ? spec_.entries : kHostedEntries),
      next_(layout_.overhead),
      table_(entries_) {
  const std::uint64_t most = spec_.esx ? kMaxVmdkFileSectors : kMaxVmdkSparse;
  if (spec_.capacity == 0 || spec_.capacity > most || layout_.tables > kMaxVmdkTables) {
    throw ImageError(
        file.path(),
        "cannot be made so large (sectors = " + std::to_string(spec_.capacity) + ", allowed 1 to " +
            std::to_string(std::min(most, kMaxVmdkTables * entries_ * spec_.grain)) + ")");
  }
  resize_exactly(file_, layout_.overhead * kSectorSize);
  directory_.resize(static_cast<std::size_t>(layout_.tables));
  if (spec_.esx) return;
  const std::uint64_t directory_sectors = divided_up(layout_.tables * 4, kSectorSize);
  for (const std::uint64_t place : {layout_.redundant, layout_.directory}) {
    std::uint64_t table = place + directory_sectors;
    for (Le32& word : directory_) {
      word = static_cast<std::uint32_t>(table);
      table += kTableSectors;
    }
    write_words(place, directory_);
  }
}

// Pages without any word stay the hole that they are.
void VmdkSparseBuilder::write_words(std::uint64_t sector, const std::vector<Le32>& words) {
  constexpr std::size_t kPageBytes = 4096;
  const std::span all(reinterpret_cast<const std::uint8_t*>(words.data()),
                      words.size() * sizeof(Le32));
  for (std::size_t at = 0; at < all.size(); at += kPageBytes) {
    const auto page = all.subspan(at, std::min(kPageBytes, all.size() - at));
    if (!all_zero(page)) write_exactly(file_, sector * kSectorSize + at, page);
  }
}

void VmdkSparseBuilder::open_table(std::uint64_t table) {
  if (open_table_ == table) return;
  close_table();
  open_table_ = table;
  std::ranges::fill(table_, Le32(0));
  if (!spec_.esx) return;
  directory_[static_cast<std::size_t>(table)] = static_cast<std::uint32_t>(next_);
  const std::uint64_t sectors = divided_up(std::uint64_t{entries_} * 4, kSectorSize);
  next_ += divided_up(sectors, spec_.grain) * spec_.grain;
}

void VmdkSparseBuilder::close_table() {
  if (!open_table_) return;
  const auto table = static_cast<std::size_t>(*open_table_);
  write_words(directory_[table], table_);
  if (!spec_.esx) {
    write_words(directory_[table] - layout_.directory + layout_.redundant, table_);
  }
}

std::uint64_t VmdkSparseBuilder::add(std::uint64_t grain) {
  open_table(grain / entries_);
  if (next_ + spec_.grain > kMaxVmdkFileSectors) {
    throw ImageError(file_.path(), "grows too large (allowed 2 TiB)");
  }
  table_[static_cast<std::size_t>(grain % entries_)] = static_cast<std::uint32_t>(next_);
  return std::exchange(next_, next_ + spec_.grain) * kSectorSize;
}

void VmdkSparseBuilder::add_zero(std::uint64_t grain) {
  open_table(grain / entries_);
  table_[static_cast<std::size_t>(grain % entries_)] = kZeroGrain;
}

void VmdkSparseBuilder::finish() {
  close_table();
  open_table_.reset();
  resize_exactly(file_, next_ * kSectorSize);
  if (spec_.esx) {
    write_words(layout_.directory, directory_);
  } else if (!spec_.descriptor.empty()) {
    write_exactly(file_, kSectorSize, spec_.descriptor);
  }
  sync_exactly(file_);
  if (spec_.esx) {
    write_esx_header();
  } else {
    write_hosted_header();
  }
  sync_exactly(file_);
}

void VmdkSparseBuilder::write_hosted_header() {
  VmdkHeader header;
  header.magic = kVmdkMagic;
  header.version = spec_.zero_grains ? 2 : 1;
  header.flags =
      kVmdkNewlineFlag | kVmdkRedundantFlag | (spec_.zero_grains ? kVmdkZeroGrainFlag : 0);
  header.capacity = spec_.capacity;
  header.grain = spec_.grain;
  header.descriptor_at = layout_.descriptor_sectors == 0 ? 0 : 1;
  header.descriptor_size = layout_.descriptor_sectors;
  header.table_entries = kHostedEntries;
  header.redundant_directory = layout_.redundant;
  header.directory = layout_.directory;
  header.overhead = layout_.overhead;
  header.newline = kVmdkNewline;
  write_exactly(file_, 0, bytes_of_struct(header));
}

// The magic stands in the first of the four sectors: it comes when the others are durable.
void VmdkSparseBuilder::write_esx_header() {
  CowdHeader fresh;
  fresh.version = kCowdHosted;
  fresh.flags = kCowdRootFlag;
  CowdHeader header = spec_.like.value_or(fresh);
  header.magic = kCowdMagic;
  header.flags = (header.flags & ~kCowdUnsureFlag) | kCowdCheckableFlag;
  header.capacity = static_cast<std::uint32_t>(spec_.capacity);
  header.grain = static_cast<std::uint32_t>(spec_.grain);
  header.directory = static_cast<std::uint32_t>(layout_.directory);
  header.tables = static_cast<std::uint32_t>(layout_.tables);
  header.free_sector = static_cast<std::uint32_t>(next_);
  header.saved_generation = header.generation;
  if (header.version == kCowdHosted) header.unclean = 0;
  const auto bytes = bytes_of_struct(header);
  write_exactly(file_, kSectorSize, bytes.subspan(kSectorSize));
  sync_exactly(file_);
  write_exactly(file_, 0, bytes.first(kSectorSize));
}

}  // namespace storage
