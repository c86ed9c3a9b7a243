// add-cow: any header and bitmap over an image file and a backing file.
#include "tests/fuzz/fuzz_target.h"

namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::uint64_t kSectors = 300;

void put_files(support::MemoryHost& host) {
  host.put("base.img", Bytes((kSectors - 20) * 512, 0x11));
  host.put("disk.add-cow.raw", Bytes(kSectors * 512, 0x22));
}

Bytes made(const storage::Options& create, bool child) {
  const auto host = support::MemoryHost::make();
  put_files(*host);
  const auto base = storage::open_image(host->place("base.img"),
                                        {.mode = storage::OpenMode::read_only, .format = "raw"});
  storage::CreateOptions options;
  options.sectors = kSectors;
  options.options = create;
  options.existing = storage::Existing::replace;
  if (child) {
    options.parent = storage::ParentRef{
        .image = base.image, .name = "base.img", .format = "raw", .path = "base.img"};
  }
  storage::create_image(host->place("disk.add-cow"), storage::kAddCowFormat, options, {});
  return host->bytes("disk.add-cow").all();
}

}  // namespace

std::vector<Bytes> fuzz::seeds() {
  return {made({{"cluster_size", "4K"}}, true), made({{"subformat", "v1"}}, true),
          made({{"cluster_size", "4K"}}, false), made({{"subformat", "v1"}}, false)};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto host = support::MemoryHost::make();
  put_files(*host);
  host->put("disk.add-cow", {data, size});
  fuzz::fuzz_image(*host, "disk.add-cow", storage::kAddCowFormat);
  return 0;
}
