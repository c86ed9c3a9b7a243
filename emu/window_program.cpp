#include "emu/window_program.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "emu/run_options.h"

namespace emu {

void become_program(const std::filesystem::path& name, std::span<const std::string> arguments) {
  std::error_code ignored;
  const std::filesystem::path here = std::filesystem::read_symlink("/proc/self/exe", ignored);
  std::string program = (here.parent_path() / name).string();
  std::vector<std::string> words(arguments.begin(), arguments.end());
  std::vector<char*> pointers = {program.data()};
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  execv(program.c_str(), pointers.data());
  throw UsageError("the window's program " + program + " cannot be started (" +
                   std::strerror(errno) + "); use --headless or --terminal");
}

}  // namespace emu
