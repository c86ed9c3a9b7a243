#include "storage/vmdk_shape.h"

#include <bit>
#include <cstddef>
#include <string>

#include "storage/block_device.h"
#include "storage/cowd_header.h"
#include "storage/file_io.h"
#include "storage/image_error.h"
#include "storage/vmdk_descriptor.h"

namespace storage {

namespace {

[[noreturn]] void refuse(const File& file, std::size_t place, std::string_view problem,
                         std::string_view field, std::uint64_t value, std::string_view allowed) {
  throw ImageError(file.path(), place,
                   std::string(problem) + " (" + std::string(field) + " = " +
                       std::to_string(value) + ", allowed " + std::string(allowed) + ")");
}

constexpr std::string_view kNoFooter =
    "ends without the footer that its header promises; `image repair` looks for its grains";

// The footer of a stream: the last sector but one, between its marker and the end mark. [VDF]
// "Stream-Optimized Compressed Sparse Extents".
VmdkHeader read_footer(File& file, const VmdkHeader& header) {
  const std::uint64_t size = file.size();
  if (size < 4 * kSectorSize || size % kSectorSize != 0) {
    throw ImageError(file.path(), kNoFooter);
  }
  const auto marker = read_struct<VmdkMarker>(file, size - 3 * kSectorSize);
  const auto footer = read_struct<VmdkHeader>(file, size - 2 * kSectorSize);
  const auto end = read_struct<VmdkMarker>(file, size - kSectorSize);
  if (marker.size != 0 || marker.type != static_cast<std::uint32_t>(VmdkMarkerType::footer) ||
      end.value != 0 || end.size != 0 || end.type != 0) {
    throw ImageError(file.path(), size - 3 * kSectorSize, kNoFooter);
  }
  if (footer.magic != kVmdkMagic || footer.version != header.version ||
      footer.capacity != header.capacity || footer.grain != header.grain ||
      footer.table_entries != header.table_entries || footer.directory == kVmdkFooter) {
    throw ImageError(
        file.path(), size - 2 * kSectorSize,
        "has a footer that contradicts its header; `image repair` looks for its grains");
  }
  return footer;
}

void check_flags(const File& file, const VmdkHeader& header, VmdkShape& shape) {
  constexpr std::uint32_t kKnown = kVmdkNewlineFlag | kVmdkRedundantFlag | kVmdkZeroGrainFlag |
                                   kVmdkCompressedFlag | kVmdkMarkersFlag;
  const std::uint32_t flags = header.flags;
  if ((flags & ~kKnown) >> 16 != 0) {
    refuse(file, offsetof(VmdkHeader, flags), "needs what is not known here", "flags", flags,
           "bits 0-2, 16, 17");
  }
  if ((flags & kVmdkNewlineFlag) != 0 && header.newline != kVmdkNewline) {
    throw ImageError(file.path(), offsetof(VmdkHeader, newline),
                     "was damaged by a transfer as text: its line ends are not those it was made "
                     "with");
  }
  if (header.compression > 1) {
    refuse(file, offsetof(VmdkHeader, compression), "is packed by an unknown method", "compression",
           header.compression, "0, 1");
  }
  shape.compressed = (flags & kVmdkCompressedFlag) != 0;
  shape.markers = (flags & kVmdkMarkersFlag) != 0;
  shape.zero_grains = (flags & kVmdkZeroGrainFlag) != 0;
  if (shape.compressed && header.compression != 1) {
    refuse(file, offsetof(VmdkHeader, compression), "has packed grains by no method", "compression",
           header.compression, "1");
  }
  // Version 3 without compression means that changes are tracked in a file that we do not keep.
  shape.may_write = (flags & ~kKnown) == 0 && (shape.version < 3 || shape.compressed);
}

// Directories: inside the file, below what 32-bit pointers reach, not on the header.
void add_directory(const File& file, std::size_t place, std::uint64_t sector, VmdkShape& shape) {
  const std::uint64_t sectors = shape.directory_sectors();
  const std::uint64_t end = file_sectors(file);
  if (sector == 0 || sector > end || sectors > end - sector) {
    refuse(file, place, "has a directory outside the file", "sector", sector,
           "1 to " + std::to_string(end < sectors ? 0 : end - sectors));
  }
  shape.directories.push_back(sector);
}

}  // namespace

std::uint64_t file_sectors(const File& file) {
  const std::uint64_t size = file.size();
  return size / kSectorSize + (size % kSectorSize != 0 ? 1 : 0);
}

VmdkShape read_hosted_shape(File& file, VmdkStreamEnd end) {
  auto header = read_struct<VmdkHeader>(file, 0);
  if (header.magic != kVmdkMagic) throw ImageError(file.path(), 0, "is no VMware sparse extent");
  VmdkShape shape;
  shape.version = header.version;
  if (shape.version < 1 || shape.version > 3) {
    refuse(file, offsetof(VmdkHeader, version), "is of an unknown version", "version",
           shape.version, "1 to 3");
  }
  check_flags(file, header, shape);
  shape.unclean = header.unclean != 0;
  shape.capacity = header.capacity;
  shape.grain = header.grain;
  shape.entries = header.table_entries;
  shape.descriptor_at = header.descriptor_at;
  shape.descriptor_size = header.descriptor_size;
  const std::uint64_t sectors = file_sectors(file);
  if (shape.descriptor_at != 0) {
    if (shape.descriptor_at > sectors || shape.descriptor_size > sectors - shape.descriptor_at ||
        shape.descriptor_size > kMaxVmdkDescriptor / kSectorSize) {
      refuse(file, offsetof(VmdkHeader, descriptor_size), "has a descriptor outside the file",
             "sectors", shape.descriptor_size, "what fits, at most 1 MiB");
    }
    if (shape.capacity == 0) return shape;
  }
  if (shape.capacity == 0 || shape.capacity > kMaxVmdkSectors) {
    refuse(file, offsetof(VmdkHeader, capacity), "has an impossible size", "capacity",
           shape.capacity, "1 to 2^54");
  }
  if (shape.grain < 8 || shape.grain > kMaxVmdkGrain || !std::has_single_bit(shape.grain)) {
    refuse(file, offsetof(VmdkHeader, grain), "has an impossible grain size", "sectors",
           shape.grain, "a power of two from 8 to 2097152");
  }
  if (shape.entries == 0 || shape.entries > kHostedEntries) {
    refuse(file, offsetof(VmdkHeader, table_entries), "has impossible grain tables", "entries",
           shape.entries, "1 to 512");
  }
  const std::uint64_t reach = shape.grain * shape.entries;
  shape.tables = (shape.capacity + reach - 1) / reach;
  if (shape.tables > kMaxVmdkTables) {
    refuse(file, offsetof(VmdkHeader, capacity), "needs too large a directory", "entries",
           shape.tables, "at most 1048576");
  }
  if (header.directory == kVmdkFooter) {
    try {
      header = read_footer(file, header);
    } catch (const ImageError&) {
      if (end == VmdkStreamEnd::required) throw;
      shape.end_lost = true;
    }
  }
  shape.overhead = header.overhead;
  if (shape.overhead > sectors) {
    refuse(file, offsetof(VmdkHeader, overhead), "ends before its first grain", "overhead",
           shape.overhead, "at most " + std::to_string(sectors));
  }
  if (shape.overhead == 0) shape.overhead = 1;
  if (shape.end_lost) return shape;
  const std::uint64_t redundant = header.redundant_directory;
  const bool two = (header.flags & kVmdkRedundantFlag) != 0 && redundant != 0;
  if (header.directory != 0 || !two) {
    add_directory(file, offsetof(VmdkHeader, directory), header.directory, shape);
  }
  if (two) add_directory(file, offsetof(VmdkHeader, redundant_directory), redundant, shape);
  if (header.directory == 0) shape.may_write = false;  // there should be two
  return shape;
}

VmdkShape read_sparse_shape(File& file) {
  const std::uint32_t magic = read_struct<Le32>(file, 0);
  return magic == kCowdMagic ? read_cowd_shape(file) : read_hosted_shape(file);
}

}  // namespace storage
