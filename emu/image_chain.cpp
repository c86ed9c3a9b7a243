// commit, rebase, flatten: operations on chains; resize, compact and finish: on one image.
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "emu/image_children.h"
#include "emu/image_verbs.h"
#include "storage/operations.h"
#include "storage/relocate_parent.h"

namespace emu::image_tool {

using storage::ImageError;
using storage::kSectorSize;

namespace {

constexpr std::size_t kNameLimit = 4096;

std::string name_of(const Session& session) {
  return storage::printable(session.arguments().names[0], kNameLimit);
}

storage::OpenOptions change_options(const Session& session) {
  const Arguments& a = session.arguments();
  return session.open_options(a.names[0], a.format, storage::OpenMode::read_write);
}

// Opens FILE for a change of itself.
storage::OpenedImage open_for_change(const Session& session) {
  return open_image(session.place(session.arguments().names[0]), change_options(session));
}

// For another parent or none: FILE shows what it showed, so that its own children go on with it.
storage::OpenOptions rebase_options(const Session& session) {
  storage::OpenOptions options = change_options(session);
  options.commit_target = true;
  return options;
}

bool same_file(const Session& session, const std::filesystem::path& a,
               const std::filesystem::path& b) {
  const auto identity = [&](const std::filesystem::path& path) {
    const storage::Place place = session.place(path);
    return place.directory
        ->open(place.name, {.access = storage::FileAccess::read,
                            .source = storage::NameSource::user,
                            .look_only = true})
        ->identity();
  };
  return identity(a) == identity(b);
}

// What the parent shows changes, and with it what all its other children are made of.
std::vector<std::filesystem::path> warn_of_other_children(const Session& session,
                                                          const std::filesystem::path& parent,
                                                          const std::filesystem::path& child) {
  std::vector<std::filesystem::path> others = other_children(session, parent, child);
  if (others.empty()) return others;
  std::string names;
  for (const std::filesystem::path& other : others) {
    names += (names.empty() ? "" : ", ") + storage::printable(other.native(), kNameLimit);
  }
  session.open_options().warn(
      ImageError(parent, "changes, and its other children are not valid any more: " + names)
          .what());
  return others;
}

struct Step {
  std::filesystem::path parent;
  std::vector<std::filesystem::path> others;  // children of it that are not valid any more
};

// One step down.
Step commit_once(const Session& session, const std::filesystem::path& file,
                 const std::string& format, bool empty) {
  storage::OpenOptions options =
      session.open_options(file.native(), format, storage::OpenMode::read_write);
  options.write_parent = true;
  const storage::OpenedImage child = open_image(session.place(file), options);
  const storage::Image* const parent = child.image->parent();
  if (parent == nullptr) throw ImageError(file, "has no parent to be committed to");
  const std::filesystem::path path = parent->info().files.front().path;
  Step step{path, warn_of_other_children(session, path, file)};
  commit_image(*child.image, empty, session.progress(kSectorSize));
  close_image(file, *child.device);
  return step;
}

std::uint64_t new_size(const storage::BlockDevice& device, std::string_view text) {
  const std::uint64_t now = device.sector_count() * kSectorSize;
  const bool plus = text.starts_with('+');
  const bool minus = text.starts_with('-');
  const std::uint64_t size = size_argument("size", plus || minus ? text.substr(1) : text);
  if (minus && size >= now) throw UsageError("would leave nothing of the disk");
  return plus ? now + size : minus ? now - size : size;
}

}  // namespace

int commit(const Session& session) {
  const Arguments& a = session.arguments();
  const std::filesystem::path file = a.names[0];
  Step step = commit_once(session, file, a.format, !a.keep);
  std::vector<std::filesystem::path> others = step.others;
  if (!a.parent.empty()) {
    const std::filesystem::path base = parent_path(session, a.names[0], a.parent);
    // Layer by layer: what a layer gave down shows through it from below.
    while (!same_file(session, step.parent, base)) {
      step = commit_once(session, step.parent, "", !a.keep);
      others.insert(others.end(), step.others.begin(), step.others.end());
    }
  }
  auto invalid = nlohmann::ordered_json::array();
  for (const auto& other : others) {
    invalid.push_back(storage::printable(other.native(), kNameLimit));
  }
  session.answer("Image committed.",
                 {{"filename", name_of(session)},
                  {"backing-filename", storage::printable(step.parent.native(), kNameLimit)},
                  {"invalid-children", std::move(invalid)}});
  return 0;
}

namespace {

// rebase --moved: the parent's ids must be those that the child knows.
int follow_moved_parent(const Session& session) {
  const Arguments& a = session.arguments();
  if (a.parent.empty()) throw UsageError("--moved needs -b with the parent's place");
  const std::filesystem::path path = parent_path(session, a.names[0], a.parent);
  storage::relocate_parent(session.place(a.names[0]), session.place(path), path,
                           change_options(session));
  session.answer("", {{"filename", name_of(session)},
                      {"backing-filename", storage::printable(a.parent, kNameLimit)}});
  return 0;
}

// rebase -u: the record alone. Where the parent can be looked at, its ids are recorded.
void change_record(const Session& session, storage::Image& child) {
  const Arguments& a = session.arguments();
  if (a.parent.empty()) {
    child.set_parent(nullptr);
    return;
  }
  const std::filesystem::path path = parent_path(session, a.names[0], a.parent);
  storage::ParentRef record{nullptr, a.parent, a.parent_format, path};
  std::optional<storage::OpenedImage> parent;
  try {
    storage::OpenOptions options =
        session.open_options(path, a.parent_format, storage::OpenMode::read_only);
    options.follow_parents = false;
    parent = open_image(session.place(path), options);
    record.image = parent->image;
    record.format = parent->format->name;
  } catch (const ImageError&) {
    // It need not be there yet.
  }
  child.set_parent(&record);
}

}  // namespace

int rebase(const Session& session) {
  const Arguments& a = session.arguments();
  const std::string& file = a.names[0];
  if (a.moved) return follow_moved_parent(session);
  if (a.parent.empty() && !a.unsafe) return flatten(session);
  storage::OpenOptions options = rebase_options(session);
  options.follow_parents = !a.unsafe;
  const storage::Place place = session.place(file);
  const storage::OpenedImage child = open_image(place, options);
  if (a.unsafe) {
    change_record(session, *child.image);
  } else {
    const std::filesystem::path path = parent_path(session, file, a.parent);
    const storage::OpenedImage parent =
        session.open(path, a.parent_format, storage::OpenMode::read_only);
    const storage::ParentRef record{parent.image, name_to_record(*place.directory, path),
                                    std::string(parent.format->name), path};
    rebase_image(*child.image, &record, session.progress(kSectorSize));
  }
  close_image(file, *child.device);
  session.answer("", {{"filename", name_of(session)},
                      {"backing-filename", storage::printable(a.parent, kNameLimit)}});
  return 0;
}

int flatten(const Session& session) {
  const std::string& file = session.arguments().names[0];
  const storage::OpenedImage child = open_image(session.place(file), rebase_options(session));
  rebase_image(*child.image, nullptr, session.progress(kSectorSize));
  close_image(file, *child.device);
  session.answer("", {{"filename", name_of(session)}, {"backing-filename", nullptr}});
  return 0;
}

int resize(const Session& session) {
  const Arguments& a = session.arguments();
  const storage::OpenedImage opened = open_for_change(session);
  const std::uint64_t sectors = sectors_for(new_size(*opened.device, a.names[1]));
  if (sectors == 0) throw UsageError("would leave nothing of the disk");
  if (sectors < opened.device->sector_count() && !a.shrink) {
    throw ImageError(a.names[0],
                     "would become smaller and lose what is at its end; --shrink says so");
  }
  if (sectors != opened.device->sector_count()) {
    opened.image->resize(sectors, a.shrink, session.progress(0));
  }
  close_image(a.names[0], *opened.device);
  session.answer("Image resized.",
                 {{"filename", name_of(session)}, {"virtual-size", sectors * kSectorSize}});
  return 0;
}

int compact(const Session& session) {
  const std::string& file = session.arguments().names[0];
  const storage::OpenedImage opened = open_for_change(session);
  const std::uint64_t before = opened.image->info().host_bytes();
  if (session.arguments().link) opened.image->link_uniform(session.progress(0));
  opened.image->compact(session.progress(0));
  const std::uint64_t after = opened.image->info().host_bytes();
  close_image(file, *opened.device);
  session.answer(
      "Image compacted: " + human_size(before) + " -> " + human_size(after),
      {{"filename", name_of(session)}, {"actual-size-before", before}, {"actual-size", after}});
  return 0;
}

// The files that are not needed any more are the user's to remove.
int finish(const Session& session) {
  const std::string& file = session.arguments().names[0];
  const storage::OpenedImage opened = open_for_change(session);
  const storage::ImageInfo before = opened.image->info();
  const std::filesystem::path raw = opened.image->make_standalone(session.progress(0));
  close_image(file, *opened.device);
  std::string line = storage::printable(raw.native(), 200) + " is the whole disk (raw); " +
                     storage::printable(file, 200);
  if (before.parent) {
    line += " and its backing file " + storage::printable(before.parent->name, 120);
  }
  session.answer(line + " can be removed.",
                 {{"filename", name_of(session)},
                  {"image-file", storage::printable(raw.native(), kNameLimit)}});
  return 0;
}

}  // namespace emu::image_tool
