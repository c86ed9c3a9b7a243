#include "emu/host_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

#include "devices/video_cp437.h"
#include "emu/digest.h"
#include "storage/fat_format.h"
#include "storage/file.h"
#include "storage/image_error.h"

namespace emu {

namespace {

namespace fs = std::filesystem;
using storage::FatEntry;
using storage::FatTime;
using storage::ImageError;

constexpr unsigned kMostDepth = 20;  // DOS paths have 64 characters
constexpr std::uint64_t kMostEntries = 20000;
constexpr std::uint8_t kReadOnly = 0x01, kHidden = 0x02, kArchive = 0x20;
constexpr std::uint32_t kSectorsPerCylinder = 16 * 63;
constexpr std::uint64_t kLargestCluster = 16384;

char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

// What DOS allows in the parts of a name, in capitals; anything else becomes an underscore.
std::string dos_part(std::string_view text) {
  constexpr std::string_view allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'()-@^_`{}~";
  std::string part;
  for (const char c : text) {
    if (c == ' ' || c == '.') continue;
    const char big = upper(c);
    part += allowed.find(big) != allowed.npos ? big : '_';
  }
  return part;
}

bool device_name(const std::string& base) {
  constexpr std::array names = {"CON", "PRN", "AUX", "NUL", "CLOCK$"};
  const bool numbered = base.size() == 4 && (base.starts_with("COM") || base.starts_with("LPT")) &&
                        base[3] >= '1' && base[3] <= '9';
  return numbered || std::ranges::any_of(names, [&](const char* name) { return base == name; });
}

// The 8.3 name of a host file; `taken` are those of the same folder so far.
std::string guest_name(const std::string& name, const std::set<std::string>& taken) {
  const std::size_t dot = name.rfind('.');
  const bool has_extension = dot != name.npos && dot != 0;
  std::string base = dos_part(std::string_view(name).substr(0, has_extension ? dot : name.npos));
  std::string extension = has_extension ? dos_part(std::string_view(name).substr(dot + 1)) : "";
  std::string whole = base + (extension.empty() ? "" : "." + extension);
  std::string wanted = name;
  std::ranges::transform(wanted, wanted.begin(), upper);
  const bool fits = base.size() <= 8 && extension.size() <= 3 && !base.empty() && whole == wanted;
  if (fits && !device_name(base) && !taken.contains(whole)) return whole;
  extension.resize(std::min<std::size_t>(extension.size(), 3));
  if (base.empty()) base = "FILE";
  for (unsigned number = 1;; ++number) {
    const std::string tail = "~" + std::to_string(number);
    whole = base.substr(0, 8 - tail.size()) + tail + (extension.empty() ? "" : "." + extension);
    if (!taken.contains(whole)) return whole;
  }
}

std::vector<std::uint8_t> read_whole(const fs::path& file) {
  storage::PosixFile in(file, storage::FileAccess::read);
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(in.size()));
  if (!bytes.empty() && in.read_at(0, bytes) != storage::IoStatus::ok) {
    throw ImageError(file, "cannot be read");
  }
  return bytes;
}

std::string digest_of(std::span<const std::uint8_t> bytes) {
  Digest digest;
  digest.add(bytes);
  return digest.hex();
}

// `earlier` seconds before that time, as far as DOS can say it.
FatTime fat_time(const devices::DateTime& now, unsigned earlier) {
  using namespace std::chrono;
  const sys_days day =
      year(static_cast<int>(now.year)) / month(now.month) / std::chrono::day(now.day);
  const sys_seconds when =
      day + hours(now.hour) + minutes(now.minute) + seconds(now.second) - seconds(earlier);
  const sys_days date_part = floor<days>(when);
  const year_month_day date(date_part);
  const hh_mm_ss time(when - date_part);
  const int years = static_cast<int>(date.year()) - 1980;
  if (years < 0 || years > 127) return {};
  const unsigned packed_date = static_cast<unsigned>(years) << 9 |
                               static_cast<unsigned>(date.month()) << 5 |
                               static_cast<unsigned>(date.day());
  const auto packed_time =
      time.hours().count() << 11 | time.minutes().count() << 5 | time.seconds().count() / 2;
  return {static_cast<std::uint16_t>(packed_date), static_cast<std::uint16_t>(packed_time)};
}

// A name made by the guest, as the host writes it; empty when the host should not.
std::string host_name(const FatEntry& entry) {
  std::string name;
  std::string big = entry.name;
  std::ranges::transform(big, big.begin(), upper);
  if (big == entry.short_name) {  // no long name: bytes of code page 437
    for (const char c : entry.name) {
      devices::append_utf8(name, devices::cp437_to_unicode(static_cast<std::uint8_t>(c)));
    }
  } else {
    name = entry.name;
  }
  const bool plain = std::ranges::all_of(
      name, [](char c) { return c != '/' && c != '\\' && static_cast<unsigned char>(c) >= 0x20; });
  return plain && !name.empty() && !name.starts_with('.') ? name : "";
}

[[noreturn]] void fail(const fs::path& file) {
  throw std::system_error(errno, std::generic_category(), file.string());
}

// Whole or not at all: written beside, then put in place.
void replace_file(const fs::path& file, std::span<const std::uint8_t> bytes) {
  mode_t mode = 0666;
  struct stat old {};
  if (lstat(file.c_str(), &old) == 0) {
    if (!S_ISREG(old.st_mode)) {
      throw ImageError(file, "is no plain file here");
    }
    mode = old.st_mode & 0777;
  }
  const fs::path fresh = file.parent_path() / (".platter~" + file.filename().string());
  const int descriptor =
      open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
  if (descriptor < 0) fail(fresh);
  bool good = true;
  for (std::size_t at = 0; good && at < bytes.size();) {
    const ssize_t count = write(descriptor, bytes.data() + at, bytes.size() - at);
    good = count > 0 || (count < 0 && errno == EINTR);
    if (count > 0) at += static_cast<std::size_t>(count);
  }
  const int write_error = errno;
  if (close(descriptor) != 0 || !good || rename(fresh.c_str(), file.c_str()) != 0) {
    if (!good) errno = write_error;
    const int reason = errno;
    unlink(fresh.c_str());
    errno = reason;
    fail(file);
  }
}

void require_folder(const fs::path& folder) {
  struct stat status {};
  if (lstat(folder.c_str(), &status) == 0) {
    if (!S_ISDIR(status.st_mode)) throw ImageError(folder, "is no folder here");
    return;
  }
  if (mkdir(folder.c_str(), 0777) != 0) fail(folder);
}

}  // namespace

