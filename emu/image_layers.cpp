#include "emu/image_layers.h"

#include <utility>

namespace emu::image_tool {

namespace {

// The format of the parent as its child records it, or as its content says.
const storage::FormatDriver* format_of_parent(const storage::ParentRecord& record,
                                              const std::optional<storage::Place>& place,
                                              const storage::FormatDriver* childs) {
  if (const auto* recorded = storage::find_format(record.format)) return recorded;
  if (!place) return childs;
  return &storage::format_of(*place, storage::NameSource::image, {});
}

}  // namespace

std::optional<storage::Place> parent_place(const storage::Place& child,
                                           const storage::ImageInfo& info) {
  if (!info.parent) return std::nullopt;
  std::vector<std::string> names = info.parent->more;
  names.insert(names.begin(), info.parent->name);
  for (const std::string& name : names) {
    try {
      storage::Place place = child.directory->locate(name, storage::NameSource::image);
      if (place.directory->exists(place.name, storage::NameSource::image)) return place;
    } catch (const storage::ImageError&) {
      // Not a name that may be followed: the next one may be.
    }
  }
  return std::nullopt;
}

OpenChain::OpenChain(const Session& session, const std::string& file, std::string_view format,
                     bool follow) {
  storage::OpenOptions options = session.open_options();
  options.mode = storage::OpenMode::read_only;
  options.format = format;
  options.follow_parents = follow;
  options.force = true;
  storage::Place place = session.place(file);
  opened_ = open_image(place, options);
  const storage::FormatDriver* driver = opened_.format;
  for (const storage::Image* image = opened_.image; image != nullptr; image = image->parent()) {
    LayerView layer{image, driver, place.path(), image->info(), {}};
    const auto parent = parent_place(place, layer.info);
    if (parent) layer.parent_path = parent->path();
    if (layer.info.parent) driver = format_of_parent(*layer.info.parent, parent, driver);
    layers_.push_back(std::move(layer));
    if (parent) place = *parent;
  }
}

}  // namespace emu::image_tool
