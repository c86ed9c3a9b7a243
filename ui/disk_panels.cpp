// What goes with the map and answers for its selection: the cluster's facts, the files, the bytes,
// and the drive's own log of commands.
#include <algorithm>
#include <array>
#include <cctype>

#include "devices/ata_drive.h"
#include "devices/ata_registers.h"
#include "emu/drive_tap.h"
#include "ui/directory_entry.h"
#include "ui/panels.h"
#include "ui/widgets.h"

namespace ui {

namespace {

using storage::kSectorSize;

std::string when_text(const storage::MapEvent& event) {
  return seconds_text(event.time) + ", " + grouped(event.count) +
         (event.count == 1 ? " sector" : " sectors") + (event.failed ? ", failed" : "");
}

// ---- files ----

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

void draw_selection(Frame& frame) {
  const Theme& theme = frame.theme;
  MapModel& model = frame.work.map;
  std::string about = "nothing pinned";
  if (model.ready() && model.pinned) about = "cluster " + grouped(*model.pinned) + ", pinned";
  const PanelWindow window(frame, Panel::selection, "Selection", about);
  if (!window) return;
  const DriveView* drive = shown_drive(frame);
  if (drive == nullptr || !model.ready()) return text(theme->text3, "No disk.");
  if (!model.pinned) {
    ImGui::PushTextWrapPos(0);
    text(theme->text3,
         "Click a cell of the map to pin it: this panel, the bytes below and the files answer for "
         "it.");
    ImGui::PopTextWrapPos();
    return;
  }
  const storage::AllocationMap& map = model.history().map();
  const std::uint64_t cluster = *model.pinned;
  const std::uint64_t spc = map.sectors_per_cluster();
  const std::uint64_t lba = cluster * spc;
  const std::uint64_t last = std::min(lba + spc, map.sectors()) - 1;
  const float column = theme.px(94);
  const storage::MapCell cell = map.cell(cluster);
  const auto layers = static_cast<unsigned>(drive->layers.size());
  ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2(theme.px(8), theme.px(2)));
  fact(frame, "cluster", grouped(cluster) + "  of " + grouped(map.clusters()), column);
  fact(frame, "LBA", grouped(lba) + ".." + grouped(last), column);
  fact(frame, "C/H/S", chs_text(drive->geometry, lba) + " .. " + chs_text(drive->geometry, last),
       column);
  std::string layer = "none";
  if (storage::in_use(storage::class_of(cell))) {
    layer = std::to_string(layer_number(cell.layer(), layers));
    if (cell.layer() < layers) layer += "  " + drive->layers[cell.layer()].name;
  }
  fact(frame, "layer", layer, column);
  const SectorBytes* bytes = frame.work.sectors.get();
  const bool here =
      bytes != nullptr && bytes->which.slot == model.slot() && bytes->which.lba / spc == cluster;
  if (here) {
    bool first = true;
    for (std::size_t i = 0; i < bytes->layers.size(); ++i) {
      const SectorBytes::Where& where = bytes->layers[i];
      const bool has = where.extent.layer == 0 && where.extent.state == storage::ClusterState::data;
      const std::string place = has ? "@ 0x" + hex(where.extent.host_offset, 8) : "nothing here";
      if (has && first) {
        fact(frame, "file offset", "0x" + hex(where.extent.host_offset, 8), column);
        first = false;
      } else if (!first || i != 0) {
        const std::string number = std::to_string(bytes->layers.size() - 1 - i) + "  ";
        ImFont* font = theme.fonts().text;
        const float room = ImGui::GetContentRegionAvail().x - column - theme.px(4) -
                           width_of(font, number + " " + place);
        fact(frame, first ? "below" : "hides", number + fit(font, where.name, room) + " " + place,
             column);
      }
    }
  }
  if (const DiskFiles* files = model.files()) {
    const auto runs = files->runs_in(lba, spc);
    if (runs.empty()) {
      fact(frame, "owner", files->inside_volume(lba) ? "nobody" : "outside of every volume",
           column);
    } else {
      const DiskFiles::Node& node = files->nodes[runs.front().node];
      const float room = ImGui::GetContentRegionAvail().x - column + theme.px(8);
      std::string more = runs.size() > 1 ? print("  + %zu more", runs.size() - 1) : "";
      fact(frame, "owner",
           fit(theme.fonts().text, node.path + (node.folder ? "  (folder)" : ""),
               room - theme.px(56)) +
               more,
           column);
      if (const DiskFiles::Volume* volume = files->volume_of(lba);
          volume != nullptr && node.mark == storage::MapMark::none) {
        const DiskFiles::Run& run = runs.front();
        const std::uint64_t from = run.offset + (std::max(lba, run.lba) - run.lba) * kSectorSize;
        fact(frame, "in the file", "from byte " + grouped(from), column);
      }
    }
  }
  const auto access = [&](const char* label, bool write) {
    const auto event = model.last_access(cluster, write);
    fact(frame, label, event ? when_text(*event) : "none seen", column);
  };
  access("last write", true);
  access("last read", false);
  fact(frame, "heat",
       print("%.2f", static_cast<double>(map.heat(cluster, model.history().view_time()))), column);
  ImGui::PopStyleVar();
  section_line(frame);
  const float w = std::floor((ImGui::GetContentRegionAvail().x - theme.px(16)) / 3);
  const std::string range = std::to_string(lba) + ".." + std::to_string(last);
  const std::string drive_name = emu::slot_name(model.slot());
  if (button(frame, "Break read", w)) add_break(frame, "disk " + drive_name + " read lba " + range);
  ImGui::SameLine();
  if (button(frame, "Break write", w))
    add_break(frame, "disk " + drive_name + " write lba " + range);
  ImGui::SameLine();
  const DiskFiles::Run* owner = model.files() != nullptr ? model.files()->owner_of(lba) : nullptr;
  if (button(frame, "Show file", w, false, owner != nullptr) && owner != nullptr)
    model.chosen_file = owner->node;
  if (button(frame, "Unpin", w)) model.pinned.reset();
  ImGui::SameLine();
  if (button(frame, "History", w)) open_cluster_history();
  if (ImGui::IsItemHovered()) tooltip("what happened to this cluster, newest first");
  ImGui::SameLine();
  if (button(frame, "Copy", w)) {
    ImGui::SetClipboardText(
        (drive_name + " cluster " + std::to_string(cluster) + " LBA " + range).c_str());
  }
  draw_cluster_history(frame, cluster);
}

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

// ---- hex ----

namespace {

class HexPanel {
 public:
  HexPanel(Frame& frame, const SectorBytes& bytes)
      : frame_(frame), theme_(frame.theme), bytes_(bytes) {}

