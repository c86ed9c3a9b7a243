#include "tests/storage/guest_fat.h"

#include <algorithm>

namespace support {

std::vector<std::uint8_t> FatLayout::boot_sector() const {
  std::vector<std::uint8_t> boot(512);
  const auto put = [&](std::size_t at, std::uint64_t value, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) {
      boot[at + i] = static_cast<std::uint8_t>(value >> (8 * i));
    }
  };
  boot[0] = 0xEB;
  boot[1] = 0x3C;
  boot[2] = 0x90;
  put(0x0B, 512, 2);
  boot[0x0D] = static_cast<std::uint8_t>(cluster_sectors);
  put(0x0E, reserved, 2);
  boot[0x10] = static_cast<std::uint8_t>(copies);
  put(0x11, root_entries, 2);
  if (sectors() < 65536) {
    put(0x13, sectors(), 2);
  } else {
    put(0x20, sectors(), 4);
  }
  boot[0x15] = 0xF8;
  put(bits == 32 ? 0x24 : 0x16, fat_sectors(), bits == 32 ? 4 : 2);
  put(0x1FE, 0xAA55, 2);
  return boot;
}

std::vector<std::uint8_t> partition_sector(const std::vector<FatLayout>& volumes) {
  std::vector<std::uint8_t> sector(512);
  std::size_t at = 0x1BE;
  for (const FatLayout& volume : volumes) {
    sector[at + 4] = volume.bits == 12 ? 0x01 : volume.bits == 16 ? 0x06 : 0x0C;
    for (std::size_t i = 0; i < 4; ++i) {
      sector[at + 8 + i] = static_cast<std::uint8_t>(volume.first >> (8 * i));
      sector[at + 12 + i] = static_cast<std::uint8_t>(volume.sectors() >> (8 * i));
    }
    at += 16;
  }
  sector[0x1FE] = 0x55;
  sector[0x1FF] = 0xAA;
  return sector;
}

GuestFat::GuestFat(FatLayout layout, Write write, std::uint32_t seed)
    : layout_(layout),
      write_(std::move(write)),
      random_(seed),
      fat_(layout.fat_sectors() * 512),
      disk_fats_(layout.copies, fat_),
      keep_(std::size_t{layout.clusters} * layout.cluster_sectors),
      free_(std::size_t{layout.clusters} + 2, true) {}

GuestFat::Sector GuestFat::random_sector() {
  Sector bytes(512);
  // A few kinds are one repeated byte, zeroes among them.
  const auto kind = random_() % 8;
  if (kind < 2) {
    std::ranges::fill(bytes, static_cast<std::uint8_t>(kind == 0 ? 0 : random_() % 3));
  } else {
    for (std::size_t i = 0; i < bytes.size(); i += 4) {
      const auto word = random_();
      for (std::size_t b = 0; b < 4; ++b) bytes[i + b] = static_cast<std::uint8_t>(word >> (8 * b));
    }
  }
  return bytes;
}

std::uint32_t GuestFat::get(const std::vector<std::uint8_t>& fat, std::uint32_t cluster) const {
  const auto word = [&](std::size_t at) {
    return static_cast<std::uint32_t>(fat[at] | fat[at + 1] << 8);
  };
  if (layout_.bits == 16) return word(std::size_t{cluster} * 2);
  const std::uint32_t two = word(cluster + cluster / 2);
  return cluster % 2 == 0 ? two & 0xFFF : two >> 4;
}

void GuestFat::set(std::uint32_t cluster, std::uint32_t value) {
  if (layout_.bits == 16) {
    fat_[std::size_t{cluster} * 2] = static_cast<std::uint8_t>(value);
    fat_[std::size_t{cluster} * 2 + 1] = static_cast<std::uint8_t>(value >> 8);
  } else {
    const std::size_t at = cluster + cluster / 2;
    if (cluster % 2 == 0) {
      fat_[at] = static_cast<std::uint8_t>(value);
      fat_[at + 1] = static_cast<std::uint8_t>((fat_[at + 1] & 0xF0) | (value >> 8 & 0x0F));
    } else {
      fat_[at] = static_cast<std::uint8_t>((fat_[at] & 0x0F) | (value << 4 & 0xF0));
      fat_[at + 1] = static_cast<std::uint8_t>(value >> 4);
    }
  }
  cache_fat(cluster);
  if (cluster >= 2) note(cluster);
}

