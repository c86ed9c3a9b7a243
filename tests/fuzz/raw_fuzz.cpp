// The way in: probing and opening a file of any content by guess. Nothing may crash on it.
#include <string>

#include "storage/open_image.h"
#include "tests/fuzz/fuzz_target.h"

std::vector<std::vector<std::uint8_t>> fuzz::seeds() {
  std::vector<std::vector<std::uint8_t>> all = {{}, std::vector<std::uint8_t>(512, 0)};
  for (const storage::FormatDriver* format : storage::formats()) {
    if (format == &storage::kRawFormat) all.push_back(small_image(*format, 16, {}, "disk.img"));
  }
  return all;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto host = support::MemoryHost::make();
  host->put("disk.img", {data, size});
  try {
    const auto image =
        storage::open_image(host->place("disk.img"), {.mode = storage::OpenMode::read_only});
    std::vector<std::uint8_t> sector(storage::kSectorSize);
    static_cast<void>(image.device->read(0, sector));
  } catch (const storage::ImageError&) {
    // the right answer to most inputs
  }
  fuzz::fuzz_image(*host, "disk.img", storage::kRawFormat);
  return 0;
}
