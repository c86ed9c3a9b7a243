// Making VMDKs: the subformats, the descriptor's text, names of extents.
#include <algorithm>
#include <array>
#include <cstdio>
#include <string>
#include <utility>

#include "storage/file_io.h"
#include "storage/vmdk_build.h"
#include "storage/vmdk_image.h"

namespace storage {

namespace {

constexpr std::array<std::string_view, 7> kSubformats = {
    "monolithicSparse", "monolithicFlat", "twoGbMaxExtentSparse", "twoGbMaxExtentFlat", "vmfs",
    "vmfsSparse",       "streamOptimized"};
constexpr std::array<std::string_view, 4> kAdapters = {"ide", "buslogic", "lsilogic", "legacyESX"};
constexpr std::array kOptions = {
    OptionSpec{"subformat",
               "monolithicSparse|monolithicFlat|twoGbMaxExtentSparse|twoGbMaxExtentFlat|vmfs|"
               "vmfsSparse|streamOptimized",
               "which kind of VMDK"},
    OptionSpec{"adapter_type", "ide|buslogic|lsilogic|legacyESX", "the adapter it is made for"},
    OptionSpec{"hwversion", "3..21", "virtual hardware version, 4"},
    OptionSpec{"compat6", "on|off", "hwversion=6"},
    OptionSpec{"toolsversion", "N", "version of the guest tools"},
    OptionSpec{"zeroed_grain", "on|off", "grains of zeroes take no space (few others read them)"},
    OptionSpec{"grain_size", "SIZE", "bytes allocated at once, 64K"},
    OptionSpec{"extent_size", "SIZE", "where split disks are split, 2047M"},
};

struct Plan {
  VmdkSubformat subformat = VmdkSubformat::monolithic_sparse;
  std::uint64_t sectors = 0;
  std::uint64_t grain = 128;
  std::uint64_t split = kVmdkSplitSectors;
  bool zero_grains = false;

