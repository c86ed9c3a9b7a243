// The values that the command line and machine files share: parsed once, refused with one clear
// line.
#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <string>
#include <utility>
#include <vector>

#include "emu/command_line.h"
#include "emu/nearest.h"
#include "emu/units.h"
#include "storage/fat_watch.h"

namespace emu {

namespace {

using devices::DateTime;

template <class Value, std::size_t N>
Value one_of(const std::string& what, const std::string& text,
             const std::array<std::pair<const char*, Value>, N>& known) {
  std::string allowed;
  for (const auto& [name, value] : known) {
    if (text == name) return value;
    allowed += (allowed.empty() ? "" : ", ") + std::string(name);
  }
  throw UsageError(what + " '" + text + "' is unknown; allowed: " + allowed);
}

// The first name that means this value.
template <class Value, std::size_t N>
std::string_view name_in(const std::array<std::pair<const char*, Value>, N>& known, Value value) {
  const auto row =
      std::ranges::find_if(known, [&](const auto& pair) { return pair.second == value; });
  return row != known.end() ? row->first : "";
}

constexpr std::array<std::pair<const char*, cpu::Model>, 12> kModels = {{
    {"8086", cpu::Model::i8086},
    {"8088", cpu::Model::i8086},
    {"186", cpu::Model::i80186},
    {"80186", cpu::Model::i80186},
    {"286", cpu::Model::i80286},
    {"80286", cpu::Model::i80286},
    {"386", cpu::Model::i80386},
    {"80386", cpu::Model::i80386},
    {"486", cpu::Model::i80486},
    {"80486", cpu::Model::i80486},
    {"pentium", cpu::Model::pentium},
    {"586", cpu::Model::pentium},
}};
constexpr std::array<std::pair<const char*, cpu::Fpu>, 5> kFpus = {{
    {"none", cpu::Fpu::none},
    {"8087", cpu::Fpu::i8087},
    {"287", cpu::Fpu::i80287},
    {"387", cpu::Fpu::i80387},
    {"486", cpu::Fpu::i80486},
}};
constexpr std::array<std::pair<const char*, DriveSlot>, 10> kSlots = {{
    {"fd0", DriveSlot::fd0},
    {"fd1", DriveSlot::fd1},
    {"ide0.0", DriveSlot::ide0_0},
    {"ide0.1", DriveSlot::ide0_1},
    {"ide1.0", DriveSlot::ide1_0},
    {"ide1.1", DriveSlot::ide1_1},
    {"hda", DriveSlot::ide0_0},
    {"hdb", DriveSlot::ide0_1},
    {"hdc", DriveSlot::ide1_0},
    {"hdd", DriveSlot::ide1_1},
}};
constexpr std::array<std::pair<const char*, DriveMode>, 4> kModes = {{
    {"rw", DriveMode::rw},
    {"ro", DriveMode::ro},
    {"discard", DriveMode::discard},
    {"overlay", DriveMode::overlay},
}};

bool parse_switch(const std::string& key, const std::string& value) {
  constexpr std::array<std::pair<const char*, bool>, 4> words = {
      {{"on", true}, {"off", false}, {"yes", true}, {"no", false}}};
  return one_of(key, value, words);
}

bool leap(unsigned year) {
  return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

unsigned days_in_month(unsigned year, unsigned month) {
  constexpr std::array<unsigned, 12> days = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && leap(year) ? 29 : days[month - 1];
}

DateTime host_date_time() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  DateTime when;
  when.year = static_cast<unsigned>(local.tm_year + 1900);
  when.month = static_cast<unsigned>(local.tm_mon + 1);
  when.day = static_cast<unsigned>(local.tm_mday);
  when.hour = static_cast<unsigned>(local.tm_hour);
  when.minute = static_cast<unsigned>(local.tm_min);
  when.second = static_cast<unsigned>(std::min(local.tm_sec, 59));  // a leap second is none here
  return when;
}

}  // namespace

cpu::Model parse_cpu_model(const std::string& text) {
  return one_of("cpu", text, kModels);
}
cpu::Fpu parse_fpu(const std::string& text) {
  return one_of("fpu", text, kFpus);
}
std::string_view name_of(cpu::Model model) {
  return name_in(kModels, model);
}
std::string_view name_of(DriveMode mode) {
  return name_in(kModes, mode);
}
std::string_view name_of(cpu::Fpu fpu) {
  return name_in(kFpus, fpu);
}
DriveSlot parse_slot(const std::string& text) {
  return one_of("drive slot", text, kSlots);
}
DriveMode parse_drive_mode(const std::string& text) {
  return one_of("mode", text, kModes);
}

storage::Geometry parse_chs(const std::string& text) {
  unsigned cylinders = 0;
  unsigned heads = 0;
  unsigned sectors = 0;
  int used = 0;
  const int fields =
      std::sscanf(text.c_str(), "%5u/%3u/%3u%n", &cylinders, &heads, &sectors, &used);
  const bool whole = fields == 3 && static_cast<std::size_t>(used) == text.size();
  if (!whole || cylinders < 1 || cylinders > 65535 || heads < 1 || heads > 16 || sectors < 1 ||
      sectors > 63) {
    throw UsageError("chs '" + text + "' must be C/H/S with C 1..65535, H 1..16, S 1..63");
  }
  return {cylinders, heads, sectors};
}

std::uint32_t parse_ram(const std::string& text) {
  constexpr std::uint64_t smallest = 640U << 10;
  constexpr std::uint64_t largest = 64U << 20;
  const auto bytes = parse_size(text);
  if (!bytes || *bytes < smallest || *bytes > largest || *bytes % (64U << 10) != 0) {
    throw UsageError("ram '" + text + "' must be 640K to 64M in steps of 64K");
  }
  return static_cast<std::uint32_t>(*bytes);
}

std::uint32_t parse_mips(const std::string& text) {
  const auto value = parse_number(text);
  if (!value || *value < 1 || *value > 1000) {
    throw UsageError("mips '" + text + "' must be a whole number from 1 to 1000");
  }
  return *value;
}

std::string parse_boot_order(const std::string& text) {
  bool good = !text.empty() && text.size() <= 3;
  for (const char letter : text) {
    good = good && (letter == 'a' || letter == 'c') && std::ranges::count(text, letter) == 1;
  }
  if (!good) {
    throw UsageError("boot order '" + text +
                     "' must be one or both of a (floppy) and c (hard disk)");
  }
  return text;
}

devices::DateTime parse_rtc(const std::string& text) {
  if (text == "host") return host_date_time();
  unsigned year = 0;
  unsigned month = 0;
  unsigned day = 0;
  unsigned hour = 0;
  unsigned minute = 0;
  unsigned second = 0;
  int to_minute = 0;
  int to_second = 0;
  const int fields = std::sscanf(text.c_str(), "%4u-%2u-%2u %2u:%2u%n:%2u%n", &year, &month, &day,
                                 &hour, &minute, &to_minute, &second, &to_second);
  const int used = fields == 6 ? to_second : to_minute;
  const bool whole = fields >= 5 && static_cast<std::size_t>(used) == text.size();
  if (!whole || year < 1980 || year > 2099 || month < 1 || month > 12 || day < 1 ||
      day > days_in_month(year, month) || hour > 23 || minute > 59 || second > 59) {
    throw UsageError("rtc '" + text + "' must be 'host' or 'YYYY-MM-DD HH:MM[:SS]', 1980 to 2099");
  }
  return {year, month, day, hour, minute, second};
}

storage::FatFree parse_fat_free(const std::string& text) {
  if (const auto mode = storage::parse_fat_free(text)) return *mode;
  throw UsageError("fat-free '" + text + "' must be off, at-close or live");
}

DriveConfig parse_drive(const std::string& text) {
  DriveConfig drive;
  bool have_bus = false;
  std::size_t from = 0;
  while (from <= text.size()) {
    const std::size_t comma = std::min(text.find(',', from), text.size());
    const std::string part = text.substr(from, comma - from);
    from = comma + 1;
    const std::size_t equals = part.find('=');
    if (equals == std::string::npos) {
      throw UsageError("drive '" + text + "': '" + part + "' is not key=value");
    }
    const std::string key = part.substr(0, equals);
    const std::string value = part.substr(equals + 1);
    if (key == "bus") {
      drive.slot = parse_slot(value);
      have_bus = true;
    } else if (key == "file") {
      drive.file = value;
    } else if (key == "format") {
      drive.format = value;
    } else if (key == "mode") {
      drive.mode = parse_drive_mode(value);
    } else if (key == "chs") {
      drive.chs = parse_chs(value);
    } else if (key == "truncate") {
      drive.truncate = parse_switch(key, value);
    } else if (key == "fat-free") {
      drive.fat_free = parse_fat_free(value);
    } else {
      const std::vector<std::string> keys = {"bus", "file",     "format",  "mode",
                                             "chs", "truncate", "fat-free"};
      throw UsageError("drive '" + text + "': unknown key '" + key + "'" + did_you_mean(key, keys));
    }
  }
  if (!have_bus) throw UsageError("drive '" + text + "': bus= is missing (fd0 .. ide1.1)");
  if (drive.file.empty()) throw UsageError("drive '" + text + "': file= is missing");
  return drive;
}

}  // namespace emu
