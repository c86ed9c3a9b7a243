// Operations that change a whole image: resize and compact, finished, cut off and failing.
#include <algorithm>
#include <functional>

#include "storage/image_error.h"
#include "storage/layer.h"
#include "tests/storage/battery_parts.h"
#include "tests/storage/crash_script.h"

namespace support {

using storage::IoStatus;
using storage::kSectorSize;
using storage::OpenMode;

namespace {

// An image with data, zeroes over data, discarded places and nothing, all over the disk.
struct Used {
  std::shared_ptr<MemoryHost> host;
  std::string file;
  Bytes content;
};

Used used_image(const BatteryRow& row, std::uint64_t sectors) {
  Used used{nullptr, "disk" + row.extension, {}};
  used.host = make_image(row, used.file, sectors);
  const auto image = open_row(row, *used.host, used.file);
  storage::BlockDevice& device = *image.device;
  const std::uint64_t total = device.sector_count();
  std::mt19937 random(17);
  const auto place = [&](std::uint64_t most) {
    const std::uint64_t lba = random() % total;
    return std::pair{lba, 1 + random() % std::min(most, total - lba)};
  };
  for (int i = 0; i < 24; ++i) {
    const auto [lba, count] = place(40);
    const Bytes bytes = random_bytes(random, static_cast<std::size_t>(count * kSectorSize));
    REQUIRE(device.write(lba, bytes) == IoStatus::ok);
  }
  for (int i = 0; i < 6; ++i) {
    const auto [lba, count] = place(80);
    const Bytes zeroes(static_cast<std::size_t>(count * kSectorSize));
    REQUIRE(device.write(lba, zeroes) == IoStatus::ok);
    const auto [other, length] = place(80);
    REQUIRE(device.discard(other, length) == IoStatus::ok);
  }
  const Bytes end = random_bytes(random, kSectorSize);
  REQUIRE(device.write(total - 1, end) == IoStatus::ok);
  used.content.resize(static_cast<std::size_t>(total * kSectorSize));
  REQUIRE(device.read(0, used.content) == IoStatus::ok);
  REQUIRE(device.close() == IoStatus::ok);
  return used;
}

struct Change {
  std::string name;
  std::function<void(storage::Image&)> apply;
};

// `few`: one of each kind, for what takes long.
std::vector<Change> changes(const BatteryRow& row, std::uint64_t sectors, bool few = false) {
  std::vector<Change> all;
  const auto resize = [&](std::string name, std::uint64_t to) {
    all.push_back({std::move(name), [to](storage::Image& image) { image.resize(to, true, {}); }});
  };
  if (row.resizes) {
    if (!few) resize("grown by a sector", sectors + 1);
    resize("grown to nine times its size", sectors * 9);
    if (!few) resize("cut by a sector", sectors - 1);
    resize("cut to a third", sectors / 3);
  }
  if (row.compacts) {
    all.push_back({"compacted", [](storage::Image& image) { image.compact({}); }});
  }
  return all;
}

void apply(const BatteryRow& row, MemoryHost& host, const std::string& file, const Change& change) {
  const auto image = open_row(row, host, file);
  change.apply(*image.image);
  if (image.device->close() != IoStatus::ok) throw storage::ImageError(file, "close failed");
}

// What there was, cut or followed by zeroes.
Bytes fitted(Bytes content, std::size_t size) {
  content.resize(size);
  return content;
}

void require_shows(const Bytes& disk, const Bytes& expected) {
  REQUIRE(disk.size() == expected.size());
  if (disk == expected) return;
  const auto [found, wanted] = std::ranges::mismatch(disk, expected);
  FAIL("sector " << (found - disk.begin()) / 512 << " differs: found " << int{*found}
                 << ", expected " << int{*wanted});
}

std::size_t disk_size(const BatteryRow& row, MemoryHost& host, const std::string& file) {
  const auto image = open_row(row, host, file, {.mode = OpenMode::read_only});
  return static_cast<std::size_t>(image.device->sector_count() * kSectorSize);
}

// The size is the old or the new one, and the content is whole in either.
void require_before_or_after(const BatteryRow& row, MemoryHost& host, const Used& used,
                             std::size_t size_after) {
  const Bytes disk = require_opens(row, host, used.file);
  if (disk.size() != used.content.size() && disk.size() != size_after) {
    FAIL("the disk has " << disk.size() << " bytes, had " << used.content.size()
                         << " and should get " << size_after);
  }
  require_shows(disk, fitted(used.content, disk.size()));
}

}  // namespace

void run_change_part(const BatteryRow& row) {
  for (const Change& change : changes(row, row.sectors)) {
    INFO(change.name);
    const Used used = used_image(row, row.sectors);
    const std::uint64_t host_before =
        open_row(row, *used.host, used.file, {.mode = OpenMode::read_only})
            .image->info()
            .host_bytes();
    apply(row, *used.host, used.file, change);
    require_clean(row, *used.host, used.file);
    const std::size_t size = disk_size(row, *used.host, used.file);
    const Bytes expected = fitted(used.content, size);
    require_shows(require_opens(row, *used.host, used.file), expected);
    const auto image = open_row(row, *used.host, used.file);
    if (change.name == "compacted") {
      REQUIRE(size == used.content.size());
      REQUIRE(image.image->info().host_bytes() <= host_before);
    }
    compare_with_array(*image.device, expected, 5);
    REQUIRE(image.device->close() == IoStatus::ok);
    require_clean(row, *used.host, used.file);
  }
}

void run_change_crash_part(const BatteryRow& row) {
  for (const Change& change : changes(row, row.crash_sectors, !full_run())) {
    INFO(change.name);
    const Used used = used_image(row, row.crash_sectors);
    const auto done = used.host->copy();
    apply(row, *done, used.file, change);
    const std::size_t size_after = disk_size(row, *done, used.file);
    std::uint32_t judged = 0;
    replay_operation(
        *used.host, crash_effort(), [&] { apply(row, *used.host, used.file, change); },
        [&](const CrashState& state) {
          require_before_or_after(row, *state.host, used, size_after);
          if (++judged % 4 != 0 && !full_run()) return;
          const Bytes disk = require_opens(row, *state.host, used.file);
          require_writable_on(row, *state.host, used.file, disk, judged);
        });
  }
}

void run_change_faults_part(const BatteryRow& row) {
  for (const Change& change : changes(row, row.crash_sectors, !full_run())) {
    const Used used = used_image(row, row.crash_sectors);
    const auto done = used.host->copy();
    apply(row, *done, used.file, change);
    const std::size_t size_after = disk_size(row, *done, used.file);
    for (const bool stays : {false, true}) {
      fail_operation(
          *used.host, stays, [&](MemoryHost& host) { apply(row, host, used.file, change); },
          [&](MemoryHost& host) {
            INFO(change.name);
            require_before_or_after(row, host, used, size_after);
            require_writable_on(row, host, used.file, require_opens(row, host, used.file), 3);
          });
    }
  }
}

}  // namespace support
