// Panels on a surface, with a mouse and keys of the test's own: what a click does, and that a
// picture is the same every time.
#include "emu/drive_tap.h"
#include "tests/catch.hpp"
#include "tests/ui/rig.h"

using support::Rig;

namespace {

constexpr int kWidth = 1280;
constexpr int kHeight = 800;

void lay_out(Rig& rig, ui::Layout layout) {
  rig.work().layout = layout;
  rig.work().place = true;
  rig.frames(3);
}

void press_enter(Rig& rig) {
  for (const bool down : {true, false}) {
    SDL_Event event{};
    event.type = down ? SDL_KEYDOWN : SDL_KEYUP;
    event.key.keysym.scancode = SDL_SCANCODE_RETURN;
    event.key.keysym.sym = SDLK_RETURN;
    rig.desk().event(event);
    rig.frames(2);
  }
}

}  // namespace

TEST_CASE("panels: the same run draws the same pixels, in each layout and look", "[ui][panels]") {
  const auto layout = GENERATE(ui::Layout::play, ui::Layout::debug, ui::Layout::disk);
  const auto look = GENERATE(ui::Look::dark, ui::Look::light);
  std::vector<std::uint8_t> first;
  for (int round = 0; round < 2; ++round) {
    Rig rig(kWidth, kHeight, look);
    rig.boot({}, true);
    lay_out(rig, layout);
    if (round == 0) {
      first = rig.pixels();
    } else {
      REQUIRE(rig.pixels() == first);
    }
  }
}

TEST_CASE("panels: the start page's tiles and keys ask for a machine", "[ui][panels]") {
  Rig rig(kWidth, kHeight);
  std::string asked = "nothing";
  rig.desk().open_file = [&](const std::string& path) { asked = path; };
  rig.frames(3);
  rig.click(200, 220);  // the primary tile
  REQUIRE(asked.empty());
}

TEST_CASE("panels: a click in the map pins a cluster, the wheel zooms, a legend entry isolates",
          "[ui][panels][map]") {
  Rig rig(kWidth, kHeight);
  rig.boot();
  rig.work().layout = ui::Layout::disk;
  rig.frames(3, 20 * devices::kMillisecond);
  rig.run(3 * devices::kSecond);
  rig.frames(3);
  REQUIRE(rig.work().map.ready());
  rig.click(400, 200);
  REQUIRE(rig.work().map.pinned.has_value());
  const std::uint64_t pinned = *rig.work().map.pinned;
  REQUIRE(rig.work().map_hovered);
  const int zoom = rig.work().zoom;
  rig.wheel(1);
  REQUIRE(rig.work().zoom < zoom);
  rig.wheel(-1);
  rig.wheel(-1);
  REQUIRE(rig.work().zoom > zoom);
  REQUIRE(*rig.work().map.pinned == pinned);
  REQUIRE(rig.work().sectors != nullptr);
}

TEST_CASE("panels: dragging the time line shows the past, and the guest goes on",
          "[ui][panels][map]") {
  Rig rig(kWidth, kHeight);
  rig.boot();
  rig.work().layout = ui::Layout::disk;
  rig.frames(3, 20 * devices::kMillisecond);
  rig.run(2 * devices::kSecond);
  rig.frames(2);
  REQUIRE(rig.work().map.history().live());
  // The line is the lowest part of the map's window.
  const ui::Rect map = rig.work().placement.panels.at(ui::Panel::map);
  const int y = static_cast<int>(map.y + map.h) - 50;
  const int x = static_cast<int>(map.x + map.w * 0.4F);
  rig.move(x, y);
  rig.frames(2);
  rig.button(x, y, true);
  rig.frames(3);
  rig.button(x, y, false);
  rig.frames(2);
  REQUIRE_FALSE(rig.work().map.history().live());
  REQUIRE(rig.work().map.history().view_time() < rig.work().map.history().now());
  const auto before = rig.snapshot().now;
  rig.frames(2, 20 * devices::kMillisecond);
  REQUIRE(rig.snapshot().now > before);
}

TEST_CASE("panels: a click left of an instruction sets a breakpoint there, another removes it",
          "[ui][panels]") {
  Rig rig(kWidth, kHeight);
  rig.boot({}, true);
  lay_out(rig, ui::Layout::debug);
  const ui::Rect code = rig.work().placement.panels.at(ui::Panel::disassembly);
  const int x = static_cast<int>(code.x) + 14;
  const int y = static_cast<int>(code.y) + 24 + 6 + 18 * 4 + 9;
  rig.click(x, y);
  rig.frames(2);
  REQUIRE(rig.snapshot().points.size() == 1);
  REQUIRE(rig.snapshot().points[0].breakpoint.kind == emu::Breakpoint::Kind::execute);
  rig.click(x, y);
  rig.frames(2);
  REQUIRE(rig.snapshot().points.empty());
}

