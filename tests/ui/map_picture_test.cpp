// The map's pixels on a known log of events: each mode and zoom as a picture of letters that a
// person can read, and the rules that hold for any scene.
#include <fstream>
#include <map>
#include <random>
#include <sstream>

#include "tests/catch.hpp"
#include "ui/map_picture.h"

namespace {

using namespace storage;
using namespace ui;
using Kind = MapEvent::Kind;

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint32_t kSpc = 8;
constexpr std::uint64_t kClusters = 256;

MapEvent change(std::uint64_t time, std::uint64_t cluster, std::uint32_t count, ClusterState state,
                unsigned layer) {
  MapEvent event;
  event.time = time;
  event.lba = cluster * kSpc;
  event.count = count * kSpc;
  event.kind = Kind::changed;
  event.after = MapCell(state, layer);
  return event;
}

MapEvent access(std::uint64_t time, bool write, std::uint64_t lba, std::uint32_t count) {
  MapEvent event;
  event.time = time;
  event.lba = lba;
  event.count = count;
  event.kind = write ? Kind::write : Kind::read;
  return event;
}

// Three layers, every state, a volume with two files; then reads, writes, allocations, a free.
struct Known {
  AllocationHistory history{kClusters * kSpc, kSpc};
  DiskFiles files;
  ClusterOwners owners;
  std::vector<std::uint32_t> top;

  Known() {
    history.load(change(0, 0, 40, ClusterState::data, 2));
    history.load(change(0, 40, 30, ClusterState::data, 1));
    history.load(change(0, 70, 20, ClusterState::data, 0));
    history.load(change(0, 96, 8, ClusterState::zero, 0));
    history.load(change(0, 104, 8, ClusterState::shared, 0));
    history.load(change(0, 112, 8, ClusterState::freed, 0));
    history.load(change(0, 120, 1, ClusterState::corrupt, 0));
    history.load(change(0, 121, 3, ClusterState::parent, 0));
    const auto node = [&](const char* name, MapMark mark, std::uint64_t sectors) {
      DiskFiles::Node one;
      one.name = name;
      one.path = std::string("C:\\") + name;
      one.mark = mark;
      one.sectors = sectors;
      one.size = sectors * 512;
      one.runs = 1;
      files.nodes.push_back(one);
      return static_cast<std::uint32_t>(files.nodes.size() - 1);
    };
    const auto table = node("FAT", MapMark::fat, 4 * kSpc);
    const auto big = node("BIG.DAT", MapMark::none, 60 * kSpc);
    const auto small = node("SMALL.TXT", MapMark::none, 3);
    files.volumes.push_back({8, 250 * kSpc - 8, 1, 16, 4096, 0, "C:"});
    files.runs = {{8, 4 * kSpc, table, 0},
                  {6 * kSpc, 40 * kSpc, big, 0},
                  {60 * kSpc, 3, small, 0},
                  {100 * kSpc, 20 * kSpc, big, 40 * kSpc * 512}};
    files.mark(history.map());
    owners = ClusterOwners(files, kClusters * kSpc, kSpc);
    top = largest_files(files);
    history.record(access(1 * kSecond, false, 0, 64));
    history.record(access(2 * kSecond, true, 72 * kSpc, 4 * kSpc));
    history.record(change(2 * kSecond, 90, 4, ClusterState::data, 0));
    history.record(access(3 * kSecond, true, 92 * kSpc + 3, 2));
    history.record(change(3 * kSecond, 80, 2, ClusterState::freed, 0));
    history.record(access(3 * kSecond + 50'000'000, false, 40 * kSpc, 16));
    history.advance(3 * kSecond + 100'000'000);
  }

