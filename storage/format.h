// Image formats: one row of functions each, collected in one visible table. An explicit table
// rather than self-registering globals: a linker drops those silently from a static library, and
// here the order of probing can be read. A driver has no header of its own; its public symbol is
// declared here. The table has one row so far, raw; creating and checking images come with the
// formats that need it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>

#include "storage/block_device.h"
#include "storage/file.h"
#include "storage/image_error.h"

namespace storage {

enum class OpenMode : std::uint8_t {
  read_write,
  read_only,
  discard,  // the guest may write; the file is opened for reading and never changes
};

struct OpenOptions {
  OpenMode mode = OpenMode::read_write;
  std::string_view format = {};  // a row's name; empty: find out
  bool truncate = false;         // raw: ignore the bytes after the last whole sector
  WarningSink warn = {};         // may be empty
};

// What a driver may look at when asked whether a file is its own.
struct ProbeInput {
  std::span<const std::uint8_t> head;  // the first 4 KiB, less when the file is shorter
  std::span<const std::uint8_t> tail;  // the last 512 bytes
  std::uint64_t size = 0;
  const std::filesystem::path& path;
};

struct FormatDriver {
  std::string_view name;
  std::string_view summary;
  int (*probe)(const ProbeInput&);  // 0 no .. 100 certain
  std::unique_ptr<BlockDevice> (*open)(const std::filesystem::path&, const OpenOptions&);
};

extern const FormatDriver kRawFormat;

std::span<const FormatDriver* const> formats();

struct OpenedImage {
  std::unique_ptr<BlockDevice> device;
  const FormatDriver* format = nullptr;
  FileIdentity identity;  // for "one file on two drives"
};

// Everything a drive needs: finds the format, opens and locks the file, puts the discard layer on
// top when asked. Throws ImageError.
OpenedImage open_image(const std::filesystem::path& path, const OpenOptions& options);

// The driver for a file of unknown format. A signature wins over a name; a file that carries the
// signature of a format without a row here is refused rather than taken for raw. Throws ImageError.
const FormatDriver& detect(const ProbeInput& input);

// A flat image in any File: what kRawFormat opens, and what other formats use for flat extents.
// Throws ImageError when the size is no whole number of sectors.
std::unique_ptr<BlockDevice> make_raw_image(std::unique_ptr<File> file, const OpenOptions& options);

}  // namespace storage
