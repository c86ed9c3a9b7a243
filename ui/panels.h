// The panels: one draw function each. They read a snapshot and the window's own state, and ask for
// what is to happen; none of them touches a machine.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "ui/imgui_sdl.h"
#include "ui/layout.h"
#include "ui/map_model.h"
#include "ui/open_dialog.h"
#include "ui/recent_files.h"
#include "ui/session.h"
#include "ui/snapshot.h"
#include "ui/theme.h"

namespace ui {

// A file seen before, for the start page.
// What a person set up, kept between frames and, in part, between runs.
struct Workspace {
  Layout layout = Layout::play;
  bool place = true;  // panels go to their places in the next frame
  Look look = Look::dark;
  float scale = 1;
  std::set<Panel> extra;   // opened from menus
  std::set<Panel> closed;  // of the layout's
  Placement placement;
  bool start_page = false;
  bool show_start_page = true;
  std::vector<RecentFile> recent;
  bool reduce_motion = false;
  bool full_screen = false;
  bool keep_aspect = true;
  int volume = 50;  // percent, by ear
  bool mute = false;
  bool keep_history = false;  // for ways back, in every machine
  bool break_off = false;     // a way back or work on files is to end
  std::optional<LongWork> long_work;
  bool captured = false;
  bool screen_focused = false;
  std::optional<Panel> focused;  // the panel that keys go to
  bool quit = false;
  std::optional<std::string> message;  // the latest line for the person
  float message_left = 0;              // seconds

  // Screen.
  Rect screen_place;  // of the guest's pixels
  // The picture where it must be smaller than it is, and which one that was.
  PixelTexture small_screen;
  std::uint64_t small_screen_number = 0;

  // Debugger.
  std::string goto_address, find_text, breakpoint_text, breakpoint_error;
  bool add_breakpoint = false;
  struct MemoryView {
    bool follow = true;              // ES:DI
    bool physical = false;           // addresses are what page tables lead to
    std::uint32_t address = 0x7C00;  // of the first row
    std::uint32_t cursor = 0;        // the byte in hand
    int digit = -1;                  // of that byte: high, low; -1: it is not edited
    std::uint32_t high_digit = 0;
    std::string pattern;
    unsigned found_number = 0;         // of the finding that was shown last
    bool go_to = false, find = false;  // keys ask for these fields in the next frame
  } memory;
  std::optional<std::uint32_t> code_top;       // scrolled away from CS:IP: offset of the first line
  std::optional<std::uint32_t> code_selected;  // linear address of the line in hand
  std::map<std::uint32_t, std::string> labels;  // names a person gave to linear addresses
  std::string label_text;
  std::string trace_filter, ports_filter;
  // Keys ask for these in the next frame.
  bool code_goto = false, code_label = false;
  emu::Disassembler disassembler;

  // Disk.
  MapModel map;
  std::optional<emu::DriveSlot> map_slot;
  int zoom = 0;
  bool zoom_chosen = false;
  std::uint64_t map_first = 0;
  std::uint64_t half_life = 1'000'000'000;
  PixelTexture map_texture, mini_texture;
  std::vector<MapCellView> cells;
  std::vector<std::uint32_t> pixels;
  MiniMap mini;
  std::vector<LegendRow> legend;
  std::uint64_t legend_key = ~std::uint64_t{0};
  bool legend_counted = true;        // false: the legend's counts are not there yet
  std::vector<LegendRow> heat_rows;  // counted so far
  std::uint64_t heat_counted = 0;
  bool map_hovered = false;
  bool goto_open = false;
  std::string goto_text;
  std::string file_filter;
  std::uint64_t hex_offset = 0;
  std::optional<SectorsWanted> sectors_asked;
  std::shared_ptr<const SectorBytes> sectors;
  std::shared_ptr<const DiskFiles> files;

  // What the map's menu is about.
  std::uint64_t menu_lba = 0, menu_sectors = 0;

  // Dialogs.
  OpenDialog open;
  struct CreateDialog {
    bool asked = false;  // to be opened in this frame
    std::string path, size = "64M", error;
  } create;
  bool about = false;
  // What is asked before it is done.
  struct Question {
    std::string title;
    std::vector<std::string> lines;
    const char* yes = "";  // the button's word
    Request request;
  };
  bool ask = false;  // to be opened in this frame
  Question question;

