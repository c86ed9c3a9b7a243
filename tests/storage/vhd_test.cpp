// What VHDs of other products look like, and what damaged or hostile ones do not get away with.
#include <array>

#include "storage/layer.h"
#include "storage/vhd_names.h"
#include "tests/catch.hpp"
#include "tests/storage/vhd_images.h"
#include "tests/support/temp_dir.h"

using Catch::Matchers::Contains;
using storage::ClusterState;
using storage::Geometry;
using storage::IoStatus;
using storage::kSectorSize;
using storage::OpenMode;
using storage::VhdFooter;
using storage::VhdHeader;
using support::read_some;
using support::Sectors;
using support::sectors_of;
using support::VhdHost;

namespace {

constexpr std::uint64_t kMiB = 2048;  // sectors

void set_creator(VhdFooter& footer, std::string_view letters) {
  footer.creator = {};
  std::ranges::copy(letters, footer.creator.begin());
}

// Block `block` of the disk lies at this sector of the file.
std::uint32_t place_of(VhdHost& host, const std::string& name, std::uint64_t block) {
  const auto header = host.get<VhdHeader>(name, host.footer(name).header_at);
  return host.get<storage::Be32>(name, header.bat_at + block * 4);
}

void write(VhdHost& host, const std::string& name, std::uint64_t lba, const Sectors& bytes) {
  const auto image = host.open(name);
  REQUIRE(image.device->write(lba, bytes) == IoStatus::ok);
  REQUIRE(image.device->close() == IoStatus::ok);
}

}  // namespace

TEST_CASE("vhd: the geometry follows the specification's rule", "[storage][vhd]") {
  // As Virtual PC, Windows and QEMU compute it.
  const std::array<std::pair<std::uint64_t, Geometry>, 9> table = {{
      {4 * kMiB, {120, 4, 17}},
      {10 * kMiB, {301, 4, 17}},
      {20 * kMiB, {602, 4, 17}},
      {40 * kMiB, {963, 5, 17}},
      {100 * kMiB, {1003, 12, 17}},
      {1032192, {1024, 16, 63}},
      {1024 * kMiB, {2080, 16, 63}},
      {8192 * kMiB, {16644, 16, 63}},
      {127 * 1024 * kMiB, {65278, 16, 255}},
  }};
  for (const auto& [sectors, geometry] : table) {
    INFO(sectors);
    CHECK(storage::vhd_geometry(sectors) == geometry);
  }
  CHECK(storage::round_to_vhd_geometry(24772608 / 512) == 24788992 / 512);
}

TEST_CASE("vhd: the size is whole cylinders for Virtual PC and QEMU alone", "[storage][vhd]") {
  VhdHost host;
  host.create("disk.vhd", 40 * kMiB);
  const std::uint64_t by_chs = std::uint64_t{963} * 5 * 17;
  const std::string_view whole[] = {"vpc ", "qemu"};
  const std::string_view exact[] = {
      "vs  ", "qem2", "win ", std::string_view("d2v\0", 4), std::string_view("tap\0", 4),
      "CTXS", "vbox", "mVHD", std::string_view("wa\0\0", 4)};
  const auto size_by = [&](std::string_view creator, const storage::Options& options = {}) {
    host.change_footer("disk.vhd", [&](VhdFooter& footer) { set_creator(footer, creator); });
    return host.open("disk.vhd", OpenMode::read_only, {.options = options}).device->sector_count();
  };
  for (const auto creator : whole) CHECK(size_by(creator) == by_chs);
  for (const auto creator : exact) CHECK(size_by(creator) == 40 * kMiB);
  CHECK(size_by("vpc ", {{"size", "current"}}) == 40 * kMiB);
  CHECK(size_by("win ", {{"size", "chs"}}) == by_chs);
  // A geometry that cannot be meant says nothing.
  host.change_footer("disk.vhd", [](VhdFooter& footer) {
    storage::set_geometry(footer, {65535, 16, 255});
  });
  CHECK(size_by("vpc ") == 40 * kMiB);
  // "original size" is history.
  host.change_footer("disk.vhd", [](VhdFooter& footer) { footer.original_size = 512; });
  CHECK(size_by("win ") == 40 * kMiB);
}

