// What every block device must pass, whatever format is behind it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

#include "storage/block_device.h"
#include "tests/catch.hpp"

namespace support {

using Bytes = std::vector<std::uint8_t>;

inline Bytes random_bytes(std::mt19937& random, std::size_t count) {
  Bytes bytes(count);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

// A device behaves as the plain array `model`, whatever is written where; its extents cover it.
inline void compare_with_array(storage::BlockDevice& device, Bytes model, std::uint32_t seed) {
  using storage::IoStatus;
  using storage::kSectorSize;
  std::mt19937 random(seed);
  const std::uint64_t total = device.sector_count();
  REQUIRE(model.size() == total * kSectorSize);
  Bytes all(model.size());
  REQUIRE(device.read(0, all) == IoStatus::ok);
  REQUIRE(all == model);
  for (int step = 0; step < 400; ++step) {
    const std::uint64_t lba = step == 0 ? total - 1 : random() % total;
    const std::uint64_t count = 1 + random() % std::min<std::uint64_t>(30, total - lba);
    const auto place = static_cast<std::ptrdiff_t>(lba * kSectorSize);
    if (step == 0 || random() % 2 == 0) {
      const Bytes data = random_bytes(random, count * kSectorSize);
      REQUIRE(device.write(lba, data) == IoStatus::ok);
      std::copy(data.begin(), data.end(), model.begin() + place);
    } else {
      Bytes found(count * kSectorSize);
      REQUIRE(device.read(lba, found) == IoStatus::ok);
      REQUIRE(std::equal(found.begin(), found.end(), model.begin() + place));
    }
    const Bytes beyond(2 * kSectorSize);
    REQUIRE(device.write(total - 1, beyond) == IoStatus::out_of_range);
  }
  REQUIRE(device.flush() == IoStatus::ok);
  REQUIRE(device.read(0, all) == IoStatus::ok);
  REQUIRE(all == model);
  for (std::uint64_t lba = 0; lba < total;) {
    const storage::Extent extent = device.extent_at(lba);
    REQUIRE(extent.first_sector == lba);
    REQUIRE(extent.sector_count >= 1);
    lba += extent.sector_count;
    REQUIRE(lba <= total);
  }
}

}  // namespace support
