#include "emu/return_address.h"

#include <algorithm>

namespace emu {

namespace {

constexpr std::uint8_t kCall = 0xE8, kCallFar = 0x9A;

// Of an instruction without prefixes: calls seldom have any.
std::optional<CallKind> kind_of(std::span<const std::uint8_t> bytes) {
  constexpr unsigned near_indirect = 2, far_indirect = 3;  // /reg of FF
  switch (bytes[0]) {
    case kCallFar:
      return CallKind::far_call;
    case kCall:
      return CallKind::near_call;
    case 0xCC:
    case 0xCD:
      return CallKind::interrupt;
    case 0xFF:
      if (bytes.size() < 2) return std::nullopt;
      if ((bytes[1] >> 3 & 7) == near_indirect) return CallKind::near_call;
      if ((bytes[1] >> 3 & 7) == far_indirect) return CallKind::far_call;
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<CallBefore> call_before(const Disassembler& disassembler,
                                      std::span<const std::uint8_t> before, std::uint32_t offset,
                                      bool wide) {
  std::optional<CallBefore> found;
  const std::size_t longest = std::min(before.size(), kLongestCall);
  for (std::size_t length = 1; length <= longest; ++length) {
    const auto bytes = before.last(length);
    const std::optional<CallKind> kind = kind_of(bytes);
    if (!kind) continue;
    const auto start = static_cast<std::uint32_t>(offset - length);
    Instruction instruction = disassembler.decode(bytes, start, wide);
    if (!instruction.valid || instruction.length != length) continue;
    const bool direct = bytes[0] == kCall || bytes[0] == kCallFar;
    if (found && !direct) continue;
    found = CallBefore{*kind, std::move(instruction)};
    if (direct) break;
  }
  return found;
}

}  // namespace emu
