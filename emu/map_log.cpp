#include "emu/map_log.h"

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "emu/drive_tap.h"
#include "emu/run_options.h"
#include "storage/image.h"
#include "storage/image_error.h"

namespace emu {

namespace {

using storage::ClusterState;
using storage::MapEvent;

bool takes_place(ClusterState state) {
  return state == ClusterState::data || state == ClusterState::shared;
}

std::string_view word_for_change(ClusterState before, ClusterState after) {
  if (after == ClusterState::shared) return "link";
  if (before == ClusterState::shared && after == ClusterState::data) return "unlink";
  if (takes_place(after)) return "alloc";
  return takes_place(before) ? "free" : "is";
}

}  // namespace

MapLog::MapLog(const std::string& file, Machine& machine)
    : file_(file), machine_(machine), out_(file, std::ios::trunc) {
  if (!out_) throw UsageError("map-log '" + file + "': " + storage::host_error_text(errno));
  for (std::size_t i = 0; i < kDriveSlotCount; ++i) {
    const auto slot = static_cast<DriveSlot>(i);
    if (DriveTap* const tap = machine_.tap(slot); tap != nullptr && !is_floppy(slot)) {
      begin(slot, *tap);
    }
  }
}

MapLog::~MapLog() {
  for (const auto& [slot, map] : maps_) {
    if (DriveTap* const tap = machine_.tap(slot)) tap->stop_map();
  }
}

void MapLog::begin(DriveSlot slot, DriveTap& tap) {
  const storage::Image* const image = tap.chain();
  const std::uint32_t sectors = storage::map_cluster_sectors(
      tap.sector_count(), image == nullptr ? 0 : image->info().cluster_bytes);
  maps_[slot] = std::make_unique<storage::AllocationMap>(tap.sector_count(), sectors);
  out_ << "{\"disk\": \"" << slot_name(slot) << "\", \"sectors\": " << tap.sector_count()
       << ", \"cluster_sectors\": " << sectors << "}\n";
  scanning_ = true;
  tap.start_map(
      sectors, [this, slot](const MapEvent& event) { write(slot, event); }, machine_.now());
  scanning_ = false;
}

void MapLog::write(DriveSlot slot, const MapEvent& event) {
  storage::AllocationMap& map = *maps_.at(slot);
  std::string_view kind = event.kind == MapEvent::Kind::read ? "read" : "write";
  ClusterState after = ClusterState::unallocated;
  if (event.kind == MapEvent::Kind::committed) {
    kind = "commit";
  } else if (!event.access()) {
    after = event.after.state();
    const std::uint64_t cluster = map.cluster_of(event.lba);
    kind = scanning_ ? "is" : word_for_change(map.cell(cluster).state(), after);
    const std::uint64_t count = std::max<std::uint64_t>(
        1, (event.count + map.sectors_per_cluster() - 1) / map.sectors_per_cluster());
    map.set(cluster, std::min(count, map.clusters() - cluster), after, event.after.layer());
  }
  out_ << "{\"disk\": \"" << slot_name(slot) << "\", \"time\": " << event.time << ", \"kind\": \""
       << kind << "\", \"lba\": " << event.lba << ", \"count\": " << event.count
       << ", \"cluster\": " << map.cluster_of(event.lba);
  if (!event.access() && kind != "commit") {
    out_ << ", \"state\": \"" << name_of(after) << "\", \"layer\": " << event.after.layer();
  }
  if (event.failed) out_ << ", \"failed\": true";
  out_ << "}\n";
}

bool MapLog::finish() {
  for (const auto& [slot, map] : maps_) {
    if (DriveTap* const tap = machine_.tap(slot)) tap->settle_map(machine_.now());
  }
  out_.flush();
  return static_cast<bool>(out_);
}

}  // namespace emu
