// add-cow: what its documents' traps demand, on files written here by hand.
#include <cstring>

#include "storage/endian.h"
#include "storage/operations.h"
#include "tests/storage/battery.h"

using Catch::Matchers::Contains;
using storage::IoStatus;
using storage::kSectorSize;
using storage::OpenMode;
using support::Bytes;
using support::MemoryHost;

namespace {

constexpr std::uint64_t kCluster = 65536;

// A header by the table of the format's document, byte for byte.
class Hand {
 public:
  explicit Hand(std::size_t size) : bytes(size) {}
  Hand& text(std::size_t place, std::string_view text) {
    std::ranges::copy(text, bytes.begin() + static_cast<std::ptrdiff_t>(place));
    return *this;
  }
  Hand& word(std::size_t place, std::uint32_t value) { return raw(place, storage::Le32(value)); }
  Hand& quad(std::size_t place, std::uint64_t value) { return raw(place, storage::Le64(value)); }
  Hand& byte(std::size_t place, std::uint8_t value) {
    bytes[place] = value;
    return *this;
  }
  Bytes bytes;

 private:
  template <class T>
  Hand& raw(std::size_t place, const T& value) {
    std::memcpy(bytes.data() + place, &value, sizeof value);
    return *this;
  }
};

Hand version10() {
  Hand hand(4096);
  hand.text(0, "ADD_COW\xFF").word(8, 1);
  hand.word(12, 36).word(16, 8).text(36, "base.img");
  hand.word(20, 44).word(24, 8).text(44, "disk.raw");
  hand.quad(28, 3);
  return hand;
}

Hand version20(std::uint32_t bits = 16) {
  const std::size_t size = std::max<std::size_t>(4096, std::size_t{1} << bits);
  Hand hand(size);
  hand.text(0, "ACOW");
  hand.word(4, 76).word(8, 8).text(76, "base.img");
  hand.word(12, 84).word(16, 8).text(84, "disk.raw");
  hand.word(20, bits).word(40, static_cast<std::uint32_t>(size));
  hand.text(44, "raw").text(60, "raw");
  return hand;
}

Bytes filled(std::size_t size, std::uint8_t value) {
  return Bytes(size, value);
}

storage::OpenedImage open(MemoryHost& host, const std::string& file, storage::OpenOptions options) {
  options.format = "add-cow";
  options.ids = std::make_shared<storage::SeededIds>(5);
  options.registry = std::make_shared<storage::FileRegistry>();
  return storage::open_image(host.place(file, storage::host_rules(options)), options);
}
storage::OpenedImage look(MemoryHost& host, const std::string& file = "disk.add-cow") {
  return open(host, file, {.mode = OpenMode::read_only});
}

std::uint8_t byte_at(storage::BlockDevice& device, std::uint64_t lba, std::size_t place = 0) {
  Bytes sector(kSectorSize);
  if (device.read(lba, sector) != IoStatus::ok) FAIL("sector " << lba << " cannot be read");
  return sector[place];
}

// A child over `parent`, whatever that is.
void create(MemoryHost& host, const std::string& file, const std::string& parent,
            const std::string& format, std::uint64_t sectors, storage::Options options = {}) {
  storage::CreateOptions making;
  making.sectors = sectors;
  making.options = std::move(options);
  storage::OpenedImage base;
  if (!parent.empty()) {
    base = storage::open_image(host.place(parent), {.mode = OpenMode::read_only, .format = format});
    making.parent = storage::ParentRef{
        .image = base.image, .name = parent, .format = format, .path = "/images/" + parent};
  }
  storage::create_image(host.place(file), storage::kAddCowFormat, making,
                        {.ids = std::make_shared<storage::SeededIds>(3)});
}

// Base of 11h, image file of junk that must never be seen.
std::shared_ptr<MemoryHost> host_with(const Bytes& add_cow, std::size_t base_size,
                                      std::size_t image_size) {
  auto host = MemoryHost::make();
  host->put("base.img", filled(base_size, 0x11));
  host->put("disk.raw", filled(image_size, 0xEE));
  host->put("disk.add-cow", add_cow);
  return host;
}

}  // namespace

