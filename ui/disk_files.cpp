#include "ui/disk_files.h"

#include <algorithm>
#include <array>
#include <map>

#include "storage/fat_volume.h"
#include "ui/directory_entry.h"

namespace ui {

namespace {

using storage::MapMark;

class Reader {
 public:
  Reader(storage::BlockDevice& device, DiskFiles& out) : device_(device), out_(out) {}

  void volume(const storage::FatLocation& where, const std::string& letter) {
    const storage::FatVolume volume(device_, where);
    DiskFiles::Volume facts;
    facts.first_lba = where.first_lba;
    facts.sectors = where.sector_count;
    facts.partition = where.partition;
    facts.bits = volume.bits();
    facts.cluster_bytes = volume.cluster_bytes();
    facts.letter = letter;
    by_path_.clear();
    const std::size_t first_run = out_.runs.size();
    facts.root = add(DiskFiles::kNobody, letter, letter + "\\", true);
    out_.nodes[facts.root].mark = MapMark::root;
    by_path_["/"] = facts.root;
    folder(volume, "", facts.root, 0);
    const std::uint32_t boot = own("boot sector", letter + " boot sector", MapMark::boot);
    const std::uint32_t tables = own("FAT", letter + " FAT", MapMark::fat);
    volume.visit_owners([&](std::uint64_t lba, std::uint64_t count, const std::string& path) {
      if (path == "boot sector") return run(lba, count, boot, facts);
      if (path == "FAT") return run(lba, count, tables, facts);
      if (const auto found = by_path_.find(path); found != by_path_.end()) {
        run(lba, count, found->second, facts);
      }
    });
    deleted_files(volume, facts, first_run);
    sum_up(facts.root, 0);
    out_.volumes.push_back(facts);
  }

  void partition_table() {
    const std::uint32_t node = own("partition table", "partition table", MapMark::partition_table);
    run(0, 1, node, {});
  }

 private:
  static constexpr unsigned kDeepest = 32;
  static constexpr std::size_t kMostNodes = 200'000;

  std::uint32_t add(std::uint32_t parent, std::string name, std::string path, bool folder) {
    DiskFiles::Node node;
    node.name = std::move(name);
    node.path = std::move(path);
    node.folder = folder;
    node.parent = parent;
    if (folder) node.mark = MapMark::directory;
    out_.nodes.push_back(std::move(node));
    const auto index = static_cast<std::uint32_t>(out_.nodes.size() - 1);
    if (parent != DiskFiles::kNobody) out_.nodes[parent].children.push_back(index);
    return index;
  }

  std::uint32_t own(std::string name, std::string path, MapMark mark) {
    const std::uint32_t node = add(DiskFiles::kNobody, std::move(name), std::move(path), false);
    out_.nodes[node].mark = mark;
    return node;
  }

  void folder(const storage::FatVolume& volume, const std::string& path, std::uint32_t parent,
              unsigned depth) {
    if (depth > kDeepest) return;
    std::vector<storage::FatEntry> entries;
    try {
      entries = volume.list(path.empty() ? "/" : path);
    } catch (const storage::FatError&) {
      return;  // a damaged folder shows nothing
    }
    for (const storage::FatEntry& entry : entries) {
      if (out_.nodes.size() > kMostNodes) return;
      if (entry.name == "." || entry.name == "..") continue;
      const std::string here = path + "/" + entry.name;
      const std::string& above = out_.nodes[parent].path;
      const std::string shown = above + (above.ends_with('\\') ? "" : "\\") + entry.name;
      const std::uint32_t node = add(parent, entry.name, shown, entry.folder());
      out_.nodes[node].size = entry.size;
      by_path_[here] = node;
      if (entry.folder()) folder(volume, here, node, depth + 1);
    }
  }

