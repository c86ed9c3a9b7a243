#include "ui/map_picture.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "ui/map_parts.h"

namespace ui {

namespace {

using storage::AllocationMap;
using storage::CellClass;
using storage::CellSum;
using storage::ClusterState;
using storage::MapCell;
using storage::MapEvent;
using storage::MapMark;

constexpr std::uint64_t kMillisecond = 1'000'000;
constexpr std::uint64_t kFlashNow = 120 * kMillisecond;
constexpr std::uint64_t kPulse = 300 * kMillisecond;
constexpr std::uint64_t kFade = 1000 * kMillisecond;
constexpr Colour kBlack = rgb(0x000000);
constexpr Colour kWhite = rgb(0xFFFFFF);

struct Canvas {
  std::vector<std::uint32_t>& pixels;
  int width, height;

  void fill(int x, int y, int w, int h, Colour colour) {
    const int x0 = std::max(x, 0);
    const int y0 = std::max(y, 0);
    const int x1 = std::min(x + w, width);
    const int y1 = std::min(y + h, height);
    for (int row = y0; row < y1; ++row) {
      const auto at = pixels.begin() + static_cast<std::ptrdiff_t>(row) * width;
      if (x1 > x0) std::fill(at + x0, at + x1, colour);
    }
  }
  void frame(int x, int y, int w, int h, int line, Colour colour) {
    fill(x, y, w, line, colour);
    fill(x, y + h - line, w, line, colour);
    fill(x, y, line, h, colour);
    fill(x + w - line, y, line, h, colour);
  }
  void dot(int x, int y, Colour colour) {
    if (x >= 0 && y >= 0 && x < width && y < height) {
      pixels[static_cast<std::size_t>(y) * static_cast<std::size_t>(width) +
             static_cast<std::size_t>(x)] = colour;
    }
  }
};

char mark_letter(MapMark mark) {
  constexpr std::array<char, 6> letters = {' ', 'M', 'B', 'F', 'R', 'D'};
  return letters[static_cast<std::size_t>(mark)];
}

class Painter {
 public:
  Painter(const MapScene& scene, const MapGrid& grid, Canvas canvas,
          std::vector<MapCellView>& cells)
      : scene_(scene),
        map_(scene.history.map()),
        grid_(grid),
        canvas_(canvas),
        cells_(cells),
        t_(tokens(scene.look)) {}

  void paint() {
    std::ranges::fill(canvas_.pixels, t_.well);
    const std::uint64_t total = cell_count(map_, grid_.zoom);
    const std::uint64_t wanted =
        static_cast<std::uint64_t>(grid_.columns) * static_cast<std::uint64_t>(grid_.rows);
    const std::uint64_t shown = grid_.first >= total ? 0 : std::min(wanted, total - grid_.first);
    cells_.assign(shown, {});
    hottest_ = std::max(map_.hottest(scene_.history.view_time()), 1.0F);
    for (std::size_t i = 0; i < shown; ++i) describe(i);
    flashes();
    for (std::size_t i = 0; i < shown; ++i) draw(i);
    outline();
  }

 private:
  int x_of(std::size_t i) const { return static_cast<int>(i) % grid_.columns * grid_.pitch; }
  int y_of(std::size_t i) const { return static_cast<int>(i) / grid_.columns * grid_.pitch; }
  int size() const { return grid_.pitch - grid_.gap(); }

