#include "storage/overlay_file.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "storage/directory.h"

namespace storage {

namespace {

// An image of that name that is no child of `base` is somebody else's.
bool is_child_of(const std::filesystem::path& path, const std::filesystem::path& base,
                 const OpenOptions& options) {
  OpenOptions alone = options;
  alone.format.clear();
  alone.mode = OpenMode::read_only;
  alone.follow_parents = false;
  alone.force = true;
  alone.force_share = true;
  alone.warn = {};
  const OpenedImage child = open_image(path, alone);
  const std::optional<ParentRecord> parent = child.image->info().parent;
  if (!parent) return false;
  std::vector<std::string> names = parent->more;
  names.push_back(parent->name);
  return std::ranges::any_of(names, [&](const std::string& name) {
    std::error_code unknown;
    return std::filesystem::equivalent(path.parent_path() / name, base, unknown);
  });
}

void make_overlay(const std::filesystem::path& path, const FormatDriver& format,
                  const std::filesystem::path& base, const OpenOptions& options) {
  OpenOptions reading = options;
  reading.mode = OpenMode::read_only;
  const OpenedImage parent = open_image(base, reading);
  const Place place = PosixDirectory::place_of(path, host_rules(options));
  CreateOptions child;
  child.sectors = parent.device->sector_count();
  child.geometry = parent.device->geometry();
  child.parent = ParentRef{parent.image, name_to_record(*place.directory, base),
                           std::string(parent.format->name), base};
  create_image(place, format, child, options);
}

}  // namespace

const FormatDriver& overlay_format(const FormatDriver& base) {
  return base.has_parents ? base : kAddCowFormat;
}

std::filesystem::path overlay_path(const std::filesystem::path& base, const FormatDriver& format,
                                   int n) {
  const std::filesystem::path extension =
      overlay_format(format).name == format.name ? base.extension() : ".add-cow";
  return base.parent_path() /
         (base.stem().native() + ".overlay-" + std::to_string(n) + extension.native());
}

Overlay open_overlay(const std::filesystem::path& base, const OpenOptions& options) {
  const Place place = PosixDirectory::place_of(base, host_rules(options));
  const FormatDriver& format = format_of(place, NameSource::user, options.format);
  for (int n = 1; n <= kMaxOverlays; ++n) {
    const std::filesystem::path path = overlay_path(base, format, n);
    const bool there = place.directory->exists(path.filename().native(), NameSource::user);
    if (there && !is_child_of(path, base, options)) continue;
    if (!there) make_overlay(path, overlay_format(format), base, options);
    OpenOptions writing = options;
    writing.mode = OpenMode::read_write;
    writing.format.clear();
    writing.truncate = false;
    writing.allow.push_back(base);
    return {path, open_image(path, writing)};
  }
  throw ImageError(base, "has too many overlays beside it");
}

}  // namespace storage
