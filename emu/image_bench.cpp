// bench: how many requests an image serves in a second. One line of key=value words, always the
// same keys in the same order, so that a script can cut it apart; or JSON.
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iomanip>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <utility>

#include "emu/image_verbs.h"

namespace emu::image_tool {

using storage::kSectorSize;

namespace {

constexpr std::uint64_t kMaxRequestBytes = 64 * 1024 * 1024;

struct Plan {
  std::uint64_t count, request_sectors, step_sectors, offset_sectors, flush_interval;
  std::optional<std::uint8_t> pattern;
  bool write, random;
};

std::uint64_t whole_sectors(std::string_view what, std::string_view text) {
  const std::uint64_t bytes = size_argument(what, text);
  if (bytes % kSectorSize != 0) {
    throw UsageError(std::string(what) + " must be a multiple of 512 bytes");
  }
  return bytes / kSectorSize;
}

Plan plan_of(const Arguments& a) {
  Plan plan{};
  plan.count = count_argument("-c", a.count, 1, UINT64_MAX / kMaxRequestBytes);
  plan.request_sectors = whole_sectors("-s", a.buffer_size);
  if (plan.request_sectors == 0 || plan.request_sectors * kSectorSize > kMaxRequestBytes) {
    throw UsageError("-s must be from 512 to 64M");
  }
  plan.step_sectors = whole_sectors("-S", a.step_size);
  if (plan.step_sectors == 0) plan.step_sectors = plan.request_sectors;
  plan.offset_sectors = whole_sectors("-o", a.offset);
  plan.flush_interval = count_argument("--flush-interval", a.flush_interval, 0, UINT64_MAX);
  if (!a.pattern.empty()) {
    plan.pattern = static_cast<std::uint8_t>(count_argument("--pattern", a.pattern, 0, 255));
  }
  plan.write = a.write;
  plan.random = a.random;
  return plan;
}

// Offsets of the requests: in steps that wrap at the end, or at random.
class Offsets {
 public:
  Offsets(const Plan& plan, std::uint64_t sectors, std::uint64_t seed)
      : plan_(plan), sectors_(sectors), at_(plan.offset_sectors), random_(seed) {}

  std::uint64_t next() {
    const std::uint64_t slots = sectors_ / plan_.request_sectors;
    if (plan_.random) return random_.random64() % slots * plan_.request_sectors;
    if (at_ + plan_.request_sectors > sectors_) at_ %= plan_.request_sectors;
    return std::exchange(at_, at_ + plan_.step_sectors);
  }

 private:
  const Plan& plan_;
  std::uint64_t sectors_;
  std::uint64_t at_;
  storage::SeededIds random_;
};

// What a write writes. Noise unless a byte was asked for: one repeated byte need not be stored by
// formats that know zeroes or links, and the figure would say nothing about other data.
std::vector<std::uint8_t> contents(const Plan& plan, std::uint64_t seed) {
  const auto size = static_cast<std::size_t>(plan.request_sectors * kSectorSize);
  if (plan.pattern) return std::vector<std::uint8_t>(size, *plan.pattern);
  std::vector<std::uint8_t> noise(size);
  storage::SeededIds random(seed);
  for (std::uint8_t& byte : noise) byte = static_cast<std::uint8_t>(random.random64());
  return noise;
}

}  // namespace

int bench(const Session& session) {
  const Arguments& a = session.arguments();
  const Plan plan = plan_of(a);
  const auto mode = plan.write ? storage::OpenMode::read_write : storage::OpenMode::read_only;
  const auto start_open = std::chrono::steady_clock::now();
  const storage::OpenedImage opened = session.open(a.names[0], a.format, mode);
  storage::BlockDevice& device = *opened.device;
  const auto start = std::chrono::steady_clock::now();
  const std::uint64_t sectors = device.sector_count();
  if (plan.request_sectors > sectors || plan.offset_sectors > sectors - plan.request_sectors) {
    throw UsageError("the image is too small for such requests");
  }
  Offsets offsets(plan, sectors, a.seed.value_or(1));
  std::vector<std::uint8_t> buffer = contents(plan, a.seed.value_or(1));
  const std::filesystem::path file = a.names[0];
  for (std::uint64_t i = 0; i < plan.count; ++i) {
    const std::uint64_t lba = offsets.next();
    require(file, lba, plan.write ? device.write(lba, buffer) : device.read(lba, buffer));
    if (plan.flush_interval != 0 && (i + 1) % plan.flush_interval == 0) {
      require(file, lba, device.flush());
    }
    if (i % 256 == 0 && session.interrupted()) throw storage::Cancelled();
  }
  const auto end = std::chrono::steady_clock::now();
  if (plan.write) close_image(a.names[0], device);

  const double seconds = std::max(1e-9, std::chrono::duration<double>(end - start).count());
  const std::uint64_t bytes = plan.count * plan.request_sectors * kSectorSize;
  const double open_ms = std::chrono::duration<double, std::milli>(start - start_open).count();
  const double rate = static_cast<double>(plan.count) / seconds;
  const double mb_per_second = static_cast<double>(bytes) / 1e6 / seconds;
  const std::string_view what = plan.write ? "write" : "read";
  if (a.json()) {
    session.out() << nlohmann::ordered_json{{"operation", what},
                                            {"format", opened.format->name},
                                            {"random", plan.random},
                                            {"request-bytes", plan.request_sectors * kSectorSize},
                                            {"requests", plan.count},
                                            {"bytes", bytes},
                                            {"open-ms", open_ms},
                                            {"seconds", seconds},
                                            {"requests-per-second", rate},
                                            {"mb-per-second", mb_per_second}}
                         .dump(4)
                  << "\n";
    return 0;
  }
  std::ostringstream line;
  line << std::fixed << "operation=" << what << " format=" << opened.format->name
       << " random=" << (plan.random ? 1 : 0)
       << " request_bytes=" << plan.request_sectors * kSectorSize << " requests=" << plan.count
       << " bytes=" << bytes << std::setprecision(3) << " open_ms=" << open_ms
       << std::setprecision(6) << " seconds=" << seconds << std::setprecision(1)
       << " requests_per_second=" << rate << " mb_per_second=" << mb_per_second;
  session.say(line.str());
  return 0;
}

}  // namespace emu::image_tool
