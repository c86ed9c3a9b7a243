// info: what an image is, layer by layer. formats: the driver table.
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "emu/image_layers.h"
#include "emu/image_verbs.h"
#include "storage/geometry_choice.h"

namespace emu::image_tool {

using Json = nlohmann::ordered_json;
using storage::ClusterState;
using storage::printable;

namespace {

constexpr std::size_t kNameLimit = 4096;
constexpr std::size_t kTextLimit = 120;

// Sectors of this layer by their state.
struct Counts {
  std::uint64_t data = 0, zero = 0, shared = 0, freed = 0, metadata = 0, corrupt = 0, missing = 0;
};

Counts count_sectors(const storage::Image& image) {
  Counts counts;
  for (std::uint64_t lba = 0; lba < image.sector_count();) {
    const storage::Extent extent = image.extent_at(lba);
    const bool own = extent.layer == 0;
    std::uint64_t* const counter = !own                                     ? &counts.missing
                                   : extent.state == ClusterState::data     ? &counts.data
                                   : extent.state == ClusterState::zero     ? &counts.zero
                                   : extent.state == ClusterState::shared   ? &counts.shared
                                   : extent.state == ClusterState::freed    ? &counts.freed
                                   : extent.state == ClusterState::metadata ? &counts.metadata
                                   : extent.state == ClusterState::corrupt  ? &counts.corrupt
                                                                            : &counts.missing;
    *counter += extent.sector_count;
    lba += extent.sector_count;
  }
  return counts;
}

Json json_of(const storage::Facts& facts) {
  Json object = Json::object();
  for (const auto& [key, value] : facts) object[key] = printable(value, kNameLimit);
  return object;
}

Json json_of(const Counts& counts, std::uint64_t cluster_bytes) {
  const auto bytes = [](std::uint64_t sectors) { return sectors * storage::kSectorSize; };
  Json object = {{"data", bytes(counts.data)},       {"zero", bytes(counts.zero)},
                 {"shared", bytes(counts.shared)},   {"freed", bytes(counts.freed)},
                 {"corrupt", bytes(counts.corrupt)}, {"unallocated", bytes(counts.missing)}};
  if (cluster_bytes != 0) {
    const std::uint64_t used = bytes(counts.data + counts.shared);
    object["data-clusters"] = (used + cluster_bytes - 1) / cluster_bytes;
  }
  return object;
}

Json files_json(const storage::ImageInfo& info) {
  Json files = Json::array();
  for (const storage::ImageFile& file : info.files) {
    files.push_back({{"filename", printable(file.path.native(), kNameLimit)},
                     {"role", file.role},
                     {"size", file.size},
                     {"actual-size", file.allocated_bytes}});
  }
  return files;
}

Json extents_json(const storage::ImageInfo& info) {
  Json extents = Json::array();
  for (const storage::ImageExtent& extent : info.extents) {
    Json object = {{"virtual-size", extent.sectors * storage::kSectorSize},
                   {"filename", printable(extent.path.native(), kNameLimit)},
                   {"format", extent.kind}};
    if (extent.cluster_bytes != 0) object["cluster-size"] = extent.cluster_bytes;
    extents.push_back(std::move(object));
  }
  return extents;
}

Json json_of(const LayerView& layer) {
  const storage::ImageInfo& info = layer.info;
  const storage::Geometry geometry = layer.image->geometry();
  Json object;
  object["virtual-size"] = layer.image->sector_count() * storage::kSectorSize;
  object["filename"] = printable(layer.path.native(), kNameLimit);
  if (info.cluster_bytes != 0) object["cluster-size"] = info.cluster_bytes;
  object["format"] = layer.format->name;
  if (!info.subformat.empty()) object["subformat"] = info.subformat;
  object["actual-size"] = info.host_bytes();
  object["dirty-flag"] = !info.marks.empty();
  if (info.parent) {
    object["backing-filename"] = printable(info.parent->name, kNameLimit);
    if (!layer.parent_path.empty()) {
      object["full-backing-filename"] = printable(layer.parent_path.native(), kNameLimit);
    }
    if (!info.parent->format.empty()) object["backing-filename-format"] = info.parent->format;
    object["backing-exists"] = !layer.parent_path.empty();
    object["backing-ids"] = json_of(info.parent->ids);
  }
  if (geometry.known()) {
    object["geometry"] = {{"cylinders", geometry.cylinders},
                          {"heads", geometry.heads},
                          {"sectors", geometry.sectors_per_track},
                          {"origin", info.geometry_origin}};
  }
  object["ids"] = json_of(info.ids);
  object["marks"] = info.marks;
  object["files"] = files_json(info);
  object["allocation"] = json_of(count_sectors(*layer.image), info.cluster_bytes);
  Json specific = json_of(info.more);
  if (!info.subformat.empty()) specific["create-type"] = info.subformat;
  if (!info.extents.empty()) specific["extents"] = extents_json(info);
  object["format-specific"] = {{"type", layer.format->name}, {"data", std::move(specific)}};
  return object;
}

std::string sectors_text(std::uint64_t sectors) {
  return human_size(sectors * storage::kSectorSize);
}

void print_counts(std::ostream& out, const storage::Image& image) {
  const Counts counts = count_sectors(image);
  out << "allocated: " << sectors_text(counts.data + counts.shared) << " data";
  if (counts.shared != 0) out << " (" << sectors_text(counts.shared) << " shared)";
  out << ", " << sectors_text(counts.zero) << " zeroes, " << sectors_text(counts.missing)
      << " not here";
  if (counts.freed != 0) out << ", " << sectors_text(counts.freed) << " freed";
  if (counts.corrupt != 0) out << ", " << sectors_text(counts.corrupt) << " UNREADABLE";
  out << "\n";
}

void print_parent(std::ostream& out, const LayerView& layer) {
  const storage::ParentRecord& parent = *layer.info.parent;
  out << "backing file: " << printable(parent.name, kTextLimit);
  if (layer.parent_path.empty()) {
    out << " (not found, or not to be opened without --allow-dir)";
  } else {
    out << " (actual path: " << printable(layer.parent_path.native(), kTextLimit) << ")";
  }
  out << "\n";
  if (!parent.format.empty()) out << "backing file format: " << parent.format << "\n";
  for (const auto& [key, value] : parent.ids) {
    out << "backing file " << key << ": " << printable(value, kTextLimit) << "\n";
  }
}

void print(std::ostream& out, const LayerView& layer) {
  const storage::ImageInfo& info = layer.info;
  const std::uint64_t bytes = layer.image->sector_count() * storage::kSectorSize;
  out << "image: " << printable(layer.path.native(), 200) << "\n"
      << "file format: " << layer.format->name << "\n";
  if (!info.subformat.empty()) out << "subformat: " << info.subformat << "\n";
  out << "virtual size: " << human_size(bytes) << " (" << bytes << " bytes)\n"
      << "disk size: " << human_size(info.host_bytes());
  if (info.files.size() > 1) out << " in " << info.files.size() << " files";
  out << "\n";
  if (info.cluster_bytes != 0) out << "cluster_size: " << info.cluster_bytes << "\n";
  if (layer.image->geometry().known()) {
    out << "geometry: " << storage::to_text(layer.image->geometry());
    if (!info.geometry_origin.empty()) out << " (from the " << info.geometry_origin << ")";
    out << "\n";
  } else {
    out << "geometry: not stated by the image\n";
  }
  for (const auto& [key, value] : info.ids)
    out << key << ": " << printable(value, kTextLimit) << "\n";
  if (info.parent) print_parent(out, layer);
  print_counts(out, *layer.image);
  for (const std::string& mark : info.marks) out << "mark: " << printable(mark, kTextLimit) << "\n";
  if (info.files.size() > 1) {
    out << "files:\n";
    for (const storage::ImageFile& file : info.files) {
      out << "    " << printable(file.path.native(), kTextLimit) << " (" << file.role
          << "): " << human_size(file.size) << ", on the host " << human_size(file.allocated_bytes)
          << "\n";
    }
  }
  if (!info.more.empty()) out << "Format specific information:\n";
  for (const auto& [key, value] : info.more) {
    out << "    " << key << ": " << printable(value, kTextLimit) << "\n";
  }
}

}  // namespace

int info(const Session& session) {
  const Arguments& a = session.arguments();
  const OpenChain chain(session, a.names[0], a.format, a.chain);
  if (a.json()) {
    Json layers = Json::array();
    for (const LayerView& layer : chain.layers()) layers.push_back(json_of(layer));
    session.out() << (a.chain ? layers : layers.front()).dump(4) << "\n";
    return 0;
  }
  std::ostringstream text;
  for (const LayerView& layer : chain.layers()) {
    if (&layer != &chain.layers().front()) text << "\n";
    print(text, layer);
  }
  for (const std::filesystem::path& folder : a.allow) {
    text << "allowed folder: " << printable(folder.native(), 200) << "\n";
  }
  session.out() << text.str();
  return 0;
}

int list_formats(const Session& session) {
  if (session.arguments().json()) {
    Json rows = Json::array();
    for (const storage::FormatDriver* format : storage::formats()) {
      const auto listed = [](std::span<const storage::OptionSpec> specs) {
        Json options = Json::object();
        for (const storage::OptionSpec& spec : specs) options[std::string(spec.name)] = spec.values;
        return options;
      };
      rows.push_back({{"name", format->name},
                      {"alias", format->alias},
                      {"summary", format->summary},
                      {"create", format->create != nullptr},
                      {"check", format->check != nullptr},
                      {"measure", format->measure != nullptr},
                      {"parents", format->has_parents},
                      {"options", listed(format->create_options)},
                      {"open-options", listed(format->open_options)}});
    }
    session.out() << rows.dump(4) << "\n";
    return 0;
  }
  for (const storage::FormatDriver* format : storage::formats()) {
    session.out() << format->name
                  << std::string(10 - std::min<std::size_t>(9, format->name.size()), ' ')
                  << format->summary;
    if (!format->alias.empty()) session.out() << " (also: " << format->alias << ")";
    session.out() << "\n";
  }
  return 0;
}

}  // namespace emu::image_tool
