// Host folders: where the files of an image are opened, created and renamed. A name that the user
// typed leads anywhere; a name found inside an image is data and never leads out of the folder of
// the file that contains it, unless the user allowed where it leads. Every file is locked and
// registered when it is opened, so that no two writers, nor a writer and a reader, share one.
//
// [QEMU] block/file-posix.c for the locks, file.cpp. Path rules: README.md, "Names inside images".
#pragma once

#include <cstdint>
#include <filesystem>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/file.h"
#include "storage/image_error.h"

namespace storage {

class Directory;
using DirectoryPtr = std::shared_ptr<Directory>;

// A name found inside an image that is not followed. Whoever knows the image says so in its name.
class RefusedName final : public ImageError {
 public:
  RefusedName(const std::filesystem::path& folder, std::string_view name, std::string_view why);

  ImageError in(const std::filesystem::path& image) const { return {image, words()}; }
  std::string words() const;  // "names "x", which ...", said of the image

 private:
  std::string name_;
  std::string why_;
};

// One file's name in its folder.
struct Place {
  DirectoryPtr directory;
  std::string name;

  std::filesystem::path path() const;  // for messages
};

enum class NameSource : std::uint8_t {
  user,   // typed, or made by this program
  image,  // read from a file: untrusted
};

inline constexpr std::size_t kMaxOpenFiles = 256;

// The files that are open, by identity, and those that were created: one per command or machine.
class FileRegistry : public std::enable_shared_from_this<FileRegistry> {
 public:
  // Throws ImageError when the file is open already and either side writes, or when there are too
  // many. The file holds its entry until it is closed.
  void admit(File& file, FileAccess access);

  // How many files were created here so far; an interrupted command removes its own.
  void note_created(const Place& place) { created_.emplace_back(place.directory, place.name); }
  std::size_t created() const { return created_.size(); }
  // Removes what was created after the first `keep`, last first, as far as the folder is still in
  // use by somebody; failures are not reported.
  void remove_created(std::size_t keep);

 private:
  struct Entry {
    FileIdentity identity;
    FileAccess access;
  };
  std::list<Entry> open_;
  // Weak: the folder has the rules, and the rules have this.
  std::vector<std::pair<std::weak_ptr<Directory>, std::string>> created_;
};

// What the user said about host files, for all files of one command or drive.
struct HostRules {
  // Folders (or single files) outside an image's own that names inside it may lead to.
  std::vector<std::filesystem::path> allow;
  bool force_share = false;  // take no locks; for reading only
  WarningSink warn;          // may be empty; called as long as a file of these rules is open
  std::shared_ptr<FileRegistry> registry = std::make_shared<FileRegistry>();
};

struct FileRequest {
  FileAccess access = FileAccess::read;
  NameSource source = NameSource::image;
  bool look_only = false;  // a glance for probing: neither locked nor registered
};

enum class Existing : std::uint8_t {
  refuse,
  replace,  // empties the file that is there, once nobody else uses it
  draft,    // as replace, for a file that is about to be renamed: not noted as created
};

class Directory : public std::enable_shared_from_this<Directory> {
 public:
  explicit Directory(HostRules rules) : rules_(std::move(rules)) {}
  virtual ~Directory() = default;
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  virtual const std::filesystem::path& path() const = 0;  // for messages
  const HostRules& rules() const { return rules_; }

  // An existing regular file, locked. Throws NoSuchFile, RefusedName or another ImageError.
  std::unique_ptr<File> open(std::string_view name, const FileRequest& request);
  // A new empty file, open for writing and locked. The name is one component and never comes from
  // inside an image. It is durable after sync(). Throws ImageError.
  std::unique_ptr<File> create(std::string_view name, Existing existing = Existing::refuse);
  // Whether open() would find a file; a name that is refused is not there.
  bool exists(std::string_view name, NameSource source);
  // The folder that holds `name`, for the names that the file itself contains. Throws as open().
  Place locate(std::string_view name, NameSource source);

  // One component each; `to` is replaced in one step when it exists, and hands down its
  // permissions.
  virtual IoStatus rename(std::string_view from, std::string_view to) = 0;
  virtual IoStatus remove(std::string_view name) = 0;
  // Makes what was created, renamed and removed here survive a power cut.
  virtual IoStatus sync() = 0;

 protected:
  // Names that come from an image have passed the checks that need no host.
  virtual std::unique_ptr<File> do_open(std::string_view name, const FileRequest& request) = 0;
  virtual std::unique_ptr<File> do_create(std::string_view name, Existing existing) = 0;
  virtual Place do_locate(std::string_view name, NameSource source) = 0;
  // Locks where the host has locks.
  virtual void do_lock(File&) {}

 private:
  HostRules rules_;
};

// Why a name found inside an image cannot be a file's name anywhere, or nothing.
std::optional<std::string> bad_name(std::string_view name);
// Absolute, or with a ".." component: leads out of a folder by its spelling alone.
bool leaves_folder(std::string_view name);
// The spellings under which a name that another system may have written can be found here: as it
// stands; with Windows' slashes turned; what a path of another machine ends with.
std::vector<std::string> host_spellings(std::string_view name);
// The name that a child in `folder` records for a file at `path`: relative when the file lies
// beneath the folder (and then openable without permission), else absolute.
std::string name_to_record(const Directory& folder, const std::filesystem::path& path);

class PosixDirectory final : public Directory {
 public:
  // Throws ImageError.
  PosixDirectory(const std::filesystem::path& path, HostRules rules);
  ~PosixDirectory() override;

  // A path as the user typed it, cut into folder and name. Throws ImageError.
  static Place place_of(const std::filesystem::path& path, HostRules rules);

  const std::filesystem::path& path() const override { return path_; }
  IoStatus rename(std::string_view from, std::string_view to) override;
  IoStatus remove(std::string_view name) override;
  IoStatus sync() override;

 protected:
  std::unique_ptr<File> do_open(std::string_view name, const FileRequest& request) override;
  std::unique_ptr<File> do_create(std::string_view name, Existing existing) override;
  Place do_locate(std::string_view name, NameSource source) override;
  void do_lock(File& file) override;

 private:
  PosixDirectory(const std::filesystem::path& path, int descriptor, HostRules rules);
  DirectoryPtr folder(const std::filesystem::path& path, int descriptor) const;
  // Where the user allowed `name` to lead: an open folder and the name beneath it.
  std::optional<std::pair<DirectoryPtr, std::string>> allowed(std::string_view name) const;

  std::filesystem::path path_;
  int descriptor_ = -1;  // O_PATH
};

}  // namespace storage
