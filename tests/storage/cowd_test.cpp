// COWD: what its document's traps demand, on images written here by hand.
#include <cstring>
#include <map>

#include "storage/cowd_header.h"
#include "storage/geometry_choice.h"
#include "storage/operations.h"
#include "tests/storage/battery.h"

using Catch::Matchers::Contains;
using storage::CowdHeader;
using storage::IoStatus;
using storage::kSectorSize;
using storage::OpenMode;
using support::Bytes;
using support::MemoryHost;

namespace {

// The bytes of sector `lba`: none are like another's.
Bytes sector_of(std::uint64_t lba) {
  std::mt19937 random(static_cast<std::uint32_t>(lba) + 1);
  return support::random_bytes(random, kSectorSize);
}

template <class T>
std::span<const std::uint8_t> bytes_of(const T& value) {
  return {reinterpret_cast<const std::uint8_t*>(&value), sizeof value};
}

// A writer of its own, straight from the layout: grains in the order given, a branch when it is
// needed, `gap` unused sectors before each branch.
class HandMade {
 public:
  HandMade(std::uint32_t version, std::uint32_t sectors, std::uint32_t leaf, std::uint32_t entries)
      : entries_(entries), leaf_(leaf) {
    header.magic = storage::kCowdMagic;
    header.version = version;
    header.flags = 3;
    header.capacity = sectors;
    header.grain = leaf;
    header.directory = 4;
    header.tables = (sectors + leaf * entries - 1) / (leaf * entries);
    header.product = version == 3 ? 2 : 0;
  }

  CowdHeader header;
  std::uint32_t gap = 0;
  std::map<std::uint64_t, Bytes> written;  // sector by sector

  void write(std::uint64_t lba) {
    const std::uint64_t grain = lba / leaf_;
    std::uint32_t& branch = root_[grain / entries_];
    if (next_ == 0) next_ = 4 + (header.tables * 4 + 511) / 512;
    if (branch == 0) {
      next_ += gap;
      branch = next_;
      next_ += (entries_ * 4 + 511) / 512;
    }
    std::uint32_t& leaf = leaves_[grain];
    if (leaf == 0) {
      leaf = next_;
      next_ += leaf_;
    }
    written[lba] = sector_of(lba);
  }
  // Where the leaf of a sector is, to be spoiled.
  void put_leaf(std::uint64_t lba, std::uint32_t sector) { leaves_[lba / leaf_] = sector; }
  void put_branch(std::uint64_t index, std::uint32_t sector) { root_[index] = sector; }

  Bytes file() const {
    CowdHeader whole = header;
    if (whole.free_sector == 0) whole.free_sector = next_;
    Bytes bytes(std::size_t{std::max<std::uint32_t>(next_, 4 + (header.tables * 4 + 511) / 512)} *
                kSectorSize);
    const auto word = [&](std::uint64_t place, std::uint32_t value) {
      const storage::Le32 raw(value);
      if (place + 4 <= bytes.size()) std::memcpy(bytes.data() + place, &raw, 4);
    };
    std::memcpy(bytes.data(), &whole, sizeof whole);
    for (const auto& [index, sector] : root_) word(4 * 512 + index * 4, sector);
    for (const auto& [grain, sector] : leaves_) {
      word(std::uint64_t{root_.at(grain / entries_)} * 512 + grain % entries_ * 4, sector);
    }
    for (const auto& [lba, data] : written) {
      const std::uint64_t place = (leaves_.at(lba / leaf_) + lba % leaf_) * kSectorSize;
      if (place + kSectorSize <= bytes.size()) {
        std::ranges::copy(data, bytes.begin() + static_cast<std::ptrdiff_t>(place));
      }
    }
    return bytes;
  }

