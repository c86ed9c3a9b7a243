#include "emu/script_config.h"

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "emu/command_line.h"
#include "emu/nearest.h"
#include "emu/run_options.h"
#include "emu/script_lua.h"
#include "emu/units.h"

namespace emu {

namespace {

using Setter = std::function<void(const std::string& value)>;
using Setters = std::map<std::string, Setter>;

// Numbers and booleans are taken as the text they would be on the command line: one set of rules.
std::string text_at(lua_State* lua, int index, const std::string& key) {
  switch (lua_type(lua, index)) {
    case LUA_TBOOLEAN:
      return lua_toboolean(lua, index) != 0 ? "on" : "off";
    case LUA_TSTRING:
      return lua_tostring(lua, index);
    case LUA_TNUMBER:
      lua_pushvalue(lua, index);  // lua_tostring would change the number in the caller's table
      {
        std::string text = lua_tostring(lua, -1);
        lua_pop(lua, 1);
        return text;
      }
    default:
      throw UsageError("'" + key + "' must be a text, a number or true/false");
  }
}

bool switched_on(const std::string& key, const std::string& value) {
  if (value == "on" || value == "off") return value == "on";
  throw UsageError("'" + key + "' must be true or false");
}

// Calls a setter per key; `other` takes values that are tables and answers whether it knew the key.
void apply(lua_State* lua, int table, const std::string& where, const Setters& setters,
           const std::function<bool(const std::string& key)>& other) {
  lua_pushnil(lua);
  while (lua_next(lua, table) != 0) {
    if (lua_type(lua, -2) != LUA_TSTRING) {
      throw UsageError(where + ": write keys as name = value");
    }
    const std::string key = lua_tostring(lua, -2);
    if (!other || !other(key)) {
      const auto setter = setters.find(key);
      if (setter == setters.end()) {
        std::vector<std::string> known;
        for (const auto& [word, unused] : setters) known.push_back(word);
        const std::string near = nearest_word(key, known);
        throw UsageError(where + ": unknown key '" + key + "'" +
                         (near.empty() ? "" : "; did you mean '" + near + "'?"));
      }
      setter->second(text_at(lua, -1, key));
    }
    lua_pop(lua, 1);
  }
}

DriveConfig drive_from_table(lua_State* lua, int table, const LuaScript& script) {
  DriveConfig drive;
  bool have_bus = false;
  apply(
      lua, table, "drive",
      {
          {"bus",
           [&](const std::string& v) {
             drive.slot = parse_slot(v);
             have_bus = true;
           }},
          {"file", [&](const std::string& v) { drive.file = script.resolve(v); }},
          {"format", [&](const std::string& v) { drive.format = v; }},
          {"mode", [&](const std::string& v) { drive.mode = parse_drive_mode(v); }},
          {"chs", [&](const std::string& v) { drive.chs = parse_chs(v); }},
          {"demo", [&](const std::string& v) { drive.demo = switched_on("demo", v); }},
          {"truncate", [&](const std::string& v) { drive.truncate = switched_on("truncate", v); }},
          {"fat_free", [&](const std::string& v) { drive.fat_free = parse_fat_free(v); }},
      },
      {});
  if (!have_bus) throw UsageError("drive: bus = is missing (fd0 .. ide1.1)");
  if (drive.demo) drive.mode = DriveMode::discard;
  if (drive.file.empty() && !drive.demo && !is_floppy(drive.slot))
    throw UsageError("drive: file = is missing");
  return drive;
}

void add_drives(lua_State* lua, int table, const LuaScript& script, Config& config) {
  const lua_Integer count = luaL_len(lua, table);
  for (lua_Integer i = 1; i <= count; ++i) {
    if (lua_geti(lua, table, i) != LUA_TTABLE) {
      throw UsageError("drive = must be a list of tables: drive = { { bus = \"fd0\", ... } }");
    }
    DriveConfig drive = drive_from_table(lua, lua_gettop(lua), script);
    for (const DriveConfig& other : config.drives) {
      if (other.slot == drive.slot) {
        throw UsageError(std::string("two drives on ") + slot_name(drive.slot));
      }
    }
    config.drives.push_back(std::move(drive));
    lua_pop(lua, 1);
  }
}

Setters machine_setters(Config& config, const LuaScript& script) {
  return {
      {"cpu", [&](const std::string& v) { config.cpu = parse_cpu_model(v); }},
      {"engine",
       [&](const std::string& v) {
         if (v != "cached" && v != "step") throw UsageError("engine must be cached or step");
         config.engine = v == "step" ? cpu::Engine::step : cpu::Engine::cached;
       }},
      {"fpu", [&](const std::string& v) { config.fpu = parse_fpu(v); }},
      {"ram", [&](const std::string& v) { config.ram_bytes = parse_ram(v); }},
      {"mips", [&](const std::string& v) { config.mips = parse_mips(v); }},
      {"boot", [&](const std::string& v) { config.boot = parse_boot_order(v); }},
      {"bios", [&](const std::string& v) { config.bios = script.resolve(v); }},
      {"vgabios", [&](const std::string& v) { config.vgabios = script.resolve(v); }},
      {"shadow_rom",
       [&](const std::string& v) { config.shadow_rom = switched_on("shadow_rom", v); }},
      {"rtc",
       [&](const std::string& v) {
         if (v == "host") throw UsageError("rtc = \"host\" would make every run another one");
         config.rtc = parse_rtc(v);
       }},
      {"skip_idle", [&](const std::string& v) { config.skip_idle = switched_on("skip_idle", v); }},
      {"serial", [&](const std::string& v) { config.serial[0] = v; }},
      {"serial2", [&](const std::string& v) { config.serial[1] = v; }},
      {"parallel", [&](const std::string& v) { config.parallel = v; }},
      {"debugcon", [&](const std::string& v) { config.debugcon = v; }},
      {"exit_port",
       [&](const std::string& v) {
         const auto port = parse_number(v);
         if (!port || *port > 0xFFFF) throw UsageError("exit_port '" + v + "' is no port");
         config.exit_port = static_cast<std::uint16_t>(*port);
       }},
      {"on_triple_fault",
       [&](const std::string& v) {
         if (v != "stop" && v != "reset") throw UsageError("on_triple_fault must be stop or reset");
         config.on_triple_fault = v == "reset" ? OnTripleFault::reset : OnTripleFault::stop;
       }},
  };
}

}  // namespace

Config config_from_table(lua_State* lua, int index) {
  luaL_checktype(lua, index, LUA_TTABLE);
  const LuaScript& script = LuaScript::of(lua);
  Config config;
  bool has_drives = false;
  apply(lua, lua_absindex(lua, index), "machine", machine_setters(config, script),
        [&](const std::string& key) {
          if (key != "drive") return false;
          if (!lua_istable(lua, -1)) throw UsageError("drive = must be a list of tables");
          add_drives(lua, lua_gettop(lua), script, config);
          has_drives = true;
          return true;
        });
  if (!has_drives) {  // as on the command line: the built-in demo disk
    DriveConfig lab;
    lab.slot = DriveSlot::ide0_0;
    lab.demo = true;
    lab.mode = DriveMode::discard;
    config.drives.push_back(lab);
  }
  if (config.mips == 0) config.mips = default_mips(config.cpu);
  return config;
}

}  // namespace emu