TEST_CASE("vhd: the footer's geometry is the disk's when a drive can have it", "[storage][vhd]") {
  VhdHost host;
  host.create("disk.vhd", 24772608 / 512);
  const auto geometry_with = [&](const Geometry& stated) {
    host.change_footer("disk.vhd",
                       [&](VhdFooter& footer) { storage::set_geometry(footer, stated); });
    return host.open("disk.vhd", OpenMode::read_only).device->geometry();
  };
  CHECK(geometry_with({48, 16, 63}) == Geometry{48, 16, 63});
  CHECK(geometry_with({710, 4, 17}) == Geometry{710, 4, 17});
  CHECK_FALSE(geometry_with({65278, 16, 255}).known());
  CHECK_FALSE(geometry_with({48, 0, 63}).known());
  CHECK_FALSE(geometry_with({48, 17, 63}).known());
}

TEST_CASE("vhd: is told from a raw disk that holds one", "[storage][vhd]") {
  VhdHost host;
  host.create("fixed.vhd", 100, {{"subformat", "fixed"}});
  host.create("dynamic.vhd", 100);
  const auto under = [&](const std::string& from, const std::string& to) {
    host.host->put(to, host.host->bytes(from).all());
    return host.refusal(to);
  };
  CHECK(host.refusal("fixed.vhd") == "opened");
  CHECK(under("fixed.vhd", "fixed.avhd") == "opened");
  CHECK(under("fixed.vhd", "FIXED.VUD") == "opened");
  CHECK_THAT(under("fixed.vhd", "disk.img"), Contains("by its last sector but not by its name"));
  CHECK(host.refusal("disk.img", OpenMode::read_only, {.format = "vpc"}) == "opened");
  CHECK(under("dynamic.vhd", "dynamic.img") == "opened");
  host.host->put("damaged.vhd", Sectors(4096));
  CHECK_THAT(host.refusal("damaged.vhd"), Contains("it has no footer"));
  Sectors vhdx(4096);
  std::memcpy(vhdx.data(), "vhdxfile", 8);
  host.host->put("new.vhdx", vhdx);
  CHECK_THAT(host.refusal("new.vhdx"), Contains("Hyper-V disk (VHDX)"));
}

TEST_CASE("vhd: a footer of 511 bytes is whole", "[storage][vhd]") {
  VhdHost host;
  const std::string kind = GENERATE("fixed", "dynamic");
  host.create("old.vhd", 8 * kMiB, {{"subformat", kind}});
  write(host, "old.vhd", 77, sectors_of(0x5A));
  host.host->bytes("old.vhd").resize(host.size("old.vhd") - 1);
  {
    const auto image = host.open("old.vhd");
    CHECK(read_some(*image.device, 77) == sectors_of(0x5A));
    CHECK(image.device->write(6 * kMiB, sectors_of(0x33)) == IoStatus::ok);
    REQUIRE(image.device->close() == IoStatus::ok);
  }
  CHECK(host.check("old.vhd").errors == 0);
  const auto again = host.open("old.vhd");
  CHECK(read_some(*again.device, 77) == sectors_of(0x5A));
  CHECK(read_some(*again.device, 6 * kMiB) == sectors_of(0x33));
}

TEST_CASE("vhd: a lost footer is found at the head, for reading until it is repaired",
          "[storage][vhd]") {
  VhdHost host;
  host.create("disk.vhd", 8 * kMiB);
  write(host, "disk.vhd", 4 * kMiB, sectors_of(0x42));
  const std::uint64_t size = host.size("disk.vhd");
  const bool cut = GENERATE(false, true);
  if (cut) {
    host.host->bytes("disk.vhd").resize(size - 512);
  } else {
    host.put("disk.vhd", size - 300, std::uint32_t{0x12345678});
  }
  {
    const auto image = host.open("disk.vhd", OpenMode::read_only);
    CHECK(read_some(*image.device, 4 * kMiB) == sectors_of(0x42));
    CHECK(image.image->info().marks.at(0) == "footer lost");
    REQUIRE(host.warnings.size() == 1);
  }
  CHECK_THAT(host.refusal("disk.vhd", OpenMode::read_write), Contains("lost its footer"));
  CHECK(host.check("disk.vhd").errors == 1);
  CHECK(host.repair("disk.vhd").errors_fixed == 1);
  CHECK(host.check("disk.vhd").errors == 0);
  CHECK(host.size("disk.vhd") == size);
  write(host, "disk.vhd", 0, sectors_of(0x43));
  CHECK(read_some(*host.open("disk.vhd").device, 4 * kMiB) == sectors_of(0x42));
}

