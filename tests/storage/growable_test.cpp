// Growable images byte by byte: the worked examples of docs/formats/growable.md, what is linked and
// given back, and what a damaged or hostile pair of files may do.
#include <algorithm>
#include <cstring>

#include "storage/crc32c.h"
#include "storage/operations.h"
#include "tests/storage/battery.h"

namespace {

using storage::AllocationEvent;
using storage::Extent;
using storage::ImageError;
using storage::IoStatus;
using storage::kSectorSize;
using storage::OpenMode;
using support::Bytes;
using support::MemoryHost;

constexpr std::uint64_t kArray = 4096;  // where both arrays begin
constexpr std::uint32_t kNone = 0xFFFFFFFF;
constexpr std::uint32_t kZero = 0xFFFFFFFE;

support::BatteryRow row_with(storage::Options options = {}) {
  support::BatteryRow row;
  row.name = "growable";
  row.format = &storage::kGrowableFormat;
  row.extension = ".gix";
  row.create = std::move(options);
  return row;
}

// One image, its two files, and the words in the first.
struct Pair {
  support::BatteryRow row;
  std::shared_ptr<MemoryHost> host;
  storage::OpenedImage opened;

  explicit Pair(std::uint64_t sectors, storage::Options options = {})
      : row(row_with(std::move(options))), host(support::make_image(row, "d.gix", sectors)) {
    reopen();
  }
  storage::BlockDevice& disk() { return *opened.device; }
  void reopen(storage::OpenOptions options = {}) {
    opened = {};
    opened = support::open_row(row, *host, "d.gix", options);
  }
  void close() {
    REQUIRE(opened.device->close() == IoStatus::ok);
    opened = {};
  }

  std::uint64_t index_words() { return (host->bytes("d.gix").size() - kArray) / 4; }
  std::uint32_t word(std::uint64_t logical) {
    if (logical >= index_words()) return kNone;
    Bytes bytes(4);
    host->bytes("d.gix").read(kArray + logical * 4, bytes);
    return static_cast<std::uint32_t>(bytes[0]) | static_cast<std::uint32_t>(bytes[1]) << 8 |
           static_cast<std::uint32_t>(bytes[2]) << 16 | static_cast<std::uint32_t>(bytes[3]) << 24;
  }
  void set_word(std::uint64_t logical, std::uint32_t value) {
    Bytes bytes(4);
    for (std::size_t i = 0; i < 4; ++i) bytes[i] = static_cast<std::uint8_t>(value >> (8 * i));
    host->bytes("d.gix").write(kArray + logical * 4, bytes);
  }
  Bytes cluster(std::uint32_t number, std::uint64_t cluster_bytes = 4096) {
    Bytes bytes(static_cast<std::size_t>(cluster_bytes));
    host->bytes("d.gdt").read(kArray + number * cluster_bytes, bytes);
    return bytes;
  }
  Bytes header() {
    Bytes slots(1024);
    host->bytes("d.gix").read(0, slots);
    const Bytes first(slots.begin(), slots.begin() + 512);
    const Bytes second(slots.begin() + 512, slots.end());
    return first[16] > second[16] ? first : second;
  }
};

Bytes filled(std::uint64_t sectors, std::uint8_t byte) {
  return Bytes(static_cast<std::size_t>(sectors * kSectorSize), byte);
}
// No repeated byte, and different for each seed.
Bytes marked(std::uint64_t sectors, std::uint32_t seed) {
  std::mt19937 random(seed);
  return support::random_bytes(random, static_cast<std::size_t>(sectors * kSectorSize));
}
std::uint32_t dword(const Bytes& bytes, std::size_t at) {
  std::uint32_t value = 0;
  std::memcpy(&value, bytes.data() + at, 4);
  return value;
}

struct Recorder final : storage::AllocationObserver {
  std::vector<AllocationEvent> events;
  void on_allocation(const AllocationEvent& event) override { events.push_back(event); }
};

}  // namespace

