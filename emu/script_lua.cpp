#include "emu/script_lua.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>
#include <utility>
#include <vector>

#include "emu/nearest.h"
#include "emu/run_options.h"
#include "emu/script_machine.h"
#include "emu/script_test.h"
#include "emu/session.h"
#include "storage/image_error.h"

namespace emu {

namespace {

constexpr std::size_t kMemoryLimit = 256U << 20;
constexpr int kPulse = 100'000;                   // Lua instructions between two looks
constexpr std::uint64_t kPatience = 200'000'000;  // about two seconds of Lua without the guest
constexpr std::size_t kLongestScript = 4U << 20;
constexpr int kTrailLevels = 12;

// Lua shortens chunk names; a plain file name is short enough to come out whole.
std::string chunk_name(const std::filesystem::path& file) {
  return file.filename().string();
}

std::string read_text(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw UsageError("cannot open '" + file.string() + "'");
  std::string text(kLongestScript + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > kLongestScript) {
    throw UsageError("'" + file.string() + "' is larger than a script may be (4 MiB)");
  }
  return text;
}

int exit_code_of(const std::exception& error) {
  if (const auto* script = dynamic_cast<const ScriptError*>(&error)) return script->exit_code();
  if (dynamic_cast<const SkipTest*>(&error) != nullptr) return kSkippedTest;
  if (dynamic_cast<const UsageError*>(&error) != nullptr) return kExitUsage;
  if (dynamic_cast<const StateError*>(&error) != nullptr) return kExitHostError;
  if (dynamic_cast<const storage::ImageError*>(&error) != nullptr) return kExitHostError;
  return kExitExpectation;
}

}  // namespace

int raise_in_lua(lua_State* lua, const std::exception& error) {
  LuaScript::of(lua).note_error(error.what(), exit_code_of(error));
  luaL_where(lua, 1);
  lua_pushstring(lua, error.what());
  lua_concat(lua, 2);
  return 1;
}

void LuaScript::note_error(const std::string& text, int exit_code) {
  noted_text_ = text;
  noted_code_ = exit_code;
}

LuaScript::LuaScript(std::filesystem::path file, std::function<void(const std::string&)> print)
    : file_(std::move(file)), print_(std::move(print)) {
  state_.reset(lua_newstate(&LuaScript::allocate, this));
  if (!state_) throw std::bad_alloc();
  *static_cast<LuaScript**>(lua_getextraspace(state_.get())) = this;
  open_libraries();
  lua_sethook(state_.get(), &LuaScript::hook, LUA_MASKCOUNT, kPulse);
}

LuaScript::~LuaScript() = default;

void* LuaScript::allocate(void* self, void* block, std::size_t old_size, std::size_t new_size) {
  auto& script = *static_cast<LuaScript*>(self);
  const std::size_t old = block != nullptr ? old_size : 0;
  if (new_size == 0) {
    std::free(block);
    script.allocated_ -= old;
    return nullptr;
  }
  if (new_size > old && script.allocated_ + (new_size - old) > kMemoryLimit) return nullptr;
  void* fresh = std::realloc(block, new_size);
  if (fresh != nullptr) script.allocated_ += new_size - old;
  return fresh;
}

void LuaScript::hook(lua_State* lua, lua_Debug*) {
  LuaScript& script = of(lua);
  try {
    if (script.on_pulse) script.on_pulse();
  } catch (const std::exception& error) {
    raise_in_lua(lua, error);
    lua_error(lua);
  }
  script.spent_ += kPulse;
  if (script.spent_ < kPatience) return;
  // From here on at every instruction: a pcall around the loop does not get around this.
  lua_sethook(lua, &LuaScript::hook, LUA_MASKCOUNT, 1);
  luaL_error(lua, "the script loops without running the machine");
}

void LuaScript::open_libraries() {
  lua_State* lua = state_.get();
  constexpr std::array<luaL_Reg, 6> libraries = {{{LUA_GNAME, luaopen_base},
                                                  {LUA_STRLIBNAME, luaopen_string},
                                                  {LUA_TABLIBNAME, luaopen_table},
                                                  {LUA_MATHLIBNAME, luaopen_math},
                                                  {LUA_UTF8LIBNAME, luaopen_utf8},
                                                  {LUA_COLIBNAME, luaopen_coroutine}}};
  for (const luaL_Reg& library : libraries) {
    luaL_requiref(lua, library.name, library.func, 1);
    lua_pop(lua, 1);
  }
  for (const char* name : {"dofile", "loadfile", "collectgarbage"}) {
    lua_pushnil(lua);
    lua_setglobal(lua, name);
  }
  lua_getglobal(lua, LUA_STRLIBNAME);
  lua_pushnil(lua);
  lua_setfield(lua, -2, "dump");
  lua_pop(lua, 1);

  lua_getglobal(lua, LUA_MATHLIBNAME);
  lua_getfield(lua, -1, "randomseed");
  lua_pushvalue(lua, -1);
  lua_pushinteger(lua, 0);
  lua_call(lua, 1, 0);
  lua_pushcclosure(lua, bound<&LuaScript::random_seed>, 1);
  lua_setfield(lua, -2, "randomseed");
  lua_pop(lua, 1);

  lua_newtable(lua);  // modules that are loaded
  lua_setfield(lua, LUA_REGISTRYINDEX, "platter.modules");
  lua_register(lua, "require", bound<&LuaScript::require>);
  lua_register(lua, "load", bound<&LuaScript::load_text>);
  lua_register(lua, "pairs", bound<&LuaScript::sorted_pairs>);
  lua_register(lua, "print", bound<&LuaScript::print>);
}

int LuaScript::print(lua_State* lua) {
  std::string line;
  const int count = lua_gettop(lua);
  for (int i = 1; i <= count; ++i) {
    std::size_t size = 0;
    const char* text = luaL_tolstring(lua, i, &size);
    if (i > 1) line += '\t';
    line.append(text, size);
    lua_pop(lua, 1);
  }
  of(lua).print_(line);
  return 0;
}

// Without arguments Lua would take the time and an address.
int LuaScript::random_seed(lua_State* lua) {
  const int count = lua_gettop(lua);
  lua_pushvalue(lua, lua_upvalueindex(1));
  lua_insert(lua, 1);
  if (count == 0) lua_pushinteger(lua, 0);
  lua_call(lua, count == 0 ? 1 : count, 0);
  return 0;
}

// load(text [, name [, mode [, env]]]) of texts only: a binary chunk could break the machine below.
int LuaScript::load_text(lua_State* lua) {
  std::size_t size = 0;
  const char* text = luaL_checklstring(lua, 1, &size);
  const char* name = luaL_optstring(lua, 2, "=(load)");
  const bool has_environment = !lua_isnone(lua, 4);
  if (luaL_loadbufferx(lua, text, size, name, "t") != LUA_OK) {
    lua_pushnil(lua);
    lua_insert(lua, -2);
    return 2;
  }
  if (has_environment) {
    lua_pushvalue(lua, 4);
    lua_setupvalue(lua, -2, 1);
  }
  return 1;
}

namespace {

// Numbers, then texts, then the rest as it comes.
bool key_less(lua_State* lua, int a, int b) {
  const auto rank = [&](int index) {
    const int type = lua_type(lua, index);
    return type == LUA_TNUMBER ? 0 : type == LUA_TSTRING ? 1 : 2;
  };
  if (rank(a) != rank(b)) return rank(a) < rank(b);
  return rank(a) < 2 && lua_compare(lua, a, b, LUA_OPLT) != 0;
}

// The keys of the table at index 1, sorted, as a new table on the stack.
void push_sorted_keys(lua_State* lua) {
  lua_newtable(lua);
  const int keys = lua_gettop(lua);
  lua_Integer count = 0;
  lua_pushnil(lua);
  while (lua_next(lua, 1) != 0) {
    lua_pop(lua, 1);
    lua_pushvalue(lua, -1);
    lua_rawseti(lua, keys, ++count);
  }
  std::vector<lua_Integer> order(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<lua_Integer>(i + 1);
  std::ranges::stable_sort(order, [&](lua_Integer a, lua_Integer b) {
    lua_rawgeti(lua, keys, a);
    lua_rawgeti(lua, keys, b);
    const bool less = key_less(lua, lua_gettop(lua) - 1, lua_gettop(lua));
    lua_pop(lua, 2);
    return less;
  });
  lua_createtable(lua, static_cast<int>(count), 0);
  for (std::size_t i = 0; i < order.size(); ++i) {
    lua_rawgeti(lua, keys, order[i]);
    lua_rawseti(lua, -2, static_cast<lua_Integer>(i + 1));
  }
  lua_remove(lua, keys);
}

}  // namespace

int LuaScript::sorted_pairs(lua_State* lua) {
  luaL_checkany(lua, 1);
  if (luaL_getmetafield(lua, 1, "__pairs") != LUA_TNIL) {
    lua_pushvalue(lua, 1);
    lua_call(lua, 1, 3);
    return 3;
  }
  luaL_checktype(lua, 1, LUA_TTABLE);
  lua_settop(lua, 1);
  push_sorted_keys(lua);
  lua_pushinteger(lua, 0);
  lua_pushcclosure(lua, bound<&LuaScript::sorted_next>, 2);
  lua_pushvalue(lua, 1);
  return 2;
}

// Keys that went away during the walk are passed over.
int LuaScript::sorted_next(lua_State* lua) {
  lua_Integer at = lua_tointeger(lua, lua_upvalueindex(2));
  while (true) {
    ++at;
    lua_rawgeti(lua, lua_upvalueindex(1), at);
    if (lua_isnil(lua, -1)) return 1;
    lua_pushvalue(lua, -1);
    lua_rawget(lua, 1);
    if (!lua_isnil(lua, -1)) break;
    lua_pop(lua, 2);
  }
  lua_pushinteger(lua, at);
  lua_replace(lua, lua_upvalueindex(2));
  return 2;
}

// require "lib.disks" is lib/disks.lua beside the script; nothing above that folder can be named.
int LuaScript::require(lua_State* lua) {
  LuaScript& script = of(lua);
  const std::string name = luaL_checkstring(lua, 1);
  const bool plain = !name.empty() && std::ranges::all_of(name, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.';
  });
  if (!plain || name.front() == '.' || name.find("..") != std::string::npos) {
    throw UsageError("require '" + name + "': a module is a name such as lib.disks");
  }
  lua_getfield(lua, LUA_REGISTRYINDEX, "platter.modules");
  const int modules = lua_gettop(lua);
  if (lua_getfield(lua, modules, name.c_str()) != LUA_TNIL) return 1;
  lua_pop(lua, 1);

