// The allocation map as pixels and legends: what each cell of the grid shows in each mode at each
// zoom. Knows no window and no ImGui state; the same scene gives the same pixels. Letters and
// frames are the panel's, drawn over it.
//
// A cell is 2^k clusters, or for k < 0 the 2^-k-th part of one, down to a sector. A cell of several
// clusters has the hue of the layer with most of them, in four steps of brightness by the share in
// use, and a bar as long as that share: never an average of flags.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "storage/allocation_history.h"
#include "ui/cluster_owners.h"
#include "ui/disk_files.h"
#include "ui/theme.h"

namespace ui {

enum class MapMode : std::uint8_t { state, layer, file, heat, order, disagree };
inline constexpr std::size_t kMapModes = 6;
const char* map_mode_name(MapMode mode);

// Where the grid is: cells row by row.
struct MapGrid {
  int columns = 64, rows = 32;
  int pitch = 16;           // pixels from cell to cell
  int line = 1;             // pixels of a gap: 2 on a screen with scale 2
  int zoom = 0;             // k
  std::uint64_t first = 0;  // cell at the top left

  int gap() const { return pitch >= 4 * line ? line : 0; }
  bool letters() const { return pitch >= 14 * line; }
};

// Sectors in a cell at that zoom; at least one.
std::uint64_t cell_sectors(const storage::AllocationMap& map, int zoom);
std::uint64_t cell_count(const storage::AllocationMap& map, int zoom);
int lowest_zoom(const storage::AllocationMap& map);  // a sector a cell
int whole_disk_zoom(const storage::AllocationMap& map, std::uint64_t cells);

// Everything a picture depends on.
struct MapScene {
  explicit MapScene(const storage::AllocationHistory& shown) : history(shown) {}

  const storage::AllocationHistory& history;
  const DiskFiles* files = nullptr;
  const ClusterOwners* owners = nullptr;
  unsigned layers = 1;
  Look look = Look::dark;
  MapMode mode = MapMode::state;
  std::optional<std::size_t> isolated;                    // a row of the legend
  std::uint32_t outlined = DiskFiles::kNobody;            // a file
  const std::vector<std::uint32_t>* top_files = nullptr;  // those with a colour of their own
  bool reduce_motion = false;
};

// The layer's number as people count: 0 the base.
unsigned layer_number(unsigned layer, unsigned layers);
Colour layer_colour(unsigned layer, unsigned layers);

// The letter of one cluster; ' ' for none.
char cell_letter(storage::MapCell cell, unsigned layers);

// Where the disk is touched right now.
struct MapFlash {
  enum class Kind : std::uint8_t { none, read, read_fading, write, write_fading, allocated, freed };
  Kind kind = Kind::none;
  float strength = 0;  // 1 at once, 0 gone
};

struct MapCellView {
  std::uint64_t lba = 0, sectors = 0;
  storage::CellSum sum;
  Colour fill = 0;
  Colour foot = 0;  // 0: none
  char letter = ' ';
  bool first_of_run = true;
  bool light_ink = false;  // the letter is white
  MapFlash flash;
  std::size_t group = 0;  // row of the legend
  bool shared_owner_border = false;
};

// Paints the grid into `pixels` (width x height, R G B A) and says what each cell is.
void paint_map(const MapScene& scene, const MapGrid& grid, int width, int height,
               std::vector<std::uint32_t>& pixels, std::vector<MapCellView>& cells);

// The whole disk, small: cells of 3 x 2 pixels.
struct MiniMap {
  int width = 0, height = 0;
  std::uint64_t clusters_per_cell = 1;
  int columns = 0, rows = 0;
  std::vector<std::uint32_t> pixels;
};
void paint_mini_map(const MapScene& scene, int width, int height, int scale, MiniMap& out);

struct LegendRow {
  enum class Swatch : std::uint8_t {
    plain,
    hatched,
    dot,
    bar,
    outline,
    cross,
    edge,
    stripes,
    half,
    line
  };
  std::string label;
  std::string note;  // "not in this format"
  std::uint64_t count = 0;
  Colour fill = 0;
  char letter = ' ';
  Swatch swatch = Swatch::plain;
  bool absent = false;
};
// The counts sum up to the clusters of the disk, always.
std::vector<LegendRow> map_legend(const MapScene& scene);

// The legend of heat in parts, for disks of which a whole count takes longer than a frame: the rows
// without counts, and what clusters [first, end) add to them. Parts begin at multiples of
// kHeatBlock.
inline constexpr std::uint64_t kHeatBlock = 1U << 18;
std::vector<LegendRow> heat_rows(const MapScene& scene);
void add_heat(const MapScene& scene, std::uint64_t first, std::uint64_t end,
              std::vector<LegendRow>& rows);

// The files with most clusters, at most six.
std::vector<std::uint32_t> largest_files(const DiskFiles& files);

}  // namespace ui
