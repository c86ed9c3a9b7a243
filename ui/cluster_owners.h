// Whose each cluster of a disk is, in stretches that cover all of it: the files' view of an
// allocation map's cells, for the modes that hold one against the other.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "storage/allocation_map.h"
#include "ui/disk_files.h"

namespace ui {

class ClusterOwners {
 public:
  // Neighbouring clusters of which the same can be said.
  struct Stretch {
    std::uint64_t first = 0, count = 0;
    std::uint32_t node = DiskFiles::kNobody;  // the owner of the first owned sector
    bool partly = false;                      // some sectors are nobody's
    bool outside = false;                     // no volume has all of it
    std::uint64_t offset = 0;                 // of the first cluster in the file, bytes
    bool continues(const Stretch& before) const {
      return node == before.node && partly == before.partly && outside == before.outside;
    }
  };

  ClusterOwners() = default;
  ClusterOwners(const DiskFiles& files, std::uint64_t sectors, std::uint32_t cluster_sectors);

  std::span<const Stretch> stretches() const { return stretches_; }
  // Those that touch the clusters; the first and the last may reach beyond.
  std::span<const Stretch> in(std::uint64_t first, std::uint64_t count) const;

 private:
  void add(const Stretch& stretch);
  std::vector<Stretch> stretches_;
};

// What file system and image say of one cluster.
enum class Agreement : std::uint8_t {
  both_used,
  both_free,
  reclaimable,  // the image holds it, no file does
  partly_free,  // files hold some of its sectors
  reads_as_zero,
  not_in_volume,
};
inline constexpr std::size_t kAgreements = 6;
Agreement agreement(const ClusterOwners::Stretch& stretch, bool in_use);

}  // namespace ui