  bool split_up() const {
    return subformat == VmdkSubformat::split_sparse || subformat == VmdkSubformat::split_flat;
  }
  bool sparse() const {
    return subformat == VmdkSubformat::monolithic_sparse ||
           subformat == VmdkSubformat::split_sparse || subformat == VmdkSubformat::vmfs_sparse;
  }
  VmdkKind kind() const {
    if (subformat == VmdkSubformat::vmfs) return VmdkKind::vmfs;
    if (subformat == VmdkSubformat::vmfs_sparse) return VmdkKind::vmfs_sparse;
    return sparse() || subformat == VmdkSubformat::stream_optimized ? VmdkKind::sparse
                                                                    : VmdkKind::flat;
  }
  VmdkSparseSpec spec(std::uint64_t capacity) const {
    return {.esx = subformat == VmdkSubformat::vmfs_sparse,
            .capacity = capacity,
            .grain = grain,
            .zero_grains = zero_grains};
  }
};

[[noreturn]] void refuse_option(const std::filesystem::path& file, std::string_view key,
                                std::uint64_t value, std::string_view allowed) {
  throw ImageError(file, "option " + std::string(key) + " (value = " + std::to_string(value) +
                             ", allowed " + std::string(allowed) + ")");
}

Plan plan_of(const std::filesystem::path& file, const CreateOptions& options) {
  Plan plan;
  plan.subformat =
      static_cast<VmdkSubformat>(options.options.choice(file, "subformat", kSubformats, 0));
  plan.sectors = options.sectors;
  if (plan.sectors == 0 || plan.sectors > kMaxVmdkSectors) {
    throw ImageError(file, "cannot be made of that size (sectors = " +
                               std::to_string(plan.sectors) + ", allowed 1 to 2^54)");
  }
  const bool esx = plan.subformat == VmdkSubformat::vmfs_sparse;
  if (esx) plan.grain = 1;
  if (const auto bytes = options.options.number(file, "grain_size")) {
    const bool power = *bytes != 0 && (*bytes & (*bytes - 1)) == 0;
    if (!power || *bytes < 4096 || *bytes > 2 * 1024 * 1024 || esx) {
      refuse_option(file, "grain_size", *bytes,
                    esx ? "none for vmfsSparse" : "a power of two from 4K to 2M");
    }
    plan.grain = *bytes / kSectorSize;
  }
  if (const auto bytes = options.options.number(file, "extent_size")) {
    const std::uint64_t least = 64 * 1024;
    if (*bytes < least || *bytes % least != 0 || *bytes > (std::uint64_t{1} << 40)) {
      refuse_option(file, "extent_size", *bytes, "multiples of 64K up to 1T");
    }
    plan.split = *bytes / kSectorSize;
  }
  plan.zero_grains = options.options.flag(file, "zeroed_grain", false);
  const bool hosted_sparse = plan.sparse() && !esx;
  if (plan.zero_grains && !hosted_sparse) {
    throw ImageError(file,
                     "cannot have grains of zeroes: only monolithicSparse and "
                     "twoGbMaxExtentSparse can (option zeroed_grain)");
  }
  if (options.parent && !plan.sparse()) {
    throw ImageError(file,
                     "cannot have a parent: only monolithicSparse, twoGbMaxExtentSparse and "
                     "vmfsSparse can (subformat = " +
                         std::string(kSubformats[static_cast<std::size_t>(plan.subformat)]) + ")");
  }
  if (options.parent && !options.parent->format.empty() &&
      options.parent->format != kVmdkFormat.name) {
    throw ImageError(file, "cannot have a parent of format " + options.parent->format +
                               ": a VMDK knows its parent by a content id, which only VMDKs have");
  }
  return plan;
}

std::string stem_of(std::string_view name) {
  const bool extension = name.size() > 5 && name.ends_with(".vmdk");
  return std::string(extension ? name.substr(0, name.size() - 5) : name);
}

std::vector<VmdkExtentLine> lines_of(const Plan& plan, std::string_view name) {
  const std::string stem = stem_of(name);
  std::vector<VmdkExtentLine> lines;
  const std::uint64_t step = plan.split_up() ? plan.split : plan.sectors;
  for (std::uint64_t at = 0; at < plan.sectors && lines.size() <= kMaxVmdkFiles; at += step) {
    VmdkExtentLine line{.sectors = std::min(step, plan.sectors - at), .kind = plan.kind()};
    switch (plan.subformat) {
      case VmdkSubformat::monolithic_sparse:
        line.name = name;
        break;
      case VmdkSubformat::stream_optimized:
        line.name = name;
        line.access = VmdkAccess::rdonly;
        break;
      case VmdkSubformat::monolithic_flat:
      case VmdkSubformat::vmfs:
        line.name = stem + "-flat.vmdk";
        break;
      case VmdkSubformat::vmfs_sparse:
        line.name = stem + "-delta.vmdk";
        break;
      default:
        line.name = vmdk_extent_name(stem, plan.kind(), lines.size());
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

Geometry shape_for(const Plan& plan, const CreateOptions& options, std::string_view adapter) {
  if (options.geometry.known()) return options.geometry;
  if (adapter == "ide") {
    const Geometry geometry = default_geometry(plan.sectors);
    return geometry.known() ? geometry : Geometry{1, 16, 63};
  }
  constexpr std::uint64_t kGiB = 2 * 1024 * 1024;
  const std::uint32_t heads = plan.sectors < kGiB ? 64 : plan.sectors < 2 * kGiB ? 128 : 255;
  const std::uint32_t track = plan.sectors < 2 * kGiB ? 32 : 63;
  const std::uint64_t cylinders = plan.sectors / (std::uint64_t{heads} * track);
  return {static_cast<std::uint32_t>(std::clamp<std::uint64_t>(cylinders, 1, 0xFFFFFFFF)), heads,
          track};
}

std::string quoted_line(std::string_view key, std::string_view value) {
  return std::string(key) + " = \"" + std::string(value) + "\"\n";
}

std::uint64_t hardware_version(const std::filesystem::path& file, const Options& options) {
  const auto stated = options.number(file, "hwversion");
  const bool compat6 = options.flag(file, "compat6", false);
  if (stated && compat6) {
    throw ImageError(file, "cannot have both: options compat6 and hwversion say the same thing");
  }
  const std::uint64_t version = compat6 ? 6 : stated.value_or(4);
  if (version < 3 || version > 21) refuse_option(file, "hwversion", version, "3 to 21");
  return version;
}

std::string descriptor_text(const ImageContext& context, const CreateOptions& options,
                            const Plan& plan, const std::vector<VmdkExtentLine>& lines) {
  const std::filesystem::path file = context.path();
  const std::string_view adapter =
      kAdapters[options.options.choice(file, "adapter_type", kAdapters, 0)];
  const std::uint64_t hardware = hardware_version(file, options.options);
  std::uint32_t parent_cid = kNoParentCid;
  if (options.parent) {
    const auto* const parent = dynamic_cast<const VmdkImage*>(options.parent->image);
    if (parent == nullptr) throw ImageError(file, "cannot be made without its parent at hand");
    parent_cid = parent->cid();
    const std::string& name = options.parent->name;
    const auto unfit = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"'; };
    if (name.empty() || std::ranges::any_of(name, unfit)) {
      throw ImageError(file, "cannot record its parent's name: " + printable(name, 120));
    }
  }
  std::uint32_t cid = 0;
  while (!ordinary_cid(cid) || cid == parent_cid) cid = context.ids->random32();
  std::string text = "# Disk DescriptorFile\nversion=1\nCID=" + cid_text(cid) +
                     "\nparentCID=" + cid_text(parent_cid) + "\ncreateType=\"" +
                     std::string(kSubformats[static_cast<std::size_t>(plan.subformat)]) + "\"\n";
  if (options.parent) text += "parentFileNameHint=\"" + options.parent->name + "\"\n";
  text += "\n# Extent description\n";
  for (const VmdkExtentLine& line : lines) text += line.text() + "\n";
  const Geometry geometry = shape_for(plan, options, adapter);
  text += "\n# The Disk Data Base\n#DDB\n\n";
  text += quoted_line("ddb.virtualHWVersion", std::to_string(hardware));
  text += quoted_line("ddb.geometry.cylinders", std::to_string(geometry.cylinders));
  text += quoted_line("ddb.geometry.heads", std::to_string(geometry.heads));
  text += quoted_line("ddb.geometry.sectors", std::to_string(geometry.sectors_per_track));
  text += quoted_line("ddb.adapterType", adapter);
  if (const auto tools = options.options.number(file, "toolsversion")) {
    text += quoted_line("ddb.toolsVersion", std::to_string(*tools));
  }
  return text;
}

void check_name(const std::filesystem::path& file, std::string_view name) {
  const auto unfit = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"'; };
  if (std::ranges::any_of(name, unfit)) {
    throw ImageError(file,
                     "cannot stand in a descriptor: its name has quotes or control characters");
  }
}

// The first sector, which makes it a descriptor, comes when all else is durable.
void write_descriptor(const ImageContext& context, std::string_view text, Existing existing) {
  const auto file = context.place.directory->create(context.place.name, existing);
  const std::string_view head = text.substr(0, kSectorSize);
  resize_exactly(*file, text.size());
  if (text.size() > head.size()) write_exactly(*file, head.size(), text.substr(head.size()));
  sync_exactly(*file);
  sync_exactly(*context.place.directory);
  write_exactly(*file, 0, head);
  sync_exactly(*file);
}

}  // namespace

std::span<const std::string_view> vmdk_subformats() {
  return kSubformats;
}

std::span<const OptionSpec> vmdk_create_options() {
  return kOptions;
}

std::string vmdk_extent_name(std::string_view stem, VmdkKind kind, std::size_t index) {
  std::array<char, 16> number{};
  std::snprintf(number.data(), number.size(), "%03zu", index + 1);
  return std::string(stem) + (kind == VmdkKind::sparse ? "-s" : "-f") + number.data() + ".vmdk";
}

void make_vmdk_extent(const Place& beside, const VmdkExtentLine& line, const VmdkSparseSpec& spec,
                      Existing existing) {
  const auto file = beside.directory->create(line.name, existing);
  if (line.kind == VmdkKind::flat || line.kind == VmdkKind::vmfs) {
    resize_exactly(*file, line.sectors * kSectorSize);
    sync_exactly(*file);
  } else {
    VmdkSparseBuilder(*file, spec).finish();
  }
}

void create_vmdk(const ImageContext& context, const CreateOptions& options) {
  const Plan plan = plan_of(context.path(), options);
  if (plan.subformat == VmdkSubformat::stream_optimized) {
    stream_vmdk(context, options)->finish();
    return;
  }
  check_name(context.path(), context.place.name);
  const std::vector<VmdkExtentLine> lines = lines_of(plan, context.place.name);
  if (lines.size() > kMaxVmdkFiles) {
    throw ImageError(context.path(), "would have too many extents (allowed " +
                                         std::to_string(kMaxVmdkFiles) +
                                         "; extent_size= makes them larger)");
  }
  const std::string text = descriptor_text(context, options, plan, lines);
  if (plan.subformat == VmdkSubformat::monolithic_sparse) {
    const auto file = context.place.directory->create(context.place.name, options.existing);
    VmdkSparseSpec spec = plan.spec(plan.sectors);
    spec.descriptor = text;
    VmdkSparseBuilder(*file, std::move(spec)).finish();
    sync_exactly(*context.place.directory);
    return;
  }
  for (const VmdkExtentLine& line : lines) {
    make_vmdk_extent(context.place, line, plan.spec(line.sectors), options.existing);
  }
  write_descriptor(context, text, options.existing);
}

std::unique_ptr<StreamWriter> stream_vmdk(const ImageContext& context,
                                          const CreateOptions& options) {
  const Plan plan = plan_of(context.path(), options);
  if (plan.subformat != VmdkSubformat::stream_optimized) return nullptr;
  check_name(context.path(), context.place.name);
  if (plan.grain != 128)
    refuse_option(context.path(), "grain_size", plan.grain * kSectorSize, "64K");
  std::string text = descriptor_text(context, options, plan, lines_of(plan, context.place.name));
  return std::make_unique<VmdkStreamWriter>(context.place, options.existing, plan.sectors,
                                            std::move(text));
}

std::uint64_t measure_vmdk(const CreateOptions& options, std::uint64_t data_bytes) {
  const Plan plan = plan_of("measure", options);
  const std::uint64_t bytes = plan.sectors * kSectorSize;
  constexpr std::uint64_t kText = 1024;
  if (plan.kind() == VmdkKind::flat || plan.kind() == VmdkKind::vmfs) return bytes + kText;
  const std::uint64_t grain = plan.grain * kSectorSize;
  const std::uint64_t data = (std::min(data_bytes, bytes) + grain - 1) / grain * grain;
  if (plan.subformat == VmdkSubformat::stream_optimized)
    return data + data / 64 + 128 * kSectorSize;
  std::uint64_t metadata = 0;
  const std::uint64_t step = plan.split_up() ? plan.split : plan.sectors;
  for (std::uint64_t at = 0; at < plan.sectors; at += step) {
    VmdkSparseSpec spec = plan.spec(std::min(step, plan.sectors - at));
    if (plan.subformat == VmdkSubformat::monolithic_sparse) spec.descriptor = "x";
    metadata += VmdkSparseBuilder::overhead(spec) * kSectorSize;
  }
  if (plan.subformat == VmdkSubformat::monolithic_sparse) return metadata + data;
  // ESX makes a table for every 2 MiB that has something.
  const std::uint64_t tables =
      plan.subformat == VmdkSubformat::vmfs_sparse ? (data + 0x1FFFFF) / 0x200000 * 16384 : 0;
  return metadata + data + tables + kText;
}

}  // namespace storage
