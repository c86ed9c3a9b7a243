#include "tests/storage/battery.h"

#include <cstdlib>
#include <cstring>

#include "storage/layer.h"
#include "tests/storage/battery_parts.h"

namespace support {

using storage::Extent;
using storage::IoStatus;
using storage::kSectorSize;
using storage::OpenMode;

bool full_run() {
  const char* const full = std::getenv("PLATTER_FULL");
  return full != nullptr && std::string_view(full) == "1";
}

Bytes random_bytes(std::mt19937& random, std::size_t count) {
  Bytes bytes(count);
  std::size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    const auto word = static_cast<std::uint32_t>(random());
    std::memcpy(bytes.data() + i, &word, 4);
  }
  for (; i < count; ++i) bytes[i] = static_cast<std::uint8_t>(random());
  return bytes;
}

std::shared_ptr<MemoryHost> make_image(const BatteryRow& row, const std::string& file,
                                       std::uint64_t sectors) {
  auto host = MemoryHost::make();
  if (row.make) {
    row.make(*host, file, sectors);
    return host;
  }
  if (row.prepare) row.prepare(*host, file, sectors);
  storage::CreateOptions options;
  options.sectors = sectors;
  options.options = row.create;
  storage::create_image(host->place(file), *row.format, options,
                        {.ids = std::make_shared<storage::SeededIds>(host->next_seed())});
  return host;
}

storage::OpenedImage open_row(const BatteryRow& row, MemoryHost& host, const std::string& file,
                              storage::OpenOptions options) {
  options.format = std::string(row.format->name);
  if (options.options.empty()) options.options = row.open;
  if (!options.ids) options.ids = std::make_shared<storage::SeededIds>(host.next_seed());
  if (!options.registry) options.registry = std::make_shared<storage::FileRegistry>();
  return storage::open_image(host.place(file, storage::host_rules(options)), options);
}

void add_child(const BatteryRow& row, MemoryHost& host, const std::string& parent,
               const std::string& child) {
  const auto base = open_row(row, host, parent, {.mode = OpenMode::read_only});
  storage::CreateOptions options;
  options.sectors = base.device->sector_count();
  options.options = row.create;
  options.parent = storage::ParentRef{.image = base.image,
                                      .name = parent,
                                      .format = std::string(row.format->name),
                                      .path = "/images/" + parent};
  if (row.prepare) row.prepare(host, child, options.sectors);
  storage::create_image(host.place(child), *row.format, options,
                        {.ids = std::make_shared<storage::SeededIds>(host.next_seed())});
}

void require_clean(const BatteryRow& row, MemoryHost& host, const std::string& file,
                   bool leaks_allowed) {
  if (row.format->check == nullptr) return;
  const storage::CheckReport report = storage::check_image(host.place(file), *row.format, {}, {});
  if (report.errors == 0 && (leaks_allowed || report.leaks == 0)) return;
  std::string text = std::to_string(report.errors) + " errors, " + std::to_string(report.leaks) +
                     " leaks in " + file;
  for (const std::string& line : report.lines) text += "\n" + line;
  FAIL(text);
}

