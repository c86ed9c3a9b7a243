// What every driver's check does around its image's own: opened without its parents, for writing
// only when there is something to repair, and closed so that the marks of a clean end are true.
#pragma once

#include <string>
#include <utility>

#include "storage/format.h"

namespace storage {

// `arguments` follow context and options in ImageT's constructor; ImageT has
// check(CheckReport&, const CheckOptions&). Throws ImageError.
template <class ImageT, class... Arguments>
CheckReport check_alone(const ImageContext& context, const CheckOptions& options,
                        Arguments&&... arguments) {
  OpenOptions open;
  open.mode =
      options.repair == CheckOptions::Repair::none ? OpenMode::read_only : OpenMode::read_write;
  open.follow_parents = false;
  ImageContext alone = context;
  alone.parents = nullptr;
  CheckReport report;
  ImageT image(alone, open, std::forward<Arguments>(arguments)...);
  image.check(report, options);
  const IoStatus status = image.close();
  if (status != IoStatus::ok) {
    throw ImageError(context.path(), "cannot be closed: " + std::string(describe(status)));
  }
  return report;
}

}  // namespace storage