 private:
  std::uint32_t entries_;
  std::uint32_t leaf_;
  std::uint32_t next_ = 0;
  std::map<std::uint64_t, std::uint32_t> root_;
  std::map<std::uint64_t, std::uint32_t> leaves_;
};

storage::OpenedImage open(MemoryHost& host, const std::string& file, storage::OpenOptions options) {
  options.format = "cowd";
  options.ids = std::make_shared<storage::SeededIds>(5);
  options.registry = std::make_shared<storage::FileRegistry>();
  return storage::open_image(host.place(file, storage::host_rules(options)), options);
}
storage::OpenedImage look(MemoryHost& host, const std::string& file) {
  return open(host, file, {.mode = OpenMode::read_only});
}

void create(MemoryHost& host, const std::string& file, std::uint64_t sectors,
            storage::Options options = {}, const std::string& parent = "") {
  storage::CreateOptions making;
  making.sectors = sectors;
  making.options = std::move(options);
  storage::OpenedImage base;
  if (!parent.empty()) {
    base = look(host, parent);
    making.parent = storage::ParentRef{
        .image = base.image, .name = parent, .format = "cowd", .path = "/images/" + parent};
  }
  storage::create_image(host.place(file), storage::kCowdFormat, making,
                        {.ids = std::make_shared<storage::SeededIds>(3)});
}

CowdHeader header_in(MemoryHost& host, const std::string& file) {
  CowdHeader header;
  host.bytes(file).read(0, {reinterpret_cast<std::uint8_t*>(&header), sizeof header});
  return header;
}
void put_header(MemoryHost& host, const std::string& file, const CowdHeader& header) {
  host.bytes(file).write(0, bytes_of(header));
}

// Every sector that was written, zeroes next to it.
void require_content(storage::BlockDevice& device, const std::map<std::uint64_t, Bytes>& written) {
  Bytes found(kSectorSize);
  for (const auto& [lba, data] : written) {
    INFO("sector " << lba);
    REQUIRE(device.read(lba, found) == IoStatus::ok);
    REQUIRE(found == data);
    if (lba + 1 >= device.sector_count() || written.contains(lba + 1)) continue;
    REQUIRE(device.read(lba + 1, found) == IoStatus::ok);
    REQUIRE(found == Bytes(kSectorSize));
  }
}

IoStatus write(storage::BlockDevice& device, std::uint64_t lba) {
  return device.write(lba, sector_of(lba));
}

}  // namespace

TEST_CASE("cowd: a header-1 disk reads right with 512, 2048 and 4096 entries a table",
          "[storage][cowd]") {
  const auto entries = GENERATE(512U, 2048U, 4096U);
  const auto gap = GENERATE(0U, 3U, 40U);
  INFO(entries << " entries, gaps of " << gap);
  HandMade made(1, 3 * 32 * 4096 + 77, 32, entries);
  made.gap = gap;
  const std::uint64_t reach = std::uint64_t{32} * entries;
  for (const std::uint64_t lba :
       {std::uint64_t{0}, std::uint64_t{31}, reach - 1, reach, 2 * reach + 5, reach * 2 + 32 * 511,
        std::uint64_t{3 * 32 * 4096 + 76}}) {
    made.write(lba);
  }
  const auto host = MemoryHost::make();
  host->put("disk.dsk", made.file());
  {
    const auto image = look(*host, "disk.dsk");
    require_content(*image.device, made.written);
    REQUIRE_THAT(image.image->info().more[1].second, Contains(std::to_string(entries)));
  }
  // Written on, and read again.
  {
    const auto image = open(*host, "disk.dsk", {});
    for (const std::uint64_t lba : {reach + 700, 2 * reach - 3, std::uint64_t{64}}) {
      REQUIRE(write(*image.device, lba) == IoStatus::ok);
      made.written[lba] = sector_of(lba);
    }
    REQUIRE(image.device->close() == IoStatus::ok);
  }
  require_content(*look(*host, "disk.dsk").device, made.written);
  const auto report = storage::check_image(host->place("disk.dsk"), storage::kCowdFormat, {}, {});
  REQUIRE(report.errors == 0);
}

TEST_CASE("cowd: VMware 2's 2 GB disk has 512 entries though 256 tables suit other numbers too",
          "[storage][cowd]") {
  // [seed 0] numRootEntries = 256, numSectors = 4192020, leaf = 16384 bytes.
  HandMade made(1, 4192020, 32, 512);
  REQUIRE(made.header.tables == 256);
  for (const std::uint64_t lba : {0U, 1U, 16384U, 32768U, 4192019U}) made.write(lba);
  const auto host = MemoryHost::make();
  host->put("disk.dsk", made.file());
  const auto image = open(*host, "disk.dsk", {});
  require_content(*image.device, made.written);
}

