// Space given back when a guest deletes files: never what somebody may still want, whatever order
// its writes come in and wherever the power goes.
#include "storage/fat_watch.h"

#include <algorithm>
#include <optional>

#include "storage/layer.h"
#include "tests/storage/battery.h"
#include "tests/storage/guest_fat.h"
#include "tests/support/crash_replay.h"

namespace {

using storage::FatFree;
using storage::FatWatch;
using storage::IoStatus;
using storage::kSectorSize;
using support::Bytes;
using support::FatLayout;
using support::GuestFat;

constexpr std::uint64_t kSecond = 1'000'000'000;

// Bytes that a discard zeroes, in whole units.
class Disk final : public storage::BlockDevice {
 public:
  Disk(std::shared_ptr<Bytes> bytes, std::uint64_t unit) : bytes_(std::move(bytes)), unit_(unit) {}
  std::uint64_t sector_count() const override { return bytes_->size() / kSectorSize; }
  storage::Geometry geometry() const override { return {}; }
  bool read_only() const override { return false; }
  storage::Extent extent_at(std::uint64_t lba) const override {
    return {.first_sector = lba, .sector_count = sector_count() - lba};
  }
  std::uint64_t discard_sectors() const override { return unit_; }

 protected:
  IoStatus do_read(std::uint64_t lba, std::span<std::uint8_t> out) override {
    std::copy_n(at(lba), out.size(), out.begin());
    return IoStatus::ok;
  }
  IoStatus do_write(std::uint64_t lba, std::span<const std::uint8_t> in) override {
    std::ranges::copy(in, at(lba));
    return IoStatus::ok;
  }
  IoStatus do_flush() override { return IoStatus::ok; }
  IoStatus do_discard(std::uint64_t lba, std::uint64_t count) override {
    for (std::uint64_t first = (lba + unit_ - 1) / unit_ * unit_; first + unit_ <= lba + count;
         first += unit_) {
      std::fill_n(at(first), unit_ * kSectorSize, std::uint8_t{0});
    }
    return IoStatus::ok;
  }

 private:
  Bytes::iterator at(std::uint64_t lba) {
    return bytes_->begin() + static_cast<std::ptrdiff_t>(lba * kSectorSize);
  }
  std::shared_ptr<Bytes> bytes_;
  std::uint64_t unit_;
};

Bytes sector_of(std::uint8_t byte) {
  return Bytes(kSectorSize, byte);
}

// A disk with one FAT volume, formatted, and a watch over it.
struct Watched {
  FatLayout layout;
  std::shared_ptr<Bytes> bytes;
  std::unique_ptr<FatWatch> watch;

  explicit Watched(FatLayout volume, FatFree mode = FatFree::live, std::uint64_t unit = 1)
      : layout(volume),
        bytes(std::make_shared<Bytes>((volume.first + volume.sectors() + 64) * 512)) {
    if (layout.first != 0) put(0, support::partition_sector({layout}));
    put(layout.first, layout.boot_sector());
    for (std::uint32_t copy = 0; copy < layout.copies; ++copy) {
      Bytes fat(512);
      const std::size_t entry = layout.bits == 12 ? 3 : layout.bits == 16 ? 4 : 8;
      std::fill_n(fat.begin(), entry, std::uint8_t{0xFF});
      fat[0] = 0xF8;
      if (layout.bits == 32) fat[3] = fat[7] = 0x0F;
      put(fat_sector(copy, 0), fat);
    }
    watch = std::make_unique<FatWatch>(std::make_unique<Disk>(bytes, unit), mode);
  }

