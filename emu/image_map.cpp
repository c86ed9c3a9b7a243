// map: where each stretch of the disk is. JSON has qemu-img's keys, so that what reads its output
// reads ours, and our own after them: layer, kind, compressed, filename, owner.
#include <algorithm>
#include <array>
#include <iomanip>
#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>

#include "emu/image_layers.h"
#include "emu/image_owner.h"
#include "emu/image_verbs.h"
#include "emu/map_picture.h"
#include "emu/png.h"

namespace emu::image_tool {

using storage::ClusterState;
using storage::Extent;
using storage::kSectorSize;

namespace {

constexpr std::size_t kNameLimit = 4096;
constexpr std::size_t kPictureColumns = 64;
constexpr std::size_t kPictureRows = 16;

std::string_view kind_of(ClusterState state) {
  return state == ClusterState::unallocated ? "hole" : name_of(state);
}

bool holds_data(const Extent& extent) {
  return extent.state == ClusterState::data || extent.state == ClusterState::shared;
}

struct Entry {
  std::uint64_t start = 0;  // bytes
  std::uint64_t length = 0;
  std::size_t depth = 0;
  bool present = false;
  bool zero = false;
  bool data = false;
  bool has_offset = false;
  std::uint64_t offset = 0;
  bool compressed = false;
  ClusterState state = ClusterState::unallocated;
  std::size_t file = 0;
  std::string owner;

  bool continues(const Entry& before) const {
    const bool same =
        std::tie(depth, present, zero, data, has_offset, compressed, state, file, owner) ==
        std::tie(before.depth, before.present, before.zero, before.data, before.has_offset,
                 before.compressed, before.state, before.file, before.owner);
    return same && !compressed && (!has_offset || offset == before.offset + before.length);
  }
};

class Mapper {
 public:
  Mapper(const OpenChain& chain, const OwnerIndex* owners) : chain_(chain), owners_(owners) {}

  std::vector<Entry> entries(std::uint64_t first, std::uint64_t last) const {
    std::vector<Entry> list;
    for (std::uint64_t lba = first; lba < last;) {
      const Extent extent = chain_.device().extent_at(lba);
      std::uint64_t count = std::min(extent.sector_count, last - lba);
      Entry entry = of(extent);
      if (owners_ != nullptr && entry.data) {
        const OwnedRun run = owners_->at(lba, count);
        entry.owner = run.path;
        count = run.count;
      }
      entry.length = count * kSectorSize;
      if (!list.empty() && entry.continues(list.back())) {
        list.back().length += entry.length;
      } else {
        list.push_back(std::move(entry));
      }
      lba += count;
    }
    return list;
  }

 private:
  Entry of(const Extent& extent) const {
    const std::vector<LayerView>& layers = chain_.layers();
    Entry entry;
    entry.start = extent.first_sector * kSectorSize;
    entry.state = extent.state;
    entry.data = holds_data(extent);
    entry.zero = extent.state == ClusterState::zero || extent.state == ClusterState::unallocated;
    entry.present = extent.state != ClusterState::unallocated;
    // What nobody has is the last layer's affair.
    entry.depth = entry.present ? extent.layer : layers.size() - 1;
    entry.compressed = extent.compressed;
    entry.file = extent.file;
    entry.has_offset = entry.data && !extent.compressed;
    entry.offset = extent.host_offset;
    // A hole in a flat file has its place in the file all the same.
    const LayerView& layer = layers[std::min(entry.depth, layers.size() - 1)];
    if (!entry.present && layer.format == &storage::kRawFormat) {
      entry.present = true;
      entry.has_offset = true;
      entry.offset = entry.start;
    }
    return entry;
  }