  void draw() {
    const Fonts& fonts = theme_.fonts();
    const float cell = fonts.mono->CalcTextSizeA(fonts.mono->FontSize, FLT_MAX, 0, "0").x;
    const float row_height = theme_.hex_row();
    const float inspector = ImGui::GetContentRegionAvail().x > theme_.px(980) ? theme_.px(370) : 0;
    const ImVec2 room = ImGui::GetContentRegionAvail();
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float w = room.x - inspector;
    const bool compare = !bytes_.parent.empty() && w > cell * 92;
    ImDrawList* list = ImGui::GetWindowDrawList();
    const float x0 = at.x;
    const float x_hex = x0 + cell * 8;
    const float x_ascii = x_hex + cell * 50;
    const float x_parent = x_ascii + cell * 19;
    const float head = at.y;
    put(list, fonts.mono, x0, head, theme_->text3, "offset");
    for (int i = 0; i < 16; ++i)
      put(list, fonts.mono, column(x_hex, cell, i), head, theme_->text3,
          hex(static_cast<std::uint64_t>(i), 2));
    put(list, fonts.mono, x_ascii, head, theme_->text3, "ASCII");
    if (compare) put(list, fonts.mono, x_parent, head, theme_->text3, "below");
    const int rows =
        std::max(1, static_cast<int>((room.y - row_height - theme_.px(4)) / row_height));
    const std::uint64_t total_rows = (bytes_.bytes.size() + 15) / 16;
    std::uint64_t first = frame_.work.hex_offset / 16;
    const std::uint64_t most = total_rows > static_cast<std::uint64_t>(rows)
                                   ? total_rows - static_cast<std::uint64_t>(rows)
                                   : 0;
    ImGui::InvisibleButton("hex", {std::max(w, 1.0F), room.y});
    if (ImGui::IsItemHovered() && ImGui::GetIO().MouseWheel != 0) {
      const auto step = static_cast<std::int64_t>(-ImGui::GetIO().MouseWheel * 4);
      first = static_cast<std::uint64_t>(
          std::max<std::int64_t>(static_cast<std::int64_t>(first) + step, 0));
    }
    first = std::min(first, most);
    frame_.work.hex_offset = first * 16;
    for (int r = 0; r < rows; ++r) {
      const std::uint64_t offset = (first + static_cast<std::uint64_t>(r)) * 16;
      if (offset >= bytes_.bytes.size()) break;
      row(list, head + row_height * static_cast<float>(r + 1) + theme_.px(2), offset, x0, x_hex,
          x_ascii, compare ? x_parent : 0, cell);
    }
    if (inspector != 0) {
      ImGui::SetCursorScreenPos({at.x + w + theme_.px(12), at.y});
      down(list, at.x + w, at.y, at.y + room.y, theme_->line);
      inspect();
    }
  }

