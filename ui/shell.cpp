// What frames the panels: menu bar, status bar with a lamp for each drive, the start page, dialogs,
// and the guest's screen.
#include <algorithm>
#include <array>
#include <cmath>

#include "emu/command_line.h"
#include "ui/panels.h"
#include "ui/widgets.h"

namespace ui {

namespace {

void choose_layout(Frame& frame, Layout layout) {
  frame.work.layout = layout;
  frame.work.place = true;
  frame.work.closed.clear();
}

void open_panel(Frame& frame, Panel panel) {
  frame.work.closed.erase(panel);
  if (!frame.work.placement.panels.contains(panel)) frame.work.extra.insert(panel);
}

void menu_machine(Frame& frame) {
  const bool there = frame.snapshot != nullptr;
  const bool running = there && frame.snapshot->state == RunState::running;
  if (ImGui::MenuItem("Boot the demo")) frame.program.open_file("");
  if (ImGui::MenuItem("Open image...")) frame.work.open.ask_for_machine();
  if (ImGui::MenuItem("Create a disk...")) frame.work.create.asked = true;
  if (ImGui::MenuItem("Folder as a disk...")) frame.work.open.ask_for_folder();
  ImGui::Separator();
  if (ImGui::MenuItem(running ? "Pause" : "Run", "RCtrl+P", false, there)) {
    frame.post([running](Control& c) { running ? c.pause() : c.run(); });
  }
  if (ImGui::MenuItem("Reset", "RCtrl+R", false, there)) frame.post([](Control& c) { c.reset(); });
  if (ImGui::MenuItem("Ctrl+Alt+Del", "RCtrl+Del", false, there))
    frame.post([](Control& c) { c.typist().chord("ctrl-alt-del"); });
  if (ImGui::BeginMenu("Speed", there)) {
    struct Speed {
      const char* name;
      double factor;
    };
    constexpr std::array<Speed, 6> speeds = {
        {{"0.1x", 0.1}, {"0.5x", 0.5}, {"1x", 1}, {"2x", 2}, {"4x", 4}, {"as fast as it goes", 0}}};
    for (const Speed& speed : speeds) {
      if (ImGui::MenuItem(speed.name, nullptr, there && frame.snapshot->speed == speed.factor)) {
        frame.post([factor = speed.factor](Control& c) { c.set_speed(factor); });
      }
    }
    ImGui::EndMenu();
  }
  if (ImGui::BeginMenu("Sound")) {
    if (ImGui::MenuItem("Mute", nullptr, frame.work.mute)) frame.work.mute = !frame.work.mute;
    ImGui::Separator();
    for (const int percent : {25, 50, 75, 100}) {
      const bool now = !frame.work.mute && frame.work.volume == percent;
      if (!ImGui::MenuItem(print("Volume %d %%", percent).c_str(), nullptr, now)) continue;
      frame.work.volume = percent;
      frame.work.mute = false;
    }
    ImGui::EndMenu();
  }
  ImGui::Separator();
  if (ImGui::MenuItem("Quit")) frame.work.quit = true;
}

void drive_menu(Frame& frame, const DriveView& drive) {
  const Theme& theme = frame.theme;
  const bool floppy = emu::is_floppy(drive.slot);
  if (ImGui::MenuItem(floppy ? "Insert image..." : "Change image...",
                      floppy ? nullptr : "fixed disk", false, floppy))
    frame.work.open.ask_for_drive(drive.slot);
  if (ImGui::MenuItem("Eject", floppy ? nullptr : "fixed disk: power off first", false,
                      floppy && drive.loaded)) {
    frame.post([slot = drive.slot](Control& c) { c.eject(slot); });
  }
  ImGui::Separator();
  constexpr std::array<std::pair<emu::DriveMode, const char*>, 4> modes = {
      {{emu::DriveMode::rw, "changes go to the image"},
       {emu::DriveMode::ro, "the guest sees a write-protected disk"},
       {emu::DriveMode::discard, "changes are dropped at power off"},
       {emu::DriveMode::overlay, "changes go to a child beside the image"}}};
  if (ImGui::BeginMenu("Mode", drive.loaded)) {
    for (const auto& [mode, says] : modes) {
      const bool now = drive.mode == mode;
      if (ImGui::MenuItem(mode_word(mode), says, now, now || floppy) && !now) {
        emu::DriveConfig config;
        config.slot = drive.slot;
        config.file = drive.file;
        config.mode = mode;
        frame.post([config](Control& c) { c.insert(config); });
      }
    }
    if (!floppy) text(theme->text3, "a fixed disk keeps its mode while the machine is on");
    ImGui::EndMenu();
  }
  ImGui::Separator();
  for (const bool write : {false, true}) {
    if (!ImGui::MenuItem(write ? "Break on next write" : "Break on next read", nullptr, false,
                         drive.loaded))
      continue;
    frame.post([words = "disk " + drive.name() + (write ? " write" : " read")](Control& c) {
      c.debugger().add(words);
    });
  }
  ImGui::Separator();
  if (ImGui::MenuItem("Show allocation map", "RCtrl+3", false, drive.loaded)) {
    frame.work.map_slot = drive.slot;
    choose_layout(frame, Layout::disk);
  }
  if (ImGui::MenuItem("Show ATA log", "RCtrl+2", false, !floppy)) {
    open_panel(frame, Panel::ata_log);
    choose_layout(frame, Layout::debug);
  }
  if (ImGui::MenuItem("Copy path", nullptr, false, drive.loaded))
    ImGui::SetClipboardText(drive.file.c_str());
}

void menu_media(Frame& frame) {
  if (frame.snapshot == nullptr) return text(frame.theme->text3, "no machine");
  for (const DriveView& drive : frame.snapshot->drives) {
    if (!ImGui::BeginMenu((drive.name() + "  " + drive.short_name()).c_str())) continue;
    drive_menu(frame, drive);
    ImGui::EndMenu();
  }
}

void menu_view(Frame& frame) {
  Workspace& work = frame.work;
  if (ImGui::BeginMenu("Layout")) {
    constexpr std::array<const char*, kLayouts> keys = {"RCtrl+1", "RCtrl+2", "RCtrl+3"};
    for (int i = 0; i < kLayouts; ++i) {
      const auto layout = static_cast<Layout>(i);
      if (ImGui::MenuItem(layout_name(layout), keys[static_cast<std::size_t>(i)],
                          work.layout == layout))
        choose_layout(frame, layout);
    }
    ImGui::Separator();
    if (ImGui::MenuItem("Everything to its place")) work.place = true;
    ImGui::EndMenu();
  }
  if (ImGui::BeginMenu("Panels")) {
    for (int i = 0; i < kPanels; ++i) {
      const auto panel = static_cast<Panel>(i);
      const bool open = !work.closed.contains(panel) &&
                        (work.placement.panels.contains(panel) || work.extra.contains(panel));
      if (!ImGui::MenuItem(panel_name(panel), nullptr, open)) continue;
      if (open) {
        work.extra.erase(panel);
        work.closed.insert(panel);
      } else {
        open_panel(frame, panel);
      }
    }
    ImGui::EndMenu();
  }
  ImGui::Separator();
  if (ImGui::MenuItem("Dark", nullptr, work.look == Look::dark)) work.look = Look::dark;
  if (ImGui::MenuItem("Light", nullptr, work.look == Look::light)) work.look = Look::light;
  ImGui::Separator();
  if (ImGui::MenuItem("Full screen", "RCtrl+F", work.full_screen))
    work.full_screen = !work.full_screen;
  if (ImGui::MenuItem("4:3 picture", nullptr, work.keep_aspect))
    work.keep_aspect = !work.keep_aspect;
  if (ImGui::MenuItem("Reduce motion", nullptr, work.reduce_motion))
    work.reduce_motion = !work.reduce_motion;
}

void menu_back(Frame& frame) {
  const std::string no_way = why_no_way_back(frame);
  const auto item = [&](const char* name, const char* key, const Request& request) {
    if (ImGui::MenuItem(name, key, false, no_way.empty())) frame.post(request);
    if (!no_way.empty() && ImGui::IsItemHovered(ImGuiHoveredFlags_AllowWhenDisabled))
      tooltip(no_way);
  };
  item("Step back", "Shift+F10", [](Control& c) { c.step_back(); });
  item("Back to breakpoint", "Ctrl+Shift+F5", [](Control& c) { c.back_to_breakpoint(); });
  bool& keep = frame.work.keep_history;
  const bool on = frame.snapshot != nullptr ? frame.snapshot->history.on : keep;
  if (ImGui::MenuItem("Keep history", nullptr, on)) {
    keep = !on;
    frame.post([wanted = keep](Control& c) { c.keep_history(wanted); });
  }
  if (!ImGui::IsItemHovered()) return;
  std::string words =
      "what is needed to go back, from here on.\n"
      "Disk writes wait in memory meanwhile: a crash of the host loses them.";
  if (on && frame.snapshot != nullptr) {
    const HistoryView& history = frame.snapshot->history;
    words += "\nKept: from " + seconds_text(history.begin) + " to " + seconds_text(history.end) +
             ", " + bytes_text(history.bytes) + " of memory.";
  }
  tooltip(words);
}

void menu_debug(Frame& frame) {
  const bool paused = frame.paused();
  const bool there = frame.snapshot != nullptr;
  if (ImGui::MenuItem("Run", "F5", false, paused)) frame.post([](Control& c) { c.run(); });
  if (ImGui::MenuItem("Break", "Shift+F5", false, there && !paused))
    break_in(frame.work, frame.post);
  if (ImGui::MenuItem("Step into", "F11", false, paused))
    frame.post([](Control& c) { c.step_into(); });
  if (ImGui::MenuItem("Step over", "F10", false, paused))
    frame.post([](Control& c) { c.step_over(); });
  if (ImGui::MenuItem("Step out", "Shift+F11", false, paused))
    frame.post([](Control& c) { c.step_out(); });
  if (ImGui::MenuItem("Run to cursor", "Ctrl+F10", false, paused))
    run_to_cursor(frame.work, *frame.snapshot, frame.post);
  ImGui::Separator();
  menu_back(frame);
  ImGui::Separator();
  if (ImGui::MenuItem("Breakpoint at cursor", "F9", false, there))
    toggle_breakpoint(frame.work, *frame.snapshot, frame.post);
  if (ImGui::MenuItem("Name this address...", "F2", false, there)) {
    debugger_key(frame.work, frame.snapshot, frame.post, {SDL_SCANCODE_F2});
  }
  if (ImGui::MenuItem("Go to...", "Ctrl+G", false, there)) ask_where_to(frame.work);
  if (ImGui::MenuItem("Find in memory...", "Ctrl+F", false, there)) ask_what_to_find(frame.work);
  ImGui::Separator();
  for (const Panel panel : {Panel::interrupts, Panel::dos, Panel::devices, Panel::breakpoints,
                            Panel::trace, Panel::ports}) {
    if (ImGui::MenuItem(panel_name(panel), nullptr, false, there)) open_panel(frame, panel);
  }
}

void menu_disk(Frame& frame) {
  if (frame.snapshot == nullptr) return text(frame.theme->text3, "no machine");
  for (const DriveView& drive : frame.snapshot->drives) {
    const std::string label = "Map of " + drive.name() + "  " + drive.short_name();
    if (!ImGui::MenuItem(label.c_str(), nullptr, frame.work.map_slot == drive.slot, drive.loaded))
      continue;
    frame.work.map_slot = drive.slot;
    frame.work.zoom_chosen = false;
    choose_layout(frame, Layout::disk);
  }
  ImGui::Separator();
  if (ImGui::MenuItem("Read the files again", nullptr, false, frame.work.map.ready())) {
    frame.post([slot = frame.work.map.slot()](Control& c) { c.read_files(slot); });
  }
  if (ImGui::MenuItem("Go to cluster...", "G", false, frame.work.map.ready()))
    frame.work.goto_open = true;
}

void menu_tools(Frame& frame) {
  const bool there = frame.snapshot != nullptr;
  if (ImGui::MenuItem("Copy screen as text", nullptr, there && frame.snapshot->text.rows != 0))
    ImGui::SetClipboardText(frame.snapshot->text.text().c_str());
  if (ImGui::MenuItem("Paste into the guest", "RCtrl+V", false, there)) {
    const char* words = ImGui::GetClipboardText();
    frame.post([typed = std::string(words != nullptr ? words : "")](Control& c) {
      c.typist().type_plain(typed);
    });
  }
  if (ImGui::MenuItem("Save screenshot", "RCtrl+S", false, there)) {
    frame.post([](Control& c) {
      emu::save_screenshot(c.machine(), "platter-screen.png");
      c.tell("saved platter-screen.png");
    });
  }
}

// What a person can do for the machine: words for the left of the bar.
void state_word(Frame& frame) {
  const Theme& theme = frame.theme;
  ImGui::SameLine(0, theme.px(16));
  if (frame.snapshot == nullptr) return text(theme->text3, "No machine");
  const ImVec2 at = ImGui::GetCursorScreenPos();
  ImDrawList* list = ImGui::GetWindowDrawList();
  const float h = theme.px(10);
  const float y = at.y + (theme.bar() - h) / 2 - theme.px(1);
  switch (frame.snapshot->state) {
    case RunState::running:
      list->AddTriangleFilled({at.x, y}, {at.x, y + h}, {at.x + h * 0.8F, y + h / 2}, theme->good);
      ImGui::SetCursorPosX(ImGui::GetCursorPosX() + theme.px(16));
      text(theme->good, "Running");
      break;
    case RunState::paused:
      list->AddRectFilled({at.x, y}, {at.x + theme.px(3), y + h}, theme->changed);
      list->AddRectFilled({at.x + theme.px(6), y}, {at.x + theme.px(9), y + h}, theme->changed);
      ImGui::SetCursorPosX(ImGui::GetCursorPosX() + theme.px(16));
      text(theme->changed, "Paused");
      break;
    case RunState::going_back:
      list->AddTriangleFilled({at.x + h * 0.8F, y}, {at.x + h * 0.8F, y + h}, {at.x, y + h / 2},
                              theme->changed);
      ImGui::SetCursorPosX(ImGui::GetCursorPosX() + theme.px(16));
      text(theme->changed, "Going back");
      break;
    case RunState::died:
      list->AddRectFilled({at.x, y}, {at.x + h, y + h}, theme->bad);
      ImGui::SetCursorPosX(ImGui::GetCursorPosX() + theme.px(16));
      text(theme->bad, frame.snapshot->why.empty() ? "Ended" : frame.snapshot->why);
      break;
  }
}

void layout_tabs(Frame& frame) {
  const Theme& theme = frame.theme;
  const Fonts& fonts = theme.fonts();
  float w = width_of(fonts.text, "Layout") + theme.px(16);
  std::array<float, kLayouts> widths{};
  for (int i = 0; i < kLayouts; ++i) {
    widths[static_cast<std::size_t>(i)] =
        width_of(fonts.text, layout_name(static_cast<Layout>(i))) + theme.px(32);
    w += widths[static_cast<std::size_t>(i)] + theme.px(2);
  }
  float x = frame.width - w - theme.px(4);
  if (ImGui::GetCursorPosX() > x) return;
  ImDrawList* list = ImGui::GetWindowDrawList();
  const float ty = (theme.bar() - fonts.text->FontSize) / 2;
  put(list, fonts.text, x, ty, theme->text3, "Layout");
  x += width_of(fonts.text, "Layout") + theme.px(16);
  for (int i = 0; i < kLayouts; ++i) {
    const auto layout = static_cast<Layout>(i);
    const float width = widths[static_cast<std::size_t>(i)];
    const bool on = frame.work.layout == layout && !frame.work.start_page;
    ImGui::SetCursorPos({x, 0});
    ImGui::PushID(i);
    if (ImGui::InvisibleButton("layout", {width, theme.bar()})) choose_layout(frame, layout);
    ImGui::PopID();
    if (ImGui::IsItemHovered()) tooltip(print("Right-Ctrl+%d", i + 1));
    if (on) {
      list->AddRectFilled({x, theme.px(2)}, {x + width, theme.bar() - theme.px(2)},
                          theme->button_on);
      list->AddRectFilled({x, theme.bar() - theme.px(4)}, {x + width, theme.bar() - theme.px(2)},
                          theme->accent);
    } else if (ImGui::IsItemHovered()) {
      list->AddRectFilled({x, theme.px(2)}, {x + width, theme.bar() - theme.px(2)}, theme->button);
    }
    put(list, fonts.text, x + theme.px(8), ty, theme->text, layout_name(layout));
    put(list, fonts.small, x + width - theme.px(16), ty + theme.px(1),
        on ? theme->text2 : theme->text3, std::to_string(i + 1));
    x += width + theme.px(2);
  }
}

}  // namespace

void draw_menu_bar(Frame& frame) {
  const Theme& theme = frame.theme;
  ImGui::PushStyleVar(
      ImGuiStyleVar_FramePadding,
      ImVec2(theme.px(8), std::floor((theme.bar() - theme.fonts().text->FontSize) / 2)));
  const bool open = ImGui::BeginMainMenuBar();
  ImGui::PopStyleVar();
  if (!open) return;
  struct Menu {
    const char* name;
    void (*draw)(Frame&);
  };
  constexpr std::array<Menu, 6> menus = {{{"Machine", menu_machine},
                                          {"Media", menu_media},
                                          {"View", menu_view},
                                          {"Debug", menu_debug},
                                          {"Disk", menu_disk},
                                          {"Tools", menu_tools}}};
  for (const Menu& menu : menus) {
    if (!ImGui::BeginMenu(menu.name)) continue;
    menu.draw(frame);
    ImGui::EndMenu();
  }
  if (ImGui::BeginMenu("Help")) {
    if (ImGui::MenuItem("Keys and panels", "F1")) frame.work.about = true;
    ImGui::EndMenu();
  }
  state_word(frame);
  layout_tabs(frame);
  ImGui::EndMainMenuBar();
}

// ---- status bar ----

namespace {

void drive_card(Frame& frame, const DriveView& drive, ImVec2 at) {
  const Theme& theme = frame.theme;
  ImGui::SetNextWindowPos({at.x, at.y - theme.px(6)}, ImGuiCond_Always, {0, 1});
  ImGui::BeginTooltip();
  const Workspace::Led& led = frame.work.leds[static_cast<std::size_t>(drive.slot)];
  text(theme->text, drive.name() + (emu::is_floppy(drive.slot) ? "  floppy" : "  hard disk"));
  ImGui::SameLine(theme.px(260));
  const bool reads = led.read_left > 0;
  const bool writes = led.write_left > 0;
  text(writes ? theme->write : (reads ? theme->read : theme->text3),
       writes ? "writing" : (reads ? "reading" : "idle"));
  section_line(frame);
  const float column = theme.px(66);
  if (!drive.loaded) {
    fact(frame, "image", "none: click, or drop a file here", column);
  } else {
    fact(frame, "image",
         drive.short_name() +
             print(", %zu layer%s, ", drive.layers.size(), drive.layers.size() == 1 ? "" : "s") +
             mode_word(drive.mode),
         column);
    fact(frame, "size",
         bytes_text(drive.sectors * storage::kSectorSize) +
             print(",  C/H/S %u/%u/%u", drive.geometry.cylinders, drive.geometry.heads,
                   drive.geometry.sectors_per_track),
         column);
    fact(frame, "session",
         grouped(drive.sectors_read) + " sectors read,  " + grouped(drive.sectors_written) +
             " written",
         column);
    if (!drive.log.empty()) {
      const devices::AtaLogEntry& last = drive.log.back();
      fact(frame, "last",
           std::string("command ") + hex(last.opcode, 2) + "h at " + seconds_text(last.began),
           column);
    }
  }
  section_line(frame);
  {
    const WithFont small(theme.fonts().small);
    text(theme->text3, "Click for the menu.  RCtrl+3 opens the Disk layout.");
  }
  ImGui::EndTooltip();
}

float drive_lamp(Frame& frame, const DriveView& drive, float x, float y, float most) {
  const Theme& theme = frame.theme;
  const Fonts& fonts = theme.fonts();
  Workspace::Led& led = frame.work.leds[static_cast<std::size_t>(drive.slot)];
  ImDrawList* list = ImGui::GetWindowDrawList();
  const bool writes = led.write_left > 0;
  const bool reads = led.read_left > 0;
  constexpr std::array<const char*, 3> modes = {"", ", read-only", ", discard"};
  std::string about =
      drive.short_name() + (drive.loaded ? modes[static_cast<std::size_t>(drive.mode)] : "");
  const float name_width = width_of(fonts.text, drive.name());
  const float fixed = theme.px(46) + name_width;
  about = fit(fonts.small, about, most - fixed - theme.px(14));
  const float w = fixed + (about.empty() ? 0 : width_of(fonts.small, about) + theme.px(12));
  ImGui::SetCursorScreenPos({x, y});
  ImGui::PushID(static_cast<int>(drive.slot));
  ImGui::InvisibleButton("drive", {w, theme.bar()});
  const bool hovered = ImGui::IsItemHovered();
  if (ImGui::IsItemClicked()) ImGui::OpenPopup("menu");
  if (hovered || ImGui::IsPopupOpen("menu"))
    list->AddRectFilled({x, y + theme.px(2)}, {x + w, y + theme.bar() - theme.px(2)},
                        theme->button_hover);
  const ImVec2 centre = {x + theme.px(13), y + theme.bar() / 2};
  if (writes) {
    list->AddCircleFilled(centre, theme.px(5), theme->write);
  } else if (reads) {
    list->AddCircleFilled(centre, theme.px(5), theme->read);
  } else if (drive.loaded) {
    ring(list, centre, theme.px(5), theme.px(1), theme->line_strong, theme->line);
  } else {
    ring(list, centre, theme.px(5), theme.px(1), theme->text3, theme->raised);
  }
  const float ty = y + (theme.bar() - fonts.text->FontSize) / 2;
  if (reads || writes)
    put(list, fonts.small, x + theme.px(21), ty + theme.px(1), writes ? theme->write : theme->read,
        writes ? "W" : "R");
  put(list, fonts.text, x + theme.px(36), ty, drive.loaded ? theme->text : theme->text3,
      drive.name());
  put(list, fonts.small, x + theme.px(46) + name_width, ty + theme.px(1),
      hovered ? theme->text : theme->text3, about);
  if (hovered && !ImGui::IsPopupOpen("menu")) drive_card(frame, drive, {x, y});
  ImGui::SetNextWindowPos({x, y}, ImGuiCond_Always, {0, 1});
  if (ImGui::BeginPopup("menu")) {
    drive_menu(frame, drive);
    ImGui::EndPopup();
  }
  ImGui::PopID();
  return w;
}

void follow_leds(Frame& frame) {
  const float step = ImGui::GetIO().DeltaTime;
  constexpr float glow = 0.08F;
  for (Workspace::Led& led : frame.work.leds) {
    led.read_left = std::max(0.0F, led.read_left - step);
    led.write_left = std::max(0.0F, led.write_left - step);
  }
  if (frame.snapshot == nullptr) return;
  for (const DriveView& drive : frame.snapshot->drives) {
    Workspace::Led& led = frame.work.leds[static_cast<std::size_t>(drive.slot)];
    if (drive.sectors_read > led.reads) led.read_left = glow;
    if (drive.sectors_written > led.writes) led.write_left = glow;
    led.reads = drive.sectors_read;
    led.writes = drive.sectors_written;
  }
}

}  // namespace

void draw_status_bar(Frame& frame) {
  const Theme& theme = frame.theme;
  const Fonts& fonts = theme.fonts();
  follow_leds(frame);
  const float y = frame.height - theme.bar();
  ImGui::SetNextWindowPos({0, y});
  ImGui::SetNextWindowSize({frame.width, theme.bar()});
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(0, 0));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowMinSize, ImVec2(1, 1));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowRounding, 0);
  ImGui::PushStyleColor(ImGuiCol_WindowBg, theme->raised);
  constexpr ImGuiWindowFlags flags = ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove |
                                     ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoNav |
                                     ImGuiWindowFlags_NoBringToFrontOnFocus |
                                     ImGuiWindowFlags_NoScrollWithMouse;
  ImGui::Begin("status", nullptr, flags);
  ImGui::PopStyleColor();
  ImGui::PopStyleVar(3);
  ImDrawList* list = ImGui::GetWindowDrawList();
  const float ty = y + (theme.bar() - fonts.text->FontSize) / 2;
  // From the right: what matters most stands outermost.
  std::vector<std::pair<std::string, Colour>> right;
  if (frame.snapshot == nullptr) {
    right.emplace_back("no machine", theme->text3);
  } else {
    const Snapshot& s = *frame.snapshot;
    right.emplace_back(std::string(emu::name_of(s.cpu)) + print(" at %u instr/\u00b5s", s.mips),
                       theme->text2);
    if (s.state == RunState::running) {
      right.emplace_back(print("%.2fx", s.host_speed), theme->text);
      right.emplace_back(print("idle %.0f %%", s.idle * 100), theme->text);
      right.emplace_back("guest " + seconds_text(s.now), theme->text);
    } else {
      right.emplace_back("paused at " + seconds_text(s.now), theme->text);
    }
    if (s.history.in_past) {
      right.emplace_back("in the past, known to " + seconds_text(s.history.end), theme->changed);
    }
    if (frame.work.map.ready() && !frame.work.map.history().live() &&
        frame.work.layout == Layout::disk) {
      right.emplace_back("view " + seconds_text(frame.work.map.history().view_time()),
                         theme->changed);
    }
    if (frame.work.captured) right.emplace_back("mouse captured: RCtrl+C", theme->changed);
  }
  float x = frame.width - theme.px(10);
  for (auto it = right.rbegin(); it != right.rend(); ++it) {
    if (x < frame.width * 0.45F) break;
    x -= width_of(fonts.text, it->first);
    put(list, fonts.text, x, ty, it->second, it->first);
    x -= theme.px(12);
    down(list, x, y + theme.px(5), y + theme.bar() - theme.px(5), theme->line);
    x -= theme.px(12);
  }
  float left = theme.px(6);
  if (frame.snapshot != nullptr) {
    const auto count = static_cast<float>(std::max<std::size_t>(frame.snapshot->drives.size(), 1));
    const float most = std::min(theme.px(240), (x - left) / count - theme.px(10));
    for (const DriveView& drive : frame.snapshot->drives) {
      left += drive_lamp(frame, drive, left, y, most) + theme.px(6);
      down(list, left, y + theme.px(5), y + theme.bar() - theme.px(5), theme->line);
      left += theme.px(6);
    }
  }
  if (frame.work.message) {
    const std::string shown = fit(fonts.text, *frame.work.message, x - left - theme.px(10));
    put(list, fonts.text, left + theme.px(6), ty, theme->warning, shown);
  }
  ImGui::End();
}

