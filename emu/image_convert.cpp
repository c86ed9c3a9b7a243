// convert and dd: one disk's content as a new image of another format.
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "emu/image_bytes.h"
#include "emu/image_copy.h"
#include "emu/image_verbs.h"
#include "storage/layer.h"

namespace emu::image_tool {

using storage::BlockDevice;
using storage::ImageError;
using storage::kSectorSize;

namespace {

constexpr std::uint64_t kZeroSectors = 4096 / kSectorSize;           // qemu-img's -S 4k
constexpr std::uint64_t kMaxBlockSectors = 64 * 1024 / kSectorSize;  // of a target with clusters
constexpr std::uint64_t kMaxBlockBytes = 64 * 1024 * 1024;           // dd bs=

// What zeroes in the source need in the target.
enum class Zeroes : std::uint8_t { skip, write };

class DeviceSink final : public CopySink {
 public:
  DeviceSink(std::string file, BlockDevice& device, Zeroes zeroes)
      : file_(std::move(file)), device_(device), zeroes_(zeroes) {}
  void write(std::uint64_t lba, std::span<const std::uint8_t> sectors) override {
    require(file_, lba, device_.write(lba, sectors));
  }
  void zeroes(std::uint64_t lba, std::uint64_t count) override {
    if (zeroes_ == Zeroes::write) require(file_, lba, device_.write_zeroes(lba, count));
  }

 private:
  std::string file_;
  BlockDevice& device_;
  Zeroes zeroes_;
};

// A child with a parent of its own: only what differs from what it shows already.
class DifferenceSink final : public CopySink {
 public:
  DifferenceSink(std::string file, BlockDevice& device) : file_(std::move(file)), device_(device) {}
  void write(std::uint64_t lba, std::span<const std::uint8_t> sectors) override {
    for_blocks(lba, sectors.size() / kSectorSize, [&](std::uint64_t at, std::uint64_t count) {
      const auto part = sectors.subspan(static_cast<std::size_t>((at - lba) * kSectorSize),
                                        static_cast<std::size_t>(count * kSectorSize));
      if (!std::ranges::equal(part, shown(at, count))) require(file_, at, device_.write(at, part));
    });
  }
  void zeroes(std::uint64_t lba, std::uint64_t count) override {
    while (count != 0) {
      const storage::Extent extent = device_.extent_at(lba);
      const std::uint64_t run = std::min(extent.sector_count, count);
      if (extent.state != storage::ClusterState::unallocated) {
        for_blocks(lba, run, [&](std::uint64_t at, std::uint64_t part) {
          if (!storage::all_zero(shown(at, part))) {
            require(file_, at, device_.write_zeroes(at, part));
          }
        });
      }
      lba += run;
      count -= run;
    }
  }

 private:
  template <class Visit>
  static void for_blocks(std::uint64_t lba, std::uint64_t count, Visit visit) {
    while (count != 0) {
      const std::uint64_t step = std::min(count, kMaxBlockSectors - lba % kMaxBlockSectors);
      visit(lba, step);
      lba += step;
      count -= step;
    }
  }
  std::span<const std::uint8_t> shown(std::uint64_t lba, std::uint64_t count) {
    shown_.resize(static_cast<std::size_t>(count * kSectorSize));
    require(file_, lba, device_.read(lba, shown_));
    return shown_;
  }

  std::string file_;
  BlockDevice& device_;
  std::vector<std::uint8_t> shown_;
};

class StreamSink final : public CopySink {
 public:
  explicit StreamSink(storage::StreamWriter& writer) : writer_(writer) {}
  void write(std::uint64_t lba, std::span<const std::uint8_t> sectors) override {
    writer_.write(lba, sectors);
  }
  void zeroes(std::uint64_t, std::uint64_t) override {}

 private:
  storage::StreamWriter& writer_;
};

// The files to be read, one after the other as one disk.
class Sources {
 public:
  Sources(const Session& session, std::span<const std::string> names, std::string_view format) {
    for (const std::string& name : names) {
      list_.push_back({name, session.open(name, format, storage::OpenMode::read_only), total_});
      total_ += list_.back().opened.device->sector_count();
    }
  }

  std::uint64_t sectors() const { return total_; }
  // Of the only one; several together have none.
  storage::Geometry geometry() const {
    return list_.size() == 1 ? list_.front().opened.device->geometry() : storage::Geometry{};
  }