  MapScene scene(MapMode mode, Look look = Look::dark) const {
    MapScene out(history);
    out.files = &files;
    out.owners = &owners;
    out.top_files = &top;
    out.layers = 3;
    out.mode = mode;
    out.look = look;
    return out;
  }
};

struct Painted {
  std::vector<std::uint32_t> pixels;
  std::vector<MapCellView> cells;
  int width = 0;
};

Painted paint(const MapScene& scene, const MapGrid& grid) {
  Painted out;
  out.width = grid.columns * grid.pitch;
  paint_map(scene, grid, out.width, grid.rows * grid.pitch, out.pixels, out.cells);
  return out;
}

// One character a cell, by the colour of its middle; the legend is part of the picture.
std::string as_text(const Painted& painted, const MapGrid& grid) {
  std::map<std::uint32_t, char> letters;
  std::ostringstream out;
  std::string key;
  for (int row = 0; row < grid.rows; ++row) {
    std::string line;
    for (int column = 0; column < grid.columns; ++column) {
      const int x = column * grid.pitch + grid.pitch / 2;
      const int y = row * grid.pitch + grid.pitch / 2 - 1;
      const std::uint32_t colour = painted.pixels[static_cast<std::size_t>(y * painted.width + x)];
      const auto next = static_cast<char>('a' + static_cast<char>(letters.size() % 26));
      const auto [found, fresh] = letters.try_emplace(colour, next);
      if (fresh) {
        std::ostringstream words;
        words << next << " = " << std::hex << (colour & 0xFFFFFF) << "\n";
        key += words.str();
      }
      line += found->second;
    }
    out << line << "\n";
  }
  return out.str() + key;
}

std::uint64_t digest_of(const std::vector<std::uint32_t>& pixels) {
  std::uint64_t digest = 0xCBF29CE484222325;
  for (const std::uint32_t pixel : pixels) digest = (digest ^ pixel) * 0x100000001B3;
  return digest;
}

std::string golden(const std::string& name) {
  std::ifstream file(std::string(PLATTER_UI_GOLDEN) + "/" + name + ".txt");
  return {std::istreambuf_iterator<char>(file), {}};
}

void compare(const std::string& name, const std::string& picture) {
  if (std::getenv("PLATTER_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(std::string(PLATTER_UI_GOLDEN) + "/" + name + ".txt") << picture;
  }
  INFO(name);
  REQUIRE(picture == golden(name));
}

}  // namespace

TEST_CASE("map picture: each mode at each zoom is the golden one, to the pixel", "[ui][map]") {
  const Known known;
  const auto mode = GENERATE(MapMode::state, MapMode::layer, MapMode::file, MapMode::heat,
                             MapMode::order, MapMode::disagree);
  struct Zoom {
    int zoom, columns, rows, pitch;
  };
  const auto zoom = GENERATE(Zoom{0, 32, 8, 16}, Zoom{0, 32, 8, 8}, Zoom{2, 16, 4, 12},
                             Zoom{4, 8, 2, 12}, Zoom{-3, 16, 8, 40});
  MapGrid grid;
  grid.zoom = zoom.zoom;
  grid.columns = zoom.columns;
  grid.rows = zoom.rows;
  grid.pitch = zoom.pitch;
  if (zoom.zoom < 0) grid.first = 88 * kSpc;  // around the latest writes
  const Painted painted = paint(known.scene(mode), grid);
  REQUIRE(digest_of(paint(known.scene(mode), grid).pixels) == digest_of(painted.pixels));
  std::ostringstream out;
  out << as_text(painted, grid) << "pixels " << std::hex << digest_of(painted.pixels) << "\n";
  compare("map-" + std::string(map_mode_name(mode)) + "-" + std::to_string(zoom.zoom) + "-" +
              std::to_string(zoom.pitch),
          out.str());
}

TEST_CASE("map picture: in State mode a cell has the colour and letter of what its cluster is",
          "[ui][map]") {
  Known known;
  known.history.advance(60 * kSecond);  // nothing flashes any more
  MapGrid grid;
  grid.columns = 32;
  grid.rows = 8;
  const auto look = GENERATE(Look::dark, Look::light);
  const Painted painted = paint(known.scene(MapMode::state, look), grid);
  const Tokens& t = tokens(look);
  REQUIRE(painted.cells.size() == kClusters);
  for (std::uint64_t c = 0; c < kClusters; ++c) {
    const MapCell cell = known.history.map().cell(c);
    Colour expected = 0;
    char letter = ' ';
    switch (cell.state()) {
      case ClusterState::unallocated:
        expected = t.unallocated;
        break;
      case ClusterState::zero:
        expected = t.zero;
        letter = 'z';
        break;
      case ClusterState::shared:
        expected = kMapFills.linked;
        letter = 'L';
        break;
      case ClusterState::freed:
        expected = t.unallocated;
        letter = 'x';
        break;
      case ClusterState::corrupt:
        expected = kMapFills.corrupt;
        letter = '!';
        break;
      case ClusterState::parent:
        expected = kMapFills.deeper;
        letter = '?';
        break;
      case ClusterState::metadata:
      case ClusterState::data:
        expected = cell.layer() == 0 ? kMapFills.top
                                     : (cell.layer() == 1 ? kMapFills.parent1 : kMapFills.parent0);
        letter = cell.layer() == 0 ? 'd' : (cell.layer() == 1 ? '1' : '0');
        if (cell.mark() == MapMark::fat) {
          expected = kMapFills.file_system;
          letter = 'F';
        }
        break;
    }
    INFO("cluster " << c);
    const auto x = static_cast<int>(c % 32) * 16 + 7;
    const auto y = static_cast<int>(c / 32) * 16 + 7;
    REQUIRE(painted.pixels[static_cast<std::size_t>(y * painted.width + x)] == expected);
    REQUIRE(painted.cells[c].letter == letter);
  }
}

TEST_CASE("map picture: every legend adds up to the disk, in every mode, now and then",
          "[ui][map]") {
  Known known;
  const auto mode = GENERATE(MapMode::state, MapMode::layer, MapMode::file, MapMode::heat,
                             MapMode::order, MapMode::disagree);
  const std::uint64_t moment = GENERATE(0ULL, kSecond, 2 * kSecond + 1, 4 * kSecond);
  known.history.seek(moment);
  std::uint64_t sum = 0;
  for (const LegendRow& row : map_legend(known.scene(mode))) sum += row.count;
  REQUIRE(sum == kClusters);
}

TEST_CASE(
    "map picture: a write fills its cells, a read rings them, and both are gone after a second",
    "[ui][map]") {
  Known known;
  MapGrid grid;
  grid.columns = 32;
  grid.rows = 8;
  const auto middle = [&](const Painted& painted, std::uint64_t c) {
    return painted.pixels[static_cast<std::size_t>(
        (static_cast<int>(c / 32) * 16 + 7) * painted.width + static_cast<int>(c % 32) * 16 + 7)];
  };
  const Painted now = paint(known.scene(MapMode::state), grid);
  REQUIRE(now.cells[92].flash.kind == MapFlash::Kind::write);
  REQUIRE(middle(now, 92) == kMapFills.write_flash);
  REQUIRE(now.cells[40].flash.kind == MapFlash::Kind::read);
  REQUIRE(middle(now, 40) == kMapFills.parent1);
  const std::size_t corner = static_cast<std::size_t>(40 / 32 * 16 * now.width + 40 % 32 * 16);
  REQUIRE(now.pixels[corner] == kMapFills.read_ring);
  REQUIRE(now.cells[80].flash.kind == MapFlash::Kind::freed);
  known.history.advance(5 * kSecond);
  const Painted later = paint(known.scene(MapMode::state), grid);
  for (const MapCellView& cell : later.cells) REQUIRE(cell.flash.kind == MapFlash::Kind::none);
  REQUIRE(middle(later, 92) == kMapFills.top);
}

TEST_CASE("map picture: a mixed cell shows the share in use, never an average of what is in it",
          "[ui][map]") {
  AllocationHistory history(64 * 8, 8);
  const std::uint32_t used = GENERATE(1U, 16U, 17U, 40U, 63U, 64U);
  history.load(change(0, 0, used, ClusterState::data, 0));
  MapScene scene(history);
  MapGrid grid;
  grid.columns = 1;
  grid.rows = 1;
  grid.pitch = 33;
  grid.zoom = 6;  // 64 clusters in one cell
  const Painted painted = paint(scene, grid);
  REQUIRE(painted.cells.size() == 1);
  REQUIRE(painted.cells[0].sum.used() == used);
  int bar = 0;
  while (bar < 32 && painted.pixels[static_cast<std::size_t>(bar)] == kMapFills.top) ++bar;
  REQUIRE(bar == static_cast<int>(std::max(1U, 32 * used / 64)));
}

TEST_CASE("map picture: zoom goes from the whole of 2 TiB to one sector, each step twice as close",
          "[ui][map]") {
  const AllocationMap map(std::uint64_t{1} << 32, 128);
  REQUIRE(lowest_zoom(map) == -7);
  REQUIRE(cell_sectors(map, lowest_zoom(map)) == 1);
  for (int zoom = lowest_zoom(map); zoom < 20; ++zoom) {
    REQUIRE(cell_sectors(map, zoom + 1) == 2 * cell_sectors(map, zoom));
  }
  const int whole = whole_disk_zoom(map, 2048);
  REQUIRE(cell_count(map, whole) <= 2048);
  REQUIRE(cell_count(map, whole - 1) > 2048);
}
