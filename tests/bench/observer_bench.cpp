// What watching a disk costs: a guest program of the benchmark kit runs to its end with or without
// an allocation map and its history on the hard disk. Prints the processor seconds of the machine
// between the guest's BENCH-START and BENCH-DONE, the events that were recorded, and the guest's
// last line.
//   observer_bench FLOPPY DISK plain|watched
#include <ctime>

#include <exception>
#include <iostream>
#include <optional>
#include <string>

#include "emu/drive_tap.h"
#include "emu/machine.h"
#include "storage/allocation_history.h"
#include "storage/image.h"

namespace {

constexpr devices::Nanoseconds kSlice = 10'000'000;
constexpr devices::Nanoseconds kLimit = 600 * devices::kSecond;

double processor_seconds() {
  std::timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

emu::Config config_for(const std::string& floppy, const std::string& disk) {
  emu::Config config;
  config.cpu = cpu::Model::i80486;
  config.ram_bytes = 16U << 20;
  config.boot = "a";
  emu::DriveConfig drive;
  drive.file = floppy;
  config.drives.push_back(drive);
  drive.slot = emu::DriveSlot::ide0_0;
  drive.file = disk;
  drive.chs = storage::Geometry{130, 16, 63};
  config.drives.push_back(drive);
  return config;
}

struct Console {
  std::string text;
  void put(std::uint8_t byte) { text.push_back(static_cast<char>(byte)); }
};

class Watcher {
 public:
  Watcher(emu::DriveTap& tap, std::uint64_t now)
      : history_(tap.sector_count(), sectors(tap)), tap_(tap) {
    tap.start_map(
        sectors(tap), [this](const storage::MapEvent& event) { history_.record(event); }, now);
  }
  ~Watcher() { tap_.stop_map(); }
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;
  std::uint64_t events() const { return history_.recorded(); }

 private:
  static std::uint32_t sectors(emu::DriveTap& tap) {
    const storage::Image* const image = tap.chain();
    return storage::map_cluster_sectors(tap.sector_count(),
                                        image == nullptr ? 0 : image->info().cluster_bytes);
  }
  storage::AllocationHistory history_;
  emu::DriveTap& tap_;
};

int run(const std::string& floppy, const std::string& disk, bool watched) {
  emu::Machine machine(config_for(floppy, disk));
  Console sink;
  machine.listen_debug_port(devices::ByteSink::to<&Console::put>(sink));
  const std::string& console = sink.text;
  std::optional<Watcher> watcher;
  if (watched) watcher.emplace(*machine.tap(emu::DriveSlot::ide0_0), machine.now());
  std::optional<double> began;
  while (machine.now() < kLimit && console.find("BENCH-DONE") == std::string::npos) {
    machine.run_until(machine.now() + kSlice);
    if (!began && console.find("BENCH-START") != std::string::npos) began = processor_seconds();
  }
  const double seconds = processor_seconds() - began.value_or(0);
  const std::size_t last = console.rfind("BENCH-DONE");
  if (!began || last == std::string::npos) {
    std::cerr << "observer_bench: the guest did not come to its end\n";
    return 1;
  }
  std::cout << seconds << " " << (watcher ? watcher->events() : 0) << " "
            << console.substr(last, console.find_first_of("\r\n", last) - last) << "\n";
  return 0;
}

}  // namespace

int main(int count, char** words) {
  if (count != 4) {
    std::cerr << "usage: observer_bench FLOPPY DISK plain|watched\n";
    return 2;
  }
  try {
    return run(words[1], words[2], std::string(words[3]) == "watched");
  } catch (const std::exception& error) {
    std::cerr << "observer_bench: " << error.what() << "\n";
    return 1;
  }
}
