// Taking the machine apart: registers, code, memory. Values that the last step changed
// are amber; editing is possible while the machine is paused. Run control: run_panel.cpp; stack and
// trace: trace_panels.cpp.
#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <utility>

#include "ui/panels.h"
#include "ui/widgets.h"

namespace ui {

bool Frame::peek(std::uint32_t physical, std::span<std::uint8_t> bytes) const {
  bool all = true;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const std::uint32_t address = physical + static_cast<std::uint32_t>(i);
    const std::uint32_t number = address / MemoryPages::kPage;
    wants.pages.insert(number);
    const MemoryPages::Page* page = snapshot != nullptr ? snapshot->memory.page(number) : nullptr;
    bytes[i] = page != nullptr ? (*page)[address % MemoryPages::kPage] : std::uint8_t{0};
    all = all && page != nullptr;
  }
  return all;
}

bool Frame::peek_before(std::uint32_t physical, std::span<std::uint8_t> bytes) const {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const std::uint32_t address = physical + static_cast<std::uint32_t>(i);
    const MemoryPages::Page* page =
        snapshot != nullptr ? snapshot->memory_before.page(address / MemoryPages::kPage) : nullptr;
    if (page == nullptr) return false;
    bytes[i] = (*page)[address % MemoryPages::kPage];
  }
  return true;
}

namespace {

// Through the guest's page tables, of which the pages must have come as well.
std::optional<std::uint32_t> translate(const Frame& frame, std::uint32_t linear) {
  const cpu::Registers& r = frame.snapshot->registers;
  constexpr std::uint32_t paging = 1U << 31;
  if ((r.cr0 & paging) == 0) return linear;
  const auto entry = [&](std::uint32_t address) {
    std::array<std::uint8_t, 4> bytes{};
    frame.peek(address, bytes);
    return bytes[0] | static_cast<std::uint32_t>(bytes[1]) << 8 |
           static_cast<std::uint32_t>(bytes[2]) << 16 | static_cast<std::uint32_t>(bytes[3]) << 24;
  };
  constexpr std::uint32_t table_mask = 0xFFFFF000;
  const std::uint32_t directory = entry((r.cr3 & table_mask) + (linear >> 22) * 4);
  if ((directory & 1) == 0) return std::nullopt;
  const std::uint32_t page = entry((directory & table_mask) + (linear >> 12 & 0x3FF) * 4);
  if ((page & 1) == 0) return std::nullopt;
  return (page & table_mask) | (linear & ~table_mask);
}

struct RegisterRow {
  const char* name;
  const char* name16;
  cpu::RegisterIndex index;
};
constexpr std::array<RegisterRow, 8> kGeneral = {{{"EAX", "AX", cpu::kEax},
                                                  {"EBX", "BX", cpu::kEbx},
                                                  {"ECX", "CX", cpu::kEcx},
                                                  {"EDX", "DX", cpu::kEdx},
                                                  {"ESI", "SI", cpu::kEsi},
                                                  {"EDI", "DI", cpu::kEdi},
                                                  {"EBP", "BP", cpu::kEbp},
                                                  {"ESP", "SP", cpu::kEsp}}};
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

std::optional<std::uint32_t> parse_hex(std::string_view words) {
  while (!words.empty() && words.front() == ' ') words.remove_prefix(1);
  while (!words.empty() && (words.back() == ' ' || words.back() == 'h' || words.back() == 'H'))
    words.remove_suffix(1);
  if (words.starts_with("0x") || words.starts_with("0X")) words.remove_prefix(2);
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(words.data(), words.data() + words.size(), value, 16);
  if (words.empty() || error != std::errc() || end != words.data() + words.size())
    return std::nullopt;
  return value;
}

// "7C00", "0000:7C00", "es:di", "ebx", a name that was given
std::optional<std::uint32_t> parse_place(const Frame& frame, std::string_view words) {
  const cpu::Registers& r = frame.snapshot->registers;
  for (const auto& [linear, name] : frame.work.labels) {
    if (name == words) return linear;
  }
  const auto same = [](std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, [](char x, char y) {
      return std::toupper(static_cast<unsigned char>(x)) ==
             std::toupper(static_cast<unsigned char>(y));
    });
  };
  const auto value_of = [&](std::string_view part) -> std::optional<std::uint32_t> {
    for (const RegisterRow& row : kGeneral) {
      if (same(part, row.name)) return r.general[row.index];
      if (same(part, row.name16)) return r.general[row.index] & 0xFFFF;
    }
    if (same(part, "IP") || same(part, "EIP")) return r.eip;
    return parse_hex(part);
  };
  constexpr std::array<std::pair<const char*, cpu::SegmentIndex>, 6> segments = {
      {{"ES", cpu::kEs},
       {"CS", cpu::kCs},
       {"SS", cpu::kSs},
       {"DS", cpu::kDs},
       {"FS", cpu::kFs},
       {"GS", cpu::kGs}}};
  const std::size_t colon = words.find(':');
  if (colon == std::string_view::npos) return value_of(words);
  const auto offset = value_of(words.substr(colon + 1));
  if (!offset) return std::nullopt;
  for (const auto& [name, index] : segments) {
    if (same(words.substr(0, colon), name)) return r.segments[index].base + *offset;
  }
  const auto segment = parse_hex(words.substr(0, colon));
  if (!segment) return std::nullopt;
  return *segment * 16 + *offset;
}

}  // namespace

