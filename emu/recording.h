// A run as a text file: the machine, then every input from outside with the moment it came, then
// the state at the end. Small enough to read, and to attach to a bug report.
//
//   platter recording 1
//   [machine] and [[drive]] as in a machine file
//   ---
//   medium fd0 <sha256>            what is in each drive at the beginning
//   begin <time> <hash>            the machine's own hash
//   <time> down a                  keys: names of --key
//   <time> up a
//   <time> mouse 3 -4 0 lr         dx dy wheel, buttons held
//   <time> reset
//   <time> insert fd0 rw <sha256> FILE
//   <time> eject fd0
//   <time> peer 1                  somebody is at the other end of COM1
//   <time> serial 1 0d0a           what he sends
//   end <time> <hash>
//
// Times are instruction times since power-on: one for each instruction retired, and as many as
// would have fitted while the processor slept in HLT.
#pragma once

#include <cstdint>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "emu/config.h"
#include "emu/machine.h"

namespace emu {

struct RecordedMoment {
  std::uint64_t at = 0;
  std::string hash;
};

struct Recording {
  Config config;
  std::map<DriveSlot, std::string> media;  // digests
  RecordedMoment begin;
  std::vector<HostInput> inputs;
  std::optional<RecordedMoment> end;  // nothing: the recording was cut off
};

// Throws UsageError naming file and line.
Recording read_recording(const std::string& file);

// Writes what a machine is given from now on; a machine has one recorder at most.
class Recorder {
 public:
  // Throws std::system_error when the file cannot be written.
  Recorder(const std::string& file, Machine& machine, const Config& config);
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  // Closes the recording: it is whole from here on. The machine is still there; without this call
  // it may go first. Throws std::system_error.
  void finish();

 private:
  std::string file_;
  Machine& machine_;
  std::shared_ptr<std::ofstream> out_;  // the machine's, too, as long as it has inputs
};

}  // namespace emu
