// Raw images through the road that the machine takes: open_image.
#include <sys/stat.h>

#include <algorithm>
#include <string>
#include <vector>

#include "storage/format.h"
#include "tests/catch.hpp"
#include "tests/storage/battery.h"
#include "tests/support/faulty_file.h"
#include "tests/support/memory_file.h"
#include "tests/support/temp_dir.h"

using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using storage::ClusterState;
using storage::IoStatus;
using storage::kSectorSize;
using storage::OpenMode;
using support::TempDir;

namespace {

using Sector = std::vector<std::uint8_t>;

Sector filled(std::uint8_t value, std::size_t sectors = 1) {
  return Sector(sectors * kSectorSize, value);
}

Sector read(storage::BlockDevice& device, std::uint64_t lba, std::size_t sectors = 1) {
  Sector found(sectors * kSectorSize, 0xEE);
  REQUIRE(device.read(lba, found) == IoStatus::ok);
  return found;
}

std::string refusal(const std::filesystem::path& path, const storage::OpenOptions& options = {}) {
  try {
    storage::open_image(path, options);
  } catch (const storage::ImageError& error) {
    return error.what();
  }
  return "opened";
}

}  // namespace

TEST_CASE("raw: first and last sector are where the file has them", "[storage][raw]") {
  const TempDir dir;
  const auto path = dir.sparse("disk.img", 100 * kSectorSize);
  {
    const auto image = storage::open_image(path, {});
    REQUIRE(image.device->sector_count() == 100);
    REQUIRE(image.format->name == "raw");
    REQUIRE_FALSE(image.device->geometry().known());
    REQUIRE(image.device->write(0, filled(0x11)) == IoStatus::ok);
    REQUIRE(image.device->write(99, filled(0x22)) == IoStatus::ok);
    REQUIRE(image.device->flush() == IoStatus::ok);
    REQUIRE(read(*image.device, 99) == filled(0x22));
  }
  const Sector bytes = support::bytes_of(path);
  REQUIRE(bytes.size() == 100 * kSectorSize);
  REQUIRE(std::ranges::count(bytes, 0x11) == 512);
  REQUIRE(bytes[511] == 0x11);
  REQUIRE(bytes[99 * kSectorSize] == 0x22);
  REQUIRE(bytes[98 * kSectorSize + 511] == 0);
}

TEST_CASE("raw: behaves as an array, and so does the layer that discards", "[storage][raw]") {
  const TempDir dir;
  std::mt19937 random(11);
  const Sector bytes = support::random_bytes(random, 333 * kSectorSize);
  const auto path = dir.with("disk.img", std::string(bytes.begin(), bytes.end()));
  const OpenMode mode = GENERATE(OpenMode::read_write, OpenMode::discard);
  support::compare_with_array(*storage::open_image(path, {.mode = mode}).device, bytes, 12);
  REQUIRE((support::bytes_of(path) == bytes) == (mode == OpenMode::discard));
}

TEST_CASE("raw: requests beyond the end touch nothing", "[storage][raw]") {
  const TempDir dir;
  const auto path = dir.sparse("disk.img", 4 * kSectorSize);
  const auto image = storage::open_image(path, {});
  Sector two = filled(0x33, 2);
  REQUIRE(image.device->read(3, two) == IoStatus::out_of_range);
  REQUIRE(image.device->write(3, two) == IoStatus::out_of_range);
  REQUIRE(image.device->write(~std::uint64_t{0}, two) == IoStatus::out_of_range);
  REQUIRE(image.device->read(4, std::span<std::uint8_t>()) == IoStatus::ok);
  REQUIRE(std::filesystem::file_size(path) == 4 * kSectorSize);
  REQUIRE(read(*image.device, 3) == filled(0));
}

TEST_CASE("raw: read-only images refuse writes and can be flushed", "[storage][raw]") {
  const TempDir dir;
  const auto path = dir.sparse("disk.img", 4 * kSectorSize);
  const auto image = storage::open_image(path, {.mode = OpenMode::read_only});
  REQUIRE(image.device->read_only());
  REQUIRE(image.device->write(0, filled(1)) == IoStatus::read_only);
  REQUIRE(image.device->discard(0, 1) == IoStatus::read_only);
  REQUIRE(image.device->flush() == IoStatus::ok);
}