TEST_CASE("crc32c: the vectors of RFC 3720", "[storage][growable]") {
  REQUIRE(storage::crc32c(Bytes(32, 0)) == 0x8A9136AA);
  REQUIRE(storage::crc32c(Bytes(32, 0xFF)) == 0x62A8AB43);
  Bytes rising(32);
  for (std::size_t i = 0; i < rising.size(); ++i) rising[i] = static_cast<std::uint8_t>(i);
  REQUIRE(storage::crc32c(rising) == 0x46DD794E);
}

TEST_CASE("growable: a new image is two headers and an identity", "[storage][growable]") {
  Pair pair(2048);
  const Bytes index = pair.host->bytes("d.gix").all();
  const Bytes data = pair.host->bytes("d.gdt").all();
  REQUIRE(index.size() == 4096);
  REQUIRE(data.size() == 4096);
  REQUIRE(std::memcmp(index.data(), "GIDX\r\n\x1A\n\1\0\0\0\0\2\0\0", 16) == 0);
  REQUIRE(std::memcmp(data.data(), "GDAT\r\n\x1A\n\1\0\0\0", 12) == 0);
  REQUIRE(std::equal(index.begin() + 48, index.begin() + 64, data.begin() + 48));
  for (const std::size_t slot : {std::size_t{0}, std::size_t{512}}) {
    const auto bytes = std::span(index).subspan(slot, 512);
    REQUIRE(dword(index, slot + 508) == storage::crc32c(bytes.first(508)));
  }
  REQUIRE(dword(data, 508) == storage::crc32c(std::span(data).first(508)));
  REQUIRE(dword(index, 64) == 512);
  REQUIRE(dword(index, 68) == 8);  // sectors per cluster
  REQUIRE(dword(index, 72) == 4);  // bytes per word
  REQUIRE(dword(index, 76) == 4096);
  REQUIRE(dword(index, 80) == 4096);
  REQUIRE(dword(index, 84) == 256);   // growth chunk
  REQUIRE(dword(index, 88) == 2048);  // sectors
  REQUIRE(dword(index, 144) == 0);    // clean
  REQUIRE(std::all_of(index.begin() + 1024, index.end(), [](auto byte) { return byte == 0; }));
}

TEST_CASE("growable: the worked example, word by word", "[storage][growable]") {
  Pair pair(1 << 20);
  // 200 MiB are skipped: 51200 words, and the first cluster ever allocated is number 0.
  REQUIRE(pair.disk().write(409600, marked(1, 1)) == IoStatus::ok);
  REQUIRE(pair.host->bytes("d.gix").size() == kArray + 204800 + 4096);
  REQUIRE(dword(pair.header(), 148) == 51);  // initialised units of 4096 bytes
  for (std::uint64_t logical = 0; logical < 51200; ++logical) {
    if (pair.word(logical) != kNone) FAIL("word " << logical);
  }
  REQUIRE(pair.word(51200) == 0);
  REQUIRE(pair.disk().write(409607, marked(1, 2)) == IoStatus::ok);
  REQUIRE(pair.word(51200) == 0);
  REQUIRE(pair.word(51201) == kNone);
  REQUIRE(pair.disk().write(409608, marked(1, 3)) == IoStatus::ok);
  REQUIRE(pair.word(51201) == 1);
  REQUIRE(pair.disk().write(0, marked(1, 4)) == IoStatus::ok);
  REQUIRE(pair.word(0) == 2);
  // A cluster of F6 twice is one cluster; a write to the second makes a copy.
  REQUIRE(pair.disk().write(7 * 8, filled(8, 0xF6)) == IoStatus::ok);
  REQUIRE(pair.word(7) == 3);
  REQUIRE(pair.disk().write(9 * 8, filled(8, 0xF6)) == IoStatus::ok);
  REQUIRE(pair.word(9) == 3);
  REQUIRE(pair.disk().extent_at(9 * 8).state == storage::ClusterState::shared);
  REQUIRE(pair.disk().write(9 * 8 + 3, marked(1, 5)) == IoStatus::ok);
  REQUIRE(pair.word(9) == 4);
  REQUIRE(pair.word(7) == 3);
  REQUIRE(pair.disk().extent_at(7 * 8).state == storage::ClusterState::data);
  pair.close();
  REQUIRE(pair.cluster(3) == filled(8, 0xF6));
  Bytes expected = filled(8, 0xF6);
  std::ranges::copy(marked(1, 5), expected.begin() + 3 * 512);
  REQUIRE(pair.cluster(4) == expected);
  Bytes first(4096);
  std::ranges::copy(marked(1, 1), first.begin());
  std::ranges::copy(marked(1, 2), first.begin() + 7 * 512);
  REQUIRE(pair.cluster(0) == first);
  // Clean: the tail of the last chunk is given back, the counters are right.
  REQUIRE(pair.host->bytes("d.gdt").size() == kArray + 5 * 4096);
  const Bytes header = pair.header();
  REQUIRE(dword(header, 144) == 0);
  REQUIRE(dword(header, 120) == 5);
  REQUIRE(dword(header, 128) == 5);
  REQUIRE(dword(header, 136) == 0);
  support::require_clean(pair.row, *pair.host, "d.gix");
}

