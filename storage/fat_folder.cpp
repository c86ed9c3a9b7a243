// Folders of a FAT volume: entries of 32 bytes, long names in front of short ones, paths.
//
// [FAT]  see fat_volume.h; sections 6 (directory structure) and 7 (long names)
#include <algorithm>
#include <array>
#include <utility>

#include "storage/fat_volume.h"

#include "storage/utf8.h"

namespace storage {

namespace {

constexpr std::size_t kEntryBytes = 32;
constexpr std::uint8_t kLastEntry = 0x00, kDeleted = 0xE5, kEscapedE5 = 0x05;
constexpr std::uint8_t kAttributeLabel = 0x08, kAttributeFolder = 0x10, kAttributeLong = 0x0F;
constexpr std::uint8_t kAttributeArchive = 0x20, kAttributeReadOnly = 0x01;
constexpr std::uint8_t kSettableAttributes = 0x27;
constexpr std::uint8_t kLastLongPart = 0x40;
constexpr std::size_t kMaxLongParts = 20;
constexpr std::size_t kMaxFolderBytes = 65536 * kEntryBytes;
constexpr unsigned kMaxDepth = 64;

constexpr std::array<std::uint8_t, 1> kEndMark = {kLastEntry};
constexpr std::array<std::uint8_t, 1> kDeletedMark = {kDeleted};

using Sector = std::array<std::uint8_t, kSectorSize>;
using RawEntry = std::span<const std::uint8_t>;

std::uint16_t word(RawEntry bytes, std::size_t at) {
  return static_cast<std::uint16_t>(bytes[at] | bytes[at + 1] << 8);
}

void put_word(std::span<std::uint8_t> bytes, std::size_t at, std::uint32_t value) {
  bytes[at] = static_cast<std::uint8_t>(value & 0xFF);
  bytes[at + 1] = static_cast<std::uint8_t>(value >> 8 & 0xFF);
}

char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}
char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return upper(x) == upper(y); });
}

// Bytes beyond ASCII stay what they are: the code page is the guest's.
std::string short_name_of(RawEntry entry, bool lower_base, bool lower_extension) {
  const auto part = [&](std::size_t from, std::size_t length, bool small) {
    std::string text;
    for (std::size_t i = from; i < from + length; ++i) {
      const auto byte = i == 0 && entry[0] == kEscapedE5 ? kDeleted : entry[i];
      text += small ? lower(static_cast<char>(byte)) : static_cast<char>(byte);
    }
    text.erase(text.find_last_not_of(' ') + 1);
    return text;
  };
  std::string name = part(0, 8, lower_base);
  if (const std::string extension = part(8, 3, lower_extension); !extension.empty()) {
    name += "." + extension;
  }
  return name;
}

std::uint8_t checksum_of(RawEntry entry) {
  unsigned sum = 0;
  for (std::size_t i = 0; i < 11; ++i) {
    sum = ((sum & 1) << 7 | sum >> 1) + entry[i];
    sum &= 0xFF;
  }
  return static_cast<std::uint8_t>(sum);
}

// The parts of a long name on their way to the entry that they belong to.
class LongName {
 public:
  void clear() {
    units_.clear();
    expected_ = 0;
  }
  void add(RawEntry entry) {
    static constexpr std::array<std::size_t, 13> kPlaces = {1,  3,  5,  7,  9,  14, 16,
                                                            18, 20, 22, 24, 28, 30};
    const std::size_t number = entry[0] & 0x3F;
    if ((entry[0] & kLastLongPart) != 0 && number >= 1 && number <= kMaxLongParts) {
      clear();
      expected_ = number;
      checksum_ = entry[13];
    }
    if (number == 0 || number != expected_ || entry[13] != checksum_) return clear();
    --expected_;
    std::array<std::uint16_t, kPlaces.size()> part;
    std::ranges::transform(kPlaces, part.begin(), [&](auto place) { return word(entry, place); });
    units_.insert(units_.begin(), part.begin(), part.end());
  }
  // Empty when there is none that belongs to this entry.
  std::string for_entry(RawEntry entry) const {
    std::string text;
    if (units_.empty() || expected_ != 0 || checksum_ != checksum_of(entry)) return text;
    for (std::size_t i = 0; i < units_.size() && units_[i] != 0; ++i) {
      std::uint32_t code = units_[i];
      const bool high = code >= 0xD800 && code < 0xDC00;
      if (high && i + 1 < units_.size() && units_[i + 1] >= 0xDC00 && units_[i + 1] < 0xE000) {
        code = 0x10000 + ((code - 0xD800) << 10) + (units_[++i] - 0xDC00U);
      } else if (code >= 0xD800 && code < 0xE000) {
        code = 0xFFFD;
      }
      append_utf8(text, code);
    }
    return text;
  }

