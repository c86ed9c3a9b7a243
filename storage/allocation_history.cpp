#include "storage/allocation_history.h"

#include <algorithm>
#include <utility>

namespace storage {

namespace {

using Kind = MapEvent::Kind;

Kind kind_of_change(MapCell before, MapCell after) {
  const auto holds = [](MapCell cell) {
    return cell.state() == ClusterState::data || cell.state() == ClusterState::metadata;
  };
  if (after.state() == ClusterState::shared) return Kind::linked;
  if (before.state() == ClusterState::shared && holds(after)) return Kind::unlinked;
  if (holds(after)) return Kind::allocated;
  if (in_use(class_of(before))) return Kind::freed;
  return Kind::changed;
}

}  // namespace

AllocationHistory::AllocationHistory(std::uint64_t sectors, std::uint32_t sectors_per_cluster,
                                     std::size_t capacity)
    : map_(sectors, sectors_per_cluster), ring_(std::max<std::size_t>(capacity, 16)) {}

void AllocationHistory::load(const MapEvent& changed) {
  const std::uint64_t spc = map_.sectors_per_cluster();
  map_.set(changed.lba / spc, (changed.count + spc - 1) / spc, changed.after.state(),
           changed.after.layer());
}

std::uint64_t AllocationHistory::earliest() const {
  return first_ == 0 || first_ == end_ ? 0 : event(first_).time;
}

void AllocationHistory::apply(const MapEvent& event) {
  const std::uint64_t spc = map_.sectors_per_cluster();
  const std::uint64_t first = event.lba / spc;
  const std::uint64_t count = (event.lba + event.count + spc - 1) / spc - first;
  if (event.access()) {
    map_.touch(first, count, event.time);
  } else if (event.kind != Kind::committed) {
    map_.set(first, count, event.after.state(), event.after.layer());
  }
}

void AllocationHistory::take_back(const MapEvent& event) {
  if (event.access() || event.kind == Kind::committed) return;
  const std::uint64_t spc = map_.sectors_per_cluster();
  const std::uint64_t first = event.lba / spc;
  map_.set(first, (event.lba + event.count + spc - 1) / spc - first, event.before.state(),
           event.before.layer());
}

void AllocationHistory::push(const MapEvent& event) {
  if (end_ - first_ == ring_.size()) ++first_;
  ring_[end_ % ring_.size()] = event;
  ++end_;
  ++recorded_;
  cursor_ = end_;
  apply(event);
}

// A change of clusters that were not all the same becomes one event for each stretch that was.
void AllocationHistory::now_record(const MapEvent& event) {
  if (event.access() || event.kind == Kind::committed) return push(event);
  const std::uint64_t spc = map_.sectors_per_cluster();
  const std::uint64_t end = std::min((event.lba + event.count + spc - 1) / spc, map_.clusters());
  const auto plain = [](MapCell cell) { return cell.with_mark(MapMark::none); };
  for (std::uint64_t at = event.lba / spc; at < end;) {
    const MapCell before = plain(map_.cell(at));
    std::uint64_t stop = at + 1;
    while (stop < end && plain(map_.cell(stop)) == before) ++stop;
    if (!(before == plain(event.after))) {
      MapEvent part = event;
      part.lba = at * spc;
      part.count = static_cast<std::uint32_t>(std::min(stop * spc, map_.sectors()) - part.lba);
      part.before = before;
      part.after = plain(event.after);
      part.kind = kind_of_change(before, part.after);
      push(part);
    }
    at = stop;
  }
}

void AllocationHistory::record(const MapEvent& event) {
  advance(event.time);
  if (event.access()) {
    Bin& bin = bins_.back();
    ++(event.kind == Kind::read ? bin.reads : bin.writes);
  }
  if (!live_ && waiting_.size() >= ring_.size()) go_live();  // the ring would lose what is shown
  if (!live_) {
    waiting_.push_back(event);
  } else {
    now_record(event);
  }
}

void AllocationHistory::advance(std::uint64_t now) {
  now_ = std::max(now_, now);
  if (bins_.size() <= now_ / kBin) bins_.resize(now_ / kBin + 1);
}

// The heat of a moment comes from the accesses shortly before it.
void AllocationHistory::warm_up() {
  constexpr std::uint64_t half_lives = 20;  // a millionth is left then
  map_.forget_heat();
  const std::uint64_t span = half_lives * map_.half_life();
  const std::uint64_t from = view_time_ > span ? view_time_ - span : 0;
  std::uint64_t number = cursor_;
  while (number > first_ && event(number - 1).time >= from) --number;
  for (; number < cursor_; ++number) {
    if (event(number).access()) apply(event(number));
  }
}

void AllocationHistory::seek(std::uint64_t time) {
  view_time_ = std::clamp(time, earliest(), now_);
  live_ = false;
  while (cursor_ > first_ && event(cursor_ - 1).time > view_time_) take_back(event(--cursor_));
  while (cursor_ < end_ && event(cursor_).time <= view_time_) {
    if (!event(cursor_).access()) apply(event(cursor_));
    ++cursor_;
  }
  warm_up();
}

void AllocationHistory::go_live() {
  if (live_) return;
  seek(now_);
  while (cursor_ < end_) apply(event(cursor_++));
  live_ = true;
  for (const MapEvent& event : std::exchange(waiting_, {})) now_record(event);
}

void AllocationHistory::rewind(std::uint64_t time) {
  go_live();
  if (time >= now_) return;
  seek(time);
  end_ = cursor_;
  now_ = time;
  live_ = true;
  bins_.resize(now_ / kBin + 1);
  std::erase_if(flags_, [&](const Flag& flag) { return flag.time > time; });
}

void AllocationHistory::set_half_life(std::uint64_t nanoseconds) {
  map_.set_half_life(nanoseconds, view_time());
  if (!live_) warm_up();
}

}  // namespace storage
