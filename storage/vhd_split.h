// A VHD in parts: NAME.vhd, NAME.v01, NAME.v02, ... end to end are one file. Virtual PC splits so
// where the host's files may not grow past 2 or 4 GiB; the parts have no headers of their own.
//
// [VHD1]  "Splitting Hard Disk Images"; that a part's number has two decimal digits is from there
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "storage/directory.h"
#include "storage/file.h"

namespace storage {

inline constexpr std::size_t kMaxVhdParts = 64;
inline constexpr std::uint64_t kVhdPartBytes = (std::uint64_t{2} << 30) - 512;

// "disk.vhd", 3: "disk.v03"
std::string vhd_part_name(std::string_view name, std::size_t part);

class VhdSplitFile final : public File {
 public:
  // Takes over the first part and opens the others there are. A part grows to the size of the first
  // one and no further. Throws ImageError.
  VhdSplitFile(const Place& place, std::unique_ptr<File> first, FileAccess access);
  // Whether there is a second part. `place` is the first one's.
  static bool has_parts(const Place& place);
  // A new one: the first part is there, empty; parts end at `part_bytes`.
  VhdSplitFile(const Place& place, std::unique_ptr<File> first, std::uint64_t part_bytes);

  struct Spot {
    std::size_t part = 0;
    std::uint64_t offset = 0;
    std::uint64_t length = 0;  // to the end of the part
  };
  Spot spot(std::uint64_t offset) const;
  std::size_t part_count() const { return parts_.size(); }
  const File& part(std::size_t index) const { return *parts_[index].file; }
  std::uint64_t part_bytes() const { return limit_; }

  const std::filesystem::path& path() const override { return parts_.front().file->path(); }
  FileIdentity identity() const override { return parts_.front().file->identity(); }
  std::uint64_t size() const override { return parts_.back().begin + parts_.back().file->size(); }
  std::uint64_t allocated_bytes() const override;
  IoStatus read_at(std::uint64_t offset, std::span<std::uint8_t> bytes) override;
  IoStatus write_at(std::uint64_t offset, std::span<const std::uint8_t> bytes) override;
  IoStatus resize(std::uint64_t size) override;
  IoStatus sync() override;
  FileRun run_at(std::uint64_t offset) const override;
  IoStatus zero(std::uint64_t offset, std::uint64_t length) override;

 private:
  struct Part {
    std::uint64_t begin = 0;
    std::unique_ptr<File> file;
    bool dirty = false;
  };
  // Calls `visit(part, offset in it, bytes before it, count)` until it does not answer ok.
  template <class Visit>
  IoStatus for_each_part(std::uint64_t offset, std::uint64_t count, Visit visit);
  IoStatus add_part();

  Place place_;
  std::uint64_t limit_;
  std::vector<Part> parts_;
  bool names_dirty_ = false;  // parts were made or removed since the last sync
};

}  // namespace storage
