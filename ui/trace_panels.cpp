// What lies on the stack, what ran last, and what went through ports. Trace and ports are recorded
// when somebody asks for it; a line of words filters what is shown, and all of it goes into a file.
#include <algorithm>
#include <array>
#include <fstream>

#include "emu/return_address.h"
#include "ui/panels.h"
#include "ui/widgets.h"

namespace ui {

namespace {

// What the words on the stack may be, from the top down.
class StackWords {
 public:
  StackWords(const Frame& frame, std::uint32_t unit)
      : frame_(frame), registers_(frame.snapshot->registers), unit_(unit) {}

  // `above`: the word behind it, which is CS where the value is a far return address.
  std::string next(std::uint32_t value, std::uint32_t above) {
    if (!rest_.empty()) {
      const std::string word = rest_.front();
      rest_.erase(rest_.begin());
      return word;
    }
    const cpu::Registers::Segment& code = registers_.segments[cpu::kCs];
    const bool wide = emu::wide_code(registers_);
    if (const auto call = call_to(code.base, value, wide); call && call->kind == Kind::near_call)
      return "return, " + words_of(*call, code.base);
    // Far frames only where a selector is the base: real and virtual-8086 mode.
    if (unit_ != 2 || code.base != std::uint32_t{code.selector} << 4) return "";
    const std::uint32_t base = above << 4;
    const auto call = call_to(base, value, false);
    if (!call || call->kind == Kind::near_call) return "";
    rest_ = {"CS"};
    if (call->kind == Kind::interrupt) rest_.emplace_back("flags");
    return "return, " + words_of(*call, base);
  }

 private:
  using Kind = emu::CallKind;

  std::optional<emu::CallBefore> call_to(std::uint32_t base, std::uint32_t offset,
                                         bool wide) const {
    std::array<std::uint8_t, emu::kLongestCall> bytes{};
    const std::size_t size = std::min<std::size_t>(bytes.size(), offset);
    const auto before = std::span(bytes).first(size);
    frame_.peek_linear(base + offset - static_cast<std::uint32_t>(size), before);
    return emu::call_before(frame_.work.disassembler, before, offset, wide);
  }
  std::string words_of(const emu::CallBefore& call, std::uint32_t base) const {
    const emu::Instruction& i = call.instruction;
    if (i.target) {
      const auto named = frame_.work.labels.find(base + *i.target);
      if (named != frame_.work.labels.end()) return named->second;
    }
    return i.mnemonic + (i.operands.empty() ? "" : " " + i.operands);
  }

