// COWD headers, read and checked, and the one number that they leave out: how many entries a table
// ("branch") has. VMware 2 has 512, VMware 3 as many as cover 32 MiB, ESX 4096. Too large a number
// reads what follows a table as more of it and often seems to work, so it is never taken on trust:
//
// (1) Version 3: 65536 / grain. Version 1 with grains of one sector: 4096.
// (2) Otherwise of these three the ones that the directory's length fits; and where there are
//     several, those that let no table overlap anything.
// (3) Still several: 512 if it is among them, and nothing is written. None: refused.
// (4) A note in the description, as our own images have, is believed when the directory's length
//     and the tables' places agree with it.
#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <optional>
#include <vector>

#include "storage/block_device.h"
#include "storage/cowd_header.h"
#include "storage/file_io.h"
#include "storage/image_error.h"
#include "storage/vmdk_shape.h"

namespace storage {

namespace {

constexpr std::uint32_t kVmware2Entries = 512;
constexpr std::uint64_t kReach = 65536;           // sectors under one table of VMware 3
constexpr std::uint64_t kMaxGrain = 65536;        // sectors
constexpr std::size_t kMaxTablesLookedAt = 4096;  // 32 GiB of a VMware 2 disk
constexpr std::uint64_t kHeaderSectors = sizeof(CowdHeader) / kSectorSize;

[[noreturn]] void refuse(const File& file, std::size_t place, std::string_view problem,
                         std::string_view field, std::uint64_t value, std::string_view allowed) {
  throw ImageError(file.path(), place,
                   std::string(problem) + " (" + std::string(field) + " = " +
                       std::to_string(value) + ", allowed " + std::string(allowed) + ")");
}

std::uint64_t divided_up(std::uint64_t value, std::uint64_t by) {
  return (value + by - 1) / by;
}

struct Stretch {
  std::uint64_t begin;
  std::uint64_t end;
};

// One guess at the number of entries, held against the file.
class Guess {
 public:
  Guess(File& file, const CowdHeader& header, std::uint32_t entries)
      : file_(&file), header_(&header), entries_(entries), sectors_(file_sectors(file)) {}

  std::uint32_t entries() const { return entries_; }
  std::uint64_t tables() const {
    return divided_up(header_->capacity, std::uint64_t{entries_} * header_->grain);
  }

  // Writers make the directory as long as it must be, or round it up.
  bool length_fits() const {
    const std::uint64_t needed = tables();
    const std::uint64_t stated = header_->tables;
    return stated == needed || std::ranges::any_of(std::array{64U, 128U, 256U}, [&](auto unit) {
             return stated == divided_up(needed, unit) * unit;
           });
  }

  // No table overlaps another one, the header or the directory, or sticks out of the file.
  bool tables_fit(const std::vector<Le32>& directory) {
    taken_ = {{0, kHeaderSectors}, {header_->directory, directory_end()}};
    for (const Le32 word : directory) {
      const std::uint64_t sector = word;
      if (sector == 0 || sector >= sectors_) continue;  // damage, whatever the guess
      taken_.push_back({sector, sector + table_sectors()});
    }
    std::ranges::sort(taken_, {}, &Stretch::begin);
    std::uint64_t end = 0;
    for (const Stretch& stretch : taken_) {
      if (stretch.begin < end || stretch.end > sectors_) return false;
      end = stretch.end;
    }
    return true;
  }

  // No grain lies on a table, before the end of the directory or beyond the file's.
  bool grains_fit(const std::vector<Le32>& directory) const {
    std::size_t looked_at = 0;
    std::vector<Le32> table(entries_);
    for (std::size_t i = 0; i < directory.size() && i < tables(); ++i) {
      if (directory[i] == 0 || directory[i] >= sectors_) continue;
      if (++looked_at > kMaxTablesLookedAt) break;
      read_exactly(*file_, std::uint64_t{directory[i]} * kSectorSize,
                   {reinterpret_cast<std::uint8_t*>(table.data()), table.size() * sizeof(Le32)});
      if (!std::ranges::all_of(table, [&](std::uint32_t entry) { return grain_fits(entry); })) {
        return false;
      }
    }
    return true;
  }

