// What lies in a folder of the host, for a person to choose from.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace ui {

struct FolderEntry {
  std::string name;
  bool folder = false;
  std::uint64_t bytes = 0;  // of a file
};

class FolderList {
 public:
  // Reads it, unless it is the one at hand.
  void show(const std::filesystem::path& folder);
  // Reads the one at hand again.
  void refresh();

  const std::filesystem::path& folder() const { return folder_; }
  // Folders first, then files, each by name without regard to case; no hidden ones.
  const std::vector<FolderEntry>& entries() const { return entries_; }
  const std::string& problem() const { return problem_; }  // why it cannot be read

 private:
  std::filesystem::path folder_;
  std::vector<FolderEntry> entries_;
  std::string problem_;
};

}  // namespace ui
