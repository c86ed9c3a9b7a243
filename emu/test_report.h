// What `platter test` says about its tests: lines for people, JSON objects, a JUnit file.
#pragma once

#include <span>
#include <string>

#include "emu/script_test.h"

namespace emu {

// One test, a few lines; `colour` for terminals.
std::string human_report(const TestResult& result, bool colour);
// One object on one line.
std::string json_report(const TestResult& result);
// The whole file, one testsuite a script. Element and attribute names as CI systems read them.
std::string junit_report(std::span<const TestResult> results);

struct TestTotals {
  std::size_t passed = 0, failed = 0, skipped = 0;
};
TestTotals count(std::span<const TestResult> results);
// "3 passed, 0 failed, 1 skipped"
std::string closing_line(const TestTotals& totals);
// 0, the kind that all failures share, or 1.
int exit_code_of(std::span<const TestResult> results);

}  // namespace emu
