#include "tests/cpu/vectors/selection.h"

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

namespace vectors {
namespace {

std::string_view mask_set(std::string_view cpu) {
  if (cpu == "8086") return "8086";
  if (cpu == "C286") return "80286";
  return "80386";
}

// 66 and 67 at the front of a name are prefixes unless nothing follows: then they are the opcode.
std::string_view without_size_prefixes(std::string_view stem) {
  while (stem.size() > 2 && (stem.starts_with("66") || stem.starts_with("67")) && stem[2] != '.') {
    stem.remove_prefix(2);
  }
  return stem;
}

}  // namespace

FlagMasks::FlagMasks(const std::filesystem::path& json_file) {
  std::ifstream in(json_file);
  if (!in) throw SelectionError("'" + json_file.string() + "': cannot be opened");
  try {
    const auto document = nlohmann::json::parse(in);
    for (const auto& [set, entries] : document.items()) {
      if (!entries.is_object()) continue;
      for (const auto& [opcode, mask] : entries.items()) {
        sets_[set][opcode] = mask.get<std::uint16_t>();
      }
    }
  } catch (const nlohmann::json::exception& e) {
    throw SelectionError("'" + json_file.string() + "': " + e.what());
  }
}

std::uint16_t FlagMasks::find(std::string_view cpu, std::string_view stem) const {
  const auto set = sets_.find(mask_set(cpu));
  if (set == sets_.end()) return 0xFFFF;
  if (cpu != "8086") stem = without_size_prefixes(stem);
  const auto entry = set->second.find(stem);
  return entry == set->second.end() ? std::uint16_t{0xFFFF} : entry->second;
}

std::optional<std::filesystem::path> find_masks(const std::filesystem::path& folder) {
  std::error_code ignored;
  std::filesystem::path at = std::filesystem::weakly_canonical(folder, ignored);
  while (true) {
    auto candidate = at / "masks.json";
    if (std::filesystem::is_regular_file(candidate, ignored)) return candidate;
    if (!at.has_relative_path()) return std::nullopt;
    at = at.parent_path();
  }
}

Exclusions::Exclusions(const std::filesystem::path& text_file) {
  std::ifstream in(text_file);
  if (!in) throw SelectionError("'" + text_file.string() + "': cannot be opened");
  std::string text;
  for (int number = 1; std::getline(in, text); ++number) {
    if (text.empty() || text[0] == '#') continue;
    std::istringstream words(text);
    Line line;
    words >> line.cpu >> line.stem >> line.which;
    std::getline(words >> std::ws, line.reason);
    if (line.reason.empty()) {
      throw SelectionError("'" + text_file.string() + "' line " + std::to_string(number) +
                           ": wants CPU STEM WHICH REASON");
    }
    lines_.push_back(std::move(line));
  }
}

std::optional<std::string> Exclusions::find(std::string_view cpu, std::string_view stem,
                                            const Test& test, std::size_t position) const {
  for (const Line& line : lines_) {
    if (line.cpu != cpu || line.stem != stem) continue;
    if (line.which == "*" || (!test.hash.empty() && line.which == test.hash) ||
        line.which == "@" + std::to_string(position)) {
      return line.reason;
    }
  }
  return std::nullopt;
}

}  // namespace vectors
