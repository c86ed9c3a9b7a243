// One run of one test: what it was called with, what it gathers while it runs, what came out. The
// bindings reach it through the Lua state; a context belongs to one thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "emu/script_lua.h"
#include "emu/script_machine.h"
#include "storage/id_source.h"

namespace emu {

// What `platter test` was told, the same for all tests.
struct ScriptOptions {
  std::map<std::string, std::string> params;  // -D key=value
  std::optional<std::filesystem::path> artifacts;
  bool update_golden = false;
  std::optional<cpu::Engine> engine;                      // --engine, for machines that name none
  devices::Nanoseconds timeout = 120 * devices::kSecond;  // guest time, when a test states none
  std::chrono::nanoseconds wall_timeout = std::chrono::minutes(10);
  const std::atomic<bool>* interrupted = nullptr;
};

// test(name, opts, fn) as the file states it.
struct TestSpec {
  std::filesystem::path file;
  std::string name;
  int line = 0;
  std::size_t index = 0;  // in its file
  std::optional<devices::Nanoseconds> timeout;
  std::optional<std::chrono::nanoseconds> wall_timeout;
  std::vector<std::string> tags;
  std::optional<std::string> skip;  // the reason
};

enum class TestOutcome : std::uint8_t { passed, failed, skipped };

struct TestResult {
  TestSpec spec;
  TestOutcome outcome = TestOutcome::passed;
  int exit_code = 0;  // the kind of the first failure
  std::string skip_reason;
  std::vector<std::string> failures;  // each a few lines; the first line says it
  std::string screen;                 // of the last machine, when something failed
  std::vector<std::string> log;
  std::uint64_t instructions = 0;
  devices::Nanoseconds guest_time = 0;
  std::string hash;  // over the machines of the test, in order
  double host_seconds = 0;
  std::vector<std::string> artifacts;  // files written
};

// t:skip(reason); as an exit code it means that the test says nothing.
inline constexpr int kSkippedTest = 77;
class SkipTest : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class TestContext {
 public:
  TestContext(LuaScript& script, const ScriptOptions& options, TestResult& result);
  ~TestContext();
  TestContext(const TestContext&) = delete;
  TestContext& operator=(const TestContext&) = delete;

  LuaScript& script() { return script_; }
  const ScriptOptions& options() const { return options_; }
  TestResult& result() { return result_; }
  ScriptLimits limits() const;

  std::shared_ptr<ScriptMachine> add_machine(const Config& config);
  const std::vector<std::shared_ptr<ScriptMachine>>& machines() const { return machines_; }
  // The last one that was made. Throws ScriptError when there is none.
  ScriptMachine& machine() const;

  // A folder of this test, gone with it.
  std::filesystem::path temp_folder();

  // Ids and times of the images that the script makes: a guest may see them (a volume's serial
  // number), so they are the same in every run.
  const std::shared_ptr<storage::IdSource>& ids() const { return ids_; }

  // A failed assertion at the place where Lua stands; the test goes on.
  void fail_softly(lua_State* lua, const std::string& text);
  // A file for the artifacts; nothing when none are wanted.
  std::optional<std::filesystem::path> artifact(const std::string& name);
  void log(const std::string& line) { result_.log.push_back(line); }

  // Where Lua runs now: breakpoint and wait functions are called there.
  lua_State* lua = nullptr;
  bool used_golden = false;

 private:
  LuaScript& script_;
  const ScriptOptions& options_;
  TestResult& result_;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  std::vector<std::shared_ptr<ScriptMachine>> machines_;
  std::optional<std::filesystem::path> temp_;
  std::shared_ptr<storage::IdSource> ids_ = std::make_shared<storage::SeededIds>(1);
};

// "boot.lua:12: text", the line, a caret below the call, and who called.
std::string describe_failure(const LuaScript& script, const LuaFailure& failure);

}  // namespace emu
