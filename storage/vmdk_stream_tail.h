// Appends to a stream what is no grain: tables, then the directory, the footer and the end mark.
//
// [VDF]  VMware, Virtual Disk Format 5.0, "Stream-Optimized Compressed Sparse Extents"
#pragma once

#include <cstdint>
#include <span>

#include "storage/endian.h"
#include "storage/file.h"
#include "storage/vmdk_shape.h"

namespace storage {

// All members throw ImageError.
class VmdkStreamTail {
 public:
  VmdkStreamTail(File& file, std::uint64_t next) : file_(&file), next_(next) {}

  std::uint64_t next() const { return next_; }  // the sector behind all that was appended
  // Padded to a sector.
  void append(std::span<const std::uint8_t> bytes);
  // Its marker before it; returns the table's sector.
  std::uint32_t append_table(std::span<const Le32> table);
  // Directory, footer and end mark, and waits until all is durable. The footer is `header` with
  // the directory's place.
  void finish(std::span<const Le32> directory, VmdkHeader header);

 private:
  void append_marker(VmdkMarkerType type, std::uint64_t sectors);

  File* file_;
  std::uint64_t next_;
};

}  // namespace storage
