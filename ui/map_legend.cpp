// The legends of the map's modes: every row's count, of all of the disk, so that they add up.
#include <algorithm>
#include <array>
#include <cstdio>

#include "ui/map_parts.h"

namespace ui {

using storage::AllocationMap;
using storage::CellClass;
using storage::CellSum;
using storage::MapCell;
using storage::MapMark;

namespace {

// What the classes count as in State mode: layers first, then these.
enum class After : std::size_t { file_system, zero, unallocated, linked, freed, corrupt, unknown };

}  // namespace

unsigned layer_rows(unsigned layers) {
  return std::min(layers, 4U);
}

unsigned layer_row(unsigned layer, unsigned layers) {
  return std::min({layer, layer_rows(layers) - 1, 3U});
}

std::size_t state_row(CellClass kind, unsigned layers) {
  const std::size_t base = layer_rows(layers);
  const auto row = [&](After after) { return base + static_cast<std::size_t>(after); };
  switch (kind) {
    case CellClass::unallocated:
      return row(After::unallocated);
    case CellClass::zero:
      return row(After::zero);
    case CellClass::linked:
      return row(After::linked);
    case CellClass::freed:
      return row(After::freed);
    case CellClass::file_system:
      return row(After::file_system);
    case CellClass::corrupt:
      return row(After::corrupt);
    case CellClass::unknown:
      return row(After::unknown);
    default:
      return layer_row(static_cast<unsigned>(kind) - static_cast<unsigned>(CellClass::layer0),
                       layers);
  }
}

Colour class_colour(CellClass kind, const MapScene& scene) {
  const Tokens& t = tokens(scene.look);
  switch (kind) {
    case CellClass::unallocated:
      return t.unallocated;
    case CellClass::zero:
      return t.zero;
    case CellClass::linked:
      return kMapFills.linked;
    case CellClass::freed:
      return t.unallocated;
    case CellClass::file_system:
      return kMapFills.file_system;
    case CellClass::corrupt:
      return kMapFills.corrupt;
    case CellClass::unknown:
      return kMapFills.deeper;
    default:
      return layer_colour(static_cast<unsigned>(kind) - static_cast<unsigned>(CellClass::layer0),
                          scene.layers);
  }
}

CellClass dominant(const CellSum& sum, bool among_used) {
  CellClass best = CellClass::unallocated;
  std::uint64_t most = 0;
  for (std::size_t i = 0; i < storage::kCellClasses; ++i) {
    const auto kind = static_cast<CellClass>(i);
    if (among_used && !storage::in_use(kind)) continue;
    if (sum.counts[i] > most) {
      most = sum.counts[i];
      best = kind;
    }
  }
  return best;
}

std::vector<std::uint32_t> largest_files(const DiskFiles& files) {
  std::vector<std::uint32_t> found;
  for (std::uint32_t i = 0; i < files.nodes.size(); ++i) {
    if (files.nodes[i].mark == MapMark::none && files.nodes[i].sectors != 0) found.push_back(i);
  }
  const std::size_t count = std::min(found.size(), kFileColours.size());
  std::ranges::partial_sort(found, found.begin() + static_cast<std::ptrdiff_t>(count),
                            [&](std::uint32_t a, std::uint32_t b) {
                              if (files.nodes[a].sectors != files.nodes[b].sectors) {
                                return files.nodes[a].sectors > files.nodes[b].sectors;
                              }
                              return a < b;
                            });
  found.resize(count);
  return found;
}

namespace {

using Swatch = LegendRow::Swatch;

std::vector<LegendRow> state_legend(const MapScene& scene, bool by_layer_only) {
  const AllocationMap& map = scene.history.map();
  const Tokens& t = tokens(scene.look);
  std::vector<LegendRow> rows;
  const unsigned layers = layer_rows(scene.layers);
  for (unsigned i = 0; i < layers; ++i) {
    LegendRow row;
    const unsigned number = layer_number(i, scene.layers);
    row.fill = layer_colour(i, scene.layers);
    row.letter = i == 0 ? 'd' : static_cast<char>('0' + number % 10);
    const bool rest = i == 3 && scene.layers > 4;
    row.label = i == 0 ? (scene.layers == 1 ? "Data"
                                            : "Data in this layer (" + std::to_string(number) + ")")
                       : (rest ? "From deeper layers" : "From layer " + std::to_string(number));
    if (row.fill == kMapFills.parent0) row.swatch = Swatch::hatched;
    rows.push_back(row);
  }
  if (by_layer_only) {
    LegendRow none;
    none.label = "Nobody has it";
    none.fill = t.unallocated;
    rows.push_back(none);
    for (std::uint64_t c = 0, end = map.clusters(); c < end && end <= (1U << 22); ++c) {
      const MapCell cell = map.cell(c);
      const bool used = storage::in_use(storage::class_of(cell));
      ++rows[used ? layer_row(cell.layer(), scene.layers) : layers].count;
    }
    if (map.clusters() > (1U << 22)) {
      const storage::ClassCounts& counts = map.counts();
      for (std::size_t i = 0; i < counts.size(); ++i) {
        const auto kind = static_cast<CellClass>(i);
        if (!storage::in_use(kind)) {
          rows[layers].count += counts[i];
        } else {
          rows[std::min<std::size_t>(state_row(kind, scene.layers), layers - 1)].count += counts[i];
        }
      }
    }
    return rows;
  }
  const auto add = [&](const char* label, Colour fill, char letter, Swatch swatch) {
    LegendRow row;
    row.label = label;
    row.fill = fill;
    row.letter = letter;
    row.swatch = swatch;
    rows.push_back(row);
  };
  add("File system  M B F R D", kMapFills.file_system, 'F', Swatch::edge);
  add("Explicit zero", t.zero, 'z', Swatch::bar);
  add("Unallocated", t.unallocated, ' ', Swatch::plain);
  add("Linked", kMapFills.linked, 'L', Swatch::dot);
  add("Freed", t.unallocated, 'x', Swatch::outline);
  add("Corrupt", kMapFills.corrupt, '!', Swatch::cross);
  add("Parent not open", kMapFills.deeper, '?', Swatch::plain);
  const storage::ClassCounts& counts = map.counts();
  for (std::size_t i = 0; i < counts.size(); ++i) {
    rows[state_row(static_cast<CellClass>(i), scene.layers)].count += counts[i];
  }
  // Of what is rare only what is there; Linked and Freed belong to one format and say so.
  if (rows.back().count == 0) rows.pop_back();
  for (LegendRow& row : rows) {
    if ((row.letter == 'L' || row.letter == 'x') && row.count == 0) row.absent = true;
  }
  return rows;
}

// Leaves of the map's pyramid, and its fan: blocks that it has sums of.
constexpr std::uint64_t kSmallestBlock = 64;
static_assert(kHeatBlock == kSmallestBlock * 16 * 16 * 16);

void count_heat(const AllocationMap& map, std::uint64_t first, std::uint64_t end, std::uint64_t now,
                float hottest, std::vector<LegendRow>& rows) {
  for (std::uint64_t c = first; c < end; ++c) {
    const float share = map.heat(c, now) / hottest;
    std::size_t row =
        storage::in_use(storage::class_of(map.cell(c))) ? kHeatRamp.size() : kHeatRamp.size() + 1;
    if (share >= kQuiet) {
      row = 0;
      while (row + 1 < kHeatSteps.size() && share >= kHeatSteps[row + 1]) ++row;
    }
    ++rows[row].count;
  }
}

}  // namespace

std::vector<LegendRow> heat_rows(const MapScene& scene) {
  const Tokens& t = tokens(scene.look);
  std::vector<LegendRow> rows;
  for (std::size_t i = 0; i < kHeatRamp.size(); ++i) {
    LegendRow row;
    std::array<char, 16> text{};
    std::snprintf(text.data(), text.size(), ">= %.2f", static_cast<double>(kHeatSteps[i]));
    row.label = text.data();
    row.fill = kHeatRamp[i];
    rows.push_back(row);
  }
  rows.push_back({"Quiet, in use", "", 0, t.quiet, ' ', Swatch::plain, false});
  rows.push_back({"Quiet, free", "", 0, t.unallocated, ' ', Swatch::plain, false});
  return rows;
}

void add_heat(const MapScene& scene, std::uint64_t first, std::uint64_t end,
              std::vector<LegendRow>& rows) {
  const AllocationMap& map = scene.history.map();
  const std::uint64_t now = scene.history.view_time();
  const float hottest = std::max(map.hottest(now), 1.0F);
  // Cold stretches go at once: the pyramid knows them.
  const auto count = [&](const auto& self, std::uint64_t from, std::uint64_t to,
                         std::uint64_t block) -> void {
    for (std::uint64_t at = from; at < to; at += block) {
      const std::uint64_t size = std::min(block, to - at);
      const CellSum sum = map.sum(at, size, now);
      if (sum.heat / hottest < kQuiet) {
        rows[kHeatRamp.size()].count += sum.used();
        rows[kHeatRamp.size() + 1].count += sum.total() - sum.used();
      } else if (block > kSmallestBlock) {
        self(self, at, at + size, block / 16);
      } else {
        count_heat(map, at, at + size, now, hottest, rows);
      }
    }
  };
  count(count, first, std::min(end, map.clusters()), kHeatBlock);
}

namespace {

std::vector<LegendRow> file_legend(const MapScene& scene) {
  const AllocationMap& map = scene.history.map();
  const Tokens& t = tokens(scene.look);
  std::vector<LegendRow> rows;
  const std::size_t tops = scene.top_files != nullptr ? scene.top_files->size() : 0;
  for (std::size_t i = 0; i < tops; ++i) {
    const DiskFiles::Node& file = scene.files->nodes[(*scene.top_files)[i]];
    rows.push_back({file.name, file.path, 0, kFileColours[i], ' ', Swatch::plain, false});
  }
  rows.push_back({"Other files", "", 0, rgb(0x7A8795), ' ', Swatch::plain, false});
  rows.push_back({"File system", "", 0, kMapFills.file_system, ' ', Swatch::plain, false});
  rows.push_back({"Orphaned data", "", 0, t.unallocated, ' ', Swatch::line, false});
  rows.push_back({"Free", "", 0, t.unallocated, ' ', Swatch::plain, false});
  if (scene.owners == nullptr || scene.files == nullptr) {
    const CellSum sum = map.sum(0, map.clusters());
    rows[tops + 2].count = sum.used();
    rows[tops + 3].count = sum.total() - sum.used();
    return rows;
  }
  for (const ClusterOwners::Stretch& stretch : scene.owners->stretches()) {
    if (stretch.node == DiskFiles::kNobody) {
      const CellSum sum = map.sum(stretch.first, stretch.count);
      rows[tops + 2].count += sum.used();
      rows[tops + 3].count += sum.total() - sum.used();
      continue;
    }
    std::size_t row = tops;
    if (scene.files->nodes[stretch.node].mark != MapMark::none) {
      row = tops + 1;
    } else {
      for (std::size_t i = 0; i < tops; ++i) {
        if ((*scene.top_files)[i] == stretch.node) row = i;
      }
    }
    rows[row].count += stretch.count;
  }
  return rows;
}

std::vector<LegendRow> order_legend(const MapScene& scene) {
  const AllocationMap& map = scene.history.map();
  std::vector<LegendRow> rows;
  for (std::size_t i = 0; i < kHeatRamp.size(); ++i) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "part %zu of 7", i + 1);
    rows.push_back({text.data(), "", 0, kHeatRamp[i], ' ', Swatch::plain, false});
  }
  rows.push_back({"File system", "", 0, kMapFills.file_system, ' ', Swatch::plain, false});
  rows.push_back({"No file", "", 0, tokens(scene.look).unallocated, ' ', Swatch::plain, false});
  if (scene.owners == nullptr || scene.files == nullptr) {
    rows.back().count = map.clusters();
    return rows;
  }
  const std::uint64_t cluster_bytes =
      static_cast<std::uint64_t>(map.sectors_per_cluster()) * storage::kSectorSize;
  for (const ClusterOwners::Stretch& stretch : scene.owners->stretches()) {
    if (stretch.node == DiskFiles::kNobody) {
      rows.back().count += stretch.count;
      continue;
    }
    const DiskFiles::Node& file = scene.files->nodes[stretch.node];
    if (file.mark != MapMark::none) {
      rows[kHeatRamp.size()].count += stretch.count;
      continue;
    }
    const std::uint64_t size = std::max<std::uint64_t>(file.sectors * storage::kSectorSize, 1);
    for (std::uint64_t i = 0; i < stretch.count; ++i) {
      const std::uint64_t offset = stretch.offset + i * cluster_bytes;
      ++rows[std::min<std::uint64_t>(offset * kHeatRamp.size() / size, kHeatRamp.size() - 1)].count;
    }
  }
  return rows;
}