bool Frame::peek_linear(std::uint32_t linear, std::span<std::uint8_t> bytes) const {
  bool all = true;
  while (!bytes.empty()) {
    const std::size_t in_page = MemoryPages::kPage - linear % MemoryPages::kPage;
    const auto part = bytes.first(std::min(bytes.size(), in_page));
    if (const auto physical = translate(*this, linear)) {
      all = peek(*physical, part) && all;
    } else {
      std::ranges::fill(part, std::uint8_t{0xFF});
    }
    linear += static_cast<std::uint32_t>(part.size());
    bytes = bytes.subspan(part.size());
  }
  return all;
}

// ---- registers ----

namespace {

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
  for (const RegisterRow& row : kGeneral) {
    register_line(frame, names32 ? row.name : row.name16, r.general[row.index],
                  before.general[row.index], wide, row.index);
  }
  register_line(frame, names32 ? "EIP" : "IP", r.eip, before.eip, wide, std::nullopt);
  section_line(frame);
  ImFont* mono = theme.fonts().mono;
  constexpr std::array<std::pair<const char*, cpu::SegmentIndex>, 6> order = {{{"CS", cpu::kCs},
                                                                               {"DS", cpu::kDs},
                                                                               {"ES", cpu::kEs},
                                                                               {"SS", cpu::kSs},
                                                                               {"FS", cpu::kFs},
                                                                               {"GS", cpu::kGs}}};
  const std::size_t segments = names32 ? 6 : 4;
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
  section_line(frame);
  {
    const ImVec2 at = ImGui::GetCursorScreenPos();
    put(ImGui::GetWindowDrawList(), mono, at.x + theme.px(8), at.y, theme->text3,
        names32 ? "EFLAGS" : "FLAGS");
    put(ImGui::GetWindowDrawList(), mono, at.x + theme.px(76), at.y,
        r.eflags != before.eflags ? theme->changed : theme->text, hex(r.eflags, names32 ? 8 : 4));
    ImGui::Dummy({theme.px(150), theme.px(20)});
  }
  const float chip_width = std::floor((ImGui::GetContentRegionAvail().x - theme.px(24)) / 5);
  for (std::size_t i = 0; i < kFlags.size(); ++i) {
    if (i % 5 != 0) ImGui::SameLine(0, theme.px(4));
    const bool lit = (r.eflags >> kFlags[i].bit & 1) != 0;
    chip(frame, std::string(kFlags[i].name) + (lit ? " 1" : " 0"), lit, kFlags[i].meaning,
         chip_width);
  }
  section_line(frame);
  if (names32) {
    text(theme->text3, print("CR0 %08X  CR3 %08X", r.cr0, r.cr3));
    text(theme->text3, print("GDT %08X+%04X  IDT %08X+%04X", r.gdtr_base, r.gdtr_limit, r.idtr_base,
                             r.idtr_limit));
  }
  struct Pointer {
    const char* name;
    cpu::SegmentIndex segment;
    std::uint32_t offset;
  };
  const std::array<Pointer, 4> pointers = {{{"DS:SI", cpu::kDs, r.general[cpu::kEsi]},
                                            {"ES:DI", cpu::kEs, r.general[cpu::kEdi]},
                                            {"SS:BP", cpu::kSs, r.general[cpu::kEbp]},
                                            {"CS:IP", cpu::kCs, r.eip}}};
  if (ImGui::GetContentRegionAvail().y > theme.px(90)) {
    text(theme->text3, "points at");
    const WithFont small(theme.fonts().mono);
    for (const Pointer& pointer : pointers) {
      const std::uint32_t offset = wide ? pointer.offset : pointer.offset & 0xFFFF;
      std::array<std::uint8_t, 6> bytes{};
      frame.peek_linear(r.segments[pointer.segment].base + offset, bytes);
      std::string words;
      for (const std::uint8_t byte : bytes) words += hex(byte, 2) + " ";
      text(theme->text3, pointer.name);
      ImGui::SameLine(theme.px(72));
      text(theme->text2, words);
    }
  }
  ImGui::PopStyleVar();
}

