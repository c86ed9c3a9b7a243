#include "storage/vhd_bitmaps.h"

#include <algorithm>
#include <bit>

#include "storage/block_device.h"

namespace storage {

BitRun bit_run(std::span<const std::uint8_t> bitmap, std::uint64_t first, std::uint64_t limit) {
  const auto byte_of = [&](std::uint64_t bit) { return bitmap[static_cast<std::size_t>(bit / 8)]; };
  BitRun run;
  run.set = ((byte_of(first) >> (7 - first % 8)) & 1) != 0;
  const std::uint8_t same = run.set ? 0xFF : 0;
  while (run.count < limit) {
    const std::uint64_t bit = first + run.count;
    if (bit % 8 == 0 && byte_of(bit) == same) {
      run.count += 8;
      continue;
    }
    // The bits that are left in this byte, the next one uppermost; alike ones are zeroes now.
    const auto differing = static_cast<std::uint8_t>((byte_of(bit) ^ same) << (bit % 8));
    const std::uint64_t in_byte = 8 - bit % 8;
    const auto alike = static_cast<std::uint64_t>(std::countl_zero(differing));
    run.count += std::min(in_byte, alike);
    if (alike < in_byte) break;
  }
  run.count = std::min(run.count, limit);
  return run;
}

void change_bits(std::span<std::uint8_t> bitmap, std::uint64_t first, std::uint64_t count,
                 bool set) {
  for (std::uint64_t bit = first; bit < first + count;) {
    std::uint8_t& byte = bitmap[static_cast<std::size_t>(bit / 8)];
    if (bit % 8 == 0 && first + count - bit >= 8) {
      byte = set ? 0xFF : 0;
      bit += 8;
      continue;
    }
    const auto mask = static_cast<std::uint8_t>(0x80U >> (bit % 8));
    byte = static_cast<std::uint8_t>(set ? byte | mask : byte & ~mask);
    ++bit;
  }
}

VhdBitmaps::VhdBitmaps(File& file, std::uint64_t blocks, std::uint64_t block_sectors,
                       std::uint64_t bitmap_sectors)
    : file_(file),
      block_sectors_(block_sectors),
      bitmap_bytes_(static_cast<std::size_t>(bitmap_sectors * kSectorSize)),
      owners_(
          static_cast<std::size_t>(std::clamp<std::uint64_t>(blocks, 1, kBudget / bitmap_bytes_)),
          kNone),
      bytes_(owners_.size() * bitmap_bytes_),
      full_(static_cast<std::size_t>(blocks)) {}

IoStatus VhdBitmaps::view(std::uint64_t block, std::uint64_t place,
                          std::span<const std::uint8_t>& bitmap) {
  const std::size_t slot = slot_of(block);
  bitmap = bytes_of(slot);
  if (owners_[slot] == block) return IoStatus::ok;
  owners_[slot] = kNone;
  const IoStatus status = file_.read_at(place, bytes_of(slot));
  if (status != IoStatus::ok) return status;
  owners_[slot] = block;
  const BitRun run = bit_run(bitmap, 0, block_sectors_);
  full_[static_cast<std::size_t>(block)] = run.set && run.count == block_sectors_;
  return status;
}

IoStatus VhdBitmaps::change(std::uint64_t block, std::uint64_t place, std::uint64_t first,
                            std::uint64_t count, bool set) {
  std::span<const std::uint8_t> bitmap;
  IoStatus status = view(block, place, bitmap);
  if (status != IoStatus::ok) return status;
  const BitRun there = bit_run(bitmap, first, count);
  if (there.set == set && there.count == count) return status;
  const std::size_t slot = slot_of(block);
  change_bits(bytes_of(slot), first, count, set);
  // Whole sectors of the bitmap, which the host does not tear.
  const auto begin = static_cast<std::size_t>(first / 4096) * kSectorSize;
  const auto end = static_cast<std::size_t>((first + count - 1) / 4096 + 1) * kSectorSize;
  status = file_.write_at(place + begin, bytes_of(slot).subspan(begin, end - begin));
  if (status != IoStatus::ok) {
    owners_[slot] = kNone;  // only the file knows
    full_[static_cast<std::size_t>(block)] = false;
    return status;
  }
  const BitRun run = bit_run(bytes_of(slot), 0, block_sectors_);
  full_[static_cast<std::size_t>(block)] = run.set && run.count == block_sectors_;
  return status;
}

IoStatus VhdBitmaps::fill(std::uint64_t block, std::uint64_t place) {
  const std::size_t slot = slot_of(block);
  owners_[slot] = kNone;
  const std::span<std::uint8_t> bytes = bytes_of(slot);
  std::ranges::fill(bytes, std::uint8_t{0});
  change_bits(bytes, 0, block_sectors_, true);
  const IoStatus status = file_.write_at(place, bytes);
  if (status != IoStatus::ok) return status;
  owners_[slot] = block;
  full_[static_cast<std::size_t>(block)] = true;
  return status;
}

void VhdBitmaps::forget(std::uint64_t block) {
  full_[static_cast<std::size_t>(block)] = false;
  const std::size_t slot = slot_of(block);
  if (owners_[slot] == block) owners_[slot] = kNone;
}

}  // namespace storage