TEST_CASE("add-cow: the bits of version 10 are where its document has them", "[storage][add-cow]") {
  // 200192 bytes are four clusters, the last one short. A write into the second, then the fourth.
  const auto host = host_with(version10().bytes, 200192, 200192);
  {
    const auto image = open(*host, "disk.add-cow", {});
    REQUIRE(image.device->sector_count() == 391);
    REQUIRE(image.device->write(128, filled(512, 0x22)) == IoStatus::ok);
    REQUIRE(host->bytes("disk.add-cow").all().at(4096) == 0x02);
    REQUIRE(image.device->write(390, filled(512, 0x33)) == IoStatus::ok);
    REQUIRE(host->bytes("disk.add-cow").all().at(4096) == 0x0A);
  }
  REQUIRE(host->bytes("disk.add-cow").size() == 4097);
  const auto image = look(*host);
  REQUIRE(byte_at(*image.device, 0) == 0x11);
  REQUIRE(byte_at(*image.device, 127) == 0x11);
  REQUIRE(byte_at(*image.device, 128) == 0x22);
  REQUIRE(byte_at(*image.device, 129) == 0x11);
  REQUIRE(byte_at(*image.device, 255) == 0x11);
  REQUIRE(byte_at(*image.device, 389) == 0x11);
  REQUIRE(byte_at(*image.device, 390) == 0x33);
}

TEST_CASE("add-cow: bits run from the least significant, and what the file lacks is 0",
          "[storage][add-cow]") {
  const auto later = GENERATE(false, true);
  Hand hand = later ? version20() : version10();
  const std::size_t bitmap = hand.bytes.size();
  hand.bytes.resize(bitmap + 2);  // of 20 clusters: the last four are not there
  hand.byte(bitmap, 0x81).byte(bitmap + 1, 0x10);
  const auto host = host_with(hand.bytes, 20 * kCluster, 20 * kCluster);
  const auto image = look(*host);
  for (std::uint64_t cluster = 0; cluster < 20; ++cluster) {
    INFO("cluster " << cluster);
    const bool here = cluster == 0 || cluster == 7 || cluster == 12;
    REQUIRE(byte_at(*image.device, cluster * 128 + 127) == (here ? 0xEE : 0x11));
  }
  // The later layout's bitmap has a stated length; a short one is an error that repair mends.
  auto report = storage::check_image(host->place("disk.add-cow"), storage::kAddCowFormat, {}, {});
  REQUIRE(report.errors == (later ? 1 : 0));
  REQUIRE(report.allocated == 3);
  storage::CheckOptions repair;
  repair.repair = storage::CheckOptions::Repair::all;
  storage::check_image(host->place("disk.add-cow"), storage::kAddCowFormat, repair, {});
  report = storage::check_image(host->place("disk.add-cow"), storage::kAddCowFormat, {}, {});
  REQUIRE(report.errors == 0);
  REQUIRE(report.allocated == 3);
}

TEST_CASE("add-cow: the disk is as long as its image file, whatever the backing file is",
          "[storage][add-cow]") {
  const auto host = MemoryHost::make();
  host->put("base.img", filled(kCluster + 1024, 0x11));
  host->put("disk.raw", filled(4 * kCluster, 0xEE));
  host->put("disk.add-cow", version20().bytes);
  {
    const auto image = open(*host, "disk.add-cow", {});
    REQUIRE(image.device->sector_count() == 512);
    REQUIRE(byte_at(*image.device, 129) == 0x11);
    REQUIRE(byte_at(*image.device, 130) == 0);  // beyond the backing file
    REQUIRE(byte_at(*image.device, 511) == 0);
    // What is filled up from a backing file that ends is zeroes, not the image file's old bytes.
    REQUIRE(image.device->write(200, filled(512, 0x22)) == IoStatus::ok);
    REQUIRE(image.device->write(300, filled(512, 0x33)) == IoStatus::ok);
    for (const std::uint64_t lba : {130U, 199U, 201U, 255U, 256U, 299U, 301U, 383U, 400U}) {
      INFO("sector " << lba);
      REQUIRE(byte_at(*image.device, lba) == 0);
    }
  }
  host->put("disk.raw", filled(1024, 0xEE));
  host->put("disk.add-cow", version20().bytes);
  REQUIRE(look(*host).device->sector_count() == 2);
}

