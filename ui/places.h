// Addresses as people write them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "cpu/cpu.h"
#include "ui/panels.h"

namespace ui {

struct GeneralRegister {
  const char* name;
  const char* name16;
  cpu::RegisterIndex index;
};
inline constexpr std::array<GeneralRegister, 8> kGeneralRegisters = {{{"EAX", "AX", cpu::kEax},
                                                                      {"EBX", "BX", cpu::kEbx},
                                                                      {"ECX", "CX", cpu::kEcx},
                                                                      {"EDX", "DX", cpu::kEdx},
                                                                      {"ESI", "SI", cpu::kEsi},
                                                                      {"EDI", "DI", cpu::kEdi},
                                                                      {"EBP", "BP", cpu::kEbp},
                                                                      {"ESP", "SP", cpu::kEsp}}};

// "7C00", "7C00h", "0x7C00"; nothing: no number, or beyond 32 bits.
std::optional<std::uint32_t> parse_hex(std::string_view words);

// The linear address of "7C00", "0000:7C00", "es:di", "ebx" or a name that was given.
std::optional<std::uint32_t> parse_place(const Frame& frame, std::string_view words);

}  // namespace ui
