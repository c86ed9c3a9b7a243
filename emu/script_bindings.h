// What scripts can call: docs/scripting.md is the list with examples. Split by object: t (test), m
// (machine), its disks, its consoles.
#pragma once

#include <concepts>
#include <lua.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "devices/scheduler.h"
#include "emu/script_lua.h"
#include "emu/script_test.h"

namespace emu {

inline constexpr const char* kTestClass = "test";
inline constexpr const char* kMachineClass = "machine";
inline constexpr const char* kDiskClass = "disk";
inline constexpr const char* kConsoleClass = "console";
inline constexpr const char* kStateClass = "state";

void register_test_class(lua_State* lua);
void register_machine_class(lua_State* lua);
void register_disk_class(lua_State* lua);
void register_console_class(lua_State* lua);

// `t` on the stack.
void push_test(lua_State* lua, TestContext& context);
void push_disk(lua_State* lua, std::shared_ptr<ScriptMachine> machine, DriveSlot slot);
void push_console(lua_State* lua, std::shared_ptr<ScriptMachine> machine, ConsoleId id);

// The test that runs. Throws ScriptError outside of one.
TestContext& context_of(lua_State* lua);

// The machine moves: Lua may loop again, and callbacks belong to this coroutine.
class Running {
 public:
  explicit Running(lua_State* lua);
  ~Running();
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

 private:
  TestContext& context_;
  lua_State* before_;
};

// Seconds as a number, or a text such as "500ms". Throws UsageError.
devices::Nanoseconds seconds_at(lua_State* lua, int index);
devices::Nanoseconds seconds_or(lua_State* lua, int index, devices::Nanoseconds otherwise);
std::string string_at(lua_State* lua, int index);
inline void push_string(lua_State* lua, std::string_view text) {
  lua_pushlstring(lua, text.data(), text.size());
}

// A new table on top of the stack, and its fields.
class Fields {
 public:
  explicit Fields(lua_State* lua) : lua_(lua) { lua_newtable(lua); }

  void number(const char* name, std::integral auto value) {
    lua_pushinteger(lua_, static_cast<lua_Integer>(value));
    lua_setfield(lua_, -2, name);
  }
  void seconds(const char* name, devices::Nanoseconds time) {
    lua_pushnumber(lua_, static_cast<double>(time) / static_cast<double>(devices::kSecond));
    lua_setfield(lua_, -2, name);
  }
  void text(const char* name, std::string_view words) {
    push_string(lua_, words);
    lua_setfield(lua_, -2, name);
  }
  void flag(const char* name, bool value) {
    lua_pushboolean(lua_, value ? 1 : 0);
    lua_setfield(lua_, -2, name);
  }

 private:
  lua_State* lua_;
};

// What read_dos() finds, or nil.
void push_dos(lua_State* lua, const Machine& machine);
// The board's chips by name, each a table of registers by name.
void push_chips(lua_State* lua, const Machine& machine);

// t:screenshot and m:screenshot: name and options from `index` on.
void take_screenshot(lua_State* lua, TestContext& context, ScriptMachine& machine, int index);

}  // namespace emu
