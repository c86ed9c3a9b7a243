#include "ui/recent_files.h"

#include <filesystem>
#include <vector>

#include "storage/directory.h"
#include "storage/format.h"
#include "storage/open_image.h"
#include "storage/overlay_file.h"
#include "tests/catch.hpp"
#include "tests/support/temp_dir.h"

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kSectors = 96 * 1024;  // a thousand a column

fs::path make_disk(const fs::path& folder) {
  const fs::path path = folder / "base.vmdk";
  storage::CreateOptions options;
  options.sectors = kSectors;
  create_image(storage::PosixDirectory::place_of(path, storage::host_rules({})),
               storage::kVmdkFormat, options, {});
  return path;
}

void fill(const fs::path& path, std::uint64_t lba, std::uint64_t count) {
  const storage::OpenedImage opened = storage::open_image(path, {});
  const std::vector<std::uint8_t> bytes(count * storage::kSectorSize, 0x5A);
  REQUIRE(opened.device->write(lba, bytes) == storage::IoStatus::ok);
  REQUIRE(opened.device->close() == storage::IoStatus::ok);
}

ui::RecentFile looked_at(const fs::path& path) {
  ui::RecentFiles files = {ui::recall({}, path.string())};
  ui::look_at_recent(files);
  return files.front();
}

}  // namespace

TEST_CASE("recent files: a look tells the format, what is in use and from which layer", "[ui]") {
  const support::TempDir folder;
  const fs::path base = make_disk(folder.path());
  fill(base, 0, 1024);    // the first column
  fill(base, 2048, 256);  // a quarter of the third
  const fs::path child = storage::add_overlay(base, {});
  fill(child, 1024, 512);  // half of the second

  const ui::RecentFile file = looked_at(child);
  CHECK(file.problem.empty());
  CHECK(file.format == "vmdk chain of 2");
  CHECK(file.sectors == kSectors);
  CHECK(file.used_sectors == 1024 + 512 + 256);
  REQUIRE(file.strip.size() == 96);
  CHECK(file.strip[0].share == 1.0F);
  CHECK(file.strip[0].layer == 1);
  CHECK(file.strip[1].share == 0.5F);
  CHECK(file.strip[1].layer == 0);
  CHECK(file.strip[2].share == 0.25F);
  CHECK(file.strip[3].share == 0.0F);
}

TEST_CASE("recent files: the layer that misses its parent is named", "[ui]") {
  const support::TempDir folder;
  const fs::path base = make_disk(folder.path());
  const fs::path child = storage::add_overlay(base, {});
  const fs::path top = storage::add_overlay(child, {});
  fs::remove(base);
  const ui::RecentFile file = looked_at(top);
  CHECK(file.lost_child == child.string());
  CHECK(file.lost_parent == "base.vmdk");
  CHECK_FALSE(file.problem.empty());
}

TEST_CASE("recent files: the latest comes first, once, and knows which folder was allowed",
          "[ui]") {
  ui::RecentFiles files;
  for (std::size_t i = 0; i < 2 * ui::kMostRecent; ++i)
    ui::remember(files, ui::recall(files, "/disk" + std::to_string(i)));
  CHECK(files.size() == ui::kMostRecent);
  CHECK(files.front().path == "/disk23");
  files[3].allow = "/parents";
  const std::string path = files[3].path;
  ui::remember(files, ui::recall(files, path));
  CHECK(files.size() == ui::kMostRecent);
  CHECK(files.front().path == path);
  CHECK(files.front().allow == "/parents");
}
