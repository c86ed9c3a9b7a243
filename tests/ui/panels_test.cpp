// Panels on a surface, with a mouse and keys of the test's own: what a click does, and that a
// picture is the same every time.
#include <imgui_internal.h>

#include <filesystem>

#include "bios/roms.h"
#include "emu/drive_tap.h"
#include "storage/fat_volume.h"
#include "storage/format.h"
#include "storage/open_image.h"
#include "tests/catch.hpp"
#include "tests/support/temp_dir.h"
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
  rig.desk().program.open_file = [&](const std::string& path) { asked = path; };
  rig.frames(3);
  rig.click(200, 220);  // the primary tile
  REQUIRE(asked.empty());
}

TEST_CASE("panels: an entry without its parent asks for it, and a failure asks again",
          "[ui][panels]") {
  Rig rig(kWidth, kHeight);
  std::string child;
  std::string parent;
  rig.desk().program.relocate_parent = [&](const std::string& a, const std::string& b) {
    child = a;
    parent = b;
  };
  ui::RecentFile broken;
  broken.path = "/tmp/top.vmdk";
  broken.looked = true;
  broken.problem = "/tmp/mid.vmdk: has lost its parent (base.vmdk does not exist)";
  broken.lost_child = "/tmp/mid.vmdk";
  broken.lost_parent = "base.vmdk";
  rig.work().recent = {broken};
  rig.frames(3);
  rig.click(600, 360);  // the entry
  REQUIRE(ImGui::IsPopupOpen("", ImGuiPopupFlags_AnyPopupId | ImGuiPopupFlags_AnyPopupLevel));
  rig.frames(2);
  rig.text("elsewhere.vmdk");  // in the child's folder, which is listed
  rig.press(SDL_SCANCODE_RETURN);
  CHECK(child == "/tmp/mid.vmdk");
  CHECK(parent == "/tmp/elsewhere.vmdk");
  CHECK_FALSE(rig.work().open.asked());
  rig.work().open.failed("it is not the parent");
  CHECK(rig.work().open.asked());
  rig.frames(2);
  rig.work().open.failed("another drive's trouble");
  CHECK_FALSE(rig.work().open.asked());
}

