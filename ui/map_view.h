// What the parts of the map's window share while one picture of it is drawn: what is shown, where
// the grid is, and how the person moves over it. Changes the person's view and never the machine.
#pragma once

#include <cstdint>
#include <optional>

#include "ui/panels.h"

namespace ui {

class MapView {
 public:
  explicit MapView(Frame& frame_in);

  Frame& frame;
  const Theme& theme;
  Workspace& work;
  MapModel& model;
  storage::AllocationHistory& history;
  const storage::AllocationMap& map;
  const DriveView* drive;  // nullptr: the machine has it no more
  unsigned layers;
  MapGrid grid;

  MapScene scene() const;

  std::uint64_t columns() const { return static_cast<std::uint64_t>(grid.columns); }
  std::uint64_t rows() const { return static_cast<std::uint64_t>(grid.rows); }
  // Fits the grid into a place and scrolls it to where the person is.
  void fit_grid(float width, float height);
  void clamp_first();
  void move_rows(std::int64_t by);
  // Keeps the sector of the cell, or of the middle, where it is. Positive steps: more of the disk.
  void zoom_by(int steps, std::optional<std::uint64_t> at_cell);
  // Top left corner of a cell in a grid that begins at `corner`.
  ImVec2 place(ImVec2 corner, std::uint64_t cell) const;

 private:
  void choose_pitch(float width, float height, int scale);
  void show_sector(std::uint64_t lba);
  void follow();
};

// Mode buttons, Follow, Decay, zoom; below them the counters.
void draw_map_header(MapView& view);
// What a cell is, beside it; `corner` is the grid's.
void draw_map_card(const MapView& view, ImVec2 corner, std::size_t index);
// The menu of the cell under the mouse.
void open_map_menu(MapView& view, std::size_t index);
void draw_map_menu(MapView& view);
float map_legend_height(MapView& view, float width);
void draw_map_legend(MapView& view, ImVec2 corner, float width);
// 3 G, 512 M, 1.5 M, 4 K: where on the disk.
std::string address_text(std::uint64_t bytes);

}  // namespace ui
