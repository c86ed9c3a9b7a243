// MOO files: single-instruction tests of x86 processors, as captured on real hardware.
// [MOO] https://github.com/dbalsom/moo, versions 1.0 and 1.1.
// Files come from outside: every length is checked against its parent, and what does not fit is a
// MooError. Not read: the prefetch queue, effective addresses, and bus cycles other than writes to
// ports.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace vectors {

class MooError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

// The registers of the RG32 chunk in its order; the 16-bit sets use the low halves of the same
// slots.
enum RegisterName : std::uint8_t {
  // clang-format off
  kCr0, kCr3, kEax, kEbx, kEcx, kEdx, kEsi, kEdi, kEbp, kEsp,
  kCs, kDs, kEs, kFs, kGs, kSs, kEip, kEflags, kDr6, kDr7
  // clang-format on
};
inline constexpr std::size_t kRegisterCount = 20;

std::string_view register_name(std::size_t reg);

struct RegisterSet {
  std::uint32_t present = 0;  // bit n: register n is listed
  std::array<std::uint32_t, kRegisterCount> value{};

  bool has(std::size_t reg) const { return (present >> reg & 1) != 0; }
};

struct RamByte {
  std::uint32_t address;
  std::uint8_t value;
};

struct State {
  RegisterSet registers;
  RegisterSet masks;  // a bit 1 = compare
  std::vector<RamByte> ram;
};

struct ExceptionRecord {
  std::uint8_t vector;
  std::uint32_t flags_address;  // of the FLAGS word on the stack; upstream rounds it down to even
};

// One bus cycle: data as it lies on the 16-bit bus, so an odd port has its byte in the upper half.
struct PortWrite {
  std::uint16_t port;
  std::uint16_t data;
};

struct Test {
  std::uint32_t index = 0;
  std::string name;
  std::vector<std::uint8_t> bytes;
  State initial, final;
  std::optional<ExceptionRecord> exception;
  std::vector<PortWrite> port_writes;
  bool has_cycles = false;
  std::string hash;  // hex; empty in 1.0 files of the 8086
};

struct MooFile {
  std::string cpu;    // "8086", "C286", "386E", "386N", ...
  RegisterSet masks;  // for every test of the file
  std::vector<Test> tests;

  bool wide() const { return cpu.starts_with("386") || cpu.starts_with("486"); }
  // 32-bit code and stack segments in protected mode, faults not delivered.
  bool in_protected_mode() const { return wide() && cpu[3] == 'P'; }
};

MooFile parse_moo(std::span<const std::uint8_t> bytes);

// The four characters of the header alone, or an empty string when this is not a MOO file.
std::string moo_cpu(std::span<const std::uint8_t> bytes);

// A file, inflated when it is gzip. At most `limit` bytes are kept when that is given (a look at
// the header).
std::vector<std::uint8_t> read_maybe_gzip(const std::filesystem::path& path,
                                          std::optional<std::size_t> limit = std::nullopt);

}  // namespace vectors