  void put(std::uint64_t lba, const Bytes& sector) {
    std::ranges::copy(sector, bytes->begin() + static_cast<std::ptrdiff_t>(lba * kSectorSize));
  }
  Bytes get(std::uint64_t lba) const {
    const auto begin = bytes->begin() + static_cast<std::ptrdiff_t>(lba * kSectorSize);
    return Bytes(begin, begin + kSectorSize);
  }
  std::uint64_t fat_sector(std::uint32_t copy, std::uint64_t sector) const {
    return layout.fat_first() + copy * layout.fat_sectors() + sector;
  }
  void write(std::uint64_t lba, const Bytes& bytes_there) {
    REQUIRE(watch->write(lba, bytes_there) == IoStatus::ok);
  }
  void flush() { REQUIRE(watch->flush() == IoStatus::ok); }
  // One entry in one copy, by way of the watch.
  void set(std::uint32_t copy, std::uint32_t cluster, std::uint32_t value) {
    const std::uint64_t bit = std::uint64_t{cluster} * layout.bits;
    const std::uint64_t begin = bit / 8;
    const std::uint64_t end = (bit + layout.bits + 7) / 8;
    for (std::uint64_t byte = begin; byte < end; ++byte) {
      Bytes sector = get(fat_sector(copy, byte / 512));
      std::uint8_t& place = sector[static_cast<std::size_t>(byte % 512)];
      for (std::uint64_t i = 0; i < 8; ++i) {
        const std::uint64_t here = byte * 8 + i;
        if (here < bit || here >= bit + layout.bits) continue;
        const auto one = static_cast<std::uint8_t>(1U << i);
        place = static_cast<std::uint8_t>((value >> (here - bit) & 1) != 0 ? place | one
                                                                           : place & ~one);
      }
      write(fat_sector(copy, byte / 512), sector);
    }
  }
  void set_all(std::uint32_t cluster, std::uint32_t value) {
    for (std::uint32_t copy = 0; copy < layout.copies; ++copy) set(copy, cluster, value);
  }
  void fill(std::uint32_t cluster, std::uint8_t byte) {
    for (std::uint32_t i = 0; i < layout.cluster_sectors; ++i) {
      write(layout.sector_of(cluster) + i, sector_of(byte));
    }
  }
  bool holds(std::uint32_t cluster, std::uint8_t byte) const {
    for (std::uint32_t i = 0; i < layout.cluster_sectors; ++i) {
      if (get(layout.sector_of(cluster) + i) != sector_of(byte)) return false;
    }
    return true;
  }
  bool gone(std::uint32_t cluster) const { return holds(cluster, 0); }
};

const FatLayout kFat12{.first = 64, .root_entries = 64, .cluster_sectors = 2, .clusters = 600};
const FatLayout kFat16{
    .bits = 16, .first = 64, .root_entries = 64, .cluster_sectors = 2, .clusters = 4200};
const FatLayout kFat32{.bits = 32,
                       .first = 64,
                       .reserved = 32,
                       .root_entries = 0,
                       .cluster_sectors = 1,
                       .clusters = 65600};

std::vector<FatLayout> layouts() {
  FatLayout bare = kFat12;
  bare.first = 0;
  bare.reserved = 3;  // so that clusters begin at even sectors, as in the others
  return {kFat12, kFat16, kFat32, bare};
}

}  // namespace

TEST_CASE("fat-free: a deleted cluster goes at the next flush", "[storage][fat_watch]") {
  for (const FatLayout& layout : layouts()) {
    INFO("FAT" << layout.bits << " at " << layout.first);
    Watched disk(layout, FatFree::live, 1);
    REQUIRE(disk.watch->volumes() == 1);
    // The first, a straddling one (FAT12), and the last there is.
    for (const std::uint32_t cluster : {2U, 341U, layout.clusters + 1}) {
      disk.fill(cluster, 0x77);
      disk.set_all(cluster, 0x0FFFFFFF);
      disk.flush();
      REQUIRE(disk.holds(cluster, 0x77));
      disk.set_all(cluster, 0);
      REQUIRE(disk.holds(cluster, 0x77));
      disk.flush();
      REQUIRE(disk.gone(cluster));
    }
  }
}

TEST_CASE("fat-free: data written before its FAT entry is never lost", "[storage][fat_watch]") {
  Watched disk(kFat16);
  disk.fill(9, 0x11);
  disk.set_all(9, 0xFFFF);
  disk.flush();
  disk.set_all(9, 0);
  disk.fill(9, 0x22);  // the next owner's, who has not claimed it yet
  disk.flush();
  disk.watch->tick(10 * kSecond);
  disk.watch->tick(20 * kSecond);
  REQUIRE(disk.holds(9, 0x22));
  // Claimed and deleted, it may go.
  disk.set_all(9, 0xFFFF);
  disk.set_all(9, 0);
  disk.flush();
  REQUIRE(disk.gone(9));
}

