// Who may open what: names found inside images stay in the image's folder.
#include "storage/directory.h"

#include <sys/stat.h>

#include <string>

#include "storage/file_io.h"
#include "storage/image_error.h"
#include "tests/catch.hpp"
#include "tests/support/temp_dir.h"

namespace fs = std::filesystem;
using Catch::Matchers::Contains;
using storage::FileAccess;
using storage::NameSource;
using storage::PosixDirectory;
using support::TempDir;

namespace {

// DIR/images is the image's folder; DIR/secret lies outside.
struct Tree {
  TempDir dir;
  fs::path images = dir.path() / "images";

  Tree() {
    fs::create_directories(images / "sub");
    dir.with("secret", "secret");
    dir.with("images/a", "a");
    dir.with("images/sub/b", "b");
  }
  storage::DirectoryPtr folder(std::vector<fs::path> allow = {}) const {
    storage::HostRules rules;
    rules.allow = std::move(allow);
    return std::make_shared<PosixDirectory>(images, std::move(rules));
  }
};

std::string open_inner(const storage::DirectoryPtr& folder, std::string_view name) {
  try {
    const auto file = folder->open(name, {});
    const auto bytes = storage::read_bytes(*file, 0, static_cast<std::size_t>(file->size()));
    return {bytes.begin(), bytes.end()};
  } catch (const storage::ImageError& error) {
    return error.what();
  }
}

}  // namespace

TEST_CASE("directory: names inside images reach files of the folder", "[storage][paths]") {
  const Tree tree;
  const auto folder = tree.folder();
  REQUIRE(open_inner(folder, "a") == "a");
  REQUIRE(open_inner(folder, "./a") == "a");
  REQUIRE(open_inner(folder, "sub/b") == "b");
  fs::create_symlink("sub/b", tree.images / "link");
  REQUIRE(open_inner(folder, "link") == "b");
  const storage::Place place = folder->locate("sub/b", NameSource::image);
  REQUIRE(place.name == "b");
  REQUIRE(open_inner(place.directory, "b") == "b");
}

TEST_CASE("directory: names inside images never lead out", "[storage][paths]") {
  const Tree tree;
  const auto folder = tree.folder();
  const std::string secret = (tree.dir.path() / "secret").native();
  fs::create_symlink("../secret", tree.images / "relative-link");
  fs::create_symlink(secret, tree.images / "absolute-link");
  fs::create_directory_symlink("..", tree.images / "up");
  for (const std::string& name : {std::string("../secret"), secret, std::string("sub/../../secret"),
                                  std::string("relative-link"), std::string("absolute-link"),
                                  std::string("up/secret"), std::string("sub/../a")}) {
    INFO(name);
    REQUIRE_THAT(open_inner(folder, name), Contains("leads out of its folder"));
    REQUIRE_FALSE(folder->exists(name, NameSource::image));
  }
  REQUIRE_THROWS_AS(folder->locate("up/secret", NameSource::image), storage::ImageError);
  REQUIRE_THROWS_AS(folder->locate("../secret", NameSource::image), storage::ImageError);
}

TEST_CASE("directory: what the user allows may be reached", "[storage][paths]") {
  const Tree tree;
  const std::string secret = (tree.dir.path() / "secret").native();
  fs::create_symlink("../secret", tree.images / "link");
  for (const fs::path& allowed : {tree.dir.path(), fs::path(secret)}) {
    INFO(allowed);
    const auto folder = tree.folder({allowed});
    REQUIRE(open_inner(folder, "../secret") == "secret");
    REQUIRE(open_inner(folder, secret) == "secret");
    REQUIRE(open_inner(folder, "link") == "secret");
    REQUIRE_THAT(open_inner(folder, "/etc/passwd"), Contains("leads out"));
    REQUIRE_THAT(open_inner(folder, "../../etc/passwd"), Contains("leads out"));
    REQUIRE(folder->locate("../secret", NameSource::image).name == "secret");
  }
}

