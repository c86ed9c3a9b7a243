// Chains of one format: what each layer shows, whatever is done to it.
#include <algorithm>

#include "storage/image_error.h"
#include "storage/operations.h"
#include "tests/storage/battery_parts.h"
#include "tests/storage/crash_script.h"

namespace support {

using storage::IoStatus;
using storage::kSectorSize;
using storage::OpenMode;

namespace {

constexpr std::size_t kDepth = 8;

// Images l0, l1, ... each the parent of the next, and what they show.
struct TestChain {
  const BatteryRow& row;
  std::shared_ptr<MemoryHost> host;
  std::vector<std::string> files;
  std::vector<std::vector<WriteNumber>> shows;
  WriteNumber number = 0;
  std::mt19937 random{9};

  std::string name(std::size_t layer) const { return "l" + std::to_string(layer) + row.extension; }

  void write_some(std::size_t layer, int writes) {
    const auto image = open_row(row, *host, files[layer]);
    const std::uint64_t total = image.device->sector_count();
    for (int i = 0; i < writes; ++i) {
      const std::uint64_t lba = random() % total;
      const std::uint64_t count =
          1 + random() % std::min<std::uint64_t>(random() % 4 == 0 ? 200 : 6, total - lba);
      const bool zero = random() % 6 == 0;
      const WriteNumber now = zero ? 0 : ++number;
      const IoStatus status = zero ? image.device->write_zeroes(lba, count)
                                   : image.device->write(lba, fill_sectors(now, lba, count));
      if (status != IoStatus::ok) FAIL("write to layer " << layer);
      const auto first = shows[layer].begin() + static_cast<std::ptrdiff_t>(lba);
      std::fill_n(first, count, now);
    }
    REQUIRE(image.device->close() == IoStatus::ok);
  }

  void verify(std::size_t layer) const {
    INFO("layer " << layer);
    const auto image = open_row(row, *host, files[layer], {.mode = OpenMode::read_only});
    Bytes disk(shows[layer].size() * kSectorSize, 0xEE);
    REQUIRE(image.device->sector_count() == shows[layer].size());
    REQUIRE(image.device->read(0, disk) == IoStatus::ok);
    const std::string wrong = mismatch(disk, shows[layer]);
    if (!wrong.empty()) FAIL(wrong);
    for (std::uint64_t lba = 0; lba < shows[layer].size();) {
      const storage::Extent extent = image.device->extent_at(lba);
      if (extent.sector_count == 0 || extent.layer > layer) FAIL("extent_at(" << lba << ")");
      lba += extent.sector_count;
    }
    require_clean(row, *host, files[layer]);
  }

  void add_layer(std::size_t parent) {
    const std::size_t layer = files.size();
    files.push_back(name(layer));
    add_child(row, *host, files[parent], files[layer]);
    shows.push_back(shows[parent]);
  }

  void grow_to(std::size_t depth) {
    while (files.size() < depth) {
      const std::size_t layer = files.size();
      if (layer == 0) {
        files.push_back(name(0));
      } else {
        add_layer(layer - 1);
        verify(layer);
      }
      write_some(layer, 12);
    }
  }
};

TestChain start(const BatteryRow& row, std::uint64_t sectors) {
  TestChain chain{row, make_image(row, "l0" + row.extension, sectors), {}, {}};
  const auto image = open_row(row, *chain.host, chain.name(0), {.mode = OpenMode::read_only});
  chain.shows.emplace_back(static_cast<std::size_t>(image.device->sector_count()), 0);
  return chain;
}

void close(const storage::OpenedImage& image, const std::string& file) {
  if (image.device->close() != IoStatus::ok) throw storage::ImageError(file, "close failed");
}

void commit(const BatteryRow& row, MemoryHost& host, const std::string& child) {
  const auto image = open_row(row, host, child, {.write_parent = true});
  storage::commit_image(*image.image, true, {});
  close(image, child);
}

// What the child shows stays, and so may its identity: its own children go on with it.
void rebase(const BatteryRow& row, MemoryHost& host, const std::string& child,
            const std::string& parent) {
  storage::OpenOptions options;
  options.commit_target = true;
  options.registry = std::make_shared<storage::FileRegistry>();
  const auto image = open_row(row, host, child, options);
  if (parent.empty()) {
    storage::rebase_image(*image.image, nullptr, {});
  } else {
    options.mode = OpenMode::read_only;
    options.commit_target = false;
    const auto other = open_row(row, host, parent, options);
    const storage::ParentRef reference{.image = other.image,
                                       .name = parent,
                                       .format = std::string(row.format->name),
                                       .path = "/images/" + parent};
    storage::rebase_image(*image.image, &reference, {});
  }
  close(image, child);
}

// Layers that are written, committed, rebased, flattened and given children anywhere in the chain,
// which becomes a tree by that. A layer's parent always has a smaller number.
class Tree {
 public:
  Tree(const BatteryRow& row, std::uint32_t seed) : chain_(start(row, row.crash_sectors)) {
    chain_.random.seed(seed);
    chain_.grow_to(kDepth);
    for (std::size_t layer = 0; layer < kDepth; ++layer) {
      parents_.push_back(layer == 0 ? kNone : layer - 1);
    }
  }

