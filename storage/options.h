// Options given by name: `-o key=value,...` of the image tool and of a machine's drive. A driver
// lists the keys that it knows; any other key is an error that names the known ones.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace storage {

struct OptionSpec {
  std::string_view name;
  std::string_view values;  // "on|off", "SIZE", "monolithicSparse|monolithicFlat|..."
  std::string_view help;
};

class Options {
 public:
  Options() = default;
  Options(std::initializer_list<std::pair<std::string, std::string>> values) : values_(values) {}

  // "a=b,c=d"; a key alone is "on"; ",," is a comma. The same key again: the later one counts.
  // `file` is named by the errors. All of these throw ImageError.
  void parse(const std::filesystem::path& file, std::string_view text);
  void check(const std::filesystem::path& file, std::span<const OptionSpec> known) const;

  void set(std::string key, std::string value);
  std::optional<std::string_view> text(std::string_view key) const;
  std::string_view text_or(std::string_view key, std::string_view otherwise) const;
  bool flag(const std::filesystem::path& file, std::string_view key, bool otherwise) const;
  // With a suffix K, M, G or T (powers of 1024), also 1.5G.
  std::optional<std::uint64_t> number(const std::filesystem::path& file,
                                      std::string_view key) const;
  // One of `words`, by its place in the list. Absent: `otherwise`.
  std::size_t choice(const std::filesystem::path& file, std::string_view key,
                     std::span<const std::string_view> words, std::size_t otherwise) const;

  bool empty() const { return values_.empty(); }
  const std::vector<std::pair<std::string, std::string>>& all() const { return values_; }

 private:
  std::vector<std::pair<std::string, std::string>> values_;
};

// "64K", "1.5G", "512": bytes; nullopt when it is no size or does not fit 63 bits.
std::optional<std::uint64_t> parse_size(std::string_view text);

}  // namespace storage
