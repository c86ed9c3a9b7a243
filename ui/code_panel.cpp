// The code around CS:IP, or where a person scrolled to.
#include <algorithm>
#include <array>
#include <utility>

#include "emu/disassembler.h"
#include "ui/code_comment.h"
#include "ui/panels.h"
#include "ui/places.h"
#include "ui/widgets.h"

namespace ui {

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

class CodePanel {
 public:
  explicit CodePanel(Frame& frame)
      : frame_(frame),
        theme_(frame.theme),
        mono_(frame.theme.fonts().mono),
        cell_(width_of(mono_, "0")),
        registers_(frame.snapshot->registers),
        wide_(emu::wide_code(registers_)),
        next_(wide_ ? registers_.eip : registers_.eip & 0xFFFF) {}

  void draw() {
    at_ = ImGui::GetCursorScreenPos();
    room_ = ImGui::GetContentRegionAvail();
    x_address_ = at_.x + theme_.px(28);
    x_bytes_ = x_address_ + cell_ * (wide_ ? 14.0F : 10.5F);
    x_code_ = x_bytes_ + cell_ * (room_.x > theme_.px(480) ? 14.0F : 10.0F);
    ImGui::InvisibleButton("code", {std::max(room_.x, 1.0F), std::max(room_.y, 1.0F)});
    hovered_ = ImGui::IsItemHovered();
    mouse_ = ImGui::GetIO().MousePos;
    const std::vector<CodeLine> lines = shown();
    float y = at_.y;
    for (const CodeLine& line : lines) {
      row(line, y);
      y += theme_.code_row();
    }
    if (hovered_ && mouse_.x < x_address_) {
      tooltip(
          "click: a breakpoint on this instruction\nright click on a jump: go there; Ctrl+click: "
          "run to here\nfor the line in hand: F9 breakpoint, Ctrl+F10 run to it, F2 name");
    }
    scroll(lines);
    code_popups(frame_);
  }

 private:
  std::vector<CodeLine> shown() const {
    const int count = std::max(1, static_cast<int>(room_.y / theme_.code_row()));
    const emu::Disassembler& disassembler = frame_.work.disassembler;
    const std::optional<std::uint32_t> top = frame_.work.code_top;
    return top ? code_around(frame_, disassembler, *top, 0, count)
               : code_around(frame_, disassembler, next_, count / 2, count);
  }

  const emu::Debugger::Point* breakpoint_at(std::uint32_t linear) const {
    const emu::Debugger::Point* point = nullptr;
    for (const emu::Debugger::Point& one : frame_.snapshot->points) {
      if (one.breakpoint.kind == emu::Breakpoint::Kind::execute && one.breakpoint.first == linear)
        point = &one;
    }
    return point;
  }

  void row(const CodeLine& line, float y) {
    const bool current = line.offset == next_;
    const bool under = hovered_ && mouse_.y >= y && mouse_.y < y + theme_.code_row();
    const emu::Debugger::Point* const point = breakpoint_at(line.linear);
    const ImVec2 begin = {at_.x - theme_.px(4), y};
    const ImVec2 end = {at_.x + room_.x, y + theme_.code_row()};
    ImDrawList* list = ImGui::GetWindowDrawList();
    if (current) list->AddRectFilled(begin, end, theme_->row);
    if (frame_.work.code_selected == line.linear) list->AddRect(begin, end, theme_->line_strong);
    gutter(point, y + theme_.code_row() / 2, current, under && mouse_.x < x_address_);
    words(line, y + (theme_.code_row() - mono_->FontSize) / 2, current);
    if (under) follow_mouse(line, point);
  }

  void gutter(const emu::Debugger::Point* point, float y, bool current, bool offered) const {
    ImDrawList* list = ImGui::GetWindowDrawList();
    const ImVec2 centre = {at_.x + theme_.px(7), y};
    if (point != nullptr && point->enabled) {
      list->AddCircleFilled(centre, theme_.px(5), theme_->write);
    } else if (point != nullptr) {
      ring(list, centre, theme_.px(5), theme_.px(2), theme_->text3, theme_->panel);
    } else if (offered) {
      ring(list, centre, theme_.px(5), theme_.px(1), theme_->text3, theme_->panel);
    }
    if (!current) return;
    const float s = theme_.px(5);
    const float x = at_.x + theme_.px(14);
    list->AddRectFilled({x, y - s / 2}, {x + s, y + s / 2}, theme_->changed);
    list->AddTriangleFilled({x + s, y - s}, {x + s, y + s}, {x + 2 * s, y}, theme_->changed);
  }

