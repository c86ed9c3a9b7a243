// The files of the disk, as a tree; what the mouse is on or was chosen lights its clusters.
#include <algorithm>
#include <cctype>

#include "ui/panels.h"
#include "ui/widgets.h"

namespace ui {

namespace {

bool matches(const DiskFiles& files, std::uint32_t index, const std::string& filter) {
  const DiskFiles::Node& node = files.nodes[index];
  const auto lower = [](unsigned char c) { return static_cast<char>(std::tolower(c)); };
  const auto same = [&](char a, char b) {
    return lower(static_cast<unsigned char>(a)) == lower(static_cast<unsigned char>(b));
  };
  if (!std::ranges::search(node.name, filter, same).empty()) return true;
  return std::ranges::any_of(node.children,
                             [&](std::uint32_t child) { return matches(files, child, filter); });
}

void go_to_file(Frame& frame, const DiskFiles& files, std::uint32_t index) {
  frame.work.map.chosen_file = index;
  if (files.nodes[index].first_lba != 0) {
    const storage::AllocationMap& map = frame.work.map.history().map();
    return pin_cluster(frame, map.cluster_of(files.nodes[index].first_lba), true);
  }
  for (const DiskFiles::Run& run : files.runs) {
    if (run.node != index) continue;
    pin_cluster(frame, frame.work.map.history().map().cluster_of(run.lba), true);
    return;
  }
}

void file_row(Frame& frame, const DiskFiles& files, std::uint32_t index, int depth) {
  const Theme& theme = frame.theme;
  MapModel& model = frame.work.map;
  const std::string& filter = frame.work.file_filter;
  if (depth > 32 || (!filter.empty() && !matches(files, index, filter))) return;
  const DiskFiles::Node& node = files.nodes[index];
  ImGui::TableNextRow(0, theme.row());
  ImGui::TableNextColumn();
  ImGuiTreeNodeFlags flags = ImGuiTreeNodeFlags_SpanFullWidth | ImGuiTreeNodeFlags_OpenOnArrow;
  if (!node.folder) flags |= ImGuiTreeNodeFlags_Leaf | ImGuiTreeNodeFlags_NoTreePushOnOpen;
  if (model.chosen_file == index) flags |= ImGuiTreeNodeFlags_Selected;
  if (depth == 0 || !filter.empty()) flags |= ImGuiTreeNodeFlags_DefaultOpen;
  ImGui::PushID(static_cast<int>(index));
  if (node.deleted) ImGui::PushStyleColor(ImGuiCol_Text, theme->text3);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const bool open = ImGui::TreeNodeEx("node", flags, "%s", node.name.c_str());
  if (node.deleted) {
    ImGui::PopStyleColor();
    const float x = at.x + ImGui::GetTreeNodeToLabelSpacing();
    const float y = at.y + std::floor(ImGui::GetTextLineHeight() / 2);
    ImFont* font = theme.fonts().text;
    const float w = width_of(font, node.name);
    ImGui::GetWindowDrawList()->AddRectFilled({x, y}, {x + w, y + theme.px(1)}, theme->text3);
    put(ImGui::GetWindowDrawList(), theme.fonts().small, x + w + theme.px(8), at.y + theme.px(1),
        theme->text3, node.overwritten ? "overwritten" : "deleted");
  }
  if (ImGui::IsItemClicked() && !ImGui::IsItemToggledOpen()) go_to_file(frame, files, index);
  if (ImGui::IsItemHovered()) {
    model.hovered_file = index;
    if (node.deleted) {
      tooltip(node.path + "\ndeleted: its directory entry still names " + grouped(node.size) +
              " bytes" +
              (node.first_lba == 0 ? " and no cluster"
                                   : " from LBA " + grouped(node.first_lba) + " on, to " +
                                         grouped(node.last_lba) + " if it was in one piece") +
              (node.overwritten ? "\nsome of these sectors belong to other files now" : ""));
    } else {
      tooltip(node.path + "\n" + grouped(node.size) + " bytes, " + grouped(node.sectors) +
              " sectors, " + grouped(node.runs) + (node.runs == 1 ? " run" : " runs"));
    }
  }
  if (!node.deleted && ImGui::BeginPopupContextItem("more")) {
    file_break_items(frame, index);
    ImGui::EndPopup();
  }
  ImGui::PopID();
  const auto number = [&](std::uint64_t value, Colour colour) {
    ImGui::TableNextColumn();
    const std::string words = grouped(value);
    const float right = ImGui::GetCursorPosX() + ImGui::GetContentRegionAvail().x;
    text_right(colour, words, right);
  };
  number(node.size, node.folder || node.deleted ? theme->text3 : theme->text);
  number(node.clusters, theme->text2);
  if (node.folder || node.deleted) {
    ImGui::TableNextColumn();
  } else {
    constexpr std::uint32_t many = 10;
    number(node.runs, node.runs >= many ? theme->changed : theme->text2);
  }
  if (node.folder && open) {
    for (const std::uint32_t child : node.children) file_row(frame, files, child, depth + 1);
    ImGui::TreePop();
  }
}

void files_body(Frame& frame) {
  const Theme& theme = frame.theme;
  MapModel& model = frame.work.map;
  model.hovered_file = DiskFiles::kNobody;
  const DiskFiles* files = model.files();
  if (files == nullptr || files->volumes.empty()) {
    text(theme->text3, model.ready() ? "No FAT volume on this disk." : "No disk.");
    return;
  }
  input("##filter", frame.work.file_filter, ImGui::GetContentRegionAvail().x,
        "filter: part of a name");
  constexpr ImGuiTableFlags flags =
      ImGuiTableFlags_ScrollY | ImGuiTableFlags_PadOuterX | ImGuiTableFlags_Hideable;
  // Names come first; the tooltip has the rest.
  const bool narrow = frame.work.placement.narrow;
  if (!ImGui::BeginTable("files", 4, flags, ImGui::GetContentRegionAvail())) return;
  ImGui::TableSetupScrollFreeze(0, 1);
  ImGui::TableSetupColumn("Name", ImGuiTableColumnFlags_WidthStretch);
  ImGui::TableSetupColumn("Size", ImGuiTableColumnFlags_WidthFixed, theme.px(84));
  ImGui::TableSetupColumn("Clusters", ImGuiTableColumnFlags_WidthFixed, theme.px(62));
  ImGui::TableSetupColumn("Runs", ImGuiTableColumnFlags_WidthFixed, theme.px(42));
  ImGui::TableSetColumnEnabled(2, !narrow);
  ImGui::TableHeadersRow();
  for (const DiskFiles::Volume& volume : files->volumes) {
    if (files->volumes.size() == 1) {
      for (const std::uint32_t child : files->nodes[volume.root].children)
        file_row(frame, *files, child, 0);
    } else {
      file_row(frame, *files, volume.root, 0);
    }
  }
  ImGui::EndTable();
}

std::string files_about(const Frame& frame) {
  const DiskFiles* files = frame.work.map.files();
  if (files == nullptr || files->volumes.empty()) return "";
  const DiskFiles::Volume& first = files->volumes.front();
  std::string about = first.letter + " FAT" + std::to_string(first.bits) + ", " +
                      bytes_text(first.cluster_bytes) + " clusters";
  if (files->volumes.size() > 1) about += print(", %zu volumes", files->volumes.size());
  return about;
}

}  // namespace

void draw_files(Frame& frame) {
  const bool tabs = frame.work.placement.narrow && frame.work.layout == Layout::disk;
  const PanelWindow window(frame, Panel::files, tabs ? "Files, chain" : "Files",
                           files_about(frame));
  if (!window) return;
  if (!tabs) return files_body(frame);
  if (!ImGui::BeginTabBar("tabs")) return;
  if (ImGui::BeginTabItem("Files")) {
    files_body(frame);
    ImGui::EndTabItem();
  }
  if (ImGui::BeginTabItem("Chain")) {
    draw_chain_body(frame);
    ImGui::EndTabItem();
  }
  ImGui::EndTabBar();
}

}  // namespace ui
