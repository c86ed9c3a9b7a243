// Making VHDs.
#include <algorithm>
#include <array>
#include <bit>
#include <string>
#include <utility>

#include "storage/file_io.h"
#include "storage/vhd_image.h"

namespace storage {

namespace {

constexpr std::array<std::string_view, 4> kSubformats = {"dynamic", "fixed", "differencing",
                                                         "split"};
constexpr std::array kOptions = {
    OptionSpec{"subformat", "dynamic|fixed|differencing|split", "which kind of VHD"},
    OptionSpec{"block_size", "SIZE", "bytes allocated at once, 2M (Windows knows 512K and 2M)"},
    OptionSpec{"force_size", "on|off",
               "on: exactly the size asked for; off: rounded up to cylinders, as qemu-img does "
               "unless told"},
    OptionSpec{"extent_size", "SIZE", "where split disks are split, 2G-512"},
};

enum class Subformat : std::uint8_t { dynamic, fixed, differencing, split };

struct Plan {
  Subformat subformat = Subformat::dynamic;
  VhdType type = VhdType::dynamic;
  VhdFooter footer;
  VhdTable table;
  std::uint64_t part_bytes = kVhdPartBytes;
};

[[noreturn]] void refuse_option(const std::filesystem::path& file, std::string_view key,
                                std::uint64_t value, std::string_view allowed) {
  throw ImageError(file, "option " + std::string(key) + " (value = " + std::to_string(value) +
                             ", allowed " + std::string(allowed) + ")");
}

const VhdImage& parent_of(const std::filesystem::path& file, const ParentRef& parent) {
  if (!parent.format.empty() && parent.format != kVhdFormat.name) {
    throw ImageError(file, "cannot have a parent of format " + parent.format +
                               ": a VHD knows its parent by a unique id, which only VHDs have");
  }
  const auto* const image = dynamic_cast<const VhdImage*>(parent.image);
  if (image == nullptr) throw ImageError(file, "cannot be made without its parent at hand");
  return *image;
}

Subformat subformat_of(const std::filesystem::path& file, const CreateOptions& options) {
  const auto subformat = static_cast<Subformat>(
      options.options.choice(file, "subformat", kSubformats, options.parent ? 2 : 0));
  const bool may_have_parent =
      subformat == Subformat::differencing || subformat == Subformat::split;
  if (options.parent && !may_have_parent) {
    throw ImageError(file, "cannot have a parent: only differencing and split can (subformat = " +
                               std::string(kSubformats[static_cast<std::size_t>(subformat)]) + ")");
  }
  if (!options.parent && subformat == Subformat::differencing) {
    throw ImageError(file, "cannot be differencing without a parent");
  }
  return subformat;
}

VhdFooter child_footer(const ImageContext& context, const CreateOptions& options,
                       const VhdImage& parent) {
  if (options.sectors != 0 && options.sectors != parent.sector_count()) {
    throw ImageError(
        context.path(),
        "must be as large as its parent (sectors = " + std::to_string(options.sectors) +
            ", the parent's = " + std::to_string(parent.sector_count()) + ")");
  }
  // Sizes, geometry and the creator that says which of them counts stay together.
  VhdFooter footer =
      new_vhd_footer(*context.ids, VhdType::differencing, parent.sector_count(), {}, true);
  footer.creator = parent.footer().creator;
  footer.creator_version = parent.footer().creator_version;
  footer.original_size = parent.footer().current_size;
  footer.current_size = parent.footer().current_size;
  set_geometry(footer, geometry_of(parent.footer()));
  return footer;
}

Plan plan_of(const ImageContext& context, const CreateOptions& options) {
  const std::filesystem::path file = context.path();
  Plan plan;
  plan.subformat = subformat_of(file, options);
  const bool exact = options.options.flag(file, "force_size", true);
  std::uint64_t sectors = options.sectors;
  if (options.parent) {
    plan.type = VhdType::differencing;
    plan.footer = child_footer(context, options, parent_of(file, *options.parent));
    sectors = sectors_of(plan.footer, VhdSizeRule::by_creator);
  } else {
    if (plan.subformat == Subformat::fixed) plan.type = VhdType::fixed;
    if (!exact) sectors = round_to_vhd_geometry(std::max<std::uint64_t>(sectors, 1));
    if (sectors == 0 || sectors > kMaxVhdSectors) {
      throw ImageError(file, "cannot be made of that size (sectors = " + std::to_string(sectors) +
                                 ", allowed 1 to " + std::to_string(kMaxVhdSectors) + ")");
    }
    plan.footer = new_vhd_footer(*context.ids, plan.type, sectors, options.geometry, exact);
  }
  std::uint64_t block = kVhdBlock;
  if (options.parent) {
    const std::uint64_t of_parent = parent_of(file, *options.parent).block_bytes();
    if (of_parent != 0) block = of_parent;
  }
  if (const auto bytes = options.options.number(file, "block_size")) {
    if (!std::has_single_bit(*bytes) || *bytes < kMinVhdBlock || *bytes > kMaxVhdBlock ||
        plan.type == VhdType::fixed) {
      refuse_option(
          file, "block_size", *bytes,
          plan.type == VhdType::fixed ? "none for fixed" : "powers of two from 4K to 256M");
    }
    block = *bytes;
  }
  if (const auto bytes = options.options.number(file, "extent_size")) {
    const bool possible =
        *bytes >= 4096 && *bytes % kSectorSize == 0 && *bytes <= (std::uint64_t{1} << 40);
    if (!possible || plan.subformat != Subformat::split) {
      refuse_option(file, "extent_size", *bytes,
                    plan.subformat == Subformat::split ? "multiples of 512 from 4K to 1T"
                                                       : "none but for split");
    }
    plan.part_bytes = *bytes;
  }
  plan.table = {.sectors = sectors, .bat_at = 1536, .block_sectors = block / kSectorSize};
  plan.table.entries = plan.table.blocks();
  if (plan.type != VhdType::fixed && plan.table.entries > kMaxVhdEntries) {
    throw ImageError(file, "would have too many blocks (blocks = " +
                               std::to_string(plan.table.entries) + ", allowed " +
                               std::to_string(kMaxVhdEntries) + "; block_size= makes them larger)");
  }
  return plan;
}

// The footer, which makes it a disk, comes when all else is durable.
void create_fixed(const ImageContext& context, const CreateOptions& options, const Plan& plan) {
  const auto file = context.place.directory->create(context.place.name, options.existing);
  const std::uint64_t bytes = plan.table.sectors * kSectorSize;
  resize_exactly(*file, bytes);
  sync_exactly(*file);
  sync_exactly(*context.place.directory);
  write_exactly(*file, bytes, bytes_of_struct(with_checksum(plan.footer)));
  sync_exactly(*file);
}

void write_entries(File& file, const VhdTable& table) {
  const std::vector<std::uint8_t> none(64 * 1024, 0xFF);
  const std::uint64_t end = table.bat_at + table.bat_sectors() * kSectorSize;
  for (std::uint64_t at = table.bat_at; at < end; at += none.size()) {
    write_exactly(file, at,
                  std::span(none).first(
                      static_cast<std::size_t>(std::min<std::uint64_t>(none.size(), end - at))));
  }
}

void create_dynamic(const ImageContext& context, const CreateOptions& options, const Plan& plan) {
  const Place& place = context.place;
  std::unique_ptr<File> file = place.directory->create(place.name, options.existing);
  if (plan.subformat == Subformat::split) {
    file = std::make_unique<VhdSplitFile>(place, std::move(file), plan.part_bytes);
  }
  VhdHeader header;
  std::ranges::copy(kVhdSparseCookie, header.cookie.begin());
  header.next = ~std::uint64_t{0};
  header.bat_at = plan.table.bat_at;
  header.version = 0x10000;
  header.entries = static_cast<std::uint32_t>(plan.table.entries);
  header.block_size = static_cast<std::uint32_t>(plan.table.block_sectors * kSectorSize);
  std::uint64_t end = plan.table.bat_at + plan.table.bat_sectors() * kSectorSize;
  if (options.parent) {
    const VhdImage& parent = parent_of(context.path(), *options.parent);
    const VhdParentFields fields = vhd_parent_fields(place, header, *options.parent, end);
    header = fields.header;
    header.parent_id = parent.footer().id;
    if (parent.modified() != 0) header.parent_time = vhd_time(parent.modified());
    write_exactly(*file, end, fields.locators);
    end += fields.locators.size();
  }
  write_entries(*file, plan.table);
  write_exactly(*file, sizeof(VhdFooter), bytes_of_struct(with_checksum(header)));
  // Where parts end is known from the first one, so that one is as large as it will ever be.
  if (plan.subformat == Subformat::split) end = std::max(end, plan.part_bytes);
  resize_exactly(*file, end + sizeof(VhdFooter));
  sync_exactly(*file);
  sync_exactly(*place.directory);
  const VhdFooter footer = with_checksum(plan.footer);
  write_exactly(*file, 0, bytes_of_struct(footer));
  write_exactly(*file, end, bytes_of_struct(footer));
  sync_exactly(*file);
}

}  // namespace

std::span<const OptionSpec> vhd_create_options() {
  return kOptions;
}

std::uint32_t vhd_time(std::int64_t unix_time) {
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(unix_time - kVhdEpoch, 0, 0xFFFFFFFF));
}