  void describe(std::size_t i) {
    MapCellView& cell = cells_[i];
    const std::uint64_t per = cell_sectors(map_, grid_.zoom);
    cell.lba = (grid_.first + i) * per;
    cell.sectors = std::min(per, map_.sectors() - cell.lba);
    const std::uint64_t spc = map_.sectors_per_cluster();
    const std::uint64_t first = cell.lba / spc;
    const std::uint64_t count = std::max<std::uint64_t>(per / spc, 1);
    cell.sum = map_.sum(first, count, scene_.history.view_time());
    const CellClass kind =
        cell.sum.used() != 0 ? dominant(cell.sum, true) : dominant(cell.sum, false);
    switch (scene_.mode) {
      case MapMode::state:
        cell.group = state_row(kind, scene_.layers);
        state_cell(cell, kind, first, count);
        break;
      case MapMode::layer:
        layer_cell(cell, first, count);
        break;
      case MapMode::heat:
        heat_cell(cell);
        break;
      case MapMode::file:
        file_cell(cell, first, count);
        break;
      case MapMode::order:
        order_cell(cell, first, count);
        break;
      case MapMode::disagree:
        disagree_cell(cell, first, count);
        break;
    }
    if (i != 0 && i % static_cast<std::size_t>(grid_.columns) != 0) {
      const MapCellView& before = cells_[i - 1];
      cell.first_of_run = before.letter != cell.letter || before.fill != cell.fill;
    }
    if (scene_.isolated && *scene_.isolated != cell.group) {
      cell.fill = mix(cell.fill, t_.well, 0.85F);
      cell.foot = 0;
      cell.letter = ' ';
    }
  }

  void state_cell(MapCellView& cell, CellClass kind, std::uint64_t first, std::uint64_t count) {
    cell.fill = class_colour(kind, scene_);
    const std::uint64_t total = cell.sum.total();
    const std::uint64_t used = cell.sum.used();
    if (used != 0 && used != total) {
      // Four steps of brightness by the share in use.
      const std::uint64_t step = (used * 4 + total - 1) / total;
      cell.fill = mix(t_.unallocated, cell.fill, 0.35F + 0.65F * static_cast<float>(step) / 5.0F);
    }
    if (count != 1) return;
    const MapCell one = map_.cell(first);
    cell.letter = cell_letter(one, scene_.layers);
    cell.light_ink = kind == CellClass::layer0 || kind == CellClass::zero;
    if (kind == CellClass::file_system && one.state() == ClusterState::data) {
      cell.foot = layer_colour(one.layer(), scene_.layers);
    }
  }

  void layer_cell(MapCellView& cell, std::uint64_t first, std::uint64_t count) {
    // By layer alone: who answers a read.
    std::array<std::uint64_t, storage::kCountedLayers> by_layer{};
    std::uint64_t none = 0;
    const std::uint64_t end = std::min(first + count, map_.clusters());
    constexpr std::uint64_t few = 64;
    if (count <= few) {
      for (std::uint64_t c = first; c < end; ++c) {
        const MapCell one = map_.cell(c);
        if (storage::in_use(storage::class_of(one))) {
          ++by_layer[std::min<std::size_t>(one.layer(), by_layer.size() - 1)];
        } else {
          ++none;
        }
      }
    } else {
      for (std::size_t i = 0; i < by_layer.size(); ++i) {
        by_layer[i] = cell.sum.counts[storage::index_of(CellClass::layer0) + i];
      }
      by_layer[0] += cell.sum.counts[storage::index_of(CellClass::file_system)] +
                     cell.sum.counts[storage::index_of(CellClass::linked)];
      none = cell.sum.total() - cell.sum.used();
    }
    const auto best = std::ranges::max_element(by_layer);
    const auto layer = static_cast<unsigned>(best - by_layer.begin());
    if (*best == 0) {
      cell.fill = t_.unallocated;
      cell.group = layer_rows(scene_.layers);
      return;
    }
    cell.group = layer_row(layer, scene_.layers);
    cell.fill = layer_colour(layer, scene_.layers);
    if (none != 0) cell.fill = mix(t_.unallocated, cell.fill, 0.6F);
    if (count == 1) {
      cell.letter = cell_letter(MapCell(ClusterState::data, layer), scene_.layers);
      cell.light_ink = layer == 0;
    }
  }

  void heat_cell(MapCellView& cell) {
    const float share = cell.sum.heat / hottest_;
    if (share < kQuiet) {
      const bool used = cell.sum.used() != 0;
      cell.fill = used ? t_.quiet : t_.unallocated;
      cell.group = used ? kHeatRamp.size() : kHeatRamp.size() + 1;
      return;
    }
    std::size_t step = 0;
    while (step + 1 < kHeatSteps.size() && share >= kHeatSteps[step + 1]) ++step;
    cell.group = step;
    cell.fill = kHeatRamp[step];
  }