TEST_CASE("raw: mode=discard shows the guest its writes and leaves the file alone",
          "[storage][raw][discard]") {
  const TempDir dir;
  const auto path = dir.with("disk.img", std::string(20 * kSectorSize, 'x'));
  std::filesystem::permissions(path, std::filesystem::perms::owner_read);
  const Sector before = support::bytes_of(path);
  {
    const auto image = storage::open_image(path, {.mode = OpenMode::discard});
    REQUIRE_FALSE(image.device->read_only());
    REQUIRE(image.device->write(7, filled(0x55, 3)) == IoStatus::ok);
    REQUIRE(image.device->flush() == IoStatus::ok);
    Sector expected = filled('x', 20);
    std::fill_n(expected.begin() + 7 * 512, 3 * 512, std::uint8_t{0x55});
    REQUIRE(read(*image.device, 0, 20) == expected);
  }
  REQUIRE(support::bytes_of(path) == before);
}

TEST_CASE("raw: a file with a broken last sector is refused until told to ignore it",
          "[storage][raw]") {
  const TempDir dir;
  const auto path = dir.sparse("odd.img", 3 * kSectorSize + 135);
  REQUIRE(refusal(path) ==
          path.native() +
              ": has a part of a sector at its end (size = 1671, allowed multiples of 512; "
              "truncate=on ignores the last 135 bytes)");
  const auto image = storage::open_image(path, {.truncate = true});
  REQUIRE(image.device->sector_count() == 3);
  REQUIRE(std::filesystem::file_size(path) == 3 * kSectorSize + 135);
}

TEST_CASE("raw: what is no image is refused by name and reason", "[storage][raw]") {
  const TempDir dir;
  REQUIRE_THAT(refusal(dir.path() / "none.img"),
               EndsWith("none.img: cannot be opened: No such file or directory"));
  REQUIRE_THAT(refusal(dir.path()), EndsWith(": is a directory, not a disk image"));
  REQUIRE_THAT(refusal(dir.path(), {.mode = OpenMode::read_only}),
               EndsWith(": is a directory, not a disk image"));
  REQUIRE_THAT(refusal(dir.sparse("empty.img", 0)),
               EndsWith("empty.img: is empty (size = 0, allowed 512 bytes and up)"));
  REQUIRE_THAT(refusal(dir.sparse("tiny.img", 100), {.truncate = true}),
               Contains("tiny.img: is shorter than one sector (size = 100"));
  REQUIRE_THAT(refusal("/dev/null"), EndsWith("/dev/null: is a device, not a disk image file"));
  const auto fifo = dir.path() / "fifo";
  REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
  REQUIRE_THAT(refusal(fifo), EndsWith("fifo: is a FIFO, not a disk image"));
  REQUIRE_THAT(refusal(dir.sparse("a.img", 512), {.format = "qcow9"}),
               Contains("a.img: unknown image format (format = qcow9, known "));
}

TEST_CASE("raw: messages never carry control characters", "[storage][raw]") {
  const TempDir dir;
  REQUIRE_THAT(refusal(dir.path() / "a\x1b[31m\xFF.img"), Contains("a\\x1b[31m\\xff.img: "));
  const std::string text = refusal(dir.path() / std::string(2000, 'n'));
  REQUIRE(text.size() <= 390);
  REQUIRE_THAT(text, EndsWith("File name too long"));
}

TEST_CASE("raw: another format's signature is not opened by guess", "[storage][raw]") {
  const TempDir dir;
  const std::string body(2 * kSectorSize - 4, '\0');
  const auto path = dir.with("disk.img", "QFI\xFB" + body);
  REQUIRE_THAT(refusal(path), Contains("is a QEMU copy-on-write disk (qcow2)"));
  REQUIRE(refusal(path, {.format = "raw"}) == "opened");
  const auto fixed =
      dir.with("fixed.img", std::string(1024, '\0') + "conectix" + std::string(504, '\0'));
  REQUIRE_THAT(refusal(fixed), Contains("is a Virtual PC fixed disk (VHD) by its last sector"));
}

