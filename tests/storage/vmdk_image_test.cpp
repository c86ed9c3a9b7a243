// What makes a VMDK: extents of every kind, content ids, both sets of tables, grains of zeroes.
#include <algorithm>

#include "storage/operations.h"
#include "tests/storage/crash_script.h"
#include "tests/storage/vmdk_rig.h"

using storage::ClusterState;
using storage::IoStatus;
using storage::kSectorSize;
using storage::OpenMode;
using support::VmdkBytes;
using support::VmdkRig;

namespace {

IoStatus read_one(storage::BlockDevice& device, std::uint64_t lba) {
  VmdkBytes sector(kSectorSize);
  return device.read(lba, sector);
}

IoStatus write_one(storage::BlockDevice& device, std::uint64_t lba) {
  const VmdkBytes sector(kSectorSize, 0x77);
  return device.write(lba, sector);
}

const storage::Options kSmallGrains = {{"grain_size", "4K"}};

}  // namespace

TEST_CASE("vmdk: extents of every kind and access make one disk in line order", "[storage][vmdk]") {
  VmdkRig rig;
  rig.make("s.vmdk", 64, kSmallGrains);
  rig.write("s.vmdk", 10, 0x22);
  rig.put("flat.bin", std::string(30 * kSectorSize, '\x11'));
  rig.put("d.vmdk",
          "# Disk DescriptorFile\nversion=1\nCID=11112222\nparentCID=ffffffff\n"
          "createType=\"custom\"\nRW 16 ZERO\nRDONLY 64 SPARSE \"s.vmdk\"\nNOACCESS 5 FLAT "
          "\"never opened\" 0\nRW 10 FLAT \"flat.bin\" 20\nRW 7 ZERO\n");
  const auto image = rig.open("d.vmdk");
  storage::BlockDevice& device = *image.device;
  CHECK(device.sector_count() == 16 + 64 + 5 + 10 + 7);
  CHECK(read_one(device, 0) == IoStatus::ok);
  CHECK(read_one(device, 79) == IoStatus::ok);
  CHECK(read_one(device, 80) == IoStatus::corrupt);
  CHECK(read_one(device, 84) == IoStatus::corrupt);
  CHECK(read_one(device, 101) == IoStatus::ok);
  VmdkBytes sector(kSectorSize);
  REQUIRE(device.read(26, sector) == IoStatus::ok);
  CHECK(sector[0] == 0x22);
  REQUIRE(device.read(85, sector) == IoStatus::ok);
  CHECK(sector[0] == 0x11);

  const std::string before = rig.text("d.vmdk");
  CHECK(write_one(device, 15) == IoStatus::read_only);
  CHECK(write_one(device, 26) == IoStatus::read_only);
  CHECK(write_one(device, 80) == IoStatus::read_only);
  CHECK(write_one(device, 95) == IoStatus::read_only);
  const VmdkBytes two(2 * kSectorSize, 0x77);
  CHECK(device.write(94, two) == IoStatus::read_only);  // the second of them
  CHECK(rig.text("d.vmdk") == before);                  // nothing was written: not even an id
  CHECK(write_one(device, 94) == IoStatus::ok);
  CHECK(rig.text("d.vmdk") != before);

  CHECK(device.extent_at(0).state == ClusterState::zero);
  CHECK(device.extent_at(26).state == ClusterState::data);
  CHECK(device.extent_at(26).file == 1);
  CHECK(device.extent_at(80).state == ClusterState::corrupt);
  CHECK(device.extent_at(80).sector_count == 5);
  CHECK(device.extent_at(85).host_offset == 20 * kSectorSize);
}

TEST_CASE("vmdk: a flat extent that is too short can be read up to its end, and not be written",
          "[storage][vmdk]") {
  VmdkRig rig;
  rig.make("d.vmdk", 64, {{"subformat", "monolithicFlat"}});
  rig.put("d-flat.vmdk", std::string(40 * kSectorSize, '\x11'));
  CHECK(rig.refusal("d.vmdk", OpenMode::read_write).find("d-flat.vmdk") != std::string::npos);
  const auto image = rig.open("d.vmdk", OpenMode::read_only);
  CHECK(rig.warnings.size() == 1);
  CHECK(read_one(*image.device, 39) == IoStatus::ok);
  CHECK(read_one(*image.device, 40) == IoStatus::host_error);
  CHECK(image.device->extent_at(40).state == ClusterState::corrupt);
  CHECK(rig.check("d.vmdk").errors == 1);
}