TEST_CASE("add-cow: data is durable before its bit", "[storage][add-cow]") {
  const auto host = host_with(version20().bytes, 4 * kCluster, 4 * kCluster);
  const auto image = open(*host, "disk.add-cow", {});
  host->record();
  // One request over three clusters: one sync for all.
  REQUIRE(image.device->write(100, filled(200 * 512, 0x22)) == IoStatus::ok);
  std::vector<std::string> calls;
  for (const support::RecordedCall& call : host->recorded()) {
    const bool map =
        call.kind == support::HostCall::write && call.offset >= 65536 && call.data.size() < 512;
    calls.emplace_back(call.kind == support::HostCall::sync ? "sync" : map ? "bit" : "data");
  }
  const auto sync = std::ranges::find(calls, "sync");
  const auto bit = std::ranges::find(calls, "bit");
  REQUIRE(bit != calls.end());
  REQUIRE(sync < bit);
  REQUIRE(std::ranges::count(calls, "sync") == 1);
  REQUIRE(std::ranges::find(bit, calls.end(), "data") == calls.end());
  // In place nothing but the data is written.
  host->record();
  REQUIRE(image.device->write(100, filled(512, 0x44)) == IoStatus::ok);
  REQUIRE(host->recorded().size() == 1);
}

TEST_CASE("add-cow: without a backing file a hole takes data and bit without a sync",
          "[storage][add-cow]") {
  const auto host = MemoryHost::make();
  create(*host, "disk.add-cow", "", "", 1024, {{"subformat", "v1"}});
  const auto image = open(*host, "disk.add-cow", {});
  host->record();
  REQUIRE(image.device->write(5, filled(512, 0x22)) == IoStatus::ok);
  REQUIRE(std::ranges::find(host->recorded(), support::HostCall::sync,
                            &support::RecordedCall::kind) == host->recorded().end());
  REQUIRE(byte_at(*image.device, 4) == 0);
  REQUIRE(byte_at(*image.device, 5) == 0x22);
}

TEST_CASE("add-cow: revisions between the two that are known are refused", "[storage][add-cow]") {
  const auto refused = [](Hand hand, const std::string& why) {
    INFO(why);
    const auto host = host_with(hand.bytes, kCluster, kCluster);
    REQUIRE_THROWS_WITH(look(*host), Contains(why));
  };
  refused(version10().quad(28, 7), "unsupported add-cow revision");
  refused(version10().byte(3000, 1), "unsupported add-cow revision");
  refused(version10().word(8, 2), "version = 2");
  refused(version10().word(20, 35), "image file outside the header");
  refused(version10().word(20, 4090), "image file outside the header");
  refused(version10().word(24, 0), "image file outside the header");
  refused(version10().word(24, 0xFFFFFFFF), "image file outside the header");
  refused(version10().word(12, 0), "backing file outside the header");
  refused(version10().word(20, 40), "two names in one place");
  refused(version20().word(20, 8), "cluster bits = 8");
  refused(version20().word(20, 22), "cluster bits = 22");
  refused(version20().word(40, 4096), "header of the wrong size");
  refused(version20().quad(24, 1), "features = 1");
  refused(version20().word(12, 75), "image file outside the header");
  refused(version20().word(8, 0), "backing file outside the header");
  refused(version20().text(60, "qcow2"), "format = qcow2");
  refused(version20().word(12, 76), "two names in one place");
  refused(Hand(4096).text(0, "ACOW"), "cluster bits = 0");
  refused(Hand(3).text(0, "ACO"), "is no add-cow file");
}

