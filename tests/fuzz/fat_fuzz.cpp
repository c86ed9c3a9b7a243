// FAT volumes and partition tables of any content: found, listed, read, written to, and watched by
// the monitor that frees what DOS deletes. Only FatError may come out of it.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "storage/fat_volume.h"
#include "storage/fat_watch.h"
#include "storage/memory_device.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::size_t kSectors = 96;
constexpr std::size_t kMaxInput = 4 << 20;  // bytes

// A FAT12 volume of 96 sectors: a boot sector, two tables of a sector, 16 root entries.
Bytes empty_volume() {
  Bytes bytes(kSectors * storage::kSectorSize);
  constexpr std::array<std::uint8_t, 36> head = {
      0xEB, 0x3C, 0x90, 'P', 'L', 'A', 'T',      'T', 'E',  'R', ' ', 0, 2,  // 512 bytes a sector,
      1,    1,    0,    2,   16,  0,   kSectors, 0,   0xF0, 1,   0,   9, 0,
      2,    0};  // 1 a cluster, media F0h
  std::ranges::copy(head, bytes.begin());
  bytes[510] = 0x55;
  bytes[511] = 0xAA;
  for (const std::size_t table : {std::size_t{512}, std::size_t{1024}}) {
    bytes[table] = 0xF0;
    bytes[table + 1] = bytes[table + 2] = 0xFF;
  }
  return bytes;
}

Bytes contents(storage::BlockDevice& device) {
  Bytes bytes(static_cast<std::size_t>(device.sector_count() * storage::kSectorSize));
  static_cast<void>(device.read(0, bytes));
  return bytes;
}

Bytes volume_with_files() {
  const Bytes empty = empty_volume();
  storage::MemoryDevice device(empty, kSectors);
  storage::FatVolume volume(device, storage::find_fat_volumes(device).at(0));
  const Bytes text(1300, 'a');
  volume.make_folder("/DOS", {});
  volume.write("/DOS/LONG.TXT", text, {});
  volume.write("/SHORT.TXT", Bytes(10, 'b'), {});
  return contents(device);
}

// The same behind a partition table, in an extended partition.
Bytes partitioned() {
  const Bytes volume = volume_with_files();
  Bytes bytes(2 * storage::kSectorSize + volume.size());
  const auto entry = [&](std::size_t table, std::uint8_t type, std::uint8_t first) {
    bytes[table + 446 + 4] = type;
    bytes[table + 446 + 8] = first;
    bytes[table + 446 + 12] = kSectors + 1;
    bytes[table + 510] = 0x55;
    bytes[table + 511] = 0xAA;
  };
  entry(0, 0x05, 1);
  entry(storage::kSectorSize, 0x01, 1);
  std::ranges::copy(volume, bytes.begin() + 2 * storage::kSectorSize);
  return bytes;
}

template <class Action>
void attempt(Action&& action) {
  try {
    action();
  } catch (const storage::FatError&) {
    // the right answer to most inputs
  }
}

// Everything beneath a folder; circular trees end at the depth, and wide ones at `left`.
void read_tree(storage::FatVolume& volume, const std::string& folder, unsigned depth,
               unsigned& left) {
  std::vector<storage::FatEntry> entries;
  attempt([&] { entries = volume.list(folder); });
  for (const storage::FatEntry& entry : entries) {
    if (left == 0) return;
    --left;
    const std::string path = folder + "/" + entry.short_name;
    if (!entry.folder()) {
      attempt([&] { static_cast<void>(volume.read(path)); });
    } else if (depth != 0 && !entry.short_name.starts_with(".")) {
      read_tree(volume, path, depth - 1, left);
    }
  }
}

void use(storage::BlockDevice& device) {
  for (const storage::FatLocation& where : storage::find_fat_volumes(device)) {
    attempt([&] {
      storage::FatVolume volume(device, where);
      unsigned left = 64;
      read_tree(volume, "", 3, left);
      volume.visit_owners([&](std::uint64_t lba, std::uint64_t count, const std::string&) {
        if (lba + count > device.sector_count()) {
          std::fprintf(stderr, "fuzz: broken promise: owned sectors lie inside the disk\n");
          std::abort();
        }
      });
      static_cast<void>(volume.free_bytes());
      const Bytes fresh(700, 'n');
      attempt([&] { volume.write("/NEW.TXT", fresh, {}); });
      attempt([&] {
        if (volume.read("/NEW.TXT").size() != fresh.size()) return;
        volume.remove("/NEW.TXT");
      });
      attempt([&] { volume.make_folder("/DOS/NEW", {}); });
      attempt([&] { volume.remove("/SHORT.TXT"); });
    });
  }
}

}  // namespace

std::vector<Bytes> fuzz::seeds() {
  return {empty_volume(), volume_with_files(), partitioned()};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < storage::kSectorSize || size > kMaxInput) return 0;
  const std::span<const std::uint8_t> head(data, size);
  storage::MemoryDevice plain(head, size / storage::kSectorSize);
  use(plain);
  storage::FatWatch watched(
      std::make_unique<storage::MemoryDevice>(head, size / storage::kSectorSize),
      storage::FatFree::live);
  use(watched);
  static_cast<void>(watched.tick(10'000'000'000));
  static_cast<void>(watched.close());
  return 0;
}
