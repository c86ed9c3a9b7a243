// Runs the tests of a script file, each in a Lua state and on machines of its own: nothing is
// shared, so tests may run in any order and on any thread.
#pragma once

#include <filesystem>
#include <vector>

#include "emu/script_test.h"

namespace emu {

// The tests that a file states, in their order. Throws LuaFailure or UsageError.
std::vector<TestSpec> list_tests(const std::filesystem::path& file, const ScriptOptions& options);

// Runs one of them. Failures are results, not exceptions.
TestResult run_test(const TestSpec& spec, const ScriptOptions& options);

}  // namespace emu
