// Turns what happens to one disk into events for allocation maps: requests as the guest made them,
// and clusters that are something else afterwards. Asks the disk what a changed cluster is now, so
// that a picture made from events is the picture that a new scan would make. Costs nothing where
// nobody has made one; may live in another thread than the map, which never sees the disk.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "storage/allocation_map.h"
#include "storage/block_device.h"

namespace storage {

struct MapEvent {
  // `changed` says what the clusters are now; a history finds out from what they were before which
  // of the kinds after it that is.
  enum class Kind : std::uint8_t {
    read,
    write,
    changed,
    allocated,
    freed,
    linked,
    unlinked,
    committed,
  };
  std::uint64_t time = 0;  // the guest's, nanoseconds
  std::uint64_t lba = 0;
  std::uint32_t count = 0;  // sectors
  Kind kind = Kind::read;
  bool failed = false;
  MapCell after;   // kinds from `changed` on: state and layer
  MapCell before;  // filled in by a history

  bool access() const { return kind == Kind::read || kind == Kind::write; }
};

// The unit to draw a disk in: the image's own cluster where it has one (`cluster_bytes` not 0), a
// sector for floppies, else what gives about a million cells.
std::uint32_t map_cluster_sectors(std::uint64_t sectors, std::uint64_t cluster_bytes);

class AllocationWatch final : public AllocationObserver {
 public:
  using ExtentAt = std::function<Extent(std::uint64_t lba)>;
  using Sink = std::function<void(const MapEvent&)>;

  AllocationWatch(std::uint64_t sectors, std::uint32_t sectors_per_cluster, ExtentAt extent_at,
                  Sink sink);

  std::uint64_t sectors() const { return sectors_; }
  std::uint32_t sectors_per_cluster() const { return sectors_per_cluster_; }

  // Every cluster, as events of kind `changed`, from the first to the last.
  void scan(std::uint64_t now);
  // After a request of the guest, with everything it did to the image.
  void accessed(std::uint64_t now, bool write, std::uint64_t lba, std::uint64_t count, bool failed);
  // From the image, in the middle of its own work: looked at later.
  void on_allocation(const AllocationEvent& event) override;
  // Looks at what changed since; for changes that no request of the guest made.
  void settle(std::uint64_t now);
  // The top layer has gone into its parent.
  void committed(std::uint64_t now);

 private:
  struct Run {
    std::uint64_t first, end;  // clusters
    MapCell cell;
  };
  void look(std::uint64_t now, std::uint64_t lba, std::uint64_t count);
  void emit(std::uint64_t now, const Run& run);
  bool all_written(std::uint64_t lba, std::uint64_t count) const;

  std::uint64_t sectors_;
  std::uint32_t sectors_per_cluster_;
  ExtentAt extent_at_;
  Sink sink_;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> changed_;  // LBA, count
  // Clusters that are data of the top layer. Writing makes nothing else of them unless the image
  // says so, and asking a flat file costs more than the write itself.
  std::vector<bool> written_;
};

}  // namespace storage