TEST_CASE("fat-free: data written between the two FATs is never lost", "[storage][fat_watch]") {
  Watched disk(kFat16);
  disk.fill(9, 0x11);
  disk.set_all(9, 0xFFFF);
  disk.set(0, 9, 0);
  disk.fill(9, 0x22);  // taken again already, as the first copy allows
  disk.set(1, 9, 0);   // the second one comes late
  disk.flush();
  REQUIRE(disk.holds(9, 0x22));
}

TEST_CASE("fat-free: what was free when the watch began stays", "[storage][fat_watch]") {
  Watched disk(kFat16);
  disk.put(kFat16.sector_of(20), sector_of(0x33));  // a boot manager's
  disk.set_all(21, 0xFFFF);
  disk.set_all(21, 0);
  disk.flush();
  REQUIRE(disk.get(kFat16.sector_of(20)) == sector_of(0x33));
}

TEST_CASE("fat-free: as long as one FAT names a cluster it stays", "[storage][fat_watch]") {
  Watched disk(kFat16);
  disk.fill(9, 0x11);
  disk.set_all(9, 0xFFFF);
  disk.set(0, 9, 0);
  disk.flush();
  disk.watch->tick(10 * kSecond);
  disk.watch->tick(20 * kSecond);
  REQUIRE(disk.holds(9, 0x11));
  disk.set(1, 9, 0);
  disk.flush();
  REQUIRE(disk.gone(9));
}

TEST_CASE("fat-free: with one live copy the others do not count", "[storage][fat_watch]") {
  Watched disk(kFat32);
  Bytes boot = kFat32.boot_sector();
  boot[0x28] = 0x81;  // copy 1 only
  disk.write(kFat32.first, boot);
  disk.fill(9, 0x11);
  disk.set(1, 9, 0x0FFFFFFF);
  disk.set(1, 9, 0);
  disk.set(1, 10, 0x0FFFFFFF);
  disk.set(1, 10, 0);
  disk.set(0, 9, 5);
  disk.flush();
  REQUIRE(disk.gone(9));
}

TEST_CASE("fat-free: without a flush three quiet seconds must pass", "[storage][fat_watch]") {
  Watched disk(kFat16);
  disk.fill(9, 0x11);
  disk.set_all(9, 0xFFFF);
  disk.set_all(9, 0);
  disk.watch->tick(100 * kSecond);
  disk.watch->tick(102 * kSecond);
  REQUIRE(disk.holds(9, 0x11));
  disk.set_all(30, 0xFFFF);  // the FATs move: once more from the beginning
  disk.watch->tick(103 * kSecond);
  disk.watch->tick(105 * kSecond);
  REQUIRE(disk.holds(9, 0x11));
  disk.watch->tick(106 * kSecond);
  REQUIRE(disk.gone(9));
}

TEST_CASE("fat-free: at-close waits for the end of the session", "[storage][fat_watch]") {
  Watched disk(kFat16, FatFree::at_close);
  disk.fill(9, 0x11);
  disk.set_all(9, 0xFFFF);
  disk.set_all(9, 0);
  disk.flush();
  disk.watch->tick(kSecond);
  disk.watch->tick(100 * kSecond);
  REQUIRE(disk.holds(9, 0x11));  // UNDELETE would find it
  REQUIRE(disk.watch->close() == IoStatus::ok);
  REQUIRE(disk.gone(9));
}

TEST_CASE("fat-free: an undeleted cluster is its owner's again", "[storage][fat_watch]") {
  Watched disk(kFat16, FatFree::at_close);
  disk.fill(9, 0x11);
  disk.set_all(9, 0xFFFF);
  disk.set_all(9, 0);
  disk.set_all(9, 0xFFFF);
  REQUIRE(disk.watch->close() == IoStatus::ok);
  REQUIRE(disk.holds(9, 0x11));
}

TEST_CASE("fat-free: an image cluster goes when all FAT clusters in it may",
          "[storage][fat_watch]") {
  Watched disk(kFat16, FatFree::live, 8);  // four of them, not aligned
  const std::uint64_t first = (kFat16.data_first() + 7) / 8 * 8;
  const auto cluster =
      static_cast<std::uint32_t>((first - kFat16.data_first()) / kFat16.cluster_sectors + 2);
  REQUIRE(kFat16.sector_of(cluster) <= first);
  std::vector<std::uint32_t> all;
  for (std::uint32_t one = cluster; kFat16.sector_of(one) < first + 8; ++one) all.push_back(one);
  for (const std::uint32_t one : all) {
    disk.fill(one, 0x11);
    disk.set_all(one, 0xFFFF);
  }
  for (const std::uint32_t one : all) {
    REQUIRE(disk.get(first) == sector_of(0x11));
    disk.set_all(one, 0);
    disk.flush();
  }
  for (std::uint64_t lba = first; lba < first + 8; ++lba) REQUIRE(disk.get(lba) == sector_of(0));
}

