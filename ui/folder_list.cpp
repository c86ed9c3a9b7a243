#include "ui/folder_list.h"

#include <algorithm>
#include <cctype>
#include <system_error>

namespace ui {

namespace {

bool before(const FolderEntry& a, const FolderEntry& b) {
  if (a.folder != b.folder) return a.folder;
  const auto less = [](unsigned char x, unsigned char y) {
    return std::tolower(x) < std::tolower(y);
  };
  if (std::ranges::lexicographical_compare(a.name, b.name, less)) return true;
  if (std::ranges::lexicographical_compare(b.name, a.name, less)) return false;
  return a.name < b.name;
}

}  // namespace

void FolderList::show(const std::filesystem::path& folder) {
  if (folder == folder_) return;
  folder_ = folder;
  refresh();
}

void FolderList::refresh() {
  entries_.clear();
  problem_.clear();
  std::error_code error;
  for (std::filesystem::directory_iterator at(folder_, error), end; !error && at != end;
       at.increment(error)) {
    FolderEntry entry;
    entry.name = at->path().filename().string();
    if (entry.name.starts_with('.')) continue;
    std::error_code gone;  // an entry that went away meanwhile is a file of no size
    entry.folder = at->is_directory(gone);
    if (!entry.folder) {
      const std::uintmax_t bytes = at->file_size(gone);
      entry.bytes = gone ? 0 : bytes;
    }
    entries_.push_back(std::move(entry));
  }
  if (error) problem_ = error.message();
  std::ranges::sort(entries_, before);
}

}  // namespace ui