TEST_CASE("vmdk: an embedded descriptor means its own file, whatever that is called now",
          "[storage][vmdk]") {
  VmdkRig rig;
  rig.make("first.vmdk", 64, kSmallGrains);
  rig.write("first.vmdk", 3, 0x33);
  rig.host->put("renamed.vmdk", rig.host->bytes("first.vmdk").all());
  rig.put("first.vmdk", "something else");
  rig.write("renamed.vmdk", 4, 0x44);
  CHECK(rig.byte_at("renamed.vmdk", 3) == 0x33);
  CHECK(rig.byte_at("renamed.vmdk", 4) == 0x44);
}

TEST_CASE("vmdk: the content id changes at the first write after each open, and only then",
          "[storage][vmdk]") {
  VmdkRig rig;
  const std::string subformat =
      GENERATE(as<std::string>(), "monolithicSparse", "twoGbMaxExtentFlat", "vmfsSparse");
  rig.make("a.vmdk", 64, {{"subformat", subformat}});
  rig.make("b.vmdk", 64, {{"subformat", subformat}});
  const std::string first = rig.id("a.vmdk");
  { const auto idle = rig.open("a.vmdk"); }
  CHECK(rig.id("a.vmdk") == first);
  const std::string other = rig.id("b.vmdk");
  {
    const auto a = rig.open("a.vmdk");
    const auto b = rig.open("b.vmdk");
    REQUIRE(write_one(*a.device, 1) == IoStatus::ok);
    REQUIRE(write_one(*b.device, 1) == IoStatus::ok);
    const std::string changed = a.image->info().ids[0].second;
    REQUIRE(write_one(*a.device, 2) == IoStatus::ok);
    CHECK(a.image->info().ids[0].second == changed);
    CHECK(changed != first);
  }
  CHECK(rig.id("a.vmdk") != first);
  CHECK(rig.id("b.vmdk") != other);
  const std::string second = rig.id("a.vmdk");
  rig.write("a.vmdk", 3, 0x33);
  CHECK(rig.id("a.vmdk") != second);
}

TEST_CASE("vmdk: a parent that was written is noticed", "[storage][vmdk]") {
  VmdkRig rig;
  rig.make("base.vmdk", 64, kSmallGrains);
  rig.make("child.vmdk", 64, kSmallGrains, "base.vmdk");
  CHECK(rig.id("child.vmdk") != rig.id("base.vmdk"));
  rig.write("child.vmdk", 1, 0x11);
  CHECK(rig.refusal("child.vmdk").empty());
  rig.write("base.vmdk", 2, 0x22);
  CHECK(rig.refusal("child.vmdk").find("its parent has changed") != std::string::npos);
  CHECK(rig.refusal("child.vmdk", OpenMode::read_write).find("changed") != std::string::npos);
  const auto forced = rig.open("child.vmdk", OpenMode::read_only, true);
  CHECK(rig.warnings.size() == 1);
  CHECK_THROWS_AS(rig.open("child.vmdk", OpenMode::read_write, true), storage::ImageError);
}

TEST_CASE("vmdk: ids that prove nothing are read, and check says so", "[storage][vmdk]") {
  // ESX chains exist with fffffffe as id and parent's id at every level.
  VmdkRig rig;
  for (const std::string name : {"base", "child"}) {
    rig.make(name + ".vmdk", 64, {{"subformat", "vmfsSparse"}});
  }
  const auto redo = [&](const std::string& name, bool child) {
    std::string text = rig.text(name + ".vmdk");
    text.replace(text.find("CID=") + 4, 8, "fffffffe");
    if (child) {
      text.replace(text.find("parentCID=") + 10, 8, "fffffffe");
      text.insert(text.find("createType"), "parentFileNameHint=\"base.vmdk\"\n");
    }
    rig.put(name + ".vmdk", text);
  };
  redo("base", false);
  redo("child", true);
  CHECK(rig.refusal("child.vmdk").empty());
  const auto report = rig.check("child.vmdk");
  CHECK(report.errors == 0);
  CHECK(report.lines.size() == 1);
}