TEST_CASE("vhd: a lost copy of the footer is made again", "[storage][vhd]") {
  VhdHost host;
  host.create("disk.vhd", 8 * kMiB);
  host.put("disk.vhd", 40, std::uint32_t{0x12345678});
  CHECK(host.refusal("disk.vhd", OpenMode::read_write) == "opened");
  CHECK(host.check("disk.vhd").errors == 1);
  CHECK(host.repair("disk.vhd").errors_fixed == 1);
  CHECK(host.check("disk.vhd").errors == 0);
  CHECK(host.get<VhdFooter>("disk.vhd", 0).checksum == host.footer("disk.vhd").checksum);
}

TEST_CASE("vhd: wrong checksums are refused unless they are to be ignored", "[storage][vhd]") {
  VhdHost host;
  host.create("disk.vhd", 8 * kMiB);
  write(host, "disk.vhd", 9, sectors_of(0x42));
  VhdFooter footer = host.footer("disk.vhd");
  footer.checksum = footer.checksum ^ 0x100;
  host.put("disk.vhd", host.size("disk.vhd") - 512, footer);
  host.put("disk.vhd", 0, footer);
  host.put("disk.vhd", 512 + 900, std::uint8_t{1});  // the header's reserved part
  CHECK_THAT(host.refusal("disk.vhd"), Contains("its footer is damaged (checksum = "));
  const storage::OpenOptions ignore{.options = {{"ignore_checksum", "on"}}};
  const auto image = host.open("disk.vhd", OpenMode::read_only, ignore);
  CHECK(read_some(*image.device, 9) == sectors_of(0x42));
  CHECK_THAT(host.refusal("disk.vhd", OpenMode::read_write, ignore),
             Contains("a checksum is wrong"));
  CHECK(host.repair("disk.vhd").errors_fixed == 1);
  CHECK(host.refusal("disk.vhd", OpenMode::read_write) == "opened");
}

TEST_CASE("vhd: a file cut off while it grew goes on from the footer it still has",
          "[storage][vhd]") {
  VhdHost host;
  const std::string kind = GENERATE("fixed", "dynamic");
  host.create("disk.vhd", 4 * kMiB, {{"subformat", kind}});
  write(host, "disk.vhd", 9, sectors_of(0x42));
  const std::uint64_t size = host.size("disk.vhd");
  host.host->bytes("disk.vhd").resize(size + 3000064);
  CHECK(read_some(*host.open("disk.vhd", OpenMode::read_only).device, 9) == sectors_of(0x42));
  CHECK(host.check("disk.vhd").leaks == 1);
  write(host, "disk.vhd", 10, sectors_of(0x43));
  CHECK(host.size("disk.vhd") == size);
  CHECK(read_some(*host.open("disk.vhd").device, 9) == sectors_of(0x42));
}

TEST_CASE("vhd: a differencing disk is read bit by bit", "[storage][vhd]") {
  VhdHost host;
  host.create("base.vhd", 4 * kMiB);
  write(host, "base.vhd", 0, sectors_of(0xBB, 64));
  host.create_child("base.vhd", "child.vhd");
  // Ones that end inside a byte: FCh, where libvhdi 20210425 sees zeroes instead of the parent.
  write(host, "child.vhd", 0, sectors_of(0xCC, 6));
  write(host, "child.vhd", 21, sectors_of(0xCD, 1));
  const std::uint64_t bitmap = place_of(host, "child.vhd", 0) * std::uint64_t{512};
  CHECK(host.get<std::uint8_t>("child.vhd", bitmap) == 0xFC);
  CHECK(host.get<std::uint8_t>("child.vhd", bitmap + 2) == 0x04);
  const auto image = host.open("child.vhd", OpenMode::read_only);
  CHECK(read_some(*image.device, 5) == sectors_of(0xCC));
  CHECK(read_some(*image.device, 6, 15) == sectors_of(0xBB, 15));
  CHECK(read_some(*image.device, 21) == sectors_of(0xCD));
  CHECK(read_some(*image.device, 22, 42) == sectors_of(0xBB, 42));
  const storage::Extent first = image.device->extent_at(0);
  CHECK((first.layer == 0 && first.sector_count == 6 && first.state == ClusterState::data));
  CHECK(image.device->extent_at(6).layer == 1);
}

