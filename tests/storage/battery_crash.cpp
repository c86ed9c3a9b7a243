// Cuts and failures of the host: reliability comes before all else.
#include <algorithm>
#include <optional>

#include "storage/image_error.h"
#include "tests/storage/battery_parts.h"
#include "tests/storage/crash_script.h"

namespace support {

using storage::IoStatus;
using storage::kSectorSize;
using storage::OpenMode;

// The target is absent, or refused as incomplete, or a whole image of zeroes.
void run_create_crash_part(const BatteryRow& row) {
  const std::string file = "disk" + row.extension;
  const std::uint64_t sectors = row.crash_sectors;
  const auto host = MemoryHost::make();
  if (row.prepare) row.prepare(*host, file, sectors);
  bool complete = false;
  replay_operation(
      *host, crash_effort(),
      [&] {
        storage::CreateOptions options;
        options.sectors = sectors;
        options.options = row.create;
        storage::create_image(host->place(file), *row.format, options,
                              {.ids = std::make_shared<storage::SeededIds>(host->next_seed())});
      },
      [&](const CrashState& state) {
        complete = false;
        if (!state.host->has(file)) return;
        storage::OpenedImage image;
        try {
          image = open_row(row, *state.host, file, {.mode = OpenMode::read_only});
        } catch (const storage::ImageError&) {
          return;
        }
        complete = true;
        Bytes disk(static_cast<std::size_t>(image.device->sector_count() * kSectorSize), 0xEE);
        REQUIRE(image.device->sector_count() == (row.rounded ? row.rounded(sectors) : sectors));
        REQUIRE(image.device->read(0, disk) == IoStatus::ok);
        REQUIRE(std::ranges::count(disk, 0) == static_cast<std::ptrdiff_t>(disk.size()));
      });
  if (!complete) FAIL("the finished image does not open");
}

void run_crash_part(const BatteryRow& row) {
  const std::string file = "disk" + row.extension;
  const std::uint32_t seeds = full_run() ? 5 : 1;
  for (std::uint32_t seed = 1; seed <= seeds; ++seed) {
    INFO("seed " << seed);
    const auto host = make_image(row, file, row.crash_sectors);
    CrashScript script(row, file);
    script.play(*host, full_run() ? 40 : 20, seed);
    script.judge(*host, crash_effort());
  }
}

namespace {

// A short life of an image, in which any call may fail. Knows what each sector may hold.
struct FaultyLife {
  const BatteryRow& row;
  MemoryHost& host;
  std::string file;
  Allowed allowed;

  void write(storage::BlockDevice& device, WriteNumber number, std::uint64_t lba,
             std::uint64_t count) {
    const IoStatus status = device.write(lba, fill_sectors(number, lba, count));
    for (std::uint64_t sector = lba; sector < lba + count; ++sector) {
      auto& may = allowed[static_cast<std::size_t>(sector)];
      if (status == IoStatus::ok) may.clear();
      may.insert(number);
    }
  }

  // Whether it came to its end without throwing.
  bool live() {
    try {
      const auto image = open_row(row, host, file);
      storage::BlockDevice& device = *image.device;
      const std::uint64_t total = device.sector_count();
      std::mt19937 random(4);
      for (WriteNumber number = 1; number <= 14; ++number) {
        const std::uint64_t lba = number % 3 == 0 ? random() % 16 : random() % total;
        write(device, number, lba,
              1 + random() % std::min<std::uint64_t>(number % 4 == 0 ? 60 : 4, total - lba));
        if (number % 5 == 0) static_cast<void>(device.flush());
        Bytes back(kSectorSize);
        if (device.read(lba, back) == IoStatus::ok) {
          const auto& may = allowed[static_cast<std::size_t>(lba)];
          const bool fits =
              std::ranges::any_of(may, [&](WriteNumber one) { return holds(back, one, lba); });
          if (!fits) FAIL("sector " << lba << " reads back " << story_of(back, lba));
        }
      }
      static_cast<void>(device.close());
      return true;
    } catch (const storage::ImageError&) {
      return false;  // at open
    }
  }
};

void fail_every_call(const BatteryRow& row, IoStatus status, MemoryHost::Counted counted,
                     bool stays) {
  const std::string file = "disk" + row.extension;
  const auto fresh = make_image(row, file, row.crash_sectors);
  const std::uint64_t most = full_run() ? UINT64_MAX : 200;
  Survivors survivors(row, file);
  for (std::uint64_t n = 1; n <= most; ++n) {
    INFO("call " << n << " and " << (stays ? "all later ones" : "no other") << ": "
                 << storage::describe(status));
    const auto host = fresh->copy();
    std::vector<WriteNumber> zeroes;
    {
      const auto image = open_row(row, *host, file, {.mode = OpenMode::read_only});
      zeroes.resize(static_cast<std::size_t>(image.device->sector_count()), 0);
    }
    FaultyLife life{row, *host, file, exactly(zeroes)};
    host->fail(n, status, counted, stays);
    life.live();
    const bool fired = host->fault_fired().has_value();
    host->clear_fault();
    const auto disk = survivors.require(*host, life.allowed);
    if (disk) require_writable_on(row, *host, file, *disk, static_cast<std::uint32_t>(n));
    if (!fired) return;
  }
}

}  // namespace

void run_faults_part(const BatteryRow& row) {
  using Counted = MemoryHost::Counted;
  fail_every_call(row, IoStatus::no_space, Counted::changes, false);
  fail_every_call(row, IoStatus::no_space, Counted::changes, true);
  fail_every_call(row, IoStatus::host_error, Counted::all, false);
  fail_every_call(row, IoStatus::host_error, Counted::all, true);

  // Creation: nothing is left behind but a whole image.
  const std::string file = "disk" + row.extension;
  for (std::uint64_t n = 1; !row.make && n < 500; ++n) {
    INFO("creation, call " << n);
    const auto host = MemoryHost::make();
    if (row.prepare) row.prepare(*host, file, row.crash_sectors);
    const auto before = host->copy();
    host->fail(n, IoStatus::no_space, Counted::all);
    storage::CreateOptions options;
    options.sectors = row.crash_sectors;
    options.options = row.create;
    try {
      storage::create_image(host->place(file), *row.format, options, {});
      if (!host->fault_fired()) break;
      FAIL("creation swallowed an error");
    } catch (const storage::ImageError&) {
      if (!host->same_files(*before)) FAIL("a failed creation left files");
    }
  }
}

}  // namespace support
