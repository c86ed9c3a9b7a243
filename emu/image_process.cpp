#include "emu/image_process.h"

#include <unistd.h>
#include <csignal>
#include <cstdlib>
#include <iostream>

#include "emu/image_command.h"

namespace emu::image_tool {

namespace {

constexpr int kInterrupted = 130;  // as a shell reports SIGINT

}  // namespace

// Signal handlers can reach nothing but statics.
std::atomic<bool>& interrupt_flag() {
  static std::atomic<bool> flag = false;
  return flag;
}

void install_signal_handlers() {
  struct sigaction action {};
  action.sa_handler = [](int) {
    if (interrupt_flag().exchange(true)) std::_Exit(kInterrupted);
  };
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a file that grows too large is an error like others
}

int run_image_process(std::span<const std::string> words) {
  install_signal_handlers();
  return run_image_command(words, {.in = std::cin,
                                   .out = std::cout,
                                   .err = std::cerr,
                                   .interrupted = [] { return interrupt_flag().load(); },
                                   .terminal = isatty(STDERR_FILENO) == 1});
}

}  // namespace emu::image_tool
