// VMDKs of any content: the file that is opened, an extent beside it under every name that the
// seeds' descriptors use, and a parent.
#include <string>

#include "storage/open_image.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr const char* kExtents[] = {"d-flat.vmdk", "d-s001.vmdk", "d-f001.vmdk", "d-delta.vmdk"};

// "d.vmdk" as `options` say, with something in it, as an input of this target.
Bytes seed(const storage::Options& options, bool child = false) {
  const auto host = support::MemoryHost::make();
  const auto make = [&](const std::string& name, const storage::CreateOptions& create) {
    storage::create_image(host->place(name), storage::kVmdkFormat, create,
                          {.ids = std::make_shared<storage::SeededIds>(2)});
  };
  const auto open = [&](const std::string& name, storage::OpenMode mode) {
    return storage::open_image(
        host->place(name),
        {.mode = mode, .format = "vmdk", .ids = std::make_shared<storage::SeededIds>(3)});
  };
  const Bytes data(3 * storage::kSectorSize, 0x3C);
  storage::CreateOptions create{.sectors = 96, .geometry = {}, .options = options, .parent = {}};
  if (child) {
    make("p.vmdk", create);
    static_cast<void>(open("p.vmdk", storage::OpenMode::read_write).device->write(20, data));
    const auto parent = open("p.vmdk", storage::OpenMode::read_only);
    create.parent = storage::ParentRef{parent.image, "p.vmdk", "vmdk", "p.vmdk"};
    make("d.vmdk", create);
  } else {
    make("d.vmdk", create);
  }
  if (options.text_or("subformat", "") != "streamOptimized") {
    static_cast<void>(open("d.vmdk", storage::OpenMode::read_write).device->write(40, data));
  }
  Bytes extent;
  for (const char* name : kExtents) {
    if (host->has(name)) extent = host->bytes(name).all();
  }
  return fuzz::join({host->bytes("d.vmdk").all(), extent,
                     host->has("p.vmdk") ? host->bytes("p.vmdk").all() : Bytes{}});
}

// A stream with two grains in it, and so many bytes of its end cut off.
Bytes stream_seed(std::size_t cut) {
  const auto host = support::MemoryHost::make();
  const auto writer = storage::kVmdkFormat.stream(
      {.place = host->place("d.vmdk"), .ids = std::make_shared<storage::SeededIds>(2), .warn = {}},
      {.sectors = 400,
       .geometry = {},
       .options = {{"subformat", "streamOptimized"}},
       .parent = {}});
  const Bytes data(3 * storage::kSectorSize, 0x3C);
  writer->write(10, data);
  writer->write(300, data);
  writer->finish();
  Bytes bytes = host->bytes("d.vmdk").all();
  bytes.resize(bytes.size() - cut);
  return fuzz::join({bytes, {}, {}});
}

}  // namespace

std::vector<Bytes> fuzz::seeds() {
  std::vector<Bytes> all;
  all.push_back(seed({{"subformat", "monolithicFlat"}}));
  all.push_back(seed({{"subformat", "twoGbMaxExtentFlat"}}));
  all.push_back(seed({{"subformat", "vmfs"}}));
  all.push_back(seed({{"subformat", "vmfsSparse"}}));
  all.push_back(seed({{"grain_size", "4K"}}));
  all.push_back(seed({{"grain_size", "4K"}, {"zeroed_grain", "on"}}));
  all.push_back(seed({{"subformat", "twoGbMaxExtentSparse"}, {"grain_size", "4K"}}));
  all.push_back(seed({{"grain_size", "4K"}}, true));
  all.push_back(stream_seed(0));
  all.push_back(stream_seed(1024));
  return all;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto host = support::MemoryHost::make();
  const auto files = fuzz::split({data, size}, 3);
  host->put("d.vmdk", files[0]);
  for (const char* name : kExtents) host->put(name, files[1]);
  host->put("p.vmdk", files[2]);
  fuzz::fuzz_image(*host, "d.vmdk", storage::kVmdkFormat);
  return 0;
}
