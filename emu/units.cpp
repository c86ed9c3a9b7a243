#include "emu/units.h"

#include <array>
#include <charconv>
#include <cmath>
#include <string>
#include <utility>

namespace emu {

namespace {

struct Unit {
  std::string_view suffix;
  double factor;
};

constexpr double kKibi = 1024.0;
constexpr std::array kSizeUnits = {
    Unit{"KB", kKibi},
    Unit{"K", kKibi},
    Unit{"MB", kKibi* kKibi},
    Unit{"M", kKibi* kKibi},
    Unit{"GB", kKibi* kKibi* kKibi},
    Unit{"G", kKibi* kKibi* kKibi},
    Unit{"TB", kKibi* kKibi* kKibi* kKibi},
    Unit{"T", kKibi* kKibi* kKibi* kKibi},
    Unit{"B", 1.0},
    Unit{"", 1.0},
};
constexpr std::array kTimeUnits = {
    Unit{"ms", 1e6}, Unit{"us", 1e3}, Unit{"ns", 1.0},
    Unit{"s", 1e9},  Unit{"m", 60e9}, Unit{"", 1e9},
};

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_letters(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

template <class Units>
std::optional<std::uint64_t> parse_quantity(std::string_view text, const Units& units) {
  double number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc() || number < 0 || text.starts_with('-')) return std::nullopt;
  const std::string_view suffix = text.substr(static_cast<std::size_t>(end - text.data()));
  for (const Unit& unit : units) {
    if (!same_letters(suffix, unit.suffix)) continue;
    const double value = number * unit.factor;
    constexpr double kLargestExact = 9007199254740992.0;  // 2^53
    if (value > kLargestExact || value != std::floor(value)) return std::nullopt;
    return static_cast<std::uint64_t>(value);
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> parse_size(std::string_view text) {
  return parse_quantity(text, kSizeUnits);
}

std::optional<std::uint64_t> parse_duration(std::string_view text) {
  return parse_quantity(text, kTimeUnits);
}

std::optional<std::uint32_t> parse_number(std::string_view text) {
  int base = 10;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    text.remove_prefix(2);
    base = 16;
  } else if (text.ends_with('h') || text.ends_with('H')) {
    text.remove_suffix(1);
    base = 16;
  }
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string hex(std::uint32_t value, unsigned digits) {
  std::string out(digits, '0');
  for (unsigned n = 0; n < digits; ++n)
    out[digits - 1 - n] = "0123456789ABCDEF"[value >> (4 * n) & 15];
  return out;
}

}  // namespace emu
