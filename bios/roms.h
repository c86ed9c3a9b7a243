// The guest code that ships inside the binary, as bytes. Built from the .asm files of this folder;
// the same bytes lie as files in build/<preset>/bios/ for use on other machines.
#pragma once

#include <cstdint>
#include <span>

namespace bios {

std::span<const std::uint8_t> video_rom();   // option ROM for C0000h
std::span<const std::uint8_t> system_rom();  // 64 KiB for F0000h
std::span<const std::uint8_t> disk_lab();    // the demo hard disk, MBR first
std::span<const std::uint8_t> dos_exit();    // a DOS program (.COM) that ends the run

}  // namespace bios
