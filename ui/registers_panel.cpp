// The processor's registers. What the last step changed is amber.
#include <algorithm>
#include <array>

#include "ui/panels.h"
#include "ui/places.h"
#include "ui/widgets.h"

namespace ui {

namespace {

struct FlagRow {
  const char* name;
  unsigned bit;
  const char* meaning;
};
constexpr std::array<FlagRow, 10> kFlags = {{{"CF", 0, "carry"},
                                             {"PF", 2, "parity even"},
                                             {"AF", 4, "auxiliary carry"},
                                             {"ZF", 6, "zero"},
                                             {"SF", 7, "sign"},
                                             {"TF", 8, "single step"},
                                             {"IF", 9, "interrupts enabled"},
                                             {"DF", 10, "strings go down"},
                                             {"OF", 11, "overflow"},
                                             {"NT", 14, "nested task"}}};

bool has_32bit(const Frame& frame) {
  return frame.snapshot->cpu >= cpu::Model::i80386;
}

void edit_register(Frame& frame, cpu::RegisterIndex index, std::uint32_t value, const char* name) {
  if (!frame.paused()) return;
  if (!ImGui::BeginPopupContextItem(name, ImGuiPopupFlags_MouseButtonLeft)) return;
  if (ImGui::IsWindowAppearing()) {
    frame.work.find_text = hex(value, 8);
    ImGui::SetKeyboardFocusHere();
  }
  text(frame.theme->text2, std::string(name) + ", hexadecimal");
  if (input("##value", frame.work.find_text, frame.theme.px(120), "",
            ImGuiInputTextFlags_EnterReturnsTrue)) {
    if (const auto parsed = parse_hex(frame.work.find_text)) {
      frame.post([index, wanted = *parsed](Control& control) {
        cpu::Registers registers = control.machine().processor().registers();
        registers.general[index] = wanted;
        control.machine().set_registers(registers);
      });
    }
    ImGui::CloseCurrentPopup();
  }
  ImGui::EndPopup();
}

void register_line(Frame& frame, const char* name, std::uint32_t value, std::uint32_t before,
                   bool wide, std::optional<cpu::RegisterIndex> index) {
  const Theme& theme = frame.theme;
  ImFont* mono = theme.fonts().mono;
  const float cell = width_of(mono, "0");
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float w = ImGui::GetContentRegionAvail().x;
  const float h = theme.px(19);
  const bool changed = value != before;
  ImDrawList* list = ImGui::GetWindowDrawList();
  if (changed) {
    list->AddRectFilled({at.x - theme.px(4), at.y}, {at.x + w, at.y + h},
                        with_alpha(theme->changed, 34));
    const float y = at.y + h / 2;
    const float s = theme.px(4);
    list->AddTriangleFilled({at.x + theme.px(2), y - s}, {at.x + theme.px(2), y + s},
                            {at.x + theme.px(7), y}, theme->changed);
  }
  const float y = at.y + (h - mono->FontSize) / 2;
  const float x = at.x + theme.px(14);
  put(list, mono, x, y, theme->text2, name);
  const float digits = x + cell * 5;
  const Colour high = wide ? (changed ? theme->changed : theme->text) : theme->text3;
  if (has_32bit(frame)) put(list, mono, digits, y, high, hex(value >> 16, 4));
  put(list, mono, digits + cell * 4.5F, y, changed ? theme->changed : theme->text,
      hex(value & 0xFFFF, 4));
  if (changed)
    put(list, theme.fonts().small, digits + cell * 10, y + theme.px(1), theme->changed,
        "was " + (wide ? hex(before, 8) : hex(before & 0xFFFF, 4)));
  ImGui::PushID(name);
  ImGui::InvisibleButton("register", {std::max(w, 1.0F), h});
  if (ImGui::IsItemHovered() && frame.paused() && index) tooltip("click to change");
  if (index) edit_register(frame, *index, value, name);
  ImGui::PopID();
}

void segment_registers(Frame& frame, const cpu::Registers& before) {
  const Theme& theme = frame.theme;
  const cpu::Registers& r = frame.snapshot->registers;
  ImFont* mono = theme.fonts().mono;
  constexpr std::array<std::pair<const char*, cpu::SegmentIndex>, 6> order = {{{"CS", cpu::kCs},
                                                                               {"DS", cpu::kDs},
                                                                               {"ES", cpu::kEs},
                                                                               {"SS", cpu::kSs},
                                                                               {"FS", cpu::kFs},
                                                                               {"GS", cpu::kGs}}};
  const std::size_t segments = has_32bit(frame) ? 6 : 4;
  const float third = ImGui::GetContentRegionAvail().x / 3;
  for (std::size_t i = 0; i < segments; ++i) {
    const cpu::Registers::Segment& s = r.segments[order[i].second];
    const bool changed = s.selector != before.segments[order[i].second].selector;
    if (i % 3 != 0) ImGui::SameLine(theme.px(8) + third * static_cast<float>(i % 3));
    const ImVec2 at = ImGui::GetCursorScreenPos();
    put(ImGui::GetWindowDrawList(), mono, at.x + theme.px(8), at.y, theme->text3, order[i].first);
    put(ImGui::GetWindowDrawList(), mono, at.x + theme.px(32), at.y,
        changed ? theme->changed : theme->text, hex(s.selector, 4));
    ImGui::Dummy({third - theme.px(8), theme.px(18)});
    if (ImGui::IsItemHovered()) {
      tooltip(print("%s = %04X\nbase %08X, limit %08X, access %04X", order[i].first, s.selector,
                    s.base, s.limit, s.access));
    }
  }
}

void flags_register(Frame& frame, const cpu::Registers& before) {
  const Theme& theme = frame.theme;
  const cpu::Registers& r = frame.snapshot->registers;
  ImFont* mono = theme.fonts().mono;
  const bool names32 = has_32bit(frame);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  put(ImGui::GetWindowDrawList(), mono, at.x + theme.px(8), at.y, theme->text3,
      names32 ? "EFLAGS" : "FLAGS");
  put(ImGui::GetWindowDrawList(), mono, at.x + theme.px(76), at.y,
      r.eflags != before.eflags ? theme->changed : theme->text, hex(r.eflags, names32 ? 8 : 4));
  ImGui::Dummy({theme.px(150), theme.px(20)});
  const float chip_width = std::floor((ImGui::GetContentRegionAvail().x - theme.px(24)) / 5);
  for (std::size_t i = 0; i < kFlags.size(); ++i) {
    if (i % 5 != 0) ImGui::SameLine(0, theme.px(4));
    const bool lit = (r.eflags >> kFlags[i].bit & 1) != 0;
    chip(frame, std::string(kFlags[i].name) + (lit ? " 1" : " 0"), lit, kFlags[i].meaning,
         chip_width);
  }
}

// The bytes where the usual pointers lead.
void points_at(Frame& frame) {
  const Theme& theme = frame.theme;
  const cpu::Registers& r = frame.snapshot->registers;
  struct Pointer {
    const char* name;
    cpu::SegmentIndex segment;
    std::uint32_t offset;
  };
  const std::array<Pointer, 4> pointers = {{{"DS:SI", cpu::kDs, r.general[cpu::kEsi]},
                                            {"ES:DI", cpu::kEs, r.general[cpu::kEdi]},
                                            {"SS:BP", cpu::kSs, r.general[cpu::kEbp]},
                                            {"CS:IP", cpu::kCs, r.eip}}};
  text(theme->text3, "points at");
  const WithFont small(theme.fonts().mono);
  for (const Pointer& pointer : pointers) {
    const std::uint32_t offset = emu::wide_code(r) ? pointer.offset : pointer.offset & 0xFFFF;
    std::array<std::uint8_t, 6> bytes{};
    frame.peek_linear(r.segments[pointer.segment].base + offset, bytes);
    std::string words;
    for (const std::uint8_t byte : bytes) words += hex(byte, 2) + " ";
    text(theme->text3, pointer.name);
    ImGui::SameLine(theme.px(72));
    text(theme->text2, words);
  }
}

}  // namespace

void draw_registers(Frame& frame) {
  const Theme& theme = frame.theme;
  const PanelWindow window(frame, Panel::registers, "Registers",
                           frame.paused() ? "changed since last stop" : "");
  if (!window || frame.snapshot == nullptr) return;
  ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2(theme.px(4), theme.px(1)));
  const cpu::Registers& r = frame.snapshot->registers;
  const cpu::Registers before = frame.paused() ? frame.snapshot->before : r;
  const bool wide = emu::wide_code(r);
  const bool names32 = has_32bit(frame);
  for (const GeneralRegister& row : kGeneralRegisters) {
    register_line(frame, names32 ? row.name : row.name16, r.general[row.index],
                  before.general[row.index], wide, row.index);
  }
  register_line(frame, names32 ? "EIP" : "IP", r.eip, before.eip, wide, std::nullopt);
  section_line(frame);
  segment_registers(frame, before);
  section_line(frame);
  flags_register(frame, before);
  section_line(frame);
  if (names32) {
    text(theme->text3, print("CR0 %08X  CR3 %08X", r.cr0, r.cr3));
    text(theme->text3, print("GDT %08X+%04X  IDT %08X+%04X", r.gdtr_base, r.gdtr_limit, r.idtr_base,
                             r.idtr_limit));
  }
  if (ImGui::GetContentRegionAvail().y > theme.px(90)) points_at(frame);
  ImGui::PopStyleVar();
}

}  // namespace ui