namespace {

// The extents begin where they are asked for, are not empty and cover the disk.
void require_cover(const storage::BlockDevice& device) {
  const std::uint64_t total = device.sector_count();
  for (std::uint64_t lba = 0; lba < total;) {
    const Extent extent = device.extent_at(lba);
    if (extent.first_sector != lba || extent.sector_count == 0 ||
        extent.sector_count > total - lba) {
      FAIL("extent_at(" << lba << ") answers " << extent.first_sector << " + "
                        << extent.sector_count << " of " << total);
    }
    lba += extent.sector_count;
  }
}

// Where the extents say that there is nothing, there are zeroes.
void require_true_extents(storage::BlockDevice& device, const Bytes& model) {
  for (std::uint64_t lba = 0; lba < device.sector_count();) {
    const Extent extent = device.extent_at(lba);
    const bool nothing = extent.state == storage::ClusterState::unallocated ||
                         extent.state == storage::ClusterState::zero;
    const auto bytes =
        std::span(model).subspan(static_cast<std::size_t>(lba * kSectorSize),
                                 static_cast<std::size_t>(extent.sector_count * kSectorSize));
    if (nothing && !storage::all_zero(bytes)) FAIL("extent_at(" << lba << ") denies data");
    lba += extent.sector_count;
  }
}

void require_equal(storage::BlockDevice& device, const Bytes& model, std::string_view when) {
  if (device.sector_count() * kSectorSize != model.size()) {
    FAIL("the disk has " << device.sector_count() << " sectors " << when);
  }
  Bytes all(model.size(), 0xEE);
  if (device.read(0, all) != IoStatus::ok) FAIL("the disk cannot be read " << when);
  if (all == model) return;
  const auto [found, expected] = std::ranges::mismatch(all, model);
  FAIL("sector " << (found - all.begin()) / 512 << " differs " << when << ": found " << int{*found}
                 << ", expected " << int{*expected});
}

// One random call on the device and the same on the array.
void random_step(storage::BlockDevice& device, Bytes& model, std::mt19937& random) {
  const std::uint64_t total = device.sector_count();
  const std::uint64_t lba = random() % total;
  const std::uint64_t reach = random() % 8 == 0 ? 300 : 20;
  const std::uint64_t count = 1 + random() % std::min(reach, total - lba);
  const auto place = model.begin() + static_cast<std::ptrdiff_t>(lba * kSectorSize);
  const auto length = static_cast<std::size_t>(count * kSectorSize);
  const auto kind = random() % 16;
  if (kind < 7) {
    const Bytes data = random_bytes(random, length);
    if (device.write(lba, data) != IoStatus::ok) FAIL("write at " << lba << " failed");
    std::ranges::copy(data, place);
  } else if (kind < 14) {
    Bytes found(length, 0xEE);
    if (device.read(lba, found) != IoStatus::ok) FAIL("read at " << lba << " failed");
    if (!std::equal(found.begin(), found.end(), place)) {
      FAIL("read of " << count << " at " << lba << " differs");
    }
  } else if (kind == 14) {
    if (device.write_zeroes(lba, count) != IoStatus::ok) FAIL("zeroes at " << lba << " failed");
    std::fill_n(place, length, std::uint8_t{0});
  } else {
    if (device.discard(lba, count) != IoStatus::ok) FAIL("discard at " << lba << " failed");
    Bytes found(length, 0xEE);
    if (device.read(lba, found) != IoStatus::ok) FAIL("read at " << lba << " failed");
    for (std::size_t i = 0; i < length; i += kSectorSize) {
      const auto sector = std::span(found).subspan(i, kSectorSize);
      const bool as_before =
          std::equal(sector.begin(), sector.end(), place + static_cast<std::ptrdiff_t>(i));
      if (!as_before && !storage::all_zero(sector)) FAIL("discard at " << lba << " made bytes up");
    }
    std::ranges::copy(found, place);
  }
}

void run_edges(const BatteryRow& row) {
  const auto host = make_image(row, "disk" + row.extension, row.sectors);
  const std::string file = "disk" + row.extension;
  Bytes model;
  if (row.writable) {
    require_clean(row, *host, file);
    const auto before = host->copy();
    { const auto idle = open_row(row, *host, file); }
    if (!host->same_files(*before)) FAIL("opening for writing and closing changed the file");
    const auto image = open_row(row, *host, file);
    storage::BlockDevice& device = *image.device;
    REQUIRE(image.format == row.format);
    const std::uint64_t total = device.sector_count();
    REQUIRE(total == (row.rounded ? row.rounded(row.sectors) : row.sectors));
    model.assign(static_cast<std::size_t>(total * kSectorSize), 0);
    require_equal(device, model, "after creation");
    std::mt19937 random(3);
    const auto write = [&](std::uint64_t lba, std::uint64_t count) {
      const Bytes data = random_bytes(random, static_cast<std::size_t>(count * kSectorSize));
      REQUIRE(device.write(lba, data) == IoStatus::ok);
      std::ranges::copy(data, model.begin() + static_cast<std::ptrdiff_t>(lba * kSectorSize));
    };
    write(0, 1);
    write(total - 1, 1);
    write(total / 2 - 1, 3);
    write(total - 2, 2);
    write(total / 4, total / 2);
    write(1, 1);
    require_equal(device, model, "after writing at the edges");
    Bytes two(2 * kSectorSize, 0x77);
    REQUIRE(device.write(total - 1, two) == IoStatus::out_of_range);
    REQUIRE(device.read(total - 1, two) == IoStatus::out_of_range);
    REQUIRE(device.write(total, two) == IoStatus::out_of_range);
    REQUIRE(device.write(~std::uint64_t{0}, two) == IoStatus::out_of_range);
    REQUIRE(device.read(total, std::span<std::uint8_t>()) == IoStatus::ok);
    REQUIRE(device.extent_at(total).sector_count == 0);
    require_cover(device);
    require_true_extents(device, model);
    require_equal(device, model, "after requests beyond the end");
    REQUIRE(device.flush() == IoStatus::ok);
    REQUIRE(device.close() == IoStatus::ok);
  }
  const auto again = open_row(row, *host, file, {.mode = OpenMode::read_only});
  if (row.writable) require_equal(*again.device, model, "after reopening");
  require_clean(row, *host, file);
  const storage::ImageInfo info = again.image->info();
  REQUIRE_FALSE(info.files.empty());
  REQUIRE(info.host_bytes() > 0);
}

void run_read_only(const BatteryRow& row) {
  const std::string file = "disk" + row.extension;
  const auto host = make_image(row, file, row.sectors);
  Bytes model;
  {
    const auto image = open_row(row, *host, file);
    model.assign(static_cast<std::size_t>(image.device->sector_count() * kSectorSize), 0);
    std::mt19937 random(5);
    for (int i = 0; row.writable && i < 40; ++i) random_step(*image.device, model, random);
  }
  const auto before = host->copy();
  {
    const auto image = open_row(row, *host, file, {.mode = OpenMode::read_only});
    REQUIRE(image.device->read_only());
    const Bytes one(kSectorSize, 0x77);
    REQUIRE(image.device->write(0, one) == IoStatus::read_only);
    REQUIRE(image.device->discard(0, 1) == IoStatus::read_only);
    REQUIRE(image.device->write_zeroes(0, 1) == IoStatus::read_only);
    REQUIRE(image.device->flush() == IoStatus::ok);
    require_equal(*image.device, model, "when read-only");
  }
  if (!host->same_files(*before)) FAIL("reading changed the file");
  {
    const auto image = open_row(row, *host, file, {.mode = OpenMode::discard});
    std::mt19937 random(6);
    Bytes own = model;
    for (int i = 0; i < 200; ++i) random_step(*image.device, own, random);
    REQUIRE(image.device->flush() == IoStatus::ok);
    require_equal(*image.device, own, "under a layer that discards");
  }
  if (!host->same_files(*before)) FAIL("mode=discard changed the file");
  if (!row.writable) return;
  const auto refused = [&](OpenMode mode) {
    storage::OpenOptions options;
    options.mode = mode;
    options.registry = std::make_shared<storage::FileRegistry>();
    const auto first = open_row(row, *host, file, options);
    options.mode = OpenMode::read_write;
    try {
      open_row(row, *host, file, options);
      return false;
    } catch (const storage::ImageError&) {
      return true;
    }
  };
  if (!refused(OpenMode::read_write)) FAIL("two writers shared the file");
  if (!refused(OpenMode::read_only)) FAIL("a reader and a writer shared the file");
}

// [geometry.md] the limits of BIOSes, files and formats; each with its neighbours.
void run_sizes(const BatteryRow& row) {
  constexpr std::uint64_t kMiB = 2048;
  const std::vector<std::uint64_t> limits = {
      1,
      504 * kMiB,              // 1024 x 16 x 63
      2048 * kMiB,             // 2 GiB: signed 32-bit bytes
      4096 * kMiB,             // 4 GiB: unsigned 32-bit bytes
      16450560,                // 7.84 GiB: INT 13h
      16514064,                // IDENTIFY's CHS
      267382800,               // 127.5 GiB: VHD's CHS, 65535 x 16 x 255
      268435456,               // 128 GiB = 137 GB: 28-bit LBA
      std::uint64_t{1} << 32,  // 2 TiB: 32-bit sectors
  };
  const std::string file = "disk" + row.extension;
  for (const std::uint64_t limit : limits) {
    for (std::uint64_t sectors = limit - 1; sectors <= limit + 1; ++sectors) {
      if (sectors == 0 || sectors > row.max_sectors) continue;
      INFO(sectors << " sectors");
      const auto host = make_image(row, file, sectors);
      const std::uint64_t total = row.rounded ? row.rounded(sectors) : sectors;
      std::vector<std::uint64_t> places = {0, total - 1, total / 2, total / 3};
      for (const std::uint64_t other : limits) {
        if (other < total) places.push_back(other);
      }
      const auto content = [&](std::uint64_t lba) {
        std::mt19937 random(static_cast<std::uint32_t>(lba % 0xFFFFFFFB));
        return random_bytes(random, kSectorSize);
      };
      {
        const auto image = open_row(row, *host, file);
        REQUIRE(image.device->sector_count() == total);
        for (const std::uint64_t lba : places) {
          REQUIRE(image.device->write(lba, content(lba)) == IoStatus::ok);
        }
        REQUIRE(image.device->close() == IoStatus::ok);
      }
      const std::uint64_t read_before = host->bytes_read();
      const auto image = open_row(row, *host, file, {.mode = OpenMode::read_only});
      REQUIRE(image.device->sector_count() == total);
      Bytes found(kSectorSize);
      for (const std::uint64_t lba : places) {
        INFO("sector " << lba);
        REQUIRE(image.device->read(lba, found) == IoStatus::ok);
        REQUIRE(found == content(lba));
      }
      // Opening a large image reads what it needs: directories, not all tables.
      REQUIRE(host->bytes_read() - read_before < (std::uint64_t{48} << 20));
      if (sectors <= 4096 * kMiB || full_run()) {
        require_cover(*image.device);
        require_clean(row, *host, file);
      }
    }
  }
}

void run_random(const BatteryRow& row) {
  const std::string file = "disk" + row.extension;
  const auto host = make_image(row, file, row.sectors);
  std::mt19937 random(21);
  const std::size_t steps = row.operations * (full_run() ? 10 : 1);
  auto image = open_row(row, *host, file);
  Bytes model(static_cast<std::size_t>(image.device->sector_count() * kSectorSize), 0);
  for (std::size_t step = 0; step < steps; ++step) {
    random_step(*image.device, model, random);
    if (random() % 400 == 0 && image.device->flush() != IoStatus::ok) FAIL("flush failed");
    if (random() % 2000 != 0 && step + 1 != steps) continue;
    if (image.device->close() != IoStatus::ok) FAIL("close failed");
    image = {};
    require_clean(row, *host, file);
    image = open_row(row, *host, file);
    require_equal(*image.device, model, "after reopening");
    require_true_extents(*image.device, model);
  }
}

}  // namespace