  void run(std::uint64_t lba, std::uint64_t count, std::uint32_t node,
           const DiskFiles::Volume& volume) {
    DiskFiles::Node& owner = out_.nodes[node];
    out_.runs.push_back({lba, count, node, owner.sectors * storage::kSectorSize});
    owner.sectors += count;
    ++owner.runs;
    if (volume.cluster_bytes != 0) {
      owner.clusters +=
          static_cast<std::uint32_t>(count * storage::kSectorSize / volume.cluster_bytes);
    }
  }

  // Entries that a deletion left in folders that live.
  void deleted_files(const storage::FatVolume& fat, const DiskFiles::Volume& volume,
                     std::size_t first_run) {
    const std::uint64_t cluster_sectors = volume.cluster_bytes / storage::kSectorSize;
    std::array<std::uint8_t, storage::kSectorSize> sector{};
    for (std::size_t r = first_run; r < out_.runs.size(); ++r) {
      const DiskFiles::Run run = out_.runs[r];
      const MapMark mark = out_.nodes[run.node].mark;
      if (mark != MapMark::directory && mark != MapMark::root) continue;
      for (std::uint64_t lba = run.lba; lba < run.lba + run.count; ++lba) {
        if (device_.read(lba, sector) != storage::IoStatus::ok) break;
        for (std::size_t at = 0; at < sector.size(); at += DirectoryEntry::kSize) {
          const auto entry = directory_entry(std::span(sector).subspan(at, DirectoryEntry::kSize));
          if (!entry || entry->kind != DirectoryEntry::Kind::deleted || entry->part != 0) continue;
          if (out_.nodes.size() > kMostNodes) return;
          const std::string above = out_.nodes[run.node].path;
          const std::uint32_t index =
              add(run.node, entry->name, above + (above.ends_with('\\') ? "" : "\\") + entry->name,
                  false);
          DiskFiles::Node& node = out_.nodes[index];
          node.deleted = true;
          node.size = entry->size;
          node.clusters = (entry->size + volume.cluster_bytes - 1) / volume.cluster_bytes;
          if (entry->first_cluster < 2) continue;
          const std::uint64_t first = volume.first_lba + fat.lba_of(entry->first_cluster);
          const std::uint64_t end = volume.first_lba + volume.sectors;
          if (first >= end) continue;
          node.first_lba = first;
          const std::uint64_t sectors = std::max(node.clusters, 1U) * cluster_sectors;
          node.last_lba = std::min(node.first_lba + sectors, end) - 1;
        }
      }
    }
  }

  void sum_up(std::uint32_t index, unsigned depth) {
    DiskFiles::Node& node = out_.nodes[index];
    if (!node.folder || depth > kDeepest) return;
    std::uint64_t size = 0;
    std::uint32_t clusters = node.clusters;
    for (const std::uint32_t child : node.children) {
      sum_up(child, depth + 1);
      if (out_.nodes[child].deleted) continue;
      size += out_.nodes[child].size;
      clusters += out_.nodes[child].clusters;
    }
    node.size = size;
    node.clusters = clusters;
    std::ranges::sort(node.children, [&](std::uint32_t a, std::uint32_t b) {
      const DiskFiles::Node& x = out_.nodes[a];
      const DiskFiles::Node& y = out_.nodes[b];
      if (x.deleted != y.deleted) return y.deleted;
      if (x.folder != y.folder) return x.folder;
      return x.name < y.name;
    });
  }

