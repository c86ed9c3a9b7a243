// The machine as the window sees it: a value taken between two slices of guest time by the thread
// that runs the machine. Panels read it as long as they like; the machine does not wait.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cpu/cpu.h"
#include "devices/ata_log.h"
#include "devices/video_text.h"
#include "emu/chips.h"
#include "emu/debugger.h"
#include "emu/dos_memory.h"
#include "emu/machine.h"
#include "storage/allocation_watch.h"
#include "ui/disk_files.h"

namespace ui {

// Pages of physical memory, as far as somebody asked for them.
class MemoryPages {
 public:
  static constexpr std::uint32_t kPage = 4096;
  using Page = std::array<std::uint8_t, kPage>;

  void put(std::uint32_t page, const Page& bytes) { pages_[page] = bytes; }
  const Page* page(std::uint32_t number) const {
    const auto found = pages_.find(number);
    return found == pages_.end() ? nullptr : &found->second;
  }

 private:
  std::map<std::uint32_t, Page> pages_;
};

struct PicView {
  std::uint16_t requests = 0, services = 0, mask = 0;  // by IRQ
};
struct PitView {
  unsigned mode = 0;
  std::uint32_t reload = 0;
  std::uint16_t count = 0;
  bool out = false, gate = false;
};

struct LayerView {
  std::string name;              // of the file
  std::string detail;            // format and identity
  std::uint64_t host_bytes = 0;  // that its files take
  std::uint64_t file_bytes = 0;  // that they are long, holes and all; 0: they have no clusters
  bool writable = false;
  bool memory = false;  // what is thrown away at the end
  // Clusters of the map that it holds, shown or hidden by a layer above. Unset for the top layer,
  // of which all is shown, and for one of too many pieces.
  std::optional<std::uint64_t> holds;
};
// What the layers below the top one hold that nobody sees; unset where it was not counted. `shown`:
// the map's.
std::optional<std::uint64_t> hidden_copies(std::span<const LayerView> layers,
                                           const storage::LayerCounts& shown);

// Of the length of the layers' files the share that holds no cluster: headers, tables, slack. Unset
// where it is not known, or where clusters take less than their size (compressed ones).
std::optional<double> metadata_share(std::span<const LayerView> layers,
                                     const storage::LayerCounts& shown,
                                     std::uint64_t cluster_bytes);

// "read-write", "read-only", ...
const char* mode_word(emu::DriveMode mode);

struct DriveView {
  emu::DriveSlot slot = emu::DriveSlot::fd0;
  bool loaded = false;      // something is in it
  bool image_file = false;  // and that is an image file, not a disk made by us
  std::string file;
  emu::DriveMode mode = emu::DriveMode::rw;
  std::uint64_t medium = 0;
  std::uint64_t sectors = 0;
  storage::Geometry geometry;
  std::uint64_t sectors_read = 0, sectors_written = 0;
  std::uint32_t cluster_sectors = 1;  // of its map
  std::vector<LayerView> layers;      // the top one first
  std::vector<devices::AtaLogEntry> log;

  std::string name() const { return emu::slot_name(slot); }
  std::string short_name() const;
};

// going_back: on a long way to an earlier moment.
enum class RunState : std::uint8_t { running, paused, died, going_back };

// What is kept for ways back.
struct HistoryView {
  bool on = false;
  bool in_past = false;  // what came after this moment is known
  devices::Nanoseconds begin = 0, end = 0;
  std::string begins_because;
  std::size_t bytes = 0;  // of memory
};

struct Snapshot {
  std::uint64_t number = 0;
  RunState state = RunState::paused;
  std::string why;  // it is paused or dead: "breakpoint 2: int 13 ah=03"
  std::vector<unsigned> stopped_by;
  devices::Nanoseconds now = 0;
  std::uint64_t instructions = 0;
  std::uint32_t mips = 0;
  cpu::Model cpu = cpu::Model::i80386;
  double host_speed = 0;  // guest seconds in a host second, lately
  double idle = 0;        // share of instruction times slept through, lately
  std::uint32_t ram_bytes = 0;

  std::shared_ptr<const emu::Picture> picture;
  std::uint64_t picture_number = 0;
  devices::TextScreen text;

  cpu::Registers registers;
  cpu::Registers before;  // at the last stop
  std::string last_step;  // "step over", for people
  std::uint64_t last_step_instructions = 0;
  MemoryPages memory;
  MemoryPages memory_before;  // the same pages at the last stop
  // What the latest search in RAM found; number 0: nothing yet.
  struct Found {
    unsigned number = 0;
    std::uint32_t physical = 0, size = 0;
  };
  Found found;
  std::vector<std::uint32_t> recent_runs;
  // What is recorded, as lines for people: the latest that pass the panel's filter.
  struct Log {
    bool on = false;
    std::uint64_t total = 0;
    std::vector<std::string> lines;
  };
  Log trace, ports;

  PicView pic;
  std::array<PitView, 3> pit;
  std::vector<emu::Chip> chips;
  std::shared_ptr<const emu::DosMemory> dos;  // null: there is none
  std::vector<DriveView> drives;
  std::vector<emu::Debugger::Point> points;
  HistoryView history;
  double speed = 1;  // what was asked for; 0: as fast as it goes

  const DriveView* drive(emu::DriveSlot slot) const;
};

// What the panels want to have in the next snapshot.
struct Wants {
  bool screen = true;                 // the guest's picture; an old one stands when nobody looks
  std::set<std::uint32_t> pages;      // numbers of physical pages
  std::optional<emu::DriveSlot> map;  // events of this drive
  bool chips = false;
  bool dos = false;
  std::optional<std::string> trace, ports;  // filters of the panels that show these
};

// The drives as they are after a start or a change of media: slow facts, kept between snapshots.
void describe_drives(emu::Machine& machine, const emu::Config& config, std::vector<DriveView>& out);
// The sizes of images that the guest wrote to since the last call.
void follow_sizes(emu::Machine& machine, std::vector<DriveView>& drives);
// Fills in everything but what the runner knows: state, speed, steps, what DOS keeps.
void take_snapshot(const emu::Machine& machine, const Wants& wants, Snapshot& out);

}  // namespace ui
