// Memory as bytes and text. Editing is possible while the machine is paused.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "emu/linear_memory.h"
#include "ui/panels.h"
#include "ui/places.h"
#include "ui/widgets.h"

namespace ui {

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

class MemoryBytes {
 public:
  explicit MemoryBytes(Frame& frame)
      : frame_(frame),
        theme_(frame.theme),
        work_(frame.work),
        mono_(frame.theme.fonts().mono),
        cell_(width_of(mono_, "0")) {}

  void draw() {
    const ImVec2 room = ImGui::GetContentRegionAvail();
    const ImVec2 at = ImGui::GetCursorScreenPos();
    x_bytes_ = at.x + cell_ * 9;
    x_ascii_ = x_bytes_ + cell_ * 50;
    ImGui::InvisibleButton("memory", {std::max(room.x, 1.0F), std::max(room.y, 1.0F)});
    hovered_ = ImGui::IsItemHovered();
    mouse_ = ImGui::GetIO().MousePos;
    if (const float wheel = ImGui::GetIO().MouseWheel; hovered_ && wheel != 0) {
      work_.memory_follow = false;
      work_.memory_address +=
          static_cast<std::uint32_t>(-static_cast<std::int32_t>(wheel * 4) * 16);
    }
    const int rows = std::max(1, static_cast<int>(room.y / theme_.hex_row()));
    for (int r = 0; r < rows; ++r) {
      row(work_.memory_address + static_cast<std::uint32_t>(r) * 16, at.x,
          at.y + theme_.hex_row() * static_cast<float>(r));
    }
    watch_menu(frame_);
    if (work_.memory_digit >= 0) edit();
  }

 private:
  struct Byte {
    std::uint32_t address;
    std::uint8_t value;
    bool known, changed;
  };

  void row(std::uint32_t address, float x, float y) {
    std::array<std::uint8_t, 16> bytes{};
    std::array<std::uint8_t, 16> before{};
    const bool here = frame_.peek_linear(address, bytes);
    const auto physical = frame_.physical_of(address);
    const bool compare =
        here && frame_.paused() && physical && frame_.peek_before(*physical, before);
    put(ImGui::GetWindowDrawList(), mono_, x, y, theme_->text3, hex(address, 8));
    for (std::uint32_t i = 0; i < bytes.size(); ++i)
      byte({address + i, bytes[i], here, compare && bytes[i] != before[i]}, i, y);
  }

  void byte(const Byte& byte, std::uint32_t column, float y) {
    ImDrawList* list = ImGui::GetWindowDrawList();
    const float x = x_bytes_ + cell_ * static_cast<float>(column * 3 + (column >= 8 ? 1 : 0));
    const float bottom = y + theme_.hex_row();
    if (work_.memory_digit >= 0 && work_.memory_cursor == byte.address)
      list->AddRectFilled({x - cell_ / 4, y}, {x + cell_ * 2.25F, bottom}, theme_->button_on);
    Colour colour = byte.value == 0 ? theme_->zero_byte : theme_->text;
    if (byte.changed) colour = theme_->changed;
    if (!byte.known) colour = theme_->disabled;
    put(list, mono_, x, y, colour, byte.known ? hex(byte.value, 2) : "..");
    const bool shows = byte.value >= 0x20 && byte.value < 0x7F;
    put(list, mono_, x_ascii_ + cell_ * static_cast<float>(column), y,
        byte.changed ? theme_->changed : theme_->text2,
        std::string(1, shows ? static_cast<char>(byte.value) : '.'));
    const bool under = hovered_ && mouse_.x >= x - cell_ / 2 && mouse_.x < x + cell_ * 2.5F &&
                       mouse_.y >= y && mouse_.y < bottom;
    if (under && ImGui::IsMouseClicked(0) && frame_.paused()) {
      work_.memory_cursor = byte.address;
      work_.memory_digit = 0;
    }
    if (under && ImGui::IsMouseClicked(1)) {
      work_.memory_cursor = byte.address;
      ImGui::OpenPopup("byte");
    }
  }

  // Typed digits go into the byte in hand, and on to the next.
  void edit() {
    if (!frame_.paused() || (ImGui::IsMouseClicked(0) && !hovered_)) work_.memory_digit = -1;
    for (const ImWchar c : ImGui::GetIO().InputQueueCharacters) {
      const char digit = c < 128 ? static_cast<char>(c) : '?';
      const auto value = parse_hex(std::string_view(&digit, 1));
      if (!value || work_.memory_digit < 0) continue;
      std::array<std::uint8_t, 1> old{};
      frame_.peek_linear(work_.memory_cursor, old);
      if (work_.memory_digit == 0) {
        work_.memory_high_digit = *value;
        write_byte(frame_, work_.memory_cursor,
                   static_cast<std::uint8_t>(*value << 4 | (old[0] & 15)));
        work_.memory_digit = 1;
      } else {
        write_byte(frame_, work_.memory_cursor,
                   static_cast<std::uint8_t>(work_.memory_high_digit << 4 | *value));
        work_.memory_digit = 0;
        ++work_.memory_cursor;
      }
    }
    if (ImGui::IsKeyPressed(SDL_SCANCODE_ESCAPE)) work_.memory_digit = -1;
  }

  Frame& frame_;
  const Theme& theme_;
  Workspace& work_;
  ImFont* mono_;
  float cell_;
  float x_bytes_ = 0, x_ascii_ = 0;
  ImVec2 mouse_{};
  bool hovered_ = false;
};

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
  MemoryBytes(frame).draw();
}

}  // namespace ui
