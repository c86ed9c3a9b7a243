// The text descriptor: what is read from it, and that changing one line leaves all other bytes.
#include "storage/vmdk_descriptor.h"

#include "storage/image_error.h"
#include "tests/catch.hpp"

using storage::VmdkAccess;
using storage::VmdkDescriptor;
using storage::VmdkKind;

namespace {

VmdkDescriptor parsed(std::string_view text) {
  return {"d.vmdk", text};
}

std::string refusal(std::string_view text) {
  try {
    parsed(text);
    return "";
  } catch (const storage::ImageError& error) {
    return error.what();
  }
}

// Keys in odd places, an unknown one, blanks, comments, CRLF beside LF, no end at the end.
constexpr std::string_view kMessy =
    "# made by hand\r\n"
    "version = 1\r\n"
    "parentCID=ffffffff\n"
    "\n"
    "  CID\t=  ce90bc8  \n"
    "isNativeSnapshot=\"no\"\n"
    "createType=\"twoGbMaxExtentFlat\" \n"
    "vendor.key=\"kept, of course\"\n"
    "   # a comment in between\n"
    "RW 100 FLAT \"a b.vmdk\" 7\n"
    "rdonly 50 sparse plain.vmdk\n"
    "NOACCESS 3 ZERO\n"
    "#DDB\n"
    "ddb.uuid = \"60 00 C2 9f\"\n"
    "ddb.longContentID=\"00112233445566778899aabb0ce90bc8\"\n"
    "anything may stand here\n"
    "ddb.geometry.heads=\"16\"";

}  // namespace

TEST_CASE("vmdk descriptor: what is not changed stays byte for byte", "[storage][vmdk]") {
  const VmdkDescriptor descriptor = parsed(kMessy);
  CHECK(descriptor.text() == kMessy);
  CHECK(descriptor.cid() == 0x0ce90bc8);
  CHECK(descriptor.parent_cid() == storage::kNoParentCid);
  CHECK(descriptor.create_type() == "twoGbMaxExtentFlat");
  CHECK(descriptor.value("DDB.Geometry.Heads") == "16");
  CHECK_FALSE(descriptor.value("ddb.geometry").has_value());
  REQUIRE(descriptor.extents().size() == 3);
  CHECK(descriptor.extents()[0].name == "a b.vmdk");
  CHECK(descriptor.extents()[0].offset == 7);
  CHECK(descriptor.extents()[1].access == VmdkAccess::rdonly);
  CHECK(descriptor.extents()[1].name == "plain.vmdk");
  CHECK(descriptor.extents()[2].kind == VmdkKind::zero);
  CHECK(descriptor.extents()[2].access == VmdkAccess::noaccess);
}

TEST_CASE("vmdk descriptor: a new content id changes its own line and the long id, nothing else",
          "[storage][vmdk]") {
  // parentCID stands before CID: whoever searches for "CID" finds the wrong line.
  VmdkDescriptor descriptor = parsed(kMessy);
  descriptor.set_cid(0x1234567);
  std::string expected(kMessy);
  expected.replace(expected.find("ce90bc8  "), 7, "1234567");
  expected.replace(expected.find("0ce90bc8\""), 8, "01234567");
  CHECK(descriptor.text() == expected);
  CHECK(parsed(descriptor.text()).parent_cid() == storage::kNoParentCid);

  SECTION("and grows when seven digits do not hold it") {
    descriptor.set_cid(0xfedcba98);
    CHECK(parsed(descriptor.text()).cid() == 0xfedcba98);
    CHECK(descriptor.text().find("CID\t=  fedcba98  \n") != std::string::npos);
  }
}

TEST_CASE("vmdk descriptor: a drawn content id is like no other and has as many digits",
          "[storage][vmdk]") {
  storage::SeededIds ids(5);
  const VmdkDescriptor descriptor = parsed(kMessy);
  for (int i = 0; i < 200; ++i) {
    const std::uint32_t cid = descriptor.draw_cid(ids, {0x1111111});
    CHECK(storage::ordinary_cid(cid));
    CHECK(cid != descriptor.cid());
    CHECK(cid != 0x1111111);
    CHECK(cid >> 28 == 0);
  }
}

