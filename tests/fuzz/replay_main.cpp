// Stands in for libFuzzer where there is no clang: runs every seed, seeded damage to the seeds, and
// the files and folders named on the command line. `-runs=N` damages N times, `-seeds=DIR` writes
// the seeds there (the start of a corpus) and ends.
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>

#include "tests/fuzz/fuzz_target.h"

namespace {

namespace fs = std::filesystem;
using Input = std::vector<std::uint8_t>;

void run(const Input& input) {
  LLVMFuzzerTestOneInput(input.data(), input.size());
}

Input bytes_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// A field gets a value that parsers stumble over; a bit flips; the end is cut off or doubled.
void damage(Input& input, std::mt19937& random) {
  if (input.empty()) return;
  // Headers and tables lie at the ends.
  std::size_t place = random() % input.size();
  if (random() % 2 == 0) place %= 2048;
  if (random() % 8 == 0)
    place = input.size() - 1 - place % std::min<std::size_t>(input.size(), 1024);
  const auto put = [&](std::uint64_t value, std::size_t width, bool big) {
    for (std::size_t i = 0; i < width && place + i < input.size(); ++i) {
      const std::size_t shift = 8 * (big ? width - 1 - i : i);
      input[place + i] = static_cast<std::uint8_t>(value >> shift);
    }
  };
  constexpr std::uint64_t kTrouble[] = {0,
                                        1,
                                        2,
                                        0x7F,
                                        0xFF,
                                        0x200,
                                        0xFFFF,
                                        0x10000,
                                        0x7FFFFFFF,
                                        0x80000000,
                                        0xFFFFFFFF,
                                        0x100000000,
                                        0x7FFFFFFFFFFFFFFF,
                                        0xFFFFFFFFFFFFFFFF};
  switch (random() % 8) {
    case 0:
      input[place] = static_cast<std::uint8_t>(input[place] ^ (1U << random() % 8));
      break;
    case 1:
      input[place] = static_cast<std::uint8_t>(random());
      break;
    case 2:
      input.resize(place);
      break;
    case 3:
      input.insert(input.end(), input.begin() + static_cast<std::ptrdiff_t>(place), input.end());
      break;
    default:
      place -= place % 4;
      put(kTrouble[random() % std::size(kTrouble)], random() % 3 == 0 ? 8 : 4, random() % 2 == 0);
  }
}

std::size_t number(std::string_view text) {
  std::size_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t runs = 2000;
  std::vector<fs::path> files;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument.starts_with("-runs=")) {
      runs = number(argument.substr(6));
    } else if (argument.starts_with("-seeds=")) {
      const fs::path folder(argument.substr(7));
      fs::create_directories(folder);
      std::size_t index = 0;
      for (const Input& seed : fuzz::seeds()) {
        std::ofstream stream(folder / ("seed-" + std::to_string(index++)), std::ios::binary);
        std::ranges::copy(seed, std::ostreambuf_iterator<char>(stream));
      }
      return 0;
    } else if (fs::is_directory(argument)) {
      for (const auto& entry : fs::recursive_directory_iterator(argument)) {
        if (entry.is_regular_file()) files.push_back(entry.path());
      }
    } else if (fs::exists(argument)) {
      files.emplace_back(argument);
    }
  }
  std::ranges::sort(files);
  for (const fs::path& file : files) run(bytes_of(file));
  const std::vector<Input> seeds = fuzz::seeds();
  std::mt19937 random(1);
  for (const Input& seed : seeds) run(seed);
  for (std::size_t i = 0; i < runs && !seeds.empty(); ++i) {
    Input input = seeds[i % seeds.size()];
    for (auto times = 1 + random() % 4; times > 0; --times) damage(input, random);
    run(input);
  }
  std::printf("%zu files, %zu seeds, %zu damaged inputs\n", files.size(), seeds.size(), runs);
  return 0;
}
