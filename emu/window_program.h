// The window is a program of its own beside this one: who runs headless, in a terminal or an image
// tool does not load the libraries that it is made of.
#pragma once

#include <filesystem>
#include <span>
#include <string>

namespace emu {

// Goes on as the program of that name in this program's folder, with the same words on its command
// line and the same process. Comes back by UsageError only: there is none.
[[noreturn]] void become_program(const std::filesystem::path& name,
                                 std::span<const std::string> arguments);

}  // namespace emu
