// streamOptimized: written front to back, read at random, refused or failing where it is damaged.
#include <algorithm>
#include <random>

#include "tests/storage/battery.h"
#include "tests/storage/vmdk_rig.h"

using storage::IoStatus;
using storage::kSectorSize;
using storage::OpenMode;
using storage::VmdkHeader;
using support::VmdkBytes;
using support::VmdkRig;

namespace {

constexpr std::uint64_t kGrain = 128;

const storage::CheckOptions kRepair{.repair = storage::CheckOptions::Repair::all, .progress = {}};

struct Stream {
  VmdkRig rig;
  VmdkBytes content;
};

// Runs of bytes with nothing between them, written in pieces of any length.
Stream stream_of(std::uint64_t sectors, std::uint32_t seed) {
  Stream stream;
  stream.content.resize(static_cast<std::size_t>(sectors * kSectorSize));
  const auto writer = storage::kVmdkFormat.stream({.place = stream.rig.host->place("s.vmdk"),
                                                   .ids = std::make_shared<storage::SeededIds>(2),
                                                   .warn = {}},
                                                  {.sectors = sectors,
                                                   .geometry = {},
                                                   .options = {{"subformat", "streamOptimized"}},
                                                   .parent = {}});
  REQUIRE(writer != nullptr);
  std::mt19937 random(seed);
  for (std::uint64_t lba = random() % 100; lba < sectors;) {
    const std::uint64_t count = std::min<std::uint64_t>(1 + random() % 300, sectors - lba);
    VmdkBytes bytes = support::random_bytes(random, static_cast<std::size_t>(count * kSectorSize));
    if (random() % 3 == 0) std::ranges::fill(bytes, static_cast<std::uint8_t>(random()));
    writer->write(lba, bytes);
    std::ranges::copy(bytes,
                      stream.content.begin() + static_cast<std::ptrdiff_t>(lba * kSectorSize));
    lba += count + (random() % 2 == 0 ? 0 : random() % 400);
  }
  writer->finish();
  return stream;
}

void require_content(VmdkRig& rig, const std::string& name, const VmdkBytes& content) {
  const auto image = rig.open(name, OpenMode::read_only);
  VmdkBytes found(content.size(), 0xEE);
  REQUIRE(image.device->sector_count() * kSectorSize == content.size());
  REQUIRE(image.device->read(0, found) == IoStatus::ok);
  REQUIRE(found == content);
}

VmdkHeader footer(VmdkRig& rig, const std::string& name) {
  VmdkHeader header;
  const auto bytes = rig.host->bytes(name).all();
  std::memcpy(&header, bytes.data() + bytes.size() - 1024, sizeof header);
  return header;
}

// Where the grain's marker is, in bytes.
std::uint64_t place_of_grain(VmdkRig& rig, const std::string& name, std::uint64_t grain) {
  const std::uint64_t table =
      rig.word_at(name, footer(rig, name).directory * kSectorSize + grain / 512 * 4);
  return std::uint64_t{rig.word_at(name, table * kSectorSize + grain % 512 * 4)} * kSectorSize;
}

IoStatus read_grain(VmdkRig& rig, const std::string& name, std::uint64_t grain) {
  VmdkBytes sector(kSectorSize);
  return rig.open(name, OpenMode::read_only).device->read(grain * kGrain, sector);
}

}  // namespace

TEST_CASE("vmdk stream: reads back what was written, at any size", "[storage][vmdk]") {
  const std::uint64_t sectors = GENERATE(1U, 127U, 128U, 129U, 5000U, 512U * 128U + 3U);
  Stream stream = stream_of(sectors, 3);
  require_content(stream.rig, "s.vmdk", stream.content);
  const auto report = stream.rig.check("s.vmdk");
  CHECK(report.errors == 0);
  CHECK(report.compressed == report.allocated);
  const auto image = stream.rig.open("s.vmdk", OpenMode::read_only);
  std::mt19937 random(9);
  for (int i = 0; i < 300; ++i) {
    const std::uint64_t lba = random() % sectors;
    const std::uint64_t count = 1 + random() % std::min<std::uint64_t>(200, sectors - lba);
    VmdkBytes found(static_cast<std::size_t>(count * kSectorSize), 0xEE);
    REQUIRE(image.device->read(lba, found) == IoStatus::ok);
    REQUIRE(std::equal(found.begin(), found.end(),
                       stream.content.begin() + static_cast<std::ptrdiff_t>(lba * kSectorSize)));
  }
  for (std::uint64_t lba = 0; lba < sectors;) {
    const storage::Extent extent = image.device->extent_at(lba);
    REQUIRE(extent.sector_count != 0);
    const auto first = stream.content.begin() + static_cast<std::ptrdiff_t>(lba * kSectorSize);
    if (extent.state == storage::ClusterState::unallocated) {
      REQUIRE(std::all_of(first,
                          first + static_cast<std::ptrdiff_t>(extent.sector_count * kSectorSize),
                          [](std::uint8_t byte) { return byte == 0; }));
    } else {
      REQUIRE(extent.compressed);
    }
    lba += extent.sector_count;
  }
}

