// A child beside an image, which takes what is written while the image itself is only read: the
// overlay of a drive, and what `image snapshot` makes. "disk.vmdk" gets "disk.overlay-1.vmdk"; an
// image of a format without parents (raw) gets an add-cow layer, "disk.overlay-1.add-cow".
#pragma once

#include <filesystem>

#include "storage/format.h"
#include "storage/open_image.h"

namespace storage {

inline constexpr int kMaxOverlays = 10000;

// What children of an image of that format are.
const FormatDriver& overlay_format(const FormatDriver& base);

// The nth name, from 1 on.
std::filesystem::path overlay_path(const std::filesystem::path& base, const FormatDriver& format,
                                   int n);

struct Overlay {
  std::filesystem::path path;
  OpenedImage opened;  // for writing
};

// Goes on with the lowest-numbered overlay that is a child of `base`, or makes the first that is
// not there. `options` are those for opening `base`; its mode does not matter. Throws ImageError.
Overlay open_overlay(const std::filesystem::path& base, const OpenOptions& options);

// Makes a new child of `base`, at the first name that is free, and leaves it closed: a child of
// "disk.overlay-1.vmdk" is "disk.overlay-2.vmdk". Throws ImageError.
std::filesystem::path add_overlay(const std::filesystem::path& base, const OpenOptions& options);

}  // namespace storage
