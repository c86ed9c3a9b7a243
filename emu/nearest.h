// "Did you mean --headless?": the known word closest to a mistyped one.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace emu {

// Empty when nothing is near enough to be worth suggesting.
std::string nearest_word(std::string_view word, std::span<const std::string> known);

}  // namespace emu