  void words(const CodeLine& line, float y, bool current) const {
    const emu::Instruction& insn = line.instruction;
    ImDrawList* list = ImGui::GetWindowDrawList();
    const Colour second = current ? theme_->text2 : theme_->text3;
    put(list, mono_, x_address_, y, second,
        hex(registers_.segments[cpu::kCs].selector, 4) + ":" + hex(line.offset, wide_ ? 8 : 4));
    std::string bytes;
    for (unsigned b = 0; b < insn.length; ++b) bytes += hex(insn.bytes[b], 2);
    put(list, mono_, x_bytes_, y, second, fit(mono_, bytes, x_code_ - x_bytes_ - cell_));
    const bool branch = insn.call || insn.jump || insn.returns;
    const float x_operands =
        x_code_ + cell_ * static_cast<float>(std::max<std::size_t>(7, insn.mnemonic.size() + 1));
    put(list, mono_, x_code_, y, branch ? theme_->accent : theme_->text, insn.mnemonic);
    put(list, mono_, x_operands, y, theme_->text, insn.operands);
    float x =
        std::max(x_code_ + cell_ * 21, x_operands + width_of(mono_, insn.operands) + cell_ * 2);
    x = remark(x, y, theme_->accent, label_on(frame_, line));
    remark(x, y, second, comment_on(line, current));
  }

  // Where the next one goes.
  float remark(float x, float y, Colour colour, const std::string& remark) const {
    if (remark.empty()) return x;
    ImFont* font = theme_.fonts().text;
    const std::string shown = fit(font, remark, at_.x + room_.x - x);
    put(ImGui::GetWindowDrawList(), font, x, y, colour, shown);
    return x + width_of(font, shown) + cell_ * 2;
  }

  std::string comment_on(const CodeLine& line, bool current) const {
    if (!current || !frame_.paused()) return code_comment(line.instruction);
    return code_comment_now(line.instruction, registers_,
                            [&](std::uint32_t linear, std::span<std::uint8_t> bytes) {
                              return frame_.peek_linear(linear, bytes);
                            });
  }

  void follow_mouse(const CodeLine& line, const emu::Debugger::Point* point) {
    if (mouse_.x >= x_address_ && line.instruction.target && ImGui::IsMouseClicked(1))
      frame_.work.code_top = line.instruction.target;
    if (!ImGui::IsMouseClicked(0)) return;
    if (mouse_.x < x_address_ || ImGui::IsMouseDoubleClicked(0)) {
      const std::string words = "exec " + hex(line.linear, 5);
      frame_.post([words, number = point != nullptr ? point->number : 0](Control& control) {
        if (number != 0) {
          control.debugger().remove(number);
        } else {
          control.debugger().add(words);
        }
      });
    } else if (ImGui::GetIO().KeyCtrl) {
      frame_.post([linear = line.linear](Control& control) { control.run_to(linear); });
    } else {
      frame_.work.code_selected = line.linear;
    }
  }

  void scroll(const std::vector<CodeLine>& lines) {
    if (!hovered_) return;
    const float wheel = ImGui::GetIO().MouseWheel;
    if (wheel < 0 && !lines.empty()) {
      frame_.work.code_top = lines[std::min<std::size_t>(3, lines.size() - 1)].offset;
    } else if (wheel > 0 && !lines.empty()) {
      const std::vector<CodeLine> above =
          code_around(frame_, frame_.work.disassembler, lines.front().offset, 3, 4);
      frame_.work.code_top = above.front().offset;
    }
    if (ImGui::IsKeyPressed(SDL_SCANCODE_HOME)) frame_.work.code_top.reset();
  }

  Frame& frame_;
  const Theme& theme_;
  ImFont* mono_;
  float cell_;
  const cpu::Registers& registers_;
  bool wide_;
  std::uint32_t next_;  // offset of what runs next
  ImVec2 at_{}, room_{}, mouse_{};
  float x_address_ = 0, x_bytes_ = 0, x_code_ = 0;
  bool hovered_ = false;
};

}  // namespace

void draw_disassembly(Frame& frame) {
  std::string about;
  if (frame.snapshot != nullptr) {
    const cpu::Registers& r = frame.snapshot->registers;
    about = hex(r.segments[cpu::kCs].selector, 4) + (emu::wide_code(r) ? ", 32-bit" : ", 16-bit") +
            (frame.work.code_top ? ", scrolled: Home follows CS:IP" : ", follows CS:IP");
  }
  const PanelWindow window(frame, Panel::disassembly, "Disassembly", about, "",
                           ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse);
  if (window && frame.snapshot != nullptr) CodePanel(frame).draw();
}

}  // namespace ui