  void walk(int steps) {
    for (int i = 0; i < steps; ++i) {
      const std::string what = step();
      INFO("after step " << i << ": " << what);
      for (std::size_t layer = 0; layer < parents_.size(); ++layer) {
        if (!gone(layer)) chain_.verify(layer);
      }
    }
  }

 private:
  static constexpr std::size_t kNone = SIZE_MAX;
  static constexpr std::size_t kGone = SIZE_MAX - 1;

  bool gone(std::size_t layer) const { return parents_[layer] == kGone; }
  bool has_children(std::size_t layer) const {
    return std::ranges::find(parents_, layer) != parents_.end();
  }
  template <class Fits>
  std::size_t pick(Fits fits) {
    for (;;) {
      const std::size_t layer = chain_.random() % parents_.size();
      if (!gone(layer) && fits(layer)) return layer;
    }
  }
  // Its content is not what its children were made for any more.
  void drop_others(std::size_t parent, std::size_t kept) {
    for (std::size_t layer = 0; layer < parents_.size(); ++layer) {
      if (layer == kept || parents_[layer] != parent) continue;
      parents_[layer] = kGone;
      drop_others(layer, kNone);
    }
  }

  std::string step() {
    const bool any_child =
        std::ranges::any_of(parents_, [](std::size_t parent) { return parent < kGone; });
    auto kind = chain_.random() % 5;
    if (!any_child) kind = 4;
    const auto is_child = [&](std::size_t layer) { return parents_[layer] < kGone; };
    if (kind == 0) {
      const std::size_t layer = pick(is_child);
      const std::size_t parent = parents_[layer];
      commit(chain_.row, *chain_.host, chain_.files[layer]);
      chain_.shows[parent] = chain_.shows[layer];
      drop_others(parent, layer);
      return "commit of " + std::to_string(layer);
    }
    if (kind == 1) {
      const std::size_t layer = pick(is_child);
      const std::size_t parent = pick([&](std::size_t other) { return other < layer; });
      rebase(chain_.row, *chain_.host, chain_.files[layer], chain_.files[parent]);
      parents_[layer] = parent;
      return "rebase of " + std::to_string(layer) + " to " + std::to_string(parent);
    }
    if (kind == 2 && chain_.random() % 3 == 0) {
      const std::size_t layer = pick(is_child);
      rebase(chain_.row, *chain_.host, chain_.files[layer], "");
      parents_[layer] = kNone;
      return "flatten of " + std::to_string(layer);
    }
    if (kind <= 3) {
      const std::size_t layer = pick([&](std::size_t one) { return !has_children(one); });
      chain_.write_some(layer, 6);
      return "writing to " + std::to_string(layer);
    }
    const std::size_t parent = pick([](std::size_t) { return true; });
    const std::size_t layer = chain_.files.size();
    chain_.add_layer(parent);
    parents_.push_back(parent);
    chain_.write_some(layer, 6);
    return "a child of " + std::to_string(parent);
  }

