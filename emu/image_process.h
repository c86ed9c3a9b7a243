// The process around the image tool: its streams and its signals. Two programs have it: `platter`,
// and `platter-image`, which is `platter image` without the emulator.
#pragma once

#include <atomic>
#include <span>
#include <string>

namespace emu::image_tool {

// Set by SIGINT and SIGTERM. A second one ends the process at once: nobody is locked in.
std::atomic<bool>& interrupt_flag();
void install_signal_handlers();

// The words after `image`, on the process's own streams. Answers the exit code.
int run_image_process(std::span<const std::string> words);

}  // namespace emu::image_tool
