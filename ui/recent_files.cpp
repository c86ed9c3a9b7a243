#include "ui/recent_files.h"

#include <algorithm>
#include <array>

#include "storage/format.h"
#include "storage/open_image.h"

namespace ui {

namespace {

constexpr std::size_t kColumns = 96;
constexpr int kMostExtents = 20'000;  // of a badly scattered image only the beginning is drawn

bool holds_data(const storage::Extent& extent) {
  return extent.state == storage::ClusterState::data ||
         extent.state == storage::ClusterState::shared;
}

// Sectors in use, by column and layer.
class Strip {
 public:
  explicit Strip(std::uint64_t sectors)
      : sectors_(sectors), per_column_(std::max<std::uint64_t>(sectors / kColumns, 1)) {}

  void add(std::uint64_t lba, std::uint64_t count, unsigned layer) {
    const std::size_t kind = std::min<std::size_t>(layer, kLayers - 1);
    for (std::uint64_t at = lba, end = std::min(lba + count, sectors_); at < end;) {
      const std::uint64_t column = std::min<std::uint64_t>(at / per_column_, kColumns - 1);
      const std::uint64_t next =
          column + 1 == kColumns ? end : std::min(end, (column + 1) * per_column_);
      used_[column][kind] += next - at;
      at = next;
    }
  }

  std::vector<RecentFile::Column> columns() const {
    std::vector<RecentFile::Column> out;
    for (const auto& layers : used_) {
      std::uint64_t sum = 0;
      for (const std::uint64_t count : layers) sum += count;
      const float share = static_cast<float>(sum) / static_cast<float>(per_column_);
      const auto most = std::ranges::max_element(layers) - layers.begin();
      out.push_back({std::min(1.0F, share), static_cast<unsigned>(most)});
    }
    return out;
  }

 private:
  static constexpr std::size_t kLayers = 8;  // deeper ones count as the last
  std::uint64_t sectors_, per_column_;
  std::array<std::array<std::uint64_t, kLayers>, kColumns> used_{};
};

void look_at_image(RecentFile& file) {
  storage::OpenOptions options;
  options.mode = storage::OpenMode::read_only;
  options.force_share = true;
  options.truncate = true;
  if (!file.allow.empty()) options.allow = {file.allow};
  const storage::OpenedImage opened = storage::open_image(file.path, options);
  file.format = opened.format != nullptr ? std::string(opened.format->name) : "";
  for (storage::Image* image = opened.image; image != nullptr && image->parent() != nullptr;
       image = image->parent())
    ++file.layers;
  if (file.layers > 1) file.format += " chain of " + std::to_string(file.layers);
  file.sectors = opened.device->sector_count();
  Strip strip(file.sectors);
  int left = kMostExtents;
  for (std::uint64_t lba = 0; lba < file.sectors && left != 0; --left) {
    const storage::Extent extent = opened.device->extent_at(lba);
    const std::uint64_t count = std::max<std::uint64_t>(extent.sector_count, 1);
    if (holds_data(extent)) {
      file.used_sectors += count;
      strip.add(lba, count, extent.layer);
    }
    lba += count;
  }
  file.strip = strip.columns();
}

void look_at(RecentFile& file) {
  file.looked = true;
  if (file.path.ends_with(".toml")) {
    file.format = "machine";
    return;
  }
  try {
    look_at_image(file);
  } catch (const storage::LostParent& lost) {
    file.problem = lost.what();
    file.lost_child = lost.file().string();
    file.lost_parent = lost.parent();
  } catch (const std::exception& error) {
    file.problem = error.what();
  }
}

}  // namespace

void remember(RecentFiles& files, RecentFile file) {
  std::erase_if(files, [&](const RecentFile& old) { return old.path == file.path; });
  files.insert(files.begin(), std::move(file));
  if (files.size() > kMostRecent) files.resize(kMostRecent);
}

void look_at_recent(RecentFiles& files) {
  for (RecentFile& file : files) {
    if (!file.looked) look_at(file);
  }
}

RecentFile recall(const RecentFiles& files, const std::string& path) {
  const auto found = std::ranges::find(files, path, &RecentFile::path);
  RecentFile file;
  file.path = path;
  if (found != files.end()) file.allow = found->allow;
  return file;
}

}  // namespace ui