// ---- disassembly ----

namespace {

struct CodeLine {
  std::uint32_t offset = 0, linear = 0;
  emu::Instruction instruction;
};

// Instructions from a little before `offset`: the start is found by trying how far back lines up.
std::vector<CodeLine> code_around(const Frame& frame, const emu::Disassembler& disassembler,
                                  std::uint32_t offset, int before, int count) {
  const cpu::Registers& r = frame.snapshot->registers;
  const bool wide = emu::wide_code(r);
  const std::uint32_t base = r.segments[cpu::kCs].base;
  const std::uint32_t mask = wide ? 0xFFFFFFFF : 0xFFFF;
  const auto decode = [&](std::uint32_t at) {
    CodeLine line;
    line.offset = at & mask;
    line.linear = base + line.offset;
    std::array<std::uint8_t, emu::kLongestInstruction> bytes{};
    frame.peek_linear(line.linear, bytes);
    line.instruction = disassembler.decode(bytes, line.offset, wide);
    return line;
  };
  std::vector<CodeLine> lines;
  if (before > 0 && offset != 0) {
    const std::uint32_t furthest =
        std::min<std::uint32_t>(offset, static_cast<std::uint32_t>(before) * 5 + 16);
    for (std::uint32_t back = furthest; back > 0; --back) {
      std::vector<CodeLine> found;
      std::uint32_t at = offset - back;
      bool sound = true;
      while (at < offset) {
        found.push_back(decode(at));
        sound = sound && found.back().instruction.valid;
        at += found.back().instruction.length;
      }
      if (at == offset && (sound || back < 4)) {
        const std::size_t skip = found.size() > static_cast<std::size_t>(before)
                                     ? found.size() - static_cast<std::size_t>(before)
                                     : 0;
        lines.assign(found.begin() + static_cast<std::ptrdiff_t>(skip), found.end());
        break;
      }
    }
  }
  std::uint32_t at = offset;
  while (static_cast<int>(lines.size()) < count) {
    lines.push_back(decode(at));
    at += lines.back().instruction.length;
  }
  return lines;
}

// The name of an address, or of where an instruction leads.
std::string label_on(const Frame& frame, const CodeLine& line) {
  const auto& labels = frame.work.labels;
  std::string words;
  if (const auto here = labels.find(line.linear); here != labels.end()) words = here->second + ":";
  if (!line.instruction.target) return words;
  const std::uint32_t base = frame.snapshot->registers.segments[cpu::kCs].base;
  const auto there = labels.find(base + *line.instruction.target);
  if (there == labels.end()) return words;
  return words + (words.empty() ? "" : " ") + "to " + there->second;
}

// Shows the code at a place that a person named.
void show_code(Frame& frame, const std::string& words) {
  const cpu::Registers& r = frame.snapshot->registers;
  const auto place = parse_place(frame, words);
  const std::uint32_t base = r.segments[cpu::kCs].base;
  if (place && (emu::wide_code(r) || *place - base <= 0xFFFF)) {
    frame.work.code_top = *place - base;
    frame.work.code_selected = place;
    return;
  }
  constexpr float shown = 8;
  frame.work.message = place ? hex(*place, 8) + " is not within CS" : words + " is no address";
  frame.work.message_left = shown;
}

// What Ctrl+G and F2 open.
void code_popups(Frame& frame) {
  Workspace& work = frame.work;
  const auto field = [&](const char* id, bool& asked, const std::string& now, std::string& value,
                         const std::string& title, const char* hint) {
    if (std::exchange(asked, false)) {
      ImGui::OpenPopup(id);
      value = now;
    }
    if (!ImGui::BeginPopup(id)) return false;
    text(frame.theme->text2, title);
    if (ImGui::IsWindowAppearing()) ImGui::SetKeyboardFocusHere();
    const bool entered =
        input("##value", value, frame.theme.px(180), hint, ImGuiInputTextFlags_EnterReturnsTrue);
    if (entered || ImGui::IsKeyPressed(SDL_SCANCODE_ESCAPE)) ImGui::CloseCurrentPopup();
    ImGui::EndPopup();
    return entered;
  };
  if (field("code go to", work.code_goto, "", work.goto_address, "Show code at",
            "7C00, 0000:7C00, a name")) {
    show_code(frame, work.goto_address);
  }
  const std::uint32_t selected = work.code_selected.value_or(0);
  const auto known = work.labels.find(selected);
  if (field("code name", work.code_label, known != work.labels.end() ? known->second : "",
            work.label_text, "Name of " + hex(selected, 8), "empty: none")) {
    work.labels.erase(selected);
    if (!work.label_text.empty()) work.labels[selected] = work.label_text;
  }
}

std::string comment_on(const CodeLine& line, const cpu::Registers& r, bool current) {
  const emu::Instruction& i = line.instruction;
  if (i.mnemonic == "int" && i.immediate) {
    const std::uint8_t ah =
        current ? static_cast<std::uint8_t>(r.general[cpu::kEax] >> 8) : std::uint8_t{0};
    return current ? emu::interrupt_name(static_cast<std::uint8_t>(*i.immediate), ah)
                   : emu::interrupt_name(static_cast<std::uint8_t>(*i.immediate), 0xFF);
  }
  const bool port = i.mnemonic == "in" || i.mnemonic == "out" ||
                    i.mnemonic.find("ins") != std::string::npos ||
                    i.mnemonic.find("outs") != std::string::npos;
  if (port && i.immediate) return emu::port_name(static_cast<std::uint16_t>(*i.immediate));
  if (port && current) return emu::port_name(static_cast<std::uint16_t>(r.general[cpu::kEdx]));
  if (i.mnemonic == "mov" && i.operands.starts_with("dx,") && i.immediate)
    return emu::port_name(static_cast<std::uint16_t>(*i.immediate));
  return "";
}

}  // namespace