TEST_CASE("cowd: where several lengths of tables fit, 512 is read and nothing is written",
          "[storage][cowd]") {
  const auto host = MemoryHost::make();
  host->put("disk.dsk", HandMade(1, 4192020, 32, 512).file());  // empty: nothing to tell them by
  REQUIRE_THAT(look(*host, "disk.dsk").image->info().more[1].second, Contains("512 (a guess)"));
  REQUIRE_THROWS_WITH(open(*host, "disk.dsk", {}), Contains("more than one length fits"));
  REQUIRE_THROWS_WITH(open(*host, "disk.dsk", {.options = {{"entries", "500"}}}),
                      Contains("powers of two"));
  {
    const auto image = open(*host, "disk.dsk", {.options = {{"entries", "512"}}});
    REQUIRE(write(*image.device, 100000) == IoStatus::ok);
  }
  // Our own note settles it; one that contradicts the directory does not.
  for (const std::string note : {"E=512 leaf=32", "E=256 leaf=32", "E=512 leaf=64", "hello"}) {
    const auto other = MemoryHost::make();
    HandMade made(1, 4192020, 32, 512);
    std::ranges::copy(note, made.header.description.begin());
    other->put("disk.dsk", made.file());
    if (note == "E=512 leaf=32") {
      REQUIRE_FALSE(open(*other, "disk.dsk", {}).device->read_only());
    } else {
      REQUIRE_THROWS_WITH(open(*other, "disk.dsk", {}), Contains("more than one length fits"));
    }
  }
}

TEST_CASE("cowd: tables that fit no known length are refused with the numbers", "[storage][cowd]") {
  HandMade made(1, 400000, 32, 512);
  made.header.tables = 29;
  const auto host = MemoryHost::make();
  host->put("disk.dsk", made.file());
  REQUIRE_THROWS_WITH(look(*host, "disk.dsk"),
                      Contains("unknown length") && Contains("29 tables") && Contains("400000"));
}

TEST_CASE("cowd: VMware 3's tables cover 32 MiB whatever the grain", "[storage][cowd]") {
  const auto leaf = GENERATE(8U, 32U, 128U, 512U);
  HandMade made(3, 150000, leaf, 65536 / leaf);
  for (const std::uint64_t lba : {0U, 65535U, 65536U, 131072U, 149999U}) made.write(lba);
  const auto host = MemoryHost::make();
  host->put("disk.vmdk", made.file());
  const auto image = open(*host, "disk.vmdk", {});
  require_content(*image.device, made.written);
}

TEST_CASE("cowd: VMware 3's files are one disk, in their order", "[storage][cowd]") {
  const auto host = MemoryHost::make();
  std::map<std::uint64_t, Bytes> written;
  const auto put = [&](std::uint32_t index, const std::string& name, auto change) {
    HandMade made(3, 1000, 32, 2048);
    made.write(0);
    made.write(999);
    made.header.unclean = index;
    made.header.chain_files = 3;
    made.header.disk_capacity = 3000;
    made.header.disk_cylinders = 2;
    made.header.disk_heads = 16;
    made.header.disk_sectors_per_track = 63;
    change(made.header);
    host->put(name, made.file());
    written[index * 1000] = sector_of(0);
    written[index * 1000 + 999] = sector_of(999);
  };
  const auto as_is = [](CowdHeader&) {};
  put(0, "a.b.vmdk", as_is);
  put(1, "a.b-02.vmdk", as_is);
  put(2, "a.b-03.vmdk", as_is);
  {
    const auto image = open(*host, "a.b.vmdk", {});
    REQUIRE(image.device->sector_count() == 3000);
    REQUIRE(image.device->geometry() == storage::Geometry{2, 16, 63});
    require_content(*image.device, written);
    Bytes across(20 * kSectorSize, 0x5A);
    REQUIRE(image.device->write(1990, across) == IoStatus::ok);
    REQUIRE(image.device->close() == IoStatus::ok);
    Bytes back(across.size());
    REQUIRE(look(*host, "a.b.vmdk").device->read(1990, back) == IoStatus::ok);
    REQUIRE(back == across);
  }
  // What numbers the files is not the mark of an unclean end.
  for (const auto& [name, index] : std::map<std::string, std::uint32_t>{
           {"a.b.vmdk", 0}, {"a.b-02.vmdk", 1}, {"a.b-03.vmdk", 2}}) {
    REQUIRE(header_in(*host, name).unclean == index);
    REQUIRE(header_in(*host, name).flags == 3);
  }
  REQUIRE_THROWS_WITH(look(*host, "a.b-02.vmdk"), Contains("is file 2 of its disk"));
  put(1, "a.b-02.vmdk", [](CowdHeader& header) { header.unclean = 2; });
  REQUIRE_THROWS_WITH(look(*host, "a.b.vmdk"), Contains("a.b-02.vmdk"));
  put(1, "a.b-02.vmdk", [](CowdHeader& header) { header.disk_capacity = 2999; });
  REQUIRE_THROWS_WITH(look(*host, "a.b.vmdk"), Contains("another disk"));
  put(1, "a.b-02.vmdk", [](CowdHeader& header) { header.version = 1; });
  REQUIRE_THROWS_AS(look(*host, "a.b.vmdk"), storage::ImageError);
  put(1, "a.b-02.vmdk", [](CowdHeader& header) { header.chain_files = 100; });
  REQUIRE_THROWS_WITH(look(*host, "a.b.vmdk"), Contains("allowed 0 to 99"));
}

