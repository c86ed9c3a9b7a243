// What there is to say about the pinned cluster.
#include <algorithm>

#include "ui/panels.h"
#include "ui/widgets.h"

namespace ui {

namespace {

using storage::kSectorSize;

std::string when_text(const storage::MapEvent& event) {
  return seconds_text(event.time) + ", " + grouped(event.count) +
         (event.count == 1 ? " sector" : " sectors") + (event.failed ? ", failed" : "");
}

class SelectionPanel {
 public:
  SelectionPanel(Frame& frame, const DriveView& drive)
      : frame_(frame),
        theme_(frame.theme),
        model_(frame.work.map),
        map_(model_.history().map()),
        drive_(drive),
        cluster_(*model_.pinned),
        lba_(cluster_ * map_.sectors_per_cluster()),
        last_(std::min(lba_ + map_.sectors_per_cluster(), map_.sectors()) - 1),
        column_(frame.theme.px(94)) {}

  void draw() {
    ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2(theme_.px(8), theme_.px(2)));
    row("cluster", grouped(cluster_) + "  of " + grouped(map_.clusters()));
    row("LBA", grouped(lba_) + ".." + grouped(last_));
    row("C/H/S", chs_text(drive_.geometry, lba_) + " .. " + chs_text(drive_.geometry, last_));
    layer();
    places_in_files();
    owner();
    access("last write", true);
    access("last read", false);
    row("heat",
        print("%.2f", static_cast<double>(map_.heat(cluster_, model_.history().view_time()))));
    ImGui::PopStyleVar();
    section_line(frame_);
    buttons();
    draw_cluster_history(frame_, cluster_);
  }

 private:
  void row(const char* label, std::string_view value) { fact(frame_, label, value, column_); }

  void layer() {
    const storage::MapCell cell = map_.cell(cluster_);
    const auto layers = static_cast<unsigned>(drive_.layers.size());
    std::string words = "none";
    if (storage::in_use(storage::class_of(cell))) {
      words = std::to_string(layer_number(cell.layer(), layers));
      if (cell.layer() < layers) words += "  " + drive_.layers[cell.layer()].name;
    }
    row("layer", words);
  }

  // Where its bytes lie, and what they hide in layers below.
  void places_in_files() {
    const SectorBytes* bytes = frame_.work.sectors.get();
    const bool here = bytes != nullptr && bytes->which.slot == model_.slot() &&
                      bytes->which.lba / map_.sectors_per_cluster() == cluster_;
    if (!here) return;
    bool first = true;
    for (std::size_t i = 0; i < bytes->layers.size(); ++i) {
      const SectorBytes::Where& where = bytes->layers[i];
      const bool has = where.extent.layer == 0 && where.extent.state == storage::ClusterState::data;
      const std::string place = has ? "@ 0x" + hex(where.extent.host_offset, 8) : "nothing here";
      if (has && first) {
        row("file offset", "0x" + hex(where.extent.host_offset, 8));
        first = false;
      } else if (!first || i != 0) {
        const std::string number = std::to_string(bytes->layers.size() - 1 - i) + "  ";
        ImFont* font = theme_.fonts().text;
        const float room = ImGui::GetContentRegionAvail().x - column_ - theme_.px(4) -
                           width_of(font, number + " " + place);
        row(first ? "below" : "hides", number + fit(font, where.name, room) + " " + place);
      }
    }
  }

  void owner() {
    const DiskFiles* files = model_.files();
    if (files == nullptr) return;
    const auto runs = files->runs_in(lba_, map_.sectors_per_cluster());
    if (runs.empty())
      return row("owner", files->inside_volume(lba_) ? "nobody" : "outside of every volume");
    const DiskFiles::Run& run = runs.front();
    const DiskFiles::Node& node = files->nodes[run.node];
    const float room = ImGui::GetContentRegionAvail().x - column_ + theme_.px(8);
    const std::string name = node.path + (node.folder ? "  (folder)" : "");
    row("owner", fit(theme_.fonts().text, name, room - theme_.px(56)) +
                     (runs.size() > 1 ? print("  + %zu more", runs.size() - 1) : ""));
    if (files->volume_of(lba_) == nullptr || node.mark != storage::MapMark::none) return;
    const std::uint64_t from = run.offset + (std::max(lba_, run.lba) - run.lba) * kSectorSize;
    row("in the file", "from byte " + grouped(from));
  }

  void access(const char* label, bool write) {
    const auto event = model_.last_access(cluster_, write);
    row(label, event ? when_text(*event) : "none seen");
  }

  void buttons() {
    const float w = std::floor((ImGui::GetContentRegionAvail().x - theme_.px(16)) / 3);
    const std::string range = std::to_string(lba_) + ".." + std::to_string(last_);
    const std::string drive = emu::slot_name(model_.slot());
    if (button(frame_, "Break read", w)) add_break(frame_, "disk " + drive + " read lba " + range);
    ImGui::SameLine();
    if (button(frame_, "Break write", w))
      add_break(frame_, "disk " + drive + " write lba " + range);
    ImGui::SameLine();
    const DiskFiles::Run* owner =
        model_.files() != nullptr ? model_.files()->owner_of(lba_) : nullptr;
    if (button(frame_, "Show file", w, false, owner != nullptr) && owner != nullptr)
      model_.chosen_file = owner->node;
    if (button(frame_, "Unpin", w)) model_.pinned.reset();
    ImGui::SameLine();
    if (button(frame_, "History", w)) open_cluster_history();
    if (ImGui::IsItemHovered()) tooltip("what happened to this cluster, newest first");
    ImGui::SameLine();
    if (button(frame_, "Copy", w)) {
      ImGui::SetClipboardText(
          (drive + " cluster " + std::to_string(cluster_) + " LBA " + range).c_str());
    }
  }

  Frame& frame_;
  const Theme& theme_;
  MapModel& model_;
  const storage::AllocationMap& map_;
  const DriveView& drive_;
  std::uint64_t cluster_, lba_, last_;
  float column_;
};

}  // namespace

void draw_selection(Frame& frame) {
  const Theme& theme = frame.theme;
  const MapModel& model = frame.work.map;
  std::string about = "nothing pinned";
  if (model.ready() && model.pinned) about = "cluster " + grouped(*model.pinned) + ", pinned";
  const PanelWindow window(frame, Panel::selection, "Selection", about);
  if (!window) return;
  const DriveView* drive = shown_drive(frame);
  if (drive == nullptr || !model.ready()) return text(theme->text3, "No disk.");
  if (model.pinned) return SelectionPanel(frame, *drive).draw();
  ImGui::PushTextWrapPos(0);
  text(theme->text3,
       "Click a cell of the map to pin it: this panel, the bytes below and the files answer for "
       "it.");
  ImGui::PopTextWrapPos();
}

}  // namespace ui