TEST_CASE("add-cow: clusters of 512 bytes are read, as version 18 had them", "[storage][add-cow]") {
  Hand hand = version20(9);
  hand.bytes.resize(4096 + 512);
  hand.byte(4096, 0x05);
  const auto host = host_with(hand.bytes, kCluster, kCluster);
  const auto image = look(*host);
  REQUIRE(byte_at(*image.device, 0) == 0xEE);
  REQUIRE(byte_at(*image.device, 1) == 0x11);
  REQUIRE(byte_at(*image.device, 2) == 0xEE);
  REQUIRE(byte_at(*image.device, 3) == 0x11);
}

TEST_CASE("add-cow: when all is allocated neither backing file nor bitmap count",
          "[storage][add-cow]") {
  const auto host = host_with(version20().quad(32, 1).bytes, kCluster, 2 * kCluster);
  REQUIRE(host->place("base.img").directory->remove("base.img") == IoStatus::ok);
  const auto image = look(*host);
  REQUIRE(byte_at(*image.device, 0) == 0xEE);
  REQUIRE(byte_at(*image.device, 255) == 0xEE);
  REQUIRE_FALSE(image.image->info().parent.has_value());
}

TEST_CASE("add-cow: one file in two roles, or none in one, is refused", "[storage][add-cow]") {
  const auto host = host_with(version20().bytes, kCluster, kCluster);
  const auto refused = [&](Hand hand, const std::string& why) {
    INFO(why);
    host->put("disk.add-cow", hand.bytes);
    REQUIRE_THROWS_WITH(look(*host), Contains(why));
    REQUIRE_THROWS_AS(open(*host, "disk.add-cow", {}), storage::ImageError);
  };
  refused(version20().text(76, "disk.raw"), "one file twice");
  refused(version20().word(16, 12).text(84, "disk.add-cow"), "itself");
  refused(version20().word(8, 12).word(12, 90).text(76, "disk.add-cow").text(90, "disk.raw"),
          "one file twice");
  refused(version20().text(84, "gone.raw"), "does not exist");
  refused(version20().text(76, "gone.img"), "lost its backing file");
  refused(version20().text(84, "../x.raw"), "");
  refused(version20().text(76, "/etc/abc"), "");
}

TEST_CASE("add-cow: a format that is not recorded is not guessed", "[storage][add-cow]") {
  const auto host = host_with(version10().quad(28, 1).bytes, kCluster, kCluster);
  std::string warned;
  const auto options = [&](storage::Options stated) {
    return storage::OpenOptions{.mode = OpenMode::read_only,
                                .warn = [&](std::string_view line) { warned = line; },
                                .options = std::move(stated)};
  };
  REQUIRE(byte_at(*open(*host, "disk.add-cow", options({})).device, 0) == 0x11);
  REQUIRE_THAT(warned, Contains("taken for raw"));
  // What looks like another format is not shown as raw bytes, nor followed, until the user says.
  storage::CreateOptions making;
  making.sectors = 128;
  REQUIRE(host->place("base.img").directory->remove("base.img") == IoStatus::ok);
  storage::create_image(host->place("base.img"), storage::kVmdkFormat, making, {});
  REQUIRE_THROWS_WITH(open(*host, "disk.add-cow", options({})), Contains("looks like vmdk"));
  REQUIRE(byte_at(*open(*host, "disk.add-cow", options({{"backing_format", "vmdk"}})).device, 0) ==
          0);
  REQUIRE(byte_at(*open(*host, "disk.add-cow", options({{"backing_format", "raw"}})).device, 0) ==
          'K');
}

