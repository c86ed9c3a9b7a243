#include "emu/guest_clock.h"

#include "tests/catch.hpp"

using emu::GuestClock;

TEST_CASE("guest clock: a slot's time never passes the deadline it was asked for", "[emu][clock]") {
  const std::uint32_t mips = GENERATE(1u, 3u, 7u, 20u, 999u, 1000u);
  const GuestClock clock(mips);
  for (std::uint64_t time = 0; time < 5000; ++time) {
    const std::uint64_t slot = clock.slot_at(time);
    REQUIRE(clock.time_at(slot) >= time);
    if (slot > 0) REQUIRE(clock.time_at(slot - 1) < time);
  }
}

TEST_CASE("guest clock: a year of slots keeps its precision", "[emu][clock]") {
  const GuestClock clock(100);
  const std::uint64_t year_slots = 31536000ull * 100'000'000;
  REQUIRE(clock.time_at(year_slots) == 31536000ull * devices::kSecond);
  REQUIRE(clock.slot_at(31536000ull * devices::kSecond) == year_slots);
}
