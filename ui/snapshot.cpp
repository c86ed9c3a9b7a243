#include "ui/snapshot.h"

#include <algorithm>
#include <filesystem>

#include "emu/board.h"
#include "storage/image.h"

namespace ui {

namespace {

std::string file_name(const std::string& path) {
  return std::filesystem::path(path).filename().string();
}

std::uint64_t cluster_bytes_of(storage::Image* image) {
  // The smallest in the chain: what one layer has as one cluster may be several of another's.
  std::uint64_t smallest = 0;
  for (; image != nullptr; image = image->parent()) {
    const std::uint64_t bytes = image->info().cluster_bytes;
    if (bytes != 0 && (smallest == 0 || bytes < smallest)) smallest = bytes;
  }
  return smallest;
}

// In clusters of the map. Unset: too many pieces to go through while the machine waits.
std::optional<std::uint64_t> clusters_of(const storage::Image& image, const DriveView& drive) {
  constexpr int most_pieces = 300'000;
  const std::uint64_t end = std::min(drive.sectors, image.sector_count());
  const std::uint64_t spc = drive.cluster_sectors;
  std::uint64_t clusters = 0;
  std::uint64_t counted = 0;  // clusters below this one
  int pieces = 0;
  for (std::uint64_t lba = 0; lba < end;) {
    if (++pieces > most_pieces) return std::nullopt;
    const storage::Extent extent = image.extent_at(lba);
    const std::uint64_t stop = std::min(lba + std::max<std::uint64_t>(extent.sector_count, 1), end);
    const bool data = extent.state == storage::ClusterState::data ||
                      extent.state == storage::ClusterState::shared;
    if (data && extent.layer == 0) {
      const std::uint64_t first = std::max(lba / spc, counted);
      const std::uint64_t last = (stop + spc - 1) / spc;
      clusters += last - std::min(first, last);
      counted = std::max(counted, last);
    }
    lba = stop;
  }
  return clusters;
}

// A file without clusters (raw, flat) is the disk itself: nothing in it is metadata.
std::uint64_t clustered_bytes(const storage::ImageInfo& info) {
  return info.cluster_bytes != 0 ? info.file_bytes() : 0;
}

void add_layers(emu::DriveTap& tap, DriveView& out) {
  if (tap.discards()) {
    LayerView memory;
    memory.name = "in memory";
    memory.detail = "dropped at power off";
    memory.writable = memory.memory = true;
    out.layers.push_back(memory);
  }
  bool top = !tap.discards() && !tap.read_only();
  storage::Image* image = tap.chain();
  if (image == nullptr) {
    LayerView built_in;
    built_in.name = file_name(out.file);
    built_in.detail = "built in";
    out.layers.push_back(built_in);
  }
  for (; image != nullptr; image = image->parent(), top = false) {
    const storage::ImageInfo info = image->info();
    LayerView layer;
    layer.name = info.files.empty() ? file_name(out.file) : info.files[0].path.filename().string();
    layer.detail = info.subformat;
    for (const auto& [name, value] : info.ids) {
      layer.detail += (layer.detail.empty() ? "" : ", ") + name + " " + value;
      break;
    }
    layer.host_bytes = info.host_bytes();
    layer.file_bytes = clustered_bytes(info);
    layer.writable = top;
    if (!out.layers.empty()) layer.holds = clusters_of(*image, out);
    out.layers.push_back(layer);
  }
}

}  // namespace

std::optional<std::uint64_t> hidden_copies(std::span<const LayerView> layers,
                                           const storage::LayerCounts& shown) {
  // The map counts the deepest layers together.
  if (layers.size() < 2 || layers.size() > shown.size()) return std::nullopt;
  std::uint64_t hidden = 0;
  for (std::size_t i = 1; i < layers.size(); ++i) {
    if (!layers[i].holds) return std::nullopt;
    // Half a cluster may be shown by one layer and half by the next: the map has it once.
    hidden += *layers[i].holds - std::min(*layers[i].holds, shown[i]);
  }
  return hidden;
}

std::optional<double> metadata_share(std::span<const LayerView> layers,
                                     const storage::LayerCounts& shown,
                                     std::uint64_t cluster_bytes) {
  std::uint64_t files = 0;
  std::uint64_t data = 0;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (layers[i].file_bytes == 0) continue;
    if (i != 0 && !layers[i].holds) return std::nullopt;
    files += layers[i].file_bytes;
    data += (i == 0 ? shown[0] : *layers[i].holds) * cluster_bytes;
  }
  if (files == 0 || data >= files) return std::nullopt;
  return static_cast<double>(files - data) / static_cast<double>(files);
}

const char* mode_word(emu::DriveMode mode) {
  switch (mode) {
    case emu::DriveMode::rw:
      return "read-write";
    case emu::DriveMode::ro:
      return "read-only";
    case emu::DriveMode::discard:
      return "discard";
    case emu::DriveMode::overlay:
      return "overlay";
  }
  return "";
}

std::string DriveView::short_name() const {
  if (!loaded) return "empty";
  return file_name(file);
}