VhdFooter new_vhd_footer(IdSource& ids, VhdType type, std::uint64_t sectors,
                         const Geometry& geometry, bool exact) {
  VhdFooter footer;
  std::ranges::copy(kVhdCookie, footer.cookie.begin());
  footer.features = 2;  // always set
  footer.version = 0x10000;
  footer.header_at = type == VhdType::fixed ? ~std::uint64_t{0} : sizeof(VhdFooter);
  footer.time_stamp = vhd_time(ids.unix_time());
  // QEMU's marks for the two kinds of size: every reader that knows one knows the other. A mark of
  // our own would make QEMU before 10 cut the disk to whole cylinders.
  std::ranges::copy(std::string_view(exact ? "qem2" : "qemu"), footer.creator.begin());
  footer.creator_version = 0x50003;
  std::ranges::copy(std::string_view("Wi2k"), footer.host.begin());
  footer.original_size = sectors * kSectorSize;
  footer.current_size = sectors * kSectorSize;
  const bool fits = is_drive_geometry(geometry) && geometry.sector_count() <= sectors;
  set_geometry(footer, exact && fits ? geometry : vhd_geometry(sectors));
  footer.type = static_cast<std::uint32_t>(type);
  footer.id = ids.uuid();
  return footer;
}

void create_vhd(const ImageContext& context, const CreateOptions& options) {
  const Plan plan = plan_of(context, options);
  if (plan.type == VhdType::fixed) {
    create_fixed(context, options, plan);
  } else {
    create_dynamic(context, options, plan);
  }
}

std::uint64_t measure_vhd(const CreateOptions& options, std::uint64_t data_bytes) {
  SeededIds ids(0);
  ImageContext nowhere;
  nowhere.place.name = "measure";
  nowhere.ids = std::shared_ptr<IdSource>(&ids, [](IdSource*) {});
  const Plan plan = plan_of(nowhere, options);
  const VhdTable& table = plan.table;
  const std::uint64_t bytes = table.sectors * kSectorSize;
  if (plan.type == VhdType::fixed) return bytes + sizeof(VhdFooter);
  const std::uint64_t block = table.block_sectors * kSectorSize;
  const std::uint64_t blocks = (std::min(data_bytes, bytes) + block - 1) / block;
  const std::uint64_t place = (table.place_sectors() + 7) / 8 * 8 * kSectorSize;
  return table.bat_at + table.bat_sectors() * kSectorSize + blocks * place + 2 * sizeof(VhdFooter);
}

}  // namespace storage