TEST_CASE("cowd: the marks are set while a disk is written and gone at its end",
          "[storage][cowd]") {
  const auto version = GENERATE(1U, 3U);
  const auto host = MemoryHost::make();
  create(*host, "disk.dsk", 5000,
         version == 1 ? storage::Options{} : storage::Options{{"subformat", "vmware3"}});
  const CowdHeader fresh = header_in(*host, "disk.dsk");
  REQUIRE(fresh.version == version);
  REQUIRE(fresh.flags == 3);
  { const auto idle = open(*host, "disk.dsk", {}); }
  REQUIRE(header_in(*host, "disk.dsk").generation == fresh.generation);
  {
    const auto image = open(*host, "disk.dsk", {});
    REQUIRE(write(*image.device, 7) == IoStatus::ok);
    REQUIRE(write(*image.device, 4000) == IoStatus::ok);
    const CowdHeader open_header = header_in(*host, "disk.dsk");
    REQUIRE(open_header.flags == 7);
    REQUIRE(open_header.unclean == (version == 1 ? 1 : 0));
    REQUIRE(open_header.generation == fresh.generation + 1);
    REQUIRE(open_header.saved_generation == fresh.generation);
    // A killed process leaves this.
    const auto killed = host->copy();
    std::string warned;
    {
      const auto after =
          open(*killed, "disk.dsk", {.warn = [&](std::string_view line) { warned = line; }});
      Bytes found(kSectorSize);
      REQUIRE(after.device->read(7, found) == IoStatus::ok);
      REQUIRE(found == sector_of(7));
    }
    REQUIRE_THAT(warned, Contains("not closed cleanly"));
    REQUIRE(header_in(*killed, "disk.dsk").flags == 3);
    REQUIRE(header_in(*killed, "disk.dsk").unclean == 0);
    REQUIRE(header_in(*killed, "disk.dsk").saved_generation == fresh.generation + 1);
  }
  const CowdHeader closed = header_in(*host, "disk.dsk");
  REQUIRE(closed.flags == 3);
  REQUIRE(closed.unclean == 0);
  REQUIRE(closed.generation == fresh.generation + 1);
  REQUIRE(closed.saved_generation == closed.generation);
  REQUIRE(closed.free_sector * kSectorSize == host->bytes("disk.dsk").size());
  // Rewriting in place is a change of the content as well.
  {
    const auto image = open(*host, "disk.dsk", {});
    REQUIRE(image.device->write(7, sector_of(8)) == IoStatus::ok);
  }
  REQUIRE(header_in(*host, "disk.dsk").generation == fresh.generation + 2);
}

TEST_CASE("cowd: what is new is as VMware 2 documents it", "[storage][cowd]") {
  const auto host = MemoryHost::make();
  create(*host, "disk.dsk", 65 * 1008);
  const CowdHeader header = header_in(*host, "disk.dsk");
  REQUIRE(header.magic == storage::kCowdMagic);
  REQUIRE(header.version == 1);
  REQUIRE(header.grain == 32);
  REQUIRE(header.directory == 4);
  REQUIRE(header.tables == 4);  // of 8 MiB each
  REQUIRE(header.cylinders == 65);
  REQUIRE(header.heads == 16);
  REQUIRE(header.sectors_per_track == 63);
  REQUIRE(storage::cowd_text(header.drive_type) == "ide");
  REQUIRE(storage::cowd_text(header.name) == "disk.dsk");
  REQUIRE(storage::cowd_text(header.description) == "E=512 leaf=32");
  {
    const auto image = open(*host, "disk.dsk", {});
    REQUIRE(image.device->geometry() == storage::Geometry{65, 16, 63});
    REQUIRE(write(*image.device, 16384 + 5) == IoStatus::ok);
  }
  // By the layout: the second root entry, the branch's first entry, the leaf's sixth sector.
  const Bytes all = host->bytes("disk.dsk").all();
  const auto word = [&](std::uint64_t place) {
    storage::Le32 value;
    std::memcpy(&value, all.data() + place, 4);
    return std::uint32_t{value};
  };
  REQUIRE(word(0x800) == 0);
  const std::uint64_t branch = std::uint64_t{word(0x804)} * 512;
  const std::uint64_t leaf = std::uint64_t{word(branch)} * 512;
  REQUIRE(Bytes(all.begin() + static_cast<std::ptrdiff_t>(leaf + 5 * 512),
                all.begin() + static_cast<std::ptrdiff_t>(leaf + 6 * 512)) == sector_of(16384 + 5));
}