  // The stretch with most of the cell's clusters.
  const ClusterOwners::Stretch* owner(std::uint64_t first, std::uint64_t count) const {
    if (scene_.owners == nullptr) return nullptr;
    const ClusterOwners::Stretch* best = nullptr;
    std::uint64_t most = 0;
    for (const ClusterOwners::Stretch& stretch : scene_.owners->in(first, count)) {
      const std::uint64_t from = std::max(stretch.first, first);
      const std::uint64_t to = std::min(stretch.first + stretch.count, first + count);
      // An owner is worth more than nobody.
      const std::uint64_t weight = (to - from) * (stretch.node == DiskFiles::kNobody ? 1 : 4);
      if (weight > most) {
        most = weight;
        best = &stretch;
      }
    }
    return best;
  }

  // Of what is in a cluster smaller than a cell's sectors: the exact owner.
  std::uint32_t node_of(const MapCellView& cell, const ClusterOwners::Stretch* stretch) const {
    if (grid_.zoom < 0 && scene_.files != nullptr) {
      const DiskFiles::Run* run = scene_.files->owner_of(cell.lba);
      return run != nullptr ? run->node : DiskFiles::kNobody;
    }
    return stretch != nullptr ? stretch->node : DiskFiles::kNobody;
  }

  void file_cell(MapCellView& cell, std::uint64_t first, std::uint64_t count) {
    const ClusterOwners::Stretch* stretch = owner(first, count);
    const std::uint32_t node = node_of(cell, stretch);
    const std::size_t tops = scene_.top_files != nullptr ? scene_.top_files->size() : 0;
    if (node == DiskFiles::kNobody || scene_.files == nullptr) {
      const bool used = cell.sum.used() != 0;
      cell.group = tops + (used ? 2 : 3);
      cell.fill = used ? mix(t_.unallocated, t_.text3, 0.25F) : t_.unallocated;
      return;
    }
    const DiskFiles::Node& file = scene_.files->nodes[node];
    if (file.mark != MapMark::none) {
      cell.group = tops + 1;
      cell.fill = kMapFills.file_system;
      cell.letter = mark_letter(file.mark);
    } else {
      cell.group = tops;
      // Grey by the path's hash: neighbours differ, and a file keeps its own.
      std::uint32_t hash = 2166136261U;
      for (const char c : file.path) hash = (hash ^ static_cast<std::uint8_t>(c)) * 16777619U;
      cell.fill = mix(rgb(0x56606D), rgb(0x9AA6B4), static_cast<float>(hash >> 24) / 255.0F);
      for (std::size_t i = 0; i < tops; ++i) {
        if ((*scene_.top_files)[i] != node) continue;
        cell.group = i;
        cell.fill = kFileColours[i];
      }
    }
    const std::uint64_t per = cell_sectors(map_, grid_.zoom);
    if (cell.lba >= per) {
      const std::uint64_t spc = map_.sectors_per_cluster();
      MapCellView before;
      before.lba = cell.lba - per;
      const std::uint32_t other = node_of(before, owner(before.lba / spc, count));
      cell.shared_owner_border = other != node;
    }
  }

  void order_cell(MapCellView& cell, std::uint64_t first, std::uint64_t count) {
    const ClusterOwners::Stretch* stretch = owner(first, count);
    const std::uint32_t node = node_of(cell, stretch);
    if (node == DiskFiles::kNobody || scene_.files == nullptr || stretch == nullptr ||
        scene_.files->nodes[node].mark != MapMark::none) {
      const bool system = node != DiskFiles::kNobody;
      cell.group = kHeatRamp.size() + (system ? 0 : 1);
      cell.fill = system ? kMapFills.file_system : t_.unallocated;
      return;
    }
    const DiskFiles::Node& file = scene_.files->nodes[node];
    const std::uint64_t begin = std::max(stretch->first, first);
    const std::uint64_t offset = stretch->offset + (begin - stretch->first) *
                                                       map_.sectors_per_cluster() *
                                                       storage::kSectorSize;
    const std::uint64_t size = std::max<std::uint64_t>(file.sectors * storage::kSectorSize, 1);
    const auto step = static_cast<std::size_t>(
        std::min<std::uint64_t>(offset * kHeatRamp.size() / size, kHeatRamp.size() - 1));
    cell.group = step;
    cell.fill = kHeatRamp[step];
  }

