// "Did you mean --headless?": the known word closest to a mistyped one.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace emu {

// Empty when nothing is near enough to be worth suggesting.
std::string nearest_word(std::string_view word, std::span<const std::string> known);
// "; did you mean 'near'?", and `otherwise` when nothing is near.
std::string did_you_mean(std::string_view word, std::span<const std::string> known,
                         std::string_view otherwise = "");

}  // namespace emu
