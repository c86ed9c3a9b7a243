#include "storage/vmdk_stream_tail.h"

#include <algorithm>
#include <vector>

#include "storage/block_device.h"
#include "storage/file_io.h"
#include "storage/image_error.h"

namespace storage {

namespace {

std::span<const std::uint8_t> bytes_of(std::span<const Le32> words) {
  return {reinterpret_cast<const std::uint8_t*>(words.data()), words.size_bytes()};
}

std::uint64_t sectors_of(std::span<const Le32> words) {
  return (words.size_bytes() + kSectorSize - 1) / kSectorSize;
}

}  // namespace

void VmdkStreamTail::append(std::span<const std::uint8_t> bytes) {
  const std::uint64_t count = (bytes.size() + kSectorSize - 1) / kSectorSize;
  if (next_ + count > kMaxVmdkFileSectors) {
    throw ImageError(file_->path(), "grows too large (allowed 2 TiB)");
  }
  std::vector<std::uint8_t> padded(static_cast<std::size_t>(count * kSectorSize));
  std::ranges::copy(bytes, padded.begin());
  write_exactly(*file_, next_ * kSectorSize, padded);
  next_ += count;
}

void VmdkStreamTail::append_marker(VmdkMarkerType type, std::uint64_t sectors) {
  VmdkMarker marker;
  marker.value = sectors;
  marker.type = static_cast<std::uint32_t>(type);
  append(bytes_of_struct(marker));
}

std::uint32_t VmdkStreamTail::append_table(std::span<const Le32> table) {
  append_marker(VmdkMarkerType::table, sectors_of(table));
  const auto place = static_cast<std::uint32_t>(next_);
  append(bytes_of(table));
  return place;
}

void VmdkStreamTail::finish(std::span<const Le32> directory, VmdkHeader header) {
  append_marker(VmdkMarkerType::directory, sectors_of(directory));
  header.directory = next_;
  append(bytes_of(directory));
  append_marker(VmdkMarkerType::footer, 1);
  append(bytes_of_struct(header));
  append_marker(VmdkMarkerType::end, 0);
  sync_exactly(*file_);
}

}  // namespace storage