TEST_CASE("vhd: zeroes in a child hide what its parent has", "[storage][vhd]") {
  VhdHost host;
  host.create("base.vhd", 8 * kMiB);
  write(host, "base.vhd", 0, sectors_of(0xBB, 64));
  write(host, "base.vhd", 6 * kMiB, sectors_of(0xBB, 8));
  host.create_child("base.vhd", "child.vhd");
  write(host, "child.vhd", 3, sectors_of(0, 2));
  {
    const auto image = host.open("child.vhd");
    CHECK(image.device->write_zeroes(6 * kMiB, 4) == IoStatus::ok);
    CHECK(image.device->write_zeroes(4 * kMiB, 100) == IoStatus::ok);  // nothing there to hide
    REQUIRE(image.device->close() == IoStatus::ok);
  }
  const auto image = host.open("child.vhd", OpenMode::read_only);
  CHECK(read_some(*image.device, 2, 4) == [] {
    Sectors all = sectors_of(0xBB, 4);
    std::fill_n(all.begin() + 512, 1024, std::uint8_t{0});
    return all;
  }());
  CHECK(read_some(*image.device, 6 * kMiB, 4) == sectors_of(0, 4));
  CHECK(read_some(*image.device, 6 * kMiB + 4, 4) == sectors_of(0xBB, 4));
  CHECK(image.device->extent_at(4 * kMiB).state == ClusterState::unallocated);
}

TEST_CASE("vhd: a parent that changed is refused, and read by force", "[storage][vhd]") {
  VhdHost host;
  host.create("base.vhd", 4 * kMiB);
  write(host, "base.vhd", 0, sectors_of(0xBB));
  host.create_child("base.vhd", "child.vhd");
  host.change_footer("base.vhd", [](VhdFooter& footer) { footer.id[3] ^= 1; });
  CHECK_THAT(host.refusal("child.vhd"), Contains("its parent is not the one it was made for"));
  const auto image = host.open("child.vhd", OpenMode::read_only, {.force = true});
  CHECK(read_some(*image.device, 0) == sectors_of(0xBB));
  CHECK(host.warnings.size() == 1);
}

TEST_CASE("vhd: a parent of another size allows reading only", "[storage][vhd]") {
  VhdHost host;
  host.create("base.vhd", 4 * kMiB);
  host.create_child("base.vhd", "child.vhd");
  {
    const auto base = host.open("base.vhd");
    base.image->resize(2 * kMiB, true, {});
    REQUIRE(base.device->close() == IoStatus::ok);
  }
  CHECK_THAT(host.refusal("child.vhd", OpenMode::read_write), Contains("of another size"));
  const auto image = host.open("child.vhd", OpenMode::read_only);
  CHECK(read_some(*image.device, 3 * kMiB) == sectors_of(0));
}

TEST_CASE("vhd: parents are found by what Windows writes", "[storage][vhd]") {
  VhdHost host;
  host.create("base.vhd", 4 * kMiB);
  host.create_child("base.vhd", "child.vhd");
  const auto with_names = [&](std::string_view header_name, bool locators) {
    host.change_header("child.vhd", [&](VhdHeader& header) {
      header.parent_name = {};
      std::ranges::transform(header_name, header.parent_name.begin(),
                             [](char c) { return storage::Be16(static_cast<std::uint16_t>(c)); });
      if (!locators) {
        for (auto& locator : header.locators) locator.code = {};
      }
    });
    return host.refusal("child.vhd");
  };
  CHECK(with_names("C:\\gone\\elsewhere.vhd", true) == "opened");  // W2ru
  CHECK(with_names("C:\\disks\\base.vhd", false) == "opened");     // the last component
  CHECK(with_names("base.vhd", false) == "opened");
  CHECK_THAT(with_names("C:\\disks\\gone.vhd", false),
             Contains("has lost its parent (tried gone.vhd)"));
  CHECK_THAT(with_names("", false), Contains("does not name it"));
  // A child that is its own parent.
  CHECK_THAT(with_names("child.vhd", false), Contains("its own parent"));
}