 private:
  static float column(float x, float cell, int i) {
    return x + cell * static_cast<float>(i * 3 + (i >= 8 ? 1 : 0));
  }

  bool differs(std::uint64_t i) const {
    return !bytes_.parent.empty() && bytes_.bytes[i] != bytes_.parent[i];
  }

  void row(ImDrawList* list, float y, std::uint64_t offset, float x0, float x_hex, float x_ascii,
           float x_parent, float cell) {
    ImFont* font = theme_.fonts().mono;
    put(list, font, x0, y, theme_->text3, hex(offset, 4));
    for (int i = 0; i < 16 && offset + static_cast<std::uint64_t>(i) < bytes_.bytes.size(); ++i) {
      const std::uint64_t at = offset + static_cast<std::uint64_t>(i);
      const std::uint8_t byte = bytes_.bytes[at];
      const bool changed = differs(at);
      const float x = column(x_hex, cell, i);
      if (changed)
        list->AddRectFilled({x - cell / 2, y}, {x + cell * 2.5F, y + theme_.hex_row()},
                            with_alpha(theme_->changed, 48));
      const Colour colour =
          changed ? theme_->changed : (byte == 0 ? theme_->zero_byte : theme_->text);
      put(list, font, x, y, colour, hex(byte, 2));
      put(list, font, x_ascii + cell * static_cast<float>(i), y,
          changed ? theme_->changed : theme_->text2, printable(byte));
      if (x_parent != 0)
        put(list, font, x_parent + cell * static_cast<float>(i), y, theme_->text3,
            printable(bytes_.parent[at]));
    }
  }

  static std::string printable(std::uint8_t byte) {
    const bool shows = byte >= 0x20 && byte < 0x7F;
    return {shows ? static_cast<char>(byte) : '.'};
  }

  void inspect() {
    const std::uint64_t at = frame_.work.hex_offset;
    const float x = theme_.px(84);
    const ImVec2 left = ImGui::GetCursorPos();
    const auto row = [&](const char* label, const std::string& value) {
      ImGui::SetCursorPosX(left.x);
      text(theme_->text3, label);
      ImGui::SameLine(left.x + x);
      text(theme_->text, value);
    };
    if (in_directory() && describe_entry(at / DirectoryEntry::kSize * DirectoryEntry::kSize, row)) {
      differences(left, row);
      return;
    }
    text(theme_->text, "At " + hex(at, 4) + " of the cluster");
    const auto value = [&](unsigned size) {
      std::uint64_t out = 0;
      for (unsigned i = 0; i < size && at + i < bytes_.bytes.size(); ++i)
        out |= static_cast<std::uint64_t>(bytes_.bytes[at + i]) << (8 * i);
      return out;
    };
    row("LBA",
        grouped(bytes_.which.lba + at / kSectorSize) + " + " + hex(at % kSectorSize, 3) + "h");
    row("16 bit", grouped(value(2)));
    row("32 bit", grouped(value(4)));
    differences(left, row);
  }