TEST_CASE("add-cow: an image file that is there is taken as it is, if it fits",
          "[storage][add-cow]") {
  const auto host = MemoryHost::make();
  host->put("base.img", filled(2 * kCluster, 0x11));
  host->put("old.raw", filled(2 * kCluster, 0xEE));
  REQUIRE_THROWS_WITH(
      create(*host, "disk.add-cow", "base.img", "raw", 300, {{"image_file", "old.raw"}}),
      Contains("not of the disk's size"));
  REQUIRE_FALSE(host->has("disk.add-cow"));
  REQUIRE(host->bytes("old.raw").all() == filled(2 * kCluster, 0xEE));
  create(*host, "disk.add-cow", "base.img", "raw", 256, {{"image_file", "old.raw"}});
  const auto image = open(*host, "disk.add-cow", {});
  REQUIRE(byte_at(*image.device, 200) == 0x11);
  REQUIRE_THROWS_WITH(
      create(*host, "other.add-cow", "base.img", "raw", 256, {{"image_file", "base.img"}}),
      Contains("three different files"));
  REQUIRE_THROWS_WITH(create(*host, "x.add-cow", "base.img", "raw", 256,
                             {{"subformat", "v1"}, {"cluster_size", "4K"}}),
                      Contains("cluster_size"));
}

TEST_CASE("add-cow: finishing leaves a raw file that is the disk", "[storage][add-cow]") {
  const auto subformat = GENERATE(std::string("acow"), std::string("v1"));
  const auto host = MemoryHost::make();
  // The backing file is shorter than the disk, and the image file full of old bytes.
  Bytes expected = filled(40 * kCluster, 0);
  std::fill_n(expected.begin(), 30 * kCluster + 512, std::uint8_t{0x11});
  host->put("base.img", filled(30 * kCluster + 512, 0x11));
  host->put("old.raw", filled(40 * kCluster, 0xEE));
  create(*host, "disk.add-cow", "base.img", "raw", 40 * 128,
         {{"subformat", subformat}, {"image_file", "old.raw"}});
  {
    const auto image = open(*host, "disk.add-cow", {});
    REQUIRE(image.device->write(1000, filled(3 * 512, 0x22)) == IoStatus::ok);
    std::fill_n(expected.begin() + 1000 * 512, 3 * 512, std::uint8_t{0x22});
    REQUIRE(image.image->make_standalone({}) == "old.raw");
    REQUIRE(image.device->close() == IoStatus::ok);
  }
  REQUIRE(host->bytes("old.raw").all() == expected);
  const auto report =
      storage::check_image(host->place("disk.add-cow"), storage::kAddCowFormat, {}, {});
  REQUIRE(report.allocated == 40);
  REQUIRE(report.errors + report.leaks == 0);
  if (subformat == "acow") {
    REQUIRE(host->place("base.img").directory->remove("base.img") == IoStatus::ok);
    REQUIRE(byte_at(*look(*host).device, 0) == 0x11);
  }
}

TEST_CASE("add-cow: a longer backing file does not show when the disk grows",
          "[storage][add-cow]") {
  const auto subformat = GENERATE(std::string("acow"), std::string("v1"));
  const auto host = MemoryHost::make();
  host->put("base.img", filled(10 * kCluster, 0x11));
  create(*host, "disk.add-cow", "base.img", "raw", 300, {{"subformat", subformat}});
  const auto resize = [&](std::uint64_t sectors) {
    const auto image = open(*host, "disk.add-cow", {});
    image.image->resize(sectors, true, {});
    REQUIRE(image.device->sector_count() == sectors);
    REQUIRE(image.device->close() == IoStatus::ok);
    const auto report =
        storage::check_image(host->place("disk.add-cow"), storage::kAddCowFormat, {}, {});
    REQUIRE(report.errors + report.leaks == 0);
  };
  const auto written = GENERATE(false, true);
  if (written) {  // the last cluster is in the image file already
    const auto image = open(*host, "disk.add-cow", {});
    REQUIRE(image.device->write(299, filled(512, 0x55)) == IoStatus::ok);
  }
  resize(4000);
  {
    const auto image = look(*host);
    for (std::uint64_t lba = 0; lba < 4000; ++lba) {
      const std::uint8_t expected = lba < 300 ? (written && lba == 299 ? 0x55 : 0x11) : 0;
      if (byte_at(*image.device, lba) != expected) FAIL("sector " << lba);
    }
  }
  resize(130);
  resize(400);
  const auto image = look(*host);
  REQUIRE(byte_at(*image.device, 129) == 0x11);
  for (std::uint64_t lba = 130; lba < 400; ++lba) {
    if (byte_at(*image.device, lba) != 0) FAIL("sector " << lba);
  }
}

