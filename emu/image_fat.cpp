// fat: files in the FAT volumes of an image of any format, without booting.
//
//   ls FILE [PATH]              get FILE PATH [HOSTFILE]     put FILE HOSTFILE PATH
//   cat FILE PATH               rm FILE PATH..               mkdir FILE PATH..
//   owner FILE LBA..            (sectors of the disk, counted from its start)
//
// The volume: --partition N, or "N:" in front of a path; else the first one there is.
#include <algorithm>
#include <ctime>
#include <fstream>
#include <iomanip>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>

#include "emu/image_owner.h"
#include "emu/image_verbs.h"
#include "storage/fat_volume.h"
#include "storage/fat_watch.h"

namespace emu::image_tool {

using storage::FatEntry;
using storage::FatError;
using storage::FatVolume;
using storage::ImageError;

namespace {

constexpr std::uint64_t kMaxHostFile = 0xFFFFFFFF;  // what a directory entry can say

// "2:/DOS" names a partition; "C:" would name a drive letter, which an image does not have.
struct GuestPath {
  std::optional<unsigned> partition;
  std::string path;
};

GuestPath guest_path(const std::string& text) {
  if (text.size() >= 2 && text[0] >= '0' && text[0] <= '9' && text[1] == ':') {
    return {static_cast<unsigned>(text[0] - '0'), text.substr(2)};
  }
  return {std::nullopt, text};
}

class FatSession {
 public:
  FatSession(const Session& session, bool writing)
      : session_(session),
        file_(session.arguments().names[1]),
        opened_(
            session.open(file_, session.arguments().format,
                         writing ? storage::OpenMode::read_write : storage::OpenMode::read_only)),
        volumes_(storage::find_fat_volumes(*opened_.device)) {
    if (writing) watch();
  }

  storage::BlockDevice& device() const { return *opened_.device; }

  // Calls `work(volume, path)` for a path as the user gave it.
  template <class Work>
  auto at(const std::string& text, Work work) const {
    const GuestPath guest = guest_path(text);
    try {
      FatVolume volume(*opened_.device, location(guest.partition));
      return work(volume, guest.path);
    } catch (const FatError& error) {
      throw ImageError(
          file_, storage::printable(text, 120) + ": " + storage::printable(error.what(), 160));
    }
  }

  void close() const {
    require(file_, 0, opened_.device->flush());
    close_image(file_, *opened_.device);
  }

 private:
  // Removed files leave their space to the host when the image, or the user, says so.
  void watch() {
    const std::string& wish = session_.arguments().fat_free;
    const std::optional<storage::FatFree> mode =
        wish.empty() ? opened_.image->fat_free() : storage::parse_fat_free(wish);
    if (!mode) throw UsageError("--fat-free must be off, at-close or live");
    if (*mode == storage::FatFree::off) return;
    opened_.device = std::make_unique<storage::FatWatch>(std::move(opened_.device), *mode);
  }

  const storage::FatLocation& location(std::optional<unsigned> wanted) const {
    const std::string& option = session_.arguments().partition;
    if (!wanted && !option.empty()) {
      wanted = static_cast<unsigned>(count_argument("--partition", option, 0, 1000));
    }
    for (const storage::FatLocation& volume : volumes_) {
      if (!wanted || volume.partition == *wanted) return volume;
    }
    throw FatError(wanted ? "there is no FAT volume in partition " + std::to_string(*wanted)
                          : "there is no FAT volume in the image");
  }