  void copy_to(CopySink& sink, std::uint64_t zero_sectors, bool threaded,
               const storage::Progress& progress) const {
    for (const Source& source : list_) {
      CopyPlan plan{.source_name = source.name,
                    .first = 0,
                    .count = source.opened.device->sector_count(),
                    .target_first = source.at,
                    .zero_sectors = zero_sectors,
                    .threaded = threaded};
      copy_sectors(*source.opened.device, plan, sink, {[&](std::uint64_t done, std::uint64_t) {
        return !progress.step || progress.step(source.at + done, total_);
      }});
    }
  }

 private:
  struct Source {
    std::string name;
    storage::OpenedImage opened;
    std::uint64_t at;
  };
  std::vector<Source> list_;
  std::uint64_t total_ = 0;
};

// Zeroes are looked for in the target's own units: a cluster that holds anything is written whole.
std::uint64_t zero_sectors(const Session& session, const storage::Image* target) {
  const std::string& text = session.arguments().sparse_size;
  if (!text.empty()) return size_argument("-S", text) / kSectorSize;
  const std::uint64_t cluster =
      target == nullptr ? kMaxBlockSectors : target->info().cluster_bytes / kSectorSize;
  return std::clamp(cluster, kZeroSectors, kMaxBlockSectors);
}

bool threaded(const Session& session) {
  return count_argument("-m", session.arguments().requests, 1, 16) > 1;
}

// A compressed subformat is whatever the format's subformats call so.
void ask_for_compression(const storage::FormatDriver& format, const std::string& file,
                         storage::Options& options) {
  for (const storage::OptionSpec& option : format.create_options) {
    if (option.name == "subformat" &&
        option.values.find("streamOptimized") != std::string_view::npos) {
      options.set("subformat", "streamOptimized");
      return;
    }
  }
  throw ImageError(file, "format " + std::string(format.name) + " has no compressed subformat");
}

void convert_into_existing(const Session& session, const Sources& sources,
                           const std::string& file) {
  const Arguments& a = session.arguments();
  const storage::OpenedImage target =
      session.open(file, a.output_format, storage::OpenMode::read_write);
  if (target.device->sector_count() < sources.sectors()) {
    throw ImageError(file, "is smaller than the source (" +
                               std::to_string(target.device->sector_count()) + " < " +
                               std::to_string(sources.sectors()) + " sectors)");
  }
  DeviceSink sink(file, *target.device, a.target_is_zero ? Zeroes::skip : Zeroes::write);
  sources.copy_to(sink, zero_sectors(session, target.image), threaded(session),
                  session.progress(kSectorSize));
  require(file, 0, target.device->flush());
  close_image(file, *target.device);
}

// Fills an image that was just created.
void fill(const Session& session, const Sources& sources, const std::string& file,
          const storage::Place& place, const storage::FormatDriver& format, bool child) {
  storage::OpenOptions options = session.open_options();
  options.format = format.name;
  const storage::OpenedImage target = open_image(place, options);
  if (target.device->sector_count() < sources.sectors()) {
    throw ImageError(file, "cannot hold the source (" +
                               std::to_string(target.device->sector_count()) + " < " +
                               std::to_string(sources.sectors()) + " sectors)");
  }
  const std::uint64_t zeroes = zero_sectors(session, target.image);
  std::unique_ptr<CopySink> sink;
  if (child) {
    sink = std::make_unique<DifferenceSink>(file, *target.device);
  } else {
    sink = std::make_unique<DeviceSink>(file, *target.device, Zeroes::skip);
  }
  sources.copy_to(*sink, zeroes, threaded(session), session.progress(kSectorSize));
  require(file, 0, target.device->flush());
  close_image(file, *target.device);
}

// The target is removed again when this does not come to its end.
void convert_into_new(const Session& session, const Sources& sources, const std::string& file) {
  const Arguments& a = session.arguments();
  const storage::FormatDriver& format =
      storage::require_format(file, a.output_format.empty() ? "raw" : a.output_format);
  storage::CreateOptions options;
  options.sectors = sources.sectors();
  options.geometry = sources.geometry();
  options.options = parsed_options(file, a.options);
  options.existing = storage::Existing::replace;
  if (a.compress) ask_for_compression(format, file, options.options);
  options.options.check(file, format.create_options);
  const storage::Place place = session.place(file);
  std::optional<storage::OpenedImage> parent;
  if (!a.parent.empty()) {
    const std::filesystem::path path = parent_path(session, file, a.parent);
    parent = session.open(path, a.parent_format, storage::OpenMode::read_only);
    options.parent = storage::ParentRef{parent->image, name_to_record(*place.directory, path),
                                        std::string(parent->format->name), path};
  }
  auto creation = session.creation();
  const storage::OpenOptions around = session.open_options();
  std::unique_ptr<storage::StreamWriter> stream;
  if (format.stream != nullptr) {
    around.ids->make_for(place.name);
    stream = format.stream({.place = place, .ids = around.ids, .warn = around.warn}, options);
  }
  if (stream != nullptr) {
    StreamSink sink(*stream);
    sources.copy_to(sink, zero_sectors(session, nullptr), threaded(session),
                    session.progress(kSectorSize));
    stream->finish();
  } else {
    create_image(place, format, options, around);
    parent.reset();
    fill(session, sources, file, place, format, !a.parent.empty());
  }
  creation.keep();
}

struct DdWords {
  std::string input, output;
  std::uint64_t block = 512;
  std::optional<std::uint64_t> count;
  std::uint64_t skip = 0;
};

DdWords parse_dd(const std::vector<std::string>& names) {
  DdWords words;
  for (const std::string& word : names) {
    const std::size_t equals = word.find('=');
    const std::string key = word.substr(0, equals);
    const std::string value = equals == word.npos ? "" : word.substr(equals + 1);
    if (key == "if") {
      words.input = value;
    } else if (key == "of") {
      words.output = value;
    } else if (key == "bs") {
      words.block = size_argument("bs", value);
    } else if (key == "count") {
      words.count = size_argument("count", value);
    } else if (key == "skip") {
      words.skip = size_argument("skip", value);
    } else {
      throw UsageError("unknown operand '" + storage::printable(word, 60) + "'");
    }
  }
  if (words.input.empty() || words.output.empty()) throw UsageError("needs if= and of=");
  if (words.block == 0 || words.block > kMaxBlockBytes) {
    throw UsageError("bs must be from 1 to 64M");
  }
  return words;
}

nlohmann::ordered_json target_facts(const std::string& file, const std::string& format,
                                    std::uint64_t sectors) {
  return {{"filename", storage::printable(file, 4096)},
          {"format", format.empty() ? "raw" : format},
          {"virtual-size", sectors * kSectorSize}};
}

// a * b, or the largest number there is.
std::uint64_t capped_product(std::uint64_t a, std::uint64_t b) {
  std::uint64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

}  // namespace

int convert(const Session& session) {
  const Arguments& a = session.arguments();
  const std::string& file = a.names.back();
  const Sources sources(session, std::span(a.names).first(a.names.size() - 1), a.format);
  if (a.existing_target) {
    convert_into_existing(session, sources, file);
  } else {
    convert_into_new(session, sources, file);
  }
  session.answer("", target_facts(file, a.output_format, sources.sectors()));
  return 0;
}

int dd(const Session& session) {
  const Arguments& a = session.arguments();
  const DdWords words = parse_dd(a.names);
  const storage::OpenedImage source =
      session.open(words.input, a.format, storage::OpenMode::read_only);
  const std::uint64_t size = source.device->sector_count() * kSectorSize;
  const std::uint64_t skip = std::min(size, capped_product(words.skip, words.block));
  std::uint64_t length = size - skip;
  if (words.count) length = std::min(length, capped_product(*words.count, words.block));
  if (length == 0) throw ImageError(words.input, "has nothing there to be copied");

  const storage::FormatDriver& format =
      storage::require_format(words.output, a.output_format.empty() ? "raw" : a.output_format);
  storage::CreateOptions options;
  options.sectors = sectors_for(length);
  options.options = parsed_options(words.output, a.options);
  options.existing = storage::Existing::replace;
  const storage::Place place = session.place(words.output);
  auto creation = session.creation();
  create_image(place, format, options, session.open_options());
  storage::OpenOptions open = session.open_options();
  open.format = format.name;
  const storage::OpenedImage target = open_image(place, open);
  DeviceSink sink(words.output, *target.device, Zeroes::skip);
  if (skip % kSectorSize == 0 && length % kSectorSize == 0) {
    copy_sectors(*source.device,
                 {.source_name = words.input,
                  .first = skip / kSectorSize,
                  .count = length / kSectorSize,
                  .target_first = 0,
                  .zero_sectors = zero_sectors(session, target.image),
                  .threaded = false},
                 sink, session.progress(kSectorSize));
  } else {
    copy_bytes(words.input, *source.device, skip, length, sink, session.progress(1));
  }
  require(words.output, 0, target.device->flush());
  close_image(words.output, *target.device);
  creation.keep();
  session.answer("", target_facts(words.output, a.output_format, options.sectors));
  return 0;
}

}  // namespace emu::image_tool