TEST_CASE("panels: a click takes a line in hand; F9, Ctrl+F10 and F2 work on it", "[ui][panels]") {
  Rig rig(kWidth, kHeight);
  rig.boot({}, true);
  lay_out(rig, ui::Layout::debug);
  const auto press = [&](ui::DebuggerKey key) {
    ui::debugger_key(
        rig.work(), &rig.snapshot(),
        [&](ui::Request request) { rig.session().post(std::move(request)); }, key);
    rig.frames(4);
  };
  // The reset vector's far jump leads to the BIOS; the line in hand is where the processor stands.
  const std::uint32_t reset = rig.snapshot().registers.segments[cpu::kCs].base + 0xFFF0;
  press({SDL_SCANCODE_F9});
  REQUIRE(rig.snapshot().points.size() == 1);
  REQUIRE(rig.snapshot().points[0].breakpoint.first == reset);
  press({SDL_SCANCODE_F9});
  REQUIRE(rig.snapshot().points.empty());

  const ui::Rect code = rig.work().placement.panels.at(ui::Panel::disassembly);
  rig.click(static_cast<int>(code.x) + 200, static_cast<int>(code.y) + 24 + 6 + 18 * 4 + 9);
  REQUIRE(rig.work().code_selected.has_value());
  const std::uint32_t line = *rig.work().code_selected;
  REQUIRE(line != reset);
  press({SDL_SCANCODE_F9});
  REQUIRE(rig.snapshot().points.size() == 1);
  REQUIRE(rig.snapshot().points[0].breakpoint.first == line);
  press({SDL_SCANCODE_F9});

  press({SDL_SCANCODE_F2});
  rig.text("here");
  press_enter(rig);
  REQUIRE(rig.work().labels.at(line) == "here");

  // Ctrl+G by address; the machine runs to what was found there.
  rig.work().code_selected = 0x7C00;
  press({SDL_SCANCODE_F10, false, true});
  for (int i = 0; i < 3000 && rig.snapshot().state == ui::RunState::running; ++i)
    rig.frame(5 * devices::kMillisecond);
  REQUIRE(rig.snapshot().registers.eip == 0x7C00);
  press({SDL_SCANCODE_G, false, true});
  rig.text("7C10");
  press_enter(rig);
  REQUIRE(rig.work().code_top == 0x7C10);
}

TEST_CASE("panels: Ctrl+G and Ctrl+F go to the memory panel's fields", "[ui][panels]") {
  Rig rig(kWidth, kHeight);
  rig.boot({}, true);
  lay_out(rig, ui::Layout::debug);
  const auto post = [&](ui::Request request) { rig.session().post(std::move(request)); };
  rig.work().focused = ui::Panel::memory;
  ui::debugger_key(rig.work(), &rig.snapshot(), post, {SDL_SCANCODE_G, false, true});
  rig.frames(3);
  REQUIRE(rig.desk().wants_text());
  rig.text("0040:006C");
  press_enter(rig);
  REQUIRE(rig.work().memory_address == 0x460);
  ui::debugger_key(rig.work(), &rig.snapshot(), post, {SDL_SCANCODE_F, false, true});
  rig.frames(3);
  rig.text("EA 5B");
  REQUIRE(rig.work().memory_pattern == "EA 5B");
}

TEST_CASE("panels: digits typed into a byte of memory change the guest's memory", "[ui][panels]") {
  Rig rig(kWidth, kHeight);
  rig.boot({}, true);
  rig.work().memory_follow = false;
  rig.work().memory_address = 0x500;
  lay_out(rig, ui::Layout::debug);
  const ui::Rect memory = rig.work().placement.panels.at(ui::Panel::memory);
  rig.work().memory_cursor = 0x500;
  rig.work().memory_digit = 0;
  rig.move(static_cast<int>(memory.x) + 150, static_cast<int>(memory.y) + 80);
  rig.frames(2);
  rig.text("a");
  rig.text("5");
  std::array<std::uint8_t, 1> byte{};
  rig.session().machine().memory().peek(0x500, byte);
  REQUIRE(byte[0] == 0xA5);
  REQUIRE(rig.work().memory_cursor == 0x501);
}
