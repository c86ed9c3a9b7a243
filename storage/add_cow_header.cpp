#include "storage/add_cow_header.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <string_view>

#include "storage/block_device.h"
#include "storage/endian.h"
#include "storage/file_io.h"
#include "storage/image_error.h"

namespace storage {

namespace {

constexpr std::string_view kOlderMagic = "ADD_COW\xFF";
constexpr std::string_view kLaterMagic = "ACOW";
constexpr std::uint64_t kOlderHasBacking = 1;
constexpr std::uint64_t kOlderBackingIsRaw = 2;
constexpr std::uint64_t kWhole = 1;  // of the compatible features
constexpr std::uint32_t kLeastClusterBits = 9;
constexpr std::string_view kRaw = "raw";

// [v10]
struct Older {
  std::array<char, 8> magic = {};
  Le32 version;
  Le32 backing_at;
  Le32 backing_size;
  Le32 image_at;
  Le32 image_size;
  Le64 features;
};
static_assert(sizeof(Older) == 36);

// [v20]
struct Later {
  std::array<char, 4> magic = {};
  Le32 backing_at;
  Le32 backing_size;
  Le32 image_at;
  Le32 image_size;
  Le32 cluster_bits;
  Le64 features;
  Le64 compatible;
  Le32 header_size;
  std::array<char, 16> backing_format = {};
  std::array<char, 16> image_format = {};
};
static_assert(sizeof(Later) == 76);

[[noreturn]] void refuse(const File& file, std::size_t place, std::string_view problem,
                         std::string_view field, std::uint64_t value, std::string_view allowed) {
  throw ImageError(file.path(), place,
                   std::string(problem) + " (" + std::string(field) + " = " +
                       std::to_string(value) + ", allowed " + std::string(allowed) + ")");
}

struct Span {
  std::uint64_t at;
  std::uint64_t size;
  std::uint64_t end() const { return at + size; }
};

std::string read_name(File& file, const Span& name, std::uint64_t first, std::uint64_t end,
                      std::string_view whose) {
  if (name.size == 0 || name.at < first || name.end() > end) {
    refuse(file, static_cast<std::size_t>(name.at),
           "has the name of its " + std::string(whose) + " outside the header (" +
               std::to_string(name.size) + " bytes)",
           "offset", name.at, std::to_string(first) + " to " + std::to_string(end - 1));
  }
  const auto bytes = read_bytes(file, name.at, static_cast<std::size_t>(name.size));
  return {bytes.begin(), bytes.end()};
}

void refuse_overlap(const File& file, const Span& backing, const Span& image) {
  if (backing.size == 0 || backing.end() <= image.at || image.end() <= backing.at) return;
  refuse(file, static_cast<std::size_t>(image.at), "has two names in one place", "offset", image.at,
         "outside the backing file's name");
}

AddCowHeader read_older(File& file) {
  const auto fields = read_struct<Older>(file, 0);
  if (fields.version != 1) {
    refuse(file, offsetof(Older, version), "is of an unknown version", "version", fields.version,
           "1");
  }
  if ((fields.features & ~(kOlderHasBacking | kOlderBackingIsRaw)) != 0) {
    refuse(file, offsetof(Older, features), "is of an unsupported add-cow revision", "features",
           fields.features, "0 to 3");
  }
  AddCowHeader header;
  header.older = true;
  const Span image{fields.image_at, fields.image_size};
  header.image = read_name(file, image, sizeof(Older), kAddCowHeaderBytes, "image file");
  std::uint64_t end = image.end();
  if ((fields.features & kOlderHasBacking) != 0) {
    const Span backing{fields.backing_at, fields.backing_size};
    header.backing = read_name(file, backing, sizeof(Older), kAddCowHeaderBytes, "backing file");
    refuse_overlap(file, backing, image);
    end = std::max(end, backing.end());
    if ((fields.features & kOlderBackingIsRaw) != 0) header.backing_format = kRaw;
  }
  // The versions that followed under this magic kept more in the header.
  const std::uint64_t there = std::min(file.size(), kAddCowHeaderBytes);
  const auto rest = read_bytes(file, end, static_cast<std::size_t>(there - end));
  if (const auto odd = std::ranges::find_if(rest, [](std::uint8_t byte) { return byte != 0; });
      odd != rest.end()) {
    throw ImageError(file.path(), end + static_cast<std::uint64_t>(odd - rest.begin()),
                     "is of an unsupported add-cow revision: there is something after its names");
  }
  return header;
}

std::string format_in(const std::array<char, 16>& field) {
  const std::string_view all(field.data(), field.size());
  return std::string(all.substr(0, all.find('\0')));
}

AddCowHeader read_later(File& file) {
  const auto fields = read_struct<Later>(file, 0);
  if (fields.cluster_bits < kLeastClusterBits || fields.cluster_bits > kAddCowMaxClusterBits) {
    refuse(file, offsetof(Later, cluster_bits), "has an impossible cluster size", "cluster bits",
           fields.cluster_bits, "9 to 21");
  }
  if (fields.features != 0) {
    refuse(file, offsetof(Later, features), "needs what is not known here", "features",
           fields.features, "0");
  }
  AddCowHeader header;
  header.cluster = (std::uint64_t{1} << fields.cluster_bits) / kSectorSize;
  header.whole = (fields.compatible & kWhole) != 0;
  if (fields.header_size != header.bytes()) {
    refuse(file, offsetof(Later, header_size), "has a header of the wrong size", "bytes",
           fields.header_size, std::to_string(header.bytes()));
  }
  const Span image{fields.image_at, fields.image_size};
  header.image = read_name(file, image, sizeof(Later), header.bytes(), "image file");
  if (const std::string format = format_in(fields.image_format);
      !format.empty() && format != kRaw) {
    throw ImageError(file.path(), offsetof(Later, image_format),
                     "has an image file of another format (format = " + printable(format, 40) +
                         ", allowed raw)");
  }
  if (fields.backing_at == 0) return header;
  const Span backing{fields.backing_at, fields.backing_size};
  header.backing = read_name(file, backing, sizeof(Later), header.bytes(), "backing file");
  refuse_overlap(file, backing, image);
  if (std::string format = format_in(fields.backing_format); !format.empty()) {
    header.backing_format = std::move(format);
  }
  return header;
}

void put(std::vector<std::uint8_t>& bytes, std::span<const std::uint8_t> field, std::uint64_t at) {
  std::ranges::copy(field, bytes.begin() + static_cast<std::ptrdiff_t>(at));
}
void put(std::vector<std::uint8_t>& bytes, std::string_view text, std::uint64_t at) {
  std::ranges::copy(text, bytes.begin() + static_cast<std::ptrdiff_t>(at));
}

}  // namespace

std::uint64_t AddCowHeader::bytes() const {
  return older ? kAddCowHeaderBytes : std::max(kAddCowHeaderBytes, cluster * kSectorSize);
}

std::uint64_t AddCowHeader::bitmap_bytes(std::uint64_t sectors) const {
  const std::uint64_t exact = (clusters(sectors) + 7) / 8;
  if (older) return exact;
  const std::uint64_t unit = cluster * kSectorSize;
  return (exact + unit - 1) / unit * unit;
}

AddCowHeader read_add_cow_header(File& file) {
  std::array<char, 8> magic{};
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(file.size(), magic.size()));
  read_exactly(file, 0, std::span(reinterpret_cast<std::uint8_t*>(magic.data()), size));
  const std::string_view text(magic.data(), magic.size());
  if (text == kOlderMagic) return read_older(file);
  if (text.starts_with(kLaterMagic)) return read_later(file);
  throw ImageError(file.path(), 0, "is no add-cow file");
}