  // The cluster belongs to a folder.
  bool in_directory() const {
    const DiskFiles* files = frame_.work.map.files();
    if (files == nullptr) return false;
    const DiskFiles::Run* owner =
        files->owner_of(bytes_.which.lba + frame_.work.hex_offset / kSectorSize);
    if (owner == nullptr) return false;
    const storage::MapMark mark = files->nodes[owner->node].mark;
    return mark == storage::MapMark::directory || mark == storage::MapMark::root;
  }

  // False: no entry is there.
  template <class Row>
  bool describe_entry(std::uint64_t at, const Row& row) {
    const auto entry = directory_entry(std::span(bytes_.bytes).subspan(at));
    if (!entry) return false;
    text(theme_->text, "Directory entry at " + hex(at, 4));
    using Kind = DirectoryEntry::Kind;
    if (entry->kind == Kind::end) {
      row("name", "none: the list ends here");
      return true;
    }
    const char* kind = entry->kind == Kind::deleted     ? "  (deleted)"
                       : entry->kind == Kind::long_name ? "  (part of a long name)"
                                                        : "";
    row("name", entry->name + kind);
    row("attributes", hex(entry->attributes, 2) + "h  " + attribute_words(entry->attributes));
    if (entry->kind == Kind::long_name) {
      row("part", std::to_string(entry->part));
      return true;
    }
    row("modified", entry->written.empty() ? "no date" : entry->written);
    row("cluster", entry->first_cluster == 0 ? "none" : grouped(entry->first_cluster));
    row("size", grouped(entry->size) + " bytes");
    return true;
  }

  template <class Row>
  void differences(const ImVec2& left, const Row& row) {
    if (!bytes_.parent.empty()) {
      std::uint64_t count = 0;
      for (std::uint64_t i = 0; i < bytes_.bytes.size(); ++i) {
        if (differs(i)) ++count;
      }
      row("differs", grouped(count) + " of " + grouped(bytes_.bytes.size()) + " bytes");
      ImGui::SetCursorPosX(left.x);
      if (button(frame_, "Previous difference", theme_.px(150))) jump(-1);
      ImGui::SameLine();
      if (button(frame_, "Next difference", theme_.px(130))) jump(1);
    } else {
      ImGui::SetCursorPosX(left.x);
      text(theme_->text3, "no layer below to compare with");
    }
  }

  void jump(int direction) {
    const auto size = static_cast<std::int64_t>(bytes_.bytes.size());
    auto at =
        static_cast<std::int64_t>(frame_.work.hex_offset) / 16 * 16 + (direction > 0 ? 16 : -1);
    for (; at >= 0 && at < size; at += direction) {
      if (!differs(static_cast<std::uint64_t>(at))) continue;
      frame_.work.hex_offset = static_cast<std::uint64_t>(at) / 16 * 16;
      return;
    }
  }

