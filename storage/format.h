// Image formats: one row of functions each, collected in one visible table. An explicit table
// rather than self-registering globals: a linker drops those silently from a static library, and
// here the order of probing can be read. A driver has no header of its own; its public symbol is
// declared here.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "storage/block_device.h"
#include "storage/directory.h"
#include "storage/file.h"
#include "storage/id_source.h"
#include "storage/image.h"
#include "storage/image_error.h"
#include "storage/open_image.h"
#include "storage/options.h"

namespace storage {

// What a driver may look at when asked whether a file is its own.
struct ProbeInput {
  std::span<const std::uint8_t> head;  // the first 4 KiB, less when the file is shorter
  std::span<const std::uint8_t> tail;  // the last 512 bytes
  std::uint64_t size = 0;
  const std::filesystem::path& path;
};

// Opens parents on behalf of a driver: the format as recorded, never by guess; read-only; not too
// many, not in a circle.
class ParentResolver {
 public:
  virtual ~ParentResolver() = default;
  // `name` as it stands in the image, with slashes; `format` a row's name, empty when the image
  // records none (then the parent is probed, and raw is no candidate). nullptr: there is no such
  // file, and another name may be tried. Throws ImageError.
  virtual std::unique_ptr<Image> open(std::string_view name, std::string_view format) = 0;
};

// Everything around one image that a driver function gets. Valid during the call; what the open
// image needs later it copies (a Place and the IdSource may be kept).
struct ImageContext {
  Place place;
  NameSource source = NameSource::user;
  std::shared_ptr<IdSource> ids;
  ParentResolver* parents = nullptr;  // nullptr: follow none, the caller wants this layer only
  WarningSink warn;                   // may be empty

  std::filesystem::path path() const { return place.path(); }
  // The image's own file, locked. Throws ImageError.
  std::unique_ptr<File> open_file(FileAccess access) const {
    return place.directory->open(place.name, {.access = access, .source = source});
  }
  // Another file that the image names. Throws ImageError.
  std::unique_ptr<File> open_inner(std::string_view name, FileAccess access) const {
    try {
      return place.directory->open(name, {.access = access, .source = NameSource::image});
    } catch (const RefusedName& refused) {
      throw refused.in(path());
    }
  }
  void warning(std::string_view text) const {
    if (warn) warn(ImageError(path(), text).what());
  }
};

struct CreateOptions {
  std::uint64_t sectors = 0;
  Geometry geometry{};  // unknown: by the format's own rule
  Options options{};    // keys of FormatDriver::create_options, already checked
  std::optional<ParentRef> parent{};
  Existing existing = Existing::refuse;
};

// Writes an image front to back: for subformats that cannot be written in any other way.
class StreamWriter {
 public:
  virtual ~StreamWriter() = default;
  // Ascending, never twice; what is left out reads as zeroes. Throws ImageError.
  virtual void write(std::uint64_t lba, std::span<const std::uint8_t> sectors) = 0;
  // Without it the file is no image. Throws ImageError.
  virtual void finish() = 0;
};

struct FormatDriver {
  std::string_view name;
  std::string_view summary;
  std::string_view alias = {};  // another name, "vpc"
  std::span<const OptionSpec> create_options = {};
  std::span<const OptionSpec> open_options = {};
  bool has_parents = false;

  int (*probe)(const ProbeInput&);  // 0 no .. 100 certain
  std::unique_ptr<Image> (*open)(const ImageContext&, const OpenOptions&);
  // The file's magic comes last, after a sync of the rest, so that half a creation is no image.
  // Ends with everything durable. What it created is removed by the caller when it throws.
  void (*create)(const ImageContext&, const CreateOptions&) = nullptr;
  // nullptr as a result: this subformat is created, opened and written like any image.
  std::unique_ptr<StreamWriter> (*stream)(const ImageContext&, const CreateOptions&) = nullptr;
  // Checks, and repairs when told to. Without repair the image is opened for reading only.
  CheckReport (*check)(const ImageContext&, const CheckOptions&) = nullptr;
  // Bytes on the host for an image of that kind with so many bytes of data.
  std::uint64_t (*measure)(const CreateOptions&, std::uint64_t data_bytes) = nullptr;
};

extern const FormatDriver kRawFormat;
extern const FormatDriver kGrowableFormat;
extern const FormatDriver kVmdkFormat;
extern const FormatDriver kVhdFormat;
extern const FormatDriver kCowdFormat;
extern const FormatDriver kAddCowFormat;

std::span<const FormatDriver* const> formats();
// By name or alias; nullptr when there is none.
const FormatDriver* find_format(std::string_view name);
// The same, but throws an ImageError that lists the known ones.
const FormatDriver& require_format(const std::filesystem::path& file, std::string_view name);

// The driver for a file of unknown format. A signature wins over a name; a file that carries the
// signature of a format without a row here is refused rather than taken for raw. Throws ImageError.
const FormatDriver& detect(const ProbeInput& input);

// A flat image in any File: what kRawFormat opens. Throws ImageError when the size is no whole
// number of sectors.
std::unique_ptr<Image> make_raw_image(std::unique_ptr<File> file, const OpenOptions& options);

}  // namespace storage
