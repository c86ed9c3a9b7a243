#include "emu/test_command.h"

#include <fnmatch.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "emu/nearest.h"
#include "emu/option_words.h"
#include "emu/run_options.h"
#include "emu/script_runner.h"
#include "emu/session.h"
#include "emu/test_report.h"
#include "emu/units.h"

namespace emu {

namespace {

constexpr const char* kFooter =
    R"(Example: platter test boot.lua -D image=dos.img --junit out.xml --artifacts out/
All times of a test are guest time; the same script gives the same run. docs/scripting.md lists the calls.

Exit codes: 0 all passed, 1 a test failed, 2 usage or a script that cannot be read, 3 a test's guest time ran
out, 4 a guest died, 5 image or host I/O error, 6 a test's host time ran out, 130 interrupted. When tests fail
for different reasons: 1.)";

struct Request {
  std::vector<std::string> files;
  std::vector<std::string> filters;
  ScriptOptions options;
  unsigned threads = 1;
  unsigned repeat = 1;
  std::string junit;
  bool json = false;
  bool list = false;
  std::size_t shard = 0, shards = 1;
};

struct Words {
  std::vector<std::string> params, filters;
  std::string jobs = "1", repeat = "1", junit, output, artifacts, shard, timeout, wall_timeout,
              engine;
};

unsigned small_number(const char* option, const std::string& text, unsigned most) {
  const auto value = parse_number(text);
  if (!value || *value < 1 || *value > most) {
    throw UsageError(std::string(option) + " '" + text + "' must be 1 to " + std::to_string(most));
  }
  return *value;
}

std::uint64_t duration(const char* option, const std::string& text) {
  const auto value = parse_duration(text);
  if (!value) {
    throw UsageError(std::string(option) + " '" + text + "' must be a time such as 60s or 500ms");
  }
  return *value;
}

// "2/5": the second fifth. Tests are dealt out in turn, so that neighbours, which tend to take
// equally long, spread.
void parse_shard(const std::string& text, Request& request) {
  const std::size_t slash = text.find('/');
  const auto part = parse_number(text.substr(0, slash));
  const auto parts =
      slash == std::string::npos ? std::nullopt : parse_number(text.substr(slash + 1));
  if (!part || !parts || *part < 1 || *part > *parts) {
    throw UsageError("shard '" + text + "' must be I/N with I from 1 to N");
  }
  request.shard = *part - 1;
  request.shards = *parts;
}

void read_params(const std::vector<std::string>& words, Request& request) {
  for (const std::string& word : words) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw UsageError("-D '" + word + "' must be NAME=VALUE");
    }
    request.options.params[word.substr(0, equals)] = word.substr(equals + 1);
  }
}

void add_options(CLI::App& app, Request& request, Words& words) {
  app.add_option("SCRIPT", request.files, "Lua files, or folders of them");
  app.add_option("-D", words.params, "A parameter for t:param")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  app.add_option("--filter", words.filters, "Only tests whose name, file or @tag matches")
      ->type_name("GLOB")
      ->allow_extra_args(false);
  app.add_option("-j,--jobs", words.jobs, "Tests that run at the same time")->type_name("N");
  app.add_option("--repeat", words.repeat, "Run each test N times and compare the machines' hashes")
      ->type_name("N");
  app.add_option("--shard", words.shard, "Only the I-th of N equal shares of the tests")
      ->type_name("I/N");
  app.add_option("--timeout", words.timeout, "Guest time of tests that state none (default 120s)");
  app.add_option("--wall-timeout", words.wall_timeout,
                 "Host time of tests that state none (default 10m)");
  app.add_option("--junit", words.junit, "Write a JUnit report")->type_name("FILE");
  app.add_option("--artifacts", words.artifacts, "Where failed tests leave screen, events, code")
      ->type_name("DIR");
  app.add_option("--engine", words.engine,
                 "The CPU engine of machines that name none: cached or step")
      ->envname("PLATTER_ENGINE")
      ->check(CLI::IsMember({"cached", "step"}));
  app.add_option("--output", words.output, "human or json: one object a test")
      ->check(CLI::IsMember({"human", "json"}));
  app.add_flag("--update-golden", request.options.update_golden,
               "Take the screens as they are for the golden pictures");
  app.add_flag("--list", request.list, "Print the tests, run none");
}

