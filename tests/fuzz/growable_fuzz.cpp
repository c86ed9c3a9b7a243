// Growable images of any content: an index file and its cluster file, with and without right check
// sums, and as a bare pair.
#include <cstring>

#include "storage/growable_header.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

using Bytes = std::vector<std::uint8_t>;

template <class Block>
void seal_at(Bytes& bytes, std::size_t at) {
  if (bytes.size() < at + sizeof(Block)) return;
  Block block;
  std::memcpy(static_cast<void*>(&block), bytes.data() + at, sizeof block);
  block.seal();
  std::memcpy(bytes.data() + at, &block, sizeof block);
}

Bytes pair_of(const storage::Options& create, std::uint64_t sectors) {
  const auto host = support::MemoryHost::make();
  storage::CreateOptions options;
  options.sectors = sectors;
  options.options = create;
  storage::create_image(host->place("disk.gix"), storage::kGrowableFormat, options,
                        {.ids = std::make_shared<storage::SeededIds>(2)});
  {
    storage::OpenOptions how;
    how.mode = storage::OpenMode::read_write;
    how.format = "growable";
    const auto image = storage::open_image(host->place("disk.gix"), how);
    const Bytes uniform(16 * storage::kSectorSize, 0xF6);
    Bytes data(3 * storage::kSectorSize, 0x3C);
    data.front() = 1;
    static_cast<void>(image.device->write(sectors / 2, data));
    static_cast<void>(image.device->write(0, uniform));
    static_cast<void>(image.device->close());
  }
  return fuzz::join({host->bytes("disk.gix").all(), host->bytes("disk.gdt").all()});
}

}  // namespace

std::vector<Bytes> fuzz::seeds() {
  return {pair_of({{"cluster_size", "512"}, {"growth", "4"}}, 64),
          pair_of({{"cluster_size", "4K"}, {"growth", "2"}}, 200)};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto files = fuzz::split({data, size}, 2);
  for (const bool sealed : {false, true}) {
    Bytes index(files[0].begin(), files[0].end());
    Bytes clusters(files[1].begin(), files[1].end());
    if (sealed) {
      // Check sums would let no damage through to where it matters.
      seal_at<storage::GrowableHeader>(index, 0);
      seal_at<storage::GrowableHeader>(index, sizeof(storage::GrowableHeader));
      seal_at<storage::GrowableIdentity>(clusters, 0);
    }
    const auto host = support::MemoryHost::make();
    // An index is written as far as the disk is used: of a huge disk that is gigabytes.
    host->limit_files(16 << 20);
    host->put("disk.gix", index);
    host->put("disk.gdt", clusters);
    fuzz::fuzz_image(*host, "disk.gix", storage::kGrowableFormat);
    if (!sealed) {
      fuzz::fuzz_image(*host, "disk.gix", storage::kGrowableFormat,
                       {{"bare", "disk.gdt"}, {"cluster_size", "512"}});
    }
  }
  return 0;
}
