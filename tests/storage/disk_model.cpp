#include "tests/storage/disk_model.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "storage/block_device.h"
#include "storage/layer.h"

namespace support {

namespace {

using storage::kSectorSize;

// The first word of a sector names its write and its place; no other word is like any other
// write's or any other sector's, and none is zero.
constexpr unsigned kNumberShift = 40;

std::uint64_t first_word(WriteNumber number, std::uint64_t lba) {
  return std::uint64_t{number} << kNumberShift | lba;
}

std::uint64_t word_of(WriteNumber number, std::uint64_t lba, std::uint64_t index) {
  std::uint64_t value = (std::uint64_t{number} << kNumberShift) + lba * 64 + index;
  value *= 0x9E3779B97F4A7C15;
  value ^= value >> 29;
  return value | 1;
}

struct Claim {
  WriteNumber number = 0;
  std::uint64_t lba = 0;
};

// What the first word says; whether the others agree is for holds() to see.
Claim claim_of(std::span<const std::uint8_t> sector) {
  std::uint64_t word = 0;
  std::memcpy(&word, sector.data(), sizeof word);
  return {static_cast<WriteNumber>(word >> kNumberShift),
          word & ((std::uint64_t{1} << kNumberShift) - 1)};
}

// The write that a sector shows; kNoWrite: none left it so.
WriteNumber write_of(std::span<const std::uint8_t> sector, std::uint64_t lba) {
  const Claim claim = claim_of(sector);
  return holds(sector, claim.number, lba) ? claim.number : kNoWrite;
}

std::string refusal(std::size_t lba, const std::string& found, const std::set<WriteNumber>& may) {
  std::string text = "sector " + std::to_string(lba) + " holds " + found + ", allowed writes";
  for (const WriteNumber number : may) text += " " + std::to_string(number);
  return text;
}

}  // namespace

void fill_sector(std::span<std::uint8_t> sector, WriteNumber number, std::uint64_t lba) {
  if (number == 0) {
    std::memset(sector.data(), 0, kSectorSize);
    return;
  }
  for (std::size_t i = 0; i < kSectorSize / 8; ++i) {
    const std::uint64_t word = i == 0 ? first_word(number, lba) : word_of(number, lba, i);
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
  const Claim claim = claim_of(sector);
  if (!holds(sector, claim.number, claim.lba)) return "bytes of no one write";
  std::string text = "write " + std::to_string(claim.number);
  if (claim.lba != lba) text += " of sector " + std::to_string(claim.lba);
  return text;
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
    if (allowed[lba].contains(write_of(sector, lba))) continue;
    return refusal(lba, story_of(sector, lba), allowed[lba]);
  }
  return {};
}

std::string mismatch(std::span<const std::uint8_t> disk, const std::vector<WriteNumber>& expected) {
  for (std::size_t lba = 0; lba < expected.size(); ++lba) {
    const auto sector = disk.subspan(lba * kSectorSize, kSectorSize);
    if (write_of(sector, lba) == expected[lba]) continue;
    return refusal(lba, story_of(sector, lba), {expected[lba]});
  }
  return {};
}

std::vector<WriteNumber> writes_of(std::span<const std::uint8_t> disk) {
  std::vector<WriteNumber> shown;
  shown.reserve(disk.size() / kSectorSize);
  for (std::size_t at = 0; at < disk.size(); at += kSectorSize) {
    shown.push_back(write_of(disk.subspan(at, kSectorSize), at / kSectorSize));
  }
  return shown;
}

std::string mismatch(const std::vector<WriteNumber>& shown, const Allowed& allowed) {
  for (std::size_t lba = 0; lba < allowed.size(); ++lba) {
    if (allowed[lba].contains(shown[lba])) continue;
    return refusal(lba, "write " + std::to_string(shown[lba]), allowed[lba]);
  }
  return {};
}

}  // namespace support
