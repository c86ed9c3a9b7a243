// The host's own 32-bit mode as an oracle: on x86-64 Linux a far jump to the 32-bit user code
// segment puts a 64-bit process into compatibility mode, where the whole 32-bit user instruction
// set exists, the BCD instructions included. Code, data and stack lie at fixed addresses below 4
// GiB; a program ends with the exception that it raises (UD2 if nothing else), which arrives as a
// signal.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>

namespace host_fuzz {

// Linear addresses, the same for the host and for the guest. Between the regions nothing is mapped.
constexpr std::uint32_t kWindow = 0x30000000;
constexpr std::uint32_t kCode = kWindow + 0x10000, kCodeSize = 0x2000;
constexpr std::uint32_t kData = kWindow + 0x20000, kDataSize = 0x2000;
constexpr std::uint32_t kStack = kWindow + 0x30000, kStackSize = 0x1000;
constexpr std::uint32_t kWindowSize = 0x40000;

// Selectors of Linux' user segments.
constexpr std::uint16_t kUserCode = 0x23, kUserData = 0x2B;

struct State {
  std::array<std::uint32_t, 8> general{};  // EAX, ECX, EDX, EBX, ESP, EBP, ESI, EDI
  std::uint32_t eip = kCode;
  std::uint32_t eflags = 0x202;
  std::uint32_t vector = 0;  // of the exception that ended the program
  std::uint32_t error_code = 0;
};

class HostProcess {
 public:
  // Null where the host is no x86-64 Linux or refuses 32-bit code; `why` says which.
  static std::unique_ptr<HostProcess> create(const char*& why);
  virtual ~HostProcess() = default;

  virtual std::span<std::uint8_t> data() = 0;
  virtual std::span<std::uint8_t> stack() = 0;
  virtual void load(std::span<const std::uint8_t> code) = 0;
  // From kCode on until an exception.
  virtual void run(State& state) = 0;
};

}  // namespace host_fuzz
