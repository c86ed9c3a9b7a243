// A Lua 5.4 state for test scripts, closed off and the same on every run: no files, no processes,
// no clock, no binary chunks, `require` from the script's own folder only; pairs() goes by sorted
// keys and math.random starts from one seed, because Lua's own choices depend on addresses. A
// counting hook ends loops that never come back to the machine, an allocator with a limit ends
// those that eat memory.
// Linked against the C++ build of Lua: its errors are exceptions and run destructors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <lua.hpp>
#include <memory>
#include <string>
#include <string_view>

namespace emu {

class TestContext;

// What a failed script says, and where: "boot.lua:12".
struct LuaFailure {
  std::string text;  // without the place
  std::string file;  // empty: nowhere in particular
  int line = 0;
  std::string function;  // the call that failed, for the caret
  std::string trail;     // the calls that led there, outermost last; one a line
  int exit_code = 1;
};

class LuaScript {
 public:
  // Reads nothing yet. `print` gets whole lines.
  LuaScript(std::filesystem::path file, std::function<void(const std::string&)> print);
  ~LuaScript();
  LuaScript(const LuaScript&) = delete;
  LuaScript& operator=(const LuaScript&) = delete;

  lua_State* state() { return state_.get(); }
  const std::filesystem::path& file() const { return file_; }
  std::filesystem::path folder() const { return file_.parent_path(); }
  // A script's file name: beside the script when it is there, else as the caller's folder has it.
  std::string resolve(const std::string& name) const;

  // Runs the file. Throws LuaFailure.
  void load();
  // Calls the function below its `arguments` on the stack and drops its results. Throws
  // LuaFailure.
  void call(int arguments);

  // The host's own interruptions: called now and then while Lua code runs; may throw.
  std::function<void()> on_pulse;
  // The machine moved: a loop around it is not an endless one.
  void progressed() { spent_ = 0; }
  // For the next error of a binding: what kind of end it is.
  void note_error(const std::string& text, int exit_code);

  // The test whose functions run, if any.
  TestContext* context = nullptr;

  // The `number`-th line of the script or of a module beside it; empty when there is none.
  std::string source_line(const std::string& file, int number) const;

  static LuaScript& of(lua_State* lua) {
    return **static_cast<LuaScript**>(lua_getextraspace(lua));
  }

 private:
  static void* allocate(void* self, void* block, std::size_t old_size, std::size_t new_size);
  static void hook(lua_State* lua, lua_Debug* activation);
  static int message_handler(lua_State* lua);
  static int require(lua_State* lua);
  static int load_text(lua_State* lua);
  static int sorted_pairs(lua_State* lua);
  static int sorted_next(lua_State* lua);
  static int random_seed(lua_State* lua);
  static int print(lua_State* lua);

  void open_libraries();
  void load_file(lua_State* lua, const std::filesystem::path& file, const std::string& name);
  [[noreturn]] void fail();

  struct Close {
    void operator()(lua_State* lua) const { lua_close(lua); }
  };

  std::filesystem::path file_;
  std::function<void(const std::string&)> print_;
  std::size_t allocated_ = 0;
  std::uint64_t spent_ = 0;  // instructions of the Lua machine since the guest last moved
  LuaFailure failure_;
  std::string noted_text_;
  int noted_code_ = 1;
  std::unique_ptr<lua_State, Close> state_;
};

// Raises what a C++ function threw as a Lua error at the caller's line.
int raise_in_lua(lua_State* lua, const std::exception& error);

// A binding: no C++ exception of ours may cross Lua's frames as it is, or Lua would report an error
// without a text. Lua's own pass through.
template <lua_CFunction Function>
int bound(lua_State* lua) {
  try {
    return Function(lua);
  } catch (const std::exception& error) {
    raise_in_lua(lua, error);
  }
  return lua_error(lua);
}

// Objects of C++ in Lua: shared, with methods, and an error that names the nearest method for
// what they do not have.
void register_class(lua_State* lua, const char* name, const luaL_Reg* methods);

template <class T>
void push_object(lua_State* lua, const char* class_name, std::shared_ptr<T> object) {
  void* place = lua_newuserdatauv(lua, sizeof(std::shared_ptr<T>), 0);
  new (place) std::shared_ptr<T>(std::move(object));
  luaL_setmetatable(lua, class_name);
}

template <class T>
std::shared_ptr<T>& object_at(lua_State* lua, int index, const char* class_name) {
  return *static_cast<std::shared_ptr<T>*>(luaL_checkudata(lua, index, class_name));
}

template <class T>
int collect_object(lua_State* lua) {
  static_cast<std::shared_ptr<T>*>(lua_touserdata(lua, 1))->~shared_ptr<T>();
  return 0;
}

}  // namespace emu
