// What an I/O call reports. The I/O path answers by value: no exception, no allocation.
#pragma once

#include <cstdint>
#include <string_view>

namespace storage {

enum class [[nodiscard]] IoStatus : std::uint8_t{ok,       out_of_range, read_only,
                                                 no_space, host_error,   corrupt};

constexpr std::string_view describe(IoStatus status) {
  switch (status) {
    case IoStatus::ok:
      return "ok";
    case IoStatus::out_of_range:
      return "beyond the end of the image";
    case IoStatus::read_only:
      return "the image is read-only";
    case IoStatus::no_space:
      return "no space left on the host";
    case IoStatus::host_error:
      return "the host failed to read or write the file";
    case IoStatus::corrupt:
      return "the image is damaged here";
  }
  return "unknown";
}

}  // namespace storage
