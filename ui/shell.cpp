// What frames the panels: menu bar, status bar with a lamp for each drive, the start page, dialogs,
// and the guest's screen.
#include <algorithm>
#include <array>
#include <cmath>

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
  if (ImGui::MenuItem("Boot the demo")) frame.open_file("");
  if (ImGui::MenuItem("Open image...")) {
    frame.work.open_dialog = true;
    frame.work.open_slot.reset();
  }
  if (ImGui::MenuItem("Create a disk...")) frame.work.create_dialog = true;
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
  ImGui::Separator();
  if (ImGui::MenuItem("Quit")) frame.work.quit = true;
}

void drive_menu(Frame& frame, const DriveView& drive) {
  const Theme& theme = frame.theme;
  const bool floppy = emu::is_floppy(drive.slot);
  if (ImGui::MenuItem(floppy ? "Insert image..." : "Change image...",
                      floppy ? nullptr : "fixed disk", false, floppy)) {
    frame.work.open_dialog = true;
    frame.work.open_slot = drive.slot;
  }
  if (ImGui::MenuItem("Eject", floppy ? nullptr : "fixed disk: power off first", false,
                      floppy && drive.loaded)) {
    frame.post([slot = drive.slot](Control& c) { c.eject(slot); });
  }
  ImGui::Separator();
  constexpr std::array<const char*, 3> modes = {"read-write", "read-only", "discard"};
  constexpr std::array<const char*, 3> says = {"changes go to the image",
                                               "the guest sees a write-protected disk",
                                               "changes are dropped at power off"};
  if (ImGui::BeginMenu("Mode", drive.loaded)) {
    for (std::size_t i = 0; i < modes.size(); ++i) {
      const bool now = drive.mode == static_cast<emu::DriveMode>(i);
      if (ImGui::MenuItem(modes[i], says[i], now, now || floppy) && !now) {
        emu::DriveConfig config;
        config.slot = drive.slot;
        config.file = drive.file;
        config.mode = static_cast<emu::DriveMode>(i);
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

void menu_debug(Frame& frame) {
  const bool paused = frame.paused();
  const bool there = frame.snapshot != nullptr;
  if (ImGui::MenuItem("Run", "F5", false, paused)) frame.post([](Control& c) { c.run(); });
  if (ImGui::MenuItem("Break", "Shift+F5", false, there && !paused))
    frame.post([](Control& c) { c.pause(); });
  if (ImGui::MenuItem("Step into", "F11", false, paused))
    frame.post([](Control& c) { c.step_into(); });
  if (ImGui::MenuItem("Step over", "F10", false, paused))
    frame.post([](Control& c) { c.step_over(); });
  if (ImGui::MenuItem("Step out", "Shift+F11", false, paused))
    frame.post([](Control& c) { c.step_out(); });
  ImGui::Separator();
  for (const Panel panel : {Panel::interrupts, Panel::dos, Panel::devices, Panel::breakpoints}) {
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
  constexpr std::array<const char*, 3> modes = {"read-write", "read-only", "discard"};
  if (!drive.loaded) {
    fact(frame, "image", "none: click, or drop a file here", column);
  } else {
    fact(frame, "image",
         drive.short_name() +
             print(", %zu layer%s, ", drive.layers.size(), drive.layers.size() == 1 ? "" : "s") +
             modes[static_cast<std::size_t>(drive.mode)],
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
    constexpr std::array<const char*, 4> models = {"8086", "186", "286", "386"};
    const auto model = static_cast<std::size_t>(s.cpu);
    right.emplace_back(std::string(model < models.size() ? models[model] : "CPU") +
                           print(" at %u instr/\u00b5s", s.mips),
                       theme->text2);
    if (s.state == RunState::running) {
      right.emplace_back(print("%.2fx", s.host_speed), theme->text);
      right.emplace_back(print("idle %.0f %%", s.idle * 100), theme->text);
      right.emplace_back("guest " + seconds_text(s.now), theme->text);
    } else {
      right.emplace_back("paused at " + seconds_text(s.now), theme->text);
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

// ---- the guest's screen ----

void draw_screen(Frame& frame) {
  Workspace& work = frame.work;
  std::string about;
  std::string right;
  if (frame.snapshot != nullptr && frame.snapshot->picture) {
    const Snapshot& s = *frame.snapshot;
    const emu::Picture& picture = *s.picture;
    right = s.text.columns != 0 ? print("%u x %u text", s.text.columns, s.text.rows)
                                : print("%u x %u", picture.width, picture.height);
    if (work.layout == Layout::play) {
      for (const DriveView& drive : s.drives) {
        if (drive.loaded)
          about += (about.empty() ? "" : ",  ") + drive.short_name() +
                   (drive.mode == emu::DriveMode::discard ? " (discard)" : "");
      }
      about += ",  guest " + seconds_text(s.now);
    } else {
      about = right;
      right = work.screen_focused ? "keys go to the guest" : "keys: click to send";
    }
  }
  ImGui::PushStyleColor(ImGuiCol_WindowBg, rgb(0x060708));
  const PanelWindow window(frame, Panel::screen, "Screen", about, right,
                           ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse,
                           false);
  ImGui::PopStyleColor();
  work.screen_focused = false;
  if (!window) return;
  work.screen_focused = ImGui::IsWindowFocused();
  const ImVec2 room = ImGui::GetContentRegionAvail();
  const ImVec2 at = ImGui::GetCursorScreenPos();
  ImGui::InvisibleButton("picture", {std::max(room.x, 1.0F), std::max(room.y, 1.0F)});
  if (frame.guest == nullptr || frame.guest->width() == 0 || frame.snapshot == nullptr) return;
  const auto w = static_cast<float>(frame.guest->width());
  const auto h = static_cast<float>(frame.guest->height());
  // Whole multiples where there is room for one; else the largest that fits.
  float scale_x = std::min(room.x / w, room.y / h);
  if (scale_x >= 1) scale_x = std::floor(scale_x);
  float scale_y = scale_x;
  if (work.keep_aspect) {
    // A monitor is 4:3 whatever the mode: lines grow as far as there is room.
    const float wanted = w * scale_x * 3 / 4 / h;
    scale_y = wanted * h <= room.y ? std::max(scale_x, wanted)
                                   : std::max(scale_x, std::min(wanted, room.y / h));
    if (std::abs(scale_y / scale_x - 1) < 0.26F) scale_y = scale_x;  // nearly square: stay sharp
  }
  const float pw = std::floor(w * scale_x);
  const float ph = std::floor(h * scale_y);
  const ImVec2 place = {at.x + std::floor((room.x - pw) / 2), at.y + std::floor((room.y - ph) / 2)};
  work.screen_place = {place.x, place.y, pw, ph};
  ImGui::GetWindowDrawList()->AddImage(frame.guest->id(), place, {place.x + pw, place.y + ph});
}

// ---- start page ----

namespace {

bool tile(Frame& frame, ImVec2 at, float w, const char* title, const char* first,
          const char* second, const char* key, bool primary) {
  const Theme& theme = frame.theme;
  const Fonts& fonts = theme.fonts();
  ImDrawList* list = ImGui::GetWindowDrawList();
  const float h = theme.px(112);
  ImGui::SetCursorScreenPos(at);
  ImGui::PushID(title);
  const bool pressed = ImGui::InvisibleButton("tile", {w, h});
  ImGui::PopID();
  const bool hovered = ImGui::IsItemHovered();
  const Colour fill = primary ? theme->button_on : (hovered ? theme->raised : theme->panel);
  const ImVec2 end = {at.x + w, at.y + h};
  list->AddRectFilled(at, end, fill, theme.px(4));
  list->AddRect(at, end, primary || hovered ? theme->accent : theme->line, theme.px(4));
  put(list, fonts.caption, at.x + theme.px(20), at.y + theme.px(18), theme->text,
      fit(fonts.caption, title, w - theme.px(70)));
  put(list, fonts.text, at.x + theme.px(20), at.y + theme.px(54), theme->text2,
      fit(fonts.text, first, w - theme.px(30)));
  put(list, fonts.text, at.x + theme.px(20), at.y + theme.px(74), theme->text2,
      fit(fonts.text, second, w - theme.px(30)));
  const float kx = at.x + w - theme.px(36);
  list->AddRectFilled({kx, at.y + theme.px(16)}, {kx + theme.px(20), at.y + theme.px(36)},
                      theme->raised, theme.px(3));
  put(list, fonts.small, kx + theme.px(10) - width_of(fonts.small, key) / 2, at.y + theme.px(19),
      theme->text2, key);
  return pressed;
}

void strip(ImDrawList* list, const Theme& theme, ImVec2 at, float w, float h,
           const std::vector<float>& shares) {
  list->AddRectFilled(at, {at.x + w, at.y + h}, theme->well);
  const auto n = static_cast<float>(shares.size());
  for (std::size_t i = 0; i < shares.size(); ++i) {
    if (shares[i] <= 0) continue;
    const float x = at.x + w * static_cast<float>(i) / n;
    const float tall = std::max(theme.px(2), h * shares[i]);
    list->AddRectFilled({x, at.y + h - tall}, {at.x + w * static_cast<float>(i + 1) / n, at.y + h},
                        kMapFills.top);
  }
}

}  // namespace

void draw_start_page(Frame& frame) {
  const Theme& theme = frame.theme;
  const Fonts& fonts = theme.fonts();
  Workspace& work = frame.work;
  ImGui::SetNextWindowPos({0, theme.bar()});
  ImGui::SetNextWindowSize({frame.width, frame.height - 2 * theme.bar()});
  ImGui::PushStyleColor(ImGuiCol_WindowBg, theme->desk);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowRounding, 0);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowBorderSize, 0);
  ImGui::Begin("start", nullptr,
               ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove |
                   ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoBringToFrontOnFocus |
                   ImGuiWindowFlags_NoNav);
  ImGui::PopStyleVar(2);
  ImGui::PopStyleColor();
  ImDrawList* list = ImGui::GetWindowDrawList();
  const float w = std::min(theme.px(1200), frame.width - theme.px(48));
  const float x = std::floor((frame.width - w) / 2);
  float y =
      theme.bar() + std::floor(std::min(theme.px(60), (frame.height - theme.px(560)) * 0.14F));
  put(list, fonts.heading, x, y, theme->text, "platter");
  put(list, fonts.caption, x, y + theme.px(36), theme->text2,
      fit(fonts.caption,
          "A small PC you can watch: boot an image, take it apart, see its disk come alive.", w));
  y += theme.px(92);
  const float gap = theme.px(16);
  const float tile_width = std::floor((w - 3 * gap) / 4);
  const bool typing = ImGui::GetIO().WantTextInput || work.open_dialog || work.create_dialog;
  const auto key = [&](SDL_Scancode code) {
    return !typing && ImGui::IsKeyPressed(static_cast<int>(code), false);
  };
  if (tile(frame, {x, y}, tile_width, "Boot the demo", "A tiny guest in the program itself.",
           "No files needed.", "D", true) ||
      key(SDL_SCANCODE_D))
    frame.open_file("");
  if (tile(frame, {x + tile_width + gap, y}, tile_width, "Open an image...",
           "Floppy, hard disk or machine file.", "Format is found by content.", "O", false) ||
      key(SDL_SCANCODE_O)) {
    work.open_dialog = true;
    work.open_slot.reset();
  }
  if (tile(frame, {x + 2 * (tile_width + gap), y}, tile_width, "Create a disk...",
           "An empty hard disk.", "Grows only where the guest writes.", "N", false) ||
      key(SDL_SCANCODE_N))
    work.create_dialog = true;
  if (tile(frame, {x + 3 * (tile_width + gap), y}, tile_width, "Keys and panels",
           "What the window can do,", "and how to ask for it.", "F1", false))
    work.about = true;
  y += theme.px(112) + theme.px(30);
  put(list, fonts.caption, x, y, theme->text, "Recent");
  y += theme.px(30);
  // The table.
  const float row = theme.px(36);
  const float left = frame.height - theme.px(200) - y;
  const auto rows = static_cast<std::size_t>(std::max(1.0F, std::min(8.0F, left / row - 1)));
  const std::size_t shown = std::min(rows, work.recent.size());
  const float h = theme.px(22) + row * static_cast<float>(std::max<std::size_t>(shown, 1));
  list->AddRectFilled({x, y}, {x + w, y + h}, theme->panel, theme.px(4));
  list->AddRectFilled({x, y}, {x + w, y + theme.px(20)}, theme->raised, theme.px(4));
  list->AddRect({x, y}, {x + w, y + h}, theme->line, theme.px(4));
  const float c_name = x + theme.px(12);
  const float c_format = x + w * 0.225F;
  const float c_map = x + w * 0.343F;
  const float map_width = w * 0.2F;
  const float c_use = x + w * 0.607F;
  const float c_of = x + w * 0.683F;
  const float c_last = x + w * 0.727F;
  const float c_mode = x + w * 0.873F;
  const float hy = y + theme.px(2);
  put(list, fonts.text, c_name, hy, theme->text2, "Name");
  put(list, fonts.text, c_format, hy, theme->text2, "Format");
  put(list, fonts.text, c_map, hy, theme->text2, "Allocation map");
  put(list, fonts.text, c_use - width_of(fonts.text, "In use"), hy, theme->text2, "In use");
  put(list, fonts.text, c_of - width_of(fonts.text, "Of"), hy, theme->text2, "Of");
  put(list, fonts.text, c_last, hy, theme->text2, "Last run");
  put(list, fonts.text, c_mode, hy, theme->text2, "Mode");
  if (work.recent.empty())
    put(list, fonts.text, c_name, y + theme.px(30), theme->text3,
        "Nothing yet: what you open is listed here.");
  for (std::size_t i = 0; i < shown; ++i) {
    const RecentFile& file = work.recent[i];
    const float ry = y + theme.px(22) + row * static_cast<float>(i);
    ImGui::SetCursorScreenPos({x, ry});
    ImGui::PushID(static_cast<int>(i));
    const bool pressed = ImGui::InvisibleButton("recent", {w, row});
    const bool hovered = ImGui::IsItemHovered();
    ImGui::PopID();
    if (hovered) {
      list->AddRectFilled({x + 1, ry}, {x + w - 1, ry + row}, theme->row);
      tooltip(file.path + (file.problem.empty() ? "" : "\n" + file.problem));
    }
    if (i != 0) across(list, c_name, x + w - theme.px(12), ry, theme->line);
    const float ty = ry + (row - fonts.text->FontSize) / 2;
    const std::string name = file.path.substr(file.path.find_last_of('/') + 1);
    put(list, fonts.text, c_name, ty, file.problem.empty() ? theme->text : theme->text2,
        fit(fonts.text, name, c_format - c_name - theme.px(8)));
    put(list, fonts.text, c_format, ty, theme->text2,
        fit(fonts.text, file.format, c_map - c_format - theme.px(8)));
    if (!file.problem.empty()) {
      put(list, fonts.text, c_map, ty, theme->bad,
          fit(fonts.text, file.problem, x + w - c_map - theme.px(14)));
      continue;
    }
    strip(list, theme, {c_map, ry + theme.px(10)}, map_width, row - theme.px(20), file.strip);
    const std::string used = bytes_text(file.used_sectors * storage::kSectorSize);
    const std::string size = bytes_text(file.sectors * storage::kSectorSize);
    put(list, fonts.text, c_use - width_of(fonts.text, used), ty, theme->text, used);
    put(list, fonts.text, c_of - width_of(fonts.text, size), ty, theme->text2, size);
    put(list, fonts.text, c_last, ty, theme->text2,
        fit(fonts.text, file.last_run, c_mode - c_last - theme.px(8)));
    put(list, fonts.text, c_mode, ty, theme->text2, file.mode);
    if (hovered) {
      const float bx = x + w - theme.px(70);
      list->AddRectFilled({bx, ry + theme.px(6)}, {bx + theme.px(60), ry + row - theme.px(6)},
                          theme->button_on, theme.px(4));
      list->AddRect({bx, ry + theme.px(6)}, {bx + theme.px(60), ry + row - theme.px(6)},
                    theme->accent, theme.px(4));
      put(list, fonts.text, bx + theme.px(30) - width_of(fonts.text, "Run") / 2, ty, theme->text,
          "Run");
    }
    if (pressed) frame.open_file(file.path);
  }
  y += h + theme.px(28);
  struct Hint {
    const char *title, *first, *second;
  };
  constexpr std::array<Hint, 3> hints = {
      {{"See it live", "Run, then press Right-Ctrl+3. Every read and", "write lights its cluster."},
       {"Stop anywhere", "F5 runs, Shift+F5 breaks, F11 steps. A click",
        "in the code sets a breakpoint."},
       {"Keep the original", "Mode discard drops changes at power off;",
        "read-only never writes."}}};
  const float third = std::floor(w / 3);
  if (y + theme.px(60) < frame.height - theme.px(120)) {
    for (std::size_t i = 0; i < hints.size(); ++i) {
      const float hx = x + third * static_cast<float>(i);
      put(list, fonts.text, hx, y, theme->text, hints[i].title);
      put(list, fonts.text, hx, y + theme.px(22), theme->text2,
          fit(fonts.text, hints[i].first, third - theme.px(10)));
      put(list, fonts.text, hx, y + theme.px(42), theme->text2,
          fit(fonts.text, hints[i].second, third - theme.px(10)));
    }
    y += theme.px(90);
  }
  if (y + theme.px(70) < frame.height - theme.px(60)) {
    const float bh = std::min(theme.px(88), frame.height - theme.px(90) - y);
    const float dash = theme.px(6);
    for (float d = 0; d < w; d += 2 * dash) {
      const float to = std::min(d + dash, w);
      across(list, x + d, x + to, y, theme->line_strong);
      across(list, x + d, x + to, y + bh, theme->line_strong);
    }
    for (float d = 0; d < bh; d += 2 * dash) {
      const float to = std::min(d + dash, bh);
      down(list, x, y + d, y + to, theme->line_strong);
      down(list, x + w, y + d, y + to, theme->line_strong);
    }
    const char* one = "Drop a disk image, a floppy image or a machine file anywhere in this window";
    const char* two = "The format is recognised by content. Nothing is changed by opening.";
    put(list, fonts.text, x + (w - width_of(fonts.text, one)) / 2, y + bh / 2 - theme.px(20),
        theme->text, one);
    put(list, fonts.text, x + (w - width_of(fonts.text, two)) / 2, y + bh / 2 + theme.px(4),
        theme->text3, two);
  }
  ImGui::SetCursorScreenPos({x, frame.height - theme.bar() - theme.px(38)});
  checkbox(frame, "Show this page at start", work.show_start_page);
  ImGui::End();
}

// ---- dialogs ----

namespace {

bool begin_dialog(Frame& frame, const char* title, bool& wanted) {
  if (wanted) {
    ImGui::OpenPopup(title);
    wanted = false;
  }
  ImGui::SetNextWindowPos({frame.width / 2, frame.height / 2}, ImGuiCond_Appearing, {0.5F, 0.5F});
  return ImGui::BeginPopupModal(
      title, nullptr, ImGuiWindowFlags_AlwaysAutoResize | ImGuiWindowFlags_NoSavedSettings);
}

void open_dialog(Frame& frame) {
  Workspace& work = frame.work;
  const Theme& theme = frame.theme;
  if (!begin_dialog(frame, "Open image", work.open_dialog)) return;
  text(theme->text2, work.open_slot ? std::string("Image for ") + emu::slot_name(*work.open_slot)
                                    : "A disk image, a floppy image or a machine file");
  if (ImGui::IsWindowAppearing()) ImGui::SetKeyboardFocusHere();
  const bool entered =
      input("##path", work.open_path, theme.px(520), "path; or drop the file on the window",
            ImGuiInputTextFlags_EnterReturnsTrue);
  if (!work.open_error.empty()) text(theme->bad, work.open_error);
  if (button(frame, "Open", theme.px(96), true) || entered) {
    if (!work.open_path.empty()) {
      if (work.open_slot) {
        frame.insert_file(work.open_path, *work.open_slot);
      } else {
        frame.open_file(work.open_path);
      }
    }
    ImGui::CloseCurrentPopup();
  }
  ImGui::SameLine();
  if (button(frame, "Cancel", theme.px(96)) || ImGui::IsKeyPressed(SDL_SCANCODE_ESCAPE))
    ImGui::CloseCurrentPopup();
  ImGui::EndPopup();
}

void help_dialog(Frame& frame) {
  const Theme& theme = frame.theme;
  if (!begin_dialog(frame, "Keys and panels", frame.work.about)) return;
  struct Row {
    const char *key, *what;
  };
  constexpr std::array<Row, 17> rows = {
      {{"Right-Ctrl", "the host key: what follows is for the window, not the guest"},
       {"RCtrl+1 2 3", "layouts Play, Debug, Disk"},
       {"RCtrl+C", "capture the mouse, or let it go"},
       {"RCtrl+R, P", "reset; pause or run"},
       {"RCtrl+S, V", "screenshot; paste into the guest"},
       {"RCtrl+F", "full screen"},
       {"RCtrl+Del", "Ctrl+Alt+Del for the guest"},
       {"F5, Shift+F5", "run, break"},
       {"F11, F10", "step into, step over"},
       {"Shift+F11", "step out"},
       {"map: wheel", "zoom, down to single sectors; Shift+wheel scrolls"},
       {"map: drag", "scroll; the mini map and the bar do so, too"},
       {"map: click", "pins a cluster: all panels answer for it"},
       {"map: Home, G", "the whole disk; go to a cluster or LBA"},
       {"time line", "drag: the map as it was then"},
       {"code: click", "left of an instruction: a breakpoint"},
       {"memory: click", "a byte while paused, then type hex digits"}}};
  for (const Row& row : rows) {
    text(theme->accent, row.key);
    ImGui::SameLine(theme.px(130));
    text(theme->text2, row.what);
  }
  text(theme->text3, "While the Screen has the focus the guest gets every key but the host key.");
  if (button(frame, "Close", theme.px(96), true) || ImGui::IsKeyPressed(SDL_SCANCODE_ESCAPE))
    ImGui::CloseCurrentPopup();
  ImGui::EndPopup();
}

void create_dialog(Frame& frame) {
  Workspace& work = frame.work;
  const Theme& theme = frame.theme;
  if (!begin_dialog(frame, "Create a disk", work.create_dialog)) return;
  text(theme->text2, "An image that grows where the guest writes");
  input("##path", work.create_path, theme.px(420), "file, e.g. /home/me/dos.vmdk");
  input("##size", work.create_size, theme.px(96), "64M");
  ImGui::SameLine();
  text(theme->text3, "size: 64M, 2G, 1.5G");
  if (!work.open_error.empty()) text(theme->bad, work.open_error);
  if (button(frame, "Create and run", theme.px(140), true, !work.create_path.empty())) {
    frame.open_file("create:" + work.create_size + ":" + work.create_path);
    ImGui::CloseCurrentPopup();
  }
  ImGui::SameLine();
  if (button(frame, "Cancel", theme.px(96)) || ImGui::IsKeyPressed(SDL_SCANCODE_ESCAPE))
    ImGui::CloseCurrentPopup();
  ImGui::EndPopup();
}

}  // namespace

void draw_dialogs(Frame& frame) {
  open_dialog(frame);
  create_dialog(frame);
  help_dialog(frame);
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
                                                   {Panel::dos, draw_dos}}};
  for (const Entry& entry : entries) {
    const bool placed = work.placement.panels.contains(entry.panel);
    if (work.closed.contains(entry.panel) || (!placed && !work.extra.contains(entry.panel)))
      continue;
    entry.draw(frame);
  }
  work.place = false;
}

}  // namespace ui
