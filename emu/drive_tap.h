// What sits between every drive and its image: the place where a script puts faults and snapshots,
// where accesses trip breakpoints, and where writes wait while the machine may still go back.
// Without any of that it hands requests through.
// Snapshots live in memory: from the first one on, writes are kept above the image, and commit() or
// the end of the machine sends them down. Not implemented: snapshots inside the image file, which
// are the image verbs' affair.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "storage/allocation_watch.h"
#include "storage/block_device.h"
#include "storage/image.h"
#include "storage/sector_map.h"

namespace emu {

struct DriveAccess {
  bool write = false;
  std::uint64_t lba = 0;
  std::uint64_t count = 0;
  storage::IoStatus status = storage::IoStatus::ok;
};

// A range of sectors that fails. The status is what the drive turns into the guest's error.
struct DriveFault {
  std::uint64_t first = 0, last = 0;
  bool reads = true, writes = true;
  storage::IoStatus status = storage::IoStatus::host_error;
  std::uint64_t times = 0;  // how often the guest will see it; 0: always
};

class DriveTap final : public storage::BlockDevice {
 public:
  // A disk's content at one moment: cheap to take, valid until the next commit().
  struct State {
    std::vector<std::shared_ptr<const storage::SectorMap>> layers;  // oldest first
    std::uint64_t write_digest = 0;
    std::uint64_t commits = 0;
  };

  // through: writes reach the image. discard: they are kept above it and end with this object.
  enum class Writes : std::uint8_t { through, discard };

  DriveTap(std::unique_ptr<storage::BlockDevice> image, Writes writes);
  ~DriveTap() override;

  std::uint64_t sector_count() const override { return image_->sector_count(); }
  storage::Geometry geometry() const override { return image_->geometry(); }
  bool read_only() const override { return image_->read_only(); }
  storage::Extent extent_at(std::uint64_t lba) const override { return image_->extent_at(lba); }
  std::uint64_t discard_sectors() const override { return image_->discard_sectors(); }
  bool tick(std::uint64_t guest_nanoseconds) override {
    return !holding_ && image_->tick(guest_nanoseconds);
  }

  // As the guest would find it: what is held above the image counts as data of one more layer on
  // top, when it will never be more than that, and of the image's own when it goes there.
  storage::Extent shown_extent_at(std::uint64_t lba) const;
  // Layers of shown_extent_at() above the image's own.
  unsigned layers_above() const { return discards_ ? 1 : 0; }

  // For allocation maps: events of this drive from now on, the first of them a scan of all of it.
  // `now` is the guest's time. Without a map a request costs one look at a null pointer.
  void start_map(std::uint32_t sectors_per_cluster, storage::AllocationWatch::Sink sink,
                 std::uint64_t now);
  void stop_map();
  // For whoever just let the guest run: changes that no request made.
  void settle_map(std::uint64_t now);
  storage::AllocationWatch* map_watch() { return map_.get(); }

  // The image file below, when there is one.
  storage::Image* chain() { return chain_; }
  void set_chain(storage::Image* chain) { chain_ = chain; }

  // The image itself, without what this layer holds.
  storage::BlockDevice& image() { return *image_; }
  // Another image with the same content, and its image file; what is held stays above it. The old
  // one goes away here.
  void exchange(std::unique_ptr<storage::BlockDevice> image, storage::Image* chain);

  // Tells media apart that were in one drive one after the other; given by the board.
  std::uint64_t medium() const { return medium_; }
  void set_medium(std::uint64_t medium) { medium_ = medium; }
  // Another number whenever sectors became others without a request of the guest.
  std::uint64_t contents() const { return contents_; }

  // Called after every request of the guest.
  std::function<void(const DriveAccess&)> on_access;

  void add_fault(const DriveFault& fault) { faults_.push_back(fault); }
  void clear_faults() { faults_.clear(); }
  std::uint64_t faults_shown() const { return faults_shown_; }

  // Reads what the guest would read, around faults and breakpoints.
  storage::IoStatus peek(std::uint64_t lba, std::span<std::uint8_t> sectors);

