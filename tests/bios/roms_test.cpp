// The embedded ROMs as any BIOS looks at them before it trusts them. What they do is checked in
// tests/guest.
#include "bios/roms.h"

#include <algorithm>
#include <numeric>
#include <string_view>

#include "tests/catch.hpp"

namespace {

unsigned sum(std::span<const std::uint8_t> bytes) {
  return std::accumulate(bytes.begin(), bytes.end(), 0U) & 0xFF;
}

}  // namespace

TEST_CASE("bios: the video ROM carries an option ROM's header and sums to zero", "[bios]") {
  const auto rom = bios::video_rom();
  REQUIRE(rom.size() >= 0x800);
  REQUIRE(rom.size() <= 0x8000);
  CHECK(rom[0] == 0x55);
  CHECK(rom[1] == 0xAA);
  CHECK(rom[2] * std::size_t{512} == rom.size());
  CHECK(sum(rom) == 0);
}

TEST_CASE("bios: programs that look for an IBM video ROM find its name at 1Eh", "[bios]") {
  CHECK(std::ranges::equal(bios::video_rom().subspan(0x1E, 3), std::string_view("IBM")));
}
