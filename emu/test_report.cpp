#include "emu/test_report.h"

#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "emu/session.h"
#include "emu/utf8.h"

namespace emu {

namespace {

constexpr std::array<const char*, 3> kOutcomeNames = {"passed", "failed", "skipped"};

double guest_seconds(const TestResult& result) {
  return static_cast<double>(result.guest_time) / static_cast<double>(devices::kSecond);
}

template <class... Args>
std::string print(const char* format, Args... args) {
  std::array<char, 200> line{};
  std::snprintf(line.data(), line.size(), format, args...);
  return line.data();
}

std::string indented(const std::string& text, const std::string& indent) {
  std::string out;
  std::size_t from = 0;
  while (from < text.size()) {
    const std::size_t end = std::min(text.find('\n', from), text.size());
    out += indent + text.substr(from, end - from) + "\n";
    from = end + 1;
  }
  return out;
}

// The screen in a frame, without its empty end; nothing when there was no machine.
std::string framed(const std::string& screen) {
  if (screen.empty()) return "";
  const std::size_t last = screen.find_last_not_of('\n');
  if (last == std::string::npos) return "The screen was empty.\n";
  return "The screen was:\n" + indented(screen.substr(0, last + 1), "| ");
}

// What XML 1.0 cannot hold even escaped becomes a question mark.
std::string xml(std::string_view text) {
  std::string out;
  for (const char32_t c : from_utf8(text)) {
    const bool control = c < 0x20 && c != '\n' && c != '\t';
    if (control || c == 0xFFFE || c == 0xFFFF) {
      out += '?';
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '&') {
      out += "&amp;";
    } else if (c == '"') {
      out += "&quot;";
    } else if (c == '\n') {
      out += "&#10;";
    } else {
      out += to_utf8(std::u32string_view(&c, 1));
    }
  }
  return out;
}

std::string xml_text(std::string_view text) {
  std::string out;
  std::size_t from = 0;
  while (true) {  // line breaks stay as they are between tags
    const std::size_t end = std::min(text.find('\n', from), text.size());
    out += xml(text.substr(from, end - from));
    if (end == text.size()) return out;
    out += '\n';
    from = end + 1;
  }
}

std::string all_failures(const TestResult& result) {
  std::string text;
  for (const std::string& failure : result.failures) text += failure;
  return text;
}

std::string property(const char* name, const std::string& value) {
  return std::string("        <property name=\"") + name + "\" value=\"" + xml(value) + "\"/>\n";
}

std::string junit_case(const TestResult& result) {
  std::string out = "    <testcase classname=\"" + xml(result.spec.file.stem().string()) +
                    "\" name=\"" + xml(result.spec.name) + "\" time=\"" +
                    print("%.3f", result.host_seconds) + "\">\n";
  out += "      <properties>\n" + property("guest_time", print("%.6f", guest_seconds(result))) +
         property("instructions", std::to_string(result.instructions)) +
         property("hash", result.hash) + "      </properties>\n";
  if (result.outcome == TestOutcome::skipped) {
    out += "      <skipped message=\"" + xml(result.skip_reason) + "\"/>\n";
  }
  if (result.outcome == TestOutcome::failed) {
    const std::string text = all_failures(result);
    out += "      <failure type=\"exit" + std::to_string(result.exit_code) + "\" message=\"" +
           xml(text.substr(0, text.find('\n'))) + "\">" + xml_text(text + framed(result.screen)) +
           "</failure>\n";
  }
  if (!result.log.empty()) {
    out += "      <system-out>";
    for (const std::string& line : result.log) out += xml_text(line + "\n");
    out += "</system-out>\n";
  }
  return out + "    </testcase>\n";
}

}  // namespace

std::string human_report(const TestResult& result, bool colour) {
  const auto paint = [&](const char* code, const char* word) {
    return colour ? "\x1B[" + std::string(code) + "m" + word + "\x1B[0m" : std::string(word);
  };
  const std::string name = result.spec.file.filename().string() + ": " + result.spec.name;
  std::string out;
  switch (result.outcome) {
    case TestOutcome::passed:
      out = paint("32", "ok  ") + "  " + name;
      break;
    case TestOutcome::failed:
      out = paint("31", "FAIL") + "  " + name;
      break;
    case TestOutcome::skipped:
      return paint("33", "skip") + "  " + name + ": " + result.skip_reason + "\n";
  }
  out += print("  (guest %.2f s, host %.2f s)\n", guest_seconds(result), result.host_seconds);
  for (const std::string& line : result.log) out += indented(line, "      log: ");
  if (result.outcome == TestOutcome::passed) return out;
  out += indented(all_failures(result) + framed(result.screen), "      ");
  if (!result.artifacts.empty()) {
    out += "      artifacts: " +
           std::filesystem::path(result.artifacts.front()).parent_path().string() + "\n";
  }
  return out;
}

std::string json_report(const TestResult& result) {
  nlohmann::ordered_json object;
  object["file"] = result.spec.file.string();
  object["name"] = result.spec.name;
  object["outcome"] = kOutcomeNames[static_cast<std::size_t>(result.outcome)];
  object["exit_code"] = result.exit_code;
  if (result.outcome == TestOutcome::skipped) object["reason"] = result.skip_reason;
  object["guest_seconds"] = guest_seconds(result);
  object["instructions"] = result.instructions;
  object["hash"] = result.hash;
  object["host_seconds"] = result.host_seconds;
  object["tags"] = result.spec.tags;
  object["failures"] = result.failures;
  if (result.outcome == TestOutcome::failed) object["screen"] = result.screen;
  object["log"] = result.log;
  object["artifacts"] = result.artifacts;
  // Guests print what they like: what is no UTF-8 must not stop the report.
  return object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

std::string junit_report(std::span<const TestResult> results) {
  const TestTotals all = count(results);
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites tests=\"" +
                    std::to_string(results.size()) + "\" failures=\"" + std::to_string(all.failed) +
                    "\" errors=\"0\" skipped=\"" + std::to_string(all.skipped) + "\">\n";
  for (std::size_t from = 0; from < results.size();) {
    std::size_t end = from;
    while (end < results.size() && results[end].spec.file == results[from].spec.file) ++end;
    const auto suite = results.subspan(from, end - from);
    const TestTotals totals = count(suite);
    double seconds = 0;
    for (const TestResult& result : suite) seconds += result.host_seconds;
    out += "  <testsuite name=\"" + xml(suite.front().spec.file.string()) + "\" tests=\"" +
           std::to_string(suite.size()) + "\" failures=\"" + std::to_string(totals.failed) +
           "\" errors=\"0\" skipped=\"" + std::to_string(totals.skipped) + "\" time=\"" +
           print("%.3f", seconds) + "\">\n";
    for (const TestResult& result : suite) out += junit_case(result);
    out += "  </testsuite>\n";
    from = end;
  }
  return out + "</testsuites>\n";
}

TestTotals count(std::span<const TestResult> results) {
  TestTotals totals;
  for (const TestResult& result : results) {
    switch (result.outcome) {
      case TestOutcome::passed:
        ++totals.passed;
        break;
      case TestOutcome::failed:
        ++totals.failed;
        break;
      case TestOutcome::skipped:
        ++totals.skipped;
        break;
    }
  }
  return totals;
}

std::string closing_line(const TestTotals& totals) {
  return std::to_string(totals.passed) + " passed, " + std::to_string(totals.failed) + " failed, " +
         std::to_string(totals.skipped) + " skipped\n";
}

int exit_code_of(std::span<const TestResult> results) {
  int code = kExitOk;
  for (const TestResult& result : results) {
    if (result.outcome != TestOutcome::failed) continue;
    if (code != kExitOk && code != result.exit_code) return kExitExpectation;
    code = result.exit_code;
  }
  return code;
}

}  // namespace emu
