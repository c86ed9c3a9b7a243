#include "storage/relocate_parent.h"

#include <algorithm>
#include <string>

#include "storage/directory.h"
#include "storage/format.h"

namespace storage {

namespace {

// Some children record an id's last digits only.
void require_same_ids(const std::filesystem::path& child, const ParentRecord& record,
                      const std::filesystem::path& path, const ImageInfo& parent) {
  for (const auto& [key, wanted] : record.ids) {
    const auto found = std::ranges::find(parent.ids, key, &Facts::value_type::first);
    if (found == parent.ids.end() || found->second.ends_with(wanted)) continue;
    throw ImageError(path, "is not the parent of " + printable(child.native(), 120) + ": its " +
                               key + " is " + found->second + ", the child was made on " + wanted);
  }
}

}  // namespace

void relocate_parent(const std::filesystem::path& child, const std::filesystem::path& parent,
                     const OpenOptions& options) {
  OpenOptions rest = options;
  rest.follow_parents = false;
  rest.commit_target = true;  // what the child shows, and so its own id, stays
  const OpenedImage below = [&] {
    OpenOptions look = rest;
    look.mode = OpenMode::read_only;
    return open_image(parent, look);
  }();
  const Place place = PosixDirectory::place_of(child, host_rules(rest));
  const OpenedImage opened = open_image(place, rest);
  const std::optional<ParentRecord> record = opened.image->info().parent;
  if (!record) throw ImageError(child, "has no parent");
  require_same_ids(child, *record, parent, below.image->info());
  const ParentRef now{below.image, name_to_record(*place.directory, parent),
                      std::string(below.format->name), parent};
  opened.image->set_parent(&now);
  if (const IoStatus status = opened.device->close(); status != IoStatus::ok)
    throw ImageError(child, std::string(describe(status)));
}

}  // namespace storage