 private:
  std::uint64_t table_sectors() const { return divided_up(std::uint64_t{entries_} * 4, 512); }
  std::uint64_t directory_end() const {
    return header_->directory + divided_up(std::uint64_t{header_->tables} * 4, 512);
  }
  bool grain_fits(std::uint32_t entry) const {
    if (entry == 0) return true;
    if (entry < directory_end() || entry >= sectors_) return false;
    const auto after = std::ranges::upper_bound(taken_, entry, {}, &Stretch::begin);
    if (after != taken_.begin() && std::prev(after)->end > entry) return false;
    return after == taken_.end() || after->begin >= entry + std::uint64_t{header_->grain};
  }

  File* file_;
  const CowdHeader* header_;
  std::uint32_t entries_;
  std::uint64_t sectors_;
  std::vector<Stretch> taken_;
};

// "E=512 leaf=32", at the beginning.
std::optional<std::uint32_t> noted_entries(const CowdHeader& header) {
  const std::string text = cowd_text(header.description);
  const auto number_after = [&](std::string_view key) -> std::uint32_t {
    const std::size_t at = text.find(key);
    std::uint32_t value = 0;
    if (at == text.npos) return 0;
    std::from_chars(text.data() + at + key.size(), text.data() + text.size(), value);
    return value;
  };
  const std::uint32_t entries = number_after("E=");
  if (!text.starts_with("E=") || number_after(" leaf=") != header.grain) return std::nullopt;
  if (entries == 0 || entries > kReach || !std::has_single_bit(entries)) return std::nullopt;
  return entries;
}

std::vector<Le32> read_directory(File& file, const CowdHeader& header) {
  const std::uint64_t sectors = file_sectors(file);
  const std::uint64_t size = divided_up(std::uint64_t{header.tables} * 4, kSectorSize);
  if (header.directory > sectors || size > sectors - header.directory) {
    refuse(file, offsetof(CowdHeader, directory), "has a directory outside the file", "sector",
           header.directory, "0 to " + std::to_string(sectors < size ? 0 : sectors - size));
  }
  std::vector<Le32> words(header.tables);
  read_exactly(file, std::uint64_t{header.directory} * kSectorSize,
               {reinterpret_cast<std::uint8_t*>(words.data()), words.size() * sizeof(Le32)});
  return words;
}

struct Entries {
  std::uint32_t count;
  bool certain;
};

Entries find_entries(File& file, const CowdHeader& header) {
  if (header.version == kCowdVmware3) {
    return {static_cast<std::uint32_t>(kReach / header.grain), true};
  }
  if (header.grain == 1) return {kEsxEntries, true};
  const std::vector<Le32> directory = read_directory(file, header);
  if (const auto noted = noted_entries(header)) {
    Guess guess(file, header, *noted);
    if (guess.length_fits() && guess.tables_fit(directory)) return {*noted, true};
  }
  std::vector<Guess> guesses;
  for (const std::uint32_t entries :
       {kVmware2Entries, static_cast<std::uint32_t>(kReach / header.grain), kEsxEntries}) {
    const Guess guess(file, header, entries);
    const bool known = std::ranges::find(guesses, entries, &Guess::entries) != guesses.end();
    if (!known && guess.length_fits()) guesses.push_back(guess);
  }
  if (guesses.size() > 1) {
    std::erase_if(guesses, [&](Guess& guess) {
      return !guess.tables_fit(directory) || !guess.grains_fit(directory);
    });
  }
  if (guesses.empty()) {
    throw ImageError(file.path(), offsetof(CowdHeader, tables),
                     "has tables of unknown length: neither 512, " +
                         std::to_string(kReach / header.grain) + " nor 4096 entries fit its " +
                         std::to_string(header.tables) + " tables for " +
                         std::to_string(header.capacity) + " sectors in grains of " +
                         std::to_string(header.grain) + " (entries=N says how many)");
  }
  return {guesses.front().entries(), guesses.size() == 1};
}

}  // namespace

std::string cowd_parent_name(const CowdHeader& header) {
  if ((header.flags & kCowdRootFlag) != 0) return "";
  std::array<char, kCowdParentName> field;
  std::memcpy(field.data(),
              reinterpret_cast<const char*>(&header) + offsetof(CowdHeader, cylinders),
              field.size());
  return cowd_text(field);
}

void set_cowd_parent_name(CowdHeader& header, std::string_view name) {
  std::array<char, kCowdParentName> field{};
  std::ranges::copy(name, field.begin());
  std::memcpy(reinterpret_cast<char*>(&header) + offsetof(CowdHeader, cylinders), field.data(),
              field.size());
}

VmdkShape read_cowd_shape(File& file, std::optional<std::uint32_t> entries) {
  const auto header = read_struct<CowdHeader>(file, 0);
  if (header.magic != kCowdMagic) throw ImageError(file.path(), 0, "is no COWD file");
  VmdkShape shape;
  shape.esx = true;
  shape.version = header.version;
  if (shape.version != kCowdHosted && shape.version != kCowdVmware3) {
    refuse(file, offsetof(CowdHeader, version), "is of an unknown version", "version",
           shape.version, "1, 3");
  }
  if (header.flags > kCowdKnownFlags) {
    refuse(file, offsetof(CowdHeader, flags), "needs what is not known here", "flags", header.flags,
           "0 to 7");
  }
  shape.capacity = header.capacity;
  shape.grain = header.grain;
  shape.unclean = (header.flags & kCowdUnsureFlag) != 0 ||
                  (shape.version == kCowdHosted && header.unclean != 0);
  if (shape.capacity == 0) {
    refuse(file, offsetof(CowdHeader, capacity), "has an impossible size", "sectors", 0,
           "1 and up");
  }
  if (shape.grain == 0 || shape.grain > kMaxGrain || !std::has_single_bit(shape.grain)) {
    refuse(file, offsetof(CowdHeader, grain), "has an impossible grain size", "sectors",
           shape.grain, "a power of two up to 65536");
  }
  if (header.tables == 0 || header.tables > kMaxVmdkTables) {
    refuse(file, offsetof(CowdHeader, tables), "has a directory of impossible length", "entries",
           header.tables, "1 to 1048576");
  }
  if (header.directory < kHeaderSectors) {
    refuse(file, offsetof(CowdHeader, directory), "has its directory in its header", "sector",
           header.directory, "4 and up");
  }
  const Entries found = entries ? Entries{*entries, true} : find_entries(file, header);
  shape.entries = found.count;
  shape.may_write = found.certain;
  const std::uint64_t reach = shape.grain * shape.entries;
  shape.tables = divided_up(shape.capacity, reach);
  if (header.tables < shape.tables) {
    refuse(file, offsetof(CowdHeader, tables), "has a directory that does not fit its size",
           "entries", header.tables,
           std::to_string(shape.tables) + " (" + std::to_string(shape.entries) +
               " grains each) to 1048576");
  }
  const std::uint64_t sectors = file_sectors(file);
  const std::uint64_t size = shape.directory_sectors();
  if (header.directory > sectors || size > sectors - header.directory) {
    refuse(file, offsetof(CowdHeader, directory), "has a directory outside the file", "sector",
           header.directory, "4 to " + std::to_string(sectors < size ? 0 : sectors - size));
  }
  shape.directories.push_back(header.directory);
  shape.overhead = kHeaderSectors;
  return shape;
}

}  // namespace storage
