#include "tests/storage/disk_model.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "storage/block_device.h"
#include "storage/layer.h"

namespace support {

namespace {

using storage::kSectorSize;

// One 64-bit word of a sector; never zero, unlike any other write's and any other sector's.
std::uint64_t word_of(WriteNumber number, std::uint64_t lba, std::uint64_t index) {
  std::uint64_t value = (std::uint64_t{number} << 40) + lba * 64 + index;
  value *= 0x9E3779B97F4A7C15;
  value ^= value >> 29;
  return value | 1;
}

}  // namespace

void fill_sector(std::span<std::uint8_t> sector, WriteNumber number, std::uint64_t lba) {
  for (std::size_t i = 0; i < kSectorSize / 8; ++i) {
    const std::uint64_t word = number == 0 ? 0 : word_of(number, lba, i);
    std::memcpy(sector.data() + i * 8, &word, 8);
  }
}

std::vector<std::uint8_t> fill_sectors(WriteNumber number, std::uint64_t lba, std::uint64_t count) {
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(count * kSectorSize));
  for (std::uint64_t i = 0; i < count; ++i) {
    fill_sector(std::span(bytes).subspan(static_cast<std::size_t>(i * kSectorSize), kSectorSize),
                number, lba + i);
  }
  return bytes;
}

bool holds(std::span<const std::uint8_t> sector, WriteNumber number, std::uint64_t lba) {
  std::array<std::uint8_t, kSectorSize> expected;
  fill_sector(expected, number, lba);
  return std::memcmp(sector.data(), expected.data(), kSectorSize) == 0;
}

std::string story_of(std::span<const std::uint8_t> sector, std::uint64_t lba) {
  if (storage::all_zero(sector.first(kSectorSize))) return "zeroes";
  for (WriteNumber number = 1; number < 4096; ++number) {
    if (holds(sector, number, lba)) return "write " + std::to_string(number);
  }
  for (WriteNumber number = 1; number < 256; ++number) {
    for (std::uint64_t other = 0; other < 4096; ++other) {
      if (!holds(sector, number, other)) continue;
      return "write " + std::to_string(number) + " of sector " + std::to_string(other);
    }
  }
  return "bytes of no one write";
}

Allowed exactly(const std::vector<WriteNumber>& content) {
  Allowed allowed;
  allowed.reserve(content.size());
  for (const WriteNumber number : content) allowed.push_back({number});
  return allowed;
}

Allowed allowed_after(const std::vector<WriteNumber>& base,
                      const std::vector<JournalEntry>& journal, std::size_t calls, bool killed) {
  Allowed acknowledged = exactly(base);
  Allowed possible = acknowledged;  // after a power cut
  for (const JournalEntry& entry : journal) {
    if (entry.begin >= calls && entry.end > calls) break;  // not begun
    const bool done = entry.end <= calls;
    if (entry.kind == DiskCall::flush) {
      if (done) possible = acknowledged;
      continue;
    }
    for (std::uint64_t lba = entry.lba; lba < entry.lba + entry.count; ++lba) {
      const auto sector = static_cast<std::size_t>(lba);
      const bool replaces = done && entry.kind != DiskCall::discard;
      if (replaces) acknowledged[sector].clear();
      acknowledged[sector].insert(entry.number);
      possible[sector].insert(entry.number);
    }
  }
  return killed ? acknowledged : possible;
}

std::string mismatch(std::span<const std::uint8_t> disk, const Allowed& allowed) {
  for (std::size_t lba = 0; lba < allowed.size(); ++lba) {
    const auto sector = disk.subspan(lba * kSectorSize, kSectorSize);
    const bool fits = std::ranges::any_of(
        allowed[lba], [&](WriteNumber number) { return holds(sector, number, lba); });
    if (fits) continue;
    std::string text =
        "sector " + std::to_string(lba) + " holds " + story_of(sector, lba) + ", allowed writes";
    for (const WriteNumber number : allowed[lba]) text += " " + std::to_string(number);
    return text;
  }
  return {};
}

}  // namespace support
