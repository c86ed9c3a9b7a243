#include "ui/folder_list.h"

#include <fstream>

#include "tests/catch.hpp"
#include "tests/support/temp_dir.h"

namespace fs = std::filesystem;

namespace {

void make_file(const fs::path& path, std::size_t bytes) {
  std::ofstream(path, std::ios::binary) << std::string(bytes, 'x');
}

std::vector<std::string> names(const ui::FolderList& list) {
  std::vector<std::string> out;
  for (const ui::FolderEntry& entry : list.entries()) out.push_back(entry.name);
  return out;
}

}  // namespace

TEST_CASE("folder list: folders come first, names without regard to case, nothing hidden", "[ui]") {
  const support::TempDir folder;
  fs::create_directory(folder.path() / "zoo");
  fs::create_directory(folder.path() / "Attic");
  make_file(folder.path() / "dos.vmdk", 1000);
  make_file(folder.path() / "BOOT.IMG", 512);
  make_file(folder.path() / ".hidden", 1);
  ui::FolderList list;
  list.show(folder.path());
  CHECK(names(list) == std::vector<std::string>{"Attic", "zoo", "BOOT.IMG", "dos.vmdk"});
  CHECK(list.entries()[0].folder);
  CHECK_FALSE(list.entries()[3].folder);
  CHECK(list.entries()[3].bytes == 1000);
  CHECK(list.problem().empty());
}

TEST_CASE("folder list: it is read again on request only, and says why it cannot be read", "[ui]") {
  const support::TempDir folder;
  ui::FolderList list;
  list.show(folder.path());
  make_file(folder.path() / "new.img", 1);
  list.show(folder.path());
  CHECK(names(list).empty());
  list.refresh();
  CHECK(names(list) == std::vector<std::string>{"new.img"});
  list.show(folder.path() / "nowhere");
  CHECK(names(list).empty());
  CHECK_FALSE(list.problem().empty());
}
