#include "storage/fat_tables.h"

#include <algorithm>
#include <array>
#include <bit>
#include <optional>

#include "storage/partition_table.h"

namespace storage {

namespace {

constexpr std::uint64_t kMaxFatSectors = 64 * 1024 * 1024 / kSectorSize;
constexpr std::size_t kMaxTables = 64;
constexpr std::uint32_t kMaxFat12 = 4085;   // [FAT] 3.5: below it FAT12,
constexpr std::uint32_t kMaxFat16 = 65525;  // below this FAT16
constexpr std::uint32_t kDoubt = 16;        // makers count differently so near to a limit

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

// The FAT that a partition type promises; 0: no FAT.
unsigned bits_of_type(std::uint8_t type) {
  switch (type) {
    case 0x01:
      return 12;
    case 0x04:
    case 0x06:
    case 0x0E:
      return 16;
    case 0x0B:
    case 0x0C:
      return 32;
    default:
      return 0;
  }
}

bool near(std::uint64_t clusters, std::uint64_t limit) {
  return clusters + kDoubt >= limit && clusters < limit + kDoubt;
}

// `promised`: by the partition table, 0 when there is none.
std::optional<FatShape> shape_of(const Sector& boot, std::uint64_t first, std::uint64_t room,
                                 unsigned promised) {
  FatShape shape{.first = first};
  shape.cluster_sectors = boot[0x0D];
  shape.media = boot[0x15];
  const std::uint32_t reserved = word(boot, 0x0E);
  const std::uint32_t copies = boot[0x10];
  const std::uint32_t root_entries = word(boot, 0x11);
  const bool fat32 = word(boot, 0x16) == 0;
  shape.sectors = word(boot, 0x13) != 0 ? word(boot, 0x13) : dword(boot, 0x20);
  shape.fat_sectors = fat32 ? dword(boot, 0x24) : word(boot, 0x16);
  const bool jump = boot[0] == 0xEB || boot[0] == 0xE9;
  if (!jump || word(boot, 0x0B) != kSectorSize || !std::has_single_bit(shape.cluster_sectors) ||
      reserved == 0 || copies == 0 || copies > 2 || shape.sectors == 0 || shape.sectors > room ||
      shape.fat_sectors == 0 || shape.fat_sectors > kMaxFatSectors || shape.media < 0xF0 ||
      fat32 != (root_entries == 0)) {
    return std::nullopt;
  }
  const std::uint64_t root_sectors = (std::uint64_t{root_entries} * 32 + 511) / kSectorSize;
  const std::uint64_t data = reserved + copies * shape.fat_sectors + root_sectors;
  if (data >= shape.sectors) return std::nullopt;
  const std::uint64_t clusters = (shape.sectors - data) / shape.cluster_sectors;
  shape.bits = clusters < kMaxFat12 ? 12 : clusters < kMaxFat16 ? 16 : 32;
  if (fat32 != (shape.bits == 32) || clusters > 0x0FFFFFF0) return std::nullopt;
  const bool doubtful = near(clusters, kMaxFat12) || near(clusters, kMaxFat16);
  if (doubtful && promised != 0 && promised != shape.bits) return std::nullopt;
  // A FAT may have no entry for the last clusters: DOS does not use those.
  const std::uint64_t entries = shape.fat_sectors * kSectorSize * 8 / shape.bits;
  if (entries <= 2) return std::nullopt;
  shape.clusters = static_cast<std::uint32_t>(std::min(clusters, entries - 2));
  shape.copies = copies;
  shape.fat_first = first + reserved;
  shape.data_first = first + data;
  if (fat32 && (boot[0x28] & 0x80) != 0) {  // one copy counts, the others are left as they are
    const std::uint32_t active = boot[0x28] & 0x0FU;
    if (active >= copies) return std::nullopt;
    shape.fat_first += active * shape.fat_sectors;
    shape.copies = 1;
  }
  return shape;
}

class Search {
 public:
  Search(std::uint64_t disk_sectors, const SectorReader& read)
      : disk_sectors_(disk_sectors), read_(read) {}