  const Session& session_;
  std::string file_;
  storage::OpenedImage opened_;
  std::vector<storage::FatLocation> volumes_;
};

std::string time_text(const storage::FatTime& when) {
  std::ostringstream text;
  text << std::setfill('0') << 1980 + (when.date >> 9) << "-" << std::setw(2)
       << (when.date >> 5 & 15) << "-" << std::setw(2) << (when.date & 31) << " " << std::setw(2)
       << (when.time >> 11) << ":" << std::setw(2) << (when.time >> 5 & 63);
  return text.str();
}

// The host's clock (or the seed's), in UTC; DOS knows no zones.
storage::FatTime fat_time(std::int64_t unix_time) {
  const auto seconds = static_cast<std::time_t>(unix_time);
  std::tm parts{};
  if (gmtime_r(&seconds, &parts) == nullptr || parts.tm_year < 80 || parts.tm_year > 207) return {};
  return {static_cast<std::uint16_t>((parts.tm_year - 80) << 9 | (parts.tm_mon + 1) << 5 |
                                     parts.tm_mday),
          static_cast<std::uint16_t>(parts.tm_hour << 11 | parts.tm_min << 5 | parts.tm_sec / 2)};
}

storage::FatTime now(const Session& session) {
  return fat_time(session.open_options().ids->unix_time());
}

std::string attributes_text(std::uint8_t attributes) {
  static constexpr std::string_view kLetters = "rhsvda";
  std::string text;
  for (std::size_t i = 0; i < kLetters.size(); ++i) {
    text += (attributes >> i & 1) != 0 ? kLetters[i] : '-';
  }
  return text;
}

int list(const Session& session) {
  const Arguments& a = session.arguments();
  const FatSession fat(session, false);
  const std::string path = a.names.size() > 2 ? a.names[2] : "/";
  fat.at(path, [&](FatVolume& volume, const std::string& inside) {
    const std::vector<FatEntry> entries = volume.list(inside);
    if (a.json()) {
      nlohmann::ordered_json rows = nlohmann::ordered_json::array();
      for (const FatEntry& entry : entries) {
        rows.push_back({{"name", storage::printable(entry.name, 4096)},
                        {"short-name", storage::printable(entry.short_name, 64)},
                        {"size", entry.size},
                        {"folder", entry.folder()},
                        {"attributes", attributes_text(entry.attributes)},
                        {"written", time_text(entry.written)},
                        {"first-cluster", entry.first_cluster}});
      }
      session.out() << nlohmann::ordered_json{{"fat-bits", volume.bits()},
                                              {"cluster-size", volume.cluster_bytes()},
                                              {"free", volume.free_bytes()},
                                              {"entries", std::move(rows)}}
                           .dump(4)
                    << "\n";
      return;
    }
    for (const FatEntry& entry : entries) {
      session.out() << attributes_text(entry.attributes) << " " << std::setw(10) << entry.size
                    << " " << time_text(entry.written) << " " << storage::printable(entry.name, 300)
                    << (entry.folder() ? "/" : "") << "\n";
    }
  });
  return 0;
}

int get(const Session& session) {
  const Arguments& a = session.arguments();
  if (a.names.size() < 3 || a.names.size() > 4) throw UsageError("expects: get FILE PATH [TO]");
  const FatSession fat(session, false);
  const auto bytes = fat.at(
      a.names[2], [](FatVolume& volume, const std::string& path) { return volume.read(path); });
  const GuestPath guest = guest_path(a.names[2]);
  const std::string base = guest.path.substr(guest.path.find_last_of("/\\") + 1);
  const std::string target = a.names.size() > 3 ? a.names[3] : base;
  std::ofstream out(target, std::ios::binary | std::ios::trunc);
  out.write(reinterpret_cast<const char*>(bytes.data()),
            static_cast<std::streamsize>(bytes.size()));
  out.close();
  if (!out) throw ImageError(target, "cannot be written");
  return 0;
}

int cat(const Session& session) {
  const Arguments& a = session.arguments();
  if (a.names.size() != 3) throw UsageError("expects: cat FILE PATH");
  const FatSession fat(session, false);
  const auto bytes = fat.at(
      a.names[2], [](FatVolume& volume, const std::string& path) { return volume.read(path); });
  session.out().write(reinterpret_cast<const char*>(bytes.data()),
                      static_cast<std::streamsize>(bytes.size()));
  return 0;
}

std::vector<std::uint8_t> host_file(const std::string& name) {
  std::ifstream in(name, std::ios::binary);
  if (!in) throw ImageError(name, "cannot be read");
  std::vector<std::uint8_t> bytes{std::istreambuf_iterator<char>(in), {}};
  if (in.bad()) throw ImageError(name, "cannot be read");
  if (bytes.size() > kMaxHostFile) throw ImageError(name, "is too long for a FAT volume");
  return bytes;
}

int put(const Session& session) {
  const Arguments& a = session.arguments();
  if (a.names.size() < 3 || a.names.size() > 4) throw UsageError("expects: put FILE FROM [PATH]");
  const std::vector<std::uint8_t> bytes = host_file(a.names[2]);
  const std::string base = std::filesystem::path(a.names[2]).filename().native();
  const std::string target = a.names.size() > 3 ? a.names[3] : base;
  const FatSession fat(session, true);
  fat.at(target, [&](FatVolume& volume, const std::string& path) {
    // Into a folder under the name it has here, as cp does.
    std::string inside = path;
    if (inside.empty() || inside.ends_with('/') || inside.ends_with('\\')) inside += base;
    volume.write(inside, bytes, now(session));
  });
  fat.close();
  return 0;
}

template <class Work>
int change_each(const Session& session, Work work) {
  const Arguments& a = session.arguments();
  if (a.names.size() < 3) throw UsageError("expects at least one PATH");
  const FatSession fat(session, true);
  for (const std::string& path : std::span(a.names).subspan(2)) fat.at(path, work);
  fat.close();
  return 0;
}

int owner(const Session& session) {
  const Arguments& a = session.arguments();
  if (a.names.size() < 3) throw UsageError("expects: owner FILE LBA..");
  const FatSession fat(session, false);
  const OwnerIndex index(fat.device());
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const std::string& text : std::span(a.names).subspan(2)) {
    const std::uint64_t lba = count_argument("LBA", text, 0, fat.device().sector_count() - 1);
    const std::string path = storage::printable(index.at(lba, 1).path, 4096);
    if (a.json()) {
      rows.push_back({{"lba", lba}, {"owner", path}});
    } else {
      session.out() << lba << " " << (path.empty() ? "-" : path) << "\n";
    }
  }
  if (a.json()) session.out() << rows.dump(4) << "\n";
  return 0;
}

}  // namespace

int fat(const Session& session) {
  const std::string& verb = session.arguments().names[0];
  if (verb == "ls") return list(session);
  if (verb == "get") return get(session);
  if (verb == "put") return put(session);
  if (verb == "cat") return cat(session);
  if (verb == "owner") return owner(session);
  if (verb == "rm") {
    return change_each(session,
                       [](FatVolume& volume, const std::string& path) { volume.remove(path); });
  }
  if (verb == "mkdir") {
    return change_each(session, [&](FatVolume& volume, const std::string& path) {
      volume.make_folder(path, now(session));
    });
  }
  throw UsageError("there is no '" + storage::printable(verb, 40) +
                   "'; it is one of ls, get, put, rm, mkdir, cat, owner");
}

}  // namespace emu::image_tool