TEST_CASE("vmdk: a child with grains of zeroes hides its parent, and commits them as zeroes",
          "[storage][vmdk]") {
  VmdkRig rig;
  rig.make("base.vmdk", 64, kSmallGrains);
  rig.write("base.vmdk", 0, 0x11, 64);
  rig.make("child.vmdk", 64, {{"grain_size", "4K"}, {"zeroed_grain", "on"}}, "base.vmdk");
  {
    const auto child = rig.open("child.vmdk");
    REQUIRE(child.device->write_zeroes(8, 8) == IoStatus::ok);
    CHECK(child.device->extent_at(8).state == ClusterState::zero);
    CHECK(child.device->extent_at(8).layer == 0);
  }
  CHECK(rig.host->bytes("child.vmdk").all().size() < 32 * kSectorSize + 4096);  // no grain for it
  CHECK(rig.byte_at("child.vmdk", 7) == 0x11);
  CHECK(rig.byte_at("child.vmdk", 8) == 0);
  CHECK(rig.byte_at("child.vmdk", 16) == 0x11);
  {
    storage::OpenOptions options;
    options.write_parent = true;
    const auto child = storage::open_image(rig.host->place("child.vmdk"), options);
    storage::commit_image(*child.image, true, {});
  }
  CHECK(rig.byte_at("base.vmdk", 8) == 0);
  CHECK(rig.byte_at("base.vmdk", 16) == 0x11);
  CHECK(rig.byte_at("child.vmdk", 8) == 0);
}

TEST_CASE("vmdk: entry 1 without the flag for grains of zeroes is damage", "[storage][vmdk]") {
  VmdkRig rig;
  rig.make("d.vmdk", 64, kSmallGrains);
  const auto header = rig.header("d.vmdk");
  const std::uint64_t table = std::uint64_t{rig.word_at("d.vmdk", header.directory * 512)} * 512;
  const std::uint64_t copy =
      std::uint64_t{rig.word_at("d.vmdk", header.redundant_directory * 512)} * 512;
  rig.patch("d.vmdk", table + 4, 1);
  rig.patch("d.vmdk", copy + 4, 1);
  {
    const auto image = rig.open("d.vmdk", OpenMode::read_only);
    CHECK(read_one(*image.device, 8) == IoStatus::corrupt);
    CHECK(read_one(*image.device, 0) == IoStatus::ok);
  }
  // An error in one grain makes the whole image read-only, as its writes might do harm.
  CHECK(write_one(*rig.open("d.vmdk").device, 0) == IoStatus::corrupt);
  CHECK(rig.check("d.vmdk").errors == 1);
}

TEST_CASE("vmdk: both sets of tables change together", "[storage][vmdk]") {
  VmdkRig rig;
  const std::uint64_t sectors = 8 * 512 * 3 + 8;  // four tables, the last with one entry
  rig.make("d.vmdk", sectors, kSmallGrains);
  for (const std::uint64_t lba : {std::uint64_t{0}, std::uint64_t{4090}, sectors - 1}) {
    rig.write("d.vmdk", lba, 0x55, lba == 4090 ? 20 : 1);
  }
  const auto header = rig.header("d.vmdk");
  CHECK(header.flags == (storage::kVmdkNewlineFlag | storage::kVmdkRedundantFlag));
  CHECK(header.unclean == 0);
  std::uint64_t used = 0;
  for (std::uint64_t table = 0; table < 4; ++table) {
    const std::uint64_t first = rig.word_at("d.vmdk", header.directory * 512 + table * 4);
    const std::uint64_t second =
        rig.word_at("d.vmdk", header.redundant_directory * 512 + table * 4);
    CHECK(first != second);
    for (std::uint64_t i = 0; i < 512; ++i) {
      const std::uint32_t entry = rig.word_at("d.vmdk", first * 512 + i * 4);
      if (entry != 0) ++used;
      if (entry != rig.word_at("d.vmdk", second * 512 + i * 4)) FAIL("entry " << i << " differs");
    }
  }
  CHECK(used == 5);  // 1 + 3 across the tables' border + 1
}

