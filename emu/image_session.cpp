#include "emu/image_session.h"

#include <algorithm>
#include <charconv>
#include <iomanip>
#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>

#include "emu/image_progress.h"

namespace emu::image_tool {

using storage::ImageError;

namespace {

// What no host file can hold: storage refuses images beyond it anyway.
constexpr std::uint64_t kMaxBytes = std::uint64_t{1} << 62;

}  // namespace

Session::Session(const Arguments& arguments, const Surroundings& around)
    : arguments_(arguments),
      around_(around),
      registry_(std::make_shared<storage::FileRegistry>()),
      warnings_(std::make_shared<std::mutex>()) {
  if (arguments.seed) {
    ids_ = std::make_shared<storage::SeededIds>(*arguments.seed);
  } else if (around.ids) {
    ids_ = around.ids;
  } else {
    ids_ = std::make_shared<storage::HostIds>();
  }
}

void Session::say(std::string_view line) const {
  if (!arguments_.quiet) around_.out << line << "\n";
}

void Session::answer(std::string_view line, const nlohmann::ordered_json& facts) const {
  if (arguments_.json()) {
    out() << facts.dump(4, ' ', false, nlohmann::json::error_handler_t::replace) << "\n";
  } else if (!line.empty()) {
    say(line);
  }
}

storage::OpenOptions Session::open_options() const {
  storage::OpenOptions options;
  options.warn = [&err = around_.err, lock = warnings_](std::string_view line) {
    const std::scoped_lock guard(*lock);
    err << "platter: warning: " << line << "\n";
  };
  options.allow = arguments_.allow;
  options.force_share = arguments_.force_share;
  options.ids = ids_;
  options.registry = registry_;
  return options;
}

storage::Place Session::place(const std::filesystem::path& path) const {
  storage::HostRules rules = host_rules(open_options());
  if (around_.place_of) return around_.place_of(path, std::move(rules));
  return storage::PosixDirectory::place_of(path, std::move(rules));
}

storage::OpenOptions Session::open_options(const std::string& path, std::string_view format,
                                           storage::OpenMode mode) const {
  storage::OpenOptions options = open_options();
  options.mode = mode;
  options.format = format;
  const storage::Options given = parsed_options(path, arguments_.open_options);
  for (const auto& [key, value] : given.all()) {
    if (key == "truncate") {
      options.truncate = storage::Options{{key, value}}.flag(path, key, false);
    } else {
      options.options.set(key, value);
    }
  }
  return options;
}

storage::OpenedImage Session::open(const std::string& path, std::string_view format,
                                   storage::OpenMode mode) const {
  return open_image(place(path), open_options(path, format, mode));
}

storage::Progress Session::progress(std::uint64_t unit_bytes) const {
  ProgressStyle style = ProgressStyle::none;
  if (!arguments_.quiet && arguments_.progress_as == "json") {
    style = ProgressStyle::json;
  } else if (!arguments_.quiet && arguments_.progress && around_.terminal) {
    style = ProgressStyle::bar;
  }
  return make_progress(around_.err, style, unit_bytes, around_.interrupted);
}

std::uint64_t size_argument(std::string_view what, std::string_view text) {
  const auto size = storage::parse_size(text);
  if (!size || *size > kMaxBytes) {
    throw UsageError(std::string(what) + " '" + storage::printable(text, 40) +
                     "' is no size (such as 65536, 64K, 1.5G)");
  }
  return *size;
}

std::uint64_t count_argument(std::string_view what, std::string_view text, std::uint64_t least,
                             std::uint64_t most) {
  std::uint64_t value = 0;
  const bool hex = text.starts_with("0x") || text.starts_with("0X");
  const std::string_view digits = hex ? text.substr(2) : text;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, hex ? 16 : 10);
  if (error != std::errc() || end != digits.data() + digits.size() || value < least ||
      value > most) {
    throw UsageError(std::string(what) + " '" + storage::printable(text, 40) +
                     "' must be a number from " + std::to_string(least) + " to " +
                     std::to_string(most));
  }
  return value;
}

std::uint64_t sectors_for(std::uint64_t bytes) {
  return bytes / storage::kSectorSize + (bytes % storage::kSectorSize != 0 ? 1 : 0);
}

std::string human_size(std::uint64_t bytes) {
  static constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1000 && unit + 1 < std::size(kUnits)) {
    value /= 1024;
    ++unit;
  }
  std::ostringstream text;
  text << std::setprecision(3) << value << " " << kUnits[unit];
  return text.str();
}

storage::Options parsed_options(const std::string& file, const std::vector<std::string>& words) {
  storage::Options options;
  for (const std::string& word : words) options.parse(file, word);
  return options;
}

void require(const std::filesystem::path& file, std::uint64_t lba, storage::IoStatus status) {
  if (status == storage::IoStatus::ok) return;
  throw ImageError(file, "sector " + std::to_string(lba) + ": " + std::string(describe(status)));
}

void close_image(const std::filesystem::path& file, storage::BlockDevice& device) {
  const storage::IoStatus status = device.close();
  if (status == storage::IoStatus::ok) return;
  throw ImageError(file, "could not be closed: " + std::string(describe(status)));
}

std::filesystem::path parent_path(const Session& session, const std::string& child,
                                  const std::string& parent) {
  std::filesystem::path typed(parent);
  if (typed.is_absolute()) return typed;
  const std::filesystem::path beside = std::filesystem::path(child).parent_path() / typed;
  const storage::Place place = session.place(child);
  return place.directory->exists(parent, storage::NameSource::user) ? beside : typed;
}

}  // namespace emu::image_tool