void draw_disassembly(Frame& frame) {
  const Theme& theme = frame.theme;
  std::string about;
  if (frame.snapshot != nullptr) {
    const cpu::Registers& r = frame.snapshot->registers;
    about = hex(r.segments[cpu::kCs].selector, 4) + (emu::wide_code(r) ? ", 32-bit" : ", 16-bit") +
            (frame.work.code_top ? ", scrolled: Home follows CS:IP" : ", follows CS:IP");
  }
  const PanelWindow window(frame, Panel::disassembly, "Disassembly", about, "",
                           ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse);
  if (!window || frame.snapshot == nullptr) return;
  const cpu::Registers& r = frame.snapshot->registers;
  const bool wide = emu::wide_code(r);
  const float row_height = theme.code_row();
  const ImVec2 room = ImGui::GetContentRegionAvail();
  const int count = std::max(1, static_cast<int>(room.y / row_height));
  const emu::Disassembler& disassembler = frame.work.disassembler;
  const std::uint32_t here = wide ? r.eip : r.eip & 0xFFFF;
  std::vector<CodeLine> lines =
      frame.work.code_top ? code_around(frame, disassembler, *frame.work.code_top, 0, count)
                          : code_around(frame, disassembler, here, count / 2, count);
  ImDrawList* list = ImGui::GetWindowDrawList();
  ImFont* mono = theme.fonts().mono;
  const float cell = width_of(mono, "0");
  const ImVec2 at = ImGui::GetCursorScreenPos();
  ImGui::InvisibleButton("code", {std::max(room.x, 1.0F), std::max(room.y, 1.0F)});
  const bool hovered = ImGui::IsItemHovered();
  const ImVec2 mouse = ImGui::GetIO().MousePos;
  const float x_address = at.x + theme.px(28);
  const float x_bytes = x_address + cell * (wide ? 14.0F : 10.5F);
  const float x_code = x_bytes + cell * (room.x > theme.px(480) ? 14.0F : 10.0F);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const CodeLine& line = lines[i];
    const emu::Instruction& insn = line.instruction;
    const float y = at.y + row_height * static_cast<float>(i);
    const bool current = line.offset == here;
    const bool under = hovered && mouse.y >= y && mouse.y < y + row_height;
    if (current)
      list->AddRectFilled({at.x - theme.px(4), y}, {at.x + room.x, y + row_height}, theme->row);
    if (frame.work.code_selected == line.linear)
      list->AddRect({at.x - theme.px(4), y}, {at.x + room.x, y + row_height}, theme->line_strong);
    const emu::Debugger::Point* point = nullptr;
    for (const emu::Debugger::Point& one : frame.snapshot->points) {
      if (one.breakpoint.kind == emu::Breakpoint::Kind::execute &&
          one.breakpoint.first == line.linear)
        point = &one;
    }
    const float cy = y + row_height / 2;
    if (point != nullptr) {
      const ImVec2 centre = {at.x + theme.px(7), cy};
      if (point->enabled) {
        list->AddCircleFilled(centre, theme.px(5), theme->write);
      } else {
        ring(list, centre, theme.px(5), theme.px(2), theme->text3, theme->panel);
      }
    } else if (under && mouse.x < x_address) {
      ring(list, {at.x + theme.px(7), cy}, theme.px(5), theme.px(1), theme->text3, theme->panel);
    }
    if (current) {
      const float s = theme.px(5);
      const float x = at.x + theme.px(14);
      list->AddRectFilled({x, cy - s / 2}, {x + s, cy + s / 2}, theme->changed);
      list->AddTriangleFilled({x + s, cy - s}, {x + s, cy + s}, {x + 2 * s, cy}, theme->changed);
    }
    const float ty = y + (row_height - mono->FontSize) / 2;
    put(list, mono, x_address, ty, current ? theme->text2 : theme->text3,
        hex(r.segments[cpu::kCs].selector, 4) + ":" + hex(line.offset, wide ? 8 : 4));
    std::string bytes;
    for (unsigned b = 0; b < insn.length; ++b) bytes += hex(insn.bytes[b], 2);
    put(list, mono, x_bytes, ty, current ? theme->text2 : theme->text3,
        fit(mono, bytes, x_code - x_bytes - cell));
    const bool branch = insn.call || insn.jump || insn.returns;
    const float x_operands =
        x_code + cell * static_cast<float>(std::max<std::size_t>(7, insn.mnemonic.size() + 1));
    put(list, mono, x_code, ty, branch ? theme->accent : theme->text, insn.mnemonic);
    put(list, mono, x_operands, ty, theme->text, insn.operands);
    const std::string comment = comment_on(line, r, current);
    const std::string label = label_on(frame, line);
    float x = std::max(x_code + cell * 21, x_operands + width_of(mono, insn.operands) + cell * 2);
    if (!label.empty()) {
      const std::string shown = fit(theme.fonts().text, label, at.x + room.x - x);
      put(list, theme.fonts().text, x, ty, theme->accent, shown);
      x += width_of(theme.fonts().text, shown) + cell * 2;
    }
    if (!comment.empty()) {
      put(list, theme.fonts().text, x, ty, current ? theme->text2 : theme->text3,
          fit(theme.fonts().text, comment, at.x + room.x - x));
    }
    if (under && ImGui::IsMouseClicked(0)) {
      const std::string words = "exec " + hex(line.linear, 5);
      const unsigned number = point != nullptr ? point->number : 0;
      if (mouse.x < x_address || ImGui::IsMouseDoubleClicked(0)) {
        frame.post([words, number](Control& control) {
          if (number != 0) {
            control.debugger().remove(number);
          } else {
            control.debugger().add(words);
          }
        });
      } else if (ImGui::GetIO().KeyCtrl) {
        frame.post([linear = line.linear](Control& control) { control.run_to(linear); });
      } else {
        frame.work.code_selected = line.linear;
      }
    }
    if (under && mouse.x >= x_address && insn.target && ImGui::IsMouseClicked(1))
      frame.work.code_top = insn.target;
  }
  if (hovered && mouse.x < x_address)
    tooltip(
        "click: a breakpoint on this instruction\nright click on a jump: go there; Ctrl+click: run "
        "to here\nfor the line in hand: F9 breakpoint, Ctrl+F10 run to it, F2 name");
  if (hovered && ImGui::GetIO().MouseWheel != 0 && !lines.empty()) {
    const float wheel = ImGui::GetIO().MouseWheel;
    if (wheel < 0) {
      frame.work.code_top = lines[std::min<std::size_t>(3, lines.size() - 1)].offset;
    } else {
      const std::vector<CodeLine> above =
          code_around(frame, disassembler, lines.front().offset, 3, 4);
      frame.work.code_top = above.front().offset;
    }
  }
  if (hovered && ImGui::IsKeyPressed(SDL_SCANCODE_HOME)) frame.work.code_top.reset();
  code_popups(frame);
}

