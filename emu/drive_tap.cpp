#include "emu/drive_tap.h"

#include <algorithm>
#include <new>
#include <ranges>
#include <utility>

namespace emu {

namespace {

using storage::IoStatus;
using storage::kSectorSize;

// FNV-1a over words rather than bytes: it only has to tell runs apart.
constexpr std::uint64_t kDigestStart = 0xCBF29CE484222325;
constexpr std::uint64_t kDigestPrime = 0x100000001B3;

std::uint64_t add_to_digest(std::uint64_t digest, std::uint64_t word) {
  return (digest ^ word) * kDigestPrime;
}

std::uint64_t digest_of_write(std::uint64_t digest, std::uint64_t lba,
                              std::span<const std::uint8_t> sectors) {
  digest = add_to_digest(digest, lba);
  for (std::size_t i = 0; i < sectors.size(); i += 8) {
    std::uint64_t word = 0;
    for (std::size_t b = 0; b < 8; ++b) word |= std::uint64_t{sectors[i + b]} << (8 * b);
    digest = add_to_digest(digest, word);
  }
  return digest;
}

}  // namespace

DriveTap::DriveTap(std::unique_ptr<storage::BlockDevice> image, Writes writes)
    : image_(std::move(image)),
      discards_(writes == Writes::discard),
      holding_(discards_),
      write_digest_(kDigestStart) {}

DriveTap::~DriveTap() {
  stop_map();
  // Whoever wants to know how it went has called close().
  (void)close();
}

const std::uint8_t* DriveTap::find(std::uint64_t lba) const {
  if (!holding_) return nullptr;
  if (const std::uint8_t* sector = top_.find(lba)) return sector;
  for (auto layer = below_.rbegin(); layer != below_.rend(); ++layer) {
    if (const std::uint8_t* sector = (*layer)->find(lba)) return sector;
  }
  return nullptr;
}

// A drive repeats a failed request sector by sector to find the bad one: only that repetition is
// what the guest gets to see, so only requests for one sector use a fault up.
IoStatus DriveTap::fault_of(bool write, std::uint64_t lba, std::uint64_t count) {
  for (auto fault = faults_.begin(); fault != faults_.end(); ++fault) {
    if (write ? !fault->writes : !fault->reads) continue;
    if (lba > fault->last || lba + count <= fault->first) continue;
    const IoStatus status = fault->status;
    if (count == 1) {
      ++faults_shown_;
      if (fault->times == 1) {
        faults_.erase(fault);
      } else if (fault->times != 0) {
        --fault->times;
      }
    }
    return status;
  }
  return IoStatus::ok;
}

IoStatus DriveTap::peek(std::uint64_t lba, std::span<std::uint8_t> sectors) {
  if (!holding_) return image_->read(lba, sectors);
  for (; !sectors.empty(); sectors = sectors.subspan(kSectorSize), ++lba) {
    const auto one = sectors.first(kSectorSize);
    if (const std::uint8_t* held = find(lba)) {
      std::copy_n(held, kSectorSize, one.begin());
    } else if (const IoStatus status = image_->read(lba, one); status != IoStatus::ok) {
      return status;
    }
  }
  return IoStatus::ok;
}

IoStatus DriveTap::do_read(std::uint64_t lba, std::span<std::uint8_t> sectors) {
  const std::uint64_t count = sectors.size() / kSectorSize;
  IoStatus status = faults_.empty() ? IoStatus::ok : fault_of(false, lba, count);
  if (status == IoStatus::ok) status = peek(lba, sectors);
  tell({false, lba, count, status});
  return status;
}

IoStatus DriveTap::write_down(std::uint64_t lba, std::span<const std::uint8_t> sectors) {
  const IoStatus status = image_->write(lba, sectors);
  if (status == IoStatus::ok) sectors_to_image_ += sectors.size() / kSectorSize;
  return status;
}

IoStatus DriveTap::do_write(std::uint64_t lba, std::span<const std::uint8_t> sectors) {
  const std::uint64_t count = sectors.size() / kSectorSize;
  IoStatus status = faults_.empty() ? IoStatus::ok : fault_of(true, lba, count);
  if (status == IoStatus::ok) {
    if (holding_) {
      status = top_.store(lba, sectors);
      top_used_ = true;
    } else {
      status = write_down(lba, sectors);
    }
  }
  if (status == IoStatus::ok) write_digest_ = digest_of_write(write_digest_, lba, sectors);
  tell({true, lba, count, status});
  return status;
}

IoStatus DriveTap::do_flush() {
  return holding_ ? IoStatus::ok : image_->flush();
}

IoStatus DriveTap::do_discard(std::uint64_t lba, std::uint64_t count) {
  return holding_ ? IoStatus::ok : image_->discard(lba, count);
}

IoStatus DriveTap::do_close() {
  const IoStatus committed = commit();
  const IoStatus closed = image_->close();
  return committed != IoStatus::ok ? committed : closed;
}

storage::Extent DriveTap::shown_extent_at(std::uint64_t lba) const {
  storage::Extent extent;
  extent.first_sector = lba;
  if (find(lba) != nullptr) {
    extent.sector_count = 1;
    extent.state = storage::ClusterState::data;
    return extent;
  }
  extent = image_->extent_at(lba);
  extent.layer = static_cast<std::uint8_t>(extent.layer + layers_above());
  if (!holding_) return extent;
  // Up to the next sector that is held.
  std::uint64_t end = lba + extent.sector_count;
  end = std::min(end, top_.run_end(lba, end));
  for (const auto& layer : below_) end = std::min(end, layer->run_end(lba, end));
  extent.sector_count = std::max(end, lba + 1) - lba;
  return extent;
}

void DriveTap::start_map(std::uint32_t sectors_per_cluster, storage::AllocationWatch::Sink sink,
                         std::uint64_t now) {
  map_ = std::make_unique<storage::AllocationWatch>(
      sector_count(), sectors_per_cluster,
      [this](std::uint64_t lba) { return shown_extent_at(lba); }, std::move(sink));
  image_->observe(map_.get());
  map_is_old_ = false;
  map_->scan(now);
}

void DriveTap::stop_map() {
  image_->observe(nullptr);
  map_.reset();
}

void DriveTap::settle_map(std::uint64_t now) {
  if (!map_) return;
  if (std::exchange(map_is_old_, false)) {
    map_->scan(now);
  } else {
    map_->settle(now);
  }
}

void DriveTap::exchange(std::unique_ptr<storage::BlockDevice> image, storage::Image* chain) {
  image_->observe(nullptr);
  image_ = std::move(image);
  image_->observe(map_.get());
  chain_ = chain;
  map_is_old_ = true;
  ++contents_;
}

DriveTap::State DriveTap::capture() {
  holding_ = true;
  if (std::exchange(top_used_, false)) {
    below_.push_back(std::make_shared<const storage::SectorMap>(std::exchange(top_, {})));
  }
  return {below_, write_digest_, commits_};
}

bool DriveTap::restore(const State& state) {
  if (!knows(state)) return false;
  drop_held();
  below_ = state.layers;
  write_digest_ = state.write_digest;
  return true;
}

void DriveTap::merge(const State& like, std::size_t first, std::size_t end,
                     std::span<State* const> states) {
  const std::vector<std::shared_ptr<const storage::SectorMap>> old(
      like.layers.begin() + static_cast<std::ptrdiff_t>(first),
      like.layers.begin() + static_cast<std::ptrdiff_t>(end));
  std::shared_ptr<storage::SectorMap> merged;
  try {
    merged = std::make_shared<storage::SectorMap>(*old.front());
    for (const auto& layer : std::span(old).subspan(1)) merged->lay_over(*layer);
  } catch (const std::bad_alloc&) {
    return;  // many layers read as well as one
  }
  const auto replace = [&](auto& layers) {
    const auto from = layers.begin() + static_cast<std::ptrdiff_t>(first);
    if (layers.size() < end || !std::equal(old.begin(), old.end(), from)) return;
    *from = merged;
    layers.erase(from + 1, layers.begin() + static_cast<std::ptrdiff_t>(end));
  };
  replace(below_);
  for (State* state : states) replace(state->layers);
}

bool DriveTap::revert(const std::string& name) {
  const auto found = snapshots_.find(name);
  return found != snapshots_.end() && restore(found->second);
}

std::vector<std::string> DriveTap::snapshots() const {
  const auto names = std::views::keys(snapshots_);
  return {names.begin(), names.end()};
}

void DriveTap::drop_held() {
  below_.clear();
  top_ = {};
  top_used_ = false;
  map_is_old_ = true;
  ++contents_;
}

void DriveTap::for_each_held(
    const std::function<void(std::uint64_t, std::span<const std::uint8_t>)>& visit) const {
  const std::uint64_t end = sector_count();
  // The next sector that some layer has: layers are few, and run_end() skips what is empty.
  const auto next_held = [&](std::uint64_t lba) {
    std::uint64_t nearest = end;
    const auto look = [&](const storage::SectorMap& map) {
      nearest = std::min(nearest, map.find(lba) != nullptr ? lba : map.run_end(lba, end));
    };
    look(top_);
    for (const auto& layer : below_) look(*layer);
    return nearest;
  };
  for (std::uint64_t lba = next_held(0); lba < end; lba = next_held(lba + 1)) {
    if (const std::uint8_t* sector = find(lba)) visit(lba, {sector, kSectorSize});
    if (lba + 1 == end) break;
  }
}

IoStatus DriveTap::hold(std::uint64_t lba, std::span<const std::uint8_t> sector) {
  if (lba >= sector_count()) return IoStatus::out_of_range;
  holding_ = true;
  top_used_ = true;
  ++contents_;
  return top_.store(lba, sector);
}

IoStatus DriveTap::commit() {
  if (discards_) return IoStatus::ok;
  if (!holding_) return image_->flush();
  IoStatus worst = IoStatus::ok;
  if (!image_->read_only()) {
    for_each_held([&](std::uint64_t lba, std::span<const std::uint8_t> sector) {
      if (worst == IoStatus::ok) worst = write_down(lba, sector);
    });
  }
  if (worst != IoStatus::ok) return worst;
  holding_ = false;
  drop_held();
  snapshots_.clear();
  ++commits_;
  return image_->flush();
}

}  // namespace emu
