// platter-image: `platter image` by itself, from storage alone. A first word `image` is passed
// over, so that scripts can call either program.
#include <span>
#include <string>
#include <vector>

#include "emu/image_process.h"

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  std::span<const std::string> words(arguments);
  if (!words.empty() && words.front() == "image") words = words.subspan(1);
  return emu::image_tool::run_image_process(words);
}
