// Memory as bytes and text. Editing is possible while the machine is paused.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "cpu/registers.h"
#include "emu/linear_memory.h"
#include "ui/panels.h"
#include "ui/places.h"
#include "ui/widgets.h"

namespace ui {

namespace {

void write_byte(Frame& frame, std::uint32_t address, std::uint8_t value) {
  frame.post([address, value, is_physical = frame.work.memory.physical](Control& control) {
    std::optional<std::uint32_t> physical = address;
    if (!is_physical) {
      const cpu::Registers registers = control.machine().processor().registers();
      physical = emu::linear_to_physical(registers, control.machine().memory(), address);
    }
    if (!physical) return control.tell("no page at " + hex(address, 8));
    const std::array<std::uint8_t, 1> bytes = {value};
    control.machine().write_memory(*physical, bytes);
  });
}

// "EB 3C" as bytes, anything else as text.
std::vector<std::uint8_t> pattern_of(const std::string& words) {
  const bool digits =
      words.size() >= 2 && words.find_first_not_of("0123456789abcdefABCDEF ") == std::string::npos;
  if (!digits) return {words.begin(), words.end()};
  std::string packed;
  for (const char c : words) {
    if (c != ' ') packed += c;
  }
  std::vector<std::uint8_t> pattern;
  for (std::size_t i = 0; i + 1 < packed.size(); i += 2)
    pattern.push_back(
        static_cast<std::uint8_t>(std::strtoul(packed.substr(i, 2).c_str(), nullptr, 16)));
  return pattern;
}

// Behind what was found last, where that is in sight.
void find_in_memory(Frame& frame) {
  const std::vector<std::uint8_t> pattern = pattern_of(frame.work.memory.pattern);
  if (pattern.empty()) return;
  const Workspace::MemoryView& view = frame.work.memory;
  const Snapshot::Found& last = frame.snapshot->found;
  const std::uint32_t top =
      view.physical ? view.address : frame.physical_of(view.address).value_or(0);
  const bool in_sight = last.number != 0 && (last.physical & ~15U) == top;
  frame.post([pattern, from = in_sight ? last.physical + 1 : top](Control& control) {
    control.find_in_memory(pattern, from);
  });
}

// What a search found is shown once, and the person may scroll away from it.
void follow_finding(Frame& frame) {
  Workspace::MemoryView& view = frame.work.memory;
  const Snapshot::Found& found = frame.snapshot->found;
  if (found.number == view.found_number) return;
  view.found_number = found.number;
  if (found.number == 0) return;
  view.follow = false;
  view.physical = (frame.snapshot->registers.cr0 & cpu::kCr0Pg) != 0;
  view.address = found.physical & ~15U;
}

void go_to(Frame& frame, std::string_view words) {
  constexpr std::string_view physical = "phys ";
  Workspace::MemoryView& view = frame.work.memory;
  const bool is_physical = words.starts_with(physical);
  const auto place =
      is_physical ? parse_hex(words.substr(physical.size())) : parse_place(frame, words);
  if (!place) {
    constexpr float seconds = 8;
    frame.work.message = std::string(words) + " is no address";
    frame.work.message_left = seconds;
    return;
  }
  view.address = *place & ~15U;
  view.physical = is_physical;
  view.follow = false;
}

void follow_di(Frame& frame) {
  if (!frame.work.memory.follow || !frame.paused()) return;
  const cpu::Registers& r = frame.snapshot->registers;
  const std::uint32_t offset =
      emu::wide_code(r) ? r.general[cpu::kEdi] : r.general[cpu::kEdi] & 0xFFFF;
  frame.work.memory.physical = false;
  frame.work.memory.address = (r.segments[cpu::kEs].base + offset) & ~15U;
}

// What a right click on a byte offers.
void watch_menu(Frame& frame) {
  if (!ImGui::BeginPopup("byte")) return;
  const std::string address = hex(frame.work.memory.cursor, 5);
  text(frame.theme->text3, address);
  constexpr std::array<std::pair<const char*, const char*>, 3> kinds = {
      {{"Break on write", " write"}, {"Break on read", " read"}, {"Break on any access", ""}}};
  for (const auto& [label, direction] : kinds) {
    if (!ImGui::MenuItem(label)) continue;
    const std::string kind = frame.work.memory.physical ? "phys " : "mem ";
    frame.post([words = kind + address + direction](Control& c) { c.debugger().add(words); });
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
      work_.memory.follow = false;
      work_.memory.address +=
          static_cast<std::uint32_t>(-static_cast<std::int32_t>(wheel * 4) * 16);
    }
    const int rows = std::max(1, static_cast<int>(room.y / theme_.hex_row()));
    for (int r = 0; r < rows; ++r) {
      row(work_.memory.address + static_cast<std::uint32_t>(r) * 16, at.x,
          at.y + theme_.hex_row() * static_cast<float>(r));
    }
    watch_menu(frame_);
    if (work_.memory.digit >= 0) edit();
  }

