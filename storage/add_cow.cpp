// add-cow: copy on write for raw disks. The written clusters are in a raw image file, each at its
// own place; a bitmap in the .add-cow file tells which; the others are read from a backing file of
// any format. When every cluster is written the raw file is the whole disk (`finish`).
// docs/formats/add-cow.md has the layout; sources in add_cow_header.h.
// Not implemented: image files that are not raw.
#include <algorithm>
#include <array>
#include <bit>
#include <string>
#include <utility>

#include "storage/add_cow_image.h"
#include "storage/check_alone.h"
#include "storage/file_io.h"

namespace storage {

namespace {

constexpr std::array<std::string_view, 2> kSubformats = {"acow", "v1"};
constexpr std::array kCreateOptions = {
    OptionSpec{"subformat", "acow|v1", "the final layout, or version 1 (\"ADD_COW\") of 2012"},
    OptionSpec{"image_file", "NAME",
               "the raw file, made where it is not there (name of the image + .raw)"},
    OptionSpec{"cluster_size", "SIZE", "bytes copied at once, 4K to 2M, 64K; acow only"},
};
constexpr std::array kOpenOptions = {
    OptionSpec{"backing_format", "FORMAT", "of the backing file, where the image does not say"},
};

int probe_add_cow(const ProbeInput& input) {
  const std::string_view head(reinterpret_cast<const char*>(input.head.data()), input.head.size());
  if (head.starts_with("ADD_COW\xFF")) return 100;
  return head.starts_with("ACOW") ? 90 : 0;
}

std::unique_ptr<Image> open_add_cow(const ImageContext& context, const OpenOptions& options) {
  return std::make_unique<AddCowImage>(context, options);
}

CheckReport check_add_cow(const ImageContext& context, const CheckOptions& options) {
  return check_alone<AddCowImage>(context, options);
}

AddCowHeader header_for(const std::filesystem::path& file, std::string_view name,
                        const CreateOptions& options) {
  AddCowHeader header;
  header.older = options.options.choice(file, "subformat", kSubformats, 0) == 1;
  if (const auto bytes = options.options.number(file, "cluster_size")) {
    const bool power = std::has_single_bit(*bytes);
    if (header.older ? *bytes != 65536 : !power || *bytes < 4096 || *bytes > 2 * 1024 * 1024) {
      throw ImageError(file, "option cluster_size (value = " + std::to_string(*bytes) +
                                 ", allowed " +
                                 (header.older ? "64K" : "a power of two from 4K to 2M") + ")");
    }
    header.cluster = *bytes / kSectorSize;
  }
  header.image = std::string(options.options.text_or("image_file", std::string(name) + ".raw"));
  if (const auto why = bad_name(header.image)) {
    throw ImageError(file, "cannot record its image file's name: " + *why);
  }
  if (!options.parent) {
    header.whole = !header.older;
    return header;
  }
  const ParentRef& parent = *options.parent;
  header.backing = parent.name;
  if (header.backing.empty() || bad_name(header.backing)) {
    throw ImageError(file, "cannot record its backing file's name: " + printable(parent.name, 120));
  }
  if (!parent.format.empty()) header.backing_format = parent.format;
  if (header.older && header.backing_format.value_or("raw") != "raw") {
    throw ImageError(file, "cannot have a parent of format " + parent.format +
                               ": version 1 has no field for it; subformat=acow has");
  }
  return header;
}

// The raw file: what is there, if the user named it, or a new one of hole.
void prepare_image_file(const ImageContext& context, const AddCowHeader& header,
                        const CreateOptions& options) {
  const std::uint64_t size = options.sectors * kSectorSize;
  Directory& folder = *context.place.directory;
  const bool named = options.options.text("image_file").has_value();
  if (named && folder.exists(header.image, NameSource::image)) {
    const auto file = context.open_inner(header.image, FileAccess::read);
    if (file->size() == size) return;
    throw ImageError(file->path(),
                     "is not of the disk's size (size = " + std::to_string(file->size()) +
                         ", needed " + std::to_string(size) + ")");
  }
  const Place place = folder.locate(header.image, NameSource::image);
  const auto file =
      place.directory->create(place.name, named ? Existing::refuse : options.existing);
  resize_exactly(*file, 0);
  resize_exactly(*file, size);
  sync_exactly(*file);
  sync_exactly(*place.directory);
}

// The magic comes last.
void create_add_cow(const ImageContext& context, const CreateOptions& options) {
  if (options.sectors == 0) throw ImageError(context.path(), "cannot be empty (size = 0)");
  const AddCowHeader header = header_for(context.path(), context.place.name, options);
  const std::vector<std::uint8_t> bytes = add_cow_bytes(context.path(), header);
  if (header.image == context.place.name || header.image == header.backing ||
      header.backing == context.place.name) {
    throw ImageError(context.path(), "needs three different files, of itself, image and backing");
  }
  prepare_image_file(context, header, options);
  Directory& folder = *context.place.directory;
  const auto file = folder.create(context.place.name, options.existing);
  resize_exactly(*file, 0);
  resize_exactly(*file, header.bytes() + header.bitmap_bytes(options.sectors));
  write_exactly(*file, kSectorSize, std::span(bytes).subspan(kSectorSize));
  sync_exactly(*file);
  sync_exactly(folder);
  write_exactly(*file, 0, std::span(bytes).first(kSectorSize));
  sync_exactly(*file);
}

std::uint64_t measure_add_cow(const CreateOptions& options, std::uint64_t data_bytes) {
  const AddCowHeader header = header_for("measure", "measure", options);
  const std::uint64_t cluster = header.cluster * kSectorSize;
  const std::uint64_t disk = options.sectors * kSectorSize;
  const std::uint64_t data = (std::min(data_bytes, disk) + cluster - 1) / cluster * cluster;
  return header.bytes() + header.bitmap_bytes(options.sectors) + std::min(data, disk);
}

}  // namespace

const FormatDriver kAddCowFormat = {.name = "add-cow",
                                    .summary = "bitmap beside a raw image, over a backing file",
                                    .create_options = kCreateOptions,
                                    .open_options = kOpenOptions,
                                    .has_parents = true,
                                    .probe = probe_add_cow,
                                    .open = open_add_cow,
                                    .create = create_add_cow,
                                    .check = check_add_cow,
                                    .measure = measure_add_cow};

}  // namespace storage