TEST_CASE("vmdk stream: its parts stand where readers of streams look for them",
          "[storage][vmdk]") {
  Stream stream = stream_of(3000, 4);
  const VmdkHeader header = stream.rig.header("s.vmdk");
  CHECK(header.version == 3);
  CHECK(header.flags == 0x30001);
  CHECK(header.compression == 1);
  CHECK(header.directory == storage::kVmdkFooter);
  const VmdkHeader last = footer(stream.rig, "s.vmdk");
  CHECK(last.magic == storage::kVmdkMagic);
  CHECK(last.capacity == 3000);
  CHECK(last.directory != storage::kVmdkFooter);
  const std::uint64_t size = stream.rig.host->bytes("s.vmdk").all().size();
  CHECK(size % kSectorSize == 0);
  CHECK(stream.rig.word_at("s.vmdk", size - 1536) == 1);       // the footer has a sector,
  CHECK(stream.rig.word_at("s.vmdk", size - 1536 + 12) == 3);  // says its marker
  CHECK(stream.rig.word_at("s.vmdk", size - 512) == 0);
  CHECK(stream.rig.word_at("s.vmdk", size - 512 + 12) == 0);
  // Two directory sectors before: the directory's marker.
  CHECK(stream.rig.word_at("s.vmdk", last.directory * 512 - 512) == 1);
  CHECK(stream.rig.word_at("s.vmdk", last.directory * 512 - 512 + 12) == 2);
}

TEST_CASE("vmdk stream: is never written in place, and may be a parent", "[storage][vmdk]") {
  Stream stream = stream_of(1000, 5);
  CHECK_FALSE(stream.rig.refusal("s.vmdk", OpenMode::read_write).empty());
  stream.rig.make("child.vmdk", 1000, {}, "s.vmdk");
  require_content(stream.rig, "child.vmdk", stream.content);
  stream.rig.write("child.vmdk", 500, 0x77);
  std::fill_n(stream.content.begin() + 500 * static_cast<std::ptrdiff_t>(kSectorSize), kSectorSize,
              std::uint8_t{0x77});
  require_content(stream.rig, "child.vmdk", stream.content);
}

TEST_CASE("vmdk stream: a damaged grain fails by itself", "[storage][vmdk]") {
  Stream stream;
  std::uint64_t place = 0;
  // All grains of random bytes.
  {
    const auto writer = storage::kVmdkFormat.stream({.place = stream.rig.host->place("s.vmdk"),
                                                     .ids = std::make_shared<storage::SeededIds>(2),
                                                     .warn = {}},
                                                    {.sectors = 6 * kGrain,
                                                     .geometry = {},
                                                     .options = {{"subformat", "streamOptimized"}},
                                                     .parent = {}});
    std::mt19937 random(1);
    writer->write(0, support::random_bytes(random, 6 * kGrain * kSectorSize));
    writer->finish();
    place = place_of_grain(stream.rig, "s.vmdk", 2);
  }
  VmdkRig& rig = stream.rig;
  SECTION("another grain's marker") {
    rig.patch("s.vmdk", place, 5 * kGrain);
  }
  SECTION("no data") {
    rig.patch("s.vmdk", place + 8, 0);
  }
  SECTION("too much data") {
    rig.patch("s.vmdk", place + 8, 2 * 65536 + 1025);
  }
  SECTION("less data than there is") {
    rig.patch("s.vmdk", place + 8, rig.word_at("s.vmdk", place + 8) - 1);
  }
  SECTION("more data than there is") {
    rig.patch("s.vmdk", place + 8, rig.word_at("s.vmdk", place + 8) + 1);
  }
  SECTION("other bytes") {
    rig.patch("s.vmdk", place + 2000, 0x12345678);
  }
  CHECK(read_grain(rig, "s.vmdk", 2) == IoStatus::corrupt);
  CHECK(read_grain(rig, "s.vmdk", 1) == IoStatus::ok);
  CHECK(read_grain(rig, "s.vmdk", 3) == IoStatus::ok);
  CHECK(rig.check("s.vmdk").errors == 1);
}

