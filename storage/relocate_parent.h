// A child whose parent was moved or renamed learns where it is now.
#pragma once

#include <filesystem>

#include "storage/open_image.h"

namespace storage {

// Records `parent` as the place of the child's parent. Nothing else changes: the parent must be the
// one that the child names by CID, uuid, generation or content id; a format without such an id
// (raw) is taken on the caller's word. Throws ImageError, and then the child is as it was.
void relocate_parent(const std::filesystem::path& child, const std::filesystem::path& parent,
                     const OpenOptions& options);
// The same for places that are known already; `typed` is the path that led to the parent's.
void relocate_parent(const Place& child, const Place& parent, const std::filesystem::path& typed,
                     const OpenOptions& options);

}  // namespace storage
