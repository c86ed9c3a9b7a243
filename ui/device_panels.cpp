// The chips by their data sheets' names.
#include <algorithm>
#include <array>

#include "ui/panels.h"
#include "ui/widgets.h"

namespace ui {

namespace {

constexpr std::array<const char*, 16> kIrqNames = {
    "timer", "keyboard", "cascade", "COM2", "COM1",  "LPT2", "floppy", "LPT1",
    "RTC",   "free",     "free",    "free", "mouse", "FPU",  "ATA 0",  "ATA 1"};

void pic_column(Frame& frame, float w) {
  const Theme& theme = frame.theme;
  const PicView& pic = frame.snapshot->pic;
  ImDrawList* list = ImGui::GetWindowDrawList();
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const Fonts& fonts = theme.fonts();
  const float step = std::min(theme.px(28), w / 7);
  const float x0 = at.x + w - step * 3 - theme.px(2);
  put(list, fonts.text, at.x, at.y, theme->text, "PIC 8259A");
  constexpr std::array<const char*, 3> heads = {"req", "srv", "mask"};
  for (std::size_t c = 0; c < 3; ++c)
    put(list, fonts.small, x0 + step * static_cast<float>(c) - theme.px(4), at.y + theme.px(1),
        theme->text3, heads[c]);
  const float available = ImGui::GetContentRegionAvail().y - theme.px(22);
  const float row = std::min(theme.px(15), available / 16.5F);
  float y = at.y + theme.px(20);
  for (unsigned irq = 0; irq < 16; ++irq) {
    if (irq == 8) y += row / 2;
    const bool masked = (pic.mask >> irq & 1) != 0;
    const std::string number = std::to_string(irq);
    put(list, fonts.small, at.x + theme.px(16) - width_of(fonts.small, number), y, theme->text3,
        number);
    put(list, fonts.small, at.x + theme.px(22), y, masked ? theme->text3 : theme->text,
        kIrqNames[irq]);
    const std::array<std::pair<bool, Colour>, 3> cells = {
        {{(pic.requests >> irq & 1) != 0, theme->changed},
         {(pic.services >> irq & 1) != 0, theme->good},
         {masked, theme->text3}}};
    for (std::size_t c = 0; c < 3; ++c) {
      const float s = std::min(theme.px(9), row - theme.px(3));
      const float x = x0 + step * static_cast<float>(c);
      const float cy = y + (row - s) / 2;
      if (cells[c].first) {
        list->AddRectFilled({x, cy}, {x + s, cy + s}, cells[c].second);
      } else {
        list->AddRect({x, cy}, {x + s, cy + s}, theme->line_strong);
      }
    }
    y += row;
  }
  ImGui::Dummy({w, y - at.y});
  if (ImGui::IsItemHovered())
    tooltip(
        "req: interrupt request register (IRR)\nsrv: in service (ISR)\nmask: interrupt mask "
        "register (IMR)");
}

void pit_column(Frame& frame, float w) {
  const Theme& theme = frame.theme;
  ImDrawList* list = ImGui::GetWindowDrawList();
  const Fonts& fonts = theme.fonts();
  const ImVec2 at = ImGui::GetCursorScreenPos();
  put(list, fonts.text, at.x, at.y, theme->text, "PIT 8254");
  const std::string clock = "1.193 182 MHz";
  if (w > theme.px(170))
    put(list, fonts.small, at.x + w - width_of(fonts.small, clock), at.y + theme.px(1),
        theme->text3, clock);
  constexpr std::array<const char*, 6> modes = {
      "count", "one shot", "rate", "square wave", "software strobe", "hardware strobe"};
  constexpr std::array<const char*, 3> wires = {"IRQ 0", "refresh", "speaker"};
  const float available = ImGui::GetContentRegionAvail().y - theme.px(24);
  const float h = std::min(theme.px(72), available / 3 - theme.px(6));
  float y = at.y + theme.px(24);
  for (std::size_t i = 0; i < 3; ++i) {
    const PitView& channel = frame.snapshot->pit[i];
    list->AddRectFilled({at.x, y}, {at.x + w, y + h}, theme->well, theme.px(4));
    list->AddRect({at.x, y}, {at.x + w, y + h}, theme->line, theme.px(4));
    const float pad = theme.px(8);
    const float line = std::min(theme.px(21), (h - theme.px(4)) / 3);
    const std::string state = channel.gate ? (channel.out ? "OUT 1" : "OUT 0") : "gate 0";
    const float state_at = at.x + w - pad - width_of(fonts.small, state);
    put(list, fonts.text, at.x + pad, y + theme.px(3), theme->text,
        fit(fonts.text,
            print("ch %zu  %u %s", i, channel.mode, modes[std::min<std::size_t>(channel.mode, 5)]),
            state_at - at.x - pad * 2));
    put(list, fonts.small, state_at, y + theme.px(4),
        channel.gate && channel.out ? theme->good : theme->text3, state);
    put(list, fonts.small, at.x + pad, y + theme.px(4) + line, theme->text3, "reload");
    put(list, fonts.mono, at.x + pad + theme.px(46), y + theme.px(3) + line, theme->text,
        hex(channel.reload & 0xFFFF, 4));
    const float count_at = at.x + pad + theme.px(96);
    if (count_at + theme.px(76) < at.x + w) {
      put(list, fonts.small, count_at, y + theme.px(4) + line, theme->text3, "count");
      put(list, fonts.mono, count_at + theme.px(40), y + theme.px(3) + line, theme->text,
          hex(channel.count, 4));
    }
    if (channel.reload != 0 && (channel.mode == 2 || channel.mode == 3)) {
      const double hertz = 1193182.0 / channel.reload;
      put(list, fonts.small, at.x + pad, y + theme.px(4) + 2 * line, theme->text3,
          fit(fonts.small,
              (hertz > 1000 ? print("%.1f kHz  ", hertz / 1000) : print("%.1f Hz  ", hertz)) +
                  wires[i],
              w - 2 * pad));
    }
    y += h + theme.px(6);
  }
  ImGui::Dummy({w, y - at.y});
}

void chip_rows(Frame& frame, const emu::Chip& chip_shown, float w) {
  const Theme& theme = frame.theme;
  ImGui::BeginGroup();
  const float left = ImGui::GetCursorPosX();
  text(theme->text, chip_shown.name);
  if (!chip_shown.state.empty()) {
    ImGui::SameLine();
    const float room = w - ImGui::CalcTextSize(chip_shown.name.c_str()).x - theme.px(8);
    text_right(theme->good, fit(theme.fonts().text, chip_shown.state, room), left + w);
    if (ImGui::IsItemHovered()) tooltip(chip_shown.state);
  }
  const float bit = std::floor((w - theme.px(12)) / 4);
  for (const emu::ChipRegister& reg : chip_shown.registers) {
    ImGui::SetCursorPosX(left);
    {
      const WithFont small(theme.fonts().small);
      text(theme->text3, reg.name);
    }
    ImGui::SameLine(left + theme.px(96));
    if (reg.digits != 0) {
      const WithFont mono(theme.fonts().mono);
      text(theme->text, hex(reg.value, reg.digits) + "h");
    }
    if (!reg.note.empty()) {
      if (reg.digits != 0) ImGui::SameLine();
      text(theme->text2, fit(theme.fonts().text, reg.note, left + w - ImGui::GetCursorPosX()));
    }
    if (std::ranges::all_of(reg.bits, [](std::string_view name) { return name.empty(); })) continue;
    int shown = 0;
    for (std::size_t b = 0; b < 8; ++b) {
      if (reg.bits[b].empty()) continue;
      if (shown % 4 == 0) {
        ImGui::SetCursorPosX(left);
      } else {
        ImGui::SameLine(0, theme.px(4));
      }
      chip(frame, reg.bits[b], (reg.value >> (7 - b) & 1) != 0, reg.meanings[b], bit);
      ++shown;
    }
  }
  ImGui::Dummy({w, theme.px(6)});
  ImGui::EndGroup();
}

}  // namespace

void draw_devices(Frame& frame) {
  const Theme& theme = frame.theme;
  const PanelWindow window(frame, Panel::devices, "Devices", "hover a bit for its datasheet name",
                           "", ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse);
  if (!window || frame.snapshot == nullptr) return;
  frame.wants.chips = true;
  const ImVec2 room = ImGui::GetContentRegionAvail();
  const float gap = theme.px(16);
  const bool narrow = room.x < theme.px(640);
  const float pic = std::floor(narrow ? room.x * 0.31F : room.x * 0.29F);
  const float pit = std::floor(narrow ? room.x * 0.27F : room.x * 0.305F);
  const float rest = room.x - pic - pit - 2 * gap;
  const ImVec2 at = ImGui::GetCursorScreenPos();
  ImDrawList* list = ImGui::GetWindowDrawList();
  ImGui::BeginChild("pic", {pic, room.y}, false, ImGuiWindowFlags_NoScrollbar);
  pic_column(frame, pic);
  ImGui::EndChild();
  ImGui::SameLine(0, gap);
  ImGui::BeginChild("pit", {pit, room.y}, false, ImGuiWindowFlags_NoScrollbar);
  pit_column(frame, pit);
  ImGui::EndChild();
  ImGui::SameLine(0, gap);
  ImGui::BeginChild("chips", {rest, room.y});
  ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2(theme.px(4), theme.px(3)));
  for (const emu::Chip& one : frame.snapshot->chips) chip_rows(frame, one, rest - theme.px(14));
  ImGui::PopStyleVar();
  ImGui::EndChild();
  for (const float x : {at.x + pic + gap / 2, at.x + pic + gap + pit + gap / 2}) {
    down(list, x, at.y, at.y + room.y, theme->line);
  }
}

}  // namespace ui
