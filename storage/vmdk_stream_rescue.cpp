#include "storage/vmdk_stream_rescue.h"

#include <algorithm>
#include <compare>
#include <cstdint>
#include <string>
#include <vector>

#include "storage/file_io.h"
#include "storage/vmdk_packed_grain.h"
#include "storage/vmdk_shape.h"
#include "storage/vmdk_stream_tail.h"

namespace storage {

namespace {

// What looks like a grain and is none may be as long as the file, and there may be one in every
// sector: after so many bytes, and so many for each of the file's, the rest is given up.
constexpr std::uint64_t kMaxWaste = std::uint64_t{256} << 20;
constexpr std::uint64_t kMaxWastePerByte = 16;

// Walks from marker to marker. What is no part of a stream is passed over sector by sector, until
// something that unpacks to a grain is there again.
class StreamWalk {
 public:
  struct Grain {
    std::uint64_t number;
    std::uint32_t sector;
    auto operator<=>(const Grain&) const = default;
  };

  StreamWalk(File& file, const VmdkShape& shape)
      : file_(file), shape_(shape), sectors_(file.size() / kSectorSize) {
    unpacked_.resize(static_cast<std::size_t>(shape.grain * kSectorSize));
  }

  void run(const Progress& progress);

  // By number, each once.
  const std::vector<Grain>& grains() const { return grains_; }
  std::uint64_t end() const { return end_; }          // behind the last grain
  std::uint64_t damaged() const { return damaged_; }  // sectors that belong to nothing
  // The directory, which follows the last grain, is there, and nothing is damaged before it.
  bool complete() const { return complete_; }

 private:
  // Sectors of what is at `sector`; 0: no part of a stream.
  std::uint64_t part_at(std::uint64_t sector);
  std::uint64_t grain_at(std::uint64_t sector, const VmdkMarker& marker);

  File& file_;
  const VmdkShape& shape_;
  std::uint64_t sectors_;
  std::vector<Grain> grains_;
  std::vector<std::uint8_t> packed_;
  std::vector<std::uint8_t> unpacked_;
  std::uint64_t end_ = 0;
  std::uint64_t damaged_ = 0;
  std::uint64_t wasted_ = 0;  // bytes unpacked in vain
  bool complete_ = false;
};

void StreamWalk::run(const Progress& progress) {
  end_ = shape_.overhead;
  for (std::uint64_t sector = shape_.overhead; sector < sectors_;) {
    progress.report(sector, sectors_);
    const std::uint64_t count = part_at(sector);
    if (wasted_ > kMaxWaste && (wasted_ - kMaxWaste) / kMaxWastePerByte > file_.size()) {
      damaged_ += sectors_ - sector;
      break;
    }
    if (count == 0) ++damaged_;
    sector += std::max<std::uint64_t>(count, 1);
  }
  // A grain that is there twice: the later one was written last.
  std::ranges::sort(grains_);
  std::vector<Grain> once;
  for (const Grain& grain : grains_) {
    if (!once.empty() && once.back().number == grain.number) once.pop_back();
    once.push_back(grain);
  }
  grains_ = std::move(once);
}

std::uint64_t StreamWalk::part_at(std::uint64_t sector) {
  const auto marker = read_struct<VmdkMarker>(file_, sector * kSectorSize);
  if (marker.size != 0) return grain_at(sector, marker);
  if (marker.value > sectors_ - sector - 1) return 0;  // the part is cut off
  switch (VmdkMarkerType{std::uint32_t{marker.type}}) {
    case VmdkMarkerType::end:
      // Or the zeroes of a file that was given its length before its content.
      return marker.value == 0 ? 1 : 0;
    case VmdkMarkerType::table:
      return marker.value == shape_.table_sectors() ? 1 + marker.value : 0;
    case VmdkMarkerType::directory:
      if (marker.value != shape_.directory_sectors()) return 0;
      complete_ = damaged_ == 0;
      return 1 + marker.value;
    case VmdkMarkerType::footer:
      return marker.value == 1 ? 2 : 0;
  }
  return 0;
}

std::uint64_t StreamWalk::grain_at(std::uint64_t sector, const VmdkMarker& marker) {
  const std::uint64_t number = marker.value / shape_.grain;
  const std::uint64_t begin = sector * kSectorSize + kGrainMarkerBytes;
  if (marker.value % shape_.grain != 0 || number >= shape_.grains() ||
      marker.size > most_packed_bytes(unpacked_.size()) || marker.size > file_.size() - begin) {
    return 0;
  }
  packed_.resize(marker.size);
  read_exactly(file_, begin, packed_);
  const std::uint64_t least = shape_.grain_size(number) * kSectorSize;
  if (!unpack_grain(packed_, unpacked_, least, true)) {
    wasted_ += packed_.size() + unpacked_.size();
    return 0;
  }
  grains_.push_back({number, static_cast<std::uint32_t>(sector)});
  const std::uint64_t count = (kGrainMarkerBytes + marker.size + kSectorSize - 1) / kSectorSize;
  end_ = sector + count;
  return count;
}

void write_end(File& file, const VmdkShape& shape, const StreamWalk& walk) {
  auto header = read_struct<VmdkHeader>(file, 0);
  std::vector<Le32> directory(static_cast<std::size_t>(shape.tables));
  VmdkStreamTail tail(file, walk.end());
  const auto& grains = walk.grains();
  for (auto next = grains.begin(); next != grains.end();) {
    const std::uint64_t number = next->number / shape.entries;
    std::vector<Le32> table(shape.entries);
    for (; next != grains.end() && next->number / shape.entries == number; ++next) {
      table[static_cast<std::size_t>(next->number % shape.entries)] = next->sector;
    }
    directory[static_cast<std::size_t>(number)] = tail.append_table(table);
  }
  tail.finish(directory, header);
  resize_exactly(file, tail.next() * kSectorSize);
  sync_exactly(file);
}

std::string finding(const StreamWalk& walk, const CheckOptions& options) {
  std::string text = "the footer is lost; " + std::to_string(walk.grains().size()) +
                     " whole grains are there, " + std::to_string(walk.damaged()) +
                     " sectors belong to nothing";
  if (walk.complete()) return text + ", no grain is missing";
  text += "; grains may be missing";
  if (options.repair == CheckOptions::Repair::all && options.drop_data) return text;
  return text + ", which would read as zeroes: repair with --drop-data to have that";
}

}  // namespace

std::optional<CheckReport> check_lost_stream(const ImageContext& context,
                                             const CheckOptions& options) {
  const bool wants_all = options.repair == CheckOptions::Repair::all;
  const auto file = context.open_file(wants_all ? FileAccess::read_write : FileAccess::read);
  const VmdkShape shape = read_hosted_shape(*file, VmdkStreamEnd::may_be_lost);
  if (!shape.end_lost || !shape.markers || !shape.compressed) return {};
  if (shape.grain > kMaxPackedGrain) return {};  // opening it says so
  StreamWalk walk(*file, shape);
  walk.run(options.progress);
  CheckReport report;
  report.clusters = shape.grains();
  report.allocated = report.compressed = walk.grains().size();
  report.end_offset = walk.end() * kSectorSize;
  report.error(finding(walk, options));
  if (wants_all && (walk.complete() || options.drop_data)) {
    write_end(*file, shape, walk);
    --report.errors;
    ++report.errors_fixed;
  }
  return report;
}

}  // namespace storage
