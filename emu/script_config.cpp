#include "emu/script_config.h"

#include <functional>
#include <string>
#include <vector>

#include "emu/command_line.h"
#include "emu/machine_keys.h"
#include "emu/run_options.h"
#include "emu/script_lua.h"

namespace emu {

namespace {

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

// Calls a setter per key; `other` takes values that are tables and answers whether it knew the key.
void apply(lua_State* lua, int table, const std::string& where, const KeySetters& setters,
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
        throw UsageError(unknown_key(key, where, setters));
      }
      setter->second(text_at(lua, -1, key));
    }
    lua_pop(lua, 1);
  }
}

DriveConfig drive_from_table(lua_State* lua, int table, const LuaScript& script) {
  DriveConfig drive;
  bool have_bus = false;
  const auto resolve = [&](const std::string& file) { return script.resolve(file); };
  apply(lua, table, "drive", drive_key_setters(drive, have_bus, resolve), {});
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

KeySetters machine_setters(Config& config, const LuaScript& script) {
  KeySetters setters =
      machine_key_setters(config, [&](const std::string& file) { return script.resolve(file); });
  const KeySetter rtc = setters.at("rtc");
  setters["rtc"] = [rtc](const std::string& v) {
    if (v == "host") throw UsageError("rtc = \"host\" would make every run another one");
    rtc(v);
  };
  return setters;
}

}  // namespace

Config config_from_table(lua_State* lua, int index, const Config& usual) {
  luaL_checktype(lua, index, LUA_TTABLE);
  const LuaScript& script = LuaScript::of(lua);
  Config config = usual;
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
  return config;
}

}  // namespace emu
