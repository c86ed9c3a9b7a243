#include "emu/map_picture.h"

#include <algorithm>
#include <array>

namespace emu {

namespace {

using storage::ClusterState;
using storage::Extent;

constexpr std::uint64_t kColumns = 128;
constexpr std::uint64_t kMostRows = 96;
constexpr std::uint32_t kCell = 8;  // pixels, the last of which is the gap

struct Color {
  std::uint8_t red, green, blue;
};
constexpr Color kGap{16, 18, 20};
constexpr Color kNothing{0x20, 0x24, 0x2C};

// Okabe and Ito's palette: to be told apart by everybody.
enum Kind : std::size_t { nothing, own, parents, linked, zero, freed, metadata, corrupt, kKinds };
constexpr std::array<Color, kKinds> kColors = {{kNothing,
                                                {0x00, 0x72, 0xB2},
                                                {0x56, 0xB4, 0xE9},
                                                {0xCC, 0x79, 0xA7},
                                                {0x4A, 0x50, 0x5C},
                                                {0x6B, 0x5B, 0x3A},
                                                {0xE6, 0x9F, 0x00},
                                                {0xD5, 0x5E, 0x00}}};

Kind kind_of(const Extent& extent) {
  switch (extent.state) {
    case ClusterState::unallocated:
      return nothing;
    case ClusterState::zero:
      return zero;
    case ClusterState::data:
      return extent.layer == 0 ? own : parents;
    case ClusterState::shared:
      return linked;
    case ClusterState::parent:
      return parents;
    case ClusterState::freed:
      return freed;
    case ClusterState::metadata:
      return metadata;
    case ClusterState::corrupt:
      break;
  }
  return corrupt;
}

using Cell = std::array<std::uint64_t, kKinds>;  // sectors

Color color_of(const Cell& cell) {
  if (cell[corrupt] != 0) return kColors[corrupt];
  std::uint64_t all = 0;
  for (const std::uint64_t sectors : cell) all += sectors;
  const auto most = std::max_element(cell.begin() + 1, cell.end());
  if (all == 0 || *most == 0) return kNothing;
  const Color full = kColors[static_cast<std::size_t>(most - cell.begin())];
  // A cell that holds little must still be seen.
  const std::uint64_t share = 64 + 191 * (all - cell[nothing]) / all;
  const auto mix = [&](std::uint8_t empty, std::uint8_t whole) {
    return static_cast<std::uint8_t>((empty * (255 - share) + whole * share) / 255);
  };
  return {mix(kNothing.red, full.red), mix(kNothing.green, full.green),
          mix(kNothing.blue, full.blue)};
}

}  // namespace

MapPicture draw_map(const storage::BlockDevice& device, std::uint64_t cluster_sectors) {
  const std::uint64_t total = device.sector_count();
  MapPicture picture;
  picture.sectors_per_cell = std::max<std::uint64_t>(cluster_sectors, 1);
  while ((total - 1) / picture.sectors_per_cell >= kColumns * kMostRows) {
    picture.sectors_per_cell *= 2;
  }
  std::vector<Cell> cells(static_cast<std::size_t>((total - 1) / picture.sectors_per_cell + 1));
  for (std::uint64_t lba = 0; lba < total;) {
    const Extent extent = device.extent_at(lba);
    const std::uint64_t end =
        std::min(lba + std::max<std::uint64_t>(extent.sector_count, 1), total);
    const Kind kind = kind_of(extent);
    while (lba < end) {
      const std::uint64_t cell = lba / picture.sectors_per_cell;
      const std::uint64_t stop = std::min(end, (cell + 1) * picture.sectors_per_cell);
      cells[static_cast<std::size_t>(cell)][kind] += stop - lba;
      lba = stop;
    }
  }
  const std::uint64_t columns = std::min<std::uint64_t>(kColumns, cells.size());
  const std::uint64_t rows = (cells.size() + columns - 1) / columns;
  picture.width = static_cast<std::uint32_t>(columns) * kCell;
  picture.height = static_cast<std::uint32_t>(rows) * kCell;
  picture.rgba.resize(std::size_t{picture.width} * picture.height * 4);
  for (std::uint32_t y = 0; y < picture.height; ++y) {
    for (std::uint32_t x = 0; x < picture.width; ++x) {
      const std::size_t cell = y / kCell * columns + x / kCell;
      const bool gap = x % kCell == kCell - 1 || y % kCell == kCell - 1 || cell >= cells.size();
      const Color color = gap ? kGap : color_of(cells[cell]);
      const std::size_t at = (std::size_t{y} * picture.width + x) * 4;
      picture.rgba[at] = color.red;
      picture.rgba[at + 1] = color.green;
      picture.rgba[at + 2] = color.blue;
      picture.rgba[at + 3] = 0xFF;
    }
  }
  return picture;
}

}  // namespace emu
