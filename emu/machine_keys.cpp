#include "emu/machine_keys.h"

#include <array>
#include <cstdio>

#include "emu/command_line.h"
#include "emu/nearest.h"
#include "emu/run_options.h"
#include "emu/units.h"
#include "storage/fat_watch.h"

namespace emu {

namespace {

bool switched_on(const std::string& key, const std::string& value) {
  if (value == "on" || value == "off") return value == "on";
  throw UsageError("'" + key + "' must be true or false");
}

cpu::Engine parse_engine(const std::string& text) {
  if (text == "cached") return cpu::Engine::cached;
  if (text == "step") return cpu::Engine::step;
  throw UsageError("engine '" + text + "' must be cached or step");
}

OnTripleFault parse_on_triple_fault(const std::string& text) {
  if (text == "stop") return OnTripleFault::stop;
  if (text == "reset") return OnTripleFault::reset;
  throw UsageError("on_triple_fault '" + text + "' must be stop or reset");
}

std::uint16_t parse_exit_port(const std::string& text) {
  constexpr std::uint32_t last = 0xFFFF;
  const auto port = parse_number(text);
  if (!port || *port > last) {
    throw UsageError("exit_port '" + text + "' must be a port such as F4h");
  }
  return static_cast<std::uint16_t>(*port);
}

template <class... Args>
std::string print(const char* format, Args... args) {
  std::array<char, 80> text{};
  std::snprintf(text.data(), text.size(), format, args...);
  return text.data();
}

std::string rtc_text(const devices::DateTime& when) {
  return print("%04u-%02u-%02u %02u:%02u:%02u", when.year, when.month, when.day, when.hour,
               when.minute, when.second);
}

std::string ram_text(std::uint32_t bytes) {
  constexpr std::uint32_t mega = 1U << 20;
  return bytes % mega == 0 ? std::to_string(bytes / mega) + "M" : std::to_string(bytes >> 10) + "K";
}

// Collects what a config says; empty values say nothing.
class Values {
 public:
  void text(const char* key, const std::string& value) {
    if (!value.empty()) values_.push_back({key, value, false});
  }
  void number(const char* key, std::uint64_t value) {
    values_.push_back({key, std::to_string(value), true});
  }
  void flag(const char* key, bool value) {
    values_.push_back({key, value ? "true" : "false", true});
  }
  std::vector<KeyValue> take() { return std::move(values_); }

 private:
  std::vector<KeyValue> values_;
};

}  // namespace

KeySetters machine_key_setters(Config& config, const ResolveFile& resolve) {
  return {
      {"cpu", [&](const std::string& v) { config.cpu = parse_cpu_model(v); }},
      {"fpu", [&](const std::string& v) { config.fpu = parse_fpu(v); }},
      {"engine", [&](const std::string& v) { config.engine = parse_engine(v); }},
      {"ram", [&](const std::string& v) { config.ram_bytes = parse_ram(v); }},
      {"mips", [&](const std::string& v) { config.mips = parse_mips(v); }},
      {"boot", [&](const std::string& v) { config.boot = parse_boot_order(v); }},
      {"bios", [&, resolve](const std::string& v) { config.bios = resolve(v); }},
      {"vgabios", [&, resolve](const std::string& v) { config.vgabios = resolve(v); }},
      {"shadow_rom",
       [&](const std::string& v) { config.shadow_rom = switched_on("shadow_rom", v); }},
      {"rtc", [&](const std::string& v) { config.rtc = parse_rtc(v); }},
      {"skip_idle", [&](const std::string& v) { config.skip_idle = switched_on("skip_idle", v); }},
      {"serial", [&](const std::string& v) { config.serial[0] = v; }},
      {"serial2", [&](const std::string& v) { config.serial[1] = v; }},
      {"parallel", [&](const std::string& v) { config.parallel = v; }},
      {"debugcon", [&](const std::string& v) { config.debugcon = v; }},
      {"exit_port", [&](const std::string& v) { config.exit_port = parse_exit_port(v); }},
      {"on_triple_fault",
       [&](const std::string& v) { config.on_triple_fault = parse_on_triple_fault(v); }},
  };
}

KeySetters drive_key_setters(DriveConfig& drive, bool& have_bus, const ResolveFile& resolve) {
  return {
      {"bus",
       [&](const std::string& v) {
         drive.slot = parse_slot(v);
         have_bus = true;
       }},
      {"file", [&, resolve](const std::string& v) { drive.file = resolve(v); }},
      {"format", [&](const std::string& v) { drive.format = v; }},
      {"mode", [&](const std::string& v) { drive.mode = parse_drive_mode(v); }},
      {"chs", [&](const std::string& v) { drive.chs = parse_chs(v); }},
      {"truncate", [&](const std::string& v) { drive.truncate = switched_on("truncate", v); }},
      {"fat_free", [&](const std::string& v) { drive.fat_free = parse_fat_free(v); }},
      {"demo", [&](const std::string& v) { drive.demo = switched_on("demo", v); }},
  };
}

std::string unknown_key(const std::string& key, const std::string& where, const KeySetters& known) {
  std::vector<std::string> words;
  for (const auto& [word, setter] : known) words.push_back(word);
  return "unknown key '" + key + "' in " + where + did_you_mean(key, words);
}

std::vector<KeyValue> machine_key_values(const Config& config) {
  Values values;
  values.text("cpu", std::string(name_of(config.cpu)));
  if (config.fpu) values.text("fpu", std::string(name_of(*config.fpu)));
  values.text("engine", config.engine == cpu::Engine::step ? "step" : "cached");
  values.text("ram", ram_text(config.ram_bytes));
  values.number("mips", config.mips != 0 ? config.mips : default_mips(config.cpu));
  values.text("boot", config.boot);
  values.text("bios", config.bios);
  values.text("vgabios", config.vgabios);
  values.flag("shadow_rom", config.shadow_rom);
  values.text("rtc", rtc_text(config.rtc));
  values.flag("skip_idle", config.skip_idle);
  values.text("serial", config.serial[0]);
  values.text("serial2", config.serial[1]);
  values.text("parallel", config.parallel);
  values.text("debugcon", config.debugcon);
  if (config.exit_port) values.text("exit_port", print("%Xh", unsigned{*config.exit_port}));
  values.text("on_triple_fault", config.on_triple_fault == OnTripleFault::reset ? "reset" : "stop");
  return values.take();
}

std::vector<KeyValue> drive_key_values(const DriveConfig& drive) {
  Values values;
  values.text("bus", slot_name(drive.slot));
  values.text("file", drive.file);
  if (drive.demo) values.flag("demo", true);
  values.text("mode", std::string(name_of(drive.mode)));
  values.text("format", drive.format);
  if (drive.chs) {
    values.text("chs", print("%u/%u/%u", drive.chs->cylinders, drive.chs->heads,
                             drive.chs->sectors_per_track));
  }
  if (drive.truncate) values.flag("truncate", true);
  if (drive.fat_free) values.text("fat_free", std::string(storage::name_of(*drive.fat_free)));
  return values.take();
}

std::string key_line(const KeyValue& value) {
  if (value.bare) return value.key + " = " + value.value;
  std::string text = value.key + " = \"";
  for (const char c : value.value) {
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  return text + "\"";
}

}  // namespace emu