TEST_CASE("fat-free: a quick format gives everything back", "[storage][fat_watch]") {
  Watched disk(kFat16, FatFree::live, 8);
  for (std::uint32_t cluster = 2; cluster < 200; ++cluster) {
    disk.fill(cluster, 0x11);
    disk.set_all(cluster, 0xFFFF);
  }
  disk.flush();
  disk.write(kFat16.first, kFat16.boot_sector());
  for (std::uint32_t copy = 0; copy < 2; ++copy) {
    for (std::uint32_t sector = 0; sector < kFat16.fat_sectors(); ++sector) {
      Bytes zero(512);
      if (sector == 0) {
        zero[0] = 0xF8;
        zero[1] = zero[2] = zero[3] = 0xFF;
      }
      disk.write(disk.fat_sector(copy, sector), zero);
    }
  }
  disk.flush();
  for (std::uint32_t cluster = 10; cluster < 190; ++cluster) REQUIRE(disk.gone(cluster));
}

TEST_CASE("fat-free: a new layout forgets the candidates of the old one", "[storage][fat_watch]") {
  Watched disk(kFat16);
  disk.fill(9, 0x11);
  disk.set_all(9, 0xFFFF);
  disk.set_all(9, 0);
  FatLayout other = kFat16;
  other.root_entries = 128;
  disk.write(other.first, other.boot_sector());
  disk.flush();
  REQUIRE(disk.holds(9, 0x11));
  // And a partition that is not there any more has none at all.
  disk.layout = other;
  disk.fill(9, 0x11);
  disk.set_all(9, 0xFFFF);
  disk.set_all(9, 0);
  disk.write(0, Bytes(512));
  REQUIRE(disk.watch->volumes() == 0);
  disk.flush();
  REQUIRE(disk.holds(9, 0x11));
}

TEST_CASE("fat-free: a partition made and formatted while the watch runs is watched",
          "[storage][fat_watch]") {
  Watched disk(kFat16);
  *disk.bytes = Bytes(disk.bytes->size());
  disk.watch = std::make_unique<FatWatch>(std::make_unique<Disk>(disk.bytes, 1), FatFree::live);
  REQUIRE(disk.watch->volumes() == 0);
  disk.write(0, support::partition_sector({kFat16}));
  disk.write(kFat16.first, kFat16.boot_sector());
  Bytes fat(512);
  fat[0] = 0xF8;
  fat[1] = fat[2] = fat[3] = 0xFF;
  for (std::uint32_t copy = 0; copy < 2; ++copy) disk.write(disk.fat_sector(copy, 0), fat);
  disk.fill(5, 0x11);
  disk.set_all(5, 0xFFFF);
  disk.set_all(5, 0);
  disk.flush();
  REQUIRE(disk.gone(5));
}

TEST_CASE("fat-free: logical drives are watched, and circles of tables end",
          "[storage][fat_watch]") {
  FatLayout inner = kFat12;
  inner.first = 126;
  Watched disk(inner, FatFree::live, 1);
  Bytes mbr(512);
  const auto entry = [](Bytes& sector, std::size_t at, std::uint8_t type, std::uint32_t first,
                        std::uint32_t count) {
    sector[at + 4] = type;
    for (std::size_t i = 0; i < 4; ++i) {
      sector[at + 8 + i] = static_cast<std::uint8_t>(first >> (8 * i));
      sector[at + 12 + i] = static_cast<std::uint8_t>(count >> (8 * i));
    }
    sector[0x1FE] = 0x55;
    sector[0x1FF] = 0xAA;
  };
  const auto size = static_cast<std::uint32_t>(inner.sectors());
  entry(mbr, 0x1BE, 0x05, 63, size + 63);
  Bytes table(512);
  entry(table, 0x1BE, 0x01, 63, size);
  entry(table, 0x1CE, 0x05, 1, 1);
  Bytes circle(512);
  entry(circle, 0x1CE, 0x05, 1, 1);  // itself
  disk.write(64, circle);
  disk.write(63, table);
  disk.write(0, mbr);
  REQUIRE(disk.watch->volumes() == 1);
  disk.fill(5, 0x11);
  disk.set_all(5, 0xFFF);
  disk.set_all(5, 0);
  disk.flush();
  REQUIRE(disk.gone(5));
}

