// The picture of a graphics mode as the registers describe it, whatever mode number led there:
// planes into 4-bit dots by one of three shift modes, dots through palette and DAC alone or in
// pairs as 256 colours. [VGA] IBM PS/2 Hardware Interface Technical Reference, graphics controller
// 5, attribute controller 10h; [EGA] IBM Enhanced Graphics Adapter, attribute controller: blinking
// dots. Not implemented: shift registers loaded every second or fourth clock and the address
// counter's slower steps to match (no BIOS mode of a VGA has them). Open: whether the colour plane
// mask acts on 256-colour dots; here it does not.
#pragma once

#include "devices/video_frame.h"
#include "devices/video_memory.h"
#include "devices/video_registers.h"

namespace devices {

// Bit 1 of the phase swaps the halves of the palette where blinking is enabled.
void render_graphics(const VgaRegisters& registers, const VideoMemory& memory, unsigned blink_phase,
                     Frame& frame);

}  // namespace devices
