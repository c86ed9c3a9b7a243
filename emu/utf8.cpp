#include "emu/utf8.h"

#include <cstdint>

#include "storage/utf8.h"

namespace emu {

namespace {
constexpr char32_t kReplacement = U'\uFFFD';

// Length of the sequence a lead byte announces; 0 for a byte that cannot lead.
std::size_t sequence_length(std::uint8_t lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead < 0xE0) return 2;
  if (lead >= 0xE0 && lead < 0xF0) return 3;
  if (lead >= 0xF0 && lead < 0xF5) return 4;
  return 0;
}
}  // namespace

std::u32string from_utf8(std::string_view text) {
  std::u32string points;
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<std::uint8_t>(text[i]);
    const std::size_t length = sequence_length(lead);
    char32_t point = length == 1 ? lead : lead & (0x7Fu >> length);
    bool good = length != 0 && i + length <= text.size();
    for (std::size_t k = 1; good && k < length; ++k) {
      const auto next = static_cast<std::uint8_t>(text[i + k]);
      good = (next & 0xC0) == 0x80;
      point = point << 6 | (next & 0x3F);
    }
    points += good ? point : kReplacement;
    i += good ? length : 1;
  }
  return points;
}

std::string to_utf8(std::u32string_view text) {
  std::string bytes;
  for (const char32_t point : text) storage::append_utf8(bytes, point);
  return bytes;
}

}  // namespace emu
