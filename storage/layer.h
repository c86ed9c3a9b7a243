// Reading through a parent, for every driver whose images have one: the parent may be shorter than
// its child (zeroes follow), longer (it is cut) or not open at all.
#pragma once

#include <cstdint>
#include <span>

#include "storage/block_device.h"

namespace storage {

// `parent` null: zeroes.
IoStatus read_parent(BlockDevice* parent, std::uint64_t lba, std::span<std::uint8_t> sectors);

// What a child says of sectors that it leaves to its parent: at most `count` of them from `lba` on,
// one layer further down. `parent` null: unallocated.
Extent parent_extent(const BlockDevice* parent, std::uint64_t lba, std::uint64_t count);

// Whether all bytes are zero.
bool all_zero(std::span<const std::uint8_t> bytes);

}  // namespace storage
