#include "storage/fat_volume.h"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

#include "storage/partition_table.h"

namespace storage {

namespace {

constexpr std::uint64_t kMaxFatBytes = 64 * 1024 * 1024;
constexpr std::size_t kMaxLogicalDrives = 64;
constexpr std::uint32_t kMaxFat12Clusters = 4085;   // [FAT] 3.5: below it FAT12,
constexpr std::uint32_t kMaxFat16Clusters = 65525;  // below this FAT16
constexpr std::uint32_t kFat32Mask = 0x0FFFFFFF;
constexpr std::uint32_t kEndOfChain = 0x0FFFFFFF;
constexpr std::uint32_t kDirEntryBytes = 32;

using Sector = std::array<std::uint8_t, kSectorSize>;

std::uint32_t word(std::span<const std::uint8_t> bytes, std::size_t at) {
  return static_cast<std::uint32_t>(bytes[at] | bytes[at + 1] << 8);
}
std::uint32_t dword(std::span<const std::uint8_t> bytes, std::size_t at) {
  return word(bytes, at) | word(bytes, at + 2) << 16;
}

bool extended(std::uint8_t type) {
  return type == 0x05 || type == 0x0F || type == 0x85;
}

bool is_fat_volume(BlockDevice& device, const FatLocation& where) {
  try {
    const FatVolume volume(device, where);
    return true;
  } catch (const FatError&) {
    return false;
  }
}

// The logical drives in an extended partition: a chain of tables, each with a drive and the next.
void find_logical(BlockDevice& device, const Partition& outer, std::vector<FatLocation>& found,
                  unsigned& number) {
  std::uint64_t table = outer.first_lba;
  for (std::size_t i = 0; i < kMaxLogicalDrives; ++i) {
    Sector sector;
    if (device.read(table, sector) != IoStatus::ok) return;
    std::uint64_t next = 0;
    for (const Partition& entry : parse_partition_table(sector)) {
      if (extended(entry.type)) {
        next = outer.first_lba + entry.first_lba;
      } else {
        const FatLocation where{++number, table + entry.first_lba, entry.sector_count};
        if (is_fat_volume(device, where)) found.push_back(where);
      }
    }
    if (next <= table) return;  // tables follow one another; anything else is a circle
    table = next;
  }
}

}  // namespace

std::vector<FatLocation> find_fat_volumes(BlockDevice& device) {
  const FatLocation whole{0, 0, device.sector_count()};
  if (is_fat_volume(device, whole)) return {whole};
  Sector sector;
  std::vector<FatLocation> found;
  if (device.read(0, sector) != IoStatus::ok) return found;
  const std::vector<Partition> partitions = parse_partition_table(sector);
  unsigned number = 0;
  for (const Partition& entry : partitions) {
    ++number;
    const FatLocation where{number, entry.first_lba, entry.sector_count};
    if (!extended(entry.type) && is_fat_volume(device, where)) found.push_back(where);
  }
  number = 4;  // logical drives are counted from 5, as everywhere
  for (const Partition& entry : partitions) {
    if (extended(entry.type)) find_logical(device, entry, found, number);
  }
  return found;
}

FatVolume::FatVolume(BlockDevice& device, const FatLocation& where)
    : device_(device), where_(where) {
  if (where.first_lba >= device.sector_count()) throw FatError("the volume lies beyond the disk");
  where_.sector_count = std::min(where.sector_count, device.sector_count() - where.first_lba);
  Sector boot;
  load(0, boot);
  const std::uint32_t reserved = word(boot, 14);
  const std::uint32_t root_entries = word(boot, 17);
  sectors_per_cluster_ = boot[13];
  fat_count_ = boot[16];
  fat_sectors_ = word(boot, 22) != 0 ? word(boot, 22) : dword(boot, 36);
  std::uint64_t total = word(boot, 19) != 0 ? word(boot, 19) : dword(boot, 32);
  const bool jump = boot[0] == 0xEB || boot[0] == 0xE9;
  if (!jump || word(boot, 11) != kFatSector || !std::has_single_bit(sectors_per_cluster_) ||
      reserved == 0 || fat_count_ == 0 || fat_count_ > 4 || fat_sectors_ == 0 || total == 0) {
    throw FatError("there is no FAT volume");
  }
  if (std::uint64_t{fat_sectors_} * kFatSector > kMaxFatBytes) throw FatError("the FAT is too big");
  total = std::min(total, where_.sector_count);
  root_sectors_ = (root_entries * kDirEntryBytes + kFatSector - 1) / kFatSector;
  fat_lba_ = reserved;
  root_lba_ = fat_lba_ + std::uint64_t{fat_count_} * fat_sectors_;
  data_lba_ = root_lba_ + root_sectors_;
  if (data_lba_ >= total) throw FatError("the volume's tables are larger than the volume");

  const std::uint64_t clusters = (total - data_lba_) / sectors_per_cluster_;
  bits_ = clusters < kMaxFat12Clusters ? 12 : clusters < kMaxFat16Clusters ? 16 : 32;
  if (word(boot, 22) == 0) bits_ = 32;
  if ((bits_ == 32) != (root_sectors_ == 0)) throw FatError("the root folder does not fit the FAT");
  const std::uint64_t entries = std::uint64_t{fat_sectors_} * kFatSector * 8 / bits_;
  last_cluster_ = static_cast<std::uint32_t>(std::min<std::uint64_t>(clusters + 2, entries));
  if (bits_ == 32) {
    root_cluster_ = dword(boot, 44);
    const std::uint32_t info = word(boot, 48);
    info_sector_ = info < reserved ? info : 0;
  }
  fat_.resize(std::size_t{fat_sectors_} * kFatSector);
  load(fat_lba_, fat_);
  dirty_.resize(fat_sectors_);
}

void FatVolume::load(std::uint64_t lba, std::span<std::uint8_t> bytes) const {
  const std::uint64_t count = bytes.size() / kSectorSize;
  if (lba > where_.sector_count || count > where_.sector_count - lba) {
    throw FatError("the volume is cut off");
  }
  const IoStatus status = device_.read(where_.first_lba + lba, bytes);
  if (status != IoStatus::ok) {
    throw FatError("sector " + std::to_string(where_.first_lba + lba) + ": " +
                   std::string(describe(status)));
  }
}

void FatVolume::store(std::uint64_t lba, std::span<const std::uint8_t> bytes) {
  const std::uint64_t count = bytes.size() / kSectorSize;
  if (lba > where_.sector_count || count > where_.sector_count - lba) {
    throw FatError("the volume is cut off");
  }
  const IoStatus status = device_.write(where_.first_lba + lba, bytes);
  if (status != IoStatus::ok) {
    throw FatError("sector " + std::to_string(where_.first_lba + lba) + ": " +
                   std::string(describe(status)));
  }
}

std::uint64_t FatVolume::lba_of(std::uint32_t cluster) const {
  return data_lba_ + std::uint64_t{cluster - 2} * sectors_per_cluster_;
}

std::uint32_t FatVolume::next(std::uint32_t cluster) const {
  if (bits_ == 32) return dword(fat_, std::size_t{cluster} * 4) & kFat32Mask;
  // The end marks of the narrow FATs as FAT32 has them.
  if (bits_ == 16) {
    const std::uint32_t value = word(fat_, std::size_t{cluster} * 2);
    return value >= 0xFFF7 ? value | 0x0FFF0000 : value;
  }
  const std::uint32_t pair = word(fat_, std::size_t{cluster} * 3 / 2);
  const std::uint32_t value = cluster % 2 != 0 ? pair >> 4 : pair & 0xFFF;
  return value >= 0xFF7 ? value | 0x0FFFF000 : value;
}

void FatVolume::set_next(std::uint32_t cluster, std::uint32_t value) {
  const auto put = [&](std::size_t at, std::uint32_t byte) {
    fat_[at] = static_cast<std::uint8_t>(byte);
    dirty_[at / kFatSector] = true;
  };
  if (bits_ == 32) {
    const std::size_t at = std::size_t{cluster} * 4;
    const std::uint32_t top = dword(fat_, at) & ~kFat32Mask;  // reserved, stays as it is
    const std::uint32_t whole = top | (value & kFat32Mask);
    for (std::size_t i = 0; i < 4; ++i) put(at + i, whole >> (8 * i) & 0xFF);
  } else if (bits_ == 16) {
    put(std::size_t{cluster} * 2, value & 0xFF);
    put(std::size_t{cluster} * 2 + 1, value >> 8 & 0xFF);
  } else {
    const std::size_t at = std::size_t{cluster} * 3 / 2;
    const std::uint32_t pair = word(fat_, at);
    const std::uint32_t both = cluster % 2 != 0 ? (pair & 0x000F) | (value & 0xFFF) << 4
                                                : (pair & 0xF000) | (value & 0xFFF);
    put(at, both & 0xFF);
    put(at + 1, both >> 8 & 0xFF);
  }
}

std::vector<std::uint32_t> FatVolume::chain(std::uint32_t first) const {
  std::vector<std::uint32_t> clusters;
  for (std::uint32_t cluster = first; cluster < 0x0FFFFFF8; cluster = next(cluster)) {
    if (!is_cluster(cluster)) throw FatError("a chain of clusters leads out of the volume");
    if (clusters.size() >= last_cluster_) throw FatError("a chain of clusters is a circle");
    clusters.push_back(cluster);
  }
  return clusters;
}

std::uint64_t FatVolume::free_bytes() const {
  std::uint64_t count = 0;
  for (std::uint32_t cluster = 2; cluster < last_cluster_; ++cluster) {
    if (next(cluster) == 0) ++count;
  }
  return count * cluster_bytes();
}

std::vector<std::uint32_t> FatVolume::allocate(std::size_t count) {
  std::vector<std::uint32_t> clusters;
  for (std::uint32_t cluster = 2; cluster < last_cluster_ && clusters.size() < count; ++cluster) {
    if (next(cluster) == 0) clusters.push_back(cluster);
  }
  if (clusters.size() < count) throw FatError("the volume is full");
  for (std::size_t i = 0; i < clusters.size(); ++i) {
    set_next(clusters[i], i + 1 < clusters.size() ? clusters[i + 1] : kEndOfChain);
  }
  return clusters;
}

void FatVolume::release(std::uint32_t first) {
  if (first == 0) return;
  for (const std::uint32_t cluster : chain(first)) set_next(cluster, 0);
}

void FatVolume::write_fat() {
  if (info_sector_ != 0) {
    // [FAT] 5: FFFFFFFFh means that the free count is not known and must be computed.
    Sector info;
    load(info_sector_, info);
    std::fill_n(info.begin() + 488, 8, std::uint8_t{0xFF});
    if (dword(info, 0) == 0x41615252 && dword(info, 484) == 0x61417272) store(info_sector_, info);
  }
  for (std::size_t i = 0; i < dirty_.size(); ++i) {
    if (!dirty_[i]) continue;
    const auto sector = std::span(fat_).subspan(i * kFatSector, kFatSector);
    for (std::uint32_t copy = 0; copy < fat_count_; ++copy) {
      store(fat_lba_ + std::uint64_t{copy} * fat_sectors_ + i, sector);
    }
    dirty_[i] = false;
  }
}

void FatVolume::write_clusters(std::span<const std::uint32_t> clusters,
                               std::span<const std::uint8_t> bytes) {
  std::vector<std::uint8_t> buffer(cluster_bytes());
  for (std::size_t i = 0; i < clusters.size(); ++i) {
    const std::size_t from = std::min(bytes.size(), i * buffer.size());
    const auto part = bytes.subspan(from, std::min(buffer.size(), bytes.size() - from));
    std::ranges::fill(std::ranges::copy(part, buffer.begin()).out, buffer.end(), std::uint8_t{0});
    store(lba_of(clusters[i]), buffer);
  }
}

std::vector<std::uint8_t> FatVolume::read(std::string_view path) const {
  const FatEntry entry = find(path);
  if (entry.folder()) throw FatError("is a folder");
  std::vector<std::uint8_t> bytes;
  if (entry.size == 0) return bytes;
  const std::vector<std::uint32_t> clusters = chain(entry.first_cluster);
  if (std::uint64_t{entry.size} > clusters.size() * std::uint64_t{cluster_bytes()}) {
    throw FatError("the file is longer than its chain of clusters");
  }
  std::vector<std::uint8_t> buffer(cluster_bytes());
  for (const std::uint32_t cluster : clusters) {
    const std::size_t rest = entry.size - bytes.size();
    if (rest == 0) break;
    load(lba_of(cluster), buffer);
    const auto part = std::span(buffer).first(std::min(rest, buffer.size()));
    bytes.insert(bytes.end(), part.begin(), part.end());
  }
  return bytes;
}

void FatVolume::visit_chain(std::uint32_t first, const std::string& path, const Visit& visit,
                            std::vector<bool>& seen) const {
  std::uint32_t start = 0, length = 0;
  const auto flush = [&] {
    if (length != 0) {
      visit(where_.first_lba + lba_of(start), std::uint64_t{length} * sectors_per_cluster_, path);
    }
  };
  for (std::uint32_t cluster = first; is_cluster(cluster) && !seen[cluster];
       cluster = next(cluster)) {
    seen[cluster] = true;
    if (length != 0 && cluster == start + length) {
      ++length;
    } else {
      flush();
      start = cluster;
      length = 1;
    }
  }
  flush();
}

void FatVolume::visit_owners(const Visit& visit) const {
  visit(where_.first_lba, fat_lba_, "boot sector");
  visit(where_.first_lba + fat_lba_, root_lba_ - fat_lba_, "FAT");
  if (root_sectors_ != 0) visit(where_.first_lba + root_lba_, root_sectors_, "/");
  std::vector<bool> seen(last_cluster_);
  if (root_cluster_ != 0) visit_chain(root_cluster_, "/", visit, seen);
  visit_folder({root_cluster_}, "", visit, seen, 0);
}

}  // namespace storage