TEST_CASE("fat-free: a boot sector that leaves doubt is not watched", "[storage][fat_watch]") {
  const auto volumes_with = [](const FatLayout& layout, std::size_t at, std::uint8_t value) {
    Watched disk(layout);
    Bytes boot = layout.boot_sector();
    boot[at] = value;
    disk.write(layout.first, boot);
    return disk.watch->volumes();
  };
  REQUIRE(volumes_with(kFat16, 3, 'x') == 1);
  for (const auto& [at, value] : std::vector<std::pair<std::size_t, std::uint8_t>>{{0, 0},
                                                                                   {0x0B, 1},
                                                                                   {0x0C, 4},
                                                                                   {0x0D, 3},
                                                                                   {0x0D, 0},
                                                                                   {0x0E, 0},
                                                                                   {0x10, 0},
                                                                                   {0x10, 3},
                                                                                   {0x14, 0xFF},
                                                                                   {0x15, 0},
                                                                                   {0x16, 0}}) {
    INFO("offset " << at << " = " << int{value});
    REQUIRE(volumes_with(kFat16, at, value) == 0);
  }
  // Its own FATs contradict the media byte.
  Watched disk(kFat16);
  disk.fill(9, 0x11);
  disk.set_all(9, 0xFFFF);
  disk.set_all(0, 0xFFF0);
  disk.set_all(9, 0);
  disk.flush();
  REQUIRE(disk.holds(9, 0x11));
  // So near to the limit between two FATs that the type byte decides, and it says otherwise.
  FatLayout near = kFat16;
  near.clusters = 4090;
  Watched doubtful(near);
  REQUIRE(doubtful.watch->volumes() == 1);
  near.bits = 12;  // the type that the table gets
  Bytes mbr = support::partition_sector({near});
  doubtful.write(0, mbr);
  REQUIRE(doubtful.watch->volumes() == 0);
}

namespace {

// Runs a guest over two disks: one that nothing is ever given back from, and the one under test.
struct Twin {
  FatLayout layout;
  std::shared_ptr<Bytes> plain;
  std::function<std::unique_ptr<storage::BlockDevice>()> open;  // after a cut, too
  std::unique_ptr<FatWatch> watch;
  std::mt19937 random;
  std::uint64_t now = 0;
  std::uint64_t released = 0;
  std::uint64_t writes = 0;
  std::optional<std::uint64_t> cut_at;  // the write before which the power goes

  void start() { watch = std::make_unique<FatWatch>(open(), FatFree::live); }

  bool write(std::uint64_t lba, const Bytes& bytes) {
    if (cut_at && writes >= *cut_at) return false;
    ++writes;
    if (watch->write(lba, bytes) != IoStatus::ok) FAIL("write at " << lba);
    std::ranges::copy(bytes, plain->begin() + static_cast<std::ptrdiff_t>(lba * kSectorSize));
    return true;
  }
  void compare(const GuestFat& guest) {
    Bytes found(plain->size());
    if (watch->read(0, found) != IoStatus::ok) FAIL("read");
    if (found == *plain) return;
    for (std::uint64_t lba = 0; lba < found.size() / kSectorSize; ++lba) {
      const auto begin = static_cast<std::ptrdiff_t>(lba * kSectorSize);
      const bool same =
          std::equal(found.begin() + begin, found.begin() + begin + 512, plain->begin() + begin);
      if (!same && guest.must_keep(lba)) FAIL("sector " << lba << " was lost, write " << writes);
    }
  }
  void life(GuestFat& guest) {
    switch (random() % 12) {
      case 0:
        if (watch->flush() != IoStatus::ok) FAIL("flush");
        break;
      case 1:
        now += kSecond * (random() % 4);
        watch->tick(now);
        break;
      default:
        break;
    }
    static_cast<void>(guest);
  }
};

struct Model {
  Twin twin;
  std::unique_ptr<GuestFat> guest;
  // What a cut leaves, when it is more than the bytes.
  std::function<void()> on_cut = [] {};