void take_words(const Words& words, Request& request) {
  read_params(words.params, request);
  request.filters = words.filters;
  constexpr unsigned most_threads = 256;
  constexpr unsigned most_repeats = 100000;
  request.threads = small_number("-j", words.jobs, most_threads);
  request.repeat = small_number("--repeat", words.repeat, most_repeats);
  if (!words.shard.empty()) parse_shard(words.shard, request);
  if (!words.timeout.empty()) request.options.timeout = duration("--timeout", words.timeout);
  if (!words.wall_timeout.empty()) {
    request.options.wall_timeout =
        std::chrono::nanoseconds(duration("--wall-timeout", words.wall_timeout));
  }
  if (!words.artifacts.empty()) request.options.artifacts = words.artifacts;
  if (!words.engine.empty()) {
    request.options.engine = words.engine == "step" ? cpu::Engine::step : cpu::Engine::cached;
  }
  request.junit = words.junit;
  request.json = words.output == "json";
}

// nullopt: help was printed.
std::optional<Request> parse(std::span<const std::string> arguments) {
  Request request;
  Words words;
  CLI::App app{"Runs test scripts, a fresh machine a test", "platter test"};
  app.footer(kFooter);
  app.allow_extras();
  add_options(app, request, words);
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
  try {
    app.parse(reversed);
  } catch (const CLI::CallForHelp&) {
    std::cout << app.help();
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    throw UsageError(error.what());
  }
  if (app.remaining_size() != 0) {
    const std::string word = app.remaining().front();
    throw UsageError("unknown option '" + word + "'" +
                     did_you_mean(word, option_words(app), "; see platter test --help"));
  }
  if (request.files.empty())
    throw UsageError("platter test needs a script; see platter test --help");
  take_words(words, request);
  return request;
}

bool glob(const std::string& pattern, const std::string& text) {
  return fnmatch(pattern.c_str(), text.c_str(), 0) == 0;
}

bool wanted(const TestSpec& spec, const std::vector<std::string>& filters) {
  if (filters.empty()) return true;
  return std::ranges::any_of(filters, [&](const std::string& filter) {
    if (filter.starts_with('@')) {
      return std::ranges::any_of(
          spec.tags, [&](const std::string& tag) { return glob(filter.substr(1), tag); });
    }
    return glob(filter, spec.name) || glob(filter, spec.file.filename().string());
  });
}

std::vector<std::filesystem::path> script_files(const std::vector<std::string>& names) {
  std::vector<std::filesystem::path> files;
  for (const std::string& name : names) {
    if (!std::filesystem::is_directory(name)) {
      files.emplace_back(name);
      continue;
    }
    std::vector<std::filesystem::path> found;
    for (const auto& entry : std::filesystem::directory_iterator(name)) {
      if (entry.is_regular_file() && entry.path().extension() == ".lua") {
        found.push_back(entry.path());
      }
    }
    std::ranges::sort(found);  // folders have no order of their own
    files.insert(files.end(), found.begin(), found.end());
  }
  return files;
}

std::vector<TestSpec> choose_tests(const Request& request) {
  std::vector<TestSpec> chosen;
  std::size_t number = 0;
  for (const std::filesystem::path& file : script_files(request.files)) {
    try {
      for (TestSpec& spec : list_tests(file, request.options)) {
        if (!wanted(spec, request.filters)) continue;
        if (number++ % request.shards == request.shard) chosen.push_back(std::move(spec));
      }
    } catch (const LuaFailure& failure) {
      throw UsageError((failure.file.empty() ? file.string()
                                             : failure.file + ":" + std::to_string(failure.line)) +
                       ": " + failure.text);
    }
  }
  if (number == 0) throw UsageError("no test matches");
  return chosen;
}