TEST_CASE("directory: a name must be a regular file's", "[storage][paths]") {
  const Tree tree;
  const auto folder = tree.folder();
  REQUIRE(mkfifo((tree.images / "fifo").c_str(), 0600) == 0);
  REQUIRE_THAT(open_inner(folder, "fifo"), Contains("is a FIFO"));
  REQUIRE_THAT(open_inner(folder, "sub"), Contains("is a directory"));
  REQUIRE_THAT(open_inner(folder, "sub/"), Contains("is a folder"));
  REQUIRE_THAT(open_inner(folder, ""), Contains("is empty"));
  REQUIRE_THAT(open_inner(folder, std::string_view("a\0b", 3)), Contains("control characters"));
  REQUIRE_THAT(open_inner(folder, "a\n"), Contains("control characters"));
  REQUIRE_THAT(open_inner(folder, "c:\\disk.vmdk"), Contains("drive letter or a scheme"));
  REQUIRE_THAT(open_inner(folder, "nbd://host/x"), Contains("drive letter or a scheme"));
  REQUIRE_THAT(open_inner(folder, std::string(5000, 'x')), Contains("too long"));
  REQUIRE_THROWS_AS(folder->open("none", {}), storage::NoSuchFile);
  REQUIRE_THROWS_AS(folder->open("none/x", {}), storage::NoSuchFile);
}

TEST_CASE("directory: one file is not opened twice when one side writes", "[storage][lock]") {
  const Tree tree;
  const auto folder = tree.folder();
  fs::create_hard_link(tree.images / "a", tree.images / "twin");
  {
    const auto reader = folder->open("a", {});
    const auto second = folder->open("twin", {});
    REQUIRE_THROWS_WITH(folder->open("twin", {.access = FileAccess::read_write}),
                        Contains("is used twice here"));
  }
  const auto writer = folder->open("a", {.access = FileAccess::read_write});
  REQUIRE_THROWS_WITH(folder->open("twin", {}), Contains("is used twice here"));
  // Another command, with a registry of its own, meets the lock.
  REQUIRE_THROWS_WITH(tree.folder()->open("a", {}), Contains("is in use"));
  storage::HostRules sharing;
  sharing.force_share = true;
  const auto forced = std::make_shared<PosixDirectory>(tree.images, sharing);
  REQUIRE(forced->open("a", {})->size() == 1);
  REQUIRE_THROWS_AS(forced->open("a", {.access = FileAccess::read_write}), storage::ImageError);
}

TEST_CASE("directory: creation refuses or empties what is there", "[storage]") {
  const Tree tree;
  const auto folder = tree.folder();
  REQUIRE_THROWS_WITH(folder->create("a"), Contains("exists already"));
  REQUIRE_THROWS_AS(folder->create("sub/new"), storage::ImageError);
  REQUIRE_THROWS_AS(folder->create(".."), storage::ImageError);
  {
    const auto reader = folder->open("a", {});
    REQUIRE_THROWS_AS(folder->create("a", storage::Existing::replace), storage::ImageError);
    REQUIRE(reader->size() == 1);
  }
  REQUIRE(folder->create("a", storage::Existing::replace)->size() == 0);
  REQUIRE(folder->create("new")->size() == 0);
  REQUIRE(folder->rules().registry->created() == 1);
  folder->rules().registry->remove_created(0);
  REQUIRE_FALSE(fs::exists(tree.images / "new"));
  REQUIRE(fs::exists(tree.images / "a"));
}

TEST_CASE("directory: a text file is replaced in one step and keeps its lock", "[storage]") {
  const Tree tree;
  const auto folder = tree.folder();
  fs::permissions(tree.images / "a", fs::perms::owner_read | fs::perms::owner_write);
  auto file = folder->open("a", {.access = FileAccess::read_write});
  const std::string text = "new contents";
  const std::span bytes(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
  REQUIRE(storage::replace_file({folder, "a"}, bytes, file) == storage::IoStatus::ok);
  REQUIRE(file->path() == tree.images / "a");
  REQUIRE(file->size() == text.size());
  REQUIRE_FALSE(fs::exists(tree.images / "a.new"));
  REQUIRE(fs::status(tree.images / "a").permissions() ==
          (fs::perms::owner_read | fs::perms::owner_write));
  REQUIRE_THROWS_WITH(tree.folder()->open("a", {}), Contains("is in use"));
}

TEST_CASE("directory: the name to record is relative below the folder", "[storage][paths]") {
  const Tree tree;
  const auto folder = tree.folder();
  REQUIRE(storage::name_to_record(*folder, tree.images / "a") == "a");
  REQUIRE(storage::name_to_record(*folder, tree.images / "sub" / ".." / "sub" / "b") == "sub/b");
  const fs::path secret = fs::canonical(tree.dir.path()) / "secret";
  REQUIRE(storage::name_to_record(*folder, secret) == secret.native());
}

TEST_CASE("directory: a link that the user typed stands for its target's folder", "[storage]") {
  const Tree tree;
  fs::create_symlink("images/a", tree.dir.path() / "link");
  const storage::Place place = PosixDirectory::place_of(tree.dir.path() / "link", {});
  REQUIRE(place.name == "a");
  REQUIRE(open_inner(place.directory, "sub/b") == "b");
}
