// One grain of a stream, deflated and inflated.
//
// [1950] RFC 1950, ZLIB Compressed Data Format
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace storage {

// Sectors of a grain: 16 MiB.
inline constexpr std::uint64_t kMaxPackedGrain = 32768;

// What a grain of so many bytes may take when it is packed: deflate never makes it this long.
constexpr std::uint64_t most_packed_bytes(std::uint64_t grain_bytes) {
  return 2 * grain_bytes + 1024;
}

// Unpacks `in` to at most `out`, whose rest becomes zeroes. Whether the data was whole, had at
// least `least` bytes and, when `exact`, ended where `in` does.
bool unpack_grain(std::span<const std::uint8_t> in, std::span<std::uint8_t> out,
                  std::uint64_t least, bool exact);

// Throws std::bad_alloc.
std::vector<std::uint8_t> pack_grain(std::span<const std::uint8_t> grain);

}  // namespace storage
