// Which images name a file as their parent, as far as that can be found out: those beside it,
// beside one of its children and in the folders of --allow-dir. Every file there is looked at, a
// few KiB of each; what is not an image, or cannot be opened, is passed over.
#pragma once

#include <filesystem>
#include <vector>

#include "emu/image_session.h"

namespace emu::image_tool {

// The children of `parent` without `known`, which is one of them.
std::vector<std::filesystem::path> other_children(const Session& session,
                                                  const std::filesystem::path& parent,
                                                  const std::filesystem::path& known);

}  // namespace emu::image_tool
