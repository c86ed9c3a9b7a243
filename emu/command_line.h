// The words of the command line, turned into RunOptions. docs: `platter --help`.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "emu/run_options.h"

namespace emu {

// Text to print and the exit code that goes with it: --help, --version.
struct Message {
  std::string text;
  int exit_code = 0;
};

// `arguments` without the program's name. Throws UsageError.
std::variant<RunOptions, Message> parse_command_line(std::span<const std::string> arguments);

// "bus=ide0.0,file=x.img,mode=ro,chs=65/16/63,truncate=on". Throws UsageError.
DriveConfig parse_drive(const std::string& text);

// Shared with machine files; each throws UsageError naming the value and what is allowed.
cpu::Model parse_cpu_model(const std::string& text);
cpu::Fpu parse_fpu(const std::string& text);
DriveSlot parse_slot(const std::string& text);
DriveMode parse_drive_mode(const std::string& text);
// What these functions would be given.
std::string_view name_of(cpu::Model model);
std::string_view name_of(cpu::Fpu fpu);
std::string_view name_of(DriveMode mode);
storage::Geometry parse_chs(const std::string& text);
storage::FatFree parse_fat_free(const std::string& text);
std::uint32_t parse_ram(const std::string& text);
std::uint32_t parse_mips(const std::string& text);
std::string parse_boot_order(const std::string& text);
devices::DateTime parse_rtc(const std::string& text);  // "1994-01-01 00:00[:30]" or "host"

}  // namespace emu