TEST_CASE("growable: 10 MiB of 4 KiB clusters are followed by cluster 2560",
          "[storage][growable]") {
  Pair pair(1 << 20);
  REQUIRE(pair.disk().write(0, marked(20480, 1)) == IoStatus::ok);
  REQUIRE(pair.disk().write(1000000, marked(1, 2)) == IoStatus::ok);
  REQUIRE(pair.word(125000) == 2560);
  const Extent extent = pair.disk().extent_at(1000000);
  REQUIRE(extent.host_offset == kArray + 20480 * 512);
}

TEST_CASE("growable: sectors of one cluster lie together", "[storage][growable]") {
  Pair pair(64, {{"cluster_size", "1K"}});
  REQUIRE(pair.disk().write(2, marked(1, 1)) == IoStatus::ok);  // the third sector: word 1
  REQUIRE(pair.word(0) == kNone);
  REQUIRE(pair.word(1) == 0);
  REQUIRE(pair.disk().write(1, marked(1, 2)) == IoStatus::ok);
  REQUIRE(pair.disk().write(0, marked(1, 3)) == IoStatus::ok);
  REQUIRE(pair.word(0) == 1);
}

TEST_CASE("growable: a gigabyte of F6 takes less than 2 MiB", "[storage][growable]") {
  Pair pair(2 << 20);
  const Bytes piece = filled(128, 0xF6);
  for (std::uint64_t lba = 0; lba < (2U << 20); lba += 128) {
    if (pair.disk().write(lba, piece) != IoStatus::ok) FAIL("sector " << lba);
  }
  pair.close();
  const std::uint64_t host =
      pair.host->bytes("d.gix").allocated_bytes() + pair.host->bytes("d.gdt").allocated_bytes();
  REQUIRE(host < (2 << 20));
  REQUIRE(pair.host->bytes("d.gdt").size() == kArray + 4096);
  pair.reopen();
  Bytes found(4096);
  REQUIRE(pair.disk().read((1 << 20) + 8, found) == IoStatus::ok);
  REQUIRE(found == filled(8, 0xF6));
  support::require_clean(pair.row, *pair.host, "d.gix");
}

TEST_CASE("growable: a cluster filled sector by sector is linked at its last one",
          "[storage][growable]") {
  Pair pair(256);
  for (std::uint64_t lba = 0; lba < 16; ++lba) {
    REQUIRE(pair.disk().write(lba, filled(1, 0xF6)) == IoStatus::ok);
  }
  REQUIRE(pair.word(0) == pair.word(1));
  // And zeroed sector by sector it is nothing.
  for (std::uint64_t lba = 0; lba < 8; ++lba) {
    REQUIRE(pair.disk().write(lba, filled(1, 0)) == IoStatus::ok);
  }
  REQUIRE(pair.word(0) == kNone);
  REQUIRE(pair.word(1) != kNone);
}

