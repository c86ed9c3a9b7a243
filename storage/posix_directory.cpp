// PosixDirectory: openat2(RESOLVE_BENEATH) where the kernel has it, else one component after the
// other without following links.
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include "storage/directory.h"
#include "storage/image_error.h"

namespace storage {

namespace {

namespace fs = std::filesystem;

constexpr int kFolderFlags = O_PATH | O_DIRECTORY | O_CLOEXEC;
constexpr mode_t kNewFileMode = 0666;  // less the umask

// A descriptor that is closed unless it is given away.
class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() {
    if (value_ >= 0) close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return value_; }
  int give() { return std::exchange(value_, -1); }
  void reset(int value) {
    if (value_ >= 0) close(value_);
    value_ = value;
  }

 private:
  int value_;
};

int open_by_components(int folder, std::string_view name, int flags) {
  Descriptor at(fcntl(folder, F_DUPFD_CLOEXEC, 0));
  while (at.get() >= 0) {
    const std::size_t slash = name.find('/');
    const std::string component(name.substr(0, slash));
    if (slash == name.npos) {
      const int found = openat(at.get(), component.c_str(), flags | O_NOFOLLOW);
      if (found < 0 && errno == ELOOP) errno = EXDEV;
      return found;
    }
    const int next = openat(at.get(), component.c_str(), kFolderFlags | O_NOFOLLOW);
    if (next < 0 && errno == ELOOP) errno = EXDEV;
    if (next < 0) return -1;
    at.reset(next);
    name.remove_prefix(slash + 1);
    while (name.starts_with('/')) name.remove_prefix(1);
  }
  return -1;
}

// Below `folder` or not at all: errno EXDEV when the name, or a link on its way, leads out.
int open_beneath(int folder, const std::string& name, int flags) {
  if (leaves_folder(name)) {
    errno = EXDEV;
    return -1;
  }
  open_how how = {};
  how.flags = static_cast<unsigned>(flags);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  for (;;) {
    const long result = syscall(SYS_openat2, folder, name.c_str(), &how, sizeof how);
    if (result >= 0) return static_cast<int>(result);
    if (errno == ENOSYS || errno == EPERM) return open_by_components(folder, name, flags);
    if (errno != EINTR && errno != EAGAIN) return -1;  // EAGAIN: a rename came in between
  }
}

int open_plain(int folder, const std::string& name, int flags) {
  int result;
  do {
    result = openat(folder, name.c_str(), flags);
  } while (result < 0 && errno == EINTR);
  return result;
}

fs::path below(const fs::path& folder, std::string_view name) {
  return folder == "." ? fs::path(name) : folder / name;
}

[[noreturn]] void throw_open_error(const fs::path& path, FileAccess access, int error_number) {
  if (error_number == ENOENT || error_number == ENOTDIR) {
    throw NoSuchFile(path, open_failure(access, error_number));
  }
  throw ImageError(path, open_failure(access, error_number));
}

[[noreturn]] void throw_leads_out(const fs::path& folder, std::string_view name) {
  throw RefusedName(folder, name, "leads out of its folder (--allow-dir DIR permits a folder)");
}

IoStatus status_of(int result) {
  if (result == 0) return IoStatus::ok;
  switch (errno) {
    case ENOSPC:
    case EDQUOT:
      return IoStatus::no_space;
    case EROFS:
    case EACCES:
    case EPERM:
      return IoStatus::read_only;
    default:
      return IoStatus::host_error;
  }
}

}  // namespace

PosixDirectory::PosixDirectory(const fs::path& path, HostRules rules)
    : PosixDirectory(path, open_plain(AT_FDCWD, path.native(), kFolderFlags), std::move(rules)) {}

PosixDirectory::PosixDirectory(const fs::path& path, int descriptor, HostRules rules)
    : Directory(std::move(rules)), path_(path), descriptor_(descriptor) {
  if (descriptor_ < 0) throw_open_error(path_, FileAccess::read, errno);
}

PosixDirectory::~PosixDirectory() {
  if (descriptor_ >= 0) close(descriptor_);
}

Place PosixDirectory::place_of(const fs::path& typed, HostRules rules) {
  // A link stands for the file it leads to: that one's folder has the extents, and rewriting it
  // must not turn the link into a file.
  std::error_code error;
  fs::path path = typed;
  if (fs::is_symlink(typed, error)) {
    const fs::path target = fs::canonical(typed, error);
    if (!error) path = target;
  }
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  const int descriptor = open_plain(AT_FDCWD, folder.native(), kFolderFlags);
  if (descriptor < 0) throw_open_error(path, FileAccess::read, errno);
  DirectoryPtr directory(new PosixDirectory(folder, descriptor, std::move(rules)));
  return {std::move(directory), path.filename().native()};
}

DirectoryPtr PosixDirectory::folder(const fs::path& path, int descriptor) const {
  return DirectoryPtr(new PosixDirectory(path, descriptor, rules()));
}