HostFolder::HostFolder(std::filesystem::path root, const WarnLine& warn) : root_(std::move(root)) {
  scan({}, "", 0, warn);
}

void HostFolder::scan(const fs::path& folder, const std::string& guest, unsigned depth,
                      const WarnLine& warn) {
  if (depth > kMostDepth) throw ImageError(root_ / folder, "is nested too deeply for DOS");
  std::vector<fs::path> names;
  std::error_code error;
  for (fs::directory_iterator it(root_ / folder, error), end; !error && it != end;
       it.increment(error)) {
    names.push_back(it->path().filename());
  }
  if (error) throw ImageError(root_ / folder, error.message());
  std::ranges::sort(names);  // a folder has no order of its own
  std::set<std::string> taken;
  for (const fs::path& name : names) {
    if (name.string().starts_with('.')) continue;
    Entry entry;
    entry.host = folder / name;
    const fs::path file = root_ / entry.host;
    struct stat status {};
    if (lstat(file.c_str(), &status) != 0) throw ImageError(file, std::strerror(errno));
    if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) {
      if (warn) warn("'" + file.string() + "' is no plain file: the guest does not see it");
      continue;
    }
    const std::string short_name = guest_name(name.string(), taken);
    taken.insert(short_name);
    entry.guest = guest + "/" + short_name;
    entry.folder = S_ISDIR(status.st_mode);
    entry.read_only = (status.st_mode & S_IWUSR) == 0;
    entry.size = entry.folder ? 0 : static_cast<std::uint64_t>(status.st_size);
    entry.modified = status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec;
    if (entries_.size() == kMostEntries) {
      throw ImageError(root_, "holds more than " + std::to_string(kMostEntries) + " files");
    }
    guest_names_[entry.guest] = entries_.size();
    const bool is_folder = entry.folder;
    const fs::path below = entry.host;
    const std::string guest_below = entry.guest;
    entries_.push_back(std::move(entry));
    if (is_folder) scan(below, guest_below, depth + 1, warn);
  }
}

std::uint32_t HostFolder::cylinders() const {
  constexpr std::uint64_t bytes_per_cylinder = kSectorsPerCylinder * storage::kSectorSize;
  constexpr std::uint32_t usual = 64;  // 31.5 MiB
  constexpr std::uint64_t most = storage::kMostFatDiskCylinders * bytes_per_cylinder;
  std::uint64_t bytes = 0;
  for (const Entry& entry : entries_) {
    bytes += (entry.size / kLargestCluster + 1) * kLargestCluster;
  }
  if (bytes > most - most / 16) {
    throw ImageError(root_, "holds " + std::to_string(bytes >> 20) +
                                " MiB; a folder on a disk may have 470 MiB");
  }
  const std::uint64_t wanted = (2 * bytes) / bytes_per_cylinder + usual;
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(wanted, storage::kMostFatDiskCylinders));
}

// How many steps of age lie before each time: times within two seconds of one another are one step,
// so that a fresh checkout is all of an age.
std::map<std::int64_t, unsigned> HostFolder::age_ranks() const {
  constexpr std::int64_t apart = 2'000'000'000;
  std::map<std::int64_t, unsigned> ranks;
  for (const Entry& entry : entries_) ranks[entry.modified] = 0;
  unsigned rank = 0;
  std::int64_t newer = ranks.empty() ? 0 : ranks.rbegin()->first;
  for (auto row = ranks.rbegin(); row != ranks.rend(); ++row) {
    if (newer - row->first > apart) ++rank;
    newer = row->first;
    row->second = rank;
  }
  return ranks;
}

