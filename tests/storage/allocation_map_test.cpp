// The allocation map against a plain model: one entry a cluster, everything counted anew each time.
#include <cmath>
#include <deque>
#include <random>

#include "storage/allocation_history.h"
#include "storage/allocation_map.h"
#include "storage/allocation_watch.h"
#include "tests/catch.hpp"

namespace {

using namespace storage;
using Kind = MapEvent::Kind;

constexpr std::uint64_t kSecond = 1'000'000'000;

struct Model {
  std::vector<MapCell> cells;
  std::vector<std::vector<std::uint64_t>> accesses;  // times, a cluster

  explicit Model(std::uint64_t clusters) : cells(clusters), accesses(clusters) {}

  ClassCounts count(std::uint64_t first, std::uint64_t n) const {
    ClassCounts counts{};
    for (std::uint64_t i = first; i < std::min<std::uint64_t>(first + n, cells.size()); ++i) {
      ++counts[index_of(class_of(cells[i]))];
    }
    return counts;
  }
  LayerCounts shown() const {
    LayerCounts counts{};
    for (const MapCell cell : cells) {
      if (cell.state() != ClusterState::data && cell.state() != ClusterState::shared) continue;
      ++counts[std::min<std::size_t>(cell.layer(), counts.size() - 1)];
    }
    return counts;
  }
  double heat(std::uint64_t cluster, std::uint64_t now, double half_life) const {
    double sum = 0;
    for (const std::uint64_t time : accesses[cluster]) {
      sum += std::exp2(-(static_cast<double>(now) - static_cast<double>(time)) / half_life);
    }
    return sum;
  }
};

ClusterState state_from(std::mt19937& random) {
  return static_cast<ClusterState>(random() % 8);
}

// A disk of extents in memory, one state a sector.
struct FakeDisk {
  struct Sector {
    ClusterState state = ClusterState::unallocated;
    std::uint8_t layer = 0;
    bool operator==(const Sector&) const = default;
  };
  std::vector<Sector> sectors;
  explicit FakeDisk(std::size_t count) : sectors(count) {}

  Extent extent_at(std::uint64_t lba) const {
    std::uint64_t end = lba + 1;
    while (end < sectors.size() && sectors[end] == sectors[lba]) ++end;
    Extent extent;
    extent.first_sector = lba;
    extent.sector_count = end - lba;
    extent.state = sectors[lba].state;
    extent.layer = sectors[lba].layer;
    return extent;
  }
  void set(std::uint64_t lba, std::uint64_t count, ClusterState state, std::uint8_t layer) {
    for (std::uint64_t i = lba; i < std::min<std::uint64_t>(lba + count, sectors.size()); ++i) {
      sectors[i] = {state, layer};
    }
  }
};

bool same_cells(const AllocationMap& a, const AllocationMap& b) {
  if (a.clusters() != b.clusters()) return false;
  for (std::uint64_t i = 0; i < a.clusters(); ++i) {
    if (!(a.cell(i) == b.cell(i))) return false;
  }
  return a.counts() == b.counts();
}

}  // namespace

TEST_CASE("allocation map: sums over any range are those of a full count, after random changes",
          "[storage][map]") {
  const std::uint64_t clusters = GENERATE(as<std::uint64_t>{}, 1, 63, 64, 1000, 20011);
  std::mt19937 random(7);
  AllocationMap map(clusters * 8 - 3, 8);
  Model model(clusters);
  REQUIRE(map.clusters() == clusters);
  for (int round = 0; round < 300; ++round) {
    const std::uint64_t first = random() % clusters;
    const std::uint64_t count = 1 + random() % (random() % 4 == 0 ? clusters : 20);
    if (random() % 4 == 0) {
      const auto mark = static_cast<MapMark>(random() % 6);
      map.mark(first, count, mark);
      for (std::uint64_t i = first; i < std::min(first + count, clusters); ++i) {
        model.cells[i] = model.cells[i].with_mark(mark);
      }
    } else {
      const ClusterState state = state_from(random);
      const auto layer = static_cast<unsigned>(random() % 12);
      map.set(first, count, state, layer);
      for (std::uint64_t i = first; i < std::min(first + count, clusters); ++i) {
        model.cells[i] = MapCell(state, layer, model.cells[i].mark());
      }
    }
    REQUIRE(map.counts() == model.count(0, clusters));
    REQUIRE(map.shown() == model.shown());
    const std::uint64_t from = random() % clusters;
    const std::uint64_t n = 1 + random() % clusters;
    REQUIRE(map.sum(from, n).counts == model.count(from, n));
  }
  REQUIRE(map.sum(0, clusters).total() == clusters);
}

