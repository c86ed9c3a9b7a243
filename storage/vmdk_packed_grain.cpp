#include "storage/vmdk_packed_grain.h"

#include <zlib.h>

#include <algorithm>
#include <new>

namespace storage {

bool unpack_grain(std::span<const std::uint8_t> in, std::span<std::uint8_t> out,
                  std::uint64_t least, bool exact) {
  z_stream stream{};
  if (inflateInit(&stream) != Z_OK) return false;
  stream.next_in = const_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  const int result = inflate(&stream, Z_FINISH);
  const bool whole = result == Z_STREAM_END && (!exact || stream.avail_in == 0);
  const std::uint64_t made = out.size() - stream.avail_out;
  inflateEnd(&stream);
  // The disk's last grain may end where the disk does.
  std::ranges::fill(out.subspan(static_cast<std::size_t>(made)), std::uint8_t{0});
  return whole && made >= least;
}

std::vector<std::uint8_t> pack_grain(std::span<const std::uint8_t> grain) {
  uLongf size = compressBound(static_cast<uLong>(grain.size()));
  std::vector<std::uint8_t> packed(size);
  // Fails for lack of memory only, which compressBound rules out for the buffer.
  if (compress2(packed.data(), &size, grain.data(), static_cast<uLong>(grain.size()),
                Z_DEFAULT_COMPRESSION) != Z_OK) {
    throw std::bad_alloc();
  }
  packed.resize(size);
  return packed;
}

}  // namespace storage
