// The allocation map's window: mode buttons, counters, mini map, the grid with its letters, frames
// and hover card, the legend, the time line. Pixels come from map_picture.h; everything that moves
// here is the person's view and never the machine.
#include <algorithm>
#include <array>
#include <cmath>

#include "ui/map_view.h"
#include "ui/widgets.h"

namespace ui {

namespace {

using storage::MapEvent;

class MapPanel {
 public:
  explicit MapPanel(Frame& frame)
      : view_(frame),
        theme_(frame.theme),
        frame_(view_.frame),
        work_(view_.work),
        model_(view_.model),
        history_(view_.history),
        map_(view_.map),
        grid_(view_.grid) {}

  void draw() {
    draw_map_header(view_);
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const ImVec2 room = ImGui::GetContentRegionAvail();
    const float legend_height = map_legend_height(view_, room.x);
    const float time_height = std::min(theme_.px(86), room.y / 4);
    const float grid_height = room.y - legend_height - time_height - theme_.px(4);
    grid(at.x, at.y, room.x, grid_height);
    draw_map_legend(view_, {at.x, at.y + grid_height + theme_.px(4)}, room.x);
    draw_time_line(frame_, history_, {at.x, at.y + room.y - time_height, room.x, time_height});
    ImGui::Dummy(room);
  }

