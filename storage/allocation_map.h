// What every cluster of a disk is, as a picture needs it: one cell a cluster, counters that always
// add up, sums over any range fast enough to draw a disk of any size, and how warm each cluster is
// from recent accesses. A value: it knows no image and no clock; allocation_watch.h feeds it.
//
// Cost: 2 bytes a cluster, 4 more where the guest has been (heat comes in blocks), and the
// pyramid's 0.4: 33 554 432 clusters, 2 TiB at 64 KiB, take 80 MB before the first access and 215
// MB at most. Not here: content, owners (a caller sets marks), events (allocation_history.h).
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include "storage/block_device.h"

namespace storage {

// What a file system keeps in a cluster, for the letters M B F R D.
enum class MapMark : std::uint8_t { none, partition_table, boot, fat, root, directory };

// One cluster in 16 bits: state, layer, mark.
class MapCell {
 public:
  static constexpr unsigned kMaxLayer = 255;

  MapCell() = default;
  MapCell(ClusterState state, unsigned layer, MapMark mark = MapMark::none)
      : bits_(static_cast<std::uint16_t>(static_cast<unsigned>(state) | layer << 4 |
                                         static_cast<unsigned>(mark) << 12)) {}

  ClusterState state() const { return static_cast<ClusterState>(bits_ & 15); }
  unsigned layer() const { return bits_ >> 4 & 255; }  // 0 the image itself
  MapMark mark() const { return static_cast<MapMark>(bits_ >> 12); }
  MapCell with_mark(MapMark mark) const { return {state(), layer(), mark}; }
  bool operator==(const MapCell&) const = default;

 private:
  std::uint16_t bits_ = 0;  // unallocated
};

// What a cell is counted as. Data counts by layer; a file system's own clusters count as such,
// whichever layer has them.
enum class CellClass : std::uint8_t {
  unallocated,
  zero,
  linked,
  freed,
  file_system,
  corrupt,
  unknown,  // the parent's, which is not open
  layer0,   // data of the image itself; layer1 .. layer8 follow, the last for all deeper ones
};
inline constexpr std::size_t kCellClasses = 16;
inline constexpr unsigned kCountedLayers = 9;

constexpr std::size_t index_of(CellClass kind) {
  return static_cast<std::size_t>(kind);
}
CellClass class_of(MapCell cell);
constexpr CellClass class_of_layer(unsigned layer) {
  const unsigned counted = layer < kCountedLayers ? layer : kCountedLayers - 1;
  return static_cast<CellClass>(static_cast<unsigned>(CellClass::layer0) + counted);
}
// Takes host space: everything but unallocated, zero and freed clusters.
bool in_use(CellClass kind);

using ClassCounts = std::array<std::uint64_t, kCellClasses>;
using LayerCounts = std::array<std::uint64_t, kCountedLayers>;  // the last one: all deeper layers

struct CellSum {
  ClassCounts counts{};
  float heat = 0;  // of the hottest cluster

  std::uint64_t total() const;
  std::uint64_t used() const;
};

class AllocationMap {
 public:
  AllocationMap(std::uint64_t sectors, std::uint32_t sectors_per_cluster);

  std::uint64_t sectors() const { return sectors_; }
  std::uint32_t sectors_per_cluster() const { return sectors_per_cluster_; }
  std::uint64_t clusters() const { return cells_.size(); }
  std::uint64_t cluster_of(std::uint64_t lba) const { return lba / sectors_per_cluster_; }

  MapCell cell(std::uint64_t cluster) const { return cells_[cluster]; }
  // State and layer; marks stay.
  void set(std::uint64_t first, std::uint64_t count, ClusterState state, unsigned layer);
  void mark(std::uint64_t first, std::uint64_t count, MapMark mark);
  void clear_marks();

  const ClassCounts& counts() const { return totals_; }
  // How many clusters show what layer n holds, a file system's own among them.
  const LayerCounts& shown() const { return shown_; }
  CellSum sum(std::uint64_t first, std::uint64_t count, std::uint64_t now = 0) const;
  // Moves with every change of a cell or a mark; not with heat.
  std::uint64_t generation() const { return generation_; }

  // Heat: the number of accesses, each of which fades by half in a half-life. Times are the
  // guest's, in nanoseconds, and may not go back between two calls of touch().
  void touch(std::uint64_t first, std::uint64_t count, std::uint64_t now);
  float heat(std::uint64_t cluster, std::uint64_t now) const;
  float hottest(std::uint64_t now) const;
  std::uint64_t half_life() const { return half_life_; }
  void set_half_life(std::uint64_t nanoseconds, std::uint64_t now);  // heat stays as it is now
  void forget_heat();

  std::size_t memory_bytes() const;

 private:
  static constexpr std::uint64_t kLeaf = 64;  // clusters in a leaf of the pyramid
  static constexpr std::uint64_t kFan = 16;   // nodes in a node
  static constexpr std::uint64_t kHeatBlock = 4096;
  // A score is log2 of heat, referred to the epoch: fading moves no score. [docs/window.md]
  static constexpr float kCold = -std::numeric_limits<float>::infinity();

  struct Leaf {
    std::array<std::uint8_t, kCellClasses> counts{};
    float score = kCold;
  };
  struct Node {
    std::array<std::uint32_t, kCellClasses> counts{};
    float score = kCold;
  };
  using Delta = std::array<std::int64_t, kCellClasses>;

  template <class Change>
  void change(std::uint64_t first, std::uint64_t count, Change new_cell);
  void add_to_nodes(std::uint64_t leaf, const Delta& delta);
  void count_shown(MapCell before, MapCell after);
  void raise_score(std::uint64_t leaf, float score);
  void collect(std::size_t level, std::uint64_t node, ClassCounts& counts, float& score) const;
  float score_of(std::uint64_t cluster) const;
  float score_at(std::uint64_t now) const;
  float heat_of(float score, std::uint64_t now) const;
  template <class Move>
  void move_scores(Move move);

  std::uint64_t sectors_;
  std::uint32_t sectors_per_cluster_;
  std::vector<MapCell> cells_;
  std::vector<Leaf> leaves_;
  std::vector<std::vector<Node>> levels_;  // [0] sums kFan leaves, the last one has a single node
  std::vector<std::unique_ptr<std::array<float, kHeatBlock>>> heat_;
  ClassCounts totals_{};
  LayerCounts shown_{};
  std::uint64_t generation_ = 0;
  std::uint64_t half_life_ = 1'000'000'000;
  double epoch_ = 0;  // in half-lives
};

}  // namespace storage
