// create-disk: from nothing to a C: that DOS can use, in one step and in any format.
#include <algorithm>
#include <cctype>
#include <ctime>
#include <utility>

#include "emu/image_verbs.h"
#include "storage/fat_format.h"

namespace emu::image_tool {

namespace {

constexpr std::size_t kLabelLength = 11;
constexpr std::uint64_t kAlign = 8;  // sectors: what most images allocate and hosts give back

std::string label_of(const std::string& text) {
  std::string label = text.empty() ? "NO NAME" : text;
  std::ranges::transform(label, label.begin(), [](unsigned char c) {
    return static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  });
  const auto unfit = [](unsigned char c) {
    return c < 0x20 || c >= 0x7F ||
           std::string_view("\"*+,./:;<=>?[\\]|").find(static_cast<char>(c)) !=
               std::string_view::npos;
  };
  if (label.size() > kLabelLength || std::ranges::any_of(label, unfit)) {
    throw UsageError("--label must have at most 11 characters that a DOS name may have");
  }
  return label;
}

unsigned bits_of(const Arguments& a) {
  if (int{a.fat12} + int{a.fat16} + int{a.fat32} > 1) {
    throw UsageError("only one of --fat12, --fat16 and --fat32 can be meant");
  }
  return a.fat12 ? 12 : a.fat16 ? 16 : a.fat32 ? 32 : 0;
}

storage::FatTime fat_time(std::int64_t unix_time) {
  const auto seconds = static_cast<std::time_t>(unix_time);
  std::tm parts{};
  if (gmtime_r(&seconds, &parts) == nullptr || parts.tm_year < 80 || parts.tm_year > 207) return {};
  return {static_cast<std::uint16_t>((parts.tm_year - 80) << 9 | (parts.tm_mon + 1) << 5 |
                                     parts.tm_mday),
          static_cast<std::uint16_t>(parts.tm_hour << 11 | parts.tm_min << 5 | parts.tm_sec / 2)};
}

}  // namespace

int create_disk(const Session& session) {
  const Arguments& a = session.arguments();
  const std::string& file = a.names[0];
  const std::string wanted = a.format.empty() ? "growable" : a.format;
  const storage::FormatDriver& format = storage::require_format(file, wanted);
  storage::FatDiskOptions fat;
  fat.label = label_of(a.label);
  fat.bits = bits_of(a);
  fat.bootable = true;
  fat.align = kAlign;
  storage::CreateOptions options;
  options.options = parsed_options(file, a.options);
  options.sectors = sectors_for(size_argument("--size", a.size));
  options.geometry = storage::default_geometry(options.sectors);
  if (!options.geometry.known()) throw UsageError("--size is smaller than one cylinder of a disk");
  options.existing = storage::Existing::refuse;
  const storage::OpenOptions around = session.open_options();
  fat.serial = around.ids->random32();
  fat.made = fat_time(around.ids->unix_time());

  const storage::Place place = session.place(file);  // undoing needs it
  auto creation = session.creation();
  create_image(place, format, options, around);
  {
    const storage::OpenedImage opened =
        session.open(file, format.name, storage::OpenMode::read_write);
    const std::uint64_t sectors = opened.device->sector_count();
    // What INT 13h will show, for the table and the boot sector.
    const storage::Geometry ata = storage::default_geometry(sectors);
    fat.geometry = logical_geometry(storage::automatic_translation(ata), ata, sectors);
    try {
      format_fat_disk(*opened.device, fat);
    } catch (const storage::FatError& error) {
      throw storage::ImageError(file, error.what());
    }
    close_image(file, *opened.device);
  }
  creation.keep();
  session.say("Made '" + storage::printable(file, 200) + "', format " + std::string(format.name) +
              ", " + human_size(options.sectors * storage::kSectorSize) + ", C: is empty");
  return 0;
}

}  // namespace emu::image_tool