TEST_CASE("vmdk: where one directory leads nowhere the other one is believed, and check says so",
          "[storage][vmdk]") {
  VmdkRig rig;
  rig.make("d.vmdk", 64, kSmallGrains);
  rig.write("d.vmdk", 20, 0x66);
  const auto header = rig.header("d.vmdk");
  const std::uint32_t lost = GENERATE(0U, 0xFFFFFF00U);
  const bool first = GENERATE(true, false);
  rig.patch("d.vmdk", (first ? header.directory : header.redundant_directory) * 512, lost);
  CHECK(rig.byte_at("d.vmdk", 20) == 0x66);
  CHECK(rig.check("d.vmdk").errors != 0);
  rig.check("d.vmdk", {.repair = storage::CheckOptions::Repair::all, .progress = {}});
  CHECK(rig.check("d.vmdk").errors == 0);
  CHECK(rig.byte_at("d.vmdk", 20) == 0x66);
}

TEST_CASE("vmdk: tables that a crash parted are settled by who else has the grain",
          "[storage][vmdk]") {
  VmdkRig rig;
  rig.make("d.vmdk", 64, kSmallGrains);
  rig.write("d.vmdk", 0, 0x11);
  rig.write("d.vmdk", 8, 0x22);
  const auto header = rig.header("d.vmdk");
  const std::uint64_t first = std::uint64_t{rig.word_at("d.vmdk", header.directory * 512)} * 512;
  const std::uint64_t second =
      std::uint64_t{rig.word_at("d.vmdk", header.redundant_directory * 512)} * 512;
  const std::uint32_t grain0 = rig.word_at("d.vmdk", first);
  const bool in_first = GENERATE(true, false);

  SECTION("the copy that knows a grain of its own wins") {
    rig.patch("d.vmdk", in_first ? first : second, 0);
    CHECK(rig.check("d.vmdk").errors == 1);
    rig.check("d.vmdk", {.repair = storage::CheckOptions::Repair::all, .progress = {}});
    CHECK(rig.word_at("d.vmdk", first) == grain0);
    CHECK(rig.word_at("d.vmdk", second) == grain0);
    CHECK(rig.byte_at("d.vmdk", 0) == 0x11);
  }
  SECTION("an entry that names somebody else's grain loses") {
    rig.patch("d.vmdk", (in_first ? first : second) + 8, grain0);
    rig.check("d.vmdk", {.repair = storage::CheckOptions::Repair::all, .progress = {}});
    CHECK(rig.word_at("d.vmdk", first + 8) == 0);
    CHECK(rig.word_at("d.vmdk", second + 8) == 0);
  }
  CHECK(rig.check("d.vmdk").errors == 0);
}

TEST_CASE("vmdk: an unclean mark is set by the first allocation, and taken off at the end",
          "[storage][vmdk]") {
  VmdkRig rig;
  rig.make("d.vmdk", 64, kSmallGrains);
  {
    const auto image = rig.open("d.vmdk");
    CHECK(rig.header("d.vmdk").unclean == 0);
    REQUIRE(write_one(*image.device, 1) == IoStatus::ok);
    CHECK(rig.header("d.vmdk").unclean == 1);
    // What a killed process leaves.
    rig.host->put("killed.vmdk", rig.host->bytes("d.vmdk").all());
  }
  CHECK(rig.header("d.vmdk").unclean == 0);
  const auto info = rig.open("killed.vmdk", OpenMode::read_only).image->info();
  CHECK(info.marks.size() == 1);
  CHECK(rig.byte_at("killed.vmdk", 1) == 0x77);
  rig.write("killed.vmdk", 2, 0x22);
  CHECK(rig.header("killed.vmdk").unclean == 0);
  CHECK(rig.check("killed.vmdk").leaks == 0);
}

TEST_CASE("vmdk: what is not understood well enough is read, and not written", "[storage][vmdk]") {
  VmdkRig rig;
  rig.make("d.vmdk", 64, kSmallGrains);
  rig.write("d.vmdk", 1, 0x11);
  auto header = rig.header("d.vmdk");
  SECTION("version 3 without compression: changes are tracked elsewhere") {
    header.version = 3;
  }
  SECTION("a flag below bit 16") {
    header.flags = header.flags | 0x10;
  }
  rig.set_header("d.vmdk", header);
  CHECK(rig.byte_at("d.vmdk", 1) == 0x11);
  CHECK_FALSE(rig.refusal("d.vmdk", OpenMode::read_write).empty());
}

