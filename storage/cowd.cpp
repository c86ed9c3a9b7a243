// COWD, the virtual disks of VMware 2 (one file, 2 GB and a header of version 1) and VMware 3 (a
// chain of such files, version 3), and ESX's redo logs, which lie under a descriptor and are opened
// by the VMDK driver. docs/formats/cowd.md has the layout.
//
// [VDF]    VMware, Virtual Disk Format 1.1, "ESX Server Sparse Extents"
// [Bochs]  iodev/hdimage/vmware3.cc
// Not implemented: snapshots and resizing of disks that are chains of files; parents that are not
// COWD files themselves.
#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "storage/check_alone.h"
#include "storage/cowd_image.h"
#include "storage/file_io.h"
#include "storage/vmdk_build.h"
#include "storage/vmdk_image.h"

namespace storage {

namespace {

enum class Subformat : std::uint8_t { single, vmware3, esx };
constexpr std::array<std::string_view, 3> kSubformats = {"single", "vmware3", "esx"};
constexpr std::array<std::string_view, 2> kDriveTypes = {"ide", "scsi"};
constexpr std::array kCreateOptions = {
    OptionSpec{"subformat", "single|vmware3|esx",
               "VMware 2's one file, VMware 3's files, or an ESX extent under a descriptor"},
    OptionSpec{"drive_type", "ide|scsi", "the drive it is made for"},
    OptionSpec{"grain_size", "SIZE", "bytes allocated at once, 16K"},
    OptionSpec{"extent_size", "SIZE", "where vmware3 begins another file, 2047M"},
};
constexpr std::array kOpenOptions = {
    OptionSpec{"entries", "512|2048|4096", "entries of a table, which the file does not state"},
};

int probe_cowd(const ProbeInput& input) {
  const std::string_view head(reinterpret_cast<const char*>(input.head.data()), input.head.size());
  return head.starts_with("COWD") ? 100 : 0;
}

// An ESX disk that somebody calls by this format's name: a descriptor.
bool is_descriptor(const ImageContext& context) {
  const auto file = context.open_file(FileAccess::read);
  if (file->size() < sizeof(Le32)) return false;
  const std::uint32_t magic = read_struct<Le32>(*file, 0);
  return magic != kCowdMagic && magic != kVmdkMagic && file->size() <= kMaxVmdkDescriptor;
}

std::unique_ptr<Image> open_cowd(const ImageContext& context, const OpenOptions& options) {
  if (!is_descriptor(context)) return std::make_unique<CowdImage>(context, options, false);
  std::unique_ptr<Image> image = kVmdkFormat.open(context, options);
  if (image->info().subformat != "vmfsSparse") {
    throw ImageError(context.path(), "is no COWD file and describes none");
  }
  return image;
}

CheckReport check_cowd(const ImageContext& context, const CheckOptions& options) {
  if (is_descriptor(context)) return kVmdkFormat.check(context, options);
  return check_alone<CowdImage>(context, options, true);
}

struct Plan {
  Subformat subformat = Subformat::single;
  std::uint64_t sectors = 0;
  std::uint64_t grain = 32;
  std::uint64_t split = kCowdChainSectors;
  std::uint32_t entries = kVmware2Entries;

