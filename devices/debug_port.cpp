#include "devices/debug_port.h"

#include <string_view>

namespace devices {

namespace {
constexpr std::uint16_t kConsole = 0xE9;
constexpr std::uint16_t kMessagesFirst = 0x400;
constexpr std::uint16_t kMessagesLast = 0x403;
constexpr std::uint16_t kVideoMessagesFirst = 0x500;
constexpr std::uint16_t kVideoMessagesLast = 0x503;
constexpr std::uint16_t kShutdown = 0x8900;
constexpr std::string_view kShutdownWord = "Shutdown";
static_assert(kShutdownWord.size() == 8);
}  // namespace

void DebugPort::claim_ports(IoPorts& ports) {
  if (config_.console) ports.claim(*this, "debug console", kConsole, kConsole);
  if (config_.messages) {
    ports.claim(*this, "bios messages", kMessagesFirst, kMessagesLast);
    ports.claim(*this, "video bios messages", kVideoMessagesFirst, kVideoMessagesLast);
  }
  if (config_.shutdown) ports.claim(*this, "shutdown port", kShutdown, kShutdown);
  if (config_.exit_port) {
    ports.claim(*this, "exit port", *config_.exit_port, *config_.exit_port);
  }
}

// The console answers with its own number, which is how guests find it.
std::uint8_t DebugPort::in8(std::uint16_t port) {
  return port == kConsole && config_.exit_port != kConsole ? std::uint8_t{kConsole}
                                                           : std::uint8_t{0xFF};
}

void DebugPort::out8(std::uint16_t port, std::uint8_t value) {
  if (port == config_.exit_port) {
    if (exit) exit(value);
  } else if (port == kConsole) {
    if (console) console(value);
  } else if (port == kShutdown) {
    spell(value);
  } else if (message) {
    message(port, value);
  }
}

void DebugPort::spell(std::uint8_t letter) {
  const auto expected = static_cast<std::uint8_t>(kShutdownWord[shutdown_matched_]);
  if (letter != expected) {
    shutdown_matched_ = letter == static_cast<std::uint8_t>(kShutdownWord[0]) ? 1 : 0;
  } else if (++shutdown_matched_ == kShutdownWord.size()) {
    shutdown_matched_ = 0;
    if (shutdown) shutdown();
  }
}

void DebugPort::serialize(Archive& archive) {
  archive.tag("debug port", 1);
  archive(shutdown_matched_);
  if (archive.loading()) shutdown_matched_ &= 7;
}

}  // namespace devices
