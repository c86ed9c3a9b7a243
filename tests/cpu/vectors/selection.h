// Which flags of which test count, and which tests do not: masks.json and exclusions.txt.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/cpu/vectors/moo.h"

namespace vectors {

class SelectionError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Flags that an instruction leaves undefined, by opcode: bit 1 = compare, all when nothing is
// listed.
class FlagMasks {
 public:
  FlagMasks() = default;
  explicit FlagMasks(const std::filesystem::path& json_file);

  // `stem`: the file's name up to ".MOO", such as "F6.4" or "6766D3.0".
  std::uint16_t find(std::string_view cpu, std::string_view stem) const;

 private:
  std::map<std::string, std::map<std::string, std::uint16_t, std::less<>>, std::less<>> sets_;
};

// masks.json beside the files or in one of the folders above.
std::optional<std::filesystem::path> find_masks(const std::filesystem::path& folder);

// One line a test: CPU STEM WHICH REASON..., where CPU is the header's name of the processor and
// WHICH a hash in hex, @POSITION in the file (from 0) for files without hashes, or * for every
// test.
class Exclusions {
 public:
  Exclusions() = default;
  explicit Exclusions(const std::filesystem::path& text_file);

  // The reason, when the test is listed.
  std::optional<std::string> find(std::string_view cpu, std::string_view stem, const Test& test,
                                  std::size_t position) const;

 private:
  struct Line {
    std::string cpu, stem, which, reason;
  };
  std::vector<Line> lines_;
};

}  // namespace vectors
