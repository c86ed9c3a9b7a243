#include "storage/allocation_watch.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace storage {

namespace {

// A cluster that holds several things is the first of these that it has any of.
int rank(ClusterState state) {
  switch (state) {
    case ClusterState::corrupt:
      return 7;
    case ClusterState::data:
      return 6;
    case ClusterState::shared:
      return 5;
    case ClusterState::metadata:
      return 4;
    case ClusterState::parent:
      return 3;
    case ClusterState::freed:
      return 2;
    case ClusterState::zero:
      return 1;
    case ClusterState::unallocated:
      return 0;
  }
  return 0;
}

bool outranks(MapCell a, MapCell b) {
  if (rank(a.state()) != rank(b.state())) return rank(a.state()) > rank(b.state());
  return a.layer() < b.layer();
}

MapCell cell_of(const Extent& extent) {
  return {extent.state, extent.state == ClusterState::unallocated ? 0U : extent.layer};
}

}  // namespace

std::uint32_t map_cluster_sectors(std::uint64_t sectors, std::uint64_t cluster_bytes) {
  constexpr std::uint64_t largest = std::uint64_t{1} << 24;  // bytes
  if (cluster_bytes >= kSectorSize) {
    return static_cast<std::uint32_t>(std::min(cluster_bytes, largest) / kSectorSize);
  }
  constexpr std::uint64_t floppy_sectors = 8192;
  if (sectors <= floppy_sectors) return 1;
  constexpr std::uint64_t cells = 1U << 20;
  constexpr std::uint32_t host_block = 8;  // 4 KiB: holes of host files begin there
  return std::max(host_block,
                  static_cast<std::uint32_t>(std::bit_ceil((sectors + cells - 1) / cells)));
}

AllocationWatch::AllocationWatch(std::uint64_t sectors, std::uint32_t sectors_per_cluster,
                                 ExtentAt extent_at, Sink sink)
    : sectors_(sectors),
      sectors_per_cluster_(std::max(sectors_per_cluster, 1U)),
      extent_at_(std::move(extent_at)),
      sink_(std::move(sink)),
      written_(
          static_cast<std::size_t>((sectors + sectors_per_cluster_ - 1) / sectors_per_cluster_)) {}

void AllocationWatch::emit(std::uint64_t now, const Run& run) {
  const auto cell = [this](std::uint64_t cluster) {
    return written_.begin() + static_cast<std::ptrdiff_t>(cluster);
  };
  std::fill(cell(run.first), cell(run.end), run.cell == MapCell(ClusterState::data, 0));
  // An event counts sectors in 32 bits.
  constexpr std::uint64_t most = 0xFFFFFFFF;
  std::uint64_t lba = run.first * sectors_per_cluster_;
  const std::uint64_t end = std::min(run.end * sectors_per_cluster_, sectors_);
  while (lba < end) {
    const std::uint64_t count =
        std::min(end - lba, most / sectors_per_cluster_ * sectors_per_cluster_);
    MapEvent event;
    event.time = now;
    event.lba = lba;
    event.count = static_cast<std::uint32_t>(count);
    event.kind = MapEvent::Kind::changed;
    event.after = run.cell;
    sink_(event);
    lba += count;
  }
}

void AllocationWatch::look(std::uint64_t now, std::uint64_t lba, std::uint64_t count) {
  if (lba >= sectors_ || count == 0) return;
  const std::uint64_t spc = sectors_per_cluster_;
  const std::uint64_t last = (std::min(lba + count, sectors_) + spc - 1) / spc;
  Run run{lba / spc, lba / spc, {}};
  const auto add = [&](std::uint64_t end, MapCell cell) {
    if (run.end != run.first && !(run.cell == cell)) {
      emit(now, run);
      run.first = run.end;
    }
    run.cell = cell;
    run.end = end;
  };
  std::uint64_t at = lba / spc * spc;
  std::uint64_t cluster = lba / spc;
  while (cluster < last) {
    const std::uint64_t cluster_end = std::min((cluster + 1) * spc, sectors_);
    MapCell best(ClusterState::unallocated, 0);
    std::uint64_t covered = at;  // by the first extent: whole clusters of it go at once
    for (std::uint64_t end = at; end < cluster_end;) {
      const Extent extent = extent_at_(end);
      const MapCell cell = cell_of(extent);
      if (end == at || outranks(cell, best)) best = cell;
      end += std::max<std::uint64_t>(extent.sector_count, 1);
      if (covered == at) covered = end;
    }
    const std::uint64_t whole = covered >= sectors_ ? last : covered / spc;
    cluster = covered >= cluster_end ? std::min(whole, last) : cluster + 1;
    add(cluster, best);
    at = cluster * spc;
  }
  if (run.end != run.first) emit(now, run);
}

void AllocationWatch::scan(std::uint64_t now) {
  changed_.clear();
  look(now, 0, sectors_);
}

void AllocationWatch::on_allocation(const AllocationEvent& event) {
  changed_.emplace_back(event.extent.first_sector, event.extent.sector_count);
}

void AllocationWatch::settle(std::uint64_t now) {
  if (changed_.empty()) return;
  for (const auto& [lba, count] : std::exchange(changed_, {})) look(now, lba, count);
}

bool AllocationWatch::all_written(std::uint64_t lba, std::uint64_t count) const {
  const std::uint64_t end = std::min(lba + count, sectors_);
  for (std::uint64_t cluster = lba / sectors_per_cluster_; cluster * sectors_per_cluster_ < end;
       ++cluster) {
    if (!written_[static_cast<std::size_t>(cluster)]) return false;
  }
  return true;
}

void AllocationWatch::accessed(std::uint64_t now, bool write, std::uint64_t lba,
                               std::uint64_t count, bool failed) {
  MapEvent event;
  event.time = now;
  event.lba = lba;
  event.count = static_cast<std::uint32_t>(std::min<std::uint64_t>(count, 0xFFFFFFFF));
  event.kind = write ? MapEvent::Kind::write : MapEvent::Kind::read;
  event.failed = failed;
  sink_(event);
  settle(now);
  // Flat files and writes that are kept above the image tell nobody.
  if (write && !failed && !all_written(lba, count)) look(now, lba, count);
}

void AllocationWatch::committed(std::uint64_t now) {
  MapEvent event;
  event.time = now;
  event.kind = MapEvent::Kind::committed;
  sink_(event);
  scan(now);
}

}  // namespace storage