TEST_CASE(
    "allocation map: heat is the decayed number of accesses, and no cluster is hotter than the sum",
    "[storage][map]") {
  constexpr std::uint64_t clusters = 5000;
  std::mt19937 random(11);
  AllocationMap map(clusters, 1);
  Model model(clusters);
  const std::uint64_t half_life = GENERATE(kSecond / 4, kSecond, 30 * kSecond);
  map.set_half_life(half_life, 0);
  std::uint64_t now = 0;
  for (int round = 0; round < 2000; ++round) {
    now += random() % kSecond;
    const std::uint64_t first = random() % clusters;
    const std::uint64_t count = 1 + random() % 10;
    map.touch(first, count, now);
    for (std::uint64_t i = first; i < std::min(first + count, clusters); ++i) {
      model.accesses[i].push_back(now);
    }
    const double expected = model.heat(first, now, static_cast<double>(half_life));
    REQUIRE(map.heat(first, now) == Approx(expected).epsilon(0.005));
  }
  now += kSecond;
  const std::uint64_t from = 100;
  double hottest = 0;
  for (std::uint64_t i = from; i < from + 3000; ++i) {
    hottest = std::max(hottest, model.heat(i, now, static_cast<double>(half_life)));
  }
  REQUIRE(map.sum(from, 3000, now).heat <= Approx(map.hottest(now)));
  REQUIRE(map.sum(from, 3000, now).heat == Approx(hottest).epsilon(0.005).margin(1e-6));
}

TEST_CASE("allocation map: another half-life leaves the picture as it is at that moment",
          "[storage][map]") {
  AllocationMap map(100, 1);
  map.touch(3, 1, kSecond);
  map.touch(3, 1, 2 * kSecond);
  map.touch(5, 2, 2 * kSecond);
  const float before = map.heat(3, 3 * kSecond);
  map.set_half_life(10 * kSecond, 3 * kSecond);
  REQUIRE(map.heat(3, 3 * kSecond) == Approx(before));
  REQUIRE(map.heat(3, 13 * kSecond) == Approx(before / 2).epsilon(0.001));
  REQUIRE(map.heat(4, 3 * kSecond) == 0.0F);
}

TEST_CASE("allocation map: 2 TiB at 64 KiB stays below 8 bytes a cluster when all of it is warm",
          "[storage][map]") {
  constexpr std::uint64_t clusters = 33'554'432;
  AllocationMap map(clusters * 128, 128);
  REQUIRE(map.clusters() == clusters);
  const auto cold = static_cast<double>(map.memory_bytes());
  // One access in each block of heat makes the block.
  for (std::uint64_t i = 0; i < clusters; i += 4096) map.touch(i, 1, 1);
  const auto warm = static_cast<double>(map.memory_bytes());
  INFO(cold / clusters << " and " << warm / clusters << " bytes a cluster");
  REQUIRE(warm / clusters < 8.0);
  REQUIRE(cold / clusters < 3.0);
  map.set(1000, 20'000'000, ClusterState::data, 1);
  REQUIRE(map.sum(0, clusters).counts[index_of(class_of_layer(1))] == 20'000'000);
}

