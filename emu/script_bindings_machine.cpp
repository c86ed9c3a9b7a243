// m: a machine and its guest.
#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <ranges>
#include <string>
#include <vector>

#include "emu/command_line.h"
#include "emu/drive_tap.h"
#include "emu/nearest.h"
#include "emu/run_options.h"
#include "emu/script_bindings.h"
#include "emu/session.h"
#include "emu/utf8.h"

namespace emu {

namespace {

using devices::kSecond;
using devices::Nanoseconds;

constexpr Nanoseconds kExpectTime = 30 * kSecond;
constexpr lua_Integer kLargestPeek = 1 << 20;

std::shared_ptr<ScriptMachine>& shared_machine(lua_State* lua) {
  return object_at<ScriptMachine>(lua, 1, kMachineClass);
}
ScriptMachine& machine_at(lua_State* lua) {
  return *shared_machine(lua);
}

// A function of the script as something the machine can call. The reference is never given back:
// the Lua state ends with the test.
std::function<void(const std::function<void(lua_State*)>&)> lua_function(lua_State* lua, int index,
                                                                         int machine_index) {
  luaL_checktype(lua, index, LUA_TFUNCTION);
  lua_pushvalue(lua, index);
  const int function = luaL_ref(lua, LUA_REGISTRYINDEX);
  lua_pushvalue(lua, machine_index);
  const int self = luaL_ref(lua, LUA_REGISTRYINDEX);
  TestContext& context = context_of(lua);
  return [&context, function, self](const std::function<void(lua_State*)>& take) {
    lua_State* at = context.lua;
    luaL_checkstack(at, 4, "too many calls");
    lua_rawgeti(at, LUA_REGISTRYINDEX, function);
    lua_rawgeti(at, LUA_REGISTRYINDEX, self);
    lua_call(at, 1, 1);
    if (take) take(at);
    lua_pop(at, 1);
  };
}

// ---- waiting for text ----

std::string quoted(const std::string& text) {
  return "\"" + text + "\"";
}

// Texts as an argument: one, or a list of them.
std::vector<std::string> texts_at(lua_State* lua, int index) {
  if (!lua_istable(lua, index)) return {string_at(lua, index)};
  std::vector<std::string> texts;
  for (lua_Integer i = 1; i <= luaL_len(lua, index); ++i) {
    lua_geti(lua, index, i);
    texts.push_back(string_at(lua, lua_gettop(lua)));
    lua_pop(lua, 1);
  }
  if (texts.empty()) throw UsageError("an empty list of texts never comes");
  return texts;
}

std::string list_of(const std::vector<std::string>& texts) {
  std::string list;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    list += (i == 0 ? "" : " or ") + quoted(texts[i]);
  }
  return list;
}

std::vector<ScreenWatch::Finder> text_finders(const std::vector<std::string>& texts) {
  std::vector<ScreenWatch::Finder> finders;
  for (const std::string& text : texts) {
    if (text.empty()) throw UsageError("an empty text is always there");
    finders.push_back(ScreenWatch::text_finder(from_utf8(text)));
  }
  return finders;
}

int push_match(lua_State* lua, const ScreenWatch::Match& match) {
  push_string(lua, to_utf8(match.text));
  lua_pushinteger(lua, static_cast<lua_Integer>(match.which + 1));
  return 2;
}

// m:expect(text or {a, b, ...}, s): a list is a sequence, each after the one before.
int machine_expect(lua_State* lua) {
  ScriptMachine& machine = machine_at(lua);
  const std::vector<std::string> texts = texts_at(lua, 2);
  const Nanoseconds within = seconds_or(lua, 3, kExpectTime);
  const Running running(lua);
  const Nanoseconds end = machine.machine().now() + within;
  const std::vector<ScreenWatch::Finder> finders = text_finders(texts);
  ScreenWatch::Match match;
  for (std::size_t i = 0; i < finders.size(); ++i) {
    const Nanoseconds now = machine.machine().now();
    match = machine.expect({&finders[i], 1}, end > now ? end - now : 0, quoted(texts[i]));
    match.which = i;
  }
  return push_match(lua, match);
}

// m:expect_any({a, b, ...}, s): whichever comes first.
int machine_expect_any(lua_State* lua) {
  ScriptMachine& machine = machine_at(lua);
  const std::vector<std::string> texts = texts_at(lua, 2);
  const Nanoseconds within = seconds_or(lua, 3, kExpectTime);
  const Running running(lua);
  return push_match(lua, machine.expect(text_finders(texts), within, list_of(texts)));
}

// string.find of the script's own Lua on one row. Patterns count bytes, rows count characters.
ScreenWatch::Finder pattern_finder(TestContext& context, const std::string& pattern) {
  return [&context, pattern](const std::u32string& row,
                             std::size_t from) -> std::optional<ScreenWatch::Span> {
    lua_State* lua = context.lua;
    luaL_checkstack(lua, 8, "too many calls");
    const int before = lua_gettop(lua);
    const std::string head = to_utf8(std::u32string_view(row).substr(0, from));
    const std::string whole = head + to_utf8(std::u32string_view(row).substr(from));
    lua_getglobal(lua, LUA_STRLIBNAME);
    lua_getfield(lua, -1, "find");
    push_string(lua, whole);
    push_string(lua, pattern);
    lua_pushinteger(lua, static_cast<lua_Integer>(head.size() + 1));
    lua_call(lua, 3, LUA_MULTRET);
    std::optional<ScreenWatch::Span> span;
    if (lua_gettop(lua) >= before + 3 && lua_isinteger(lua, before + 2) != 0) {
      const auto first = static_cast<std::size_t>(lua_tointeger(lua, before + 2)) - 1;
      const auto last = static_cast<std::size_t>(lua_tointeger(lua, before + 3));
      const std::string_view text(whole);
      span = {from_utf8(text.substr(0, first)).size(), from_utf8(text.substr(0, last)).size()};
      if (span->end <= span->begin) span.reset();
    }
    lua_settop(lua, before);
    return span;
  };
}

// m:expect_re(pattern, s): a Lua pattern; returns its captures, or the match when it has none.
int machine_expect_re(lua_State* lua) {
  ScriptMachine& machine = machine_at(lua);
  const std::string pattern = string_at(lua, 2);
  const Nanoseconds within = seconds_or(lua, 3, kExpectTime);
  const Running running(lua);
  const ScreenWatch::Finder finder = pattern_finder(context_of(lua), pattern);
  const ScreenWatch::Match match =
      machine.expect({&finder, 1}, within, "match of pattern " + quoted(pattern));
  const int before = lua_gettop(lua);
  lua_getglobal(lua, LUA_STRLIBNAME);
  lua_getfield(lua, -1, "match");
  lua_remove(lua, -2);
  push_string(lua, to_utf8(match.text));
  push_string(lua, pattern);
  lua_call(lua, 2, LUA_MULTRET);
  return lua_gettop(lua) - before;
}

// ---- input ----

int machine_type(lua_State* lua) {
  ScriptMachine& machine = machine_at(lua);
  const std::string text = string_at(lua, 2);
  const Running running(lua);
  machine.type(text);
  return 0;
}

// m:key(chord, ...)
int machine_key(lua_State* lua) {
  ScriptMachine& machine = machine_at(lua);
  const Running running(lua);
  for (int i = 2; i <= lua_gettop(lua); ++i) machine.chord(string_at(lua, i));
  return 0;
}

// m:mouse(dx, dy, buttons): "l", "r", "m" together as a text; nil: none held.
int machine_mouse(lua_State* lua) {
  ScriptMachine& machine = machine_at(lua);
  MouseCommand command;
  const auto moved = [&](int index) {
    return static_cast<int>(std::clamp<lua_Integer>(luaL_optinteger(lua, index, 0), -32768, 32767));
  };
  command.dx = moved(2);
  command.dy = moved(3);
  for (const char button : std::string(luaL_optstring(lua, 4, ""))) {
    if (button == 'l') {
      command.left = true;
    } else if (button == 'r') {
      command.right = true;
    } else if (button == 'm') {
      command.middle = true;
    } else {
      throw UsageError("mouse buttons are l, r and m");
    }
  }
  command.wheel = moved(5);
  const Running running(lua);
  machine.mouse(command);
  return 0;
}

// ---- time ----

// True, or false and why the guest stopped before its time.
int machine_run(lua_State* lua) {
  ScriptMachine& machine = machine_at(lua);
  const Nanoseconds time = seconds_at(lua, 2);
  const Running running(lua);
  const bool stopped = machine.run_for(time) == ScriptMachine::Outcome::stopped;
  lua_pushboolean(lua, stopped ? 0 : 1);
  if (!stopped) return 1;
  push_string(lua, machine.describe_stop());
  return 2;
}

int machine_step(lua_State* lua) {
  ScriptMachine& machine = machine_at(lua);
  const lua_Integer count = luaL_optinteger(lua, 2, 1);
  constexpr lua_Integer most = 1'000'000'000;
  if (count < 1 || count > most) throw UsageError("step 1 to 1000000000 instructions");
  const Running running(lua);
  machine.step(static_cast<std::uint64_t>(count));
  return 0;
}

// m:history(on): keep what is needed to go back from now on, or no more.
int machine_history(lua_State* lua) {
  luaL_checktype(lua, 2, LUA_TBOOLEAN);
  machine_at(lua).keep_history(lua_toboolean(lua, 2) != 0);
  return 0;
}

// m:step_back(n): instructions back, repeated ones as one; false: the history begins before that.
int machine_step_back(lua_State* lua) {
  ScriptMachine& machine = machine_at(lua);
  const lua_Integer count = luaL_optinteger(lua, 2, 1);
  constexpr lua_Integer most = 1'000'000;
  if (count < 1 || count > most) throw UsageError("step back 1 to 1000000 instructions");
  const Running running(lua);
  lua_pushboolean(lua, machine.step_back(static_cast<std::uint64_t>(count)) ? 1 : 0);
  return 1;
}

// m:wait(fn, s): until fn(m) is true; what it answered.
int machine_wait(lua_State* lua) {
  ScriptMachine& machine = machine_at(lua);
  const auto call = lua_function(lua, 2, 1);
  const Nanoseconds within = seconds_or(lua, 3, kExpectTime);
  const Running running(lua);
  int answer = LUA_NOREF;
  machine.require(
      within, "answer from the function given to wait",
      [&] {
        bool done = false;
        call([&](lua_State* at) {
          done = lua_toboolean(at, -1) != 0;
          if (!done) return;
          lua_pushvalue(at, -1);
          answer = luaL_ref(at, LUA_REGISTRYINDEX);
        });
        return done;
      },
      ScriptMachine::Pace::often);
  lua_rawgeti(lua, LUA_REGISTRYINDEX, answer);
  luaL_unref(lua, LUA_REGISTRYINDEX, answer);
  return 1;
}

// m:wait_idle(s, still): until the guest only waits and the disks rest, for `still` (0.1 s) in a
// row.
int machine_wait_idle(lua_State* lua) {
  ScriptMachine& machine = machine_at(lua);
  const Nanoseconds within = seconds_or(lua, 2, kExpectTime);
  const Nanoseconds still = seconds_or(lua, 3, 100 * devices::kMillisecond);
  const Running running(lua);
  machine.wait_idle(within, still);
  return 0;
}

// m:wait_exit(s): the value that the guest writes to the exit port.
int machine_wait_exit(lua_State* lua) {
  ScriptMachine& machine = machine_at(lua);
  const Nanoseconds within = seconds_or(lua, 2, kExpectTime);
  const Running running(lua);
  machine.require(within, "write to the exit port",
                  [&] { return machine.machine().guest_exit().has_value(); });
  lua_pushinteger(lua, *machine.machine().guest_exit());
  return 1;
}

int machine_time(lua_State* lua) {
  const Nanoseconds now = machine_at(lua).machine().now();
  lua_pushnumber(lua, static_cast<double>(now) / static_cast<double>(kSecond));
  return 1;
}

int machine_instructions(lua_State* lua) {
  lua_pushinteger(lua, static_cast<lua_Integer>(machine_at(lua).machine().instructions()));
  return 1;
}

// m:tone(): what the speaker plays just now, in Hz; nil: nothing.
int machine_tone(lua_State* lua) {
  const std::optional<double> tone = machine_at(lua).machine().tone();
  if (!tone) return 0;
  lua_pushnumber(lua, *tone);
  return 1;
}

// ---- the screen ----

std::string row_text(std::u32string row) {
  const std::size_t last = row.find_last_not_of(U" \0");
  row.resize(last == std::u32string::npos ? 0 : last + 1);
  return to_utf8(row);
}

// m:screen(): all rows; m:screen(row): one, from 1.
int machine_screen(lua_State* lua) {
  const Machine& machine = machine_at(lua).machine();
  if (lua_isnoneornil(lua, 2)) {
    push_string(lua, screen_text(machine));
    return 1;
  }
  const std::vector<std::u32string> rows = machine.screen_rows();
  const lua_Integer row = luaL_checkinteger(lua, 2);
  if (row < 1 || static_cast<std::size_t>(row) > rows.size()) {
    throw UsageError("the screen has rows 1 to " + std::to_string(rows.size()));
  }
  push_string(lua, row_text(rows[static_cast<std::size_t>(row - 1)]));
  return 1;
}

int machine_screen_has(lua_State* lua) {
  const std::u32string text = from_utf8(string_at(lua, 2));
  const std::vector<std::u32string> rows = machine_at(lua).machine().screen_rows();
  const bool there = std::ranges::any_of(
      rows, [&](const std::u32string& row) { return row.find(text) != std::u32string::npos; });
  lua_pushboolean(lua, there ? 1 : 0);
  return 1;
}

// m:cursor(): row and column from 1, and whether it shows.
int machine_cursor(lua_State* lua) {
  const devices::TextScreen screen = machine_at(lua).machine().text_screen();
  lua_pushinteger(lua, lua_Integer{screen.cursor_y} + 1);
  lua_pushinteger(lua, lua_Integer{screen.cursor_x} + 1);
  lua_pushboolean(lua, screen.cursor_visible ? 1 : 0);
  return 3;
}

// m:transcript(): what scrolled off, as far as it is kept, and the screen.
int machine_transcript(lua_State* lua) {
  std::string text;
  for (const std::u32string& row : machine_at(lua).watch().transcript()) {
    text += row_text(row) + "\n";
  }
  push_string(lua, text);
  return 1;
}

int machine_screenshot(lua_State* lua) {
  take_screenshot(lua, context_of(lua), machine_at(lua), 2);
  return 0;
}

// ---- media and power ----

int machine_insert(lua_State* lua) {
  ScriptMachine& machine = machine_at(lua);
  DriveConfig drive;
  drive.slot = parse_slot(string_at(lua, 2));
  drive.file = LuaScript::of(lua).resolve(string_at(lua, 3));
  if (!lua_isnoneornil(lua, 4)) drive.mode = parse_drive_mode(string_at(lua, 4));
  machine.insert(drive);
  return 0;
}

int machine_eject(lua_State* lua) {
  machine_at(lua).eject(parse_slot(string_at(lua, 2)));
  return 0;
}

int machine_reset(lua_State* lua) {
  machine_at(lua).reset();
  return 0;
}

int machine_poweroff(lua_State* lua) {
  machine_at(lua).power_off();
  return 0;
}

int machine_disk(lua_State* lua) {
  push_disk(lua, shared_machine(lua), parse_slot(string_at(lua, 2)));
  return 1;
}

int machine_serial(lua_State* lua) {
  const lua_Integer port = luaL_optinteger(lua, 2, 1);
  if (port != 1 && port != 2) throw UsageError("serial ports are 1 (COM1) and 2 (COM2)");
  push_console(lua, shared_machine(lua), port == 1 ? ConsoleId::com1 : ConsoleId::com2);
  return 1;
}

int machine_debug_port(lua_State* lua) {
  push_console(lua, shared_machine(lua), ConsoleId::debug_port);
  return 1;
}

// ---- inside ----

// m:mem(address, count): bytes as a string, as RAM and ROM have them. The address is linear, or
// "segment:offset" in hex.
int machine_mem(lua_State* lua) {
  ScriptMachine& machine = machine_at(lua);
  std::uint64_t address = 0;
  if (lua_type(lua, 2) == LUA_TSTRING) {
    address = parse_breakpoint("exec " + string_at(lua, 2)).first;
  } else {
    address = static_cast<std::uint64_t>(luaL_checkinteger(lua, 2));
  }
  const lua_Integer count = luaL_optinteger(lua, 3, 1);
  if (address > 0xFFFFFFFF || count < 0 || count > kLargestPeek) {
    throw UsageError("mem reads up to 1 MiB from an address of 32 bits");
  }
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(count));
  machine.machine().memory().peek(static_cast<std::uint32_t>(address), bytes);
  lua_pushlstring(lua, reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return 1;
}

std::map<std::string, std::uint32_t> registers_by_name(const cpu::Registers& r) {
  std::map<std::string, std::uint32_t> values;
  constexpr std::array<const char*, 8> wide = {"ax", "cx", "dx", "bx", "sp", "bp", "si", "di"};
  constexpr std::array<const char*, 8> bytes = {"al", "cl", "dl", "bl", "ah", "ch", "dh", "bh"};
  constexpr std::array<const char*, 6> segments = {"es", "cs", "ss", "ds", "fs", "gs"};
  for (std::size_t i = 0; i < wide.size(); ++i) {
    values[wide[i]] = r.general[i] & 0xFFFF;
    values[std::string("e") + wide[i]] = r.general[i];
    values[bytes[i]] = r.general[i % 4] >> (i / 4 * 8) & 0xFF;
  }
  for (std::size_t i = 0; i < segments.size(); ++i) values[segments[i]] = r.segments[i].selector;
  values["ip"] = r.eip & 0xFFFF;
  values["eip"] = r.eip;
  values["flags"] = r.eflags & 0xFFFF;
  values["eflags"] = r.eflags;
  values["cr0"] = r.cr0;
  values["cr2"] = r.cr2;
  values["cr3"] = r.cr3;
  return values;
}

int machine_reg(lua_State* lua) {
  const auto values = registers_by_name(machine_at(lua).machine().processor().registers());
  const std::string name = string_at(lua, 2);
  const auto found = values.find(name);
  if (found == values.end()) {
    const auto words = std::views::keys(values);
    const std::vector<std::string> known(words.begin(), words.end());
    throw UsageError("'" + name + "' is not a register" + did_you_mean(name, known));
  }
  lua_pushinteger(lua, found->second);
  return 1;
}

int machine_port_in(lua_State* lua) {
  const lua_Integer port = luaL_checkinteger(lua, 2);
  if (port < 0 || port > 0xFFFF) throw UsageError("ports are 0 to 0xFFFF");
  ScriptMachine& machine = machine_at(lua);
  lua_pushinteger(lua, machine.machine().read_port(static_cast<std::uint16_t>(port)));
  return 1;
}

// m:brk(text, fn): fn(m) whenever it is hit; answers a number for m:unbrk().
int machine_brk(lua_State* lua) {
  ScriptMachine& machine = machine_at(lua);
  const std::string text = string_at(lua, 2);
  const auto call = lua_function(lua, 3, 1);
  lua_pushinteger(lua, machine.add_breakpoint(text, [call] { call({}); }));
  return 1;
}

// m:access(): the access to memory that the machine stopped behind; nil when it was none.
int machine_access(lua_State* lua) {
  const auto& hit = machine_at(lua).machine().memory_hit();
  if (!hit) {
    lua_pushnil(lua);
    return 1;
  }
  Fields fields(lua);
  fields.number("address", hit->access.linear);
  fields.number("physical", hit->access.physical);
  fields.number("size", hit->access.size);
  fields.number("before", hit->access.before);
  fields.number("after", hit->access.after);
  fields.number("cs", hit->cs);
  fields.number("ip", hit->eip);
  fields.flag("write", hit->access.write);
  return 1;
}

int machine_unbrk(lua_State* lua) {
  machine_at(lua).remove_breakpoint(static_cast<unsigned>(luaL_checkinteger(lua, 2)));
  return 0;
}

// How many entries to keep, from now on; nothing given: none, what there is is asked for.
std::optional<std::size_t> entries_at(lua_State* lua, int index) {
  if (lua_isnoneornil(lua, index)) return std::nullopt;
  constexpr lua_Integer most = 1 << 22;
  const lua_Integer count = luaL_checkinteger(lua, index);
  if (count < 0 || count > most) throw UsageError("keep 0 to 4194304 entries");
  return static_cast<std::size_t>(count);
}

// m:trace(n): keep the latest n instructions, 0: no more. m:trace(): what was kept, as lines.
int machine_trace(lua_State* lua) {
  Machine& machine = machine_at(lua).machine();
  if (const auto count = entries_at(lua, 2)) {
    machine.trace_instructions(*count);
    return 0;
  }
  lua_newtable(lua);
  const InstructionTrace* trace = machine.trace();
  if (trace == nullptr) return 1;
  const Disassembler disassembler;
  lua_Integer row = 0;
  for (const std::string& line :
       latest_lines(*trace, disassembler, "", trace->size(), trace->size())) {
    push_string(lua, line);
    lua_seti(lua, -2, ++row);
  }
  return 1;
}

// m:ports(n): keep the latest n accesses to ports, 0: no more. m:ports(): what was kept.
int machine_ports(lua_State* lua) {
  Machine& machine = machine_at(lua).machine();
  if (const auto count = entries_at(lua, 2)) {
    machine.log_ports(*count);
    return 0;
  }
  lua_newtable(lua);
  const PortLog* log = machine.port_log();
  for (std::size_t n = 0; log != nullptr && n < log->size(); ++n) {
    const PortAccess& access = (*log)[n];
    Fields fields(lua);
    fields.number("port", access.port);
    fields.number("size", access.size);
    fields.number("count", access.count);
    fields.number("value", access.value);
    fields.number("cs", access.cs);
    fields.number("ip", access.eip);
    fields.seconds("time", access.time);
    fields.flag("write", access.write);
    lua_seti(lua, -2, static_cast<lua_Integer>(n) + 1);
  }
  return 1;
}

int machine_dos(lua_State* lua) {
  push_dos(lua, machine_at(lua).machine());
  return 1;
}

int machine_chips(lua_State* lua) {
  push_chips(lua, machine_at(lua).machine());
  return 1;
}

// m:save(): the machine as it is now, for m:restore(), as often as wanted.
int machine_save(lua_State* lua) {
  push_object(lua, kStateClass, std::make_shared<ScriptMachine::Saved>(machine_at(lua).save()));
  return 1;
}

int machine_restore(lua_State* lua) {
  machine_at(lua).restore(*object_at<ScriptMachine::Saved>(lua, 2, kStateClass));
  return 0;
}

int machine_save_state(lua_State* lua) {
  machine_at(lua).save_state(string_at(lua, 2));
  return 0;
}

int machine_load_state(lua_State* lua) {
  machine_at(lua).load_state(LuaScript::of(lua).resolve(string_at(lua, 2)));
  return 0;
}

int machine_hash(lua_State* lua) {
  push_string(lua, machine_at(lua).hash());
  return 1;
}

}  // namespace