TEST_CASE("raw: a second writer is kept out, second readers are not", "[storage][raw][lock]") {
  const TempDir dir;
  const auto path = dir.sparse("disk.img", 4 * kSectorSize);
  const auto link = dir.path() / "hard.img";
  std::filesystem::create_hard_link(path, link);
  const storage::OpenOptions reader{.mode = OpenMode::read_only};
  const storage::OpenOptions discarding{.mode = OpenMode::discard};
  {
    const auto writer = storage::open_image(path, {});
    REQUIRE_THAT(refusal(path), Contains("is in use: another program or drive"));
    REQUIRE_THAT(refusal(link), Contains("hard.img: is in use"));
    REQUIRE_THAT(refusal(path, reader), Contains("has it open for writing"));
    REQUIRE_THAT(refusal(path, discarding), Contains("has it open for writing"));
  }
  {
    const auto first = storage::open_image(path, reader);
    const auto second = storage::open_image(link, discarding);
    REQUIRE(first.identity == second.identity);
    REQUIRE_THAT(refusal(path), Contains("is in use"));
  }
  REQUIRE(refusal(path) == "opened");
}

TEST_CASE("raw: holes in the host file stay holes and are told apart", "[storage][raw]") {
  const TempDir dir;
  constexpr std::uint64_t kSectors = 1 << 20;  // 512 MiB, none of it on the host
  const auto path = dir.sparse("disk.img", kSectors * kSectorSize);
  const auto image = storage::open_image(path, {});
  REQUIRE(read(*image.device, kSectors - 1) == filled(0));
  REQUIRE(image.device->write(kSectors / 2, filled(9)) == IoStatus::ok);
  struct stat info = {};
  REQUIRE(stat(path.c_str(), &info) == 0);
  REQUIRE(info.st_blocks < 2048);

  // The runs cover the disk, and the written sector lies in data.
  std::uint64_t lba = 0;
  ClusterState at_half = ClusterState::unallocated;
  while (lba < kSectors) {
    const storage::Extent extent = image.device->extent_at(lba);
    REQUIRE(extent.first_sector == lba);
    REQUIRE(extent.sector_count > 0);
    if (lba <= kSectors / 2 && kSectors / 2 < lba + extent.sector_count) at_half = extent.state;
    if (extent.state == ClusterState::data) REQUIRE(extent.host_offset == lba * kSectorSize);
    lba += extent.sector_count;
  }
  REQUIRE(lba == kSectors);
  REQUIRE(at_half == ClusterState::data);
  REQUIRE(image.device->extent_at(kSectors).sector_count == 0);
}

TEST_CASE("raw: a file that shrank reports an error, never zeroes", "[storage][raw]") {
  const TempDir dir;
  const auto path = dir.sparse("disk.img", 8 * kSectorSize);
  const auto image = storage::open_image(path, {});
  std::filesystem::resize_file(path, 4 * kSectorSize);
  Sector two = filled(0, 2);
  REQUIRE(image.device->read(5, two) == IoStatus::host_error);
  REQUIRE(image.device->read(3, two) == IoStatus::host_error);
  REQUIRE(image.device->read(2, two) == IoStatus::ok);
}

TEST_CASE("raw: host errors come back as they are", "[storage][raw]") {
  const auto contents = support::make_contents(8 * kSectorSize);
  const auto faults = std::make_shared<support::Faults>();
  const auto image =
      storage::make_raw_image(std::make_unique<support::FaultyFile>(
                                  std::make_unique<support::MemoryFile>(contents), faults),
                              {});
  faults->fail(support::FileCall::write, 1, IoStatus::no_space);
  REQUIRE(image->write(1, filled(1)) == IoStatus::no_space);
  REQUIRE(image->write(1, filled(1)) == IoStatus::ok);
  faults->fail(support::FileCall::read, 1, IoStatus::host_error);
  Sector one = filled(0);
  REQUIRE(image->read(1, one) == IoStatus::host_error);
  faults->fail(support::FileCall::sync, 1, IoStatus::host_error);
  REQUIRE(image->flush() == IoStatus::host_error);
  REQUIRE((*contents)[512] == 1);
}