TEST_CASE("vhd: names from an image never lead out of its folder", "[storage][vhd]") {
  const support::TempDir dir;
  std::filesystem::create_directories(dir.path() / "inner");
  const auto make = [&](const std::filesystem::path& file, const std::filesystem::path& parent) {
    storage::OpenOptions options;
    const auto place = storage::PosixDirectory::place_of(file, storage::host_rules(options));
    storage::CreateOptions create;
    create.sectors = 4 * kMiB;
    storage::OpenedImage base;
    if (!parent.empty()) {
      base = storage::open_image(parent, {.mode = OpenMode::read_only});
      create.sectors = 0;
      create.parent = storage::ParentRef{.image = base.image,
                                         .name = name_to_record(*place.directory, parent),
                                         .format = "vhd",
                                         .path = parent};
    }
    storage::create_image(place, storage::kVhdFormat, create, options);
  };
  make(dir.path() / "base.vhd", {});
  // Not the second that its footer tells.
  const auto time =
      std::filesystem::last_write_time(dir.path() / "base.vhd") - std::chrono::seconds(100000);
  std::filesystem::last_write_time(dir.path() / "base.vhd", time);
  make(dir.path() / "inner/child.vhd", dir.path() / "base.vhd");
  const auto refusal = [&](storage::OpenOptions options) -> std::string {
    options.mode = OpenMode::read_only;
    try {
      storage::open_image(dir.path() / "inner/child.vhd", options);
      return "opened";
    } catch (const storage::ImageError& error) {
      return error.what();
    }
  };
  CHECK_THAT(refusal({}), Contains("has lost its parent"));
  CHECK_THAT(refusal({}), Contains("--allow-dir"));
  CHECK(refusal({.allow = {dir.path()}}) == "opened");

  // The parent's file tells when it was written; another time is worth a word, no more.
  std::vector<std::string> warnings;
  const auto warn = [&](std::string_view text) { warnings.emplace_back(text); };
  CHECK(refusal({.warn = warn, .allow = {dir.path()}}) == "opened");
  CHECK(warnings.empty());
  std::filesystem::last_write_time(dir.path() / "base.vhd", time + std::chrono::hours(1));
  CHECK(refusal({.warn = warn, .allow = {dir.path()}}) == "opened");  // a time zone
  CHECK(warnings.empty());
  std::filesystem::last_write_time(dir.path() / "base.vhd", time + std::chrono::minutes(7));
  CHECK(refusal({.warn = warn, .allow = {dir.path()}}) == "opened");
  REQUIRE(warnings.size() == 1);
  CHECK_THAT(warnings.front(), Contains("another time stamp"));
}

TEST_CASE("vhd: parent and child may have the same id", "[storage][vhd]") {
  // 86Box gives all that it makes within one second the same.
  VhdHost host;
  host.create("base.vhd", 4 * kMiB);
  host.create_child("base.vhd", "child.vhd");
  const storage::Uuid id = host.footer("base.vhd").id;
  host.change_footer("child.vhd", [&](VhdFooter& footer) { footer.id = id; });
  CHECK(host.refusal("child.vhd", OpenMode::read_write) == "opened");
}

TEST_CASE("vhd: names in UTF-16 come through whatever they hold", "[storage][vhd]") {
  const std::u16string units =
      storage::utf16_from_utf8("x", "a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x92\xBE");
  CHECK(units == u"a\u00E4\u20AC\U0001F4BE");
  CHECK(storage::utf8_from_utf16(units) == "a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x92\xBE");
  const std::array<char16_t, 3> alone = {0xDC00, u'x', 0xD800};
  CHECK(storage::utf8_from_utf16(alone) == "\xED\xB0\x80x\xED\xA0\x80");
  for (const std::string_view bad : {"\xFF", "\xC3", "\xC0\x80", "a\xE2\x82"}) {
    CHECK_THROWS_AS(storage::utf16_from_utf8("x", bad), storage::ImageError);
  }
}

