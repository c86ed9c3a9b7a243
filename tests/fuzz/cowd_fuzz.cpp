// COWD disks: a root alone, and a child over a parent.
#include "tests/fuzz/fuzz_target.h"

namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes child_of(const Bytes& parent) {
  const auto host = support::MemoryHost::make();
  host->put("base.dsk", parent);
  const auto base =
      storage::open_image(host->place("base.dsk"), {.mode = storage::OpenMode::read_only});
  storage::CreateOptions options;
  options.sectors = base.device->sector_count();
  options.options = {{"grain_size", "1K"}};
  options.parent = storage::ParentRef{
      .image = base.image, .name = "base.dsk", .format = "cowd", .path = "base.dsk"};
  storage::create_image(host->place("disk.dsk"), storage::kCowdFormat, options,
                        {.ids = std::make_shared<storage::SeededIds>(2)});
  return host->bytes("disk.dsk").all();
}

}  // namespace

std::vector<Bytes> fuzz::seeds() {
  const auto made = [](const storage::Options& options) {
    return small_image(storage::kCowdFormat, 200, options, "disk.dsk");
  };
  const Bytes root = made({{"grain_size", "1K"}});
  const Bytes chain = made({{"subformat", "vmware3"}, {"grain_size", "8K"}});
  const Bytes esx = made({{"grain_size", "512"}});
  const Bytes empty;
  return {join({empty, root}), join({empty, chain}), join({empty, esx}),
          join({root, child_of(root)})};
}

// The parent, then the disk that is opened.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto files = fuzz::split({data, size}, 2);
  const auto host = support::MemoryHost::make();
  if (!files[0].empty()) host->put("base.dsk", files[0]);
  host->put("disk.dsk", files[1]);
  fuzz::fuzz_image(*host, "disk.dsk", storage::kCowdFormat);
  fuzz::fuzz_image(*host, "disk.dsk", storage::kCowdFormat, {{"entries", "512"}});
  return 0;
}