void HostFolder::copy_in(storage::FatVolume& volume, const devices::DateTime& now) {
  const std::map<std::int64_t, unsigned> ranks = age_ranks();
  for (Entry& entry : entries_) {
    constexpr unsigned step = 2;  // seconds: what FAT can tell apart
    const FatTime when = fat_time(now, step * ranks.at(entry.modified));
    try {
      if (entry.folder) {
        volume.make_folder(entry.guest, when);
        continue;
      }
      const std::vector<std::uint8_t> bytes = read_whole(root_ / entry.host);
      entry.digest = digest_of(bytes);
      volume.write(entry.guest, bytes, when);
      if (entry.read_only) volume.set_attributes(entry.guest, kReadOnly | kArchive);
    } catch (const storage::FatError& error) {
      throw ImageError(root_ / entry.host, error.what());
    }
  }
}

std::unique_ptr<storage::MemoryDevice> HostFolder::make_disk(const devices::DateTime& now,
                                                             std::span<const GuestFile> extra) {
  const storage::Geometry geometry{cylinders(), 16, 63};
  auto disk = std::make_unique<storage::MemoryDevice>(std::span<const std::uint8_t>(),
                                                      geometry.sector_count(), geometry);
  const FatTime made = fat_time(now, 0);
  storage::FatDiskOptions options;
  options.label = dos_part(root_.has_filename() ? root_.filename().string() : "FOLDER");
  options.serial = static_cast<std::uint32_t>(made.date << 16 | made.time);
  options.made = made;
  storage::FatVolume volume(*disk, storage::format_fat_disk(*disk, options));
  copy_in(volume, now);
  try {
    for (const GuestFile& file : extra) {
      const std::string folder = "/" + file.folder;
      if (guest_names_.contains(folder)) {
        throw storage::FatError("has something named " + file.folder + ", which is in the way");
      }
      if (std::ranges::find(private_folders_, folder) == private_folders_.end()) {
        volume.make_folder(folder, made);
        volume.set_attributes(folder, kHidden);
        private_folders_.push_back(folder);
      }
      volume.write(folder + "/" + file.name, file.content, made);
    }
  } catch (const storage::FatError& error) {
    throw ImageError(root_, error.what());
  }
  return disk;
}

// One walk through the guest's volume.
class HostFolder::Return {
 public:
  Return(const HostFolder& folder, const storage::FatVolume& volume)
      : folder_(folder), volume_(volume) {}

  Changes run() {
    walk("", "", 0);
    for (const Entry& entry : folder_.entries_) {
      if (!seen_.contains(entry.guest)) changes_.removed.push_back(entry.host.string());
    }
    return std::move(changes_);
  }

 private:
  void walk(const std::string& guest, const fs::path& host, unsigned depth) {
    std::vector<FatEntry> entries;
    try {
      if (depth > kMostDepth) throw storage::FatError("is nested too deeply");
      entries = volume_.list(guest.empty() ? "/" : guest);
    } catch (const storage::FatError& error) {
      return note_failure(guest, error.what());
    }
    for (const FatEntry& entry : entries) {
      const std::string path = guest + "/" + entry.short_name;
      if (std::ranges::find(folder_.private_folders_, path) != folder_.private_folders_.end()) {
        continue;
      }
      try {
        take(entry, path, host, depth);
      } catch (const std::exception& error) {
        note_failure(path, error.what());
      }
    }
  }

  void take(const FatEntry& entry, const std::string& path, const fs::path& folder,
            unsigned depth) {
    seen_.insert(path);
    const auto known = folder_.guest_names_.find(path);
    const Entry* before =
        known != folder_.guest_names_.end() ? &folder_.entries_[known->second] : nullptr;
    const fs::path host = before != nullptr ? before->host : folder / host_name(entry);
    if (before == nullptr && host_name(entry).empty()) {
      throw storage::FatError("has a name that stays in the guest");
    }
    if (entry.folder()) {
      require_folder(folder_.root_ / host);
      return walk(path, host, depth + 1);
    }
    const std::vector<std::uint8_t> bytes = volume_.read(path);
    if (before != nullptr && !before->folder && before->digest == digest_of(bytes)) return;
    replace_file(folder_.root_ / host, bytes);
    changes_.written.push_back(host.string());
  }

  void note_failure(const std::string& path, const std::string& text) {
    changes_.failures.push_back(storage::printable(path.empty() ? "/" : path, 120) + ": " + text);
  }

  const HostFolder& folder_;
  const storage::FatVolume& volume_;
  std::set<std::string> seen_;
  Changes changes_;
};

HostFolder::Changes HostFolder::copy_back(storage::BlockDevice& disk) const {
  try {
    const std::vector<storage::FatLocation> volumes = storage::find_fat_volumes(disk);
    if (volumes.empty()) throw storage::FatError("the guest left no FAT volume on its disk");
    const storage::FatVolume volume(disk, volumes.front());
    return Return(*this, volume).run();
  } catch (const storage::FatError& error) {
    return {{}, {}, {root_.string() + ": " + error.what()}};
  }
}

}  // namespace emu