 private:
  std::vector<std::uint16_t> units_;
  std::size_t expected_ = 0;
  std::uint8_t checksum_ = 0;
};

std::vector<std::string> parts_of(std::string_view path) {
  std::vector<std::string> parts;
  std::string part;
  for (const char c : path) {
    if (c != '/' && c != '\\') {
      part += c;
    } else if (!part.empty()) {
      parts.push_back(std::exchange(part, {}));
    }
  }
  if (!part.empty()) parts.push_back(part);
  if (parts.size() > kMaxDepth) throw FatError("the path is too deep");
  return parts;
}

// "readme.txt" -> "README  TXT".
std::array<std::uint8_t, 11> packed_name(std::string_view name) {
  static constexpr std::string_view kForbidden = "\"*+,/:;<=>?[\\]|. ";
  std::array<std::uint8_t, 11> packed;
  packed.fill(' ');
  const std::size_t dot = name.rfind('.');
  const std::string_view base = name.substr(0, dot);
  const std::string_view extension = dot == name.npos ? "" : name.substr(dot + 1);
  const auto fill = [&](std::string_view part, std::size_t at, std::size_t most) {
    if (part.size() > most) throw FatError("the name is no 8.3 name");
    for (const char c : part) {
      if (static_cast<unsigned char>(c) < 0x20 || kForbidden.find(c) != kForbidden.npos) {
        throw FatError("the name has a character that DOS does not allow");
      }
      packed[at++] = static_cast<std::uint8_t>(upper(c));
    }
  };
  if (base.empty()) throw FatError("the name is no 8.3 name");
  fill(base, 0, 8);
  fill(extension, 8, 3);
  if (packed[0] == kDeleted) packed[0] = kEscapedE5;
  return packed;
}

std::array<std::uint8_t, kEntryBytes> make_entry(std::span<const std::uint8_t> name,
                                                 std::uint8_t attributes, std::uint32_t cluster,
                                                 std::uint32_t size, const FatTime& when) {
  std::array<std::uint8_t, kEntryBytes> entry{};
  std::ranges::copy(name, entry.begin());
  entry[11] = attributes;
  put_word(entry, 20, cluster >> 16);
  put_word(entry, 22, when.time);
  put_word(entry, 24, when.date);
  put_word(entry, 26, cluster & 0xFFFF);
  put_word(entry, 28, size & 0xFFFF);
  put_word(entry, 30, size >> 16);
  return entry;
}

bool dots(std::string_view name) {
  return name == "." || name == "..";
}

}  // namespace

std::vector<std::uint64_t> FatVolume::folder_sectors(const Folder& folder) const {
  std::vector<std::uint64_t> sectors;
  if (folder.first_cluster == 0) {
    for (std::uint32_t i = 0; i < root_sectors_; ++i) sectors.push_back(root_lba_ + i);
    return sectors;
  }
  for (const std::uint32_t cluster : chain(folder.first_cluster)) {
    if (sectors.size() * kSectorSize >= kMaxFolderBytes) break;
    for (std::uint32_t i = 0; i < sectors_per_cluster_; ++i) sectors.push_back(lba_of(cluster) + i);
  }
  return sectors;
}

void FatVolume::walk_folder(const Folder& folder,
                            const std::function<bool(const Found&)>& visit) const {
  LongName long_name;
  std::vector<Slot> slots;
  for (const std::uint64_t lba : folder_sectors(folder)) {
    Sector sector;
    load(lba, sector);
    for (std::size_t at = 0; at < sector.size(); at += kEntryBytes) {
      const RawEntry raw = std::span(sector).subspan(at, kEntryBytes);
      if (raw[0] == kLastEntry) return;
      if (raw[0] == kDeleted) {
        long_name.clear();
        slots.clear();
        continue;
      }
      slots.push_back({lba, at});
      if ((raw[11] & 0x3F) == kAttributeLong) {
        long_name.add(raw);
        continue;
      }
      Found found;
      found.entry.short_name = short_name_of(raw, false, false);
      found.entry.name = long_name.for_entry(raw);
      if (found.entry.name.empty()) {
        found.entry.name = short_name_of(raw, (raw[12] & 0x08) != 0, (raw[12] & 0x10) != 0);
        slots.erase(slots.begin(), slots.end() - 1);
      }
      found.entry.attributes = raw[11];
      found.entry.first_cluster = word(raw, 26);
      if (bits_ == 32) found.entry.first_cluster |= static_cast<std::uint32_t>(word(raw, 20) << 16);
      found.entry.size = static_cast<std::uint32_t>(word(raw, 28) | word(raw, 30) << 16);
      found.entry.written = {word(raw, 24), word(raw, 22)};
      found.slots = std::exchange(slots, {});
      long_name.clear();
      if ((raw[11] & kAttributeLabel) == 0 && !visit(found)) return;
    }
  }
}