TEST_CASE("growable: zeroes make no cluster and free the one there is", "[storage][growable]") {
  Pair pair(4096);
  REQUIRE(pair.disk().write(0, filled(64, 0)) == IoStatus::ok);
  REQUIRE(pair.host->bytes("d.gdt").size() == kArray);
  REQUIRE(pair.disk().write(0, marked(24, 1)) == IoStatus::ok);
  REQUIRE(pair.disk().write(8, filled(8, 0)) == IoStatus::ok);
  REQUIRE(pair.word(1) == kNone);
  REQUIRE(pair.disk().flush() == IoStatus::ok);
  // The freed place in the middle reads as zeroes and is the next one taken.
  REQUIRE(pair.cluster(1) == filled(8, 0));
  REQUIRE(pair.disk().write(800, marked(1, 2)) == IoStatus::ok);
  REQUIRE(pair.word(100) == 1);
}

TEST_CASE("growable: a freed cluster is not taken again before its word is on the disk",
          "[storage][growable]") {
  Pair pair(4096);
  REQUIRE(pair.disk().write(0, marked(24, 1)) == IoStatus::ok);
  REQUIRE(pair.disk().discard(8, 8) == IoStatus::ok);
  REQUIRE(pair.disk().write(800, marked(1, 2)) == IoStatus::ok);
  REQUIRE(pair.word(100) == 3);  // and not 1
  pair.close();
  support::require_clean(pair.row, *pair.host, "d.gix");
}

TEST_CASE("growable: links count right under random uniform writes", "[storage][growable]") {
  // Mostly repeated bytes, of few kinds, so that clusters are linked and unlinked all the time.
  for (const char* const cluster : {"512", "4K", "16K"}) {
    Pair pair(1024, {{"cluster_size", cluster}, {"growth", "4"}});
    Bytes model(1024 * kSectorSize);
    std::mt19937 random(17);
    for (int step = 0; step < 6000; ++step) {
      const std::uint64_t lba = random() % 1024;
      const std::uint64_t count =
          1 + random() % std::min<std::uint64_t>(random() % 4 == 0 ? 200 : 9, 1024 - lba);
      const Bytes bytes = random() % 3 == 0
                              ? marked(count, static_cast<std::uint32_t>(random()))
                              : filled(count, static_cast<std::uint8_t>(random() % 4));
      if (pair.disk().write(lba, bytes) != IoStatus::ok) FAIL("step " << step);
      std::ranges::copy(bytes, model.begin() + static_cast<std::ptrdiff_t>(lba * kSectorSize));
      if (random() % 50 == 0 && pair.disk().flush() != IoStatus::ok) FAIL("flush");
      if (random() % 700 != 0) continue;
      pair.close();
      support::require_clean(pair.row, *pair.host, "d.gix");
      pair.reopen();
    }
    Bytes found(model.size());
    REQUIRE(pair.disk().read(0, found) == IoStatus::ok);
    REQUIRE(found == model);
  }
}

TEST_CASE("growable: compact gives back the middle, link finds what lies there",
          "[storage][growable]") {
  Pair pair(8192);
  Bytes model(8192 * kSectorSize);
  const auto write = [&](std::uint64_t lba, const Bytes& bytes) {
    REQUIRE(pair.disk().write(lba, bytes) == IoStatus::ok);
    std::ranges::copy(bytes, model.begin() + static_cast<std::ptrdiff_t>(lba * kSectorSize));
  };
  write(0, marked(4096, 1));
  REQUIRE(pair.disk().write_zeroes(512, 2048) == IoStatus::ok);
  std::fill_n(model.begin() + 512 * 512, 2048 * 512, std::uint8_t{0});
  pair.close();
  // In the middle: the file keeps its length, the host its space.
  REQUIRE(pair.host->bytes("d.gdt").size() == kArray + 512 * 4096);
  REQUIRE(pair.host->bytes("d.gdt").allocated_bytes() <= kArray + 256 * 4096);
  pair.reopen();
  pair.opened.image->compact({});
  REQUIRE(pair.host->bytes("d.gdt").size() == kArray + 256 * 4096);
  Bytes found(model.size());
  REQUIRE(pair.disk().read(0, found) == IoStatus::ok);
  REQUIRE(found == model);
  write(600, marked(9, 3));  // goes on being usable
  pair.close();
  support::require_clean(pair.row, *pair.host, "d.gix");

  // Without links every cluster has its place; afterwards one for each byte.
  storage::OpenOptions plain;
  plain.options = {{"links", "off"}};
  pair.reopen(plain);
  for (std::uint64_t lba = 4096; lba < 8192; lba += 8) {
    write(lba, filled(8, lba % 16 == 0 ? 0xF6 : 0x11));
  }
  pair.close();
  const std::uint64_t before = pair.host->bytes("d.gdt").size();
  pair.reopen();
  pair.opened.image->link_uniform({});
  pair.opened.image->compact({});
  pair.close();
  REQUIRE(pair.host->bytes("d.gdt").size() == before - 510 * 4096);
  support::require_clean(pair.row, *pair.host, "d.gix");
  pair.reopen();
  REQUIRE(pair.disk().read(0, found) == IoStatus::ok);
  REQUIRE(found == model);
}

