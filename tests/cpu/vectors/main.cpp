// cpu-vectors: runs folders of MOO and X87V files, single-instruction tests captured on real
// processors, on ours.
//   cpu-vectors [--cpu MODEL] [--engine cached|step] [options] FOLDER...
#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <cstdio>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tests/cpu/vectors/moo.h"
#include "tests/cpu/vectors/runner.h"
#include "tests/cpu/vectors/selection.h"
#include "tests/cpu/vectors/x87.h"

namespace vectors {
namespace {

namespace fs = std::filesystem;

constexpr const char* kUsage =
    "usage: cpu-vectors [options] FOLDER|FILE...\n"
    "Runs every MOO and X87V file (.MOO, .X87, .gz or not) found there and compares registers,\n"
    "memory and port writes.\n"
    "  --cpu 8086|186|286|386|486|pentium   the processor; default: the one named in each file\n"
    "  --engine cached|step     default: cached\n"
    "  --masks FILE             undefined flags; default: masks.json beside or above each folder\n"
    "  --exclusions FILE        tests not to run; default: tests/cpu/vectors/exclusions.txt\n"
    "  -j N                     files run at the same time; default: one a core\n"
    "  -v                       every failing test instead of the first of a file\n"
    "Exit code: 0 all passed, 1 some failed, 2 usage, unreadable file or nothing to run.\n";

class UsageError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Options {
  std::optional<cpu::Model> model;
  cpu::Engine engine = cpu::Engine::cached;
  std::optional<fs::path> masks;
  fs::path exclusions = PLATTER_VECTOR_EXCLUSIONS;
  unsigned jobs = std::max(1U, std::thread::hardware_concurrency());
  bool verbose = false;
  bool help = false;
  std::vector<fs::path> roots;
};

template <class Value, std::size_t n>
Value choose(const std::string& option, const std::string& given,
             const std::pair<const char*, Value> (&choices)[n]) {
  std::string names;
  for (const auto& [name, value] : choices) {
    if (given == name) return value;
    names += names.empty() ? name : std::string("|") + name;
  }
  throw UsageError(option + " '" + given + "': wants " + names);
}

Options parse_arguments(const std::vector<std::string>& arguments) {
  Options options;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    const auto value = [&]() -> const std::string& {
      if (i + 1 == arguments.size()) throw UsageError(argument + " wants a value");
      return arguments[++i];
    };
    if (argument == "--cpu") {
      options.model = choose<cpu::Model>(argument, value(),
                                         {{"8086", cpu::Model::i8086},
                                          {"186", cpu::Model::i80186},
                                          {"286", cpu::Model::i80286},
                                          {"386", cpu::Model::i80386},
                                          {"486", cpu::Model::i80486},
                                          {"pentium", cpu::Model::pentium}});
    } else if (argument == "--engine") {
      options.engine = choose<cpu::Engine>(
          argument, value(), {{"cached", cpu::Engine::cached}, {"step", cpu::Engine::step}});
    } else if (argument == "--masks") {
      options.masks = value();
    } else if (argument == "--exclusions") {
      options.exclusions = value();
    } else if (argument == "-j") {
      const std::string& text = value();
      const auto [end, error] =
          std::from_chars(text.data(), text.data() + text.size(), options.jobs);
      if (error != std::errc{} || end != text.data() + text.size() || options.jobs == 0 ||
          options.jobs > 256) {
        throw UsageError("-j '" + text + "': wants 1 to 256");
      }
    } else if (argument == "-v") {
      options.verbose = true;
    } else if (argument == "-h" || argument == "--help") {
      options.help = true;
    } else if (argument.starts_with("-")) {
      throw UsageError("unknown option '" + argument + "'");
    } else {
      options.roots.emplace_back(argument);
    }
  }
  if (options.roots.empty() && !options.help) throw UsageError("no FOLDER given");
  return options;
}

std::string upper(std::string text) {
  for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return text;
}

// The name up to ".MOO" or ".X87"; empty for other files.
std::string stem_of(const fs::path& path, const char* extension) {
  const std::string name = path.filename().string();
  const std::string capitals = upper(name);
  const std::size_t at = capitals.rfind(extension);
  if (at == std::string::npos) return {};
  const std::string rest = capitals.substr(at + 4);
  return rest.empty() || rest == ".GZ" ? name.substr(0, at) : std::string{};
}

std::vector<fs::path> files_under(const fs::path& root) {
  if (!fs::exists(root)) throw UsageError("'" + root.string() + "': no such file or folder");
  std::vector<fs::path> files;
  if (!fs::is_directory(root)) {
    files.push_back(root);
  } else {
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string label(const fs::path& file) {
  const fs::path folder = fs::absolute(file).parent_path().filename();
  return (folder / file.filename()).string();
}

struct FileReport {
  std::vector<std::string> lines;
  std::string error;
  std::size_t passed = 0;
  std::size_t run = 0;
  std::size_t excluded = 0;
};

struct Job {
  fs::path file;
  std::string stem;
  std::string cpu;  // "X87V": an x87 file
};

constexpr const char* kX87 = "X87V";

cpu::Model model_for(const std::string& cpu) {
  if (cpu == "8086") return cpu::Model::i8086;
  if (cpu == "C286") return cpu::Model::i80286;
  if (cpu.starts_with("486")) return cpu::Model::pentium;  // CMPXCHG8B is among them
  return cpu::Model::i80386;
}

// A 286 takes LOCK before anything; from the 386 on most instructions raise #UD.
bool locked_for_286(const Test& test) {
  for (const std::uint8_t byte : test.bytes) {
    if (byte == 0xF0) return true;
    if (byte != 0x26 && byte != 0x2E && byte != 0x36 && byte != 0x3E && byte != 0xF2 &&
        byte != 0xF3) {
      return false;
    }
  }
  return false;
}

std::string describe(const Test& test, std::size_t position) {
  std::string text = "@" + std::to_string(position) + " \"" + test.name + "\"";
  if (!test.hash.empty()) text += " " + test.hash;
  return text;
}

void note_failures(FileReport& report, const Job& job, const Options& options,
                   const std::vector<std::string>& failures) {
  if (failures.empty()) return;
  const std::string score =
      label(job.file) + " " + std::to_string(report.passed) + "/" + std::to_string(report.run);
  if (!options.verbose) {
    report.lines.push_back(score + " " + failures[0]);
    return;
  }
  report.lines.push_back(score);
  for (const std::string& failure : failures) report.lines.push_back("    " + failure);
}

// Listed tests are run too, but without comparing C1.
FileReport run_x87_file(const Job& job, const Options& options, const Exclusions& exclusions) {
  FileReport report;
  try {
    const X87File file = parse_x87(read_maybe_gzip(job.file));
    std::vector<bool> without_c1(file.tests.size());
    for (std::size_t i = 0; i < file.tests.size(); ++i) {
      const auto reason = exclusions.find(job.cpu, job.stem, Test{}, i);
      if (!reason) continue;
      without_c1[i] = true;
      report.lines.push_back("C1 not compared: " + label(job.file) + " @" + std::to_string(i) +
                             " " + *reason);
    }
    const auto results = run_x87(file, options.engine, without_c1);
    std::vector<std::string> failures;
    for (std::size_t i = 0; i < results.size(); ++i) {
      ++report.run;
      if (results[i].empty()) {
        ++report.passed;
      } else if (failures.empty() || options.verbose) {
        failures.push_back("@" + std::to_string(i) + " \"" + file.name + "\": " + results[i]);
      }
    }
    note_failures(report, job, options, failures);
  } catch (const MooError& e) {
    report.error = "cpu-vectors: '" + job.file.string() + "': " + e.what();
  }
  return report;
}

FileReport run_file(const Job& job, const Options& options, const FlagMasks& masks,
                    const Exclusions& exclusions) {
  FileReport report;
  try {
    const MooFile file = parse_moo(read_maybe_gzip(job.file));
    const cpu::Model model = options.model.value_or(model_for(file.cpu));
    std::vector<bool> skip(file.tests.size());
    for (std::size_t i = 0; i < file.tests.size(); ++i) {
      auto reason = exclusions.find(file.cpu, job.stem, file.tests[i], i);
      if (!reason && file.cpu == "C286" && model == cpu::Model::i80386 &&
          locked_for_286(file.tests[i])) {
        reason = "LOCK, which a 286 ignores here and a 386 refuses";
      }
      if (!reason) continue;
      skip[i] = true;
      ++report.excluded;
      report.lines.push_back("excluded: " + label(job.file) + " " + describe(file.tests[i], i) +
                             ": " + *reason);
    }
    Runner runner(model, options.engine, file, masks.find(file.cpu, job.stem));
    const auto results = runner.run_all(skip);
    std::vector<std::string> failures;
    for (std::size_t i = 0; i < results.size(); ++i) {
      if (skip[i]) continue;
      ++report.run;
      if (results[i].empty()) {
        ++report.passed;
      } else if (failures.empty() || options.verbose) {
        failures.push_back(describe(file.tests[i], i) + ": " + results[i]);
      }
    }
    note_failures(report, job, options, failures);
  } catch (const MooError& e) {
    report.error = "cpu-vectors: '" + job.file.string() + "': " + e.what();
  }
  return report;
}

struct Plan {
  std::vector<Job> jobs;
  std::map<std::string, std::size_t> skipped;  // line without the count -> files
  std::vector<std::string> errors;
};

Plan make_plan(const std::vector<fs::path>& files) {
  Plan plan;
  for (const fs::path& file : files) {
    const std::string folder = fs::absolute(file).parent_path().filename().string();
    if (const std::string x87 = stem_of(file, ".X87"); !x87.empty()) {
      plan.jobs.push_back({file, x87, kX87});
      continue;
    }
    const std::string stem = stem_of(file, ".MOO");
    if (stem.empty()) {
      if (files.size() == 1) {
        plan.errors.push_back("cpu-vectors: '" + file.string() + "': not named .MOO or .MOO.gz");
      }
      continue;
    }
    std::string cpu;
    try {
      cpu = moo_cpu(read_maybe_gzip(file, 20));
      if (cpu.empty()) throw MooError("not a MOO file: no 'MOO ' header");
    } catch (const MooError& e) {
      plan.errors.push_back("cpu-vectors: '" + file.string() + "': " + e.what());
      continue;
    }
    constexpr std::array kKnown = {"8086", "C286", "386E", "386N", "386P", "486N", "486P"};
    if (std::find(kKnown.begin(), kKnown.end(), cpu) != kKnown.end()) {
      plan.jobs.push_back({file, stem, cpu});
    } else {
      ++plan.skipped[folder + ": processor '" + cpu + "' is not one of ours"];
    }
  }
  return plan;
}

int run(const Options& options) {
  std::vector<Plan> plans;
  std::vector<FlagMasks> masks;
  const Exclusions exclusions(options.exclusions);
  for (const fs::path& root : options.roots) {
    plans.push_back(make_plan(files_under(root)));
    const auto masks_file = options.masks ? options.masks : find_masks(root);
    if (!masks_file && !plans.back().jobs.empty()) {
      std::fprintf(stderr, "cpu-vectors: no masks.json beside or above '%s': all flags compared\n",
                   root.c_str());
    }
    masks.push_back(masks_file ? FlagMasks(*masks_file) : FlagMasks());
  }

  std::size_t passed = 0;
  std::size_t total = 0;
  std::size_t excluded = 0;
  bool unreadable = false;
  for (std::size_t p = 0; p < plans.size(); ++p) {
    const Plan& plan = plans[p];
    for (const auto& [what, count] : plan.skipped) {
      std::printf("skipped: %s (%zu files)\n", what.c_str(), count);
    }
    std::vector<FileReport> reports(plan.jobs.size());
    std::atomic<std::size_t> next = 0;
    {
      std::vector<std::jthread> workers;
      const auto count = std::min<std::size_t>(options.jobs, plan.jobs.size());
      workers.reserve(count);
      for (std::size_t w = 0; w < count; ++w) {
        workers.emplace_back([&] {
          for (std::size_t i = next++; i < plan.jobs.size(); i = next++) {
            const Job& job = plan.jobs[i];
            reports[i] = job.cpu == kX87 ? run_x87_file(job, options, exclusions)
                                         : run_file(job, options, masks[p], exclusions);
          }
        });
      }
    }
    std::vector<std::string> errors = plan.errors;
    for (const FileReport& report : reports) {
      for (const std::string& line : report.lines) std::printf("%s\n", line.c_str());
      if (!report.error.empty()) errors.push_back(report.error);
      passed += report.passed;
      total += report.run;
      excluded += report.excluded;
    }
    std::fflush(stdout);
    for (const std::string& error : errors) std::fprintf(stderr, "%s\n", error.c_str());
    unreadable = unreadable || !errors.empty();
  }
  if (excluded != 0) std::printf("%zu excluded, listed above\n", excluded);
  std::printf("%zu of %zu passed\n", passed, total);
  if (total == 0 && !unreadable) {
    std::fflush(stdout);
    std::fprintf(stderr, "cpu-vectors: nothing to run in '%s'\n", options.roots[0].c_str());
  }
  if (unreadable || total == 0) return 2;
  return passed == total ? 0 : 1;
}

}  // namespace
}  // namespace vectors

int main(int argc, char** argv) {
  try {
    const auto options = vectors::parse_arguments({argv + 1, argv + argc});
    if (options.help) {
      std::fputs(vectors::kUsage, stdout);
      return 0;
    }
    return vectors::run(options);
  } catch (const vectors::UsageError& e) {
    std::fprintf(stderr, "cpu-vectors: %s (--help lists the options)\n", e.what());
  } catch (const std::exception& e) {
    std::fprintf(stderr, "cpu-vectors: %s\n", e.what());
  }
  return 2;
}