 private:
  void grid(float x, float y, float w, float h) {
    const float mini = std::min(theme_.px(90), w / 6);
    // As wide as the addresses of the disk's end.
    constexpr std::uint64_t large = 1ULL << 27;  // sectors: 64 GiB
    const float gutter = theme_.px(map_.sectors() > large ? 80 : 44);
    const float bar = theme_.px(14);
    const float grid_x = std::floor(x + mini + gutter);
    view_.fit_grid(w - mini - gutter - bar, h);
    const int pixel_w = grid_.columns * grid_.pitch;
    const int pixel_h = grid_.rows * grid_.pitch;
    paint_map(view_.scene(), grid_, pixel_w, pixel_h, work_.pixels, work_.cells);
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
    interact(grid_x, y, hovered, active);
    draw_map_menu(view_);
    link_lines(list, grid_x, y);
    frames(list, grid_x, y);
    ImGui::SetCursorScreenPos({x, y});
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

  // Where a row begins. Large addresses have no room for all their digits: within a mebibyte that
  // the row above named, the way from its beginning; else what is left out shows as a plus sign.
  static std::string row_words(std::uint64_t bytes, std::optional<std::uint64_t> above) {
    constexpr std::uint64_t mebibyte = 1U << 20;
    const std::uint64_t rest = bytes % mebibyte;
    if (rest % 1024 != 0) return print("%llu B", static_cast<unsigned long long>(bytes));
    const bool named_above = above && bytes >= mebibyte && *above / mebibyte == bytes / mebibyte;
    const bool close = named_above && bytes - *above < mebibyte / 10;  // less than a label can tell
    const bool fits = bytes < 1024 * mebibyte && !close;
    if (fits || rest % (mebibyte / 2) == 0) return address_text(bytes);
    if (named_above) return print("+%llu K", static_cast<unsigned long long>(rest / 1024));
    return address_text(bytes - rest) + "+";
  }

  void row_labels(ImDrawList* list, float x, float y, float w) {
    ImFont* font = theme_.fonts().small;
    const std::uint64_t per = cell_sectors(map_, work_.zoom);
    const int every = std::max(
        1, static_cast<int>(std::ceil(font->FontSize * 1.6F / static_cast<float>(grid_.pitch))));
    std::optional<std::uint64_t> above;
    for (int row = 0; row < grid_.rows; row += every) {
      const std::uint64_t cell =
          work_.map_first + static_cast<std::uint64_t>(row) * view_.columns();
      if (cell >= cell_count(map_, work_.zoom)) break;
      const std::uint64_t bytes = cell * per * storage::kSectorSize;
      const std::string words = row_words(bytes, above);
      above = bytes;
      put(list, font, x + w - theme_.px(5) - width_of(font, words),
          y + static_cast<float>(row * grid_.pitch) +
              (static_cast<float>(grid_.pitch) - font->FontSize) / 2,
          theme_->text3, words);
    }
  }

  void scroll_bar(ImDrawList* list, float x, float y, float h) {
    const std::uint64_t total = std::max<std::uint64_t>(
        (cell_count(map_, work_.zoom) + view_.columns() - 1) / view_.columns(), 1);
    if (total <= view_.rows()) return;
    const float w = theme_.px(8);
    const float length =
        std::max(theme_.px(16), h * static_cast<float>(view_.rows()) / static_cast<float>(total));
    const auto last = static_cast<float>(total - view_.rows());
    ImGui::SetCursorScreenPos({x, y});
    ImGui::InvisibleButton("scroll", {w, h});
    if (ImGui::IsItemActive()) {
      const float share =
          std::clamp((ImGui::GetIO().MousePos.y - y - length / 2) / (h - length), 0.0F, 1.0F);
      work_.map_first = static_cast<std::uint64_t>(share * last) * view_.columns();
      view_.clamp_first();
    }
    const auto row = work_.map_first / view_.columns();
    const float at = y + (h - length) * static_cast<float>(row) / last;
    list->AddRectFilled({x, at}, {x + w, at + length},
                        ImGui::IsItemHovered() ? theme_->text3 : theme_->line_strong, theme_.px(3));
  }

  void mini_map(ImDrawList* list, float x, float y, float w, float h) {
    const int scale = grid_.line;
    const float caption = theme_.fonts().small->FontSize + theme_.px(4);
    paint_mini_map(view_.scene(), static_cast<int>(w) - scale, static_cast<int>(h - 2 * caption),
                   scale, work_.mini);
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
      const std::uint64_t at = cell / view_.columns();
      work_.map_first = (at > view_.rows() / 2 ? at - view_.rows() / 2 : 0) * view_.columns();
      view_.clamp_first();
    }
    // The frame: what the grid shows.
    const auto in_clusters = [&](std::uint64_t cell) {
      return static_cast<double>(cell) * static_cast<double>(cell_sectors(map_, work_.zoom)) /
             map_.sectors_per_cluster();
    };
    const float from =
        y + static_cast<float>(std::floor(in_clusters(work_.map_first) / per_row)) * row_height;
    const float to =
        y + static_cast<float>(std::ceil(
                in_clusters(work_.map_first + view_.columns() * view_.rows()) / per_row)) *
                row_height;
    const float bottom =
        std::min(std::max(to, from + row_height * 2), y + static_cast<float>(mini.height));
    list->AddRect({x, from}, {x + static_cast<float>(mini.width), bottom}, theme_->ink, 0, 0,
                  theme_.px(2));
    ImFont* font = theme_.fonts().small;
    const std::uint64_t last = std::min(
        (work_.map_first + view_.columns() * view_.rows()) * cell_sectors(map_, work_.zoom),
        map_.sectors());
    const std::uint64_t first = work_.map_first * cell_sectors(map_, work_.zoom);
    put(list, font, x, y + static_cast<float>(mini.height) + theme_.px(2), theme_->text3,
        fit(font, shown_words(first, last, w), w));
    const std::string size = address_text(map_.sectors() * storage::kSectorSize / 1024 * 1024);
    put(list, font, x + w - width_of(font, size) - theme_.px(4),
        y + h - font->FontSize - theme_.px(2), theme_->text3, size);
  }