 private:
  struct Byte {
    std::uint32_t address;
    std::uint8_t value;
    bool known, changed, found;
  };

  void row(std::uint32_t address, float x, float y) {
    std::array<std::uint8_t, 16> bytes{};
    std::array<std::uint8_t, 16> before{};
    const std::optional<std::uint32_t> physical =
        work_.memory.physical ? address : frame_.physical_of(address);
    const bool here = peek(address, bytes);
    const bool compare =
        here && frame_.paused() && physical && frame_.peek_before(*physical, before);
    put(ImGui::GetWindowDrawList(), mono_, x, y, theme_->text3, hex(address, 8));
    const Snapshot::Found& found = frame_.snapshot->found;
    for (std::uint32_t i = 0; i < bytes.size(); ++i) {
      const bool is_found = physical && *physical + i - found.physical < found.size;
      byte({address + i, bytes[i], here, compare && bytes[i] != before[i], is_found}, i, y);
    }
  }

  bool peek(std::uint32_t address, std::span<std::uint8_t> bytes) const {
    return work_.memory.physical ? frame_.peek(address, bytes) : frame_.peek_linear(address, bytes);
  }

  void byte(const Byte& byte, std::uint32_t column, float y) {
    ImDrawList* list = ImGui::GetWindowDrawList();
    const float x = x_bytes_ + cell_ * static_cast<float>(column * 3 + (column >= 8 ? 1 : 0));
    const float bottom = y + theme_.hex_row();
    if (byte.found)
      list->AddRectFilled({x - cell_ / 4, y}, {x + cell_ * 2.25F, bottom}, theme_->row);
    if (work_.memory.digit >= 0 && work_.memory.cursor == byte.address)
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
      work_.memory.cursor = byte.address;
      work_.memory.digit = 0;
    }
    if (under && ImGui::IsMouseClicked(1)) {
      work_.memory.cursor = byte.address;
      ImGui::OpenPopup("byte");
    }
  }

  // Typed digits go into the byte in hand, and on to the next.
  void edit() {
    if (!frame_.paused() || (ImGui::IsMouseClicked(0) && !hovered_)) work_.memory.digit = -1;
    for (const ImWchar c : ImGui::GetIO().InputQueueCharacters) {
      const char digit = c < 128 ? static_cast<char>(c) : '?';
      const auto value = parse_hex(std::string_view(&digit, 1));
      if (!value || work_.memory.digit < 0) continue;
      std::array<std::uint8_t, 1> old{};
      peek(work_.memory.cursor, old);
      if (work_.memory.digit == 0) {
        work_.memory.high_digit = *value;
        write_byte(frame_, work_.memory.cursor,
                   static_cast<std::uint8_t>(*value << 4 | (old[0] & 15)));
        work_.memory.digit = 1;
      } else {
        write_byte(frame_, work_.memory.cursor,
                   static_cast<std::uint8_t>(work_.memory.high_digit << 4 | *value));
        work_.memory.digit = 0;
        ++work_.memory.cursor;
      }
    }
    if (ImGui::IsKeyPressed(SDL_SCANCODE_ESCAPE)) work_.memory.digit = -1;
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
  Workspace::MemoryView& view = work.memory;
  const PanelWindow window(frame, Panel::memory, "Memory",
                           (view.physical ? "physical " : "linear ") + hex(view.address, 8) +
                               (view.follow ? ", follows ES:DI" : ""),
                           "", ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse);
  if (!window || frame.snapshot == nullptr) return;
  if (std::exchange(view.go_to, false)) ImGui::SetKeyboardFocusHere();
  const bool entered = input("##address", work.goto_address, theme.px(120), "0000:7C00, es:di",
                             ImGuiInputTextFlags_EnterReturnsTrue);
  if (ImGui::IsItemHovered())
    tooltip(
        "7C00, 0000:7C00, es:di, ebx, a name\nphys B8000: as it lies in memory, without page "
        "tables");
  ImGui::SameLine();
  if (button(frame, "Go to") || entered) go_to(frame, work.goto_address);
  ImGui::SameLine();
  if (std::exchange(view.find, false)) ImGui::SetKeyboardFocusHere();
  const bool find_entered = input("##find", view.pattern, theme.px(120), "EB 3C, or text",
                                  ImGuiInputTextFlags_EnterReturnsTrue);
  ImGui::SameLine();
  if (button(frame, "Find") || find_entered) find_in_memory(frame);
  if (ImGui::IsItemHovered()) tooltip("in RAM, from here on; again: the next one");
  ImGui::SameLine();
  checkbox(frame, "Follow", view.follow);
  if (ImGui::IsItemHovered()) tooltip("shows where ES:DI points");
  follow_finding(frame);
  follow_di(frame);
  MemoryBytes(frame).draw();
}

}  // namespace ui