std::optional<FatVolume::Found> FatVolume::look_up(const Folder& folder,
                                                   std::string_view name) const {
  std::optional<Found> result;
  walk_folder(folder, [&](const Found& found) {
    if (!same_name(found.entry.name, name) && !same_name(found.entry.short_name, name)) return true;
    result = found;
    return false;
  });
  return result;
}

FatVolume::Folder FatVolume::folder_at(std::span<const std::string> parts) const {
  Folder folder{root_cluster_};
  for (const std::string& part : parts) {
    const auto found = look_up(folder, part);
    if (!found) throw FatError("there is no folder '" + part + "'");
    if (!found->entry.folder()) throw FatError("'" + part + "' is no folder");
    // ".." of a folder in the root names cluster 0, on FAT32 as well.
    const std::uint32_t first = found->entry.first_cluster;
    folder.first_cluster = first == 0 && bits_ == 32 ? root_cluster_ : first;
  }
  return folder;
}

FatVolume::Parent FatVolume::parent_of(std::string_view path) const {
  const std::vector<std::string> parts = parts_of(path);
  if (parts.empty()) throw FatError("a name is missing");
  return {folder_at(std::span(parts).first(parts.size() - 1)), parts.back()};
}

FatEntry FatVolume::find(std::string_view path) const {
  if (parts_of(path).empty()) {
    FatEntry root;
    root.name = "/";
    root.attributes = kAttributeFolder;
    root.first_cluster = root_cluster_;
    return root;
  }
  const Parent parent = parent_of(path);
  const auto found = look_up(parent.folder, parent.name);
  if (!found) throw FatError("there is no such file");
  return found->entry;
}

FatPlace FatVolume::place_of(std::string_view path) const {
  const std::vector<std::string> parts = parts_of(path);
  if (parts.empty()) throw FatError("a name is missing");
  FatPlace place;
  place.told_by.push_back({where_.first_lba, data_lba_});
  std::vector<bool> seen(last_cluster_);
  const auto add_chain = [&](std::uint32_t first, std::vector<FatRun>& runs) {
    const auto add = [&](std::uint64_t lba, std::uint64_t count, const std::string&) {
      runs.push_back({lba, count});
    };
    visit_chain(first, "", add, seen);
  };
  Folder folder{root_cluster_};
  try {
    for (std::size_t i = 0; i < parts.size(); ++i) {
      add_chain(folder.first_cluster, place.told_by);
      const auto found = look_up(folder, parts[i]);
      if (!found) break;
      if (i + 1 == parts.size()) {
        place.entry = found->entry;
        add_chain(found->entry.first_cluster, place.content);
      } else if (!found->entry.folder()) {
        break;
      }
      folder.first_cluster = found->entry.first_cluster;
    }
  } catch (const FatError&) {
    // What was found before the damage is what there is.
  }
  return place;
}

std::vector<FatEntry> FatVolume::list(std::string_view path) const {
  std::vector<FatEntry> entries;
  const FatEntry entry = find(path);
  if (!entry.folder()) return {entry};
  const std::vector<std::string> parts = parts_of(path);
  walk_folder(folder_at(parts), [&](const Found& found) {
    if (!dots(found.entry.short_name)) entries.push_back(found.entry);
    return true;
  });
  return entries;
}

void FatVolume::visit_folder(const Folder& folder, const std::string& path, const Visit& visit,
                             std::vector<bool>& seen, unsigned depth) const {
  std::vector<Found> entries;
  try {
    walk_folder(folder, [&](const Found& found) {
      if (!dots(found.entry.short_name)) entries.push_back(found);
      return true;
    });
  } catch (const FatError&) {
    // What was read before the damage still has its owners.
  }
  for (const Found& found : entries) {
    const std::string name = path + "/" + found.entry.name;
    const std::uint32_t first = found.entry.first_cluster;
    const bool fresh = is_cluster(first) && !seen[first];
    visit_chain(first, name, visit, seen);
    // A folder that was visited before is a circle.
    if (found.entry.folder() && fresh && depth < kMaxDepth) {
      visit_folder({first}, name, visit, seen, depth + 1);
    }
  }
}