void draw_panels(Frame& frame) {
  Workspace& work = frame.work;
  work.placement = place_panels(work.layout, frame.width, frame.height, frame.theme.scale());
  struct Entry {
    Panel panel;
    void (*draw)(Frame&);
  };
  constexpr std::array<Entry, kPanels> entries = {{{Panel::screen, draw_screen},
                                                   {Panel::cpu, draw_cpu_control},
                                                   {Panel::disassembly, draw_disassembly},
                                                   {Panel::registers, draw_registers},
                                                   {Panel::memory, draw_memory},
                                                   {Panel::stack, draw_stack},
                                                   {Panel::trace, draw_trace},
                                                   {Panel::breakpoints, draw_breakpoints},
                                                   {Panel::devices, draw_devices},
                                                   {Panel::ata_log, draw_ata_log},
                                                   {Panel::map, draw_map},
                                                   {Panel::selection, draw_selection},
                                                   {Panel::chain, draw_chain},
                                                   {Panel::files, draw_files},
                                                   {Panel::hex, draw_hex},
                                                   {Panel::interrupts, draw_interrupts},
                                                   {Panel::dos, draw_dos},
                                                   {Panel::ports, draw_ports}}};
  for (const Entry& entry : entries) {
    const bool placed = work.placement.panels.contains(entry.panel);
    if (work.closed.contains(entry.panel) || (!placed && !work.extra.contains(entry.panel)))
      continue;
    entry.draw(frame);
  }
  work.place = false;
}

}  // namespace ui
