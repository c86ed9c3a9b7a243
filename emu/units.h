// Human quantities on the command line and in machine files: sizes, times, numbers in hex.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace emu {

// "640K", "4M", "1.5G", "512": powers of 1024, an optional trailing B; no sign, no blanks.
std::optional<std::uint64_t> parse_size(std::string_view text);

// "60s", "500ms", "1.5m", "20" (seconds): nanoseconds.
std::optional<std::uint64_t> parse_duration(std::string_view text);

// "F4h", "0xF4", "244".
std::optional<std::uint32_t> parse_number(std::string_view text);

// The lowest so many digits, capitals: hex(0x7C00, 4) is "7C00".
std::string hex(std::uint32_t value, unsigned digits);

}  // namespace emu