TEST_CASE("cowd: an impossible geometry in the header is not believed", "[storage][cowd]") {
  const auto host = MemoryHost::make();
  create(*host, "disk.dsk", 10080);
  const CowdHeader good = header_in(*host, "disk.dsk");
  const auto geometry_with = [&](std::uint32_t c, std::uint32_t h, std::uint32_t s) {
    CowdHeader header = good;
    header.cylinders = c;
    header.heads = h;
    header.sectors_per_track = s;
    put_header(*host, "disk.dsk", header);
    return look(*host, "disk.dsk").device->geometry();
  };
  REQUIRE(geometry_with(10, 16, 63).known());
  REQUIRE(geometry_with(20, 8, 63).known());
  REQUIRE_FALSE(geometry_with(11, 16, 63).known());
  REQUIRE_FALSE(geometry_with(0, 16, 63).known());
  REQUIRE_FALSE(geometry_with(10, 0, 63).known());
  REQUIRE_FALSE(geometry_with(1, 256, 1).known());
  REQUIRE_FALSE(geometry_with(1, 1, 64).known());
  REQUIRE_FALSE(geometry_with(0xFFFFFFFF, 16, 63).known());
  REQUIRE_FALSE(geometry_with(0x10000, 0x10000, 63).known());
}

TEST_CASE("cowd: a child follows its parent's name, geometry and generation", "[storage][cowd]") {
  const auto host = MemoryHost::make();
  create(*host, "base.dsk", 10080);
  {
    const auto image = open(*host, "base.dsk", {});
    REQUIRE(write(*image.device, 1) == IoStatus::ok);
    REQUIRE(write(*image.device, 2) == IoStatus::ok);
  }
  create(*host, "child.dsk", 10080, {}, "base.dsk");
  create(*host, "sibling.dsk", 10080, {}, "base.dsk");
  const CowdHeader header = header_in(*host, "child.dsk");
  REQUIRE(header.flags == 2);
  REQUIRE(storage::cowd_parent_name(header) == "base.dsk");
  REQUIRE(header.parent_generation == header_in(*host, "base.dsk").generation);
  {
    const auto image = open(*host, "child.dsk", {});
    REQUIRE(image.device->geometry() == storage::Geometry{10, 16, 63});
    REQUIRE(image.image->info().parent->name == "base.dsk");
    REQUIRE(image.device->write(2, sector_of(200)) == IoStatus::ok);
    Bytes found(kSectorSize);
    REQUIRE(image.device->read(1, found) == IoStatus::ok);
    REQUIRE(found == sector_of(1));
  }
  // A commit gives the parent another generation: its child follows, the other one objects.
  {
    const auto image = open(*host, "child.dsk", {.write_parent = true});
    storage::commit_image(*image.image, true, {});
  }
  REQUIRE(header_in(*host, "child.dsk").parent_generation ==
          header_in(*host, "base.dsk").generation);
  {
    const auto image = look(*host, "child.dsk");
    Bytes found(kSectorSize);
    REQUIRE(image.device->read(2, found) == IoStatus::ok);
    REQUIRE(found == sector_of(200));
  }
  REQUIRE_THROWS_WITH(look(*host, "sibling.dsk"), Contains("parent has changed"));
  REQUIRE_THROWS_WITH(open(*host, "sibling.dsk", {}), Contains("parent has changed"));
  REQUIRE(
      open(*host, "sibling.dsk", {.mode = OpenMode::read_only, .force = true}).device->read_only());
  // A parent written on its own is noticed, too.
  {
    const auto image = open(*host, "base.dsk", {});
    REQUIRE(write(*image.device, 9) == IoStatus::ok);
  }
  REQUIRE_THROWS_WITH(look(*host, "child.dsk"), Contains("parent has changed"));
  // The user may say that it is all right: rebase -u.
  {
    storage::OpenOptions alone;
    alone.follow_parents = false;
    const auto image = open(*host, "child.dsk", alone);
    const auto base = look(*host, "base.dsk");
    const storage::ParentRef same{
        .image = base.image, .name = "base.dsk", .format = "cowd", .path = "/images/base.dsk"};
    image.image->set_parent(&same);
  }
  REQUIRE(look(*host, "child.dsk").image->parent() != nullptr);
}

