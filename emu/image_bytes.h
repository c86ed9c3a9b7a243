// A disk by bytes: io and dd take any offset and length, devices take whole sectors.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "emu/image_copy.h"
#include "storage/block_device.h"

namespace emu::image_tool {

storage::IoStatus read_bytes(storage::BlockDevice& device, std::uint64_t offset,
                             std::span<std::uint8_t> bytes);
// Reads what it does not change of the first and the last sector.
storage::IoStatus write_bytes(storage::BlockDevice& device, std::uint64_t offset,
                              std::span<const std::uint8_t> bytes);
// Whole sectors by write_zeroes, the rest as write_bytes does.
storage::IoStatus zero_bytes(storage::BlockDevice& device, std::uint64_t offset,
                             std::uint64_t length);

// [offset, offset + length) of the source to the front of the sink, zeroes behind it up to a whole
// sector. Throws storage::ImageError and what the sink throws.
void copy_bytes(const std::string& source_name, storage::BlockDevice& source, std::uint64_t offset,
                std::uint64_t length, CopySink& sink, const storage::Progress& progress);

}  // namespace emu::image_tool