  std::size_t files() const {
    return subformat == Subformat::vmware3 ? static_cast<std::size_t>((sectors + split - 1) / split)
                                           : 1;
  }
};

Plan plan_of(const std::filesystem::path& file, const CreateOptions& options) {
  const auto refuse = [&](std::string_view key, std::uint64_t value, std::string_view allowed) {
    throw ImageError(file, "option " + std::string(key) + " (value = " + std::to_string(value) +
                               ", allowed " + std::string(allowed) + ")");
  };
  Plan plan;
  plan.subformat =
      static_cast<Subformat>(options.options.choice(file, "subformat", kSubformats, 0));
  plan.sectors = options.sectors;
  if (const auto bytes = options.options.number(file, "grain_size")) {
    const bool power = *bytes != 0 && (*bytes & (*bytes - 1)) == 0;
    if (!power || *bytes < kSectorSize || *bytes > 65536 * kSectorSize) {
      refuse("grain_size", *bytes, "a power of two from 512 to 32M");
    }
    plan.grain = *bytes / kSectorSize;
  }
  if (const auto bytes = options.options.number(file, "extent_size")) {
    constexpr std::uint64_t kLeast = 64 * 1024;
    if (*bytes < kLeast || *bytes % kLeast != 0 || *bytes > (std::uint64_t{1} << 40) ||
        plan.subformat != Subformat::vmware3) {
      refuse("extent_size", *bytes, "for vmware3 multiples of 64K up to 1T");
    }
    plan.split = *bytes / kSectorSize;
  }
  if (plan.sectors == 0 || plan.sectors > kMaxVmdkFileSectors) {
    throw ImageError(file, "cannot be made of that size (sectors = " +
                               std::to_string(plan.sectors) + ", allowed 1 to 4294967295)");
  }
  if (plan.files() > kMaxCowdFiles) {
    throw ImageError(file, "cannot be made of that size (files = " + std::to_string(plan.files()) +
                               ", allowed 99; a larger extent_size needs fewer)");
  }
  if (plan.subformat == Subformat::vmware3) {
    plan.entries = static_cast<std::uint32_t>(65536 / plan.grain);
  } else if (plan.grain == 1) {
    plan.entries = kEsxEntries;  // with such grains nothing else can be read again
  }
  return plan;
}

CowdHeader header_for(const ImageContext& context, const CreateOptions& options, const Plan& plan) {
  const std::filesystem::path file = context.path();
  CowdHeader header;
  const bool chain = plan.subformat == Subformat::vmware3;
  header.version = chain ? kCowdVmware3 : kCowdHosted;
  header.flags = kCowdCheckableFlag;
  header.generation = context.ids->random32() >> 1;
  // The field is no place for half a character.
  if (context.place.name.size() < header.name.size()) {
    std::ranges::copy(context.place.name, header.name.begin());
  }
  const std::string note =
      "E=" + std::to_string(plan.entries) + " leaf=" + std::to_string(plan.grain);
  std::ranges::copy(note, header.description.begin());
  std::ranges::copy(kDriveTypes[options.options.choice(file, "drive_type", kDriveTypes, 0)],
                    header.drive_type.begin());
  Geometry geometry = options.geometry.known() && options.geometry.sector_count() <= plan.sectors
                          ? options.geometry
                          : default_geometry(plan.sectors);
  if (chain) {
    header.chain_files = static_cast<std::uint32_t>(plan.files());
    header.disk_cylinders = geometry.cylinders;
    header.disk_heads = geometry.heads;
    header.disk_sectors_per_track = geometry.sectors_per_track;
    header.disk_capacity = static_cast<std::uint32_t>(plan.sectors);
    header.product = kCowdProduct;
  }
  if (!options.parent) {
    header.flags = header.flags | kCowdRootFlag;
    header.cylinders = geometry.cylinders;
    header.heads = geometry.heads;
    header.sectors_per_track = geometry.sectors_per_track;
    return header;
  }
  const auto* const parent = dynamic_cast<const CowdImage*>(options.parent->image);
  if (parent == nullptr) {
    throw ImageError(file,
                     "cannot have such a parent (format = " + options.parent->format +
                         "): a COWD file knows its parent by a generation, which only another "
                         "COWD file at hand has");
  }
  if (plan.files() > 1) {
    throw ImageError(file, "cannot have a parent: it would be a chain of files (files = " +
                               std::to_string(plan.files()) + ", allowed 1)");
  }
  const std::string& name = options.parent->name;
  if (name.empty() || name.size() >= kCowdParentName || bad_name(name)) {
    throw ImageError(file, "cannot record its parent's name: " + printable(name, 120));
  }
  set_cowd_parent_name(header, name);
  header.parent_generation = parent->generation();
  return header;
}

// The VMDK driver's vmfsSparse by another name.
void create_esx(const ImageContext& context, const CreateOptions& options) {
  CreateOptions as_vmdk = options;
  as_vmdk.options = {{"subformat", "vmfsSparse"}};
  if (const auto type = options.options.text("drive_type")) {
    as_vmdk.options.set("adapter_type", *type == "scsi" ? "lsilogic" : "ide");
  }
  if (options.options.text("grain_size")) {
    throw ImageError(context.path(),
                     "option grain_size (allowed none for esx: its grains are "
                     "sectors)");
  }
  if (as_vmdk.parent && dynamic_cast<const VmdkImage*>(as_vmdk.parent->image) != nullptr) {
    as_vmdk.parent->format = kVmdkFormat.name;
  }
  kVmdkFormat.create(context, as_vmdk);
}

// The first file comes last: without it there is no disk.
void create_cowd(const ImageContext& context, const CreateOptions& options) {
  const Plan plan = plan_of(context.path(), options);
  if (plan.subformat == Subformat::esx) {
    create_esx(context, options);
    return;
  }
  const CowdHeader header = header_for(context, options, plan);
  Directory& folder = *context.place.directory;
  for (std::size_t i = plan.files(); i-- > 0;) {
    const auto file = folder.create(cowd_chain_name(context.place.name, i), options.existing);
    sync_exactly(folder);
    VmdkSparseSpec spec{.esx = true,
                        .capacity = std::min(plan.split, plan.sectors - i * plan.split),
                        .grain = plan.grain,
                        .entries = plan.entries,
                        .like = header};
    if (plan.files() == 1) spec.capacity = plan.sectors;
    if (plan.subformat == Subformat::vmware3) spec.like->unclean = static_cast<std::uint32_t>(i);
    VmdkSparseBuilder(*file, spec).finish();
  }
}

std::uint64_t measure_cowd(const CreateOptions& options, std::uint64_t data_bytes) {
  const Plan plan = plan_of("measure", options);
  if (plan.subformat == Subformat::esx) {
    CreateOptions as_vmdk = options;
    as_vmdk.options = {{"subformat", "vmfsSparse"}};
    return kVmdkFormat.measure(as_vmdk, data_bytes);
  }
  const std::uint64_t grain = plan.grain * kSectorSize;
  const std::uint64_t grains =
      (std::min(data_bytes, plan.sectors * kSectorSize) + grain - 1) / grain;
  const std::uint64_t table = (std::uint64_t{plan.entries} * 4 + grain - 1) / grain * grain;
  const std::uint64_t tables = (grains + plan.entries - 1) / plan.entries;
  const std::uint64_t step = std::min(plan.split, plan.sectors);
  const std::uint64_t overhead = VmdkSparseBuilder::overhead(
      {.esx = true, .capacity = step, .grain = plan.grain, .entries = plan.entries});
  return overhead * kSectorSize * plan.files() + tables * table + grains * grain;
}

}  // namespace

const FormatDriver kCowdFormat = {.name = "cowd",
                                  .summary = "VMware 2 and 3 disk, ESX redo log",
                                  .create_options = kCreateOptions,
                                  .open_options = kOpenOptions,
                                  .has_parents = true,
                                  .probe = probe_cowd,
                                  .open = open_cowd,
                                  .create = create_cowd,
                                  .check = check_cowd,
                                  .measure = measure_cowd};

}  // namespace storage
