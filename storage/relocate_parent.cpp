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
  const HostRules rules = host_rules(options);
  relocate_parent(PosixDirectory::place_of(child, rules), PosixDirectory::place_of(parent, rules),
                  parent, options);
}

void relocate_parent(const Place& child, const Place& parent, const std::filesystem::path& typed,
                     const OpenOptions& options) {
  OpenOptions rest = options;
  rest.follow_parents = false;
  rest.commit_target = true;  // what the child shows, and so its own id, stays
  OpenOptions look = rest;
  look.mode = OpenMode::read_only;
  look.format.clear();  // it was the child's, as its options
  look.options = {};
  const OpenedImage below = open_image(parent, look);
  const OpenedImage opened = open_image(child, rest);
  const std::optional<ParentRecord> record = opened.image->info().parent;
  if (!record) throw ImageError(child.path(), "has no parent");
  require_same_ids(child.path(), *record, parent.path(), below.image->info());
  const ParentRef now{below.image, name_to_record(*child.directory, typed),
                      std::string(below.format->name), typed};
  opened.image->set_parent(&now);
  if (const IoStatus status = opened.device->close(); status != IoStatus::ok)
    throw ImageError(child.path(), "could not be closed: " + std::string(describe(status)));
}

}  // namespace storage
