// The drive whose map is shown: its history as events built it, its files, what is pinned, and how
// the person looks at it. Fed by a session's news; draws nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "storage/allocation_history.h"
#include "ui/cluster_owners.h"
#include "ui/disk_files.h"
#include "ui/map_picture.h"
#include "ui/session.h"

namespace ui {

class MapModel {
 public:
  void take(const MapNews& news);
  void set_files(std::shared_ptr<const DiskFiles> files);
  void flag(const Flagged& flag);
  void clear();

  bool ready() const { return history_ != nullptr; }
  storage::AllocationHistory& history() { return *history_; }
  const storage::AllocationHistory& history() const { return *history_; }
  emu::DriveSlot slot() const { return slot_; }
  std::uint64_t medium() const { return medium_; }
  const DiskFiles* files() const { return files_.get(); }
  const ClusterOwners* owners() const { return files_ ? &owners_ : nullptr; }
  const std::vector<std::uint32_t>& top_files() const { return top_files_; }
  // The disk's tables or folders were written since the files were read.
  bool files_are_old() const { return files_old_; }
  void files_requested() { files_old_ = false; }

  // How it is looked at.
  MapMode mode = MapMode::state;
  std::optional<std::size_t> isolated;
  std::optional<std::uint64_t> pinned;   // cluster
  std::optional<std::uint64_t> hovered;  // cluster
  std::uint32_t hovered_file = DiskFiles::kNobody;
  std::uint32_t chosen_file = DiskFiles::kNobody;
  bool follow = false;

  MapScene scene(Look look, unsigned layers) const;

  // The last access to a cluster before the view's moment; nothing when the ring has none.
  std::optional<storage::MapEvent> last_access(std::uint64_t cluster, bool write) const;
  // What is known of a cluster, whatever moment is viewed: the newest first, at most `most`.
  std::vector<storage::MapEvent> events_of(std::uint64_t cluster, std::size_t most) const;
  // The first cluster from `from` on, around the disk's end, that the top layer itself holds: what
  // it shows there is its own and hides its parents.
  std::optional<std::uint64_t> next_of_top_layer(std::uint64_t from) const;

 private:
  // The latest events of a cluster in front of number `end`, backwards, until `visit` says false.
  template <class Visit>
  void events_before(std::uint64_t end, std::uint64_t cluster, Visit visit) const;

  std::unique_ptr<storage::AllocationHistory> history_;
  emu::DriveSlot slot_ = emu::DriveSlot::fd0;
  std::uint64_t medium_ = 0;
  std::uint64_t start_ = 0;
  std::shared_ptr<const DiskFiles> files_;
  ClusterOwners owners_;
  std::vector<std::uint32_t> top_files_;
  bool files_old_ = true;
};

}  // namespace ui