TEST_CASE("cowd: the drive gets the header's geometry when the disk itself has none",
          "[storage][cowd]") {
  const auto host = MemoryHost::make();
  storage::CreateOptions making;
  making.sectors = 100 * 8 * 33;
  making.geometry = {100, 8, 33};
  storage::create_image(host->place("disk.dsk"), storage::kCowdFormat, making, {});
  const auto image = look(*host, "disk.dsk");
  const auto choice = storage::choose_geometry(*image.device, {.file = "disk.dsk"});
  REQUIRE(choice.ata == storage::Geometry{100, 8, 33});
  REQUIRE_THAT(choice.source, Contains("header"));
}

TEST_CASE("cowd: names by VMware for Windows lead to the file beside", "[storage][cowd]") {
  const auto host = MemoryHost::make();
  create(*host, "base.dsk", 1000);
  create(*host, "child.dsk", 1000, {}, "base.dsk");
  CowdHeader header = header_in(*host, "child.dsk");
  storage::set_cowd_parent_name(header, "C:\\VMs\\dos\\base.dsk");
  put_header(*host, "child.dsk", header);
  REQUIRE(look(*host, "child.dsk").image->parent() != nullptr);
  storage::set_cowd_parent_name(header, "../base.dsk");
  put_header(*host, "child.dsk", header);
  REQUIRE_THROWS_WITH(look(*host, "child.dsk"),
                      Contains("leads out of its folder") || Contains("outside") || Contains(".."));
  storage::set_cowd_parent_name(header, "gone.dsk");
  put_header(*host, "child.dsk", header);
  REQUIRE_THROWS_WITH(look(*host, "child.dsk"), Contains("lost its parent"));
  storage::set_cowd_parent_name(header, "");
  put_header(*host, "child.dsk", header);
  REQUIRE_THROWS_WITH(look(*host, "child.dsk"), Contains("does not name it"));
  // Nothing ends the name, nor the other texts.
  storage::set_cowd_parent_name(header, std::string(1024, 'x'));
  header.name.fill('n');
  header.description.fill('d');
  put_header(*host, "child.dsk", header);
  REQUIRE_THROWS_AS(look(*host, "child.dsk"), storage::ImageError);
}

TEST_CASE("cowd: no child over another format, and none of several files", "[storage][cowd]") {
  const auto host = MemoryHost::make();
  host->put("base.img", Bytes(512000));
  const auto base =
      storage::open_image(host->place("base.img"), {.mode = OpenMode::read_only, .format = "raw"});
  storage::CreateOptions making;
  making.sectors = 1000;
  making.parent = storage::ParentRef{
      .image = base.image, .name = "base.img", .format = "raw", .path = "/images/base.img"};
  REQUIRE_THROWS_WITH(
      storage::create_image(host->place("child.dsk"), storage::kCowdFormat, making, {}),
      Contains("generation"));
  REQUIRE_FALSE(host->has("child.dsk"));
  create(*host, "root.dsk", 1000);
  REQUIRE_THROWS_WITH(create(*host, "child.dsk", 1000,
                             {{"subformat", "vmware3"}, {"extent_size", "64K"}}, "root.dsk"),
                      Contains("chain of files"));
}

TEST_CASE("cowd: a table that is lost costs its own region only", "[storage][cowd]") {
  HandMade made(1, 100000, 32, 512);
  for (const std::uint64_t lba : {0U, 20000U, 40000U}) made.write(lba);
  Bytes bytes = made.file();
  const storage::Le32 beyond(0x00FFFFFF);
  std::memcpy(bytes.data() + 0x804, &beyond, 4);  // the second branch: 16384..32767
  const auto host = MemoryHost::make();
  host->put("disk.dsk", bytes);
  const auto image = look(*host, "disk.dsk");
  Bytes found(kSectorSize);
  REQUIRE(image.device->read(0, found) == IoStatus::ok);
  REQUIRE(found == sector_of(0));
  REQUIRE(image.device->read(20000, found) == IoStatus::corrupt);
  REQUIRE(image.device->read(40000, found) == IoStatus::ok);
  REQUIRE(found == sector_of(40000));
  const auto report = storage::check_image(host->place("disk.dsk"), storage::kCowdFormat, {}, {});
  REQUIRE(report.errors != 0);
}