  // From now on nothing reaches the image before commit().
  State capture();
  // False: a commit has changed the image since.
  bool restore(const State& state);
  bool knows(const State& state) const { return state.commits == commits_; }
  // Writes are kept above the image until commit().
  bool holding() const { return holding_; }
  // Layers first..end of `like` become one, here and in the states given: reading looks through all
  // of them. Other states stay what they are.
  void merge(const State& like, std::size_t first, std::size_t end, std::span<State* const> states);

  void snapshot(const std::string& name) { snapshots_[name] = capture(); }
  // False: there is none of that name.
  bool revert(const std::string& name);
  std::vector<std::string> snapshots() const;
  bool discards() const { return discards_; }
  // Sends what is held down into the image; snapshots and captured states are void then. Nothing
  // when writes are discarded.
  storage::IoStatus commit();
  // What the image does not have yet, in ascending order: for state files.
  void for_each_held(
      const std::function<void(std::uint64_t lba, std::span<const std::uint8_t>)>& visit) const;
  // Puts one sector above the image, as the guest would write it.
  storage::IoStatus hold(std::uint64_t lba, std::span<const std::uint8_t> sector);
  void drop_held();

  // A digest of everything the guest wrote, in order: equal for equal runs.
  std::uint64_t write_digest() const { return write_digest_; }
  void set_write_digest(std::uint64_t digest) { write_digest_ = digest; }
  std::uint64_t bytes_written_to_image() const { return sectors_to_image_ * storage::kSectorSize; }

 protected:
  storage::IoStatus do_read(std::uint64_t lba, std::span<std::uint8_t> sectors) override;
  storage::IoStatus do_write(std::uint64_t lba, std::span<const std::uint8_t> sectors) override;
  storage::IoStatus do_flush() override;
  storage::IoStatus do_discard(std::uint64_t lba, std::uint64_t count) override;
  storage::IoStatus do_close() override;

 private:
  const std::uint8_t* find(std::uint64_t lba) const;
  storage::IoStatus fault_of(bool write, std::uint64_t lba, std::uint64_t count);
  storage::IoStatus write_down(std::uint64_t lba, std::span<const std::uint8_t> sectors);
  void tell(const DriveAccess& access) {
    if (on_access) on_access(access);
  }

  std::unique_ptr<storage::BlockDevice> image_;
  const bool discards_;
  bool holding_;                                                  // writes stay above the image
  std::vector<std::shared_ptr<const storage::SectorMap>> below_;  // captured, oldest first
  storage::SectorMap top_;
  bool top_used_ = false;
  std::map<std::string, State> snapshots_;
  std::uint64_t commits_ = 0;
  std::uint64_t medium_ = 0;
  std::uint64_t contents_ = 0;
  storage::Image* chain_ = nullptr;
  std::unique_ptr<storage::AllocationWatch> map_;
  bool map_is_old_ = false;  // content came or went without requests

  std::vector<DriveFault> faults_;
  std::uint64_t faults_shown_ = 0;
  std::uint64_t write_digest_;
  std::uint64_t sectors_to_image_ = 0;
};

// The drive as the guest reads it, for readers of its file system: without faults, breakpoints and
// counters, and never written.
class QuietView final : public storage::BlockDevice {
 public:
  explicit QuietView(DriveTap& tap) : tap_(tap) {}
  std::uint64_t sector_count() const override { return tap_.sector_count(); }
  storage::Geometry geometry() const override { return tap_.geometry(); }
  bool read_only() const override { return true; }
  storage::Extent extent_at(std::uint64_t lba) const override { return tap_.extent_at(lba); }

 protected:
  storage::IoStatus do_read(std::uint64_t lba, std::span<std::uint8_t> sectors) override {
    return tap_.peek(lba, sectors);
  }
  storage::IoStatus do_write(std::uint64_t, std::span<const std::uint8_t>) override {
    return storage::IoStatus::read_only;
  }
  storage::IoStatus do_flush() override { return storage::IoStatus::ok; }

 private:
  DriveTap& tap_;
};

}  // namespace emu