  storage::BlockDevice& device_;
  DiskFiles& out_;
  std::map<std::string, std::uint32_t> by_path_;
};

}  // namespace

DiskFiles read_disk_files(storage::BlockDevice& device, bool floppy) {
  DiskFiles files;
  Reader reader(device, files);
  char letter = floppy ? 'A' : 'C';
  for (const storage::FatLocation& where : storage::find_fat_volumes(device)) {
    try {
      if (where.partition != 0 && files.volumes.empty()) reader.partition_table();
      reader.volume(where, {letter, ':'});
      ++letter;
    } catch (const storage::FatError&) {
      continue;  // no FAT volume after all
    }
  }
  // Damage may give a sector to several; the first in order has it.
  std::ranges::stable_sort(files.runs, {}, &DiskFiles::Run::lba);
  std::vector<DiskFiles::Run> apart;
  for (const DiskFiles::Run& run : files.runs) {
    if (!apart.empty() && run.lba < apart.back().lba + apart.back().count) continue;
    apart.push_back(run);
  }
  files.runs = std::move(apart);
  for (DiskFiles::Node& node : files.nodes) {
    if (!node.deleted || node.first_lba == 0) continue;
    node.overwritten = !files.runs_in(node.first_lba, node.last_lba - node.first_lba + 1).empty();
  }
  return files;
}

const DiskFiles::Run* DiskFiles::owner_of(std::uint64_t lba) const {
  const std::span<const Run> found = runs_in(lba, 1);
  return found.empty() ? nullptr : &found.front();
}

std::span<const DiskFiles::Run> DiskFiles::runs_in(std::uint64_t lba, std::uint64_t count) const {
  const auto end_of = [](const Run& run) { return run.lba + run.count; };
  const auto first = std::ranges::upper_bound(runs, lba, {}, end_of);
  auto last = first;
  while (last != runs.end() && last->lba < lba + count) ++last;
  return {first, last};
}

const DiskFiles::Volume* DiskFiles::volume_of(std::uint64_t lba) const {
  for (const Volume& volume : volumes) {
    if (lba >= volume.first_lba && lba < volume.first_lba + volume.sectors) return &volume;
  }
  return nullptr;
}

std::size_t DiskFiles::files() const {
  return static_cast<std::size_t>(std::ranges::count_if(
      nodes, [](const Node& node) { return node.mark == MapMark::none && !node.deleted; }));
}

std::string DiskFiles::what_is_at(std::uint64_t lba, std::uint64_t count) const {
  if (volumes.empty()) return "";
  const std::span<const Run> found = runs_in(lba, count);
  if (found.empty()) {
    const Volume* volume = volume_of(lba);
    return volume != nullptr ? "free space of " + volume->letter : "outside of every volume";
  }
  const Node& node = nodes[found.front().node];
  const Volume* volume = volume_of(found.front().lba);
  const std::string of = volume != nullptr ? " of " + volume->letter : "";
  const std::string more =
      found.size() > 1 ? ", " + std::to_string(found.size() - 1) + " more" : "";
  switch (node.mark) {
    case MapMark::none:
      return node.path + more;
    case MapMark::partition_table:
      return "partition table" + more;
    case MapMark::boot:
      return "boot sector" + of + more;
    case MapMark::fat:
      return "FAT" + of + more;
    case MapMark::root:
      return "root directory" + of + more;
    case MapMark::directory:
      return "directory " + node.path + more;
  }
  return "";
}

std::optional<DiskFiles::Place> DiskFiles::place_of(std::uint32_t node) const {
  if (node >= nodes.size() || nodes[node].parent == kNobody || nodes[node].deleted) {
    return std::nullopt;
  }
  std::string path;
  std::uint32_t root = node;
  for (; nodes[root].parent != kNobody; root = nodes[root].parent)
    path = "/" + nodes[root].name + path;
  const auto volume = std::ranges::find(volumes, root, &Volume::root);
  if (volume == volumes.end()) return std::nullopt;
  return Place{volume->partition, path};
}

void DiskFiles::mark(storage::AllocationMap& map) const {
  map.clear_marks();
  const std::uint64_t spc = map.sectors_per_cluster();
  // A cluster with several of them shows the first.
  std::uint64_t next = 0;
  for (const Run& run : runs) {
    const MapMark mark = nodes[run.node].mark;
    if (mark == MapMark::none) continue;
    const std::uint64_t first = std::max(run.lba / spc, next);
    const std::uint64_t end = (run.lba + run.count + spc - 1) / spc;
    if (end <= first) continue;
    map.mark(first, end - first, mark);
    next = end;
  }
}

}  // namespace ui
