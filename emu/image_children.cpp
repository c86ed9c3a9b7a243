#include "emu/image_children.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "emu/image_layers.h"

namespace emu::image_tool {

namespace {

constexpr std::size_t kMostFiles = 4096;  // of one folder

namespace fs = std::filesystem;

storage::FileIdentity identity_at(const storage::Place& place, storage::NameSource source) {
  return place.directory
      ->open(place.name, {.access = storage::FileAccess::read, .source = source, .look_only = true})
      ->identity();
}

// The regular files of a folder, in order; none where it cannot be read.
std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code unknown;
    if (entry->is_regular_file(unknown)) files.push_back(entry->path());
    if (files.size() == kMostFiles) break;
  }
  std::ranges::sort(files);
  return files;
}

class ChildSearch {
 public:
  ChildSearch(const Session& session, const fs::path& parent, const fs::path& known)
      : options_(session.open_options()) {
    // Nothing is said, locked or changed for a look.
    options_.mode = storage::OpenMode::read_only;
    options_.warn = {};
    options_.force_share = true;
    options_.follow_parents = false;
    options_.force = true;
    parent_ = identity_at(place(parent), storage::NameSource::user);
    looked_at_ = {parent_, identity_at(place(known), storage::NameSource::user)};
  }

  void look_in(const fs::path& folder) {
    for (const fs::path& file : files_in(folder.empty() ? fs::path(".") : folder)) {
      try {
        if (is_child(place(file))) found_.push_back(file.lexically_normal());
      } catch (const storage::ImageError&) {
        // No image, or none that opens.
      }
    }
  }

  std::vector<fs::path> take() { return std::move(found_); }

 private:
  storage::Place place(const fs::path& file) const {
    return storage::PosixDirectory::place_of(file, host_rules(options_));
  }

  bool is_child(const storage::Place& place) {
    const storage::FileIdentity identity = identity_at(place, storage::NameSource::user);
    if (std::ranges::find(looked_at_, identity) != looked_at_.end()) return false;
    looked_at_.push_back(identity);
    const storage::FormatDriver& format = storage::format_of(place, storage::NameSource::user, {});
    if (!format.has_parents) return false;
    storage::OpenOptions options = options_;
    options.format = format.name;
    const storage::OpenedImage opened = open_image(place, options);
    const auto named = parent_place(place, opened.image->info());
    return named && identity_at(*named, storage::NameSource::image) == parent_;
  }

  storage::OpenOptions options_;
  storage::FileIdentity parent_;
  std::vector<storage::FileIdentity> looked_at_;
  std::vector<fs::path> found_;
};

}  // namespace

std::vector<fs::path> other_children(const Session& session, const fs::path& parent,
                                     const fs::path& known) {
  // Only the host's own folders can be listed.
  if (session.around().place_of) return {};
  ChildSearch search(session, parent, known);
  search.look_in(parent.parent_path());
  search.look_in(known.parent_path());
  for (const fs::path& folder : session.arguments().allow) search.look_in(folder);
  return search.take();
}

}  // namespace emu::image_tool