TEST_CASE("vhd: an entry that leads nowhere spoils its own block only", "[storage][vhd]") {
  VhdHost host;
  host.create("disk.vhd", 8 * kMiB);
  for (std::uint64_t block = 0; block < 4; ++block) {
    write(host, "disk.vhd", block * 4096, sectors_of(static_cast<std::uint8_t>(block + 1)));
  }
  const std::uint32_t bad = GENERATE(0U, 1U, 3U, 0x7FFFFFFFU, 0xFFFFFFFEU, 0xFFFF0000U);
  const bool shared = bad == 3;
  host.put("disk.vhd", 1536 + 4, storage::Be32(shared ? place_of(host, "disk.vhd", 2) + 5 : bad));
  {
    const auto image = host.open("disk.vhd");
    CHECK(read_some(*image.device, 0) == sectors_of(1));
    CHECK(read_some(*image.device, 3 * 4096) == sectors_of(4));
    Sectors found(512);
    if (!shared) {
      CHECK(image.device->read(4096, found) == IoStatus::corrupt);
      CHECK(image.device->extent_at(4096).state == ClusterState::corrupt);
    }
    // Nothing is written while the table cannot be right.
    CHECK(image.device->write(0, sectors_of(9)) == IoStatus::corrupt);
  }
  CHECK(host.check("disk.vhd").errors == 1);
  CHECK(host.repair("disk.vhd").errors_fixed == 0);
  CHECK(place_of(host, "disk.vhd", 1) != storage::kNoVhdBlock);
  CHECK(host.repair("disk.vhd", true).errors_fixed == 1);
  CHECK(host.check("disk.vhd").errors == 0);
  const auto image = host.open("disk.vhd");
  // One of two that share a place goes; which one cannot be told.
  CHECK(read_some(*image.device, 3 * 4096) == sectors_of(4));
  CHECK(image.device->write(4096, sectors_of(9)) == IoStatus::ok);
  CHECK(read_some(*image.device, 4096) == sectors_of(9));
}

TEST_CASE("vhd: blocks of others may lie anywhere, and what lies between them stays",
          "[storage][vhd]") {
  // Disk2vhd's irregular steps, 86Box's gaps, XenServer's map behind the BAT.
  VhdHost host;
  host.create("disk.vhd", 8 * kMiB, {{"block_size", "512K"}});
  const VhdFooter footer = host.footer("disk.vhd");
  const std::uint64_t batmap = 1536 + 512;
  host.put("disk.vhd", batmap, std::array<char, 8>{'t', 'd', 'b', 'a', 't', 'm', 'a', 'p'});
  const std::uint32_t places[] = {3001, 9, 1500};
  for (std::uint32_t block = 0; block < 3; ++block) {
    host.put("disk.vhd", 1536 + block * 4, storage::Be32(places[block]));
    const std::uint64_t at = places[block] * std::uint64_t{512};
    host.put("disk.vhd", at, std::array<std::uint8_t, 2>{0xC0, 0x01});
    host.put("disk.vhd", at + 512,
             std::array<std::uint8_t, 2>{static_cast<std::uint8_t>(block + 1)});
    host.put("disk.vhd", at + 512 * 3, std::uint8_t{0x77});  // bit 0: nobody's
  }
  const std::uint64_t end = (3001 + 1025) * 512;
  host.put("disk.vhd", end, std::array<char, 4>{'k', 'e', 'e', 'p'});
  host.put("disk.vhd", end + 1024, footer);
  {
    const auto image = host.open("disk.vhd");
    for (std::uint8_t block = 0; block < 3; ++block) {
      CHECK(read_some(*image.device, block * 1024U)[0] == block + 1);
      CHECK(read_some(*image.device, block * 1024U + 2) == sectors_of(0));
    }
    CHECK(image.device->write(5 * 1024, sectors_of(0x55, 2048)) == IoStatus::ok);
    CHECK(image.device->write(1, sectors_of(0x66)) == IoStatus::ok);
    CHECK(image.device->discard(5 * 1024, 2048) == IoStatus::ok);
    REQUIRE(image.device->close() == IoStatus::ok);
  }
  CHECK(host.get<std::array<char, 4>>("disk.vhd", batmap) == std::array{'t', 'd', 'b', 'a'});
  CHECK(host.get<std::array<char, 4>>("disk.vhd", end) == std::array{'k', 'e', 'e', 'p'});
  CHECK(host.check("disk.vhd").errors == 0);
  const auto image = host.open("disk.vhd", OpenMode::read_only);
  CHECK(read_some(*image.device, 1) == sectors_of(0x66));
  CHECK(read_some(*image.device, 2) == sectors_of(0));
  CHECK(read_some(*image.device, 5 * 1024, 2048) == sectors_of(0, 2048));
}

