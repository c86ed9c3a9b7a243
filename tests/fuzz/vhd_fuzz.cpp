// VHDs of any content: two files, a parent and its child (empty: the parent alone is looked at).
#include <cstring>

#include "storage/vhd_frame.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

constexpr std::size_t kFiles = 2;

// Checksums would let no damage through to where it matters: half of the inputs get right ones.
void mend(std::vector<std::uint8_t>& bytes) {
  const auto change = [&](std::size_t at, auto value) {
    if (at > bytes.size() || sizeof value > bytes.size() - at) return;
    std::memcpy(static_cast<void*>(&value), bytes.data() + at, sizeof value);
    value = storage::with_checksum(value);
    std::memcpy(bytes.data() + at, &value, sizeof value);
  };
  change(0, storage::VhdFooter());
  change(512, storage::VhdHeader());
  if (bytes.size() >= 512) change(bytes.size() - 512, storage::VhdFooter());
}

std::vector<std::uint8_t> child_of(const std::vector<std::uint8_t>& parent) {
  const auto host = support::MemoryHost::make();
  host->put("base.vhd", parent);
  storage::OpenOptions how;
  how.mode = storage::OpenMode::read_only;
  how.format = "vhd";
  const auto base = storage::open_image(host->place("base.vhd"), how);
  storage::CreateOptions options;
  options.options = {{"block_size", "4K"}};
  options.parent = storage::ParentRef{
      .image = base.image, .name = "base.vhd", .format = "vhd", .path = "/images/base.vhd"};
  storage::create_image(host->place("child.vhd"), storage::kVhdFormat, options,
                        {.ids = std::make_shared<storage::SeededIds>(3)});
  return host->bytes("child.vhd").all();
}

}  // namespace

std::vector<std::vector<std::uint8_t>> fuzz::seeds() {
  const auto& format = storage::kVhdFormat;
  const auto small = small_image(format, 40, {{"block_size", "4K"}}, "base.vhd");
  const auto fixed = small_image(format, 16, {{"subformat", "fixed"}}, "base.vhd");
  return {join({fixed, {}}), join({small, {}}), join({small, child_of(small)})};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto files = fuzz::split({data, size}, kFiles);
  for (const bool mended : {false, true}) {
    const auto host = support::MemoryHost::make();
    const std::string names[kFiles] = {"base.vhd", "child.vhd"};
    for (std::size_t i = 0; i < kFiles; ++i) {
      std::vector<std::uint8_t> bytes(files[i].begin(), files[i].end());
      if (mended) mend(bytes);
      if (!bytes.empty()) host->put(names[i], bytes);
    }
    const std::string& top = files[1].empty() ? names[0] : names[1];
    if (!host->has(top)) continue;
    fuzz::fuzz_image(*host, top, storage::kVhdFormat);
    if (!mended) fuzz::fuzz_image(*host, top, storage::kVhdFormat, {{"ignore_checksum", "on"}});
  }
  return 0;
}