TEST_CASE("vmdk: a header that cannot be meant is refused with field, value and range",
          "[storage][vmdk]") {
  VmdkRig rig;
  rig.make("d.vmdk", 64, kSmallGrains);
  auto header = rig.header("d.vmdk");
  std::string field;
  const auto set = [&](const std::string& name, auto&& change) {
    field = name;
    change();
  };
  SECTION("version") {
    set("version", [&] { header.version = 4; });
  }
  SECTION("version 0") {
    set("version", [&] { header.version = 0; });
  }
  SECTION("flags") {
    set("flags", [&] { header.flags = header.flags | 1U << 18; });
  }
  SECTION("capacity") {
    set("capacity", [&] { header.capacity = ~std::uint64_t{0}; });
  }
  SECTION("grain 0") {
    set("sectors", [&] { header.grain = 0; });
  }
  SECTION("grain 4") {
    set("sectors", [&] { header.grain = 4; });
  }
  SECTION("grain 24") {
    set("sectors", [&] { header.grain = 24; });
  }
  SECTION("grain") {
    set("sectors", [&] { header.grain = 2 * storage::kMaxVmdkGrain; });
  }
  SECTION("entries 0") {
    set("entries", [&] { header.table_entries = 0; });
  }
  SECTION("entries") {
    set("entries", [&] { header.table_entries = 513; });
  }
  SECTION("tables") {
    set("entries", [&] { header.capacity = (storage::kMaxVmdkTables + 1) * 512 * 8; });
  }
  SECTION("directory") {
    set("sector", [&] { header.directory = 1 << 20; });
  }
  SECTION("directory in the header") {
    set("sector", [&] {
      header.directory = 0;
      header.redundant_directory = 0;
    });
  }
  SECTION("overhead") {
    set("overhead", [&] { header.overhead = 1 << 20; });
  }
  SECTION("descriptor") {
    set("sectors", [&] { header.descriptor_size = 1 << 20; });
  }
  SECTION("compression") {
    set("compression", [&] { header.compression = 2; });
  }
  SECTION("newline") {
    header.newline[3] = '\r';
  }
  rig.set_header("d.vmdk", header);
  const std::string said = rig.refusal("d.vmdk");
  CHECK(said.find("d.vmdk") != std::string::npos);
  if (!field.empty()) {
    CHECK(said.find("(" + field + " = ") != std::string::npos);
    CHECK(said.find(", allowed ") != std::string::npos);
  }
}

TEST_CASE("vmdk: foreign kinds are refused by name", "[storage][vmdk]") {
  VmdkRig rig;
  for (const std::string type : {"fullDevice", "partitionedDevice", "vmfsRDM", "seSparse"}) {
    rig.put("d.vmdk", "CID=1\ncreateType=\"" + type + "\"\nRW 8 ZERO\n");
    CHECK(rig.refusal("d.vmdk").find(type) != std::string::npos);
  }
  std::string extent(4096, '\0');
  extent.replace(0, 4, "\xBE\xBA\xFE\xCA");
  rig.put("e.vmdk", extent);
  CHECK(rig.refusal("e.vmdk").find("seSparse") != std::string::npos);
  rig.put("t.vmdk", "version=3\nCID=1\nchangeTrackPath=\"t-ctk.vmdk\"\nRW 8 FLAT \"f\" 0\n");
  rig.put("f", std::string(8 * kSectorSize, '\0'));
  CHECK(rig.refusal("t.vmdk").empty());
  CHECK(rig.refusal("t.vmdk", OpenMode::read_write).find("changeTrackPath") != std::string::npos);
}

TEST_CASE("vmdk: names written on Windows are looked for beside the descriptor",
          "[storage][vmdk]") {
  VmdkRig rig;
  rig.put("disk-f001.vmdk", std::string(8 * kSectorSize, '\x11'));
  for (const std::string name : {"C:\\VMs\\disk-f001.vmdk", "..\\x\\disk-f001.vmdk",
                                 "\\\\server\\share\\disk-f001.vmdk", "disk-f001.vmdk"}) {
    rig.put("d.vmdk", "CID=1\nRW 8 FLAT \"" + name + "\" 0\n");
    INFO(name);
    CHECK(rig.byte_at("d.vmdk", 0) == 0x11);
  }
  rig.put("d.vmdk", "CID=1\nRW 8 FLAT \"" + std::string(256, 'x') + "\" 0\n");
  CHECK(rig.refusal("d.vmdk").find("255") != std::string::npos);
}