TEST_CASE("vhd: a place that an earlier session gave up is taken again before the file grows",
          "[storage][vhd]") {
  VhdHost host;
  host.create("disk.vhd", 16 * kMiB);
  write(host, "disk.vhd", 0, sectors_of(1));
  write(host, "disk.vhd", 4096, sectors_of(2));
  write(host, "disk.vhd", 2 * 4096, sectors_of(3));
  const std::uint32_t place = place_of(host, "disk.vhd", 1);
  {
    const auto image = host.open("disk.vhd");
    REQUIRE(image.device->discard(4096, 4096) == IoStatus::ok);
    REQUIRE(image.device->close() == IoStatus::ok);
  }
  const std::uint64_t size = host.size("disk.vhd");
  // Bytes that nobody names are somebody's perhaps.
  const bool used = GENERATE(false, true);
  if (used) host.put("disk.vhd", (place + 2000) * std::uint64_t{512}, std::uint8_t{0x77});
  write(host, "disk.vhd", 5 * 4096, sectors_of(4));
  CHECK((place_of(host, "disk.vhd", 5) == place) == !used);
  CHECK((host.size("disk.vhd") == size) == !used);
  CHECK(host.check("disk.vhd").errors == 0);
  const auto image = host.open("disk.vhd", OpenMode::read_only);
  CHECK(read_some(*image.device, 4096) == sectors_of(0));
  CHECK(read_some(*image.device, 5 * 4096) == sectors_of(4));
  CHECK(read_some(*image.device, 5 * 4096 + 1) == sectors_of(0));
}

TEST_CASE("vhd: hostile headers are refused", "[storage][vhd]") {
  VhdHost host;
  host.create("disk.vhd", 8 * kMiB);
  const auto refusal_with = [&](auto&& change) {
    const auto copy = host.host->copy();
    host.change_header("disk.vhd", change);
    std::string text = host.refusal("disk.vhd");
    host.host = copy;
    return text;
  };
  CHECK(refusal_with([](VhdHeader&) {}) == "opened");
  // Bochs makes one entry too many.
  CHECK(refusal_with([](VhdHeader& h) { h.entries = 5; }) == "opened");
  CHECK_THAT(refusal_with([](VhdHeader& h) { h.entries = 3; }), Contains("BAT entries = 3"));
  CHECK_THAT(refusal_with([](VhdHeader& h) { h.entries = 0xFFFFFFFF; }), Contains("BAT entries"));
  CHECK_THAT(refusal_with([](VhdHeader& h) { h.entries = 0x1000000; }), Contains("BAT offset"));
  for (const std::uint32_t size : {0U, 1U, 511U, 2048U, 3U << 20, 1U << 29, 0xFFFFFFFFU}) {
    CHECK_THAT(refusal_with([&](VhdHeader& h) { h.block_size = size; }), Contains("block size"));
  }
  for (const std::uint64_t at : {std::uint64_t{0}, std::uint64_t{1537}, std::uint64_t{1} << 40,
                                 ~std::uint64_t{0}, ~std::uint64_t{511}}) {
    CHECK_THAT(refusal_with([&](VhdHeader& h) { h.bat_at = at; }), Contains("BAT offset"));
  }
  CHECK_THAT(refusal_with([](VhdHeader& h) { h.version = 0x20000; }), Contains("version"));
  CHECK_THAT(refusal_with([](VhdHeader& h) { h.cookie[0] = 'x'; }), Contains("no dynamic header"));
  const auto footer_refusal = [&](auto&& change) {
    const auto copy = host.host->copy();
    host.change_footer("disk.vhd", change);
    std::string text = host.refusal("disk.vhd");
    host.host = copy;
    return text;
  };
  for (const std::uint32_t type : {0U, 1U, 5U, 6U, 0x10002U}) {
    CHECK_THAT(footer_refusal([&](VhdFooter& f) { f.type = type; }), Contains("unknown type"));
  }
  for (const std::uint64_t at : {std::uint64_t{0}, std::uint64_t{513}, ~std::uint64_t{0}}) {
    CHECK(footer_refusal([&](VhdFooter& f) { f.header_at = at; }) != "opened");
  }
  CHECK_THAT(footer_refusal([](VhdFooter& f) { f.current_size = 0; }), Contains("without a disk"));
  CHECK_THAT(footer_refusal([](VhdFooter& f) { f.current_size = ~std::uint64_t{0}; }),
             Contains("impossible size"));
  CHECK_THAT(footer_refusal([](VhdFooter& f) { f.version = 0x20000; }),
             Contains("unknown version"));
}