TEST_CASE("add-cow: stray bits beyond the end are found and cleared", "[storage][add-cow]") {
  Hand hand = version20();
  const std::size_t bitmap = hand.bytes.size();
  hand.bytes.resize(2 * bitmap);
  hand.byte(bitmap, 0xF1).byte(bitmap + 1, 0x03);
  const auto host = host_with(hand.bytes, 4 * kCluster, 4 * kCluster);
  auto report = storage::check_image(host->place("disk.add-cow"), storage::kAddCowFormat, {}, {});
  REQUIRE(report.leaks == 6);
  REQUIRE(report.allocated == 1);
  storage::CheckOptions repair;
  repair.repair = storage::CheckOptions::Repair::leaks;
  report = storage::check_image(host->place("disk.add-cow"), storage::kAddCowFormat, repair, {});
  REQUIRE(report.leaks_fixed == 6);
  REQUIRE(host->bytes("disk.add-cow").all().at(bitmap) == 0x01);
  REQUIRE(host->bytes("disk.add-cow").all().at(bitmap + 1) == 0);
  REQUIRE(host->place("base.img").directory->remove("base.img") == IoStatus::ok);
  report = storage::check_image(host->place("disk.add-cow"), storage::kAddCowFormat, {}, {});
  REQUIRE(report.errors == 1);
}

TEST_CASE("add-cow: chains mix formats, and a commit renews the parent's identity",
          "[storage][add-cow]") {
  const auto host = MemoryHost::make();
  const auto make = [&](const std::string& file, const storage::FormatDriver& format) {
    storage::CreateOptions making;
    making.sectors = 2016;
    storage::create_image(host->place(file), format, making,
                          {.ids = std::make_shared<storage::SeededIds>(11)});
    const auto image = storage::open_image(host->place(file), {});
    REQUIRE(image.device->write(3, filled(512, 0x11)) == IoStatus::ok);
  };
  make("base.vmdk", storage::kVmdkFormat);
  make("base.dsk", storage::kCowdFormat);
  const auto id_of = [&](const std::string& file) {
    return storage::open_image(host->place(file), {.mode = OpenMode::read_only})
        .image->info()
        .ids.at(0)
        .second;
  };
  for (const auto& [file, format] :
       {std::pair("base.vmdk", "vmdk"), std::pair("base.dsk", "cowd")}) {
    INFO(file);
    const std::string child = std::string(file) + ".add-cow";
    create(*host, child, file, format, 2016);
    create(*host, "top." + child, child, "add-cow", 2016);
    REQUIRE_THROWS_WITH(create(*host, "x", file, format, 2016, {{"subformat", "v1"}}),
                        Contains("version 1 has no field"));
    {
      const auto image = open(*host, "top." + child, {});
      REQUIRE(image.device->geometry() == storage::Geometry{2, 16, 63});
      REQUIRE(byte_at(*image.device, 3) == 0x11);
      REQUIRE(image.device->write(4, filled(512, 0x22)) == IoStatus::ok);
    }
    const std::string before = id_of(file);
    {
      const auto image = open(*host, "top." + child, {.write_parent = true});
      storage::commit_image(*image.image, true, {});
    }
    REQUIRE(id_of(file) == before);
    {
      const auto image = open(*host, child, {.write_parent = true});
      storage::commit_image(*image.image, true, {});
    }
    REQUIRE(id_of(file) != before);
    const auto base = storage::open_image(host->place(file), {.mode = OpenMode::read_only});
    REQUIRE(byte_at(*base.device, 3) == 0x11);
    REQUIRE(byte_at(*base.device, 4) == 0x22);
    REQUIRE(byte_at(*look(*host, "top." + child).device, 4) == 0x22);
  }
}