  // Which part of the disk the grid shows, in sectors; the first of these forms that fits.
  std::string shown_words(std::uint64_t first, std::uint64_t last, float room) const {
    constexpr std::uint64_t large = 1ULL << 27;  // 64 GiB
    struct Unit {
      unsigned shift;
      char letter;
    };
    const Unit unit = last - first >= large            ? Unit{21, 'G'}
                      : map_.sectors() >= (1ULL << 14) ? Unit{11, 'M'}
                                                       : Unit{1, 'K'};
    const std::string from = std::to_string(first >> unit.shift);
    const std::string range = from + "-" + std::to_string(last >> unit.shift) + " " + unit.letter;
    ImFont* font = theme_.fonts().small;
    for (const std::string& words : {"shown: " + range, range}) {
      if (width_of(font, words) <= room) return words;
    }
    return "at " + from + " " + unit.letter;
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

  void interact(float x, float y, bool hovered, bool active) {
    work_.map_hovered = hovered;
    model_.hovered.reset();
    const ImGuiIO& io = ImGui::GetIO();
    const auto under = hovered || active ? cell_under_mouse(x, y) : std::nullopt;
    if (active && ImGui::IsMouseDragging(0, theme_.px(4))) {
      // Drag pans by rows.
      drag();
      return;
    }
    if (!hovered) return;
    if (under) {
      hovered_cell_ = under;
      model_.hovered = map_.cluster_of(work_.cells[*under].lba);
      draw_map_card(view_, {x, y}, *under);
      if (ImGui::IsMouseReleased(0) && !was_dragged()) {
        model_.pinned = model_.hovered;
        work_.hex_offset = work_.zoom < 0 ? work_.cells[*under].lba % map_.sectors_per_cluster() *
                                                storage::kSectorSize
                                          : 0;
      }
      if (ImGui::IsMouseReleased(1)) open_map_menu(view_, *under);
      if (ImGui::IsMouseDoubleClicked(0)) view_.zoom_by(-1, work_.map_first + *under);
    }
    if (io.MouseWheel != 0) {
      if (io.KeyShift) {
        const auto rows_moved = static_cast<std::int64_t>(-io.MouseWheel * 3);
        view_.move_rows(rows_moved);
      } else {
        view_.zoom_by(io.MouseWheel > 0 ? -1 : 1,
                      under ? std::optional(work_.map_first + *under) : std::nullopt);
      }
    }
    const auto pressed = [](SDL_Scancode key) {
      return ImGui::IsKeyPressed(static_cast<int>(key));
    };
    if (ImGui::GetIO().WantTextInput) return;
    if (pressed(SDL_SCANCODE_HOME)) {
      work_.zoom = whole_disk_zoom(map_, view_.columns() * view_.rows());
      work_.map_first = 0;
    }
    if (pressed(SDL_SCANCODE_EQUALS) || pressed(SDL_SCANCODE_KP_PLUS))
      view_.zoom_by(-1, std::nullopt);
    if (pressed(SDL_SCANCODE_MINUS) || pressed(SDL_SCANCODE_KP_MINUS))
      view_.zoom_by(1, std::nullopt);
    if (pressed(SDL_SCANCODE_PAGEDOWN)) view_.move_rows(grid_.rows);
    if (pressed(SDL_SCANCODE_PAGEUP)) view_.move_rows(-grid_.rows);
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
    const std::int64_t step = rows_moved - drag_rows();
    if (step == 0) return;
    set_drag_rows(rows_moved);
    view_.move_rows(-step);
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
        frame_around(list, view_.place({x, y}, cell), true);
      }
    }
    if (hovered_cell_)
      frame_around(list, view_.place({x, y}, work_.map_first + *hovered_cell_), false);
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
      const ImVec2 p = view_.place({x, y}, a);
      const ImVec2 q = view_.place({x, y}, b);
      list->AddLine({p.x + half, p.y + half}, {q.x + half, q.y + half}, kMapFills.linked,
                    theme_.px(1));
    }
  }

  MapView view_;
  const Theme& theme_;
  Frame& frame_;
  Workspace& work_;
  MapModel& model_;
  storage::AllocationHistory& history_;
  const storage::AllocationMap& map_;
  MapGrid& grid_;
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