  const Frame& frame_;
  const cpu::Registers& registers_;
  std::uint32_t unit_;
  std::vector<std::string> rest_;  // the names of what belongs to a far frame that began above
};

void stack_body(Frame& frame) {
  const Theme& theme = frame.theme;
  const cpu::Registers& r = frame.snapshot->registers;
  const bool wide = emu::wide_stack(r);
  const std::uint32_t unit = wide ? 4 : 2;
  const std::uint32_t mask = wide ? 0xFFFFFFFF : 0xFFFF;
  const std::uint32_t top = r.general[cpu::kEsp] & mask;
  const std::uint32_t bp = r.general[cpu::kEbp] & mask;
  ImFont* mono = theme.fonts().mono;
  const float cell = width_of(mono, "0");
  const float row_height = theme.px(19);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const ImVec2 room = ImGui::GetContentRegionAvail();
  const int rows = std::max(1, static_cast<int>(room.y / row_height));
  ImDrawList* list = ImGui::GetWindowDrawList();
  const auto word_at = [&](std::uint32_t offset) {
    std::array<std::uint8_t, 4> bytes{};
    frame.peek_linear(r.segments[cpu::kSs].base + offset, std::span(bytes).first(unit));
    std::uint32_t value = 0;
    for (std::uint32_t b = 0; b < unit; ++b)
      value |= static_cast<std::uint32_t>(bytes[b]) << (8 * b);
    return value;
  };
  StackWords stack(frame, unit);
  for (int i = 0; i < rows; ++i) {
    const std::uint32_t offset = (top + static_cast<std::uint32_t>(i) * unit) & mask;
    const std::uint32_t value = word_at(offset);
    const float y = at.y + row_height * static_cast<float>(i);
    const float ty = y + (row_height - mono->FontSize) / 2;
    if (offset == bp)
      list->AddRectFilled({at.x, y}, {at.x + room.x, y + row_height}, theme->raised);
    if (i == 0) {
      const float cy = y + row_height / 2;
      list->AddTriangleFilled({at.x, cy - theme.px(4)}, {at.x, cy + theme.px(4)},
                              {at.x + theme.px(5), cy}, theme->text2);
    }
    put(list, mono, at.x + theme.px(8), ty, theme->text3, hex(offset, unit * 2));
    put(list, mono, at.x + theme.px(8) + cell * (wide ? 9.0F : 5.0F), ty, theme->text,
        hex(value, unit * 2));
    std::string words = stack.next(value, word_at((offset + unit) & mask));
    const bool back = !words.empty();
    if (offset == bp) {
      words = "[bp]";
    } else if (!back) {
      const auto distance = static_cast<std::int32_t>(offset) - static_cast<std::int32_t>(bp);
      if (distance > -128 && distance < 128) words = print("[bp%+d]", distance);
    }
    const float words_at = at.x + theme.px(8) + cell * (wide ? 18.5F : 10.5F);
    put(list, theme.fonts().text, words_at, ty, back ? theme->accent : theme->text3,
        fit(theme.fonts().text, words, at.x + room.x - words_at));
  }
  ImGui::Dummy(room);
}

// The line above a log: whether it is recorded, what to show, and the way into a file.
struct LogLine {
  const Snapshot::Log& log;
  std::string& filter;
  const char* help;
  const char* hint;
  Request start, stop, save;
};
void log_line(Frame& frame, const LogLine& line) {
  bool on = line.log.on;
  if (checkbox(frame, "Record", on)) frame.post(on ? line.start : line.stop);
  if (ImGui::IsItemHovered()) tooltip(line.help);
  ImGui::SameLine();
  input("##filter", line.filter,
        std::max(frame.theme.px(80), ImGui::GetContentRegionAvail().x - frame.theme.px(72)),
        line.hint, 0);
  if (ImGui::IsItemHovered()) tooltip("shows lines that have all of these words");
  ImGui::SameLine();
  ImGui::BeginDisabled(!line.log.on);
  if (button(frame, "Save")) frame.post(line.save);
  ImGui::EndDisabled();
}

void log_lines(Frame& frame, const Snapshot::Log& log) {
  const Theme& theme = frame.theme;
  const WithFont mono(theme.fonts().mono);
  if (!ImGui::BeginChild("lines", {0, 0}, false, ImGuiWindowFlags_HorizontalScrollbar))
    return ImGui::EndChild();
  ImGuiListClipper clipper;
  clipper.Begin(static_cast<int>(log.lines.size()));
  while (clipper.Step()) {
    for (int i = clipper.DisplayStart; i < clipper.DisplayEnd; ++i)
      text(theme->text2, log.lines[static_cast<std::size_t>(i)]);
  }
  if (ImGui::GetScrollY() >= ImGui::GetScrollMaxY()) ImGui::SetScrollHereY(1.0F);
  ImGui::EndChild();
}

// All that is kept of a log and passes the filter, as a file beside where the program was started.
void save_lines(Control& control, const std::string& name, const std::vector<std::string>& lines) {
  std::ofstream file(name);
  for (const std::string& line : lines) file << line << "\n";
  file.close();
  control.tell(file ? "saved " + std::to_string(lines.size()) + " lines in " + name
                    : "cannot write " + name);
}

constexpr std::size_t kTraceKept = std::size_t{1} << 16;
constexpr std::size_t kPortsKept = std::size_t{1} << 16;

void trace_controls(Frame& frame) {
  std::string& filter = frame.work.trace_filter;
  const Request save = [filter](Control& control) {
    const emu::InstructionTrace* trace = control.machine().trace();
    if (trace == nullptr) return;
    const emu::Disassembler disassembler;
    save_lines(control, "platter-trace.txt",
               emu::latest_lines(*trace, disassembler, filter, trace->size(), trace->size()));
  };
  log_line(frame, {frame.snapshot->trace, filter,
                   "every instruction with what it changed; the machine gets many times slower",
                   "filter: F000: int, cx=",
                   [](Control& c) { c.machine().trace_instructions(kTraceKept); },
                   [](Control& c) { c.machine().trace_instructions(0); }, save});
}

void jumps_body(Frame& frame) {
  // Where control went: the starts of the latest straight runs of code, which the processor keeps
  // anyway.
  const Theme& theme = frame.theme;
  const emu::Disassembler& disassembler = frame.work.disassembler;
  const bool wide = emu::wide_code(frame.snapshot->registers);
  constexpr ImGuiTableFlags flags = ImGuiTableFlags_ScrollY | ImGuiTableFlags_SizingFixedFit;
  if (!ImGui::BeginTable("trace", 3, flags, ImGui::GetContentRegionAvail())) return;
  ImGui::TableSetupScrollFreeze(0, 1);
  ImGui::TableSetupColumn("Address", ImGuiTableColumnFlags_WidthFixed, theme.px(84));
  ImGui::TableSetupColumn("Code", ImGuiTableColumnFlags_WidthFixed, theme.px(210));
  ImGui::TableSetupColumn("What", ImGuiTableColumnFlags_WidthStretch);
  ImGui::TableHeadersRow();
  const auto& runs = frame.snapshot->recent_runs;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    ImGui::TableNextRow(0, theme.row());
    std::array<std::uint8_t, emu::kLongestInstruction> bytes{};
    frame.peek_linear(runs[i], bytes);
    const emu::Instruction insn = disassembler.decode(bytes, runs[i], wide);
    ImGui::TableNextColumn();
    {
      const WithFont mono(theme.fonts().mono);
      text(theme->text3, hex(runs[i], 8));
      ImGui::TableNextColumn();
      text(theme->text, insn.mnemonic + " " + insn.operands);
    }
    ImGui::TableNextColumn();
    text(theme->text3, i + 1 == runs.size() ? "latest" : "");
  }
  if (ImGui::GetScrollY() >= ImGui::GetScrollMaxY()) ImGui::SetScrollHereY(1.0F);
  ImGui::EndTable();
}

void trace_body(Frame& frame) {
  trace_controls(frame);
  if (!frame.snapshot->trace.on) return jumps_body(frame);
  frame.wants.trace = frame.work.trace_filter;
  log_lines(frame, frame.snapshot->trace);
}

}  // namespace