std::vector<LegendRow> disagree_legend(const MapScene& scene) {
  const AllocationMap& map = scene.history.map();
  const Tokens& t = tokens(scene.look);
  const Colour used = mix(t.unallocated, t.text3, 0.35F);
  std::vector<LegendRow> rows = {
      {"Both say used", "", 0, used, ' ', Swatch::plain, false},
      {"Both say free", "", 0, t.unallocated, ' ', Swatch::plain, false},
      {"Reclaimable", "", 0, kMapFills.file_system, ' ', Swatch::stripes, false},
      {"Partly free", "", 0, used, ' ', Swatch::half, false},
      {"Reads as zero", "", 0, kMapFills.parent1, ' ', Swatch::bar, false},
      {"Not in volume", "", 0, t.well, ' ', Swatch::outline, false},
  };
  if (scene.owners == nullptr) {
    rows.back().count = map.clusters();
    return rows;
  }
  for (const ClusterOwners::Stretch& stretch : scene.owners->stretches()) {
    const std::uint64_t in_use = map.sum(stretch.first, stretch.count).used();
    rows[static_cast<std::size_t>(agreement(stretch, true))].count += in_use;
    rows[static_cast<std::size_t>(agreement(stretch, false))].count += stretch.count - in_use;
  }
  return rows;
}

}  // namespace

std::vector<LegendRow> map_legend(const MapScene& scene) {
  switch (scene.mode) {
    case MapMode::state:
      return state_legend(scene, false);
    case MapMode::layer:
      return state_legend(scene, true);
    case MapMode::file:
      return file_legend(scene);
    case MapMode::heat: {
      std::vector<LegendRow> rows = heat_rows(scene);
      add_heat(scene, 0, scene.history.map().clusters(), rows);
      return rows;
    }
    case MapMode::order:
      return order_legend(scene);
    case MapMode::disagree:
      return disagree_legend(scene);
  }
  return {};
}

}  // namespace ui
