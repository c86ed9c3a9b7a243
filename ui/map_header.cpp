// The bar over the map: what it shows, how it moves, how close; and what the disk adds up to.
#include <array>
#include <utility>

#include "ui/map_view.h"
#include "ui/widgets.h"

namespace ui {

namespace {

constexpr std::array<std::pair<const char*, std::uint64_t>, 6> kDecays = {{
    {"0.25 s", 250'000'000},
    {"0.5 s", 500'000'000},
    {"1 s", 1'000'000'000},
    {"4 s", 4'000'000'000},
    {"10 s", 10'000'000'000},
    {"30 s", 30'000'000'000},
}};

const char* mode_help(MapMode mode) {
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

class MapHeader {
 public:
  explicit MapHeader(MapView& view)
      : view_(view),
        theme_(view.theme),
        frame_(view_.frame),
        work_(view_.work),
        model_(view_.model),
        history_(view_.history),
        map_(view_.map),
        drive_(view_.drive) {}

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
    if (button(frame_, "-", theme_.px(24))) view_.zoom_by(1, std::nullopt);
    if (ImGui::IsItemHovered()) tooltip("more of the disk (wheel, or the - key)");
    ImGui::SameLine(minus + theme_.px(28));
    if (button(frame_, "+", theme_.px(24))) view_.zoom_by(-1, std::nullopt);
    if (ImGui::IsItemHovered()) tooltip("closer (wheel, or the + key)");
  }

  void counters() {
    const std::vector<Item> items = counted();
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

 private:
  struct Item {
    std::string value, words;
  };

  std::vector<Item> counted() const {
    const storage::CellSum all = map_.sum(0, map_.clusters());
    const std::uint64_t cluster =
        static_cast<std::uint64_t>(map_.sectors_per_cluster()) * storage::kSectorSize;
    std::vector<Item> items;
    items.push_back({bytes_text(map_.sectors() * storage::kSectorSize), "disk"});
    items.push_back({grouped(map_.clusters()) + " x " + bytes_text(cluster), "clusters"});
    items.push_back({grouped(all.used()) + " = " + bytes_text(all.used() * cluster), "in use"});
    if (drive_ != nullptr) count_layers(items, cluster);
    const std::uint64_t linked = all.counts[storage::index_of(storage::CellClass::linked)];
    if (linked != 0) items.push_back({grouped(linked), "linked"});
    if (model_.files() != nullptr) count_runs(items, *model_.files());
    return items;
  }

  void count_layers(std::vector<Item>& items, std::uint64_t cluster_bytes) const {
    std::uint64_t host = 0;
    std::size_t files = 0;
    for (const LayerView& layer : drive_->layers) {
      host += layer.host_bytes;
      files += layer.host_bytes != 0 ? 1 : 0;
    }
    if (host != 0)
      items.push_back({bytes_text(host), files == 1 ? "in 1 file" : print("in %zu files", files)});
    const std::optional<std::uint64_t> hidden = hidden_copies(drive_->layers, map_.shown());
    if (hidden && *hidden != 0) items.push_back({grouped(*hidden), "copies hidden below"});
    if (const auto share = metadata_share(drive_->layers, map_.shown(), cluster_bytes))
      items.push_back({print("%.1f %%", *share * 100), "metadata"});
  }

  static void count_runs(std::vector<Item>& items, const DiskFiles& files) {
    std::uint64_t runs = 0;
    std::uint64_t count = 0;
    for (const DiskFiles::Node& node : files.nodes) {
      if (node.mark != storage::MapMark::none || node.runs == 0) continue;
      runs += node.runs;
      ++count;
    }
    if (count == 0) return;
    items.push_back(
        {print("%.1f", static_cast<double>(runs) / static_cast<double>(count)), "runs per file"});
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

  MapView& view_;
  const Theme& theme_;
  Frame& frame_;
  Workspace& work_;
  MapModel& model_;
  storage::AllocationHistory& history_;
  const storage::AllocationMap& map_;
  const DriveView* drive_;
};

}  // namespace

void draw_map_header(MapView& view) {
  MapHeader header(view);
  header.buttons();
  header.counters();
}

}  // namespace ui