const DriveView* Snapshot::drive(emu::DriveSlot slot) const {
  for (const DriveView& view : drives) {
    if (view.slot == slot) return &view;
  }
  return nullptr;
}

void describe_drives(emu::Machine& machine, const emu::Config& config,
                     std::vector<DriveView>& out) {
  out.clear();
  for (std::size_t i = 0; i < emu::kDriveSlotCount; ++i) {
    const auto slot = static_cast<emu::DriveSlot>(i);
    if (!machine.has_drive(slot)) continue;
    DriveView view;
    view.slot = slot;
    for (const emu::DriveConfig& drive : config.drives) {
      if (drive.slot == slot) view.mode = drive.mode;
    }
    for (const emu::DriveActivity& activity : machine.activity()) {
      if (activity.slot == slot) view.file = activity.file;
    }
    if (emu::DriveTap* tap = machine.tap(slot)) {
      view.loaded = true;
      view.medium = tap->medium();
      view.image_file = tap->chain() != nullptr;
      view.sectors = tap->sector_count();
      view.geometry = tap->geometry();
      if (!emu::is_floppy(slot)) {
        const unsigned unit =
            static_cast<unsigned>(i) - static_cast<unsigned>(emu::DriveSlot::ide0_0);
        view.geometry = machine.board().ata[unit / 2].drive(unit % 2).geometry();
      }
      view.cluster_sectors =
          storage::map_cluster_sectors(view.sectors, cluster_bytes_of(tap->chain()));
      add_layers(*tap, view);
    }
    out.push_back(std::move(view));
  }
}

void follow_sizes(emu::Machine& machine, std::vector<DriveView>& drives) {
  for (const emu::DriveActivity& activity : machine.activity()) {
    const auto view = std::ranges::find(drives, activity.slot, &DriveView::slot);
    if (view == drives.end() || view->sectors_written == activity.sectors_written) continue;
    view->sectors_written = activity.sectors_written;
    emu::DriveTap* const tap = machine.tap(activity.slot);
    if (tap == nullptr || tap->chain() == nullptr || view->layers.empty()) continue;
    LayerView& top = view->layers.front();
    if (!top.writable || top.memory) continue;
    const storage::ImageInfo info = tap->chain()->info();
    top.host_bytes = info.host_bytes();
    top.file_bytes = clustered_bytes(info);
  }
}

namespace {

// A filter that little passes must not hold up the machine: only so many entries are looked at.
void take_logs(const emu::Machine& machine, const Wants& wants, Snapshot& out) {
  constexpr std::size_t shown = 400;
  constexpr std::size_t looked_at = 4000;
  if (const emu::InstructionTrace* trace = machine.trace()) {
    out.trace.on = true;
    out.trace.total = trace->total();
    if (wants.trace) {
      const emu::Disassembler disassembler;
      out.trace.lines = emu::latest_lines(*trace, disassembler, *wants.trace, shown, looked_at);
    }
  }
  if (const emu::PortLog* log = machine.port_log()) {
    out.ports.on = true;
    out.ports.total = log->total();
    if (wants.ports) out.ports.lines = emu::latest_lines(*log, *wants.ports, shown, looked_at);
  }
}

}  // namespace

void take_snapshot(const emu::Machine& machine, const Wants& wants, Snapshot& out) {
  const emu::Board& board = machine.board();
  out.now = machine.now();
  out.instructions = machine.instructions();
  out.mips = board.mips();
  out.cpu = board.processor.model();
  out.ram_bytes = board.memory.ram_size();
  out.registers = board.processor.registers();
  out.text = machine.text_screen();
  const std::span<const std::uint32_t> runs = board.processor.recent_runs();
  out.recent_runs.assign(runs.begin(), runs.end());
  take_logs(machine, wants, out);
  for (const std::uint32_t number : wants.pages) {
    MemoryPages::Page bytes{};
    board.memory.peek(number * MemoryPages::kPage, bytes);
    out.memory.put(number, bytes);
  }
  const auto both = [](std::uint8_t low, std::uint8_t high) {
    return static_cast<std::uint16_t>(low | high << 8);
  };
  out.pic.requests = both(board.pic.master().requests(), board.pic.slave().requests());
  out.pic.services = both(board.pic.master().in_service(), board.pic.slave().in_service());
  out.pic.mask = both(board.pic.master().mask(), board.pic.slave().mask());
  for (unsigned i = 0; i < 3; ++i) {
    const devices::PitCounter counter = board.pit.counter_now(i);
    out.pit[i] = {counter.mode(), counter.reload(), counter.count_value(), counter.out(),
                  counter.gate()};
  }
  if (wants.chips) out.chips = emu::chips_of(board);
  for (DriveView& view : out.drives) {
    for (const emu::DriveActivity& activity : machine.activity()) {
      if (activity.slot != view.slot) continue;
      view.sectors_read = activity.sectors_read;
      view.sectors_written = activity.sectors_written;
    }
    view.log = machine.ata_log(view.slot);
  }
}

}  // namespace ui
