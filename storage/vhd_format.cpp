#include "storage/vhd_format.h"

#include <algorithm>
#include <bit>
#include <cstdio>

#include "storage/block_device.h"
#include "storage/file_io.h"
#include "storage/image_error.h"

namespace storage {

namespace {

constexpr std::string_view kPromise = "promised";
constexpr Geometry kLargestGeometry = {65535, 16, 255};

// The checksum is the complement of the sum, so that its own bytes must be left out.
template <class T>
std::uint32_t checksum_of(const T& value) {
  std::uint32_t sum = 0;
  for (const std::uint8_t byte : bytes_of_struct(value)) sum += byte;
  for (const std::uint8_t byte : bytes_of_struct(value.checksum)) sum -= byte;
  return ~sum;
}

std::string hex(std::uint64_t value) {
  std::array<char, 20> text{};
  std::snprintf(text.data(), text.size(), "%llXh", static_cast<unsigned long long>(value));
  return text.data();
}

}  // namespace

std::string_view name_of(VhdType type) {
  switch (type) {
    case VhdType::fixed:
      return "fixed";
    case VhdType::dynamic:
      return "dynamic";
    case VhdType::differencing:
      return "differencing";
  }
  return "unknown";
}

std::optional<Uuid> VhdFooter::promised() const {
  if (std::string_view(promise.data(), promise.size()) != kPromise) return std::nullopt;
  return promised_id;
}

void VhdFooter::set_promise(const std::optional<Uuid>& wanted) {
  promise = {};
  promised_id = {};
  if (!wanted) return;
  std::ranges::copy(kPromise, promise.begin());
  promised_id = *wanted;
}

std::uint32_t vhd_checksum(const VhdFooter& footer) {
  return checksum_of(footer);
}

std::uint32_t vhd_checksum(const VhdHeader& header) {
  return checksum_of(header);
}

bool looks_like_vhd(const VhdFooter& footer) {
  return std::string_view(footer.cookie.data(), footer.cookie.size()) == kVhdCookie;
}

bool is_valid(const VhdFooter& footer) {
  return looks_like_vhd(footer) && footer.checksum == vhd_checksum(footer);
}

// [VHD1] "CHS Calculation".
Geometry vhd_geometry(std::uint64_t sectors) {
  const std::uint64_t total = std::min(sectors, kLargestGeometry.sector_count());
  std::uint64_t heads = 16;
  std::uint64_t track = 255;
  std::uint64_t tracks = total / track;
  if (total < std::uint64_t{65535} * 16 * 63) {
    track = 17;
    tracks = total / track;
    heads = std::max<std::uint64_t>(4, (tracks + 1023) / 1024);
    if (tracks >= heads * 1024 || heads > 16) {
      track = 31;
      heads = 16;
      tracks = total / track;
    }
    if (tracks >= heads * 1024) {
      track = 63;
      heads = 16;
      tracks = total / track;
    }
  }
  return {static_cast<std::uint32_t>(tracks / heads), static_cast<std::uint32_t>(heads),
          static_cast<std::uint32_t>(track)};
}

std::uint64_t round_to_vhd_geometry(std::uint64_t sectors) {
  if (sectors >= kLargestGeometry.sector_count()) return sectors;
  // Each step asks for one sector more, so that the shape is one the rule really gives.
  for (std::uint64_t asked = sectors;; ++asked) {
    const std::uint64_t whole = vhd_geometry(asked).sector_count();
    if (whole >= sectors) return whole;
  }
}

Geometry geometry_of(const VhdFooter& footer) {
  return {footer.cylinders, footer.heads, footer.sectors_per_track};
}

void set_geometry(VhdFooter& footer, const Geometry& geometry) {
  footer.cylinders = static_cast<std::uint16_t>(geometry.cylinders);
  footer.heads = static_cast<std::uint8_t>(geometry.heads);
  footer.sectors_per_track = static_cast<std::uint8_t>(geometry.sectors_per_track);
}

bool is_drive_geometry(const Geometry& geometry) {
  return geometry.known() && geometry.cylinders <= kMaxAtaCylinders &&
         geometry.heads <= kMaxAtaHeads && geometry.sectors_per_track <= kMaxTrackSectors;
}

std::uint64_t sectors_of(const VhdFooter& footer, VhdSizeRule rule) {
  const std::uint64_t current = footer.current_size / kSectorSize;
  const Geometry geometry = geometry_of(footer);
  const std::uint64_t by_chs = geometry.sector_count();
  if (rule == VhdSizeRule::current) return current;
  // [QEMU] since 10: Virtual PC's disks end with their last cylinder, and QEMU's are made to.
  const std::string_view creator = footer.creator_text();
  const bool counts = rule == VhdSizeRule::chs || creator == "vpc " || creator == "qemu";
  const bool possible = by_chs != 0 && by_chs <= current && !(geometry == kLargestGeometry);
  return counts && possible ? by_chs : current;
}

std::string creator_of(const VhdFooter& footer) {
  struct Known {
    std::string_view letters;
    std::string_view name;
  };
  static constexpr std::array kKnown = {
      Known{"vpc ", "Virtual PC"},
      Known{"vs  ", "Virtual Server"},
      Known{"win ", "Windows"},
      Known{"qemu", "QEMU"},
      Known{"qem2", "QEMU rules, exact size"},
      Known{"vbox", "VirtualBox"},
      Known{std::string_view("d2v\0", 4), "Disk2vhd"},
      Known{std::string_view("tap\0", 4), "XenServer"},
      Known{"CTXS", "XenConvert"},
      Known{std::string_view("wa\0\0", 4), "Azure"},
      Known{"mVHD", "86Box"},
      Known{"bxic", "Bochs"},
  };
  const std::string_view letters = footer.creator_text();
  std::string text = "\"" + printable(letters.substr(0, letters.find('\0')), 20) + "\"";
  const auto known = std::ranges::find(kKnown, letters, &Known::letters);
  if (known != kKnown.end()) text += " (" + std::string(known->name) + ")";
  return text + " " + std::to_string(footer.creator_version >> 16) + "." +
         std::to_string(footer.creator_version & 0xFFFF);
}

VhdType require_known(const File& file, std::uint64_t at, const VhdFooter& footer) {
  if (footer.version >> 16 != 1) {
    throw ImageError(
        file.path(), at,
        "is a VHD of an unknown version (version = " + hex(footer.version) + ", allowed 10000h)");
  }
  const std::uint32_t type = footer.type;
  if (type < 2 || type > 4) {
    throw ImageError(
        file.path(), at,
        "is a VHD of an unknown type (type = " + std::to_string(type) + ", allowed 2 to 4)");
  }
  if (footer.current_size / kSectorSize > kMaxVhdSectors) {
    throw ImageError(
        file.path(), at,
        "is a VHD of an impossible size (current size = " + std::to_string(footer.current_size) +
            ", allowed up to " + std::to_string(kMaxVhdSectors * kSectorSize) + ")");
  }
  if (footer.current_size < kSectorSize) {
    throw ImageError(file.path(), at,
                     "is a VHD without a disk (current size = " +
                         std::to_string(footer.current_size) + ", allowed 512 and up)");
  }
  return static_cast<VhdType>(type);
}

VhdTable table_of(const File& file, std::uint64_t at, const VhdHeader& header,
                  std::uint64_t sectors) {
  const auto refuse = [&](std::string_view what, std::uint64_t value, std::string_view allowed) {
    throw ImageError(file.path(), at,
                     "its dynamic header is damaged (" + std::string(what) + " = " +
                         std::to_string(value) + ", allowed " + std::string(allowed) + ")");
  };
  if (std::string_view(header.cookie.data(), header.cookie.size()) != kVhdSparseCookie) {
    throw ImageError(file.path(), at, "there is no dynamic header where the footer says");
  }
  if (header.version >> 16 != 1) refuse("version", header.version, "65536");
  const std::uint64_t block = header.block_size;
  if (!std::has_single_bit(block) || block < kMinVhdBlock || block > kMaxVhdBlock) {
    refuse("block size", block, "powers of two from 4096 to 268435456");
  }
  VhdTable table{.sectors = sectors,
                 .bat_at = header.bat_at,
                 .entries = header.entries,
                 .block_sectors = block / kSectorSize};
  if (table.entries > kMaxVhdEntries) refuse("BAT entries", table.entries, "up to 16777216");
  if (table.entries < table.blocks()) {
    refuse("BAT entries", table.entries, std::to_string(table.blocks()) + " and up for its size");
  }
  const std::uint64_t size = file.size();
  if (table.bat_at % kSectorSize != 0 || table.bat_at < kSectorSize || table.bat_at > size ||
      table.entries * 4 > size - table.bat_at) {
    refuse("BAT offset", table.bat_at, "multiples of 512 with the whole table inside the file");
  }
  return table;
}

}  // namespace storage