TEST_CASE("vmdk stream: an end that is not what the header promises is refused",
          "[storage][vmdk]") {
  Stream stream = stream_of(1000, 6);
  VmdkRig& rig = stream.rig;
  const std::uint64_t size = rig.host->bytes("s.vmdk").all().size();
  SECTION("cut off") {
    auto bytes = rig.host->bytes("s.vmdk").all();
    bytes.resize(bytes.size() - 512);
    rig.host->put("s.vmdk", bytes);
  }
  SECTION("no footer marker") {
    rig.patch("s.vmdk", size - 1536 + 12, 2);
  }
  SECTION("no end mark") {
    rig.patch("s.vmdk", size - 512 + 12, 1);
  }
  SECTION("no magic") {
    rig.patch("s.vmdk", size - 1024, 0);
  }
  SECTION("another size") {
    rig.patch("s.vmdk", size - 1024 + 12, 999);
  }
  SECTION("another grain") {
    rig.patch("s.vmdk", size - 1024 + 20, 64);
  }
  SECTION("no directory") {
    rig.patch("s.vmdk", size - 1024 + 56, 0xFFFFFFFF);
    rig.patch("s.vmdk", size - 1024 + 60, 0xFFFFFFFF);
  }
  CHECK_FALSE(rig.refusal("s.vmdk").empty());
}

TEST_CASE("vmdk stream: grains without markers begin at once", "[storage][vmdk]") {
  Stream stream = stream_of(2000, 7);
  VmdkRig& rig = stream.rig;
  // The same file without bit 17: entries lead to the data, twelve bytes on.
  auto bytes = rig.host->bytes("s.vmdk").all();
  for (std::uint64_t grain = 0; grain < 2000 / kGrain + 1; ++grain) {
    const std::uint64_t place = place_of_grain(rig, "s.vmdk", grain);
    if (place == 0) continue;
    const std::uint32_t size = rig.word_at("s.vmdk", place + 8);
    const auto data = bytes.begin() + static_cast<std::ptrdiff_t>(place);
    std::copy(data + 12, data + 12 + size, data);
  }
  for (const std::size_t at : {std::size_t{0}, bytes.size() - 1024}) bytes[at + 10] = 1;
  rig.host->put("s.vmdk", bytes);
  REQUIRE(rig.header("s.vmdk").flags == 0x10001);
  require_content(rig, "s.vmdk", stream.content);
}

TEST_CASE("vmdk stream: is written in ascending order only", "[storage][vmdk]") {
  VmdkRig rig;
  const auto writer = storage::kVmdkFormat.stream({.place = rig.host->place("s.vmdk"),
                                                   .ids = std::make_shared<storage::SeededIds>(2),
                                                   .warn = {}},
                                                  {.sectors = 100,
                                                   .geometry = {},
                                                   .options = {{"subformat", "streamOptimized"}},
                                                   .parent = {}});
  const VmdkBytes one(kSectorSize, 1);
  writer->write(5, one);
  CHECK_THROWS_AS(writer->write(5, one), storage::ImageError);
  CHECK_THROWS_AS(writer->write(100, one), storage::ImageError);
  // Without its end it is no image.
  CHECK_FALSE(rig.refusal("s.vmdk").empty());
}

TEST_CASE("vmdk stream: a whole one is repaired by looking at it", "[storage][vmdk]") {
  Stream stream = stream_of(1000, 8);
  const auto before = stream.rig.host->bytes("s.vmdk").all();
  const auto report = stream.rig.check("s.vmdk", kRepair);
  CHECK(report.errors == 0);
  CHECK(report.errors_fixed == 0);
  CHECK(stream.rig.host->bytes("s.vmdk").all() == before);
}

