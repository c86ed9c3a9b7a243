// The menu of a cell of the map: stop the guest at it, or at the file that it belongs to.
#include <algorithm>

#include "ui/map_view.h"
#include "ui/widgets.h"

namespace ui {

namespace {

constexpr const char* kMenu = "cell menu";
constexpr std::size_t kMostFiles = 8;

// The files in a cell: of one the entries themselves, of several a menu each.
void file_entries(MapView& view, std::uint64_t lba, std::uint64_t count) {
  const DiskFiles* files = view.model.files();
  if (files == nullptr) return;
  std::vector<std::uint32_t> found;
  for (const DiskFiles::Run& run : files->runs_in(lba, count)) {
    const bool known = std::ranges::find(found, run.node) != found.end();
    if (!known && files->place_of(run.node)) found.push_back(run.node);
    if (found.size() == kMostFiles) break;
  }
  if (found.empty()) return;
  ImGui::Separator();
  ImFont* font = view.theme.fonts().text;
  const auto name = [&](std::uint32_t node) {
    return fit(font, files->nodes[node].path, view.theme.px(280));
  };
  if (found.size() == 1) {
    text(view.theme->text3, name(found.front()));
    return file_break_items(view.frame, found.front());
  }
  for (const std::uint32_t node : found) {
    ImGui::PushID(static_cast<int>(node));
    if (ImGui::BeginMenu(name(node).c_str())) {
      file_break_items(view.frame, node);
      ImGui::EndMenu();
    }
    ImGui::PopID();
  }
}

}  // namespace

void open_map_menu(MapView& view, std::size_t index) {
  view.work.menu_lba = view.work.cells[index].lba;
  view.work.menu_sectors = view.work.cells[index].sectors;
  ImGui::OpenPopup(kMenu);
}

void draw_map_menu(MapView& view) {
  if (!ImGui::BeginPopup(kMenu)) return;
  const std::uint64_t lba = view.work.menu_lba;
  const std::uint64_t last =
      std::max(std::min(lba + view.work.menu_sectors, view.map.sectors()), lba + 1) - 1;
  const std::string range = std::to_string(lba) + ".." + std::to_string(last);
  const std::string disk = "disk " + std::string(emu::slot_name(view.model.slot()));
  text(view.theme->text3, "LBA " + grouped(lba) + ".." + grouped(last));
  if (ImGui::MenuItem("Break on read here")) add_break(view.frame, disk + " read lba " + range);
  if (ImGui::MenuItem("Break on write here")) add_break(view.frame, disk + " write lba " + range);
  if (ImGui::MenuItem("Pin")) pin_cluster(view.frame, view.map.cluster_of(lba), false);
  file_entries(view, lba, last - lba + 1);
  ImGui::EndPopup();
}

}  // namespace ui
