#include "storage/format.h"

#include <algorithm>
#include <array>
#include <string>

namespace storage {

namespace {

// In the order of probing: of two that are equally sure the first wins. One line a row.
constexpr std::array kFormats = {
    &kGrowableFormat, &kVmdkFormat, &kVhdFormat, &kCowdFormat, &kAddCowFormat, &kRawFormat,
};

// Formats that are known by sight but have no row above. Opened as raw they would show the guest a
// header where it expects its boot sector, and a guest that writes there would destroy the image.
struct Signature {
  std::string_view bytes;
  std::string_view name;
  std::size_t offset = 0;
  bool in_tail = false;
};
constexpr std::array kForeign = {
    Signature{"GDAT\r\n\x1A\n", "a growable image's cluster file (its index is what is opened)"},
    Signature{"QFI\xFB", "a QEMU copy-on-write disk (qcow2)"},
    Signature{"vhdxfile", "a Hyper-V disk (VHDX)"},
    Signature{"\x7F\x10\xDA\xBE", "a VirtualBox disk (VDI)", 0x40},
};

// A fixed VHD has its signature in the last sector only, where the guest of a raw disk may have
// written it; the driver takes it for its own by the file's name.
constexpr Signature kFixedVhd{"conectix", "a Virtual PC fixed disk (VHD)", 0, true};

bool carries(const ProbeInput& input, const Signature& signature) {
  const std::span<const std::uint8_t> bytes = signature.in_tail ? input.tail : input.head;
  if (bytes.size() < signature.offset + signature.bytes.size()) return false;
  return std::ranges::equal(
      bytes.subspan(signature.offset, signature.bytes.size()), signature.bytes,
      [](std::uint8_t a, char b) { return a == static_cast<std::uint8_t>(b); });
}

}  // namespace

std::span<const FormatDriver* const> formats() {
  return kFormats;
}

const FormatDriver* find_format(std::string_view name) {
  if (name.empty()) return nullptr;
  for (const FormatDriver* format : formats()) {
    if (format->name == name || format->alias == name) return format;
  }
  return nullptr;
}

const FormatDriver& require_format(const std::filesystem::path& file, std::string_view name) {
  if (const FormatDriver* format = find_format(name)) return *format;
  std::string known;
  for (const FormatDriver* format : formats()) {
    known += known.empty() ? "" : ", ";
    known += format->name;
  }
  throw ImageError(
      file, "unknown image format (format = " + printable(name, 40) + ", known " + known + ")");
}

const FormatDriver& detect(const ProbeInput& input) {
  const FormatDriver* best = nullptr;
  int best_score = 0;
  for (const FormatDriver* format : formats()) {
    const int score = format->probe(input);
    if (score > best_score) {
      best = format;
      best_score = score;
    }
  }
  if (best == nullptr) throw ImageError(input.path, "is in no image format known here");
  if (best == &kRawFormat && carries(input, kFixedVhd)) {
    throw ImageError(input.path, "is " + std::string(kFixedVhd.name) +
                                     " by its last sector but not by its name (format=vhd opens "
                                     "it, format=raw takes its bytes as they are)");
  }
  if (best == &kRawFormat) {
    for (const Signature& signature : kForeign) {
      if (!carries(input, signature)) continue;
      throw ImageError(input.path,
                       "is " + std::string(signature.name) +
                           ", which cannot be opened yet (format=raw takes its bytes as "
                           "they are)");
    }
  }
  return *best;
}

}  // namespace storage
