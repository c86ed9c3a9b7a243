#include "storage/geometry_choice.h"

#include <algorithm>
#include <array>

#include "storage/image_error.h"
#include "storage/partition_table.h"

namespace storage {

namespace {

constexpr std::string_view kUser = "the user";

struct Evidence {
  std::uint64_t total_sectors = 0;
  std::vector<Partition> partitions;
  std::vector<BiosParameterBlock> boot_sectors;
  bool readable = true;
};

void add_boot_sector(BlockDevice& device, std::uint64_t lba, Evidence& evidence) {
  std::array<std::uint8_t, kSectorSize> sector{};
  if (device.read(lba, sector) != IoStatus::ok) return;
  if (const auto block = parse_bios_parameter_block(sector)) {
    evidence.boot_sectors.push_back(*block);
  }
}

Evidence gather(BlockDevice& device) {
  Evidence evidence{.total_sectors = device.sector_count(), .partitions = {}, .boot_sectors = {}};
  std::array<std::uint8_t, kSectorSize> sector{};
  if (device.read(0, sector) != IoStatus::ok) {
    evidence.readable = false;
    return evidence;
  }
  evidence.partitions = parse_partition_table(sector);
  for (const Partition& partition : evidence.partitions) {
    add_boot_sector(device, partition.first_lba, evidence);
  }
  if (evidence.partitions.empty()) add_boot_sector(device, 0, evidence);
  return evidence;
}

// The order in which translations of one drive geometry are tried: the automatic rule's choice
// first, so that it wins where the disk's contents leave several.
std::vector<Translation> translations_to_try(const Geometry& ata,
                                             const std::optional<Translation>& wanted) {
  if (wanted) return {*wanted};
  std::vector<Translation> order = {automatic_translation(ata)};
  for (const Translation other :
       {Translation::none, Translation::large, Translation::revised, Translation::lba}) {
    if (other != order.front()) order.push_back(other);
  }
  return order;
}

class Chooser {
 public:
  Chooser(BlockDevice& device, const GeometryRequest& request)
      : request_(request), evidence_(gather(device)), header_(device.geometry()) {
    if (!evidence_.readable) warn("sector 0 cannot be read: geometry chosen without looking");
  }

  GeometryChoice choose() {
    if (!request_.chs && header_.known() && !header_usable()) {
      warn("the geometry in the image's header (" + to_text(header_) + ") is unusable");
    }
    if (request_.chs) {
      from_user(*request_.chs);
    } else if (!from_contents()) {
      from_size();
    }
    choice_.logical = logical_geometry(choice_.translation, choice_.ata, evidence_.total_sectors);
    return std::move(choice_);
  }

 private:
  void warn(std::string text) { choice_.warnings.push_back(std::move(text)); }

  void take(const Geometry& ata, Translation translation, std::string_view source) {
    choice_.ata = ata;
    choice_.translation = translation;
    choice_.source = source;
  }

  Geometry logical(const Geometry& ata, Translation translation) const {
    return logical_geometry(translation, ata, evidence_.total_sectors);
  }

  // Takes the first translation of `ata` whose logical geometry `accepts`.
  template <class Predicate>
  bool take_translated(const Geometry& ata, std::string_view source, Predicate accepts) {
    if (!ata.known()) return false;
    for (const Translation translation : translations_to_try(ata, request_.translation)) {
      const Geometry found = logical(ata, translation);
      if (!accepts(found)) continue;
      take_drive_showing(found, ata, translation, source);
      return true;
    }
    return false;
  }

  // `found` is what `translation` makes of `ata`. Where a simpler pair shows the same, that one is
  // taken.
  void take_drive_showing(const Geometry& found, const Geometry& ata, Translation translation,
                          std::string_view source) {
    const bool fixed = request_.chs || request_.translation || translation == Translation::none;
    if (!fixed && found.heads <= kMaxAtaHeads) {  // a drive may have this shape itself
      take(shaped_geometry(evidence_.total_sectors, found.heads, found.sectors_per_track),
           Translation::none, source);
      return;
    }
    // LBA assist needs to know the capacity only.
    const bool as_lba = !fixed && logical(ata, Translation::lba) == found;
    take(ata, as_lba ? Translation::lba : translation, source);
  }

  bool take_fitting(const Geometry& ata, std::string_view source) {
    return take_translated(ata, source, [&](const Geometry& candidate) {
      return fit_of(evidence_.partitions, candidate) == Fit::fits;
    });
  }

