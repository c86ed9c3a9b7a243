// Ports of emulators, not of any board: the E9h console, the message ports of the Bochs BIOSes, an
// exit port, and the Bochs shutdown port. What is not configured is not there.
//
// [BOCHS]  iodev/unmapped.cc: ports E9h, 400h-403h, 500h-503h, 8900h
// [QEMU]   docs/specs, isa-debug-exit: any value written ends the run
#pragma once

#include <cstdint>
#include <optional>

#include "devices/archive.h"
#include "devices/byte_sink.h"
#include "devices/io_ports.h"

namespace devices {

class DebugPort final : public PortDevice {
 public:
  struct Config {
    bool console = true;    // E9h
    bool messages = false;  // 400h-403h, 500h-503h
    bool shutdown = false;  // 8900h
    std::optional<std::uint16_t> exit_port = {};
  };

  explicit DebugPort(const Config& config) : config_(config) {}

  void reset() { shutdown_matched_ = 0; }
  void claim_ports(IoPorts& ports);

  ByteSink console;
  // Port and character; 400h and 401h carry the two bytes of a panic's line number instead.
  Delegate<void(std::uint16_t, std::uint8_t)> message;
  Delegate<void(std::uint8_t)> exit;  // the value written
  Delegate<void()> shutdown;          // "Shutdown" has been spelt out

  std::uint8_t in8(std::uint16_t port) override;
  void out8(std::uint16_t port, std::uint8_t value) override;
  void serialize(Archive& archive);

 private:
  void spell(std::uint8_t letter);

  const Config config_;
  std::uint8_t shutdown_matched_ = 0;  // letters of the word so far
};

}  // namespace devices