  void disagree_cell(MapCellView& cell, std::uint64_t first, std::uint64_t count) {
    // A cell of several clusters shows the worst disagreement in it.
    Agreement shown = Agreement::both_free;
    int worst = -1;
    constexpr std::array<int, kAgreements> order = {1, 0, 5, 3, 4, 2};
    if (scene_.owners == nullptr) {
      cell.group = static_cast<std::size_t>(Agreement::not_in_volume);
      cell.fill = t_.well;
      return;
    }
    for (const ClusterOwners::Stretch& stretch : scene_.owners->in(first, count)) {
      const std::uint64_t from = std::max(stretch.first, first);
      const std::uint64_t to = std::min(stretch.first + stretch.count, first + count);
      const std::uint64_t used = map_.sum(from, to - from).used();
      for (const bool in_use : {false, true}) {
        if ((in_use ? used : to - from - used) == 0) continue;
        const Agreement one = agreement(stretch, in_use);
        if (order[static_cast<std::size_t>(one)] <= worst) continue;
        worst = order[static_cast<std::size_t>(one)];
        shown = one;
      }
    }
    cell.group = static_cast<std::size_t>(shown);
    switch (shown) {
      case Agreement::both_used:
      case Agreement::partly_free:
        cell.fill = mix(t_.unallocated, t_.text3, 0.35F);
        break;
      case Agreement::reclaimable:
        cell.fill = kMapFills.file_system;
        break;
      case Agreement::reads_as_zero:
        cell.fill = kMapFills.parent1;
        break;
      case Agreement::both_free:
        cell.fill = t_.unallocated;
        break;
      case Agreement::not_in_volume:
        cell.fill = t_.well;
        break;
    }
  }

  // ---- what moves ----

  void flashes() {
    const storage::AllocationHistory& history = scene_.history;
    const std::uint64_t now = history.view_time();
    const std::uint64_t per = cell_sectors(map_, grid_.zoom);
    constexpr std::uint64_t most_events = 20'000;
    std::uint64_t left = most_events;
    for (std::uint64_t n = history.view_end(); n > history.first_event() && left != 0;
         --n, --left) {
      const MapEvent& event = history.event(n - 1);
      if (event.time + kFade < now) break;
      if (event.time > now) continue;
      const MapFlash flash = flash_of(event, now - event.time);
      if (flash.kind == MapFlash::Kind::none) continue;
      const std::uint64_t from = event.lba / per;
      const std::uint64_t to = (event.lba + std::max(event.count, 1U) - 1) / per;
      for (std::uint64_t c = std::max(from, grid_.first);
           c <= to && c - grid_.first < cells_.size(); ++c) {
        MapFlash& there = cells_[c - grid_.first].flash;
        if (stronger(flash, there)) there = flash;
      }
    }
  }

  static bool stronger(const MapFlash& a, const MapFlash& b) {
    const auto rank = [](const MapFlash& flash) {
      constexpr std::array<int, 7> ranks = {0, 5, 1, 6, 2, 4, 3};
      return ranks[static_cast<std::size_t>(flash.kind)];
    };
    return rank(a) != rank(b) ? rank(a) > rank(b) : a.strength > b.strength;
  }