TEST_CASE("cowd: what the free sector says is a hint, whichever way it lies", "[storage][cowd]") {
  const auto free_sector = GENERATE(0U, 5U, 0x7FFFFFFFU);
  HandMade made(1, 100000, 32, 512);
  for (const std::uint64_t lba : {0U, 20000U, 40000U}) made.write(lba);
  made.header.free_sector = free_sector;
  const auto host = MemoryHost::make();
  host->put("disk.dsk", made.file());
  {
    const auto image = open(*host, "disk.dsk", {});
    for (const std::uint64_t lba : {99U, 60000U}) {
      REQUIRE(write(*image.device, lba) == IoStatus::ok);
      made.written[lba] = sector_of(lba);
    }
  }
  require_content(*look(*host, "disk.dsk").device, made.written);
  REQUIRE(header_in(*host, "disk.dsk").free_sector * kSectorSize == host->bytes("disk.dsk").size());
}

TEST_CASE("cowd: a disk whose grains overlap is not written", "[storage][cowd]") {
  HandMade made(1, 100000, 32, 512);
  for (const std::uint64_t lba : {0U, 64U, 20000U, 40000U}) made.write(lba);
  made.put_leaf(64, 9);  // where the leaf of sector 0 is
  const auto host = MemoryHost::make();
  host->put("disk.dsk", made.file());
  const auto report = storage::check_image(host->place("disk.dsk"), storage::kCowdFormat, {}, {});
  REQUIRE(report.errors == 1);
  const auto image = open(*host, "disk.dsk", {});
  REQUIRE(write(*image.device, 50000) == IoStatus::corrupt);
  Bytes found(kSectorSize);
  REQUIRE(image.device->read(40000, found) == IoStatus::ok);
  REQUIRE(image.device->close() == IoStatus::ok);
}

TEST_CASE("cowd: resizing keeps tables, geometry and content", "[storage][cowd]") {
  const auto kind = GENERATE(std::string("single"), std::string("vmware3"));
  const auto host = MemoryHost::make();
  create(*host, "disk.dsk", 20160, {{"subformat", kind}});
  std::map<std::uint64_t, Bytes> written;
  const auto put = [&](std::uint64_t lba) {
    const auto image = open(*host, "disk.dsk", {});
    REQUIRE(write(*image.device, lba) == IoStatus::ok);
    written[lba] = sector_of(lba);
  };
  put(20159);
  const auto resize = [&](std::uint64_t sectors) {
    const auto image = open(*host, "disk.dsk", {});
    image.image->resize(sectors, true, {});
    REQUIRE(image.device->sector_count() == sectors);
    REQUIRE(image.device->close() == IoStatus::ok);
    std::erase_if(written, [&](const auto& one) { return one.first >= sectors; });
    const auto again = look(*host, "disk.dsk");
    REQUIRE(again.device->sector_count() == sectors);
    REQUIRE(again.device->geometry() ==
            storage::Geometry{static_cast<std::uint32_t>(sectors / 1008), 16, 63});
    require_content(*again.device, written);
    const auto report = storage::check_image(host->place("disk.dsk"), storage::kCowdFormat, {}, {});
    REQUIRE(report.errors + report.leaks == 0);
  };
  resize(20700);  // the tables do for that
  put(20699);
  resize(400000);
  put(399999);
  put(200000);
  resize(200001);
  resize(30000);
  resize(1008);
  resize(5000000);
  put(4999999);
}

TEST_CASE("cowd: an ESX disk is a descriptor and its extent under either driver",
          "[storage][cowd]") {
  const auto host = MemoryHost::make();
  create(*host, "disk.vmdk", 10000, {{"subformat", "esx"}});
  REQUIRE(host->has("disk-delta.vmdk"));
  {
    const auto image = open(*host, "disk.vmdk", {});
    REQUIRE(write(*image.device, 5000) == IoStatus::ok);
  }
  const auto image = storage::open_image(host->place("disk.vmdk"), {.mode = OpenMode::read_only});
  REQUIRE(image.format == &storage::kVmdkFormat);
  require_content(*image.device, {{5000, sector_of(5000)}});
  // The extent by itself, whose header knows grains of one sector and so 4096 entries.
  const auto extent = look(*host, "disk-delta.vmdk");
  REQUIRE(extent.image->info().subformat == "esx extent");
  require_content(*extent.device, {{5000, sector_of(5000)}});
}

