// What a text mode shows: as characters, for scripts and people without a display, and as pixels
// with the font that lies in plane 2. Follows the CRTC's own address arithmetic (video_scan.h).
// [VGA] IBM PS/2 Hardware Interface Technical Reference; [FreeVGA] "Text mode". Not implemented:
// changes in the middle of a frame.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "devices/video_frame.h"
#include "devices/video_memory.h"
#include "devices/video_registers.h"

namespace devices {

struct TextCell {
  std::uint8_t character = 0;
  std::uint8_t attribute = 0;
  bool operator==(const TextCell&) const = default;
};

struct TextScreen {
  unsigned columns = 0, rows = 0;  // both 0 in a graphics mode
  std::vector<TextCell> cells;     // row by row
  unsigned cursor_x = 0, cursor_y = 0;
  bool cursor_visible = false;  // enabled and on the screen, whatever the blink phase
  bool operator==(const TextScreen&) const = default;

  std::string line(unsigned row) const;  // UTF-8 without trailing blanks
  std::string text() const;              // all lines, each ended by \n
};

TextScreen read_text(const VgaRegisters& registers, const VideoMemory& memory);

// Bit 0 of the phase hides the cursor, bit 1 blinking characters.
void render_text(const VgaRegisters& registers, const VideoMemory& memory, unsigned blink_phase,
                 Frame& frame);

}  // namespace devices
