#include "storage/open_image.h"

#include <algorithm>
#include <utility>

#include "storage/discard_overlay.h"
#include "storage/format.h"

namespace storage {

namespace {

constexpr std::size_t kProbeHead = 4096;
constexpr std::size_t kProbeTail = 512;

struct Glance {
  FileIdentity identity;
  std::vector<std::uint8_t> head;
  std::vector<std::uint8_t> tail;
  std::uint64_t size = 0;
};

std::unique_ptr<File> look_at(const Place& place, NameSource source) {
  return place.directory->open(place.name,
                               {.access = FileAccess::read, .source = source, .look_only = true});
}

Glance glance_at(File& file) {
  const std::uint64_t size = file.size();
  Glance glance{file.identity(), {}, {}, size};
  glance.head.resize(static_cast<std::size_t>(std::min<std::uint64_t>(size, kProbeHead)));
  glance.tail.resize(static_cast<std::size_t>(std::min<std::uint64_t>(size, kProbeTail)));
  if (file.read_at(0, glance.head) != IoStatus::ok ||
      file.read_at(size - glance.tail.size(), glance.tail) != IoStatus::ok) {
    throw ImageError(file.path(), "cannot be read");
  }
  return glance;
}

const FormatDriver& detect_at(File& file) {
  const Glance glance = glance_at(file);
  return detect(
      {.head = glance.head, .tail = glance.tail, .size = glance.size, .path = file.path()});
}

// One layer of a chain and the way to the next.
class Layer final : public ParentResolver {
 public:
  Layer(Place place, NameSource source, OpenOptions options, const Layer* child)
      : place_(std::move(place)),
        source_(source),
        options_(std::move(options)),
        child_(child),
        depth_(child == nullptr ? 0 : child->depth_ + 1) {}

  std::unique_ptr<Image> open_here() {
    {
      const std::unique_ptr<File> file = look_at(place_, source_);
      identity_ = file->identity();
      refuse_circle();
      driver_ = options_.format.empty() ? &detect_here(*file)
                                        : &require_format(place_.path(), options_.format);
    }
    if (child_ == nullptr) {
      options_.options.check(place_.path(), driver_->open_options);
    } else if (driver_ != child_->driver_) {
      options_.options = {};
    }
    return driver_->open({.place = place_,
                          .source = source_,
                          .ids = options_.ids,
                          .parents = options_.follow_parents ? this : nullptr,
                          .warn = options_.warn},
                         options_);
  }

  std::unique_ptr<Image> open(std::string_view name, std::string_view format) override {
    if (depth_ + 1 >= kMaxLayers) {
      throw ImageError(place_.path(),
                       "has too many parents (layers allowed " + std::to_string(kMaxLayers) + ")");
    }
    Place parent;
    try {
      parent = place_.directory->locate(name, NameSource::image);
      static_cast<void>(look_at(parent, NameSource::image));
    } catch (const NoSuchFile&) {
      return nullptr;
    } catch (const RefusedName& refused) {
      throw LostParent(place_.path(), name, refused.words());
    }
    OpenOptions options = options_;
    options.mode = options_.write_parent ? OpenMode::read_write : OpenMode::read_only;
    options.commit_target = options_.write_parent;
    options.write_parent = false;
    options.truncate = false;
    options.format = std::string(format);
    return Layer(std::move(parent), NameSource::image, std::move(options), this).open_here();
  }

  FileIdentity identity() const { return identity_; }
  const FormatDriver* driver() const { return driver_; }

 private:
  const FormatDriver& detect_here(File& file) const {
    const FormatDriver& found = detect_at(file);
    if (child_ != nullptr && &found == &kRawFormat) {
      throw ImageError(place_.path(), "has no known format, and its child " +
                                          printable(child_->place_.path().native(), 120) +
                                          " does not record that it is raw");
    }
    return found;
  }

  void refuse_circle() const {
    for (const Layer* layer = child_; layer != nullptr; layer = layer->child_) {
      if (layer->identity_ != identity_) continue;
      throw ImageError(place_.path(), "is its own parent, by way of " +
                                          printable(child_->place_.path().native(), 120));
    }
  }

  Place place_;
  NameSource source_;
  OpenOptions options_;
  const Layer* child_;
  std::size_t depth_;
  FileIdentity identity_;
  const FormatDriver* driver_ = nullptr;
};

OpenOptions completed(OpenOptions options) {
  if (!options.ids) options.ids = std::make_shared<HostIds>();
  if (!options.registry) options.registry = std::make_shared<FileRegistry>();
  return options;
}

}  // namespace

HostRules host_rules(const OpenOptions& options) {
  HostRules rules;
  rules.allow = options.allow;
  rules.force_share = options.force_share;
  rules.warn = options.warn;
  if (options.registry) rules.registry = options.registry;
  return rules;
}

const FormatDriver& format_of(const Place& place, NameSource source, std::string_view format) {
  if (!format.empty()) return require_format(place.path(), format);
  return detect_at(*look_at(place, source));
}

OpenedImage open_image(const std::filesystem::path& path, const OpenOptions& options) {
  return open_image(PosixDirectory::place_of(path, host_rules(options)), options);
}

OpenedImage open_image(const Place& place, const OpenOptions& options) {
  OpenOptions inner = completed(options);
  const bool discard = options.mode == OpenMode::discard;
  if (discard) inner.mode = OpenMode::read_only;
  if (inner.mode == OpenMode::read_write && (inner.force_share || inner.force)) {
    throw ImageError(place.path(), "cannot be opened for writing by force or while it is shared");
  }
  if (inner.force_share && inner.warn) {
    inner.warn(ImageError(place.path(), "is read without a lock: what it shows may change").what());
  }
  Layer top(place, NameSource::user, std::move(inner), nullptr);
  std::unique_ptr<Image> image = top.open_here();
  OpenedImage opened{nullptr, top.driver(), top.identity(), image.get()};
  opened.device = std::move(image);
  if (discard) opened.device = std::make_unique<DiscardOverlay>(std::move(opened.device));
  return opened;
}

void create_image(const Place& place, const FormatDriver& format, const CreateOptions& options,
                  const OpenOptions& surroundings) {
  if (format.create == nullptr) {
    throw ImageError(place.path(),
                     "cannot be created: no image of format " + std::string(format.name) + " can");
  }
  options.options.check(place.path(), format.create_options);
  if (options.parent && !format.has_parents) {
    throw ImageError(place.path(),
                     "cannot have a parent: format " + std::string(format.name) + " has none");
  }
  const OpenOptions around = completed(surroundings);
  around.ids->make_for(place.name);
  FileRegistry& registry = *place.directory->rules().registry;
  const std::size_t before = registry.created();
  try {
    format.create({.place = place,
                   .source = NameSource::user,
                   .ids = around.ids,
                   .parents = nullptr,
                   .warn = around.warn},
                  options);
  } catch (...) {
    registry.remove_created(before);
    throw;
  }
}

CheckReport check_image(const Place& place, const FormatDriver& format, const CheckOptions& options,
                        const OpenOptions& surroundings) {
  if (format.check == nullptr) {
    throw ImageError(place.path(),
                     "cannot be checked: format " + std::string(format.name) + " has no check");
  }
  const OpenOptions around = completed(surroundings);
  return format.check({.place = place,
                       .source = NameSource::user,
                       .ids = around.ids,
                       .parents = nullptr,
                       .warn = around.warn},
                      options);
}

}  // namespace storage
