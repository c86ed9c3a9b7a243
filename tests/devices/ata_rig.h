// A channel with one drive or two in memory, for tests of the ATA channel.
#pragma once

#include "storage/memory_device.h"
#include "tests/catch.hpp"
#include "tests/support/ata_host.h"

inline constexpr storage::Geometry kAtaGeometry{130, 16, 63};
inline constexpr std::uint64_t kAtaSectors = 131072;

struct AtaRig : support::AtaHost {
  explicit AtaRig(bool two = false, devices::AtaPorts where = devices::kPrimaryAta)
      : AtaHost(where), first({}, kAtaSectors), second({}, 81855) {
    attach(0, first, kAtaGeometry);
    if (two) attach(1, second, {963, 5, 17});
  }
  storage::MemoryDevice first;
  storage::MemoryDevice second;
};

// What the registers show after a reset.
inline void check_ata_signature(support::AtaHost& host) {
  REQUIRE(host.in(1) == 1);
  REQUIRE(host.in(2) == 1);
  REQUIRE(host.in(3) == 1);
  REQUIRE(host.in(4) == 0);
  REQUIRE(host.in(5) == 0);
  REQUIRE(host.in(6) == 0xA0);
  REQUIRE(host.in(7) == 0x50);
}
