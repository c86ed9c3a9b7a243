#include "ui/state_file.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace ui {

namespace {

// Fields apart by tabs; paths with tabs or line ends are not remembered.
std::vector<std::string> fields(const std::string& line) {
  std::vector<std::string> out;
  std::istringstream stream(line);
  for (std::string field; std::getline(stream, field, '\t');) out.push_back(field);
  return out;
}

}  // namespace

std::filesystem::path state_file_path() {
  if (const char* folder = std::getenv("XDG_STATE_HOME"); folder != nullptr && *folder != 0)
    return std::filesystem::path(folder) / "platter" / "window";
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != 0)
    return std::filesystem::path(home) / ".local" / "state" / "platter" / "window";
  return {};
}

void load_state(const std::filesystem::path& file, Workspace& work) {
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);) {
    const std::vector<std::string> words = fields(line);
    if (words.size() < 2) continue;
    if (words[0] == "layout") {
      for (int i = 0; i < kLayouts; ++i) {
        if (words[1] == layout_name(static_cast<Layout>(i))) work.layout = static_cast<Layout>(i);
      }
    }
    if (words[0] == "look") work.look = words[1] == "light" ? Look::light : Look::dark;
    if (words[0] == "start-page") work.show_start_page = words[1] != "no";
    if (words[0] == "reduce-motion") work.reduce_motion = words[1] == "yes";
    if (words[0] == "aspect") work.keep_aspect = words[1] != "no";
    if (words[0] == "volume")
      work.volume =
          static_cast<int>(std::clamp(std::strtol(words[1].c_str(), nullptr, 10), 0L, 100L));
    if (words[0] == "history") work.keep_history = words[1] == "yes";
    if (words[0] == "mute") work.mute = words[1] == "yes";
    if (words[0] == "recent" && words.size() >= 5 && work.recent.size() < kMostRecent) {
      RecentFile recent;
      recent.path = words[1];
      recent.slot = words[2];
      recent.mode = words[3];
      recent.last_run = words[4];
      if (words.size() >= 6) recent.allow = words[5];
      work.recent.push_back(recent);
    }
  }
}

void save_state(const std::filesystem::path& file, const Workspace& work) {
  if (file.empty()) return;
  std::error_code ignored;
  std::filesystem::create_directories(file.parent_path(), ignored);
  std::ofstream stream(file);
  stream << "layout\t" << layout_name(work.layout) << "\n";
  stream << "look\t" << (work.look == Look::light ? "light" : "dark") << "\n";
  stream << "start-page\t" << (work.show_start_page ? "yes" : "no") << "\n";
  stream << "reduce-motion\t" << (work.reduce_motion ? "yes" : "no") << "\n";
  stream << "aspect\t" << (work.keep_aspect ? "yes" : "no") << "\n";
  stream << "volume\t" << work.volume << "\n";
  stream << "history\t" << (work.keep_history ? "yes" : "no") << "\n";
  stream << "mute\t" << (work.mute ? "yes" : "no") << "\n";
  for (const RecentFile& recent : work.recent) {
    if ((recent.path + recent.allow).find_first_of("\t\n\r") != std::string::npos) continue;
    stream << "recent\t" << recent.path << "\t" << recent.slot << "\t" << recent.mode << "\t"
           << recent.last_run << "\t" << recent.allow << "\n";
  }
}

}  // namespace ui
