// What a picture of the window costs with the allocation map of a 2 TiB disk open: 33 554 432
// clusters of 64 KiB, a third of them in use, 200 requests of the guest between two pictures, with
// the card of a cell up, in a window of 1600x1000. Every mode is drawn by SDL's software renderer
// twice: at one zoom after the other from the whole disk to a sector a cell, so that every picture
// is another map, and with the view at rest on the whole disk. Prints processor time per picture as
// a Markdown table and what a cluster takes in memory.
//   map_bench [PICTURES PER MODE]
// Exit code 1: a mode takes longer than a sixtieth of a second on average, or a cluster 8 bytes.
#include <time.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "storage/format.h"
#include "tests/support/temp_dir.h"
#include "tests/ui/rig.h"
#include "ui/widgets.h"

namespace {

constexpr std::uint64_t kSectors = 1ULL << 32;
constexpr int kRequests = 200;  // between two pictures
constexpr double kBudget = 1000.0 / 60;

double processor_milliseconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

std::string make_disk(const support::TempDir& folder) {
  const auto path = folder.path() / "disk.vmdk";
  storage::CreateOptions create;
  create.sectors = kSectors;
  const storage::OpenOptions plain;
  create_image(storage::PosixDirectory::place_of(path, host_rules(plain)), storage::kVmdkFormat,
               create, plain);
  return path.string();
}

// A generator of its own: the same requests in every run, whatever the library's does.
class Guest {
 public:
  explicit Guest(storage::AllocationHistory& history) : history_(history) {}

  void fill() {
    storage::MapEvent event;
    event.kind = storage::MapEvent::Kind::changed;
    event.after = storage::MapCell(storage::ClusterState::data, 0);
    for (int i = 0; i < 3000; ++i) {
      event.lba = next() % kSectors / 128 * 128;
      event.count = static_cast<std::uint32_t>(
          std::min<std::uint64_t>((next() % 8192 + 1) * 128, kSectors - event.lba));
      history_.load(event);
    }
  }
  void work() {
    for (int i = 0; i < kRequests; ++i) {
      storage::MapEvent event;
      event.time = time_ += 50'000;
      event.kind = i % 3 == 0 ? storage::MapEvent::Kind::write : storage::MapEvent::Kind::read;
      event.lba = next() % kSectors;
      event.count = static_cast<std::uint32_t>(std::min<std::uint64_t>(16, kSectors - event.lba));
      history_.record(event);
      if (event.kind != storage::MapEvent::Kind::write) continue;
      event.kind = storage::MapEvent::Kind::changed;
      event.lba = event.lba / 128 * 128;
      event.count = 128;
      event.after = storage::MapCell(storage::ClusterState::data, 0);
      history_.record(event);
    }
    history_.advance(time_);
  }

 private:
  std::uint64_t next() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return state_;
  }
  storage::AllocationHistory& history_;
  std::uint64_t state_ = 0x9E3779B97F4A7C15;
  std::uint64_t time_ = 1'000'000'000;
};

enum class View { zooms, rests };

// One mode, from the whole disk down to a sector a cell and up again, a step a picture; or at rest.
std::vector<double> draw(support::Rig& rig, Guest& guest, ui::MapMode mode, View view,
                         int pictures) {
  const storage::AllocationMap& map = rig.work().map.history().map();
  const int highest = ui::whole_disk_zoom(map, 256);
  const int steps = highest - ui::lowest_zoom(map) + 1;
  rig.work().map.mode = mode;
  std::vector<double> times;
  for (int n = 0; n < pictures; ++n) {
    const int step = view == View::zooms ? n % (2 * steps) : 0;
    rig.work().zoom = highest - (step < steps ? step : 2 * steps - 1 - step);
    rig.work().zoom_chosen = true;
    rig.work().map_first = ui::cell_count(map, rig.work().zoom) / 3;
    guest.work();
    const double before = processor_milliseconds();
    rig.frame();
    times.push_back(processor_milliseconds() - before);
  }
  std::ranges::sort(times);
  return times;
}

double mean(const std::vector<double>& times) {
  double sum = 0;
  for (const double time : times) sum += time;
  return sum / static_cast<double>(times.size());
}

void open_disk(support::Rig& rig, const std::string& file) {
  rig.boot({"--drive", "bus=ide0.0,file=" + file + ",mode=discard,chs=16383/16/63"}, true);
  rig.work().layout = ui::Layout::disk;
  rig.frames(5);
  rig.move(700, 300);
}

}  // namespace

int main(int argc, char** argv) {
  const int pictures = argc > 1 ? std::max(1, std::atoi(argv[1])) : 300;
  const support::TempDir folder;
  const std::string disk = make_disk(folder);
  bool good = true;
  std::vector<std::vector<double>> own, zooming, resting;
  double map_bytes = 0, clusters = 0;
  // A surface of 16 x 16 leaves SDL nothing to fill: the window's own work.
  for (const int size : {16, 1000}) {
    support::Rig rig(size == 16 ? 16 : 1600, size);
    rig.window_size(1600, 1000);
    open_disk(rig, disk);
    if (!rig.work().map.ready()) {
      std::cerr << "the map does not open\n";
      return 1;
    }
    Guest guest(rig.work().map.history());
    guest.fill();
    for (std::size_t i = 0; i < ui::kMapModes; ++i) {
      const auto mode = static_cast<ui::MapMode>(i);
      (size == 16 ? own : zooming).push_back(draw(rig, guest, mode, View::zooms, pictures));
      if (size != 16) resting.push_back(draw(rig, guest, mode, View::rests, pictures));
    }
    map_bytes = static_cast<double>(rig.work().map.history().map().memory_bytes());
    clusters = static_cast<double>(rig.work().map.history().map().clusters());
  }
  std::cout
      << "| mode | the window's own work (ms) | longest (ms) | drawn in software, view at rest "
         "(ms) | longest (ms) | every picture another zoom (ms) | longest (ms) |\n"
      << "|---|---|---|---|---|---|---|\n";
  for (std::size_t i = 0; i < ui::kMapModes; ++i) {
    std::cout << "| " << ui::map_mode_name(static_cast<ui::MapMode>(i)) << " |";
    for (const std::vector<double>* times : {&own[i], &resting[i], &zooming[i]}) {
      good = good && mean(*times) < kBudget;
      std::cout << ui::print(" %.1f | %.1f |", mean(*times), times->back());
    }
    std::cout << "\n";
  }
  constexpr auto ring =
      static_cast<double>(storage::AllocationHistory::kDefaultEvents * sizeof(storage::MapEvent));
  const double each = (map_bytes + ring) / clusters;
  good = good && each < 8;
  std::cout << "\n"
            << ui::print(
                   "%s clusters, %.2f bytes each, %.2f with the ring of events; a sixtieth of a "
                   "second is %.1f ms.\n",
                   ui::grouped(static_cast<std::uint64_t>(clusters)).c_str(), map_bytes / clusters,
                   each, kBudget);
  return good ? 0 : 1;
}
