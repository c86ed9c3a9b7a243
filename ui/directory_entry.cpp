#include "ui/directory_entry.h"

#include <array>
#include <utility>

#include "ui/widgets.h"

namespace ui {

namespace {

constexpr std::uint8_t kFolder = 0x10;
constexpr std::uint8_t kLabel = 0x08;
constexpr std::uint8_t kLongName = 0x0F;
constexpr std::uint8_t kDeleted = 0xE5;
constexpr std::uint8_t kTrueE5 = 0x05;  // stands for E5h in a name that lives

unsigned le16(std::span<const std::uint8_t> bytes, std::size_t at) {
  return bytes[at] | static_cast<unsigned>(bytes[at + 1]) << 8;
}

std::string shown(unsigned character) {
  return character >= 0x20 && character < 0x7F ? std::string(1, static_cast<char>(character)) : "?";
}

std::string short_name(std::span<const std::uint8_t> bytes, bool deleted) {
  std::string name;
  std::string extension;
  for (std::size_t i = 0; i < 11; ++i) {
    unsigned character = bytes[i];
    if (i == 0 && deleted) character = '?';
    if (i == 0 && character == kTrueE5) character = kDeleted;
    (i < 8 ? name : extension) += shown(character);
  }
  const auto trim = [](std::string& words) { words.erase(words.find_last_not_of(' ') + 1); };
  trim(name);
  trim(extension);
  return name + (extension.empty() ? "" : "." + extension);
}

// UCS-2 in three stretches; 0 ends the name, FFFFh fills up.
std::string long_part(std::span<const std::uint8_t> bytes) {
  std::string name;
  constexpr std::array<std::pair<std::size_t, std::size_t>, 3> stretches = {
      {{1, 5}, {14, 6}, {28, 2}}};
  for (const auto& [at, count] : stretches) {
    for (std::size_t i = 0; i < count; ++i) {
      const unsigned unit = le16(bytes, at + 2 * i);
      if (unit == 0 || unit == 0xFFFF) return name;
      name += shown(unit);
    }
  }
  return name;
}

std::string moment(unsigned date, unsigned time) {
  if (date == 0) return "";
  return print("%04u-%02u-%02u %02u:%02u:%02u", 1980 + (date >> 9), date >> 5 & 15, date & 31,
               time >> 11, time >> 5 & 63, (time & 31) * 2);
}

}  // namespace

std::optional<DirectoryEntry> directory_entry(std::span<const std::uint8_t> bytes) {
  if (bytes.size() < DirectoryEntry::kSize) return std::nullopt;
  DirectoryEntry entry;
  if (bytes[0] == 0) return entry;
  using Kind = DirectoryEntry::Kind;
  const bool deleted = bytes[0] == kDeleted;
  entry.attributes = bytes[11];
  if ((entry.attributes & 0x3F) == kLongName) {
    entry.kind = deleted ? Kind::deleted : Kind::long_name;
    entry.name = long_part(bytes);
    entry.part = bytes[0] & 0x3FU;
    return entry;
  }
  entry.kind = deleted                             ? Kind::deleted
               : (entry.attributes & kLabel) != 0  ? Kind::label
               : (entry.attributes & kFolder) != 0 ? Kind::folder
                                                   : Kind::file;
  entry.name = short_name(bytes, deleted);
  entry.written = moment(le16(bytes, 24), le16(bytes, 22));
  entry.first_cluster = le16(bytes, 26) | le16(bytes, 20) << 16;
  entry.size = le16(bytes, 28) | le16(bytes, 30) << 16;
  return entry;
}

std::string attribute_words(std::uint8_t attributes) {
  constexpr std::array<const char*, 6> names = {"read-only", "hidden", "system",
                                                "label",     "folder", "archive"};
  std::string words;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if ((attributes >> i & 1) != 0) words += (words.empty() ? "" : ", ") + std::string(names[i]);
  }
  return words.empty() ? "none" : words;
}

}  // namespace ui