TEST_CASE("vmdk: a descriptor is no extent of its own", "[storage][vmdk]") {
  VmdkRig rig;
  std::string text = "CID=1\nRW 1 FLAT \"d.vmdk\" 0\n";
  rig.put("d.vmdk", text + std::string(kSectorSize - text.size(), '\n'));
  CHECK_FALSE(rig.refusal("d.vmdk").empty());
  CHECK_FALSE(rig.refusal("d.vmdk", OpenMode::read_write).empty());
}

TEST_CASE("vmdk: the geometry is the descriptor's where ATA can have it", "[storage][vmdk]") {
  VmdkRig rig;
  const auto with = [&](const std::string& chs) {
    rig.put("f", std::string(8 * kSectorSize, '\0'));
    rig.put("d.vmdk", "CID=1\nRW 8 FLAT \"f\" 0\n" + chs);
    return rig.open("d.vmdk", OpenMode::read_only).device->geometry();
  };
  const auto keys = [](const std::string& c, const std::string& h, const std::string& s) {
    return "ddb.geometry.cylinders=\"" + c + "\"\nddb.geometry.heads = \"" + h +
           "\"\nddb.geometry.sectors=\"" + s + "\"\n";
  };
  CHECK(with(keys("301", "4", "17")) == storage::Geometry{301, 4, 17});
  CHECK_FALSE(with(keys("130", "255", "63")).known());  // a SCSI disk's
  CHECK_FALSE(with(keys("0", "16", "63")).known());
  CHECK_FALSE(with(keys("99999999999999", "16", "63")).known());
  CHECK_FALSE(with(keys("x", "16", "63")).known());
  CHECK_FALSE(with("").known());
}

TEST_CASE("vmdk: a child smaller or larger than its parent shows its own size", "[storage][vmdk]") {
  VmdkRig rig;
  rig.make("base.vmdk", 64, kSmallGrains);
  rig.write("base.vmdk", 0, 0x11, 64);
  rig.make("small.vmdk", 40, kSmallGrains, "base.vmdk");
  rig.make("large.vmdk", 100, kSmallGrains, "base.vmdk");
  CHECK(rig.open("small.vmdk", OpenMode::read_only).device->sector_count() == 40);
  CHECK(rig.byte_at("small.vmdk", 39) == 0x11);
  CHECK(rig.byte_at("large.vmdk", 63) == 0x11);
  CHECK(rig.byte_at("large.vmdk", 64) == 0);
  rig.write("large.vmdk", 62, 0x22, 4);
  CHECK(rig.byte_at("large.vmdk", 61) == 0x11);
  CHECK(rig.byte_at("large.vmdk", 66) == 0);
  // Grown, it does not show what lay beyond its end in the parent.
  {
    const auto image = rig.open("small.vmdk");
    image.image->resize(64, false, {});
    REQUIRE(image.device->close() == IoStatus::ok);
  }
  CHECK(rig.byte_at("small.vmdk", 39) == 0x11);
  CHECK(rig.byte_at("small.vmdk", 40) == 0);
  CHECK(rig.byte_at("small.vmdk", 63) == 0);
}

TEST_CASE("vmdk: writing to a child never writes to its parent", "[storage][vmdk]") {
  VmdkRig rig;
  rig.make("l0.vmdk", 256, kSmallGrains);
  rig.write("l0.vmdk", 0, 0x11, 256);
  rig.make("l1.vmdk", 256, kSmallGrains, "l0.vmdk");
  rig.make("l2.vmdk", 256, kSmallGrains, "l1.vmdk");
  const auto before0 = rig.host->bytes("l0.vmdk").all();
  const auto before1 = rig.host->bytes("l1.vmdk").all();
  rig.write("l2.vmdk", 9, 0x22, 3);
  CHECK(rig.host->bytes("l0.vmdk").all() == before0);
  CHECK(rig.host->bytes("l1.vmdk").all() == before1);
  CHECK(rig.byte_at("l2.vmdk", 8) == 0x11);
  CHECK(rig.byte_at("l2.vmdk", 9) == 0x22);
  CHECK(rig.byte_at("l2.vmdk", 12) == 0x11);
}