TEST_CASE("vmdk descriptor: new lines stand in the order that VirtualBox insists on",
          "[storage][vmdk]") {
  VmdkDescriptor descriptor = parsed(
      "# Disk DescriptorFile\nversion=1\nCID=11111111\ncreateType=\"monolithicSparse\"\n"
      "# Extent description\nRW 8 SPARSE \"x.vmdk\"\n# The Disk Data Base\n#DDB\n");
  descriptor.set_parent(0x22222222, "base.vmdk");
  descriptor.set("ddb.adapterType", "ide");
  descriptor.add_extent({.sectors = 9, .kind = VmdkKind::flat, .name = "y", .offset = 2});
  CHECK(descriptor.text() ==
        "# Disk DescriptorFile\nversion=1\nCID=11111111\nparentCID=22222222\n"
        "createType=\"monolithicSparse\"\nparentFileNameHint=\"base.vmdk\"\n"
        "# Extent description\nRW 8 SPARSE \"x.vmdk\"\nRW 9 FLAT \"y\" 2\n"
        "# The Disk Data Base\n#DDB\nddb.adapterType=\"ide\"\n");
  descriptor.clear_parent();
  CHECK(descriptor.parent_hint().empty());
  CHECK(descriptor.text().find("parentFileNameHint") == std::string::npos);
}

TEST_CASE("vmdk descriptor: a line that is added begins a line of its own", "[storage][vmdk]") {
  for (const std::string last : {"RW 8 ZERO", "RW 8 ZERO\n", "RW 8 ZERO\r\n", "RW 8 ZERO\r"}) {
    VmdkDescriptor descriptor = parsed("CID=1\n" + last);
    descriptor.add_extent({.sectors = 9, .kind = VmdkKind::zero});
    descriptor.set("ddb.adapterType", "ide");
    CHECK(parsed(descriptor.text()).extents().size() == 2);
    CHECK(parsed(descriptor.text()).value("ddb.adapterType") == "ide");
  }
}

TEST_CASE("vmdk descriptor: ends at the first NUL", "[storage][vmdk]") {
  const std::string text = "CID=1\nRW 8 ZERO\n" + std::string("\0RW 9 ZERO\n", 11);
  CHECK(parsed(text).extents().size() == 1);
}

TEST_CASE("vmdk descriptor: an extent line that is not understood is refused, not left out",
          "[storage][vmdk]") {
  // Leaving it out would make the disk shorter and shift what follows.
  CHECK(refusal("RW 8 SESPARSE \"x\"\n").find("SESPARSE") != std::string::npos);
  CHECK(refusal("RO 8 FLAT \"x\" 0\n").find("line 1") != std::string::npos);
  CHECK_FALSE(refusal("RW 0 ZERO\n").empty());
  CHECK_FALSE(refusal("RW -1 ZERO\n").empty());
  CHECK_FALSE(refusal("RW 18014398509481985 ZERO\n").empty());
  CHECK_FALSE(refusal("RW 8 FLAT\n").empty());
  CHECK_FALSE(refusal("RW 8 FLAT \"x\n").empty());
  CHECK_FALSE(refusal("RW 8 FLAT \"x\" y\n").empty());
  CHECK_FALSE(refusal("version=4\nRW 8 ZERO\n").empty());
  CHECK_FALSE(refusal("CID=123456789\nRW 8 ZERO\n").empty());
  CHECK(refusal("version=3\nRW 8 ZERO\n").empty());
}

TEST_CASE("vmdk descriptor: its limits are kept", "[storage][vmdk]") {
  CHECK_FALSE(refusal(std::string(storage::kMaxVmdkDescriptor + 1, '\n')).empty());
  CHECK(refusal("#" + std::string(storage::kMaxVmdkLine - 1, 'x') + "\n").empty());
  CHECK_FALSE(refusal("#" + std::string(storage::kMaxVmdkLine, 'x') + "\n").empty());
  std::string many;
  for (std::size_t i = 0; i < storage::kMaxVmdkExtents; ++i) many += "RW 8 ZERO\n";
  CHECK(refusal(many).empty());
  CHECK_FALSE(refusal(many + "RW 8 ZERO\n").empty());
  // 2^54 sectors in all.
  CHECK_FALSE(refusal("RW 18014398509481984 ZERO\nRW 1 ZERO\n").empty());
}

TEST_CASE("vmdk descriptor: names are in the encoding that it states", "[storage][vmdk]") {
  const VmdkDescriptor windows = parsed("encoding=\"windows-1252\"\nRW 8 ZERO\n");
  CHECK(windows.host_name("caf\xE9 \x80.vmdk") == "caf\xC3\xA9 \xE2\x82\xAC.vmdk");
  CHECK_THROWS_AS(windows.host_name("\x81"), storage::ImageError);
  CHECK(parsed("RW 8 ZERO\n").host_name("caf\xC3\xA9") == "caf\xC3\xA9");
}