void register_machine_class(lua_State* lua) {
  constexpr std::array<luaL_Reg, 45> methods = {{
      {"expect", bound<machine_expect>},
      {"expect_any", bound<machine_expect_any>},
      {"expect_re", bound<machine_expect_re>},
      {"type", bound<machine_type>},
      {"key", bound<machine_key>},
      {"mouse", bound<machine_mouse>},
      {"run", bound<machine_run>},
      {"step", bound<machine_step>},
      {"history", bound<machine_history>},
      {"step_back", bound<machine_step_back>},
      {"wait", bound<machine_wait>},
      {"wait_idle", bound<machine_wait_idle>},
      {"wait_exit", bound<machine_wait_exit>},
      {"time", bound<machine_time>},
      {"instructions", bound<machine_instructions>},
      {"tone", bound<machine_tone>},
      {"screen", bound<machine_screen>},
      {"screen_has", bound<machine_screen_has>},
      {"cursor", bound<machine_cursor>},
      {"transcript", bound<machine_transcript>},
      {"screenshot", bound<machine_screenshot>},
      {"insert", bound<machine_insert>},
      {"eject", bound<machine_eject>},
      {"reset", bound<machine_reset>},
      {"poweroff", bound<machine_poweroff>},
      {"disk", bound<machine_disk>},
      {"serial", bound<machine_serial>},
      {"debug_port", bound<machine_debug_port>},
      {"mem", bound<machine_mem>},
      {"reg", bound<machine_reg>},
      {"port_in", bound<machine_port_in>},
      {"brk", bound<machine_brk>},
      {"unbrk", bound<machine_unbrk>},
      {"access", bound<machine_access>},
      {"trace", bound<machine_trace>},
      {"ports", bound<machine_ports>},
      {"dos", bound<machine_dos>},
      {"chips", bound<machine_chips>},
      {"hash", bound<machine_hash>},
      {"save", bound<machine_save>},
      {"restore", bound<machine_restore>},
      {"save_state", bound<machine_save_state>},
      {"load_state", bound<machine_load_state>},
      {"__gc", collect_object<ScriptMachine>},
      {nullptr, nullptr},
  }};
  register_class(lua, kMachineClass, methods.data());
  constexpr std::array<luaL_Reg, 2> state_methods = {{
      {"__gc", collect_object<ScriptMachine::Saved>},
      {nullptr, nullptr},
  }};
  register_class(lua, kStateClass, state_methods.data());
}

}  // namespace emu
