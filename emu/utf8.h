// UTF-8 to code points and back, for text that is compared with the guest's screen.
#pragma once

#include <string>
#include <string_view>

namespace emu {

// Invalid bytes become U+FFFD, one each.
std::u32string from_utf8(std::string_view text);
std::string to_utf8(std::u32string_view text);

}  // namespace emu
