// Runs `platter image` verbs on files in memory and keeps what they said.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "emu/image_command.h"
#include "tests/support/memory_host.h"

namespace support {

struct ToolResult {
  int code = 0;
  std::string out, err;
};

class ImageTool {
 public:
  std::shared_ptr<MemoryHost> host = MemoryHost::make();
  std::function<bool()> interrupted;

  // `line`: words between blanks, without the program's name.
  ToolResult operator()(const std::string& line, const std::string& input = "") {
    std::istringstream words(line);
    std::vector<std::string> list;
    for (std::string word; words >> word;) list.push_back(word);
    return run(list, input);
  }
  ToolResult run(const std::vector<std::string>& words, const std::string& input = "") {
    std::istringstream in(input);
    std::ostringstream out, err;
    const emu::image_tool::Surroundings around{
        .in = in,
        .out = out,
        .err = err,
        .interrupted = interrupted,
        .place_of = [this](const std::filesystem::path& path, storage::HostRules rules) {
          return host->place(path.native(), std::move(rules));
        }};
    ToolResult result;
    result.code = emu::image_tool::run_image_command(words, around);
    result.out = out.str();
    result.err = err.str();
    return result;
  }
};

}  // namespace support
