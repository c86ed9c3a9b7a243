// VHD, the disks of Virtual PC, Virtual Server and Hyper-V's first generation: fixed, dynamic and
// differencing, also in parts.
//
// [VHD1]     Microsoft, Virtual Hard Disk Image Format Specification 1.0 (2006)
// [libvhdi]  Joachim Metz, Virtual Hard Disk (VHD) image format specification
// Not implemented: VHDX (another format), parents named by Macintosh aliases only, XenServer's
// batmap (kept, not read), encrypted disks. The crash rules are in vhd_frame.h and vhd_blocks.h.
#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include "storage/vhd_image.h"

namespace storage {

namespace {

constexpr std::array kOpenOptions = {
    OptionSpec{"size", "auto|current|chs",
               "which of the footer's two sizes counts; auto goes by its creator"},
    OptionSpec{"ignore_checksum", "on|off", "read in spite of wrong checksums"},
    OptionSpec{"ignore_saved_state", "on|off",
               "write although a saved state of Virtual PC depends on the disk"},
};

bool named_like_vhd(const std::filesystem::path& path) {
  std::string extension = path.extension().string();
  std::ranges::transform(extension, extension.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  constexpr std::array<std::string_view, 3> kNames = {".vhd", ".avhd", ".vud"};
  return std::ranges::find(kNames, extension) != kNames.end();
}

// A footer at the end alone may have been written by the guest of a raw disk.
int probe_vhd(const ProbeInput& input) {
  const std::string_view head(reinterpret_cast<const char*>(input.head.data()), input.head.size());
  if (head.starts_with(kVhdCookie)) return 100;
  const auto footer = vhd_footer_in(input.tail, input.size);
  // One that has lost its footer is to be refused, not to be taken for raw.
  const int by_name = named_like_vhd(input.path) ? 2 : 0;
  if (!footer || !looks_like_vhd(*footer)) return by_name;
  if (by_name != 0) return 90;
  // Its copy at the head is lost, but the dynamic header is where it always is.
  const bool dynamic = head.size() > 520 && head.substr(512).starts_with(kVhdSparseCookie);
  return dynamic && is_valid(*footer) ? 80 : 0;
}

std::unique_ptr<Image> open_vhd(const ImageContext& context, const OpenOptions& options) {
  return std::make_unique<VhdImage>(context, options);
}

}  // namespace

const FormatDriver kVhdFormat = {.name = "vhd",
                                 .summary = "Virtual PC disk: fixed, dynamic or differencing",
                                 .alias = "vpc",
                                 .create_options = vhd_create_options(),
                                 .open_options = kOpenOptions,
                                 .has_parents = true,
                                 .probe = probe_vhd,
                                 .open = open_vhd,
                                 .create = create_vhd,
                                 .check = check_vhd,
                                 .measure = measure_vhd};

}  // namespace storage
