// `run --map-log F`: what happens to the clusters of every disk, as it happens, one JSON object a
// line. The first line of a disk says how large it is; the map as it was at the start follows as
// events of kind "is"; from then on the guest's accesses and what they change. Replaying the lines
// up to a moment makes the map of that moment.
#pragma once

#include <fstream>
#include <map>
#include <memory>
#include <string>

#include "emu/machine.h"
#include "storage/allocation_map.h"
#include "storage/allocation_watch.h"

namespace emu {

class MapLog {
 public:
  // Throws UsageError when the file cannot be made. `machine` must outlive the log.
  MapLog(const std::string& file, Machine& machine);
  ~MapLog();
  MapLog(const MapLog&) = delete;
  MapLog& operator=(const MapLog&) = delete;

  // Writes what is left. False: the file could not be written.
  bool finish();

 private:
  void begin(DriveSlot slot, DriveTap& tap);
  void write(DriveSlot slot, const storage::MapEvent& event);

  std::string file_;
  Machine& machine_;
  std::ofstream out_;
  bool scanning_ = false;
  std::map<DriveSlot, std::unique_ptr<storage::AllocationMap>> maps_;
};

}  // namespace emu