TEST_CASE("growable: resizing moves the end and nothing else", "[storage][growable]") {
  Pair pair(1000);  // ends inside a cluster of 8
  Bytes model = marked(1000, 1);
  REQUIRE(pair.disk().write(0, model) == IoStatus::ok);
  pair.opened.image->resize(100000, false, {});
  model.resize(100000 * kSectorSize);
  Bytes found(model.size(), 0xEE);
  REQUIRE(pair.disk().read(0, found) == IoStatus::ok);
  REQUIRE(found == model);
  REQUIRE(pair.disk().write(99999, marked(1, 2)) == IoStatus::ok);
  REQUIRE_THROWS_AS(pair.opened.image->resize(50000, false, {}), ImageError);
  REQUIRE(pair.disk().write_zeroes(99996, 4) == IoStatus::ok);
  pair.opened.image->resize(50000, false, {});  // nothing was there
  pair.opened.image->resize(501, true, {});
  pair.close();
  support::require_clean(pair.row, *pair.host, "d.gix");
  pair.reopen();
  REQUIRE(pair.disk().sector_count() == 501);
  pair.opened.image->resize(1000, false, {});
  model.resize(501 * kSectorSize);
  model.resize(1000 * kSectorSize);
  found.resize(model.size());
  REQUIRE(pair.disk().read(0, found) == IoStatus::ok);
  REQUIRE(found == model);
}

TEST_CASE("growable: words that a cut shrink left past the end do not come back",
          "[storage][growable]") {
  Pair pair(4096);
  REQUIRE(pair.disk().write(0, marked(24, 1)) == IoStatus::ok);
  pair.opened.image->resize(8, true, {});
  pair.close();
  pair.set_word(1, 0);   // a live cluster of somebody else's by now
  pair.set_word(2, 77);  // and one that is not there
  pair.reopen();
  pair.opened.image->resize(4096, false, {});
  Bytes found(4096 * kSectorSize);
  REQUIRE(pair.disk().read(0, found) == IoStatus::ok);
  Bytes expected = marked(24, 1);
  expected.resize(8 * kSectorSize);
  expected.resize(found.size());
  REQUIRE(found == expected);
  pair.close();
  support::require_clean(pair.row, *pair.host, "d.gix");
}

TEST_CASE("growable: a child that grows shows nothing of a larger parent", "[storage][growable]") {
  Pair pair(4096, {{"cluster_size", "4K"}});
  REQUIRE(pair.disk().write(0, marked(4096, 1)) == IoStatus::ok);
  pair.close();
  support::add_child(pair.row, *pair.host, "d.gix", "c.gix");
  const auto child = support::open_row(pair.row, *pair.host, "c.gix");
  child.image->resize(1003, true, {});
  child.image->resize(8000, false, {});
  Bytes found(8000 * kSectorSize);
  REQUIRE(child.device->read(0, found) == IoStatus::ok);
  const Bytes parent = marked(4096, 1);
  REQUIRE(std::equal(found.begin(), found.begin() + 1003 * 512, parent.begin()));
  REQUIRE(std::all_of(found.begin() + 1003 * 512, found.end(), [](auto b) { return b == 0; }));
  REQUIRE(child.device->close() == IoStatus::ok);
  support::require_clean(pair.row, *pair.host, "c.gix");
}

