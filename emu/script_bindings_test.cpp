// t: everything about the test itself.
#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "emu/digest.h"
#include "emu/golden.h"
#include "emu/image_command.h"
#include "emu/run_options.h"
#include "emu/script_bindings.h"
#include "emu/script_config.h"
#include "emu/session.h"
#include "emu/units.h"
#include "storage/format.h"

namespace emu {

namespace {

TestContext& test_at(lua_State* lua) {
  return **static_cast<TestContext**>(luaL_checkudata(lua, 1, kTestClass));
}

// A value as a person would write it.
std::string shown(lua_State* lua, int index) {
  std::size_t size = 0;
  if (lua_type(lua, index) != LUA_TSTRING) {
    const char* text = luaL_tolstring(lua, index, &size);
    std::string out(text, size);
    lua_pop(lua, 1);
    return out;
  }
  const char* text = lua_tolstring(lua, index, &size);
  std::string out = "\"";
  constexpr std::size_t longest = 200;
  for (std::size_t i = 0; i < std::min(size, longest); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte == '\n') {
      out += "\\n";
    } else if (byte < 0x20 || byte == 0x7F) {
      constexpr std::string_view digits = "0123456789ABCDEF";
      out += {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
    } else {
      out += text[i];
    }
  }
  return out + (size > longest ? "\"..." : "\"");
}

// Tables are equal when what they hold is.
bool deep_equal(lua_State* lua, int a, int b, int depth) {
  if (lua_compare(lua, a, b, LUA_OPEQ) != 0) return true;
  if (lua_type(lua, a) != LUA_TTABLE || lua_type(lua, b) != LUA_TTABLE || depth > 20) return false;
  luaL_checkstack(lua, 8, "tables nested too deeply");
  a = lua_absindex(lua, a);
  b = lua_absindex(lua, b);
  std::size_t count = 0;
  bool equal = true;
  lua_pushnil(lua);
  while (equal && lua_next(lua, a) != 0) {
    ++count;
    lua_pushvalue(lua, -2);
    lua_gettable(lua, b);
    equal = deep_equal(lua, lua_gettop(lua) - 1, lua_gettop(lua), depth + 1);
    lua_pop(lua, equal ? 2 : 3);
  }
  if (!equal) return false;
  lua_pushnil(lua);
  while (lua_next(lua, b) != 0) {
    lua_pop(lua, 1);
    if (count-- == 0) {
      lua_pop(lua, 1);
      return false;
    }
  }
  return count == 0;
}

int verdict(lua_State* lua, bool good, const std::string& text, int message_index) {
  if (!good) {
    const bool has_message = lua_type(lua, message_index) == LUA_TSTRING;
    test_at(lua).fail_softly(
        lua, (has_message ? std::string(lua_tostring(lua, message_index)) + ": " : std::string()) +
                 text);
  }
  lua_pushboolean(lua, good ? 1 : 0);
  return 1;
}

int test_eq(lua_State* lua) {
  test_at(lua);
  luaL_checkany(lua, 3);
  const bool equal = deep_equal(lua, 2, 3, 0);
  return verdict(lua, equal, equal ? "" : "is " + shown(lua, 2) + ", expected " + shown(lua, 3), 4);
}

int test_ok(lua_State* lua) {
  luaL_checkany(lua, 2);
  return verdict(lua, lua_toboolean(lua, 2) != 0,
                 "is " + shown(lua, 2) + ", expected something true", 3);
}

int test_lt(lua_State* lua) {
  luaL_checkany(lua, 3);
  const bool less = lua_compare(lua, 2, 3, LUA_OPLT) != 0;
  return verdict(lua, less, "is " + shown(lua, 2) + ", expected less than " + shown(lua, 3), 4);
}

// t:match(text, pattern): captures, or the match, or false.
int test_match(lua_State* lua) {
  luaL_checkstring(lua, 2);
  luaL_checkstring(lua, 3);
  lua_settop(lua, 4);
  lua_getglobal(lua, LUA_STRLIBNAME);
  lua_getfield(lua, -1, "match");
  lua_remove(lua, -2);
  lua_pushvalue(lua, 2);
  lua_pushvalue(lua, 3);
  const int before = lua_gettop(lua) - 3;
  lua_call(lua, 2, LUA_MULTRET);
  if (!lua_isnil(lua, before + 1)) return lua_gettop(lua) - before;
  return verdict(lua, false, shown(lua, 2) + " does not match the pattern " + shown(lua, 3), 4);
}

// Ends the test when the value is false; t:must(t:eq(...)) is the usual form.
int test_must(lua_State* lua) {
  TestContext& context = test_at(lua);
  luaL_checkany(lua, 2);
  if (lua_toboolean(lua, 2) != 0) {
    lua_settop(lua, 2);
    return 1;
  }
  const std::string text = luaL_optstring(lua, 3, "the test cannot go on without this");
  if (context.result().outcome == TestOutcome::failed && lua_isnoneornil(lua, 3)) {
    throw ScriptError(kExitExpectation, "stopped here, because of what failed before");
  }
  throw ScriptError(kExitExpectation, text);
}

int test_fail(lua_State* lua) {
  throw ScriptError(kExitExpectation, string_at(lua, 2));
}

int test_skip(lua_State* lua) {
  throw SkipTest(string_at(lua, 2));
}

int test_log(lua_State* lua) {
  std::string line;
  for (int i = 2; i <= lua_gettop(lua); ++i) {
    std::size_t size = 0;
    const char* text = luaL_tolstring(lua, i, &size);
    line += (i > 2 ? "\t" : "") + std::string(text, size);
    lua_pop(lua, 1);
  }
  TestContext& context = test_at(lua);
  context.log(line);
  for (const auto& machine : context.machines()) machine->note("log " + line);
  return 0;
}

int test_machine(lua_State* lua) {
  TestContext& context = test_at(lua);
  Config usual;
  usual.engine = context.options().engine.value_or(usual.engine);
  push_object(lua, kMachineClass, context.add_machine(config_from_table(lua, 2, usual)));
  return 1;
}

// t:param(name, default): what -D gave.
int test_param(lua_State* lua) {
  const std::string name = string_at(lua, 2);
  const auto& params = test_at(lua).options().params;
  if (const auto found = params.find(name); found != params.end()) {
    push_string(lua, found->second);
    return 1;
  }
  if (lua_isnoneornil(lua, 3)) {
    throw UsageError("parameter '" + name + "' is missing: platter test ... -D " + name + "=VALUE");
  }
  lua_settop(lua, 3);
  return 1;
}

// t:need(path): the path when there is such a file, else the test is skipped.
int test_need(lua_State* lua) {
  const std::string name = string_at(lua, 2);
  const std::string path = LuaScript::of(lua).resolve(name);
  std::error_code error;
  if (!std::filesystem::exists(path, error)) throw SkipTest("no file '" + name + "'");
  push_string(lua, path);
  return 1;
}

// "raw,64M", "vmdk,subformat=monolithicFlat,64M"
void create_image(const std::string& path, const std::string& words,
                  const std::shared_ptr<storage::IdSource>& ids) {
  const std::size_t first = words.find(',');
  const std::size_t last = words.rfind(',');
  const auto size = first == std::string::npos
                        ? std::optional<std::uint64_t>()
                        : parse_size(std::string_view(words).substr(last + 1));
  if (!size || *size == 0 || *size % storage::kSectorSize != 0) {
    throw UsageError("create = '" + words + "' must be FORMAT,SIZE such as raw,64M");
  }
  const storage::FormatDriver& format = storage::require_format(path, words.substr(0, first));
  if (format.create == nullptr) {
    throw UsageError("create = '" + words + "': " + std::string(format.name) +
                     " images cannot be created");
  }
  storage::CreateOptions options;
  options.sectors = *size / storage::kSectorSize;
  if (last > first) options.options.parse(path, words.substr(first + 1, last - first - 1));
  storage::OpenOptions surroundings;
  surroundings.ids = ids;
  storage::create_image(storage::PosixDirectory::place_of(path, storage::host_rules(surroundings)),
                        format, options, surroundings);
}

void write_file(const std::filesystem::path& path, std::string_view content) {
  std::ofstream out(path, std::ios::binary);
  out.write(content.data(), static_cast<std::streamsize>(content.size()));
  out.flush();
  if (!out) throw UsageError("cannot write '" + path.string() + "'");
}

// t:tmp(name, {create = "raw,64M"} or {copy = file} or {content = text}): a path that is gone after
// the test.
int test_tmp(lua_State* lua) {
  TestContext& context = test_at(lua);
  const std::string name = string_at(lua, 2);
  if (name.empty() || name == "." || name == ".." || name.find('/') != std::string::npos) {
    throw UsageError("tmp '" + name + "' must be a plain file name");
  }
  const std::filesystem::path path = context.temp_folder() / name;
  if (lua_istable(lua, 3)) {
    lua_pushnil(lua);
    while (lua_next(lua, 3) != 0) {
      const std::string key = lua_type(lua, -2) == LUA_TSTRING ? lua_tostring(lua, -2) : "";
      const std::string value = string_at(lua, lua_gettop(lua));
      if (key == "create") {
        create_image(path.string(), value, context.ids());
      } else if (key == "copy") {
        std::filesystem::copy_file(context.script().resolve(value), path);
        std::filesystem::permissions(path, std::filesystem::perms::owner_write,
                                     std::filesystem::perm_options::add);
      } else if (key == "content") {
        write_file(path, value);
      } else {
        throw UsageError("tmp: unknown key '" + key + "'; known: create, copy, content");
      }
      lua_pop(lua, 1);
    }
  }
  push_string(lua, path.string());
  return 1;
}

GoldenOptions golden_options(lua_State* lua, int table) {
  GoldenOptions options;
  lua_getfield(lua, table, "tolerance");
  const lua_Integer tolerance = luaL_optinteger(lua, -1, 0);
  if (tolerance < 0 || tolerance > 255) throw UsageError("tolerance must be 0 to 255");
  options.tolerance = static_cast<unsigned>(tolerance);
  lua_pop(lua, 1);
  if (lua_getfield(lua, table, "mask") == LUA_TTABLE) {
    for (lua_Integer i = 1; i <= luaL_len(lua, -1); ++i) {
      if (lua_geti(lua, -1, i) != LUA_TTABLE) throw UsageError("mask = {{x,y,w,h}, ...}");
      std::array<std::uint32_t, 4> box{};
      for (std::size_t side = 0; side < box.size(); ++side) {
        lua_geti(lua, -1, static_cast<lua_Integer>(side + 1));
        const lua_Integer value = luaL_checkinteger(lua, -1);
        if (value < 0 || value > 0xFFFF) throw UsageError("mask = {{x,y,w,h}, ...}");
        box[side] = static_cast<std::uint32_t>(value);
        lua_pop(lua, 1);
      }
      options.masks.push_back({box[0], box[1], box[2], box[3]});
      lua_pop(lua, 1);
    }
  }
  lua_pop(lua, 1);
  return options;
}

void compare_with_golden(lua_State* lua, TestContext& context, const Picture& picture,
                         const std::string& name, int options_index) {
  lua_getfield(lua, options_index, "golden");
  const std::string golden_name = string_at(lua, lua_gettop(lua));
  lua_pop(lua, 1);
  const GoldenOptions options = golden_options(lua, options_index);
  // A golden picture that does not exist yet belongs beside the script.
  std::filesystem::path file = context.script().resolve(golden_name);
  std::error_code error;
  const bool exists = std::filesystem::exists(file, error);
  if (!exists && !file.is_absolute()) file = context.script().folder() / file;
  if (!exists && !context.options().update_golden) {
    return context.fail_softly(
        lua, "no golden picture '" + file.string() + "'; platter test --update-golden makes it");
  }
  std::optional<GoldenDifference> difference;
  if (exists) difference = compare_pictures(picture, read_picture(file), options);
  if (exists && !difference) return;
  if (context.options().update_golden) {
    if (!file.parent_path().empty()) std::filesystem::create_directories(file.parent_path());
    write_picture(file, picture);
    context.log("golden picture " + file.string() + (exists ? " renewed" : " made"));
    return;
  }
  std::string text = "screenshot '" + name + "' is not " + golden_name + ": " + difference->text;
  if (difference->picture.width != 0) {
    if (const auto place = context.artifact(name + "-diff.png")) {
      write_picture(*place, difference->picture);
      text += "; see " + place->string();
    }
  }
  context.fail_softly(lua, text + " (--update-golden takes the new one)");
}

int test_screenshot(lua_State* lua) {
  TestContext& context = test_at(lua);
  take_screenshot(lua, context, context.machine(), 2);
  return 0;
}

int test_name(lua_State* lua) {
  push_string(lua, test_at(lua).result().spec.name);
  return 1;
}

// t:image{verb, word, ...}: what the verb printed, and its exit code, which says more than good or
// bad for some of them. What cannot run at all ends the test.
int test_image(lua_State* lua) {
  luaL_checktype(lua, 2, LUA_TTABLE);
  std::vector<std::string> words;
  for (lua_Integer i = 1; i <= luaL_len(lua, 2); ++i) {
    lua_geti(lua, 2, i);
    words.push_back(string_at(lua, lua_gettop(lua)));
    lua_pop(lua, 1);
  }
  std::istringstream in;
  std::ostringstream out;
  std::ostringstream err;
  const TestContext& context = test_at(lua);
  const std::atomic<bool>* const interrupted = context.options().interrupted;
  const int code = image_tool::run_image_command(
      words, {.in = in,
              .out = out,
              .err = err,
              .interrupted = [interrupted] { return interrupted != nullptr && *interrupted; },
              .ids = context.ids()});
  // [qemu-img] check answers 2 and 3 for what it found, compare 1 for a difference.
  const bool verdict = !words.empty() && (words[0] == "check" || words[0] == "compare");
  if (code != 0 && !(verdict && err.str().empty())) {
    std::string text = err.str();
    while (text.ends_with('\n')) text.pop_back();
    throw ScriptError(kExitHostError,
                      text.empty() ? "the verb ended with " + std::to_string(code) : text);
  }
  push_string(lua, out.str());
  lua_pushinteger(lua, code);
  return 2;
}

// SHA-256 of a text: to compare contents without printing them.
int test_sha256(lua_State* lua) {
  const std::string text = string_at(lua, 2);
  Digest digest;
  digest.add({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  push_string(lua, digest.hex());
  return 1;
}

}  // namespace

void take_screenshot(lua_State* lua, TestContext& context, ScriptMachine& machine, int index) {
  const std::string name = string_at(lua, index);
  if (name.empty() || name.find('/') != std::string::npos) {
    throw UsageError("screenshot '" + name + "' must be a plain name");
  }
  const Picture picture = machine.machine().picture();
  if (const auto place = context.artifact(name + ".png")) write_picture(*place, picture);
  machine.note("screenshot " + name);
  if (!lua_istable(lua, index + 1)) return;
  const bool has_golden = lua_getfield(lua, index + 1, "golden") != LUA_TNIL;
  lua_pop(lua, 1);
  if (has_golden) compare_with_golden(lua, context, picture, name, index + 1);
}

TestContext& context_of(lua_State* lua) {
  TestContext* context = LuaScript::of(lua).context;
  if (context == nullptr) throw ScriptError(kExitExpectation, "no test is running");
  return *context;
}

Running::Running(lua_State* lua) : context_(context_of(lua)), before_(context_.lua) {
  context_.lua = lua;
}

Running::~Running() {
  context_.lua = before_;
  context_.script().progressed();
}

devices::Nanoseconds seconds_at(lua_State* lua, int index) {
  if (lua_type(lua, index) == LUA_TSTRING) {
    const std::string text = lua_tostring(lua, index);
    if (const auto value = parse_duration(text)) return *value;
    throw UsageError("'" + text + "' is not a time such as 2, 0.5 or \"500ms\"");
  }
  const double seconds = luaL_checknumber(lua, index);
  constexpr double longest = 1e9;
  if (!(seconds >= 0) || seconds > longest) {
    throw UsageError("a time must be 0 to 1e9 seconds");
  }
  return static_cast<devices::Nanoseconds>(
      std::llround(seconds * static_cast<double>(devices::kSecond)));
}

devices::Nanoseconds seconds_or(lua_State* lua, int index, devices::Nanoseconds otherwise) {
  return lua_isnoneornil(lua, index) ? otherwise : seconds_at(lua, index);
}

std::string string_at(lua_State* lua, int index) {
  std::size_t size = 0;
  const char* text = luaL_checklstring(lua, index, &size);
  return {text, size};
}

void push_test(lua_State* lua, TestContext& context) {
  *static_cast<TestContext**>(lua_newuserdatauv(lua, sizeof(TestContext*), 0)) = &context;
  luaL_setmetatable(lua, kTestClass);
}

void register_test_class(lua_State* lua) {
  constexpr std::array<luaL_Reg, 17> methods = {{
      {"machine", bound<test_machine>},
      {"tmp", bound<test_tmp>},
      {"param", bound<test_param>},
      {"need", bound<test_need>},
      {"image", bound<test_image>},
      {"eq", bound<test_eq>},
      {"ok", bound<test_ok>},
      {"lt", bound<test_lt>},
      {"match", bound<test_match>},
      {"must", bound<test_must>},
      {"fail", bound<test_fail>},
      {"skip", bound<test_skip>},
      {"log", bound<test_log>},
      {"screenshot", bound<test_screenshot>},
      {"name", bound<test_name>},
      {"sha256", bound<test_sha256>},
      {nullptr, nullptr},
  }};
  register_class(lua, kTestClass, methods.data());
}

}  // namespace emu
