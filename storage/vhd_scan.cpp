#include "storage/vhd_scan.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "storage/block_device.h"
#include "storage/layer.h"

namespace storage {

namespace {

// What lies in the file besides blocks.
std::vector<VhdStretch> islands_of(const VhdFrame& frame, const VhdTable& table) {
  const auto sectors = [](std::uint64_t bytes) { return (bytes + kSectorSize - 1) / kSectorSize; };
  std::vector<VhdStretch> islands = {{0, 1}};
  const std::uint64_t header = frame.footer().header_at / kSectorSize;
  islands.push_back({header, header + sectors(sizeof(VhdHeader))});
  const std::uint64_t bat = table.bat_at / kSectorSize;
  islands.push_back({bat, bat + table.bat_sectors()});
  for (const VhdLocator& locator : frame.header().locators) {
    const std::uint64_t at = locator.at;
    if (locator.code_text() == std::string_view("\0\0\0\0", 4) || at > frame.tail_at()) continue;
    const std::uint64_t length = std::min<std::uint64_t>(locator.length, frame.tail_at() - at);
    if (length != 0) islands.push_back({at / kSectorSize, sectors(at + length)});
  }
  std::ranges::sort(islands, {}, &VhdStretch::begin);
  return islands;
}

}  // namespace

IoStatus VhdScan::run(const VhdFrame& frame, const VhdTable& table, CheckReport* report,
                      VhdScan& result) {
  result = {};
  const std::vector<VhdStretch> islands = islands_of(frame, table);
  const std::uint64_t limit = frame.tail_at() / kSectorSize;
  const auto complain = [&](std::uint32_t block, std::uint32_t sector, std::string_view what) {
    result.bad_.push_back(block);
    if (report == nullptr) return;
    report->error("block " + std::to_string(block) + ": its place " + std::string(what) +
                  " (sector = " + std::to_string(sector) + ")");
  };
  std::vector<Be32> words(16384);
  const std::uint64_t blocks = table.blocks();
  std::vector<VhdPlace>& places = result.places_;
  for (std::uint64_t block = 0; block < table.entries;) {
    const auto count =
        static_cast<std::size_t>(std::min<std::uint64_t>(words.size(), table.entries - block));
    const IoStatus status = frame.file().read_at(
        table.bat_at + block * 4, {reinterpret_cast<std::uint8_t*>(words.data()), count * 4});
    if (status != IoStatus::ok) return status;
    for (std::size_t i = 0; i < count; ++i, ++block) {
      const std::uint32_t sector = words[i];
      // Entries beyond the disk's end (some writers make one too many) say nothing.
      if (sector == kNoVhdBlock || block >= blocks) continue;
      const auto number = static_cast<std::uint32_t>(block);
      if (sector + table.place_sectors() > limit) {
        complain(number, sector, "is not inside the file");
      } else {
        places.push_back({sector, number});
      }
    }
  }
  if (!std::ranges::is_sorted(places, {}, &VhdPlace::sector)) {
    // Of two blocks in one place the first keeps it.
    std::ranges::sort(places, {}, [](const VhdPlace& p) { return std::pair(p.sector, p.block); });
  }
  for (const VhdStretch& island : islands) result.end_ = std::max(result.end_, island.end);
  std::vector<VhdPlace> good;
  good.reserve(places.size());
  std::uint64_t taken = 0;
  for (const VhdPlace& place : places) {
    const std::uint64_t end = place.sector + table.place_sectors();
    result.end_ = std::max(result.end_, end);
    const bool on_island = std::ranges::any_of(islands, [&](const VhdStretch& island) {
      return place.sector < island.end && island.begin < end;
    });
    if (on_island) {
      complain(place.block, place.sector, "holds headers or tables");
    } else if (place.sector < taken) {
      complain(place.block, place.sector, "is another block's too");
    } else {
      good.push_back(place);
      taken = end;
    }
  }
  places = std::move(good);
  result.first_ = places.empty() ? result.end_ : places.front().sector;
  return IoStatus::ok;
}

std::vector<VhdStretch> VhdScan::gaps(const VhdFrame& frame, const VhdTable& table) const {
  std::vector<VhdStretch> taken = islands_of(frame, table);
  for (const VhdPlace& place : places_) {
    taken.push_back({place.sector, place.sector + table.place_sectors()});
  }
  std::ranges::sort(taken, {}, &VhdStretch::begin);
  std::vector<VhdStretch> gaps;
  std::uint64_t end = 0;
  for (const VhdStretch& one : taken) {
    if (one.begin > end) gaps.push_back({end, one.begin});
    end = std::max(end, one.end);
  }
  return gaps;
}

IoStatus zeroes_until(File& file, std::uint64_t from, std::uint64_t to, std::uint64_t& end) {
  std::array<std::uint8_t, 16384> buffer;
  end = from;
  while (end < to) {
    const FileRun run = file.run_at(end);
    if (!run.data) {
      end = std::min(run.end, to);
      continue;
    }
    const std::uint64_t count =
        std::min<std::uint64_t>({buffer.size(), to - end, std::max(run.end, end + 1) - end});
    const auto bytes = std::span(buffer).first(static_cast<std::size_t>(count));
    if (const IoStatus status = file.read_at(end, bytes); status != IoStatus::ok) return status;
    if (!all_zero(bytes)) return IoStatus::ok;
    end += count;
  }
  return IoStatus::ok;
}

}  // namespace storage