// All repetitions of one test; the first that fails, or that differs, is the result.
TestResult run_repeatedly(const TestSpec& spec, const Request& request) {
  TestResult first = run_test(spec, request.options);
  for (unsigned round = 1; round < request.repeat; ++round) {
    if (first.outcome != TestOutcome::passed) return first;
    TestResult again = run_test(spec, request.options);
    first.host_seconds += again.host_seconds;
    if (again.outcome == TestOutcome::failed) {
      again.failures.insert(again.failures.begin(),
                            "run " + std::to_string(round + 1) + " failed, run 1 passed:\n");
      return again;
    }
    if (again.hash == first.hash && again.instructions == first.instructions) continue;
    first.outcome = TestOutcome::failed;
    first.exit_code = kExitExpectation;
    first.failures.push_back(
        "run " + std::to_string(round + 1) +
        " was another run: " + std::to_string(again.instructions) + " instructions, hash " +
        again.hash + "; run 1: " + std::to_string(first.instructions) + ", " + first.hash + "\n");
  }
  return first;
}

// Threads take the tests in their order; results are handed out in that order too.
class Runner {
 public:
  Runner(const Request& request, std::vector<TestSpec> specs)
      : request_(request), specs_(std::move(specs)), results_(specs_.size()) {}

  // `report` is called on this thread.
  std::vector<TestResult> run(const std::function<void(const TestResult&)>& report) {
    std::vector<std::jthread> threads;
    const std::size_t count = std::min<std::size_t>(request_.threads, specs_.size());
    threads.reserve(count);
    for (std::size_t i = 0; i < count; ++i) threads.emplace_back([this] { work(); });
    std::vector<TestResult> all;
    for (std::size_t i = 0; i < specs_.size(); ++i) {
      std::unique_lock lock(mutex_);
      finished_.wait(lock, [&] { return results_[i].has_value(); });
      all.push_back(std::move(*results_[i]));
      lock.unlock();
      report(all.back());
    }
    return all;
  }

 private:
  void work() {
    while (true) {
      const std::size_t mine = next_++;
      if (mine >= specs_.size()) return;
      TestResult result;
      if (*request_.options.interrupted) {
        result.spec = specs_[mine];
        result.outcome = TestOutcome::skipped;
        result.skip_reason = "interrupted";
      } else {
        result = run_repeatedly(specs_[mine], request_);
      }
      const std::scoped_lock lock(mutex_);
      results_[mine] = std::move(result);
      finished_.notify_one();
    }
  }

  const Request& request_;
  std::vector<TestSpec> specs_;
  std::atomic<std::size_t> next_ = 0;
  std::mutex mutex_;
  std::condition_variable finished_;
  std::vector<std::optional<TestResult>> results_;
};

void write_report(const std::string& file, const std::string& text) {
  std::ofstream out(file, std::ios::binary);
  out << text;
  out.flush();
  if (!out) throw std::system_error(errno != 0 ? errno : EIO, std::generic_category(), file);
}

}  // namespace

int run_test_command(std::span<const std::string> arguments, const std::atomic<bool>& interrupted) {
  std::optional<Request> request = parse(arguments);
  if (!request) return kExitOk;
  request->options.interrupted = &interrupted;
  std::vector<TestSpec> specs = choose_tests(*request);
  if (request->list) {
    for (const TestSpec& spec : specs) {
      std::cout << spec.file.string() << ":" << spec.line << ": " << spec.name << "\n";
    }
    return kExitOk;
  }
  const bool colour = isatty(STDOUT_FILENO) != 0;
  Runner runner(*request, std::move(specs));
  const std::vector<TestResult> results = runner.run([&](const TestResult& result) {
    std::cout << (request->json ? json_report(result) : human_report(result, colour)) << std::flush;
  });
  if (!request->junit.empty()) write_report(request->junit, junit_report(results));
  (request->json ? std::cerr : std::cout) << closing_line(count(results)) << std::flush;
  return interrupted ? kExitInterrupted : exit_code_of(results);
}

}  // namespace emu
