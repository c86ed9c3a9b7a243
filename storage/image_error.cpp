#include "storage/image_error.h"

#include <array>
#include <cstddef>
#include <system_error>

namespace storage {

namespace {

// A user's own path is cut later than a name read from an image would be: it is what he looks for.
constexpr std::size_t kPathLimit = 200;
constexpr std::size_t kMessageLimit = 390;  // 400 with the program's name in front

// Length of the well-formed UTF-8 sequence at the front, 0 when there is none. [Unicode] table 3-7.
std::size_t utf8_length(std::string_view bytes) {
  const auto at = [&](std::size_t i) {
    return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0U;
  };
  const auto tail = [&](std::size_t i) { return (at(i) & 0xC0U) == 0x80; };
  const unsigned lead = at(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return tail(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const bool overlong = lead == 0xE0 && at(1) < 0xA0;
    const bool surrogate = lead == 0xED && at(1) > 0x9F;
    return tail(1) && tail(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const bool overlong = lead == 0xF0 && at(1) < 0x90;
    const bool too_large = lead == 0xF4 && at(1) > 0x8F;
    return tail(1) && tail(2) && tail(3) && !overlong && !too_large ? 4 : 0;
  }
  return 0;
}

std::string hex(std::uint64_t value) {
  std::string digits;
  do {
    digits.insert(digits.begin(), "0123456789ABCDEF"[value % 16]);
    value /= 16;
  } while (value != 0);
  return digits;
}

std::string message(const std::filesystem::path& file, const std::string& place,
                    std::string_view text) {
  std::string line = printable(file.native(), kPathLimit) + place + ": ";
  line += text;
  if (line.size() > kMessageLimit) line.resize(kMessageLimit);
  return line;
}

}  // namespace

ImageError::ImageError(const std::filesystem::path& file, std::string_view text)
    : std::runtime_error(message(file, "", text)), file_(file) {}

ImageError::ImageError(const std::filesystem::path& file, std::uint64_t offset,
                       std::string_view text)
    : std::runtime_error(message(file, " @ " + hex(offset) + "h", text)),
      file_(file),
      offset_(offset) {}

LostParent::LostParent(const std::filesystem::path& file, std::string_view parent,
                       std::string_view text)
    : ImageError(file, text), parent_(printable(parent, kPathLimit)) {}

std::string printable(std::string_view bytes, std::size_t limit) {
  std::string text;
  while (!bytes.empty()) {
    std::size_t length = utf8_length(bytes);
    const auto byte = static_cast<unsigned char>(bytes.front());
    if (length == 0 || byte < 0x20 || byte == 0x7F) {
      text += "\\x";
      text += "0123456789abcdef"[byte >> 4];
      text += "0123456789abcdef"[byte & 0xF];
      length = 1;
    } else {
      text += bytes.substr(0, length);
    }
    bytes.remove_prefix(length);
  }
  if (text.size() <= limit) return text;
  std::string_view end = std::string_view(text).substr(text.size() - limit);
  while (!end.empty() && utf8_length(end) == 0) end.remove_prefix(1);
  return "..." + std::string(end);
}

std::string host_error_text(int error_number) {
  return std::generic_category().message(error_number);
}

}  // namespace storage