void GuestFat::cache_fat(std::uint32_t cluster) {
  const std::uint64_t bit = std::uint64_t{cluster} * layout_.bits;
  for (const std::uint64_t sector : {bit / 8 / 512, (bit + layout_.bits - 1) / 8 / 512}) {
    for (std::uint32_t copy = 0; copy < layout_.copies; ++copy) {
      const auto begin = fat_.begin() + static_cast<std::ptrdiff_t>(sector * 512);
      cache_[layout_.fat_first() + copy * layout_.fat_sectors() + sector] =
          Sector(begin, begin + 512);
    }
  }
}

void GuestFat::cache_root() {
  const std::uint64_t sectors = layout_.data_first() - layout_.root_first();
  cache_[layout_.root_first() + random_() % sectors] = random_sector();
}

bool GuestFat::free_on_disk(std::uint32_t cluster) const {
  return std::ranges::all_of(disk_fats_, [&](const auto& fat) { return get(fat, cluster) == 0; });
}

// From the moment on which the guest and all copies on the disk call a cluster free, its content
// may be lost; not what is written there later.
void GuestFat::note(std::uint32_t cluster) {
  const bool free = get(fat_, cluster) == 0 && free_on_disk(cluster);
  if (free && !free_[cluster]) {
    const std::size_t first = std::size_t{cluster - 2} * layout_.cluster_sectors;
    for (std::size_t i = 0; i < layout_.cluster_sectors; ++i) keep_[first + i] = false;
  }
  free_[cluster] = free;
}

bool GuestFat::put(std::uint64_t lba, const Sector& bytes) {
  if (!write_(lba, bytes)) return false;
  if (lba >= layout_.data_first()) {
    keep_[static_cast<std::size_t>(lba - layout_.data_first())] = true;
  }
  if (lba >= layout_.fat_first() && lba < layout_.root_first()) {
    const std::uint64_t at = lba - layout_.fat_first();
    auto& fat = disk_fats_[static_cast<std::size_t>(at / layout_.fat_sectors())];
    const std::uint64_t sector = at % layout_.fat_sectors();
    std::ranges::copy(bytes, fat.begin() + static_cast<std::ptrdiff_t>(sector * 512));
    const std::uint64_t first = std::max<std::uint64_t>(sector * 4096 / layout_.bits, 2);
    const std::uint64_t end = std::min<std::uint64_t>((sector + 1) * 4096 / layout_.bits + 1,
                                                      std::uint64_t{layout_.clusters} + 2);
    for (std::uint64_t i = first; i < end; ++i) note(static_cast<std::uint32_t>(i));
  }
  return true;
}

bool GuestFat::write_back(std::size_t count) {
  for (; count != 0 && !cache_.empty(); --count) {
    auto chosen = cache_.begin();
    std::advance(chosen,
                 static_cast<std::ptrdiff_t>(random_() % std::min<std::size_t>(cache_.size(), 40)));
    const std::uint64_t lba = chosen->first;
    const Sector bytes = chosen->second;
    cache_.erase(chosen);
    if (!put(lba, bytes)) return false;
  }
  return true;
}

bool GuestFat::flush() {
  return write_back(cache_.size());
}

// Some or all of its sectors, at once or later.
bool GuestFat::put_data(std::uint32_t cluster) {
  const bool later = random_() % 3 == 0;
  for (std::uint32_t i = 0; i < layout_.cluster_sectors; ++i) {
    if (random_() % 5 == 0) continue;
    const std::uint64_t lba = layout_.sector_of(cluster) + i;
    if (later) {
      cache_[lba] = random_sector();
    } else {
      cache_.erase(lba);
      if (!put(lba, random_sector())) return false;
    }
  }
  return true;
}

bool GuestFat::append(std::size_t number, std::uint32_t clusters) {
  // FAT first or data first: both are seen in the wild.
  const bool data_first = random_() % 2 == 0;
  for (; clusters != 0; --clusters) {
    std::uint32_t cluster = 2 + static_cast<std::uint32_t>(random_() % layout_.clusters);
    for (std::uint32_t tries = 0; get(fat_, cluster) != 0; ++tries) {
      if (tries == layout_.clusters) return true;  // full
      cluster = cluster == layout_.clusters + 1 ? 2 : cluster + 1;
    }
    if (data_first && !put_data(cluster)) return false;
    auto& chain = files_[number];
    if (!chain.empty()) set(chain.back(), cluster);
    set(cluster, end_mark());
    chain.push_back(cluster);
    if (random_() % 4 == 0 && !write_back(1 + random_() % 3)) return false;
    if (!data_first && !put_data(cluster)) return false;
  }
  return true;
}

bool GuestFat::create_file(std::uint32_t clusters) {
  files_.emplace_back();
  cache_root();
  return append(files_.size() - 1, clusters);
}

bool GuestFat::overwrite(std::size_t number) {
  for (const std::uint32_t cluster : files_[number]) {
    if (random_() % 2 == 0 && !put_data(cluster)) return false;
  }
  return true;
}

