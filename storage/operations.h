// Operations on whole chains, for every format that has parents. They move content through the
// public calls of BlockDevice and leave to the driver what only it knows: Image::set_parent and
// Image::finish_commit. All throw ImageError or Cancelled; wherever they are cut off, the chain
// opens and shows what it showed before, and the operation can be started again.
#pragma once

#include "storage/image.h"

namespace storage {

// Writes this layer's content into its parent, which was opened with OpenOptions::write_parent, and
// lets the parent take over: afterwards the child, if `empty`, has no clusters of its own. A parent
// that is smaller grows first. Only close() may follow on the child.
void commit_image(Image& child, bool empty, const Progress& progress);

// Gives the child another parent, or none (nullptr: "flatten"), without changing what it shows:
// where the two parents differ, the child gets clusters of its own. Only close() may follow.
void rebase_image(Image& child, const ParentRef* parent, const Progress& progress);

}  // namespace storage
