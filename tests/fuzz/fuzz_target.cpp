#include "tests/fuzz/fuzz_target.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "storage/open_image.h"

namespace fuzz {

using storage::IoStatus;
using storage::kSectorSize;
using storage::OpenMode;

namespace {

constexpr std::uint64_t kMaxSteps = 200;      // of a walk along extents
constexpr std::uint64_t kMaxRead = 64 * 512;  // bytes at once

[[noreturn]] void broken(const char* promise) {
  std::fprintf(stderr, "fuzz: broken promise: %s\n", promise);
  std::abort();
}

storage::OpenedImage open(support::MemoryHost& host, const std::string& file,
                          const storage::FormatDriver& format, const storage::Options& options,
                          OpenMode mode, bool force = false) {
  storage::OpenOptions how;
  how.mode = mode;
  how.format = std::string(format.name);
  how.options = options;
  how.force = force;
  how.ids = std::make_shared<storage::SeededIds>(1);
  return storage::open_image(host.place(file), how);
}

// Reads here and there; what cannot be read is no news.
void look_around(storage::BlockDevice& device) {
  const std::uint64_t total = device.sector_count();
  std::vector<std::uint8_t> buffer(kMaxRead);
  const auto read = [&](std::uint64_t lba) {
    if (lba >= total) return;
    const std::uint64_t count = std::min(total - lba, kMaxRead / kSectorSize);
    static_cast<void>(
        device.read(lba, std::span(buffer).first(static_cast<std::size_t>(count * kSectorSize))));
  };
  for (const std::uint64_t lba : {std::uint64_t{0}, total / 2, total - 1, total / 3}) read(lba);
  std::uint64_t lba = 0;
  for (std::uint64_t step = 0; lba < total && step < kMaxSteps; ++step) {
    const storage::Extent extent = device.extent_at(lba);
    if (extent.first_sector != lba || extent.sector_count == 0 ||
        extent.sector_count > total - lba) {
      broken("an extent begins where it was asked for and lies inside the disk");
    }
    if (step % 8 == 0) read(lba);
    lba += extent.sector_count;
  }
}

void write_around(storage::BlockDevice& device) {
  const std::uint64_t total = device.sector_count();
  if (total < 3) return;
  const std::vector<std::uint8_t> one(kSectorSize, 0xA5);
  std::vector<std::uint8_t> witness(kSectorSize);
  std::vector<std::uint8_t> again(kSectorSize);
  const std::uint64_t places[] = {0, total - 1, total / 2};
  for (const std::uint64_t lba : places) {
    const std::uint64_t other = lba == 0 ? 1 : lba - 1;
    const bool readable = device.read(other, witness) == IoStatus::ok;
    if (device.write(lba, one) != IoStatus::ok) continue;
    if (device.read(lba, again) == IoStatus::ok && again != one) {
      broken("what was written reads back");
    }
    if (readable && device.read(other, again) == IoStatus::ok && again != witness) {
      broken("a write changes its own sectors only");
    }
  }
  static_cast<void>(device.discard(0, std::min<std::uint64_t>(total, 4096)));
  static_cast<void>(device.flush());
  static_cast<void>(device.close());
}

}  // namespace

std::vector<std::span<const std::uint8_t>> split(std::span<const std::uint8_t> input,
                                                 std::size_t count) {
  std::vector<std::span<const std::uint8_t>> files;
  while (files.size() + 1 < count) {
    std::size_t length = 0;
    if (input.size() >= 4) {
      length = input[0] | std::size_t{input[1]} << 8 | std::size_t{input[2]} << 16 |
               std::size_t{input[3]} << 24;
      input = input.subspan(4);
    }
    length = std::min(length, input.size());
    files.push_back(input.first(length));
    input = input.subspan(length);
  }
  files.push_back(input);
  return files;
}

std::vector<std::uint8_t> join(const std::vector<std::vector<std::uint8_t>>& files) {
  std::vector<std::uint8_t> all;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (i + 1 < files.size()) {
      for (int shift = 0; shift < 32; shift += 8) {
        all.push_back(static_cast<std::uint8_t>(files[i].size() >> shift));
      }
    }
    all.insert(all.end(), files[i].begin(), files[i].end());
  }
  return all;
}

void fuzz_image(support::MemoryHost& host, const std::string& file,
                const storage::FormatDriver& format, const storage::Options& options) {
  const auto attempt = [](auto&& action) {
    try {
      action();
    } catch (const storage::ImageError&) {
      // the right answer to most inputs
    }
  };
  for (const bool force : {false, true}) {
    attempt([&] {
      const auto image = open(host, file, format, options, OpenMode::read_only, force);
      look_around(*image.device);
      static_cast<void>(image.image->info());
    });
  }
  if (format.check != nullptr) {
    attempt([&] { storage::check_image(host.place(file), format, {}, {}); });
  }
  const auto repaired = host.copy();
  attempt([&] {
    const auto image = open(host, file, format, options, OpenMode::read_write);
    write_around(*image.device);
  });
  if (format.check == nullptr) return;
  attempt([&] {
    storage::CheckOptions repair;
    repair.repair = storage::CheckOptions::Repair::all;
    repair.drop_data = true;
    storage::check_image(repaired->place(file), format, repair, {});
    const auto image = open(*repaired, file, format, options, OpenMode::read_write);
    look_around(*image.device);
    write_around(*image.device);
  });
}

std::vector<std::uint8_t> small_image(const storage::FormatDriver& format, std::uint64_t sectors,
                                      const storage::Options& create, const std::string& file) {
  const auto host = support::MemoryHost::make();
  storage::CreateOptions options;
  options.sectors = sectors;
  options.options = create;
  storage::create_image(host->place(file), format, options,
                        {.ids = std::make_shared<storage::SeededIds>(2)});
  {
    const auto image = open(*host, file, format, {}, OpenMode::read_write);
    const std::vector<std::uint8_t> data(3 * kSectorSize, 0x3C);
    if (sectors > 3) static_cast<void>(image.device->write(sectors / 2, data));
  }
  return host->bytes(file).all();
}

}  // namespace fuzz