  const OpenChain& chain_;
  const OwnerIndex* owners_;
};

std::string file_of(const OpenChain& chain, const Entry& entry) {
  if (entry.depth >= chain.layers().size()) return "";
  const auto& files = chain.layers()[entry.depth].info.files;
  return entry.file < files.size() ? files[entry.file].path.native() : "";
}

// Laid out as qemu-img does, a line for each entry: some consumers look at lines, not at JSON.
void print_json(std::ostream& out, const OpenChain& chain, const std::vector<Entry>& entries) {
  const auto quoted = [](const std::string& text) {
    return nlohmann::json(storage::printable(text, kNameLimit)).dump();
  };
  const std::uint64_t cluster = chain.layers().front().info.cluster_bytes;
  std::string_view before = "[";
  out << std::boolalpha;
  for (const Entry& entry : entries) {
    out << before << "{ \"start\": " << entry.start << ", \"length\": " << entry.length
        << ", \"depth\": " << entry.depth << ", \"present\": " << entry.present
        << ", \"zero\": " << entry.zero << ", \"data\": " << entry.data
        << ", \"compressed\": " << entry.compressed;
    if (entry.has_offset) out << ", \"offset\": " << entry.offset;
    if (entry.data) out << ", \"filename\": " << quoted(file_of(chain, entry));
    out << ", \"layer\": " << entry.depth << ", \"kind\": \"" << kind_of(entry.state) << "\"";
    if (cluster != 0) out << ", \"cluster\": " << entry.start / cluster;
    if (!entry.owner.empty()) out << ", \"owner\": " << quoted(entry.owner);
    out << "}";
    before = ",\n";
  }
  out << (entries.empty() ? "[]\n" : "]\n");
}

void print_human(std::ostream& out, const OpenChain& chain, const std::vector<Entry>& entries,
                 bool owners) {
  const auto cell = [&](std::uint64_t value) {
    std::ostringstream text;
    text << std::hex << std::showbase << value;
    out << std::left << std::setw(16) << text.str();
  };
  out << "Offset          Length          Mapped to       File" << (owners ? "  (owner)" : "")
      << "\n";
  for (const Entry& entry : entries) {
    if (!entry.data) continue;
    cell(entry.start);
    cell(entry.length);
    if (entry.has_offset) {
      cell(entry.offset);
    } else {
      out << std::left << std::setw(16) << "compressed";
    }
    out << storage::printable(file_of(chain, entry), 120);
    if (!entry.owner.empty()) out << "  (" << storage::printable(entry.owner, 120) << ")";
    out << "\n";
  }
}

// Worst state of each cell wins: what must not be overlooked comes first.
char symbol_of(const Entry& entry) {
  if (entry.state == ClusterState::corrupt) return '!';
  if (entry.state == ClusterState::shared) return 'L';
  if (entry.data)
    return static_cast<char>(entry.depth == 0 ? '#' : '0' + std::min<std::size_t>(entry.depth, 9));
  if (entry.state == ClusterState::freed) return 'r';
  if (entry.state == ClusterState::zero) return 'z';
  return '.';
}

void print_picture(std::ostream& out, const std::vector<Entry>& entries) {
  static constexpr std::string_view kOrder = ".zr987654321#L!";  // later ones win
  if (entries.empty()) return;
  const std::uint64_t first = entries.front().start / kSectorSize;
  const std::uint64_t last = (entries.back().start + entries.back().length) / kSectorSize;
  const std::size_t cells = static_cast<std::size_t>(
      std::min<std::uint64_t>(last - first, kPictureColumns * kPictureRows));
  const std::uint64_t per_cell = (last - first + cells - 1) / cells;
  std::string picture(static_cast<std::size_t>((last - first + per_cell - 1) / per_cell), '.');
  for (const Entry& entry : entries) {
    const char symbol = symbol_of(entry);
    const std::uint64_t from = (entry.start / kSectorSize - first) / per_cell;
    const std::uint64_t to =
        ((entry.start + entry.length) / kSectorSize - first + per_cell - 1) / per_cell;
    for (std::uint64_t i = from; i < to; ++i) {
      char& cell = picture[static_cast<std::size_t>(i)];
      if (kOrder.find(symbol) > kOrder.find(cell)) cell = symbol;
    }
  }
  out << "One cell is " << human_size(per_cell * kSectorSize)
      << ":  # data  1-9 a parent's  L linked  r freed  z zeroes  ! unreadable  . nothing\n";
  for (std::size_t i = 0; i < picture.size(); i += kPictureColumns) {
    out << std::right << std::setw(10) << human_size((first + i * per_cell) * kSectorSize) << " |"
        << picture.substr(i, kPictureColumns) << "|\n";
  }
}

}  // namespace

int map(const Session& session) {
  const Arguments& a = session.arguments();
  const OpenChain chain(session, a.names[0], a.format, true);
  const std::uint64_t total = chain.device().sector_count();
  const std::uint64_t first =
      a.start_offset.empty() ? 0 : size_argument("--start-offset", a.start_offset) / kSectorSize;
  std::uint64_t last = total;
  if (!a.max_length.empty()) {
    const std::uint64_t count = sectors_for(size_argument("--max-length", a.max_length));
    last = std::min(total, first + std::min(count, total));
  }
  if (!a.png.empty()) {
    const MapPicture picture =
        draw_map(chain.device(), chain.layers().front().info.cluster_bytes / kSectorSize);
    write_png(a.png, picture.width, picture.height, picture.rgba);
    session.say("One cell is " + human_size(picture.sectors_per_cell * kSectorSize));
    return 0;
  }
  std::optional<OwnerIndex> owners;
  if (a.owner) owners.emplace(chain.device());
  const std::vector<Entry> entries =
      Mapper(chain, owners ? &*owners : nullptr).entries(std::min(first, total), last);
  std::ostringstream text;
  if (a.json()) {
    print_json(text, chain, entries);
  } else if (a.ascii) {
    print_picture(text, entries);
  } else {
    print_human(text, chain, entries, a.owner);
  }
  session.out() << text.str();
  return 0;
}

}  // namespace emu::image_tool