TEST_CASE("panels: a folder is gone into by Enter, and taken where a folder is wanted",
          "[ui][panels]") {
  const support::TempDir folder;
  std::filesystem::create_directory(folder.path() / "games");
  Rig rig(kWidth, kHeight);
  std::string asked = "nothing";
  rig.desk().program.open_file = [&](const std::string& path) { asked = path; };
  rig.frames(3);
  const bool wanted = GENERATE(false, true);
  if (wanted) {
    rig.work().open.ask_for_folder();
  } else {
    rig.work().open.ask_for_machine();
  }
  rig.frames(4);
  rig.text((folder.path() / "games").string());
  rig.press(SDL_SCANCODE_RETURN);
  CHECK(asked == (wanted ? (folder.path() / "games").string() : "nothing"));
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

TEST_CASE("panels: a cluster's history lists its events, newest first", "[ui][panels][map]") {
  Rig rig(kWidth, kHeight);
  rig.boot();
  rig.work().layout = ui::Layout::disk;
  rig.frames(3, 20 * devices::kMillisecond);
  rig.run(3 * devices::kSecond);
  rig.frames(3);
  ui::MapModel& map = rig.work().map;
  map.pinned = 0;  // the boot sector
  const auto events = map.events_of(0, 3);
  REQUIRE(!events.empty());
  REQUIRE(std::ranges::is_sorted(events, std::ranges::greater{}, &storage::MapEvent::time));
  REQUIRE(std::ranges::all_of(events, [](const auto& event) { return event.lba == 0; }));
  REQUIRE(map.events_of(map.history().map().clusters() - 1, 3).empty());
}

TEST_CASE("panels: heat's legend of a large disk is counted in parts, and is no number until then",
          "[ui][panels][map]") {
  const support::TempDir folder;
  const auto path = folder.path() / "large.vmdk";
  storage::CreateOptions create;
  create.sectors = 1ULL << 27;
  const storage::OpenOptions plain;
  create_image(storage::PosixDirectory::place_of(path, host_rules(plain)), storage::kVmdkFormat,
               create, plain);
  Rig rig(kWidth, kHeight);
  rig.boot({"--drive", "bus=ide0.0,file=" + path.string() + ",mode=discard,chs=16383/16/63"}, true);
  rig.work().layout = ui::Layout::disk;
  rig.frames(4);
  REQUIRE(rig.work().map.ready());
  const auto sum = [&] {
    std::uint64_t all = 0;
    for (const ui::LegendRow& row : rig.work().legend) all += row.count;
    return all;
  };
  const std::uint64_t clusters = rig.work().map.history().map().clusters();
  REQUIRE(clusters > 2 * ui::kHeatBlock);
  CHECK(sum() == clusters);
  rig.work().map.mode = ui::MapMode::heat;
  rig.frame();
  CHECK_FALSE(rig.work().legend_counted);
  CHECK(sum() == 0);
  for (int i = 0; i < 40 && !rig.work().legend_counted; ++i) rig.frame();
  CHECK(rig.work().legend_counted);
  CHECK(sum() == clusters);
  rig.work().map.mode = ui::MapMode::state;
  rig.frame();
  CHECK(rig.work().legend_counted);
  CHECK(sum() == clusters);
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
  rig.press(SDL_SCANCODE_RETURN);
  REQUIRE(rig.work().labels.at(line) == "here");

  // Ctrl+G by address; the machine runs to what was found there.
  rig.work().code_selected = 0x7C00;
  press({SDL_SCANCODE_F10, false, true});
  for (int i = 0; i < 3000 && rig.snapshot().state == ui::RunState::running; ++i)
    rig.frame(5 * devices::kMillisecond);
  REQUIRE(rig.snapshot().registers.eip == 0x7C00);
  press({SDL_SCANCODE_G, false, true});
  rig.text("7C10");
  rig.press(SDL_SCANCODE_RETURN);
  REQUIRE(rig.work().code_top == 0x7C10);
}

TEST_CASE("panels: Shift+F10 and Back step back once a history is kept; before, they say how",
          "[ui][panels]") {
  Rig rig(kWidth, kHeight);
  rig.boot({}, true);
  lay_out(rig, ui::Layout::debug);
  const auto press = [&](ui::DebuggerKey key) {
    ui::debugger_key(
        rig.work(), &rig.snapshot(),
        [&](ui::Request request) { rig.session().post(std::move(request)); }, key);
    rig.frames(4);
  };
  press({SDL_SCANCODE_F11});
  const std::uint64_t one = rig.snapshot().instructions;
  press({SDL_SCANCODE_F10, true, false});
  REQUIRE(rig.snapshot().instructions == one);
  REQUIRE(rig.work().message->find("Keep history") != std::string::npos);

  rig.session().post([](ui::Control& control) { control.keep_history(true); });
  press({SDL_SCANCODE_F11});
  press({SDL_SCANCODE_F11});
  REQUIRE(rig.snapshot().instructions == one + 2);
  const std::uint32_t eip = rig.snapshot().registers.eip;
  press({SDL_SCANCODE_F10, true, false});
  REQUIRE(rig.snapshot().instructions == one + 1);
  REQUIRE(rig.snapshot().before.eip == eip);
  REQUIRE(rig.snapshot().last_step == "step back");
  // Ctrl+Shift+F5: there is no breakpoint, so to where it was switched on.
  press({SDL_SCANCODE_F5, true, true});
  REQUIRE(rig.snapshot().instructions == one);
  REQUIRE(rig.snapshot().why.find("the history begins here") == 0);
  press({SDL_SCANCODE_F11});
  REQUIRE(rig.snapshot().instructions == one + 1);
  // The button stands between Out and To cursor.
  const ui::Rect bar = rig.work().placement.panels.at(ui::Panel::cpu);
  bool back = false;
  for (int x = static_cast<int>(bar.x) + 250; x < static_cast<int>(bar.x + bar.w) && !back;
       x += 12) {
    rig.click(x, static_cast<int>(bar.y + bar.h / 2));
    back = rig.snapshot().last_step == "step back" && rig.snapshot().instructions == one;
    REQUIRE(rig.snapshot().last_step != "run to");
  }
  REQUIRE(back);
}

TEST_CASE("panels: Go there on the time line takes the machine to the moment that is shown",
          "[ui][panels][map]") {
  Rig rig(kWidth, kHeight);
  rig.boot();
  rig.work().layout = ui::Layout::disk;
  rig.session().post([](ui::Control& control) { control.keep_history(true); });
  rig.frames(3, 20 * devices::kMillisecond);
  rig.run(3 * devices::kSecond);
  rig.frames(2);
  const ui::Rect map = rig.work().placement.panels.at(ui::Panel::map);
  const int y = static_cast<int>(map.y + map.h) - 50;
  const int x = static_cast<int>(map.x + map.w * 0.5F);
  rig.move(x, y);
  rig.frames(2);
  rig.button(x, y, true);
  rig.frames(3);
  rig.button(x, y, false);
  rig.frames(2);
  REQUIRE_FALSE(rig.work().map.history().live());
  const std::uint64_t shown = rig.work().map.history().view_time();
  const std::uint64_t now = rig.snapshot().now;
  REQUIRE(shown + devices::kSecond < now);
  // The buttons stand at the line's right end.
  bool there = false;
  for (int dy = 0; dy < 15 && !there; dy += 5) {
    for (int dx = 126; dx < 186 && !there; dx += 20) {
      rig.click(static_cast<int>(map.x + map.w) - dx, static_cast<int>(map.y + map.h) - 5 - dy);
      rig.frames(2);
      there = rig.snapshot().now < now;
    }
  }
  REQUIRE(there);
  REQUIRE(rig.snapshot().state == ui::RunState::paused);
  REQUIRE(rig.snapshot().now >= shown);
  REQUIRE(rig.snapshot().now < shown + devices::kMillisecond);
  REQUIRE(rig.work().map.history().now() == rig.snapshot().now);
  REQUIRE(rig.work().map.history().live());
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
  rig.press(SDL_SCANCODE_RETURN);
  REQUIRE(rig.work().memory.address == 0x460);
  ui::debugger_key(rig.work(), &rig.snapshot(), post, {SDL_SCANCODE_F, false, true});
  rig.frames(3);
  rig.text("EA 5B");
  REQUIRE(rig.work().memory.pattern == "EA 5B");
}

TEST_CASE("panels: Find leads to the bytes, then to the next, and round the end", "[ui][panels]") {
  Rig rig(kWidth, kHeight);
  rig.boot({}, true);
  lay_out(rig, ui::Layout::debug);
  const std::array<std::uint8_t, 3> bytes = {0xDE, 0xAD, 0x5A};
  for (const std::uint32_t address : {0x12345U, 0x56789U}) {
    rig.session().post(
        [=](ui::Control& control) { control.machine().write_memory(address, bytes); });
  }
  rig.work().memory.pattern = "DE AD 5a";
  const auto find = [&] {
    rig.work().memory.find = true;
    rig.frames(3);
    rig.press(SDL_SCANCODE_RETURN);
    rig.frames(2);
    return rig.work().memory.address;
  };
  CHECK(find() == 0x12340);
  CHECK(find() == 0x56780);
  CHECK(find() == 0x12340);
  CHECK_FALSE(rig.work().memory.follow);
}

TEST_CASE("panels: physical memory shows and takes bytes without page tables", "[ui][panels]") {
  Rig rig(kWidth, kHeight);
  rig.boot({}, true);
  lay_out(rig, ui::Layout::debug);
  // Paging with a directory of nothing: no linear address leads anywhere.
  rig.session().post([](ui::Control& control) {
    cpu::Registers registers = control.machine().processor().registers();
    registers.cr3 = 0x10000;
    registers.cr0 |= 0x80000001;
    control.machine().set_registers(registers);
  });
  rig.frames(3);
  const auto go_to = [&](const std::string& words) {
    rig.work().goto_address = words;
    rig.work().memory.go_to = true;
    rig.frames(3);
    rig.press(SDL_SCANCODE_RETURN);
  };
  const auto type_byte = [&] {
    rig.work().memory.cursor = rig.work().memory.address;
    rig.work().memory.digit = 0;
    rig.frames(1);
    rig.text("A7");
    rig.frames(2);
  };
  const auto in_ram = [&] { return rig.session().machine().memory().ram()[0x20000]; };
  go_to("20000");
  CHECK_FALSE(rig.work().memory.physical);
  type_byte();
  CHECK(in_ram() == 0);  // refused: no page
  go_to("phys 20000");
  CHECK(rig.work().memory.physical);
  CHECK(rig.work().memory.address == 0x20000);
  type_byte();
  CHECK(in_ram() == 0xA7);
}

TEST_CASE("panels: a key that goes down and up within one frame is a key", "[ui][panels]") {
  Rig rig(kWidth, kHeight);
  rig.boot({}, true);
  lay_out(rig, ui::Layout::debug);
  rig.work().focused = ui::Panel::memory;
  ui::debugger_key(rig.work(), &rig.snapshot(),
                   [&](ui::Request request) { rig.session().post(std::move(request)); },
                   {SDL_SCANCODE_G, false, true});
  rig.frames(3);
  rig.text("B8000");
  for (const bool down : {true, false}) {
    SDL_Event event{};
    event.type = down ? SDL_KEYDOWN : SDL_KEYUP;
    event.key.keysym.scancode = SDL_SCANCODE_RETURN;
    rig.desk().event(event);
  }
  rig.frames(3);
  REQUIRE(rig.work().memory.address == 0xB8000);
  REQUIRE_FALSE(ImGui::GetIO().KeysDown[SDL_SCANCODE_RETURN]);
}

TEST_CASE("panels: what Trace and Ports record is shown by the panel's filter", "[ui][panels]") {
  Rig rig(kWidth, kHeight);
  rig.boot();
  rig.work().extra = {ui::Panel::trace, ui::Panel::ports};
  lay_out(rig, ui::Layout::debug);
  REQUIRE_FALSE(rig.snapshot().trace.on);
  rig.session().post([](ui::Control& control) {
    control.machine().trace_instructions(1000);
    control.machine().log_ports(1000);
  });
  // In a small window the trace is a tab beside the stack.
  rig.work().ports_filter = "out";
  rig.frames(4, 5 * devices::kMillisecond);
  REQUIRE(rig.snapshot().trace.on);
  REQUIRE(rig.snapshot().trace.total > 1000);
  REQUIRE(rig.snapshot().ports.on);
  REQUIRE_FALSE(rig.snapshot().ports.lines.empty());
  for (const std::string& line : rig.snapshot().ports.lines)
    REQUIRE(line.find(" out ") != std::string::npos);
  rig.work().ports_filter = "no line has this";
  rig.frames(3, devices::kMillisecond);
  REQUIRE(rig.snapshot().ports.lines.empty());
}

TEST_CASE("panels: Record in the Trace panel shows instructions, again and it shows jumps",
          "[ui][panels]") {
  Rig rig(1600, 1000);
  rig.boot();
  lay_out(rig, ui::Layout::debug);
  const ui::Rect trace = rig.work().placement.panels.at(ui::Panel::trace);
  const int x = static_cast<int>(trace.x) + 18;
  const int y = static_cast<int>(trace.y) + 24 + 16;
  rig.click(x, y);
  rig.frames(3, devices::kMillisecond);
  REQUIRE(rig.snapshot().trace.on);
  REQUIRE(rig.snapshot().trace.lines.size() > 100);
  rig.click(x, y);
  rig.frames(2, devices::kMillisecond);
  REQUIRE_FALSE(rig.snapshot().trace.on);
}

TEST_CASE("panels: a right click on a byte of memory watches it", "[ui][panels]") {
  Rig rig(kWidth, kHeight);
  rig.boot({}, true);
  rig.work().memory.follow = false;
  rig.work().memory.address = 0x500;
  lay_out(rig, ui::Layout::debug);
  const ui::Rect memory = rig.work().placement.panels.at(ui::Panel::memory);
  const int x = static_cast<int>(memory.x) + 90;
  const int y = static_cast<int>(memory.y) + 90;
  rig.move(x, y);
  rig.frames(2);
  rig.button(x, y, true, SDL_BUTTON_RIGHT);
  rig.frames(2);
  rig.button(x, y, false, SDL_BUTTON_RIGHT);
  rig.frames(2);
  const std::uint32_t byte = rig.work().memory.cursor;
  REQUIRE((byte >= 0x500 && byte < 0x600));
  rig.click(x + 30, y + 38);  // the first entry, below the address
  rig.frames(2);
  REQUIRE(rig.snapshot().points.size() == 1);
  const emu::Breakpoint& point = rig.snapshot().points[0].breakpoint;
  REQUIRE(point.kind == emu::Breakpoint::Kind::memory);
  REQUIRE((point.first == byte && point.last == byte && !point.reads));
}

TEST_CASE("panels: digits typed into a byte of memory change the guest's memory", "[ui][panels]") {
  Rig rig(kWidth, kHeight);
  rig.boot({}, true);
  rig.work().memory.follow = false;
  rig.work().memory.address = 0x500;
  lay_out(rig, ui::Layout::debug);
  const ui::Rect memory = rig.work().placement.panels.at(ui::Panel::memory);
  rig.work().memory.cursor = 0x500;
  rig.work().memory.digit = 0;
  rig.move(static_cast<int>(memory.x) + 150, static_cast<int>(memory.y) + 80);
  rig.frames(2);
  rig.text("a");
  rig.text("5");
  std::array<std::uint8_t, 1> byte{};
  rig.session().machine().memory().peek(0x500, byte);
  REQUIRE(byte[0] == 0xA5);
  REQUIRE(rig.work().memory.cursor == 0x501);
}

TEST_CASE("panels: DOS shows what is in memory now: nothing, then a chain of blocks",
          "[ui][panels]") {
  Rig rig(kWidth, kHeight);
  rig.boot({}, true);
  lay_out(rig, ui::Layout::debug);
  rig.frames(3);
  REQUIRE(rig.snapshot().dos == nullptr);  // nobody looks
  rig.work().extra.insert(ui::Panel::dos);
  rig.frames(4);
  REQUIRE(rig.snapshot().dos == nullptr);
  // Three blocks from segment 60h on, the last one free.
  rig.session().post([](ui::Control& control) {
    const auto block = [&](std::uint32_t segment, std::uint8_t mark, std::uint8_t owner,
                           std::uint8_t paragraphs) {
      control.machine().write_memory(segment * 16,
                                     std::array<std::uint8_t, 5>{mark, owner, 0, paragraphs, 0});
    };
    block(0x60, 'M', 8, 1);
    block(0x62, 'M', 8, 1);
    block(0x64, 'Z', 0, 4);
  });
  rig.session().post([](ui::Control& control) { control.step_into(); });
  rig.frames(4);
  REQUIRE(rig.snapshot().dos != nullptr);
  REQUIRE(rig.snapshot().dos->blocks.size() == 3);
  REQUIRE_FALSE(rig.snapshot().dos->lists);
}

namespace {

// The demo's disk as an image file, in the Disk layout with its files read.
class DiskRig {
 public:
  explicit DiskRig(const std::string& mode = "rw") : rig(1600, 1000) {
    const auto lab = bios::disk_lab();
    file = (folder.path() / "lab.vmdk").string();
    storage::CreateOptions create;
    create.sectors = 65520;
    create.geometry = {65, 16, 63};
    const storage::OpenOptions plain;
    create_image(storage::PosixDirectory::place_of(file, host_rules(plain)), storage::kVmdkFormat,
                 create, plain);
    {
      const auto image = open_image(std::filesystem::path(file), plain);
      REQUIRE(image.device->write(0, lab.first(lab.size() / 512 * 512)) == storage::IoStatus::ok);
      REQUIRE(image.device->close() == storage::IoStatus::ok);
    }
    rig.boot({"--drive", "bus=ide0.0,file=" + file + ",mode=" + mode});
    rig.work().layout = ui::Layout::disk;
    rig.frames(3, 20 * devices::kMillisecond);
    rig.run(4 * devices::kSecond);
    for (int i = 0; i < 5; ++i) rig.frame(devices::kMillisecond, 1.1F);
    REQUIRE(rig.work().map.files() != nullptr);
    REQUIRE_FALSE(rig.work().map.files()->volumes.empty());
  }

  // Buttons of the panel's two rows, from the left.
  void click_chain(int row, int x) {
    const ui::Rect chain = rig.work().placement.panels.at(ui::Panel::chain);
    const auto layers = static_cast<int>(rig.snapshot().drives.at(drive_index()).layers.size());
    rig.click(static_cast<int>(chain.x) + x,
              static_cast<int>(chain.y) + 24 + 8 + layers * 44 + 14 + row * 28);
  }
  std::size_t drive_index() {
    for (std::size_t i = 0; i < rig.snapshot().drives.size(); ++i) {
      if (rig.snapshot().drives[i].slot == emu::DriveSlot::ide0_0) return i;
    }
    return 0;
  }
  const ui::DriveView& drive() { return rig.snapshot().drives[drive_index()]; }
  // Yes to what is asked, in the middle of the window.
  void answer(bool yes) {
    REQUIRE(rig.work().question.yes[0] != 0);
    REQUIRE(ImGui::IsPopupOpen("", ImGuiPopupFlags_AnyPopupId | ImGuiPopupFlags_AnyPopupLevel));
    rig.frames(4);  // it takes the size of its lines
    press(yes);
    rig.frames(4, devices::kMillisecond);
  }
  void press(bool yes) {
    // The dialog is as wide as its lines; its buttons are left, one below the lines.
    const ImGuiWindow* dialog = nullptr;
    for (const ImGuiWindow* window : ImGui::GetCurrentContext()->Windows) {
      if (window->Active && (window->Flags & ImGuiWindowFlags_Modal) != 0) dialog = window;
    }
    REQUIRE(dialog != nullptr);
    rig.click(static_cast<int>(dialog->Pos.x) + (yes ? 40 : 150),
              static_cast<int>(dialog->Pos.y + dialog->Size.y) - 20);
  }

  support::TempDir folder;
  std::string file;
  Rig rig;
};

}  // namespace

TEST_CASE("panels: the chain's New child, Commit down and Detach ask, and do it to the files",
          "[ui][panels][chain]") {
  DiskRig lab;
  REQUIRE(lab.drive().layers.size() == 1);
  lab.click_chain(0, 40);  // New child
  lab.answer(false);
  REQUIRE(lab.drive().layers.size() == 1);
  std::vector<bool> held;  // by what becomes the lower layer
  for (std::uint64_t i = 0; i < lab.rig.work().map.history().map().clusters(); ++i) {
    held.push_back(lab.rig.work().map.history().map().cell(i).state() ==
                   storage::ClusterState::data);
  }
  lab.click_chain(0, 40);
  lab.answer(true);
  REQUIRE(lab.drive().layers.size() == 2);
  REQUIRE(lab.drive().layers[0].name == "lab.overlay-1.vmdk");
  REQUIRE(lab.drive().mode == emu::DriveMode::rw);
  // The guest goes on and writes into the child.
  const auto size = std::filesystem::file_size(lab.folder.path() / "lab.vmdk");
  lab.rig.session().post([](ui::Control& control) { control.typist().type("c"); });
  lab.rig.run(4 * devices::kSecond);
  lab.rig.frames(3, devices::kMillisecond);
  REQUIRE(std::filesystem::file_size(lab.folder.path() / "lab.vmdk") == size);
  REQUIRE(lab.rig.snapshot().text.text().find("OK create") != std::string::npos);

  // What the child has written over is still in its parent.
  REQUIRE(lab.drive().layers[1].holds == std::ranges::count(held, true));
  std::uint64_t written_over = 0;
  for (std::uint64_t i = 0; i < held.size(); ++i) {
    if (held[i] && lab.rig.work().map.history().map().cell(i).layer() == 0) ++written_over;
  }
  REQUIRE(written_over > 0);
  const storage::AllocationMap& shown = lab.rig.work().map.history().map();
  REQUIRE(ui::hidden_copies(lab.drive().layers, shown.shown()) == written_over);

  // What the files take beyond the clusters in them, counted over: both layers' clusters, of which
  // those written over are there twice.
  std::uint64_t clusters = written_over;
  for (std::uint64_t i = 0; i < shown.clusters(); ++i) {
    if (storage::in_use(storage::class_of(shown.cell(i)))) ++clusters;
  }
  const std::uint64_t bytes = clusters * shown.sectors_per_cluster() * storage::kSectorSize;
  const std::uint64_t files = lab.drive().layers[0].file_bytes + lab.drive().layers[1].file_bytes;
  REQUIRE(bytes < files);
  const auto share = ui::metadata_share(lab.drive().layers, shown.shown(),
                                        shown.sectors_per_cluster() * storage::kSectorSize);
  REQUIRE(share.has_value());
  REQUIRE(*share == static_cast<double>(files - bytes) / static_cast<double>(files));

  // Compare goes from one cluster of the child to the next, and shows what it hides.
  ui::MapModel& map = lab.rig.work().map;
  map.pinned.reset();
  lab.click_chain(0, 310);
  REQUIRE(map.pinned.has_value());
  const std::uint64_t first = *map.pinned;
  REQUIRE(map.history().map().cell(first).layer() == 0);
  lab.click_chain(0, 310);
  REQUIRE(*map.pinned > first);
  REQUIRE(map.history().map().cell(*map.pinned).layer() == 0);
  REQUIRE(map.next_of_top_layer(map.history().map().clusters()) == first);

  lab.click_chain(0, 230);  // Detach
  lab.answer(true);
  REQUIRE(lab.drive().layers.size() == 1);
  REQUIRE(lab.drive().layers[0].name == "lab.overlay-1.vmdk");
  lab.rig.session().post([](ui::Control& control) { control.typist().type("v"); });
  lab.rig.run(6 * devices::kSecond);
  lab.rig.frames(3, devices::kMillisecond);
  REQUIRE(lab.rig.snapshot().text.text().find("OK verify") != std::string::npos);
}

TEST_CASE("panels: a raw file is the disk itself, and has no metadata", "[ui][panels][chain]") {
  const support::TempDir folder;
  const auto file = folder.path() / "disk.img";
  storage::CreateOptions create;
  create.sectors = 65'520;
  create_image(storage::PosixDirectory::place_of(file, storage::host_rules({})),
               storage::kRawFormat, create, {});
  Rig rig(kWidth, kHeight);
  rig.boot({"--drive", "bus=ide0.0,format=raw,file=" + file.string()}, true);
  lay_out(rig, ui::Layout::disk);
  REQUIRE(rig.work().map.ready());
  const ui::DriveView* drive = rig.snapshot().drive(emu::DriveSlot::ide0_0);
  REQUIRE(drive != nullptr);
  CHECK_FALSE(ui::metadata_share(drive->layers, rig.work().map.history().map().shown(), 4096));
}

TEST_CASE("panels: a deleted file shows with the clusters its entry names, till they are another's",
          "[ui][panels][map]") {
  DiskRig lab;
  const auto files = [&]() -> const ui::DiskFiles& { return *lab.rig.work().map.files(); };
  const auto find = [&](const std::string& name) -> const ui::DiskFiles::Node* {
    for (const ui::DiskFiles::Node& node : files().nodes) {
      if (node.name == name) return &node;
    }
    return nullptr;
  };
  const auto change = [&](const auto& what) {
    emu::DriveTap& tap = *lab.rig.session().machine().tap(emu::DriveSlot::ide0_0);
    const storage::FatLocation where = storage::find_fat_volumes(tap).at(0);
    storage::FatVolume volume(tap, where);
    what(volume);
    for (int i = 0; i < 6; ++i) lab.rig.frame(devices::kMillisecond, 1.1F);
  };
  const std::vector<std::uint8_t> bytes(20'000, 0x55);
  change([&](storage::FatVolume& volume) {
    volume.make_folder("/D", {});
    volume.write("/GONE.DAT", bytes, {});
  });
  const ui::DiskFiles::Node* live = find("GONE.DAT");
  REQUIRE(live != nullptr);
  const std::size_t count = files().files();
  const auto index = static_cast<std::uint32_t>(live - files().nodes.data());
  const auto run = std::ranges::find(files().runs, index, &ui::DiskFiles::Run::node);
  REQUIRE(run != files().runs.end());
  const std::uint64_t lba = run->lba;
  const std::uint32_t clusters = live->clusters;
  change([&](storage::FatVolume& volume) { volume.remove("/GONE.DAT"); });
  REQUIRE(find("GONE.DAT") == nullptr);
  const ui::DiskFiles::Node* gone = find("?ONE.DAT");
  REQUIRE(gone != nullptr);
  CHECK(gone->deleted);
  CHECK_FALSE(gone->overwritten);
  CHECK(gone->size == bytes.size());
  CHECK(gone->clusters == clusters);
  CHECK(gone->first_lba == lba);
  CHECK(files().files() == count - 1);
  CHECK(files().owner_of(lba) == nullptr);
  CHECK_FALSE(files().place_of(static_cast<std::uint32_t>(gone - files().nodes.data())));
  // A file in another folder leaves the entry as it is and takes the clusters.
  change([&](storage::FatVolume& volume) {
    volume.write("/D/A.DAT", std::vector<std::uint8_t>(4'000'000, 0x66), {});
  });
  REQUIRE(files().owner_of(lba) != nullptr);
  gone = find("?ONE.DAT");
  REQUIRE(gone != nullptr);
  CHECK(gone->overwritten);
}

TEST_CASE("panels: the log of commands says whose sectors they are", "[ui][panels][map]") {
  DiskRig lab;
  const ui::DiskFiles& files = *lab.rig.work().map.files();
  const std::uint64_t boot = files.volumes[0].first_lba;
  CHECK(files.what_is_at(0, 1) == "partition table");
  CHECK(files.what_is_at(boot, 1) == "boot sector of C:");
  for (const ui::DiskFiles::Run& run : files.runs) {
    const ui::DiskFiles::Node& node = files.nodes[run.node];
    const std::string what = files.what_is_at(run.lba, 1);
    if (node.mark == storage::MapMark::none) CHECK(what == node.path);
    if (node.mark == storage::MapMark::fat) CHECK(what == "FAT of C:");
    if (node.mark == storage::MapMark::root) CHECK(what == "root directory of C:");
    if (node.mark == storage::MapMark::directory) CHECK(what == "directory " + node.path);
  }
  const std::uint64_t last = boot + files.volumes[0].sectors - 1;
  CHECK(files.what_is_at(last, 1) == "free space of C:");
  CHECK(files.what_is_at(last + 1, 1) == "outside of every volume");
  CHECK(files.what_is_at(boot, files.volumes[0].sectors).starts_with("boot sector of C:, "));
}

TEST_CASE("panels: a drive that drops its writes has no child and says why",
          "[ui][panels][chain]") {
  DiskRig lab("discard");
  lab.click_chain(0, 40);
  REQUIRE_FALSE(ImGui::IsPopupOpen("", ImGuiPopupFlags_AnyPopupId | ImGuiPopupFlags_AnyPopupLevel));
  // Asked all the same, by whatever road: a line, and the machine goes on.
  lab.rig.session().post([](ui::Control& control) {
    control.change_chain(emu::DriveSlot::ide0_0, emu::ChainChange::new_child);
  });
  lab.rig.frames(3, devices::kMillisecond);
  REQUIRE(lab.rig.work().message.has_value());
  REQUIRE(lab.rig.work().message->find("mode discard") != std::string::npos);
  const auto before = lab.rig.snapshot().now;
  lab.rig.frames(2, devices::kMillisecond);
  REQUIRE(lab.rig.snapshot().now > before);
}

TEST_CASE("panels: the menus of a file and of a cell stop the guest at the file",
          "[ui][panels][map]") {
  DiskRig lab;
  Rig& rig = lab.rig;
  const auto right_click = [&](int x, int y) {
    rig.move(x, y);
    rig.frames(2);
    rig.button(x, y, true, SDL_BUTTON_RIGHT);
    rig.frames(2);
    rig.button(x, y, false, SDL_BUTTON_RIGHT);
    rig.frames(2);
  };
  const ui::Rect files = rig.work().placement.panels.at(ui::Panel::files);
  // The first row below filter and table head.
  const int x = static_cast<int>(files.x) + 40;
  const int y = static_cast<int>(files.y) + 78;
  right_click(x, y);
  rig.click(x + 30, y + 18);  // Break on access
  rig.frames(2);
  REQUIRE(rig.snapshot().points.size() == 1);
  REQUIRE(rig.snapshot().points[0].breakpoint.kind == emu::Breakpoint::Kind::file);
  REQUIRE(rig.snapshot().points[0].text.starts_with("file ide0.0 \"1:/"));

  // A sector a cell: LBA 132 to 139 are README.TXT's.
  rig.work().zoom = ui::lowest_zoom(rig.work().map.history().map());
  rig.work().map_first = 128;
  rig.frames(2);
  const auto readme = [&] { return rig.work().menu_lba >= 132 && rig.work().menu_lba < 140; };
  for (int cx = 170; cx < 900 && !readme(); cx += 20) right_click(cx, 130);
  REQUIRE(readme());
  const ImGuiWindow* menu = ImGui::GetCurrentContext()->OpenPopupStack.back().Window;
  REQUIRE(menu != nullptr);
  rig.frames(2);
  // The last entry.
  rig.click(static_cast<int>(menu->Pos.x) + 40, static_cast<int>(menu->Pos.y + menu->Size.y) - 14);
  rig.frames(2);
  REQUIRE(rig.snapshot().points.size() == 2);
  REQUIRE(rig.snapshot().points[1].text == "file ide0.0 \"1:/README.TXT\" write");
}
