// A chain whose parent was moved, in every format that has parents.
#include "storage/relocate_parent.h"

#include <fstream>
#include <iterator>

#include "storage/directory.h"
#include "storage/format.h"
#include "storage/overlay_file.h"
#include "tests/catch.hpp"
#include "tests/support/temp_dir.h"

using Catch::Matchers::Contains;
using storage::kSectorSize;
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kSectors = 8192;
using Sector = std::vector<std::uint8_t>;

void create(const fs::path& path, const storage::FormatDriver& format) {
  storage::CreateOptions options;
  options.sectors = kSectors;
  create_image(storage::PosixDirectory::place_of(path, storage::host_rules({})), format, options,
               {});
}

void write(const fs::path& path, std::uint64_t lba, std::uint8_t value) {
  const storage::OpenedImage opened = storage::open_image(path, {});
  REQUIRE(opened.device->write(lba, Sector(kSectorSize, value)) == storage::IoStatus::ok);
  REQUIRE(opened.device->close() == storage::IoStatus::ok);
}

std::uint8_t read(const fs::path& path, std::uint64_t lba, const storage::OpenOptions& options) {
  storage::OpenOptions look = options;
  look.mode = storage::OpenMode::read_only;
  const storage::OpenedImage opened = storage::open_image(path, look);
  Sector sector(kSectorSize);
  REQUIRE(opened.device->read(lba, sector) == storage::IoStatus::ok);
  return sector[kSectorSize - 1];
}

std::string bytes_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

struct Chain {
  explicit Chain(const storage::FormatDriver& format)
      : base(folder.path() / ("base." + std::string(format.name))) {
    create(base, format);
    write(base, 100, 0x11);
    child = storage::add_overlay(base, {});
    write(child, 200, 0x22);
  }

  // With all its files into a folder of its own; where it is then.
  fs::path move_base() const {
    const fs::path target = folder.path() / "moved";
    fs::create_directory(target);
    std::vector<fs::path> files;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder.path())) {
      const bool of_child = entry.path().string().starts_with(child.string());
      if (entry.is_regular_file() && !of_child) files.push_back(entry.path());
    }
    for (const fs::path& file : files) fs::rename(file, target / file.filename());
    return target / base.filename();
  }

  support::TempDir folder;
  fs::path base, child;
};

}  // namespace

TEST_CASE("relocate parent: a child follows its parent and shows what it showed",
          "[storage][chain]") {
  const storage::FormatDriver* const format = GENERATE(&storage::kVmdkFormat, &storage::kVhdFormat,
                                                       &storage::kCowdFormat, &storage::kRawFormat);
  CAPTURE(format->name);
  const Chain chain(*format);
  const fs::path moved = chain.move_base();
  try {
    static_cast<void>(read(chain.child, 0, {}));
    FAIL("a child without its parent was opened");
  } catch (const storage::LostParent& lost) {
    CHECK(lost.file() == chain.child);
    CHECK_THAT(lost.parent(), Contains("base." + std::string(format->name)));
  }
  storage::relocate_parent(chain.child, moved, {});
  CHECK(read(chain.child, 100, {}) == 0x11);
  CHECK(read(chain.child, 200, {}) == 0x22);
}

TEST_CASE("relocate parent: another image than the recorded one is refused, the child untouched",
          "[storage][chain]") {
  const storage::FormatDriver* const format =
      GENERATE(&storage::kVmdkFormat, &storage::kVhdFormat, &storage::kCowdFormat,
               &storage::kGrowableFormat);
  CAPTURE(format->name);
  const Chain chain(*format);
  const fs::path other = chain.folder.path() / ("other." + std::string(format->name));
  create(other, *format);
  fs::remove(chain.base);
  const std::string before = bytes_of(chain.child);
  CHECK_THROWS_WITH(storage::relocate_parent(chain.child, other, {}),
                    Contains("is not the parent of"));
  CHECK(bytes_of(chain.child) == before);
}

TEST_CASE("relocate parent: a parent outside the folder opens where that folder is allowed",
          "[storage][chain]") {
  const Chain chain(storage::kVmdkFormat);
  const support::TempDir elsewhere;
  const fs::path moved = elsewhere.path() / "base.vmdk";
  fs::copy_file(chain.base, moved);
  fs::remove(chain.base);
  storage::OpenOptions options;
  options.allow = {elsewhere.path()};
  storage::relocate_parent(chain.child, moved, options);
  CHECK(read(chain.child, 100, options) == 0x11);
  CHECK_THROWS_AS(read(chain.child, 100, {}), storage::LostParent);
}

TEST_CASE("relocate parent: an image without a parent says so", "[storage][chain]") {
  const Chain chain(storage::kVmdkFormat);
  CHECK_THROWS_WITH(storage::relocate_parent(chain.base, chain.child, {}),
                    Contains("has no parent"));
}