TEST_CASE("vhd: locators are believed as far as they make sense", "[storage][vhd]") {
  VhdHost host;
  host.create("base.vhd", 4 * kMiB);
  host.create_child("base.vhd", "child.vhd");
  const auto with = [&](auto&& change) {
    const auto copy = host.host->copy();
    host.change_header("child.vhd", [&](VhdHeader& header) { change(header.locators[0]); });
    std::string text = host.refusal("child.vhd");
    host.host = copy;
    return text;
  };
  // Sectors by the specification, bytes by everybody: of no use.
  CHECK(with([](storage::VhdLocator& one) { one.space = 1; }) == "opened");
  CHECK(with([](storage::VhdLocator& one) { one.space = 0xFFFFFFFF; }) == "opened");
  // The name in the header does as well.
  CHECK(with([](storage::VhdLocator& one) { one.length = 0xFFFFFFFF; }) == "opened");
  CHECK(with([](storage::VhdLocator& one) { one.at = ~std::uint64_t{0}; }) == "opened");
}

TEST_CASE("vhd: a disk with a saved state is written only on demand", "[storage][vhd]") {
  VhdHost host;
  host.create("disk.vhd", 4 * kMiB);
  host.change_footer("disk.vhd", [](VhdFooter& footer) { footer.saved_state = 1; });
  CHECK(host.refusal("disk.vhd") == "opened");
  CHECK_THAT(host.refusal("disk.vhd", OpenMode::read_write), Contains("saved state"));
  CHECK(host.refusal("disk.vhd", OpenMode::read_write,
                     {.options = {{"ignore_saved_state", "on"}}}) == "opened");
}

TEST_CASE("vhd: the largest disk is made and opened at once", "[storage][vhd]") {
  VhdHost host;
  CHECK_THROWS_WITH(host.create("more.vhd", 0xFF000001), Contains("allowed 1 to 4278190080"));
  host.create("most.vhd", 0xFF000000);
  const std::uint64_t before = host.host->bytes_read();
  const auto image = host.open("most.vhd", OpenMode::read_only);
  CHECK(read_some(*image.device, 0xFF000000 - 1) == sectors_of(0));
  CHECK(host.host->bytes_read() - before < 32768);
  CHECK(image.device->extent_at(0).sector_count == 0xFF000000);
}

TEST_CASE("vhd: what cannot be made is refused with the reason", "[storage][vhd]") {
  VhdHost host;
  CHECK_THROWS_WITH(host.create("a.vhd", 100, {{"subformat", "differencing"}}),
                    Contains("without a parent"));
  CHECK_THROWS_WITH(host.create("a.vhd", 100, {{"block_size", "3M"}}), Contains("powers of two"));
  CHECK_THROWS_WITH(host.create("a.vhd", 100, {{"block_size", "1K"}}), Contains("powers of two"));
  CHECK_THROWS_WITH(host.create("a.vhd", 0xFF000000, {{"block_size", "4K"}}),
                    Contains("too many blocks"));
  CHECK_THROWS_WITH(host.create("a.vhd", 100, {{"extent_size", "1M"}}), Contains("but for split"));
  CHECK_FALSE(host.host->has("a.vhd"));
  host.create("base.vhd", 100);
  CHECK_THROWS_WITH(host.create_child("base.vhd", "a.vhd", {{"subformat", "fixed"}}),
                    Contains("cannot have a parent"));
  storage::CreateOptions create;
  create.sectors = 100;
  create.parent =
      storage::ParentRef{.image = nullptr, .name = "base.vmdk", .format = "vmdk", .path = {}};
  CHECK_THROWS_WITH(
      storage::create_image(host.host->place("a.vhd"), storage::kVhdFormat, create, {}),
      Contains("knows its parent by a unique id"));
}

TEST_CASE("vhd: force_size says whether the size is rounded up as qemu-img does",
          "[storage][vhd]") {
  VhdHost host;
  host.create("exact.vhd", 24772608 / 512, {{"force_size", "on"}});
  host.create("whole.vhd", 24772608 / 512, {{"force_size", "off"}});
  host.create("plain.vhd", 24772608 / 512);
  CHECK(host.open("exact.vhd").device->sector_count() == 24772608 / 512);
  CHECK(host.open("plain.vhd").device->sector_count() == 24772608 / 512);
  const auto whole = host.open("whole.vhd");
  CHECK(whole.device->sector_count() == 24788992 / 512);
  CHECK(whole.device->geometry() == Geometry{712, 4, 17});
}