// ---- memory ----

namespace {

void write_byte(Frame& frame, std::uint32_t linear, std::uint8_t value) {
  frame.post([linear, value](Control& control) {
    const cpu::Registers registers = control.machine().processor().registers();
    const auto physical = emu::linear_to_physical(registers, control.machine().memory(), linear);
    if (!physical) return control.tell("no page at " + hex(linear, 8));
    const std::array<std::uint8_t, 1> bytes = {value};
    control.machine().write_memory(*physical, bytes);
  });
}

// Looks for bytes ("EB 3C") or text in what memory there is; by request, on the machine's thread.
void find_in_memory(Frame& frame, const std::string& words) {
  std::vector<std::uint8_t> pattern;
  const bool digits =
      words.size() >= 2 && words.find_first_not_of("0123456789abcdefABCDEF ") == std::string::npos;
  if (digits) {
    std::string packed;
    for (const char c : words) {
      if (c != ' ') packed += c;
    }
    for (std::size_t i = 0; i + 1 < packed.size(); i += 2)
      pattern.push_back(
          static_cast<std::uint8_t>(std::strtoul(packed.substr(i, 2).c_str(), nullptr, 16)));
  } else {
    pattern.assign(words.begin(), words.end());
  }
  if (pattern.empty()) return;
  // The answer comes back as a line: the window's state belongs to another thread.
  frame.post([pattern, from = frame.work.memory_address + 1](Control& control) {
    const std::span<const std::uint8_t> ram = control.machine().memory().ram();
    for (int round = 0; round < 2; ++round) {
      const auto begin =
          ram.begin() +
          static_cast<std::ptrdiff_t>(round == 0 ? std::min<std::size_t>(from, ram.size()) : 0);
      const auto found = std::search(begin, ram.end(), pattern.begin(), pattern.end());
      if (found != ram.end())
        return control.tell("found at " + hex(static_cast<std::uint64_t>(found - ram.begin()), 6));
    }
    control.tell("not found in RAM");
  });
}

// What a right click on a byte offers.
void watch_menu(Frame& frame) {
  if (!ImGui::BeginPopup("byte")) return;
  const std::string address = hex(frame.work.memory_cursor, 5);
  text(frame.theme->text3, address);
  constexpr std::array<std::pair<const char*, const char*>, 3> kinds = {
      {{"Break on write", " write"}, {"Break on read", " read"}, {"Break on any access", ""}}};
  for (const auto& [label, direction] : kinds) {
    if (!ImGui::MenuItem(label)) continue;
    frame.post([words = "mem " + address + direction](Control& c) { c.debugger().add(words); });
  }
  ImGui::EndPopup();
}

void memory_bytes(Frame& frame) {
  const Theme& theme = frame.theme;
  Workspace& work = frame.work;
  ImFont* mono = theme.fonts().mono;
  const float cell = width_of(mono, "0");
  const ImVec2 room = ImGui::GetContentRegionAvail();
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float row_height = theme.hex_row();
  const int rows = std::max(1, static_cast<int>(room.y / row_height));
  ImDrawList* list = ImGui::GetWindowDrawList();
  ImGui::InvisibleButton("memory", {std::max(room.x, 1.0F), std::max(room.y, 1.0F)});
  const bool hovered = ImGui::IsItemHovered();
  if (hovered && ImGui::GetIO().MouseWheel != 0) {
    work.memory_follow = false;
    work.memory_address +=
        static_cast<std::uint32_t>(-static_cast<std::int32_t>(ImGui::GetIO().MouseWheel * 4) * 16);
  }
  const float x_bytes = at.x + cell * 9;
  const float x_ascii = x_bytes + cell * 50;
  const ImVec2 mouse = ImGui::GetIO().MousePos;
  for (int r = 0; r < rows; ++r) {
    const std::uint32_t address = work.memory_address + static_cast<std::uint32_t>(r) * 16;
    const float y = at.y + row_height * static_cast<float>(r);
    std::array<std::uint8_t, 16> bytes{};
    std::array<std::uint8_t, 16> before{};
    const bool here = frame.peek_linear(address, bytes);
    const auto physical = translate(frame, address);
    const bool compare = here && frame.paused() && physical && frame.peek_before(*physical, before);
    put(list, mono, at.x, y, theme->text3, hex(address, 8));
    for (int i = 0; i < 16; ++i) {
      const auto index = static_cast<std::size_t>(i);
      const float x = x_bytes + cell * static_cast<float>(i * 3 + (i >= 8 ? 1 : 0));
      const std::uint32_t byte_at = address + static_cast<std::uint32_t>(i);
      const bool changed = compare && bytes[index] != before[index];
      const bool edited = work.memory_digit >= 0 && work.memory_cursor == byte_at;
      if (edited)
        list->AddRectFilled({x - cell / 4, y}, {x + cell * 2.25F, y + row_height},
                            theme->button_on);
      const Colour colour =
          !here ? theme->disabled
                : (changed ? theme->changed : (bytes[index] == 0 ? theme->zero_byte : theme->text));
      put(list, mono, x, y, colour, here ? hex(bytes[index], 2) : "..");
      const bool shows = bytes[index] >= 0x20 && bytes[index] < 0x7F;
      put(list, mono, x_ascii + cell * static_cast<float>(i), y,
          changed ? theme->changed : theme->text2,
          std::string(1, shows ? static_cast<char>(bytes[index]) : '.'));
      const bool under = hovered && mouse.x >= x - cell / 2 && mouse.x < x + cell * 2.5F &&
                         mouse.y >= y && mouse.y < y + row_height;
      if (under && ImGui::IsMouseClicked(0) && frame.paused()) {
        work.memory_cursor = byte_at;
        work.memory_digit = 0;
      }
      if (under && ImGui::IsMouseClicked(1)) {
        work.memory_cursor = byte_at;
        ImGui::OpenPopup("byte");
      }
    }
  }
  watch_menu(frame);
  if (work.memory_digit < 0) return;
  if (!frame.paused() || (ImGui::IsMouseClicked(0) && !hovered)) work.memory_digit = -1;
  // Typed digits go into the byte in hand, and on to the next.
  for (const ImWchar c : ImGui::GetIO().InputQueueCharacters) {
    const char digit = c < 128 ? static_cast<char>(c) : '?';
    const auto value = parse_hex(std::string_view(&digit, 1));
    if (!value || work.memory_digit < 0) continue;
    std::array<std::uint8_t, 1> old{};
    frame.peek_linear(work.memory_cursor, old);
    if (work.memory_digit == 0) {
      work.memory_high_digit = *value;
      write_byte(frame, work.memory_cursor, static_cast<std::uint8_t>(*value << 4 | (old[0] & 15)));
      work.memory_digit = 1;
    } else {
      write_byte(frame, work.memory_cursor,
                 static_cast<std::uint8_t>(work.memory_high_digit << 4 | *value));
      work.memory_digit = 0;
      ++work.memory_cursor;
    }
  }
  if (ImGui::IsKeyPressed(SDL_SCANCODE_ESCAPE)) work.memory_digit = -1;
}

}  // namespace

