// What a disk may show after writes, some of which were cut off: each sector holds what one of a
// few writes put there. Every write has a number, and a sector's bytes tell number and place.
#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace support {

using WriteNumber = std::uint32_t;  // 0: zeroes

// The 512 bytes of sector `lba` as write `number` leaves it.
void fill_sector(std::span<std::uint8_t> sector, WriteNumber number, std::uint64_t lba);
std::vector<std::uint8_t> fill_sectors(WriteNumber number, std::uint64_t lba, std::uint64_t count);
bool holds(std::span<const std::uint8_t> sector, WriteNumber number, std::uint64_t lba);
// For messages: which write a sector seems to come from.
std::string story_of(std::span<const std::uint8_t> sector, std::uint64_t lba);

enum class DiskCall : std::uint8_t { write, zeroes, discard, flush };

struct JournalEntry {
  DiskCall kind = DiskCall::write;
  WriteNumber number = 0;
  std::uint64_t lba = 0;
  std::uint64_t count = 0;
  // The host calls it made: [begin, end) in the host's record.
  std::size_t begin = 0;
  std::size_t end = 0;
};

// Per sector the writes that it may hold after the first `calls` host calls, starting from `base`.
// Killed: everything acknowledged is there. A power cut may undo all since the last whole flush.
using Allowed = std::vector<std::set<WriteNumber>>;
Allowed allowed_after(const std::vector<WriteNumber>& base,
                      const std::vector<JournalEntry>& journal, std::size_t calls, bool killed);
Allowed exactly(const std::vector<WriteNumber>& content);

// Empty when the disk is allowed; else which sector is not, and what it holds.
std::string mismatch(std::span<const std::uint8_t> disk, const Allowed& allowed);
std::string mismatch(std::span<const std::uint8_t> disk, const std::vector<WriteNumber>& expected);
// The write that each sector shows; kNoWrite for bytes that no write leaves.
constexpr WriteNumber kNoWrite = 0xFFFFFFFF;
std::vector<WriteNumber> writes_of(std::span<const std::uint8_t> disk);
std::string mismatch(const std::vector<WriteNumber>& shown, const Allowed& allowed);

}  // namespace support
