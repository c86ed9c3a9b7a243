// The allocation map's window: mode buttons, counters, mini map, the grid with its letters, frames
// and hover card, the legend, the time line. Pixels come from map_picture.h; everything that moves
// here is the person's view and never the machine.
#include <algorithm>
#include <array>
#include <cmath>

#include "ui/panels.h"
#include "ui/widgets.h"

namespace ui {

namespace {

using storage::AllocationHistory;
using storage::AllocationMap;
using storage::MapEvent;

constexpr std::array<std::pair<const char*, std::uint64_t>, 6> kDecays = {{
    {"0.25 s", 250'000'000},
    {"0.5 s", 500'000'000},
    {"1 s", 1'000'000'000},
    {"4 s", 4'000'000'000},
    {"10 s", 10'000'000'000},
    {"30 s", 30'000'000'000},
}};

std::string address_text(std::uint64_t bytes) {
  if (bytes % (1ULL << 30) == 0 && bytes != 0)
    return print("%llu G", static_cast<unsigned long long>(bytes >> 30));
  if (bytes % (1ULL << 20) == 0)
    return print("%llu M", static_cast<unsigned long long>(bytes >> 20));
  if (bytes >= (1ULL << 20)) return print("%.1f M", static_cast<double>(bytes) / (1 << 20));
  return print("%llu K", static_cast<unsigned long long>(bytes >> 10));
}

class MapPanel {
 public:
  explicit MapPanel(Frame& frame)
      : frame_(frame),
        theme_(frame.theme),
        work_(frame.work),
        model_(frame.work.map),
        history_(frame.work.map.history()),
        map_(history_.map()),
        drive_(frame.snapshot != nullptr ? frame.snapshot->drive(model_.slot()) : nullptr),
        layers_(map_layers(frame)) {}

  void draw() {
    buttons();
    counters();
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const ImVec2 room = ImGui::GetContentRegionAvail();
    legend_columns_ = room.x > theme_.px(900) ? 5 : 4;
    legend();
    const float legend_height = static_cast<float>(legend_rows()) * theme_.px(20) + theme_.px(6);
    const float time_height = std::min(theme_.px(86), room.y / 4);
    const float grid_height = room.y - legend_height - time_height - theme_.px(4);
    grid(at.x, at.y, room.x, grid_height);
    draw_legend(at.x, at.y + grid_height + theme_.px(4), room.x);
    draw_time_line(frame_, history_, {at.x, at.y + room.y - time_height, room.x, time_height});
    ImGui::Dummy(room);
  }

 private:
  MapScene scene() const {
    MapScene out = model_.scene(work_.look, layers_);
    out.reduce_motion = work_.reduce_motion;
    return out;
  }

  // ---- the bar on top ----

  void buttons() {
    for (std::size_t i = 0; i < kMapModes; ++i) {
      const auto mode = static_cast<MapMode>(i);
      if (i != 0) ImGui::SameLine(0, theme_.px(2));
      if (button(frame_, map_mode_name(mode), 0, model_.mode == mode)) {
        model_.mode = mode;
        model_.isolated.reset();
      }
      if (ImGui::IsItemHovered()) tooltip(mode_help(mode));
    }
    ImGui::SameLine(0, theme_.px(20));
    checkbox(frame_, "Follow", model_.follow);
    if (ImGui::IsItemHovered()) tooltip("scrolls to the latest access");
    ImGui::SameLine(0, theme_.px(12));
    ImGui::AlignTextToFramePadding();
    text(theme_->text2, "Decay");
    ImGui::SameLine();
    const char* shown = kDecays[2].first;
    for (const auto& [name, time] : kDecays) {
      if (time == work_.half_life) shown = name;
    }
    ImGui::SetNextItemWidth(theme_.px(76));
    if (ImGui::BeginCombo("##decay", shown)) {
      for (const auto& [name, time] : kDecays) {
        if (!ImGui::Selectable(name, time == work_.half_life)) continue;
        work_.half_life = time;
        history_.set_half_life(time);
      }
      ImGui::EndCombo();
    }
    if (ImGui::IsItemHovered()) tooltip("half-life of heat, in guest time");
    const float right = ImGui::GetWindowContentRegionMax().x;
    const float minus = right - theme_.px(52);
    const std::string unit = unit_text();
    const float w = width_of(theme_.fonts().text, unit);
    if (ImGui::GetItemRectMax().x - ImGui::GetWindowPos().x + w + theme_.px(70) < right) {
      ImGui::SameLine(minus - w - theme_.px(10));
      ImGui::AlignTextToFramePadding();
      text(theme_->text2, unit);
    }
    ImGui::SameLine(minus);
    if (button(frame_, "-", theme_.px(24))) zoom_by(1, std::nullopt);
    if (ImGui::IsItemHovered()) tooltip("more of the disk (wheel, or the - key)");
    ImGui::SameLine(minus + theme_.px(28));
    if (button(frame_, "+", theme_.px(24))) zoom_by(-1, std::nullopt);
    if (ImGui::IsItemHovered()) tooltip("closer (wheel, or the + key)");
  }

  static const char* mode_help(MapMode mode) {
    switch (mode) {
      case MapMode::state:
        return "what the image holds for each cluster";
      case MapMode::layer:
        return "which layer answers a read";
      case MapMode::file:
        return "one stable colour per path; line = border between owners";
      case MapMode::heat:
        return "brighter = accessed more recently or more often";
      case MapMode::order:
        return "where in its file each cluster is: fragments jump";
      case MapMode::disagree:
        return "where file system and image tell different stories";
    }
    return "";
  }

  std::string unit_text() const {
    const std::uint64_t per = cell_sectors(map_, work_.zoom);
    const std::uint64_t spc = map_.sectors_per_cluster();
    const std::string size = bytes_text(per * storage::kSectorSize);
    if (work_.zoom < 0 || spc == 1) {
      return per == 1 && work_.zoom <= 0 ? "1 cell = 1 sector = 512 bytes"
                                         : "1 cell = " + grouped(per) + " sectors = " + size;
    }
    const std::uint64_t clusters = per / spc;
    return "1 cell = " + grouped(clusters) + (clusters == 1 ? " cluster = " : " clusters = ") +
           size;
  }

  void counters() {
    const storage::CellSum all = map_.sum(0, map_.clusters());
    const std::uint64_t cluster =
        static_cast<std::uint64_t>(map_.sectors_per_cluster()) * storage::kSectorSize;
    struct Item {
      std::string value, words;
    };
    std::vector<Item> items;
    items.push_back({bytes_text(map_.sectors() * storage::kSectorSize), "disk"});
    items.push_back({grouped(map_.clusters()) + " x " + bytes_text(cluster), "clusters"});
    items.push_back({grouped(all.used()) + " = " + bytes_text(all.used() * cluster), "in use"});
    if (drive_ != nullptr) {
      std::uint64_t host = 0;
      std::size_t files = 0;
      for (const LayerView& layer : drive_->layers) {
        host += layer.host_bytes;
        files += layer.host_bytes != 0 ? 1 : 0;
      }
      if (host != 0)
        items.push_back(
            {bytes_text(host), files == 1 ? "in 1 file" : print("in %zu files", files)});
    }
    const std::uint64_t linked = all.counts[storage::index_of(storage::CellClass::linked)];
    if (linked != 0) items.push_back({grouped(linked), "linked"});
    if (const DiskFiles* files = model_.files()) {
      std::uint64_t runs = 0;
      std::uint64_t count = 0;
      for (const DiskFiles::Node& node : files->nodes) {
        if (node.mark != storage::MapMark::none || node.runs == 0) continue;
        runs += node.runs;
        ++count;
      }
      if (count != 0) {
        items.push_back({print("%.1f", static_cast<double>(runs) / static_cast<double>(count)),
                         "runs per file"});
      }
    }
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float w = ImGui::GetContentRegionAvail().x;
    const float h = theme_.px(22);
    ImDrawList* list = ImGui::GetWindowDrawList();
    list->AddRectFilled(at, {at.x + w, at.y + h}, theme_->well);
    ImFont* font = theme_.fonts().text;
    const float y = at.y + (h - font->FontSize) / 2;
    const std::string events = grouped(history_.recorded()) + " events";
    const float events_at = at.x + w - width_of(font, events) - theme_.px(8);
    float x = at.x + theme_.px(8);
    for (const Item& item : items) {
      const float value_width = width_of(font, item.value);
      const float width = value_width + theme_.px(6) + width_of(font, item.words);
      if (x + width + theme_.px(16) > events_at) break;
      if (x > at.x + theme_.px(8)) {
        down(list, x - theme_.px(11), at.y + theme_.px(5), at.y + h - theme_.px(5),
             theme_->line_strong);
      }
      put(list, font, x, y, theme_->text, item.value);
      put(list, font, x + value_width + theme_.px(6), y, theme_->text3, item.words);
      x += width + theme_.px(22);
    }
    put(list, font, events_at, y, theme_->text3, events);
    ImGui::Dummy({w, h + theme_.px(2)});
  }

  // ---- the grid ----

  void grid(float x, float y, float w, float h) {
    const float mini = std::min(theme_.px(90), w / 6);
    const float gutter = theme_.px(44);
    const float bar = theme_.px(14);
    const float grid_x = std::floor(x + mini + gutter);
    const float room = w - mini - gutter - bar;
    const int scale = std::max(1, static_cast<int>(std::lround(theme_.scale())));
    grid_.line = scale;
    choose_pitch(room, h, scale);
    if (!work_.zoom_chosen) {
      // A few screens long at most, one cell a cluster when that is possible.
      const auto cells =
          static_cast<std::uint64_t>(grid_.columns) * static_cast<std::uint64_t>(grid_.rows);
      constexpr std::uint64_t screens = 4;
      work_.zoom = whole_disk_zoom(map_, cells * screens);
      work_.zoom_chosen = true;
      choose_pitch(room, h, scale);
    }
    follow();
    clamp_first();
    grid_.zoom = work_.zoom;
    grid_.first = work_.map_first;
    const int pixel_w = grid_.columns * grid_.pitch;
    const int pixel_h = grid_.rows * grid_.pitch;
    paint_map(scene(), grid_, pixel_w, pixel_h, work_.pixels, work_.cells);
    work_.map_texture.update(frame_.renderer, pixel_w, pixel_h, work_.pixels);

    ImDrawList* list = ImGui::GetWindowDrawList();
    list->AddRectFilled({x, y}, {x + w, y + h}, theme_->well);
    const float fw = static_cast<float>(pixel_w);
    const float fh = static_cast<float>(pixel_h);
    list->AddImage(work_.map_texture.id(), {grid_x, y}, {grid_x + fw, y + fh});
    ImGui::SetCursorScreenPos({grid_x, y});
    ImGui::InvisibleButton("grid", {std::max(fw, 1.0F), std::max(fh, 1.0F)});
    const bool hovered = ImGui::IsItemHovered();
    const bool active = ImGui::IsItemActive();
    letters(list, grid_x, y);
    row_labels(list, x + mini, y, gutter);
    scroll_bar(list, grid_x + fw + theme_.px(4), y, h);
    mini_map(list, x, y, mini, h);
    interact(list, grid_x, y, hovered, active);
    link_lines(list, grid_x, y);
    frames(list, grid_x, y);
    ImGui::SetCursorScreenPos({x, y});
  }

  void choose_pitch(float room, float h, int scale) {
    const bool narrow = work_.placement.narrow;
    int pitch = (narrow ? 12 : 16) * scale;
    const std::uint64_t per = cell_sectors(map_, work_.zoom);
    const bool sectors = work_.zoom_chosen && work_.zoom < 0;
    if (sectors && per == 1) pitch = 40 * scale;
    if (sectors && per != 1) pitch = 24 * scale;
    grid_.pitch = pitch;
    const int fit_columns = std::max(1, static_cast<int>(room) / pitch);
    grid_.columns = fit_columns >= 8 ? fit_columns / 8 * 8 : std::max(fit_columns / 4 * 4, 1);
    grid_.rows = std::max(1, static_cast<int>(h) / pitch);
  }

  std::uint64_t columns() const { return static_cast<std::uint64_t>(grid_.columns); }
  std::uint64_t rows() const { return static_cast<std::uint64_t>(grid_.rows); }

  void clamp_first() {
    const std::uint64_t total = cell_count(map_, work_.zoom);
    const std::uint64_t total_rows = (total + columns() - 1) / columns();
    const std::uint64_t last_row = total_rows > rows() ? total_rows - rows() : 0;
    work_.map_first = std::min(work_.map_first / columns(), last_row) * columns();
  }

  void show_sector(std::uint64_t lba) {
    const std::uint64_t cell = lba / cell_sectors(map_, work_.zoom);
    const std::uint64_t shown = columns() * rows();
    if (cell >= work_.map_first && cell < work_.map_first + shown) return;
    const std::uint64_t row = cell / columns();
    work_.map_first = (row > rows() / 3 ? row - rows() / 3 : 0) * columns();
  }

  void follow() {
    if (model_.follow && history_.view_end() > history_.first_event()) {
      show_sector(history_.event(history_.view_end() - 1).lba);
    }
  }

  // Keeps the sector under the mouse where it is.
  void zoom_by(int steps, std::optional<std::uint64_t> at_cell) {
    const std::uint64_t before = cell_sectors(map_, work_.zoom);
    const std::uint64_t shown_rows = std::max<std::uint64_t>(rows(), 1);
    const std::uint64_t cell = at_cell.value_or(work_.map_first + columns() * (shown_rows / 2));
    const std::uint64_t lba = cell * before;
    const std::uint64_t row_on_screen =
        (cell - work_.map_first) / std::max<std::uint64_t>(columns(), 1);
    const int top = whole_disk_zoom(map_, 256);
    const int lowest = lowest_zoom(map_);
    int zoom = work_.zoom + steps;
    // Below a cluster: sectors at once, as far as they fit a few rows.
    if (work_.zoom >= 0 && zoom < 0) zoom = std::max(lowest, -7);
    if (work_.zoom < 0 && zoom > work_.zoom && zoom < 0) zoom = 0;
    work_.zoom = std::clamp(zoom, lowest, std::max(top, 0));
    const std::uint64_t now = cell_sectors(map_, work_.zoom);
    const std::uint64_t row = lba / now / std::max<std::uint64_t>(columns(), 1);
    work_.map_first = (row > row_on_screen ? row - row_on_screen : 0) * columns();
    if (work_.zoom < 0) {
      // Sectors begin with their cluster.
      const std::uint64_t spc = map_.sectors_per_cluster();
      work_.map_first = lba / spc * spc / now;
    }
    work_.zoom_chosen = true;
  }

  void letters(ImDrawList* list, float x, float y) {
    if (!grid_.letters()) return;
    ImFont* font = grid_.pitch >= 22 * grid_.line ? theme_.fonts().text : theme_.fonts().small;
    std::array<float, 128> widths{};
    const bool sectors = work_.zoom < 0 && grid_.pitch >= 32 * grid_.line;
    const auto p = static_cast<float>(grid_.pitch);
    const float s = p - static_cast<float>(grid_.gap());
    for (std::size_t i = 0; i < work_.cells.size(); ++i) {
      const MapCellView& cell = work_.cells[i];
      char letter = cell.letter;
      bool full = cell.first_of_run;
      Colour ink = cell.light_ink ? rgb(0xFFFFFF) : rgb(0x000000);
      switch (cell.flash.kind) {
        case MapFlash::Kind::write:
          letter = 'W';
          full = true;
          ink = rgb(0x000000);
          break;
        case MapFlash::Kind::write_fading:
          letter = 'w';
          full = true;
          break;
        case MapFlash::Kind::read:
          letter = 'R';
          full = true;
          break;
        default:
          break;
      }
      if (letter == 'x' || (letter == 'z' && work_.look == Look::light)) ink = theme_->text;
      const float cx = x + static_cast<float>(static_cast<int>(i) % grid_.columns) * p;
      const int row = static_cast<int>(i) / grid_.columns;
      const float cy = y + static_cast<float>(row) * p;
      if (sectors) {
        const std::uint64_t inside = cell.lba % map_.sectors_per_cluster();
        const bool empty = letter == ' ';
        put(list, theme_.fonts().small, cx + theme_.px(3), cy + theme_.px(2),
            empty ? theme_->text3 : ink, print("+%llu", static_cast<unsigned long long>(inside)));
        if (!empty) {
          const char words[2] = {letter, 0};
          put(list, theme_.fonts().small, cx + s - theme_.px(11),
              cy + s - theme_.fonts().small->FontSize - theme_.px(1), ink, words);
        }
        continue;
      }
      if (letter == ' ') continue;
      float& w = widths[static_cast<std::size_t>(letter) & 127];
      const char words[2] = {letter, 0};
      if (w == 0) w = width_of(font, words);
      put(list, font, cx + (s - w) / 2, cy + (s - font->FontSize) / 2,
          full ? ink : with_alpha(ink, 118), words);
    }
  }

  void row_labels(ImDrawList* list, float x, float y, float w) {
    ImFont* font = theme_.fonts().small;
    const std::uint64_t per = cell_sectors(map_, work_.zoom);
    const int every = std::max(
        1, static_cast<int>(std::ceil(font->FontSize * 1.6F / static_cast<float>(grid_.pitch))));
    for (int row = 0; row < grid_.rows; row += every) {
      const std::uint64_t cell = work_.map_first + static_cast<std::uint64_t>(row) * columns();
      if (cell >= cell_count(map_, work_.zoom)) break;
      const std::uint64_t bytes = cell * per * storage::kSectorSize;
      const std::string words = bytes % 1024 == 0
                                    ? address_text(bytes)
                                    : print("%llu B", static_cast<unsigned long long>(bytes));
      put(list, font, x + w - theme_.px(5) - width_of(font, words),
          y + static_cast<float>(row * grid_.pitch) +
              (static_cast<float>(grid_.pitch) - font->FontSize) / 2,
          theme_->text3, words);
    }
  }

  void scroll_bar(ImDrawList* list, float x, float y, float h) {
    const std::uint64_t total =
        std::max<std::uint64_t>((cell_count(map_, work_.zoom) + columns() - 1) / columns(), 1);
    if (total <= rows()) return;
    const float w = theme_.px(8);
    const float length =
        std::max(theme_.px(16), h * static_cast<float>(rows()) / static_cast<float>(total));
    const auto last = static_cast<float>(total - rows());
    ImGui::SetCursorScreenPos({x, y});
    ImGui::InvisibleButton("scroll", {w, h});
    if (ImGui::IsItemActive()) {
      const float share =
          std::clamp((ImGui::GetIO().MousePos.y - y - length / 2) / (h - length), 0.0F, 1.0F);
      work_.map_first = static_cast<std::uint64_t>(share * last) * columns();
      clamp_first();
    }
    const auto row = work_.map_first / columns();
    const float at = y + (h - length) * static_cast<float>(row) / last;
    list->AddRectFilled({x, at}, {x + w, at + length},
                        ImGui::IsItemHovered() ? theme_->text3 : theme_->line_strong, theme_.px(3));
  }

  void mini_map(ImDrawList* list, float x, float y, float w, float h) {
    const int scale = grid_.line;
    const float caption = theme_.fonts().small->FontSize + theme_.px(4);
    paint_mini_map(scene(), static_cast<int>(w) - scale, static_cast<int>(h - 2 * caption), scale,
                   work_.mini);
    const MiniMap& mini = work_.mini;
    if (mini.width == 0 || mini.height == 0) return;
    work_.mini_texture.update(frame_.renderer, mini.width, mini.height, mini.pixels);
    list->AddImage(work_.mini_texture.id(), {x, y},
                   {x + static_cast<float>(mini.width), y + static_cast<float>(mini.height)});
    ImGui::SetCursorScreenPos({x, y});
    ImGui::InvisibleButton("mini",
                           {static_cast<float>(mini.width), static_cast<float>(mini.height)});
    const float row_height = 2.0F * static_cast<float>(scale);
    const auto per_row = static_cast<double>(mini.clusters_per_cell) * mini.columns;
    if (ImGui::IsItemActive()) {
      const double row = std::max(0.0F, ImGui::GetIO().MousePos.y - y) / row_height;
      const auto cluster = static_cast<std::uint64_t>(row * per_row);
      const std::uint64_t cell = std::min(cluster, map_.clusters() - 1) *
                                 map_.sectors_per_cluster() / cell_sectors(map_, work_.zoom);
      const std::uint64_t at = cell / columns();
      work_.map_first = (at > rows() / 2 ? at - rows() / 2 : 0) * columns();
      clamp_first();
    }
    // The frame: what the grid shows.
    const auto in_clusters = [&](std::uint64_t cell) {
      return static_cast<double>(cell) * static_cast<double>(cell_sectors(map_, work_.zoom)) /
             map_.sectors_per_cluster();
    };
    const float from =
        y + static_cast<float>(std::floor(in_clusters(work_.map_first) / per_row)) * row_height;
    const float to =
        y +
        static_cast<float>(std::ceil(in_clusters(work_.map_first + columns() * rows()) / per_row)) *
            row_height;
    const float bottom =
        std::min(std::max(to, from + row_height * 2), y + static_cast<float>(mini.height));
    list->AddRect({x, from}, {x + static_cast<float>(mini.width), bottom}, theme_->ink, 0, 0,
                  theme_.px(2));
    ImFont* font = theme_.fonts().small;
    const std::uint64_t last = std::min(
        (work_.map_first + columns() * rows()) * cell_sectors(map_, work_.zoom), map_.sectors());
    const std::uint64_t first = work_.map_first * cell_sectors(map_, work_.zoom);
    const auto round_mib = [](std::uint64_t sectors) { return sectors >> 11; };
    const std::string shown =
        map_.sectors() >= (1U << 14)
            ? print("shown: %llu-%llu M", static_cast<unsigned long long>(round_mib(first)),
                    static_cast<unsigned long long>(round_mib(last)))
            : print("shown: %llu-%llu K", static_cast<unsigned long long>(first / 2),
                    static_cast<unsigned long long>(last / 2));
    put(list, font, x, y + static_cast<float>(mini.height) + theme_.px(2), theme_->text3,
        fit(font, shown, w + theme_.px(10)));
    const std::string size = address_text(map_.sectors() * storage::kSectorSize / 1024 * 1024);
    put(list, font, x + w - width_of(font, size) - theme_.px(4),
        y + h - font->FontSize - theme_.px(2), theme_->text3, size);
  }

  std::optional<std::size_t> cell_under_mouse(float x, float y) const {
    const ImVec2 mouse = ImGui::GetIO().MousePos;
    const int column =
        static_cast<int>(std::floor((mouse.x - x) / static_cast<float>(grid_.pitch)));
    const int row = static_cast<int>(std::floor((mouse.y - y) / static_cast<float>(grid_.pitch)));
    if (column < 0 || row < 0 || column >= grid_.columns || row >= grid_.rows) return std::nullopt;
    const auto index = static_cast<std::size_t>(row) * static_cast<std::size_t>(grid_.columns) +
                       static_cast<std::size_t>(column);
    if (index >= work_.cells.size()) return std::nullopt;
    return index;
  }

  void interact(ImDrawList*, float x, float y, bool hovered, bool active) {
    work_.map_hovered = hovered;
    model_.hovered.reset();
    const ImGuiIO& io = ImGui::GetIO();
    const auto under = hovered || active ? cell_under_mouse(x, y) : std::nullopt;
    if (active && ImGui::IsMouseDragging(0, theme_.px(4))) {
      // Drag pans by rows.
      dragged_ += io.MouseDelta.y;
      drag();
      return;
    }
    if (!hovered) return;
    if (under) {
      hovered_cell_ = under;
      model_.hovered = map_.cluster_of(work_.cells[*under].lba);
      card(x, y, *under);
      if (ImGui::IsMouseReleased(0) && !was_dragged()) {
        model_.pinned = model_.hovered;
        work_.hex_offset = work_.zoom < 0 ? work_.cells[*under].lba % map_.sectors_per_cluster() *
                                                storage::kSectorSize
                                          : 0;
      }
      if (ImGui::IsMouseDoubleClicked(0)) zoom_by(-1, work_.map_first + *under);
    }
    if (io.MouseWheel != 0) {
      if (io.KeyShift) {
        const auto rows_moved = static_cast<std::int64_t>(-io.MouseWheel * 3);
        move_rows(rows_moved);
      } else {
        zoom_by(io.MouseWheel > 0 ? -1 : 1,
                under ? std::optional(work_.map_first + *under) : std::nullopt);
      }
    }
    const auto pressed = [](SDL_Scancode key) {
      return ImGui::IsKeyPressed(static_cast<int>(key));
    };
    if (ImGui::GetIO().WantTextInput) return;
    if (pressed(SDL_SCANCODE_HOME)) {
      work_.zoom = whole_disk_zoom(map_, columns() * rows());
      work_.map_first = 0;
    }
    if (pressed(SDL_SCANCODE_EQUALS) || pressed(SDL_SCANCODE_KP_PLUS)) zoom_by(-1, std::nullopt);
    if (pressed(SDL_SCANCODE_MINUS) || pressed(SDL_SCANCODE_KP_MINUS)) zoom_by(1, std::nullopt);
    if (pressed(SDL_SCANCODE_PAGEDOWN)) move_rows(grid_.rows);
    if (pressed(SDL_SCANCODE_PAGEUP)) move_rows(-grid_.rows);
    if (pressed(SDL_SCANCODE_G)) work_.goto_open = true;
    if (pressed(SDL_SCANCODE_ESCAPE)) model_.pinned.reset();
  }

  static bool was_dragged() {
    const ImGuiIO& io = ImGui::GetIO();
    return io.MouseDragMaxDistanceSqr[0] > 16;
  }

  void drag() {
    const ImGuiIO& io = ImGui::GetIO();
    const float moved = io.MousePos.y - io.MouseClickedPos[0].y;
    const auto rows_moved =
        static_cast<std::int64_t>(std::lround(moved / static_cast<float>(grid_.pitch)));
    static_cast<void>(dragged_);
    const std::int64_t step = rows_moved - drag_rows();
    if (step == 0) return;
    set_drag_rows(rows_moved);
    move_rows(-step);
  }

  // How far the present drag has moved the rows, kept by ImGui for this window.
  static std::int64_t drag_rows() {
    const ImGuiIO& io = ImGui::GetIO();
    if (io.MouseDownDuration[0] < io.DeltaTime * 1.5F) return 0;
    return ImGui::GetStateStorage()->GetInt(ImGui::GetID("drag"), 0);
  }
  static void set_drag_rows(std::int64_t rows) {
    ImGui::GetStateStorage()->SetInt(ImGui::GetID("drag"), static_cast<int>(rows));
  }

  void move_rows(std::int64_t by) {
    const auto row = static_cast<std::int64_t>(work_.map_first / columns());
    work_.map_first = static_cast<std::uint64_t>(std::max<std::int64_t>(row + by, 0)) * columns();
    clamp_first();
  }

  ImVec2 place(float x, float y, std::uint64_t cell) const {
    const std::uint64_t index = cell - work_.map_first;
    const std::uint64_t row = index / columns();
    return {x + static_cast<float>(index % columns()) * static_cast<float>(grid_.pitch),
            y + static_cast<float>(row) * static_cast<float>(grid_.pitch)};
  }

  void frame_around(ImDrawList* list, ImVec2 at, bool twice) const {
    const float line = theme_.px(2);
    const float s = static_cast<float>(grid_.pitch - grid_.gap());
    const float out = theme_.px(1);
    const auto ring = [&](float grow, Colour colour) {
      list->AddRect({at.x - grow, at.y - grow}, {at.x + s + grow, at.y + s + grow}, colour, 0, 0,
                    line);
    };
    if (twice) {
      ring(out + line, theme_->desk);
      ring(out, theme_->ink);
      ring(out - line, theme_->desk);
    } else {
      ring(out, theme_->ink);
    }
  }

  void frames(ImDrawList* list, float x, float y) const {
    if (model_.pinned) {
      const std::uint64_t spc = map_.sectors_per_cluster();
      const std::uint64_t per = cell_sectors(map_, work_.zoom);
      const std::uint64_t cell = *model_.pinned * spc / per;
      if (cell >= work_.map_first && cell < work_.map_first + work_.cells.size()) {
        frame_around(list, place(x, y, cell), true);
      }
    }
    if (hovered_cell_) frame_around(list, place(x, y, work_.map_first + *hovered_cell_), false);
  }

  // A cluster that was linked a moment ago points at the one that it shares with, as far as that is
  // known: the nearest linked cluster before it.
  void link_lines(ImDrawList* list, float x, float y) const {
    if (work_.reduce_motion) return;
    constexpr std::uint64_t second = 1'000'000'000;
    const std::uint64_t now = history_.view_time();
    const std::uint64_t spc = map_.sectors_per_cluster();
    const std::uint64_t per = cell_sectors(map_, work_.zoom);
    constexpr std::uint64_t most = 64;
    std::uint64_t left = most;
    for (std::uint64_t n = history_.view_end(); n > history_.first_event() && left != 0; --n) {
      const MapEvent& event = history_.event(n - 1);
      if (event.time + second < now) break;
      if (event.kind != MapEvent::Kind::linked) continue;
      --left;
      std::uint64_t other = event.lba / spc;
      std::uint64_t look = 0;
      constexpr std::uint64_t reach = 4096;
      while (other != 0 && look < reach) {
        --other;
        ++look;
        if (map_.cell(other).state() == storage::ClusterState::shared) break;
      }
      if (map_.cell(other).state() != storage::ClusterState::shared) continue;
      const std::uint64_t a = event.lba / per;
      const std::uint64_t b = other * spc / per;
      const auto visible = [&](std::uint64_t cell) {
        return cell >= work_.map_first && cell < work_.map_first + work_.cells.size();
      };
      if (!visible(a) || !visible(b)) continue;
      const float half = static_cast<float>(grid_.pitch) / 2;
      const ImVec2 p = place(x, y, a);
      const ImVec2 q = place(x, y, b);
      list->AddLine({p.x + half, p.y + half}, {q.x + half, q.y + half}, kMapFills.linked,
                    theme_.px(1));
    }
  }

  // ---- the card ----

  void card(float x, float y, std::size_t index) {
    const MapCellView& cell = work_.cells[index];
    const ImVec2 at = place(x, y, work_.map_first + index);
    const float away = theme_.px(24);
    const float w = theme_.px(344);
    const float h = theme_.px(150);
    const ImVec2 screen = ImGui::GetIO().DisplaySize;
    float cx = at.x + static_cast<float>(grid_.pitch) + away;
    if (cx + w > screen.x) cx = at.x - away - w;
    float cy = at.y + static_cast<float>(grid_.pitch) + away;
    if (cy + h > screen.y) cy = at.y - away - h;
    ImGui::SetNextWindowPos({std::max(cx, 0.0F), std::max(cy, 0.0F)});
    ImGui::BeginTooltip();
    const std::uint64_t spc = map_.sectors_per_cluster();
    const std::uint64_t cluster = cell.lba / spc;
    const std::uint64_t clusters = std::max<std::uint64_t>(cell.sectors / spc, 1);
    ImDrawList* list = ImGui::GetWindowDrawList();
    const ImVec2 corner = ImGui::GetCursorScreenPos();
    const float box = theme_.px(15);
    list->AddRectFilled(corner, {corner.x + box, corner.y + box}, cell.fill);
    list->AddRect(corner, {corner.x + box, corner.y + box}, theme_->line_strong);
    ImGui::Dummy({box, box});
    ImGui::SameLine();
    if (work_.zoom < 0 && cell_sectors(map_, work_.zoom) < spc) {
      text(theme_->text,
           print("Sector %llu of cluster %llu", static_cast<unsigned long long>(cell.lba % spc),
                 static_cast<unsigned long long>(cluster)));
    } else if (clusters > 1) {
      text(theme_->text, "Clusters " + grouped(cluster) + " .. " + grouped(cluster + clusters - 1));
    } else {
      text(theme_->text, "Cluster " + grouped(cluster));
    }
    const auto write = model_.last_access(cluster, true);
    const auto read = model_.last_access(cluster, false);
    const bool write_last = write && (!read || read->time <= write->time);
    if (write || read) {
      const MapEvent& last = write_last ? *write : *read;
      const std::string when =
          std::string(write_last ? "W at " : "R at ") + seconds_text(last.time);
      ImGui::SameLine(
          std::max(w - width_of(theme_.fonts().text, when) - theme_.px(8), theme_.px(160)));
      text(write_last ? theme_->write : theme_->read, when);
    }
    const float column = theme_.px(62);
    std::string lba =
        grouped(cell.lba) + (cell.sectors > 1 ? ".." + grouped(cell.lba + cell.sectors - 1) : "");
    if (drive_ != nullptr) {
      const std::string chs = chs_text(drive_->geometry, cell.lba);
      lba += "   C/H/S " + chs;
    }
    fact(frame_, "LBA", lba, column);
    if (clusters == 1) {
      fact(frame_, "state", state_words(map_.cell(cluster)), column);
    } else {
      fact(frame_, "in use", grouped(cell.sum.used()) + " of " + grouped(cell.sum.total()), column);
    }
    owner_facts(cell, column);
    if (cell.sum.heat > 0.01F)
      fact(frame_, "heat", print("%.2f", static_cast<double>(cell.sum.heat)), column);
    ImGui::EndTooltip();
  }

  void owner_facts(const MapCellView& cell, float column) {
    const DiskFiles* files = model_.files();
    if (files == nullptr) return;
    const auto runs = files->runs_in(cell.lba, cell.sectors);
    if (runs.empty()) {
      fact(frame_, "owner",
           files->inside_volume(cell.lba) ? "nobody: free for files" : "outside of every volume",
           column);
      return;
    }
    const DiskFiles::Run& run = runs.front();
    const DiskFiles::Node& node = files->nodes[run.node];
    std::string more;
    if (runs.size() > 1) more = print("  + %zu more", runs.size() - 1);
    fact(frame_, "owner", fit(theme_.fonts().text, node.path, theme_.px(250)) + more, column);
    if (node.mark == storage::MapMark::none) {
      const std::uint64_t from =
          run.offset + (std::max(cell.lba, run.lba) - run.lba) * storage::kSectorSize;
      const std::uint64_t end = std::min(cell.lba + cell.sectors, run.lba + run.count);
      const std::uint64_t to =
          std::min(run.offset + (end - run.lba) * storage::kSectorSize, node.size);
      if (to > from)
        fact(frame_, "bytes", grouped(from) + ".." + grouped(to - 1) + " of the file", column);
    }
  }

  std::string state_words(storage::MapCell cell) const {
    using storage::ClusterState;
    switch (cell.state()) {
      case ClusterState::unallocated:
        return "unallocated: reads as zeroes";
      case ClusterState::zero:
        return "explicit zero";
      case ClusterState::shared:
        return "linked: shared with other clusters";
      case ClusterState::freed:
        return "freed, reusable";
      case ClusterState::metadata:
        return "the format's own";
      case ClusterState::corrupt:
        return "corrupt: cannot be read";
      case ClusterState::parent:
        return "the parent's, which is not open";
      case ClusterState::data:
        break;
    }
    const unsigned number = layer_number(cell.layer(), layers_);
    std::string words = "data in layer " + std::to_string(number);
    if (drive_ != nullptr && cell.layer() < drive_->layers.size())
      words += "  " + drive_->layers[cell.layer()].name;
    return words;
  }

  // ---- legend ----

  std::size_t legend_rows() const {
    const auto per_row = static_cast<std::size_t>(legend_columns_);
    return (work_.legend.size() + 1 + per_row - 1) / per_row;
  }

  void legend() {
    // Heat moves all the time; the rest only with the map.
    std::uint64_t key =
        map_.generation() * 64 + static_cast<std::uint64_t>(model_.mode) * 8 + layers_;
    key ^= reinterpret_cast<std::uintptr_t>(model_.files()) << 8;
    if (work_.look == Look::light) key = ~key;
    const bool heat = model_.mode == MapMode::heat;
    const bool due = heat ? ImGui::GetFrameCount() % 15 == 0 : false;
    if (key == work_.legend_key && !due && !work_.legend.empty()) return;
    work_.legend_key = key;
    work_.legend = map_legend(scene());
  }

  void draw_legend(float x, float y, float w) {
    ImDrawList* list = ImGui::GetWindowDrawList();
    ImFont* font = theme_.fonts().text;
    const auto columns = static_cast<std::size_t>(legend_columns_);
    const float column = std::floor(w / static_cast<float>(columns));
    const float row_height = theme_.px(20);
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i <= work_.legend.size(); ++i) {
      const float cx = x + static_cast<float>(i % columns) * column;
      const auto line = i / columns;
      const float cy = y + static_cast<float>(line) * row_height;
      const float count_right = cx + column - theme_.px(14);
      const float label_at = cx + theme_.px(22);
      const float ty = cy + (row_height - font->FontSize) / 2;
      if (i == work_.legend.size()) {
        put(list, font, label_at, ty, theme_->text3, "Sum");
        const std::string total = grouped(sum);
        put(list, font, count_right - width_of(font, total), ty, theme_->text, total);
        break;
      }
      const LegendRow& row = work_.legend[i];
      sum += row.count;
      const bool isolated = model_.isolated == i;
      ImGui::SetCursorScreenPos({cx, cy});
      ImGui::PushID(static_cast<int>(i));
      if (ImGui::InvisibleButton("legend", {column - theme_.px(8), row_height})) {
        model_.isolated = isolated ? std::nullopt : std::optional(i);
      }
      ImGui::PopID();
      if (isolated || ImGui::IsItemHovered()) {
        list->AddRectFilled({cx - theme_.px(2), cy}, {cx + column - theme_.px(8), cy + row_height},
                            isolated ? theme_->button_on : theme_->button, theme_.px(3));
      }
      swatch(list, cx, cy + theme_.px(3), row);
      const std::string count = grouped(row.count);
      const std::string words =
          row.absent ? (row.note.empty() ? "not in this format" : row.note) : count;
      ImFont* count_font = row.absent ? theme_.fonts().small : font;
      const float count_width = width_of(count_font, words);
      put(list, font, label_at, ty, row.absent ? theme_->disabled : theme_->text2,
          fit(font, row.label, count_right - count_width - theme_.px(8) - label_at));
      put(list, count_font, count_right - count_width, ty,
          row.absent ? theme_->disabled : theme_->text, words);
      if (ImGui::IsItemHovered()) {
        tooltip(row.label + (row.note.empty() ? "" : "\n" + row.note) + "\n" + count +
                " clusters; click shows these alone");
      }
    }
  }

  void swatch(ImDrawList* list, float x, float y, const LegendRow& row) {
    using Swatch = LegendRow::Swatch;
    const float s = theme_.px(14);
    const Colour fill = row.absent ? with_alpha(row.fill, 90) : row.fill;
    const ImVec2 end = {x + s, y + s};
    list->AddRectFilled({x, y}, end, fill);
    if (row.fill == theme_->unallocated || row.fill == theme_->well)
      list->AddRect({x, y}, end, theme_->line_strong);
    const float line = theme_.px(1);
    switch (row.swatch) {
      case Swatch::outline:
        list->AddRect({x, y}, end, theme_->freed, 0, 0, line);
        break;
      case Swatch::line:
        list->AddRectFilled({x, y + s / 2}, {x + s, y + s / 2 + line}, theme_->text3);
        break;
      case Swatch::stripes:
        for (float d = 0; d < s; d += theme_.px(4))
          list->AddLine({x + d, y}, {x, y + d}, theme_->unallocated, line);
        break;
      case Swatch::half:
        list->AddRectFilled({x, y + s / 2}, end, kMapFills.file_system);
        break;
      case Swatch::cross:
        list->AddLine({x, y}, end, rgb(0), line);
        list->AddLine({x + s, y}, {x, y + s}, rgb(0), line);
        break;
      default:
        break;
    }
    if (row.letter == ' ' || row.swatch == Swatch::cross) return;
    ImFont* font = theme_.fonts().small;
    const char words[2] = {row.letter, 0};
    const bool white = row.fill == kMapFills.top || row.fill == tokens(Look::dark).zero ||
                       row.absent || row.fill == tokens(Look::dark).unallocated;
    const Colour ink = work_.look == Look::light && row.fill != kMapFills.top
                           ? theme_->text
                           : (white ? rgb(0xFFFFFF) : rgb(0x000000));
    put(list, font, x + (s - width_of(font, words)) / 2, y + (s - font->FontSize) / 2,
        row.absent ? theme_->disabled : ink, words);
  }

  Frame& frame_;
  const Theme& theme_;
  Workspace& work_;
  MapModel& model_;
  AllocationHistory& history_;
  const AllocationMap& map_;
  const DriveView* drive_;
  unsigned layers_;
  MapGrid grid_;
  int legend_columns_ = 5;
  float dragged_ = 0;
  std::optional<std::size_t> hovered_cell_;
};

void goto_dialog(Frame& frame) {
  Workspace& work = frame.work;
  if (work.goto_open) {
    ImGui::OpenPopup("Go to");
    work.goto_open = false;
    work.goto_text.clear();
  }
  if (!ImGui::BeginPopup("Go to")) return;
  text(frame.theme->text2, "Cluster number, or an LBA with a leading 'l'");
  if (ImGui::IsWindowAppearing()) ImGui::SetKeyboardFocusHere();
  if (input("##where", work.goto_text, frame.theme.px(240), "e.g. 1042 or l133376",
            ImGuiInputTextFlags_EnterReturnsTrue)) {
    const bool lba = work.goto_text.starts_with('l') || work.goto_text.starts_with('L');
    const std::uint64_t number = std::strtoull(work.goto_text.c_str() + (lba ? 1 : 0), nullptr, 10);
    pin_cluster(frame, lba ? work.map.history().map().cluster_of(number) : number, true);
    ImGui::CloseCurrentPopup();
  }
  ImGui::EndPopup();
}

}  // namespace

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

void draw_map(Frame& frame) {
  Workspace& work = frame.work;
  std::string title = "Disk";
  std::string about;
  std::string right;
  if (frame.snapshot != nullptr && work.map_slot) {
    if (const DriveView* drive = frame.snapshot->drive(*work.map_slot)) {
      title += " " + drive->name();
      for (std::size_t i = 0; i < drive->layers.size(); ++i) {
        const unsigned number =
            layer_number(static_cast<unsigned>(i), static_cast<unsigned>(drive->layers.size()));
        about += (i == 0 ? "" : frame.theme.symbol("  \u203a  ", "  >  ")) + drive->layers[i].name +
                 " (" + std::to_string(number) + ")";
      }
      right = mode_word(drive->mode);
    }
  }
  const PanelWindow window(frame, Panel::map, title, about, right,
                           ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse);
  if (!window) return;
  if (!work.map.ready() || !work.map_slot || work.map.slot() != *work.map_slot) {
    text(frame.theme->text3, frame.snapshot == nullptr
                                 ? "No machine."
                                 : "No disk to show: choose one in the Disk menu.");
    return;
  }
  MapPanel(frame).draw();
  goto_dialog(frame);
}

}  // namespace ui