TEST_CASE("growable: zeroes in a child hide the parent by a word of their own",
          "[storage][growable]") {
  Pair pair(256);
  REQUIRE(pair.disk().write(0, marked(256, 1)) == IoStatus::ok);
  pair.close();
  support::add_child(pair.row, *pair.host, "d.gix", "c.gix");
  {
    const auto child = support::open_row(pair.row, *pair.host, "c.gix");
    REQUIRE(child.device->write(8, filled(8, 0)) == IoStatus::ok);
    REQUIRE(child.device->write(16, marked(8, 2)) == IoStatus::ok);
    REQUIRE(child.device->discard(16, 8) == IoStatus::ok);
    Bytes words(12);
    pair.host->bytes("c.gix").read(kArray, words);
    REQUIRE(dword(words, 0) == kNone);
    REQUIRE(dword(words, 4) == kZero);
    REQUIRE(dword(words, 8) == kZero);  // not the parent's old bytes
  }
  // Without a parent that word means nothing.
  pair.set_word(3, kZero);
  pair.reopen({.mode = OpenMode::read_only});
  Bytes found(4096);
  REQUIRE(pair.disk().read(24, found) == IoStatus::corrupt);
}

TEST_CASE("growable: a parent that changed is noticed", "[storage][growable]") {
  Pair pair(256);
  support::add_child(pair.row, *pair.host, "d.gix", "c.gix");
  REQUIRE(pair.disk().write(0, marked(8, 1)) == IoStatus::ok);
  pair.close();
  REQUIRE_THROWS_AS(support::open_row(pair.row, *pair.host, "c.gix"), ImageError);
  storage::OpenOptions force{.mode = OpenMode::read_only};
  force.force = true;
  REQUIRE(support::open_row(pair.row, *pair.host, "c.gix", force).device->sector_count() == 256);
}

TEST_CASE("growable: an index with another image's clusters is refused", "[storage][growable]") {
  Pair pair(256);
  pair.close();
  storage::CreateOptions options;
  options.sectors = 256;
  storage::create_image(pair.host->place("e.gix"), storage::kGrowableFormat, options, {});
  pair.host->put("d.gdt", pair.host->bytes("e.gdt").all());
  REQUIRE_THROWS_AS(pair.reopen(), ImageError);
  storage::OpenOptions force{.mode = OpenMode::read_only};
  force.force = true;
  pair.reopen(force);
  REQUIRE(pair.disk().sector_count() == 256);
}

TEST_CASE("growable: a damaged slot is no harm, two are an error", "[storage][growable]") {
  Pair pair(256);
  REQUIRE(pair.disk().write(0, marked(8, 1)) == IoStatus::ok);
  pair.close();
  const Bytes good = pair.host->bytes("d.gix").all();
  for (const std::size_t slot : {std::size_t{0}, std::size_t{512}}) {
    Bytes torn = good;
    torn[slot + 100] = static_cast<std::uint8_t>(torn[slot + 100] ^ 1);
    pair.host->put("d.gix", torn);
    pair.reopen();
    Bytes found(4096);
    REQUIRE(pair.disk().read(0, found) == IoStatus::ok);
    const bool newer = found == marked(8, 1);
    REQUIRE(newer == (pair.word(0) == 0));
    pair.opened = {};
  }
  Bytes bad = good;
  bad[100] = bad[612] = 0xEE;
  pair.host->put("d.gix", bad);
  REQUIRE_THROWS_AS(pair.reopen(), ImageError);
}