  MapFlash flash_of(const MapEvent& event, std::uint64_t age) const {
    using Kind = MapEvent::Kind;
    const auto left = [&](std::uint64_t span) {
      return 1.0F - static_cast<float>(age) / static_cast<float>(span);
    };
    switch (event.kind) {
      case Kind::read:
        if (age <= kFlashNow) return {MapFlash::Kind::read, 1};
        return {MapFlash::Kind::read_fading, left(kFade)};
      case Kind::write:
        if (age <= kFlashNow) return {MapFlash::Kind::write, 1};
        return {MapFlash::Kind::write_fading, left(kFade)};
      case Kind::allocated:
      case Kind::unlinked:
        if (age <= kPulse && !scene_.reduce_motion)
          return {MapFlash::Kind::allocated, left(kPulse)};
        return {};
      case Kind::freed:
        if (age <= kPulse && !scene_.reduce_motion) return {MapFlash::Kind::freed, left(kPulse)};
        return {};
      default:
        return {};
    }
  }

  // ---- pixels ----

  void draw(std::size_t i) {
    const MapCellView& cell = cells_[i];
    const int x = x_of(i);
    const int y = y_of(i);
    const int s = size();
    Colour fill = cell.fill;
    const MapFlash& flash = cell.flash;
    if (flash.kind == MapFlash::Kind::write) fill = kMapFills.write_flash;
    if (flash.kind == MapFlash::Kind::write_fading) {
      fill = mix(fill, kMapFills.write_flash, 0.8F * flash.strength);
    }
    if (flash.kind == MapFlash::Kind::allocated) fill = mix(fill, kWhite, flash.strength);
    canvas_.fill(x, y, s, s, fill);
    if (flash.kind != MapFlash::Kind::write) pattern(cell, x, y, s);
    if (flash.kind == MapFlash::Kind::read) {
      canvas_.frame(x, y, s, s, std::min(2 * grid_.line, std::max(s / 3, 1)), kMapFills.read_ring);
    }
    if (flash.kind == MapFlash::Kind::freed) {
      const int inner = static_cast<int>(static_cast<float>(s) * flash.strength);
      canvas_.fill(x + (s - inner) / 2, y + (s - inner) / 2, inner, inner, t_.freed);
    }
    // A dot for recent accesses, where cells are too many or too small for flashes to be seen.
    const bool heat_dot = scene_.mode == MapMode::state || scene_.mode == MapMode::layer;
    constexpr float warm = 0.25F;
    if (heat_dot && cell.sum.heat >= warm && flash.kind == MapFlash::Kind::none &&
        s >= 6 * grid_.line) {
      const int d = 3 * grid_.line;
      canvas_.fill(x + s - d - grid_.line, y + grid_.line, d, d, kWhite);
    }
  }

  void pattern(const MapCellView& cell, int x, int y, int s) {
    const int line = grid_.line;
    if (cell.foot != 0 && s >= 6) canvas_.fill(x, y + s - 3 * line, s, 3 * line, cell.foot);
    switch (scene_.mode) {
      case MapMode::state:
        state_pattern(cell, x, y, s);
        break;
      case MapMode::file:
        if (cell.shared_owner_border) canvas_.fill(x, y, line, s, kWhite);
        if (scene_.top_files != nullptr && cell.group == scene_.top_files->size() + 2) {
          canvas_.fill(x, y + s / 2, s, line, t_.text3);
        }
        break;
      case MapMode::disagree:
        disagree_pattern(cell, x, y, s);
        break;
      case MapMode::layer:
      case MapMode::heat:
      case MapMode::order:
        break;
    }
  }

  void state_pattern(const MapCellView& cell, int x, int y, int s) {
    const int line = grid_.line;
    const std::uint64_t total = cell.sum.total();
    const std::uint64_t used = cell.sum.used();
    if (used != 0 && used != total) {
      // The share in use, as a length.
      const auto kind = dominant(cell.sum, true);
      const int bar = std::max(1, static_cast<int>(static_cast<std::uint64_t>(s) * used / total));
      if (s >= 4) canvas_.fill(x, y, bar, 2 * line, class_colour(kind, scene_));
      return;
    }
    const CellClass kind = used != 0 ? dominant(cell.sum, true) : dominant(cell.sum, false);
    if (kind == CellClass::freed) {
      canvas_.frame(x, y, s, s, line, t_.freed);
      return;
    }
    if (grid_.letters() || s < 4) return;
    switch (kind) {
      case CellClass::linked: {
        const int d = std::max(1, s / 3);
        canvas_.fill(x + (s - d) / 2, y + (s - d) / 2, d, d, kBlack);
        break;
      }
      case CellClass::zero:
        canvas_.fill(x + line, y + s / 2, s - 2 * line, line, t_.freed);
        break;
      case CellClass::corrupt:
        for (int d = 0; d < s; ++d) {
          canvas_.dot(x + d, y + d, kBlack);
          canvas_.dot(x + s - 1 - d, y + d, kBlack);
        }
        break;
      case CellClass::file_system:
        canvas_.fill(x, y, s, std::max(line, s / 5), mix(kMapFills.file_system, kBlack, 0.6F));
        break;
      default:
        if (cell.fill == kMapFills.parent0)
          hatch(x, y, s, mix(kMapFills.parent0, kBlack, 0.35F), 4);
        break;
    }
  }