void compare_with_array(storage::BlockDevice& device, Bytes model, std::uint32_t seed) {
  std::mt19937 random(seed);
  require_equal(device, model, "at first");
  const std::uint64_t total = device.sector_count();
  const Bytes beyond(2 * kSectorSize);
  for (int step = 0; step < 400; ++step) {
    random_step(device, model, random);
    if (device.write(total - 1, beyond) != IoStatus::out_of_range) FAIL("wrote beyond the end");
  }
  REQUIRE(device.flush() == IoStatus::ok);
  require_equal(device, model, "at last");
  require_cover(device);
  require_true_extents(device, model);
}

const std::vector<BatteryPart>& battery_parts() {
  static const std::vector<BatteryPart> parts = {
      {"edges", run_edges},
      {"read-only", run_read_only},
      {"sizes", run_sizes},
      {"random", run_random},
      {"faults", run_faults_part},
      {"create-crash", run_create_crash_part},
      {"crash", run_crash_part},
      {"change", run_change_part},
      {"change-crash", run_change_crash_part},
      {"change-faults", run_change_faults_part},
      {"chain", run_chain_part},
      {"chain-crash", run_chain_crash_part},
      {"chain-faults", run_chain_faults_part},
  };
  return parts;
}

void run(const BatteryPart& part, const BatteryRow& row) {
  const char* const chosen = std::getenv("PLATTER_BATTERY");
  if (chosen != nullptr && std::string_view(chosen) != part.name) return;
  const bool writes = part.name != "edges" && part.name != "read-only";
  if (writes && !row.writable) return;
  if (part.name.starts_with("chain") && !row.parents) return;
  if (part.name.starts_with("change") && !row.resizes && !row.compacts) return;
  if (part.name == "create-crash" && row.make) return;
  const bool harsh = part.name.ends_with("crash") || part.name.ends_with("faults");
  if (harsh && row.brief && !full_run()) return;
  INFO(row.name << ": " << part.name);
  part.run(row);
}

}  // namespace support