std::vector<std::uint8_t> add_cow_bytes(const std::filesystem::path& file,
                                        const AddCowHeader& header) {
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(header.bytes()));
  const std::uint64_t first = header.older ? sizeof(Older) : sizeof(Later);
  // No name is cut off: what does not fit is an error.
  const std::uint64_t room = bytes.size() - first;
  if (header.backing.size() > room || header.image.size() > room - header.backing.size()) {
    throw ImageError(file, "cannot record names of such length (bytes = " +
                               std::to_string(header.backing.size() + header.image.size()) +
                               ", allowed " + std::to_string(room) + ")");
  }
  const bool has_backing = !header.backing.empty();
  const auto backing_at = static_cast<std::uint32_t>(has_backing ? first : 0);
  const auto image_at = static_cast<std::uint32_t>(first + header.backing.size());
  put(bytes, header.backing, first);
  put(bytes, header.image, image_at);
  if (header.older) {
    Older fields;
    std::ranges::copy(kOlderMagic, fields.magic.begin());
    fields.version = 1;
    fields.backing_at = backing_at;
    fields.backing_size = static_cast<std::uint32_t>(header.backing.size());
    fields.image_at = image_at;
    fields.image_size = static_cast<std::uint32_t>(header.image.size());
    fields.features = !has_backing                    ? 0
                      : header.backing_format == kRaw ? kOlderHasBacking | kOlderBackingIsRaw
                                                      : kOlderHasBacking;
    put(bytes, bytes_of_struct(fields), 0);
    return bytes;
  }
  Later fields;
  std::ranges::copy(kLaterMagic, fields.magic.begin());
  fields.backing_at = backing_at;
  fields.backing_size = static_cast<std::uint32_t>(header.backing.size());
  fields.image_at = image_at;
  fields.image_size = static_cast<std::uint32_t>(header.image.size());
  fields.cluster_bits = static_cast<std::uint32_t>(std::countr_zero(header.cluster * kSectorSize));
  fields.compatible = header.whole ? kWhole : 0;
  fields.header_size = static_cast<std::uint32_t>(header.bytes());
  const std::string format = has_backing ? header.backing_format.value_or("") : "";
  if (format.size() >= fields.backing_format.size()) {
    throw ImageError(file, "cannot record its backing file's format (" + printable(format, 40) +
                               ", allowed 15 characters)");
  }
  std::ranges::copy(format, fields.backing_format.begin());
  std::ranges::copy(kRaw, fields.image_format.begin());
  put(bytes, bytes_of_struct(fields), 0);
  return bytes;
}

void store_add_cow_whole(File& file) {
  constexpr std::uint64_t kPlace = offsetof(Later, compatible);
  const auto before = read_struct<Le64>(file, kPlace);
  const Le64 after(before | kWhole);
  write_exactly(file, kPlace, bytes_of_struct(after));
  sync_exactly(file);
}

}  // namespace storage
