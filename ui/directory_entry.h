// One 32-byte entry of a FAT directory, named field by field, as [FAT] has them (Microsoft FAT
// specification, 2005, section 6 and 7). Knows bytes only; of long names each part by itself.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace ui {

struct DirectoryEntry {
  static constexpr std::size_t kSize = 32;

  enum class Kind : std::uint8_t { file, folder, label, long_name, deleted, end };
  Kind kind = Kind::end;
  std::string
      name;  // "PARTS.DB"; the part's characters of a long name; '?' for what a deletion took
  std::uint8_t attributes = 0;
  std::string written;              // "1994-01-01 00:12:22"; empty: no date
  std::uint32_t first_cluster = 0;  // 0: none
  std::uint32_t size = 0;           // bytes
  unsigned part = 0;                // of a long name, from 1
};

// Nothing for fewer than 32 bytes.
std::optional<DirectoryEntry> directory_entry(std::span<const std::uint8_t> bytes);

// "archive, read-only"
std::string attribute_words(std::uint8_t attributes);

}  // namespace ui
