// The arithmetic of disk geometry against published limits and worked examples.
#include "storage/geometry.h"

#include "storage/geometry_choice.h"
#include "tests/catch.hpp"

using storage::Chs;
using storage::chs_to_lba;
using storage::Geometry;
using storage::Translation;

TEST_CASE("geometry: CHS and LBA name each other", "[storage][geometry]") {
  const Geometry disk{65, 16, 63};
  REQUIRE(chs_to_lba(disk, {0, 0, 1}) == 0);
  REQUIRE(chs_to_lba(disk, {0, 1, 1}) == 63);
  REQUIRE(chs_to_lba(disk, {1, 0, 1}) == 1008);
  REQUIRE(chs_to_lba(disk, {64, 15, 63}) == 65519);
  for (const Chs& wrong : {Chs{0, 0, 0}, Chs{0, 0, 64}, Chs{0, 16, 1}, Chs{65, 0, 1}}) {
    REQUIRE_FALSE(chs_to_lba(disk, wrong).has_value());
  }
  for (std::uint64_t lba = 0; lba < disk.sector_count(); lba += 7) {
    REQUIRE(chs_to_lba(disk, lba_to_chs(disk, lba)) == lba);
  }
  REQUIRE(chs_to_lba({65536, 16, 255}, {65535, 15, 255}) == 267386879);
}

TEST_CASE("geometry: without a header 16 heads and 63 sectors, capped where IDENTIFY ends",
          "[storage][geometry]") {
  REQUIRE(storage::default_geometry(65520) == Geometry{65, 16, 63});
  REQUIRE(storage::default_geometry(131072) == Geometry{130, 16, 63});
  REQUIRE(storage::default_geometry(4194304) == Geometry{4161, 16, 63});
  REQUIRE(storage::default_geometry(16514063) == Geometry{16382, 16, 63});
  REQUIRE(storage::default_geometry(16514064) == Geometry{16383, 16, 63});
  REQUIRE(storage::default_geometry(std::uint64_t{1} << 32) == Geometry{16383, 16, 63});
}

TEST_CASE("geometry: a tiny disk promises no sector that it has not", "[storage][geometry]") {
  for (std::uint64_t total = 1; total < 3000; ++total) {
    const Geometry found = storage::default_geometry(total);
    REQUIRE(found.known());
    REQUIRE(found.sector_count() <= total);
    REQUIRE(found.heads <= 16);
    REQUIRE(found.sectors_per_track <= 63);
  }
  REQUIRE(storage::default_geometry(1008) == Geometry{1, 16, 63});
}

TEST_CASE("geometry: what each translation shows", "[storage][geometry]") {
  struct Row {
    Geometry ata;
    std::uint64_t total;
    Translation translation;
    Geometry logical;
  };
  const Row rows[] = {
      {{1024, 16, 63}, 1032192, Translation::none, {1024, 16, 63}},
      {{1025, 16, 63}, 1033200, Translation::none, {1024, 16, 63}},
      {{1025, 16, 63}, 1033200, Translation::large, {512, 32, 63}},
      {{4161, 16, 63}, 4194304, Translation::large, {520, 128, 63}},
      {{4161, 16, 63}, 4194304, Translation::lba, {520, 128, 63}},
      {{8192, 16, 63}, 8257536, Translation::large, {1024, 128, 63}},
      {{16383, 16, 63}, 16514064, Translation::large, {1024, 128, 63}},
      // 15 heads double to 240
      {{16383, 16, 63}, 16514064, Translation::revised, {1024, 240, 63}},
      {{963, 5, 17}, 81855, Translation::large, {963, 5, 17}},
      {{963, 5, 17}, 81855, Translation::lba, {81, 16, 63}},
      {{1048, 16, 63}, 1056384, Translation::lba, {1024, 16, 63}},
      {{16383, 16, 63}, 16777216, Translation::lba, {1024, 255, 63}},
      {{16383, 16, 63}, std::uint64_t{1} << 40, Translation::lba, {1024, 255, 63}},
      // More heads than a drive has: what a header may claim must not run away.
      {{65535, 255, 63}, 1052814825, Translation::large, {1024, 255, 63}},
  };
  for (const Row& row : rows) {
    CAPTURE(to_text(row.ata), name_of(row.translation));
    REQUIRE(to_text(logical_geometry(row.translation, row.ata, row.total)) == to_text(row.logical));
  }
}

TEST_CASE("geometry: heads of LBA assist step at each power of two", "[storage][geometry]") {
  const auto heads = [](std::uint64_t thousand_tracks) {
    const std::uint64_t total = thousand_tracks * 1024 * 63;
    return logical_geometry(Translation::lba, {}, total).heads;
  };
  REQUIRE(heads(16) == 16);
  REQUIRE(heads(17) == 32);
  REQUIRE(heads(32) == 32);
  REQUIRE(heads(33) == 64);
  REQUIRE(heads(64) == 64);
  REQUIRE(heads(65) == 128);
  REQUIRE(heads(128) == 128);
  REQUIRE(heads(129) == 255);
}

TEST_CASE("geometry: the automatic translation changes at 1024 and 8192 cylinders",
          "[storage][geometry]") {
  REQUIRE(storage::automatic_translation({1024, 16, 63}) == Translation::none);
  REQUIRE(storage::automatic_translation({1025, 16, 63}) == Translation::large);
  REQUIRE(storage::automatic_translation({8192, 16, 63}) == Translation::large);
  REQUIRE(storage::automatic_translation({8193, 16, 63}) == Translation::lba);
}

TEST_CASE("geometry: headers that no drive could report are not used", "[storage][geometry]") {
  REQUIRE(storage::usable({963, 5, 17}, 81855));
  REQUIRE(storage::usable({2080, 16, 63}, 2097152));
  REQUIRE_FALSE(storage::usable({2081, 16, 63}, 2097152));  // more than there is
  REQUIRE_FALSE(storage::usable({0, 16, 63}, 2097152));
  REQUIRE_FALSE(storage::usable({16, 17, 63}, 17136));          // heads
  REQUIRE_FALSE(storage::usable({65535, 16, 255}, 267386880));  // sectors
  REQUIRE_FALSE(storage::usable({10, 16, 63}, 2097152));        // absurdly small
  REQUIRE(storage::usable({16383, 16, 63}, 268435456));
  REQUIRE(storage::usable({65535, 16, 63}, 66059280));
}
