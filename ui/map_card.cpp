// The card beside the cell under the mouse: where it is, what is in it, whose it is.
#include <algorithm>

#include "ui/map_view.h"
#include "ui/widgets.h"

namespace ui {

namespace {

class MapCard {
 public:
  explicit MapCard(const MapView& view)
      : view_(view),
        theme_(view.theme),
        frame_(view_.frame),
        work_(view_.work),
        model_(view_.model),
        map_(view_.map),
        drive_(view_.drive),
        layers_(view_.layers),
        grid_(view_.grid) {}

  void draw(ImVec2 grid, std::size_t index) {
    const MapCellView& cell = work_.cells[index];
    const ImVec2 at = view_.place(grid, work_.map_first + index);
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
      const storage::MapEvent& last = write_last ? *write : *read;
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

 private:
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

  const MapView& view_;
  const Theme& theme_;
  Frame& frame_;
  Workspace& work_;
  MapModel& model_;
  const storage::AllocationMap& map_;
  const DriveView* drive_;
  unsigned layers_;
  const MapGrid& grid_;
};

}  // namespace

void draw_map_card(const MapView& view, ImVec2 corner, std::size_t index) {
  MapCard(view).draw(corner, index);
}

}  // namespace ui
