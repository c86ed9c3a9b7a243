#include "storage/growable_header.h"

#include <algorithm>
#include <optional>

#include "storage/crc32c.h"
#include "storage/file_io.h"
#include "storage/image_error.h"

namespace storage {

namespace {

constexpr std::uint64_t kSlotBytes = sizeof(GrowableHeader);

template <class Block>
std::uint32_t sum_of(const Block& block) {
  return crc32c(bytes_of_struct(block).first(sizeof(Block) - sizeof(Le32)));
}

bool has_magic(const std::array<char, 8>& found, std::string_view wanted) {
  return std::ranges::equal(found, wanted);
}

bool whole(const GrowableHeader& header) {
  return has_magic(header.magic, kGrowableIndexMagic) && header.crc == sum_of(header);
}

struct Refuser {
  const File& file;
  std::uint64_t slot_at;

  [[noreturn]] void operator()(std::size_t offset, std::string_view what, std::string_view field,
                               std::uint64_t value, std::string_view allowed) const {
    throw ImageError(file.path(), slot_at + offset,
                     std::string(what) + " (" + std::string(field) + " = " + std::to_string(value) +
                         ", allowed " + std::string(allowed) + ")");
  }
};

void check_shape(const GrowableHeader& h, const Refuser& refuse) {
  if (h.major != 1) {
    refuse(offsetof(GrowableHeader, major), "is of another version", "major", h.major, "1");
  }
  if (h.length != kSlotBytes) {
    refuse(offsetof(GrowableHeader, length), "has a header of another length", "length", h.length,
           "512");
  }
  if ((h.incompatible & ~std::uint64_t{kHasParent}) != 0) {
    refuse(offsetof(GrowableHeader, incompatible), "needs a newer program", "incompatible features",
           h.incompatible, "0 to 1");
  }
  if (h.sector_bytes != 512) {
    refuse(offsetof(GrowableHeader, sector_bytes), "has sectors of another size", "sector bytes",
           h.sector_bytes, "512");
  }
  const std::uint32_t cluster = h.cluster_sectors;
  if (cluster == 0 || cluster > kMaxClusterSectors || (cluster & (cluster - 1)) != 0) {
    refuse(offsetof(GrowableHeader, cluster_sectors), "has an impossible cluster size",
           "sectors per cluster", cluster, "powers of two from 1 to 4096");
  }
  if (h.word_bytes != 4) {
    refuse(offsetof(GrowableHeader, word_bytes), "has index words of another size", "word bytes",
           h.word_bytes, "4");
  }
  const auto check_offset = [&](std::size_t at, std::string_view field, std::uint32_t value) {
    if (value < kGrowableOffset || value % 4096 != 0) {
      refuse(at, "has an array in an impossible place", field, value, "multiples of 4096");
    }
  };
  check_offset(offsetof(GrowableHeader, index_offset), "index offset", h.index_offset);
  check_offset(offsetof(GrowableHeader, data_offset), "data offset", h.data_offset);
  if (h.chunk == 0 || h.chunk > kMaxChunkClusters) {
    refuse(offsetof(GrowableHeader, chunk), "has an impossible growth chunk", "clusters", h.chunk,
           "1 to 65536");
  }
  const std::uint64_t most = std::min(kMaxGrowableSectors, kMaxClusters * cluster);
  if (h.sectors == 0 || h.sectors > most) {
    refuse(offsetof(GrowableHeader, sectors), "has an impossible size", "sectors", h.sectors,
           "1 to " + std::to_string(most));
  }
  if (h.state > 1) {
    refuse(offsetof(GrowableHeader, state), "is in an unknown state", "state", h.state, "0 or 1");
  }
  if (h.units > h.all_units()) {
    refuse(offsetof(GrowableHeader, units), "has more index than disk", "units", h.units,
           "0 to " + std::to_string(h.all_units()));
  }
}

void check_names(const GrowableHeader& h, const File& file, std::uint64_t slot_at) {
  const std::string data = h.data_file();
  if (!data.empty() && !bare_file_name(data)) {
    throw ImageError(
        file.path(), slot_at + offsetof(GrowableHeader, data_name),
        "names a cluster file that is no bare file name (" + printable(data, 120) + ")");
  }
  if (!h.has_parent_words()) return;
  if (h.parent_name_length > h.parent_name.size()) {
    throw ImageError(file.path(), slot_at + offsetof(GrowableHeader, parent_name_length),
                     "has a parent name of impossible length (length = " +
                         std::to_string(h.parent_name_length) + ", allowed 0 to 160)");
  }
  const std::string parent = h.parent();
  if (!parent.empty() && !inner_name(parent)) {
    throw ImageError(file.path(), slot_at + offsetof(GrowableHeader, parent_name),
                     "names a parent outside its own folder (" + printable(parent, 120) + ")");
  }
}

bool plain_character(char c) {
  return static_cast<unsigned char>(c) >= 0x20 && c != '\\' && c != ':' && c != 0x7F;
}

}  // namespace

std::string GrowableHeader::data_file() const {
  const auto end = std::ranges::find(data_name, '\0');
  return {data_name.begin(), end};
}

void GrowableHeader::seal() {
  crc = sum_of(*this);
}

void GrowableIdentity::seal() {
  crc = sum_of(*this);
}

bool bare_file_name(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == name.npos &&
         std::ranges::all_of(name, plain_character);
}

bool inner_name(std::string_view name) {
  while (true) {
    const std::size_t slash = name.find('/');
    if (!bare_file_name(name.substr(0, slash))) return false;
    if (slash == name.npos) return true;
    name.remove_prefix(slash + 1);
  }
}

GrowableSlots read_growable_header(File& index) {
  const std::uint64_t size = index.size();
  std::array<std::optional<GrowableHeader>, 2> slots;
  bool magic = false;
  for (std::size_t slot = 0; slot < slots.size(); ++slot) {
    if (size < (slot + 1) * kSlotBytes) continue;
    const auto header = read_struct<GrowableHeader>(index, slot * kSlotBytes);
    magic = magic || has_magic(header.magic, kGrowableIndexMagic);
    if (whole(header)) slots[slot] = header;
  }
  if (!slots[0] && !slots[1]) {
    throw ImageError(index.path(), 0,
                     magic ? "has no header that is whole: the check sums of both slots are wrong"
                           : "is no growable image: it has no header");
  }
  const bool second = slots[1] && (!slots[0] || slots[1]->sequence > slots[0]->sequence);
  GrowableSlots found;
  found.slot = second ? 1 : 0;
  found.header = *slots[found.slot];
  found.other_valid = slots[1 - found.slot].has_value();
  check_shape(found.header, {index, found.slot * kSlotBytes});
  check_names(found.header, index, found.slot * kSlotBytes);
  found.read_only = (found.header.read_only_compatible & ~std::uint64_t{kHasLinks}) != 0;
  return found;
}

void check_growable_identity(File& data, const GrowableHeader& header, bool any_pair) {
  if (data.size() < sizeof(GrowableIdentity)) {
    throw ImageError(data.path(), "is too short for a cluster file (size = " +
                                      std::to_string(data.size()) + ", needed 512)");
  }
  const auto identity = read_struct<GrowableIdentity>(data, 0);
  if (!has_magic(identity.magic, kGrowableDataMagic) || identity.crc != sum_of(identity)) {
    if (any_pair) return;
    throw ImageError(data.path(), 0, "is no cluster file of a growable image");
  }
  if (identity.major != 1) {
    throw ImageError(
        data.path(), offsetof(GrowableIdentity, major),
        "is of another version (major = " + std::to_string(identity.major) + ", allowed 1)");
  }
  if (identity.pair == header.pair || any_pair) return;
  throw ImageError(data.path(), offsetof(GrowableIdentity, pair),
                   "belongs to another index (pair id " + text_of(identity.pair) +
                       ", the index has " + text_of(header.pair) + ")");
}

}  // namespace storage