  TestChain chain_;
  std::vector<std::size_t> parents_;
};

}  // namespace

void run_chain_part(const BatteryRow& row) {
  {
    TestChain chain = start(row, row.sectors);
    chain.grow_to(kDepth);
    for (std::size_t layer = 0; layer < kDepth; ++layer) chain.verify(layer);
    chain.write_some(kDepth - 1, 60);
    chain.verify(kDepth - 1);

    // The top goes down one; the layer below shows it then.
    commit(row, *chain.host, chain.files[kDepth - 1]);
    chain.shows[kDepth - 2] = chain.shows[kDepth - 1];
    chain.verify(kDepth - 2);
    chain.verify(kDepth - 1);
    chain.write_some(kDepth - 1, 10);
    chain.verify(kDepth - 1);

    // The top moves to another parent, then stands alone, and shows the same.
    rebase(row, *chain.host, chain.files[kDepth - 1], chain.files[2]);
    chain.verify(kDepth - 1);
    rebase(row, *chain.host, chain.files[kDepth - 1], "");
    chain.verify(kDepth - 1);
    const auto alone =
        open_row(row, *chain.host, chain.files[kDepth - 1], {.mode = OpenMode::read_only});
    REQUIRE(alone.image->parent() == nullptr);
    REQUIRE_FALSE(alone.image->info().parent.has_value());
  }
  {
    INFO("a commit in the middle of a chain");
    TestChain chain = start(row, row.crash_sectors);
    chain.grow_to(3);
    commit(row, *chain.host, chain.files[1]);
    chain.shows[0] = chain.shows[1];
    for (std::size_t layer = 0; layer < 3; ++layer) chain.verify(layer);
  }
  {
    INFO("a rebase from nothing onto something");
    TestChain chain = start(row, row.crash_sectors);
    chain.files.push_back(chain.name(0));
    chain.add_layer(0);
    chain.add_layer(0);
    chain.write_some(1, 12);
    rebase(row, *chain.host, chain.files[2], chain.files[1]);
    chain.verify(2);
  }
  const int rounds = full_run() ? 20 : 2;
  for (int round = 0; round < rounds; ++round) {
    INFO("round " << round);
    Tree tree(row, static_cast<std::uint32_t>(round) + 40);
    tree.walk(full_run() ? 60 : 16);
  }
}

void run_chain_crash_part(const BatteryRow& row) {
  const CrashEffort effort = crash_effort();
  const auto require_shows = [&](MemoryHost& host, const std::string& file,
                                 const std::vector<WriteNumber>& shows) {
    require_survivor(row, host, file, exactly(shows));
  };
  {
    INFO("writing to a child");
    TestChain chain = start(row, row.crash_sectors);
    chain.grow_to(2);
    CrashScript script(row, chain.files[1]);
    script.base = chain.shows[1];
    script.play(*chain.host, full_run() ? 40 : 12, 5);
    script.judge(*chain.host, effort);
  }
  {
    INFO("making a child");
    TestChain chain = start(row, row.crash_sectors);
    chain.grow_to(1);
    const std::string child = chain.name(1);
    if (row.prepare) row.prepare(*chain.host, child, chain.shows[0].size());
    BatteryRow prepared = row;
    prepared.prepare = {};
    replay_operation(
        *chain.host, effort, [&] { add_child(prepared, *chain.host, chain.files[0], child); },
        [&](const CrashState& state) {
          if (state.host->has(child)) {
            try {
              const auto image = open_row(row, *state.host, child, {.mode = OpenMode::read_only});
              Bytes disk(chain.shows[0].size() * kSectorSize, 0xEE);
              REQUIRE(image.device->read(0, disk) == IoStatus::ok);
              const std::string wrong = mismatch(disk, chain.shows[0]);
              if (!wrong.empty()) FAIL("child: " << wrong);
            } catch (const storage::ImageError&) {
              // refused as incomplete
            }
          }
          require_shows(*state.host, chain.files[0], chain.shows[0]);
        });
  }
  {
    INFO("commit");
    TestChain chain = start(row, row.crash_sectors);
    chain.grow_to(3);
    std::uint32_t judged = 0;
    replay_operation(
        *chain.host, effort, [&] { commit(row, *chain.host, chain.files[2]); },
        [&](const CrashState& state) {
          require_shows(*state.host, chain.files[2], chain.shows[2]);
          if (++judged % 4 != 0 && !full_run()) return;
          commit(row, *state.host, chain.files[2]);
          require_shows(*state.host, chain.files[2], chain.shows[2]);
          require_shows(*state.host, chain.files[1], chain.shows[2]);
        });
  }
  {
    INFO("rebase and flatten");
    TestChain chain = start(row, row.crash_sectors);
    chain.grow_to(3);
    replay_operation(
        *chain.host, effort,
        [&] {
          rebase(row, *chain.host, chain.files[2], chain.files[0]);
          rebase(row, *chain.host, chain.files[2], "");
        },
        [&](const CrashState& state) {
          require_shows(*state.host, chain.files[2], chain.shows[2]);
        });
  }
}

void run_chain_faults_part(const BatteryRow& row) {
  TestChain chain = start(row, row.crash_sectors);
  chain.grow_to(3);
  const auto require_shows = [&](MemoryHost& host, std::size_t layer) {
    INFO("layer " << layer);
    require_survivor(row, host, chain.files[layer], exactly(chain.shows[layer]));
  };
  for (const bool stays : {false, true}) {
    fail_operation(
        *chain.host, stays, [&](MemoryHost& host) { commit(row, host, chain.files[2]); },
        [&](MemoryHost& host) {
          INFO("commit");
          require_shows(host, 2);
          commit(row, host, chain.files[2]);
          require_shows(host, 2);
          require_survivor(row, host, chain.files[1], exactly(chain.shows[2]));
        });
    fail_operation(
        *chain.host, stays,
        [&](MemoryHost& host) {
          rebase(row, host, chain.files[2], chain.files[0]);
          rebase(row, host, chain.files[2], "");
        },
        [&](MemoryHost& host) {
          INFO("rebase and flatten");
          for (std::size_t layer = 0; layer < 3; ++layer) require_shows(host, layer);
        });
    const std::string child = chain.name(3);
    BatteryRow prepared = row;
    prepared.prepare = {};
    const auto ready = chain.host->copy();
    if (row.prepare) row.prepare(*ready, child, chain.shows[0].size());
    fail_operation(
        *ready, stays, [&](MemoryHost& host) { add_child(prepared, host, chain.files[2], child); },
        [&](MemoryHost& host) {
          INFO("making a child");
          for (std::size_t layer = 0; layer < 3; ++layer) require_shows(host, layer);
          // Refused, if what was begun could not even be removed; else whole.
          if (!host.has(child)) return;
          try {
            open_row(row, host, child, {.mode = OpenMode::read_only});
          } catch (const storage::ImageError&) {
            return;
          }
          require_survivor(row, host, child, exactly(chain.shows[2]));
        });
  }
}

}  // namespace support