TEST_CASE("cowd: a VMware 2 disk under a descriptor is read with its own tables",
          "[storage][cowd][vmdk]") {
  HandMade made(1, 100000, 32, 512);
  made.gap = 40;
  for (const std::uint64_t lba : {0U, 20000U, 40000U, 99999U}) made.write(lba);
  const auto host = MemoryHost::make();
  host->put("disk.dsk", made.file());
  const std::string text =
      "# Disk DescriptorFile\nversion=1\nCID=12345678\nparentCID=ffffffff\n"
      "createType=\"vmfsSparse\"\n\n# Extent description\nRW 100000 VMFSSPARSE \"disk.dsk\"\n";
  host->put("disk.vmdk",
            std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
  const auto image = storage::open_image(host->place("disk.vmdk"), {.mode = OpenMode::read_only});
  require_content(*image.device, made.written);
}

TEST_CASE("cowd: a header with any field out of bounds is refused or read, never worse",
          "[storage][cowd]") {
  const auto host = MemoryHost::make();
  create(*host, "disk.dsk", 100000);
  {
    const auto image = open(*host, "disk.dsk", {});
    REQUIRE(write(*image.device, 50) == IoStatus::ok);
  }
  const Bytes good = host->bytes("disk.dsk").all();
  for (std::size_t place = 0; place < 0x2C; place += 4) {
    storage::Le32 before;
    std::memcpy(&before, good.data() + place, 4);
    for (const std::uint32_t value : {0U, 1U, std::uint32_t{before} - 1, std::uint32_t{before} + 1,
                                      0x7FFFFFFFU, 0x80000000U, 0xFFFFFFFFU, 65536U, 65537U, 8U}) {
      INFO("field at " << place << " = " << value);
      Bytes bytes = good;
      const storage::Le32 word(value);
      std::memcpy(bytes.data() + place, &word, 4);
      host->put("bad.dsk", bytes);
      try {
        const auto image = look(*host, "bad.dsk");
        Bytes found(kSectorSize);
        static_cast<void>(image.device->read(image.device->sector_count() - 1, found));
        static_cast<void>(image.device->extent_at(0));
      } catch (const storage::ImageError& error) {
        REQUIRE_THAT(error.what(), Contains("bad.dsk"));
      }
    }
  }
  for (const auto& [place, value] :
       std::vector<std::pair<std::size_t, std::uint32_t>>{{4, 2},      // version
                                                          {8, 8},      // flags
                                                          {0xC, 0},    // sectors
                                                          {0x10, 0},   // leaf
                                                          {0x10, 33},  // leaf
                                                          {0x10, 131072},
                                                          {0x14, 3},  // root in the header
                                                          {0x14, 99999},
                                                          {0x18, 0},  // entries
                                                          {0x18, 0x100001}}) {
    INFO("field at " << place << " = " << value);
    Bytes bytes = good;
    const storage::Le32 word(value);
    std::memcpy(bytes.data() + place, &word, 4);
    host->put("bad.dsk", bytes);
    REQUIRE_THROWS_AS(look(*host, "bad.dsk"), storage::ImageError);
  }
}

TEST_CASE("cowd: compacting drops grains of zeroes", "[storage][cowd]") {
  const auto host = MemoryHost::make();
  create(*host, "disk.dsk", 100000);
  {
    const auto image = open(*host, "disk.dsk", {});
    for (std::uint64_t lba = 0; lba < 3200; lba += 32) {
      REQUIRE(write(*image.device, lba) == IoStatus::ok);
    }
    REQUIRE(image.device->write_zeroes(32, 3168) == IoStatus::ok);
    const std::uint64_t before = host->bytes("disk.dsk").size();
    image.image->compact({});
    REQUIRE(host->bytes("disk.dsk").size() < before / 20);
  }
  require_content(*look(*host, "disk.dsk").device, {{0, sector_of(0)}});
  REQUIRE(header_in(*host, "disk.dsk").flags == 3);
}
