// Directory entries against bytes put together from the FAT specification by hand.
#include "ui/directory_entry.h"

#include <array>
#include <string_view>

#include "tests/catch.hpp"

using ui::DirectoryEntry;
using Kind = DirectoryEntry::Kind;

namespace {

std::array<std::uint8_t, 32> entry(std::string_view name, std::uint8_t attributes) {
  std::array<std::uint8_t, 32> bytes{};
  for (std::size_t i = 0; i < 11; ++i) bytes[i] = static_cast<std::uint8_t>(name[i]);
  bytes[11] = attributes;
  return bytes;
}

}  // namespace

TEST_CASE("directory entry: every field of a file by its name", "[ui][fat]") {
  auto bytes = entry("PARTS   DB ", 0x21);
  // 1994-03-05 13:37:42: 14 years, 3 months, 5 days; 13 hours, 37 minutes, 21 pairs of seconds.
  const unsigned date = 14U << 9 | 3U << 5 | 5U;
  const unsigned time = 13U << 11 | 37U << 5 | 21U;
  bytes[22] = time & 255;
  bytes[23] = time >> 8;
  bytes[24] = date & 255;
  bytes[25] = date >> 8;
  bytes[26] = 0x6B;
  bytes[27] = 0x0C;
  bytes[20] = 0x01;  // the upper half of the cluster, FAT32
  bytes[28] = 0x00;
  bytes[30] = 0xC0;
  const auto found = ui::directory_entry(bytes);
  REQUIRE(found.has_value());
  CHECK(found->kind == Kind::file);
  CHECK(found->name == "PARTS.DB");
  CHECK(found->written == "1994-03-05 13:37:42");
  CHECK(found->first_cluster == 0x10C6B);
  CHECK(found->size == 0xC00000);
  CHECK(ui::attribute_words(found->attributes) == "read-only, archive");
}

TEST_CASE("directory entry: folders, labels, deleted ones and the end are told apart",
          "[ui][fat]") {
  CHECK(ui::directory_entry(entry(".          ", 0x10))->kind == Kind::folder);
  CHECK(ui::directory_entry(entry(".          ", 0x10))->name == ".");
  CHECK(ui::directory_entry(entry("PLATTER    ", 0x08))->kind == Kind::label);
  const auto deleted =
      ui::directory_entry(entry("\xE5"
                                "EMO1   BIN",
                                0x20));
  CHECK(deleted->kind == Kind::deleted);
  CHECK(deleted->name == "?EMO1.BIN");
  CHECK(ui::directory_entry(entry(std::string_view("\0          ", 11), 0))->kind == Kind::end);
  CHECK_FALSE(ui::directory_entry(std::array<std::uint8_t, 31>{}).has_value());
}

TEST_CASE("directory entry: a part of a long name shows its characters and its number",
          "[ui][fat]") {
  std::array<std::uint8_t, 32> bytes{};
  bytes.fill(0xFF);
  bytes[0] = 0x42;  // the last part, the second
  bytes[11] = 0x0F;
  constexpr std::string_view words = "ng na";
  for (std::size_t i = 0; i < words.size(); ++i) {
    bytes[1 + 2 * i] = static_cast<std::uint8_t>(words[i]);
    bytes[2 + 2 * i] = 0;
  }
  bytes[14] = 'm';
  bytes[15] = 0;
  bytes[16] = 'e';
  bytes[17] = 0;
  bytes[18] = bytes[19] = 0;
  const auto found = ui::directory_entry(bytes);
  CHECK(found->kind == Kind::long_name);
  CHECK(found->name == "ng name");
  CHECK(found->part == 2);
}