std::optional<std::pair<DirectoryPtr, std::string>> PosixDirectory::allowed(
    std::string_view name) const {
  std::error_code error;
  const fs::path target = fs::weakly_canonical(path_ / name, error);
  if (error) return std::nullopt;
  for (const fs::path& entry : rules().allow) {
    const fs::path permitted = fs::canonical(entry, error);
    if (error) continue;
    const bool is_folder = fs::is_directory(permitted, error);
    const fs::path root = is_folder ? permitted : permitted.parent_path();
    const fs::path rest = target.lexically_relative(root);
    if (rest.empty() || rest == "." || leaves_folder(rest.native())) continue;
    if (!is_folder && target != permitted) continue;
    const int descriptor = open_plain(AT_FDCWD, root.native(), kFolderFlags);
    if (descriptor >= 0) return std::pair{folder(root, descriptor), rest.native()};
  }
  return std::nullopt;
}

std::unique_ptr<File> PosixDirectory::do_open(std::string_view name, const FileRequest& request) {
  const int flags = posix_open_flags(request.access);
  const std::string file_name(name);
  if (request.source == NameSource::user) {
    const int found = open_plain(descriptor_, file_name, flags);
    if (found < 0) throw_open_error(below(path_, name), request.access, errno);
    return std::make_unique<PosixFile>(found, below(path_, name), request.access);
  }
  int found = open_beneath(descriptor_, file_name, flags);
  fs::path found_path = below(path_, name);
  if (found < 0 && errno == EXDEV) {
    const auto elsewhere = allowed(name);
    if (!elsewhere) throw_leads_out(path_, name);
    const auto& root = static_cast<const PosixDirectory&>(*elsewhere->first);
    found_path = root.path_ / elsewhere->second;
    found = open_beneath(root.descriptor_, elsewhere->second, flags);
  }
  if (found < 0) throw_open_error(found_path, request.access, errno);
  return std::make_unique<PosixFile>(found, found_path, request.access);
}

std::unique_ptr<File> PosixDirectory::do_create(std::string_view name, Existing existing) {
  int flags = posix_open_flags(FileAccess::read_write) | O_CREAT;
  if (existing == Existing::refuse) flags |= O_EXCL;
  const fs::path path = below(path_, name);
  int created;
  do {
    created = openat(descriptor_, std::string(name).c_str(), flags, kNewFileMode);
  } while (created < 0 && errno == EINTR);
  if (created < 0) {
    throw ImageError(
        path, errno == EEXIST ? "exists already" : "cannot be created: " + host_error_text(errno));
  }
  return std::make_unique<PosixFile>(created, path, FileAccess::read_write);
}

Place PosixDirectory::do_locate(std::string_view name, NameSource source) {
  const fs::path path(name);
  if (source == NameSource::user) {
    return place_of(path.is_absolute() ? path : below(path_, name), rules());
  }
  if (leaves_folder(name)) {
    auto elsewhere = allowed(name);
    if (!elsewhere) throw_leads_out(path_, name);
    return elsewhere->first->locate(elsewhere->second, NameSource::image);
  }
  if (!path.has_parent_path()) return {shared_from_this(), std::string(name)};
  const int found = open_beneath(descriptor_, path.parent_path().native(), kFolderFlags);
  if (found < 0 && errno == EXDEV) {
    auto elsewhere = allowed(name);
    if (!elsewhere) throw_leads_out(path_, name);
    return elsewhere->first->locate(elsewhere->second, NameSource::image);
  }
  if (found < 0) throw_open_error(below(path_, name), FileAccess::read, errno);
  return {folder(below(path_, path.parent_path().native()), found), path.filename().native()};
}

void PosixDirectory::do_lock(File& file) {
  static_cast<PosixFile&>(file).lock(rules().warn);
}

IoStatus PosixDirectory::rename(std::string_view from, std::string_view to) {
  const std::string source(from);
  const std::string target(to);
  struct stat old = {};
  if (fstatat(descriptor_, target.c_str(), &old, AT_SYMLINK_NOFOLLOW) == 0 &&
      S_ISREG(old.st_mode)) {
    // Failing is no reason to keep the old contents: the file is the user's own either way.
    static_cast<void>(fchmodat(descriptor_, source.c_str(), old.st_mode & 07777, 0));
  }
  return status_of(renameat(descriptor_, source.c_str(), descriptor_, target.c_str()));
}

IoStatus PosixDirectory::remove(std::string_view name) {
  return status_of(unlinkat(descriptor_, std::string(name).c_str(), 0));
}

IoStatus PosixDirectory::sync() {
  // O_PATH descriptors cannot be synced.
  const Descriptor readable(openat(descriptor_, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (readable.get() < 0) return status_of(-1);
  return status_of(fsync(readable.get()));
}

}  // namespace storage