TEST_CASE("add-cow: a whole disk gets a backing file without showing it", "[storage][add-cow]") {
  const auto host = MemoryHost::make();
  host->put("base.img", filled(8 * kCluster, 0x11));
  create(*host, "disk.add-cow", "", "", 8 * 128);
  {
    storage::OpenOptions options;
    options.registry = std::make_shared<storage::FileRegistry>();
    const auto image = open(*host, "disk.add-cow", {});
    const auto base = storage::open_image(host->place("base.img"),
                                          {.mode = OpenMode::read_only, .format = "raw"});
    const storage::ParentRef parent{
        .image = base.image, .name = "base.img", .format = "raw", .path = "/images/base.img"};
    storage::rebase_image(*image.image, &parent, {});
  }
  const auto image = look(*host);
  REQUIRE(image.image->parent() != nullptr);
  for (std::uint64_t lba = 0; lba < 8 * 128; lba += 64) REQUIRE(byte_at(*image.device, lba) == 0);
}

TEST_CASE("add-cow: zeroes over a backing file are a hole with a bit", "[storage][add-cow]") {
  const auto host = host_with(version20().bytes, 8 * kCluster, 8 * kCluster);
  const auto image = open(*host, "disk.add-cow", {});
  REQUIRE(image.device->write_zeroes(100, 500) == IoStatus::ok);
  REQUIRE(byte_at(*image.device, 99) == 0x11);
  for (std::uint64_t lba = 100; lba < 600; ++lba) {
    if (byte_at(*image.device, lba) != 0) FAIL("sector " << lba);
  }
  REQUIRE(byte_at(*image.device, 600) == 0x11);
  REQUIRE(image.device->extent_at(128).state == storage::ClusterState::zero);
  REQUIRE(image.device->extent_at(128).layer == 0);
}

TEST_CASE("rebase: a disk without a parent gets one and still shows its zeroes",
          "[storage][operations]") {
  for (const storage::FormatDriver* const format :
       {&storage::kVmdkFormat, &storage::kCowdFormat, &storage::kAddCowFormat}) {
    INFO(format->name);
    const auto host = MemoryHost::make();
    const std::string extension = "." + std::string(format->name);
    storage::CreateOptions making;
    making.sectors = 2016;
    if (format == &storage::kAddCowFormat) making.options = {{"cluster_size", "4K"}};
    for (const std::string name : {"base", "disk"}) {
      storage::create_image(host->place(name + extension), *format, making, {});
      const auto image = storage::open_image(host->place(name + extension), {});
      const Bytes bytes = filled(20 * 512, name == "base" ? 0x11 : 0x22);
      REQUIRE(image.device->write(name == "base" ? 0 : 10, bytes) == IoStatus::ok);
    }
    {
      const auto image = storage::open_image(host->place("disk" + extension), {});
      const auto base =
          storage::open_image(host->place("base" + extension), {.mode = OpenMode::read_only});
      const storage::ParentRef parent{.image = base.image,
                                      .name = "base" + extension,
                                      .format = std::string(format->name),
                                      .path = "/images/base"};
      storage::rebase_image(*image.image, &parent, {});
    }
    const auto image =
        storage::open_image(host->place("disk" + extension), {.mode = OpenMode::read_only});
    REQUIRE(image.image->parent() != nullptr);
    for (std::uint64_t lba = 0; lba < 40; ++lba) {
      INFO("sector " << lba);
      REQUIRE(byte_at(*image.device, lba) == (lba >= 10 && lba < 30 ? 0x22 : 0));
    }
  }
}