  void start(std::uint32_t seed) {
    twin.random.seed(seed);
    const Bytes mbr = support::partition_sector({twin.layout});
    twin.plain = std::make_shared<Bytes>((twin.layout.first + twin.layout.sectors() + 16) * 512);
    twin.start();
    guest = std::make_unique<GuestFat>(
        twin.layout,
        [this](std::uint64_t lba, const Bytes& bytes) { return twin.write(lba, bytes); }, seed + 1);
    REQUIRE(twin.write(0, mbr));
    REQUIRE(twin.write(twin.layout.first, twin.layout.boot_sector()));
    REQUIRE(guest->format());
  }
  void cut() {
    twin.cut_at.reset();
    twin.released += twin.watch->sectors_released();
    on_cut();
    twin.start();
    twin.compare(*guest);
    const auto read = [&](std::uint64_t lba) {
      Bytes sector(kSectorSize);
      if (twin.watch->read(lba, sector) != IoStatus::ok) FAIL("read");
      return sector;
    };
    if (!guest->reboot(read)) FAIL("reboot");
    twin.compare(*guest);
  }
  void run(std::size_t steps, std::size_t compare_every, unsigned cut_one_in) {
    for (std::size_t step = 0; step < steps; ++step) {
      if (cut_one_in != 0 && twin.random() % cut_one_in == 0) {
        twin.cut_at = twin.writes + twin.random() % 12;
      }
      if (!guest->step()) cut();
      twin.life(*guest);
      if (step % compare_every == 0) twin.compare(*guest);
    }
    twin.compare(*guest);
    twin.released += twin.watch->sectors_released();
  }
};

std::size_t model_steps(std::size_t ordinary) {
  return support::full_run() ? 250'000 : ordinary;
}

}  // namespace

TEST_CASE("fat-free: no live sector changes under random files, reordering and cuts",
          "[storage][fat_watch][model]") {
  const FatLayout small{.first = 63, .cluster_sectors = 2, .clusters = 90};
  FatLayout straddling = small;
  straddling.copies = 1;
  straddling.cluster_sectors = 1;
  straddling.clusters = 700;
  const FatLayout large{.bits = 16, .first = 17, .cluster_sectors = 1, .clusters = 4102};
  struct Row {
    FatLayout layout;
    std::uint64_t unit;
    std::size_t steps;
    std::size_t compare_every;
  };
  for (const Row& row : {Row{small, 1, 4000, 1}, Row{small, 8, 3000, 1},
                         Row{straddling, 2, 2000, 5}, Row{large, 1, 1000, 20}}) {
    INFO("FAT" << row.layout.bits << ", " << row.unit << " sectors given back at once");
    Model model;
    model.twin.layout = row.layout;
    auto bytes = std::make_shared<Bytes>((row.layout.first + row.layout.sectors() + 16) * 512);
    model.twin.open = [&] { return std::make_unique<Disk>(bytes, row.unit); };
    model.start(static_cast<std::uint32_t>(row.unit + row.layout.clusters));
    model.run(model_steps(row.steps), row.compare_every, 60);
    REQUIRE(model.twin.released > (row.unit == 1 ? row.steps / 4 : 30));
  }
}

TEST_CASE("fat-free: the power may go before any write", "[storage][fat_watch][model]") {
  const FatLayout layout{.first = 63, .cluster_sectors = 2, .clusters = 60};
  for (std::uint64_t cut = 20;; ++cut) {
    Model model;
    model.twin.layout = layout;
    auto bytes = std::make_shared<Bytes>((layout.first + layout.sectors() + 16) * 512);
    model.twin.open = [&] { return std::make_unique<Disk>(bytes, 1); };
    model.start(3);
    model.twin.cut_at = model.twin.writes + cut;
    std::size_t steps = 0;
    while (steps++ < 150 && model.guest->step()) model.twin.life(*model.guest);
    const bool reached = steps <= 150;
    model.cut();
    model.run(40, 1, 0);
    if (!reached) break;
  }
}

