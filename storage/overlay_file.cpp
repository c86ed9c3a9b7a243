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

// "disk.overlay-1.vmdk" is one of disk.vmdk's.
std::filesystem::path without_number(const std::filesystem::path& path) {
  static constexpr std::string_view kMark = ".overlay-";
  const std::string stem = path.stem().native();
  const std::size_t mark = stem.rfind(kMark);
  if (mark == std::string::npos || mark == 0) return path;
  const std::string_view number = std::string_view(stem).substr(mark + kMark.size());
  if (number.empty() || number.find_first_not_of("0123456789") != std::string_view::npos)
    return path;
  return path.parent_path() / (stem.substr(0, mark) + path.extension().native());
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

std::filesystem::path add_overlay(const std::filesystem::path& base, const OpenOptions& options) {
  const Place place = PosixDirectory::place_of(base, host_rules(options));
  const FormatDriver& format = format_of(place, NameSource::user, options.format);
  const std::filesystem::path first = without_number(base);
  for (int n = 1; n <= kMaxOverlays; ++n) {
    const std::filesystem::path path = overlay_path(first, format, n);
    if (place.directory->exists(path.filename().native(), NameSource::user)) continue;
    make_overlay(path, overlay_format(format), base, options);
    return path;
  }
  throw ImageError(base, "has too many overlays beside it");
}

}  // namespace storage