  void disagree_pattern(const MapCellView& cell, int x, int y, int s) {
    switch (static_cast<Agreement>(cell.group)) {
      case Agreement::reclaimable:
        hatch(x, y, s, t_.unallocated, 3);
        break;
      case Agreement::partly_free:
        canvas_.fill(x, y + s - s / 2, s, s / 2, kMapFills.file_system);
        break;
      case Agreement::reads_as_zero:
        canvas_.fill(x, y + s / 2, s, grid_.line, kBlack);
        break;
      case Agreement::not_in_volume:
        canvas_.frame(x, y, s, s, grid_.line, t_.line);
        break;
      case Agreement::both_used:
      case Agreement::both_free:
        break;
    }
  }

  void hatch(int x, int y, int s, Colour colour, int period) {
    const int step = period * grid_.line;
    for (int dy = 0; dy < s; ++dy) {
      for (int dx = 0; dx < s; ++dx) {
        if ((x + dx + y + dy) % step < grid_.line) canvas_.dot(x + dx, y + dy, colour);
      }
    }
  }

  // A file along its outer edge: sides that meet no cell of the same file.
  void outline() {
    if (scene_.outlined == DiskFiles::kNobody || scene_.owners == nullptr) return;
    const std::uint64_t spc = map_.sectors_per_cluster();
    const std::uint64_t count = std::max<std::uint64_t>(cell_sectors(map_, grid_.zoom) / spc, 1);
    std::vector<bool> inside(cells_.size());
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      for (const ClusterOwners::Stretch& stretch : scene_.owners->in(cells_[i].lba / spc, count)) {
        if (stretch.node == scene_.outlined) inside[i] = true;
      }
    }
    const auto is = [&](std::ptrdiff_t i) {
      return i >= 0 && i < static_cast<std::ptrdiff_t>(inside.size()) &&
             inside[static_cast<std::size_t>(i)];
    };
    const int p = grid_.pitch;
    const int line = grid_.line;
    const auto columns = static_cast<std::ptrdiff_t>(grid_.columns);
    for (std::size_t c = 0; c < cells_.size(); ++c) {
      if (!inside[c]) continue;
      const auto i = static_cast<std::ptrdiff_t>(c);
      const int x = x_of(c);
      const int y = y_of(c);
      if (!is(i - columns)) canvas_.fill(x, y, p, line, t_.ink);
      if (!is(i + columns)) canvas_.fill(x, y + p - line, p, line, t_.ink);
      if (i % columns == 0 || !is(i - 1)) canvas_.fill(x, y, line, p, t_.ink);
      if (i % columns == columns - 1 || !is(i + 1)) canvas_.fill(x + p - line, y, line, p, t_.ink);
    }
  }

  const MapScene& scene_;
  const AllocationMap& map_;
  const MapGrid& grid_;
  Canvas canvas_;
  std::vector<MapCellView>& cells_;
  const Tokens& t_;
  float hottest_ = 1;
};

}  // namespace

const char* map_mode_name(MapMode mode) {
  constexpr std::array<const char*, kMapModes> names = {"State", "Layer", "File",
                                                        "Heat",  "Order", "Disagree"};
  return names[static_cast<std::size_t>(mode)];
}