TEST_CASE("fat-free: a growable image keeps its counts and every live sector",
          "[storage][fat_watch][growable][model]") {
  const FatLayout layout{.bits = 12, .first = 63, .cluster_sectors = 4, .clusters = 200};
  for (const char* const cluster : {"512", "1K", "4K"}) {
    INFO("clusters of " << cluster);
    support::BatteryRow row;
    row.format = &storage::kGrowableFormat;
    row.extension = ".gix";
    row.create = {{"cluster_size", cluster}, {"growth", "8"}};
    const std::uint64_t sectors = layout.first + layout.sectors() + 16;
    auto host = support::make_image(row, "d.gix", sectors);
    Model model;
    model.twin.layout = layout;
    model.twin.open = [&] { return std::move(support::open_row(row, *host, "d.gix").device); };
    // The process dies: what was written is there, nothing was closed.
    model.on_cut = [&] {
      auto left = host->copy();
      model.twin.watch.reset();
      host = left;
      storage::CheckOptions options;
      const auto report =
          storage::check_image(host->place("d.gix"), storage::kGrowableFormat, options, {});
      if (report.errors != 0) FAIL("check: " << report.lines.front());
    };
    model.start(11);
    model.run(model_steps(1000), 1, 40);
    REQUIRE(model.twin.released > 8);
    REQUIRE(model.twin.watch->close() == IoStatus::ok);
    support::require_clean(row, *host, "d.gix");
  }
}

TEST_CASE("fat-free: a cut leaves the file or its deletion, never half of both",
          "[storage][fat_watch][growable]") {
  // Its clusters begin where the image's do.
  const FatLayout layout{.bits = 12, .first = 57, .cluster_sectors = 8, .clusters = 60};
  support::BatteryRow row;
  row.format = &storage::kGrowableFormat;
  row.extension = ".gix";
  row.create = {{"growth", "4"}};
  const std::uint64_t sectors = layout.first + layout.sectors();
  const auto host = support::make_image(row, "d.gix", sectors);
  Watched tool(layout);  // makes sectors of FATs
  const auto through = [&](storage::BlockDevice& device, std::uint64_t lba, const Bytes& bytes) {
    REQUIRE(device.write(lba, bytes) == IoStatus::ok);
  };
  const Bytes content = [&] {
    std::mt19937 random(1);
    return support::random_bytes(random, 8 * kSectorSize);
  }();
  {
    const auto image = support::open_row(row, *host, "d.gix");
    for (std::uint64_t lba = 0; lba < layout.data_first(); ++lba) {
      through(*image.device, lba, tool.get(lba));
    }
    tool.set_all(5, 0xFFF);
    for (std::uint32_t copy = 0; copy < 2; ++copy) {
      through(*image.device, tool.fat_sector(copy, 0), tool.get(tool.fat_sector(copy, 0)));
    }
    through(*image.device, layout.sector_of(5), content);
    REQUIRE(image.device->close() == IoStatus::ok);
  }
  host->record();
  {
    FatWatch watch(std::move(support::open_row(row, *host, "d.gix").device), FatFree::live);
    tool.set_all(5, 0);
    for (std::uint32_t copy = 0; copy < 2; ++copy) {
      through(watch, tool.fat_sector(copy, 0), tool.get(tool.fat_sector(copy, 0)));
    }
    REQUIRE(watch.flush() == IoStatus::ok);
    REQUIRE(watch.sectors_released() == 8);
    through(watch, layout.sector_of(40), content);
    REQUIRE(watch.close() == IoStatus::ok);
  }
  support::CrashReplay replay(*host);
  bool kept = false;
  bool gone = false;
  for (std::size_t calls = 0; calls <= replay.calls(); ++calls) {
    replay.advance_to(calls);
    replay.for_each_state(5, {.subsets = 20}, [&](const support::CrashState& state) {
      INFO("after " << state.calls << " calls, " << state.policy);
      const auto image = support::open_row(row, *state.host, "d.gix");
      bool named = false;
      for (std::uint32_t copy = 0; copy < 2; ++copy) {
        Bytes fat(kSectorSize);
        REQUIRE(image.device->read(tool.fat_sector(copy, 0), fat) == IoStatus::ok);
        named = named || (fat[7] & 0xF0) != 0 || fat[8] != 0;  // entry 5
      }
      Bytes found(8 * kSectorSize);
      REQUIRE(image.device->read(layout.sector_of(5), found) == IoStatus::ok);
      if (named && found != content) FAIL("the file is there and its content is not");
      kept = kept || named;
      gone = gone || storage::all_zero(found);
    });
  }
  REQUIRE(kept);
  REQUIRE(gone);
}
