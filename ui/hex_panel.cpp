// The bytes of the pinned cluster beside those of the layer below, and what they say.
#include <algorithm>

#include "ui/directory_entry.h"
#include "ui/panels.h"
#include "ui/widgets.h"

namespace ui {

namespace {

using storage::kSectorSize;

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

}  // namespace ui