  // LEDs: host seconds until which they stay lit.
  struct Led {
    std::uint64_t reads = 0, writes = 0;
    float read_left = 0, write_left = 0;
  };
  std::array<Led, emu::kDriveSlotCount> leds{};
};

// What panels ask of the program around them. Done after the frame; what comes of it is told to the
// dialogs and to the person.
struct ProgramRequests {
  using Path = const std::string&;
  // A new machine with this file or folder; "": with the demo.
  std::function<void(Path)> open_file = [](Path) {};
  std::function<void(Path, emu::DriveSlot)> insert_file = [](Path, emu::DriveSlot) {};
  std::function<void(Path, Path)> create_disk = [](Path, Path) {};  // size as "64M"
  // `child` follows its parent to this file, and is opened.
  std::function<void(Path, Path)> relocate_parent = [](Path, Path) {};
};

// What one frame of panels is made from.
class Frame {
 public:
  Frame(const Theme& theme_in, const Snapshot* snapshot_in, Workspace& work_in, Wants& wants_in,
        SDL_Renderer* renderer_in, const ProgramRequests& program_in)
      : theme(theme_in),
        snapshot(snapshot_in),
        work(work_in),
        wants(wants_in),
        renderer(renderer_in),
        program(program_in) {}

  const Theme& theme;
  const Snapshot* snapshot;  // nullptr: no machine
  Workspace& work;
  Wants& wants;  // filled in by panels
  SDL_Renderer* renderer;
  const ProgramRequests& program;
  float width = 0, height = 0;
  std::function<void(Request)> post;  // to the machine
  PixelTexture* guest = nullptr;

  // Bytes of physical memory as far as they are here; asks for the rest. False: some were missing.
  bool peek(std::uint32_t physical, std::span<std::uint8_t> bytes) const;
  bool peek_before(std::uint32_t physical, std::span<std::uint8_t> bytes) const;
  // Through the guest's page tables, of which the pages must have come as well.
  std::optional<std::uint32_t> physical_of(std::uint32_t linear) const;
  bool peek_linear(std::uint32_t linear, std::span<std::uint8_t> bytes) const;
  bool paused() const { return snapshot != nullptr && snapshot->state == RunState::paused; }
};

void draw_menu_bar(Frame& frame);
void draw_status_bar(Frame& frame);
void draw_start_page(Frame& frame);
void draw_dialogs(Frame& frame);
// Every panel that the layout or the person wants.
void draw_panels(Frame& frame);

void draw_screen(Frame& frame);
void draw_cpu_control(Frame& frame);
void draw_registers(Frame& frame);
void draw_disassembly(Frame& frame);
void draw_memory(Frame& frame);
void draw_stack(Frame& frame);
void draw_trace(Frame& frame);
void draw_breakpoints(Frame& frame);
void draw_devices(Frame& frame);
void draw_ata_log(Frame& frame);
void draw_map(Frame& frame);
void draw_selection(Frame& frame);
void draw_chain(Frame& frame);
void draw_files(Frame& frame);
void draw_hex(Frame& frame);
void draw_interrupts(Frame& frame);
void draw_dos(Frame& frame);
void draw_ports(Frame& frame);

// Empty: there is one.
std::string why_no_way_back(const Frame& frame);

// What F1, F5, F9 to F11, F2, Ctrl+G and Ctrl+F do outside the guest's screen.
struct DebuggerKey {
  SDL_Scancode code = SDL_SCANCODE_UNKNOWN;
  bool shift = false, control = false;
};
void debugger_key(Workspace& work, const Snapshot* snapshot,
                  const std::function<void(Request)>& post, DebuggerKey key);
// The same from menus.
void toggle_breakpoint(const Workspace& work, const Snapshot& snapshot,
                       const std::function<void(Request)>& post);
void run_to_cursor(const Workspace& work, const Snapshot& snapshot,
                   const std::function<void(Request)>& post);
void break_in(Workspace& work, const std::function<void(Request)>& post);
void ask_where_to(Workspace& work);  // the panel in hand: disassembly, memory, map
void ask_what_to_find(Workspace& work);

void draw_time_line(Frame& frame, storage::AllocationHistory& history, const Rect& place);

// The drive whose map is shown; nullptr: none.
const DriveView* shown_drive(const Frame& frame);
void draw_chain_body(Frame& frame);
// The popup with what happened to a cluster, in the window that opens it.
void open_cluster_history();
void draw_cluster_history(Frame& frame, std::uint64_t cluster);

// A breakpoint by its words, as parse_breakpoint() takes them.
void add_break(Frame& frame, const std::string& words);
// Entries of a menu that stop the guest at a file, wherever its clusters are by then.
void file_break_items(Frame& frame, std::uint32_t node);

// Number of layers of the drive whose map is shown.
unsigned map_layers(const Frame& frame);
// Pins a cluster and brings it into view.
void pin_cluster(Frame& frame, std::uint64_t cluster, bool scroll);

}  // namespace ui
