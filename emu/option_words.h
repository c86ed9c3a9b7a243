// The long options of a command line, as a person would type them.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace emu {

inline std::vector<std::string> option_words(const CLI::App& app) {
  std::vector<std::string> words;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) words.push_back("--" + name);
  }
  return words;
}

}  // namespace emu
