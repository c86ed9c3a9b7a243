// Files that were open lately, for the start page.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ui {

struct RecentFile {
  std::string path;
  std::string slot;
  std::string mode;
  std::string last_run;  // a date
  // A folder outside its own that the person showed it a parent in; empty: none.
  std::string allow;

  // What a look at the file found.
  bool looked = false;
  std::string format, problem;
  std::string lost_child, lost_parent;  // the layer that misses its parent, and which one
  std::uint64_t sectors = 0, used_sectors = 0;
  struct Column {
    float share = 0;     // in use
    unsigned layer = 0;  // that most of it comes from; 0 is the top
  };
  std::vector<Column> strip;  // along the disk
  unsigned layers = 1;
};

using RecentFiles = std::vector<RecentFile>;

// To the front; what was known of the same path goes.
void remember(RecentFiles& files, RecentFile file);
// Format, size, what is allocated where, of those not looked at yet.
void look_at_recent(RecentFiles& files);
// Nothing but the path, when it was not open lately.
RecentFile recall(const RecentFiles& files, const std::string& path);

inline constexpr std::size_t kMostRecent = 12;

}  // namespace ui
