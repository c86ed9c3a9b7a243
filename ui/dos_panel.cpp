// What DOS keeps about itself in memory: blocks, programs, open files, drives.
#include <array>
#include <span>

#include "emu/dos_memory.h"
#include "ui/panels.h"
#include "ui/widgets.h"

namespace ui {

namespace {

constexpr ImGuiTableFlags kDosTable =
    ImGuiTableFlags_ScrollY | ImGuiTableFlags_SizingFixedFit | ImGuiTableFlags_NoSavedSettings;

// Heads of a table of which the last column takes the rest; false: not open.
bool dos_table(const char* id, std::span<const char* const> heads) {
  if (!ImGui::BeginTable(id, static_cast<int>(heads.size()), kDosTable,
                         ImGui::GetContentRegionAvail()))
    return false;
  ImGui::TableSetupScrollFreeze(0, 1);
  for (const char* head : heads) {
    const bool last = head == heads.back();
    ImGui::TableSetupColumn(head, last ? ImGuiTableColumnFlags_WidthStretch : 0);
  }
  ImGui::TableHeadersRow();
  return true;
}
void cell(Colour colour, const std::string& words) {
  ImGui::TableNextColumn();
  text(colour, words);
}
void number_cell(Colour colour, std::uint64_t number) {
  ImGui::TableNextColumn();
  text_right(colour, grouped(number), ImGui::GetCursorPosX() + ImGui::GetContentRegionAvail().x);
}

void dos_blocks(const Theme& theme, const emu::DosMemory& dos) {
  constexpr std::array<const char*, 4> heads = {"Segment", "Owner", "Bytes", "What"};
  if (!dos_table("blocks", heads)) return;
  for (const emu::DosBlock& block : dos.blocks) {
    ImGui::TableNextRow();
    cell(theme->text2, hex(block.segment, 4));
    cell(theme->text2, hex(block.owner, 4));
    number_cell(theme->text, std::uint64_t{block.paragraphs} * 16);
    const std::string what = block.free() ? "free" : block.name;
    cell(block.free() ? theme->text3 : theme->text, block.program() ? what + "  (program)" : what);
  }
  ImGui::EndTable();
}

void dos_programs(const Theme& theme, const emu::DosMemory& dos) {
  constexpr std::array<const char*, 5> heads = {"PSP", "Parent", "Open", "Name", "Arguments"};
  if (!dos_table("programs", heads)) return;
  for (const emu::DosProgram& program : dos.programs) {
    ImGui::TableNextRow();
    cell(theme->text2, hex(program.psp, 4));
    cell(theme->text2, hex(program.parent, 4));
    number_cell(theme->text2, program.handles);
    cell(theme->text, program.name);
    cell(theme->text2, program.arguments);
  }
  ImGui::EndTable();
}

void dos_files(const Theme& theme, const emu::DosMemory& dos) {
  constexpr std::array<const char*, 6> heads = {"Name",  "Handles",  "Access",
                                                "Owner", "Position", "Size"};
  constexpr std::array<const char*, 4> access = {"read", "write", "both", "?"};
  if (!dos_table("files", heads)) return;
  for (const emu::DosFile& file : dos.files) {
    ImGui::TableNextRow();
    cell(file.device ? theme->text2 : theme->text,
         file.device ? file.name + "  (device)" : std::string(1, file.drive) + ":" + file.name);
    number_cell(theme->text2, file.references);
    cell(theme->text2, access[file.access & 3]);
    cell(theme->text2, hex(file.owner, 4));
    if (file.device) continue;
    number_cell(theme->text2, file.position);
    cell(theme->text, grouped(file.size));
  }
  ImGui::EndTable();
}

void dos_drives(const Theme& theme, const emu::DosMemory& dos) {
  constexpr std::array<const char*, 3> heads = {"Drive", "Kind", "Current directory"};
  if (!dos_table("drives", heads)) return;
  for (const emu::DosDrive& drive : dos.drives) {
    ImGui::TableNextRow();
    cell(theme->text, std::string(1, drive.letter) + ":");
    cell(theme->text2, emu::name_of(drive.kind));
    cell(theme->text, drive.directory);
  }
  ImGui::EndTable();
}

}  // namespace

void draw_dos(Frame& frame) {
  const Theme& theme = frame.theme;
  const PanelWindow window(frame, Panel::dos, "DOS", "as it keeps itself in memory");
  if (!window || frame.snapshot == nullptr) return;
  frame.wants.dos = true;
  if (!frame.snapshot->dos) {
    text(theme->text3, "No chain of memory control blocks: DOS is not (yet) there.");
    return;
  }
  const emu::DosMemory& dos = *frame.snapshot->dos;
  if (!ImGui::BeginTabBar("dos")) return;
  using Draw = void (*)(const Theme&, const emu::DosMemory&);
  struct Tab {
    const char* name;
    Draw draw;
    bool from_lists;  // needs the list of lists
  };
  constexpr std::array<Tab, 4> tabs = {{{"Memory", dos_blocks, false},
                                        {"Programs", dos_programs, false},
                                        {"Open files", dos_files, true},
                                        {"Drives", dos_drives, true}}};
  for (const Tab& tab : tabs) {
    if (!ImGui::BeginTabItem(tab.name)) continue;
    if (tab.from_lists && !dos.lists) {
      text(theme->text3, "Its list of lists is not where DOS 3.1 and later have it.");
    } else {
      tab.draw(theme, dos);
    }
    ImGui::EndTabItem();
  }
  ImGui::EndTabBar();
}

}  // namespace ui
