#include "ui/places.h"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace ui {

namespace {

bool same_word(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) {
    return std::toupper(static_cast<unsigned char>(x)) ==
           std::toupper(static_cast<unsigned char>(y));
  });
}

// A register's name or a number.
std::optional<std::uint32_t> value_of(const cpu::Registers& r, std::string_view word) {
  for (const GeneralRegister& row : kGeneralRegisters) {
    if (same_word(word, row.name)) return r.general[row.index];
    if (same_word(word, row.name16)) return r.general[row.index] & 0xFFFF;
  }
  if (same_word(word, "IP") || same_word(word, "EIP")) return r.eip;
  return parse_hex(word);
}

std::optional<std::uint32_t> segment_base(const cpu::Registers& r, std::string_view word) {
  constexpr std::array<std::pair<const char*, cpu::SegmentIndex>, 6> segments = {
      {{"ES", cpu::kEs},
       {"CS", cpu::kCs},
       {"SS", cpu::kSs},
       {"DS", cpu::kDs},
       {"FS", cpu::kFs},
       {"GS", cpu::kGs}}};
  for (const auto& [name, index] : segments) {
    if (same_word(word, name)) return r.segments[index].base;
  }
  const auto segment = parse_hex(word);
  if (!segment) return std::nullopt;
  return *segment * 16;
}

}  // namespace

std::optional<std::uint32_t> parse_hex(std::string_view words) {
  while (!words.empty() && words.front() == ' ') words.remove_prefix(1);
  while (!words.empty() && (words.back() == ' ' || words.back() == 'h' || words.back() == 'H'))
    words.remove_suffix(1);
  if (words.starts_with("0x") || words.starts_with("0X")) words.remove_prefix(2);
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(words.data(), words.data() + words.size(), value, 16);
  if (words.empty() || error != std::errc() || end != words.data() + words.size())
    return std::nullopt;
  return value;
}

std::optional<std::uint32_t> parse_place(const Frame& frame, std::string_view words) {
  const cpu::Registers& r = frame.snapshot->registers;
  for (const auto& [linear, name] : frame.work.labels) {
    if (name == words) return linear;
  }
  const std::size_t colon = words.find(':');
  if (colon == std::string_view::npos) return value_of(r, words);
  const auto base = segment_base(r, words.substr(0, colon));
  const auto offset = value_of(r, words.substr(colon + 1));
  if (!base || !offset) return std::nullopt;
  return *base + *offset;
}

}  // namespace ui