FatVolume::Slot FatVolume::free_slot(const Folder& folder) {
  std::optional<Slot> end;
  for (const std::uint64_t lba : folder_sectors(folder)) {
    Sector sector;
    load(lba, sector);
    for (std::size_t at = 0; at < sector.size(); at += kEntryBytes) {
      if (end) {
        // The end moves one entry on; what lies there may be anything.
        write_entry({lba, at}, kEndMark);
        return *end;
      }
      if (sector[at] == kDeleted) return {lba, at};
      if (sector[at] == kLastEntry) end = Slot{lba, at};
    }
  }
  if (end) return *end;
  if (folder.first_cluster == 0) throw FatError("the root folder is full");
  const std::uint32_t last = chain(folder.first_cluster).back();
  const std::vector<std::uint32_t> more = allocate(1);
  write_clusters(more, {});
  set_next(last, more[0]);
  write_fat();
  return {lba_of(more[0]), 0};
}

void FatVolume::write_entry(const Slot& slot, std::span<const std::uint8_t> entry) {
  Sector sector;
  load(slot.lba, sector);
  std::ranges::copy(entry, sector.begin() + static_cast<std::ptrdiff_t>(slot.offset));
  store(slot.lba, sector);
}

void FatVolume::write(std::string_view path, std::span<const std::uint8_t> bytes,
                      const FatTime& when) {
  const Parent parent = parent_of(path);
  const auto old = look_up(parent.folder, parent.name);
  if (old && old->entry.folder()) throw FatError("is a folder");
  if (old && (old->entry.attributes & kAttributeReadOnly) != 0) throw FatError("is read-only");
  if (bytes.size() > 0xFFFFFFFF) throw FatError("the file is too long for a FAT volume");
  std::array<std::uint8_t, 11> name{};
  if (!old) name = packed_name(parent.name);

  const Slot slot = old ? old->slots.back() : free_slot(parent.folder);
  const std::size_t count = (bytes.size() + cluster_bytes() - 1) / cluster_bytes();
  const std::vector<std::uint32_t> clusters = allocate(count);
  write_clusters(clusters, bytes);
  write_fat();
  std::uint8_t attributes = kAttributeArchive;
  if (old) {
    Sector sector;
    load(slot.lba, sector);
    std::copy_n(sector.begin() + static_cast<std::ptrdiff_t>(slot.offset), name.size(),
                name.begin());
    attributes = old->entry.attributes | kAttributeArchive;
  }
  const std::uint32_t first = clusters.empty() ? 0 : clusters[0];
  write_entry(slot,
              make_entry(name, attributes, first, static_cast<std::uint32_t>(bytes.size()), when));
  if (old && old->entry.first_cluster != 0) {
    release(old->entry.first_cluster);
    write_fat();
  }
}

void FatVolume::make_folder(std::string_view path, const FatTime& when) {
  const Parent parent = parent_of(path);
  if (look_up(parent.folder, parent.name)) throw FatError("is there already");
  const auto name = packed_name(parent.name);
  const Slot slot = free_slot(parent.folder);
  const std::vector<std::uint32_t> clusters = allocate(1);
  const std::uint32_t above =
      parent.folder.first_cluster == root_cluster_ ? 0 : parent.folder.first_cluster;
  std::array<std::uint8_t, 11> dot;
  dot.fill(' ');
  dot[0] = '.';
  std::vector<std::uint8_t> first(2 * kEntryBytes);
  std::ranges::copy(make_entry(dot, kAttributeFolder, clusters[0], 0, when), first.begin());
  dot[1] = '.';
  std::ranges::copy(make_entry(dot, kAttributeFolder, above, 0, when), first.begin() + kEntryBytes);
  write_clusters(clusters, first);
  write_fat();
  write_entry(slot, make_entry(name, kAttributeFolder, clusters[0], 0, when));
}

void FatVolume::remove(std::string_view path) {
  const Parent parent = parent_of(path);
  const auto found = look_up(parent.folder, parent.name);
  if (!found) throw FatError("there is no such file");
  if (dots(found->entry.short_name)) throw FatError("cannot be removed");
  if ((found->entry.attributes & kAttributeReadOnly) != 0) throw FatError("is read-only");
  if (found->entry.folder() && !list(path).empty()) throw FatError("the folder is not empty");
  for (const Slot& slot : found->slots) {
    write_entry(slot, kDeletedMark);
  }
  release(found->entry.first_cluster);
  write_fat();
}

void FatVolume::set_attributes(std::string_view path, std::uint8_t attributes) {
  const Parent parent = parent_of(path);
  const auto found = look_up(parent.folder, parent.name);
  if (!found) throw FatError("there is no such file");
  const Slot& slot = found->slots.back();
  Sector sector;
  load(slot.lba, sector);
  std::uint8_t& field = sector[slot.offset + 11];
  field = static_cast<std::uint8_t>((field & ~kSettableAttributes) |
                                    (attributes & kSettableAttributes));
  store(slot.lba, sector);
}

}  // namespace storage