std::uint64_t cell_sectors(const AllocationMap& map, int zoom) {
  const std::uint64_t spc = map.sectors_per_cluster();
  if (zoom >= 0) return spc << std::min(zoom, 40);
  return std::max<std::uint64_t>(spc >> std::min(-zoom, 40), 1);
}

std::uint64_t cell_count(const AllocationMap& map, int zoom) {
  const std::uint64_t per = cell_sectors(map, zoom);
  return std::max<std::uint64_t>((map.sectors() + per - 1) / per, 1);
}

int lowest_zoom(const AllocationMap& map) {
  return 1 -
         static_cast<int>(std::bit_width(static_cast<std::uint64_t>(map.sectors_per_cluster())));
}

int whole_disk_zoom(const AllocationMap& map, std::uint64_t cells) {
  int zoom = 0;
  while (zoom < 40 && cell_count(map, zoom) > std::max<std::uint64_t>(cells, 1)) ++zoom;
  return zoom;
}

unsigned layer_number(unsigned layer, unsigned layers) {
  return layer < layers ? layers - 1 - layer : 0;
}

Colour layer_colour(unsigned layer, unsigned layers) {
  if (layer == 0) return kMapFills.top;
  switch (layer_number(layer, layers)) {
    case 0:
      return kMapFills.parent0;
    case 1:
      return kMapFills.parent1;
    default:
      return kMapFills.deeper;
  }
}

char cell_letter(MapCell cell, unsigned layers) {
  switch (cell.state()) {
    case ClusterState::unallocated:
      return ' ';
    case ClusterState::zero:
      return 'z';
    case ClusterState::shared:
      return 'L';
    case ClusterState::freed:
      return 'x';
    case ClusterState::metadata:
      return 'M';
    case ClusterState::corrupt:
      return '!';
    case ClusterState::parent:
      return '?';
    case ClusterState::data:
      break;
  }
  if (cell.mark() != MapMark::none) return mark_letter(cell.mark());
  if (cell.layer() == 0) return 'd';
  const unsigned number = layer_number(cell.layer(), layers);
  return number < 10 ? static_cast<char>('0' + number) : '+';
}

void paint_map(const MapScene& scene, const MapGrid& grid, int width, int height,
               std::vector<std::uint32_t>& pixels, std::vector<MapCellView>& cells) {
  pixels.resize(static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
  Painter(scene, grid, {pixels, width, height}, cells).paint();
}

void paint_mini_map(const MapScene& scene, int width, int height, int scale, MiniMap& out) {
  const AllocationMap& map = scene.history.map();
  const Tokens& t = tokens(scene.look);
  out.columns = std::max(width / (3 * scale), 1);
  const int rows = std::max(height / (2 * scale), 1);
  out.clusters_per_cell = 1;
  const auto cells = static_cast<std::uint64_t>(out.columns) * static_cast<std::uint64_t>(rows);
  while (out.clusters_per_cell * cells < map.clusters()) out.clusters_per_cell *= 2;
  const std::uint64_t used_cells =
      (map.clusters() + out.clusters_per_cell - 1) / out.clusters_per_cell;
  const auto columns = static_cast<std::uint64_t>(out.columns);
  out.rows = static_cast<int>((used_cells + columns - 1) / columns);
  out.width = out.columns * 3 * scale;
  out.height = out.rows * 2 * scale;
  out.pixels.assign(static_cast<std::size_t>(out.width) * static_cast<std::size_t>(out.height),
                    t.well);
  Canvas canvas{out.pixels, out.width, out.height};
  for (std::uint64_t i = 0; i < used_cells; ++i) {
    const CellSum sum = map.sum(i * out.clusters_per_cell, out.clusters_per_cell);
    const bool used = sum.used() != 0;
    Colour fill = class_colour(dominant(sum, used), scene);
    if (used && sum.used() * 2 < sum.total()) fill = mix(t.unallocated, fill, 0.6F);
    canvas.fill(static_cast<int>(i % columns) * 3 * scale,
                static_cast<int>(i / columns) * 2 * scale, 3 * scale, 2 * scale, fill);
  }
}

}  // namespace ui