TEST_CASE("allocation watch: a map fed by events equals a map scanned anew, at every moment",
          "[storage][map]") {
  const std::uint32_t spc = GENERATE(1U, 8U, 128U);
  constexpr std::uint64_t sectors = 4001;
  std::mt19937 random(spc);
  FakeDisk disk(sectors);
  const auto extent_at = [&](std::uint64_t lba) { return disk.extent_at(lba); };
  AllocationHistory history(sectors, spc);
  bool scanning = true;
  AllocationWatch watch(sectors, spc, extent_at, [&](const MapEvent& event) {
    scanning ? history.load(event) : history.record(event);
  });
  disk.set(100, 700, ClusterState::data, 2);
  watch.scan(0);
  scanning = false;
  std::uint64_t now = 0;
  std::deque<std::pair<std::uint64_t, std::vector<MapCell>>> pictures;
  const auto cells = [&](const AllocationMap& map) {
    std::vector<MapCell> all;
    for (std::uint64_t i = 0; i < map.clusters(); ++i) all.push_back(map.cell(i));
    return all;
  };
  for (int round = 0; round < 400; ++round) {
    now += 1000 + random() % kSecond;
    const std::uint64_t lba = random() % sectors;
    const std::uint64_t count = std::min(1 + random() % 300, sectors - lba);
    if (random() % 3 == 0) {
      watch.accessed(now, false, lba, count, false);
    } else {
      // The image tells; or nobody does, and the write shows it, which has made data of the top
      // layer: nothing else becomes of a sector because it was written.
      const bool told = random() % 2 == 0;
      const ClusterState state = told ? state_from(random) : ClusterState::data;
      disk.set(lba, count, state, static_cast<std::uint8_t>(told ? random() % 3 : 0));
      if (told) {
        AllocationEvent event{AllocationEvent::Kind::allocated, {}};
        event.extent.first_sector = lba;
        event.extent.sector_count = count;
        watch.on_allocation(event);
        watch.settle(now);
      } else {
        watch.accessed(now, true, lba, count, false);
      }
    }
    pictures.emplace_back(now, cells(history.map()));
    AllocationMap fresh(sectors, spc);
    AllocationWatch scanner(sectors, spc, extent_at, [&](const MapEvent& event) {
      fresh.set(event.lba / spc, (event.count + spc - 1) / spc, event.after.state(),
                event.after.layer());
    });
    scanner.scan(now);
    REQUIRE(same_cells(history.map(), fresh));
  }
  // Back and forth through the past: every moment looks as it did.
  for (int visit = 0; visit < 100; ++visit) {
    const auto& [time, picture] = pictures[random() % pictures.size()];
    history.seek(time);
    REQUIRE(history.view_time() == time);
    REQUIRE(cells(history.map()) == picture);
    REQUIRE(history.map().sum(0, history.map().clusters()).total() == history.map().clusters());
  }
  history.go_live();
  REQUIRE(cells(history.map()) == pictures.back().second);
}

TEST_CASE("allocation history: what comes while one looks at the past is there when one comes back",
          "[storage][map]") {
  AllocationHistory history(1000, 1, 64);
  const auto change = [](std::uint64_t time, std::uint64_t lba, ClusterState state) {
    MapEvent event;
    event.time = time;
    event.lba = lba;
    event.count = 1;
    event.kind = Kind::changed;
    event.after = MapCell(state, 0);
    return event;
  };
  history.record(change(10, 1, ClusterState::data));
  history.record(change(20, 2, ClusterState::data));
  history.seek(15);
  REQUIRE(history.map().cell(1).state() == ClusterState::data);
  REQUIRE(history.map().cell(2).state() == ClusterState::unallocated);
  history.record(change(30, 2, ClusterState::freed));
  REQUIRE(history.map().cell(2).state() == ClusterState::unallocated);
  REQUIRE_FALSE(history.live());
  history.go_live();
  REQUIRE(history.map().cell(2).state() == ClusterState::freed);
  REQUIRE(history.event(history.end_event() - 1).kind == Kind::freed);

  SECTION("a ring that is full forgets the oldest and says from when on it knows") {
    for (std::uint64_t i = 0; i < 200; ++i) {
      history.record(change(100 + i, i, i % 2 == 0 ? ClusterState::data : ClusterState::shared));
    }
    REQUIRE(history.earliest() > 100);
    history.seek(0);
    REQUIRE(history.view_time() == history.earliest());
    history.go_live();
    REQUIRE(history.map().cell(199).state() == ClusterState::shared);
  }
}

TEST_CASE("allocation history: kinds of change come from what was there before", "[storage][map]") {
  AllocationHistory history(100, 1);
  const auto kind_after = [&](ClusterState state, unsigned layer) {
    MapEvent event;
    event.lba = 5;
    event.count = 1;
    event.kind = Kind::changed;
    event.after = MapCell(state, layer);
    history.record(event);
    return history.event(history.end_event() - 1).kind;
  };
  REQUIRE(kind_after(ClusterState::data, 1) == Kind::allocated);
  REQUIRE(kind_after(ClusterState::data, 0) == Kind::allocated);
  REQUIRE(kind_after(ClusterState::shared, 0) == Kind::linked);
  REQUIRE(kind_after(ClusterState::data, 0) == Kind::unlinked);
  REQUIRE(kind_after(ClusterState::freed, 0) == Kind::freed);
  const std::uint64_t events = history.end_event();
  kind_after(ClusterState::freed, 0);  // nothing new
  REQUIRE(history.end_event() == events);
}