  FatDisk run() {
    Sector sector;
    found_.tables.push_back(0);
    if (!load(0, sector)) return std::move(found_);
    if (const auto whole = shape_of(sector, 0, disk_sectors_, 0)) {
      found_.volumes.push_back(*whole);
      return std::move(found_);
    }
    for (const Partition& entry : parse_partition_table(sector)) {
      if (extended(entry.type)) {
        add_logical(entry);
      } else {
        add(entry.first_lba, entry);
      }
    }
    drop_overlapping();
    std::ranges::sort(found_.tables);
    return std::move(found_);
  }

 private:
  bool load(std::uint64_t lba, Sector& sector) {
    return lba < disk_sectors_ && read_(lba, sector) == IoStatus::ok;
  }

  void add(std::uint64_t first, const Partition& entry) {
    const unsigned promised = bits_of_type(entry.type);
    Sector boot;
    if (promised == 0 || !load(first, boot)) return;
    found_.tables.push_back(first);
    const std::uint64_t room = std::min(entry.sector_count, disk_sectors_ - first);
    if (const auto shape = shape_of(boot, first, room, promised)) {
      found_.volumes.push_back(*shape);
    }
  }

  void add_logical(const Partition& outer) {
    std::uint64_t table = outer.first_lba;
    for (std::size_t link = 0; link < kMaxTables; ++link) {
      Sector sector;
      if (std::ranges::count(found_.tables, table) != 0 || !load(table, sector)) return;
      found_.tables.push_back(table);
      std::uint64_t next = 0;
      for (const Partition& entry : parse_partition_table(sector)) {
        if (extended(entry.type)) {
          next = outer.first_lba + entry.first_lba;
        } else {
          add(table + entry.first_lba, entry);
        }
      }
      if (next == 0) return;
      table = next;
    }
  }

  // Who shares sectors cannot be believed, and neither can the other.
  void drop_overlapping() {
    std::ranges::sort(found_.volumes, {}, &FatShape::first);
    std::vector<bool> bad(found_.volumes.size());
    for (std::size_t i = 0; i < found_.volumes.size(); ++i) {
      for (std::size_t j = i + 1; j < found_.volumes.size(); ++j) {
        if (found_.volumes[j].first < found_.volumes[i].end()) bad[i] = bad[j] = true;
      }
    }
    std::vector<FatShape> good;
    for (std::size_t i = 0; i < bad.size(); ++i) {
      if (!bad[i]) good.push_back(found_.volumes[i]);
    }
    found_.volumes = std::move(good);
  }