void draw_memory(Frame& frame) {
  const Theme& theme = frame.theme;
  Workspace& work = frame.work;
  const PanelWindow window(
      frame, Panel::memory, "Memory",
      "linear " + hex(work.memory_address, 8) + (work.memory_follow ? ", follows ES:DI" : ""), "",
      ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse);
  if (!window || frame.snapshot == nullptr) return;
  if (std::exchange(work.memory_goto, false)) ImGui::SetKeyboardFocusHere();
  const bool entered = input("##address", work.goto_address, theme.px(120), "0000:7C00, es:di",
                             ImGuiInputTextFlags_EnterReturnsTrue);
  ImGui::SameLine();
  if (button(frame, "Go to") || entered) {
    if (const auto place = parse_place(frame, work.goto_address)) {
      work.memory_address = *place & ~15U;
      work.memory_follow = false;
    }
  }
  ImGui::SameLine();
  std::string& pattern = work.memory_pattern;
  if (std::exchange(work.memory_find, false)) ImGui::SetKeyboardFocusHere();
  const bool find_entered = input("##find", pattern, theme.px(120), "EB 3C, or text",
                                  ImGuiInputTextFlags_EnterReturnsTrue);
  ImGui::SameLine();
  if (button(frame, "Find") || find_entered) find_in_memory(frame, pattern);
  ImGui::SameLine();
  checkbox(frame, "Follow", work.memory_follow);
  if (ImGui::IsItemHovered()) tooltip("shows where ES:DI points");
  if (work.memory_follow && frame.paused()) {
    const cpu::Registers& r = frame.snapshot->registers;
    const std::uint32_t offset =
        emu::wide_code(r) ? r.general[cpu::kEdi] : r.general[cpu::kEdi] & 0xFFFF;
    work.memory_address = (r.segments[cpu::kEs].base + offset) & ~15U;
  }
  memory_bytes(frame);
}

}  // namespace ui
