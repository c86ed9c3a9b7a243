#include "storage/allocation_map.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace storage {

namespace {

// Scores beyond this many half-lives after the epoch lose precision: the epoch follows.
constexpr double kEpochSpan = 4096;

}  // namespace

CellClass class_of(MapCell cell) {
  switch (cell.state()) {
    case ClusterState::unallocated:
      return CellClass::unallocated;
    case ClusterState::zero:
      return CellClass::zero;
    case ClusterState::shared:
      return CellClass::linked;
    case ClusterState::freed:
      return CellClass::freed;
    case ClusterState::metadata:
      return CellClass::file_system;
    case ClusterState::corrupt:
      return CellClass::corrupt;
    case ClusterState::parent:
      return CellClass::unknown;
    case ClusterState::data:
      break;
  }
  return cell.mark() != MapMark::none ? CellClass::file_system : class_of_layer(cell.layer());
}

bool in_use(CellClass kind) {
  return kind != CellClass::unallocated && kind != CellClass::zero && kind != CellClass::freed;
}

std::uint64_t CellSum::total() const {
  std::uint64_t sum = 0;
  for (const std::uint64_t count : counts) sum += count;
  return sum;
}

std::uint64_t CellSum::used() const {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < kCellClasses; ++i) {
    if (in_use(static_cast<CellClass>(i))) sum += counts[i];
  }
  return sum;
}

AllocationMap::AllocationMap(std::uint64_t sectors, std::uint32_t sectors_per_cluster)
    : sectors_(sectors), sectors_per_cluster_(std::max(sectors_per_cluster, 1U)) {
  const std::uint64_t clusters =
      std::max<std::uint64_t>((sectors + sectors_per_cluster_ - 1) / sectors_per_cluster_, 1);
  cells_.resize(clusters);
  leaves_.resize((clusters + kLeaf - 1) / kLeaf);
  for (std::size_t size = leaves_.size(); levels_.empty() || levels_.back().size() > 1;) {
    size = (size + kFan - 1) / kFan;
    levels_.emplace_back(size);
  }
  heat_.resize((clusters + kHeatBlock - 1) / kHeatBlock);
  const auto none = index_of(CellClass::unallocated);
  for (std::uint64_t leaf = 0; leaf < leaves_.size(); ++leaf) {
    const std::uint64_t size = std::min(kLeaf, clusters - leaf * kLeaf);
    leaves_[leaf].counts[none] = static_cast<std::uint8_t>(size);
    for (std::uint64_t node = leaf; auto& level : levels_) {
      node /= kFan;
      level[node].counts[none] += static_cast<std::uint32_t>(size);
    }
  }
  totals_[none] = clusters;
}

void AllocationMap::add_to_nodes(std::uint64_t leaf, const Delta& delta) {
  for (std::size_t i = 0; i < kCellClasses; ++i) {
    if (delta[i] == 0) continue;
    leaves_[leaf].counts[i] = static_cast<std::uint8_t>(leaves_[leaf].counts[i] + delta[i]);
    totals_[i] += static_cast<std::uint64_t>(delta[i]);
    for (std::uint64_t node = leaf; auto& level : levels_) {
      node /= kFan;
      level[node].counts[i] += static_cast<std::uint32_t>(delta[i]);
    }
  }
}

void AllocationMap::count_shown(MapCell before, MapCell after) {
  const auto counter = [&](MapCell cell) -> std::uint64_t* {
    const bool holds = cell.state() == ClusterState::data || cell.state() == ClusterState::shared;
    return holds ? &shown_[std::min(cell.layer(), kCountedLayers - 1)] : nullptr;
  };
  if (std::uint64_t* count = counter(before)) --*count;
  if (std::uint64_t* count = counter(after)) ++*count;
}

template <class Change>
void AllocationMap::change(std::uint64_t first, std::uint64_t count, Change new_cell) {
  const std::uint64_t end = std::min(first + count, clusters());
  while (first < end) {
    const std::uint64_t leaf = first / kLeaf;
    const std::uint64_t stop = std::min(end, (leaf + 1) * kLeaf);
    Delta delta{};
    bool changed = false;
    for (; first < stop; ++first) {
      MapCell& cell = cells_[first];
      const MapCell now = new_cell(cell);
      if (now == cell) continue;
      --delta[index_of(class_of(cell))];
      ++delta[index_of(class_of(now))];
      count_shown(cell, now);
      cell = now;
      changed = true;
    }
    if (!changed) continue;
    add_to_nodes(leaf, delta);
    ++generation_;
  }
}

void AllocationMap::set(std::uint64_t first, std::uint64_t count, ClusterState state,
                        unsigned layer) {
  const MapCell value(state, std::min(layer, MapCell::kMaxLayer));
  change(first, count, [&](MapCell old) { return value.with_mark(old.mark()); });
}

void AllocationMap::mark(std::uint64_t first, std::uint64_t count, MapMark mark) {
  change(first, count, [&](MapCell old) { return old.with_mark(mark); });
}

