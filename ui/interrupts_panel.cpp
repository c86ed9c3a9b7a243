// The real-mode vectors and what the BIOS keeps in its data area. [RBIL] MEMORY.LST
#include <array>

#include "ui/panels.h"
#include "ui/widgets.h"

namespace ui {

namespace {

void vector_row(Frame& frame, unsigned vector, unsigned segment, unsigned offset) {
  const Theme& theme = frame.theme;
  ImGui::TableNextRow();
  ImGui::TableNextColumn();
  text(theme->text2, hex(vector, 2));
  ImGui::TableNextColumn();
  {
    const WithFont mono(theme.fonts().mono);
    ImGui::PushID(static_cast<int>(vector));
    if (ImGui::Selectable((hex(segment, 4) + ":" + hex(offset, 4)).c_str())) {
      frame.work.memory.address = (segment * 16 + offset) & ~15U;
      frame.work.memory.follow = false;
    }
    ImGui::PopID();
  }
  ImGui::TableNextColumn();
  text(theme->text3, emu::interrupt_name(static_cast<std::uint8_t>(vector), 0xFF));
}

void vectors(Frame& frame) {
  std::array<std::uint8_t, 1024> table{};
  frame.peek(0, table);
  constexpr ImGuiTableFlags flags = ImGuiTableFlags_ScrollY | ImGuiTableFlags_SizingFixedFit;
  if (!ImGui::BeginTable("ivt", 3, flags, ImGui::GetContentRegionAvail())) return;
  ImGui::TableSetupScrollFreeze(0, 1);
  ImGui::TableSetupColumn("INT");
  ImGui::TableSetupColumn("Handler");
  ImGui::TableSetupColumn("Usually", ImGuiTableColumnFlags_WidthStretch);
  ImGui::TableHeadersRow();
  for (unsigned vector = 0; vector < 256; ++vector) {
    const std::size_t at = std::size_t{vector} * 4;
    const unsigned offset = table[at] | static_cast<unsigned>(table[at + 1]) << 8;
    const unsigned segment = table[at + 2] | static_cast<unsigned>(table[at + 3]) << 8;
    if (offset != 0 || segment != 0) vector_row(frame, vector, segment, offset);
  }
  ImGui::EndTable();
}

void bios_data(Frame& frame) {
  struct Row {
    unsigned offset, size;
    const char* name;
  };
  constexpr std::array<Row, 18> rows = {{{0x00, 2, "COM1 port"},
                                         {0x02, 2, "COM2 port"},
                                         {0x08, 2, "LPT1 port"},
                                         {0x0E, 2, "extended data segment"},
                                         {0x10, 2, "equipment"},
                                         {0x13, 2, "memory, KiB"},
                                         {0x17, 2, "keyboard flags"},
                                         {0x1A, 2, "keyboard ring head"},
                                         {0x1C, 2, "keyboard ring tail"},
                                         {0x49, 1, "video mode"},
                                         {0x4A, 2, "columns"},
                                         {0x4E, 2, "page offset"},
                                         {0x50, 2, "cursor of page 0"},
                                         {0x62, 1, "video page"},
                                         {0x63, 2, "CRTC port"},
                                         {0x6C, 4, "timer ticks"},
                                         {0x75, 1, "hard disks"},
                                         {0x84, 1, "rows less one"}}};
  const Theme& theme = frame.theme;
  std::array<std::uint8_t, 256> data{};
  frame.peek(0x400, data);
  for (const Row& row : rows) {
    std::uint32_t value = 0;
    for (unsigned b = 0; b < row.size; ++b)
      value |= static_cast<std::uint32_t>(data[row.offset + b]) << (8 * b);
    text(theme->text3, "40:" + hex(row.offset, 2));
    ImGui::SameLine(theme.px(70));
    text(theme->text, hex(value, row.size * 2));
    ImGui::SameLine(theme.px(160));
    text(theme->text2, row.name);
  }
}

}  // namespace

void draw_interrupts(Frame& frame) {
  const PanelWindow window(frame, Panel::interrupts, "Interrupts",
                           "real-mode vectors at 0000:0000 and the BIOS data area");
  if (!window || frame.snapshot == nullptr || !ImGui::BeginTabBar("tabs")) return;
  if (ImGui::BeginTabItem("Vectors")) {
    vectors(frame);
    ImGui::EndTabItem();
  }
  if (ImGui::BeginTabItem("BIOS data")) {
    bios_data(frame);
    ImGui::EndTabItem();
  }
  ImGui::EndTabBar();
}

}  // namespace ui