TEST_CASE("vmdk: opening 2 TiB reads little and keeps little", "[storage][vmdk]") {
  VmdkRig rig;
  rig.make("d.vmdk", std::uint64_t{1} << 32);
  const std::uint64_t before = rig.host->bytes_read();
  const auto image = rig.open("d.vmdk");
  // Two directories of 65536 entries and the descriptor; none of the 256 MiB of tables.
  CHECK(rig.host->bytes_read() - before < (std::uint64_t{1} << 20));
  REQUIRE(write_one(*image.device, (std::uint64_t{1} << 32) - 1) == IoStatus::ok);
  CHECK(rig.host->bytes_read() - before < (std::uint64_t{4} << 20));
}

TEST_CASE("vmdk: a repair that is cut off can be run again, and drops nothing", "[storage][vmdk]") {
  VmdkRig rig;
  rig.make("d.vmdk", 128, kSmallGrains);
  for (std::uint64_t grain = 0; grain < 6; ++grain) {
    rig.write("d.vmdk", grain * 16, static_cast<std::uint8_t>(0x11 * (grain + 1)));
  }
  const auto header = rig.header("d.vmdk");
  const std::uint64_t first = std::uint64_t{rig.word_at("d.vmdk", header.directory * 512)} * 512;
  const std::uint64_t second =
      std::uint64_t{rig.word_at("d.vmdk", header.redundant_directory * 512)} * 512;
  rig.patch("d.vmdk", first + 2 * 4, 0);   // entry 2 is known to the second set only,
  rig.patch("d.vmdk", second + 4 * 4, 0);  // entry 4 to the first,
  rig.patch("d.vmdk", first + 5 * 4, rig.word_at("d.vmdk", second));  // 5 claims 0's place,
  auto bytes = rig.host->bytes("d.vmdk").all();
  bytes.resize(bytes.size() + 3 * 4096, 0x99);  // and the tail belongs to nobody
  rig.host->put("d.vmdk", bytes);
  REQUIRE(rig.check("d.vmdk").errors == 3);
  const auto repair = [](support::MemoryHost& host) {
    storage::CheckOptions options;
    options.repair = storage::CheckOptions::Repair::all;
    return storage::check_image(host.place("d.vmdk"), storage::kVmdkFormat, options, {});
  };
  support::replay_operation(
      *rig.host, {.subsets = 4, .singles = 4}, [&] { repair(*rig.host); },
      [&](const support::CrashState& state) {
        repair(*state.host);
        const auto after =
            storage::check_image(state.host->place("d.vmdk"), storage::kVmdkFormat, {}, {});
        REQUIRE(after.errors + after.leaks == 0);
        const auto image = storage::open_image(state.host->place("d.vmdk"), {.format = "vmdk"});
        for (std::uint64_t grain = 0; grain < 6; ++grain) {
          VmdkBytes sector(kSectorSize);
          REQUIRE(image.device->read(grain * 16, sector) == IoStatus::ok);
          if (sector[0] != 0x11 * (grain + 1)) FAIL("sector " << grain * 16 << " was dropped");
        }
      });
}

TEST_CASE("vmdk: a chain has 64 layers and no more", "[storage][vmdk]") {
  VmdkRig rig;
  rig.make("l0.vmdk", 8, kSmallGrains);
  rig.write("l0.vmdk", 1, 0x11);
  for (std::size_t layer = 1; layer < storage::kMaxLayers; ++layer) {
    rig.make("l" + std::to_string(layer) + ".vmdk", 8, kSmallGrains,
             "l" + std::to_string(layer - 1) + ".vmdk");
  }
  CHECK(rig.byte_at("l63.vmdk", 1) == 0x11);
  rig.make("l64.vmdk", 8, kSmallGrains, "l63.vmdk");
  CHECK(rig.refusal("l64.vmdk").find("too many parents") != std::string::npos);
}

TEST_CASE("vmdk: growing a split disk leaves files alone that are not its own", "[storage][vmdk]") {
  VmdkRig rig;
  rig.make("d.vmdk", 400, {{"subformat", "twoGbMaxExtentFlat"}, {"extent_size", "192K"}});
  rig.put("d-f003.vmdk", "somebody's");
  {
    const auto image = rig.open("d.vmdk");
    image.image->resize(1200, false, {});
    REQUIRE(image.device->close() == IoStatus::ok);
  }
  CHECK(rig.text("d-f003.vmdk") == "somebody's");
  rig.write("d.vmdk", 1199, 0x11);
  CHECK(rig.byte_at("d.vmdk", 1199) == 0x11);
  CHECK(rig.check("d.vmdk").errors == 0);
}
