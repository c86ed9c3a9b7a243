#include "storage/format.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "storage/discard_overlay.h"

namespace storage {

namespace {

constexpr std::size_t kProbeHead = 4096;
constexpr std::size_t kProbeTail = 512;

constexpr std::array<const FormatDriver*, 1> kFormats = {&kRawFormat};

// Formats that are known by sight but have no row above. Opened as raw they would show the guest a
// header where it expects its boot sector, and a guest that writes there would destroy the image.
struct Signature {
  std::string_view bytes;
  std::string_view name;
  std::size_t offset = 0;
  bool in_tail = false;
};
constexpr std::array kForeign = {
    Signature{"KDMV", "a VMware sparse disk (VMDK)"},
    Signature{"COWD", "a VMware copy-on-write disk (COWD)"},
    Signature{"# Disk DescriptorFile", "a VMware disk descriptor (VMDK)"},
    Signature{"conectix", "a Virtual PC dynamic disk (VHD)"},
    Signature{"conectix", "a Virtual PC fixed disk (VHD)", 0, true},
    Signature{"GIDX\r\n\x1A\n", "a growable image's index"},
    Signature{"ADD_COW\xFF", "an add-cow image"},
    Signature{"ACOW", "an add-cow image"},
    Signature{"QFI\xFB", "a QEMU copy-on-write disk (qcow2)"},
    Signature{"vhdxfile", "a Hyper-V disk (VHDX)"},
    Signature{"\x7F\x10\xDA\xBE", "a VirtualBox disk (VDI)", 0x40},
};

bool carries(const ProbeInput& input, const Signature& signature) {
  const std::span<const std::uint8_t> bytes = signature.in_tail ? input.tail : input.head;
  if (bytes.size() < signature.offset + signature.bytes.size()) return false;
  return std::ranges::equal(
      bytes.subspan(signature.offset, signature.bytes.size()), signature.bytes,
      [](std::uint8_t a, char b) { return a == static_cast<std::uint8_t>(b); });
}

const FormatDriver& named(const std::filesystem::path& path, std::string_view name) {
  std::string known;
  for (const FormatDriver* format : formats()) {
    if (format->name == name) return *format;
    known += known.empty() ? "" : ", ";
    known += format->name;
  }
  throw ImageError(
      path, "unknown image format (format = " + printable(name, 40) + ", known " + known + ")");
}

struct Probed {
  const FormatDriver* format;
  FileIdentity identity;
};

Probed probe(const std::filesystem::path& path, std::string_view format) {
  PosixFile file(path, FileAccess::read);
  if (!format.empty()) return {&named(path, format), file.identity()};
  const std::uint64_t size = file.size();
  std::vector<std::uint8_t> head(
      static_cast<std::size_t>(std::min<std::uint64_t>(size, kProbeHead)));
  std::vector<std::uint8_t> tail(
      static_cast<std::size_t>(std::min<std::uint64_t>(size, kProbeTail)));
  if (file.read_at(0, head) != IoStatus::ok ||
      file.read_at(size - tail.size(), tail) != IoStatus::ok) {
    throw ImageError(path, "cannot be read");
  }
  return {&detect({.head = head, .tail = tail, .size = size, .path = path}), file.identity()};
}

}  // namespace

std::span<const FormatDriver* const> formats() {
  return kFormats;
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

OpenedImage open_image(const std::filesystem::path& path, const OpenOptions& options) {
  const Probed found = probe(path, options.format);
  OpenOptions inner = options;
  if (options.mode == OpenMode::discard) inner.mode = OpenMode::read_only;
  OpenedImage image{found.format->open(path, inner), found.format, found.identity};
  if (options.mode == OpenMode::discard) {
    image.device = std::make_unique<DiscardOverlay>(std::move(image.device));
  }
  return image;
}

}  // namespace storage
