// What a machine is made of: filled by the command line and machine files, read by Machine. Plain
// data.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cpu/cpu.h"
#include "devices/cmos.h"
#include "storage/geometry.h"
#include "storage/image.h"

namespace emu {

// Where a drive sits. Floppies fd0, fd1; hard disks ide0.0 (primary master) .. ide1.1.
enum class DriveSlot : std::uint8_t { fd0, fd1, ide0_0, ide0_1, ide1_0, ide1_1 };
inline constexpr std::size_t kDriveSlotCount = 6;
inline constexpr std::array<const char*, kDriveSlotCount> kDriveSlotNames = {
    "fd0", "fd1", "ide0.0", "ide0.1", "ide1.0", "ide1.1"};

constexpr bool is_floppy(DriveSlot slot) {
  return slot <= DriveSlot::fd1;
}
constexpr const char* slot_name(DriveSlot slot) {
  return kDriveSlotNames[static_cast<std::size_t>(slot)];
}

// rw: writes reach the file. ro: the guest sees write protection. discard: writes are thrown away
// at exit. overlay: writes go into a child beside the file, which the next such run goes on with.
enum class DriveMode : std::uint8_t { rw, ro, discard, overlay };

// A file that a folder's disk has besides the folder's own, and that never leaves the guest.
struct GuestFile {
  std::string folder, name;  // 8.3; the folder is hidden and lies in the root
  std::vector<std::uint8_t> content;
};

struct DriveConfig {
  DriveSlot slot = DriveSlot::fd0;
  std::string file;  // empty with `demo` set, or an empty floppy drive; a folder becomes a FAT disk
  std::string format;  // empty: found out from the file
  DriveMode mode = DriveMode::rw;
  bool truncate = false;  // accept a file that ends inside a sector, without its tail
  bool demo = false;      // the built-in Disk Lab
  std::optional<storage::Geometry> chs;
  std::optional<storage::FatFree> fat_free;  // nothing: as the image itself says
  std::vector<GuestFile> extra;              // folders only
};

enum class OnTripleFault : std::uint8_t { stop, reset };

struct Config {
  cpu::Model cpu = cpu::Model::i80386;
  cpu::Engine engine = cpu::Engine::cached;
  std::optional<cpu::Fpu> fpu;  // nothing: the model's default
  std::uint32_t ram_bytes = 4U << 20;
  std::uint32_t mips = 0;   // instructions per guest microsecond; 0: the model's default
  std::string boot = "ac";  // a floppy, c hard disk, in this order
  std::string bios;         // file; empty: our own
  std::string vgabios;      // file; empty: our own
  bool shadow_rom = false;  // ROM areas writable like RAM, as SeaBIOS wants them
  devices::DateTime rtc;    // the clock at power-on
  bool skip_idle = true;    // leave out rounds of idle loops: same run, less host time
  std::vector<DriveConfig> drives;
  std::array<std::string, 2> serial;  // COM1, COM2: "", "stdio", "file:PATH"
  std::string parallel;               // LPT1: "" or "file:PATH"
  std::string debugcon;               // port E9h: "", "stdio" or a path
  std::optional<std::uint16_t> exit_port;
  OnTripleFault on_triple_fault = OnTripleFault::stop;
};

// Stated defaults, near what the part did in its day; docs/cpu.md has the table.
constexpr std::uint32_t default_mips(cpu::Model model) {
  switch (model) {
    case cpu::Model::i8086:
      return 1;
    case cpu::Model::i80186:
      return 2;
    case cpu::Model::i80286:
      return 5;
    case cpu::Model::i80386:
      return 20;
    case cpu::Model::i80486:
      return 50;
    case cpu::Model::pentium:
      return 100;
  }
  return 20;
}

// As such machines were sold: an empty socket up to the 386, part of the processor after it.
constexpr cpu::Fpu default_fpu(cpu::Model model) {
  return model > cpu::Model::i80386 ? cpu::Fpu::i80486 : cpu::Fpu::none;
}

}  // namespace emu
