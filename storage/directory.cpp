#include "storage/directory.h"

#include <algorithm>
#include <array>

namespace storage {

namespace {

constexpr std::size_t kMaxInnerName = 4096;

// Calls `visit` with each component until it answers false.
template <class Visit>
void for_each_component(std::string_view name, Visit visit) {
  while (!name.empty()) {
    const std::size_t slash = std::min(name.find('/'), name.size());
    if (!visit(name.substr(0, slash))) return;
    name.remove_prefix(std::min(slash + 1, name.size()));
  }
}

void check_leaf(const Directory& directory, std::string_view name) {
  if (!name.empty() && name != "." && name != ".." && name.find('/') == name.npos) return;
  throw ImageError(directory.path(), "\"" + printable(name, 120) + "\" is no file name");
}

}  // namespace

RefusedName::RefusedName(const std::filesystem::path& folder, std::string_view name,
                         std::string_view why)
    : ImageError(folder,
                 "the name \"" + printable(name, 120) + "\" inside an image " + std::string(why)),
      name_(printable(name, 120)),
      why_(why) {}

std::string RefusedName::words() const {
  return "names \"" + name_ + "\", which " + why_;
}

std::filesystem::path Place::path() const {
  if (!directory || directory->path() == ".") return name;
  return directory->path() / name;
}

void FileRegistry::admit(File& file, FileAccess access) {
  const FileIdentity identity = file.identity();
  for (const Entry& entry : open_) {
    if (entry.identity != identity) continue;
    if (access == FileAccess::read && entry.access == FileAccess::read) continue;
    throw ImageError(file.path(), "is used twice here, and once for writing");
  }
  if (open_.size() >= kMaxOpenFiles) {
    throw ImageError(file.path(),
                     "is one file too many (open files = " + std::to_string(open_.size()) +
                         ", allowed " + std::to_string(kMaxOpenFiles) + ")");
  }
  const auto place = open_.insert(open_.end(), {identity, access});
  file.hold(std::shared_ptr<void>(
      nullptr, [self = shared_from_this(), place](void*) { self->open_.erase(place); }));
}

void FileRegistry::remove_created(std::size_t keep) {
  while (created_.size() > keep) {
    const auto [folder, name] = std::move(created_.back());
    created_.pop_back();
    if (const DirectoryPtr directory = folder.lock()) static_cast<void>(directory->remove(name));
  }
}

std::optional<std::string> bad_name(std::string_view name) {
  if (name.empty()) return "is empty";
  if (name.size() > kMaxInnerName) return "is too long";
  for (const char character : name) {
    const auto byte = static_cast<unsigned char>(character);
    if (byte < 0x20 || byte == 0x7F) return "has control characters";
  }
  // "C:\\disk", "http://", "nbd:": a name here is a file's name and means nothing else.
  const std::size_t colon = name.find(':');
  if (colon != name.npos && name.substr(0, colon).find('/') == name.npos) {
    return "has a drive letter or a scheme";
  }
  if (name.back() == '/') return "is a folder";
  return std::nullopt;
}

bool leaves_folder(std::string_view name) {
  if (name.starts_with('/')) return true;
  bool leaves = false;
  for_each_component(name, [&](std::string_view component) {
    leaves = component == "..";
    return !leaves;
  });
  return leaves;
}

std::vector<std::string> host_spellings(std::string_view name) {
  const bool drive = name.size() > 1 && name[1] == ':';
  std::vector<std::string> names;
  if (!drive) names.emplace_back(name);
  const std::size_t backslash = name.rfind('\\');
  if (backslash != name.npos) {
    std::string slashed(name);
    std::ranges::replace(slashed, '\\', '/');
    if (!drive && !leaves_folder(slashed)) names.push_back(slashed);
  }
  if (backslash != name.npos || drive) {
    const std::size_t last = name.find_last_of("\\/:");
    if (last + 1 < name.size()) names.emplace_back(name.substr(last + 1));
  }
  return names;
}

std::string name_to_record(const Directory& folder, const std::filesystem::path& path) {
  std::error_code error;
  const auto base = std::filesystem::canonical(folder.path(), error);
  if (error) return path.native();
  // The file's own name is kept even when it is a link: only its folder is resolved.
  const auto parent = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  const auto target = std::filesystem::canonical(parent, error) / path.filename();
  if (error) return path.native();
  const auto relative = target.lexically_relative(base);
  if (relative.empty() || leaves_folder(relative.native())) return target.native();
  return relative.native();
}

std::unique_ptr<File> Directory::open(std::string_view name, const FileRequest& request) {
  if (request.source == NameSource::image) {
    if (const auto problem = bad_name(name)) throw RefusedName(path(), name, *problem);
  }
  std::unique_ptr<File> file = do_open(name, request);
  if (request.look_only) return file;
  rules_.registry->admit(*file, request.access);
  if (!rules_.force_share) {
    do_lock(*file);
  } else if (request.access == FileAccess::read_write) {
    throw ImageError(file->path(), "cannot be written while it may be shared (-U)");
  }
  return file;
}

std::unique_ptr<File> Directory::create(std::string_view name, Existing existing) {
  check_leaf(*this, name);
  const bool existed = exists(name, NameSource::user);
  std::unique_ptr<File> file = do_create(name, existing);
  rules_.registry->admit(*file, FileAccess::read_write);
  do_lock(*file);
  if (file->size() != 0) {
    const IoStatus status = file->resize(0);
    if (status != IoStatus::ok) {
      throw ImageError(file->path(), "cannot be emptied: " + std::string(describe(status)));
    }
  }
  if (existing != Existing::draft && !existed) {
    rules_.registry->note_created({shared_from_this(), std::string(name)});
  }
  return file;
}

bool Directory::exists(std::string_view name, NameSource source) {
  try {
    open(name, {.access = FileAccess::read, .source = source, .look_only = true});
    return true;
  } catch (const ImageError&) {
    return false;
  }
}

Place Directory::locate(std::string_view name, NameSource source) {
  if (source == NameSource::image) {
    if (const auto problem = bad_name(name)) throw RefusedName(path(), name, *problem);
  }
  return do_locate(name, source);
}

}  // namespace storage