  std::string path = name;
  std::ranges::replace(path, '.', '/');
  std::error_code error;
  const auto folder = std::filesystem::weakly_canonical(script.folder() / ".", error);
  const auto file = std::filesystem::weakly_canonical(folder / (path + ".lua"), error);
  if (file.lexically_relative(folder).string().starts_with("..")) {
    throw UsageError("require '" + name + "' leads out of the script's folder");
  }
  script.load_file(lua, file, path + ".lua");
  lua_pushstring(lua, name.c_str());
  lua_call(lua, 1, 1);
  if (lua_isnil(lua, -1)) {
    lua_pop(lua, 1);
    lua_pushboolean(lua, 1);
  }
  lua_pushvalue(lua, -1);
  lua_setfield(lua, modules, name.c_str());
  return 1;
}

std::string LuaScript::resolve(const std::string& name) const {
  const std::filesystem::path path(name);
  if (path.is_absolute()) return name;
  const std::filesystem::path beside = folder() / path;
  std::error_code error;
  return std::filesystem::exists(beside, error) ? beside.string() : name;
}

void LuaScript::load_file(lua_State* lua, const std::filesystem::path& file,
                          const std::string& name) {
  const std::string text = read_text(file);
  if (luaL_loadbufferx(lua, text.data(), text.size(), ("@" + name).c_str(), "t") != LUA_OK) {
    lua_error(lua);
  }
}

void LuaScript::load() {
  lua_State* lua = state_.get();
  lua_pushcfunction(lua, [](lua_State* inner) {
    LuaScript& script = of(inner);
    script.load_file(inner, script.file_, chunk_name(script.file_));
    lua_call(inner, 0, 0);
    return 0;
  });
  call(0);
}

// Runs where the error was raised, with its calls still on the stack.
int LuaScript::message_handler(lua_State* lua) {
  LuaScript& script = of(lua);
  LuaFailure& failure = script.failure_;
  failure = {};
  std::size_t size = 0;
  const char* text = luaL_tolstring(lua, 1, &size);
  failure.text.assign(text, size);
  lua_Debug activation{};
  for (int level = 0, shown = 0; shown < kTrailLevels && lua_getstack(lua, level, &activation) != 0;
       ++level) {
    lua_getinfo(lua, "Sln", &activation);
    if (activation.currentline < 0) {
      // The binding that failed, for the caret.
      if (failure.file.empty() && activation.name != nullptr) failure.function = activation.name;
      continue;
    }
    const std::string file = activation.short_src;
    if (failure.file.empty()) {
      failure.file = file;
      failure.line = activation.currentline;
    } else {
      failure.trail +=
          "  called from " + file + ":" + std::to_string(activation.currentline) + "\n";
    }
    ++shown;
  }
  const std::string place = failure.file + ":" + std::to_string(failure.line) + ": ";
  if (failure.text.starts_with(place)) failure.text.erase(0, place.size());
  failure.exit_code = failure.text == script.noted_text_ ? script.noted_code_ : kExitExpectation;
  return 1;
}

void LuaScript::fail() {
  LuaFailure failure = failure_;
  // A syntax error has no calls to look at: its place is in the text.
  const std::size_t colon = failure.text.find(':');
  if (failure.file.empty() && colon != std::string::npos) {
    const std::size_t end = failure.text.find(':', colon + 1);
    if (end != std::string::npos) {
      failure.file = failure.text.substr(0, colon);
      failure.line = std::atoi(failure.text.c_str() + colon + 1);
      failure.text.erase(0, std::min(end + 2, failure.text.size()));
    }
  }
  throw LuaFailure(std::move(failure));
}

void LuaScript::call(int arguments) {
  lua_State* lua = state_.get();
  const int function = lua_gettop(lua) - arguments;
  lua_pushcfunction(lua, &LuaScript::message_handler);
  lua_insert(lua, function);
  spent_ = 0;
  failure_ = {};
  const int status = lua_pcall(lua, arguments, 0, function);
  if (status == LUA_OK) {
    lua_remove(lua, function);
    return;
  }
  if (status != LUA_ERRRUN || failure_.text.empty()) {
    const char* text = lua_tostring(lua, -1);
    failure_ = {};
    failure_.text = text != nullptr ? text : "the script failed without a text";
    if (status == LUA_ERRMEM) failure_.text = "the script uses more than 256 MiB of memory";
  }
  lua_settop(lua, function - 1);
  fail();
}

std::string LuaScript::source_line(const std::string& file, int number) const {
  // A module's chunk is named by its path below the folder, the script by its file name.
  std::ifstream in(folder() / file);
  std::string line;
  for (int i = 0; i < number; ++i) {
    if (!std::getline(in, line)) return "";
  }
  return line;
}

namespace {

// __index of our objects: methods are upvalue 1, the class's name is upvalue 2.
int index_method(lua_State* lua) {
  lua_pushvalue(lua, 2);
  if (lua_gettable(lua, lua_upvalueindex(1)) != LUA_TNIL) return 1;
  const std::string wanted = luaL_tolstring(lua, 2, nullptr);
  std::vector<std::string> known;
  lua_pushnil(lua);
  while (lua_next(lua, lua_upvalueindex(1)) != 0) {
    lua_pop(lua, 1);
    known.emplace_back(lua_tostring(lua, -1));
  }
  std::ranges::sort(known);
  throw UsageError(std::string("a ") + lua_tostring(lua, lua_upvalueindex(2)) + " has no '" +
                   wanted + "'" + did_you_mean(wanted, known));
}

}  // namespace

void register_class(lua_State* lua, const char* name, const luaL_Reg* methods) {
  luaL_newmetatable(lua, name);
  lua_newtable(lua);
  for (const luaL_Reg* method = methods; method->name != nullptr; ++method) {
    const bool meta = std::string_view(method->name).starts_with("__");
    lua_pushcfunction(lua, method->func);
    lua_setfield(lua, meta ? -3 : -2, method->name);
  }
  lua_pushstring(lua, name);
  lua_pushcclosure(lua, bound<&index_method>, 2);
  lua_setfield(lua, -2, "__index");
  // getmetatable() shows this text: scripts cannot take a __gc and call it.
  lua_pushstring(lua, name);
  lua_setfield(lua, -2, "__metatable");
  lua_pop(lua, 1);
}

}  // namespace emu
