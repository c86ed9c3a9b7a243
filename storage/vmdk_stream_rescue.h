// A stream that lost its end, as one does whose download was cut off: its grains are found by their
// markers, and tables, directory and footer are written anew behind the last of them.
//
// [VDF]  VMware, Virtual Disk Format 5.0, "Stream-Optimized Compressed Sparse Extents"
// Not implemented: streams without markers, where nothing says which grain is which.
#pragma once

#include <optional>

#include "storage/format.h"

namespace storage {

// Nothing when the stream's footer is there. A repair of everything writes
// the end; where grains are or may be missing, only with CheckOptions::drop_data. Throws
// ImageError.
std::optional<CheckReport> check_lost_stream(const ImageContext& context,
                                             const CheckOptions& options);

}  // namespace storage
