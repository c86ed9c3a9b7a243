#include "storage/options.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "storage/image_error.h"

namespace storage {

namespace {

std::string joined(auto&& words) {
  std::string text;
  for (const std::string_view word : words) {
    if (!text.empty()) text += ", ";
    text += word;
  }
  return text.empty() ? "none" : text;
}

[[noreturn]] void refuse(const std::filesystem::path& file, std::string_view key,
                         std::string_view value, std::string_view allowed) {
  throw ImageError(file, "option " + printable(key, 40) + " (value = " + printable(value, 60) +
                             ", allowed " + std::string(allowed) + ")");
}

int shift_of(char suffix) {
  switch (suffix) {
    case 'k':
    case 'K':
      return 10;
    case 'm':
    case 'M':
      return 20;
    case 'g':
    case 'G':
      return 30;
    case 't':
    case 'T':
      return 40;
    default:
      return -1;
  }
}

}  // namespace

std::optional<std::uint64_t> parse_size(std::string_view text) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
  int shift = 0;
  if (!text.empty() && (text.back() == 'b' || text.back() == 'B')) text.remove_suffix(1);
  if (!text.empty() && shift_of(text.back()) > 0) {
    shift = shift_of(text.back());
    text.remove_suffix(1);
  }
  std::uint64_t whole = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, whole);
  if (error != std::errc() || whole > kMost >> shift) return std::nullopt;
  std::uint64_t value = whole << shift;
  if (rest == end) return value;
  if (*rest != '.' || shift == 0 || rest + 1 == end || end - rest > 10) return std::nullopt;
  std::uint64_t fraction = 0;
  const auto [fraction_end, fraction_error] = std::from_chars(rest + 1, end, fraction);
  if (fraction_error != std::errc() || fraction_end != end) return std::nullopt;
  std::uint64_t scale = 1;
  for (const char* digit = rest + 1; digit != end; ++digit) scale *= 10;
  // Below 10^9 x 2^40: two steps keep it inside 64 bits.
  const std::uint64_t unit = std::uint64_t{1} << shift;
  value += unit / scale * fraction + unit % scale * fraction / scale;
  return value > kMost ? std::nullopt : std::optional(value);
}

void Options::set(std::string key, std::string value) {
  const auto known = std::ranges::find(values_, key, [](const auto& pair) { return pair.first; });
  if (known != values_.end()) {
    known->second = std::move(value);
  } else {
    values_.emplace_back(std::move(key), std::move(value));
  }
}

void Options::parse(const std::filesystem::path& file, std::string_view text) {
  std::string item;
  const auto finish = [&] {
    if (item.empty()) throw ImageError(file, "has an empty option in its list");
    const std::size_t equals = item.find('=');
    if (equals == 0) throw ImageError(file, "has an option without a name");
    if (equals == item.npos) {
      set(item, "on");
    } else {
      set(item.substr(0, equals), item.substr(equals + 1));
    }
    item.clear();
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != ',') {
      item += text[i];
    } else if (i + 1 < text.size() && text[i + 1] == ',') {
      item += text[i++];
    } else {
      finish();
    }
  }
  finish();
}

void Options::check(const std::filesystem::path& file, std::span<const OptionSpec> known) const {
  const auto name = [](const OptionSpec& spec) { return spec.name; };
  for (const auto& [key, value] : values_) {
    if (std::ranges::find(known, std::string_view(key), name) != known.end()) continue;
    std::vector<std::string_view> names;
    std::ranges::transform(known, std::back_inserter(names), name);
    throw ImageError(
        file, "unknown option (option = " + printable(key, 40) + ", known " + joined(names) + ")");
  }
}

std::optional<std::string_view> Options::text(std::string_view key) const {
  for (const auto& [name, value] : values_) {
    if (name == key) return value;
  }
  return std::nullopt;
}

std::string_view Options::text_or(std::string_view key, std::string_view otherwise) const {
  return text(key).value_or(otherwise);
}

bool Options::flag(const std::filesystem::path& file, std::string_view key, bool otherwise) const {
  const auto value = text(key);
  if (!value) return otherwise;
  if (*value == "on" || *value == "yes" || *value == "true") return true;
  if (*value == "off" || *value == "no" || *value == "false") return false;
  refuse(file, key, *value, "on, off");
}

std::optional<std::uint64_t> Options::number(const std::filesystem::path& file,
                                             std::string_view key) const {
  const auto value = text(key);
  if (!value) return std::nullopt;
  const auto number = parse_size(*value);
  if (!number) refuse(file, key, *value, "a number, with K, M, G or T if wanted");
  return number;
}

std::size_t Options::choice(const std::filesystem::path& file, std::string_view key,
                            std::span<const std::string_view> words, std::size_t otherwise) const {
  const auto value = text(key);
  if (!value) return otherwise;
  const auto found = std::ranges::find(words, *value);
  if (found == words.end()) refuse(file, key, *value, joined(words));
  return static_cast<std::size_t>(found - words.begin());
}

}  // namespace storage