  Frame& frame_;
  const Theme& theme_;
  const SectorBytes& bytes_;
};

}  // namespace

void draw_hex(Frame& frame) {
  const MapModel& model = frame.work.map;
  const SectorBytes* bytes = frame.work.sectors.get();
  std::string about = "pin a cell of the map";
  if (model.ready() && model.pinned) {
    about = "cluster " + grouped(*model.pinned);
    const std::uint64_t lba = *model.pinned * model.history().map().sectors_per_cluster();
    const DiskFiles::Run* owner = model.files() != nullptr ? model.files()->owner_of(lba) : nullptr;
    if (owner != nullptr) about += "  " + model.files()->nodes[owner->node].path;
    if (bytes != nullptr && !bytes->parent.empty())
      about += ", compared with " + bytes->parent_name;
  }
  const PanelWindow window(frame, Panel::hex, "Hex of cluster", about, "",
                           ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse);
  if (!window) return;
  if (!model.ready() || !model.pinned || bytes == nullptr || bytes->which.slot != model.slot()) {
    text(frame.theme->text3, "The bytes of the pinned cluster show here.");
    return;
  }
  if (bytes->failed) text(frame.theme->bad, "This cluster cannot be read.");
  HexPanel(frame, *bytes).draw();
}

// ---- the drive's log ----

namespace {

std::string error_words(std::uint8_t status, std::uint8_t error) {
  constexpr std::array<std::pair<std::uint8_t, const char*>, 6> names = {{{0x80, "BBK"},
                                                                          {0x40, "UNC"},
                                                                          {0x10, "IDNF"},
                                                                          {0x04, "ABRT"},
                                                                          {0x02, "TKONF"},
                                                                          {0x01, "AMNF"}}};
  std::string out = hex(status, 2);
  if ((status & devices::ata::kStatusErr) == 0) return out;
  for (const auto& [bit, name] : names) {
    if ((error & bit) != 0) out += std::string(" ") + name;
  }
  return out;
}

struct LogRow {
  const DriveView* drive;
  devices::AtaLogEntry entry;
};

std::uint64_t address_of(const LogRow& row, const storage::Geometry& geometry) {
  const devices::AtaLogEntry& e = row.entry;
  constexpr unsigned lba_mode = 0x40;
  if ((e.device & lba_mode) != 0) {
    return (e.device & 0xFULL) << 24 | std::uint64_t{e.cylinder_high} << 16 |
           std::uint64_t{e.cylinder_low} << 8 | e.sector;
  }
  const std::uint64_t cylinder = std::uint64_t{e.cylinder_high} << 8 | e.cylinder_low;
  return (cylinder * geometry.heads + (e.device & 0xFU)) * geometry.sectors_per_track + e.sector -
         1;
}

bool by_dma(std::uint8_t opcode) {
  return opcode == 0xC8 || opcode == 0xCA || opcode == 0x25 || opcode == 0x35;
}

bool addresses_sectors(std::uint8_t opcode) {
  return by_dma(opcode) || (opcode & 0xF0) == 0x20 || (opcode & 0xF0) == 0x30 ||
         (opcode & 0xF0) == 0x40 || opcode == 0xC4 || opcode == 0xC5;
}

}  // namespace

void draw_ata_log(Frame& frame) {
  const Theme& theme = frame.theme;
  std::vector<LogRow> rows;
  std::size_t errors = 0;
  if (frame.snapshot != nullptr) {
    for (const DriveView& drive : frame.snapshot->drives) {
      for (const devices::AtaLogEntry& entry : drive.log) {
        rows.push_back({&drive, entry});
        errors += entry.ended != 0 && (entry.status & devices::ata::kStatusErr) != 0 ? 1 : 0;
      }
    }
  }
  std::ranges::stable_sort(rows, {}, [](const LogRow& row) { return row.entry.began; });
  const PanelWindow window(
      frame, Panel::ata_log, "ATA log",
      print("%zu commands, %zu error%s", rows.size(), errors, errors == 1 ? "" : "s"));
  if (!window) return;
  constexpr ImGuiTableFlags flags =
      ImGuiTableFlags_ScrollY | ImGuiTableFlags_SizingFixedFit | ImGuiTableFlags_Hideable;
  const bool narrow = frame.work.placement.narrow;
  if (!ImGui::BeginTable("log", 10, flags, ImGui::GetContentRegionAvail())) return;
  ImGui::TableSetupScrollFreeze(0, 1);
  ImGui::TableSetupColumn("Time s", ImGuiTableColumnFlags_WidthFixed, theme.px(narrow ? 56 : 84));
  ImGui::TableSetupColumn("Drive", ImGuiTableColumnFlags_WidthFixed, theme.px(44));
  if (narrow) {
    ImGui::TableSetupColumn("Command", ImGuiTableColumnFlags_WidthStretch);
  } else {
    ImGui::TableSetupColumn("Command", ImGuiTableColumnFlags_WidthFixed, theme.px(112));
  }
  ImGui::TableSetupColumn("LBA", ImGuiTableColumnFlags_WidthFixed, theme.px(narrow ? 74 : 62));
  ImGui::TableSetupColumn("n", ImGuiTableColumnFlags_WidthFixed, theme.px(26));
  ImGui::TableSetupColumn("Path", ImGuiTableColumnFlags_WidthFixed, theme.px(32));
  ImGui::TableSetupColumn("Status", ImGuiTableColumnFlags_WidthFixed, theme.px(64));
  ImGui::TableSetupColumn("us", ImGuiTableColumnFlags_WidthFixed, theme.px(42));
  ImGui::TableSetupColumn("What", ImGuiTableColumnFlags_WidthStretch);
  ImGui::TableSetupColumn("Cluster", ImGuiTableColumnFlags_WidthFixed, theme.px(56));
  ImGui::TableSetColumnEnabled(5, !narrow);
  ImGui::TableSetColumnEnabled(7, !narrow);
  ImGui::TableSetColumnEnabled(8, !narrow);
  ImGui::TableHeadersRow();
  ImGuiListClipper clipper;
  clipper.Begin(static_cast<int>(rows.size()));
  while (clipper.Step()) {
    for (int i = clipper.DisplayStart; i < clipper.DisplayEnd; ++i) {
      const LogRow& row = rows[static_cast<std::size_t>(i)];
      const devices::AtaLogEntry& e = row.entry;
      ImGui::TableNextRow(0, theme.row());
      ImGui::TableNextColumn();
      const std::string time = seconds_text(e.began, narrow ? 3 : 6);
      text(theme->text3, time.substr(0, time.size() - 2));
      ImGui::TableNextColumn();
      text(theme->text2, row.drive->name());
      ImGui::TableNextColumn();
      text(theme->text, devices::AtaDrive::command_name(e.opcode));
      const auto right_aligned = [&](Colour colour, const std::string& words) {
        ImGui::TableNextColumn();
        text_right(colour, words, ImGui::GetCursorPosX() + ImGui::GetContentRegionAvail().x);
      };
      const bool sectors = addresses_sectors(e.opcode);
      const std::uint64_t lba = address_of(row, row.drive->geometry);
      right_aligned(theme->text, sectors ? grouped(lba) : "");
      right_aligned(theme->text2,
                    sectors ? std::to_string(e.count == 0 ? 256U : unsigned{e.count}) : "");
      ImGui::TableNextColumn();
      if (sectors) text(theme->text3, by_dma(e.opcode) ? "DMA" : "PIO");
      const bool failed = e.ended != 0 && (e.status & devices::ata::kStatusErr) != 0;
      ImGui::TableNextColumn();
      text(failed ? theme->bad : theme->text2,
           e.ended == 0 ? "at work" : error_words(e.status, e.error));
      right_aligned(theme->text2, e.ended == 0 ? "" : grouped((e.ended - e.began) / 1000));
      ImGui::TableNextColumn();
      const MapModel& model = frame.work.map;
      if (sectors && model.ready() && model.slot() == row.drive->slot && model.files() != nullptr) {
        const std::string what = model.files()->what_is_at(lba, e.count == 0 ? 256U : e.count);
        text(theme->text2, fit(theme.fonts().text, what, ImGui::GetContentRegionAvail().x));
        if (ImGui::IsItemHovered()) tooltip(what + "\nas the files are now");
      }
      ImGui::TableNextColumn();
      if (sectors && row.drive->cluster_sectors != 0) {
        const std::uint64_t cluster = lba / row.drive->cluster_sectors;
        const std::string words = grouped(cluster);
        const float right = ImGui::GetCursorPosX() + ImGui::GetContentRegionAvail().x;
        ImGui::SetCursorPosX(right - ImGui::CalcTextSize(words.c_str()).x);
        ImGui::PushID(i);
        ImGui::PushStyleColor(ImGuiCol_Text, theme->accent);
        if (ImGui::Selectable(words.c_str())) {
          frame.work.map_slot = row.drive->slot;
          if (frame.work.map.ready() && frame.work.map.slot() == row.drive->slot) {
            pin_cluster(frame, cluster, true);
            frame.work.layout = Layout::disk;
            frame.work.place = true;
          }
        }
        ImGui::PopStyleColor();
        if (ImGui::IsItemHovered()) tooltip("show on the map");
        ImGui::PopID();
      }
    }
  }
  if (ImGui::GetScrollY() >= ImGui::GetScrollMaxY()) ImGui::SetScrollHereY(1.0F);
  ImGui::EndTable();
}

}  // namespace ui