  // The disk's contents name a logical shape: find the drive and the translation that show it.
  bool take_shape(std::uint32_t heads, std::uint32_t sectors, std::string_view source) {
    if (heads == 0 || heads > kMaxBiosHeads || sectors == 0 || sectors > kMaxTrackSectors) {
      return false;
    }
    const std::uint64_t total = evidence_.total_sectors;
    const Geometry shape = shaped_geometry(total, heads, sectors);
    if (!shape.known()) return false;
    const bool direct = heads <= kMaxAtaHeads && shape.cylinders <= kMaxBiosCylinders;
    if (direct && request_.translation.value_or(Translation::none) == Translation::none) {
      take(shape, Translation::none, source);
      return true;
    }
    const auto same_shape = [&](const Geometry& candidate) {
      return candidate.heads == heads && candidate.sectors_per_track == sectors;
    };
    const Geometry header = header_usable() ? header_ : Geometry{};
    for (const Geometry& drive :
         {header, default_geometry(total), shaped_geometry(total, kMaxAtaHeads, sectors)}) {
      if (take_translated(drive, source, same_shape)) return true;
    }
    if (heads > kMaxAtaHeads) return false;
    return take_translated(shape, source, same_shape);
  }

  bool header_usable() const { return usable(header_, evidence_.total_sectors); }

  bool from_partition_table() {
    for (const Partition& partition : evidence_.partitions) {
      // The last sector of a partition is the last of a cylinder as a rule: its head and sector are
      // the highest there are.
      if (partition.last.head == 0 || partition.last.sector == 0) continue;
      const Geometry shape{.cylinders = 1,
                           .heads = partition.last.head + 1,
                           .sectors_per_track = partition.last.sector};
      if (fit_of(evidence_.partitions, shape) != Fit::fits) continue;
      if (take_shape(shape.heads, shape.sectors_per_track, "the partition table")) return true;
    }
    return false;
  }

  bool from_boot_sector() {
    for (const BiosParameterBlock& block : evidence_.boot_sectors) {
      const Geometry shape{
          .cylinders = 1, .heads = block.heads, .sectors_per_track = block.sectors_per_track};
      if (fit_of(evidence_.partitions, shape) == Fit::contradicts) continue;
      if (take_shape(shape.heads, shape.sectors_per_track, "the FAT boot sector")) return true;
    }
    return false;
  }

  bool from_contents() {
    if (header_usable() && take_fitting(header_, "the image's header")) return true;
    if (from_partition_table() || from_boot_sector()) return true;
    return take_fitting(default_geometry(evidence_.total_sectors), "the image's size");
  }

  // A blank disk, or contents that no geometry explains.
  void from_size() {
    if (!evidence_.partitions.empty()) warn("the partition table fits no geometry");
    const bool by_header = header_usable();
    const Geometry ata = by_header ? header_ : default_geometry(evidence_.total_sectors);
    take(ata, request_.translation.value_or(automatic_translation(ata)),
         by_header ? "the image's header" : "the image's size");
  }

  void from_user(const Geometry& ata) {
    check_range("cylinders", ata.cylinders, kMaxAtaCylinders);
    check_range("heads", ata.heads, kMaxAtaHeads);
    check_range("sectors", ata.sectors_per_track, kMaxTrackSectors);
    if (ata.sector_count() > evidence_.total_sectors) {
      throw ImageError(request_.file,
                       "is smaller than the geometry asked for (chs = " + to_text(ata) +
                           ", needs " + std::to_string(ata.sector_count()) + " sectors, has " +
                           std::to_string(evidence_.total_sectors) + ")");
    }
    // Where no translation is needed none is guessed: that the disk disagrees is worth a warning.
    const bool guess = !request_.translation && ata.cylinders > kMaxBiosCylinders;
    if (guess && take_fitting(ata, kUser)) return;
    take(ata, request_.translation.value_or(automatic_translation(ata)), kUser);
    const Geometry shown = logical(ata, choice_.translation);
    if (fit_of(evidence_.partitions, shown) == Fit::contradicts) {
      warn("the partition table was made under another geometry than " + to_text(shown));
    }
  }

  void check_range(std::string_view field, std::uint32_t value, std::uint32_t most) const {
    if (value >= 1 && value <= most) return;
    throw ImageError(request_.file, "cannot have this geometry (" + std::string(field) + " = " +
                                        std::to_string(value) + ", allowed 1.." +
                                        std::to_string(most) + ")");
  }

  const GeometryRequest& request_;
  Evidence evidence_;
  Geometry header_;
  GeometryChoice choice_;
};

}  // namespace

bool usable(const Geometry& header, std::uint64_t total_sectors) {
  if (!header.known() || header.heads > kMaxAtaHeads ||
      header.sectors_per_track > kMaxTrackSectors || header.cylinders > kMaxAtaCylinders) {
    return false;
  }
  const std::uint64_t covered = header.sector_count();
  return covered <= total_sectors && covered >= std::min(total_sectors, kMaxIdentifySectors) / 2;
}

std::string to_text(const Geometry& geometry) {
  return std::to_string(geometry.cylinders) + "/" + std::to_string(geometry.heads) + "/" +
         std::to_string(geometry.sectors_per_track);
}

std::string GeometryChoice::summary() const {
  std::string text = to_text(ata) + " from " + source + ", translation ";
  text += name_of(translation);
  if (translation != Translation::none) text += " (" + to_text(logical) + ")";
  return text;
}

GeometryChoice choose_geometry(BlockDevice& device, const GeometryRequest& request) {
  return Chooser(device, request).choose();
}

}  // namespace storage
