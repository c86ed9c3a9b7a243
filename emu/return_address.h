// Words on the stack that look like the way back out of a call. Nothing on a stack says what it is:
// an address is taken for one to return to when a call ends right in front of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "emu/disassembler.h"

namespace emu {

enum class CallKind : std::uint8_t {
  near_call,  // pushed the offset
  far_call,   // CS and the offset
  interrupt   // FLAGS, CS and the offset
};

struct CallBefore {
  CallKind kind = CallKind::near_call;
  Instruction instruction;
};

inline constexpr std::size_t kLongestCall = 7;  // FF /2 with SIB and a displacement of 32 bits

// The call that ends at `offset`; `before`: the bytes in front of it, the last one last, at most
// kLongestCall of them count. Where several readings fit, a direct call comes first, then the
// shortest.
std::optional<CallBefore> call_before(const Disassembler& disassembler,
                                      std::span<const std::uint8_t> before, std::uint32_t offset,
                                      bool wide);

}  // namespace emu
