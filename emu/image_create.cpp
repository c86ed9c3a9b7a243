// create, snapshot, measure: images that are made or planned.
#include <nlohmann/json.hpp>
#include <utility>

#include "emu/image_verbs.h"
#include "storage/overlay_file.h"

namespace emu::image_tool {

using storage::ImageError;

namespace {

constexpr std::size_t kNameLimit = 4096;

// Words that qemu-img takes among the -o words though they have options of their own.
struct CreateWords {
  storage::Options options;
  std::string parent, parent_format, size;
};

CreateWords split_words(const Session& session) {
  const Arguments& a = session.arguments();
  CreateWords words{{}, a.parent, a.parent_format, a.names.size() > 1 ? a.names[1] : ""};
  const storage::Options all = parsed_options(a.names[0], a.options);
  for (const auto& [key, value] : all.all()) {
    if (key == "backing_file") {
      words.parent = value;
    } else if (key == "backing_fmt") {
      words.parent_format = value;
    } else if (key == "size") {
      words.size = value;
    } else {
      words.options.set(key, value);
    }
  }
  return words;
}

// A parent, open for reading, and what a child records of it.
struct OpenParent {
  storage::OpenedImage opened;
  storage::ParentRef ref;
};

OpenParent open_parent(const Session& session, const storage::Directory& folder,
                       const std::filesystem::path& path, std::string_view format) {
  OpenParent parent{session.open(path, format, storage::OpenMode::read_only), {}};
  parent.ref = {parent.opened.image, name_to_record(folder, path),
                std::string(parent.opened.format->name), path};
  return parent;
}

void warn_if_outside(const Session& session, const std::string& child,
                     const storage::ParentRef& parent) {
  if (!storage::leaves_folder(parent.name)) return;
  session.err() << "platter: warning: " << storage::printable(child, 120)
                << ": its parent lies outside its folder; opening it needs --allow-dir "
                << storage::printable(parent.path.parent_path().native(), 120) << "\n";
}

void create_child(const Session& session, const std::string& file,
                  const storage::FormatDriver& format, storage::CreateOptions options,
                  const CreateWords& words) {
  const storage::Place place = session.place(file);
  const std::filesystem::path path = parent_path(session, file, words.parent);
  std::optional<OpenParent> parent;
  if (session.arguments().unsafe) {
    if (options.sectors == 0) throw UsageError("-u needs a size");
    options.parent = storage::ParentRef{nullptr, words.parent, words.parent_format, path};
  } else {
    parent = open_parent(session, *place.directory, path, words.parent_format);
    options.parent = parent->ref;
    if (options.sectors == 0) options.sectors = parent->opened.device->sector_count();
    if (!options.geometry.known() && options.sectors == parent->opened.device->sector_count()) {
      options.geometry = parent->opened.device->geometry();
    }
  }
  auto creation = session.creation();
  create_image(place, format, options, session.open_options());
  creation.keep();
  warn_if_outside(session, file, *options.parent);
}

// The first overlay's name that is not there.
std::string overlay_name(const Session& session, const std::string& file,
                         const storage::FormatDriver& format) {
  const storage::Place place = session.place(file);
  for (int n = 1; n <= storage::kMaxOverlays; ++n) {
    const std::filesystem::path path = storage::overlay_path(file, format, n);
    if (!place.directory->exists(path.filename().native(), storage::NameSource::user)) {
      return path.native();
    }
  }
  throw ImageError(file, "has too many overlays beside it");
}

std::uint64_t data_bytes_of(const storage::BlockDevice& device) {
  std::uint64_t sectors = 0;
  for (std::uint64_t lba = 0; lba < device.sector_count();) {
    const storage::Extent extent = device.extent_at(lba);
    const bool zeroes = extent.state == storage::ClusterState::unallocated ||
                        extent.state == storage::ClusterState::zero;
    if (!zeroes) sectors += extent.sector_count;
    lba += extent.sector_count;
  }
  return sectors * storage::kSectorSize;
}

}  // namespace

int create(const Session& session) {
  const Arguments& a = session.arguments();
  const std::string& file = a.names[0];
  const storage::FormatDriver& format =
      storage::require_format(file, a.format.empty() ? "raw" : a.format);
  const CreateWords words = split_words(session);
  storage::CreateOptions options;
  options.options = words.options;
  options.existing = storage::Existing::replace;
  if (!words.size.empty()) options.sectors = sectors_for(size_argument("size", words.size));
  if (!words.parent.empty()) {
    create_child(session, file, format, std::move(options), words);
  } else {
    if (words.size.empty()) throw UsageError("an image without a parent needs a size");
    const storage::Place place = session.place(file);
    auto creation = session.creation();
    create_image(place, format, options, session.open_options());
    creation.keep();
  }
  session.answer(
      "Formatted '" + storage::printable(file, 200) + "', format " + std::string(format.name),
      {{"filename", storage::printable(file, kNameLimit)}, {"format", format.name}});
  return 0;
}

int snapshot(const Session& session) {
  const Arguments& a = session.arguments();
  const std::string& file = a.names[0];
  const storage::FormatDriver& base =
      storage::format_of(session.place(file), storage::NameSource::user, a.format);
  const storage::FormatDriver& format = storage::overlay_format(base);
  const std::string child = a.names.size() > 1 ? a.names[1] : overlay_name(session, file, base);
  const storage::Place place = session.place(child);
  const OpenParent parent = open_parent(session, *place.directory, file, a.format);
  storage::CreateOptions options;
  options.options = parsed_options(child, a.options);
  options.sectors = parent.opened.device->sector_count();
  options.geometry = parent.opened.device->geometry();
  options.parent = parent.ref;
  auto creation = session.creation();
  create_image(place, format, options, session.open_options());
  creation.keep();
  warn_if_outside(session, child, parent.ref);
  session.answer(storage::printable(child, 200),
                 {{"filename", storage::printable(child, kNameLimit)},
                  {"format", format.name},
                  {"backing-filename", storage::printable(parent.ref.name, kNameLimit)}});
  return 0;
}

int measure(const Session& session) {
  const Arguments& a = session.arguments();
  if (a.names.empty() == a.size.empty()) throw UsageError("needs either FILE or --size");
  const std::string file = a.names.empty() ? "new image" : a.names[0];
  const storage::FormatDriver& format =
      storage::require_format(file, a.output_format.empty() ? "raw" : a.output_format);
  if (format.measure == nullptr) {
    throw ImageError(file, "cannot be measured for format " + std::string(format.name));
  }
  storage::CreateOptions options;
  options.options = parsed_options(file, a.options);
  options.options.check(file, format.create_options);
  std::uint64_t data = 0;
  if (a.names.empty()) {
    options.sectors = sectors_for(size_argument("--size", a.size));
  } else {
    const storage::OpenedImage opened = session.open(file, a.format, storage::OpenMode::read_only);
    options.sectors = opened.device->sector_count();
    options.geometry = opened.device->geometry();
    data = data_bytes_of(*opened.device);
  }
  const std::uint64_t required = format.measure(options, data);
  const std::uint64_t full = format.measure(options, options.sectors * storage::kSectorSize);
  if (a.json()) {
    session.out() << nlohmann::ordered_json{{"required", required}, {"fully-allocated", full}}.dump(
                         4)
                  << "\n";
  } else {
    session.out() << "required size: " << required << "\nfully allocated size: " << full << "\n";
  }
  return 0;
}

}  // namespace emu::image_tool
