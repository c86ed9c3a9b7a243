// Chains of one format: what each layer shows, whatever is done to it.
#include <algorithm>

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
    const std::string wrong = mismatch(disk, exactly(shows[layer]));
    if (!wrong.empty()) FAIL(wrong);
    for (std::uint64_t lba = 0; lba < shows[layer].size();) {
      const storage::Extent extent = image.device->extent_at(lba);
      if (extent.sector_count == 0 || extent.layer > layer) FAIL("extent_at(" << lba << ")");
      lba += extent.sector_count;
    }
    require_clean(row, *host, files[layer]);
  }

  void grow_to(std::size_t depth) {
    while (files.size() < depth) {
      const std::size_t layer = files.size();
      files.push_back(name(layer));
      if (layer != 0) {
        add_child(row, *host, files[layer - 1], files[layer]);
        shows.push_back(shows.back());
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

void commit(const BatteryRow& row, MemoryHost& host, const std::string& child) {
  const auto image = open_row(row, host, child, {.write_parent = true});
  storage::commit_image(*image.image, true, {});
  REQUIRE(image.device->close() == IoStatus::ok);
}

void rebase(const BatteryRow& row, MemoryHost& host, const std::string& child,
            const std::string& parent) {
  storage::OpenOptions options;
  options.registry = std::make_shared<storage::FileRegistry>();
  const auto image = open_row(row, host, child, options);
  if (parent.empty()) {
    storage::rebase_image(*image.image, nullptr, {});
  } else {
    options.mode = OpenMode::read_only;
    const auto other = open_row(row, host, parent, options);
    const storage::ParentRef reference{.image = other.image,
                                       .name = parent,
                                       .format = std::string(row.format->name),
                                       .path = "/images/" + parent};
    storage::rebase_image(*image.image, &reference, {});
  }
  REQUIRE(image.device->close() == IoStatus::ok);
}

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
  const int rounds = full_run() ? 20 : 3;
  for (int round = 0; round < rounds; ++round) {
    INFO("round " << round);
    TestChain chain = start(row, row.crash_sectors);
    chain.random.seed(static_cast<std::uint32_t>(round) + 40);
    chain.grow_to(4);
    for (int step = 0; step < 8; ++step) {
      switch (chain.random() % 4) {
        case 0:
          commit(row, *chain.host, chain.files[3]);
          chain.shows[2] = chain.shows[3];
          break;
        case 1:
          rebase(row, *chain.host, chain.files[3], chain.files[chain.random() % 3]);
          rebase(row, *chain.host, chain.files[3], chain.files[2]);
          break;
        default:
          chain.write_some(3, 6);
      }
      for (std::size_t layer = 0; layer < 4; ++layer) chain.verify(layer);
    }
    rebase(row, *chain.host, chain.files[3], "");
    chain.verify(3);
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
              const std::string wrong = mismatch(disk, exactly(chain.shows[0]));
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
    replay_operation(
        *chain.host, effort, [&] { commit(row, *chain.host, chain.files[2]); },
        [&](const CrashState& state) {
          require_shows(*state.host, chain.files[2], chain.shows[2]);
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

}  // namespace support
