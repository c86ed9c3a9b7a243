// The text descriptor alone: what it does not change stays byte for byte, and what it changed reads
// back.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "storage/image_error.h"
#include "storage/vmdk_descriptor.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

void promise(bool kept, const char* what) {
  if (kept) return;
  std::fprintf(stderr, "fuzz: broken promise: %s\n", what);
  std::abort();
}

std::vector<std::uint8_t> bytes_of(std::string_view text) {
  return {text.begin(), text.end()};
}

void change(storage::VmdkDescriptor descriptor) {
  const std::size_t extents = descriptor.extents().size();
  descriptor.set_cid(0x12345678);
  descriptor.set_parent(0x9abcdef0, "parent.vmdk");
  descriptor.set_promised_parent_cid(0x0badcafe);
  descriptor.set("ddb.geometry.cylinders", "77");
  descriptor.add_extent({.sectors = 9, .kind = storage::VmdkKind::flat, .name = "x", .offset = 3});
  descriptor.set_extent_sectors(0, 5);
  const storage::VmdkDescriptor again("changed", descriptor.text());
  promise(again.cid() == 0x12345678 && again.parent_cid() == 0x9abcdef0, "ids read back");
  promise(again.parent_hint() == "parent.vmdk", "the parent's name reads back");
  promise(again.promised_parent_cid() == 0x0badcafe, "the promised id reads back");
  promise(again.value("ddb.geometry.cylinders") == "77", "a key reads back");
  promise(again.extents().size() == extents + 1, "an extent was added");
  promise(again.extents().front().sectors == 5, "an extent's size reads back");
  descriptor.drop_last_extent();
  descriptor.clear_parent();
  descriptor.set_promised_parent_cid(std::nullopt);
  const storage::VmdkDescriptor alone("alone", descriptor.text());
  promise(alone.extents().size() == extents, "an extent was dropped");
  promise(alone.parent_hint().empty() && !alone.promised_parent_cid(), "the parent is gone");
}

}  // namespace

std::vector<std::vector<std::uint8_t>> fuzz::seeds() {
  return {bytes_of("CID=1\nRW 1 ZERO\n"),
          bytes_of("# Disk DescriptorFile\r\nversion=1\r\nencoding=\"windows-1252\"\r\n"
                   "parentCID=ffffffff\r\nCID = fffffffe\r\ncreateType=\"streamOptimized\" \r\n"
                   "RDONLY 16 SPARSE \"a b.vmdk\"\r\n"),
          bytes_of("# Disk DescriptorFile\nversion=1\nCID=ce90bc8\nparentCID=11111111\n"
                   "isNativeSnapshot=\"no\"\ncreateType=\"custom\"\nparentFileNameHint=\"p.vmdk\"\n"
                   "# Extent description\nRW 63 FLAT \"m.bin\" 0\nRW 16 FLAT disk.img 63\n"
                   "NOACCESS 7 ZERO\nRW 9 VMFSSPARSE \"d.vmdk\"\n# The Disk Data Base\n#DDB\n"
                   "ddb.adapterType = \"ide\"\nddb.geometry.heads=\"16\"\n"
                   "ddb.longContentID = \"0123456789abcdef0123456789abcdef\"\n")};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const storage::VmdkDescriptor descriptor("input", text);
    promise(descriptor.text() == text.substr(0, text.find('\0')), "the text stays as it is");
    for (const storage::VmdkExtentLine& line : descriptor.extents()) {
      try {
        static_cast<void>(descriptor.host_name(line.name));
      } catch (const storage::ImageError&) {
        // not to be spelled here
      }
    }
    if (!descriptor.extents().empty()) change(descriptor);
  } catch (const storage::ImageError&) {
    // the right answer to most inputs
  }
  return 0;
}