TEST_CASE("vmdk stream: tables of one whose footer is lost are made anew from its grains",
          "[storage][vmdk]") {
  Stream stream = stream_of(512U * 128U + 3000U, 10);
  VmdkRig& rig = stream.rig;
  auto bytes = rig.host->bytes("s.vmdk").all();
  bytes.resize(bytes.size() - 1024);  // all but the footer's marker, so no grain is missing
  rig.host->put("s.vmdk", bytes);
  REQUIRE_FALSE(rig.refusal("s.vmdk").empty());
  CHECK(rig.check("s.vmdk").errors == 1);
  REQUIRE(rig.host->bytes("s.vmdk").all() == bytes);
  const auto report = rig.check("s.vmdk", kRepair);
  CHECK(report.errors_fixed == 1);
  CHECK(report.errors == 0);
  CHECK(rig.check("s.vmdk").errors == 0);
  require_content(rig, "s.vmdk", stream.content);
}

TEST_CASE("vmdk stream: what a cut or a bad stretch left of one is kept, when told to",
          "[storage][vmdk]") {
  const std::uint32_t seed = GENERATE(range(20U, 40U));
  Stream stream = stream_of(6000, seed);
  VmdkRig& rig = stream.rig;
  auto bytes = rig.host->bytes("s.vmdk").all();
  // Which grains are whole is read from the tables that are about to be lost.
  std::mt19937 random(seed);
  const std::uint64_t first = 128 * kSectorSize;
  const std::uint64_t cut = first + random() % (bytes.size() - first - 4096);
  const std::uint64_t bad = first + random() % (cut - first + 1);
  const bool has_bad = seed % 2 == 0 && bad + 700 < cut;
  for (std::uint64_t grain = 0; grain * kGrain < 6000; ++grain) {
    const std::uint64_t place = place_of_grain(rig, "s.vmdk", grain);
    if (place == 0) continue;
    const std::uint64_t end = place + 12 + rig.word_at("s.vmdk", place + 8);
    const bool lost = end > cut || (has_bad && place < bad + 700 && end > bad);
    if (!lost) continue;
    const std::uint64_t begin = grain * kGrain * kSectorSize;
    std::fill_n(stream.content.begin() + static_cast<std::ptrdiff_t>(begin),
                std::min<std::uint64_t>(kGrain * kSectorSize, stream.content.size() - begin),
                std::uint8_t{0});
  }
  bytes.resize(static_cast<std::size_t>(cut));
  if (has_bad) {
    std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(bad), 700, std::uint8_t{0xF6});
  }
  rig.host->put("s.vmdk", bytes);
  // Without the word nothing happens.
  CHECK(rig.check("s.vmdk", kRepair).errors == 1);
  REQUIRE(rig.host->bytes("s.vmdk").all() == bytes);
  const storage::CheckOptions drop{
      .repair = storage::CheckOptions::Repair::all, .drop_data = true, .progress = {}};
  CHECK(rig.check("s.vmdk", drop).errors_fixed == 1);
  CHECK(rig.check("s.vmdk").errors == 0);
  require_content(rig, "s.vmdk", stream.content);
}

TEST_CASE("vmdk stream: one that pretends to have a grain in every sector is given up in time",
          "[storage][vmdk]") {
  Stream stream = stream_of(128, 9);
  VmdkRig& rig = stream.rig;
  constexpr std::size_t kSectors = 40000;
  auto bytes = rig.host->bytes("s.vmdk").all();
  const std::size_t begin = 128 * kSectorSize;
  bytes.resize(begin);
  bytes.resize(begin + kSectors * kSectorSize);
  for (std::size_t at = begin; at < bytes.size(); at += kSectorSize) {
    bytes[at + 9] = 0xFF;  // 65280 bytes of stream, whose first is no stream's
  }
  rig.host->put("s.vmdk", bytes);
  const auto report = rig.check("s.vmdk");
  CHECK(report.errors == 1);
  CHECK(report.allocated == 0);
  CHECK(report.lines.front().find(std::to_string(kSectors) + " sectors") != std::string::npos);
}
