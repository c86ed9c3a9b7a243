// CRC-32C (Castagnoli): the check sum of growable images. [RFC3720] B.4 has the test vectors.
#pragma once

#include <cstdint>
#include <span>

namespace storage {

std::uint32_t crc32c(std::span<const std::uint8_t> bytes);

}  // namespace storage