void draw_ports(Frame& frame) {
  std::string about = "not recorded";
  if (frame.snapshot != nullptr && frame.snapshot->ports.on)
    about = grouped(frame.snapshot->ports.total) + " accesses";
  const PanelWindow window(frame, Panel::ports, "Ports", about);
  if (!window || frame.snapshot == nullptr) return;
  std::string& filter = frame.work.ports_filter;
  const Request save = [filter](Control& control) {
    const emu::PortLog* log = control.machine().port_log();
    if (log == nullptr) return;
    save_lines(control, "platter-ports.txt",
               emu::latest_lines(*log, filter, log->size(), log->size()));
  };
  log_line(frame, {frame.snapshot->ports, filter,
                   "every IN and OUT from now on; the latest 65 536 are kept", "filter: out 01F7",
                   [](Control& c) { c.machine().log_ports(kPortsKept); },
                   [](Control& c) { c.machine().log_ports(0); }, save});
  frame.wants.ports = filter;
  log_lines(frame, frame.snapshot->ports);
}

void draw_stack(Frame& frame) {
  std::string about;
  if (frame.snapshot != nullptr) {
    const cpu::Registers& r = frame.snapshot->registers;
    about = "SS:SP " + hex(r.segments[cpu::kSs].selector, 4) + ":" +
            hex(r.general[cpu::kEsp] & 0xFFFF, 4);
  }
  const PanelWindow window(frame, Panel::stack, "Stack", about, "", ImGuiWindowFlags_NoScrollbar);
  if (window && frame.snapshot != nullptr) stack_body(frame);
}

void draw_trace(Frame& frame) {
  const bool tabs = frame.work.placement.narrow && frame.work.layout == Layout::debug;
  const PanelWindow window(frame, Panel::trace, tabs ? "Trace, stack" : "Trace",
                           frame.snapshot != nullptr && frame.snapshot->trace.on
                               ? grouped(frame.snapshot->trace.total) + " instructions"
                               : "latest jumps, newest last");
  if (!window || frame.snapshot == nullptr) return;
  if (!tabs) return trace_body(frame);
  if (!ImGui::BeginTabBar("tabs")) return;
  if (ImGui::BeginTabItem("Stack")) {
    stack_body(frame);
    ImGui::EndTabItem();
  }
  if (ImGui::BeginTabItem("Trace")) {
    trace_body(frame);
    ImGui::EndTabItem();
  }
  ImGui::EndTabBar();
}

}  // namespace ui