  std::uint64_t disk_sectors_;
  const SectorReader& read_;
  FatDisk found_;
};

}  // namespace

FatDisk look_for_fat(std::uint64_t disk_sectors, const SectorReader& read) {
  return Search(disk_sectors, read).run();
}

FatTables::FatTables(FatShape shape, std::vector<std::uint8_t> fats)
    : shape_(shape),
      fats_(std::move(fats)),
      candidate_(std::size_t{shape.clusters} + 2),
      written_(std::size_t{shape.clusters} + 2) {
  // Where the copies differ, the guest was cut off: what was written there, nobody here has seen.
  for (std::uint32_t cluster = 2; cluster < shape_.clusters + 2; ++cluster) {
    written_[cluster] = zero_anywhere(cluster) && !zero_everywhere(cluster);
  }
}

std::uint32_t FatTables::entry(unsigned copy, std::uint32_t cluster) const {
  const auto fat =
      std::span(fats_).subspan(static_cast<std::size_t>(copy * shape_.fat_sectors * kSectorSize),
                               static_cast<std::size_t>(shape_.fat_sectors * kSectorSize));
  switch (shape_.bits) {
    case 12: {
      const std::uint32_t two = word(fat, cluster + cluster / 2);
      return cluster % 2 == 0 ? two & 0xFFF : two >> 4;
    }
    case 16:
      return word(fat, std::size_t{cluster} * 2);
    default:
      return dword(fat, std::size_t{cluster} * 4) & 0x0FFFFFFF;
  }
}

bool FatTables::trusted() const {
  const std::uint32_t high = shape_.bits == 12 ? 0xF00 : shape_.bits == 16 ? 0x3F00 : 0x3FFFF00;
  for (unsigned copy = 0; copy < shape_.copies; ++copy) {
    if ((entry(copy, 0) & 0xFF) != shape_.media || (entry(copy, 1) & high) != high) return false;
  }
  return true;
}

bool FatTables::zero_anywhere(std::uint32_t cluster) const {
  for (unsigned copy = 0; copy < shape_.copies; ++copy) {
    if (entry(copy, cluster) == 0) return true;
  }
  return false;
}

bool FatTables::zero_everywhere(std::uint32_t cluster) const {
  for (unsigned copy = 0; copy < shape_.copies; ++copy) {
    if (entry(copy, cluster) != 0) return false;
  }
  return true;
}

void FatTables::entry_changed(std::uint32_t cluster, bool was_free) {
  if (!zero_everywhere(cluster)) {
    candidate_[cluster] = false;
    if (!zero_anywhere(cluster)) written_[cluster] = false;
  } else if (!was_free && !written_[cluster]) {
    candidate_[cluster] = true;
    fresh_.push_back(cluster);
  }
}

bool FatTables::fats_written(std::uint64_t lba, std::span<const std::uint8_t> sectors) {
  const auto at = static_cast<std::size_t>((lba - shape_.fat_first) * kSectorSize);
  const auto place = std::span(fats_).subspan(at, sectors.size());
  const std::vector<std::uint8_t> before(place.begin(), place.end());
  if (std::ranges::equal(before, sectors)) return false;
  // Which entries the stretch has a part in, copy by copy.
  const std::uint64_t copy_bytes = shape_.fat_sectors * kSectorSize;
  bool changed = false;
  for (std::uint64_t done = 0; done < sectors.size();) {
    const std::uint64_t in_copy = (at + done) % copy_bytes;
    const std::uint64_t now = std::min<std::uint64_t>(sectors.size() - done, copy_bytes - in_copy);
    const std::uint64_t first = std::max<std::uint64_t>(in_copy * 8 / shape_.bits, 2);
    const std::uint64_t end = std::min<std::uint64_t>(
        ((in_copy + now) * 8 + shape_.bits - 1) / shape_.bits, std::uint64_t{shape_.clusters} + 2);
    const auto clusters = [&](auto visit) {
      for (std::uint64_t cluster = first; cluster < end; ++cluster) {
        visit(static_cast<std::uint32_t>(cluster));
      }
    };
    std::vector<bool> free;
    clusters([&](std::uint32_t cluster) { free.push_back(zero_everywhere(cluster)); });
    std::copy_n(sectors.begin() + static_cast<std::ptrdiff_t>(done), now,
                place.begin() + static_cast<std::ptrdiff_t>(done));
    clusters([&](std::uint32_t cluster) {
      entry_changed(cluster, free[static_cast<std::size_t>(cluster - first)]);
    });
    changed = true;
    done += now;
  }
  return changed;
}

void FatTables::data_written(std::uint64_t lba, std::uint64_t count) {
  const std::uint64_t begin = std::max(lba, shape_.data_first);
  const std::uint64_t end = std::min(lba + count, shape_.data_end());
  if (begin >= end) return;
  const auto number = [&](std::uint64_t sector) {
    return static_cast<std::uint32_t>((sector - shape_.data_first) / shape_.cluster_sectors + 2);
  };
  for (std::uint32_t cluster = number(begin); cluster <= number(end - 1); ++cluster) {
    if (!zero_anywhere(cluster)) continue;
    written_[cluster] = true;
    candidate_[cluster] = false;
  }
}

void FatTables::put_back(std::vector<std::uint32_t> fresh) {
  fresh.insert(fresh.end(), fresh_.begin(), fresh_.end());
  fresh_ = std::move(fresh);
}

}  // namespace storage
