#include "emu/script_test.h"

#include <stdlib.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "emu/session.h"

namespace emu {

namespace {

// "2-dir-works-on-a-fresh-disk": the number keeps apart what the letters do not.
std::string folder_name(const TestSpec& spec) {
  constexpr std::size_t longest = 60;
  std::string name;
  for (const char c : spec.name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    const bool capital = c >= 'A' && c <= 'Z';
    if (plain || capital) {
      name += capital ? static_cast<char>(c - 'A' + 'a') : c;
    } else if (!name.empty() && name.back() != '-') {
      name += '-';
    }
    if (name.size() == longest) break;
  }
  while (name.ends_with('-')) name.pop_back();
  return std::to_string(spec.index + 1) + (name.empty() ? "" : "-" + name);
}

}  // namespace

TestContext::TestContext(LuaScript& script, const ScriptOptions& options, TestResult& result)
    : script_(script), options_(options), result_(result) {
  script_.context = this;
}

TestContext::~TestContext() {
  script_.context = nullptr;
  // Lua may keep the objects a little longer; the machines themselves end with the test.
  for (const auto& machine : machines_) {
    try {
      machine->power_off();
    } catch (const ScriptError&) {
      // The runner has switched them off before and reported what it met.
    }
  }
  std::error_code unimportant;
  if (temp_) std::filesystem::remove_all(*temp_, unimportant);
}

ScriptLimits TestContext::limits() const {
  ScriptLimits limits;
  limits.guest = result_.spec.timeout.value_or(options_.timeout);
  limits.wall = began_ + std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                             result_.spec.wall_timeout.value_or(options_.wall_timeout));
  limits.interrupted = options_.interrupted;
  return limits;
}

std::shared_ptr<ScriptMachine> TestContext::add_machine(const Config& config) {
  machines_.push_back(std::make_shared<ScriptMachine>(
      config, limits(), [this](const std::string& line) { log("warning: " + line); }));
  return machines_.back();
}

ScriptMachine& TestContext::machine() const {
  if (machines_.empty()) {
    throw ScriptError(kExitExpectation, "this test has no machine yet: t:machine{...} makes one");
  }
  return *machines_.back();
}

std::filesystem::path TestContext::temp_folder() {
  if (!temp_) {
    std::string pattern = (std::filesystem::temp_directory_path() / "platter-test.XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) {
      throw std::system_error(errno, std::generic_category(), pattern);
    }
    temp_ = pattern;
  }
  return *temp_;
}

std::optional<std::filesystem::path> TestContext::artifact(const std::string& name) {
  if (!options_.artifacts) return std::nullopt;
  const std::filesystem::path folder =
      *options_.artifacts / result_.spec.file.stem() / folder_name(result_.spec);
  std::filesystem::create_directories(folder);
  std::filesystem::path file = folder / name;
  if (std::ranges::find(result_.artifacts, file.string()) == result_.artifacts.end()) {
    result_.artifacts.push_back(file.string());
  }
  return file;
}

void TestContext::fail_softly(lua_State* at, const std::string& text) {
  LuaFailure failure;
  failure.text = text;
  lua_Debug activation{};
  for (int level = 0; lua_getstack(at, level, &activation) != 0; ++level) {
    lua_getinfo(at, "Sln", &activation);
    if (activation.currentline < 0) {
      if (failure.file.empty() && activation.name != nullptr) failure.function = activation.name;
      continue;
    }
    if (failure.file.empty()) {
      failure.file = activation.short_src;
      failure.line = activation.currentline;
    } else {
      failure.trail += std::string("  called from ") + activation.short_src + ":" +
                       std::to_string(activation.currentline) + "\n";
    }
  }
  result_.failures.push_back(describe_failure(script_, failure));
  result_.outcome = TestOutcome::failed;
  if (result_.exit_code == 0) result_.exit_code = kExitExpectation;
  if (!machines_.empty() && machines_.back()->on() && result_.screen.empty()) {
    result_.screen = screen_text(machines_.back()->machine());
  }
}

std::string describe_failure(const LuaScript& script, const LuaFailure& failure) {
  if (failure.file.empty()) return failure.text + "\n";
  std::string out = failure.file + ":" + std::to_string(failure.line) + ": " + failure.text + "\n";
  std::string line = script.source_line(failure.file, failure.line);
  std::ranges::replace(line, '\t', ' ');
  const std::size_t first = line.find_first_not_of(' ');
  if (first != std::string::npos) {
    // The caret stands below the call that failed, or where the statement begins.
    std::size_t caret =
        failure.function.empty() ? std::string::npos : line.find(failure.function + "(", first);
    if (caret == std::string::npos && !failure.function.empty()) {
      caret = line.find(failure.function, first);
    }
    if (caret == std::string::npos) caret = first;
    out += "    " + line.substr(first) + "\n    " + std::string(caret - first, ' ') + "^\n";
  }
  return out + failure.trail;
}

}  // namespace emu
