// Where the map's grid is and how it moves.
#include "ui/map_view.h"

#include <algorithm>
#include <cmath>

#include "ui/widgets.h"

namespace ui {

MapView::MapView(Frame& frame_in)
    : frame(frame_in),
      theme(frame_in.theme),
      work(frame_in.work),
      model(frame_in.work.map),
      history(frame_in.work.map.history()),
      map(history.map()),
      drive(frame_in.snapshot != nullptr ? frame_in.snapshot->drive(model.slot()) : nullptr),
      layers(map_layers(frame_in)) {}

MapScene MapView::scene() const {
  MapScene out = model.scene(work.look, layers);
  out.reduce_motion = work.reduce_motion;
  return out;
}

void MapView::fit_grid(float width, float height) {
  const int scale = std::max(1, static_cast<int>(std::lround(theme.scale())));
  grid.line = scale;
  choose_pitch(width, height, scale);
  if (!work.zoom_chosen) {
    // A few screens long at most, one cell a cluster when that is possible.
    constexpr std::uint64_t screens = 4;
    work.zoom = whole_disk_zoom(map, columns() * rows() * screens);
    work.zoom_chosen = true;
    choose_pitch(width, height, scale);
  }
  follow();
  clamp_first();
  grid.zoom = work.zoom;
  grid.first = work.map_first;
}

void MapView::choose_pitch(float width, float height, int scale) {
  const bool narrow = work.placement.narrow;
  int pitch = (narrow ? 12 : 16) * scale;
  const std::uint64_t per = cell_sectors(map, work.zoom);
  const bool sectors = work.zoom_chosen && work.zoom < 0;
  if (sectors && per == 1) pitch = 40 * scale;
  if (sectors && per != 1) pitch = 24 * scale;
  grid.pitch = pitch;
  const int fit_columns = std::max(1, static_cast<int>(width) / pitch);
  grid.columns = fit_columns >= 8 ? fit_columns / 8 * 8 : std::max(fit_columns / 4 * 4, 1);
  grid.rows = std::max(1, static_cast<int>(height) / pitch);
}

void MapView::clamp_first() {
  const std::uint64_t total = cell_count(map, work.zoom);
  const std::uint64_t total_rows = (total + columns() - 1) / columns();
  const std::uint64_t last_row = total_rows > rows() ? total_rows - rows() : 0;
  work.map_first = std::min(work.map_first / columns(), last_row) * columns();
}

void MapView::show_sector(std::uint64_t lba) {
  const std::uint64_t cell = lba / cell_sectors(map, work.zoom);
  const std::uint64_t shown = columns() * rows();
  if (cell >= work.map_first && cell < work.map_first + shown) return;
  const std::uint64_t row = cell / columns();
  work.map_first = (row > rows() / 3 ? row - rows() / 3 : 0) * columns();
}

void MapView::follow() {
  if (model.follow && history.view_end() > history.first_event()) {
    show_sector(history.event(history.view_end() - 1).lba);
  }
}

void MapView::zoom_by(int steps, std::optional<std::uint64_t> at_cell) {
  const std::uint64_t before = cell_sectors(map, work.zoom);
  const std::uint64_t shown_rows = std::max<std::uint64_t>(rows(), 1);
  const std::uint64_t cell = at_cell.value_or(work.map_first + columns() * (shown_rows / 2));
  const std::uint64_t lba = cell * before;
  const std::uint64_t row_on_screen =
      (cell - work.map_first) / std::max<std::uint64_t>(columns(), 1);
  const int top = whole_disk_zoom(map, 256);
  const int lowest = lowest_zoom(map);
  int zoom = work.zoom + steps;
  // Below a cluster: sectors at once, as far as they fit a few rows.
  if (work.zoom >= 0 && zoom < 0) zoom = std::max(lowest, -7);
  if (work.zoom < 0 && zoom > work.zoom && zoom < 0) zoom = 0;
  work.zoom = std::clamp(zoom, lowest, std::max(top, 0));
  const std::uint64_t now = cell_sectors(map, work.zoom);
  const std::uint64_t row = lba / now / std::max<std::uint64_t>(columns(), 1);
  work.map_first = (row > row_on_screen ? row - row_on_screen : 0) * columns();
  if (work.zoom < 0) {
    // Sectors begin with their cluster.
    const std::uint64_t spc = map.sectors_per_cluster();
    work.map_first = lba / spc * spc / now;
  }
  work.zoom_chosen = true;
}

void MapView::move_rows(std::int64_t by) {
  const auto row = static_cast<std::int64_t>(work.map_first / columns());
  work.map_first = static_cast<std::uint64_t>(std::max<std::int64_t>(row + by, 0)) * columns();
  clamp_first();
}

ImVec2 MapView::place(ImVec2 corner, std::uint64_t cell) const {
  const std::uint64_t index = cell - work.map_first;
  const std::uint64_t row = index / columns();
  return {corner.x + static_cast<float>(index % columns()) * static_cast<float>(grid.pitch),
          corner.y + static_cast<float>(row) * static_cast<float>(grid.pitch)};
}

unsigned map_layers(const Frame& frame) {
  const DriveView* drive =
      frame.snapshot != nullptr ? frame.snapshot->drive(frame.work.map.slot()) : nullptr;
  return drive != nullptr ? std::max<unsigned>(static_cast<unsigned>(drive->layers.size()), 1) : 1;
}

void pin_cluster(Frame& frame, std::uint64_t cluster, bool scroll) {
  MapModel& model = frame.work.map;
  if (!model.ready()) return;
  const storage::AllocationMap& map = model.history().map();
  model.pinned = std::min(cluster, map.clusters() - 1);
  frame.work.hex_offset = 0;
  if (!scroll) return;
  const std::uint64_t cell =
      *model.pinned * map.sectors_per_cluster() / cell_sectors(map, frame.work.zoom);
  const std::uint64_t shown = frame.work.cells.size();
  if (cell < frame.work.map_first || cell >= frame.work.map_first + shown) {
    frame.work.map_first = cell > shown / 3 ? cell - shown / 3 : 0;
  }
}

std::string address_text(std::uint64_t bytes) {
  if (bytes % (1ULL << 30) == 0 && bytes != 0)
    return print("%llu G", static_cast<unsigned long long>(bytes >> 30));
  if (bytes % (1ULL << 20) == 0)
    return print("%llu M", static_cast<unsigned long long>(bytes >> 20));
  if (bytes >= (1ULL << 20)) return print("%.1f M", static_cast<double>(bytes) / (1 << 20));
  return print("%llu K", static_cast<unsigned long long>(bytes >> 10));
}

}  // namespace ui