bool GuestFat::delete_file(std::size_t number) {
  cache_root();
  const std::vector<std::uint32_t> chain = files_[number];
  files_.erase(files_.begin() + static_cast<std::ptrdiff_t>(number));
  for (const std::uint32_t cluster : chain) {
    // A cache may drop what it holds of a file that is gone, or write it all the same.
    for (std::uint32_t i = 0; i < layout_.cluster_sectors && random_() % 2 == 0; ++i) {
      cache_.erase(layout_.sector_of(cluster) + i);
    }
    set(cluster, 0);
  }
  return true;
}

bool GuestFat::write_unowned() {
  const auto cluster = 2 + static_cast<std::uint32_t>(random_() % layout_.clusters);
  if (get(fat_, cluster) != 0) return true;
  return put(layout_.sector_of(cluster) + random_() % layout_.cluster_sectors, random_sector());
}

bool GuestFat::format() {
  files_.clear();
  cache_.clear();
  const bool boot_first = random_() % 2 == 0;
  if (boot_first && !put(layout_.first, layout_.boot_sector())) return false;
  std::ranges::fill(fat_, std::uint8_t{0});
  set(0, bits_mask() - 0x07);  // FF8
  set(1, bits_mask());
  for (std::uint32_t cluster = 2; cluster < layout_.clusters + 2; ++cluster) {
    cache_fat(cluster);
    note(cluster);
  }
  if (!flush()) return false;
  return boot_first || put(layout_.first, layout_.boot_sector());
}

bool GuestFat::step() {
  const auto kind = random_() % 100;
  const std::size_t number = files_.empty() ? 0 : random_() % files_.size();
  if (kind < 25) return create_file(1 + static_cast<std::uint32_t>(random_() % 6));
  if (kind < 26 && random_() % 20 == 0) return format();
  if (kind < 32) return write_unowned();
  if (kind < 60) return write_back(1 + random_() % 8);
  if (kind < 66) return flush();
  if (files_.empty()) return true;
  if (kind < 74) return append(number, 1 + static_cast<std::uint32_t>(random_() % 3));
  if (kind < 80) return overwrite(number);
  if (kind < 82) {
    cache_root();  // a new name
    return true;
  }
  return delete_file(number);
}

bool GuestFat::reboot(const std::function<Sector(std::uint64_t)>& read) {
  cache_.clear();
  files_.clear();
  for (std::uint32_t copy = 0; copy < layout_.copies; ++copy) {
    for (std::uint32_t sector = 0; sector < layout_.fat_sectors(); ++sector) {
      const Sector bytes = read(layout_.fat_first() + copy * layout_.fat_sectors() + sector);
      std::ranges::copy(bytes, disk_fats_[copy].begin() + sector * 512);
    }
  }
  fat_ = disk_fats_[random_() % layout_.copies];
  for (std::uint32_t cluster = 2; cluster < layout_.clusters + 2; ++cluster) {
    // What was written into free clusters before the cut stays where it is.
    free_[cluster] = get(fat_, cluster) == 0 && free_on_disk(cluster);
    cache_fat(cluster);
  }
  if (!flush()) return false;
  // Each chain is a file again, or a lost chain that becomes one.
  std::vector<bool> inside(std::size_t{layout_.clusters} + 2);
  for (std::uint32_t cluster = 2; cluster < layout_.clusters + 2; ++cluster) {
    const std::uint32_t next = get(fat_, cluster);
    if (next >= 2 && next < layout_.clusters + 2) inside[next] = true;
  }
  std::vector<bool> seen(inside.size());
  for (std::uint32_t cluster = 2; cluster < layout_.clusters + 2; ++cluster) {
    if (get(fat_, cluster) == 0 || inside[cluster]) continue;
    auto& chain = files_.emplace_back();
    std::uint32_t at = cluster;
    while (at >= 2 && at < layout_.clusters + 2 && get(fat_, at) != 0 && !seen[at]) {
      seen[at] = true;
      chain.push_back(at);
      at = get(fat_, at);
    }
    set(chain.back(), end_mark());
  }
  // What is left lies in circles and in chains that lead into others: cut off, as SCANDISK does.
  for (std::uint32_t cluster = 2; cluster < layout_.clusters + 2; ++cluster) {
    if (get(fat_, cluster) != 0 && !seen[cluster]) set(cluster, 0);
  }
  return flush();
}

bool GuestFat::must_keep(std::uint64_t lba) const {
  if (lba < layout_.data_first() || lba >= layout_.first + layout_.sectors()) return true;
  return keep_[static_cast<std::size_t>(lba - layout_.data_first())];
}

}  // namespace support