TEST_CASE("growable: every field of the header is checked", "[storage][growable]") {
  Pair pair(256);
  pair.close();
  const Bytes good = pair.host->bytes("d.gix").all();
  const auto open_with = [&](std::size_t at, std::uint64_t value, std::size_t size) {
    Bytes bytes = good;
    for (const std::size_t slot : {std::size_t{0}, std::size_t{512}}) {
      for (std::size_t i = 0; i < size; ++i) {
        bytes[slot + at + i] = static_cast<std::uint8_t>(value >> (8 * i));
      }
      const std::uint32_t crc = storage::crc32c(std::span(bytes).subspan(slot, 508));
      std::memcpy(bytes.data() + slot + 508, &crc, 4);
    }
    pair.host->put("d.gix", bytes);
    pair.reopen({.mode = OpenMode::read_only});
    Bytes found(256 * kSectorSize);
    static_cast<void>(pair.disk().sector_count() == 256 ? pair.disk().read(0, found)
                                                        : IoStatus::ok);
  };
  // Refused.
  struct Field {
    std::size_t at;
    std::uint64_t value;
    std::size_t size;
  };
  const std::vector<Field> refused = {
      {8, 0, 2},    {8, 2, 2},   {12, 511, 4},         {12, 0, 4},       {24, 2, 8},
      {64, 511, 4}, {64, 0, 4},  {68, 0, 4},           {68, 3, 4},       {68, 8192, 4},
      {72, 0, 4},   {72, 8, 4},  {76, 0, 4},           {76, 512, 4},     {80, 4097, 4},
      {80, 0, 4},   {84, 0, 4},  {84, 65537, 4},       {88, 0, 8},       {88, ~std::uint64_t{0}, 8},
      {144, 2, 4},  {148, 2, 4}, {148, 0xFFFFFFFF, 4}, {216, 0x2E2E, 2}, {216, 0x2F61, 2}};
  for (const Field& field : refused) {
    INFO("offset " << field.at << " = " << field.value);
    REQUIRE_THROWS_AS(open_with(field.at, field.value, field.size), ImageError);
  }
  // A feature that only writers must know.
  open_with(32, 2, 8);
  pair.opened = {};
  REQUIRE_THROWS_AS(pair.reopen(), ImageError);
  // What only hints.
  for (const Field& field : {Field{112, ~std::uint64_t{0}, 8}, Field{120, 77, 8},
                             Field{136, ~std::uint64_t{0}, 8}, Field{108, 0xFF, 2}}) {
    open_with(field.at, field.value, field.size);
  }
  // Anything at all must be refused or read.
  std::mt19937 random(5);
  for (int round = 0; round < 2000; ++round) {
    try {
      open_with(random() % 505, random(), 1 + random() % 4);
    } catch (const ImageError&) {
    }
  }
}

TEST_CASE("growable: a word that leads nowhere fails its cluster only", "[storage][growable]") {
  Pair pair(256);
  REQUIRE(pair.disk().write(0, marked(24, 1)) == IoStatus::ok);
  pair.close();
  pair.set_word(1, 99);
  pair.reopen({.mode = OpenMode::read_only});
  Bytes found(8 * kSectorSize);
  REQUIRE(pair.disk().read(8, found) == IoStatus::corrupt);
  REQUIRE(pair.disk().read(16, found) == IoStatus::ok);
  REQUIRE(pair.disk().extent_at(8).state == storage::ClusterState::corrupt);
  pair.reopen();
  REQUIRE(pair.disk().write(0, found) == IoStatus::corrupt);
  pair.opened = {};
  const auto check = [&](storage::CheckOptions options) {
    return storage::check_image(pair.host->place("d.gix"), storage::kGrowableFormat, options, {});
  };
  REQUIRE(check({}).errors >= 1);
  storage::CheckOptions repair{.repair = storage::CheckOptions::Repair::all, .progress = {}};
  REQUIRE(check(repair).errors_fixed == 0);  // it would drop data
  repair.drop_data = true;
  REQUIRE(check(repair).errors_fixed >= 1);
  support::require_clean(pair.row, *pair.host, "d.gix");
}

TEST_CASE("growable: repair gives cross-linked clusters a place each", "[storage][growable]") {
  Pair pair(256);
  REQUIRE(pair.disk().write(0, marked(24, 1)) == IoStatus::ok);
  pair.close();
  pair.set_word(1, 0);
  pair.reopen();
  REQUIRE(pair.disk().write(0, filled(8, 1)) == IoStatus::corrupt);
  pair.opened = {};
  const storage::CheckOptions repair{.repair = storage::CheckOptions::Repair::all, .progress = {}};
  const auto report =
      storage::check_image(pair.host->place("d.gix"), storage::kGrowableFormat, repair, {});
  REQUIRE(report.errors_fixed >= 1);
  support::require_clean(pair.row, *pair.host, "d.gix");
  REQUIRE(pair.word(0) == 0);
  REQUIRE(pair.word(1) != 0);
  pair.reopen();
  Bytes found(16 * kSectorSize);
  REQUIRE(pair.disk().read(0, found) == IoStatus::ok);
  REQUIRE(std::equal(found.begin(), found.begin() + 4096, found.begin() + 4096));
  REQUIRE(pair.disk().write(0, marked(8, 9)) == IoStatus::ok);
  Bytes second(8 * kSectorSize);
  REQUIRE(pair.disk().read(8, second) == IoStatus::ok);
  REQUIRE(std::equal(second.begin(), second.end(), found.begin() + 4096));
}