void AllocationMap::clear_marks() {
  mark(0, clusters(), MapMark::none);
}

void AllocationMap::collect(std::size_t level, std::uint64_t node, ClassCounts& counts,
                            float& score) const {
  const auto add = [&](const auto& from) {
    for (std::size_t i = 0; i < kCellClasses; ++i) counts[i] += from.counts[i];
    score = std::max(score, from.score);
  };
  if (level == 0) {
    add(leaves_[node]);
  } else {
    add(levels_[level - 1][node]);
  }
}

CellSum AllocationMap::sum(std::uint64_t first, std::uint64_t count, std::uint64_t now) const {
  CellSum result;
  float score = kCold;
  const std::uint64_t end = std::min(first + count, clusters());
  while (first < end) {
    // The largest node that starts here and does not reach beyond the end.
    std::uint64_t size = kLeaf;
    if (first % size != 0 || (end - first < size && end != clusters())) {
      ++result.counts[index_of(class_of(cells_[first]))];
      score = std::max(score, score_of(first));
      ++first;
      continue;
    }
    std::size_t level = 0;
    while (level < levels_.size() && first % (size * kFan) == 0 &&
           (end - first >= size * kFan || end == clusters())) {
      size *= kFan;
      ++level;
    }
    collect(level, first / size, result.counts, score);
    first += size;
  }
  result.heat = heat_of(score, now);
  return result;
}

// ---- heat ----

float AllocationMap::score_at(std::uint64_t now) const {
  return static_cast<float>(static_cast<double>(now) / static_cast<double>(half_life_) - epoch_);
}

float AllocationMap::heat_of(float score, std::uint64_t now) const {
  return score == kCold ? 0.0F : std::exp2(score - score_at(now));
}

float AllocationMap::score_of(std::uint64_t cluster) const {
  const auto& block = heat_[cluster / kHeatBlock];
  return block ? (*block)[cluster % kHeatBlock] : kCold;
}

float AllocationMap::heat(std::uint64_t cluster, std::uint64_t now) const {
  return heat_of(score_of(cluster), now);
}

float AllocationMap::hottest(std::uint64_t now) const {
  return heat_of(levels_.back()[0].score, now);
}

void AllocationMap::raise_score(std::uint64_t leaf, float score) {
  leaves_[leaf].score = std::max(leaves_[leaf].score, score);
  for (std::uint64_t node = leaf; auto& level : levels_) {
    node /= kFan;
    level[node].score = std::max(level[node].score, score);
  }
}

void AllocationMap::touch(std::uint64_t first, std::uint64_t count, std::uint64_t now) {
  if (score_at(now) > kEpochSpan) {
    const double step = score_at(now);
    epoch_ += step;
    move_scores([&](float score) { return score - static_cast<float>(step); });
  }
  const float one = score_at(now);
  const std::uint64_t end = std::min(first + count, clusters());
  for (; first < end; ++first) {
    auto& block = heat_[first / kHeatBlock];
    if (!block) {
      block = std::make_unique<std::array<float, kHeatBlock>>();
      block->fill(kCold);
    }
    float& score = (*block)[first % kHeatBlock];
    // log2(2^score + 2^one)
    const float high = std::max(score, one);
    const float low = std::min(score, one);
    score = low == kCold ? high : high + std::log2(1.0F + std::exp2(low - high));
    raise_score(first / kLeaf, score);
  }
}

template <class Move>
void AllocationMap::move_scores(Move move) {
  const auto moved = [&](float score) { return score == kCold ? kCold : move(score); };
  for (auto& block : heat_) {
    if (!block) continue;
    for (float& score : *block) score = moved(score);
  }
  for (Leaf& leaf : leaves_) leaf.score = moved(leaf.score);
  for (auto& level : levels_) {
    for (Node& node : level) node.score = moved(node.score);
  }
}

void AllocationMap::set_half_life(std::uint64_t nanoseconds, std::uint64_t now) {
  assert(nanoseconds != 0);
  const float before = score_at(now);
  half_life_ = nanoseconds;
  epoch_ = 0;
  epoch_ = score_at(now);  // the new epoch is now
  move_scores([&](float score) { return score - before; });
}

void AllocationMap::forget_heat() {
  for (auto& block : heat_) block.reset();
  for (Leaf& leaf : leaves_) leaf.score = kCold;
  for (auto& level : levels_) {
    for (Node& node : level) node.score = kCold;
  }
  epoch_ = 0;
}

std::size_t AllocationMap::memory_bytes() const {
  std::size_t bytes = cells_.capacity() * sizeof(MapCell) + leaves_.capacity() * sizeof(Leaf) +
                      heat_.capacity() * sizeof(heat_[0]);
  for (const auto& level : levels_) bytes += level.capacity() * sizeof(Node);
  for (const auto& block : heat_) bytes += block ? sizeof(*block) : 0;
  return bytes;
}

}  // namespace storage
