#include "emu/script_runner.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "emu/artifacts.h"
#include "emu/digest.h"
#include "emu/run_options.h"
#include "emu/script_bindings.h"
#include "emu/session.h"

namespace emu {

namespace {

struct Registered {
  TestSpec spec;
  int function;  // reference in the Lua registry
};

std::vector<Registered>& registered(lua_State* lua) {
  return *static_cast<std::vector<Registered>*>(lua_touserdata(lua, lua_upvalueindex(1)));
}

void read_options(lua_State* lua, int table, TestSpec& spec) {
  lua_pushnil(lua);
  while (lua_next(lua, table) != 0) {
    const int value = lua_gettop(lua);
    const std::string key = lua_type(lua, -2) == LUA_TSTRING ? lua_tostring(lua, -2) : "";
    if (key == "timeout") {
      spec.timeout = seconds_at(lua, value);
    } else if (key == "wall_timeout") {
      spec.wall_timeout = std::chrono::nanoseconds(seconds_at(lua, value));
    } else if (key == "skip") {
      if (lua_toboolean(lua, value) != 0) {
        spec.skip = lua_type(lua, value) == LUA_TSTRING ? lua_tostring(lua, value) : "skipped";
      }
    } else if (key == "tags" && lua_istable(lua, value)) {
      for (lua_Integer i = 1; i <= luaL_len(lua, value); ++i) {
        lua_geti(lua, value, i);
        spec.tags.push_back(string_at(lua, lua_gettop(lua)));
        lua_pop(lua, 1);
      }
    } else {
      throw UsageError("test options: unknown key '" + key +
                       "'; known: timeout, wall_timeout, tags, skip");
    }
    lua_pop(lua, 1);
  }
}

// test(name, [opts,] fn)
int state_test(lua_State* lua) {
  std::vector<Registered>& tests = registered(lua);
  TestSpec spec;
  spec.file = LuaScript::of(lua).file();
  spec.name = string_at(lua, 1);
  spec.index = tests.size();
  const int function = lua_isfunction(lua, 2) ? 2 : 3;
  luaL_checktype(lua, function, LUA_TFUNCTION);
  if (function == 3 && !lua_isnil(lua, 2)) {
    luaL_checktype(lua, 2, LUA_TTABLE);
    read_options(lua, 2, spec);
  }
  for (const Registered& other : tests) {
    if (other.spec.name == spec.name) throw UsageError("two tests named '" + spec.name + "'");
  }
  lua_Debug activation{};
  if (lua_getstack(lua, 1, &activation) != 0) {
    lua_getinfo(lua, "l", &activation);
    spec.line = activation.currentline;
  }
  lua_pushvalue(lua, function);
  tests.push_back({std::move(spec), luaL_ref(lua, LUA_REGISTRYINDEX)});
  return 0;
}

// A file with its tests, ready to be called.
struct LoadedScript {
  LoadedScript(const std::filesystem::path& file, const ScriptOptions& options,
               std::function<void(const std::string&)> print)
      : script(file, std::move(print)) {
    lua_State* lua = script.state();
    register_test_class(lua);
    register_machine_class(lua);
    register_disk_class(lua);
    register_console_class(lua);
    lua_pushlightuserdata(lua, &tests);
    lua_pushcclosure(lua, bound<state_test>, 1);
    lua_setglobal(lua, "test");
    ScriptLimits limits;
    limits.interrupted = options.interrupted;
    script.on_pulse = [limits] { limits.check_host(); };
    script.load();
  }

  std::vector<Registered> tests;
  LuaScript script;
};

void note_failure(TestResult& result, const LuaScript& script, const LuaFailure& failure) {
  if (failure.exit_code == kSkippedTest) {
    // What failed before the skip stays a failure.
    if (result.outcome == TestOutcome::failed) return;
    result.outcome = TestOutcome::skipped;
    result.skip_reason = failure.text;
    return;
  }
  if (result.exit_code == 0) result.exit_code = failure.exit_code;
  result.outcome = TestOutcome::failed;
  result.failures.push_back(describe_failure(script, failure));
}

// The screen and the artifacts show the state it failed in.
void keep_evidence(TestContext& context) {
  TestResult& result = context.result();
  if (result.outcome != TestOutcome::failed) return;
  for (const auto& machine : context.machines()) {
    if (machine->on() && result.screen.empty()) result.screen = screen_text(machine->machine());
  }
  try {
    write_artifacts(context);
  } catch (const std::exception& error) {
    result.failures.push_back(std::string("artifacts: ") + error.what() + "\n");
  }
}

void switch_off(TestContext& context) {
  TestResult& result = context.result();
  Digest digest;
  for (const auto& machine : context.machines()) {
    try {
      machine->power_off();
    } catch (const ScriptError& error) {
      result.outcome = TestOutcome::failed;
      if (result.exit_code == 0) result.exit_code = error.exit_code();
      result.failures.push_back(std::string(error.what()) + "\n");
    }
    const ScriptMachine::Figures figures = machine->figures();
    result.instructions += figures.instructions;
    result.guest_time += figures.guest_time;
    digest.add({reinterpret_cast<const std::uint8_t*>(figures.hash.data()), figures.hash.size()});
  }
  result.hash = digest.hex();
}

void run_in(LoadedScript& loaded, TestContext& context) {
  lua_State* lua = loaded.script.state();
  loaded.script.on_pulse = [limits = context.limits()] { limits.check_host(); };
  context.lua = lua;
  lua_rawgeti(lua, LUA_REGISTRYINDEX, loaded.tests.at(context.result().spec.index).function);
  push_test(lua, context);
  try {
    loaded.script.call(1);
  } catch (const LuaFailure& failure) {
    note_failure(context.result(), loaded.script, failure);
  }
  keep_evidence(context);
  switch_off(context);
}

}  // namespace

std::vector<TestSpec> list_tests(const std::filesystem::path& file, const ScriptOptions& options) {
  LoadedScript loaded(file, options, [](const std::string&) {});
  std::vector<TestSpec> specs;
  specs.reserve(loaded.tests.size());
  for (Registered& test : loaded.tests) specs.push_back(std::move(test.spec));
  return specs;
}

TestResult run_test(const TestSpec& spec, const ScriptOptions& options) {
  TestResult result;
  result.spec = spec;
  if (spec.skip) {
    result.outcome = TestOutcome::skipped;
    result.skip_reason = *spec.skip;
    return result;
  }
  const auto began = std::chrono::steady_clock::now();
  try {
    LoadedScript loaded(spec.file, options,
                        [&](const std::string& line) { result.log.push_back(line); });
    TestContext context(loaded.script, options, result);
    run_in(loaded, context);
  } catch (const LuaFailure& failure) {
    result.outcome = TestOutcome::failed;
    result.exit_code = kExitUsage;
    result.failures.push_back(failure.file + ":" + std::to_string(failure.line) + ": " +
                              failure.text + "\n");
  } catch (const std::exception& error) {
    result.outcome = TestOutcome::failed;
    result.exit_code = kExitHostError;
    result.failures.push_back(std::string(error.what()) + "\n");
  }
  result.host_seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  return result;
}

}  // namespace emu
