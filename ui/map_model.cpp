#include "ui/map_model.h"

#include <algorithm>
#include <utility>

namespace ui {

void MapModel::take(const MapNews& news) {
  if (news.start != start_) {
    start_ = news.start;
    slot_ = news.slot;
    medium_ = news.medium;
    history_ = std::make_unique<storage::AllocationHistory>(news.sectors, news.cluster_sectors);
    for (const storage::MapEvent& event : news.scan) history_->load(event);
    files_.reset();
    files_old_ = true;
    pinned.reset();
    hovered.reset();
    chosen_file = hovered_file = DiskFiles::kNobody;
  }
  if (!history_) return;
  if (news.rewound) {
    history_->rewind(*news.rewound);
    files_old_ = true;
  }
  for (const storage::MapEvent& event : news.events) {
    history_->record(event);
    if (event.kind != storage::MapEvent::Kind::write || files_old_) continue;
    // Tables and folders tell where files are; a new file is written there first.
    const DiskFiles::Run* owner = files_ ? files_->owner_of(event.lba) : nullptr;
    files_old_ = owner == nullptr || files_->nodes[owner->node].mark != storage::MapMark::none;
  }
  history_->advance(news.now);
}

void MapModel::set_files(std::shared_ptr<const DiskFiles> files) {
  if (!history_ || files == files_) return;
  files_ = std::move(files);
  owners_ = {};
  top_files_.clear();
  chosen_file = hovered_file = DiskFiles::kNobody;
  if (!files_) return;
  owners_ =
      ClusterOwners(*files_, history_->map().sectors(), history_->map().sectors_per_cluster());
  top_files_ = largest_files(*files_);
  files_->mark(history_->map());
}

void MapModel::flag(const Flagged& flag) {
  if (!history_) return;
  using Kind = storage::AllocationHistory::Flag::Kind;
  history_->flag({flag.time, flag.snapshot ? Kind::snapshot : Kind::stop, flag.text});
}

void MapModel::clear() {
  *this = MapModel();
}

MapScene MapModel::scene(Look look, unsigned layers) const {
  MapScene scene(*history_);
  scene.files = files_.get();
  scene.owners = owners();
  scene.layers = layers;
  scene.look = look;
  scene.mode = mode;
  scene.isolated = isolated;
  scene.outlined = hovered_file != DiskFiles::kNobody ? hovered_file : chosen_file;
  scene.top_files = &top_files_;
  return scene;
}

template <class Visit>
void MapModel::events_before(std::uint64_t end, std::uint64_t cluster, Visit visit) const {
  const std::uint64_t spc = history_->map().sectors_per_cluster();
  constexpr std::uint64_t most = 100'000;
  std::uint64_t left = most;
  for (std::uint64_t n = end; n > history_->first_event() && left != 0; --n, --left) {
    const storage::MapEvent& event = history_->event(n - 1);
    const bool touches =
        event.lba / spc <= cluster && (event.lba + event.count - 1) / spc >= cluster;
    if (touches && !visit(event)) return;
  }
}

std::optional<storage::MapEvent> MapModel::last_access(std::uint64_t cluster, bool write) const {
  const auto kind = write ? storage::MapEvent::Kind::write : storage::MapEvent::Kind::read;
  std::optional<storage::MapEvent> found;
  events_before(history_->view_end(), cluster, [&](const storage::MapEvent& event) {
    if (event.kind == kind) found = event;
    return !found;
  });
  return found;
}

std::vector<storage::MapEvent> MapModel::events_of(std::uint64_t cluster, std::size_t most) const {
  std::vector<storage::MapEvent> found;
  events_before(history_->end_event(), cluster, [&](const storage::MapEvent& event) {
    found.push_back(event);
    return found.size() < most;
  });
  return found;
}

std::optional<std::uint64_t> MapModel::next_of_top_layer(std::uint64_t from) const {
  using storage::CellClass;
  const storage::AllocationMap& map = history_->map();
  const auto look = [&](std::uint64_t first, std::uint64_t end) -> std::optional<std::uint64_t> {
    constexpr std::uint64_t block = 4096;  // clusters; the map's sums tell whether to look closer
    for (std::uint64_t at = first; at < end;) {
      const std::uint64_t next = std::min(at / block * block + block, end);
      const storage::CellSum sum = map.sum(at, next - at);
      const auto some = [&](CellClass kind) { return sum.counts[storage::index_of(kind)] != 0; };
      if (!some(CellClass::layer0) && !some(CellClass::file_system) && !some(CellClass::linked)) {
        at = next;
        continue;
      }
      for (; at < next; ++at) {
        const storage::MapCell cell = map.cell(at);
        if (storage::in_use(storage::class_of(cell)) && cell.layer() == 0) return at;
      }
    }
    return std::nullopt;
  };
  const std::uint64_t all = map.clusters();
  const auto found = look(std::min(from, all), all);
  return found ? found : look(0, std::min(from, all));
}

}  // namespace ui
