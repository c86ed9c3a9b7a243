// Making growable images.
#include <algorithm>
#include <string>
#include <utility>

#include "storage/file_io.h"
#include "storage/growable_image.h"

namespace storage {

namespace {

constexpr std::array<std::string_view, 4> kTranslations = {"auto", "none", "large", "lba"};
constexpr std::array<std::string_view, 3> kFatFree = {"off", "at-close", "live"};
constexpr std::array kCreateOptions = {
    OptionSpec{"cluster_size", "SIZE", "bytes allocated at once, 512 to 2M (4K)"},
    OptionSpec{"growth", "CLUSTERS", "how many clusters the file grows by, 1 to 65536 (256)"},
    OptionSpec{"data_file", "NAME", "the cluster file's name (NAME.gdt beside NAME.gix)"},
    OptionSpec{"fat_free", "off|at-close|live", "give back what the guest's DOS deletes (off)"},
    OptionSpec{"translation", "auto|none|large|lba", "the geometry's translation by the BIOS"},
};
constexpr std::array kOpenOptions = {
    OptionSpec{"links", "on|off", "clusters of one repeated byte share one (on)"},
    OptionSpec{"bare", "NAME", "this is an index without a header, and NAME its clusters"},
    OptionSpec{"cluster_size", "SIZE", "of a bare pair (4K)"},
    OptionSpec{"size", "SIZE", "of a bare pair's disk"},
};

[[noreturn]] void refuse(const std::filesystem::path& file, std::string_view key,
                         std::uint64_t value, std::string_view allowed) {
  throw ImageError(file, "option " + std::string(key) + " (value = " + std::to_string(value) +
                             ", allowed " + std::string(allowed) + ")");
}

template <std::size_t Size>
void put_text(std::array<char, Size>& field, std::string_view text) {
  field = {};
  std::ranges::copy(text, field.begin());
}

GrowableHeader plan_of(const std::filesystem::path& file, const CreateOptions& options) {
  GrowableHeader header{};
  const std::uint64_t cluster =
      options.options.number(file, "cluster_size").value_or(kDefaultClusterSectors * kSectorSize);
  const bool power = cluster != 0 && (cluster & (cluster - 1)) == 0;
  if (!power || cluster < kSectorSize || cluster > kMaxClusterSectors * kSectorSize) {
    refuse(file, "cluster_size", cluster, "powers of two from 512 to 2M");
  }
  const std::uint64_t chunk =
      options.options.number(file, "growth").value_or(kDefaultChunkClusters);
  if (chunk == 0 || chunk > kMaxChunkClusters) {
    refuse(file, "growth", chunk, "1 to 65536 clusters");
  }
  header.cluster_sectors = static_cast<std::uint32_t>(cluster / kSectorSize);
  const std::uint64_t most = std::min(kMaxGrowableSectors, kMaxClusters * header.cluster_sectors);
  if (options.sectors == 0 || options.sectors > most) {
    throw ImageError(file,
                     "cannot be made of that size (sectors = " + std::to_string(options.sectors) +
                         ", allowed 1 to " + std::to_string(most) + " with clusters of " +
                         std::to_string(cluster) + " bytes)");
  }
  put_text(header.magic, kGrowableIndexMagic);
  header.major = 1;
  header.length = sizeof header;
  header.sequence = 1;
  header.compatible = kHasCounters;
  header.sector_bytes = kSectorSize;
  header.word_bytes = 4;
  header.index_offset = kGrowableOffset;
  header.data_offset = kGrowableOffset;
  header.chunk = static_cast<std::uint32_t>(chunk);
  header.sectors = options.sectors;
  header.translation =
      static_cast<std::uint8_t>(options.options.choice(file, "translation", kTranslations, 0));
  header.fat_free =
      static_cast<std::uint8_t>(options.options.choice(file, "fat_free", kFatFree, 0));
  if (options.geometry.known()) {
    header.cylinders = options.geometry.cylinders;
    header.heads = options.geometry.heads;
    header.track_sectors = options.geometry.sectors_per_track;
    header.geometry_origin = 1;
  }
  put_text(header.creator, "Platter");
  return header;
}

std::string stored_data_name(const std::filesystem::path& file, const Options& options) {
  const std::string name(options.text_or("data_file", ""));
  if (name.empty()) return name;
  if (!bare_file_name(name) || name.size() > sizeof GrowableHeader::data_name) {
    throw ImageError(file,
                     "cannot have such a cluster file: its name must be a bare file name "
                     "of at most 128 bytes (option data_file)");
  }
  return name;
}

}  // namespace

std::string growable_data_name(std::string_view index_name) {
  const bool extension = index_name.size() > 4 && index_name.ends_with(".gix");
  return std::string(extension ? index_name.substr(0, index_name.size() - 4) : index_name) + ".gdt";
}

std::span<const OptionSpec> growable_create_options() {
  return kCreateOptions;
}

std::span<const OptionSpec> growable_open_options() {
  return kOpenOptions;
}

void record_parent(const std::filesystem::path& file, GrowableHeader& header,
                   const ParentRef* parent) {
  header.parent_name = {};
  header.parent_name_length = 0;
  if (parent == nullptr) {
    header.incompatible = header.incompatible & ~std::uint64_t{kHasParent};
    header.parent_check = 0;
    return;
  }
  if (!parent->format.empty() && parent->format != kGrowableFormat.name) {
    throw ImageError(file, "cannot have a parent of format " + parent->format +
                               ": a growable image knows its parent by a content id, which only "
                               "growable images have");
  }
  if (!inner_name(parent->name) || parent->name.size() > header.parent_name.size()) {
    throw ImageError(file,
                     "cannot record its parent's name: it must lie in the image's own "
                     "folder or beneath it (name = " +
                         printable(parent->name, 120) + ")");
  }
  if (const auto* const image = dynamic_cast<const GrowableImage*>(parent->image)) {
    header.parent_check = image->content_check();
  } else if (!header.has_parent_words()) {
    throw ImageError(file, "cannot record a parent that is not there: its content id is needed");
  }
  header.incompatible = header.incompatible | kHasParent;
  put_text(header.parent_name, parent->name);
  header.parent_name_length = static_cast<std::uint16_t>(parent->name.size());
}

// The index file is there first, but is no image before the cluster file is durable.
void create_growable(const ImageContext& context, const CreateOptions& options) {
  const std::filesystem::path file = context.path();
  GrowableHeader header = plan_of(file, options);
  const std::string data_name = stored_data_name(file, options.options);
  put_text(header.data_name, data_name);
  if (options.parent) record_parent(file, header, &*options.parent);
  header.pair = context.ids->uuid();
  header.content_id = context.ids->random64();
  header.created = static_cast<std::uint64_t>(context.ids->unix_time());
  header.written = header.created;

  Directory& directory = *context.place.directory;
  const auto index = directory.create(context.place.name, options.existing);
  const auto data = directory.create(
      data_name.empty() ? growable_data_name(context.place.name) : data_name, options.existing);
  GrowableIdentity identity{};
  put_text(identity.magic, kGrowableDataMagic);
  identity.major = 1;
  identity.pair = header.pair;
  identity.seal();
  resize_exactly(*data, header.data_offset);
  write_exactly(*data, 0, bytes_of_struct(identity));
  sync_exactly(*data);
  resize_exactly(*index, header.index_offset);
  sync_exactly(*index);
  sync_exactly(directory);
  header.seal();
  write_exactly(*index, 0, bytes_of_struct(header));
  header.sequence = 2;
  header.seal();
  write_exactly(*index, sizeof header, bytes_of_struct(header));
  sync_exactly(*index);
}

std::uint64_t measure_growable(const CreateOptions& options, std::uint64_t data_bytes) {
  const GrowableHeader header = plan_of("measure", options);
  const std::uint64_t cluster = header.cluster_bytes();
  const std::uint64_t all = header.logical_clusters() * cluster;
  const std::uint64_t data = std::min((data_bytes + cluster - 1) / cluster * cluster, all);
  return 2 * kGrowableOffset + header.all_units() * kIndexUnit + data;
}

}  // namespace storage
