#include "emu/image_bytes.h"

#include <algorithm>
#include <array>
#include <vector>

#include "emu/image_session.h"
#include "storage/layer.h"

namespace emu::image_tool {

using storage::BlockDevice;
using storage::IoStatus;
using storage::kSectorSize;

namespace {

constexpr std::uint64_t kCopyBytes = 256 * 1024;

bool in_range(const BlockDevice& device, std::uint64_t offset, std::uint64_t length) {
  const std::uint64_t size = device.sector_count() * kSectorSize;
  return offset <= size && length <= size - offset;
}

// Calls `part(lba, offset in the sector, where in the request, length)` for the sectors that are
// touched in part, and `whole(lba, where in the request, length)` for the run between them.
template <class Part, class Whole>
IoStatus split(std::uint64_t offset, std::uint64_t length, Part part, Whole whole) {
  for (std::uint64_t done = 0; done < length;) {
    const std::uint64_t at = offset + done;
    const std::uint64_t inside = at % kSectorSize;
    const std::uint64_t rest = length - done;
    IoStatus status = IoStatus::ok;
    std::uint64_t step = 0;
    if (inside != 0 || rest < kSectorSize) {
      step = std::min<std::uint64_t>(rest, kSectorSize - inside);
      status = part(at / kSectorSize, inside, done, step);
    } else {
      step = rest - rest % kSectorSize;
      status = whole(at / kSectorSize, done, step);
    }
    if (status != IoStatus::ok) return status;
    done += step;
  }
  return IoStatus::ok;
}

using Sector = std::array<std::uint8_t, kSectorSize>;

}  // namespace

IoStatus read_bytes(BlockDevice& device, std::uint64_t offset, std::span<std::uint8_t> bytes) {
  if (!in_range(device, offset, bytes.size())) return IoStatus::out_of_range;
  return split(
      offset, bytes.size(),
      [&](std::uint64_t lba, std::uint64_t inside, std::uint64_t done, std::uint64_t step) {
        Sector sector;
        const IoStatus status = device.read(lba, sector);
        const auto from = std::span(sector).subspan(static_cast<std::size_t>(inside),
                                                    static_cast<std::size_t>(step));
        std::ranges::copy(from, bytes.begin() + static_cast<std::ptrdiff_t>(done));
        return status;
      },
      [&](std::uint64_t lba, std::uint64_t done, std::uint64_t step) {
        return device.read(
            lba, bytes.subspan(static_cast<std::size_t>(done), static_cast<std::size_t>(step)));
      });
}

IoStatus write_bytes(BlockDevice& device, std::uint64_t offset,
                     std::span<const std::uint8_t> bytes) {
  if (!in_range(device, offset, bytes.size())) return IoStatus::out_of_range;
  return split(
      offset, bytes.size(),
      [&](std::uint64_t lba, std::uint64_t inside, std::uint64_t done, std::uint64_t step) {
        Sector sector;
        const IoStatus status = device.read(lba, sector);
        if (status != IoStatus::ok) return status;
        const auto from =
            bytes.subspan(static_cast<std::size_t>(done), static_cast<std::size_t>(step));
        std::ranges::copy(from, sector.begin() + static_cast<std::ptrdiff_t>(inside));
        return device.write(lba, sector);
      },
      [&](std::uint64_t lba, std::uint64_t done, std::uint64_t step) {
        return device.write(
            lba, bytes.subspan(static_cast<std::size_t>(done), static_cast<std::size_t>(step)));
      });
}

IoStatus zero_bytes(BlockDevice& device, std::uint64_t offset, std::uint64_t length) {
  if (!in_range(device, offset, length)) return IoStatus::out_of_range;
  static constexpr Sector kZeroes{};
  return split(
      offset, length,
      [&](std::uint64_t lba, std::uint64_t inside, std::uint64_t, std::uint64_t step) {
        return write_bytes(device, lba * kSectorSize + inside,
                           std::span(kZeroes).first(static_cast<std::size_t>(step)));
      },
      [&](std::uint64_t lba, std::uint64_t, std::uint64_t step) {
        return device.write_zeroes(lba, step / kSectorSize);
      });
}

void copy_bytes(const std::string& source_name, BlockDevice& source, std::uint64_t offset,
                std::uint64_t length, CopySink& sink, const storage::Progress& progress) {
  std::vector<std::uint8_t> buffer(kCopyBytes);
  for (std::uint64_t done = 0; done < length;) {
    progress.report(done, length);
    const std::uint64_t step = std::min(length - done, kCopyBytes);
    const auto part = std::span(buffer).first(static_cast<std::size_t>(step));
    require(source_name, (offset + done) / kSectorSize, read_bytes(source, offset + done, part));
    const std::uint64_t sectors = sectors_for(step);
    const auto whole = std::span(buffer).first(static_cast<std::size_t>(sectors * kSectorSize));
    std::ranges::fill(whole.subspan(part.size()), std::uint8_t{0});
    if (storage::all_zero(whole)) {
      sink.zeroes(done / kSectorSize, sectors);
    } else {
      sink.write(done / kSectorSize, whole);
    }
    done += step;
  }
  progress.report(length, length);
}

}  // namespace emu::image_tool
