// Code page 437 as Unicode: the PC's character set with the glyphs it shows for codes 01h-1Fh and
// 7Fh.
#pragma once

#include <cstdint>
#include <string>

namespace devices {

char32_t cp437_to_unicode(std::uint8_t code);  // 00h, 20h and FFh, blank on screen, are a space

void append_utf8(std::string& text, char32_t character);  // below U+10000

}  // namespace devices