TEST_CASE("growable: the original description's bare pair is read when both files are named",
          "[storage][growable]") {
  // Sectors per cluster 2; logical cluster 1 came first, then 3, then 0.
  auto host = MemoryHost::make();
  Bytes index(16, 0xFF);
  index[4] = index[5] = index[6] = index[7] = 0;
  index[12] = 1;
  index[0] = 2;
  for (const std::size_t i : {1U, 2U, 3U, 13U, 14U, 15U}) index[i] = 0;
  const Bytes clusters = marked(6, 1);
  host->put("index", index);
  host->put("clusters", clusters);
  storage::OpenOptions options{.mode = OpenMode::read_only, .format = "growable"};
  options.options = {{"bare", "clusters"}, {"cluster_size", "1K"}, {"size", "8K"}};
  const auto opened = storage::open_image(host->place("index"), options);
  REQUIRE(opened.device->read_only());
  Bytes found(16 * kSectorSize);
  REQUIRE(opened.device->read(0, found) == IoStatus::ok);
  Bytes expected(16 * kSectorSize);
  std::copy_n(clusters.begin() + 2048, 1024, expected.begin());
  std::copy_n(clusters.begin(), 1024, expected.begin() + 1024);
  std::copy_n(clusters.begin() + 1024, 1024, expected.begin() + 3072);
  REQUIRE(found == expected);
  options.mode = OpenMode::read_write;
  REQUIRE_THROWS_AS(storage::open_image(host->place("index"), options), ImageError);
}

TEST_CASE("growable: an observer hears of every cluster that comes and goes",
          "[storage][growable]") {
  Pair pair(256);
  Recorder recorder;
  pair.disk().observe(&recorder);
  using Kind = AllocationEvent::Kind;
  REQUIRE(pair.disk().write(0, marked(8, 1)) == IoStatus::ok);
  REQUIRE(pair.disk().write(8, filled(8, 0xF6)) == IoStatus::ok);
  REQUIRE(pair.disk().write(16, filled(8, 0xF6)) == IoStatus::ok);
  REQUIRE(pair.disk().write(16, marked(1, 2)) == IoStatus::ok);
  REQUIRE(pair.disk().write(0, filled(8, 0)) == IoStatus::ok);
  std::vector<Kind> kinds;
  for (const AllocationEvent& event : recorder.events) kinds.push_back(event.kind);
  REQUIRE(kinds == std::vector<Kind>{Kind::allocated, Kind::allocated, Kind::linked, Kind::unlinked,
                                     Kind::freed});
  REQUIRE(recorder.events[2].extent.first_sector == 16);
  REQUIRE(recorder.events[2].extent.sector_count == 8);
  pair.disk().observe(nullptr);
}

TEST_CASE("growable: a growth that fails changes nothing", "[storage][growable]") {
  Pair pair(4096, {{"growth", "1"}});
  REQUIRE(pair.disk().write(0, marked(8, 1)) == IoStatus::ok);
  pair.host->fail(1, IoStatus::no_space, MemoryHost::Counted::changes, true);
  REQUIRE(pair.disk().write(8, marked(8, 2)) == IoStatus::no_space);
  REQUIRE(pair.disk().write(0, marked(8, 3)) == IoStatus::no_space);
  pair.host->clear_fault();
  REQUIRE(pair.disk().write(8, marked(8, 2)) == IoStatus::ok);
  Bytes found(8 * kSectorSize);
  REQUIRE(pair.disk().read(8, found) == IoStatus::ok);
  REQUIRE(found == marked(8, 2));
  pair.close();
  support::require_clean(pair.row, *pair.host, "d.gix");
}
